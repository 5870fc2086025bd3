//! The resolved program: every name is an index, every text is cut, every expression is typed.
//!
//! Made by [`crate::lower`], read by the checks, lints and analyses, and run as it stands by [`crate::step`]. Spans stay,
//! so that findings and traces can point at source lines. Nothing here refers to the written form.

mod expression;
mod flow;
mod ids;
mod reaction;
mod shop;
mod step;
mod text;

pub use expression::{Ambient, Arithmetic, Comparison, ConsentFact, Expr, ExprKind, Property};
pub use flow::{
    Experiment, Flow, Follow, Form, FormField, Group, Rule, Slot, SlotKind, State, Template, TemplateLink, Words,
};
pub use ids::{
    ConsentId, CustomerSlotId, ExperimentId, FlowId, FormId, GroupId, HookId, LanguageId, OperationId, PhraseId,
    RuleId, SlotId, StateId, TemplateId, TextId, WordsId,
};
pub use reaction::{EventName, Reaction, Trigger};
pub use shop::{Builtin, Consent, Hook, KnownRecords, Operation, OperationKind, Parameter, Profile, Shop, Statuses};
pub use step::{Call, Dest, DestKind, Guard, Shown, Step, StepKind, Target, Time};
pub use text::{Phrase, Segment, TextBlock, TextEntry, TextPiece};
