//! The names that `expect` may read: those of the flow the conversation is in.

use duka_dsl::ast;
use smol_str::SmolStr;

use super::super::Simulator;
use crate::expression::{Env, Names, Resolved, evaluate, lower_guard};
use crate::hir::{
    Ambient, ConsentId, CustomerSlotId, ExperimentId, ExprKind, Flow, FlowId, Hook, HookId, RuleId, Shop, SlotId,
    SlotKind,
};
use crate::types::{Record, RecordId, Type};
use crate::value::Value;

struct FlowNames<'a> {
    shop: &'a Shop,
    flow: &'a Flow,
}

/// The value of an expression where the conversation stands.
///
/// # Errors
/// One sentence about what can not be read.
pub fn evaluate_in(simulator: &Simulator, expression: &ast::Expr) -> Result<Value, String> {
    let session = &simulator.session;
    let shop = &simulator.program.shop;
    let frame = session.frames.last();
    let flow_id = frame.map_or(FlowId(0), |frame| frame.flow);
    let flow = shop.flows.get(flow_id.index()).ok_or("the shop has no flow")?;
    let (lowered, found) = lower_guard(&shop.runner, expression, &FlowNames { shop, flow });
    if let Some(first) = found.first() {
        return Err(first.message.clone());
    }
    let program = &simulator.program;
    let shop_now = program.shop_now(&session.shop.value, simulator.now_ms, program.language(&session.language));
    let env = Env {
        shop,
        flow,
        flow_id,
        values: frame.map_or(&[], |frame| frame.values.as_slice()),
        customer_values: &session.customer_values,
        consents: &session.consents,
        arms: &session.arms,
        customer_key: &session.customer_key,
        cart: &session.cart.value,
        customer: &session.customer.value,
        shop_value: &shop_now,
        event: &session.event,
        now_ms: simulator.now_ms,
        language: &session.language,
        channel: &session.channel,
        item: None,
    };
    evaluate(&lowered, &env).map(std::borrow::Cow::into_owned).map_err(|error| error.to_string())
}

impl FlowNames<'_> {
    fn slot(&self, fits: impl Fn(&crate::hir::Slot) -> bool) -> Option<Resolved> {
        let at = self.flow.slots.iter().position(fits)?;
        let slot = self.flow.slots.get(at)?;
        let kind = ExprKind::Slot(SlotId(u16::try_from(at).ok()?));
        Some(Resolved { kind, ty: slot.ty.clone(), optional: slot.optional })
    }
}

impl Names for FlowNames<'_> {
    fn resolve(&self, name: &str) -> Option<Resolved> {
        let plain =
            |slot: &crate::hir::Slot| slot.name == name && !matches!(slot.kind, SlotKind::Answer(_) | SlotKind::Each);
        if let Some(found) = self.slot(plain) {
            return Some(found);
        }
        if let Some(at) = self.shop.customer_slots.iter().position(|slot| slot.name == name) {
            let slot = self.shop.customer_slots.get(at)?;
            let kind = ExprKind::Customer(CustomerSlotId(u16::try_from(at).ok()?));
            return Some(Resolved { kind, ty: slot.ty.clone(), optional: slot.optional });
        }
        if let Some(at) = self.flow.rules.iter().position(|rule| rule.name == name) {
            let kind = ExprKind::Rule(RuleId(u16::try_from(at).ok()?));
            return Some(Resolved { kind, ty: self.flow.rules.get(at)?.ty.clone(), optional: false });
        }
        let known = &self.shop.known_records;
        let record = |id: Option<RecordId>| id.map_or(Type::Unknown, Type::Record);
        let (ambient, ty) = match name {
            "cart" => (Ambient::Cart, record(known.cart)),
            "customer" => (Ambient::Customer, record(known.customer)),
            "shop" => (Ambient::Shop, record(known.shop)),
            "now" => (Ambient::Now, Type::Moment),
            "language" => (Ambient::Language, Type::Language),
            "channel" => (Ambient::Channel, Type::Text),
            _ => return None,
        };
        Some(Resolved { kind: ExprKind::Ambient(ambient), ty, optional: false })
    }

    fn known(&self) -> Vec<&str> {
        let slots = self.flow.slots.iter().map(|slot| slot.name.as_str());
        slots
            .chain(self.flow.rules.iter().map(|rule| rule.name.as_str()))
            .chain(["cart", "customer", "language"])
            .collect()
    }

    fn answer(&self, state: &str) -> Option<Resolved> {
        let state = self.flow.states.iter().position(|known| known.name == state)?;
        self.slot(|slot| matches!(slot.kind, SlotKind::Answer(of) if of.index() == state))
    }

    fn answers(&self) -> Vec<&str> {
        self.flow.states.iter().map(|state| state.name.as_str()).collect()
    }

    fn event_field(&self, _field: &str) -> Option<Resolved> {
        None
    }

    fn event_fields(&self) -> Vec<&str> {
        Vec::new()
    }

    fn consent(&self, name: &str) -> Option<ConsentId> {
        let at = self.shop.consents.iter().position(|consent| consent.name == name)?;
        u16::try_from(at).ok().map(ConsentId)
    }

    fn consents(&self) -> Vec<&str> {
        self.shop.consents.iter().map(|consent| consent.name.as_str()).collect()
    }

    fn experiment(&self, name: &str) -> Option<(ExperimentId, &[SmolStr])> {
        let at = self.flow.experiments.iter().position(|experiment| experiment.name == name)?;
        Some((ExperimentId(u16::try_from(at).ok()?), &self.flow.experiments.get(at)?.arms))
    }

    fn experiments(&self) -> Vec<&str> {
        self.flow.experiments.iter().map(|experiment| experiment.name.as_str()).collect()
    }

    fn record(&self, id: RecordId) -> &Record {
        self.shop.records.get(usize::from(id.0)).expect("types of a compiled shop name its own records")
    }

    fn hook(&self, name: &str) -> Option<(HookId, &Hook)> {
        let at = self.shop.hooks.iter().position(|hook| hook.name == name)?;
        Some((HookId(u16::try_from(at).ok()?), self.shop.hooks.get(at)?))
    }

    fn hook_names(&self) -> Vec<&str> {
        self.shop.hooks.iter().map(|hook| hook.name.as_str()).collect()
    }

    fn contract(&self, _name: &str) -> bool {
        false
    }
}
