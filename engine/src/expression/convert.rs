//! Values in and out of Rhai, by their declared types. Records are maps with the names of their fields, amounts are a
//! type of their own, dates are days, times minutes, moments and durations milliseconds.

use std::sync::Arc;

use duka_dsl::config::shop::Rounding;
use rhai::{Array, Dynamic, Engine, EvalAltResult, INT, Map};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use smol_str::SmolStr;

use super::typing::is_text;
use crate::rounding::whole as whole_number;
use crate::types::{Record, Type};
use crate::value::{Media, MediaType, Money, Value};

/// Records within records, lists within lists.
const MAX_DEPTH: usize = 16;

/// A value as a hook sees it. Whole numbers are integers, others decimals.
pub(super) fn to_rhai(value: &Value, ty: &Type, records: &[Record]) -> Dynamic {
    match (value, ty) {
        (Value::None, _) => Dynamic::UNIT,
        (Value::YesNo(yes), _) => (*yes).into(),
        (Value::Number(number), _) => number_to_rhai(*number),
        (Value::Money(money), _) => Dynamic::from(*money),
        (Value::Text(text), _) => text.as_str().into(),
        (Value::Date(days), _) => INT::from(*days).into(),
        (Value::Time(minutes), _) => INT::from(*minutes).into(),
        (Value::Moment(ms) | Value::Duration(ms), _) => (*ms).into(),
        (Value::Media(media), _) => Dynamic::from(media.clone()),
        (Value::List(items), ty) => {
            let item_type = if let Type::List(item) = ty { item } else { &Type::Unknown };
            Dynamic::from_array(items.iter().map(|item| to_rhai(item, item_type, records)).collect())
        }
        (Value::Record(fields), Type::Record(id)) => {
            let declared = records.get(usize::from(id.0)).map_or(&[][..], |record| &record.fields);
            let fields = declared.iter().zip(fields.iter());
            let map: Map =
                fields.map(|(field, value)| (field.name.as_str().into(), to_rhai(value, &field.ty, records))).collect();
            Dynamic::from_map(map)
        }
        (Value::Record(_), _) => Dynamic::UNIT,
    }
}

fn number_to_rhai(number: Decimal) -> Dynamic {
    match number.to_i64() {
        Some(whole) if number.is_integer() => whole.into(),
        Some(_) | None => Dynamic::from_decimal(number),
    }
}

/// What a hook gave, if it is of its declared type; else what it should have been.
pub(super) fn from_rhai(value: &Dynamic, ty: &Type, records: &[Record]) -> Result<Value, String> {
    Reading { records }.value(value, ty, 0)
}

struct Reading<'a> {
    records: &'a [Record],
}

impl Reading<'_> {
    fn value(&self, value: &Dynamic, ty: &Type, depth: usize) -> Result<Value, String> {
        let wrong = |wanted: &str| format!("it gave {}, not {wanted}", kind(value));
        if depth > MAX_DEPTH {
            return Err("what it gave has too many parts within each other".to_string());
        }
        match ty {
            Type::Enum(members) => {
                let text = text(value).ok_or_else(|| wrong("a text"))?;
                if members.contains(&text) {
                    Ok(Value::Text(text))
                } else {
                    Err(wrong(&format!("one of {}", members.join(", "))))
                }
            }
            ty if is_text(ty) => text(value).map(Value::Text).ok_or_else(|| wrong("a text")),
            Type::Number => number(value).map(Value::Number).ok_or_else(|| wrong("a number")),
            Type::YesNo => value.as_bool().map(Value::YesNo).map_err(|_| wrong("true or false")),
            Type::Money => value.clone().try_cast::<Money>().map(Value::Money).ok_or_else(|| wrong("money")),
            Type::Date => {
                whole(value).and_then(|days| i32::try_from(days).ok()).map(Value::Date).ok_or_else(|| wrong("a date"))
            }
            Type::Time => whole(value)
                .and_then(|minutes| u16::try_from(minutes).ok())
                .filter(|minutes| *minutes < 24 * 60)
                .map(Value::Time)
                .ok_or_else(|| wrong("a time")),
            Type::Moment => whole(value).map(Value::Moment).ok_or_else(|| wrong("a moment")),
            Type::Duration => whole(value).map(Value::Duration).ok_or_else(|| wrong("a length of time")),
            Type::Image => media(value, MediaType::Image).ok_or_else(|| wrong("a picture")),
            Type::Video => media(value, MediaType::Video).ok_or_else(|| wrong("a video")),
            Type::Document => media(value, MediaType::Document).ok_or_else(|| wrong("a document")),
            Type::Voice => media(value, MediaType::Audio).ok_or_else(|| wrong("a voice note")),
            Type::List(item) => {
                let items = value.read_lock::<Array>().ok_or_else(|| wrong("a list"))?;
                let items: Result<Vec<Value>, String> =
                    items.iter().map(|value| self.value(value, item, depth + 1)).collect();
                Ok(Value::List(items?.into()))
            }
            Type::Record(id) => self.record(value, usize::from(id.0), depth),
            Type::None | Type::Unknown => Err("its type is not known".to_string()),
            Type::Text | Type::Phone | Type::Email | Type::Language | Type::Town => Err(wrong("a text")),
        }
    }

    fn record(&self, value: &Dynamic, id: usize, depth: usize) -> Result<Value, String> {
        let record = self.records.get(id).ok_or("its type is not known")?;
        let map = value.read_lock::<Map>().ok_or_else(|| format!("it gave {}, not a {}", kind(value), record.name))?;
        let mut fields = Vec::with_capacity(record.fields.len());
        for field in &record.fields {
            let given = map.get(field.name.as_str()).filter(|value| !value.is_unit());
            fields.push(match given {
                Some(value) => self
                    .value(value, &field.ty, depth + 1)
                    .map_err(|reason| format!("`{}` of the {}: {reason}", field.name, record.name))?,
                None if field.optional => Value::None,
                None => return Err(format!("the {} it gave has no `{}`", record.name, field.name)),
            });
        }
        Ok(Value::Record(fields.into()))
    }
}

fn kind(value: &Dynamic) -> &'static str {
    match value.type_name() {
        "()" => "nothing",
        "bool" => "true or false",
        "i64" | "decimal" => "a number",
        "string" | "char" => "a text",
        "array" => "a list",
        "map" => "a record",
        name if name.ends_with("Money") || name == "money" => "money",
        _ => "something else",
    }
}

fn text(value: &Dynamic) -> Option<SmolStr> {
    match value.as_immutable_string_ref() {
        Ok(text) => Some(SmolStr::new(text.as_str())),
        Err(_) => value.as_char().ok().map(|letter| SmolStr::new(letter.to_string())),
    }
}

fn number(value: &Dynamic) -> Option<Decimal> {
    value.as_int().map(Decimal::from).or_else(|_| value.as_decimal()).ok()
}

fn whole(value: &Dynamic) -> Option<i64> {
    number(value).filter(Decimal::is_integer).and_then(|number| number.to_i64())
}

fn media(value: &Dynamic, kind: MediaType) -> Option<Value> {
    let media = value.clone().try_cast::<Arc<Media>>()?;
    (media.kind == kind).then_some(Value::Media(media))
}

// ---------------------------------------------------------------- what hooks can do with amounts

/// Amounts are added and compared with amounts, multiplied and divided by numbers; nothing else.
pub(super) fn register_money(engine: &mut Engine, rounding: Rounding) {
    let scale = move |a: Money, by: Decimal| round(a, Decimal::from(a.minor).checked_mul(by), rounding);
    let divide = move |a: Money, by: Decimal| {
        if by.is_zero() {
            return Err(failure("division by zero"));
        }
        round(a, Decimal::from(a.minor).checked_div(by), rounding)
    };
    engine.register_type_with_name::<Money>("money");
    engine.register_type_with_name::<Arc<Media>>("media");
    engine.register_fn("+", |a: Money, b: Money| join(a, b, i64::checked_add));
    engine.register_fn("-", |a: Money, b: Money| join(a, b, i64::checked_sub));
    engine.register_fn("-", |a: Money| {
        let minor = a.minor.checked_neg().ok_or_else(|| failure("the amount is too large"))?;
        Ok::<_, Box<EvalAltResult>>(Money { minor, ..a })
    });
    engine.register_fn("*", move |a: Money, b: INT| scale(a, Decimal::from(b)));
    engine.register_fn("*", move |a: INT, b: Money| scale(b, Decimal::from(a)));
    engine.register_fn("*", move |a: Money, b: Decimal| scale(a, b));
    engine.register_fn("*", move |a: Decimal, b: Money| scale(b, a));
    engine.register_fn("/", move |a: Money, b: INT| divide(a, Decimal::from(b)));
    engine.register_fn("/", divide);
    engine.register_fn("==", |a: Money, b: Money| a == b);
    engine.register_fn("!=", |a: Money, b: Money| a != b);
    engine.register_fn("<", |a: Money, b: Money| ordered(a, b, |a, b| a < b));
    engine.register_fn("<=", |a: Money, b: Money| ordered(a, b, |a, b| a <= b));
    engine.register_fn(">", |a: Money, b: Money| ordered(a, b, |a, b| a > b));
    engine.register_fn(">=", |a: Money, b: Money| ordered(a, b, |a, b| a >= b));
}

fn failure(reason: &str) -> Box<EvalAltResult> {
    reason.into()
}

fn join(a: Money, b: Money, op: fn(i64, i64) -> Option<i64>) -> Result<Money, Box<EvalAltResult>> {
    if a.currency != b.currency {
        return Err(failure("amounts of different currencies"));
    }
    let minor = op(a.minor, b.minor).ok_or_else(|| failure("the amount is too large"))?;
    Ok(Money { minor, currency: a.currency })
}

fn round(of: Money, minor: Option<Decimal>, rounding: Rounding) -> Result<Money, Box<EvalAltResult>> {
    let minor = minor.and_then(|minor| whole_number(minor, rounding));
    Ok(Money { minor: minor.ok_or_else(|| failure("the amount is too large"))?, currency: of.currency })
}

fn ordered(a: Money, b: Money, op: fn(&i64, &i64) -> bool) -> Result<bool, Box<EvalAltResult>> {
    if a.currency == b.currency { Ok(op(&a.minor, &b.minor)) } else { Err(failure("amounts of different currencies")) }
}
