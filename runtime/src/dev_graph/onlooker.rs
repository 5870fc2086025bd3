//! What somebody who looks over customers' shoulders sees, as it happens: messages either way, and how far ours have come.
//! Changes nothing, and waits for nobody.

use serde_json::{Value, json};
use smol_str::SmolStr;
use tokio::sync::mpsc::UnboundedSender;

use super::check::Outgoing;
use super::customer::{filled, quick_replies};
use super::graph::Graph;
use super::plan::Number;
use super::template::Template;

/// Something that happened on a customer's phone.
#[derive(Clone, Debug, PartialEq)]
pub enum Seen {
    /// A message of the shop's came; `body` is what was sent, without the sender's own mark.
    Came { number: SmolStr, customer: SmolStr, id: SmolStr, at_ms: i64, body: Value, template: Option<Value> },
    /// The customer has said something: an element of `messages[]`.
    Said { number: SmolStr, customer: SmolStr, id: SmolStr, at_ms: i64, message: Value },
    /// How far a message came: `sent`, `delivered`, `read`, `failed` with a code.
    Told { id: SmolStr, word: &'static str, code: u32, at_ms: i64 },
    /// The shop has read the customer's message; `typing`: and an answer is being written.
    Read { message: SmolStr, typing: bool },
}

impl Graph {
    /// From now on this one is told.
    pub fn show_to(&mut self, onlooker: UnboundedSender<Seen>) {
        self.onlooker = Some(onlooker);
    }

    pub(super) fn tell(&self, seen: impl FnOnce() -> Seen) {
        if let Some(onlooker) = &self.onlooker {
            // Nobody looks any more.
            let _ = onlooker.send(seen());
        }
    }

    pub(super) fn came(&self, now_ms: i64, number: &Number, wamid: &SmolStr, outgoing: &Outgoing<'_>) {
        self.tell(|| {
            let mut body = json!({"messaging_product": "whatsapp", "recipient_type": "individual",
                "to": outgoing.to.input, "type": outgoing.kind, outgoing.kind: outgoing.content});
            if !outgoing.context.is_empty() {
                body["context"] = json!({"message_id": outgoing.context});
            }
            let template = self.template_of(number, outgoing).map(|template| shown(template, outgoing.content));
            let (number, customer, id) = (number.id.clone(), outgoing.to.key(), wamid.clone());
            Seen::Came { number, customer, id, at_ms: now_ms, body, template }
        });
    }

    /// The template that a message is made of.
    pub(super) fn template_of(&self, number: &Number, outgoing: &Outgoing<'_>) -> Option<&Template> {
        let text = |pointer: &str| outgoing.content.pointer(pointer).and_then(Value::as_str);
        let (name, language) = (text("/name").filter(|_| outgoing.kind == "template")?, text("/language/code")?);
        self.account.template(&number.waba, name, language)
    }
}

/// A template as the customer sees it.
fn shown(template: &Template, content: &Value) -> Value {
    let parts = template.components.as_slice();
    let part = |kind: &str| {
        let is_it = |part: &&Value| {
            part.get("type").and_then(Value::as_str).is_some_and(|found| found.eq_ignore_ascii_case(kind))
        };
        parts.iter().find(is_it)
    };
    let mut payloads = quick_replies(content, parts).into_iter();
    let buttons = part("BUTTONS").and_then(|part| part.get("buttons")).and_then(Value::as_array);
    let button = |button: &Value| {
        let mut button = button.clone();
        if button.get("type").and_then(Value::as_str) == Some("QUICK_REPLY")
            && let Some(reply) = payloads.next()
        {
            button["payload"] = reply.id.into();
        }
        button
    };
    json!({
        "header": part("HEADER"),
        "body": filled(content, parts).unwrap_or_default(),
        "footer": part("FOOTER").and_then(|part| part.get("text")),
        "buttons": buttons.map(|buttons| buttons.iter().map(button).collect::<Vec<Value>>()),
        "cards": part("CAROUSEL").and_then(|part| part.get("cards")),
        "category": template.category.as_str(),
    })
}
