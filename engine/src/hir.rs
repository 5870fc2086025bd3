//! The resolved program: every name is an index, every text is cut, every expression is typed.
//!
//! Made by [`crate::lower`], read by the checks, lints and analyses, and run as it stands by [`crate::step`]. Spans stay,
//! so that findings and traces can point at source lines. Nothing here refers to the written form.

use std::sync::Arc;

use duka_dsl::Span;
use duka_dsl::ast::{Category, Duration, MediaKind, Plural};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::expression::{Hooks, Script};
use crate::types::{Record, RecordId, Type};
use crate::value::{Currency, Value};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(pub u16);

        impl $name {
            pub fn index(self) -> usize {
                usize::from(self.0)
            }
        }
    };
}

id!(/// An index into [`Shop::flows`].
    FlowId);
id!(/// An index into [`Flow::states`].
    StateId);
id!(/// An index into [`Flow::groups`].
    GroupId);
id!(/// An index into [`Flow::slots`].
    SlotId);
id!(/// An index into [`Flow::rules`].
    RuleId);
id!(/// An index into [`Flow::words`].
    WordsId);
id!(/// An index into [`Flow::phrases`].
    PhraseId);
id!(/// An index into [`Flow::forms`].
    FormId);
id!(/// An index into [`Flow::texts`].
    TextId);
id!(/// An index into [`Flow::templates`].
    TemplateId);
id!(/// An index into [`Flow::experiments`].
    ExperimentId);
id!(/// An index into [`Shop::operations`].
    OperationId);
id!(/// An index into [`Shop::consents`].
    ConsentId);
id!(/// An index into [`Shop::customer_slots`].
    CustomerSlotId);
id!(/// An index into [`Shop::languages`]; 0 is the language the flows are written in.
    LanguageId);
id!(/// An index into [`Shop::hooks`].
    HookId);

/// Everything one shop runs: its flows, the standard flows they use, contracts, hooks and profile.
#[derive(Clone, Debug)]
pub struct Shop {
    pub profile: Profile,
    /// The main flow first.
    pub flows: Vec<Flow>,
    pub languages: Vec<SmolStr>,
    pub records: Vec<Record>,
    /// The records behind `cart`, `customer`, `shop`, `order`, `payment`, `location`, where a contract declares them.
    pub known_records: KnownRecords,
    pub operations: Vec<Operation>,
    /// By contract, the ranks of its statuses.
    pub statuses: Vec<Statuses>,
    pub consents: Vec<Consent>,
    /// `remember customer` of all flows, shared by name.
    pub customer_slots: Vec<Slot>,
    pub hooks: Vec<Hook>,
    /// Runs the hooks.
    pub runner: Hooks,
}

#[derive(Clone, Debug, Default)]
pub struct KnownRecords {
    pub cart: Option<RecordId>,
    pub customer: Option<RecordId>,
    pub shop: Option<RecordId>,
    pub order: Option<RecordId>,
    pub payment: Option<RecordId>,
    pub product: Option<RecordId>,
    pub location: Option<RecordId>,
    pub address: Option<RecordId>,
}

/// What `shop.yaml` says and the engine needs; the checks read the rest from [`crate::source::ShopSource`].
#[derive(Clone, Debug)]
pub struct Profile {
    pub name: SmolStr,
    pub country: Option<SmolStr>,
    pub currency: Currency,
    /// IANA name, for example `Africa/Nairobi`.
    pub timezone: SmolStr,
    pub towns: Vec<SmolStr>,
    /// Minutes since midnight, local time: no marketing between them.
    pub quiet_hours: Option<(u16, u16)>,
}

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
pub struct Phrase {
    pub name: SmolStr,
    pub parameter: SmolStr,
    /// By language, the forms that are written; the parameter is [`Segment::Parameter`].
    pub forms: Vec<Vec<(Plural, Vec<Segment>)>>,
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

/// One text with its translations.
#[derive(Clone, Debug)]
pub struct TextEntry {
    /// The name path: `welcome.ask`, `welcome.shop`, `template.receipt.body`.
    pub key: SmolStr,
    pub span: Span,
    /// By language; the first is the source and always there.
    pub languages: Vec<Option<TextBlock>>,
    /// `KEY@channel`, per channel and language.
    pub variants: Vec<(SmolStr, LanguageId, TextBlock)>,
}

#[derive(Clone, Debug, Default)]
pub struct TextBlock {
    pub pieces: Vec<TextPiece>,
    pub span: Option<Span>,
}

#[derive(Clone, Debug)]
pub enum TextPiece {
    Line(Vec<Segment>),
    Each { item: SlotId, list: Expr, line: Vec<Segment> },
}

#[derive(Clone, Debug)]
pub enum Segment {
    Literal(Arc<str>),
    Value {
        value: Expr,
        as_url: bool,
    },
    Phrase {
        phrase: PhraseId,
        argument: Expr,
    },
    /// The parameter of the phrase that is being said.
    Parameter,
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

#[derive(Clone, Debug)]
pub struct Consent {
    pub name: SmolStr,
    pub purpose: SmolStr,
    pub span: Span,
}

/// What a contract offers.
#[derive(Clone, Debug)]
pub struct Operation {
    pub contract: SmolStr,
    pub name: SmolStr,
    pub kind: OperationKind,
    pub takes: Vec<Parameter>,
    pub gives: Option<Type>,
    pub within_ms: i64,
    pub fresh_for_ms: i64,
    pub retry: u32,
    /// The refusals it may answer with; the line's `else` takes them. Without any, `else` takes every failure.
    pub fails: Vec<SmolStr>,
    /// Whether a command may run again when its state is entered a second time.
    pub repeatable: bool,
    pub builtin: Option<Builtin>,
}

impl Operation {
    /// `orders.hold`
    pub fn path(&self) -> String {
        format!("{}.{}", self.contract, self.name)
    }
}

#[derive(Clone, Debug)]
pub struct Parameter {
    pub ty: Type,
    pub optional: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OperationKind {
    /// Safe to repeat; run again on resume.
    Query,
    /// Never run again; carries an idempotency key.
    Command,
}

/// Operations that the engine does itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Builtin {
    /// `handoff.open(topic)`: the conversation goes to a person.
    HandoffOpen,
    /// `customer.set_language(language)`.
    SetLanguage,
}

/// The order of a contract's statuses: a later one never gives way to an earlier one.
#[derive(Clone, Debug)]
pub struct Statuses {
    pub contract: SmolStr,
    pub ranks: Vec<(SmolStr, u8)>,
    pub terminal: Vec<SmolStr>,
}

/// A function of `hooks.rhai`.
#[derive(Clone, Debug)]
pub struct Hook {
    pub name: SmolStr,
    pub takes: Vec<(SmolStr, Type)>,
    pub gives: Type,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub struct Step {
    pub kind: StepKind,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub enum StepKind {
    Say {
        text: TextId,
        guard: Option<Guard>,
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
    },
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

#[derive(Clone, Debug)]
pub struct Call {
    pub into: Option<Target>,
    pub operation: OperationId,
    pub arguments: Vec<Expr>,
    pub within: Option<Time>,
    pub on_error: Option<Dest>,
}

/// Where a value is put.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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

#[derive(Clone, Debug)]
pub struct Reaction {
    pub trigger: Trigger,
    pub guard: Option<Expr>,
    /// Actions, then at most one unguarded jump as the last of them.
    pub actions: Vec<Step>,
    /// The `section:` above, for rows.
    pub section: Option<TextId>,
    /// Whether the arrow stood on the reaction's own line.
    pub inline_dest: bool,
    pub span: Span,
}

impl Reaction {
    /// Where the reaction leads when it always leads there: its last action, if that is an unguarded jump.
    pub fn dest(&self) -> Option<&Dest> {
        match self.actions.last().map(|step| &step.kind) {
            Some(StepKind::Jump { guard: None, dest }) => Some(dest),
            Some(_) | None => None,
        }
    }

    /// The id of a choice (button, row, pick).
    pub fn choice(&self) -> Option<&SmolStr> {
        match &self.trigger {
            Trigger::Button { name, .. } | Trigger::Row { name, .. } | Trigger::Pick { name, .. } => Some(name),
            Trigger::Answer { .. }
            | Trigger::Fill { .. }
            | Trigger::Hears { .. }
            | Trigger::On { .. }
            | Trigger::After { .. }
            | Trigger::Quiet { .. }
            | Trigger::Else { .. }
            | Trigger::Failed
            | Trigger::Lost => None,
        }
    }
}

#[derive(Clone, Debug)]
pub enum Trigger {
    Button {
        name: SmolStr,
        title: TextId,
    },
    Row {
        name: SmolStr,
        title: TextId,
        note: Option<TextId>,
    },
    /// One row per item of `list`; the chosen item goes into `into`. In the texts the item is read from `into`'s slot.
    Pick {
        name: SmolStr,
        into: Target,
        list: Expr,
        title: TextId,
        note: Option<TextId>,
    },
    Answer {
        name: SmolStr,
        into: Target,
        range: Option<(Expr, Expr)>,
    },
    Fill {
        form: FormId,
        into: Option<Target>,
    },
    Hears {
        words: WordsId,
    },
    On {
        event: EventName,
    },
    After {
        time: Time,
    },
    Quiet {
        time: Time,
    },
    Else {
        times: Option<u32>,
        text: Option<TextId>,
    },
    Failed,
    Lost,
}

/// The events of language.md 2.3 that a flow can name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EventName {
    CartSent,
    ProductAsked,
    /// paid, failed, expired, refunded
    Payment(SmolStr),
    /// A status of the `orders` contract.
    Order(SmolStr),
    WindowClosing,
    HandoffClosed,
    MessageFailed,
}

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
