//! Expressions as lints see them: a readable key for sameness, and what they read. Evaluates nothing.

use crate::hir::{Ambient, ConsentFact, Expr, ExprKind, Flow, Property, Shop};
use crate::types::{RecordId, Type};
use crate::value::Value;
use crate::walk;

/// An expression as a merchant would write it: `item.stock`, `cart.count > 0`. Equal for equal expressions.
pub(super) fn key(shop: &Shop, flow: &Flow, expr: &Expr) -> String {
    let show = |expr: &Expr| key(shop, flow, expr);
    match &expr.kind {
        ExprKind::Constant(value) => constant(value),
        ExprKind::Slot(slot) => flow.slots.get(slot.index()).map_or_else(String::new, |slot| slot.name.to_string()),
        ExprKind::Customer(slot) => {
            shop.customer_slots.get(slot.index()).map_or_else(String::new, |slot| slot.name.to_string())
        }
        ExprKind::Rule(rule) => flow.rules.get(rule.index()).map_or_else(String::new, |rule| rule.name.to_string()),
        ExprKind::Ambient(ambient) => ambient_name(*ambient).to_string(),
        ExprKind::Event(name) => format!("event.{name}"),
        ExprKind::Experiment(id) => {
            flow.experiments.get(id.index()).map_or_else(String::new, |known| format!("experiment.{}", known.name))
        }
        ExprKind::Consent(id, fact) => {
            let name = shop.consents.get(id.index()).map_or("", |consent| consent.name.as_str());
            let fact = match fact {
                ConsentFact::Asked => "asked",
                ConsentFact::Given => "given",
            };
            format!("consent.{name}.{fact}")
        }
        ExprKind::Field(inner, field) => format!("{}.{}", show(inner), field_name(shop, &inner.ty, *field)),
        ExprKind::Property(inner, property) => {
            let name = match property {
                Property::IsSet => "is_set",
                Property::IsEmpty => "is_empty",
                Property::Count => "count",
            };
            format!("{}.{name}", show(inner))
        }
        ExprKind::Not(inner) => format!("not {}", show(inner)),
        ExprKind::Negate(inner) => format!("-{}", show(inner)),
        ExprKind::And(left, right) => format!("{} and {}", show(left), show(right)),
        ExprKind::Or(left, right) => format!("({} or {})", show(left), show(right)),
        ExprKind::Compare(comparison, left, right) => format!("{} {comparison:?} {}", show(left), show(right)),
        ExprKind::Arithmetic(operation, left, right) => format!("({} {operation:?} {})", show(left), show(right)),
        ExprKind::In(left, right) => format!("{} in {}", show(left), show(right)),
        ExprKind::Hook { hook, arguments } => {
            let name = shop.hooks.get(hook.index()).map_or("", |hook| hook.name.as_str());
            format!("{name}({})", arguments.iter().map(show).collect::<Vec<_>>().join(", "))
        }
        ExprKind::Script { script, inputs } => {
            format!("{script:?}({})", inputs.iter().map(|(_, input)| show(input)).collect::<Vec<_>>().join(", "))
        }
    }
}

fn constant(value: &Value) -> String {
    match value {
        Value::Number(number) => number.normalize().to_string(),
        Value::Text(text) => format!("\"{text}\""),
        Value::YesNo(yes) => yes.to_string(),
        Value::None => "none".to_string(),
        Value::Money(_)
        | Value::Date(_)
        | Value::Time(_)
        | Value::Moment(_)
        | Value::Duration(_)
        | Value::Media(_)
        | Value::List(_)
        | Value::Record(_) => format!("{value:?}"),
    }
}

fn ambient_name(ambient: Ambient) -> &'static str {
    match ambient {
        Ambient::Cart => "cart",
        Ambient::Customer => "customer",
        Ambient::Shop => "shop",
        Ambient::Now => "now",
        Ambient::Language => "language",
        Ambient::Channel => "channel",
    }
}

/// The name of a record's field; empty for what is no record.
pub(super) fn field_name<'a>(shop: &'a Shop, ty: &Type, field: u16) -> &'a str {
    let Type::Record(record) = ty else { return "" };
    shop.records
        .get(usize::from(record.0))
        .and_then(|record| record.fields.get(usize::from(field)))
        .map_or("", |field| field.name.as_str())
}

/// The name of the record an expression gives; empty for what is no record.
pub(super) fn record_name<'a>(shop: &'a Shop, ty: &Type) -> &'a str {
    let Type::Record(RecordId(id)) = ty else { return "" };
    shop.records.get(usize::from(*id)).map_or("", |record| record.name.as_str())
}

/// Whether some expression inside holds.
pub(super) fn any(expr: &Expr, wanted: &dyn Fn(&Expr) -> bool) -> bool {
    let mut found = false;
    walk::inside(expr, &mut |inner| found |= wanted(inner));
    found
}

/// `product.name` for a field of a record, whichever value it is read from.
pub(super) fn field_of<'a>(shop: &'a Shop, expr: &Expr) -> Option<(&'a str, &'a str)> {
    let ExprKind::Field(inner, field) = &expr.kind else { return None };
    Some((record_name(shop, &inner.ty), field_name(shop, &inner.ty, *field)))
}
