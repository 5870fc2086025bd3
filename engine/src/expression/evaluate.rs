//! The value of a typed tree in an [`Env`]. Borrows what it can; allocates nothing for a comparison.

use std::borrow::Cow;

use duka_dsl::config::shop::Rounding;
use rust_decimal::Decimal;
use smol_str::SmolStr;

use super::env::{Env, EvalError};
use super::truth::holds;
use crate::hir::{Ambient, Arithmetic, ExperimentId, Expr, ExprKind, Property, Target};
use crate::rounding::whole as whole_number;
use crate::value::{Money, Value};

static NOTHING: Value = Value::None;

const DAY_MS: i64 = 86_400_000;

/// The value of `expr`. A place that is empty, or lies within one, gives [`Value::None`].
///
/// # Errors
/// Reckoning with what is empty, division by zero, overflow, or a hook that failed: the line's error branch.
pub fn evaluate<'a>(expr: &'a Expr, env: &Env<'a>) -> Result<Cow<'a, Value>, EvalError> {
    if let Some(value) = borrow(expr, env) {
        return Ok(Cow::Borrowed(value));
    }
    Ok(Cow::Owned(match &expr.kind {
        ExprKind::Field(of, at) => return field(evaluate(of, env)?, usize::from(*at)),
        ExprKind::Ambient(Ambient::Now) => Value::Moment(env.now_ms),
        ExprKind::Ambient(Ambient::Language) => Value::Text(SmolStr::new(env.language)),
        ExprKind::Ambient(Ambient::Channel) => Value::Text(SmolStr::new(env.channel)),
        ExprKind::Experiment(id) => arm_name(*id, env).map_or(Value::None, |arm| Value::Text(arm.clone())),
        ExprKind::Property(of, Property::Count) => count(evaluate(of, env)?.as_ref())?,
        ExprKind::Negate(of) => negate(of, env)?,
        ExprKind::Arithmetic(op, a, b) => {
            let (left, right) = (evaluate(a, env)?, evaluate(b, env)?);
            calculate(*op, present(&left, a, env)?, present(&right, b, env)?, env.shop.profile.rounding)?
        }
        ExprKind::Hook { hook, arguments } => {
            let takes = env.shop.hooks.get(hook.index()).map_or(&[][..], |hook| &hook.takes);
            let mut values = Vec::with_capacity(arguments.len());
            for (at, argument) in arguments.iter().enumerate() {
                let value = evaluate(argument, env)?;
                if !takes.get(at).is_some_and(|(_, takes)| takes.optional) {
                    present(&value, argument, env)?;
                }
                values.push(value.into_owned());
            }
            env.shop.runner.call(env.shop, *hook, &values)?
        }
        ExprKind::Script { script, inputs } => {
            let mut values = Vec::with_capacity(inputs.len());
            for (_, input) in inputs {
                let value = evaluate(input, env)?;
                values.push(present(&value, input, env)?.clone());
            }
            script.run(env.shop, inputs, &values)?
        }
        ExprKind::Consent(..)
        | ExprKind::Property(_, Property::IsSet | Property::IsEmpty)
        | ExprKind::Not(_)
        | ExprKind::And(..)
        | ExprKind::Or(..)
        | ExprKind::Compare(..)
        | ExprKind::In(..) => Value::YesNo(holds(expr, env)?),
        // Borrowed above.
        ExprKind::Constant(_)
        | ExprKind::Slot(_)
        | ExprKind::Customer(_)
        | ExprKind::Rule(_)
        | ExprKind::Ambient(Ambient::Cart | Ambient::Customer | Ambient::Shop)
        | ExprKind::Event(_) => Value::None,
    }))
}

/// The value where it lies, for places and constants.
pub(super) fn borrow<'a>(expr: &'a Expr, env: &Env<'a>) -> Option<&'a Value> {
    match &expr.kind {
        ExprKind::Constant(value) => Some(value),
        ExprKind::Slot(slot) => Some(place(Target::Slot(*slot), env)),
        ExprKind::Customer(slot) => Some(place(Target::Customer(*slot), env)),
        ExprKind::Rule(rule) => Some(env.flow.rules.get(rule.index()).map_or(&NOTHING, |rule| &rule.value)),
        ExprKind::Ambient(Ambient::Cart) => Some(env.cart),
        ExprKind::Ambient(Ambient::Customer) => Some(env.customer),
        ExprKind::Ambient(Ambient::Shop) => Some(env.shop_value),
        ExprKind::Event(field) => {
            let found = env.event.iter().find(|(name, _)| name == field);
            Some(found.map_or(&NOTHING, |(_, value)| value))
        }
        ExprKind::Field(of, at) => match borrow(of, env)? {
            Value::Record(fields) => fields.get(usize::from(*at)),
            Value::None => Some(&NOTHING),
            _ => None,
        },
        ExprKind::Ambient(Ambient::Now | Ambient::Language | Ambient::Channel)
        | ExprKind::Experiment(_)
        | ExprKind::Consent(..)
        | ExprKind::Property(..)
        | ExprKind::Not(_)
        | ExprKind::Negate(_)
        | ExprKind::And(..)
        | ExprKind::Or(..)
        | ExprKind::Compare(..)
        | ExprKind::Arithmetic(..)
        | ExprKind::In(..)
        | ExprKind::Hook { .. }
        | ExprKind::Script { .. } => None,
    }
}

fn place<'a>(target: Target, env: &Env<'a>) -> &'a Value {
    if let Some((item, value)) = env.item
        && item == target
    {
        return value;
    }
    let value = match target {
        Target::Slot(slot) => env.values.get(slot.index()),
        Target::Customer(slot) => env.customer_values.get(slot.index()),
    };
    value.unwrap_or(&NOTHING)
}

pub(super) fn arm_name<'a>(id: ExperimentId, env: &Env<'a>) -> Option<&'a SmolStr> {
    env.flow.experiments.get(id.index())?.arms.get(usize::from(env.arm_of(id)))
}

fn field(of: Cow<'_, Value>, at: usize) -> Result<Cow<'_, Value>, EvalError> {
    match of {
        Cow::Borrowed(Value::Record(fields)) => fields.get(at).map(Cow::Borrowed).ok_or(EvalError::WrongType),
        Cow::Owned(Value::Record(fields)) => fields.get(at).cloned().map(Cow::Owned).ok_or(EvalError::WrongType),
        Cow::Borrowed(Value::None) | Cow::Owned(Value::None) => Ok(Cow::Borrowed(&NOTHING)),
        Cow::Borrowed(_) | Cow::Owned(_) => Err(EvalError::WrongType),
    }
}

fn count(value: &Value) -> Result<Value, EvalError> {
    match value {
        Value::List(items) => Ok(Value::Number(Decimal::from(items.len()))),
        Value::None => Ok(Value::Number(Decimal::ZERO)),
        _ => Err(EvalError::WrongType),
    }
}

/// The value, if there is one.
pub(super) fn present<'v>(value: &'v Value, expr: &Expr, env: &Env<'_>) -> Result<&'v Value, EvalError> {
    match value {
        Value::None => Err(EvalError::Missing(name_of(expr, env))),
        value => Ok(value),
    }
}

/// What an expression is called in a trace: the name of the place it reads.
#[cold]
pub(super) fn name_of(expr: &Expr, env: &Env<'_>) -> SmolStr {
    match &expr.kind {
        ExprKind::Slot(slot) => env.flow.slots.get(slot.index()).map(|slot| slot.name.clone()),
        ExprKind::Customer(slot) => env.shop.customer_slots.get(slot.index()).map(|slot| slot.name.clone()),
        ExprKind::Event(field) => Some(field.clone()),
        ExprKind::Ambient(Ambient::Cart) => Some(SmolStr::new_static("cart")),
        ExprKind::Ambient(Ambient::Customer) => Some(SmolStr::new_static("customer")),
        ExprKind::Ambient(Ambient::Shop) => Some(SmolStr::new_static("shop")),
        ExprKind::Field(of, at) => Some(field_name(of, *at, env)),
        ExprKind::Hook { hook, .. } => env.shop.hooks.get(hook.index()).map(|hook| hook.name.clone()),
        ExprKind::Constant(_)
        | ExprKind::Rule(_)
        | ExprKind::Ambient(Ambient::Now | Ambient::Language | Ambient::Channel)
        | ExprKind::Experiment(_)
        | ExprKind::Consent(..)
        | ExprKind::Property(..)
        | ExprKind::Not(_)
        | ExprKind::Negate(_)
        | ExprKind::And(..)
        | ExprKind::Or(..)
        | ExprKind::Compare(..)
        | ExprKind::Arithmetic(..)
        | ExprKind::In(..)
        | ExprKind::Script { .. } => None,
    }
    .unwrap_or_else(|| SmolStr::new_static("a value"))
}

fn field_name(of: &Expr, at: u16, env: &Env<'_>) -> SmolStr {
    let record = match &of.ty {
        crate::types::Type::Record(id) => env.shop.records.get(usize::from(id.0)),
        _ => None,
    };
    let field = record.and_then(|record| record.fields.get(usize::from(at)));
    let name = field.map_or("?", |field| field.name.as_str());
    SmolStr::new(format!("{}.{name}", name_of(of, env)))
}

// ---------------------------------------------------------------- reckoning

fn negate(of: &Expr, env: &Env<'_>) -> Result<Value, EvalError> {
    let value = evaluate(of, env)?;
    match present(&value, of, env)? {
        Value::Number(number) => Ok(Value::Number(-*number)),
        Value::Money(money) => money
            .minor
            .checked_neg()
            .map(|minor| Value::Money(Money { minor, currency: money.currency }))
            .ok_or(EvalError::Overflow),
        Value::Duration(ms) => ms.checked_neg().map(Value::Duration).ok_or(EvalError::Overflow),
        _ => Err(EvalError::WrongType),
    }
}

fn calculate(op: Arithmetic, a: &Value, b: &Value, rounding: Rounding) -> Result<Value, EvalError> {
    use Arithmetic::{Add, Divide, Multiply, Subtract};
    match (op, a, b) {
        (op, Value::Number(a), Value::Number(b)) => numbers(op, *a, *b).map(Value::Number),
        (Add | Subtract, Value::Money(a), Value::Money(b)) => {
            same_currency(a, b)?;
            let minor = whole(op, a.minor, b.minor)?;
            Ok(Value::Money(Money { minor, currency: a.currency }))
        }
        (Multiply | Divide, Value::Money(money), Value::Number(number))
        | (Multiply, Value::Number(number), Value::Money(money)) => {
            let minor = numbers(op, Decimal::from(money.minor), *number)?;
            let minor = whole_number(minor, rounding).ok_or(EvalError::Overflow)?;
            Ok(Value::Money(Money { minor, currency: money.currency }))
        }
        (Divide, Value::Money(a), Value::Money(b)) => {
            same_currency(a, b)?;
            numbers(Divide, Decimal::from(a.minor), Decimal::from(b.minor)).map(Value::Number)
        }
        (Add | Subtract, Value::Duration(a), Value::Duration(b)) => whole(op, *a, *b).map(Value::Duration),
        (Multiply | Divide, Value::Duration(ms), Value::Number(number))
        | (Multiply, Value::Number(number), Value::Duration(ms)) => {
            numbers(op, Decimal::from(*ms), *number).and_then(milliseconds).map(Value::Duration)
        }
        (Divide, Value::Duration(a), Value::Duration(b)) => {
            numbers(Divide, Decimal::from(*a), Decimal::from(*b)).map(Value::Number)
        }
        (Add | Subtract, Value::Moment(moment), Value::Duration(ms))
        | (Add, Value::Duration(ms), Value::Moment(moment)) => whole(op, *moment, *ms).map(Value::Moment),
        (Subtract, Value::Moment(a), Value::Moment(b)) => whole(op, *a, *b).map(Value::Duration),
        (Subtract, Value::Date(a), Value::Date(b)) => Ok(Value::Duration((i64::from(*a) - i64::from(*b)) * DAY_MS)),
        (Add | Subtract, Value::Date(date), Value::Duration(ms)) | (Add, Value::Duration(ms), Value::Date(date)) => {
            let days = whole(op, i64::from(*date), ms.div_euclid(DAY_MS))?;
            i32::try_from(days).map(Value::Date).map_err(|_| EvalError::Overflow)
        }
        _ => Err(EvalError::WrongType),
    }
}

fn same_currency(a: &Money, b: &Money) -> Result<(), EvalError> {
    if a.currency == b.currency { Ok(()) } else { Err(EvalError::Currencies) }
}

pub(super) fn numbers(op: Arithmetic, a: Decimal, b: Decimal) -> Result<Decimal, EvalError> {
    let divides = matches!(op, Arithmetic::Divide | Arithmetic::Remainder);
    if divides && b.is_zero() {
        return Err(EvalError::DivisionByZero);
    }
    match op {
        Arithmetic::Add => a.checked_add(b),
        Arithmetic::Subtract => a.checked_sub(b),
        Arithmetic::Multiply => a.checked_mul(b),
        Arithmetic::Divide => a.checked_div(b),
        Arithmetic::Remainder => a.checked_rem(b),
    }
    .ok_or(EvalError::Overflow)
}

fn whole(op: Arithmetic, a: i64, b: i64) -> Result<i64, EvalError> {
    match op {
        Arithmetic::Subtract => a.checked_sub(b),
        Arithmetic::Add | Arithmetic::Multiply | Arithmetic::Divide | Arithmetic::Remainder => a.checked_add(b),
    }
    .ok_or(EvalError::Overflow)
}

fn milliseconds(number: Decimal) -> Result<i64, EvalError> {
    whole_number(number, Rounding::HalfUp).ok_or(EvalError::Overflow)
}
