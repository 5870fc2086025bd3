//! What expressions and texts read, and what a condition makes known when it holds.

use std::collections::BTreeSet;

use duka_dsl::FileId;
use smol_str::SmolStr;

use crate::hir::{Ambient, Comparison, Expr, ExprKind, Property, Segment, StateId, TextBlock, TextId, TextPiece};
use crate::types::Type;
use crate::value::Value;

use super::facts::{Facts, Key, Root, place};
use super::walk::{Missing, Walk};

impl Walk<'_> {
    /// Reads a value that must be there.
    pub fn read(&mut self, expr: &Expr, facts: &Facts<'_>) {
        self.read_as(expr, facts, false);
    }

    /// Reads a value; with `may_be_empty`, an optional one needs no test.
    pub fn read_as(&mut self, expr: &Expr, facts: &Facts<'_>, may_be_empty: bool) {
        match &expr.kind {
            ExprKind::Slot(_) | ExprKind::Customer(_) | ExprKind::Event(_) | ExprKind::Field(..) => {
                self.read_place(expr, facts, may_be_empty);
            }
            ExprKind::Property(inner, Property::IsSet) => self.read_owner(inner, facts),
            ExprKind::Property(inner, Property::IsEmpty | Property::Count)
            | ExprKind::Not(inner)
            | ExprKind::Negate(inner) => self.read(inner, facts),
            ExprKind::And(left, right) | ExprKind::Or(left, right) => {
                let first_holds = matches!(expr.kind, ExprKind::And(..));
                self.read(left, facts);
                let mut then = facts.clone();
                self.learn(left, first_holds, &mut then);
                self.read(right, &then);
            }
            ExprKind::Compare(_, left, right) => match (is_none(left), is_none(right)) {
                (_, true) => self.read_owner(left, facts),
                (true, _) => self.read_owner(right, facts),
                (false, false) => {
                    self.read(left, facts);
                    self.read(right, facts);
                }
            },
            ExprKind::Arithmetic(_, left, right) | ExprKind::In(left, right) => {
                self.read(left, facts);
                self.read(right, facts);
            }
            ExprKind::Hook { hook, arguments } => {
                let takes = self.shop.hooks.get(hook.index()).map_or(&[][..], |hook| &hook.takes);
                for (at, argument) in arguments.iter().enumerate() {
                    self.read_as(argument, facts, takes.get(at).is_some_and(|(_, takes)| takes.optional));
                }
            }
            ExprKind::Script { inputs, .. } => inputs.iter().for_each(|(_, input)| self.read(input, facts)),
            ExprKind::Constant(_)
            | ExprKind::Rule(_)
            | ExprKind::Ambient(_)
            | ExprKind::Experiment(_)
            | ExprKind::Consent(..) => {}
        }
    }

    /// What is tested may be missing itself, but not what it is a field of.
    fn read_owner(&mut self, expr: &Expr, facts: &Facts<'_>) {
        if let ExprKind::Field(inner, _) = &expr.kind {
            self.read(inner, facts);
        } else if !matches!(expr.kind, ExprKind::Slot(_) | ExprKind::Customer(_) | ExprKind::Event(_)) {
            self.read(expr, facts);
        }
    }

    fn read_place(&mut self, expr: &Expr, facts: &Facts<'_>, may_be_empty: bool) {
        let optional = self.is_optional(expr);
        if let ExprKind::Field(inner, _) = &expr.kind {
            self.read(inner, facts);
            if !optional {
                return;
            }
        }
        if facts.is_collecting() || (optional && may_be_empty) {
            return;
        }
        let Some(key) = place(expr) else { return };
        if let ExprKind::Slot(slot) = &expr.kind
            && facts.has_local(*slot)
        {
            return;
        }
        let has = self.keys.known(&key).is_some_and(|number| facts.has(number));
        if !has {
            let name = self.name_of(&key);
            self.missing.push(Missing { key, name, span: expr.span, optional, state: self.at });
        }
    }

    /// Whether a place may be empty by its declaration.
    pub fn is_optional(&self, expr: &Expr) -> bool {
        if let ExprKind::Slot(slot) = &expr.kind {
            self.flow.slots.get(slot.index()).is_some_and(|slot| slot.optional)
        } else if let ExprKind::Customer(slot) = &expr.kind {
            self.shop.customer_slots.get(slot.index()).is_some_and(|slot| slot.optional)
        } else if let ExprKind::Field(inner, field) = &expr.kind {
            let is_said = |name: &str| {
                matches!(inner.kind, ExprKind::Ambient(Ambient::Shop)) && self.shop.profile.facts.says(name)
            };
            self.field(&inner.ty, *field).is_some_and(|field| field.optional && !is_said(&field.name))
        } else {
            false
        }
    }

    /// What becomes known when a condition turns out to be `holds`.
    pub fn learn(&mut self, condition: &Expr, holds: bool, facts: &mut Facts<'_>) {
        if let ExprKind::Property(inner, Property::IsSet) = &condition.kind
            && holds
        {
            self.is_there(inner, facts);
        } else if let ExprKind::Compare(comparison, left, right) = &condition.kind {
            let says_there = match comparison {
                Comparison::Equal => !holds,
                Comparison::NotEqual => holds,
                Comparison::Less | Comparison::LessOrEqual | Comparison::Greater | Comparison::GreaterOrEqual => false,
            };
            match (is_none(left), is_none(right)) {
                (_, true) if says_there => self.is_there(left, facts),
                (true, _) if says_there => self.is_there(right, facts),
                (_, _) => {}
            }
        } else if let ExprKind::Not(inner) = &condition.kind {
            self.learn(inner, !holds, facts);
        } else if let (ExprKind::And(left, right), true) | (ExprKind::Or(left, right), false) = (&condition.kind, holds)
        {
            self.learn(left, holds, facts);
            self.learn(right, holds, facts);
        }
    }

    fn is_there(&mut self, expr: &Expr, facts: &mut Facts<'_>) {
        if let Some(key) = place(expr) {
            let number = self.keys.number(key);
            facts.add(number);
        }
    }

    // ------------------------------------------------------------ texts

    /// Reads a text in every language and for every channel.
    pub fn text(&mut self, text: TextId, facts: &Facts<'_>) {
        if facts.is_collecting() {
            return;
        }
        let flow = self.flow;
        let Some(entry) = flow.texts.get(text.index()) else { return };
        let variants = entry.variants.iter().map(|(_, _, block)| block);
        for block in entry.languages.iter().flatten().chain(variants) {
            self.block(block, facts);
        }
    }

    fn block(&mut self, block: &TextBlock, facts: &Facts<'_>) {
        for piece in &block.pieces {
            match piece {
                TextPiece::Line(segments) => self.segments(segments, facts),
                TextPiece::Each { item, list, line } => {
                    self.read(list, facts);
                    let mut inner = facts.clone();
                    inner.add_local(*item);
                    self.segments(line, &inner);
                }
            }
        }
    }

    pub fn segments(&mut self, segments: &[Segment], facts: &Facts<'_>) {
        if facts.is_collecting() {
            return;
        }
        for segment in segments {
            match segment {
                Segment::Value { value, .. } => self.read(value, facts),
                Segment::Phrase { argument, .. } => self.read(argument, facts),
                Segment::Literal(_) | Segment::Parameter => {}
            }
        }
    }

    // ------------------------------------------------------------ names

    fn field(&self, ty: &Type, field: u16) -> Option<&crate::types::Field> {
        let Type::Record(id) = ty else { return None };
        self.shop.records.get(id.0 as usize)?.fields.get(usize::from(field))
    }

    /// A place as authors write it.
    fn name_of(&self, key: &Key) -> SmolStr {
        let (mut name, mut ty) = match &key.root {
            Root::Slot(slot) => match self.flow.slots.get(usize::from(*slot)) {
                Some(slot) => (slot.name.to_string(), slot.ty.clone()),
                None => (String::new(), Type::Unknown),
            },
            Root::Customer(slot) => match self.shop.customer_slots.get(usize::from(*slot)) {
                Some(slot) => (slot.name.to_string(), slot.ty.clone()),
                None => (String::new(), Type::Unknown),
            },
            Root::Cart => ("cart".to_string(), record(self.shop.known_records.cart)),
            Root::CustomerRecord => ("customer".to_string(), record(self.shop.known_records.customer)),
            Root::Shop => ("shop".to_string(), record(self.shop.known_records.shop)),
            Root::Event(field) => match field.as_str() {
                "order" => ("event.order".to_string(), record(self.shop.known_records.order)),
                "payment" => ("event.payment".to_string(), record(self.shop.known_records.payment)),
                other => (format!("event.{other}"), Type::Unknown),
            },
        };
        for field in &key.fields {
            let found = self.field(&ty, *field).map(|field| (field.name.clone(), field.ty.clone()));
            let Some((field, field_ty)) = found else { break };
            name = format!("{name}.{field}");
            ty = field_ty;
        }
        name.into()
    }
}

fn record(id: Option<crate::types::RecordId>) -> Type {
    id.map_or(Type::Unknown, Type::Record)
}

fn is_none(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Constant(Value::None)) && expr.ty == Type::None
}

/// Where something is read that may be missing: a value that is never there, once; what may be empty, at each line that
/// reads it. A translation is not blamed for what its source reads as well.
pub(super) fn first_of_each(missing: &[Missing], own: FileId) -> Vec<&Missing> {
    let mut in_order: Vec<&Missing> = missing.iter().collect();
    in_order.sort_by_key(|one| (one.span.file != own, one.span.file, one.span.start));
    let mut told: BTreeSet<(&Key, Option<Told>)> = BTreeSet::new();
    let mut first = Vec::new();
    for one in in_order {
        let key = &one.key;
        let is_first = match (one.optional, one.span.file == own) {
            (false, _) => told.insert((key, None)),
            (true, true) => {
                told.insert((key, Some(Told::In(one.state))));
                told.insert((key, Some(Told::At(one.span.file, one.span.start))))
            }
            (true, false) => told.insert((key, Some(Told::In(one.state)))),
        };
        if is_first {
            first.push(one);
        }
    }
    first
}

/// Where a place was told to be empty.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Told {
    At(FileId, u32),
    In(Option<StateId>),
}
