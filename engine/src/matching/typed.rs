//! A customer's text as a value of a type: numbers in any digits, dates, times, phone numbers, towns and names of members.

use rust_decimal::Decimal;
use smol_str::SmolStr;

use super::fold;
use crate::hir::Profile;
use crate::locale::{LANGUAGES, digit_value, month_named, yes_no};
use crate::types::Type;
use crate::value::Value;

/// What a text is read against.
pub(crate) struct Reading<'a> {
    pub profile: &'a Profile,
    /// The customer's language, without region, and the shop's first.
    pub languages: [&'a str; 2],
    /// Days since 1970 where the shop is, for dates without a year.
    pub today: i32,
}

/// The value a text stands for, or `None` when it is none of the type. `text` is as the customer wrote it.
pub(crate) fn read_text(ty: &Type, text: &str, reading: &Reading<'_>) -> Option<Value> {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return None;
    }
    match ty {
        Type::Text | Type::Unknown => Some(Value::Text(trimmed.into())),
        Type::Number => number(trimmed).map(Value::Number),
        Type::YesNo => answer_yes_no(trimmed, reading),
        Type::Date => date(trimmed, reading).map(Value::Date),
        Type::Time => time(trimmed).map(Value::Time),
        Type::Phone => phone(trimmed).map(Value::Text),
        Type::Email => email(trimmed).map(Value::Text),
        Type::Language => language(trimmed).map(Value::Text),
        Type::Town => member(trimmed, &reading.profile.towns).map(Value::Text),
        Type::Enum(members) => member(trimmed, members).map(Value::Text),
        Type::Money
        | Type::Moment
        | Type::Duration
        | Type::Image
        | Type::Video
        | Type::Document
        | Type::Voice
        | Type::List(_)
        | Type::Record(_)
        | Type::None => None,
    }
}

/// Digits of every script as ASCII, the rest as it is.
fn plain_digits(text: &str) -> String {
    let plain = |letter: char| digit_value(letter).and_then(|digit| char::from_digit(digit, 10)).unwrap_or(letter);
    text.chars().map(plain).collect()
}

fn number(text: &str) -> Option<Decimal> {
    let plain: String = plain_digits(text)
        .chars()
        .filter(|letter| !matches!(letter, ',' | '٬' | '_' | ' ' | '\u{a0}' | '\u{202f}'))
        .map(|letter| if letter == '٫' { '.' } else { letter })
        .collect();
    let digits = plain.strip_prefix('-').unwrap_or(&plain);
    let numeric = digits.starts_with(|letter: char| letter.is_ascii_digit())
        && digits.len() <= 15
        && digits.chars().all(|letter| letter.is_ascii_digit() || letter == '.');
    numeric.then(|| plain.parse().ok()).flatten()
}

fn answer_yes_no(text: &str, reading: &Reading<'_>) -> Option<Value> {
    let folded = fold(text);
    let is_one_of = |words: &[&str]| words.iter().any(|word| fold(word) == folded);
    reading.languages.iter().chain(&["en"]).find_map(|language| {
        let (yes, no) = yes_no(language);
        if is_one_of(yes) {
            Some(Value::YesNo(true))
        } else if is_one_of(no) {
            Some(Value::YesNo(false))
        } else {
            None
        }
    })
}

/// `2026-05-03`, `3/5/2026`, `3.5.`, `3 May`, `3 May 2026`. Without a year: the next such day.
fn date(text: &str, reading: &Reading<'_>) -> Option<i32> {
    let plain = plain_digits(text);
    if let Some(days) = crate::contract::parse_date(&plain) {
        return Some(days);
    }
    let folded = fold(&plain);
    let mut parts = folded.split(' ');
    let first = parts.next()?;
    let second = parts.next()?;
    let year = parts.next().map(|year| year.parse::<i32>());
    let month_of = |part: &str| {
        let named = || reading.languages.iter().chain(&["en"]).find_map(|language| month_named(language, part, fold));
        part.parse::<u32>().ok().or_else(named)
    };
    let (day, month) = match first.parse::<u32>() {
        Ok(day) => (day, month_of(second)?),
        Err(_) => (second.parse().ok()?, month_of(first)?),
    };
    let days_in = |year: i32| crate::contract::parse_date(&format!("{year:04}-{month:02}-{day:02}"));
    match year {
        Some(Ok(year)) if (0..100).contains(&year) => days_in(2000 + year),
        Some(Ok(year)) => days_in(year),
        Some(Err(_)) => None,
        None => {
            let this_year: i32 = crate::contract::write_date(reading.today).get(..4)?.parse().ok()?;
            days_in(this_year).filter(|days| *days >= reading.today).or_else(|| days_in(this_year + 1))
        }
    }
}

/// `14:30`, `14.30`, `2pm`, `2:30 pm`.
fn time(text: &str) -> Option<u16> {
    let folded = fold(&plain_digits(text));
    let (clock, afternoon) = match (folded.strip_suffix("pm"), folded.strip_suffix("am")) {
        (Some(clock), _) => (clock, Some(true)),
        (None, Some(clock)) => (clock, Some(false)),
        (None, None) => (folded.as_str(), None),
    };
    let mut parts = clock.trim().split(' ');
    let hours: u16 = parts.next()?.parse().ok()?;
    let minutes: u16 = match parts.next() {
        Some(minutes) => minutes.parse().ok()?,
        None if afternoon.is_some() => 0,
        None => return None,
    };
    let hours = match afternoon {
        Some(_) if hours > 12 => return None,
        Some(true) if hours < 12 => hours + 12,
        Some(false) if hours == 12 => 0,
        Some(_) | None => hours,
    };
    (parts.next().is_none() && hours < 24 && minutes < 60).then_some(hours * 60 + minutes)
}

/// Digits with an optional `+`; blanks, dashes and brackets between them are left out.
fn phone(text: &str) -> Option<SmolStr> {
    let plain = plain_digits(text);
    let (plus, rest) = plain.strip_prefix('+').map_or(("", plain.as_str()), |rest| ("+", rest));
    let digits: String = rest.chars().filter(char::is_ascii_digit).collect();
    let others = rest.chars().all(|letter| letter.is_ascii_digit() || " -().\u{a0}".contains(letter));
    (others && (7..=15).contains(&digits.len())).then(|| SmolStr::new(format!("{plus}{digits}")))
}

fn email(text: &str) -> Option<SmolStr> {
    let (name, host) = text.split_once('@')?;
    let plain = |part: &str| !part.is_empty() && !part.contains(|letter: char| letter.is_whitespace() || letter == '@');
    let dotted = host.contains('.') && !host.starts_with('.') && !host.ends_with('.');
    (plain(name) && plain(host) && dotted && text.len() <= 254).then(|| SmolStr::new(text))
}

fn language(text: &str) -> Option<SmolStr> {
    let folded = fold(text);
    let found = LANGUAGES.iter().find(|(tag, name)| folded == *tag || folded == fold(name));
    found.map(|(tag, _)| SmolStr::new(*tag))
}

fn member(text: &str, members: &[SmolStr]) -> Option<SmolStr> {
    let folded = fold(text);
    members.iter().find(|member| fold(member) == folded).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Currency;

    fn read(ty: &Type, text: &str) -> String {
        let profile = Profile {
            name: "Zuri".into(),
            country: None,
            currency: Currency::from_code("KES").expect("a known currency"),
            timezone: "Africa/Nairobi".into(),
            towns: vec!["Kilimani".into(), "Port-Bouët".into()],
            has_catalogue: false,
            pays_in_chat: false,
            quiet_hours: None,
            facts: Default::default(),
            rounding: Default::default(),
        };
        // 2026-11-21
        let reading = Reading { profile: &profile, languages: ["sw", "en"], today: 20_778 };
        match read_text(ty, text, &reading) {
            None => "-".to_string(),
            Some(Value::Date(days)) => crate::contract::write_date(days),
            Some(Value::Number(number)) => number.to_string(),
            Some(Value::Text(text)) => text.to_string(),
            Some(other) => format!("{other:?}"),
        }
    }

    #[test]
    fn answers_are_read_by_type() {
        let sizes = Type::Enum(vec!["s".into(), "extra_large".into()]);
        let cases = [
            (Type::Number, "٢", "2"),
            (Type::Number, "1,200.50", "1200.50"),
            (Type::Number, "two", "-"),
            (Type::Number, "2 please", "-"),
            (Type::YesNo, "Ndiyo", "YesNo(true)"),
            (Type::YesNo, "NO", "YesNo(false)"),
            (Type::Date, "3 Mei", "2027-05-03"),
            (Type::Date, "24/12/26", "2026-12-24"),
            (Type::Date, "31 February 2027", "-"),
            (Type::Time, "2:30 pm", "Time(870)"),
            (Type::Time, "25:00", "-"),
            (Type::Time, "14", "-"),
            (Type::Phone, "+254 712-345 678", "+254712345678"),
            (Type::Phone, "call me", "-"),
            (Type::Email, "amina@zuri.example", "amina@zuri.example"),
            (Type::Email, "amina@zuri", "-"),
            (Type::Town, "port bouet", "Port-Bouët"),
            (Type::Language, "kiswahili", "sw"),
            (sizes, "Extra large", "extra_large"),
            (Type::Text, "   ", "-"),
            (Type::Image, "a photo", "-"),
        ];
        for (ty, text, expected) in cases {
            assert_eq!(read(&ty, text), expected, "{text} as {ty:?}");
        }
    }
}
