//! Expressions and hooks: parsed by Rhai, typed and lowered to [`crate::hir::Expr`] trees, evaluated over slots.
//!
//! The only place that knows Rhai. Evaluation changes nothing, reads no clock and does no IO.

mod chain;
mod convert;
mod env;
mod evaluate;
mod fits;
mod hooks;
mod lower;
mod methods;
mod names;
mod operators;
mod prepare;
mod read;
mod truth;
mod typing;
mod walk;

pub use chain::lower_path;
pub use env::{Env, EvalError, arm};
pub use evaluate::evaluate;
pub use fits::{describe, fits};
pub use hooks::{Hooks, Script, without_comments};
pub use lower::{OperationCall, lower_guard, lower_operation, lower_value};
pub use names::{Names, Resolved};
pub use truth::holds;

use duka_dsl::Span;

use crate::hir::{Expr, ExprKind};
use crate::types::Type;
use crate::value::Value;

/// Stands where something wrong stood; its finding is made already.
fn unknown(span: Span) -> Expr {
    Expr { kind: ExprKind::Constant(Value::None), ty: Type::Unknown, span }
}
