//! Chatwoot: an inbox of the kind API with a bot. Customers' messages are put into the inbox by its public API, the bot
//! opens and resolves the conversation and leaves private notes, and the bot's webhook brings what agents say.
//!
//! Facts of Chatwoot as of 2026-11-21: `developers.chatwoot.com` (client APIs; conversations; messages; agent bots), and
//! its sources `app/controllers/concerns/access_token_auth_helper.rb` (what a bot's token may do: `toggle_status`, messages),
//! `app/listeners/agent_bot_listener.rb` (`message_created`, `conversation_resolved`), `lib/webhooks/trigger.rb` (a webhook
//! is waited for 5 seconds and not repeated).

use duka_engine::value::MediaType;
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};
use smol_str::SmolStr;
use url::Url;

use super::{ANSWER, Letter, Told};
use crate::config::{Chatwoot, People};
use crate::egress::{Egress, Method, Request};

/// Where a conversation of ours is in Chatwoot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The contact in the inbox.
    pub source: String,
    pub conversation: u64,
}

impl Place {
    pub fn encode(&self) -> Vec<u8> {
        format!("{} {}", self.conversation, self.source).into_bytes()
    }

    pub fn decode(bytes: &[u8]) -> Option<Place> {
        let (conversation, source) = std::str::from_utf8(bytes).ok()?.split_once(' ')?;
        Some(Place { source: source.to_string(), conversation: conversation.parse().ok()? })
    }
}

/// Under which a shop keeps the place of a conversation, and the conversation of a place.
pub(super) fn key_of_place(conversation: &str) -> String {
    format!("chatwoot of {conversation}")
}

pub fn key_of_conversation(place: u64) -> String {
    format!("chatwoot {place}")
}

/// What came of bringing something to Chatwoot.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Brought {
    Done,
    /// Not now: again later.
    NotNow,
    /// It will never be taken.
    Never,
}

/// A file of the customer's.
pub(super) struct Attached {
    pub name: String,
    pub mime: &'static str,
    pub bytes: Vec<u8>,
}

pub(super) struct Inbox<'a> {
    pub egress: &'a Egress,
    pub people: &'a People,
    pub chatwoot: &'a Chatwoot,
}

impl Inbox<'_> {
    /// Begins a conversation for a customer.
    pub async fn begin(&self, letter: &Letter, name: &str) -> Result<Place, Brought> {
        let phone = if letter.phone.is_empty() { Json::Null } else { format!("+{}", letter.phone).into() };
        let identifier = format!("{}-{}", letter.shop, letter.conversation);
        let contact = json!({ "identifier": identifier, "name": name, "phone_number": phone });
        let contact = self.put("contacts", &contact).await?;
        let source = contact.get("source_id").and_then(Json::as_str).ok_or(Brought::Never)?.to_string();
        let begun = self.put(&format!("contacts/{source}/conversations"), &json!({})).await?;
        let conversation = begun.get("id").and_then(Json::as_u64).ok_or(Brought::Never)?;
        Ok(Place { source, conversation })
    }

    /// Brings one telling to its place, with the file that it is about, if that is kept.
    pub async fn bring(&self, place: &Place, letter: &Letter, file: Option<Attached>) -> Brought {
        let done = match &letter.telling.told {
            Told::Opened { topic, .. } => self.opened(place, letter, topic).await,
            Told::Message { kind, text, .. } => {
                let text = if kind == "text" { text.to_string() } else { format!("[{kind}] {text}") };
                self.message(place, letter, &text).await
            }
            Told::File { kind, text, .. } => match file {
                Some(file) => self.attached(place, letter, text, &file).await,
                None => self.message(place, letter, &format!("[{kind}] {text}")).await,
            },
            Told::NotDelivered { reason } => {
                self.note(place, &format!("This did not reach the customer: {reason}")).await
            }
            Told::Alert { text } => self.note(place, text).await,
            Told::Closed { .. } => self.bot(place, "toggle_status", &json!({ "status": "resolved" })).await,
        };
        done.map_or_else(|brought| brought, |_| Brought::Done)
    }

    async fn opened(&self, place: &Place, letter: &Letter, topic: &SmolStr) -> Result<Json, Brought> {
        if !topic.is_empty() {
            self.message(place, letter, topic).await?;
        }
        self.bot(place, "toggle_status", &json!({ "status": "open" })).await
    }

    /// For agents alone.
    async fn note(&self, place: &Place, content: &str) -> Result<Json, Brought> {
        let note = json!({ "content": content, "message_type": "outgoing", "private": true });
        self.bot(place, "messages", &note).await
    }

    async fn message(&self, place: &Place, letter: &Letter, text: &str) -> Result<Json, Brought> {
        let path = format!("contacts/{}/conversations/{}/messages", place.source, place.conversation);
        self.put(&path, &json!({ "content": text, "echo_id": letter.id })).await
    }

    /// A message with a file, as a form of parts.
    async fn attached(&self, place: &Place, letter: &Letter, text: &str, file: &Attached) -> Result<Json, Brought> {
        let inbox = self.chatwoot.inbox.expose_secret();
        let Place { source, conversation } = place;
        let path = format!("public/api/v1/inboxes/{inbox}/contacts/{source}/conversations/{conversation}/messages");
        // No file holds the hash of itself.
        let boundary = format!("duka-{}", hex::encode(Sha256::digest(&file.bytes)));
        let mut body = Vec::with_capacity(file.bytes.len() + 1_024);
        for (name, value) in [("content", text), ("echo_id", letter.id.as_str())] {
            let part = format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
            body.extend_from_slice(part.as_bytes());
        }
        let head = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"attachments[]\"; filename=\"{}\"\r\n\
             Content-Type: {}\r\n\r\n",
            file.name, file.mime
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(&file.bytes);
        body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
        let headers = vec![("content-type".to_string(), format!("multipart/form-data; boundary={boundary}"))];
        let url = self.address(&path)?;
        self.sent(Request { method: Method::Post, url, headers, body: Some(body), within: ANSWER }).await
    }

    /// By the inbox's public API.
    async fn put(&self, path: &str, body: &Json) -> Result<Json, Brought> {
        let inbox = self.chatwoot.inbox.expose_secret();
        let url = self.address(&format!("public/api/v1/inboxes/{inbox}/{path}"))?;
        self.post(&url, &[], body).await
    }

    /// As the bot.
    async fn bot(&self, place: &Place, what: &str, body: &Json) -> Result<Json, Brought> {
        let Place { conversation, .. } = place;
        let account = self.chatwoot.account;
        let url = self.address(&format!("api/v1/accounts/{account}/conversations/{conversation}/{what}"))?;
        self.post(&url, &[("api_access_token", self.chatwoot.token.expose_secret())], body).await
    }

    fn address(&self, path: &str) -> Result<Url, Brought> {
        let base = self.people.url.as_str().trim_end_matches('/');
        Url::parse(&format!("{base}/{path}")).map_err(|_| Brought::Never)
    }

    async fn post(&self, url: &Url, headers: &[(&'static str, &str)], body: &Json) -> Result<Json, Brought> {
        self.sent(Request::json(url.clone(), headers, body.to_string().into_bytes(), ANSWER)).await
    }

    async fn sent(&self, request: Request) -> Result<Json, Brought> {
        match self.egress.send(request).await {
            Ok(answer) if answer.is_success() => Ok(serde_json::from_slice(&answer.body).unwrap_or(Json::Null)),
            Ok(answer) => {
                tracing::warn!(status = answer.status, "Chatwoot refuses");
                Err(if matches!(answer.status, 400 | 422) { Brought::Never } else { Brought::NotNow })
            }
            Err(error) => {
                tracing::warn!(%error, "Chatwoot can not be reached");
                Err(Brought::NotNow)
            }
        }
    }
}

/// What an agent did, from a webhook of the bot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    Reply {
        conversation: u64,
        message: u64,
        text: String,
        /// What goes with it, by its address: an image and so on.
        files: Vec<(MediaType, String)>,
    },
    Closed {
        conversation: u64,
    },
    /// Of no consequence: our own messages, notes among agents, other events.
    Nothing,
}

#[derive(Deserialize)]
struct Webhook {
    #[serde(default)]
    event: String,
    id: Option<u64>,
    content: Option<String>,
    /// `incoming` or 0, `outgoing` or 1, …
    message_type: Option<Json>,
    #[serde(default)]
    private: bool,
    sender: Option<Sender>,
    conversation: Option<Conversation>,
    status: Option<String>,
    #[serde(default)]
    attachments: Vec<Attachment>,
}

#[derive(Deserialize)]
struct Attachment {
    #[serde(default)]
    file_type: String,
    data_url: Option<String>,
}

impl Attachment {
    /// `None`: of no kind that a customer can be sent, such as a place.
    fn file(self) -> Option<(MediaType, String)> {
        let kind = match self.file_type.as_str() {
            "image" => MediaType::Image,
            "audio" => MediaType::Audio,
            "video" => MediaType::Video,
            "file" => MediaType::Document,
            _ => return None,
        };
        Some((kind, self.data_url.filter(|url| url.starts_with("https://"))?))
    }
}

#[derive(Deserialize)]
struct Sender {
    #[serde(rename = "type")]
    kind: Option<String>,
}

#[derive(Deserialize)]
struct Conversation {
    id: Option<u64>,
}

impl Said {
    /// Reads a webhook. `None`: it is none.
    pub fn read(body: &[u8]) -> Option<Said> {
        let webhook: Webhook = serde_json::from_slice(body).ok()?;
        let outgoing = webhook
            .message_type
            .as_ref()
            .is_some_and(|kind| kind.as_str() == Some("outgoing") || kind.as_u64() == Some(1));
        let by_agent = webhook.sender.as_ref().is_some_and(|sender| sender.kind.as_deref() == Some("user"));
        let said = match webhook.event.as_str() {
            "message_created" if outgoing && by_agent && !webhook.private => {
                let conversation = webhook.conversation?.id?;
                let files = webhook.attachments.into_iter().filter_map(Attachment::file).collect();
                Said::Reply { conversation, message: webhook.id?, text: webhook.content.unwrap_or_default(), files }
            }
            "conversation_resolved" => Said::Closed { conversation: webhook.id? },
            "conversation_status_changed" if webhook.status.as_deref() == Some("resolved") => {
                Said::Closed { conversation: webhook.id? }
            }
            _ => Said::Nothing,
        };
        Some(said)
    }
}
