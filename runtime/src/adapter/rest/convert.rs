//! From one value of a backend's JSON to what the contract's type is written as. A closed list; refuses what it does not
//! know for certain, above all amounts of money.

use duka_dsl::config::shop::Rounding;
use duka_engine::contract::write_date;
use duka_engine::rounding::to_places;
use duka_engine::types::Type;
use duka_engine::value::{Currency, Money};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde_json::{Value as Json, json};
use url::Url;

use crate::adapter::mapping::{As, Rule};

/// Larger amounts and numbers are mistakes (F78).
const MOST: i64 = 1_000_000_000_000;

/// Longer texts are no names and descriptions of things to buy.
const MOST_LETTERS: usize = 4_096;

/// What conversions need to know of the shop.
#[derive(Debug)]
pub struct Place<'a> {
    pub currency: Currency,
    pub rounding: Rounding,
    pub timezone: TimeZone,
    pub base: &'a Url,
}

impl Place<'_> {
    /// Converts a value. `code` is the currency that the backend names.
    ///
    /// # Errors
    /// What was expected.
    pub fn convert(&self, rule: &Rule, ty: &Type, met: &Json, code: Option<&Json>) -> Result<Json, String> {
        match rule.to.unwrap_or_else(|| usual(ty)) {
            As::Text => text(met).and_then(fits),
            As::Trim => fits(text(met)?.trim().to_string()),
            As::HtmlText => fits(html_text(&text(met)?)),
            As::Number => number(met),
            As::Bool => yes_no(met),
            As::MoneyDecimal => self.money(met, code, true),
            As::MoneyRounded => self.money(&self.rounded(met)?, code, true),
            As::Utc => self.moment(&json!(format!("{}Z", text(met)?.trim_end_matches('Z'))), ty),
            As::Local => self.local(met, ty),
            As::JsonDate => self.json_date(met, ty),
            As::MoneyMinor => self.money(met, code, false),
            As::Rfc3339 => self.moment(met, ty),
            As::UnixS => self.unix(met, ty),
            As::Enum => {
                let word = text(met)?;
                let ours = rule.map.get(&word).or(rule.otherwise.as_ref());
                let ours = ours.map(|ours| json!(ours)).ok_or_else(|| "one of the words of `map`".to_string())?;
                if *ty == Type::YesNo { yes_no(&ours) } else { Ok(ours) }
            }
            As::ImageUrl => self.image(met),
        }
    }

    fn money(&self, met: &Json, code: Option<&Json>, decimal: bool) -> Result<Json, String> {
        let ours = self.currency.code();
        if let Some(code) = code
            && !code.as_str().is_some_and(|code| code.eq_ignore_ascii_case(ours))
        {
            return Err(format!("an amount in {ours}, and found one in {code}"));
        }
        let expected = || format!("an amount in {ours}");
        let exponent = self.currency.exponent();
        let number = plain(&text(met)?, exponent).ok_or_else(expected)?;
        let scale =
            if decimal { Decimal::from(10_i64.checked_pow(exponent).ok_or_else(expected)?) } else { Decimal::ONE };
        let minor = number.checked_mul(scale).ok_or_else(expected)?;
        if !minor.fract().is_zero() || minor.is_sign_negative() && !minor.is_zero() {
            return Err(format!("{}, no part of a {ours} and not below nothing", expected()));
        }
        let minor = i64::try_from(minor).ok().filter(|minor| *minor <= MOST).ok_or_else(expected)?;
        Ok(json!(duka_engine::contract::write_money(Money { minor, currency: self.currency })))
    }

    /// An amount with another one, and for one of so many.
    ///
    /// # Errors
    /// What was expected.
    pub fn reckoned(&self, met: &Json, plus: Option<&Json>, per: Option<&Json>) -> Result<Json, String> {
        let expected = || format!("an amount in {}", self.currency.code());
        let number = |json: &Json| plain(&text(json)?, self.currency.exponent()).ok_or_else(expected);
        let sum = plus.map_or(Ok(Decimal::ZERO), number)?.checked_add(number(met)?).ok_or_else(expected)?;
        // Of a line that was taken back there are none.
        let one = per.map(number).transpose()?.filter(|one| !one.is_zero()).unwrap_or(Decimal::ONE);
        Ok(json!(sum.checked_div(one).ok_or_else(expected)?.to_string()))
    }

    fn rounded(&self, met: &Json) -> Result<Json, String> {
        let expected = || format!("an amount in {}", self.currency.code());
        let number = plain(&text(met)?, self.currency.exponent()).ok_or_else(expected)?;
        Ok(json!(to_places(number, self.currency.exponent(), self.rounding).to_string()))
    }

    fn moment(&self, met: &Json, ty: &Type) -> Result<Json, String> {
        let written = text(met)?;
        let expected = || "a date or a time with its zone (RFC 3339)".to_string();
        if let Ok(moment) = written.parse::<Timestamp>() {
            return self.of_timestamp(moment, ty).ok_or_else(expected);
        }
        match (ty, duka_engine::contract::parse_date(&written)) {
            (Type::Date, Some(days)) if written.trim().len() == 10 => Ok(json!(write_date(days))),
            (_, _) => Err(expected()),
        }
    }

    fn unix(&self, met: &Json, ty: &Type) -> Result<Json, String> {
        let expected = || "seconds since 1970".to_string();
        let seconds = text(met)?.parse().map_err(|_| expected())?;
        let moment = Timestamp::from_second(seconds).map_err(|_| expected())?;
        self.of_timestamp(moment, ty).ok_or_else(expected)
    }

    fn local(&self, met: &Json, ty: &Type) -> Result<Json, String> {
        let expected = || "a date and a time without a zone".to_string();
        let local: DateTime = text(met)?.trim().parse().map_err(|_| expected())?;
        let moment = self.timezone.to_timestamp(local).map_err(|_| expected())?;
        self.of_timestamp(moment, ty).ok_or_else(expected)
    }

    fn json_date(&self, met: &Json, ty: &Type) -> Result<Json, String> {
        let expected = || "a time like `/Date(1700000000000)/`".to_string();
        let written = text(met)?;
        let inner = written.strip_prefix("/Date(").and_then(|rest| rest.strip_suffix(")/")).ok_or_else(expected)?;
        let end = inner.rfind(['+', '-']).filter(|at| *at > 0).unwrap_or(inner.len());
        let ms = inner.get(..end).and_then(|ms| ms.parse().ok()).ok_or_else(expected)?;
        let moment = Timestamp::from_millisecond(ms).map_err(|_| expected())?;
        self.of_timestamp(moment, ty).ok_or_else(expected)
    }

    fn of_timestamp(&self, moment: Timestamp, ty: &Type) -> Option<Json> {
        let local = moment.to_zoned(self.timezone.clone());
        match ty {
            Type::Date => Some(json!(local.date().to_string())),
            Type::Time => Some(json!(format!("{:02}:{:02}", local.hour(), local.minute()))),
            Type::Moment => Some(json!(moment.as_millisecond())),
            _ => None,
        }
    }

    fn image(&self, met: &Json) -> Result<Json, String> {
        let written = text(met)?;
        let url = if written.trim().is_empty() { None } else { self.base.join(written.trim()).ok() };
        let url = url.filter(|url| matches!(url.scheme(), "https" | "http"));
        url.map(|url| json!(url.as_str())).ok_or_else(|| "the address of a picture".to_string())
    }
}

/// What a field is taken as when its rule does not say.
pub fn usual(ty: &Type) -> As {
    match ty {
        Type::Number | Type::Duration => As::Number,
        Type::YesNo => As::Bool,
        Type::Money => As::MoneyDecimal,
        Type::Date | Type::Time | Type::Moment => As::Rfc3339,
        Type::Image | Type::Video | Type::Document | Type::Voice => As::ImageUrl,
        Type::Text
        | Type::Phone
        | Type::Email
        | Type::Language
        | Type::Town
        | Type::Enum(_)
        | Type::List(_)
        | Type::Record(_)
        | Type::None
        | Type::Unknown => As::Text,
    }
}

/// The text of a single value.
pub fn text(met: &Json) -> Result<String, String> {
    match met {
        Json::String(text) => Ok(text.clone()),
        Json::Number(number) => Ok(number.to_string()),
        Json::Bool(yes) => Ok(yes.to_string()),
        Json::Null | Json::Array(_) | Json::Object(_) => Err("a single value".to_string()),
    }
}

fn fits(text: String) -> Result<Json, String> {
    if text.chars().count() > MOST_LETTERS {
        return Err(format!("at most {MOST_LETTERS} letters"));
    }
    // Nothing in a name may steer what shows it.
    Ok(Json::String(text.chars().filter(|letter| !letter.is_control() || *letter == '\n').collect()))
}

fn number(met: &Json) -> Result<Json, String> {
    let expected = || "a number".to_string();
    if matches!(met, Json::Bool(_)) {
        return Err(expected());
    }
    let number = plain(&text(met)?, 0).filter(|number| number.abs() <= Decimal::from(MOST)).ok_or_else(expected)?;
    Ok(match i64::try_from(number) {
        Ok(whole) if number.fract().is_zero() => json!(whole),
        Ok(_) | Err(_) => json!(number.normalize().to_string()),
    })
}

/// Digits with a decimal point; `,` only where it certainly groups. `digits`: how many the currency has behind its point.
fn plain(written: &str, digits: u32) -> Option<Decimal> {
    let written = written.trim();
    if let Some((_, last)) = written.rsplit_once(',') {
        let (group, has_point) = last.split_once('.').map_or((last, false), |(group, _)| (group, true));
        // `20,921` of three digits may be either.
        if group.len() != 3
            || written.find('.').is_some_and(|at| written.get(at..).is_some_and(|rest| rest.contains(',')))
        {
            return None;
        }
        if digits == 3 && !has_point {
            return None;
        }
    }
    let bare: String = written.chars().filter(|letter| *letter != ',').collect();
    let sound = bare.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    if !sound {
        return None;
    }
    if bare.contains(['e', 'E']) { Decimal::from_scientific(&bare).ok() } else { bare.parse().ok() }
}

fn yes_no(met: &Json) -> Result<Json, String> {
    match text(met)?.trim().to_ascii_lowercase().as_str() {
        "true" | "yes" | "1" => Ok(json!(true)),
        "false" | "no" | "0" => Ok(json!(false)),
        _ => Err("true or false".to_string()),
    }
}

/// What a reader sees of a little HTML.
fn html_text(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let length = from.find('>').map_or(from.len(), |end| end + 1);
        let (tag, after) = from.split_at(length);
        let name = tag.trim_matches(['<', '>', '/', ' ']).split([' ', '/']).next().unwrap_or("").to_ascii_lowercase();
        if matches!(name.as_str(), "br" | "p" | "div" | "li" | "tr" | "h1" | "h2" | "h3") && !out.ends_with('\n') {
            out.push('\n');
        }
        rest = match name.as_str() {
            "script" | "style" if !tag.starts_with("</") => {
                after.find("</").and_then(|end| after.get(end..)).unwrap_or("")
            }
            _ => after,
        };
    }
    out.push_str(rest);
    let entities = [("&nbsp;", " "), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
    let plain = entities.iter().fold(out, |text, (entity, letter)| text.replace(entity, letter));
    plain.trim().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(code: &str, met: Json, to: As) -> Result<String, String> {
        let base = Url::parse("https://shop.example/").map_err(|error| error.to_string())?;
        let currency = Currency::from_code(code).ok_or("a currency")?;
        let place = Place { currency, rounding: Rounding::HalfEven, timezone: TimeZone::UTC, base: &base };
        let rule = Rule { to: Some(to), ..Rule::default() };
        let found = place.convert(&rule, &Type::Money, &met, None)?;
        Ok(found.as_str().unwrap_or("").to_string())
    }

    #[test]
    fn moments_are_read_in_the_ways_that_carriers_write_them() {
        let base = Url::parse("https://shop.example/").expect("an address");
        let timezone = TimeZone::fixed(jiff::tz::offset(3));
        let place = Place { currency: Currency(*b"KES"), rounding: Rounding::HalfUp, timezone, base: &base };
        let of =
            |to, met: &str| place.convert(&Rule { to: Some(to), ..Rule::default() }, &Type::Moment, &json!(met), None);
        let fine = [
            (As::JsonDate, "/Date(1700000000000+0300)/"),
            (As::JsonDate, "/Date(1700000000000)/"),
            (As::Local, "2023-11-15T01:13:20"),
            (As::Local, "2023-11-15 01:13:20.000"),
            (As::Utc, "2023-11-14T22:13:20"),
        ];
        for (to, met) in fine {
            assert_eq!(of(to, met), Ok(json!(1_700_000_000_000_i64)), "{met}");
        }
        for (to, met) in [(As::JsonDate, "1700000000000"), (As::JsonDate, "/Date()/"), (As::Local, "yesterday")] {
            assert!(of(to, met).is_err(), "{met}");
        }
    }

    #[test]
    fn money_keeps_every_digit_or_is_refused() {
        let fine = [
            ("KWD", json!("20.921"), As::MoneyDecimal, "KWD 20.921"),
            ("UGX", json!(598_510), As::MoneyDecimal, "UGX 598510"),
            ("INR", json!("8,050.50"), As::MoneyDecimal, "INR 8050.50"),
            ("INR", json!("1,08,050"), As::MoneyDecimal, "INR 108050.00"),
            ("KES", json!(250_050), As::MoneyMinor, "KES 2500.50"),
            ("KES", json!("2.5e3"), As::MoneyDecimal, "KES 2500.00"),
            ("KES", json!("2500.500"), As::MoneyDecimal, "KES 2500.50"),
        ];
        for (code, met, to, expected) in fine {
            assert_eq!(money(code, met.clone(), to).as_deref(), Ok(expected), "{met}");
        }
        let refused = [
            ("KES", json!(-5)),
            ("KES", json!("20.921")),
            ("KES", json!("8,05")),
            ("KES", json!("1.250,00")),
            ("KWD", json!("20,921")),
            ("KES", json!("NaN")),
            ("KES", json!("")),
            ("KES", json!(null)),
            ("KES", json!(true)),
            ("KES", json!("99999999999999")),
            ("KES", json!({ "amount": 5 })),
        ];
        for (code, met) in refused {
            assert!(money(code, met.clone(), As::MoneyDecimal).is_err(), "{met}");
        }
    }

    #[test]
    fn an_amount_for_none_is_not_divided() {
        let base = Url::parse("https://shop.example/").expect("an address");
        let currency = Currency(*b"KES");
        let place = Place { currency, rounding: Rounding::HalfUp, timezone: TimeZone::UTC, base: &base };
        let of = |per: Json| place.reckoned(&json!("10.00"), Some(&json!("2.00")), Some(&per));
        assert_eq!((of(json!(0)), of(json!("0.00"))), (Ok(json!("12.00")), Ok(json!("12.00"))));
        assert_eq!(of(json!(2)), Ok(json!("6.00")));
        assert!(of(json!("two")).is_err());
    }

    #[test]
    fn markup_is_taken_out() {
        let html = "<p>Soft &amp; light</p><br/>Made <b>here</b><script>alert(1)</script>";
        assert_eq!(html_text(html), "Soft & light\nMade here");
    }
}
