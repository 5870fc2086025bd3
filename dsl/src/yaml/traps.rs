//! Finds what YAML would take for its own signs, before the parser stumbles over it: tabs, and texts without quotes that
//! begin with `*`, `{`, `@` … or hold a colon.
//!
//! Each trap is told with its fix, and made harmless in a copy of the same length, so that the rest can be read and every
//! place stays where it is. A text in that copy is not the author's; it only stands in until the file is mended.

mod value;

use crate::diagnostic::{Diagnostic, Edit, Fix};
use crate::span::{FileId, Span};
use value::{Found, Trap};

/// More traps than this are one: the file is not YAML.
const MAX_TRAPS: usize = 50;

/// What a scan found, and the text to read instead.
pub(super) struct Scan {
    /// `None` when there was nothing to mend.
    pub(super) mended: Option<String>,
    pub(super) diagnostics: Vec<Diagnostic>,
}

pub(super) fn scan(file: FileId, source: &str) -> Scan {
    let mut scanner = Scanner {
        file,
        source,
        inside: Inside::Nothing,
        opened: Opened { start: 0, end: 0, indent: 0 },
        tabs: Vec::new(),
        mends: Vec::new(),
        found: Vec::new(),
    };
    let mut at = 0;
    for line in source.split_inclusive('\n') {
        let content = line.trim_end_matches(['\n', '\r']);
        scanner.line(at, content);
        at += line.len();
    }
    scanner.finish()
}

/// What the end of a line stands in.
enum Inside {
    Nothing,
    /// A text behind `|` or `>` whose key has this indentation.
    Block(usize),
    Quotes(u8),
    /// So many brackets that are open.
    Flow(usize),
}

/// A quoted text or a bracket that is open at the end of its line.
#[derive(Clone, Copy)]
struct Opened {
    start: usize,
    end: usize,
    indent: usize,
}

struct Scanner<'a> {
    file: FileId,
    source: &'a str,
    inside: Inside,
    opened: Opened,
    tabs: Vec<Edit>,
    mends: Vec<(usize, usize)>,
    found: Vec<Diagnostic>,
}

impl Scanner<'_> {
    fn line(&mut self, start: usize, line: &str) {
        let blank = line.trim_start_matches([' ', '\t']);
        let indent = line.len() - blank.len();
        if let Inside::Block(parent) = self.inside {
            if blank.is_empty() || indent > parent {
                return;
            }
            self.inside = Inside::Nothing;
        }
        match self.inside {
            Inside::Nothing | Inside::Block(_) => {}
            Inside::Quotes(_) | Inside::Flow(_) if self.is_next_item(line, indent) => self.never_closed(),
            Inside::Quotes(quote) => return self.quoted(line, quote),
            Inside::Flow(depth) => return self.flow(line, depth),
        }
        if blank.is_empty() || blank.starts_with('#') {
            return;
        }
        self.indentation(start, &line[..indent]);
        let (value_at, key_indent) = value::start(line, indent);
        let value = line[value_at..].trim_end();
        if value.is_empty() {
            return;
        }
        self.opened = Opened { start: start + value_at, end: start + value_at + value.len(), indent };
        match value::look(value, value_at > indent) {
            Found::Fine => {}
            Found::Block => self.inside = Inside::Block(key_indent),
            Found::OpenQuotes(quote) => self.inside = Inside::Quotes(quote),
            Found::OpenFlow(depth) => self.inside = Inside::Flow(depth),
            Found::Trap(trap) => self.trap(start + value_at, value, &trap),
        }
    }

    fn indentation(&mut self, start: usize, indentation: &str) {
        for (at, _) in indentation.match_indices('\t') {
            let span = Span::new(self.file, start + at, start + at + 1);
            self.tabs.push(Edit { span, text: "  ".to_string() });
        }
    }

    /// Whether a line inside quotes or brackets looks like the next `key:` or bullet, because they were never closed.
    fn is_next_item(&self, line: &str, indent: usize) -> bool {
        let (value_at, _) = value::start(line, indent);
        let outside = indent <= self.opened.indent;
        value_at > indent
            && outside
            && (matches!(self.inside, Inside::Flow(_)) || line[value_at..].starts_with(['"', '{', '\'']))
    }

    fn never_closed(&mut self) {
        let Opened { start, end, .. } = self.opened;
        let sign = self.source[start..].chars().next().unwrap_or('"');
        let (message, close) = match sign {
            '{' => ("The `{` is never closed.", "}"),
            '[' => ("The `[` is never closed.", "]"),
            '\'' => ("A quoted text is not closed at the end of its line.", "'"),
            _ => ("A quoted text is not closed at the end of its line.", "\""),
        };
        self.inside = Inside::Nothing;
        self.mends.push((start, end));
        if self.found.len() < MAX_TRAPS {
            let finding =
                Diagnostic::new(23, Span::new(self.file, start, end), message).help(format!("Add `{close}`."));
            let mut finding = finding.cause(format!("yaml-{start}"));
            let span = Span::new(self.file, end, end);
            let edits = vec![Edit { span, text: close.to_string() }];
            finding.fix = Some(Fix { title: format!("add `{close}`"), edits, safe: false });
            self.found.push(finding);
        }
    }

    fn quoted(&mut self, line: &str, quote: u8) {
        if let Some(end) = value::closing(line.as_bytes(), 0, quote) {
            self.inside = match value::depth(&line.as_bytes()[end..]) {
                depth if depth > 0 => Inside::Flow(depth.unsigned_abs()),
                _ => Inside::Nothing,
            };
        }
    }

    fn flow(&mut self, line: &str, depth: usize) {
        let left = i64::try_from(depth).unwrap_or(i64::MAX).saturating_add(value::depth(line.as_bytes()) as i64);
        self.inside = match usize::try_from(left) {
            Ok(left) if left > 0 => Inside::Flow(left),
            Ok(_) | Err(_) => Inside::Nothing,
        };
    }

    fn trap(&mut self, value_start: usize, value: &str, trap: &Trap) {
        let (start, end) = (value_start + trap.start, value_start + trap.end);
        self.mends.push((start, end));
        if self.found.len() >= MAX_TRAPS {
            return;
        }
        let text = &value[trap.start..trap.end];
        let span = Span::new(self.file, start, end);
        let finding = Diagnostic::new(trap.code, span, trap.message(text)).cause(format!("yaml-{start}"));
        let finding = if trap.code == 20 {
            finding.help("Write the value out; if this is a text, put it in quotes.")
        } else {
            finding.help(format!("Put the text in quotes: {}", super::quote(text)))
        };
        self.found.push(finding.safe_fix("put the text in quotes", span, super::quote(text)));
    }

    fn finish(mut self) -> Scan {
        let mended = (!self.tabs.is_empty() || !self.mends.is_empty()).then(|| self.mend());
        if let Some(first) = self.tabs.first() {
            let message = "Tabs can not indent YAML.";
            let mut finding = Diagnostic::new(16, first.span, message)
                .help("Use two spaces for each step to the right.")
                .cause("yaml-tabs");
            finding.fix =
                Some(Fix { title: "write two spaces for each tab".to_string(), edits: self.tabs, safe: true });
            self.found.insert(0, finding);
        }
        Scan { mended, diagnostics: self.found }
    }

    /// The source with each tab as a space and each trap as a text in quotes, all of the same length.
    fn mend(&self) -> String {
        let mut text = String::with_capacity(self.source.len());
        let mut at = 0;
        let mut edits: Vec<(usize, usize)> = self.tabs.iter().map(|edit| (edit.span.range().start, 0)).collect();
        edits.extend(&self.mends);
        edits.sort_unstable();
        for (start, end) in edits {
            text.push_str(&self.source[at..start]);
            if end == 0 {
                text.push(' ');
                at = start + 1;
            } else {
                stand_in(&self.source[start..end], &mut text);
                at = end;
            }
        }
        text.push_str(&self.source[at..]);
        text
    }
}

/// A quoted text of the same length that means nothing to anyone.
fn stand_in(text: &str, out: &mut String) {
    let first = text.chars().next().map_or(0, char::len_utf8);
    let last = text.chars().next_back().map_or(0, char::len_utf8);
    if text.len() < first + last {
        out.push('~');
        return;
    }
    out.push('"');
    out.extend(std::iter::repeat_n(' ', first - 1));
    for letter in text[first..text.len() - last].chars() {
        out.push(match letter {
            '{' => '(',
            '}' => ')',
            '"' | '\\' => '\'',
            _ => letter,
        });
    }
    out.extend(std::iter::repeat_n(' ', last - 1));
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::scan;
    use crate::span::FileId;

    fn check(source: &str) -> Vec<String> {
        let scan = scan(FileId(0), source);
        if let Some(mended) = &scan.mended {
            assert_eq!(mended.len(), source.len(), "{source:?}");
        }
        let shown = scan.diagnostics.iter().map(|found| {
            let fix = found.fix.as_ref().map(|fix| fix.edits[0].text.as_str()).unwrap_or("");
            format!("{} {} => {fix}", found.code, &source[found.span.range()])
        });
        shown.collect()
    }

    #[test]
    fn traps_are_found_with_their_fix() {
        let cases: &[(&str, &[&str])] = &[
            ("- ask: *Your bag*", &[r#"D017 *Your bag* => "*Your bag*""#]),
            ("- *Your bag* is here", &[r#"D017 *Your bag* is here => "*Your bag* is here""#]),
            (
                "- ask: {customer.first_name}, hello",
                &[r#"D017 {customer.first_name}, hello => "{customer.first_name}, hello""#],
            ),
            ("- ask: [sic] is Latin", &[r#"D017 [sic] is Latin => "[sic] is Latin""#]),
            ("- ask: Note: we are closed", &[r#"D017 Note: we are closed => "Note: we are closed""#]),
            ("- ask: You have this:", &[r#"D017 You have this: => "You have this:""#]),
            ("- ask: \"Hello\" is a word", &[r#"D017 "Hello" is a word => "\"Hello\" is a word""#]),
            ("- ask: @zuri on Instagram", &[r#"D017 @zuri on Instagram => "@zuri on Instagram""#]),
            ("- ask: | and more", &[r#"D017 | and more => "| and more""#]),
            ("- ask: 100% cotton", &[]),
            ("- ask: %s", &[r#"D017 %s => "%s""#]),
            ("- button: { id: a, title: *Hi* there, to: b }", &[r#"D017 *Hi* there => "*Hi* there""#]),
            ("a: &x 1", &["D020 &x 1 => \"&x 1\""]),
            ("b: *x", &["D020 *x => \"*x\""]),
            ("c: !!str x", &["D020 !!str x => \"!!str x\""]),
            ("- ask: & more", &[r#"D017 & more => "& more""#]),
            ("- ask: ! Important", &[r#"D017 ! Important => "! Important""#]),
            ("a:\n\t- b: c\n", &["D016 \t =>   "]),
        ];
        for (source, wanted) in cases {
            assert_eq!(check(source), *wanted, "{source}");
        }
    }

    #[test]
    fn what_is_right_is_left_alone() {
        let cases = [
            "- ask: \"*Your bag*\"",
            "- ask: 'it''s: fine' # a comment: here",
            "- ask: |-\n    * one: two\n    @three\n- list: x",
            "- image: \"{item.photo}\"",
            "- button: { id: shop, title: \"a: *b*, {c}\", to: categories } # *",
            "words: [menu, 12:30, where is my order]",
            "text: \"two\n  * lines: here\n  and\"\nnext: 1",
            "list: [\n  \"a\", \"b\",\n  *c\n]\nd: e",
            "- -> bag",
            "time: 12:30",
            "url: https://zuri.example/a?b=c",
            "- - nested",
            "\"quoted key\": x",
        ];
        for source in cases {
            assert_eq!(check(source), Vec::<String>::new(), "{source}");
        }
    }
}
