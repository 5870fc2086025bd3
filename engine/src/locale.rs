//! How each language writes numbers, amounts, dates and counted things. Prepared once for a program: a step only reads
//! tables. Knows no texts of a shop.

mod hours;
mod names;
mod standard;

use duka_dsl::ast::Plural;
use fixed_decimal::Decimal as Digits;
use icu_decimal::DecimalFormatter;
use icu_locale_core::Locale as Tag;
use icu_plurals::{PluralCategory, PluralOperands, PluralRules};
use rust_decimal::Decimal;

pub use standard::{Standard, standard};

pub(crate) use self::hours::OpeningWords;
use self::names::SymbolPlace;
pub(crate) use self::names::{LANGUAGES, month_named, yes_no};
use crate::value::Money;

/// An amount in English: `KES 3,000`, `KWD 1.250`. For whoever looks on; customers are shown amounts in their language.
pub fn money_in_english(money: Money) -> String {
    let mut out = String::new();
    Locale::new("en").money(money, money.currency.exponent(), &mut out);
    out
}

/// One language, ready to write with.
pub struct Locale {
    /// `ar`, of `ar-AE`.
    language: String,
    digits: [char; 10],
    /// Between groups of digits; empty where none are made.
    group: String,
    decimal: String,
    minus: String,
    /// Digits in the last group, and in the others: 3 and 3, or 3 and 2 in Hindi.
    groups: (usize, usize),
    /// Numbers with fewer digits than this stay together.
    grouped_from: usize,
    plurals: Option<PluralRules>,
}

impl std::fmt::Debug for Locale {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Locale").field(&self.language).finish()
    }
}

impl Locale {
    /// Prepares a language by its BCP 47 tag; an unknown one writes as English does.
    pub fn new(tag: &str) -> Locale {
        let known: Tag = with_native_digits(tag).parse().unwrap_or(Tag::UNKNOWN);
        let written = |number: &str| -> String {
            let formatter = DecimalFormatter::try_new(known.clone().into(), Default::default());
            let digits = number.parse::<Digits>();
            match (formatter, digits) {
                (Ok(formatter), Ok(digits)) => formatter.format(&digits).to_string(),
                (Ok(_) | Err(_), Ok(_) | Err(_)) => number.to_string(),
            }
        };
        let digits = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"].map(|digit| written(digit).chars().next());
        let digits = std::array::from_fn(|at| digits[at].unwrap_or('0'));
        let between = |text: &str| text.chars().filter(|letter| !digits.contains(letter)).collect::<String>();
        let sizes: Vec<usize> = split_groups(&written("123456789012"), &digits);
        let group = written("1234567");
        let group = group.chars().find(|letter| !digits.contains(letter)).map(String::from).unwrap_or_default();
        let first = sizes.last().copied().unwrap_or(3);
        Locale {
            language: tag.split(['-', '_']).next().unwrap_or("").to_string(),
            decimal: between(&written("0.5")),
            minus: between(&written("-5")),
            groups: (first, sizes.iter().rev().nth(1).copied().unwrap_or(first)),
            grouped_from: if between(&written("1234")).is_empty() { 5 } else { 4 },
            plurals: PluralRules::try_new_cardinal(known.into()).ok(),
            digits,
            group,
        }
    }

    /// The language itself, without region.
    pub fn language(&self) -> &str {
        &self.language
    }

    /// `1,250.5`; trailing zeros of the fraction are not written.
    pub fn number(&self, number: Decimal, out: &mut String) {
        let number = number.normalize();
        if number.is_sign_negative() && !number.is_zero() {
            out.push_str(&self.minus);
        }
        let mantissa = number.mantissa().unsigned_abs();
        let scale = 10_u128.pow(number.scale().min(28));
        self.whole(mantissa / scale, out);
        if number.scale() > 0 {
            out.push_str(&self.decimal);
            self.fraction(mantissa % scale, number.scale(), out);
        }
    }

    /// `KES 5,000`: code and number, without decimals when there are no minor units; the local way where there is one.
    pub fn money(&self, money: Money, exponent: u32, out: &mut String) {
        let place = names::symbol(&self.language, money.currency.code());
        match place {
            SymbolPlace::Before(symbol) => out.push_str(symbol),
            SymbolPlace::After(_) => {}
            SymbolPlace::Unknown => {
                out.push_str(money.currency.code());
                out.push(' ');
            }
        }
        if money.minor < 0 {
            out.push_str(&self.minus);
        }
        let minor = u128::from(money.minor.unsigned_abs());
        let scale = 10_u128.pow(exponent.min(6));
        self.whole(minor / scale, out);
        if minor % scale != 0 {
            out.push_str(&self.decimal);
            self.fraction(minor % scale, exponent, out);
        }
        if let SymbolPlace::After(symbol) = place {
            out.push('\u{a0}');
            out.push_str(symbol);
        }
    }

    /// A date, days since 1970, as `3 May 2026`; ISO where the names of the months are not known.
    pub fn date(&self, days: i32, out: &mut String) {
        let iso = crate::contract::write_date(days);
        let mut parts = iso.splitn(3, '-').map(|part| part.parse::<u32>().unwrap_or(0));
        let (year, month, day) = (parts.next().unwrap_or(0), parts.next().unwrap_or(0), parts.next().unwrap_or(0));
        match names::month(&self.language, month) {
            Some(name) => {
                self.plain(u128::from(day), out);
                out.push(' ');
                out.push_str(name);
                out.push(' ');
                self.plain(u128::from(year), out);
            }
            None => out.push_str(&iso),
        }
    }

    /// A time of the day, minutes since midnight, as `14:30`.
    pub fn time(&self, minutes: u16, out: &mut String) {
        for (at, part) in [minutes / 60, minutes % 60].into_iter().enumerate() {
            if at == 1 {
                out.push(':');
            }
            if part < 10 {
                out.push(self.digits[0]);
            }
            self.plain(u128::from(part), out);
        }
    }

    /// The CLDR form for a number of things.
    pub fn plural(&self, number: Decimal) -> Plural {
        let category = self.plurals.as_ref().map(|rules| match i64::try_from(number.normalize()) {
            Ok(whole) if number.fract().is_zero() => rules.category_for(whole.unsigned_abs()),
            Ok(_) | Err(_) => number
                .normalize()
                .to_string()
                .parse::<Digits>()
                .map_or(PluralCategory::Other, |digits| rules.category_for(PluralOperands::from(&digits))),
        });
        match category {
            Some(PluralCategory::Zero) => Plural::Zero,
            Some(PluralCategory::One) => Plural::One,
            Some(PluralCategory::Two) => Plural::Two,
            Some(PluralCategory::Few) => Plural::Few,
            Some(PluralCategory::Many) => Plural::Many,
            Some(PluralCategory::Other) | None => Plural::Other,
        }
    }

    fn plain(&self, number: u128, out: &mut String) {
        let mut buffer = [0_u8; 40];
        for digit in decimal_digits(number, &mut buffer) {
            out.push(self.digits[usize::from(*digit)]);
        }
    }

    fn whole(&self, number: u128, out: &mut String) {
        let mut buffer = [0_u8; 40];
        let digits = decimal_digits(number, &mut buffer);
        let count = digits.len();
        for (at, digit) in digits.iter().enumerate() {
            let left = count - at;
            if at > 0 && count >= self.grouped_from && self.group_starts(left) {
                out.push_str(&self.group);
            }
            out.push(self.digits[usize::from(*digit)]);
        }
    }

    /// Whether a group begins where so many digits are left.
    fn group_starts(&self, left: usize) -> bool {
        let (last, others) = self.groups;
        left == last || left > last && (left - last).is_multiple_of(others.max(1))
    }

    fn fraction(&self, number: u128, places: u32, out: &mut String) {
        let mut buffer = [0_u8; 40];
        let digits = decimal_digits(number, &mut buffer);
        for _ in digits.len()..usize::try_from(places).unwrap_or(0) {
            out.push(self.digits[0]);
        }
        for digit in digits {
            out.push(self.digits[usize::from(*digit)]);
        }
    }
}

/// Arabic is written with its own digits, except in the Maghreb; CLDR leaves that to the region.
fn with_native_digits(tag: &str) -> String {
    let maghreb = ["ar-MA", "ar-DZ", "ar-TN", "ar-LY"].contains(&tag);
    let arabic = tag == "ar" || tag.starts_with("ar-");
    if arabic && !maghreb && !tag.contains("-u-") { format!("{tag}-u-nu-arab") } else { tag.to_string() }
}

/// The digits of a number, most significant first; `0` has one.
fn decimal_digits(mut number: u128, buffer: &mut [u8; 40]) -> &[u8] {
    let mut at = buffer.len();
    // Amounts and counts fit 64 bits; the division of 128-bit numbers is many times dearer.
    while number > u128::from(u64::MAX) {
        at -= 1;
        buffer[at] = (number % 10) as u8;
        number /= 10;
    }
    let mut small = number as u64;
    loop {
        at -= 1;
        buffer[at] = (small % 10) as u8;
        small /= 10;
        if small == 0 {
            return &buffer[at..];
        }
    }
}

fn split_groups(written: &str, digits: &[char; 10]) -> Vec<usize> {
    written.split(|letter| !digits.contains(&letter)).map(|part| part.chars().count()).collect()
}

/// `0`–`9` of any of Unicode's decimal systems, else `None`.
pub fn digit_value(letter: char) -> Option<u32> {
    // The first digits of all of them (general category `Nd`, Unicode 16); Ethiopic has none.
    const ZEROS: [u32; 75] = [
        0x30, 0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50, 0xed0,
        0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0xa620,
        0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10, 0x104a0, 0x10d30, 0x10d40, 0x11066, 0x110f0, 0x11136,
        0x111d0, 0x112f0, 0x11450, 0x114d0, 0x11650, 0x116c0, 0x116d0, 0x116da, 0x11730, 0x118e0, 0x11950, 0x11bf0,
        0x11c50, 0x11d50, 0x11da0, 0x11f50, 0x16a60, 0x16ac0, 0x16b50, 0x16d70, 0x1ccf0, 0x1d7ce, 0x1d7d8, 0x1d7e2,
        0x1d7ec, 0x1d7f6, 0x1e140, 0x1e2f0, 0x1e4f0, 0x1e5f1, 0x1e950, 0x1fbf0,
    ];
    let code = u32::from(letter);
    let zero = ZEROS.get(ZEROS.partition_point(|zero| *zero <= code).checked_sub(1)?)?;
    Some(code - zero).filter(|value| *value < 10)
}

#[cfg(test)]
mod tests;
