//! One flow with what it declares: rules, values, words, forms, groups, states, templates.
//!
//! Nothing here refers to the written form.

use duka_dsl::Span;
use duka_dsl::ast::{Category, Duration};
use smol_str::SmolStr;

use super::{
    ConsentId, DestKind, FlowId, GroupId, Phrase, Reaction, Segment, SlotId, StateId, Step, StepKind, TextEntry, TextId,
};
use crate::types::{RecordId, Type};
use crate::value::Value;

#[derive(Clone, Debug)]
pub struct Flow {
    /// `boutique`, or `std.tracking` for a standard flow.
    pub path: SmolStr,
    pub span: Span,
    pub start: StateId,
    /// What callers hand over, in order.
    pub takes: Vec<SlotId>,
    /// What `-> return` gives back.
    pub gives: Option<SlotId>,
    pub uses: Vec<(FlowId, Span)>,
    pub rules: Vec<Rule>,
    pub slots: Vec<Slot>,
    pub words: Vec<Words>,
    pub phrases: Vec<Phrase>,
    pub forms: Vec<Form>,
    pub experiments: Vec<Experiment>,
    pub texts: Vec<TextEntry>,
    pub anywhere: Vec<Reaction>,
    pub anywhere_span: Option<Span>,
    pub groups: Vec<Group>,
    pub states: Vec<State>,
    pub follows: Vec<Follow>,
    pub templates: Vec<Template>,
    /// Whether the flow comes from the standard library: findings in it are not the merchant's.
    pub standard: bool,
}

#[derive(Clone, Debug)]
pub struct Rule {
    pub name: SmolStr,
    pub value: Value,
    pub ty: Type,
    pub span: Span,
}

/// A place for a value.
#[derive(Clone, Debug)]
pub struct Slot {
    pub name: SmolStr,
    pub ty: Type,
    pub kind: SlotKind,
    pub optional: bool,
    pub default: Option<Value>,
    pub keep: Option<Duration>,
    /// `for PURPOSE`.
    pub purpose: Option<SmolStr>,
    pub span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlotKind {
    /// `remember`, `takes`.
    Remembered,
    /// `remember customer`.
    Customer,
    /// The result of a `call` that is not remembered: known in its state only.
    Local(StateId),
    /// The same in the lines of a group, `anywhere`, `follow` or a template's button: known in those lines only.
    Action,
    /// The order or payment that a `follow` runs beside, when the flow does not remember it by that name.
    Followed,
    /// The item of an `each` line.
    Each,
    /// `answers.STATE`: the id or value last answered there.
    Answer(StateId),
}

#[derive(Clone, Debug)]
pub struct Words {
    pub name: SmolStr,
    /// By language; a language without words of its own has none (the first language always works).
    pub phrases: Vec<Vec<SmolStr>>,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub struct Form {
    pub name: SmolStr,
    pub record: RecordId,
    pub title: Option<TextId>,
    pub fields: Vec<FormField>,
    pub submit: Option<TextId>,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub struct FormField {
    pub name: SmolStr,
    pub ty: Type,
    pub optional: bool,
    pub label: TextId,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub struct Experiment {
    pub name: SmolStr,
    pub arms: Vec<SmolStr>,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub struct Group {
    pub name: SmolStr,
    pub reactions: Vec<Reaction>,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub struct State {
    pub name: SmolStr,
    pub was: Vec<SmolStr>,
    pub group: Option<GroupId>,
    pub steps: Vec<Step>,
    pub reactions: Vec<Reaction>,
    /// The header line's name.
    pub name_span: Span,
    /// From the header to the last line.
    pub span: Span,
    pub line_count: usize,
}

impl State {
    /// Whether the conversation stays here until something happens: its lines do not end by going elsewhere.
    pub fn is_waiting(&self) -> bool {
        match self.steps.last().map(|step| &step.kind) {
            Some(StepKind::Jump { guard: None, dest }) => matches!(dest.kind, DestKind::Visit { .. }),
            Some(_) | None => true,
        }
    }
}

/// The machine beside every order.
#[derive(Clone, Debug)]
pub struct Follow {
    pub name: SmolStr,
    pub reactions: Vec<Reaction>,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub struct Template {
    pub name: SmolStr,
    pub category: Category,
    pub about: Option<ConsentId>,
    pub image: Option<Vec<Segment>>,
    pub body: TextId,
    pub footer: Option<TextId>,
    /// Path as written and the sample.
    pub samples: Vec<(SmolStr, SmolStr, Span)>,
    pub buttons: Vec<Reaction>,
    pub links: Vec<TemplateLink>,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub struct TemplateLink {
    pub name: SmolStr,
    pub title: TextId,
    pub url: Vec<Segment>,
    pub span: Span,
}
