//! What a customer does on the page, as the element of `messages[]` that WhatsApp makes of it. Refuses what no phone could
//! send; whether it is understood is the flow's business.

use axum::body::Bytes;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use duka_engine::limits::{MediaLimit, WHATSAPP};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::answers::{Refused, Why};
use super::phones::{Item, Phones};
use crate::host::files::mime_of;

/// A photo that is sent without choosing one: a single grey pixel.
const PIXEL: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";
/// A voice note that is sent without speaking: half a second of silence in an Ogg stream.
const SILENCE: &str = "T2dnUwACAAAAAAAAAAABAAAAAAAAAByf9dkBE09wdXNIZWFkAQE4AYC7AAAAAABPZ2dTAAAAAAAAAAAAAAEAAAABAAAADIUv\
    EAEUT3B1c1RhZ3MEAAAAZHVrYQAAAABPZ2dTAATAXQAAAAAAAAEAAAACAAAACWvDNRkDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMD+P/++P/++P/+\
    +P/++P/++P/++P/++P/++P/++P/++P/++P/++P/++P/++P/++P/++P/++P/++P/++P/++P/++P/++P/++P/++P/+";
/// Letters of a message that somebody can write in the app.
const MOST_OF_A_TEXT: usize = 65_536;
/// Letters of a file's name.
const MOST_LETTERS: usize = 240;

/// What the customer does.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(
    untagged,
    expecting = "a customer sends one of `text`, `button`, `list`, `quick`, `location`, `order`, `form`, `reaction` and `contact`, with what belongs to it"
)]
pub enum Say {
    Text {
        text: String,
        reply_to: Option<String>,
    },
    Button {
        button: String,
        title: String,
        message: String,
    },
    List {
        list: String,
        title: String,
        #[serde(default)]
        description: String,
        message: String,
    },
    Quick {
        quick: String,
        title: String,
        message: String,
    },
    Location {
        location: Location,
    },
    Order {
        order: Order,
    },
    Form {
        form: Form,
    },
    Reaction {
        reaction: Reaction,
    },
    Contact {
        #[serde(rename = "contact")]
        _contact: bool,
    },
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct Location {
    pub latitude: f64,
    pub longitude: f64,
    pub name: Option<String>,
    pub address: Option<String>,
}

/// A file that the customer sends; its bytes come beside it.
#[derive(Clone, Debug, Deserialize)]
pub struct File {
    /// `image`, `video`, `audio`, `document`
    pub kind: String,
    /// Of a document.
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub caption: String,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct Order {
    pub catalog_id: String,
    #[serde(default)]
    pub text: String,
    pub items: Vec<Line>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct Line {
    pub sku: String,
    pub quantity: u32,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct Form {
    /// The message with the form.
    pub message: String,
    pub values: Map<String, Value>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct Reaction {
    pub message: String,
    pub emoji: String,
}

/// Keeps the bytes of a file of that type.
pub type Keep<'a> = dyn FnMut(&str, Bytes) -> (String, String) + 'a;

/// The customer who speaks, and what is known of their phone and shop.
pub struct Speaker<'a> {
    pub customer: &'a str,
    pub name: &'a str,
    /// The shop's number, as digits.
    pub display: &'a str,
    pub phones: &'a Phones,
    /// A product's price as an amount and a currency.
    pub price: &'a dyn Fn(&str) -> Option<(f64, String)>,
    /// Keeps a file of the customer: its id and hash.
    pub keep: &'a mut Keep<'a>,
}

impl Speaker<'_> {
    /// The element without its id and time.
    ///
    /// # Errors
    /// Why no phone could send this.
    pub fn message(&self, say: Say) -> Result<Value, Refused> {
        Ok(match say {
            Say::Text { text, reply_to } => {
                if text.trim().is_empty() {
                    return Err(nothing());
                }
                if text.chars().count() > MOST_OF_A_TEXT {
                    let message = format!("WhatsApp takes {MOST_OF_A_TEXT} letters in one message at most.");
                    return Err(Refused::wrong(Why::TextLength, message).with("most", MOST_OF_A_TEXT));
                }
                self.under(reply_to.as_deref(), json!({"type": "text", "text": {"body": text}}))
            }
            Say::Button { button, title, message } => {
                let reply = json!({"id": button, "title": title});
                self.reply(&message, "button_reply", reply)
            }
            Say::List { list, title, description, message } => {
                let mut reply = json!({"id": list, "title": title});
                if !description.is_empty() {
                    reply["description"] = description.into();
                }
                self.reply(&message, "list_reply", reply)
            }
            Say::Quick { quick, title, message } => {
                self.under(Some(&message), json!({"type": "button", "button": {"payload": quick, "text": title}}))
            }
            Say::Location { location: Location { latitude, longitude, name, address } } => {
                if !((-90.0..=90.0).contains(&latitude) && (-180.0..=180.0).contains(&longitude)) {
                    let message = "There is no such place: a latitude is from -90 to 90, a longitude from -180 to 180.";
                    return Err(Refused::wrong(Why::Place, message));
                }
                let mut place = json!({"latitude": latitude, "longitude": longitude});
                for (key, text) in [("name", name), ("address", address)] {
                    if let Some(text) = text {
                        place[key] = text.into();
                    }
                }
                json!({"type": "location", "location": place})
            }
            Say::Order { order } => self.order(&order)?,
            Say::Form { form } => self.form(form),
            Say::Reaction { reaction: Reaction { message, emoji } } => {
                json!({"type": "reaction", "reaction": {"message_id": message, "emoji": emoji}})
            }
            Say::Contact { .. } => json!({"type": "contacts", "contacts": [{"name": {"formatted_name": self.name},
                "phones": [{"phone": format!("+{}", self.customer), "wa_id": self.customer, "type": "CELL"}],
                "origin": "contact_request"}]}),
        })
    }

    fn under(&self, message: Option<&str>, mut said: Value) -> Value {
        if let Some(message) = message.filter(|message| !message.is_empty()) {
            said["context"] = json!({"from": self.display, "id": message});
        }
        said
    }

    fn reply(&self, message: &str, kind: &str, reply: Value) -> Value {
        self.under(Some(message), json!({"type": "interactive", "interactive": {"type": kind, kind: reply}}))
    }

    /// The element of a file. Without bytes, a photo and a voice note are small ones of our own.
    ///
    /// # Errors
    /// No phone could send it: too large, or of a kind that WhatsApp does not take.
    pub fn file(&mut self, File { kind, name, caption }: File, bytes: Bytes) -> Result<Value, Refused> {
        let limit = WHATSAPP.media.iter().find(|limit| limit.kind == kind);
        let limit = limit.ok_or_else(|| Refused::absent("kind of file"))?;
        let bytes = if bytes.is_empty() { own(&kind).ok_or_else(nothing)? } else { bytes };
        let mime = fits(limit, &name, &bytes)?;
        let (id, sha256) = (self.keep)(mime, bytes);
        let mut file = json!({"id": id, "mime_type": mime, "sha256": sha256});
        if !caption.is_empty() {
            file["caption"] = caption.into();
        }
        match kind.as_str() {
            "audio" => file["voice"] = true.into(),
            "document" => {
                let letters = name.chars().filter(|letter| !letter.is_control());
                file["filename"] = letters.take(MOST_LETTERS).collect::<String>().into();
            }
            _ => {}
        }
        Ok(json!({"type": kind, kind: file}))
    }

    fn order(&self, order: &Order) -> Result<Value, Refused> {
        if order.items.is_empty() {
            return Err(Refused::wrong(Why::CartEmpty, "The cart is empty."));
        }
        let line = |line: &Line| -> Result<Value, Refused> {
            let none =
                || Refused::wrong(Why::NoProduct, format!("There is no product {}.", line.sku)).with("sku", &line.sku);
            let (price, currency) = (self.price)(&line.sku).ok_or_else(none)?;
            Ok(json!({"product_retailer_id": line.sku, "quantity": line.quantity, "item_price": price,
                "currency": currency}))
        };
        let lines: Vec<Value> = order.items.iter().map(line).collect::<Result<_, Refused>>()?;
        Ok(json!({"type": "order",
            "order": {"catalog_id": order.catalog_id, "text": order.text, "product_items": lines}}))
    }

    fn form(&self, Form { message, mut values }: Form) -> Value {
        let token = self.phones.item(&message).and_then(token_of).unwrap_or_default();
        values.insert("flow_token".into(), token.into());
        let reply = json!({"name": "flow", "body": "Sent", "response_json": Value::Object(values).to_string()});
        self.reply(&message, "nfm_reply", reply)
    }
}

fn token_of(item: &Item) -> Option<String> {
    Some(item.body.pointer("/interactive/action/parameters/flow_token")?.as_str()?.to_string())
}

fn nothing() -> Refused {
    Refused::wrong(Why::NothingToSend, "There is nothing to send.")
}

/// A photo or a voice note where none was chosen.
fn own(kind: &str) -> Option<Bytes> {
    let own = match kind {
        "image" => PIXEL,
        "audio" => SILENCE,
        _ => return None,
    };
    STANDARD.decode(own).ok().map(Bytes::from)
}

/// The type of a file that WhatsApp takes. A document is what its name says; anything else, what it begins with.
fn fits(limit: &MediaLimit, name: &str, bytes: &[u8]) -> Result<&'static str, Refused> {
    let named = name.rsplit_once('.').map(|(_, ending)| ending.to_lowercase()).unwrap_or_default();
    let ending = if limit.kind == "document" { Some(named.as_str()) } else { ending_of(limit.kind, bytes) };
    let mime = ending.filter(|ending| limit.endings.contains(ending)).and_then(mime_of);
    let mime = mime.ok_or_else(|| {
        let endings = limit.endings.join(", ");
        let message = format!("WhatsApp does not take this file here: it takes {endings}.");
        Refused::wrong(Why::FileKind, message).with("endings", endings)
    })?;
    if bytes.len() as u64 > limit.max_bytes {
        let (size, most) = (megabytes(bytes.len() as u64), megabytes(limit.max_bytes));
        let message = format!("This file has {size} MB; WhatsApp takes {most} MB at most.");
        return Err(Refused::wrong(Why::FileSize, message).with("size", size).with("most", most));
    }
    Ok(mime)
}

/// `5.2`, rounded up: what is too large is never said to be as large as may be.
fn megabytes(bytes: u64) -> String {
    let tenths = (bytes * 10).div_ceil(1024 * 1024);
    if tenths.is_multiple_of(10) { (tenths / 10).to_string() } else { format!("{}.{}", tenths / 10, tenths % 10) }
}

/// The ending of a file that begins so.
fn ending_of(kind: &str, bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xff, 0xd8, 0xff, ..] => Some("jpg"),
        [0x89, b'P', b'N', b'G', ..] => Some("png"),
        [b'O', b'g', b'g', b'S', ..] => Some("ogg"),
        [0xff, 0xf1 | 0xf9, ..] => Some("aac"),
        [b'I', b'D', b'3', ..] | [0xff, 0xfb | 0xf3, ..] => Some("mp3"),
        [b'#', b'!', b'A', b'M', b'R', ..] => Some("amr"),
        [_, _, _, _, b'f', b't', b'y', b'p', b'3', b'g', ..] => Some("3gp"),
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => Some(if kind == "video" { "mp4" } else { "m4a" }),
        _ => None,
    }
}
