//! What an expression asks its surroundings: the names it may read. Implemented by the lowering of flows.

use smol_str::SmolStr;

use crate::hir::{ConsentId, ExperimentId, ExprKind, Hook, HookId, RuleId};
use crate::types::{Record, RecordId, Type};
use crate::value::{Currency, Value};

/// What a name stands for.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// How it is read: a slot, a customer value, a rule, an ambient value, a field of the event.
    pub kind: ExprKind,
    pub ty: Type,
    /// Whether it may be empty.
    pub optional: bool,
}

/// The names that are known where an expression stands.
pub trait Names {
    /// A plain name: `item`, `quantity`, `most_per_item`, `cart`, `customer`, `shop`, `now`, `language`, `channel`.
    /// Wins over the heads `answers`, `event`, `consent` and `experiment`.
    fn resolve(&self, name: &str) -> Option<Resolved>;
    /// Every name that [`Names::resolve`] knows here, for "did you mean".
    fn known(&self) -> Vec<&str>;

    /// `answers.STATE`
    fn answer(&self, state: &str) -> Option<Resolved>;
    /// The states that [`Names::answer`] knows.
    fn answers(&self) -> Vec<&str>;

    /// `event.FIELD`: what the event that is being answered carries.
    fn event_field(&self, field: &str) -> Option<Resolved>;
    /// The fields that [`Names::event_field`] knows; empty where there is no event.
    fn event_fields(&self) -> Vec<&str>;

    /// `consent.NAME`
    fn consent(&self, name: &str) -> Option<ConsentId>;
    fn consents(&self) -> Vec<&str>;

    /// `experiment.NAME`, with its arms.
    fn experiment(&self, name: &str) -> Option<(ExperimentId, &[SmolStr])>;
    fn experiments(&self) -> Vec<&str>;

    fn record(&self, id: RecordId) -> &Record;

    fn hook(&self, name: &str) -> Option<(HookId, &Hook)>;
    fn hook_names(&self) -> Vec<&str>;

    /// Whether `name.op(…)` is an operation of a contract.
    fn contract(&self, name: &str) -> bool;

    /// The value of a rule, where it is known, so that currencies can be compared.
    fn rule(&self, _rule: RuleId) -> Option<&Value> {
        None
    }

    /// The currency of the shop's amounts.
    fn currency(&self) -> Option<Currency> {
        None
    }
}
