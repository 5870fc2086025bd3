//! Constants: the values of rules and the defaults of what is remembered.

use duka_dsl::Diagnostic;
use duka_dsl::ast::{Literal, LiteralKind};
use rust_decimal::Decimal;

use crate::types::Type;
use crate::value::{Currency, Money, Value};

use super::names::UNKNOWN_NAME;

/// The value of a constant with its type. What is wrong with it is the error.
pub(super) fn constant(literal: &Literal) -> Result<(Value, Type), Box<Diagnostic>> {
    match &literal.kind {
        LiteralKind::Number(digits) => match digits.parse::<Decimal>() {
            Ok(number) => Ok((Value::Number(number), Type::Number)),
            Err(_) => {
                let found = Diagnostic::new(401, literal.span, format!("`{digits}` is too long for a number."));
                Err(Box::new(found.help("Numbers have at most 28 digits.")))
            }
        },
        LiteralKind::Money { currency, amount } => money(literal, currency, amount),
        LiteralKind::Duration(duration) => Ok((Value::Duration(duration.ms()), Type::Duration)),
        LiteralKind::YesNo(yes) => Ok((Value::YesNo(*yes), Type::YesNo)),
        LiteralKind::None => Ok((Value::None, Type::None)),
        LiteralKind::Text(text) => Ok((Value::Text(text.clone()), Type::Text)),
    }
}

fn money(literal: &Literal, code: &str, amount: &str) -> Result<(Value, Type), Box<Diagnostic>> {
    let Some(currency) = Currency::from_code(code) else {
        let message = format!("There is no currency called `{code}`.");
        let help = "Write the three letters that banks use, for example `KES`, `INR` or `AED`.";
        return Err(Box::new(Diagnostic::new(UNKNOWN_NAME, literal.span, message).help(help)));
    };
    let exponent = currency.exponent();
    let minor = amount.parse::<Decimal>().ok().and_then(|amount| {
        let minor = amount.checked_mul(Decimal::from(10_i64.checked_pow(exponent)?))?;
        minor.is_integer().then_some(minor).and_then(|minor| i64::try_from(minor).ok())
    });
    match minor {
        Some(minor) => Ok((Value::Money(Money { minor, currency }), Type::Money)),
        None => {
            let found = Diagnostic::new(401, literal.span, format!("`{code} {amount}` is no amount of money."));
            Err(Box::new(found.help(format!("{code} has {exponent} digits behind the decimal point."))))
        }
    }
}

/// The value as one of type `wanted`; `None` when it is not.
pub(super) fn fit(value: Value, given: &Type, wanted: &Type) -> Option<Value> {
    match (&value, wanted) {
        (Value::None, _) | (_, Type::Unknown) => Some(value),
        (Value::Text(text), Type::Enum(members)) => members.contains(text).then_some(value),
        (Value::Text(_), Type::Text | Type::Phone | Type::Email | Type::Language | Type::Town) => Some(value),
        (Value::Text(text), Type::YesNo) => match text.as_str() {
            "yes" => Some(Value::YesNo(true)),
            "no" => Some(Value::YesNo(false)),
            _ => None,
        },
        (_, _) => (given == wanted).then_some(value),
    }
}
