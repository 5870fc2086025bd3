//! Writes lines as YAML in the one canonical way: texts in double quotes, names bare, an item of one line in braces,
//! comments above what they belong to. Never changes what a line says.

mod items;
mod out;

use crate::ast::{Comment, Document, Line, LineKind, MediaKind};
use crate::ownership::{Role, role};
use items::{bare_name, literal, named, names, path, text, type_expr};
use out::{Item, Out, Pair};

/// `document` as a canonical `*.duka.yaml` file. `None` when a line of it could not be read or stands where no block
/// takes it: what such a line was meant to be is not known, so nothing is written that could lose it.
pub fn print(document: &Document) -> Option<String> {
    if document.lines.iter().any(|line| matches!(line.kind, LineKind::Broken(_))) {
        return None;
    }
    let lines = crate::print::canonical(&document.lines);
    let mut cursor = Cursor { lines: &lines, at: 0, misplaced: false };
    let mut file = File::default();
    while let Some(line) = cursor.next() {
        file.block(line, &mut cursor);
    }
    if cursor.misplaced {
        return None;
    }
    let mut out = String::new();
    out::map(&file.pairs, &mut out);
    out::trailing(&document.trailing, &mut out);
    Some(out)
}

/// The lines that are not written yet.
struct Cursor<'a> {
    lines: &'a [&'a Line],
    at: usize,
    /// A line was met that no block takes.
    misplaced: bool,
}

impl<'a> Cursor<'a> {
    fn peek(&self) -> Option<&'a Line> {
        self.lines.get(self.at).copied()
    }

    fn next(&mut self) -> Option<&'a Line> {
        let line = self.peek()?;
        self.at += 1;
        Some(line)
    }

    /// The items of a block, one pair each.
    fn pairs(&mut self, pair: impl Fn(&LineKind) -> Option<Pair>) -> Vec<Pair> {
        let mut pairs = Vec::new();
        while let Some(line) = self.peek()
            && let Some(pair) = pair(&line.kind)
        {
            self.at += 1;
            pairs.push(pair.under(&line.comments));
        }
        pairs
    }
}

/// The key of an item.
fn key(kind: &LineKind) -> &str {
    match kind {
        LineKind::On { .. } => "event",
        _ => crate::ownership::word(kind),
    }
}

/// The keys of the file so far.
#[derive(Default)]
struct File {
    pairs: Vec<Pair>,
    /// How many stretches of ungrouped states were begun by `group none`.
    ungrouped: usize,
}

impl File {
    fn block(&mut self, line: &Line, cursor: &mut Cursor<'_>) {
        use LineKind as K;
        match &line.kind {
            K::Duka(_) | K::Flow(_) | K::Start(_) | K::Languages(_) | K::Currency(_) | K::Timezone(_) => {
                self.header(line);
            }
            K::Takes(name, ty) => self.entry("takes", false, line, Pair::new(name.as_str(), type_expr(ty))),
            K::Gives(_) => self.header(line),
            K::Use(flow) => self.used(line, path(flow)),
            K::Rules => {
                let rule = |kind: &LineKind| match kind {
                    K::Rule { name, value } => Some(Pair::new(name.as_str(), literal(value))),
                    _ => None,
                };
                self.declarations("rules", line, cursor.pairs(rule));
            }
            K::Remember { customer } => {
                let key = if *customer { "remember_customer" } else { "remember" };
                self.declarations(key, line, cursor.pairs(memory));
            }
            K::Words => {
                let set = |kind: &LineKind| match kind {
                    K::WordSet { name, phrases } => Some(Pair::new(name.as_str(), names(phrases))),
                    _ => None,
                };
                self.declarations("words", line, cursor.pairs(set));
            }
            K::Consent { name, purpose } => {
                self.entry("consent", false, line, Pair::new(name.as_str(), text(purpose)));
            }
            K::Experiment { name, arms } => {
                self.entry("experiments", false, line, Pair::new(name.as_str(), names(arms)));
            }
            K::Phrase { name, parameter } => {
                let mut pairs = vec![named("param", parameter)];
                pairs.extend(cursor.pairs(|kind| match kind {
                    K::PhraseForm { plural, text: words } => {
                        Some(Pair::new(crate::print::plural(plural.value), text(words)))
                    }
                    _ => None,
                }));
                self.entry("phrases", false, line, Pair::new(name.as_str(), Out::FlowMap(pairs)));
            }
            K::Form(name) => {
                let form = form(cursor);
                self.entry("forms", true, line, Pair::new(name.as_str(), Out::Map(form)).apart());
            }
            K::Anywhere => {
                let items = cursor.items(false);
                self.pairs.push(Pair::new("anywhere", Out::List(items)).under(&line.comments).apart());
            }
            K::Group(name) => {
                let name = name.as_str().to_string();
                self.group(&name, line, cursor);
            }
            K::State { .. } => {
                let pair = state(line, cursor);
                self.entry("states", true, line, pair);
            }
            K::Follow(name) => {
                let items = cursor.items(false);
                self.entry("follow", true, line, Pair::new(name.as_str(), Out::List(items)).apart());
            }
            K::Template { .. } => {
                let pair = template(line, cursor);
                self.entry("templates", true, line, pair);
            }
            _ => cursor.misplaced = true,
        }
    }

    fn header(&mut self, line: &Line) {
        use LineKind as K;
        let value = match &line.kind {
            K::Duka(version) => Out::Bare(version.value.to_string()),
            K::Flow(name) | K::Start(name) | K::Gives(name) => bare_name(name),
            K::Currency(code) | K::Timezone(code) => bare_name(code),
            K::Languages(languages) => names(languages),
            _ => return,
        };
        self.pairs.push(Pair::new(key(&line.kind), value).under(&line.comments));
    }

    fn used(&mut self, line: &Line, value: Out) {
        match self.pairs.iter_mut().find(|pair| pair.key == "use") {
            Some(Pair { value: Out::List(items), .. }) => items.push(Item { comments: line.comments.clone(), value }),
            Some(_) | None => {
                let items = vec![Item { comments: Vec::new(), value }];
                self.pairs.push(Pair::new("use", Out::List(items)).under(&line.comments));
            }
        }
    }

    fn declarations(&mut self, key: &str, line: &Line, pairs: Vec<Pair>) {
        match self.pairs.iter_mut().find(|pair| pair.key == key) {
            Some(Pair { value: Out::Map(old), .. }) => {
                let mut pairs = pairs;
                if let Some(first) = pairs.first_mut() {
                    first.comments.splice(0..0, line.comments.iter().cloned());
                }
                old.extend(pairs);
            }
            Some(_) | None => self.pairs.push(Pair::new(key, Out::Map(pairs)).under(&line.comments).apart()),
        }
    }

    /// Adds an entry below a key that has no line of its own; the comments of the first stand above the key.
    fn entry(&mut self, key: &str, apart: bool, line: &Line, entry: Pair) {
        let is_header = role(&line.kind) == Role::Header;
        // Only neighbours share a key: states before the first group are not those of `groups`.
        match self.pairs.iter_mut().find(|pair| pair.key == key) {
            Some(Pair { value: Out::Map(entries), .. }) => {
                let mut entry = entry.under(&line.comments);
                entry.apart = apart;
                entries.push(entry);
            }
            Some(_) | None => {
                let mut pair = Pair::new(key, Out::Map(vec![entry])).under(&line.comments);
                pair.apart = !is_header;
                self.pairs.push(pair);
            }
        }
    }

    fn group(&mut self, name: &str, line: &Line, cursor: &mut Cursor<'_>) {
        let mut parts = Vec::new();
        let reactions = cursor.items(false);
        if !reactions.is_empty() {
            parts.push(Pair::new("anywhere", Out::List(reactions)));
        }
        let mut states = Vec::new();
        while let Some(line) = cursor.peek().filter(|line| matches!(line.kind, LineKind::State { .. })) {
            cursor.at += 1;
            states.push(state(line, cursor).under(&line.comments));
        }
        if !states.is_empty() {
            parts.push(Pair::new("states", Out::Map(states)));
        }
        let key = match name {
            "none" => {
                self.ungrouped += 1;
                if self.ungrouped > 1 { format!("none {}", self.ungrouped) } else { "none".to_string() }
            }
            name => name.to_string(),
        };
        self.entry("groups", true, line, Pair::new(&key, Out::Map(parts)).apart());
    }
}

fn memory(kind: &LineKind) -> Option<Pair> {
    let LineKind::Memory(memory) = kind else { return None };
    let ty = type_expr(&memory.ty);
    let mut pairs = Vec::new();
    pairs.extend(memory.default.as_ref().map(|default| Pair::new("default", literal(default))));
    if memory.optional {
        pairs.push(Pair::new("optional", Out::Bare("true".to_string())));
    }
    pairs.extend(memory.keep.as_ref().map(|keep| Pair::new("keep", Out::Bare(keep.value.to_string()))));
    pairs.extend(memory.purpose.as_ref().map(|purpose| Pair::new("for", text(purpose))));
    if pairs.is_empty() {
        return Some(Pair::new(memory.name.as_str(), ty));
    }
    pairs.insert(0, Pair::new("type", ty));
    Some(Pair::new(memory.name.as_str(), Out::FlowMap(pairs)))
}

fn form(cursor: &mut Cursor<'_>) -> Vec<Pair> {
    let mut pairs: Vec<Pair> = Vec::new();
    while let Some(line) = cursor.peek() {
        match &line.kind {
            LineKind::Title(title) => pairs.push(Pair::new("title", text(title)).under(&line.comments)),
            LineKind::Submit(submit) => pairs.push(Pair::new("submit", text(submit)).under(&line.comments)),
            LineKind::Field { name, ty, optional, label } => {
                let mut field = vec![named("name", name), Pair::new("type", type_expr(ty))];
                if *optional {
                    field.push(Pair::new("optional", Out::Bare("true".to_string())));
                }
                field.push(Pair::new("label", text(label)));
                let item = Item { comments: line.comments.clone(), value: Out::FlowMap(field) };
                match pairs.iter_mut().find(|pair| pair.key == "fields") {
                    Some(Pair { value: Out::List(items), .. }) => items.push(item),
                    Some(_) | None => pairs.push(Pair::new("fields", Out::List(vec![item]))),
                }
            }
            _ => break,
        }
        cursor.at += 1;
    }
    pairs
}

/// `line` is the state's own, which the caller has taken; its comments are the caller's too.
fn state(line: &Line, cursor: &mut Cursor<'_>) -> Pair {
    let LineKind::State { name, was } = &line.kind else { return Pair::new("", Out::List(Vec::new())) };
    let steps = Out::List(cursor.items(false));
    if was.is_empty() {
        return Pair::new(name.as_str(), steps).apart();
    }
    Pair::new(name.as_str(), Out::Map(vec![Pair::new("was", names(was)), Pair::new("steps", steps)])).apart()
}

fn template(line: &Line, cursor: &mut Cursor<'_>) -> Pair {
    let LineKind::Template { name, category, about } = &line.kind else { return Pair::new("", Out::Map(Vec::new())) };
    let mut pairs = vec![Pair::new("category", Out::Bare(crate::print::category(*category).to_string()))];
    pairs.extend(about.as_ref().map(|about| named("about", about)));
    while let Some(line) = cursor.peek() {
        let pair = match &line.kind {
            LineKind::Media { kind, guard: None, source } if *kind != MediaKind::Audio => {
                Pair::new(key(&line.kind), text(source))
            }
            LineKind::Footer(footer) => Pair::new("footer", text(footer)),
            LineKind::Body(body) => {
                cursor.at += 1;
                pairs.push(template_body(line, body, cursor));
                continue;
            }
            LineKind::Sample { path, text: words } => {
                let sample = Pair::new(&path.to_string(), text(words));
                cursor.at += 1;
                self::sample(&mut pairs, sample.under(&line.comments));
                continue;
            }
            _ => break,
        };
        cursor.at += 1;
        pairs.push(pair.under(&line.comments));
    }
    let steps = cursor.items(true);
    if !steps.is_empty() {
        pairs.push(Pair::new("steps", Out::List(steps)));
    }
    Pair::new(name.as_str(), Out::Map(pairs)).apart()
}

fn template_body(line: &Line, body: &crate::ast::Text, cursor: &mut Cursor<'_>) -> Pair {
    let more = cursor.more();
    if more.is_empty() {
        return Pair::new("body", text(body)).under(&line.comments);
    }
    let first: Vec<Comment> = Vec::new();
    let mut lines = vec![Item { comments: first, value: text(body) }];
    lines.extend(more);
    Pair::new("body", Out::List(lines)).under(&line.comments)
}

fn sample(pairs: &mut Vec<Pair>, sample: Pair) {
    match pairs.iter_mut().find(|pair| pair.key == "samples") {
        Some(Pair { value: Out::FlowMap(samples), .. }) => samples.push(sample),
        Some(_) | None => pairs.push(Pair::new("samples", Out::FlowMap(vec![sample]))),
    }
}
