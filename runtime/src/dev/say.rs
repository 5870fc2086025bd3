//! What a customer does on the page, as the element of `messages[]` that WhatsApp makes of it. Refuses what no phone could
//! send; whether it is understood is the flow's business.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::phones::{Item, Phones};

/// A photo that is sent without choosing one: a single grey pixel.
const PIXEL: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";
/// A voice note that is sent without speaking: the beginning of an Ogg stream.
const SILENCE: &str = "T2dnUwACAAAAAAAAAAAAAAAAAAAAAAAAAAABE09wdXNIZWFkAQEAAIC7AAAAAAA=";

/// What the customer does.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
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
    Image {
        image: File,
    },
    Audio {
        audio: File,
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

#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct File {
    pub caption: Option<String>,
    /// Base64; none: a small one of our own.
    pub data: Option<String>,
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
pub type Keep<'a> = dyn FnMut(&str, Vec<u8>) -> (String, String) + 'a;

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
    pub file: &'a mut Keep<'a>,
}

impl Speaker<'_> {
    /// The element without its id and time.
    ///
    /// # Errors
    /// Why no phone could send this, in plain words.
    pub fn message(&mut self, say: Say) -> Result<Value, String> {
        Ok(match say {
            Say::Text { text, reply_to } => {
                if text.trim().is_empty() {
                    return Err("There is nothing to send.".into());
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
                let mut place = json!({"latitude": latitude, "longitude": longitude});
                for (key, text) in [("name", name), ("address", address)] {
                    if let Some(text) = text {
                        place[key] = text.into();
                    }
                }
                json!({"type": "location", "location": place})
            }
            Say::Image { image } => self.media("image", image, PIXEL)?,
            Say::Audio { audio } => self.media("audio", audio, SILENCE)?,
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

    fn media(&mut self, kind: &str, File { caption, data }: File, own: &str) -> Result<Value, String> {
        let bytes = STANDARD.decode(data.as_deref().unwrap_or(own)).map_err(|_| "The file is not in base64.")?;
        let mime = mime_of(&bytes).filter(|mime| mime.starts_with(kind));
        let mime = mime.ok_or("WhatsApp takes photos as JPEG or PNG, and voice notes as Ogg, MP3, MP4 or AMR.")?;
        let (id, sha256) = (self.file)(mime, bytes);
        let mut file = json!({"id": id, "mime_type": mime, "sha256": sha256});
        if let Some(caption) = caption.filter(|caption| !caption.is_empty()) {
            file["caption"] = caption.into();
        }
        if kind == "audio" {
            file["voice"] = true.into();
        }
        Ok(json!({"type": kind, kind: file}))
    }

    fn order(&self, order: &Order) -> Result<Value, String> {
        if order.items.is_empty() {
            return Err("The cart is empty.".into());
        }
        let line = |line: &Line| -> Result<Value, String> {
            let (price, currency) =
                (self.price)(&line.sku).ok_or_else(|| format!("There is no product {}.", line.sku))?;
            Ok(json!({"product_retailer_id": line.sku, "quantity": line.quantity, "item_price": price,
                "currency": currency}))
        };
        let lines: Vec<Value> = order.items.iter().map(line).collect::<Result<_, String>>()?;
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

/// By the first bytes.
fn mime_of(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [0x89, b'P', b'N', b'G', ..] => Some("image/png"),
        [b'O', b'g', b'g', b'S', ..] => Some("audio/ogg"),
        [b'I', b'D', b'3', ..] | [0xff, 0xfb | 0xf3, ..] => Some("audio/mpeg"),
        [b'#', b'!', b'A', b'M', b'R', ..] => Some("audio/amr"),
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => Some("audio/mp4"),
        _ => None,
    }
}
