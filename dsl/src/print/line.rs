//! One line, spelled canonically.

use std::fmt::Write;

use super::text::{self, Until};
use crate::ast::{
    Atom, Category, Dest, DestKind, Expr, Guard, LineKind, Literal, LiteralKind, Memory, Plural, Target, Text, Time,
    TypeExpr,
};
use crate::span::Name;

pub(crate) fn plural(plural: Plural) -> &'static str {
    match plural {
        Plural::Zero => "zero",
        Plural::One => "one",
        Plural::Two => "two",
        Plural::Few => "few",
        Plural::Many => "many",
        Plural::Other => "other",
    }
}

pub(crate) fn category(category: Category) -> &'static str {
    match category {
        Category::Marketing => "marketing",
        Category::Utility => "utility",
        Category::Authentication => "authentication",
    }
}

pub(super) fn write(kind: &LineKind, out: &mut String) {
    if let LineKind::Broken(text) = kind {
        out.push_str(text);
        return;
    }
    let mut line = LineWriter { out };
    line.out.push_str(head(kind));
    line.rest(kind);
}

/// What the line begins with; nothing for lines that begin with their own name or arrow.
fn head(kind: &LineKind) -> &str {
    match kind {
        LineKind::Rule { .. } | LineKind::Memory(_) | LineKind::WordSet { .. } | LineKind::Jump(_) => "",
        _ => crate::ownership::word(kind),
    }
}

struct LineWriter<'a> {
    out: &'a mut String,
}

impl LineWriter<'_> {
    fn rest(&mut self, kind: &LineKind) {
        use LineKind as K;
        match kind {
            K::Duka(_) | K::Flow(_) | K::Start(_) | K::Languages(_) | K::Currency(_) | K::Timezone(_) => {
                self.header(kind);
            }
            K::Takes(..) | K::Gives(_) | K::Use(_) => self.header(kind),
            K::Rules | K::Remember { .. } | K::Words | K::Consent { .. } | K::Experiment { .. } => self.opener(kind),
            K::Phrase { .. } | K::Form(_) | K::Anywhere | K::Group(_) | K::Follow(_) => self.opener(kind),
            K::State { .. } | K::Template { .. } => self.opener(kind),
            K::Rule { .. } | K::Memory(_) | K::WordSet { .. } | K::PhraseForm { .. } => self.item(kind),
            K::Field { .. } | K::Sample { .. } => self.item(kind),
            K::Title(text) | K::Submit(text) | K::Body(text) | K::List(text) => self.text(text),
            K::Section(text) | K::Footer(text) | K::Alert(text) => self.text(text),
            K::Cards(text) | K::Emoji(text) => self.text(text),
            K::Say { .. } | K::Ask { .. } | K::Media { .. } | K::Link { .. } | K::Call { .. } => self.step(kind),
            K::Do { .. } | K::Set { .. } | K::Send { .. } | K::If { .. } | K::Jump(_) => self.step(kind),
            K::More(_) | K::Each { .. } | K::Reply { .. } | K::Show(_) => self.step(kind),
            K::Button { .. } | K::Row { .. } | K::Pick { .. } => self.choice(kind),
            K::Answer { .. } | K::Fill { .. } | K::Hears { .. } | K::On { .. } => self.reaction(kind),
            K::After { .. } | K::Quiet { .. } | K::Else { .. } => self.reaction(kind),
            K::Failed { .. } | K::Lost { .. } => self.reaction(kind),
            K::Broken(_) => {}
        }
    }

    fn header(&mut self, kind: &LineKind) {
        match kind {
            LineKind::Duka(version) => self.word(&version.value.to_string()),
            LineKind::Flow(name) | LineKind::Start(name) | LineKind::Gives(name) => self.word(name.as_str()),
            LineKind::Currency(name) | LineKind::Timezone(name) => self.word(name.as_str()),
            LineKind::Languages(names) => self.names(names),
            LineKind::Takes(name, ty) => {
                self.word(name.as_str());
                self.out.push_str(": ");
                self.type_expr(ty);
            }
            LineKind::Use(path) => self.word(&path.to_string()),
            _ => {}
        }
    }

    fn opener(&mut self, kind: &LineKind) {
        match kind {
            LineKind::Remember { customer: true } => self.word("customer"),
            LineKind::Consent { name, purpose } => {
                self.word(name.as_str());
                self.text(purpose);
            }
            LineKind::Experiment { name, arms } => {
                self.word(name.as_str());
                self.out.push(':');
                self.names(arms);
            }
            LineKind::Phrase { name, parameter } => {
                self.word(name.as_str());
                self.out.push('(');
                self.out.push_str(parameter.as_str());
                self.out.push(')');
            }
            LineKind::Form(name) | LineKind::Group(name) | LineKind::Follow(name) => self.word(name.as_str()),
            LineKind::State { name, was } => {
                self.word(name.as_str());
                if !was.is_empty() {
                    self.word("was");
                    self.names(was);
                }
            }
            LineKind::Template { name, category: of, about } => {
                self.word(name.as_str());
                self.word(category(*of));
                self.named("about", about.as_ref());
            }
            _ => {}
        }
    }

    fn item(&mut self, kind: &LineKind) {
        match kind {
            LineKind::Rule { name, value } => {
                self.out.push_str(name.as_str());
                self.out.push_str(" = ");
                self.literal(value, false);
            }
            LineKind::Memory(memory) => self.memory(memory),
            LineKind::WordSet { name, phrases } => {
                self.out.push_str(name.as_str());
                self.out.push(':');
                for (index, phrase) in phrases.iter().enumerate() {
                    self.out.push_str(if index > 0 { ", " } else { " " });
                    self.out.push_str(&phrase.value);
                }
            }
            LineKind::PhraseForm { text, .. } => self.text(text),
            LineKind::Field { name, ty, optional, label } => {
                self.word(name.as_str());
                self.out.push(' ');
                self.type_expr(ty);
                if *optional {
                    self.word("optional");
                }
                self.text(label);
            }
            LineKind::Sample { path, text } => {
                self.word(&path.to_string());
                self.out.push_str(" = ");
                text::write(text, Until::LineEnd, self.out);
            }
            _ => {}
        }
    }

    fn memory(&mut self, memory: &Memory) {
        self.out.push_str(memory.name.as_str());
        self.out.push_str(": ");
        self.type_expr(&memory.ty);
        if let Some(default) = &memory.default {
            self.out.push_str(" = ");
            self.literal(default, true);
        }
        if memory.optional {
            self.word("optional");
        }
        if let Some(keep) = &memory.keep {
            let _ = write!(self.out, " keep {}", keep.value);
        }
        if let Some(purpose) = &memory.purpose {
            self.out.push_str(" for ");
            text::write(purpose, Until::LineEnd, self.out);
        }
    }

    fn step(&mut self, kind: &LineKind) {
        match kind {
            LineKind::Say { name, guard, text }
            | LineKind::Reply { name, guard, text }
            | LineKind::Ask { name, guard, text } => {
                if let Some(name) = name {
                    self.word(name.as_str());
                }
                self.guard(guard.as_ref());
                match text {
                    Some(text) => self.text(text),
                    None => self.out.push(':'),
                }
            }
            LineKind::Media { guard, source, .. } => {
                self.guard(guard.as_ref());
                self.text(source);
            }
            LineKind::Link { name, guard, title, url } => {
                self.word(name.as_str());
                self.guard(guard.as_ref());
                self.title(title);
                self.out.push_str(" -> ");
                text::write(url, Until::Arrow, self.out);
            }
            LineKind::Call { into, operation, within, otherwise } => {
                self.word(into.as_str());
                self.out.push_str(" =");
                self.operation(operation, within.as_ref(), otherwise.as_ref());
            }
            LineKind::Do { operation, within, otherwise } => {
                self.operation(operation, within.as_ref(), otherwise.as_ref());
            }
            LineKind::Set { name, value } => {
                self.word(name.as_str());
                self.out.push_str(" =");
                self.expr(value);
            }
            LineKind::Show(value) => self.expr(value),
            LineKind::Send { template, otherwise } => {
                self.word(template.as_str());
                self.otherwise(otherwise.as_ref());
            }
            LineKind::If { condition, dest } => {
                self.expr(condition);
                self.dest(Some(dest));
            }
            LineKind::Jump(dest) => self.arrow(dest),
            LineKind::More(text) if text.segments.is_empty() => {}
            LineKind::More(text) => {
                self.out.push(' ');
                text::write(text, Until::LineEnd, self.out);
            }
            LineKind::Each { item, list, text } => {
                self.word(item.as_str());
                self.word("in");
                self.expr(list);
                self.text(text);
            }
            _ => {}
        }
    }

    fn choice(&mut self, kind: &LineKind) {
        let (title, note, dest) = match kind {
            LineKind::Button { name, guard, title, dest } => {
                self.word(name.as_str());
                self.guard(guard.as_ref());
                (title, None, dest)
            }
            LineKind::Row { name, guard, title, note, dest } => {
                self.word(name.as_str());
                self.guard(guard.as_ref());
                (title, note.as_ref(), dest)
            }
            LineKind::Pick { name, list, title, note, dest } => {
                self.word(name.as_str());
                self.word("from");
                self.expr(list);
                (title, note.as_ref(), dest)
            }
            _ => return,
        };
        self.title(title);
        if let Some(note) = note {
            self.out.push_str(" | ");
            text::write(note, Until::Bar, self.out);
        }
        self.dest(dest.as_ref());
    }

    fn reaction(&mut self, kind: &LineKind) {
        let dest = match kind {
            LineKind::Answer { name, range, dest } => {
                self.word(name.as_str());
                if let Some((from, to)) = range {
                    self.word("from");
                    self.atom(from);
                    self.word("to");
                    self.atom(to);
                }
                dest
            }
            LineKind::Fill { form, into, dest } => {
                self.word(form.as_str());
                self.named("into", into.as_ref());
                dest
            }
            LineKind::Hears { words, guard, dest } => {
                self.word(words.as_str());
                self.guard(guard.as_ref());
                dest
            }
            LineKind::On { event, guard, dest } => {
                self.word(&event.to_string());
                self.guard(guard.as_ref());
                dest
            }
            LineKind::After { time, dest } | LineKind::Quiet { time, dest } => {
                self.time(time);
                dest
            }
            LineKind::Else { times, text, dest } => {
                if let Some(times) = times {
                    let _ = write!(self.out, " {times} times");
                }
                if let Some(text) = text {
                    self.out.push_str(": ");
                    text::write(text, Until::Arrow, self.out);
                }
                dest
            }
            LineKind::Failed { dest } | LineKind::Lost { dest } => dest,
            _ => return,
        };
        self.dest(dest.as_ref());
    }

    fn word(&mut self, word: &str) {
        self.out.push(' ');
        self.out.push_str(word);
    }

    fn named(&mut self, word: &str, name: Option<&Name>) {
        if let Some(name) = name {
            self.word(word);
            self.word(name.as_str());
        }
    }

    /// ` a, b`
    fn names(&mut self, names: &[Name]) {
        for (index, name) in names.iter().enumerate() {
            self.out.push_str(if index > 0 { ", " } else { " " });
            self.out.push_str(name.as_str());
        }
    }

    /// `: text`
    fn text(&mut self, text: &Text) {
        self.out.push_str(if text.segments.is_empty() { ":" } else { ": " });
        text::write(text, Until::LineEnd, self.out);
    }

    fn title(&mut self, text: &Text) {
        self.out.push_str(": ");
        text::write(text, Until::Bar, self.out);
    }

    fn expr(&mut self, expr: &Expr) {
        self.word(&expr.source.replace(['\n', '\r'], " "));
    }

    fn guard(&mut self, guard: Option<&Guard>) {
        match guard {
            Some(Guard::If(condition)) => {
                self.word("if");
                self.expr(condition);
            }
            Some(Guard::Else(_)) => self.word("else"),
            None => {}
        }
    }

    fn operation(&mut self, operation: &Expr, within: Option<&Time>, otherwise: Option<&Dest>) {
        self.expr(operation);
        if let Some(within) = within {
            self.word("within");
            self.time(within);
        }
        self.otherwise(otherwise);
    }

    fn otherwise(&mut self, otherwise: Option<&Dest>) {
        if otherwise.is_some() {
            self.word("else");
            self.dest(otherwise);
        }
    }

    fn dest(&mut self, dest: Option<&Dest>) {
        if let Some(dest) = dest {
            self.out.push(' ');
            self.arrow(dest);
        }
    }

    fn arrow(&mut self, dest: &Dest) {
        match &dest.kind {
            DestKind::Go(target) => {
                self.out.push_str("->");
                match target {
                    Target::State(name) => self.word(name.as_str()),
                    Target::Flow(path) => self.word(&path.to_string()),
                    Target::End => self.word("end"),
                    Target::Again => self.word("again"),
                    Target::Back => self.word("back"),
                    Target::Return => self.word("return"),
                }
            }
            DestKind::Visit { flow, with, into } => {
                self.out.push_str("<->");
                self.word(&flow.to_string());
                if !with.is_empty() {
                    self.word("with");
                    self.names(with);
                }
                self.named("into", into.as_ref());
            }
        }
    }

    fn time(&mut self, time: &Time) {
        match time {
            Time::Fixed(duration) => self.word(&duration.value.to_string()),
            Time::Rule(name) => self.word(name.as_str()),
        }
    }

    fn atom(&mut self, atom: &Atom) {
        match atom {
            Atom::Number(number) => self.word(&number.value.to_string()),
            Atom::Path(path) => self.word(&path.to_string()),
        }
    }

    fn type_expr(&mut self, ty: &TypeExpr) {
        match ty {
            TypeExpr::Named(name) => self.out.push_str(name.as_str()),
            TypeExpr::ListOf(name) => {
                self.out.push_str("list of");
                self.word(name.as_str());
            }
            TypeExpr::OneOf(names) => {
                self.out.push_str("one of");
                self.names(names);
            }
        }
    }

    /// A constant; `more` when the line may go on after it.
    fn literal(&mut self, literal: &Literal, more: bool) {
        match &literal.kind {
            LiteralKind::Number(digits) => self.out.push_str(digits),
            LiteralKind::Money { currency, amount } => {
                self.out.push_str(currency);
                self.out.push(' ');
                grouped(amount, self.out);
            }
            LiteralKind::Duration(duration) => {
                let _ = write!(self.out, "{duration}");
            }
            LiteralKind::YesNo(true) => self.out.push_str("yes"),
            LiteralKind::YesNo(false) => self.out.push_str("no"),
            LiteralKind::None => self.out.push_str("none"),
            LiteralKind::Text(text) if crate::line::is_plain_text(text, more) => self.out.push_str(text),
            LiteralKind::Text(text) => {
                self.out.push('"');
                for letter in text.chars() {
                    match letter {
                        '"' | '\\' => self.out.extend(['\\', letter]),
                        '\n' | '\r' => self.out.push(' '),
                        _ => self.out.push(letter),
                    }
                }
                self.out.push('"');
            }
        }
    }
}

/// `5000.5` as `5,000.5`.
pub(crate) fn grouped(amount: &str, out: &mut String) {
    let whole = amount.find('.').unwrap_or(amount.len());
    for (index, digit) in amount.char_indices() {
        if index > 0 && index < whole && (whole - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
}
