//! Which types fit where, and what merchants call them.

use crate::types::{Record, Type};

/// Whether a value of type `given` may stand where `wanted` is asked for.
pub fn fits(given: &Type, wanted: &Type) -> bool {
    match (given, wanted) {
        (Type::Unknown, _) | (_, Type::Unknown) => true,
        // A text as written is an enumeration of one.
        (Type::Enum(given), Type::Language | Type::Town) => given.len() == 1,
        (Type::Enum(given), Type::Enum(wanted)) => given.iter().all(|member| wanted.contains(member)),
        // Names, addresses and numbers that people type are texts with a form; a text may be any of them.
        (Type::Enum(_) | Type::Phone | Type::Email | Type::Language | Type::Town, Type::Text) => true,
        (Type::List(given), Type::List(wanted)) => fits(given, wanted),
        (given, wanted) => given == wanted,
    }
}

/// What a type is called in a message, with its article: "a number", "money", "an order", "a list".
pub fn describe<'a>(ty: &Type, record: impl Fn(crate::types::RecordId) -> &'a Record) -> String {
    let name = match ty {
        Type::Text => "a text",
        Type::Number => "a number",
        Type::YesNo => "yes or no",
        Type::Money => "money",
        Type::Date => "a date",
        Type::Time => "a time",
        Type::Moment => "a moment",
        Type::Duration => "a length of time",
        Type::Phone => "a phone number",
        Type::Email => "an e-mail address",
        Type::Language => "a language",
        Type::Town => "a town",
        Type::Image => "a picture",
        Type::Video => "a video",
        Type::Document => "a document",
        Type::Voice => "a voice note",
        Type::Enum(members) if members.len() == 1 => "a text",
        Type::Enum(members) => return format!("one of {}", members.join(", ")),
        Type::List(_) => "a list",
        Type::Record(id) => return with_article(&record(*id).name.replace('_', " ")),
        Type::None => "none",
        Type::Unknown => "unknown",
    };
    name.to_string()
}

pub(super) fn with_article(noun: &str) -> String {
    let article = if noun.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {noun}")
}
