//! Scalars of a YAML flow as the parts of lines: read by the rules of the line grammar, with places in the YAML source.
//!
//! What is plainly a name or a text without live values is taken as it is; the grammar would say the same.

use pest::Parser;
use smol_str::SmolStr;

use super::Reader;
use super::place::Map;
use crate::ast::{Atom, Dest, DestKind, Expr, Literal, LiteralKind, Path, Segment, Text, Time, TypeExpr};
use crate::diagnostic::Diagnostic;
use crate::layout::is_space;
use crate::line::MAX_LINE_BYTES;
use crate::line::grammar::{LineParser, Rule};
use crate::line::parts::{Parts, Place, target};
use crate::lines::{MAX_TEXT_LINES, bad_name, is_name, live_values};
use crate::span::{Name, Span, Spanned};
use crate::yaml::tree::{Entry, Node, Scalar, Style};

fn too_long(node: &Node, message: String) -> Diagnostic {
    Diagnostic::new(22, node.span, message).help("Send less at once; nobody reads so much in a chat.")
}

/// `None` always means that the finding was told.
impl Reader<'_> {
    fn scalar<'n>(&mut self, node: &'n Node, what: &str, wanted: &str) -> Option<&'n Scalar> {
        match node.scalar() {
            Some(scalar) if !node.is_empty() => Some(scalar),
            Some(_) => {
                self.tell(
                    Diagnostic::new(22, node.span, format!("`{what}` has no value."))
                        .help(format!("It takes {wanted}.")),
                );
                None
            }
            None => {
                self.tell(Diagnostic::new(22, node.span, format!("`{what}` should be {wanted}.")));
                None
            }
        }
    }

    /// A scalar without escapes, and where its first byte stands.
    fn word<'n>(&mut self, node: &'n Node, what: &str, wanted: &str) -> Option<(&'n str, Place)> {
        let scalar = self.scalar(node, what, wanted)?;
        match self.map(node, scalar) {
            Map::Straight(offset) => Some((&scalar.text, Place { file: self.file, offset })),
            Map::Bent(_) => {
                let finding = Diagnostic::new(22, node.span, format!("`{what}` should be {wanted}, on one line."));
                self.tell(finding);
                None
            }
        }
    }

    fn map(&self, node: &Node, scalar: &Scalar) -> Map {
        Map::of(self.source, node.span, scalar)
    }

    pub(super) fn name(&mut self, node: &Node, what: &str) -> Option<Name> {
        let (text, place) = self.word(node, what, "a name")?;
        if is_name(text) {
            return Some(Spanned::new(SmolStr::new(text), place.span(0, text.len())));
        }
        self.tell(bad_name(place, 0, text));
        None
    }

    /// The key of an entry as a name.
    pub(super) fn key(&mut self, entry: &Entry) -> Option<Name> {
        if is_name(&entry.key.value) {
            return Some(self.bare_key(entry));
        }
        let place = Place { file: self.file, offset: self.bare_key(entry).span.range().start };
        self.tell(bad_name(place, 0, &entry.key.value));
        None
    }

    /// The key without its quotes.
    pub(super) fn bare_key(&self, entry: &Entry) -> Name {
        let mut span = entry.key.span;
        let quoted = span.range().len() == entry.key.value.len() + 2;
        if quoted {
            span = Span { start: span.start + 1, end: span.end - 1, ..span };
        }
        Spanned::new(entry.key.value.clone(), span)
    }

    /// A list of names, or a single one.
    pub(super) fn names(&mut self, node: &Node, what: &str) -> Option<Vec<Name>> {
        match node.list() {
            Some(items) => {
                let names: Vec<Option<Name>> = items.iter().map(|item| self.name(item, what)).collect();
                names.into_iter().collect()
            }
            None => self.name(node, what).map(|name| vec![name]),
        }
    }

    pub(super) fn path(&mut self, node: &Node, what: &str) -> Option<Path> {
        let (text, place) = self.word(node, what, "a name")?;
        self.path_at(text, place)
    }

    pub(super) fn path_at(&mut self, text: &str, place: Place) -> Option<Path> {
        if !text.split('.').all(is_name) {
            self.tell(bad_name(place, 0, text));
            return None;
        }
        let mut at = 0;
        let segments = text.split('.').map(|segment| {
            let span = place.span(at, at + segment.len());
            at += segment.len() + 1;
            Spanned::new(SmolStr::new(segment), span)
        });
        Some(Path { segments: segments.collect(), span: place.span(0, text.len()) })
    }

    /// A state, a flow, or one of the reserved places.
    pub(super) fn go(&mut self, node: &Node) -> Option<Dest> {
        if let Some(written) = node.text() {
            let arrow = written.trim_start_matches(['<', '-', '>', '→', '➔', '➜', '↔', '⟷']).trim_start();
            if arrow.len() < written.len() && arrow.split('.').all(is_name) {
                let message = "The YAML form has no arrows: the key says where it goes.";
                let finding = Diagnostic::new(22, node.span, message).help(format!("Write `to: {arrow}`."));
                self.tell(finding.safe_fix("take the arrow away", node.span, arrow));
                return None;
            }
        }
        let path = self.path(node, "to")?;
        let span = path.span;
        target(path).map(|target| Dest { kind: DestKind::Go(target), span })
    }

    pub(super) fn expr(&mut self, node: &Node, what: &str) -> Option<Expr> {
        let scalar = self.scalar(node, what, "an expression, such as `cart.count > 0`")?;
        let map = self.map(node, scalar);
        let text = scalar.text.as_str();
        let trimmed = text.trim_matches(is_space);
        let lead = text.len() - text.trim_start_matches(is_space).len();
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.');
        if !trimmed.is_empty() && trimmed.bytes().all(plain) {
            return Some(Expr { source: SmolStr::new(trimmed), span: map.span(node.span, lead, lead + trimmed.len()) });
        }
        let parsed = LineParser::parse(Rule::expr, trimmed).ok().filter(|pairs| pairs.as_str().len() == trimmed.len());
        let Some(pairs) = parsed else {
            let message = format!("`{what}` can not be read as an expression.");
            let help = "Close every bracket and quote, and leave out colons and arrows.";
            self.tell(Diagnostic::new(22, node.span, message).help(help));
            return None;
        };
        let mut expr = Parts::new(pairs, trimmed, Place { file: self.file, offset: lead }).expr()?;
        expr.span = map.span(node.span, expr.span.range().start, expr.span.range().end);
        Some(expr)
    }

    /// What a customer reads, in one line.
    pub(super) fn text(&mut self, node: &Node, what: &str) -> Option<Text> {
        let scalar = self.readable(node, what)?;
        if scalar.text.trim_end_matches(is_space).contains(['\n', '\r']) {
            let message = format!("`{what}` is one line.");
            self.tell(
                Diagnostic::new(22, node.span, message).help("Only `say`, `ask` and the body of a template have more."),
            );
            return None;
        }
        let map = self.map(node, scalar);
        let text = self.line_of(node, &map, 0, &scalar.text)?;
        if text.segments.is_empty() {
            self.tell(
                Diagnostic::new(22, node.span, format!("`{what}` is empty.")).help("Write what the customer reads."),
            );
            return None;
        }
        Some(text)
    }

    /// A text of one or more lines: one scalar may hold several.
    pub(super) fn text_lines(&mut self, node: &Node, what: &str) -> Option<Vec<Text>> {
        let scalar = self.readable(node, what)?;
        let map = self.map(node, scalar);
        let mut lines = Vec::new();
        let mut at = 0;
        let whole = scalar.text.trim_end_matches(['\n', '\r']);
        for line in whole.split('\n') {
            if lines.len() == MAX_TEXT_LINES {
                self.tell(too_long(node, format!("This text has more than {MAX_TEXT_LINES} lines.")));
                return None;
            }
            lines.push(self.line_of(node, &map, at, line)?);
            at += line.len() + 1;
        }
        Some(lines)
    }

    /// A scalar that is a text. D017 and D018 explain what YAML made of a text without quotes.
    fn readable<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n Scalar> {
        let Some(scalar) = node.scalar() else {
            let written = self.source.get(node.span.range()).unwrap_or_default();
            let one_line = !written.contains('\n');
            let sign = written.chars().next().filter(|sign| matches!(sign, '{' | '['));
            let finding =
                match sign {
                    Some(sign) if one_line => {
                        let message = format!("This text starts with `{sign}`, which YAML reads as something else.");
                        let quoted = crate::yaml::quote(written);
                        Diagnostic::new(17, node.span, message)
                            .help(format!("Put the text in quotes: {quoted}"))
                            .safe_fix("put the text in quotes", node.span, quoted)
                    }
                    Some(_) | None => Diagnostic::new(22, node.span, format!("`{what}` should be a text in quotes.")),
                };
            self.tell(finding);
            return None;
        };
        if scalar.style == Style::Plain {
            self.lost_end(node)?;
        }
        self.scalar(node, what, "a text in quotes")
    }

    /// D018: what looks like the end of the text is a comment to YAML.
    fn lost_end(&mut self, node: &Node) -> Option<()> {
        let end = node.span.range().end;
        let rest = self.source.get(end..)?;
        let line = rest[..rest.find(['\n', '\r']).unwrap_or(rest.len())].trim_end();
        if !line.trim_start().starts_with('#') || !line.starts_with([' ', '\t']) {
            return Some(());
        }
        let span = Span::new(self.file, node.span.range().start, end + line.len());
        let whole = self.source.get(span.range())?;
        let quoted = crate::yaml::quote(whole);
        let lost = line.trim_start();
        let finding = Diagnostic::new(18, span, format!("Text after ` #` would be lost: `{lost}`."))
            .help(format!("Put the text in quotes: {quoted} A comment stands on a line of its own."));
        self.tell(finding.fix("put the text in quotes", span, quoted));
        None
    }

    /// One line of a scalar's text, which begins at byte `at` of it, cut at its live values.
    fn line_of(&mut self, node: &Node, map: &Map, at: usize, line: &str) -> Option<Text> {
        let trimmed = line.trim_start_matches(is_space);
        let start = at + line.len() - trimmed.len();
        if !trimmed.contains(['{', '\\']) {
            let trimmed = trimmed.trim_end_matches(is_space);
            let segments = (!trimmed.is_empty()).then(|| Segment::Literal(SmolStr::new(trimmed)));
            let span = map.span(node.span, start, start + trimmed.len());
            return Some(Text { segments: segments.into_iter().collect(), span });
        }
        if trimmed.len() > MAX_LINE_BYTES {
            self.tell(too_long(node, format!("This text has a line of more than {} KiB.", MAX_LINE_BYTES / 1024)));
            return None;
        }
        let parsed = LineParser::parse(Rule::text, trimmed).ok().filter(|pairs| pairs.as_str().len() == trimmed.len());
        let text = parsed.and_then(|pairs| Parts::new(pairs, trimmed, Place { file: self.file, offset: start }).text());
        match text {
            Some(mut text) => {
                map.move_text(&mut text, node.span);
                Some(text)
            }
            None => {
                self.tell(not_live(map, node, trimmed, start));
                None
            }
        }
    }

    pub(super) fn time(&mut self, node: &Node, what: &str) -> Option<Time> {
        let (text, place) = self.word(node, what, "a length of time, such as `23 hours`")?;
        let parsed = LineParser::parse(Rule::time, text).ok().filter(|pairs| pairs.as_str().len() == text.len());
        let time = parsed.and_then(|pairs| Parts::new(pairs, text, place).time());
        if time.is_none() {
            self.not_a_time(text, node.span);
        }
        time
    }

    pub(super) fn keep(&mut self, node: &Node, what: &str) -> Option<Spanned<crate::ast::Duration>> {
        let (text, place) = self.word(node, what, "a length of time, such as `1 year`")?;
        let parsed = LineParser::parse(Rule::long_time, text).ok().filter(|pairs| pairs.as_str().len() == text.len());
        let duration = parsed.and_then(|pairs| Parts::new(pairs, text, place).duration());
        if duration.is_none() {
            self.not_a_time(text, node.span);
        }
        duration
    }

    fn not_a_time(&mut self, text: &str, span: Span) {
        let number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let finding = if number {
            Diagnostic::new(407, span, format!("`{text}` needs a unit."))
                .help(format!("Write `{text} minutes`, `{text} hours` or `{text} days`."))
        } else {
            Diagnostic::new(22, span, format!("`{text}` is not a length of time."))
                .help("Write it out: `30 minutes`, `23 hours`, `3 days`; or the name of a rule.")
        };
        self.tell(finding);
    }

    pub(super) fn type_expr(&mut self, node: &Node, what: &str) -> Option<TypeExpr> {
        let (text, place) = self.word(node, what, "a type, such as `text` or `list of order`")?;
        let parsed = LineParser::parse(Rule::ty, text).ok().filter(|pairs| pairs.as_str().len() == text.len());
        let ty = parsed.and_then(|pairs| Parts::new(pairs, text, place).type_expr());
        if ty.is_none() {
            let message = format!("`{text}` is not a type.");
            let help = "A type is a name such as `text` or `product`, `list of order`, or `one of s, m, l`.";
            self.tell(Diagnostic::new(22, node.span, message).help(help));
        }
        ty
    }

    pub(super) fn literal(&mut self, node: &Node, what: &str) -> Option<Literal> {
        let scalar = self.scalar(node, what, "a value")?;
        let text = scalar.text.trim_matches(is_space);
        let kind = LineParser::parse(Rule::constant, text)
            .ok()
            .filter(|pairs| pairs.as_str().len() == text.len())
            .and_then(|pairs| Parts::new(pairs, text, Place { file: self.file, offset: 0 }).literal())
            .map_or_else(|| LiteralKind::Text(SmolStr::new(text)), |literal| literal.kind);
        Some(Literal { kind, span: node.span })
    }

    pub(super) fn atom(&mut self, node: &Node, what: &str) -> Option<Atom> {
        let (text, place) = self.word(node, what, "a number or a name")?;
        let parsed = LineParser::parse(Rule::atom, text).ok().filter(|pairs| pairs.as_str().len() == text.len());
        let atom = parsed.and_then(|pairs| Parts::new(pairs, text, place).atom());
        if atom.is_none() {
            self.tell(Diagnostic::new(22, node.span, format!("`{what}` should be a whole number or a name.")));
        }
        atom
    }

    pub(super) fn count(&mut self, node: &Node, what: &str) -> Option<u32> {
        let (text, _) = self.word(node, what, "a whole number")?;
        let count = text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()) && text.len() <= 9);
        if count.is_none() {
            self.tell(Diagnostic::new(22, node.span, format!("`{what}` should be a whole number.")));
        }
        count
    }

    /// `true` or `false`; `None` only after a finding.
    pub(super) fn flag(&mut self, node: &Node, what: &str) -> Option<bool> {
        match node.text() {
            Some("true" | "yes") => Some(true),
            Some("false" | "no") => Some(false),
            Some(_) | None => {
                self.tell(Diagnostic::new(22, node.span, format!("`{what}` should be `true` or left out.")));
                None
            }
        }
    }

    /// A word that a rule of the grammar describes: a language, a currency, a time zone.
    pub(super) fn code(&mut self, node: &Node, what: &str, rule: Rule, wanted: &str) -> Option<Name> {
        let (text, place) = self.word(node, what, wanted)?;
        let reads = LineParser::parse(rule, text).is_ok_and(|pairs| pairs.as_str().len() == text.len());
        if !reads {
            self.tell(Diagnostic::new(22, node.span, format!("`{what}` should be {wanted}.")));
        }
        reads.then(|| Spanned::new(SmolStr::new(text), place.span(0, text.len())))
    }

    /// One phrase that customers write.
    pub(super) fn phrase(&mut self, node: &Node) -> Option<Spanned<SmolStr>> {
        let scalar = self.scalar(node, "words", "a list of words")?;
        let text = scalar.text.trim();
        if text.contains([',', '،', '\n', '\r']) || text.is_empty() {
            let message = "Each word or phrase stands for itself; a comma can not be part of it.";
            self.tell(Diagnostic::new(22, node.span, message).help("Write `[menu, start, where is my order]`."));
            return None;
        }
        Some(Spanned::new(SmolStr::new(text), node.span))
    }
}

fn not_live(map: &Map, node: &Node, text: &str, start: usize) -> Diagnostic {
    let place = Place { file: node.span.file, offset: start };
    let fallback = || Diagnostic::new(22, node.span, "This text can not be read.").help("Compare its `{` and `}`.");
    let Some(mut finding) = live_values(place, text) else { return fallback() };
    let moved = |span: Span| map.span(node.span, span.range().start, span.range().end);
    finding.span = moved(finding.span);
    if let (Some(fix), Map::Straight(_)) = (&mut finding.fix, map) {
        fix.edits.iter_mut().for_each(|edit| edit.span = moved(edit.span));
    } else {
        finding.fix = None;
    }
    finding
}
