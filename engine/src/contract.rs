//! The border between a backend's JSON and typed values: what a contract promises is checked here, on every answer (F78).
//!
//! Money is written `"KES 2500.00"` (or `{"amount": "2500.00", "currency": "KES"}`), a date `2026-11-21`, a time `14:30`,
//! a moment in milliseconds since 1970, a duration in milliseconds, media as an address or
//! `{"kind", "source", "mime", "caption"}`.

use std::sync::Arc;

use rust_decimal::Decimal;
use serde_json::Value as Json;
use smol_str::SmolStr;

use crate::hir::Shop;
use crate::types::Type;
use crate::value::{Currency, Media, MediaType, Money, Value};

/// An answer that is not what the contract says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: expected {expected}, found {found}")]
pub struct DecodeError {
    /// `lines[2].price`; empty for the answer itself.
    pub path: String,
    pub expected: String,
    pub found: String,
}

/// Types a backend's answer. Fields that the contract does not name are dropped.
///
/// # Errors
/// The first place where the answer is not of the type; a missing field counts unless it is optional.
pub fn decode(shop: &Shop, ty: &Type, json: &Json) -> Result<Value, DecodeError> {
    Decoder { shop, path: String::new() }.value(ty, json)
}

struct Decoder<'a> {
    shop: &'a Shop,
    path: String,
}

impl Decoder<'_> {
    fn value(&mut self, ty: &Type, json: &Json) -> Result<Value, DecodeError> {
        match ty {
            Type::Text | Type::Phone | Type::Email | Type::Language | Type::Town => self.text(json).map(Value::Text),
            Type::Number => self.number(json).map(Value::Number),
            Type::YesNo => match json {
                Json::Bool(yes) => Ok(Value::YesNo(*yes)),
                _ => Err(self.wrong("yes or no", json)),
            },
            Type::Money => self.money(json).map(Value::Money),
            Type::Date => {
                let date = json.as_str().and_then(parse_date);
                date.map(Value::Date).ok_or_else(|| self.wrong("a date like 2026-11-21", json))
            }
            Type::Time => {
                let time = json.as_str().and_then(parse_time);
                time.map(Value::Time).ok_or_else(|| self.wrong("a time like 14:30", json))
            }
            Type::Moment => json.as_i64().map(Value::Moment).ok_or_else(|| self.wrong("milliseconds since 1970", json)),
            Type::Duration => json.as_i64().map(Value::Duration).ok_or_else(|| self.wrong("milliseconds", json)),
            Type::Image => self.media(MediaType::Image, json),
            Type::Video => self.media(MediaType::Video, json),
            Type::Document => self.media(MediaType::Document, json),
            Type::Voice => self.media(MediaType::Audio, json),
            Type::Enum(members) => {
                let text = self.text(json)?;
                let known = members.contains(&text);
                if known {
                    Ok(Value::Text(text))
                } else {
                    Err(self.wrong(&format!("one of {}", members.join(", ")), json))
                }
            }
            Type::List(item) => self.list(item, json),
            Type::Record(id) => self.record(*id, json),
            Type::None | Type::Unknown => Ok(Value::None),
        }
    }

    fn list(&mut self, item: &Type, json: &Json) -> Result<Value, DecodeError> {
        let Json::Array(items) = json else { return Err(self.wrong("a list", json)) };
        let mut values = Vec::with_capacity(items.len());
        for (index, json) in items.iter().enumerate() {
            let length = self.path.len();
            self.path.push_str(&format!("[{index}]"));
            values.push(self.value(item, json)?);
            self.path.truncate(length);
        }
        Ok(Value::List(values.into()))
    }

    fn record(&mut self, id: crate::types::RecordId, json: &Json) -> Result<Value, DecodeError> {
        let shop = self.shop;
        let Some(record) = shop.records.get(usize::from(id.0)) else { return Ok(Value::None) };
        let Json::Object(fields) = json else { return Err(self.wrong(&format!("a {}", record.name), json)) };
        let mut values = Vec::with_capacity(record.fields.len());
        for field in &record.fields {
            let length = self.path.len();
            if length > 0 {
                self.path.push('.');
            }
            self.path.push_str(&field.name);
            let value = match fields.get(field.name.as_str()) {
                None | Some(Json::Null) if field.optional => Value::None,
                None => return Err(self.wrong("a value", &Json::Null)),
                Some(json) => self.value(&field.ty, json)?,
            };
            values.push(value);
            self.path.truncate(length);
        }
        Ok(Value::Record(values.into()))
    }

    fn text(&self, json: &Json) -> Result<SmolStr, DecodeError> {
        match json {
            Json::String(text) => Ok(SmolStr::new(text)),
            Json::Number(number) => Ok(SmolStr::new(number.to_string())),
            Json::Null | Json::Bool(_) | Json::Array(_) | Json::Object(_) => Err(self.wrong("a text", json)),
        }
    }

    fn number(&self, json: &Json) -> Result<Decimal, DecodeError> {
        let parsed = match json {
            Json::Number(number) => parse_number(&number.to_string()),
            Json::String(text) => parse_number(text),
            Json::Null | Json::Bool(_) | Json::Array(_) | Json::Object(_) => None,
        };
        parsed.ok_or_else(|| self.wrong("a number", json))
    }

    fn money(&self, json: &Json) -> Result<Money, DecodeError> {
        let parsed = match json {
            Json::String(text) => parse_money(text),
            Json::Object(fields) => fields.get("amount").zip(fields.get("currency")).and_then(|(amount, currency)| {
                let amount = amount.as_str().map_or_else(|| amount.to_string(), ToString::to_string);
                parse_money(&format!("{} {amount}", currency.as_str()?))
            }),
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::Array(_) => None,
        };
        parsed.ok_or_else(|| self.wrong("money like \"KES 2500.00\"", json))
    }

    fn media(&self, kind: MediaType, json: &Json) -> Result<Value, DecodeError> {
        let field = |name: &str| SmolStr::new(json.get(name).and_then(Json::as_str).unwrap_or(""));
        let source = json.as_str().map_or_else(|| field("source"), SmolStr::new);
        if source.is_empty() {
            return Err(self.wrong("an address of a picture or file", json));
        }
        Ok(Value::Media(Arc::new(Media { kind, source, mime: field("mime"), caption: field("caption") })))
    }

    fn wrong(&self, expected: &str, found: &Json) -> DecodeError {
        let mut found = found.to_string();
        if found.len() > 60 {
            found.truncate(found.char_indices().map(|(at, _)| at).take_while(|at| *at <= 60).last().unwrap_or(0));
            found.push('…');
        }
        DecodeError { path: self.path.clone(), expected: expected.to_string(), found }
    }
}

/// Writes a value as the JSON that [`decode`] reads.
pub fn encode(shop: &Shop, ty: &Type, value: &Value) -> Json {
    match (value, ty) {
        (Value::None, _) => Json::Null,
        (Value::YesNo(yes), _) => Json::Bool(*yes),
        (Value::Number(number), _) => match i64::try_from(*number) {
            Ok(whole) if number.fract().is_zero() => Json::from(whole),
            Ok(_) | Err(_) => Json::String(number.normalize().to_string()),
        },
        (Value::Money(money), _) => Json::String(write_money(*money)),
        (Value::Text(text), _) => Json::String(text.to_string()),
        (Value::Date(days), _) => Json::String(write_date(*days)),
        (Value::Time(minutes), _) => Json::String(format!("{:02}:{:02}", minutes / 60, minutes % 60)),
        (Value::Moment(ms) | Value::Duration(ms), _) => Json::from(*ms),
        (Value::Media(media), _) => serde_json::json!({
            "kind": media.kind, "source": media.source, "mime": media.mime, "caption": media.caption
        }),
        (Value::List(items), Type::List(item)) => {
            Json::Array(items.iter().map(|value| encode(shop, item, value)).collect())
        }
        (Value::List(items), _) => Json::Array(items.iter().map(|value| encode(shop, &Type::Unknown, value)).collect()),
        (Value::Record(values), Type::Record(id)) => {
            let fields = shop.records.get(usize::from(id.0)).map(|record| record.fields.as_slice()).unwrap_or(&[]);
            let named = fields.iter().zip(values.iter());
            Json::Object(named.map(|(field, value)| (field.name.to_string(), encode(shop, &field.ty, value))).collect())
        }
        (Value::Record(values), _) => {
            Json::Array(values.iter().map(|value| encode(shop, &Type::Unknown, value)).collect())
        }
    }
}

/// `KES 2,500.00` or `KES 2500`: code, blank, digits with an optional fraction of at most the currency's exponent.
pub fn parse_money(text: &str) -> Option<Money> {
    let (code, amount) = text.trim().split_once([' ', '\u{a0}'])?;
    let currency = Currency::from_code(code)?;
    let number = parse_number(amount)?;
    let scale = Decimal::from(10_i64.checked_pow(currency.exponent())?);
    let minor = number.checked_mul(scale)?;
    let whole = minor.fract().is_zero();
    whole.then(|| i64::try_from(minor).ok()).flatten().map(|minor| Money { minor, currency })
}

/// `KES 2500.00`
pub fn write_money(money: Money) -> String {
    let amount = Decimal::new(money.minor, money.currency.exponent());
    format!("{} {amount}", money.currency.code())
}

/// Digits with an optional fraction and sign; `,` and `_` between digits are group separators.
pub fn parse_number(text: &str) -> Option<Decimal> {
    let plain: String = text.trim().chars().filter(|letter| !matches!(letter, ',' | '_')).collect();
    plain.parse().ok()
}

/// Days since 1970 of `2026-11-21`.
pub fn parse_date(text: &str) -> Option<i32> {
    let date: jiff::civil::Date = text.trim().parse().ok()?;
    let epoch = jiff::civil::date(1970, 1, 1);
    epoch.until(date).ok().map(|span| span.get_days())
}

/// `2026-11-21` of days since 1970.
pub fn write_date(days: i32) -> String {
    let epoch = jiff::civil::date(1970, 1, 1);
    let date = epoch.checked_add(jiff::Span::new().days(i64::from(days).clamp(-700_000, 2_900_000)));
    date.map_or_else(|_| String::new(), |date| date.to_string())
}

/// Minutes since midnight of `14:30`.
pub fn parse_time(text: &str) -> Option<u16> {
    let (hours, minutes) = text.trim().split_once(':')?;
    let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
    (hours < 24 && minutes < 60).then_some(hours * 60 + minutes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_keeps_its_exponent() {
        let cases = [("KES 2,500", 250_000), ("KWD 20.921", 20_921), ("XOF 500", 500), ("AED 0.05", 5)];
        for (text, minor) in cases {
            let money = parse_money(text).map(|money| money.minor);
            assert_eq!(money, Some(minor), "{text}");
        }
        assert_eq!(parse_money("XOF 500.5"), None, "half a franc does not exist");
        assert_eq!(parse_money("ZZZ 5"), None);
        assert_eq!(parse_money("KES 2,500").map(write_money), Some("KES 2500.00".to_string()));
    }

    #[test]
    fn dates_and_times_come_back_as_written() {
        assert_eq!(parse_date("2026-11-21").map(write_date), Some("2026-11-21".to_string()));
        assert_eq!(parse_time("14:30"), Some(870));
        assert_eq!(parse_time("25:00"), None);
    }
}
