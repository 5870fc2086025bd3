//! Things and places for values by their names. A mistyped name is one finding: the lines go on with what was probably meant.

use std::collections::BTreeMap;

use duka_dsl::diagnostic::nearest;
use duka_dsl::{Diagnostic, Name, Span};
use smol_str::SmolStr;

use crate::expression;
use crate::hir::{Expr, ExprKind, SlotId, SlotKind, Target};
use crate::types::Type;
use crate::value::Value;

use super::body::Body;
use super::declare::{empty_slot, id};
use super::names::{UNKNOWN_NAME, unknown};
use super::scope::{Place, Scope};

/// What a name should stand for, and what to say when it does not.
pub(super) struct Wanted<'w> {
    pub code: u16,
    pub noun: &'w str,
    /// Instead of "There is no NOUN called …".
    pub says: Option<String>,
    /// What to do when no name is near.
    pub help: String,
}

impl<'a> Body<'a> {
    /// The thing called `name`; after a finding, the one that was probably meant.
    pub fn find<T: Copy>(&mut self, things: &'a BTreeMap<&'a str, T>, name: &Name, wanted: Wanted<'_>) -> Option<T> {
        if let Some(found) = things.get(name.as_str()) {
            return Some(*found);
        }
        if self.declared.may_be_declared(name.as_str()) {
            return None;
        }
        let meant = nearest(&name.value, things.keys().copied());
        let mut found = unknown(wanted.code, wanted.noun, name, meant, &wanted.help);
        if let Some(says) = wanted.says {
            found.message = says;
        }
        self.findings.push(found);
        meant.and_then(|meant| things.get(meant).copied())
    }

    /// A new place.
    pub fn place_for(&self, name: &SmolStr, ty: Type, kind: SlotKind, span: Span) -> SlotId {
        let mut slots = self.slots.borrow_mut();
        slots.push(empty_slot(name.clone(), ty, kind, span));
        SlotId(id(slots.len() - 1))
    }

    /// The place for the items of an `each` line: one for all of the same name and type.
    pub fn place_for_each(&mut self, name: &SmolStr, ty: Type, span: Span) -> SlotId {
        let known = self.each.get(name).into_iter().flatten().copied().find(|slot| {
            let slots = self.slots.borrow();
            slots.get(slot.index()).is_some_and(|slot| slot.ty == ty)
        });
        known.unwrap_or_else(|| {
            let slot = self.place_for(name, ty, SlotKind::Each, span);
            self.each.entry(name.clone()).or_default().push(slot);
            slot
        })
    }

    /// The remembered value `name`, to be filled; `None` when nothing of that name is remembered.
    pub fn remembered(&self, name: &Name) -> Option<(Target, Type)> {
        if let Some(slot) = self.declared.slot_ids.get(name.as_str()) {
            self.used.borrow_mut().slots.insert(*slot);
            let ty = self.slots.borrow().get(slot.index()).map(|slot| slot.ty.clone());
            return ty.map(|ty| (Target::Slot(*slot), ty));
        }
        let customer = self.declared.customer.get(name.as_str())?;
        self.used.borrow_mut().customer.insert(*customer);
        let slot = self.shop.customer_slots.get(customer.index())?;
        Some((Target::Customer(*customer), slot.ty.clone()))
    }

    /// Where a line puts a value of type `ty`. What is not remembered gets a place of its own, after a finding.
    pub fn target(&mut self, name: &Name, ty: &Type, place: &Place) -> Target {
        let (target, wanted) = self.place_of(name, ty, place);
        self.expect(ty, &wanted, name);
        target
    }

    /// The place called `name` and its type; a new one of type `ty`, after a finding, when nothing is called so.
    pub fn place_of(&mut self, name: &Name, ty: &Type, place: &Place) -> (Target, Type) {
        if let Some(slot) = place.local(name.as_str()) {
            let wanted = self.slots.borrow().get(slot.index()).map_or(Type::Unknown, |slot| slot.ty.clone());
            return (Target::Slot(slot), wanted);
        }
        self.remembered_or_meant(name, ty, "Write it under `remember`, with its type.")
    }

    /// The remembered value `name`; after a finding, the one that was probably meant, else a new place of type `ty`.
    pub fn remembered_or_meant(&mut self, name: &Name, ty: &Type, help: &str) -> (Target, Type) {
        if let Some(found) = self.remembered(name) {
            return found;
        }
        let meant = self.unknown_value(name, help);
        meant.unwrap_or_else(|| {
            let slot = self.place_for(&name.value, ty.clone(), SlotKind::Action, name.span);
            (Target::Slot(slot), Type::Unknown)
        })
    }

    /// Reports a value that is not remembered; gives the one that was probably meant.
    pub fn unknown_value(&mut self, name: &Name, help: &str) -> Option<(Target, Type)> {
        if self.declared.may_be_declared(name.as_str()) {
            return None;
        }
        let known = self.declared.slot_ids.keys().chain(self.declared.customer.keys()).copied();
        let meant = nearest(&name.value, known);
        self.findings.push(unknown(UNKNOWN_NAME, "remembered value", name, meant, help));
        self.remembered(&Name::new(SmolStr::new(meant?), name.span))
    }

    /// D406: a value of type `given` is put into `name`, which is of type `wanted`.
    pub fn expect(&mut self, given: &Type, wanted: &Type, name: &Name) {
        if *given == Type::None || expression::fits(given, wanted) {
            return;
        }
        let message =
            format!("`{}` holds {}, and this is {}.", name.value, self.describe(wanted), self.describe(given));
        self.findings.push(
            Diagnostic::new(406, name.span, message).help("Use another name, or change its type under `remember`."),
        );
    }

    /// Whether a value may stand where `wanted` is asked for; a written text also where it is one of the possible values.
    pub fn suits(&self, given: &Expr, wanted: &Type) -> bool {
        match (&given.kind, wanted) {
            (ExprKind::Constant(Value::Text(text)), Type::Enum(members)) => members.contains(text),
            (ExprKind::Constant(Value::Text(_)), Type::Language | Type::Phone | Type::Email | Type::Town) => true,
            (_, _) => expression::fits(&given.ty, wanted),
        }
    }

    pub fn describe(&self, ty: &Type) -> String {
        let place = Place::default();
        let scope = Scope { body: self, place: &place };
        expression::describe(ty, |id| scope.body.shop.records.get(id.0 as usize).unwrap_or(&scope.body.shop.nothing))
    }
}
