//! From an answer to what the contract promises: select, convert field by field, then the contract's own check. Guesses
//! nothing: what is missing without a default is a fault with its place.

use std::collections::BTreeMap;

use duka_engine::contract::{decode, write_money};
use duka_engine::hir::{Operation as Promise, Shop};
use duka_engine::types::{Field as Slot, RecordId, Type};
use duka_engine::value::{Money, Value};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use serde_json::{Map, Value as Json, json};

use super::convert::{Place, text};
use crate::adapter::mapping::{As, Field, Mapping, Operation, Path, Predicate, Rule, STOCK};

/// Longer lists are mistakes (TM25).
const MOST_ITEMS: usize = 1_000;

/// Reads answers of one operation.
#[derive(Debug)]
pub struct Reading<'a> {
    pub records: Records<'a>,
    pub operation: &'a Operation,
    pub promise: &'a Promise,
}

/// An operation, and its fields that are elsewhere than the mapping's `records` say.
type Own<'a> = Option<(&'a str, &'a BTreeMap<String, Field>)>;

/// Why an answer gives nothing.
struct Fault {
    /// The place in the answer, what was expected and what was met.
    reason: String,
    /// Where the rule is that it does not fit.
    rule: Option<String>,
}

impl Fault {
    fn of(self, rule: impl FnOnce() -> Option<String>) -> Fault {
        Fault { rule: self.rule.or_else(rule), ..self }
    }

    fn told(self) -> String {
        match self.rule {
            Some(rule) => format!("{} ({rule})", self.reason),
            None => self.reason,
        }
    }
}

impl From<String> for Fault {
    fn from(reason: String) -> Fault {
        Fault { reason, rule: None }
    }
}

/// Makes a contract's records of a backend's objects.
#[derive(Debug)]
pub struct Records<'a> {
    pub shop: &'a Shop,
    pub mapping: &'a Mapping,
    /// In which what the mapping itself says is said.
    pub language: &'a str,
    pub place: Place<'a>,
}

impl Reading<'_> {
    /// What is selected of one answer.
    pub fn select<'j>(&self, select: Option<&Path>, answer: &'j Json) -> Vec<&'j Json> {
        match (select, answer) {
            (Some(path), _) => path.all(answer),
            (None, Json::Array(items)) if matches!(self.promise.gives, Some(Type::List(_))) => items.iter().collect(),
            (None, _) => vec![answer],
        }
    }

    /// The contract's value of all that was selected.
    ///
    /// # Errors
    /// The place, what was expected and what was met.
    pub fn give(&self, selected: &[Json]) -> Result<Value, String> {
        let Some(ty) = &self.promise.gives else { return Ok(Value::None) };
        let path = self.promise.path();
        let own = Some((path.as_str(), &self.operation.fields));
        let json = match (ty, selected.first()) {
            (Type::List(item), _) => self.records.list(item, &selected.iter().collect::<Vec<_>>(), "", own),
            (Type::Record(id), Some(first)) => self.records.record(*id, first, "", own),
            (Type::Record(_), None) => Err("the answer holds nothing where `select` looks".to_string().into()),
            _ => Err("a mapping gives records and lists of them".to_string().into()),
        };
        let rule = || self.records.mapping.written.at(&["operations", &path, "select"]);
        let json = json.map_err(|fault| fault.of(rule).told())?;
        decode(self.records.shop, ty, &json).map_err(|error| error.to_string())
    }
}

impl<'a> Records<'a> {
    pub fn of(shop: &'a Shop, mapping: &'a Mapping, language: &'a str) -> Records<'a> {
        let timezone = TimeZoneDatabase::bundled().get(&shop.profile.timezone).unwrap_or(TimeZone::UTC);
        Records {
            shop,
            mapping,
            language,
            place: Place {
                currency: shop.profile.currency,
                rounding: shop.profile.rounding,
                timezone,
                base: &mapping.base.0,
            },
        }
    }

    /// The contract's value of one object, by the mapping's `records` alone.
    ///
    /// # Errors
    /// The place, what was expected and what was met.
    pub fn give(&self, id: RecordId, met: &Json) -> Result<Value, String> {
        let json = self.record(id, met, "", None).map_err(Fault::told)?;
        decode(self.shop, &Type::Record(id), &json).map_err(|error| error.to_string())
    }

    fn list(&self, item: &Type, met: &[&Json], at: &str, own: Own<'_>) -> Result<Json, Fault> {
        if met.len() > MOST_ITEMS {
            return Err(format!("{at}: more than {MOST_ITEMS} items").into());
        }
        let place = |index: usize| format!("{at}[{index}]");
        let read = met.iter().enumerate().map(|(index, json)| match item {
            Type::Record(id) => self.record(*id, json, &place(index), own),
            _ => self.single(&Rule::default(), item, json, json, &place(index)),
        });
        Ok(Json::Array(read.collect::<Result<_, _>>()?))
    }

    fn record(&self, id: RecordId, met: &Json, at: &str, own: Own<'_>) -> Result<Json, Fault> {
        let Some(record) = self.shop.records.get(usize::from(id.0)) else { return Ok(Json::Null) };
        let shared = self.mapping.records.get(record.name.as_str());
        let mut fields = Map::new();
        for slot in &record.fields {
            let here = if at.is_empty() { slot.name.to_string() } else { format!("{at}.{}", slot.name) };
            let name = slot.name.as_str();
            let special = own.and_then(|(path, fields)| Some((path, fields.get(name)?)));
            let written = || match special {
                Some((path, _)) => self.mapping.written.at(&["operations", path, "fields", name]),
                None => self.mapping.written.at(&["records", &record.name, name]),
            };
            let rule = special.map(|(_, field)| field).or_else(|| shared?.get(name));
            let json = match rule {
                Some(Field(rule)) => self.field(rule, slot, met, &here).map_err(|fault| fault.of(written))?,
                None if slot.optional => Json::Null,
                None => return Err(format!("{here}: the mapping does not say where it is").into()),
            };
            // More was sold than there was: there is nothing.
            let json = if slot.name == STOCK && json.as_i64().is_some_and(|stock| stock < 0) { json!(0) } else { json };
            fields.insert(slot.name.to_string(), json);
        }
        Ok(Json::Object(fields))
    }

    fn field(&self, rule: &Rule, slot: &Slot, met: &Json, at: &str) -> Result<Json, Fault> {
        let applies = rule.when.as_ref().is_none_or(|when| holds(when, Some(met), ""));
        if let Some(other) = rule.or.as_ref().filter(|_| !applies) {
            return self.field(other, slot, met, at);
        }
        let path = rule.path.as_ref().filter(|_| applies);
        if let (Some(path), Type::List(item)) = (path, &slot.ty) {
            let found: Vec<&Json> = path.all(met).into_iter().filter(|json| !json.is_null()).collect();
            return self.list(item, &found, at, None);
        }
        let found = path.and_then(|path| path.first(met)).filter(|json| !json.is_null());
        let both = found.zip(rule.and.as_ref().and_then(|and| and.first(met))).and_then(|(first, second)| {
            let between = rule.between.as_deref().unwrap_or("~");
            Some(Json::String(format!("{}{between}{}", text(first).ok()?, text(second).ok()?)))
        });
        // What a system sends until somebody types it.
        let is_absent = |json: &Json| slot.optional && !rule.knows_blank() && blank(json);
        let found = both.as_ref().or(found).filter(|json| !is_absent(json));
        match (found, &slot.ty, &rule.default) {
            (Some(found), Type::Record(id), _) => self.record(*id, found, at, None),
            (Some(found), ty, _) => {
                let read = self.single(rule, ty, found, met, at)?;
                let read = if rule.to == Some(As::Enum) { self.said(slot, read) } else { read };
                Ok(if slot.optional && *ty == Type::Text && blank(&read) { Json::Null } else { read })
            }
            (None, _, Some(default)) => Ok(self.said(slot, default.clone())),
            (None, Type::Money, None) if rule.free => {
                Ok(Json::String(write_money(Money { minor: 0, currency: self.place.currency })))
            }
            (None, _, None) if slot.optional => Ok(Json::Null),
            (None, _, None) => Err(format!("{at}: nothing is there, and it has no default").into()),
        }
    }

    /// What the mapping says instead of the backend, in the customer's language.
    fn said(&self, slot: &Slot, json: Json) -> Json {
        let own = json.as_str().and_then(|word| self.mapping.word(&slot.name, self.language, word));
        own.map_or_else(|| json.clone(), Json::from)
    }

    fn single(&self, rule: &Rule, ty: &Type, found: &Json, met: &Json, at: &str) -> Result<Json, Fault> {
        let code = rule.currency.as_ref().map(|path| path.first(met).unwrap_or(&Json::Null));
        let of = |path: &Option<Path>| path.as_ref().and_then(|path| path.first(met)).filter(|json| !json.is_null());
        let whole = match (of(&rule.plus), of(&rule.per)) {
            (None, None) => Ok(None),
            (plus, per) => self.place.reckoned(found, plus, per).map(Some),
        };
        let converted = whole.and_then(|whole| self.place.convert(rule, ty, whole.as_ref().unwrap_or(found), code));
        converted.map_err(|expected| format!("{at}: expected {expected}, found {}", shown(found)).into())
    }
}

fn blank(json: &Json) -> bool {
    json.as_str().is_some_and(|text| text.trim().is_empty())
}

/// Whether an answer is as a predicate says. `json` is `None` when the body is not JSON.
pub fn holds(predicate: &Predicate, json: Option<&Json>, body: &str) -> bool {
    let found = match (&predicate.path, json) {
        (Some(path), Some(json)) => path.first(json),
        (Some(_), None) | (None, _) => None,
    };
    let word = match &predicate.path {
        Some(_) => found.and_then(|json| text(json).ok()),
        None => Some(body.to_string()),
    };
    let is = predicate.is.as_ref().is_none_or(|wanted| {
        let any = |one: &Json| text(one).ok().is_some_and(|one| word.as_deref() == Some(one.as_str()));
        wanted.as_array().map_or_else(|| any(wanted), |list| list.iter().any(any))
    });
    let contains = |part: &String| word.as_ref().is_some_and(|word| word.contains(part.as_str()));
    is && predicate.contains.as_ref().is_none_or(contains)
        && predicate.exists.is_none_or(|wanted| found.is_some() == wanted)
}

/// The beginning of a value, for a report.
pub fn shown(json: &Json) -> String {
    let whole = json.to_string();
    if whole.chars().count() <= 80 { whole } else { whole.chars().take(80).chain(['…']).collect() }
}
