//! The keys of a file: header, declarations, and the blocks that hold states and reactions.

use super::Reader;
use super::items::Within;
use crate::ast::{Category, LineKind, MediaKind, Memory};
use crate::diagnostic::Diagnostic;
use crate::line::grammar::Rule;
use crate::span::{Span, Spanned};
use crate::yaml::keys;
use crate::yaml::tree::{Entry, Node, Value};

impl Reader<'_> {
    pub(super) fn block(&mut self, entry: &Entry) {
        let node = &entry.value;
        match entry.key.value.as_str() {
            "duka" | "flow" | "start" | "languages" | "currency" | "timezone" | "gives" => self.header(entry),
            "takes" => {
                for entry in self.entries(node, "`takes`", "item: product") {
                    let line = self.key(entry).zip(self.type_expr(&entry.value, "takes"));
                    self.entry_line(entry, line.map(|(name, ty)| LineKind::Takes(name, ty)));
                }
            }
            "use" => {
                for item in self.items(node, "`use`", "- std.handoff") {
                    match self.path(item, "use") {
                        Some(path) => self.push(item.span, item.span, LineKind::Use(path)),
                        None => self.push_broken(item.span),
                    }
                }
            }
            "rules" => self.named(entry, LineKind::Rules, "most_per_item: 10", Reader::rule),
            "remember" => {
                self.named(entry, LineKind::Remember { customer: false }, "item: product", Reader::memory);
            }
            "remember_customer" => {
                self.named(entry, LineKind::Remember { customer: true }, "item: product", Reader::memory);
            }
            "words" => self.named(entry, LineKind::Words, "menu: [menu, start]", Reader::word_set),
            "consent" => {
                for entry in self.entries(node, "`consent`", "offers: \"News about new arrivals\"") {
                    let line = self.key(entry).zip(self.text(&entry.value, &entry.key.value));
                    self.entry_line(entry, line.map(|(name, purpose)| LineKind::Consent { name, purpose }));
                }
            }
            "experiments" => {
                for entry in self.entries(node, "`experiments`", "greeting: [plain, warm]") {
                    let line = self.key(entry).zip(self.names(&entry.value, &entry.key.value));
                    self.entry_line(entry, line.map(|(name, arms)| LineKind::Experiment { name, arms }));
                }
            }
            "phrases" => self.each_entry(
                node,
                "`phrases`",
                "items: { param: count, other: \"{count} items\" }",
                Reader::phrase_block,
            ),
            "forms" => self.each_entry(node, "`forms`", "delivery_details:", Reader::form),
            "anywhere" => {
                self.push(entry.key.span, entry.key.span, LineKind::Anywhere);
                self.reactions(node, "`anywhere`");
            }
            "states" => {
                let in_group = self.lines.iter().rev().find_map(|line| match &line.kind {
                    LineKind::Group(name) => Some(name.as_str() != "none"),
                    _ => None,
                });
                if in_group == Some(true) {
                    let none = Spanned::new("none".into(), entry.key.span);
                    self.push(entry.key.span, entry.key.span, LineKind::Group(none));
                }
                self.each_entry(node, "`states`", "welcome:", Reader::state);
            }
            "groups" => self.each_entry(node, "`groups`", "checkout:", Reader::group),
            "follow" => self.each_entry(node, "`follow`", "order:", Reader::follow),
            "templates" => self.each_entry(node, "`templates`", "receipt:", Reader::template),
            _ => {}
        }
    }

    fn header(&mut self, entry: &Entry) {
        let node = &entry.value;
        let key = entry.key.value.as_str();
        let kind = match key {
            "duka" => {
                let version = self.count(node, key).map(|version| Spanned::new(version, node.span));
                version.map(LineKind::Duka)
            }
            "flow" => self.name(node, key).map(LineKind::Flow),
            "start" => self.name(node, key).map(LineKind::Start),
            "gives" => self.name(node, key).map(LineKind::Gives),
            "currency" => self.code(node, key, Rule::currency, "a code such as `KES`").map(LineKind::Currency),
            "timezone" => {
                self.code(node, key, Rule::timezone, "a name such as `Africa/Nairobi`").map(LineKind::Timezone)
            }
            _ => {
                let items = match &node.value {
                    Value::List(items) => items.as_slice(),
                    Value::Scalar(_) | Value::Map(_) => std::slice::from_ref(node),
                };
                let wanted = "a list such as `[en, sw]`";
                let codes: Vec<_> = items.iter().map(|item| self.code(item, key, Rule::language, wanted)).collect();
                codes.into_iter().collect::<Option<Vec<_>>>().map(LineKind::Languages)
            }
        };
        self.entry_line(entry, kind);
    }

    /// Pushes the line of an entry, or a broken one after a finding.
    fn entry_line(&mut self, entry: &Entry, kind: Option<LineKind>) {
        let span = entry.key.span.to(entry.value.span);
        match kind {
            Some(kind) => self.push(entry.key.span, span, kind),
            None => self.push_broken(span),
        }
    }

    /// A block whose entries are one line each.
    fn named(
        &mut self,
        entry: &Entry,
        opener: LineKind,
        example: &str,
        line: fn(&mut Self, &Entry) -> Option<LineKind>,
    ) {
        self.push(entry.key.span, entry.key.span, opener);
        let what = format!("`{}`", entry.key.value);
        for entry in self.entries(&entry.value, &what, example) {
            let kind = line(self, entry);
            self.entry_line(entry, kind);
        }
    }

    fn each_entry(&mut self, node: &Node, what: &str, example: &str, read: fn(&mut Self, &Entry)) {
        for entry in self.entries(node, what, example) {
            read(self, entry);
        }
    }

    fn rule(&mut self, entry: &Entry) -> Option<LineKind> {
        let name = self.value_name(entry)?;
        Some(LineKind::Rule { name, value: self.literal(&entry.value, &entry.key.value)? })
    }

    /// The name of a rule, a remembered value or a set of words.
    fn value_name(&mut self, entry: &Entry) -> Option<crate::span::Name> {
        let name = self.key(entry)?;
        self.reserved(&name);
        Some(name)
    }

    /// D015, as in the line form: the flow could not be converted.
    fn reserved(&mut self, name: &crate::span::Name) {
        use crate::line::keyword::Keyword;
        if let Some(keyword) = Keyword::of(name.as_str()).filter(|keyword| keyword.is_reserved_name()) {
            let word = keyword.word();
            let finding = Diagnostic::new(15, name.span, format!("`{word}` is a Duka word and can not be a name."));
            self.tell(finding.help(format!("Choose another name, for example `my_{word}`.")));
        }
    }

    fn memory(&mut self, entry: &Entry) -> Option<LineKind> {
        let name = self.value_name(entry)?;
        let node = &entry.value;
        let Value::Map(fields) = &node.value else {
            let ty = self.type_expr(node, &entry.key.value)?;
            return Some(LineKind::Memory(Memory {
                name,
                ty,
                optional: false,
                default: None,
                keep: None,
                purpose: None,
            }));
        };
        if !self.known(fields, keys::MEMORY, &format!("`{}`", entry.key.value)) {
            return None;
        }
        let Some(ty) = node.get("type") else {
            self.missing(node.span, &entry.key.value, "type", "quantity: { type: number, default: 1 }");
            return None;
        };
        let ty = self.type_expr(ty, "type")?;
        let default = self.maybe(node, "default", Reader::literal)?;
        let optional = self.maybe(node, "optional", Reader::flag)?.unwrap_or(false);
        let keep = self.maybe(node, "keep", Reader::keep)?;
        let purpose = self.maybe(node, "for", Reader::text)?;
        Some(LineKind::Memory(Memory { name, ty, optional, default, keep, purpose }))
    }

    /// A field that may be absent. The outer `None` is a finding that was told.
    pub(super) fn maybe<T>(
        &mut self,
        node: &Node,
        key: &str,
        read: fn(&mut Self, &Node, &str) -> Option<T>,
    ) -> Option<Option<T>> {
        match node.get(key) {
            Some(value) => read(self, value, key).map(Some),
            None => Some(None),
        }
    }

    pub(super) fn missing(&mut self, span: Span, what: &str, key: &str, usage: &str) {
        let span = self.line_span(span);
        let finding = Diagnostic::new(22, span, format!("`{what}` needs `{key}`."));
        self.tell(finding.help(format!("It is written like this: `{usage}`.")));
    }

    fn word_set(&mut self, entry: &Entry) -> Option<LineKind> {
        let name = self.value_name(entry)?;
        let items = match &entry.value.value {
            Value::List(items) => items.as_slice(),
            Value::Scalar(_) | Value::Map(_) => std::slice::from_ref(&entry.value),
        };
        let phrases: Vec<_> = items.iter().map(|item| self.phrase(item)).collect();
        let phrases: Option<Vec<_>> = phrases.into_iter().collect();
        Some(LineKind::WordSet { name, phrases: phrases? })
    }

    fn phrase_block(&mut self, entry: &Entry) {
        let node = &entry.value;
        let usage = "items: { param: count, one: \"1 item\", other: \"{count} items\" }";
        let fields = self.entries(node, "A phrase", usage);
        let known: Vec<&str> = ["param"].iter().chain(keys::PLURALS).copied().collect();
        let name = self.key(entry);
        let fits = self.known(fields, &known, &format!("`{}`", entry.key.value));
        let parameter = node.get("param").and_then(|param| self.name(param, "param"));
        if node.map().is_some() && node.get("param").is_none() {
            self.missing(entry.key.span, &entry.key.value, "param", usage);
        }
        match (name, parameter) {
            (Some(name), Some(parameter)) if fits => {
                self.push(entry.key.span, entry.key.span, LineKind::Phrase { name, parameter });
            }
            _ => return self.push_broken(entry.key.span),
        }
        for field in fields {
            let Some(plural) = crate::line::plural(&field.key.value) else { continue };
            let plural = Spanned::new(plural, field.key.span);
            let text = self.text(&field.value, &field.key.value);
            self.entry_line(field, text.map(|text| LineKind::PhraseForm { plural, text }));
        }
    }

    fn form(&mut self, entry: &Entry) {
        let Some(name) = self.key(entry) else { return self.push_broken(entry.key.span) };
        self.push(entry.key.span, entry.key.span, LineKind::Form(name));
        let parts = self.entries(&entry.value, "A form", "title: \"Delivery details\"");
        self.known(parts, keys::FORM, &format!("`{}`", entry.key.value));
        for part in parts {
            match part.key.value.as_str() {
                "title" => {
                    let line = self.text(&part.value, "title").map(LineKind::Title);
                    self.entry_line(part, line);
                }
                "submit" => {
                    let line = self.text(&part.value, "submit").map(LineKind::Submit);
                    self.entry_line(part, line);
                }
                "fields" => {
                    let example = "- { name: town, type: town, label: \"Town\" }";
                    for item in self.items(&part.value, "`fields`", example) {
                        match self.field(item) {
                            Some(kind) => self.push(item.span, item.span, kind),
                            None => self.push_broken(item.span),
                        }
                    }
                }
                _ => {}
            }
        }
    }

    fn field(&mut self, item: &Node) -> Option<LineKind> {
        let usage = "{ name: town, type: town, label: \"Town\" }";
        let entries = self.entries(item, "A field", usage);
        if !self.known(entries, keys::FORM_FIELD, "A field") {
            return None;
        }
        for key in ["name", "type", "label"] {
            if item.get(key).is_none() {
                if item.map().is_some() {
                    self.missing(item.span, "field", key, usage);
                }
                return None;
            }
        }
        Some(LineKind::Field {
            name: self.name(item.get("name")?, "name")?,
            ty: self.type_expr(item.get("type")?, "type")?,
            optional: self.maybe(item, "optional", Reader::flag)?.unwrap_or(false),
            label: self.text(item.get("label")?, "label")?,
        })
    }

    fn reactions(&mut self, node: &Node, what: &str) {
        let items = self.items(node, what, "- quiet: { time: 23 hours, to: end }");
        self.list(items, Within::Reactions);
    }

    fn group(&mut self, entry: &Entry) {
        let key = entry.key.value.as_str();
        // A second stretch of ungrouped states can not have the same key.
        let ungrouped = key.strip_prefix("none ").is_some_and(|count| count.bytes().all(|byte| byte.is_ascii_digit()));
        let name = if ungrouped { Some(Spanned::new("none".into(), entry.key.span)) } else { self.key(entry) };
        match name {
            Some(name) => self.push(entry.key.span, entry.key.span, LineKind::Group(name)),
            None => self.push_broken(entry.key.span),
        }
        let parts = self.entries(&entry.value, "A group", "states:");
        self.known(parts, keys::GROUP, &format!("`{key}`"));
        for part in parts {
            match part.key.value.as_str() {
                "anywhere" => self.reactions(&part.value, "`anywhere`"),
                "states" => self.each_entry(&part.value, "`states`", "welcome:", Reader::state),
                _ => {}
            }
        }
    }

    fn state(&mut self, entry: &Entry) {
        let name = self.key(entry);
        let mut was = Vec::new();
        let mut steps = Some(&entry.value);
        if let Value::Map(parts) = &entry.value.value {
            if self.known(parts, keys::STATE, &format!("The state `{}`", entry.key.value)) {
                was = entry.value.get("was").and_then(|was| self.names(was, "was")).unwrap_or_default();
            }
            steps = entry.value.get("steps");
        }
        match name {
            Some(name) => self.push(entry.key.span, entry.key.span, LineKind::State { name, was }),
            None => self.push_broken(entry.key.span),
        }
        if let Some(steps) = steps {
            let items = self.items(steps, "A state", "- ask: \"How can we help?\"");
            self.list(items, Within::State);
        }
    }

    fn follow(&mut self, entry: &Entry) {
        match self.key(entry) {
            Some(name) => self.push(entry.key.span, entry.key.span, LineKind::Follow(name)),
            None => self.push_broken(entry.key.span),
        }
        self.reactions(&entry.value, "`follow`");
    }

    fn template(&mut self, entry: &Entry) {
        let node = &entry.value;
        let parts = self.entries(node, "A template", "body: \"Order {order.number} is paid.\"");
        let what = format!("The template `{}`", entry.key.value);
        let fits = self.known(parts, keys::TEMPLATE, &what);
        match self.template_header(entry) {
            Some(kind) if fits => self.push(entry.key.span, entry.key.span, kind),
            Some(_) | None => self.push_broken(entry.key.span),
        }
        for part in parts {
            let value = &part.value;
            match part.key.value.as_str() {
                "image" => self.template_media(part, MediaKind::Image),
                "video" => self.template_media(part, MediaKind::Video),
                "document" => self.template_media(part, MediaKind::Document),
                "body" => self.template_body(part),
                "footer" => {
                    let line = self.text(value, "footer").map(LineKind::Footer);
                    self.entry_line(part, line);
                }
                "samples" => {
                    for sample in self.entries(value, "`samples`", "order.number: \"Z-1042\"") {
                        let line = self.sample(sample);
                        self.entry_line(sample, line);
                    }
                }
                "steps" => {
                    let items = self.items(value, "`steps`", "- button: { id: open, title: \"Open\", to: bag }");
                    self.list(items, Within::Template);
                }
                _ => {}
            }
        }
    }

    fn template_header(&mut self, entry: &Entry) -> Option<LineKind> {
        let name = self.key(entry)?;
        let Some(category) = entry.value.get("category") else {
            self.missing(entry.key.span, &entry.key.value, "category", "category: utility");
            return None;
        };
        let known = [
            ("marketing", Category::Marketing),
            ("utility", Category::Utility),
            ("authentication", Category::Authentication),
        ];
        let written = category.text().unwrap_or_default();
        let Some((_, category)) = known.iter().find(|(name, _)| *name == written) else {
            let message = "`category` should be `marketing`, `utility` or `authentication`.";
            let names = known.iter().map(|(name, _)| *name);
            self.tell(Diagnostic::new(22, category.span, message).did_you_mean(written, names));
            return None;
        };
        let about = self.maybe(&entry.value, "about", Reader::name)?;
        Some(LineKind::Template { name, category: *category, about })
    }

    fn template_media(&mut self, part: &Entry, kind: MediaKind) {
        let source = self.text(&part.value, &part.key.value);
        self.entry_line(part, source.map(|source| LineKind::Media { kind, guard: None, source }));
    }

    fn template_body(&mut self, part: &Entry) {
        let Some(mut lines) = self.lines_of(&part.value, "body") else { return self.push_broken(part.key.span) };
        let mut pieces = lines.drain(..);
        let first = pieces.next();
        match first {
            Some((span, LineKind::More(text))) => self.push(part.key.span, span, LineKind::Body(text)),
            Some(_) | None => self.push_broken(part.key.span),
        }
        for (span, kind) in pieces {
            self.push(span, span, kind);
        }
    }

    fn sample(&mut self, entry: &Entry) -> Option<LineKind> {
        let key = self.bare_key(entry);
        let place = crate::line::parts::Place { file: self.file, offset: key.span.range().start };
        let path = self.path_at(&key.value, place)?;
        Some(LineKind::Sample { path, text: self.text(&entry.value, &key.value)? })
    }
}
