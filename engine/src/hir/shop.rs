//! What all flows of a shop share: its profile, languages, contracts, consents and hooks.
//!
//! What `shop.yaml` says beyond the engine's needs stays in [`crate::source::ShopSource`].

use duka_dsl::Span;
use duka_dsl::config::shop::Rounding;
use smol_str::SmolStr;

use super::{Flow, Slot};
use crate::expression::Hooks;
use crate::facts::Facts;
use crate::types::{Record, RecordId, Type};
use crate::value::Currency;

/// Everything one shop runs: its flows, the standard flows they use, contracts, hooks and profile.
#[derive(Clone, Debug)]
pub struct Shop {
    pub profile: Profile,
    /// The main flow first.
    pub flows: Vec<Flow>,
    pub languages: Vec<SmolStr>,
    pub records: Vec<Record>,
    /// The records behind `cart`, `customer`, `shop`, `order`, `payment`, `location`, where a contract declares them.
    pub known_records: KnownRecords,
    pub operations: Vec<Operation>,
    /// By contract, the ranks of its statuses.
    pub statuses: Vec<Statuses>,
    pub consents: Vec<Consent>,
    /// `remember customer` of all flows, shared by name.
    pub customer_slots: Vec<Slot>,
    pub hooks: Vec<Hook>,
    /// Runs the hooks.
    pub runner: Hooks,
}

#[derive(Clone, Debug, Default)]
pub struct KnownRecords {
    pub cart: Option<RecordId>,
    pub customer: Option<RecordId>,
    pub shop: Option<RecordId>,
    pub order: Option<RecordId>,
    pub payment: Option<RecordId>,
    pub product: Option<RecordId>,
    pub location: Option<RecordId>,
    pub address: Option<RecordId>,
}

/// What `shop.yaml` says and the engine needs; the checks read the rest from [`crate::source::ShopSource`].
#[derive(Clone, Debug)]
pub struct Profile {
    pub name: SmolStr,
    pub country: Option<SmolStr>,
    pub currency: Currency,
    /// IANA name, for example `Africa/Nairobi`.
    pub timezone: SmolStr,
    pub towns: Vec<SmolStr>,
    /// Whether a catalogue is connected on WhatsApp: products are shown from it, and carts come back.
    pub has_catalogue: bool,
    /// Whether orders are paid inside the chat of WhatsApp.
    pub pays_in_chat: bool,
    /// Minutes since midnight, local time: no marketing between them.
    pub quiet_hours: Option<(u16, u16)>,
    /// What customers may be told of the shop.
    pub facts: Facts,
    pub rounding: Rounding,
}

#[derive(Clone, Debug)]
pub struct Consent {
    pub name: SmolStr,
    pub purpose: SmolStr,
    pub span: Span,
}

/// What a contract offers.
#[derive(Clone, Debug)]
pub struct Operation {
    pub contract: SmolStr,
    pub name: SmolStr,
    pub kind: OperationKind,
    pub takes: Vec<Parameter>,
    pub gives: Option<Type>,
    pub within_ms: i64,
    pub fresh_for_ms: i64,
    pub retry: u32,
    /// The refusals it may answer with; the line's `else` takes them. Without any, `else` takes every failure.
    pub fails: Vec<SmolStr>,
    /// Whether a command may run again when its state is entered a second time.
    pub repeatable: bool,
    pub builtin: Option<Builtin>,
}

impl Operation {
    /// `orders.hold`
    pub fn path(&self) -> String {
        format!("{}.{}", self.contract, self.name)
    }
}

#[derive(Clone, Debug)]
pub struct Parameter {
    pub ty: Type,
    pub optional: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OperationKind {
    /// Safe to repeat; run again on resume.
    Query,
    /// Never run again; carries an idempotency key.
    Command,
}

/// Operations that the engine does itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Builtin {
    /// `handoff.open(topic)`: the conversation goes to a person.
    HandoffOpen,
    /// `customer.set_language(language)`.
    SetLanguage,
    /// `shop.hours()`, where `shop.yaml` says the hours: nobody is asked.
    ShopHours,
}

/// The order of a contract's statuses: a later one never gives way to an earlier one.
#[derive(Clone, Debug)]
pub struct Statuses {
    pub contract: SmolStr,
    pub ranks: Vec<(SmolStr, u8)>,
    pub terminal: Vec<SmolStr>,
}

impl Statuses {
    /// Whether an order of this status has gone at least as far as `paid`. Where the shop's own system takes the money, and none in cash,
    /// it has its money then; elsewhere it may well be packed, and sent, before anybody has paid.
    pub fn is_paid(&self, status: &str) -> bool {
        let rank = |word: &str| self.ranks.iter().find(|(known, _)| known == word).map(|(_, rank)| *rank);
        rank(status).zip(rank("paid")).is_some_and(|(is, paid)| is >= paid)
    }
}

/// A function of `hooks.rhai`.
#[derive(Clone, Debug)]
pub struct Hook {
    pub name: SmolStr,
    pub takes: Vec<(SmolStr, Parameter)>,
    pub gives: Type,
    pub span: Span,
}
