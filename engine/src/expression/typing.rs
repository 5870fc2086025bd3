//! Which values go with which operators, and what comes out (language.md 2.6, 2.12).

use crate::hir::Arithmetic;
use crate::types::Type;

/// Whether `==` makes sense between two types.
pub(super) fn comparable(a: &Type, b: &Type) -> bool {
    match (a, b) {
        (Type::Unknown | Type::None, _) | (_, Type::Unknown | Type::None) => true,
        (Type::List(a), Type::List(b)) => comparable(a, b),
        (a, b) => a == b || (is_text(a) && is_text(b)),
    }
}

/// Whether `<` makes sense between two types.
pub(super) fn ordered(a: &Type, b: &Type) -> bool {
    let has_order = |ty: &Type| {
        matches!(
            ty,
            Type::Number | Type::Money | Type::Date | Type::Time | Type::Moment | Type::Duration | Type::Unknown
        )
    };
    has_order(a) && has_order(b) && (a == b || *a == Type::Unknown || *b == Type::Unknown)
}

/// Held as texts, whatever their form.
pub(super) fn is_text(ty: &Type) -> bool {
    matches!(ty, Type::Text | Type::Phone | Type::Email | Type::Language | Type::Town | Type::Enum(_))
}

/// What arithmetic gives; `None` when it makes no sense.
pub(super) fn arithmetic(op: Arithmetic, a: &Type, b: &Type) -> Option<Type> {
    use Arithmetic::{Add, Divide, Multiply, Remainder, Subtract};
    let both = match (op, a, b) {
        (_, Type::Unknown, _) | (_, _, Type::Unknown) => Type::Unknown,
        (_, Type::Number, Type::Number) => Type::Number,
        (Add | Subtract, Type::Money, Type::Money) => Type::Money,
        (Multiply | Divide, Type::Money, Type::Number) | (Multiply, Type::Number, Type::Money) => Type::Money,
        (Divide, Type::Money, Type::Money) | (Divide, Type::Duration, Type::Duration) => Type::Number,
        (Add | Subtract, Type::Duration, Type::Duration) => Type::Duration,
        (Multiply | Divide, Type::Duration, Type::Number) | (Multiply, Type::Number, Type::Duration) => Type::Duration,
        (Add | Subtract, Type::Moment, Type::Duration) | (Add, Type::Duration, Type::Moment) => Type::Moment,
        (Subtract, Type::Moment, Type::Moment) | (Subtract, Type::Date, Type::Date) => Type::Duration,
        (Add | Subtract, Type::Date, Type::Duration) | (Add, Type::Duration, Type::Date) => Type::Date,
        (Add | Subtract | Multiply | Divide | Remainder, _, _) => return None,
    };
    Some(both)
}
