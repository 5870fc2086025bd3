//! Text from outside made harmless: what no keyboard writes is taken out, nothing that a person can see.
//! Repairs JSON that one bad character or number would spoil. Does not judge what a text says.

mod card;

use std::borrow::Cow;

use serde_json::value::RawValue;

pub use self::card::without_cards;

/// Letters of a customer's text that are kept; WhatsApp's own client stops at 4,096.
const TEXT_LETTERS: usize = 8_192;

/// Letters of a name, a title or an address.
const LINE_LETTERS: usize = 300;

/// A text as the engine may read it: no NUL, no control characters but line ends and tabs, no invisible direction
/// overrides or tags, at most 8,192 characters.
pub fn text(raw: &str) -> Cow<'_, str> {
    let fine = |c: char| (' '..='\u{7e}').contains(&c) || c == '\n';
    if raw.len() <= TEXT_LETTERS && raw.chars().all(fine) {
        return Cow::Borrowed(raw);
    }
    let mut out = String::with_capacity(raw.len().min(4 * TEXT_LETTERS));
    let mut flag = false;
    for c in raw.chars().take(TEXT_LETTERS) {
        // England's and Scotland's flags are a black flag followed by tags.
        flag = c == '\u{1f3f4}' || flag && is_tag(c);
        if !is_noise(c) || flag {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// A text on one line: a name, a title, an address, a key.
pub fn line(raw: &str) -> String {
    let cleaned = text(raw);
    let mut out = String::with_capacity(cleaned.len().min(LINE_LETTERS));
    for word in cleaned.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    if let Some((end, _)) = out.char_indices().nth(LINE_LETTERS) {
        out.truncate(end);
    }
    out
}

fn is_tag(c: char) -> bool {
    ('\u{e0000}'..='\u{e007f}').contains(&c)
}

fn is_noise(c: char) -> bool {
    let control = c.is_control() && c != '\n' && c != '\t';
    let direction = matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}');
    control || direction || c == '\u{feff}' || is_tag(c)
}

/// The same JSON with half characters (`\ud800` alone) replaced by `\ufffd` and numbers that no double holds by `null`;
/// `None` if there is nothing to repair.
pub fn repaired(json: &str) -> Option<Box<RawValue>> {
    let bytes = json.as_bytes();
    let mut out = String::with_capacity(json.len());
    let mut kept = 0;
    let mut at = 0;
    let mut in_string = false;
    while let Some(&byte) = bytes.get(at) {
        let (end, replacement) = match byte {
            b'"' => {
                in_string = !in_string;
                (at + 1, None)
            }
            b'\\' if in_string => escape(bytes, at),
            b'-' | b'0'..=b'9' if !in_string => number(json, at),
            _ => (at + 1, None),
        };
        if let Some(replacement) = replacement {
            out.push_str(json.get(kept..at)?);
            out.push_str(replacement);
            kept = end;
        }
        at = end;
    }
    if kept == 0 {
        return None;
    }
    out.push_str(json.get(kept..)?);
    RawValue::from_string(out).ok()
}

/// The end of an escape, and what replaces it if it is half of a character.
fn escape(bytes: &[u8], at: usize) -> (usize, Option<&'static str>) {
    match unit(bytes, at) {
        Some(0xd800..=0xdbff) => match unit(bytes, at + 6) {
            Some(0xdc00..=0xdfff) => (at + 12, None),
            Some(_) | None => (at + 6, Some("\\ufffd")),
        },
        Some(0xdc00..=0xdfff) => (at + 6, Some("\\ufffd")),
        Some(_) => (at + 6, None),
        None => (at + 2, None),
    }
}

/// The UTF-16 unit that an escape `\uXXXX` at this place writes.
fn unit(bytes: &[u8], at: usize) -> Option<u16> {
    let digits = bytes.get(at..at + 6)?.strip_prefix(b"\\u")?;
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

fn number(json: &str, at: usize) -> (usize, Option<&'static str>) {
    let rest = json.get(at..).unwrap_or_default();
    let length = rest.find(|c: char| !c.is_ascii_digit() && !"+-.eE".contains(c)).unwrap_or(rest.len());
    let written = rest.get(..length).unwrap_or_default();
    let holds = written.parse::<f64>().map_or(true, f64::is_finite);
    (at + length.max(1), (!holds).then_some("null"))
}

#[cfg(test)]
mod tests {
    use super::{line, repaired, text};

    #[test]
    fn what_nobody_can_see_is_taken_out() {
        for (raw, clean) in [
            ("size M\u{0}", "size M"),
            ("a\u{7}b\r\nc\td", "ab\nc\td"),
            ("\u{202e}evil\u{2066}", "evil"),
            ("x\u{e0041}\u{e0042}y", "xy"),
            ("\u{1f3f4}\u{e0067}\u{e0062}\u{e007f}", "\u{1f3f4}\u{e0067}\u{e0062}\u{e007f}"),
            ("سلام\u{200c}علیکم", "سلام\u{200c}علیکم"),
            ("👨‍👩‍👧", "👨‍👩‍👧"),
        ] {
            assert_eq!(text(raw), clean);
        }
        assert_eq!(line("  Dana \n Reyes\u{0} "), "Dana Reyes");
        assert_eq!(text(&"é".repeat(20_000)).chars().count(), 8_192);
    }

    #[test]
    fn half_characters_and_endless_numbers_are_replaced() {
        for (json, fixed) in [
            (r#"{"a":"x\ud800y"}"#, Some(r#"{"a":"x\ufffdy"}"#)),
            (r#"["\ude2e","\ud83d\ude2e"]"#, Some(r#"["\ufffd","\ud83d\ude2e"]"#)),
            (r#"{"a":1e999,"b":-2.5}"#, Some(r#"{"a":null,"b":-2.5}"#)),
            (r#"["\\ud800","1e999",3]"#, None),
            (r#"["\ud83d\ud83d\ude2e"]"#, Some(r#"["\ufffd\ud83d\ude2e"]"#)),
            ("{}", None),
        ] {
            assert_eq!(repaired(json).as_ref().map(|it| it.get()), fixed, "{json}");
        }
    }
}
