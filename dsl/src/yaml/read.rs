//! Reads a flow in its YAML form into the same lines as the line form: item N of a state is line N of the state.
//!
//! Never fails: an item that can not be read becomes [`LineKind::Broken`] and one diagnostic; its neighbours are read.

mod blocks;
mod comments;
mod items;
mod place;
mod scalar;

use smol_str::SmolStr;

use super::keys;
use super::tree::{self, Entry, Node, Value};
use crate::ast::{Document, Form, Line, LineKind};
use crate::diagnostic::{Diagnostic, nearest};
use crate::span::{FileId, Span};

/// After so many findings a file is not a flow.
const MAX_FINDINGS: usize = 500;

/// Reads `text` as the lines of a flow. Spans are byte ranges of `text` in `file`.
pub fn read(file: FileId, text: &str) -> (Document, Vec<Diagnostic>) {
    let (tree, diagnostics) = tree::parse(file, text);
    let mut reader = Reader { file, source: text, lines: Vec::with_capacity(text.len() / 50), diagnostics };
    reader.hidden();
    if let Some(root) = &tree.root {
        reader.file(root);
    }
    if let Some(span) = tree.broken {
        let at = reader.lines.partition_point(|line| line.span.start <= span.start);
        let line = reader.broken(span);
        reader.lines.insert(at, line);
    }
    let mut lines = reader.lines;
    let trailing = comments::attach(text, tree.comments, &mut lines);
    header_first(&mut lines);
    (Document { form: Form::Yaml, lines, trailing }, reader.diagnostics)
}

/// Keys may stand in any order; the lines of the header come first.
fn header_first(lines: &mut [Line]) {
    let is_block = |line: &Line| crate::ownership::role(&line.kind) != crate::ownership::Role::Header;
    if !lines.is_sorted_by_key(is_block) {
        let has_broken = lines.iter().any(|line| matches!(line.kind, LineKind::Broken(_)));
        if !has_broken {
            lines.sort_by_key(is_block);
        }
    }
}

struct Reader<'a> {
    file: FileId,
    source: &'a str,
    lines: Vec<Line>,
    diagnostics: Vec<Diagnostic>,
}

impl<'a> Reader<'a> {
    fn tell(&mut self, finding: Diagnostic) {
        if self.diagnostics.len() < MAX_FINDINGS {
            self.diagnostics.push(finding);
        }
    }

    /// D012 anywhere in the file.
    fn hidden(&mut self) {
        if self.source.is_ascii() {
            return;
        }
        let mut at = 0;
        for line in self.source.split_inclusive('\n') {
            if !line.is_ascii()
                && let Some(finding) = crate::lines::hidden(self.file, at, line)
            {
                self.tell(finding);
            }
            at += line.len();
        }
    }

    fn push(&mut self, keyword: Span, span: Span, kind: LineKind) {
        let whole = self.line_span(keyword.to(span));
        self.lines.push(Line { comments: Vec::new(), kind, span: whole, keyword, indent: None });
    }

    /// A span without what stands on further lines.
    fn line_span(&self, span: Span) -> Span {
        let written = self.source.get(span.range()).unwrap_or_default();
        let end = written.find(['\n', '\r']).unwrap_or(written.len());
        let length = written[..end].trim_end().len();
        Span::new(self.file, span.range().start, span.range().start + length)
    }

    fn broken(&self, span: Span) -> Line {
        let whole = self.line_span(span);
        let text = SmolStr::new(self.source.get(whole.range()).unwrap_or_default());
        Line { comments: Vec::new(), kind: LineKind::Broken(text), span: whole, keyword: whole, indent: None }
    }

    fn push_broken(&mut self, span: Span) {
        let line = self.broken(span);
        self.lines.push(line);
    }

    /// The entries of a map; an absent value has none.
    fn entries<'n>(&mut self, node: &'n Node, what: &str, example: &str) -> &'n [Entry] {
        match &node.value {
            Value::Map(entries) => entries,
            Value::Scalar(_) if node.is_empty() => &[],
            Value::Scalar(_) | Value::List(_) => {
                let finding =
                    Diagnostic::new(22, self.line_span(node.span), format!("{what} holds lines like `{example}`."));
                self.tell(finding.help("Write each on a line of its own below, two spaces further to the right."));
                self.push_broken(node.span);
                &[]
            }
        }
    }

    fn items<'n>(&mut self, node: &'n Node, what: &str, example: &str) -> &'n [Node] {
        match &node.value {
            Value::List(items) => items,
            Value::Scalar(_) if node.is_empty() => &[],
            Value::Scalar(_) | Value::Map(_) => {
                let finding = Diagnostic::new(22, self.line_span(node.span), format!("{what} holds a list."));
                self.tell(finding.help(format!("Start every line of it with `- `, for example `{example}`.")));
                self.push_broken(node.span);
                &[]
            }
        }
    }

    /// Whether the keys of a map are all known; each other one is told.
    fn known(&mut self, entries: &[Entry], known: &[&str], what: &str) -> bool {
        let before = self.diagnostics.len();
        for (index, entry) in entries.iter().enumerate() {
            let key = entry.key.value.as_str();
            if known.contains(&key) || key == "<<" {
                continue;
            }
            if let Some(finding) = self.cut_by_comma(entries, index) {
                self.tell(finding);
                continue;
            }
            let finding = Diagnostic::new(3, entry.key.span, format!("{what} has no `{key}`."));
            let finding = match nearest(key, known.iter().copied()) {
                Some(_) => finding.did_you_mean(key, known.iter().copied()),
                None => finding.help(format!("It may have: {}.", known.join(", "))),
            };
            self.tell(finding);
        }
        self.diagnostics.len() == before
    }

    /// `{ title: Yes, please, to: x }`: the comma ended the text.
    fn cut_by_comma(&self, entries: &[Entry], index: usize) -> Option<Diagnostic> {
        let entry = &entries[index];
        let before = entries.get(index.checked_sub(1)?)?;
        let text = before.value.scalar()?;
        if !entry.value.is_empty() || text.style != tree::Style::Plain {
            return None;
        }
        let span = before.value.span.to(entry.key.span);
        let quoted = super::quote(self.source.get(span.range())?);
        let message = format!("The comma ends this text; `{}` is not part of it.", entry.key.value);
        Some(Diagnostic::new(17, span, message).help(format!("Put the text in quotes: {quoted}")).safe_fix(
            "put the text in quotes",
            span,
            quoted,
        ))
    }

    fn file(&mut self, root: &Node) {
        let entries = self.entries(root, "A flow", "start: welcome");
        for entry in entries {
            let key = entry.key.value.as_str();
            if keys::TOP.contains(&key) {
                self.block(entry);
                continue;
            }
            let single = [("phrase", "phrases"), ("form", "forms"), ("group", "groups"), ("state", "states")];
            let plural = single.iter().chain(&[("template", "templates"), ("experiment", "experiments")]);
            let meant = plural.into_iter().find(|(single, _)| *single == key).map(|(_, plural)| *plural);
            let span = entry.key.span;
            let finding = Diagnostic::new(3, span, format!("A flow has no `{key}`."));
            let finding = match meant {
                Some(plural) => {
                    finding.help(format!("Did you mean `{plural}`?")).fix(format!("write `{plural}`"), span, plural)
                }
                None if nearest(key, keys::TOP.iter().copied()).is_some() => {
                    finding.did_you_mean(key, keys::TOP.iter().copied())
                }
                None => finding.help(format!("It may have: {}.", keys::TOP.join(", "))),
            };
            self.tell(finding);
            self.push_broken(span.to(entry.value.span));
        }
    }
}
