//! Templates as they are sent: the name, the language, and the values where the approved text leaves room. What the vendor
//! holds decides which values go where; without it, the template is what `duka templates push` makes of the flow.

use std::borrow::Cow;

use duka_dsl::ast::Category;
use duka_engine::approval::parameter_name;
use duka_engine::outbound::{Choices, TemplateMessage};
use serde::Deserialize;
use smol_str::SmolStr;

use super::{RenderError, Setting, file, media_name};
use crate::channel::whatsapp::reply_id;
use crate::channel::whatsapp::wire::send::{Component, Language, Parameter, Template};

/// What stands where a value is missing; the vendor refuses an empty one.
const NOTHING: &str = "–";

/// The components of a template as the vendor holds them, as far as sending needs them.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Held {
    #[serde(rename = "type")]
    kind: String,
    format: String,
    text: String,
    buttons: Vec<HeldButton>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct HeldButton {
    #[serde(rename = "type")]
    kind: String,
    text: String,
    url: String,
}

pub(super) fn content<'a>(template: &'a TemplateMessage, setting: Setting<'a>) -> Result<Template<'a>, RenderError> {
    let wrong = |why: String| RenderError::Template { name: template.name.to_string(), why };
    let held: Option<Vec<Held>> = match setting.template.filter(|row| !row.components.is_empty()) {
        Some(row) => {
            Some(serde_json::from_str(&row.components).map_err(|_| wrong("its components are no JSON".into()))?)
        }
        None => None,
    };
    let code = match setting.template {
        Some(row) => Cow::Borrowed(row.language.as_str()),
        None if template.language.contains('-') => Cow::Owned(template.language.replace('-', "_")),
        None => Cow::Borrowed(template.language.as_str()),
    };
    let mut components = Vec::new();
    components.extend(header(template, held.as_deref()).map_err(wrong)?);
    components.extend(body(template, held.as_deref()).map_err(wrong)?);
    components.extend(buttons(template, held.as_deref(), setting));
    components.extend(codes(template, held.as_deref()).map_err(wrong)?);
    Ok(Template { name: &template.name, language: Language { code }, components })
}

fn part<'h>(held: Option<&'h [Held]>, kind: &str) -> Option<&'h Held> {
    held?.iter().find(|part| part.kind.eq_ignore_ascii_case(kind))
}

fn header<'a>(template: &'a TemplateMessage, held: Option<&[Held]>) -> Result<Option<Component<'a>>, String> {
    let theirs = part(held, "HEADER");
    let wanted = theirs.map(|it| it.format.to_ascii_lowercase()).filter(|format| format != "text");
    let media = template.session.header.as_deref();
    let of = |parameters| Component { kind: "header", sub_type: None, index: None, parameters };
    match (held, wanted, media) {
        (Some(_), None, _) => {
            let parameters = filled(template, theirs.map_or("", |it| &it.text), 0)?;
            Ok((!parameters.is_empty()).then(|| of(parameters)))
        }
        (None, _, None) => Ok(None),
        (Some(_), Some(format), None) => Err(format!("it has a header of kind {format}, and the flow gives none")),
        (Some(_), Some(format), Some(media)) if media_name(media.kind) != format => {
            Err(format!("its header is of kind {format}, and the flow gives {}", media_name(media.kind)))
        }
        (_, _, Some(media)) => Ok(Some(of(vec![Parameter::Media { kind: media_name(media.kind), file: file(media) }]))),
    }
}

fn body<'a>(template: &'a TemplateMessage, held: Option<&[Held]>) -> Result<Option<Component<'a>>, String> {
    let parameters: Vec<Parameter<'a>> = match held {
        None => template.values.iter().map(|(path, value)| named(parameter_name(path), value)).collect(),
        Some(_) => {
            // The values stand in the order of reading: those of the header come first.
            let header = part(held, "HEADER").filter(|it| it.format.eq_ignore_ascii_case("text"));
            let before = header.map_or(0, |it| placeholders(&it.text).len());
            filled(template, part(held, "BODY").map_or("", |body| &body.text), before)?
        }
    };
    Ok((!parameters.is_empty()).then_some(Component { kind: "body", sub_type: None, index: None, parameters }))
}

fn named<'a>(name: String, value: &'a str) -> Parameter<'a> {
    Parameter::Text { name: Some(name), text: plain(value) }
}

/// The values of a text: by name, or by place, after so many that stand before it.
fn filled<'a>(template: &'a TemplateMessage, text: &str, before: usize) -> Result<Vec<Parameter<'a>>, String> {
    let wanted = placeholders(text);
    let positional = wanted.iter().all(|name| name.bytes().all(|byte| byte.is_ascii_digit()));
    let count = before + wanted.len();
    if positional && !wanted.is_empty() && count > template.values.len() {
        return Err(format!("it has {count} values, and the flow gives {}", template.values.len()));
    }
    let parameter = |(at, name): (usize, SmolStr)| -> Result<Parameter<'a>, String> {
        let value = if positional {
            template.values.get(before + at).map(|(_, value)| value)
        } else {
            template.values.iter().find(|(path, _)| parameter_name(path) == name).map(|(_, value)| value)
        };
        let value = value.ok_or_else(|| format!("it has a value {name}, which the flow does not give"))?;
        Ok(if positional { Parameter::Text { name: None, text: plain(value) } } else { named(name.to_string(), value) })
    };
    wanted.into_iter().enumerate().map(parameter).collect()
}

/// What stands between `{{` and `}}`, each once: in order of the numbers, else of appearance.
fn placeholders(text: &str) -> Vec<SmolStr> {
    let mut found: Vec<SmolStr> = Vec::new();
    for part in text.split("{{").skip(1) {
        let Some((name, _)) = part.split_once("}}") else { continue };
        let name = SmolStr::new(name.trim());
        if !found.contains(&name) {
            found.push(name);
        }
    }
    found.sort_by_key(|name| name.parse::<u32>().unwrap_or_default());
    found
}

fn buttons<'a>(template: &'a TemplateMessage, held: Option<&[Held]>, setting: Setting<'a>) -> Vec<Component<'a>> {
    let theirs = held.map(|_| part(held, "BUTTONS").map_or(&[][..], |it| it.buttons.as_slice()));
    let ids = match &template.session.choices {
        Choices::Buttons(choices) => choices.as_slice(),
        Choices::None
        | Choices::List { .. }
        | Choices::Link { .. }
        | Choices::Form { .. }
        | Choices::Location
        | Choices::Products { .. }
        | Choices::Contact
        | Choices::Cards { .. }
        | Choices::Product { .. }
        | Choices::Catalogue { .. }
        | Choices::Place { .. }
        | Choices::Order { .. }
        | Choices::Emoji => &[],
    };
    let mut components = Vec::new();
    for (at, button) in template.buttons.iter().enumerate() {
        let kind = if button.url.is_some() { "URL" } else { "QUICK_REPLY" };
        let before = template.buttons.iter().take(at).filter(|it| it.url.is_some() == button.url.is_some()).count();
        let index = match theirs {
            None => Some(at),
            Some(theirs) => place_of(theirs, kind, &button.title, before),
        };
        let Some(index) = index else { continue };
        let parameter = match &button.url {
            None => {
                let choice = ids.iter().find(|choice| choice.id.choice == button.name);
                choice.and_then(|choice| reply_id::encode(&choice.id, setting.keys)).map(Parameter::Payload)
            }
            Some(url) => suffix(url, button.fixed, theirs.and_then(|theirs| theirs.get(index))),
        };
        let Some(parameter) = parameter else { continue };
        components.push(Component {
            kind: "button",
            sub_type: Some(if button.url.is_some() { "url" } else { "quick_reply" }),
            index: Some(index.to_string()),
            parameters: vec![parameter],
        });
    }
    components
}

/// The buttons that copy a code: of a one-time password, which is the template's first value, and of a coupon
/// (whatsapp-cloud-api 8). The flow writes neither; the vendor adds them.
fn codes<'a>(template: &'a TemplateMessage, held: Option<&[Held]>) -> Result<Vec<Component<'a>>, String> {
    let theirs = held.map(|_| part(held, "BUTTONS").map_or(&[][..], |it| it.buttons.as_slice()));
    let component = |at: usize, sub_type, parameter| Component {
        kind: "button",
        sub_type: Some(sub_type),
        index: Some(at.to_string()),
        parameters: vec![parameter],
    };
    let password = || template.values.first().map(|(_, value)| Parameter::Text { name: None, text: plain(value) });
    let Some(theirs) = theirs else {
        // Without what the vendor holds: every template of this category has that button.
        let is_password = template.category == Category::Authentication && template.buttons.is_empty();
        return Ok(password().filter(|_| is_password).map(|code| component(0, "url", code)).into_iter().collect());
    };
    let mut components = Vec::new();
    for (at, button) in theirs.iter().enumerate() {
        let kind = button.kind.to_ascii_uppercase();
        if kind == "OTP" || (kind == "URL" && button.url.contains("otp_type=")) {
            components.push(component(at, "url", password().ok_or("it sends a code, and the flow gives none")?));
        } else if kind == "COPY_CODE" {
            let is_code = |name: &str| ["code", "coupon", "voucher"].iter().any(|word| name.contains(word));
            let code = template.values.iter().find(|(path, _)| is_code(&parameter_name(path)));
            let (_, code) =
                code.ok_or("it has a button that copies a code, and no value of the flow is named a code")?;
            components.push(component(at, "copy_code", Parameter::Coupon(plain(code))));
        }
    }
    Ok(components)
}

/// Where a button stands among the vendor's: by its kind and words, else by its kind and turn.
fn place_of(theirs: &[HeldButton], kind: &str, title: &str, turn: usize) -> Option<usize> {
    let mut same = theirs.iter().enumerate().filter(|(_, it)| it.kind.eq_ignore_ascii_case(kind));
    let by_words = same.clone().find(|(_, it)| it.text == title);
    by_words.or_else(|| same.nth(turn)).map(|(at, _)| at)
}

/// The end of an address that differs between customers; `None` if the template leaves nothing open.
fn suffix<'a>(url: &'a str, fixed: usize, held: Option<&HeldButton>) -> Option<Parameter<'a>> {
    let end = match held {
        Some(held) => {
            let (start, _) = held.url.split_once("{{")?;
            url.strip_prefix(start).unwrap_or_else(|| url.get(fixed..).unwrap_or(url))
        }
        None => url.get(fixed..).filter(|end| !end.is_empty())?,
    };
    Some(Parameter::Text { name: None, text: Cow::Borrowed(end) })
}

/// A value as the vendor takes it: one line, no runs of blanks, not empty.
fn plain(value: &str) -> Cow<'_, str> {
    let value = value.trim();
    if value.is_empty() {
        return Cow::Borrowed(NOTHING);
    }
    if value.contains(['\n', '\r', '\t']) || value.contains("    ") {
        return Cow::Owned(value.split_whitespace().collect::<Vec<_>>().join(" "));
    }
    Cow::Borrowed(value)
}
