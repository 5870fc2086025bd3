//! Message templates of an account: what they need to be filled, and whether a send gives it.

use std::collections::BTreeSet;

use duka_engine::limits::WHATSAPP;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use smol_str::SmolStr;

use super::check::Checked;
use super::refusal::Refusal;

/// One language of a template.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    #[serde(default)]
    pub id: u64,
    /// The account that has it; empty: every one.
    #[serde(default, skip_serializing)]
    pub account: SmolStr,
    pub name: SmolStr,
    pub language: SmolStr,
    /// `MARKETING`, `UTILITY`, `AUTHENTICATION`
    #[serde(default = "utility")]
    pub category: SmolStr,
    /// `APPROVED`, `PENDING`, `PAUSED`, …
    #[serde(default = "approved")]
    pub status: SmolStr,
    #[serde(default = "green")]
    pub quality: SmolStr,
    /// A short way to write a template of a body only: `Hello {{1}}`.
    #[serde(default, skip_serializing)]
    pub body: String,
    /// As the management API takes them.
    #[serde(default)]
    pub components: Vec<Value>,
}

fn utility() -> SmolStr {
    "UTILITY".into()
}

fn approved() -> SmolStr {
    "APPROVED".into()
}

fn green() -> SmolStr {
    "GREEN".into()
}

impl Template {
    /// An approved utility template of a body.
    pub fn of_body(name: &str, language: &str, body: &str) -> Template {
        Template {
            id: 0,
            account: SmolStr::default(),
            name: name.into(),
            language: language.into(),
            category: utility(),
            status: approved(),
            quality: green(),
            body: String::new(),
            components: vec![json!({"type": "BODY", "text": body})],
        }
    }

    /// Whether this account has it.
    pub(super) fn is_of(&self, account: &str) -> bool {
        self.account.is_empty() || self.account == account
    }

    /// With the short body written out.
    pub(super) fn complete(mut self, id: u64) -> Template {
        if self.components.is_empty() && !self.body.is_empty() {
            self.components.push(json!({"type": "BODY", "text": std::mem::take(&mut self.body)}));
        }
        if self.id == 0 {
            self.id = id;
        }
        self
    }

    /// As the management API lists it.
    pub(super) fn wire(&self) -> Value {
        json!({"id": self.id.to_string(), "name": self.name.as_str(), "language": self.language.as_str(),
            "status": self.status.as_str(), "category": self.category.as_str(),
            "quality_score": {"score": self.quality.as_str()}, "components": self.components})
    }

    fn component(&self, kind: &str) -> Option<&Value> {
        self.components.iter().find(|component| is(component, "type", kind))
    }

    fn buttons(&self) -> &[Value] {
        self.component("BUTTONS")
            .and_then(|buttons| buttons.get("buttons"))
            .and_then(Value::as_array)
            .map_or(&[], Vec::as_slice)
    }

    /// May it be sent, and do these components fill it?
    pub(super) fn accepts(&self, content: &Value) -> Checked<()> {
        match self.status.as_str() {
            "APPROVED" => {}
            "PAUSED" => return Err(Refusal::new(132015, "Template is paused due to low quality")),
            "DISABLED" => return Err(Refusal::new(132016, "Template is disabled")),
            other => {
                let details = format!("template name ({}) is {other} in {}", self.name, self.language);
                return Err(Refusal::new(132001, details));
            }
        }
        let given = content.get("components").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        self.fills(given, "HEADER")?;
        self.fills(given, "BODY")?;
        for (index, button) in self.buttons().iter().enumerate() {
            self.fills_button(given, index, button)?;
        }
        Ok(())
    }

    fn fills(&self, given: &[Value], kind: &str) -> Checked<()> {
        let sent = given.iter().find(|component| is(component, "type", kind));
        let parameters =
            sent.and_then(|sent| sent.get("parameters")).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let component = self.component(kind);
        let format = component.and_then(|component| component.get("format")).and_then(Value::as_str).unwrap_or("TEXT");
        if format != "TEXT" {
            let fits = parameters.len() == 1 && parameters.iter().all(|parameter| is(parameter, "type", format));
            return if fits {
                Ok(())
            } else {
                Err(Refusal::new(132012, format!("header: Format mismatch, expected {format}")))
            };
        }
        let text = component.and_then(|component| component.get("text")).and_then(Value::as_str).unwrap_or("");
        let wanted = variables(text);
        if parameters.len() != wanted.len() {
            let place = kind.to_ascii_lowercase();
            return Err(Refusal::new(
                132000,
                format!(
                    "{place}: number of localizable_params ({}) does not match the expected number of params ({})",
                    parameters.len(),
                    wanted.len()
                ),
            ));
        }
        named(&wanted, parameters)?;
        let filled = parameters.iter().filter_map(|parameter| parameter.get("text")).filter_map(Value::as_str);
        let length = text.chars().count() + filled.map(|text| text.chars().count()).sum::<usize>();
        let most = WHATSAPP.template.as_ref().map_or(1024, |limits| limits.body);
        if kind == "BODY" && length > most {
            return Err(Refusal::new(132005, "Translated text too long"));
        }
        Ok(())
    }

    fn fills_button(&self, given: &[Value], index: usize, button: &Value) -> Checked<()> {
        let has_variable = button.get("url").and_then(Value::as_str).is_some_and(|url| url.contains("{{"));
        let needs_value = has_variable || is(button, "type", "OTP") || is(button, "type", "COPY_CODE");
        let is_given = given.iter().any(|component| {
            let place = component.get("index");
            let place = place.and_then(|place| place.as_u64().or_else(|| place.as_str()?.parse().ok()));
            is(component, "type", "BUTTON") && place == u64::try_from(index).ok()
        });
        if needs_value && !is_given {
            let details = format!("buttons: Button at index {index} of type Url requires a parameter");
            return Err(Refusal::new(131008, details));
        }
        Ok(())
    }
}

fn is(value: &Value, key: &str, word: &str) -> bool {
    value.get(key).and_then(Value::as_str).is_some_and(|found| found.eq_ignore_ascii_case(word))
}

/// Named templates take their values by name.
fn named(wanted: &BTreeSet<&str>, parameters: &[Value]) -> Checked<()> {
    if wanted.iter().all(|name| name.bytes().all(|letter| letter.is_ascii_digit())) {
        return Ok(());
    }
    for parameter in parameters {
        let name = parameter.get("parameter_name").and_then(Value::as_str).unwrap_or("");
        if !wanted.contains(name) {
            return Err(Refusal::new(132000, format!("body: no parameter is called \"{name}\"")));
        }
    }
    Ok(())
}

/// What stands between `{{` and `}}`, each once.
fn variables(text: &str) -> BTreeSet<&str> {
    text.split("{{").skip(1).filter_map(|rest| rest.split_once("}}")).map(|(name, _)| name.trim()).collect()
}

/// A template that somebody wants to create: its parts are of the allowed size and kind.
pub(super) fn creation(body: &Value) -> Checked<Template> {
    let limits = WHATSAPP.template.as_ref();
    let text = |key: &str| body.get(key).and_then(Value::as_str).ok_or_else(|| Refusal::missing(key));
    let (name, language, category) = (text("name")?, text("language")?, text("category")?);
    let is_name = name.bytes().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == b'_');
    if !is_name || name.is_empty() || limits.is_some_and(|limits| name.len() > limits.name) {
        return Err(Refusal::new(100, "Message template name: only lower-case letters, digits and `_`, at most 512."));
    }
    if !["MARKETING", "UTILITY", "AUTHENTICATION"].contains(&category) {
        return Err(Refusal::new(100, "category is MARKETING, UTILITY or AUTHENTICATION."));
    }
    let components = body.get("components").and_then(Value::as_array).cloned().unwrap_or_default();
    for component in &components {
        part(component)?;
    }
    let mut template = Template::of_body(name, language, "");
    template.category = category.into();
    template.status = "PENDING".into();
    template.quality = "UNKNOWN".into();
    template.components = components;
    Ok(template)
}

fn part(component: &Value) -> Checked<()> {
    let limits = WHATSAPP.template.as_ref();
    let text = component.get("text").and_then(Value::as_str).unwrap_or("");
    let most = if is(component, "type", "BODY") { limits.map_or(1024, |limits| limits.body) } else { 60 };
    if text.chars().count() > most {
        return Err(Refusal::new(2388040, format!("The text has more than {most} characters.")));
    }
    let trimmed = text.trim();
    if is(component, "type", "BODY") && (trimmed.starts_with("{{") || trimmed.ends_with("}}")) {
        return Err(Refusal::new(2388299, "Variables can not be at the start or end of the template."));
    }
    let buttons = component.get("buttons").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let (count, title) = limits.map_or((10, 25), |limits| (limits.buttons, limits.button_title));
    let is_long =
        |button: &Value| button.get("text").and_then(Value::as_str).is_some_and(|text| text.chars().count() > title);
    if buttons.len() > count || buttons.iter().any(is_long) {
        return Err(Refusal::new(2388073, format!("At most {count} buttons of {title} characters.")));
    }
    Ok(())
}
