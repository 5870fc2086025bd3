//! The description of a form as Flow JSON. Labels, options and button words come with each message, so one published Flow
//! serves every language and outlives every change of wording; only the fields and their kinds are fixed.

use duka_engine::limits::whatsapp::form::{FOOTER, HEADING, JSON_VERSION, LABEL, OPTION, OPTIONS};
use duka_engine::locale::{Standard, standard};
use duka_engine::outbound::FormField;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::channel::whatsapp::render::fit::title;

/// The one screen.
pub const SCREEN: &str = "FORM";

/// The Flow of a form.
pub fn flow(form: &str, fields: &[FormField]) -> Value {
    let mut data = Map::new();
    let mut children = vec![json!({ "type": "TextHeading", "text": "${data.heading}" })];
    let mut answers = Map::new();
    let example = |text: &str| json!({ "type": "string", "__example__": text });
    data.insert("heading".into(), example("Heading"));
    data.insert("submit".into(), example("Send"));
    for field in fields {
        let name = field.name.as_str();
        data.insert(format!("label_{name}"), example("Label"));
        if has_options(field) {
            data.insert(format!("options_{name}"), options_schema());
        }
        children.push(component(field));
        answers.insert(name.into(), format!("${{form.{name}}}").into());
    }
    children.push(json!({
        "type": "Footer",
        "label": "${data.submit}",
        "on-click-action": { "name": "complete", "payload": answers },
    }));
    json!({
        "version": JSON_VERSION,
        "screens": [{
            "id": SCREEN,
            "title": screen_title(form),
            "terminal": true,
            "data": data,
            "layout": { "type": "SingleColumnLayout", "children": children },
        }],
    })
}

/// The name under which the Flow of a form is published: another one when its fields change.
pub fn flow_name(form: &str, fields: &[FormField]) -> String {
    let hash = Sha256::digest(flow(form, fields).to_string());
    format!("duka_{form}_{}", hex::encode(hash.get(..4).unwrap_or_default()))
}

/// What a message brings along for the Flow: the words in its language.
pub fn data(heading: &str, submit: &str, fields: &[FormField], language: &str) -> Value {
    let mut data = Map::new();
    data.insert("heading".into(), title(heading, HEADING).into());
    data.insert("submit".into(), title(submit, FOOTER).into());
    for field in fields {
        data.insert(format!("label_{}", field.name), title(&field.label, LABEL).into());
        if has_options(field) {
            data.insert(format!("options_{}", field.name), options(field, language));
        }
    }
    data.into()
}

/// Truths and names to choose from are chosen; longer lists than the vendor takes are typed.
fn has_options(field: &FormField) -> bool {
    field.kind == "yes_no" || (1..=OPTIONS).contains(&field.options.len())
}

fn options(field: &FormField, language: &str) -> Value {
    let option = |id: &str| json!({ "id": id, "title": title(id, OPTION) });
    if field.kind == "yes_no" {
        return [Standard::Yes, Standard::No].map(|word| option(standard(language, word))).to_vec().into();
    }
    field.options.iter().map(|name| option(name)).collect()
}

fn options_schema() -> Value {
    let text = json!({ "type": "string" });
    json!({
        "type": "array",
        "items": { "type": "object", "properties": { "id": text, "title": text } },
        "__example__": [{ "id": "1", "title": "One" }],
    })
}

fn component(field: &FormField) -> Value {
    let name = field.name.as_str();
    let label = format!("${{data.label_{name}}}");
    let required = !field.optional;
    if has_options(field) {
        let source = format!("${{data.options_{name}}}");
        return json!({ "type": "Dropdown", "name": name, "label": label, "required": required, "data-source": source });
    }
    if field.kind == "date" {
        return json!({ "type": "DatePicker", "name": name, "label": label, "required": required });
    }
    let input = match field.kind.as_str() {
        "number" => "number",
        "phone" => "phone",
        "email" => "email",
        _ => "text",
    };
    json!({ "type": "TextInput", "input-type": input, "name": name, "label": label, "required": required })
}

/// The bar above the screen is the same for everyone: the form's own name.
fn screen_title(form: &str) -> String {
    let words = form.replace('_', " ");
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
