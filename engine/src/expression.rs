//! Expressions and hooks: parsed by Rhai, typed and lowered to [`crate::hir::Expr`] trees, evaluated over slots.
//!
//! The only place that knows Rhai. Evaluation changes nothing, reads no clock and does no IO.

mod env;
mod evaluate;
mod fits;
mod hooks;
mod lower;
mod names;

pub use env::{Env, EvalError, arm};
pub use evaluate::{evaluate, holds};
pub use fits::{describe, fits};
pub use hooks::{Hooks, Script};
pub use lower::{OperationCall, lower_guard, lower_operation, lower_path, lower_value};
pub use names::{Names, Resolved};
