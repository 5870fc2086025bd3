//! From a tree of YAML to the types of a settings file by their own description (serde), with the place of the first mistake. A plain
//! scalar without a type is a truth value, a whole number or a text; nothing becomes a float.

use std::fmt::Display;

use serde::de::value::StrDeserializer;
use serde::de::{self, DeserializeOwned, DeserializeSeed, Deserializer, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;

use super::tree::{Entry, Node, Style, Value};
use crate::diagnostic::{Diagnostic, nearest};
use crate::span::Span;

/// Reads a value of `T`.
///
/// # Errors
/// The first mistake, at its place: D024 for an unknown key, else D025.
pub fn from_node<T: DeserializeOwned>(node: &Node) -> Result<T, Box<Diagnostic>> {
    T::deserialize(node).map_err(|error| Box::new(error.told(node.span)))
}

/// A mistake, with its place once that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    message: String,
    at: Option<Span>,
}

impl Error {
    fn or_at(self, span: Span) -> Error {
        Error { at: self.at.or(Some(span)), ..self }
    }

    fn told(self, whole: Span) -> Diagnostic {
        let span = self.at.unwrap_or(whole);
        let mut quoted = self.message.split('`').skip(1).step_by(2);
        let (first, rest): (&str, Vec<&str>) = (quoted.next().unwrap_or(""), quoted.collect());
        let listed = || format!("There are: {}.", rest.join(", "));
        if self.message.starts_with("unknown field") || self.message.starts_with("unknown variant") {
            let finding = Diagnostic::new(24, span, format!("There is no `{first}` here."));
            return match nearest(first, rest.iter().copied()) {
                Some(_) => finding.did_you_mean(first, rest.iter().copied()),
                None => finding.help(listed()),
            };
        }
        if self.message.starts_with("missing field") {
            let message = format!("`{first}` is missing here.");
            return Diagnostic::new(25, span, message).help(format!("Add a line `{first}: …`."));
        }
        let mut letters = self.message.chars();
        let begin = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
        Diagnostic::new(25, span, format!("{begin}{}.", letters.as_str().trim_end_matches('.')))
    }
}

impl Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

impl de::Error for Error {
    fn custom<T: Display>(message: T) -> Error {
        Error { message: message.to_string(), at: None }
    }
}

fn wrong(node: &Node, wanted: &str) -> Error {
    let found = match &node.value {
        Value::Scalar(scalar) => format!("`{}`", scalar.text),
        Value::List(_) => "a list".to_string(),
        Value::Map(_) => "lines like `name: value`".to_string(),
    };
    Error { message: format!("expected {wanted}, found {found}"), at: Some(node.span) }
}

macro_rules! numbers {
    ($($method:ident $visit:ident $number:ty),*) => { $(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            let number = self.text().and_then(|text| text.parse::<$number>().ok());
            visitor.$visit(number.ok_or_else(|| wrong(self, "a whole number"))?).map_err(|error: Error| error.or_at(self.span))
        }
    )* };
}

impl<'de> Deserializer<'de> for &'de Node {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let read = match &self.value {
            Value::List(items) => visitor.visit_seq(Items(items.iter())),
            Value::Map(entries) => visitor.visit_map(Entries(entries.iter(), None)),
            Value::Scalar(scalar) if scalar.style == Style::Plain => match scalar.text.as_str() {
                "" | "~" | "null" => visitor.visit_unit(),
                "true" => visitor.visit_bool(true),
                "false" => visitor.visit_bool(false),
                text => match text.parse::<i64>() {
                    Ok(number) if number.to_string() == text => visitor.visit_i64(number),
                    Ok(_) | Err(_) => visitor.visit_str(text),
                },
            },
            Value::Scalar(scalar) => visitor.visit_str(&scalar.text),
        };
        read.map_err(|error| error.or_at(self.span))
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.text() {
            Some("true" | "yes") => visitor.visit_bool(true),
            Some("false" | "no") => visitor.visit_bool(false),
            Some(_) | None => Err(wrong(self, "`true` or `false`")),
        }
    }

    numbers!(deserialize_u8 visit_u8 u8, deserialize_u16 visit_u16 u16, deserialize_u32 visit_u32 u32,
        deserialize_u64 visit_u64 u64, deserialize_i8 visit_i8 i8, deserialize_i16 visit_i16 i16,
        deserialize_i32 visit_i32 i32, deserialize_i64 visit_i64 i64);

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let text = self.text().filter(|_| !self.is_empty()).ok_or_else(|| wrong(self, "a text"))?;
        visitor.visit_str(text).map_err(|error: Error| error.or_at(self.span))
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.is_empty() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self).map_err(|error: Error| error.or_at(self.span))
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let items = self.list().ok_or_else(|| wrong(self, "a list, such as `[one, two]`"))?;
        visitor.visit_seq(Items(items.iter())).map_err(|error| error.or_at(self.span))
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let entries = if self.is_empty() { Some(&[][..]) } else { self.map() };
        let entries = entries.ok_or_else(|| wrong(self, "lines like `name: value`"))?;
        visitor.visit_map(Entries(entries.iter(), None)).map_err(|error| error.or_at(self.span))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let read = match &self.value {
            Value::Scalar(scalar) => visitor.visit_enum(named(&scalar.text)),
            Value::Map(entries) => match entries.as_slice() {
                [entry] => visitor.visit_enum(One(entry)),
                _ => Err(wrong(self, "one line `name: value`")),
            },
            Value::List(_) => Err(wrong(self, "a name, or one line `name: value`")),
        };
        read.map_err(|error| error.or_at(self.span))
    }

    forward_to_deserialize_any! {
        i128 u128 f32 f64 char bytes byte_buf unit unit_struct tuple tuple_struct identifier ignored_any
    }
}

fn named(text: &str) -> StrDeserializer<'_, Error> {
    text.into_deserializer()
}

struct Items<'de>(std::slice::Iter<'de, Node>);

impl<'de> de::SeqAccess<'de> for Items<'de> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        self.0.next().map(|node| seed.deserialize(node).map_err(|error| error.or_at(node.span))).transpose()
    }
}

struct Entries<'de>(std::slice::Iter<'de, Entry>, Option<&'de Node>);

impl<'de> de::MapAccess<'de> for Entries<'de> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        let Some(entry) = self.0.next() else { return Ok(None) };
        self.1 = Some(&entry.value);
        seed.deserialize(named(&entry.key.value)).map(Some).map_err(|error| error.or_at(entry.key.span))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        let node = self.1.take().ok_or_else(|| <Error as de::Error>::custom("a key without a value"))?;
        seed.deserialize(node).map_err(|error| error.or_at(node.span))
    }
}

/// `name: value` as a variant with content.
struct One<'de>(&'de Entry);

impl<'de> de::EnumAccess<'de> for One<'de> {
    type Error = Error;
    type Variant = Content<'de>;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Content<'de>), Error> {
        let name = seed.deserialize(named(&self.0.key.value)).map_err(|error| error.or_at(self.0.key.span))?;
        Ok((name, Content(&self.0.value)))
    }
}

struct Content<'de>(&'de Node);

impl<'de> de::VariantAccess<'de> for Content<'de> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        if self.0.is_empty() { Ok(()) } else { Err(wrong(self.0, "nothing")) }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        seed.deserialize(self.0).map_err(|error| error.or_at(self.0.span))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.0.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value, Error> {
        self.0.deserialize_map(visitor)
    }
}
