//! YAML as Duka reads it: flows in their YAML form, `shop.yaml`, contracts and fixtures.
//!
//! Every scalar is a string and is typed by where it stands. What YAML would guess, merge or repeat is refused.

pub(crate) mod keys;
mod print;
mod read;
mod syntax;
mod traps;
pub mod tree;
pub mod typed;

pub use print::print;
pub use read::read;

/// The largest file that is read.
pub const MAX_FILE_BYTES: usize = crate::lines::MAX_FILE_BYTES;

/// `text` as YAML writes it in double quotes, on one line.
pub(crate) fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            letter if needs_escape(letter) => out.push_str(&format!("\\u{:04x}", u32::from(letter))),
            letter => out.push(letter),
        }
    }
    out.push('"');
    out
}

/// Letters that YAML does not print, or takes for the end of a line.
fn needs_escape(letter: char) -> bool {
    letter.is_control() || matches!(letter, '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}')
}
