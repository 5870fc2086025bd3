//! What runs when a state is entered or a reaction is taken, and where it leads.
//!
//! A step is data; [`crate::step`] runs it.

use duka_dsl::Span;
use duka_dsl::ast::MediaKind;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::{
    ConsentId, CustomerSlotId, Expr, Flow, FlowId, OperationId, RuleId, Segment, SlotId, StateId, TemplateId, TextId,
};
use crate::value::Value;

#[derive(Clone, Debug)]
pub struct Step {
    pub kind: StepKind,
    pub span: Span,
}

impl Step {
    /// Where the line may lead: a jump, or the error branch of a call or of a template.
    pub fn dest(&self) -> Option<&Dest> {
        match &self.kind {
            StepKind::Jump { dest, .. } => Some(dest),
            StepKind::Call(Call { on_error, .. }) | StepKind::Send { on_error, .. } => on_error.as_ref(),
            StepKind::Say { .. }
            | StepKind::Ask { .. }
            | StepKind::Media { .. }
            | StepKind::List { .. }
            | StepKind::Footer { .. }
            | StepKind::Show(_)
            | StepKind::Alert { .. }
            | StepKind::Link { .. }
            | StepKind::Consent { .. }
            | StepKind::Set { .. } => None,
        }
    }
}

#[derive(Clone, Debug)]
pub enum StepKind {
    Say {
        text: TextId,
        guard: Option<Guard>,
        /// It is shown as an answer to what the customer wrote.
        quotes: bool,
    },
    Ask {
        text: TextId,
        guard: Option<Guard>,
    },
    Media {
        kind: MediaKind,
        guard: Option<Guard>,
        source: Vec<Segment>,
    },
    List {
        label: TextId,
        /// With a picture for each row.
        cards: bool,
    },
    Show(Shown),
    Footer {
        text: TextId,
    },
    Alert {
        text: TextId,
    },
    Link {
        name: SmolStr,
        guard: Option<Guard>,
        title: TextId,
        url: Vec<Segment>,
    },
    /// `call x = op(…)`, or `do op(…)` when `into` is `None`.
    Call(Call),
    /// `do consent.N.give()` and `refuse()`.
    Consent {
        consent: ConsentId,
        given: bool,
    },
    Set {
        slot: Target,
        value: Expr,
    },
    Send {
        template: TemplateId,
        on_error: Option<Dest>,
    },
    /// `-> S`, `if G -> S`, `<-> F`.
    Jump {
        guard: Option<Expr>,
        dest: Dest,
    },
}

/// What `show` and `emoji` put in front of the customer.
#[derive(Clone, Debug)]
pub enum Shown {
    /// The way to all of the shop's catalogue.
    Catalogue,
    Product(Expr),
    /// A pin on the map.
    Place(Expr),
    /// Its page in the chat: with a link beside it, the bill.
    Order(Expr),
    /// A sign on the customer's message.
    Emoji(Vec<Segment>),
    /// A value of another type; it has its finding.
    Other(Expr),
}

impl Shown {
    /// The value that is shown.
    pub fn value(&self) -> Option<&Expr> {
        match self {
            Shown::Product(value) | Shown::Place(value) | Shown::Order(value) | Shown::Other(value) => Some(value),
            Shown::Catalogue | Shown::Emoji(_) => None,
        }
    }
}

#[derive(Clone, Debug)]
pub struct Call {
    pub into: Option<Target>,
    pub operation: OperationId,
    pub arguments: Vec<Expr>,
    pub within: Option<Time>,
    pub on_error: Option<Dest>,
}

/// Where a value is put.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Target {
    Slot(SlotId),
    Customer(CustomerSlotId),
}

#[derive(Clone, Debug)]
pub enum Guard {
    If(Expr),
    /// The guard of the sending line above did not hold.
    Else,
}

/// A length of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Time {
    Fixed(i64),
    Rule(RuleId),
}

impl Time {
    /// Milliseconds; a rule that is no duration counts as 0 (it has its own finding).
    pub fn ms(self, flow: &Flow) -> i64 {
        match self {
            Time::Fixed(ms) => ms,
            Time::Rule(rule) => match flow.rules.get(rule.index()).map(|rule| &rule.value) {
                Some(Value::Duration(ms)) => *ms,
                Some(_) | None => 0,
            },
        }
    }
}

#[derive(Clone, Debug)]
pub struct Dest {
    pub kind: DestKind,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DestKind {
    State(StateId),
    /// Leave for another flow; what was suspended is forgotten.
    Flow(FlowId),
    End,
    Again,
    Back,
    Return,
    Visit {
        flow: FlowId,
        with: Vec<Target>,
        into: Option<Target>,
    },
    /// A name that does not exist; it has its finding, and a program with it is not run.
    Broken,
}
