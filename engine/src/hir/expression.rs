//! Typed expressions over resolved places.
//!
//! [`crate::expression`] makes and evaluates them; they are only held here.

use std::sync::Arc;

use duka_dsl::Span;
use smol_str::SmolStr;

use super::{ConsentId, CustomerSlotId, ExperimentId, HookId, RuleId, SlotId};
use crate::expression::Script;
use crate::types::Type;
use crate::value::Value;

/// A typed expression over resolved places.
#[derive(Clone, Debug)]
pub struct Expr {
    pub kind: ExprKind,
    pub ty: Type,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub enum ExprKind {
    Constant(Value),
    Slot(SlotId),
    Customer(CustomerSlotId),
    Rule(RuleId),
    Ambient(Ambient),
    /// `event.FIELD`: what the event brought, by field name.
    Event(SmolStr),
    Experiment(ExperimentId),
    Consent(ConsentId, ConsentFact),
    Field(Box<Expr>, u16),
    Property(Box<Expr>, Property),
    Not(Box<Expr>),
    Negate(Box<Expr>),
    And(Box<Expr>, Box<Expr>),
    Or(Box<Expr>, Box<Expr>),
    Compare(Comparison, Box<Expr>, Box<Expr>),
    Arithmetic(Arithmetic, Box<Expr>, Box<Expr>),
    /// `x in list`
    In(Box<Expr>, Box<Expr>),
    Hook {
        hook: HookId,
        arguments: Vec<Expr>,
    },
    /// What is not lowered runs in Rhai, with the values it reads handed in by name.
    Script {
        script: Arc<Script>,
        inputs: Vec<(SmolStr, Expr)>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ambient {
    Cart,
    Customer,
    Shop,
    /// The time of the event, [`Value::Moment`].
    Now,
    Language,
    Channel,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConsentFact {
    Asked,
    Given,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Property {
    IsSet,
    IsEmpty,
    Count,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}
