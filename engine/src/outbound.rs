//! Messages as the flow means them, for any channel. Rendering to a channel's wire, and its limits, are the channel's.

use std::sync::Arc;

use duka_dsl::ast::Category;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::event::ReplyId;
use crate::value::{Media, Money, Value};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Outbound {
    /// Words with at most one kind of choice. Only sent inside the service window.
    Message(Message),
    Template(TemplateMessage),
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Message {
    pub header: Option<Arc<Media>>,
    pub text: String,
    pub footer: String,
    pub choices: Choices,
    /// The key of the text: `welcome.ask`.
    pub key: SmolStr,
    /// BCP 47 tag of the words.
    pub language: SmolStr,
    /// It is shown as an answer to this message of the customer, by the vendor's id: empty until the host knows it.
    #[serde(default)]
    pub answers: Option<SmolStr>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Choices {
    #[default]
    None,
    Buttons(Vec<Choice>),
    List {
        label: String,
        sections: Vec<Section>,
    },
    /// A button that opens a page.
    Link {
        name: SmolStr,
        title: String,
        url: String,
    },
    /// A form: WhatsApp Flow where the channel has it, else asked field by field by the engine.
    Form {
        id: ReplyId,
        form: SmolStr,
        title: String,
        submit: String,
        fields: Vec<FormField>,
    },
    /// Ask for a location.
    Location,
    /// A list whose rows are products of the shop's catalogue: what the customer takes comes back as a cart.
    Products {
        label: String,
        sections: Vec<Section>,
    },
    /// Ask for the customer's own number, which one with a username need not show. Typing it is an answer as well.
    Contact,
    /// A list whose rows have a picture each.
    Cards {
        /// The words on each card's button.
        label: String,
        rows: Vec<Choice>,
        /// Addresses, by row.
        pictures: Vec<SmolStr>,
        /// The rows are products of the shop's catalogue, from which a cart comes back.
        from_catalogue: bool,
    },
    /// One product of the shop's catalogue; `title` stands where there are no words.
    Product {
        sku: SmolStr,
        title: String,
    },
    /// The way to all of the shop's catalogue; the same.
    Catalogue {
        title: String,
    },
    /// A pin on the map, without words.
    Place {
        latitude: SmolStr,
        longitude: SmolStr,
        name: SmolStr,
        address: SmolStr,
    },
    /// An order, shown on its own page in the chat: with a link to pay by (name, title, address) the bill.
    Order {
        order: Box<OrderView>,
        pay: Option<(SmolStr, String, String)>,
    },
    /// The words are a sign on the message that is answered.
    Emoji,
}

/// An order as customers see it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrderView {
    pub number: SmolStr,
    /// By the contract: `placed`, `shipped`, …
    pub status: SmolStr,
    pub status_text: String,
    pub lines: Vec<OrderLine>,
    pub delivery_fee: Option<Money>,
    pub total: Money,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrderLine {
    pub sku: SmolStr,
    pub name: String,
    pub quantity: u32,
    /// Of one.
    pub price: Money,
}

impl Choices {
    /// What can be tapped, in order.
    pub fn offered(&self) -> Vec<&Choice> {
        match self {
            Choices::Buttons(buttons) => buttons.iter().collect(),
            Choices::List { sections, .. } | Choices::Products { sections, .. } => {
                sections.iter().flat_map(|section| &section.rows).collect()
            }
            Choices::Cards { rows, .. } => rows.iter().collect(),
            Choices::None
            | Choices::Link { .. }
            | Choices::Form { .. }
            | Choices::Location
            | Choices::Contact
            | Choices::Product { .. }
            | Choices::Catalogue { .. }
            | Choices::Place { .. }
            | Choices::Order { .. }
            | Choices::Emoji => Vec::new(),
        }
    }

    /// The button that opens a page: its name, words and address.
    pub fn link(&self) -> Option<(&str, &str, &str)> {
        match self {
            Choices::Link { name, title, url } | Choices::Order { pay: Some((name, title, url)), .. } => {
                Some((name, title, url))
            }
            _ => None,
        }
    }

    /// What is shown, in words, for where there are no others.
    pub fn words(&self) -> &str {
        match self {
            Choices::Product { title, .. } | Choices::Catalogue { title } => title,
            Choices::Order { order, .. } => &order.status_text,
            _ => "",
        }
    }

    /// The form that is to be filled, what it is sent as, and its fields.
    pub fn form(&self) -> Option<(&SmolStr, &ReplyId, &[FormField])> {
        if let Choices::Form { form, id, fields, .. } = self { Some((form, id, fields)) } else { None }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Section {
    pub title: String,
    pub rows: Vec<Choice>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    pub id: ReplyId,
    pub title: String,
    pub note: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FormField {
    pub name: SmolStr,
    /// `text`, `town`, `phone`, …
    pub kind: SmolStr,
    pub label: String,
    pub optional: bool,
    /// The names to choose from, for `town` and enums.
    pub options: Vec<SmolStr>,
}

/// An approved template, with the same words as a session message for when the window is open.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TemplateMessage {
    pub name: SmolStr,
    pub category: Category,
    /// The consent a marketing template is about.
    pub about: Option<SmolStr>,
    pub language: SmolStr,
    /// Path as written and the formatted value.
    pub values: Vec<(SmolStr, String)>,
    pub buttons: Vec<TemplateButton>,
    /// The same words as a message.
    pub session: Message,
    /// The raw value of what the template is about (the order), for the record.
    pub subject: Value,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TemplateButton {
    pub name: SmolStr,
    pub title: String,
    pub url: Option<String>,
    /// Bytes of the address that are the same for every customer; the rest is what the template leaves open.
    pub fixed: usize,
}
