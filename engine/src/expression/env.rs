//! What an expression reads while it runs: borrowed slices of the session and the program, nothing owned.

use sha2::{Digest, Sha256};
use smol_str::SmolStr;

use crate::hir::{Flow, FlowId, Shop, Target};
use crate::session::ConsentState;
use crate::value::Value;

/// The state an expression is evaluated in. All slices are by id; a missing entry reads as [`Value::None`].
#[derive(Clone, Copy, Debug)]
pub struct Env<'a> {
    pub shop: &'a Shop,
    pub flow: &'a Flow,
    pub flow_id: FlowId,
    /// The frame's values, by [`crate::hir::SlotId`].
    pub values: &'a [Value],
    /// By [`crate::hir::CustomerSlotId`].
    pub customer_values: &'a [Value],
    /// By [`crate::hir::ConsentId`].
    pub consents: &'a [ConsentState],
    /// The arms that were read before: flow, experiment, arm.
    pub arms: &'a [(FlowId, u16, u16)],
    pub customer_key: &'a str,
    /// The ambient snapshots.
    pub cart: &'a Value,
    pub customer: &'a Value,
    pub shop_value: &'a Value,
    /// What `event.` means now.
    pub event: &'a [(SmolStr, Value)],
    /// The time of the event, ms since 1970.
    pub now_ms: i64,
    pub language: &'a str,
    pub channel: &'a str,
    /// The item of the `each` or `pick` line that is being said, read instead of its place.
    pub item: Option<(Target, &'a Value)>,
}

/// Why an expression has no value. The line that holds it takes its error branch.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvalError {
    #[error("{0} has no value")]
    Missing(SmolStr),
    #[error("division by zero")]
    DivisionByZero,
    #[error("the result is too large")]
    Overflow,
    #[error("amounts of different currencies")]
    Currencies,
    /// A value of another type than the program says, for example of an older revision.
    #[error("a value of another type than expected")]
    WrongType,
    #[error("hook `{hook}`: {reason}")]
    Hook { hook: SmolStr, reason: String },
    #[error("script: {0}")]
    Script(String),
}

/// The arm of an experiment for a customer: always the same for the same customer and name. `arms` is at least 1.
pub fn arm(customer_key: &str, experiment: &str, arms: usize) -> u16 {
    let mut hash = Sha256::new();
    hash.update(customer_key.as_bytes());
    hash.update([0]);
    hash.update(experiment.as_bytes());
    let digest = hash.finalize();
    let number = digest.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    u16::try_from(number % arms.max(1) as u64).unwrap_or(0)
}

impl Env<'_> {
    /// The arm this customer is in, by position; the recorded one if it was read before.
    pub fn arm_of(&self, experiment: crate::hir::ExperimentId) -> u16 {
        let recorded = self.arms.iter().find(|(flow, id, _)| *flow == self.flow_id && *id == experiment.0);
        match (recorded, self.flow.experiments.get(experiment.index())) {
            (Some((_, _, arm)), Some(known)) if usize::from(*arm) < known.arms.len() => *arm,
            (_, Some(known)) => arm(self.customer_key, &known.name, known.arms.len()),
            (_, None) => 0,
        }
    }
}
