//! Numbers, amounts, dates and plurals as each language writes them.

use super::*;
use crate::value::Currency;

fn money(tag: &str, minor: i64, code: &str) -> String {
    let currency = Currency::from_code(code).expect("a known currency");
    let mut out = String::new();
    Locale::new(tag).money(Money { minor, currency }, currency.exponent(), &mut out);
    out.replace(['\u{a0}', '\u{202f}'], " ")
}

#[test]
fn amounts_are_written_the_local_way() {
    let cases = [
        ("en", 500_000, "KES", "KES 5,000"),
        ("en", 500_050, "KES", "KES 5,000.50"),
        ("en", -500_050, "KES", "KES -5,000.50"),
        ("sw", 123_456_700, "KES", "KES 1,234,567"),
        ("ar", 500_000, "AED", "٥٬٠٠٠ د.إ"),
        ("hi", 12_345_600, "INR", "₹1,23,456"),
        ("fr", 5_000, "XOF", "5 000 XOF"),
        ("en", 20_921, "KWD", "KWD 20.921"),
        ("xx", 500_000, "KES", "KES 5,000"),
    ];
    for (tag, minor, code, expected) in cases {
        assert_eq!(money(tag, minor, code), expected, "{tag}");
    }
}

#[test]
fn numbers_use_the_digits_and_groups_of_the_language() {
    let cases =
        [("en", "1234.50", "1,234.5"), ("ar", "1234", "١٬٢٣٤"), ("hi", "1234567", "12,34,567"), ("en", "-3", "-3")];
    for (tag, number, expected) in cases {
        let mut out = String::new();
        Locale::new(tag).number(number.parse().expect("a number"), &mut out);
        assert_eq!(out, expected, "{tag}");
    }
}

#[test]
fn dates_name_the_month() {
    let cases = [("en", "3 May 2026"), ("sw", "3 Mei 2026"), ("fr", "3 mai 2026"), ("pt", "2026-05-03")];
    for (tag, expected) in cases {
        let mut out = String::new();
        Locale::new(tag).date(20_576, &mut out);
        assert_eq!(out, expected, "{tag}");
    }
}

#[test]
fn arabic_has_six_forms() {
    let locale = Locale::new("ar");
    let forms: Vec<Plural> = [0, 1, 2, 3, 11, 100].into_iter().map(|n| locale.plural(Decimal::from(n))).collect();
    assert_eq!(forms, [Plural::Zero, Plural::One, Plural::Two, Plural::Few, Plural::Many, Plural::Other]);
}

#[test]
fn standard_texts_exist_in_every_language() {
    for (language, texts) in standard::ALL {
        for text in Standard::ALL {
            assert!(!texts[text as usize].is_empty(), "{language} has no text for {text:?}");
        }
    }
}

#[test]
fn digits_of_other_scripts_are_digits() {
    let read: Vec<Option<u32>> = "٣३3꧓\u{1fbf3}x\u{1fbfa}".chars().map(digit_value).collect();
    assert_eq!(read, [Some(3), Some(3), Some(3), Some(3), Some(3), None, None]);
}
