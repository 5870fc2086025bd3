//! A word that the vendor writes as text, as a number or not at all.

use std::borrow::Cow;
use std::fmt;

use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

/// Text, or a number or truth value as it is written; empty for `null`, and for a list or an object where a word belongs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Word<'a>(pub Cow<'a, str>);

impl Word<'_> {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The word if there is one.
    pub fn given(&self) -> Option<&str> {
        Some(self.as_str()).filter(|word| !word.is_empty())
    }

    pub fn integer(&self) -> Option<i64> {
        self.0.trim().parse().ok()
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Word<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Word<'a>, D::Error> {
        deserializer.deserialize_any(WordVisitor)
    }
}

struct WordVisitor;

impl<'de> Visitor<'de> for WordVisitor {
    type Value = Word<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a word")
    }

    fn visit_borrowed_str<E>(self, word: &'de str) -> Result<Word<'de>, E> {
        Ok(Word(Cow::Borrowed(word)))
    }

    fn visit_str<E>(self, word: &str) -> Result<Word<'de>, E> {
        Ok(Word(Cow::Owned(word.to_string())))
    }

    fn visit_bool<E>(self, yes: bool) -> Result<Word<'de>, E> {
        Ok(Word(Cow::Borrowed(if yes { "true" } else { "false" })))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Word<'de>, E> {
        Ok(Word(Cow::Owned(number.to_string())))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Word<'de>, E> {
        Ok(Word(Cow::Owned(number.to_string())))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Word<'de>, E> {
        Ok(Word(Cow::Owned(number.to_string())))
    }

    fn visit_unit<E>(self) -> Result<Word<'de>, E> {
        Ok(Word::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Word<'de>, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Word::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Word<'de>, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Word::default())
    }
}

/// A part of an object, or its default for `null`.
pub fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(deserializer: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}
