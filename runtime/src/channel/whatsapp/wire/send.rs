//! What is sent to the vendor, as it stands on the wire. Borrowed from what is rendered; nothing is cut or chosen here.

use std::borrow::Cow;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

/// The body of `POST /{number}/messages`.
#[derive(Debug, Serialize)]
pub struct Send<'a> {
    pub messaging_product: &'static str,
    pub recipient_type: &'static str,
    /// E.164 with plus.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// A business-scoped user id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recipient: Option<&'a str>,
    #[serde(flatten)]
    pub content: Content<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<Quoted<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub biz_opaque_callback_data: Option<&'a str>,
}

#[derive(Debug, Serialize)]
pub struct Quoted<'a> {
    pub message_id: &'a str,
}

/// `type`, and the part that it names.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "one is made for each send, and written at once")]
pub enum Content<'a> {
    Text {
        preview_url: bool,
        body: Cow<'a, str>,
    },
    /// `kind`: image, video, audio, document, sticker.
    Media {
        kind: &'static str,
        file: File<'a>,
    },
    Interactive(Interactive<'a>),
    Template(Template<'a>),
    Reaction {
        message_id: &'a str,
        emoji: &'a str,
    },
    Location(Location<'a>),
}

impl Serialize for Content<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Text<'a> {
            #[serde(skip_serializing_if = "std::ops::Not::not")]
            preview_url: bool,
            body: &'a str,
        }
        #[derive(Serialize)]
        struct Reaction<'a> {
            message_id: &'a str,
            emoji: &'a str,
        }
        match self {
            Content::Text { preview_url, body } => pair(serializer, "text", &Text { preview_url: *preview_url, body }),
            Content::Media { kind, file } => pair(serializer, kind, file),
            Content::Interactive(interactive) => pair(serializer, "interactive", interactive),
            Content::Template(template) => pair(serializer, "template", template),
            Content::Reaction { message_id, emoji } => pair(serializer, "reaction", &Reaction { message_id, emoji }),
            Content::Location(location) => pair(serializer, "location", location),
        }
    }
}

fn pair<S: Serializer>(serializer: S, kind: &'static str, part: &impl Serialize) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(2))?;
    map.serialize_entry("type", kind)?;
    map.serialize_entry(kind, part)?;
    map.end()
}

/// A file, by the vendor's id or by address.
#[derive(Clone, Debug, Default, Serialize)]
pub struct File<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caption: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filename: Option<Cow<'a, str>>,
}

#[derive(Debug, Serialize)]
pub struct Location<'a> {
    pub latitude: &'a str,
    pub longitude: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub address: &'a str,
}

#[derive(Debug, Serialize)]
pub struct Interactive<'a> {
    #[serde(rename = "type")]
    pub kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<Header<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<Words<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub footer: Option<Words<'a>>,
    pub action: Action<'a>,
}

#[derive(Debug, Serialize)]
pub struct Words<'a> {
    pub text: Cow<'a, str>,
}

#[derive(Debug)]
pub enum Header<'a> {
    Text(Cow<'a, str>),
    /// `kind`: image, video, document.
    Media {
        kind: &'static str,
        file: File<'a>,
    },
}

impl Serialize for Header<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Header::Text(text) => pair(serializer, "text", text),
            Header::Media { kind, file } => pair(serializer, kind, file),
        }
    }
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Action<'a> {
    Buttons {
        buttons: Vec<Button<'a>>,
    },
    List {
        button: Cow<'a, str>,
        sections: Vec<Rows<'a>>,
    },
    /// `cta_url`, `flow`, `catalog_message`, `review_and_pay`, …
    Named {
        name: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        parameters: Option<Parameters<'a>>,
    },
    Product {
        catalog_id: &'a str,
        product_retailer_id: &'a str,
    },
    Products {
        catalog_id: &'a str,
        sections: Vec<Products<'a>>,
    },
    Cards {
        cards: Vec<CarouselCard<'a>>,
    },
    /// What only cards of a carousel have.
    Other(serde_json::Value),
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Parameters<'a> {
    Link {
        display_text: Cow<'a, str>,
        url: &'a str,
    },
    Form(Form<'a>),
    /// Orders are rare and deep.
    Other(serde_json::Value),
}

#[derive(Debug, Serialize)]
pub struct Form<'a> {
    pub flow_message_version: &'static str,
    pub flow_token: String,
    pub flow_id: &'a str,
    pub flow_cta: Cow<'a, str>,
    pub flow_action: &'static str,
    pub flow_action_payload: FormPayload,
}

#[derive(Debug, Serialize)]
pub struct FormPayload {
    pub screen: &'static str,
    pub data: serde_json::Value,
}

#[derive(Debug)]
pub struct Button<'a> {
    pub id: String,
    pub title: Cow<'a, str>,
}

impl Serialize for Button<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Reply<'a> {
            id: &'a str,
            title: &'a str,
        }
        pair(serializer, "reply", &Reply { id: &self.id, title: &self.title })
    }
}

#[derive(Debug, Serialize)]
pub struct Rows<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    pub title: Cow<'a, str>,
    pub rows: Vec<Row<'a>>,
}

#[derive(Debug, Serialize)]
pub struct Row<'a> {
    pub id: String,
    pub title: Cow<'a, str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub description: Cow<'a, str>,
}

#[derive(Debug, Serialize)]
pub struct Products<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    pub title: Cow<'a, str>,
    pub product_items: Vec<ProductItem<'a>>,
}

#[derive(Debug, Serialize)]
pub struct ProductItem<'a> {
    pub product_retailer_id: &'a str,
}

#[derive(Debug, Serialize)]
pub struct CarouselCard<'a> {
    pub card_index: usize,
    #[serde(rename = "type")]
    pub kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<Header<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<Words<'a>>,
    pub action: Action<'a>,
}

#[derive(Debug, Serialize)]
pub struct Template<'a> {
    pub name: &'a str,
    pub language: Language<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub components: Vec<Component<'a>>,
}

#[derive(Debug, Serialize)]
pub struct Language<'a> {
    pub code: Cow<'a, str>,
}

#[derive(Debug, Serialize)]
pub struct Component<'a> {
    #[serde(rename = "type")]
    pub kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sub_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<String>,
    pub parameters: Vec<Parameter<'a>>,
}

#[derive(Debug)]
pub enum Parameter<'a> {
    /// `name`: of a named parameter.
    Text {
        name: Option<String>,
        text: Cow<'a, str>,
    },
    Payload(String),
    Coupon(Cow<'a, str>),
    Media {
        kind: &'static str,
        file: File<'a>,
    },
}

impl Serialize for Parameter<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Parameter::Text { name: None, text } => pair(serializer, "text", text),
            Parameter::Text { name: Some(name), text } => {
                let mut map = serializer.serialize_map(Some(3))?;
                map.serialize_entry("type", "text")?;
                map.serialize_entry("parameter_name", name)?;
                map.serialize_entry("text", text)?;
                map.end()
            }
            Parameter::Payload(payload) => pair(serializer, "payload", payload),
            Parameter::Coupon(code) => pair(serializer, "coupon_code", code),
            Parameter::Media { kind, file } => pair(serializer, kind, file),
        }
    }
}
