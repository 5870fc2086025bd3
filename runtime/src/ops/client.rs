//! Requests to a server of one's own: its operator's API with a key, and the question that Meta asks its webhook. Repeats
//! nothing, follows no redirect.

use std::time::Duration;

use reqwest::{Client, Method, StatusCode, Url};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value as Json;
use thiserror::Error;

/// From a request to the last byte of its answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// Why a server did not do what it was asked.
#[derive(Debug, Error)]
pub enum Error {
    #[error("no server answers at {address}")]
    Silent { address: String, source: reqwest::Error },
    #[error("`{0}` is no address of a server")]
    NoAddress(String),
    /// In the server's words.
    #[error("the server says: {said}")]
    Refused { status: u16, said: String },
    #[error("the answer can not be read: this server is of another version, or something else listens there")]
    Unreadable,
    #[error("the requests' client could not be made")]
    NoClient(#[source] reqwest::Error),
}

/// A server at an address such as `http://127.0.0.1:8080`.
#[derive(Clone, Debug)]
pub struct Server {
    base: String,
    key: Option<SecretString>,
    client: Client,
}

impl Server {
    /// # Errors
    /// It is no such address, or the machine has no certificates to trust.
    pub fn new(base: &str, key: Option<SecretString>) -> Result<Server, Error> {
        if !Url::parse(base).is_ok_and(|url| ["http", "https"].contains(&url.scheme())) {
            return Err(Error::NoAddress(base.to_string()));
        }
        let client = Client::builder().redirect(reqwest::redirect::Policy::none()).timeout(PATIENCE).build();
        Ok(Server { base: base.trim_end_matches('/').to_string(), key, client: client.map_err(Error::NoClient)? })
    }

    /// Asks the API, below `/api/v1`.
    ///
    /// # Errors
    /// Nobody answers, or the server refuses.
    pub async fn get(&self, path: &str) -> Result<Json, Error> {
        self.ask(Method::GET, path, None).await
    }

    /// # Errors
    /// Nobody answers, or the server refuses.
    pub async fn post(&self, path: &str) -> Result<Json, Error> {
        self.ask(Method::POST, path, None).await
    }

    /// With a body of JSON.
    ///
    /// # Errors
    /// Nobody answers, or the server refuses.
    pub async fn tell(&self, path: &str, body: &Json) -> Result<Json, Error> {
        self.ask(Method::POST, path, Some(body)).await
    }

    /// # Errors
    /// Nobody answers, or the server refuses.
    pub async fn delete(&self, path: &str) -> Result<Json, Error> {
        self.ask(Method::DELETE, path, None).await
    }

    /// Text as one part of a path.
    pub fn part(text: &str) -> String {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
        text.bytes()
            .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
            .collect()
    }

    async fn ask(&self, method: Method, path: &str, sent: Option<&Json>) -> Result<Json, Error> {
        let mut request = self.client.request(method, format!("{}{}{path}", self.base, crate::api::BASE));
        if let Some(key) = &self.key {
            request = request.bearer_auth(key.expose_secret().trim());
        }
        if let Some(sent) = sent {
            request = request.json(sent);
        }
        let (status, body) = self.answer(request).await?;
        let body: Option<Json> = serde_json::from_str(&body).ok();
        if status.is_success() {
            return body.ok_or(Error::Unreadable);
        }
        // A server of ours says why.
        if body.is_none() && status == StatusCode::NOT_FOUND {
            return Err(Error::Unreadable);
        }
        let said = body.as_ref().and_then(|body| body.get("error")?.as_str());
        let said = said.map_or_else(|| status.to_string(), str::to_string);
        Err(Error::Refused { status: status.as_u16(), said })
    }

    /// Asks the webhook as Meta does; `true`: it answers as it should.
    ///
    /// # Errors
    /// Nobody answers.
    pub async fn verifies(&self, token: &SecretString) -> Result<bool, Error> {
        const CHALLENGE: &str = "1158201444";
        let query =
            [("hub.mode", "subscribe"), ("hub.verify_token", token.expose_secret()), ("hub.challenge", CHALLENGE)];
        let request = self.client.get(format!("{}/webhooks/whatsapp", self.base)).query(&query);
        let (status, body) = self.answer(request).await?;
        Ok(status.is_success() && body == CHALLENGE)
    }

    async fn answer(&self, request: reqwest::RequestBuilder) -> Result<(StatusCode, String), Error> {
        let silent =
            |source: reqwest::Error| Error::Silent { address: self.base.clone(), source: source.without_url() };
        let response = request.send().await.map_err(silent)?;
        let status = response.status();
        Ok((status, response.text().await.map_err(silent)?))
    }
}
