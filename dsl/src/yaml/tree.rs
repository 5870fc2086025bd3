//! Any bytes of YAML as a tree in which every scalar is a string with its place and its style.
//!
//! Nothing is expanded: anchors, aliases, tags, merge keys and further documents are refused by name, so a small file
//! stays a small tree. Knows nothing about what the values mean.

use std::borrow::Cow;

use serde_yaml::granit_parser::{self as granit, Event, Parser, ScalarStyle, StructureStyle};
use smol_str::SmolStr;

use super::MAX_FILE_BYTES;
use crate::diagnostic::Diagnostic;
use crate::span::{FileId, Span, Spanned};

/// Deeper than any file of ours needs: a list of a template's buttons is the eighth level.
const MAX_DEPTH: usize = 32;
/// A file of 256 KiB that holds more than one value in two bytes is no file of ours.
const MAX_NODES: usize = 64 * 1024;
const MAX_KEY_LETTERS: usize = 1024;
/// After so many places that are not YAML the rest is left out.
const MAX_BROKEN_PLACES: usize = 5;
/// A file with more to say than this is not what it says it is.
const MAX_FINDINGS: usize = 200;

/// A value and where it stands. The span of a quoted text includes its quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    pub value: Value,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    Scalar(Scalar),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// A text as YAML means it, whatever it looks like: `no`, `12:30` and `0712` are those letters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scalar {
    pub text: SmolStr,
    pub style: Style,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Without quotes; an absent value is an empty plain text.
    Plain,
    Single,
    Double,
    /// `|` or `>`.
    Block,
}

/// One `key: value`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub key: Spanned<SmolStr>,
    pub value: Node,
}

/// What a file holds, as far as it could be read.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    /// `None` for an empty file.
    pub root: Option<Node>,
    /// All comments in file order, with their `#`.
    pub comments: Vec<Spanned<SmolStr>>,
    /// The first place that is not YAML; the lines there are left out.
    pub broken: Option<Span>,
}

impl Node {
    /// An absent value: `key:` with nothing behind it.
    pub fn is_empty(&self) -> bool {
        match &self.value {
            Value::Scalar(scalar) => scalar.text.is_empty() && scalar.style == Style::Plain,
            Value::List(_) | Value::Map(_) => false,
        }
    }

    pub fn scalar(&self) -> Option<&Scalar> {
        match &self.value {
            Value::Scalar(scalar) => Some(scalar),
            Value::List(_) | Value::Map(_) => None,
        }
    }

    pub fn text(&self) -> Option<&str> {
        self.scalar().map(|scalar| scalar.text.as_str())
    }

    pub fn list(&self) -> Option<&[Node]> {
        match &self.value {
            Value::List(items) => Some(items),
            Value::Scalar(_) | Value::Map(_) => None,
        }
    }

    pub fn map(&self) -> Option<&[Entry]> {
        match &self.value {
            Value::Map(entries) => Some(entries),
            Value::Scalar(_) | Value::List(_) => None,
        }
    }

    /// The value of a key of this map.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.map()?.iter().find(|entry| entry.key.value == key).map(|entry| &entry.value)
    }
}

/// Reads `text`. Spans are byte ranges of `text` in `file`; what is wrong is told, and what was read before it is kept.
pub fn parse(file: FileId, text: &str) -> (Tree, Vec<Diagnostic>) {
    if text.len() > MAX_FILE_BYTES {
        let size = text.len().div_ceil(1024);
        let finding = Diagnostic::new(
            21,
            Span::new(file, 0, 0),
            format!("This file has {size} KiB; Duka reads files of up to 256 KiB."),
        )
        .help("Split it into several files.");
        return (Tree::default(), vec![finding]);
    }
    let scan = super::traps::scan(file, text);
    let tabs = scan.diagnostics.iter().any(|found| found.code.0 == 16);
    let mut diagnostics = scan.diagnostics;
    let mut source = scan.mended.map_or(Cow::Borrowed(text), Cow::Owned);
    let mut broken = None;
    for _ in 0..MAX_BROKEN_PLACES {
        let mut builder = Builder::new(file, &source);
        let stopped = builder.run();
        let (mut tree, found) = builder.finish();
        broken = broken.or(tree.broken);
        tree.broken = broken;
        let Some(error) = stopped else {
            diagnostics.extend(found);
            return (tree, diagnostics);
        };
        // With tabs, the structure of the rest is anybody's guess.
        let place = error.span.range();
        if !tabs {
            diagnostics.push(error);
        }
        match super::syntax::without(&source, place) {
            Some(rest) => source = Cow::Owned(rest),
            None => return (tree, diagnostics),
        }
    }
    let mut builder = Builder::new(file, &source);
    builder.run();
    let (mut tree, _) = builder.finish();
    tree.broken = broken;
    (tree, diagnostics)
}

/// A list or map that is not closed yet.
struct Open {
    start: usize,
    items: Items,
}

enum Items {
    List(Vec<Node>),
    Map { entries: Vec<Entry>, key: Option<Spanned<SmolStr>> },
}

struct Builder<'a> {
    file: FileId,
    source: &'a str,
    open: Vec<Open>,
    nodes: usize,
    documents: usize,
    /// The end of the last value, to end a list or map where its last item ends.
    last_end: usize,
    tree: Tree,
    diagnostics: Vec<Diagnostic>,
}

impl<'a> Builder<'a> {
    /// Reads to the end, or to the first place that is not YAML, which is returned.
    fn run(&mut self) -> Option<Diagnostic> {
        let options = granit::options! {
            flow_nesting_limit: MAX_DEPTH,
            block_nesting_limit: MAX_DEPTH,
            simple_key_max_lookahead: MAX_KEY_LETTERS,
            max_buffered_comment_events: MAX_FILE_BYTES,
            emit_unresolved_aliases: true,
        };
        for event in Parser::new_from_str_with_options(self.source, options) {
            match event {
                Ok((event, span)) => {
                    if !self.take(event, span) {
                        return None;
                    }
                }
                Err(error) => return Some(self.stop(&error)),
            }
        }
        None
    }

    fn new(file: FileId, source: &'a str) -> Builder<'a> {
        Builder {
            file,
            source,
            open: Vec::new(),
            nodes: 0,
            documents: 0,
            last_end: 0,
            tree: Tree::default(),
            diagnostics: Vec::new(),
        }
    }

    /// Takes one event of the parser; `false` stops reading.
    fn take(&mut self, event: Event<'_>, at: granit::Span) -> bool {
        let start = at.start.byte_offset().unwrap_or(0);
        let end = at.end.byte_offset().unwrap_or(start);
        match event {
            Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => true,
            Event::DocumentStart(..) => self.document(start, end),
            Event::Comment(text, _) => {
                let comment = SmolStr::new(format!("#{}", text.trim_end()));
                self.tree.comments.push(Spanned::new(comment, self.span(start, end)));
                true
            }
            Event::Scalar(text, style, anchor, tag) => {
                self.properties(anchor, tag.is_some(), start);
                let style = match style {
                    ScalarStyle::Plain => Style::Plain,
                    ScalarStyle::SingleQuoted => Style::Single,
                    ScalarStyle::DoubleQuoted => Style::Double,
                    ScalarStyle::Literal | ScalarStyle::Folded => Style::Block,
                };
                self.last_end = end;
                // The parser gives an absent value as `~`.
                let text = if start == end { SmolStr::default() } else { SmolStr::new(text) };
                self.place(Node { value: Value::Scalar(Scalar { text, style }), span: self.span(start, end) })
            }
            Event::SequenceStart(style, anchor, tag) => {
                self.properties(anchor, tag.is_some(), start);
                self.opened(style, start, end, Items::List(Vec::new()))
            }
            Event::MappingStart(style, anchor, tag) => {
                self.properties(anchor, tag.is_some(), start);
                self.opened(style, start, end, Items::Map { entries: Vec::new(), key: None })
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(start, end),
            Event::Alias(_) | Event::UnresolvedAlias(_) => {
                self.refuse(start, end, "An alias");
                self.last_end = end;
                let text = SmolStr::new(self.source.get(start..end).unwrap_or_default());
                let value = Value::Scalar(Scalar { text, style: Style::Plain });
                self.place(Node { value, span: self.span(start, end) })
            }
            _ => true,
        }
    }

    fn tell(&mut self, finding: Diagnostic) {
        if self.diagnostics.len() < MAX_FINDINGS {
            self.diagnostics.push(finding);
        }
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.file, start, end)
    }

    fn document(&mut self, start: usize, end: usize) -> bool {
        self.documents += 1;
        if self.documents == 1 {
            return true;
        }
        let finding =
            Diagnostic::new(20, self.span(start, end), "A second YAML document begins here; a file of Duka holds one.");
        self.tell(finding.help("Move the rest into a file of its own, or take the `---` away."));
        false
    }

    fn properties(&mut self, anchor: usize, tagged: bool, start: usize) {
        if anchor > 0 || tagged {
            let line_start = self.source.get(..start).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
            let before = self.source.get(line_start..start).unwrap_or_default();
            let sign = if anchor > 0 { '&' } else { '!' };
            let from = before.rfind(sign).map_or(start, |at| line_start + at);
            self.refuse(from, start.max(from + 1), if anchor > 0 { "An anchor" } else { "A tag" });
        }
    }

    fn refuse(&mut self, start: usize, end: usize, what: &str) {
        let shown = self.source.get(start..end).unwrap_or_default().trim();
        let message = format!("{what} of YAML (`{shown}`) is not used in Duka.");
        let finding = Diagnostic::new(20, self.span(start, end), message);
        self.tell(finding.help("Write the value out, or put a text in quotes."));
    }

    fn opened(&mut self, style: StructureStyle, start: usize, end: usize, items: Items) -> bool {
        if style == StructureStyle::Flow {
            self.last_end = end;
        }
        self.open.push(Open { start, items });
        true
    }

    fn close(&mut self, start: usize, end: usize) -> bool {
        let Some(open) = self.open.pop() else { return true };
        // A closing bracket is a token; the end of a block is nothing.
        if end > start {
            self.last_end = end;
        }
        let value = match open.items {
            Items::List(items) => Value::List(items),
            Items::Map { entries, .. } => {
                self.duplicates(&entries);
                Value::Map(entries)
            }
        };
        let span = self.span(open.start, self.last_end.max(open.start));
        self.place(Node { value, span })
    }

    fn place(&mut self, node: Node) -> bool {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            let message = "This file holds far more values than a shop needs; the rest of it is left out.";
            self.tell(Diagnostic::new(21, node.span, message).help("Split it into several files."));
            self.tree.broken = Some(node.span);
            return false;
        }
        match self.open.last_mut().map(|open| &mut open.items) {
            None => self.tree.root = Some(node),
            Some(Items::List(items)) => items.push(node),
            Some(Items::Map { entries, key }) => match key.take() {
                Some(name) => entries.push(Entry { key: name, value: node }),
                None => {
                    let name = node.text().map(SmolStr::new);
                    *key = Some(Spanned::new(name.clone().unwrap_or_default(), node.span));
                    self.check_key(name.as_deref(), node.span);
                }
            },
        }
        true
    }

    fn check_key(&mut self, name: Option<&str>, span: Span) {
        match name {
            Some("<<") => {
                let finding = Diagnostic::new(20, span, "The merge key `<<` of YAML is not used in Duka.");
                self.tell(finding.help("Write the values out."));
            }
            Some(_) => {}
            None => {
                let message = "What stands before this colon is a list or a map, where a name belongs.";
                self.tell(Diagnostic::new(17, span, message).help("If it is a text, put it in quotes."));
            }
        }
    }

    fn duplicates(&mut self, entries: &[Entry]) {
        let mut order: Vec<usize> = (0..entries.len()).collect();
        order.sort_by_key(|index| (&entries[*index].key.value, *index));
        for pair in order.windows(2) {
            let (first, second) = (&entries[pair[0]].key, &entries[pair[1]].key);
            if first.value != second.value || first.value == "<<" {
                continue;
            }
            let message = format!("The key `{}` appears twice; YAML would keep only the last.", first.value);
            self.tell(
                Diagnostic::new(19, second.span, message)
                    .label(first.span, "first written here")
                    .help("Rename one, or make one of them."),
            );
        }
    }

    fn stop(&mut self, error: &granit::ScanError) -> Diagnostic {
        let at = error.marker().byte_offset().unwrap_or(self.source.len()).min(self.source.len());
        let span = super::syntax::place(self.file, self.source, at);
        self.tree.broken = Some(span);
        super::syntax::explain(span, error.kind())
    }

    fn finish(mut self) -> (Tree, Vec<Diagnostic>) {
        while !self.open.is_empty() {
            let end = self.last_end;
            if let Some(Open { items: Items::Map { entries, key }, .. }) = self.open.last_mut()
                && let Some(key) = key.take()
            {
                let value = Value::Scalar(Scalar { text: SmolStr::default(), style: Style::Plain });
                entries.push(Entry { value: Node { value, span: Span::new(self.file, end, end) }, key });
            }
            self.close(end, end);
        }
        self.tree.comments.sort_by_key(|comment| comment.span.start);
        (self.tree, self.diagnostics)
    }
}

#[cfg(test)]
mod tests {
    use super::{Node, Value, parse};
    use crate::span::FileId;

    fn shown(node: &Node, source: &str, out: &mut String) {
        match &node.value {
            Value::Scalar(scalar) => {
                out.push_str(&format!("{:?}={}", scalar.style, scalar.text));
                let written = &source[node.span.range()];
                if written != scalar.text {
                    out.push_str(&format!("<{written}>"));
                }
            }
            Value::List(items) => {
                out.push('[');
                items.iter().for_each(|item| {
                    shown(item, source, out);
                    out.push(' ');
                });
                out.push(']');
            }
            Value::Map(entries) => {
                out.push('{');
                for entry in entries {
                    out.push_str(&source[entry.key.span.range()]);
                    out.push(':');
                    shown(&entry.value, source, out);
                    out.push(' ');
                }
                out.push('}');
            }
        }
    }

    fn check(source: &str) -> (String, Vec<String>) {
        let (tree, diagnostics) = parse(FileId(0), source);
        let mut out = String::new();
        if let Some(root) = &tree.root {
            shown(root, source, &mut out);
        }
        for comment in &tree.comments {
            out.push_str(&format!(" {}", comment.value));
        }
        let said = diagnostics.iter().map(|found| {
            format!("{} `{}` {}", found.code, source.get(found.span.range()).unwrap_or("?"), found.message)
        });
        (out, said.collect())
    }

    #[test]
    fn every_scalar_is_a_string_with_its_place() {
        let source = "# é\na: no\nb: 0712\n\"c\": [12:30, 'it''s', \"x\\ny\"] # t\nd: |-\n  é: 1\n\n  two\ne:\nf: { g: 1_000 }\n";
        let (tree, said) = check(source);
        assert_eq!(said, Vec::<String>::new());
        assert_eq!(
            tree,
            "{a:Plain=no b:Plain=0712 \"c\":[Plain=12:30 Single=it's<'it''s'> Double=x\ny<\"x\\ny\"> ] \
             d:Block=é: 1\n\ntwo<é: 1\n\n  two\n> e:Plain= f:{g:Plain=1_000 } } # é # t"
        );
    }

    #[test]
    fn what_duka_does_not_use_is_refused_by_name() {
        let cases = [
            ("a: 1\nb: 2\na: 3\n", "D019 `a` The key `a` appears twice; YAML would keep only the last."),
            ("a:\n  <<: { b: 1 }\n", "D020 `<<` The merge key `<<` of YAML is not used in Duka."),
            ("a: 1\n---\nb: 2\n", "D020 `---` A second YAML document begins here; a file of Duka holds one."),
            (
                "? [a, b]\n: c\n",
                "D017 `[a, b]` What stands before this colon is a list or a map, where a name belongs.",
            ),
        ];
        for (source, wanted) in cases {
            let (_, said) = check(source);
            assert_eq!(said, [wanted], "{source}");
        }
    }

    #[test]
    fn a_syntax_error_is_one_finding_and_the_rest_is_read() {
        let cases = [
            ("a: 1\nb: \"open\nc: \"2\"\n", "D023 `\"open` A quoted text is not closed at the end of its line."),
            ("a: [1, 2\nc: 3\n", "D023 `[1, 2` The `[` is never closed."),
            ("b:\n  - x\n a: 1\nc: 2\n", "D023 `a: 1` This line does not continue what stands above it."),
            ("a: 1\nrubbish\nc: 2\n", "D023 `rubbish` This line does not continue what stands above it."),
            ("a: \"\\q\"\nc: 2\n", "D023 `\"\\q\"` YAML does not know this `\\` in a text."),
            ("a: }\nc: 2\n", "D023 `}` This bracket closes nothing."),
            ("c: \"two\n  lines: of a text\"\n", ""),
            ("c: [\n  a,\n  b\n]\n", ""),
        ];
        for (source, wanted) in cases {
            let (tree, said) = check(source);
            assert_eq!(said, if wanted.is_empty() { vec![] } else { vec![wanted] }, "{source}");
            assert!(tree.contains("c:"), "{tree}");
        }
    }
}
