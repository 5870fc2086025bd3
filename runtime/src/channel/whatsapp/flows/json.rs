//! The description of a form as Flow JSON. Labels, options and button words come with each message, so one published Flow
//! serves every language and outlives changes of wording; only the fields and how they are asked are fixed.

use duka_engine::forms::Described;
use duka_engine::limits::whatsapp::form::{
    COMPONENTS, DATA_VERSION, FOOTER, HEADING, JSON_VERSION, LABEL, OPTION, OPTIONS,
};
use duka_engine::locale::{Standard, standard};
use duka_engine::outbound::FormField;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use smol_str::SmolStr;

use crate::channel::whatsapp::render::fit::{title, units};

/// The one screen.
pub const SCREEN: &str = "FORM";

/// Names that the vendor's answers use themselves.
const RESERVED: [&str; 2] = ["flow_token", "error_message"];

/// What of a form its Flow fixes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shape {
    pub form: SmolStr,
    /// What was filled in is looked at by the server before the form closes.
    #[serde(default)]
    pub asks_server: bool,
    pub fields: Vec<Part>,
}

/// One field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    pub name: SmolStr,
    pub shown: Shown,
    #[serde(default)]
    pub optional: bool,
    /// Its label is longer than the vendor takes, in some language: it stands above the field as a text.
    #[serde(default)]
    pub explained: bool,
}

/// How a field is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shown {
    Text,
    Number,
    Phone,
    Email,
    Date,
    Choice,
}

impl Shape {
    /// The Flow of a form, or why it has to be asked field by field: sentences for the shop.
    ///
    /// # Errors
    /// Everything that no Flow shows.
    pub fn of(form: &Described, asks_server: bool) -> Result<Shape, Vec<String>> {
        let mut why = unfit(form);
        let explained = |at: usize| {
            form.words.iter().any(|words| words.labels.get(at).is_some_and(|label| units(label.trim()) > LABEL))
        };
        let fields = form.fields.iter().enumerate();
        let fields: Vec<Part> = fields.map(|(at, field)| Part { explained: explained(at), ..part(field) }).collect();
        let shape = Shape { form: form.name.clone(), asks_server, fields };
        if shape.components() > COMPONENTS {
            why.push(format!("it has too many fields: one screen takes {COMPONENTS} parts"));
        }
        if why.is_empty() { Ok(shape) } else { Err(why) }
    }

    /// Whether this is the Flow of a form that asks these fields.
    pub fn shows(&self, form: &str, fields: &[FormField]) -> bool {
        let asks = |(known, field): (&Part, &FormField)| Part { explained: known.explained, ..part(field) } == *known;
        self.form == form && self.fields.len() == fields.len() && self.fields.iter().zip(fields).all(asks)
    }

    /// The name under which it is published: another one when anything that is fixed changes.
    pub fn name(&self) -> String {
        let hash = Sha256::digest(self.flow().to_string());
        format!("duka_{}_{}", self.form, hex::encode(hash.get(..4).unwrap_or_default()))
    }

    fn components(&self) -> usize {
        2 + self.fields.len() + self.fields.iter().filter(|part| part.explained).count()
    }

    /// As Flow JSON.
    pub fn flow(&self) -> Value {
        let mut data = Map::new();
        let mut children = vec![json!({ "type": "TextHeading", "text": "${data.heading}" })];
        let mut answers = Map::new();
        let example = |text: &str| json!({ "type": "string", "__example__": text });
        data.insert("heading".into(), example("Heading"));
        data.insert("submit".into(), example("Send"));
        for part in &self.fields {
            let name = part.name.as_str();
            if part.explained {
                data.insert(format!("words_{name}"), example("What is asked"));
                children.push(json!({ "type": "TextBody", "text": format!("${{data.words_{name}}}") }));
            }
            data.insert(format!("label_{name}"), example("Label"));
            if part.shown == Shown::Choice {
                data.insert(format!("options_{name}"), options_schema());
            }
            children.push(component(part));
            answers.insert(name.into(), format!("${{form.{name}}}").into());
        }
        let action = if self.asks_server { "data_exchange" } else { "complete" };
        children.push(json!({
            "type": "Footer",
            "label": "${data.submit}",
            "on-click-action": { "name": action, "payload": answers },
        }));
        let screen = json!({
            "id": SCREEN,
            "title": screen_title(&self.form),
            "terminal": true,
            "data": data,
            "layout": { "type": "SingleColumnLayout", "children": children },
        });
        let mut flow = json!({ "version": JSON_VERSION, "screens": [screen] });
        if self.asks_server {
            flow["data_api_version"] = DATA_VERSION.into();
            flow["routing_model"] = json!({ SCREEN: [] });
        }
        flow
    }
}

/// What a message brings along for the Flow: the words in its language.
pub fn data(shape: &Shape, (heading, submit): (&str, &str), fields: &[FormField], language: &str) -> Value {
    let mut data = Map::new();
    data.insert("heading".into(), title(heading, HEADING).into());
    data.insert("submit".into(), title(submit, FOOTER).into());
    for (part, field) in shape.fields.iter().zip(fields) {
        if part.explained {
            data.insert(format!("words_{}", part.name), title(&field.label, usize::MAX).into());
        }
        // Said once: what stands above a field, cut or not, is not its label as well.
        let label = if part.explained { standard(language, Standard::YourAnswer) } else { field.label.as_str() };
        data.insert(format!("label_{}", part.name), title(label, LABEL).into());
        if part.shown == Shown::Choice {
            data.insert(format!("options_{}", part.name), options(field, language));
        }
    }
    data.into()
}

/// Words that the vendor cuts, as sentences for the shop.
pub fn cut(form: &Described) -> Vec<String> {
    let mut told = Vec::new();
    for words in &form.words {
        let mut long = |what: &str, text: &str, most: usize| {
            if units(text.trim()) > most {
                told.push(format!("{what} `{text}` ({}) is cut after {most} letters", words.language));
            }
        };
        long("the title", &words.title, duka_engine::limits::whatsapp::FORM_BUTTON);
        long("the button", &words.submit, FOOTER);
    }
    for field in form.fields.iter().filter(|field| has_options(field)) {
        for option in field.options.iter().filter(|option| units(option) > OPTION) {
            told.push(format!("the choice `{option}` of `{}` is cut after {OPTION} letters", field.name));
        }
    }
    told
}

/// What keeps a form from being a Flow.
fn unfit(form: &Described) -> Vec<String> {
    let mut why = Vec::new();
    for field in &form.fields {
        let name = &field.name;
        match field.kind.as_str() {
            "image" | "video" | "voice" | "document" => {
                why.push(format!("`{name}` asks for a file, which a form at WhatsApp does not take"));
            }
            "other" => why.push(format!("`{name}` asks for something that can not be typed")),
            _ if RESERVED.contains(&name.as_str()) => {
                why.push(format!("WhatsApp keeps the name `{name}` for itself"));
            }
            _ => {}
        }
    }
    for words in &form.words {
        if words.title.trim().is_empty() || words.submit.trim().is_empty() {
            why.push("it has no `title:` or no `submit:`, and a form needs both buttons".to_string());
            break;
        }
        if words.title.chars().any(is_emoji) {
            why.push(format!("the title `{}` has an emoji, which WhatsApp refuses on a button", words.title));
        }
    }
    why
}

fn is_emoji(c: char) -> bool {
    matches!(u32::from(c), 0x1F000..=0x1FAFF | 0x2600..=0x27BF | 0xFE0F)
}

fn part(field: &FormField) -> Part {
    let shown = match field.kind.as_str() {
        _ if has_options(field) => Shown::Choice,
        "date" => Shown::Date,
        "number" => Shown::Number,
        "phone" => Shown::Phone,
        "email" => Shown::Email,
        _ => Shown::Text,
    };
    Part { name: field.name.clone(), shown, optional: field.optional, explained: false }
}

/// Truths and names to choose from are chosen; longer lists than the vendor takes are typed.
fn has_options(field: &FormField) -> bool {
    field.kind == "yes_no" || (1..=OPTIONS).contains(&field.options.len())
}

fn options(field: &FormField, language: &str) -> Value {
    let option = |id: &str, words: &str| json!({ "id": id, "title": title(words, OPTION) });
    if field.kind == "yes_no" {
        let truths = [("yes", Standard::Yes), ("no", Standard::No)];
        return truths.map(|(id, word)| option(id, standard(language, word))).to_vec().into();
    }
    field.options.iter().map(|name| option(name, name)).collect()
}

fn options_schema() -> Value {
    let text = json!({ "type": "string" });
    json!({
        "type": "array",
        "items": { "type": "object", "properties": { "id": text, "title": text } },
        "__example__": [{ "id": "1", "title": "One" }],
    })
}

fn component(part: &Part) -> Value {
    let name = part.name.as_str();
    let label = format!("${{data.label_{name}}}");
    let required = !part.optional;
    let input = match part.shown {
        Shown::Choice => {
            let source = format!("${{data.options_{name}}}");
            return json!({ "type": "Dropdown", "name": name, "label": label, "required": required, "data-source": source });
        }
        Shown::Date => return json!({ "type": "DatePicker", "name": name, "label": label, "required": required }),
        Shown::Number => "number",
        Shown::Phone => "phone",
        Shown::Email => "email",
        Shown::Text => "text",
    };
    json!({ "type": "TextInput", "input-type": input, "name": name, "label": label, "required": required })
}

/// The bar above the screen is the same for everyone: the form's own name.
fn screen_title(form: &str) -> String {
    let words = form.replace('_', " ");
    let mut letters = words.chars();
    let whole: String = letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default();
    title(&whole, OPTION).into_owned()
}
