//! The small values of a mapping: paths into an answer, conversions, addresses. Each is right once it is read.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde_json::Value as Json;
use serde_json_path::JsonPath;
use url::Url;

use super::Rule;

/// A JSONPath (RFC 9535): `$.data[*]`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String")]
pub struct Path(JsonPath);

impl TryFrom<String> for Path {
    type Error = String;

    fn try_from(text: String) -> Result<Path, String> {
        let parsed = JsonPath::parse(&text);
        parsed.map(Path).map_err(|_| format!("`{text}` is no path: write one like `$.data.items[*]` (RFC 9535)"))
    }
}

impl Path {
    /// All values at the path. One list stands for its items.
    pub fn all<'a>(&self, json: &'a Json) -> Vec<&'a Json> {
        let found = self.0.query(json).all();
        match found.as_slice() {
            [Json::Array(items)] => items.iter().collect(),
            _ => found,
        }
    }

    /// Takes all values at the path out of it, and empties the lists that they stood in.
    pub fn take(&self, json: &mut Json) -> Vec<Json> {
        let places: Vec<String> = self.0.query_located(json).locations().map(|place| place.to_json_pointer()).collect();
        let take = |json: &mut Json, place: &str| json.pointer_mut(place).map(Json::take);
        if let [place] = places.as_slice()
            && let Some(Json::Array(items)) = json.pointer_mut(place)
        {
            return std::mem::take(items);
        }
        let taken = places.iter().filter_map(|place| take(json, place)).collect();
        for (list, _) in places.iter().filter_map(|place| place.rsplit_once('/')) {
            if let Some(Json::Array(items)) = json.pointer_mut(list) {
                items.clear();
            }
        }
        taken
    }

    pub fn first<'a>(&self, json: &'a Json) -> Option<&'a Json> {
        self.0.query(json).first()
    }
}

/// Where all paths begin.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String")]
pub struct Base(pub Url);

impl TryFrom<String> for Base {
    type Error = String;

    fn try_from(text: String) -> Result<Base, String> {
        let wrong = || format!("`{text}` is no address: write one like `https://api.shop.example/v1`");
        let url = Url::parse(&text).map_err(|_| wrong())?;
        let plain = matches!(url.scheme(), "http" | "https") && url.query().is_none() && url.fragment().is_none();
        let nobody = url.username().is_empty() && url.password().is_none();
        (plain && nobody && url.host().is_some()).then_some(Base(url)).ok_or_else(wrong)
    }
}

/// The closed list of conversions. What a field is in the end, its contract says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum As {
    Text,
    /// Without blanks around it
    Trim,
    /// Without tags
    HtmlText,
    Number,
    Bool,
    /// `2500.5` or `"2500.50"`, in whole units of the currency
    #[serde(rename = "money(decimal)")]
    MoneyDecimal,
    /// `250050`, in the smallest units of the currency
    #[serde(rename = "money(minor)")]
    MoneyMinor,
    /// The same, cut to what the currency has: a unit price that was divided
    #[serde(rename = "money(rounded)")]
    MoneyRounded,
    /// `2026-11-21T14:30:00` of UTC, which does not say so
    Utc,
    /// The same where the shop is; a blank may stand for the `T`
    Local,
    /// `/Date(1700000000000+0300)/`: milliseconds since 1970, and a zone that changes nothing
    JsonDate,
    /// `2026-11-21T14:30:00Z` or `2026-11-21`
    Rfc3339,
    /// Seconds since 1970
    UnixS,
    /// By `map` and `else`
    Enum,
    /// An address, or a path on the backend's host
    ImageUrl,
}

/// `$.path`, or a whole rule.
#[derive(Clone, Debug)]
pub struct Field(pub Rule);

impl<'de> Deserialize<'de> for Field {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Field, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Field;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a path like `$.name`, or lines with `path`, `as`, `default`")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Field, E> {
                let path = Path::try_from(text.to_string()).map_err(E::custom)?;
                Ok(Field(Rule { path: Some(path), ..Rule::default() }))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Field, A::Error> {
                Rule::deserialize(MapAccessDeserializer::new(map)).map(Field)
            }
        }
        deserializer.deserialize_any(Either)
    }
}

impl JsonSchema for Field {
    fn schema_name() -> Cow<'static, str> {
        "Field".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let rule = generator.subschema_for::<Rule>();
        json_schema!({ "anyOf": [{ "type": "string", "examples": ["$.name"] }, rule] })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn one_part_is_taken_out_as_several_are() {
        let take = |path: &str, mut json: Json| {
            let taken = Path::try_from(path.to_string()).expect("a path").take(&mut json);
            (taken, json)
        };
        let left = json!({ "id": 1, "lines": [] });
        for lines in [json!([{ "n": 1 }]), json!([{ "n": 1 }, { "n": 2 }])] {
            let whole = json!({ "id": 1, "lines": lines });
            let parts = lines.as_array().cloned().unwrap_or_default();
            assert_eq!(take("$.lines[*]", whole.clone()), (parts.clone(), left.clone()));
            assert_eq!(take("$.lines[?@.n]", whole.clone()), (parts.clone(), left.clone()));
            assert_eq!(take("$.lines", whole), (parts, left.clone()));
        }
        assert_eq!(take("$.line", json!({ "line": { "n": 1 } })), (vec![json!({ "n": 1 })], json!({ "line": null })));
        assert_eq!(take("$.lines", json!({ "id": 1 })), (vec![], json!({ "id": 1 })));
    }
}
