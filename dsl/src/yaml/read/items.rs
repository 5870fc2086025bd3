//! The items of a state, a reaction's `then:`, `anywhere:`, a group and a template.

use super::Reader;
use crate::ast::{Atom, Dest, DestKind, Guard, LineKind, MediaKind, Time};
use crate::diagnostic::{Diagnostic, nearest};
use crate::line::keyword::Keyword;
use crate::span::{Name, Span};
use crate::yaml::keys::{self, ITEMS, Item};
use crate::yaml::tree::{Entry, Node, Value};

/// Where an item stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Within {
    State,
    Then,
    Reactions,
    Template,
}

impl Reader<'_> {
    pub(super) fn list(&mut self, items: &[Node], within: Within) {
        let mut reacted = false;
        for node in items {
            let before = self.lines.len();
            self.item(node, within, reacted);
            let reacts = |kind: &LineKind| crate::ownership::role(kind) == crate::ownership::Role::Reaction;
            reacted |= self.lines.get(before).is_some_and(|line| reacts(&line.kind));
        }
    }

    fn item(&mut self, node: &Node, within: Within, reacted: bool) {
        let Value::Map(entries) = &node.value else {
            self.not_an_item(node);
            return self.push_broken(node.span);
        };
        let Some(first) = entries.first() else {
            self.not_an_item(node);
            return self.push_broken(node.span);
        };
        let key = first.key.value.as_str();
        if key == "if" || keys::DEST.iter().any(|field| field.name == key) {
            return self.bare_jump(node, entries, within, reacted);
        }
        // `else` is a reaction; as the second key it is part of nothing.
        let Some(item) = Item::of(key) else {
            self.unknown_item(first);
            self.push_broken(node.span);
            return self.then(entries);
        };
        let known: &[&str] = if item.reacts { &[item.key, "then"] } else { &[item.key] };
        if !self.known(entries, known, &format!("This `{key}` item")) || !self.fits(item, first, within, reacted) {
            self.push_broken(node.span);
            return self.then(entries);
        }
        let start = self.lines.len();
        let span = first.key.span.to(first.value.span);
        if self.lines_of_item(item, first, span).is_none() {
            self.lines.truncate(start);
            self.push_broken(span);
        }
        self.then(entries);
    }

    fn then(&mut self, entries: &[Entry]) {
        if let Some(then) = entries.iter().find(|entry| entry.key.value == "then") {
            let items = self.items(&then.value, "`then`", "- to: welcome");
            self.list(items, Within::Then);
        }
    }

    fn not_an_item(&mut self, node: &Node) {
        let span = self.line_span(node.span);
        let finding = Diagnostic::new(22, span, "An item is written `key: value`.");
        self.tell(finding.help("For example `- ask: \"How can we help?\"` or `- to: welcome`."));
    }

    fn unknown_item(&mut self, entry: &Entry) {
        let key = entry.key.value.as_str();
        let span = entry.key.span;
        let names = || ITEMS.iter().map(|item| item.key).chain(["if", "to", "visit"]);
        let finding = Diagnostic::new(3, span, format!("This item starts with \"{key}\", which Duka does not know."));
        let finding = match key {
            "on" => finding.help("Events are written `event:`.").fix("write `event`", span, "event"),
            "each" => finding.help("`each` stands in the list of lines of `say` or `ask`."),
            _ if nearest(key, names()).is_some() => finding.did_you_mean(key, names()),
            _ => finding.help("An item starts with a word such as `say`, `ask`, `button`, `call` or `to`."),
        };
        self.tell(finding);
    }

    /// D004 and D006: structure that the lines alone would not show.
    fn fits(&mut self, item: &Item, entry: &Entry, within: Within, reacted: bool) -> bool {
        let key = item.key;
        let between = item.keyword == Keyword::Section;
        let finding = match within {
            Within::Then if item.reacts || between => {
                Diagnostic::new(4, entry.key.span, format!("`{key}` can not be used inside `then`."))
                    .help("`then:` holds what the shop does after a choice; put this one step to the left.")
            }
            Within::Reactions if !item.reacts => {
                Diagnostic::new(4, entry.key.span, format!("`{key}` can not be used here."))
                    .help("Here stand only things that can happen. Put what follows under the `then:` of one of them.")
            }
            Within::State if reacted && !item.reacts && !between => return self.too_late(key, entry.key.span),
            Within::State | Within::Then | Within::Reactions | Within::Template => return true,
        };
        self.tell(finding);
        false
    }

    fn too_late(&mut self, key: &str, span: Span) -> bool {
        let message =
            format!("`{key}` after the choices: what the shop does comes first, what the customer can do comes last.");
        let help = "Move it above the first choice; or under `then:` of a choice, if it belongs to that choice.";
        self.tell(Diagnostic::new(6, span, message).help(help));
        false
    }

    /// `{ if: …, to: … }`, `to: …`, `{ visit: …, with: …, into: … }`
    fn bare_jump(&mut self, node: &Node, entries: &[Entry], within: Within, reacted: bool) {
        let first = &entries[0];
        let allowed: Vec<&str> = ["if"].into_iter().chain(keys::DEST.iter().map(|field| field.name)).collect();
        let known = self.known(entries, &allowed, "A jump");
        let placed = match within {
            Within::State if reacted => self.too_late(&first.key.value, first.key.span),
            Within::Reactions => {
                let finding =
                    Diagnostic::new(4, first.key.span, format!("`{}` can not be used here.", first.key.value));
                self.tell(finding.help("Put it under the `then:` of what happens before it."));
                false
            }
            Within::State | Within::Then | Within::Template => true,
        };
        let kind = if known && placed { self.jump(node) } else { None };
        match kind {
            Some(kind) => self.push(first.key.span, node.span, kind),
            None => self.push_broken(node.span),
        }
    }

    fn jump(&mut self, node: &Node) -> Option<LineKind> {
        let condition = self.maybe(node, "if", Reader::expr)?;
        let Some(dest) = self.dest(node, false)? else {
            let usage = "{ if: \"cart.is_empty\", to: bag_empty }";
            self.missing(node.span, "if", "to", usage);
            return None;
        };
        Some(match condition {
            Some(condition) => LineKind::If { condition, dest },
            None => LineKind::Jump(dest),
        })
    }

    /// Where a map goes: its `to`, or its `visit` with `with` and `into`. `taken`: `into` means something else in it.
    fn dest(&mut self, node: &Node, taken: bool) -> Option<Option<Dest>> {
        let (to, visit) = (node.get("to"), node.get("visit"));
        let into = node.get("into").filter(|_| !taken);
        if let (Some(to), Some(visit)) = (to, visit) {
            let finding = Diagnostic::new(9, visit.span, "An item goes to one place: `to` or `visit`, not both.");
            self.tell(finding.label(to.span, "the first one is here"));
            return None;
        }
        if let (None, Some(extra)) = (visit, node.get("with").or(into)) {
            let finding = Diagnostic::new(22, extra.span, "`with` and `into` belong to a `visit`.");
            self.tell(finding.help("Write `visit: std.address`, or take it away."));
            return None;
        }
        if let Some(to) = to {
            return self.go(to).map(Some);
        }
        let Some(visit) = visit else { return Some(None) };
        if visit.map().is_some() {
            return self.visit_map(visit).map(Some);
        }
        let flow = self.path(visit, "visit")?;
        let with = self.maybe(node, "with", Reader::names)?.unwrap_or_default();
        let into = match into {
            Some(into) => Some(self.name(into, "into")?),
            None => None,
        };
        Some(Some(Dest { span: flow.span, kind: DestKind::Visit { flow, with, into } }))
    }

    fn visit_map(&mut self, node: &Node) -> Option<Dest> {
        if !self.known(node.map()?, keys::VISIT, "`visit`") {
            return None;
        }
        let Some(flow) = node.get("flow") else {
            self.missing(node.span, "visit", "flow", "visit: { flow: std.address, into: place }");
            return None;
        };
        let flow = self.path(flow, "flow")?;
        let with = self.maybe(node, "with", Reader::names)?.unwrap_or_default();
        let into = self.maybe(node, "into", Reader::name)?;
        Some(Dest { span: flow.span, kind: DestKind::Visit { flow, with, into } })
    }

    /// `else: sold_out`, `else: { visit: std.handoff }`
    fn otherwise(&mut self, node: &Node, _key: &str) -> Option<Dest> {
        let Some(entries) = node.map() else { return self.go(node) };
        let allowed: Vec<&str> = keys::DEST.iter().map(|field| field.name).collect();
        if !self.known(entries, &allowed, "`else`") {
            return None;
        }
        let dest = self.dest(node, false)?;
        if dest.is_none() {
            self.missing(node.span, "else", "to", "else: sorry");
        }
        dest
    }

    /// The value of an item as a map whose keys are known and complete.
    fn fields<'n>(&mut self, item: &Item, node: &'n Node) -> Option<&'n Node> {
        let Value::Map(entries) = &node.value else {
            let span = self.line_span(node.span);
            let finding = Diagnostic::new(22, span, format!("This `{}` item is not complete.", item.key));
            self.tell(finding.help(format!("It is written like this: `{}`.", item.usage)));
            return None;
        };
        if !self.known(entries, &item.names(), &format!("`{}`", item.key)) {
            return None;
        }
        let lacking = item.fields.iter().find(|field| field.needed && node.get(field.name).is_none());
        if let Some(field) = lacking {
            self.missing(node.span, item.key, field.name, item.usage);
            return None;
        }
        Some(node)
    }

    fn guard(&mut self, node: &Node) -> Option<Option<Guard>> {
        if let Some(flag) = node.get("else") {
            if node.get("if").is_some() {
                self.tell(Diagnostic::new(22, flag.span, "Either `if` or `else`, not both."));
                return None;
            }
            return self.flag(flag, "else").map(|yes| yes.then_some(Guard::Else(flag.span)));
        }
        Some(self.maybe(node, "if", Reader::expr)?.map(Guard::If))
    }

    /// The value of a key that [`Reader::fields`] has found.
    fn name_of(&mut self, node: &Node, key: &str) -> Option<Name> {
        self.name(node.get(key)?, key)
    }

    /// Pushes the lines of one item. `None` after a finding.
    fn lines_of_item(&mut self, item: &Item, entry: &Entry, span: Span) -> Option<()> {
        use Keyword as K;
        let node = &entry.value;
        let kind = match item.keyword {
            K::Say | K::Reply | K::Ask => return self.speech(item, entry, span),
            K::Image => self.media(MediaKind::Image, item, node)?,
            K::Video => self.media(MediaKind::Video, item, node)?,
            K::Audio => self.media(MediaKind::Audio, item, node)?,
            K::Document => self.media(MediaKind::Document, item, node)?,
            K::List => LineKind::List(self.text(node, item.key)?),
            K::Section => LineKind::Section(self.text(node, item.key)?),
            K::Footer => LineKind::Footer(self.text(node, item.key)?),
            K::Alert => LineKind::Alert(self.text(node, item.key)?),
            K::Cards => LineKind::Cards(self.text(node, item.key)?),
            K::Emoji => LineKind::Emoji(self.text(node, item.key)?),
            K::Show => LineKind::Show(self.expr(node, item.key)?),
            K::Link | K::Call | K::Do | K::Set | K::Send => self.action(item, node)?,
            K::Button | K::Row | K::Pick => self.choice(item, node)?,
            _ => self.reaction(item, node)?,
        };
        self.push(entry.key.span, span, kind);
        Some(())
    }

    fn media(&mut self, kind: MediaKind, item: &Item, node: &Node) -> Option<LineKind> {
        let is_value = node.map().is_some_and(|entries| entries.iter().all(|entry| entry.value.is_empty()));
        if node.map().is_none() || is_value {
            return Some(LineKind::Media { kind, guard: None, source: self.text(node, item.key)? });
        }
        let node = self.fields(item, node)?;
        Some(LineKind::Media { kind, guard: self.guard(node)?, source: self.text(node.get("source")?, "source")? })
    }

    fn speech(&mut self, item: &Item, entry: &Entry, span: Span) -> Option<()> {
        let node = &entry.value;
        let is_value = node.map().is_some_and(|entries| entries.iter().all(|entry| entry.value.is_empty()));
        let (name, guard, text, more) = match &node.value {
            Value::Map(_) if !is_value => {
                let node = self.fields(item, node)?;
                let name = self.maybe(node, "id", Reader::name)?;
                let guard = self.guard(node)?;
                let text = self.maybe(node, "text", Reader::text)?;
                let more = self.maybe(node, "more", Reader::lines_of)?.unwrap_or_default();
                (name, guard, text, more)
            }
            Value::List(_) => (None, None, None, self.lines_of(node, item.key)?),
            Value::Scalar(_) | Value::Map(_) => {
                let mut lines = self.lines_of(node, item.key)?;
                match (lines.len(), lines.pop()) {
                    (1, Some((_, LineKind::More(text)))) if !text.segments.is_empty() => {
                        (None, None, Some(text), lines)
                    }
                    (_, last) => {
                        lines.extend(last);
                        (None, None, None, lines)
                    }
                }
            }
        };
        let kind = match item.keyword {
            Keyword::Say => LineKind::Say { name, guard, text },
            Keyword::Reply => LineKind::Reply { name, guard, text },
            _ => LineKind::Ask { name, guard, text },
        };
        self.push(entry.key.span, span, kind);
        for (span, kind) in more {
            self.push(span, span, kind);
        }
        Some(())
    }

    /// The lines of a text: a scalar, or a list of texts and `each`.
    pub(super) fn lines_of(&mut self, node: &Node, what: &str) -> Option<Vec<(Span, LineKind)>> {
        let items = match &node.value {
            Value::List(items) => items.as_slice(),
            Value::Scalar(_) | Value::Map(_) => std::slice::from_ref(node),
        };
        let mut lines = Vec::with_capacity(items.len());
        for item in items {
            match item.get("each") {
                Some(each) if item.map().is_some_and(|entries| entries.len() == 1) => {
                    lines.push((item.span, self.each(each)?));
                }
                Some(_) | None => {
                    let texts = self.text_lines(item, what)?;
                    lines.extend(texts.into_iter().map(|text| {
                        let span = if text.span.is_empty() { item.span } else { text.span };
                        (span, LineKind::More(text))
                    }));
                }
            }
        }
        Some(lines)
    }

    fn each(&mut self, node: &Node) -> Option<LineKind> {
        let usage = "- each: { item: line, in: \"cart.lines\", line: \"{line.name}: {line.total}\" }";
        let Some(entries) = node.map() else {
            self.missing(node.span, "each", "item", usage);
            return None;
        };
        if !self.known(entries, keys::EACH, "`each`") {
            return None;
        }
        if let Some(key) = keys::EACH.iter().find(|key| node.get(key).is_none()) {
            self.missing(node.span, "each", key, usage);
            return None;
        }
        Some(LineKind::Each {
            item: self.name_of(node, "item")?,
            list: self.expr(node.get("in")?, "in")?,
            text: self.text(node.get("line")?, "line")?,
        })
    }

    fn action(&mut self, item: &Item, node: &Node) -> Option<LineKind> {
        match item.keyword {
            Keyword::Do if node.map().is_none() => {
                return Some(LineKind::Do { operation: self.expr(node, "do")?, within: None, otherwise: None });
            }
            Keyword::Send if node.map().is_none() => {
                return Some(LineKind::Send { template: self.name(node, "send")?, otherwise: None });
            }
            Keyword::Set => return self.set(item, node),
            _ => {}
        }
        let node = self.fields(item, node)?;
        Some(match item.keyword {
            Keyword::Link => LineKind::Link {
                name: self.name_of(node, "id")?,
                guard: self.maybe(node, "if", Reader::expr)?.map(Guard::If),
                title: self.text(node.get("title")?, "title")?,
                url: self.text(node.get("url")?, "url")?,
            },
            Keyword::Call => LineKind::Call {
                into: self.name_of(node, "into")?,
                operation: self.expr(node.get("run")?, "run")?,
                within: self.maybe(node, "within", Reader::time)?,
                otherwise: self.maybe(node, "else", Reader::otherwise)?,
            },
            Keyword::Do => LineKind::Do {
                operation: self.expr(node.get("run")?, "run")?,
                within: self.maybe(node, "within", Reader::time)?,
                otherwise: self.maybe(node, "else", Reader::otherwise)?,
            },
            _ => LineKind::Send {
                template: self.name_of(node, "template")?,
                otherwise: self.maybe(node, "else", Reader::otherwise)?,
            },
        })
    }

    fn set(&mut self, item: &Item, node: &Node) -> Option<LineKind> {
        match node.map() {
            Some([entry]) => {
                let name = self.key(entry)?;
                Some(LineKind::Set { name, value: self.expr(&entry.value, &entry.key.value)? })
            }
            Some(_) | None => {
                let span = self.line_span(node.span);
                let finding = Diagnostic::new(22, span, "`set` sets one value.");
                self.tell(finding.help(format!("It is written like this: `{}`, one for each value.", item.usage)));
                None
            }
        }
    }

    fn choice(&mut self, item: &Item, node: &Node) -> Option<LineKind> {
        let node = self.fields(item, node)?;
        let title = |reader: &mut Self| reader.text(node.get("title")?, "title");
        let note = |reader: &mut Self| reader.maybe(node, "note", Reader::text);
        let guard = |reader: &mut Self| Some(reader.maybe(node, "if", Reader::expr)?.map(Guard::If));
        Some(match item.keyword {
            Keyword::Button => LineKind::Button {
                name: self.name_of(node, "id")?,
                guard: guard(self)?,
                title: title(self)?,
                dest: self.dest(node, false)?,
            },
            Keyword::Row => LineKind::Row {
                name: self.name_of(node, "id")?,
                guard: guard(self)?,
                title: title(self)?,
                note: note(self)?,
                dest: self.dest(node, false)?,
            },
            _ => LineKind::Pick {
                name: self.name_of(node, "var")?,
                list: self.expr(node.get("from")?, "from")?,
                title: title(self)?,
                note: note(self)?,
                dest: self.dest(node, false)?,
            },
        })
    }

    fn reaction(&mut self, item: &Item, node: &Node) -> Option<LineKind> {
        use Keyword as K;
        let node = self.fields(item, node)?;
        let guard = |reader: &mut Self| Some(reader.maybe(node, "if", Reader::expr)?.map(Guard::If));
        let time = |reader: &mut Self| -> Option<Time> { reader.time(node.get("time")?, "time") };
        Some(match item.keyword {
            K::Answer => LineKind::Answer {
                name: self.name_of(node, "var")?,
                range: self.range(node, item)?,
                dest: self.dest(node, false)?,
            },
            K::Fill => LineKind::Fill {
                form: self.name_of(node, "form")?,
                into: self.maybe(node, "into", Reader::name)?,
                dest: self.dest(node, true)?,
            },
            K::Hears => LineKind::Hears {
                words: self.name_of(node, "words")?,
                guard: guard(self)?,
                dest: self.dest(node, false)?,
            },
            K::On => LineKind::On {
                event: self.path(node.get("name")?, "name")?,
                guard: guard(self)?,
                dest: self.dest(node, false)?,
            },
            K::After => LineKind::After { time: time(self)?, dest: self.dest(node, false)? },
            K::Quiet => LineKind::Quiet { time: time(self)?, dest: self.dest(node, false)? },
            K::Else => LineKind::Else {
                times: self.maybe(node, "times", Reader::count)?,
                text: self.maybe(node, "text", Reader::text)?,
                dest: self.dest(node, false)?,
            },
            K::Failed => LineKind::Failed { dest: self.dest(node, false)? },
            _ => LineKind::Lost { dest: self.dest(node, false)? },
        })
    }

    fn range(&mut self, node: &Node, item: &Item) -> Option<Option<(Atom, Atom)>> {
        let from = self.maybe(node, "from", Reader::atom)?;
        let upto = self.maybe(node, "upto", Reader::atom)?;
        match (from, upto) {
            (Some(from), Some(upto)) => Some(Some((from, upto))),
            (None, None) => Some(None),
            (Some(_), None) => {
                self.missing(node.span, "answer", "upto", item.usage);
                None
            }
            (None, Some(_)) => {
                self.missing(node.span, "answer", "from", item.usage);
                None
            }
        }
    }
}
