//! Customers that are played: what their phone shows, and the webhooks that what they do becomes.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use smol_str::SmolStr;

use super::plan::Number;
use super::webhook;

/// A message on the customer's phone.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Shown {
    /// From 1, of this customer.
    pub n: u64,
    pub id: SmolStr,
    pub at_ms: i64,
    /// `text`, `button`, `list`, `template`, …
    #[serde(rename = "type")]
    pub message: SmolStr,
    /// The words, without choices.
    pub text: String,
    pub taps: Vec<Tappable>,
    /// The object under the message's type, as it was sent.
    pub content: Value,
}

/// Something to tap.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Tappable {
    /// `button`, `row`, `quick_reply`, `flow`; a link gives no webhook and is not here.
    pub kind: SmolStr,
    pub id: String,
    pub title: String,
    pub note: String,
}

/// What a customer does.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Say {
    Text(String),
    /// A choice of the newest message that has it: by title, by id, or by its place from 1.
    Tap(String),
    /// As `tap`, but of one certain message, which may be old.
    TapOn {
        message: String,
        choice: String,
    },
    Location {
        latitude: f64,
        longitude: f64,
        #[serde(default)]
        name: String,
        #[serde(default)]
        address: String,
    },
    /// A file: `image`, `video`, `audio`, `document`, `sticker`, with an id that can be fetched here.
    Media {
        kind: String,
        id: String,
        mime_type: String,
        sha256: String,
        #[serde(default)]
        caption: String,
    },
    /// A cart of a catalogue.
    Order(Value),
    /// The answer of a WhatsApp Flow, an object of fields.
    Form(Value),
    /// A card with the customer's own phone.
    Contact(String),
    Reaction {
        message: String,
        emoji: String,
    },
    /// Stops or resumes marketing in the app's own settings.
    Marketing {
        stop: bool,
    },
    /// Any element of `messages[]`; `from`, `id` and `timestamp` are added where they are missing.
    Raw(Value),
}

/// How it is told.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Telling {
    /// The business number [default: the one that this customer last heard of, or the first]
    pub number: SmolStr,
    pub name: String,
    /// The user id that goes with a phone; empty: none.
    pub user_id: SmolStr,
    /// Milliseconds before now at which it was said.
    pub ago_ms: i64,
    /// Came by an ad: opens a free entry point.
    pub by_ad: bool,
    /// How often the webhook is posted.
    pub copies: Option<u32>,
    /// The message id; empty: a new one.
    pub id: SmolStr,
}

/// Who speaks, to whom, and when.
pub(super) struct Speaker<'a> {
    pub number: &'a Number,
    /// Digits of a phone, or a user id.
    pub customer: &'a str,
    pub telling: &'a Telling,
    /// Provider time.
    pub at_ms: i64,
    pub id: &'a str,
}

impl Speaker<'_> {
    fn is_user_id(&self) -> bool {
        self.customer.contains('.')
    }

    fn contact(&self) -> Value {
        let name = if self.telling.name.is_empty() { "Customer" } else { self.telling.name.as_str() };
        let mut contact = json!({"profile": {"name": name}});
        self.identify(&mut contact, "wa_id", "user_id");
        contact
    }

    fn identify(&self, value: &mut Value, phone: &str, user: &str) {
        let Some(fields) = value.as_object_mut() else { return };
        if self.is_user_id() {
            fields.insert(user.to_string(), self.customer.into());
        } else {
            fields.insert(phone.to_string(), self.customer.into());
            if !self.telling.user_id.is_empty() {
                fields.insert(user.to_string(), self.telling.user_id.as_str().into());
            }
        }
    }

    /// The envelope of what is said; `shown` are the messages on the customer's phone. `Err` says what can not be done.
    pub fn envelope(&self, say: &Say, shown: &[&Shown]) -> Result<Value, String> {
        if let Say::Marketing { stop } = say {
            return Ok(self.preference(*stop));
        }
        let mut message = content(say, shown, self.number)?;
        let Some(fields) = message.as_object_mut() else {
            return Err("`raw` is an object, an element of `messages[]`.".to_string());
        };
        fields.entry("id").or_insert_with(|| self.id.into());
        fields.entry("timestamp").or_insert_with(|| self.at_ms.div_euclid(1000).to_string().into());
        if self.telling.by_ad {
            let referral = json!({"source_url": "https://fb.me/ad", "source_id": "120220000000000001",
                "source_type": "ad", "headline": "Chat with us", "body": "", "media_type": "image", "ctwa_clid": "Aff-1"});
            fields.entry("referral").or_insert(referral);
        }
        if fields.get("from").is_none() && fields.get("from_user_id").is_none() {
            self.identify(&mut message, "from", "from_user_id");
        }
        Ok(webhook::messages(self.number, vec![("contacts", vec![self.contact()]), ("messages", vec![message])]))
    }

    fn preference(&self, stop: bool) -> Value {
        let mut preference = json!({"detail": "User requested to change marketing messages",
            "category": "marketing_messages", "value": if stop { "stop" } else { "resume" },
            "timestamp": self.at_ms.div_euclid(1000)});
        self.identify(&mut preference, "wa_id", "user_id");
        let mut contact = json!({});
        self.identify(&mut contact, "wa_id", "user_id");
        let value = json!({"messaging_product": "whatsapp",
            "metadata": {"display_phone_number": self.number.display.as_str(), "phone_number_id": self.number.id.as_str()},
            "contacts": [contact], "user_preferences": [preference]});
        webhook::account(self.number, self.at_ms, "user_preferences", value)
    }
}

fn content(say: &Say, shown: &[&Shown], number: &Number) -> Result<Value, String> {
    Ok(match say {
        Say::Text(text) => json!({"type": "text", "text": {"body": text}}),
        Say::Tap(choice) => {
            let found = shown.iter().rev().find_map(|message| Some((message, message.find(choice)?)));
            let (message, tap) = found.ok_or_else(|| nothing_to_tap(choice, shown))?;
            tapped(message, tap, number)
        }
        Say::TapOn { message, choice } => {
            let on = shown.iter().find(|shown| shown.id == message.as_str() || shown.n.to_string() == *message);
            let on = on.ok_or_else(|| format!("This customer was never sent a message {message}."))?;
            let tap = on.find(choice).ok_or_else(|| nothing_to_tap(choice, &[on]))?;
            tapped(on, tap, number)
        }
        Say::Location { latitude, longitude, name, address } => {
            let mut place = json!({"latitude": latitude, "longitude": longitude});
            for (key, text) in [("name", name), ("address", address)].into_iter().filter(|(_, text)| !text.is_empty()) {
                if let Some(fields) = place.as_object_mut() {
                    fields.insert(key.to_string(), text.as_str().into());
                }
            }
            json!({"type": "location", "location": place})
        }
        Say::Media { kind, id, mime_type, sha256, caption } => {
            let mut file = json!({"id": id, "mime_type": mime_type, "sha256": sha256});
            if let Some(fields) = file.as_object_mut().filter(|_| !caption.is_empty()) {
                fields.insert("caption".to_string(), caption.as_str().into());
            }
            json!({"type": kind, kind: file})
        }
        Say::Order(order) => json!({"type": "order", "order": order}),
        Say::Form(fields) => {
            let asked = shown.iter().rev().find(|message| message.message == "flow");
            let token = asked.and_then(|form| form.content.pointer("/action/parameters/flow_token")).cloned();
            let mut fields = fields.clone();
            if let (Some(object), Some(token)) = (fields.as_object_mut(), token) {
                object.entry("flow_token").or_insert(token);
            }
            let reply = json!({"name": "flow", "body": "Sent", "response_json": fields.to_string()});
            let mut message = json!({"type": "interactive", "interactive": {"type": "nfm_reply", "nfm_reply": reply}});
            if let (Some(object), Some(form)) = (message.as_object_mut(), asked) {
                object.insert("context".to_string(), json!({"from": number.display.as_str(), "id": form.id.as_str()}));
            }
            message
        }
        Say::Contact(phone) => json!({"type": "contacts", "contacts": [{"name": {"formatted_name": "Customer"},
            "phones": [{"phone": phone, "wa_id": phone.trim_start_matches('+'), "type": "CELL"}], "origin": "contact_request"}]}),
        Say::Reaction { message, emoji } => {
            json!({"type": "reaction", "reaction": {"message_id": message, "emoji": emoji}})
        }
        Say::Marketing { .. } => json!({}),
        Say::Raw(value) => value.clone(),
    })
}

fn nothing_to_tap(choice: &str, shown: &[&Shown]) -> String {
    let titles = shown.iter().rev().find(|message| !message.taps.is_empty());
    let titles: Vec<&str> =
        titles.into_iter().flat_map(|message| &message.taps).map(|tap| tap.title.as_str()).collect();
    if titles.is_empty() {
        return format!(
            "There is nothing to tap: no message with choices has reached this customer (asked: {choice})."
        );
    }
    format!("No choice is called `{choice}`. The newest choices are: {}.", titles.join(", "))
}

fn tapped(message: &Shown, tap: &Tappable, number: &Number) -> Value {
    let context = json!({"from": number.display.as_str(), "id": message.id.as_str()});
    if tap.kind == "quick_reply" {
        return json!({"type": "button", "button": {"payload": tap.id, "text": tap.title}, "context": context});
    }
    let kind = if tap.kind == "row" { "list_reply" } else { "button_reply" };
    let mut reply = json!({"id": tap.id, "title": tap.title});
    if let Some(fields) = reply.as_object_mut().filter(|_| !tap.note.is_empty()) {
        fields.insert("description".to_string(), tap.note.as_str().into());
    }
    json!({"type": "interactive", "interactive": {"type": kind, kind: reply}, "context": context})
}

impl Shown {
    /// What a phone shows of a message that was taken; `template` are the components of the template it names.
    pub(super) fn of(id: &str, at_ms: i64, kind: &str, content: &Value, template: &[Value]) -> Shown {
        let inner = content.get("type").and_then(Value::as_str).filter(|_| kind == "interactive").unwrap_or(kind);
        let text = |pointer: &str| content.pointer(pointer).and_then(Value::as_str);
        let words = match kind {
            "text" | "interactive" => text("/body").or_else(|| text("/body/text")).map(str::to_string),
            "template" => filled(content, template).or_else(|| text("/name").map(str::to_string)),
            _ => text("/caption").map(str::to_string),
        };
        let taps = match inner {
            "button" => choices(content, "/action/buttons", "reply", "button"),
            "list" => sections(content),
            "carousel" => cards(content),
            "template" => quick_replies(content, template),
            _ => Vec::new(),
        };
        Shown {
            n: 0,
            id: id.into(),
            at_ms,
            message: inner.into(),
            text: words.unwrap_or_default(),
            taps,
            content: content.clone(),
        }
    }

    /// By title, by id, or by place from 1.
    fn find(&self, choice: &str) -> Option<&Tappable> {
        let by_name = self.taps.iter().find(|tap| tap.title == choice || tap.id == choice);
        let place = choice.parse::<usize>().ok().and_then(|place| place.checked_sub(1));
        by_name.or_else(|| self.taps.get(place?))
    }
}

fn choices(content: &Value, pointer: &str, inner: &str, kind: &str) -> Vec<Tappable> {
    let list = content.pointer(pointer).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    list.iter().map(|choice| tappable(choice.get(inner).unwrap_or(choice), kind)).collect()
}

fn sections(content: &Value) -> Vec<Tappable> {
    let sections = content.pointer("/action/sections").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    sections.iter().flat_map(|section| choices(section, "/rows", "row", "row")).collect()
}

/// The buttons of cards, each called as its card is: all say the same.
fn cards(content: &Value) -> Vec<Tappable> {
    let cards = content.pointer("/action/cards").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let of_card = |card: &Value| -> Option<Tappable> {
        let id = card.pointer("/action/buttons/0/quick_reply/id")?.as_str()?.to_string();
        let words = card.pointer("/body/text").and_then(Value::as_str).unwrap_or_default();
        let (title, note) = words.split_once('\n').unwrap_or((words, ""));
        Some(Tappable { kind: "button".into(), id, title: title.to_string(), note: note.to_string() })
    };
    cards.iter().filter_map(of_card).collect()
}

fn tappable(choice: &Value, kind: &str) -> Tappable {
    let text = |key: &str| choice.get(key).and_then(Value::as_str).unwrap_or("").to_string();
    Tappable { kind: kind.into(), id: text("id"), title: text("title"), note: text("description") }
}

fn component<'a>(components: &'a [Value], kind: &str) -> Option<&'a Value> {
    let kind_of = |component: &Value| component.get("type").and_then(Value::as_str).map(str::to_ascii_uppercase);
    components.iter().find(|component| kind_of(component).as_deref() == Some(kind))
}

fn components(content: &Value) -> &[Value] {
    content.get("components").and_then(Value::as_array).map_or(&[][..], Vec::as_slice)
}

/// The words of a template's body with the values of a send.
pub(super) fn filled(content: &Value, definition: &[Value]) -> Option<String> {
    let mut words = component(definition, "BODY")?.get("text")?.as_str()?.to_string();
    let values = component(components(content), "BODY").and_then(|body| body.get("parameters"));
    for (value, place) in values.and_then(Value::as_array).map_or(&[][..], Vec::as_slice).iter().zip(1..) {
        let text = |key: &str| value.get(key).and_then(Value::as_str);
        let name = text("parameter_name").map_or_else(|| place.to_string(), str::to_string);
        words = words.replace(&format!("{{{{{name}}}}}"), text("text").unwrap_or(""));
    }
    Some(words)
}

/// The quick replies of a template: titles from its definition, payloads from the send.
pub(super) fn quick_replies(content: &Value, definition: &[Value]) -> Vec<Tappable> {
    let sent = components(content);
    let definition = component(definition, "BUTTONS").and_then(|buttons| buttons.get("buttons"));
    let payload = |index: usize| {
        let is_it = |component: &&Value| {
            let place = component.get("index");
            let place = place.and_then(|place| place.as_u64().or_else(|| place.as_str()?.parse().ok()));
            place == u64::try_from(index).ok()
        };
        sent.iter().find(is_it)?.pointer("/parameters/0/payload")?.as_str().map(str::to_string)
    };
    let buttons = definition.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let is_quick = |button: &Value| button.get("type").and_then(Value::as_str) == Some("QUICK_REPLY");
    let quick = buttons.iter().enumerate().filter(|(_, button)| is_quick(button));
    quick
        .map(|(index, button)| {
            let title = button.get("text").and_then(Value::as_str).unwrap_or("").to_string();
            Tappable {
                kind: "quick_reply".into(),
                id: payload(index).unwrap_or_else(|| title.clone()),
                title,
                note: String::new(),
            }
        })
        .collect()
}
