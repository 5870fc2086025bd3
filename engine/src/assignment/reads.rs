//! What expressions and texts read, and what a condition makes known when it holds.

use duka_dsl::Span;
use smol_str::SmolStr;

use crate::hir::{Comparison, Expr, ExprKind, Property, Segment, TextBlock, TextId, TextPiece};
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
            ExprKind::Hook { arguments, .. } => arguments.iter().for_each(|argument| self.read(argument, facts)),
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
        match &expr.kind {
            ExprKind::Field(inner, _) => self.read(inner, facts),
            ExprKind::Slot(_) | ExprKind::Customer(_) | ExprKind::Event(_) => {}
            _ => self.read(expr, facts),
        }
    }

    fn read_place(&mut self, expr: &Expr, facts: &Facts<'_>, may_be_empty: bool) {
        let optional = match &expr.kind {
            ExprKind::Field(inner, field) => {
                self.read(inner, facts);
                match self.field(&inner.ty, *field) {
                    Some(field) if field.optional => true,
                    Some(_) | None => return,
                }
            }
            ExprKind::Slot(slot) => match self.flow.slots.get(slot.index()) {
                Some(slot) => slot.optional,
                None => return,
            },
            ExprKind::Customer(slot) => match self.shop.customer_slots.get(slot.index()) {
                Some(slot) => slot.optional,
                None => return,
            },
            _ => false,
        };
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

    /// What becomes known when a condition turns out to be `holds`.
    pub fn learn(&mut self, condition: &Expr, holds: bool, facts: &mut Facts<'_>) {
        match &condition.kind {
            ExprKind::Property(inner, Property::IsSet) if holds => self.is_there(inner, facts),
            ExprKind::Compare(comparison, left, right) => {
                let says_there = match comparison {
                    Comparison::Equal => !holds,
                    Comparison::NotEqual => holds,
                    Comparison::Less | Comparison::LessOrEqual | Comparison::Greater | Comparison::GreaterOrEqual => {
                        false
                    }
                };
                match (is_none(left), is_none(right)) {
                    (_, true) if says_there => self.is_there(left, facts),
                    (true, _) if says_there => self.is_there(right, facts),
                    (_, _) => {}
                }
            }
            ExprKind::Not(inner) => self.learn(inner, !holds, facts),
            ExprKind::And(left, right) if holds => {
                self.learn(left, true, facts);
                self.learn(right, true, facts);
            }
            ExprKind::Or(left, right) if !holds => {
                self.learn(left, false, facts);
                self.learn(right, false, facts);
            }
            _ => {}
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
        match ty {
            Type::Record(id) => self.shop.records.get(id.0 as usize)?.fields.get(usize::from(field)),
            _ => None,
        }
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

/// Where something is read that may be missing.
pub(super) fn first_of_each(missing: &[Missing]) -> Vec<&Missing> {
    let mut found: Vec<&Missing> = Vec::new();
    let mut in_order: Vec<&Missing> = missing.iter().collect();
    in_order.sort_by_key(|one: &&Missing| (position(one.span), one.key.clone()));
    for one in in_order {
        let same = |other: &&Missing| other.key == one.key && (one.optional || other.optional == one.optional);
        let once = if one.optional {
            found.iter().any(|other| other.key == one.key && other.span == one.span)
        } else {
            found.iter().any(same)
        };
        if !once {
            found.push(one);
        }
    }
    found
}

fn position(span: Span) -> (duka_dsl::FileId, u32) {
    (span.file, span.start)
}
