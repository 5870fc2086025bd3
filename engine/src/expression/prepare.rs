//! The letters of an expression before Rhai sees them: words become Rhai's, and what is no expression is refused.

use duka_dsl::{Diagnostic, Span, ast};

use super::read::{is_word, too_deep};
use crate::value::Currency;

/// Bytes of one expression.
const MAX_LENGTH: usize = 1_000;
/// Brackets within brackets.
const MAX_BRACKETS: usize = 16;

/// Checks the letters of an expression and makes its words Rhai's, without moving any byte.
pub(super) fn prepare(origin: &ast::Expr, what: &str) -> Result<String, Box<Diagnostic>> {
    if origin.source.len() > MAX_LENGTH {
        let message = format!("This {what} has more than {MAX_LENGTH} letters.");
        return Err(Box::new(Diagnostic::new(22, origin.span, message).help("Let a hook work it out.")));
    }
    Preparation { source: &origin.source, origin, what, out: String::with_capacity(origin.source.len()), depth: 0 }
        .run()
}

struct Preparation<'a> {
    source: &'a str,
    origin: &'a ast::Expr,
    what: &'a str,
    out: String,
    depth: usize,
}

impl Preparation<'_> {
    fn run(mut self) -> Result<String, Box<Diagnostic>> {
        while let Some(byte) = self.source.as_bytes().get(self.out.len()).copied() {
            match byte {
                b'"' | b'\'' => self.string(byte)?,
                b' ' | b'\t' => self.out.push(' '),
                _ if is_word(byte) => self.word()?,
                _ => self.symbol(byte)?,
            }
        }
        Ok(self.out)
    }

    fn rest(&self) -> &str {
        self.source.get(self.out.len()..).unwrap_or("")
    }

    /// A string; single quotes become double ones.
    fn string(&mut self, quote: u8) -> Result<(), Box<Diagnostic>> {
        let rest = self.rest();
        let mut escaped = false;
        for (at, byte) in rest.bytes().enumerate().skip(1) {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'\n' | b'\r' => break,
                b'"' if quote == b'\'' => break,
                _ if byte == quote => {
                    let inner = rest.get(1..at).unwrap_or("").to_string();
                    self.out.push('"');
                    self.out.push_str(&inner);
                    self.out.push('"');
                    return Ok(());
                }
                _ => {}
            }
        }
        Err(self.wrong(1, "A quotation mark is never closed.").into())
    }

    fn word(&mut self) -> Result<(), Box<Diagnostic>> {
        let rest = self.rest();
        let length = rest.bytes().position(|byte| !is_word(byte)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(length);
        if word.len() == 3 && word.bytes().all(|byte| byte.is_ascii_uppercase()) && Currency::from_code(word).is_some()
        {
            let finding = self.at(length, 402, "An amount of money can not be written into an expression.");
            return Err(finding.help("Put the amount in `rules` and use its name here.").into());
        }
        let next = after.trim_start_matches([' ', '\t']);
        let pair = |word: &str| {
            next.starts_with(word) && !next.get(word.len()..).is_some_and(|t| t.bytes().next().is_some_and(is_word))
        };
        let (replacement, length) = match word {
            "is" if pair("not") => ("!=", length + (after.len() - next.len()) + 3),
            "not" if pair("in") => ("!in", length + (after.len() - next.len()) + 2),
            word => (word, length),
        };
        let replacement = replacement.to_string();
        self.out.push_str(&replacement);
        for _ in replacement.len()..length {
            self.out.push(' ');
        }
        Ok(())
    }

    fn symbol(&mut self, byte: u8) -> Result<(), Box<Diagnostic>> {
        let rest = self.rest();
        let known = ["==", "!=", "<=", ">=", "&&", "||"].into_iter().find(|symbol| rest.starts_with(symbol));
        if let Some(symbol) = known {
            self.out.push_str(symbol);
            return Ok(());
        }
        match byte {
            b'(' | b'[' => {
                self.depth += 1;
                if self.depth > MAX_BRACKETS {
                    return Err(too_deep(self.origin, self.what).into());
                }
            }
            b')' | b']' => self.depth = self.depth.saturating_sub(1),
            b'=' => {
                let finding =
                    self.at(1, 22, "A single `=` does not compare.").safe_fix("write `==`", self.span(1), "==");
                return Err(finding.help("Write `==`, or the word `is`.").into());
            }
            b'/' if rest.starts_with("//") || rest.starts_with("/*") => return Err(self.unknown().into()),
            b'.' if rest.starts_with("..") => return Err(self.unknown().into()),
            b',' | b'.' | b'<' | b'>' | b'!' | b'+' | b'-' | b'*' | b'/' | b'%' => {}
            _ => return Err(self.unknown().into()),
        }
        self.out.push(char::from(byte));
        Ok(())
    }

    fn unknown(&self) -> Diagnostic {
        let letter = self.rest().chars().next().map_or(1, char::len_utf8);
        let message = format!("This {} can not be read from `{}` on.", self.what, self.rest().trim());
        self.at(letter, 22, &message)
    }

    fn wrong(&self, length: usize, message: &str) -> Diagnostic {
        self.at(length, 22, message)
    }

    fn at(&self, length: usize, code: u16, message: &str) -> Diagnostic {
        Diagnostic::new(code, self.span(length), message)
    }

    fn span(&self, length: usize) -> Span {
        let whole = self.origin.span;
        if self.source.len() != whole.range().len() {
            return whole;
        }
        let start = whole.start as usize + self.out.len();
        Span::new(whole.file, start, start + length)
    }
}
