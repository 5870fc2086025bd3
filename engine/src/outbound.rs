//! Messages as the flow means them, for any channel. Rendering to a channel's wire, and its limits, are the channel's.

use std::sync::Arc;

use duka_dsl::ast::Category;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::event::ReplyId;
use crate::value::{Media, Value};

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
}

impl Choices {
    /// What can be tapped, in order.
    pub fn offered(&self) -> Vec<&Choice> {
        match self {
            Choices::Buttons(buttons) => buttons.iter().collect(),
            Choices::List { sections, .. } | Choices::Products { sections, .. } => {
                sections.iter().flat_map(|section| &section.rows).collect()
            }
            Choices::None | Choices::Link { .. } | Choices::Form { .. } | Choices::Location | Choices::Contact => {
                Vec::new()
            }
        }
    }

    /// The form that is to be filled, and its fields.
    pub fn form(&self) -> Option<(&SmolStr, &[FormField])> {
        if let Choices::Form { form, fields, .. } = self { Some((form, fields)) } else { None }
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
