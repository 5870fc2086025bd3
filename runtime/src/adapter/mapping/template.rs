//! Texts and JSON with `{places}` that a call's arguments are filled into. No logic besides `each`.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde_json::{Map, Value as Json};

/// The item of the list that `each` goes through.
pub const ITEM: &str = "it";

/// `products/{product.sku}`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String")]
pub struct Template {
    pub pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    Text(String),
    /// `product.sku` as its parts.
    Place(Vec<String>),
}

impl TryFrom<String> for Template {
    type Error = String;

    fn try_from(text: String) -> Result<Template, String> {
        let mut pieces = Vec::new();
        let mut rest = text.as_str();
        while let Some((before, after)) = rest.split_once('{') {
            let Some((place, after)) = after.split_once('}') else {
                return Err(format!("`{text}` has a `{{` without its `}}`"));
            };
            let parts: Vec<String> = place.trim().split('.').map(str::to_string).collect();
            if parts
                .iter()
                .any(|part| part.is_empty() || !part.chars().all(|letter| letter.is_alphanumeric() || letter == '_'))
            {
                return Err(format!("`{{{place}}}` is no place: write one like `{{product.sku}}`"));
            }
            if !before.is_empty() {
                pieces.push(Piece::Text(before.to_string()));
            }
            pieces.push(Piece::Place(parts));
            rest = after;
        }
        if rest.contains('}') {
            return Err(format!("`{text}` has a `}}` without its `{{`"));
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest.to_string()));
        }
        Ok(Template { pieces })
    }
}

impl Template {
    /// The text; `None` when something that is filled in is none.
    ///
    /// # Errors
    /// A place whose value is a list or an object, in words.
    pub fn fill(&self, values: &Json) -> Result<Option<String>, String> {
        let mut text = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(plain) => text.push_str(plain),
                Piece::Place(parts) => match value_at(values, parts).as_ref() {
                    Json::Null => return Ok(None),
                    Json::String(filled) => text.push_str(filled),
                    Json::Bool(yes) => text.push_str(if *yes { "true" } else { "false" }),
                    Json::Number(number) => text.push_str(&number.to_string()),
                    Json::Array(_) | Json::Object(_) => {
                        return Err(format!("`{{{}}}` is more than one value", parts.join(".")));
                    }
                },
            }
        }
        Ok(Some(text))
    }

    pub fn places(&self) -> impl Iterator<Item = &[String]> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Text(_) => None,
            Piece::Place(parts) => Some(parts.as_slice()),
        })
    }
}

/// The value of a place; null when there is none. The n-th of a list goes by its number from 0; a text of two parts,
/// `a~b`, by `head` and `tail`; any text in small letters by `lower`, in capitals by `upper`; a language without its region by
/// `short`.
pub fn value_at<'a>(values: &'a Json, parts: &[String]) -> Cow<'a, Json> {
    let mut value = values;
    for (at, part) in parts.iter().enumerate() {
        value = match value {
            Json::Array(items) => part.parse::<usize>().ok().and_then(|at| items.get(at)).unwrap_or(&Json::Null),
            Json::String(text) => {
                let cut = text.split_once('~');
                let found = match part.as_str() {
                    "head" => Some(cut.map_or(text.clone(), |(head, _)| head.to_string())),
                    "tail" => cut.map(|(_, tail)| tail.to_string()),
                    "lower" => Some(text.to_lowercase()),
                    "upper" => Some(text.to_uppercase()),
                    "short" => Some(short(text).to_string()),
                    _ => None,
                };
                let rest = parts.get(at + 1..).unwrap_or_default();
                return Cow::Owned(found.map_or(Json::Null, |found| value_at(&found.into(), rest).into_owned()));
            }
            other => other.get(part).unwrap_or(&Json::Null),
        };
    }
    Cow::Borrowed(value)
}

/// A language's tag without its region: `pt` of `pt-BR`.
pub fn short(tag: &str) -> &str {
    tag.split(['-', '_']).next().unwrap_or(tag)
}

/// The values of one item of a list.
fn item(values: &Json, item: &Json) -> Json {
    let mut inner = values.as_object().cloned().unwrap_or_default();
    inner.insert(ITEM.to_string(), item.clone());
    Json::Object(inner)
}

/// JSON to be sent.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "Json")]
pub enum Body {
    Plain(Json),
    Text(Template),
    List(Vec<Body>),
    Object(Vec<(String, Body)>),
    /// `{ each: cart.lines, give: … }`: one for each item, which is called `it`.
    Each(Vec<String>, Box<Body>),
}

impl TryFrom<Json> for Body {
    type Error = String;

    fn try_from(json: Json) -> Result<Body, String> {
        Ok(match json {
            Json::Null | Json::Bool(_) | Json::Number(_) => Body::Plain(json),
            Json::String(text) => Body::Text(text.try_into()?),
            Json::Array(items) => Body::List(items.into_iter().map(Body::try_from).collect::<Result<_, _>>()?),
            Json::Object(mut fields) => match (fields.get("each").and_then(Json::as_str), fields.len()) {
                (Some(list), 2) if fields.contains_key("give") => {
                    let parts = list.split('.').map(str::to_string).collect();
                    Body::Each(parts, Box::new(fields.remove("give").unwrap_or_default().try_into()?))
                }
                (_, _) => {
                    let fields = fields.into_iter().map(|(name, json)| Ok((name, json.try_into()?)));
                    Body::Object(fields.collect::<Result<_, String>>()?)
                }
            },
        })
    }
}

impl JsonSchema for Body {
    fn schema_name() -> Cow<'static, str> {
        "Body".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Any JSON. A text `{place}` takes the value as it is; { each: list, give: … } makes a list.",
        })
    }
}

impl Body {
    /// The JSON; fields that would be none are left out.
    ///
    /// # Errors
    /// A place within a text whose value is a list or an object, in words.
    pub fn fill(&self, values: &Json) -> Result<Json, String> {
        Ok(match self {
            Body::Plain(json) => json.clone(),
            Body::Text(template) => match template.pieces.as_slice() {
                [Piece::Place(parts)] => value_at(values, parts).into_owned(),
                _ => template.fill(values)?.map_or(Json::Null, Json::String),
            },
            Body::List(items) => Json::Array(items.iter().map(|body| body.fill(values)).collect::<Result<_, _>>()?),
            Body::Object(fields) => {
                let mut object = Map::new();
                for (name, body) in fields {
                    match body.fill(values)? {
                        Json::Null if *body != Body::Plain(Json::Null) => {}
                        json => drop(object.insert(name.clone(), json)),
                    }
                }
                Json::Object(object)
            }
            Body::Each(list, give) => {
                let items = value_at(values, list);
                // What may be missing is a list of one, or of none.
                let items = match items.as_ref() {
                    Json::Array(items) => items.as_slice(),
                    Json::Null => &[],
                    one => std::slice::from_ref(one),
                };
                let filled = items.iter().map(|one| give.fill(&item(values, one)));
                Json::Array(filled.collect::<Result<_, _>>()?)
            }
        })
    }

    /// All places, and whether each stands within an `each`.
    pub fn places(&self) -> Vec<(Vec<String>, bool)> {
        let mut places = Vec::new();
        self.gather(false, &mut places);
        places
    }

    fn gather(&self, in_each: bool, places: &mut Vec<(Vec<String>, bool)>) {
        match self {
            Body::Plain(_) => {}
            Body::Text(template) => places.extend(template.places().map(|parts| (parts.to_vec(), in_each))),
            Body::List(items) => items.iter().for_each(|item| item.gather(in_each, places)),
            Body::Object(fields) => fields.iter().for_each(|(_, body)| body.gather(in_each, places)),
            Body::Each(list, give) => {
                places.push((list.clone(), in_each));
                give.gather(true, places);
            }
        }
    }
}
