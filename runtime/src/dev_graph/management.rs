//! Everything but sending: numbers, templates, media, subscriptions. Only as much as Duka calls.

use serde_json::{Value, json};
use smol_str::SmolStr;

use super::answer::Answer;
use super::graph::Graph;
use super::plan::{Number, NumberChange};
use super::refusal::Refusal;
use super::template::{self, Template};
use super::webhook::{self, Webhook};

/// A call below `/{version}/`.
pub(super) struct Call<'a> {
    /// `GET`, `POST`, `DELETE`
    pub method: &'a str,
    /// The parts of the path after the version.
    pub path: &'a [&'a str],
    pub query: &'a [(String, String)],
    pub body: &'a Value,
    /// What the caller shows to be let in.
    pub token: &'a str,
    /// Where this stand-in is reached, for addresses of files.
    pub base: &'a str,
}

impl Call<'_> {
    fn query(&self, key: &str) -> Option<&str> {
        self.query.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }
}

fn nothing(id: &str) -> Refusal {
    Refusal::new(100, format!("Unsupported request. Object with ID '{id}' does not exist."))
}

impl Graph {
    /// Money that came inside the chat goes back: not at once.
    fn give_back(&mut self, body: &Value) -> Result<Value, Refusal> {
        let of = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or("");
        let payment = self.payments.get_mut(of("reference_id")).ok_or_else(|| nothing(of("reference_id")))?;
        let amount = body.pointer("/amount/value").and_then(Value::as_str).and_then(|value| value.parse::<i64>().ok());
        let amount = amount.ok_or_else(|| Refusal::missing("amount"))?;
        let is_set = |name: &str| payment.get(name).and_then(Value::as_bool) == Some(true);
        let (never_comes, loses_answer) = (is_set("loses_requests"), is_set("loses_answers"));
        if never_comes {
            return Err(Refusal::new(131000, "".to_string()));
        }
        let mut refunds = payment.get("refunds").and_then(Value::as_array).cloned().unwrap_or_default();
        let id = format!("refund-{}", refunds.len() + 1);
        refunds.push(json!({ "id": id, "status": "pending", "amount": { "value": amount, "offset": 100 } }));
        payment["refunds"] = refunds.into();
        if loses_answer {
            return Err(Refusal::new(131000, "".to_string()));
        }
        Ok(json!({ "id": id, "status": "pending", "speed_processed": "normal" }))
    }

    pub(super) fn call(&mut self, now_ms: i64, call: &Call<'_>) -> Answer {
        let trace = self.journal.counts.attempts;
        if !self.account.opens(call.token) {
            return Answer::of(Err(Refusal::new(190, "")), trace);
        }
        let answer = match (call.method, call.path) {
            ("GET" | "POST" | "DELETE", [_, "subscribed_apps"]) => Ok(self.subscribed(call)),
            ("GET", [_, "message_templates"]) => Ok(self.list_templates(call)),
            ("POST", [_, "message_templates"]) => self.create_template(now_ms, call),
            ("DELETE", [_, "message_templates"]) => self.delete_templates(call),
            ("POST", [id, "unpause"]) => self.unpause(id),
            ("GET", [_, "phone_numbers"]) => {
                let list: Vec<Value> = self.account.numbers().map(number_of).collect();
                Ok(json!({"data": list}))
            }
            ("GET", ["debug_token"]) => Ok(json!({"data": {"is_valid": true, "type": "SYSTEM_USER", "expires_at": 0,
                "scopes": ["whatsapp_business_messaging", "whatsapp_business_management"]}})),
            ("POST", [_, "whatsapp_business_encryption" | "register" | "deregister" | "whatsapp_business_profile"]) => {
                Ok(json!({"success": true}))
            }
            ("GET", [_, "whatsapp_business_encryption"]) => {
                Ok(json!({"data": [{"business_public_key_signature_status": "VALID"}]}))
            }
            ("POST", [_, "flows"]) => self.publish_flow(call),
            ("GET", [_, "payments", _, bill]) => match self.payments.get(*bill) {
                Some(payment) => Ok(json!({ "payments": [payment] })),
                None => Err(nothing(bill)),
            },
            ("POST", [_, "payments_refund"]) => self.give_back(call.body),
            ("GET", [_, "flows"]) => {
                let flow =
                    |(id, name, status): &(String, String, &str)| json!({"id": id, "name": name, "status": status});
                Ok(json!({"data": self.account.flows.iter().map(flow).collect::<Vec<Value>>()}))
            }
            ("POST", [_, "assets" | "publish" | "deprecate"]) => Ok(json!({"success": true, "validation_errors": []})),
            ("GET", [id]) if self.media.knows(id) => self.media.describe(now_ms, id, call.base),
            ("DELETE", [id]) if self.media.knows(id) => {
                self.account.media.remove(*id);
                Ok(json!({"success": self.media.remove(id)}))
            }
            ("GET", [id]) => self.node(id),
            (_, path) => Err(nothing(&path.join("/"))),
        };
        self.without_vanished(Answer::of(answer, trace))
    }

    fn subscribed(&mut self, call: &Call<'_>) -> Value {
        match call.method {
            "GET" if self.account.is_subscribed => {
                json!({"data": [{"whatsapp_business_api_data": {"name": "Duka", "id": "1", "link": "https://duka.dev"}}]})
            }
            "GET" => json!({"data": []}),
            method => {
                self.account.is_subscribed = method == "POST";
                json!({"success": true})
            }
        }
    }

    fn node(&mut self, id: &str) -> Result<Value, Refusal> {
        if let Some(template) = self.account.templates().iter().find(|template| template.id.to_string() == id) {
            return Ok(template.wire());
        }
        match self.account.number(id) {
            Some(number) => Ok(number_of(&number)),
            None => Err(nothing(id)),
        }
    }

    fn list_templates(&self, call: &Call<'_>) -> Value {
        let fits = |key: &str, value: &str| call.query(key).is_none_or(|wanted| wanted.eq_ignore_ascii_case(value));
        let fitting = self.account.templates().iter().filter(|template| {
            let own = call.path.first().is_some_and(|account| template.is_of(account));
            own && fits("name", &template.name)
                && fits("status", &template.status)
                && fits("language", &template.language)
        });
        let from = call.query("after").and_then(|after| after.parse::<usize>().ok()).unwrap_or(0);
        let limit = call.query("limit").and_then(|limit| limit.parse::<usize>().ok()).unwrap_or(25).clamp(1, 1_000);
        let all: Vec<Value> = fitting.map(Template::wire).collect();
        let page: Vec<&Value> = all.iter().skip(from).take(limit).collect();
        let end = from + page.len();
        let mut answer =
            json!({"data": page, "paging": {"cursors": {"before": from.to_string(), "after": end.to_string()}}});
        if end < all.len()
            && let Some(paging) = answer.get_mut("paging").and_then(Value::as_object_mut)
        {
            let next = format!("{}/v24.0/{}?after={end}&limit={limit}", call.base, call.path.join("/"));
            paging.insert("next".to_string(), next.into());
        }
        answer
    }

    fn create_template(&mut self, now_ms: i64, call: &Call<'_>) -> Result<Value, Refusal> {
        let template = template::creation(call.body)?;
        let is_same = |known: &Template| known.name == template.name && known.language == template.language;
        if self.account.templates().iter().any(is_same) {
            return Err(Refusal::new(100, "Content in this language already exists for this template."));
        }
        let category = template.category.clone();
        let ends_ms = now_ms + i64::from(self.account.limits.review_ms);
        self.reviews.push((ends_ms, template.name.clone(), template.language.clone()));
        let id = self.account.add_template(template);
        Ok(json!({"id": id.to_string(), "status": "PENDING", "category": category.as_str()}))
    }

    /// The description is a text that holds JSON with screens.
    fn publish_flow(&mut self, call: &Call<'_>) -> Result<Value, Refusal> {
        let text = |key: &str| call.body.get(key).and_then(Value::as_str);
        let name = text("name").ok_or_else(|| Refusal::missing("name"))?;
        if self.account.flows.iter().any(|(_, known, _)| known == name) {
            return Err(Refusal::invalid("Flow name must be unique."));
        }
        let flow: Option<Value> = text("flow_json").and_then(|text| serde_json::from_str(text).ok());
        let is_flow = flow.is_some_and(|flow| flow.get("screens").is_some_and(Value::is_array));
        let publishes = call.body.get("publish").and_then(Value::as_bool) == Some(true);
        if publishes && !is_flow {
            return Err(Refusal::new(139_002, "Flow JSON is missing or has validation errors."));
        }
        let id = format!("12345{:011}", self.account.flows.len() + 1);
        self.account.flows.push((id.clone(), name.to_string(), if publishes { "PUBLISHED" } else { "DRAFT" }));
        Ok(json!({"id": id, "success": true, "validation_errors": []}))
    }

    fn delete_templates(&mut self, call: &Call<'_>) -> Result<Value, Refusal> {
        let name = call.query("name").ok_or_else(|| Refusal::missing("name"))?;
        let id = call.query("hsm_id");
        let gone = self
            .account
            .remove_templates(|template| template.name == name && id.is_none_or(|id| template.id.to_string() == id));
        if gone == 0 { Err(nothing(name)) } else { Ok(json!({"success": true})) }
    }

    fn unpause(&mut self, id: &str) -> Result<Value, Refusal> {
        let template =
            self.account.template_mut(|template| template.id.to_string() == id).ok_or_else(|| nothing(id))?;
        template.status = "APPROVED".into();
        Ok(json!({"success": true}))
    }

    /// The state of a template changes that the account of this number has, or of the first one; the webhook that tells of it.
    /// `None`: there is no such template.
    pub fn set_template(
        &mut self,
        now_ms: i64,
        number: &str,
        (name, language): (&str, &str),
        status: &str,
    ) -> Option<Webhook> {
        let id = if number.is_empty() { self.first_number() } else { Some(number.into()) };
        let number = id.and_then(|id| self.account.number(&id)).unwrap_or_default();
        let is_it = |it: &Template| it.is_of(&number.waba) && it.name == name && it.language == language;
        let template = self.account.template_mut(is_it)?;
        template.status = status.into();
        let value = json!({"event": status, "message_template_id": template.id,
            "message_template_name": name, "message_template_language": language,
            "message_template_category": template.category.as_str(), "reason": "NONE"});
        let envelope = webhook::account(&number, now_ms, "message_template_status_update", value);
        Some(self.signed(&number, envelope))
    }

    /// A number changes, and is described so from now on; the webhooks that tell of it, if `event` or `ban` says that any do.
    /// `None`: there is no such number.
    pub fn set_number(&mut self, now_ms: i64, change: &NumberChange) -> Option<Vec<Webhook>> {
        let id = if change.number.is_empty() { self.first_number()? } else { change.number.clone() };
        let number = self.account.change_number(&id, change)?;
        let mut told = Vec::new();
        if !change.event.is_empty() {
            let value = json!({"display_phone_number": number.display.as_str(), "event": change.event.as_str(),
                "max_daily_conversations_per_business": or(&number.tier, TIER)});
            told.push(webhook::account(&number, now_ms, "phone_number_quality_update", value));
        }
        if !change.ban.is_empty() {
            let value = json!({"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": change.ban.as_str()}});
            told.push(webhook::account(&number, now_ms, "account_update", value));
        }
        Some(told.into_iter().map(|envelope| self.signed(&number, envelope)).collect())
    }

    /// Adds a template as it is, or puts it in the place of the one of its name and language.
    pub fn put_template(&mut self, template: Template) {
        self.account.remove_templates(|known| {
            known.account == template.account && known.name == template.name && known.language == template.language
        });
        self.account.add_template(template);
    }

    /// `POST /{number}/media`.
    pub(super) fn upload(&mut self, mime_type: &str, bytes: axum::body::Bytes) -> Answer {
        let trace = self.journal.counts.attempts;
        let most = most_bytes(mime_type);
        let answer = match most {
            None => Err(Refusal::new(131053, format!("Files of type {mime_type} are not supported."))),
            Some(most) if bytes.len() as u64 > most => {
                Err(Refusal::new(131053, format!("The file has {} bytes, at most {most} are allowed.", bytes.len())))
            }
            Some(_) => {
                let (id, _) = self.media.add(mime_type, bytes, None);
                self.account.media.insert(id.clone());
                Ok(json!({"id": id.as_str()}))
            }
        };
        Answer::of(answer, trace)
    }

    /// A file that a customer will send: its id, and its hash as webhooks tell it.
    pub fn customer_file(
        &mut self,
        mime_type: &str,
        bytes: impl Into<axum::body::Bytes>,
        fault: Option<super::media::MediaFault>,
    ) -> (SmolStr, String) {
        let (id, file) = self.media.add(mime_type, bytes.into(), fault);
        (id, file.sha256)
    }
}

/// The limit of numbers of which nothing else is said.
const TIER: &str = "TIER_2K";

fn or(word: &SmolStr, usual: &str) -> String {
    if word.is_empty() { usual.to_string() } else { word.to_string() }
}

fn number_of(number: &Number) -> Value {
    json!({"id": number.id.as_str(), "display_phone_number": number.display.as_str(), "verified_name": "Test Shop",
        "quality_rating": or(&number.quality, "GREEN"), "status": or(&number.status, "CONNECTED"),
        "throughput": {"level": or(&number.throughput, "STANDARD")},
        "name_status": "APPROVED", "code_verification_status": "VERIFIED",
        "whatsapp_business_manager_messaging_limit": or(&number.tier, TIER)})
}

/// The most that a file of a type may have (reference of media, checked 2026-08-01,
/// <https://developers.facebook.com/docs/whatsapp/cloud-api/reference/media>); `None`: not taken.
fn most_bytes(mime_type: &str) -> Option<u64> {
    const MEBIBYTE: u64 = 1024 * 1024;
    let plain = mime_type.split(';').next().unwrap_or("").trim();
    match plain {
        "image/jpeg" | "image/png" => Some(5 * MEBIBYTE),
        "image/webp" => Some(500 * 1024),
        "video/mp4" | "video/3gpp" | "audio/aac" | "audio/amr" | "audio/mpeg" | "audio/mp4" | "audio/ogg" => {
            Some(16 * MEBIBYTE)
        }
        "text/plain"
        | "application/pdf"
        | "application/msword"
        | "application/vnd.ms-excel"
        | "application/vnd.ms-powerpoint" => Some(100 * MEBIBYTE),
        office if office.starts_with("application/vnd.openxmlformats-officedocument.") => Some(100 * MEBIBYTE),
        _ => None,
    }
}
