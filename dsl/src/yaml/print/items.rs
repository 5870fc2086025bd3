//! The items of states and reactions, as YAML.

use super::Cursor;
use super::out::{Item, Out, Pair, name};
use crate::ast::{
    Atom, Dest, DestKind, Expr, Guard, Line, LineKind, Literal, LiteralKind, Path, Target, Text, Time, TypeExpr,
};
use crate::ownership::{Role, role};
use crate::print::{Until, grouped, write_text};
use crate::span::Name;

impl Cursor<'_> {
    /// The items up to the next block. In a template a `link` is a neighbour of the buttons, not what follows one.
    pub(super) fn items(&mut self, in_template: bool) -> Vec<Item> {
        let mut items = Vec::new();
        while let Some(line) = self.peek() {
            match role(&line.kind) {
                Role::Step | Role::Section | Role::More => {
                    self.next();
                    items.push(self.step(line));
                }
                Role::Reaction => {
                    self.next();
                    items.push(self.reaction(line, in_template));
                }
                Role::Header | Role::Opener | Role::Item | Role::Broken => break,
            }
        }
        items
    }

    fn reaction(&mut self, line: &Line, in_template: bool) -> Item {
        let mut pairs = vec![Pair::new(crate::yaml::print::key(&line.kind), Out::FlowMap(reaction(&line.kind)))];
        let mut then = Vec::new();
        let follows = |kind: &LineKind| match kind {
            LineKind::Link { .. } => !in_template,
            kind => matches!(role(kind), Role::Step | Role::More),
        };
        while let Some(step) = self.peek().filter(|step| follows(&step.kind)) {
            self.next();
            then.push(self.step(step));
        }
        if !then.is_empty() {
            pairs.push(Pair::new("then", Out::List(then)));
        }
        Item { comments: line.comments.clone(), value: Out::Map(pairs) }
    }

    fn step(&mut self, line: &Line) -> Item {
        let key = crate::yaml::print::key(&line.kind);
        let one = |value: Out| Out::Map(vec![Pair::new(key, value)]);
        let value = match &line.kind {
            LineKind::Say { name, guard, text }
            | LineKind::Reply { name, guard, text }
            | LineKind::Ask { name, guard, text } => one(self.speech(name.as_ref(), guard.as_ref(), text.as_ref())),
            LineKind::More(_) | LineKind::Each { .. } => {
                self.misplaced = true;
                one(Out::List(Vec::new()))
            }
            LineKind::Media { guard: None, source, .. } => one(text(source)),
            LineKind::Media { guard, source, .. } => {
                let mut pairs = guarded(guard.as_ref());
                pairs.push(Pair::new("source", text(source)));
                one(Out::FlowMap(pairs))
            }
            LineKind::List(label) | LineKind::Section(label) | LineKind::Footer(label) | LineKind::Alert(label) => {
                one(text(label))
            }
            LineKind::Cards(label) | LineKind::Emoji(label) => one(text(label)),
            LineKind::Show(value) => one(expr(value)),
            LineKind::Link { name, guard, title, url } => {
                let mut pairs = vec![named("id", name)];
                pairs.extend(guarded(guard.as_ref()));
                pairs.push(Pair::new("title", text(title)));
                pairs.push(Pair::new("url", text(url)));
                one(Out::FlowMap(pairs))
            }
            LineKind::Call { into, operation, within, otherwise } => {
                let mut pairs = vec![named("into", into), Pair::new("run", expr(operation))];
                pairs.extend(within.as_ref().map(|within| Pair::new("within", time(within))));
                pairs.extend(otherwise.as_ref().map(|dest| Pair::new("else", otherwise_dest(dest))));
                one(Out::FlowMap(pairs))
            }
            LineKind::Do { operation, within: None, otherwise: None } => one(expr(operation)),
            LineKind::Do { operation, within, otherwise } => {
                let mut pairs = vec![Pair::new("run", expr(operation))];
                pairs.extend(within.as_ref().map(|within| Pair::new("within", time(within))));
                pairs.extend(otherwise.as_ref().map(|dest| Pair::new("else", otherwise_dest(dest))));
                one(Out::FlowMap(pairs))
            }
            LineKind::Set { name, value } => one(Out::FlowMap(vec![Pair::new(name.as_str(), assigned(value))])),
            LineKind::Send { template, otherwise: None } => one(bare_name(template)),
            LineKind::Send { template, otherwise: Some(dest) } => {
                one(Out::FlowMap(vec![named("template", template), Pair::new("else", otherwise_dest(dest))]))
            }
            LineKind::If { condition, dest } => {
                let mut pairs = vec![Pair::new("if", expr(condition))];
                pairs.extend(destination(Some(dest), false));
                Out::FlowMap(pairs)
            }
            LineKind::Jump(dest) => {
                let pairs = destination(Some(dest), false);
                if pairs.len() == 1 { Out::Map(pairs) } else { Out::FlowMap(pairs) }
            }
            _ => {
                self.misplaced = true;
                one(Out::List(Vec::new()))
            }
        };
        Item { comments: line.comments.clone(), value }
    }

    fn speech(&mut self, label: Option<&Name>, guard: Option<&Guard>, words: Option<&Text>) -> Out {
        let more = self.more();
        match (label, guard, words) {
            (None, None, Some(words)) if more.is_empty() => text(words),
            (None, None, None) => Out::List(more),
            _ => {
                let mut pairs: Vec<Pair> = label.map(|label| named("id", label)).into_iter().collect();
                pairs.extend(guarded(guard));
                pairs.extend(words.map(|words| Pair::new("text", text(words))));
                if more.is_empty() {
                    return Out::FlowMap(pairs);
                }
                pairs.push(Pair::new("more", Out::List(more)));
                Out::Map(pairs)
            }
        }
    }

    /// The `|` and `each` lines that come next.
    pub(super) fn more(&mut self) -> Vec<Item> {
        let mut items = Vec::new();
        while let Some(line) = self.peek().filter(|line| role(&line.kind) == Role::More) {
            self.next();
            let value = match &line.kind {
                LineKind::Each { item, list, text: words } => {
                    let pairs = vec![named("item", item), Pair::new("in", expr(list)), Pair::new("line", text(words))];
                    Out::Map(vec![Pair::new("each", Out::FlowMap(pairs))])
                }
                LineKind::More(words) => text(words),
                _ => continue,
            };
            items.push(Item { comments: line.comments.clone(), value });
        }
        items
    }
}

/// The fields of a reaction.
fn reaction(kind: &LineKind) -> Vec<Pair> {
    use LineKind as K;
    let mut pairs = Vec::new();
    let mut taken = false;
    let dest = match kind {
        K::Button { name, guard, title, dest } => {
            pairs.push(named("id", name));
            pairs.extend(guarded(guard.as_ref()));
            pairs.push(Pair::new("title", text(title)));
            dest
        }
        K::Row { name, guard, title, note, dest } => {
            pairs.push(named("id", name));
            pairs.extend(guarded(guard.as_ref()));
            pairs.push(Pair::new("title", text(title)));
            pairs.extend(note.as_ref().map(|note| Pair::new("note", text(note))));
            dest
        }
        K::Pick { name, list, title, note, dest } => {
            pairs.push(named("var", name));
            pairs.push(Pair::new("from", expr(list)));
            pairs.push(Pair::new("title", text(title)));
            pairs.extend(note.as_ref().map(|note| Pair::new("note", text(note))));
            dest
        }
        K::Answer { name, range, dest } => {
            pairs.push(named("var", name));
            if let Some((from, upto)) = range {
                pairs.push(Pair::new("from", atom(from)));
                pairs.push(Pair::new("upto", atom(upto)));
            }
            dest
        }
        K::Fill { form, into, dest } => {
            pairs.push(named("form", form));
            pairs.extend(into.as_ref().map(|into| named("into", into)));
            taken = true;
            dest
        }
        K::Hears { words, guard, dest } => {
            pairs.push(named("words", words));
            pairs.extend(guarded(guard.as_ref()));
            dest
        }
        K::On { event, guard, dest } => {
            pairs.push(Pair::new("name", path(event)));
            pairs.extend(guarded(guard.as_ref()));
            dest
        }
        K::After { time: after, dest } | K::Quiet { time: after, dest } => {
            pairs.push(Pair::new("time", time(after)));
            dest
        }
        K::Else { times, text: words, dest } => {
            pairs.extend(times.map(|times| Pair::new("times", Out::Bare(times.to_string()))));
            pairs.extend(words.as_ref().map(|words| Pair::new("text", text(words))));
            dest
        }
        K::Failed { dest } | K::Lost { dest } => dest,
        _ => &None,
    };
    pairs.extend(destination(dest.as_ref(), taken));
    pairs
}

fn guarded(guard: Option<&Guard>) -> Vec<Pair> {
    match guard {
        Some(Guard::If(condition)) => vec![Pair::new("if", expr(condition))],
        Some(Guard::Else(_)) => vec![Pair::new("else", Out::Bare("true".to_string()))],
        None => Vec::new(),
    }
}

/// `to`, or `visit` with its `with` and `into` beside it; inside it where `into` is `taken`.
fn destination(dest: Option<&Dest>, taken: bool) -> Vec<Pair> {
    match dest.map(|dest| &dest.kind) {
        None => Vec::new(),
        Some(DestKind::Go(target)) => vec![Pair::new("to", Out::Bare(place(target)))],
        Some(DestKind::Visit { flow, with, into }) => {
            let mut more: Vec<Pair> = Vec::new();
            if !with.is_empty() {
                more.push(Pair::new("with", names(with)));
            }
            more.extend(into.as_ref().map(|into| named("into", into)));
            if taken && into.is_some() {
                more.insert(0, Pair::new("flow", path(flow)));
                return vec![Pair::new("visit", Out::FlowMap(more))];
            }
            more.insert(0, Pair::new("visit", path(flow)));
            more
        }
    }
}

fn otherwise_dest(dest: &Dest) -> Out {
    match &dest.kind {
        DestKind::Go(target) => Out::Bare(place(target)),
        DestKind::Visit { .. } => Out::FlowMap(destination(Some(dest), false)),
    }
}

fn place(target: &Target) -> String {
    match target {
        Target::State(state) => name(state.as_str()),
        Target::Flow(path) => path.to_string(),
        Target::End => "end".to_string(),
        Target::Again => "again".to_string(),
        Target::Back => "back".to_string(),
        Target::Return => "return".to_string(),
    }
}

pub(super) fn named(key: &str, value: &Name) -> Pair {
    Pair::new(key, bare_name(value))
}

pub(super) fn bare_name(value: &Name) -> Out {
    Out::Bare(name(value.as_str()))
}

pub(super) fn names(values: &[Name]) -> Out {
    Out::FlowList(values.iter().map(|value| Item { comments: Vec::new(), value: bare_name(value) }).collect())
}

pub(super) fn path(path: &Path) -> Out {
    Out::Bare(name(&path.to_string()))
}

pub(super) fn text(text: &Text) -> Out {
    let mut out = String::new();
    write_text(text, Until::LineEnd, &mut out);
    Out::Quoted(out)
}

fn expr(expr: &Expr) -> Out {
    Out::Quoted(expr.source.replace(['\n', '\r'], " "))
}

/// What `set` gives: bare where it is a name or a number.
fn assigned(value: &Expr) -> Out {
    let source = value.source.as_str();
    let bare = !source.is_empty() && source.bytes().all(|byte| byte.is_ascii_digit());
    match source {
        "true" | "false" => Out::Bare(source.to_string()),
        _ if bare || crate::lines::is_name(source) => Out::Bare(if bare { source.to_string() } else { name(source) }),
        _ => expr(value),
    }
}

pub(super) fn time(time: &Time) -> Out {
    match time {
        Time::Fixed(duration) => Out::Bare(duration.value.to_string()),
        Time::Rule(rule) => bare_name(rule),
    }
}

fn atom(atom: &Atom) -> Out {
    Out::Quoted(match atom {
        Atom::Number(number) => number.value.to_string(),
        Atom::Path(path) => path.to_string(),
    })
}

pub(super) fn type_expr(ty: &TypeExpr) -> Out {
    match ty {
        TypeExpr::Named(ty) => bare_name(ty),
        TypeExpr::ListOf(item) => Out::Bare(format!("list of {}", item.as_str())),
        TypeExpr::OneOf(members) => {
            let members: Vec<&str> = members.iter().map(Name::as_str).collect();
            Out::Quoted(format!("one of {}", members.join(", ")))
        }
    }
}

pub(super) fn literal(literal: &Literal) -> Out {
    match &literal.kind {
        LiteralKind::Number(digits) => Out::Bare(digits.to_string()),
        LiteralKind::Money { currency, amount } => {
            let mut out = format!("{currency} ");
            grouped(amount, &mut out);
            Out::Quoted(out)
        }
        LiteralKind::Duration(duration) => Out::Bare(duration.to_string()),
        LiteralKind::YesNo(yes) => Out::Bare(yes.to_string()),
        LiteralKind::None => Out::Bare("none".to_string()),
        LiteralKind::Text(text) if crate::line::is_plain_text(text, false) => Out::Quoted(text.to_string()),
        LiteralKind::Text(text) => {
            let mut out = String::from("\"");
            for letter in text.chars() {
                match letter {
                    '"' | '\\' => out.extend(['\\', letter]),
                    '\n' | '\r' => out.push(' '),
                    _ => out.push(letter),
                }
            }
            out.push('"');
            Out::Quoted(out)
        }
    }
}
