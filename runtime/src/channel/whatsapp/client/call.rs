//! Calls that are not sends: templates, numbers, webhook subscriptions, Flows. Reads may be repeated; what changes
//! something is asked for once.

use std::time::Duration;

use reqwest::header::{AUTHORIZATION, DATE};
use reqwest::{Method, RequestBuilder};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use thiserror::Error;

use super::send::retry_after;
use super::{Access, Graph, answer};
use crate::channel::whatsapp::classify::Refused;

/// Pages of a list that are read; a page has up to 100 entries.
const PAGES: usize = 100;

/// Bytes of an answer that are read.
const ANSWER_MAX: usize = 8 * 1024 * 1024;

#[derive(Debug, Error)]
pub enum CallError {
    #[error("the vendor refused with code {}: {}", .0.code, .0.detail)]
    Refused(Refused),
    #[error("the vendor could not be reached: {}", .0.to_string().split(" for url").next().unwrap_or_default())]
    Network(#[source] reqwest::Error),
    #[error("the vendor's answer could not be read")]
    Unreadable,
    #[error("the list is longer than {PAGES} pages")]
    TooLong,
}

/// A template as the vendor holds it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct TemplateInfo {
    #[serde(deserialize_with = "number_or_text")]
    pub id: u64,
    pub name: String,
    pub language: String,
    pub status: String,
    pub category: String,
    pub quality_score: Quality,
    pub components: Value,
    pub rejected_reason: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Quality {
    pub score: String,
}

/// A business number as the vendor describes it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct NumberInfo {
    pub id: String,
    pub display_phone_number: String,
    pub verified_name: String,
    /// `GREEN`, `YELLOW`, `RED`, `UNKNOWN`
    pub quality_rating: String,
    /// `CONNECTED`, …
    pub status: String,
    pub name_status: String,
    pub code_verification_status: String,
    pub throughput: Throughput,
    /// `TIER_2K`, …
    pub whatsapp_business_manager_messaging_limit: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Throughput {
    /// `STANDARD`, `HIGH`
    pub level: String,
}

#[derive(Deserialize)]
struct Page<T> {
    #[serde(default = "Vec::new")]
    data: Vec<T>,
    #[serde(default)]
    paging: Paging,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Paging {
    cursors: Cursors,
    next: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Cursors {
    after: String,
}

const TEMPLATE_FIELDS: &str = "id,name,language,status,category,quality_score,components,rejected_reason";
const NUMBER_FIELDS: &str = "id,display_phone_number,verified_name,quality_rating,status,throughput,name_status,\
                             code_verification_status,whatsapp_business_manager_messaging_limit";

impl Graph {
    /// All templates of an account.
    pub async fn templates(&self, account: &str, access: &Access) -> Result<Vec<TemplateInfo>, CallError> {
        self.list(&format!("{account}/message_templates"), TEMPLATE_FIELDS, access).await
    }

    /// Hands in a template; it is reviewed. Gives its id.
    pub async fn create_template(&self, account: &str, access: &Access, template: &Value) -> Result<u64, CallError> {
        #[derive(Deserialize)]
        struct Created {
            #[serde(deserialize_with = "number_or_text")]
            id: u64,
        }
        let path = format!("{account}/message_templates");
        let created: Created = read(self.call(Method::POST, &path, access).json(template)).await?;
        Ok(created.id)
    }

    /// What the vendor knows of a number.
    pub async fn number(&self, number: &str, access: &Access) -> Result<NumberInfo, CallError> {
        read(self.call(Method::GET, number, access).query(&[("fields", NUMBER_FIELDS)])).await
    }

    /// The numbers of an account.
    pub async fn numbers(&self, account: &str, access: &Access) -> Result<Vec<NumberInfo>, CallError> {
        self.list(&format!("{account}/phone_numbers"), NUMBER_FIELDS, access).await
    }

    /// The names of the apps that get this account's webhooks.
    pub async fn subscribed_apps(&self, account: &str, access: &Access) -> Result<Vec<String>, CallError> {
        let apps: Vec<Value> = self.list(&format!("{account}/subscribed_apps"), "", access).await?;
        let name =
            |app: &Value| app.pointer("/whatsapp_business_api_data/name").and_then(Value::as_str).map(String::from);
        Ok(apps.iter().map(|app| name(app).unwrap_or_default()).collect())
    }

    /// Lets the token's app get this account's webhooks.
    pub async fn subscribe(&self, account: &str, access: &Access) -> Result<(), CallError> {
        let path = format!("{account}/subscribed_apps");
        read::<Value>(self.call(Method::POST, &path, access)).await.map(drop)
    }

    /// Publishes a Flow with this name and description; `endpoint`: whom it asks while it is filled in. Gives its id.
    pub async fn publish_flow(
        &self,
        account: &str,
        access: &Access,
        (name, flow): (&str, &Value),
        endpoint: Option<&str>,
    ) -> Result<String, CallError> {
        #[derive(Deserialize)]
        struct Created {
            id: String,
        }
        let mut body = json!({ "name": name, "categories": ["OTHER"], "flow_json": flow.to_string(), "publish": true });
        if let Some(endpoint) = endpoint {
            body["endpoint_uri"] = endpoint.into();
        }
        let created: Created = read(self.call(Method::POST, &format!("{account}/flows"), access).json(&body)).await?;
        Ok(created.id)
    }

    /// The Flows of an account: id, name and status.
    pub async fn flows(&self, account: &str, access: &Access) -> Result<Vec<(String, String, String)>, CallError> {
        #[derive(Deserialize)]
        struct Flow {
            id: String,
            name: String,
            status: String,
        }
        let flows: Vec<Flow> = self.list(&format!("{account}/flows"), "id,name,status", access).await?;
        Ok(flows.into_iter().map(|flow| (flow.id, flow.name, flow.status)).collect())
    }

    /// The vendor's own time, in ms, as it heads every answer. `None`: it told none.
    pub async fn clock_ms(&self) -> Result<Option<i64>, CallError> {
        let asked = self.calls.get(self.config.base.clone()).timeout(self.config.deadline);
        let answer = asked.send().await.map_err(CallError::Network)?;
        let told = answer.headers().get(DATE).and_then(|date| date.to_str().ok());
        // `Sun, 06 Nov 1994 08:49:37 GMT` is a date of RFC 2822 as well.
        let told = told.and_then(|date| jiff::fmt::rfc2822::parse(date).ok());
        Ok(told.map(|date| date.timestamp().as_millisecond()))
    }

    /// Gives the vendor the public key (PEM) with which it encrypts what Flows ask.
    pub async fn set_flows_key(&self, number: &str, access: &Access, public_key: &str) -> Result<(), CallError> {
        let form = reqwest::multipart::Form::new().text("business_public_key", public_key.to_string());
        let path = format!("{number}/whatsapp_business_encryption");
        read::<Value>(self.call(Method::POST, &path, access).multipart(form)).await.map(drop)
    }

    pub(super) fn call(&self, method: Method, path: &str, access: &Access) -> RequestBuilder {
        let longer = self.config.deadline.max(Duration::from_secs(30));
        self.calls.request(method, self.address(path)).timeout(longer).header(AUTHORIZATION, access.0.clone())
    }

    async fn list<T: DeserializeOwned>(&self, path: &str, fields: &str, access: &Access) -> Result<Vec<T>, CallError> {
        let mut all = Vec::new();
        let mut after = String::new();
        for _ in 0..PAGES {
            let mut query = vec![("limit", "100")];
            if !fields.is_empty() {
                query.push(("fields", fields));
            }
            if !after.is_empty() {
                query.push(("after", &after));
            }
            let page: Page<T> = read(self.call(Method::GET, path, access).query(&query)).await?;
            all.extend(page.data);
            // The address of the next page is not followed: it carries the token to wherever it points.
            let ended = page.paging.next.is_none() || page.paging.cursors.after.is_empty();
            if ended || page.paging.cursors.after == after {
                return Ok(all);
            }
            after = page.paging.cursors.after;
        }
        Err(CallError::TooLong)
    }
}

/// Asks, and reads the answer.
pub(super) async fn read<T: DeserializeOwned>(request: RequestBuilder) -> Result<T, CallError> {
    let mut response = request.send().await.map_err(CallError::Network)?;
    let (status, retry_after_ms) = (response.status(), retry_after(response.headers()));
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(CallError::Network)? {
        if body.len() + chunk.len() > ANSWER_MAX {
            return Err(CallError::Unreadable);
        }
        body.extend_from_slice(&chunk);
    }
    if status.is_success() {
        return serde_json::from_slice(&body).map_err(|_| CallError::Unreadable);
    }
    let refused = answer::refused(status.as_u16(), retry_after_ms, &body).ok_or(CallError::Unreadable)?;
    Err(CallError::Refused(refused))
}

/// Ids are written as texts here and as numbers there.
fn number_or_text<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        Number(u64),
        Text(String),
    }
    Ok(match Either::deserialize(deserializer)? {
        Either::Number(number) => number,
        Either::Text(text) => text.parse().unwrap_or_default(),
    })
}
