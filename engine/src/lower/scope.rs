//! What a name means where it stands: items of `each`, results of calls, remembered values, rules, ambient values.

use smol_str::SmolStr;

use crate::expression::{Names, Resolved};
use crate::hir::{Ambient, ConsentId, ExperimentId, ExprKind, Hook, HookId, RuleId, SlotId, SlotKind, StateId};
use crate::types::{Record, RecordId, Type};
use crate::value::Value;

use duka_dsl::ast::{self, Trigger};

use super::body::Body;
use super::declare::id;
use super::events::{self, Events};

/// Where a line stands.
#[derive(Clone, Debug, Default)]
pub(super) struct Place {
    /// Results of calls and items of `each`, the nearest last.
    pub locals: Vec<(SmolStr, SlotId)>,
    pub events: Events,
    /// The state whose lines these are; `None` in groups, `anywhere`, `follow` and templates.
    pub state: Option<StateId>,
}

impl Place {
    /// The same place with one more local name.
    pub fn with(&self, name: &SmolStr, slot: SlotId) -> Place {
        let mut place = self.clone();
        place.locals.push((name.clone(), slot));
        place
    }

    /// The same place after one event.
    pub fn after(&self, events: Events) -> Place {
        Place { events, ..self.clone() }
    }

    pub fn local(&self, name: &str) -> Option<SlotId> {
        self.locals.iter().rev().find(|(known, _)| known == name).map(|(_, slot)| *slot)
    }
}

/// The names at a place of a flow.
pub(super) struct Scope<'s> {
    pub body: &'s Body<'s>,
    pub place: &'s Place,
}

const AMBIENT: [(&str, Ambient); 6] = [
    ("cart", Ambient::Cart),
    ("customer", Ambient::Customer),
    ("shop", Ambient::Shop),
    ("now", Ambient::Now),
    ("language", Ambient::Language),
    ("channel", Ambient::Channel),
];

impl Scope<'_> {
    fn slot(&self, id: SlotId) -> Option<Resolved> {
        let slots = self.body.slots.borrow();
        let slot = slots.get(id.index())?;
        self.body.used.borrow_mut().slots.insert(id);
        Some(Resolved { kind: ExprKind::Slot(id), ty: slot.ty.clone(), optional: slot.optional })
    }

    fn ambient(&self, name: &str) -> Option<Resolved> {
        let (_, ambient) = AMBIENT.iter().find(|(known, _)| *known == name)?;
        let known = &self.body.shop.known;
        let record = |id: Option<RecordId>| id.map_or(Type::Unknown, Type::Record);
        let ty = match ambient {
            Ambient::Cart => record(known.cart),
            Ambient::Customer => record(known.customer),
            Ambient::Shop => record(known.shop),
            Ambient::Now => Type::Moment,
            Ambient::Language => Type::Language,
            Ambient::Channel => Type::Text,
        };
        Some(Resolved { kind: ExprKind::Ambient(*ambient), ty, optional: false })
    }
}

impl Names for Scope<'_> {
    fn resolve(&self, name: &str) -> Option<Resolved> {
        let declared = self.body.declared;
        if let Some(slot) = self.place.local(name).or_else(|| declared.slot_ids.get(name).copied()) {
            return self.slot(slot);
        }
        if let Some(id) = declared.customer.get(name) {
            self.body.used.borrow_mut().customer.insert(*id);
            let slot = self.body.shop.customer_slots.get(id.index())?;
            return Some(Resolved { kind: ExprKind::Customer(*id), ty: slot.ty.clone(), optional: slot.optional });
        }
        if let Some(id) = declared.rule_ids.get(name) {
            self.body.used.borrow_mut().rules.insert(*id);
            let rule = declared.rules.get(id.index())?;
            return Some(Resolved { kind: ExprKind::Rule(*id), ty: rule.ty.clone(), optional: false });
        }
        if let Some(ambient) = self.ambient(name) {
            return Some(ambient);
        }
        // What an unreadable line may have declared is unknown, not missing.
        let unknown =
            Resolved { kind: ExprKind::Constant(crate::value::Value::None), ty: Type::Unknown, optional: false };
        declared.may_be_declared(name).then_some(unknown)
    }

    fn rule(&self, rule: RuleId) -> Option<&Value> {
        self.body.declared.rules.get(rule.index()).map(|rule| &rule.value)
    }

    fn known(&self) -> Vec<&str> {
        let declared = self.body.declared;
        let mut names: Vec<&str> = self.place.locals.iter().map(|(name, _)| name.as_str()).collect();
        names.extend(declared.slot_ids.keys().copied());
        names.extend(declared.customer.keys().copied());
        names.extend(declared.rule_ids.keys().copied());
        names.extend(AMBIENT.iter().map(|(name, _)| *name));
        names
    }

    fn answer(&self, state: &str) -> Option<Resolved> {
        let declared = self.body.declared;
        let state_id = *declared.states.get(state)?;
        let found = declared.source.ast.states.get(state_id.index())?;
        let known = self.body.answers.borrow().get(&state_id).copied();
        if let Some(slot) = known {
            return self.slot(slot);
        }
        let ty = answer_type(self, found)?;
        let name = SmolStr::from(format!("answers.{state}"));
        let slot = self.body.place_for(&name, ty, SlotKind::Answer(state_id), found.name.span);
        self.body.answers.borrow_mut().insert(state_id, slot);
        self.slot(slot)
    }

    fn answers(&self) -> Vec<&str> {
        let states = self.body.declared.source.ast.states.iter();
        states.filter(|state| answer_type(self, state).is_some()).map(|state| state.name.as_str()).collect()
    }

    fn event_field(&self, field: &str) -> Option<Resolved> {
        let fields = events::fields(&self.place.events, self.body.shop);
        let (_, ty) = fields.into_iter().find(|(name, _)| *name == field)?;
        Some(Resolved { kind: ExprKind::Event(field.into()), ty, optional: false })
    }

    fn event_fields(&self) -> Vec<&str> {
        events::fields(&self.place.events, self.body.shop).into_iter().map(|(name, _)| name).collect()
    }

    fn consent(&self, name: &str) -> Option<ConsentId> {
        self.body.shop.consent_ids.get(name).copied()
    }

    fn consents(&self) -> Vec<&str> {
        self.body.shop.consent_ids.keys().map(SmolStr::as_str).collect()
    }

    fn experiment(&self, name: &str) -> Option<(ExperimentId, &[SmolStr])> {
        let declared = self.body.declared;
        let id = *declared.experiment_ids.get(name)?;
        Some((id, &declared.experiments.get(id.index())?.arms))
    }

    fn experiments(&self) -> Vec<&str> {
        self.body.declared.experiment_ids.keys().copied().collect()
    }

    fn record(&self, id: RecordId) -> &Record {
        self.body.shop.records.get(id.0 as usize).unwrap_or(&self.body.shop.nothing)
    }

    fn hook(&self, name: &str) -> Option<(HookId, &Hook)> {
        let hooks = &self.body.shop.hooks;
        let index = hooks.iter().position(|hook| hook.name == name)?;
        Some((HookId(id(index)), hooks.get(index)?))
    }

    fn hook_names(&self) -> Vec<&str> {
        self.body.shop.hooks.iter().map(|hook| hook.name.as_str()).collect()
    }

    fn contract(&self, name: &str) -> bool {
        self.body.shop.contracts.contains_key(name)
    }
}

/// What `answers.STATE` holds: the id of a choice, or the value of an answer; `None` where nothing can be answered.
fn answer_type(scope: &Scope<'_>, state: &ast::State) -> Option<Type> {
    let mut ids: Vec<SmolStr> = Vec::new();
    let mut values: Vec<Type> = Vec::new();
    for reaction in &state.reactions {
        match &reaction.trigger {
            Trigger::Button { name, .. } | Trigger::Row { name, .. } => ids.push(name.value.clone()),
            Trigger::Pick { .. } => values.push(Type::Text),
            Trigger::Answer { name, .. } => {
                let declared = scope.body.declared;
                let slot = declared.slot_ids.get(name.as_str()).and_then(|id| declared.slots.get(id.index()));
                values.push(slot.map_or(Type::Text, |slot| slot.ty.clone()));
            }
            Trigger::Fill { form, .. } => {
                let declared = scope.body.declared;
                let record = declared.forms.get(form.as_str()).and_then(|id| declared.form_records.get(id.index()));
                values.push(record.map_or(Type::Unknown, |id| Type::Record(*id)));
            }
            Trigger::Hears { .. }
            | Trigger::On { .. }
            | Trigger::After { .. }
            | Trigger::Quiet { .. }
            | Trigger::Else { .. }
            | Trigger::Failed
            | Trigger::Lost => {}
        }
    }
    values.dedup();
    match (ids.is_empty(), values.as_slice()) {
        (true, []) => None,
        (false, []) => Some(Type::Enum(ids)),
        (true, [value]) => Some(value.clone()),
        (_, _) => Some(Type::Text),
    }
}
