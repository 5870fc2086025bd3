//! Taking fields out of JSON with the vendor's complaints: missing, of the wrong type, too long, unknown.

use serde_json::Value;

use crate::dev_graph::check::Checked;
use crate::dev_graph::refusal::Refusal;

/// No other keys than these.
pub fn only(value: &Value, allowed: &[&str]) -> Checked<()> {
    let Some(fields) = value.as_object() else {
        return Err(Refusal::invalid("An object is expected."));
    };
    match fields.keys().find(|key| !allowed.contains(&key.as_str())) {
        Some(unknown) => Err(Refusal::new(100, format!("(#100) Unexpected key \"{unknown}\" on param."))),
        None => Ok(()),
    }
}

pub fn object<'a>(parent: &'a Value, key: &str) -> Checked<&'a Value> {
    match parent.get(key) {
        Some(value) if value.is_object() => Ok(value),
        Some(_) => Err(Refusal::new(100, format!("(#100) Param {key} must be a JSON object."))),
        None => Err(Refusal::missing(key)),
    }
}

/// An array of `least` to `most` elements.
pub fn array<'a>(value: &'a Value, least: usize, most: usize, what: &str) -> Checked<&'a [Value]> {
    let Some(list) = value.as_array() else {
        return Err(Refusal::new(100, format!("(#100) Param {what} must be an array.")));
    };
    if list.len() < least {
        return Err(Refusal::invalid(format!("Too few {what}. Min allowed is {least}.")));
    }
    if list.len() > most {
        return Err(Refusal::invalid(format!("Too many {what}. Max allowed is {most}.")));
    }
    Ok(list)
}

pub fn array_in<'a>(parent: &'a Value, key: &str, least: usize, most: usize) -> Checked<&'a [Value]> {
    array(parent.get(key).ok_or_else(|| Refusal::missing(key))?, least, most, key)
}

/// A text of 1 to `most` characters; `what` is how the complaint calls it.
pub fn required<'a>(parent: &'a Value, key: &str, most: usize, what: &str) -> Checked<&'a str> {
    optional(parent, key, most, what)?.ok_or_else(|| Refusal::missing(what))
}

/// As [`required`], or the key is not there.
pub fn optional<'a>(parent: &'a Value, key: &str, most: usize, what: &str) -> Checked<Option<&'a str>> {
    match optional_or_empty(parent, key, most, what)? {
        Some("") => Err(Refusal::invalid(format!("{what} must not be empty."))),
        found => Ok(found),
    }
}

pub fn optional_or_empty<'a>(parent: &'a Value, key: &str, most: usize, what: &str) -> Checked<Option<&'a str>> {
    let Some(value) = parent.get(key) else {
        return Ok(None);
    };
    let Some(text) = value.as_str() else {
        return Err(Refusal::new(100, format!("(#100) Param {key} must be a string.")));
    };
    // Bytes are at least code points, so most texts need no counting.
    if text.len() > most && text.chars().count() > most {
        return Err(Refusal::invalid(format!("{what} is too long. Max length is {most}.")));
    }
    Ok(Some(text))
}

/// A number, or a text that reads as one.
pub fn number(parent: &Value, key: &str) -> Checked<f64> {
    let value = parent.get(key).ok_or_else(|| Refusal::missing(key))?;
    let read = value.as_f64().or_else(|| value.as_str().and_then(|text| text.parse().ok()));
    read.filter(|number| number.is_finite()).ok_or_else(|| Refusal::invalid(format!("{key} must be a number.")))
}

pub fn one_of(value: &str, allowed: &[&str], what: &str) -> Checked<()> {
    if allowed.contains(&value) {
        return Ok(());
    }
    Err(Refusal::new(100, format!("(#100) Param {what} must be one of {{{}}}", allowed.join(", "))))
}

/// The texts are all different.
pub fn unique<'a>(values: impl IntoIterator<Item = &'a str>, what: &str) -> Checked<()> {
    let mut seen = std::collections::BTreeSet::new();
    for value in values {
        if !seen.insert(value) {
            return Err(Refusal::invalid(format!("{what} must be unique: {value} is there twice.")));
        }
    }
    Ok(())
}
