//! Takes the values of a settings file out of their tree, telling what is unknown, missing or of the wrong kind.

use smol_str::SmolStr;

use crate::ast::{Duration, Unit};
use crate::diagnostic::{Diagnostic, nearest};
use crate::span::{Name, Span, Spanned};
use crate::yaml::tree::{Entry, Node, Tree, Value};

/// A file with more mistakes than this is not what it says it is.
const MAX_FINDINGS: usize = 200;

/// Collects findings while a settings file is taken apart.
pub(super) struct Findings {
    pub(super) list: Vec<Diagnostic>,
    closed: bool,
}

impl Findings {
    /// What was said about a file's YAML comes first. Of a file that is not YAML to its end nothing more is said.
    pub(super) fn after(tree: &Tree, list: Vec<Diagnostic>) -> Findings {
        Findings { list, closed: tree.broken.is_some() }
    }

    pub(super) fn push(&mut self, finding: Diagnostic) {
        if self.list.len() < MAX_FINDINGS && !self.closed {
            self.list.push(finding);
        }
    }

    /// A value of the wrong kind: `wanted` completes "should be …".
    pub(super) fn wrong(&mut self, span: Span, what: &str, wanted: &str) {
        self.push(Diagnostic::new(25, span, format!("`{what}` should be {wanted}.")));
    }

    /// The entries of a map whose keys are fixed; unknown keys are told and left out.
    pub(super) fn fields<'n>(&mut self, node: &'n Node, what: &str, known: &[&str]) -> Vec<&'n Entry> {
        let entries = self.entries(node, what);
        let mut kept = Vec::with_capacity(entries.len());
        for entry in entries {
            if known.contains(&entry.key.value.as_str()) {
                kept.push(entry);
                continue;
            }
            if entry.key.value.trim().is_empty() {
                let finding = Diagnostic::new(24, entry.key.span, "There is no name before this `:`.");
                self.push(finding.help(format!("{what} may have: {}.", known.join(", "))));
                continue;
            }
            let finding = Diagnostic::new(24, entry.key.span, format!("{what} has no `{}`.", entry.key.value));
            self.push(match nearest(&entry.key.value, known.iter().copied()) {
                Some(_) => finding.did_you_mean(&entry.key.value, known.iter().copied()),
                None => finding.help(format!("It may have: {}.", known.join(", "))),
            });
        }
        kept
    }

    /// The entries of a map with names of the author's choice.
    pub(super) fn entries<'n>(&mut self, node: &'n Node, what: &str) -> &'n [Entry] {
        match &node.value {
            Value::Map(entries) => entries,
            Value::Scalar(_) if node.is_empty() => &[],
            Value::Scalar(_) | Value::List(_) => {
                self.push(
                    Diagnostic::new(25, node.span, format!("{what} should hold lines like `name: value`."))
                        .help("Write each value on a line of its own below, a little further to the right."),
                );
                &[]
            }
        }
    }

    pub(super) fn missing(&mut self, span: Span, what: &str, key: &str, example: &str) {
        self.push(
            Diagnostic::new(25, span, format!("{what} needs `{key}`."))
                .help(format!("Add a line such as `{example}`.")),
        );
    }

    pub(super) fn text(&mut self, node: &Node, what: &str) -> Option<Spanned<SmolStr>> {
        match node.scalar() {
            Some(scalar) if !scalar.text.trim().is_empty() => Some(Spanned::new(scalar.text.clone(), node.span)),
            Some(_) | None => {
                self.wrong(node.span, what, "a text");
                None
            }
        }
    }

    /// A name as flows have them.
    pub(super) fn name(&mut self, node: &Node, what: &str) -> Option<Name> {
        let name = self.text(node, what)?;
        if is_name(&name.value) {
            return Some(name);
        }
        let message = format!("A name must be lower-case letters, digits and `_`: `{}`.", name.value);
        self.push(Diagnostic::new(14, name.span, message));
        None
    }

    /// The key of an entry, as a name.
    pub(super) fn key(&mut self, entry: &Entry) -> Option<Name> {
        if is_name(&entry.key.value) {
            return Some(entry.key.clone());
        }
        let message = format!("A name must be lower-case letters, digits and `_`: `{}`.", entry.key.value);
        self.push(Diagnostic::new(14, entry.key.span, message));
        None
    }

    /// The items of a list; a single value counts as a list of one.
    pub(super) fn items<'n>(&mut self, node: &'n Node, what: &str) -> &'n [Node] {
        match &node.value {
            Value::List(items) => items,
            Value::Scalar(_) if node.is_empty() => &[],
            Value::Scalar(_) => std::slice::from_ref(node),
            Value::Map(_) => {
                self.wrong(node.span, what, "a list, such as `[one, two]`");
                &[]
            }
        }
    }

    pub(super) fn names(&mut self, node: &Node, what: &str) -> Vec<Name> {
        let items = self.items(node, what);
        items.iter().filter_map(|item| self.name(item, what)).collect()
    }

    pub(super) fn texts(&mut self, node: &Node, what: &str) -> Vec<Spanned<SmolStr>> {
        let items = self.items(node, what);
        items.iter().filter_map(|item| self.text(item, what)).collect()
    }

    pub(super) fn whole(&mut self, node: &Node, what: &str) -> Option<Spanned<u32>> {
        match node.text().and_then(|text| text.parse().ok()) {
            Some(number) => Some(Spanned::new(number, node.span)),
            None => {
                self.wrong(node.span, what, "a whole number");
                None
            }
        }
    }

    pub(super) fn yes_no(&mut self, node: &Node, what: &str) -> Option<bool> {
        match node.text() {
            Some("true" | "yes") => Some(true),
            Some("false" | "no") => Some(false),
            Some(_) | None => {
                self.wrong(node.span, what, "`true` or `false`");
                None
            }
        }
    }

    pub(super) fn duration(&mut self, node: &Node, what: &str) -> Option<Spanned<Duration>> {
        match node.text().and_then(parse_duration) {
            Some(duration) => Some(Spanned::new(duration, node.span)),
            None => {
                self.wrong(node.span, what, "a length of time, such as `10 seconds` or `90 days`");
                None
            }
        }
    }
}

pub(super) fn is_name(text: &str) -> bool {
    text.starts_with(|letter: char| letter.is_ascii_lowercase())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

/// `10 seconds`, `1 year`
pub(super) fn parse_duration(text: &str) -> Option<Duration> {
    let (amount, unit) = text.trim().split_once(' ')?;
    let unit = match unit.trim() {
        "second" | "seconds" => Unit::Second,
        "minute" | "minutes" => Unit::Minute,
        "hour" | "hours" => Unit::Hour,
        "day" | "days" => Unit::Day,
        "week" | "weeks" => Unit::Week,
        "month" | "months" => Unit::Month,
        "year" | "years" => Unit::Year,
        _ => return None,
    };
    let digits = !amount.is_empty() && amount.len() <= 6 && amount.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| amount.parse().ok()).flatten().map(|amount| Duration { amount, unit })
}
