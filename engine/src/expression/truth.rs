//! Whether a condition holds. Compares values where they lie: no copies, no allocation.

use std::cmp::Ordering;

use rust_decimal::Decimal;

use super::env::{Env, EvalError};
use super::evaluate::{arm_name, borrow, evaluate, name_of, numbers, present};
use super::typing::is_text;
use crate::hir::{Ambient, Comparison, ConsentFact, Expr, ExprKind, Property};
use crate::types::Type;
use crate::value::Value;

/// Boxed, so that the way without an error is short.
type Result<T> = std::result::Result<T, Box<EvalError>>;

/// Whether a condition holds.
///
/// # Errors
/// As [`evaluate`], and when the value is not yes or no.
pub fn holds(expr: &Expr, env: &Env<'_>) -> std::result::Result<bool, EvalError> {
    truth(expr, env).map_err(|error| *error)
}

fn truth(expr: &Expr, env: &Env<'_>) -> Result<bool> {
    match &expr.kind {
        ExprKind::And(a, b) => Ok(truth(a, env)? && truth(b, env)?),
        ExprKind::Or(a, b) => Ok(truth(a, env)? || truth(b, env)?),
        ExprKind::Not(of) => Ok(!truth(of, env)?),
        ExprKind::Compare(op, a, b) => compare(*op, a, b, env),
        ExprKind::In(item, list) => with(item, env, |item| with(list, env, |list| contains(list, item))),
        ExprKind::Property(of, Property::IsSet) => with(of, env, |value| Ok(!matches!(value, Value::None))),
        ExprKind::Property(of, Property::IsEmpty) => with(of, env, |value| Ok(length(value)? == 0)),
        ExprKind::Consent(id, fact) => {
            let state = env.consents.get(id.index()).copied().unwrap_or_default();
            Ok(match fact {
                ConsentFact::Asked => state.asked,
                ConsentFact::Given => state.given,
            })
        }
        ExprKind::Constant(_)
        | ExprKind::Slot(_)
        | ExprKind::Customer(_)
        | ExprKind::Rule(_)
        | ExprKind::Ambient(_)
        | ExprKind::Event(_)
        | ExprKind::Experiment(_)
        | ExprKind::Field(..)
        | ExprKind::Property(_, Property::Count)
        | ExprKind::Negate(_)
        | ExprKind::Arithmetic(..)
        | ExprKind::Hook { .. }
        | ExprKind::Script { .. } => with(expr, env, |value| match value {
            Value::YesNo(yes) => Ok(*yes),
            Value::None => Err(Box::new(EvalError::Missing(name_of(expr, env)))),
            _ => Err(Box::new(EvalError::WrongType)),
        }),
    }
}

/// Looks at a value, where it lies if it can.
fn with<T>(expr: &Expr, env: &Env<'_>, look: impl FnOnce(&Value) -> Result<T>) -> Result<T> {
    match borrow(expr, env) {
        Some(value) => look(value),
        None => look(&*evaluate(expr, env)?),
    }
}

fn contains(list: &Value, item: &Value) -> Result<bool> {
    match list {
        Value::List(items) => Ok(items.iter().any(|other| equal(item, other))),
        Value::None => Ok(false),
        _ => Err(Box::new(EvalError::WrongType)),
    }
}

/// Nothing is an empty list.
fn length(value: &Value) -> Result<usize> {
    match value {
        Value::List(items) => Ok(items.len()),
        Value::None => Ok(0),
        _ => Err(Box::new(EvalError::WrongType)),
    }
}

fn compare(op: Comparison, a: &Expr, b: &Expr, env: &Env<'_>) -> Result<bool> {
    if let (Some(left), Some(right)) = (borrow(a, env), borrow(b, env)) {
        return relate(op, (left, a), (right, b), env);
    }
    if a.ty == Type::Number
        && b.ty == Type::Number
        && let (Some(left), Some(right)) = (number(a, env)?, number(b, env)?)
    {
        return Ok(accepts(op, compare_numbers(&left, &right)));
    }
    if is_text(&a.ty)
        && let (Some(left), Some(right)) = (text(a, env), text(b, env))
    {
        return Ok(accepts(op, left.cmp(right)));
    }
    let (left, right) = (evaluate(a, env)?, evaluate(b, env)?);
    relate(op, (&left, a), (&right, b), env)
}

fn relate(op: Comparison, (left, a): (&Value, &Expr), (right, b): (&Value, &Expr), env: &Env<'_>) -> Result<bool> {
    match op {
        Comparison::Equal => Ok(equal(left, right)),
        Comparison::NotEqual => Ok(!equal(left, right)),
        Comparison::Less | Comparison::LessOrEqual | Comparison::Greater | Comparison::GreaterOrEqual => {
            if let (Value::Number(left), Value::Number(right)) = (left, right) {
                return Ok(accepts(op, compare_numbers(left, right)));
            }
            Ok(accepts(op, order(present(left, a, env)?, present(right, b, env)?)?))
        }
    }
}

fn accepts(op: Comparison, order: Ordering) -> bool {
    match op {
        Comparison::Equal => order.is_eq(),
        Comparison::NotEqual => order.is_ne(),
        Comparison::Less => order.is_lt(),
        Comparison::LessOrEqual => order.is_le(),
        Comparison::Greater => order.is_gt(),
        Comparison::GreaterOrEqual => order.is_ge(),
    }
}

/// A number; `None` when it has to be looked at as a value.
fn number(expr: &Expr, env: &Env<'_>) -> Result<Option<Decimal>> {
    if let ExprKind::Property(of, Property::Count) = &expr.kind {
        return with(of, env, |value| {
            length(value).map(|length| Some(u32::try_from(length).map_or(Decimal::MAX, Decimal::from)))
        });
    }
    if let ExprKind::Arithmetic(op, a, b) = &expr.kind {
        let (Some(a), Some(b)) = (number(a, env)?, number(b, env)?) else { return Ok(None) };
        return Ok(Some(numbers(*op, a, b)?));
    }
    Ok(if let Some(Value::Number(number)) = borrow(expr, env) { Some(*number) } else { None })
}

fn text<'a>(expr: &'a Expr, env: &Env<'a>) -> Option<&'a str> {
    if let ExprKind::Experiment(id) = &expr.kind {
        return arm_name(*id, env).map(|arm| arm.as_str());
    }
    if let ExprKind::Ambient(Ambient::Language) = &expr.kind {
        return Some(env.language);
    }
    if let ExprKind::Ambient(Ambient::Channel) = &expr.kind {
        return Some(env.channel);
    }
    if let Some(Value::Text(text)) = borrow(expr, env) { Some(text) } else { None }
}

fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => compare_numbers(a, b).is_eq(),
        (Value::Text(a), Value::Text(b)) => a == b,
        (a, b) => a == b,
    }
}

fn order(a: &Value, b: &Value) -> std::result::Result<Ordering, EvalError> {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => Ok(compare_numbers(a, b)),
        (Value::Money(a), Value::Money(b)) if a.currency == b.currency => Ok(a.minor.cmp(&b.minor)),
        (Value::Money(_), Value::Money(_)) => Err(EvalError::Currencies),
        (Value::Date(a), Value::Date(b)) => Ok(a.cmp(b)),
        (Value::Time(a), Value::Time(b)) => Ok(a.cmp(b)),
        (Value::Moment(a), Value::Moment(b)) | (Value::Duration(a), Value::Duration(b)) => Ok(a.cmp(b)),
        _ => Err(EvalError::WrongType),
    }
}

/// Numbers of equal scale, nearly all of them, are compared by their digits.
fn compare_numbers(a: &Decimal, b: &Decimal) -> Ordering {
    if a.scale() == b.scale() { a.mantissa().cmp(&b.mantissa()) } else { a.cmp(b) }
}
