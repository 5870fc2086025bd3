//! JSON whose numbers keep their digits: whole numbers of 64 bits stay numbers, all others become texts. No float is made.

use serde_json::Value as Json;

/// Reads a body; `None` when it is not JSON.
pub fn parse(body: &[u8]) -> Option<Json> {
    let text = std::str::from_utf8(body).ok()?;
    serde_json::from_str(&quote_numbers(text.trim_start_matches('\u{feff}'))).ok()
}

/// Puts numbers that are not whole, or too large, between quotes.
fn quote_numbers(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some(at) = rest.find(|letter: char| letter == '"' || letter == '-' || letter.is_ascii_digit()) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let length = if from.starts_with('"') { string_length(from) } else { number_length(from) };
        let (token, after) = from.split_at(length);
        let plain = token.starts_with('"') || is_whole(token);
        if plain {
            out.push_str(token);
        } else {
            out.push('"');
            out.push_str(token);
            out.push('"');
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

/// Of a text with its quotes.
fn string_length(from: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in from.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    from.len()
}

fn number_length(from: &str) -> usize {
    from.find(|letter: char| !letter.is_ascii_digit() && !matches!(letter, '-' | '+' | '.' | 'e' | 'E'))
        .unwrap_or(from.len())
}

/// As JSON writes a whole number that fits.
fn is_whole(token: &str) -> bool {
    token.parse::<i64>().is_ok_and(|number| number.to_string() == token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_kept() {
        let cases = [
            (r#"{"a": 20.921, "b": 598510, "c": "8.5"}"#, r#"{"a": "20.921", "b": 598510, "c": "8.5"}"#),
            (r#"[0.1, -3, 1e3, 12345678901234567890]"#, r#"["0.1", -3, "1e3", "12345678901234567890"]"#),
            (r#"["1 \" 2.5", 2.50]"#, r#"["1 \" 2.5", "2.50"]"#),
            ("2.5", "\"2.5\""),
        ];
        for (written, kept) in cases {
            assert_eq!(quote_numbers(written), kept);
            assert!(parse(written.as_bytes()).is_some(), "{written}");
        }
        for broken in ["<html>", "{\"a\": 2.5", "\"open", "{2.5: 1"] {
            assert!(parse(broken.as_bytes()).is_none(), "{broken}");
        }
    }
}
