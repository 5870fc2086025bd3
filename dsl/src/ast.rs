//! The lines of a flow as values: what each line says, with spans, whichever form it was written in.
//!
//! A [`Document`] is the flat list of lines in file order, with comments; formatter, converter and edits work on it.
//! A [`FlowFile`] is the same lines owned by their blocks; the engine works on it. Equality ignores spans.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::span::{Name, Span, Spanned};

/// Which way a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// The line language, `*.duka`.
    Lines,
    /// `*.duka.yaml`.
    Yaml,
}

/// One flow file as a flat list of lines, in file order.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    pub form: Form,
    pub lines: Vec<Line>,
    /// Comments after the last line.
    pub trailing: Vec<Comment>,
}

/// A comment with its `#`; an empty one is a blank line between or below comments.
pub type Comment = Spanned<SmolStr>;

/// One line with the comments above it.
#[derive(Clone, Debug)]
pub struct Line {
    pub comments: Vec<Comment>,
    pub kind: LineKind,
    /// The whole line without indentation and line end.
    pub span: Span,
    /// The first word, which says what the line is.
    pub keyword: Span,
    /// Columns of white space before the line; `None` in a form that has no indentation of its own.
    pub indent: Option<u32>,
}

impl PartialEq for Line {
    fn eq(&self, other: &Line) -> bool {
        self.comments == other.comments && self.kind == other.kind
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum LineKind {
    // header
    Duka(Spanned<u32>),
    Flow(Name),
    Start(Name),
    Languages(Vec<Name>),
    Currency(Name),
    Timezone(Name),
    /// `takes NAME: TYPE`: what a caller hands to this flow (`<-> F with a`).
    Takes(Name, TypeExpr),
    Gives(Name),
    Use(Path),
    // openers of blocks
    Rules,
    Remember {
        customer: bool,
    },
    Words,
    Consent {
        name: Name,
        purpose: Text,
    },
    Experiment {
        name: Name,
        arms: Vec<Name>,
    },
    Phrase {
        name: Name,
        parameter: Name,
    },
    Form(Name),
    Anywhere,
    /// `group none` ends grouping: the name is then `none`.
    Group(Name),
    Follow(Name),
    State {
        name: Name,
        was: Vec<Name>,
    },
    Template {
        name: Name,
        category: Category,
        about: Option<Name>,
    },
    // items of blocks
    Rule {
        name: Name,
        value: Literal,
    },
    Memory(Memory),
    /// One set of `words`.
    WordSet {
        name: Name,
        phrases: Vec<Spanned<SmolStr>>,
    },
    /// One form of a `phrase`, for example `one: 1 item`.
    PhraseForm {
        plural: Spanned<Plural>,
        text: Text,
    },
    Field {
        name: Name,
        ty: TypeExpr,
        optional: bool,
        label: Text,
    },
    Title(Text),
    Submit(Text),
    Body(Text),
    Sample {
        path: Path,
        text: Text,
    },
    // entry lines
    Say {
        name: Option<Name>,
        guard: Option<Guard>,
        text: Option<Text>,
    },
    Ask {
        name: Option<Name>,
        guard: Option<Guard>,
        text: Option<Text>,
    },
    Media {
        kind: MediaKind,
        guard: Option<Guard>,
        source: Text,
    },
    List(Text),
    Section(Text),
    Footer(Text),
    Alert(Text),
    Link {
        name: Name,
        guard: Option<Guard>,
        title: Text,
        url: Text,
    },
    Call {
        into: Name,
        operation: Expr,
        within: Option<Time>,
        otherwise: Option<Dest>,
    },
    Do {
        operation: Expr,
        within: Option<Time>,
        otherwise: Option<Dest>,
    },
    Set {
        name: Name,
        value: Expr,
    },
    Send {
        template: Name,
        otherwise: Option<Dest>,
    },
    If {
        condition: Expr,
        dest: Dest,
    },
    Jump(Dest),
    /// `| text`: continues the text above.
    More(Text),
    /// `each x in list: text`: repeats one text line.
    Each {
        item: Name,
        list: Expr,
        text: Text,
    },
    // reactions
    Button {
        name: Name,
        guard: Option<Guard>,
        title: Text,
        dest: Option<Dest>,
    },
    Row {
        name: Name,
        guard: Option<Guard>,
        title: Text,
        note: Option<Text>,
        dest: Option<Dest>,
    },
    Pick {
        name: Name,
        list: Expr,
        title: Text,
        note: Option<Text>,
        dest: Option<Dest>,
    },
    Answer {
        name: Name,
        range: Option<(Atom, Atom)>,
        dest: Option<Dest>,
    },
    Fill {
        form: Name,
        into: Option<Name>,
        dest: Option<Dest>,
    },
    Hears {
        words: Name,
        guard: Option<Guard>,
        dest: Option<Dest>,
    },
    On {
        event: Path,
        guard: Option<Guard>,
        dest: Option<Dest>,
    },
    After {
        time: Time,
        dest: Option<Dest>,
    },
    Quiet {
        time: Time,
        dest: Option<Dest>,
    },
    Else {
        times: Option<u32>,
        text: Option<Text>,
        dest: Option<Dest>,
    },
    Failed {
        dest: Option<Dest>,
    },
    Lost {
        dest: Option<Dest>,
    },
    /// A line that could not be read; its bytes are kept. It already has its diagnostic.
    Broken(SmolStr),
}

/// A value that is remembered: `quantity: number = 1 keep 1 year`.
#[derive(Clone, Debug, PartialEq)]
pub struct Memory {
    pub name: Name,
    pub ty: TypeExpr,
    pub optional: bool,
    pub default: Option<Literal>,
    pub keep: Option<Spanned<Duration>>,
    /// `for PURPOSE`: why it is kept; words to the end of the line.
    pub purpose: Option<Text>,
}

/// `customer.first_name`; one segment for a plain name.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Path {
    pub segments: Vec<Name>,
    pub span: Span,
}

impl PartialEq for Path {
    fn eq(&self, other: &Path) -> bool {
        self.segments == other.segments
    }
}

impl std::fmt::Display for Path {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, segment) in self.segments.iter().enumerate() {
            if index > 0 {
                f.write_str(".")?;
            }
            f.write_str(segment.as_str())?;
        }
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum TypeExpr {
    Named(Name),
    ListOf(Name),
    OneOf(Vec<Name>),
}

/// A Rhai expression as written, with smart quotes made plain; parsed by the engine.
#[derive(Clone, Debug)]
pub struct Expr {
    pub source: SmolStr,
    pub span: Span,
}

impl PartialEq for Expr {
    fn eq(&self, other: &Expr) -> bool {
        self.source == other.source
    }
}

#[derive(Clone, Debug)]
pub enum Guard {
    If(Expr),
    /// `say else: …`: when the guard of the line above did not hold.
    Else(Span),
}

impl PartialEq for Guard {
    fn eq(&self, other: &Guard) -> bool {
        match (self, other) {
            (Guard::If(a), Guard::If(b)) => a == b,
            (Guard::Else(_), Guard::Else(_)) => true,
            (Guard::If(_) | Guard::Else(_), _) => false,
        }
    }
}

/// A whole number or a path: the bounds of `answer … from A to B`.
#[derive(Clone, Debug, PartialEq)]
pub enum Atom {
    Number(Spanned<i64>),
    Path(Path),
}

/// Where the conversation goes.
#[derive(Clone, Debug)]
pub struct Dest {
    pub kind: DestKind,
    pub span: Span,
}

impl PartialEq for Dest {
    fn eq(&self, other: &Dest) -> bool {
        self.kind == other.kind
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum DestKind {
    /// `-> target`
    Go(Target),
    /// `<-> flow [with a, b] [into x]`
    Visit { flow: Path, with: Vec<Name>, into: Option<Name> },
}

#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    State(Name),
    /// `-> std.menu`: leave for another flow, coming back to nothing.
    Flow(Path),
    End,
    Again,
    Back,
    Return,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unit {
    Second,
    Minute,
    Hour,
    Day,
    Week,
    /// 30 days; only for `keep`.
    Month,
    /// 365 days; only for `keep`.
    Year,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Duration {
    pub amount: u32,
    pub unit: Unit,
}

impl Duration {
    /// The length in milliseconds.
    pub fn ms(self) -> i64 {
        const SECOND_MS: i64 = 1_000;
        let unit_ms = match self.unit {
            Unit::Second => SECOND_MS,
            Unit::Minute => 60 * SECOND_MS,
            Unit::Hour => 3_600 * SECOND_MS,
            Unit::Day => 86_400 * SECOND_MS,
            Unit::Week => 7 * 86_400 * SECOND_MS,
            Unit::Month => 30 * 86_400 * SECOND_MS,
            Unit::Year => 365 * 86_400 * SECOND_MS,
        };
        i64::from(self.amount) * unit_ms
    }
}

impl std::fmt::Display for Duration {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let unit = match self.unit {
            Unit::Second => "second",
            Unit::Minute => "minute",
            Unit::Hour => "hour",
            Unit::Day => "day",
            Unit::Week => "week",
            Unit::Month => "month",
            Unit::Year => "year",
        };
        write!(f, "{} {unit}{}", self.amount, if self.amount == 1 { "" } else { "s" })
    }
}

/// A length of time: written out, or the name of a rule that holds one.
#[derive(Clone, Debug, PartialEq)]
pub enum Time {
    Fixed(Spanned<Duration>),
    Rule(Name),
}

/// A constant: the value of a rule or the default of a remembered value.
#[derive(Clone, Debug)]
pub struct Literal {
    pub kind: LiteralKind,
    pub span: Span,
}

impl PartialEq for Literal {
    fn eq(&self, other: &Literal) -> bool {
        self.kind == other.kind
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum LiteralKind {
    /// Digits with an optional fraction, without group separators: `10`, `1.5`, `-3`.
    Number(SmolStr),
    /// ISO 4217 code and an amount in major units without group separators: `KES`, `5000` or `2500.50`.
    Money {
        currency: SmolStr,
        amount: SmolStr,
    },
    Duration(Duration),
    YesNo(bool),
    /// `none`: no value.
    None,
    Text(SmolStr),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    Marketing,
    Utility,
    Authentication,
}

/// The plural forms of CLDR.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Plural {
    Zero,
    One,
    Two,
    Few,
    Many,
    Other,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaKind {
    Image,
    Video,
    Audio,
    Document,
}

/// What a customer reads, cut at its live values. Escapes (`\{`, `\->`) are resolved; the printers put them back where needed.
#[derive(Clone, Debug)]
pub struct Text {
    pub segments: Vec<Segment>,
    pub span: Span,
}

impl PartialEq for Text {
    fn eq(&self, other: &Text) -> bool {
        self.segments == other.segments
    }
}

#[derive(Clone, Debug)]
pub enum Segment {
    Literal(SmolStr),
    /// `{path}` or `{path as url}`.
    Value {
        path: Path,
        as_url: bool,
        span: Span,
    },
    /// `{phrase(path)}`.
    Phrase {
        name: Name,
        argument: Path,
        span: Span,
    },
}

impl PartialEq for Segment {
    fn eq(&self, other: &Segment) -> bool {
        match (self, other) {
            (Segment::Literal(a), Segment::Literal(b)) => a == b,
            (Segment::Value { path: a, as_url: x, .. }, Segment::Value { path: b, as_url: y, .. }) => a == b && x == y,
            (Segment::Phrase { name: a, argument: x, .. }, Segment::Phrase { name: b, argument: y, .. }) => {
                a == b && x == y
            }
            (Segment::Literal(_) | Segment::Value { .. } | Segment::Phrase { .. }, _) => false,
        }
    }
}

// ---------------------------------------------------------------- lines owned by their blocks

/// One flow: the lines of a document, owned by their blocks. Made by [`crate::ownership`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FlowFile {
    pub version: Option<Spanned<u32>>,
    pub name: Option<Name>,
    pub start: Option<Name>,
    pub languages: Vec<Name>,
    pub currency: Option<Name>,
    pub timezone: Option<Name>,
    pub takes: Vec<(Name, TypeExpr)>,
    pub gives: Option<Name>,
    pub uses: Vec<Path>,
    pub rules: Vec<(Name, Literal)>,
    pub remember: Vec<Memory>,
    pub remember_customer: Vec<Memory>,
    pub words: Vec<WordSet>,
    pub consents: Vec<Consent>,
    pub experiments: Vec<Experiment>,
    pub phrases: Vec<Phrase>,
    pub forms: Vec<FormBlock>,
    pub anywhere: Vec<Reaction>,
    pub groups: Vec<Group>,
    pub states: Vec<State>,
    pub follows: Vec<Follow>,
    pub templates: Vec<Template>,
    /// `# duka: allow D701 because …`, with the range of lines it covers.
    pub waivers: Vec<Waiver>,
    /// The `anywhere` line, for findings about the whole block.
    pub anywhere_span: Option<Span>,
    /// The lines that could not be read. What they would have declared is unknown.
    pub broken: Vec<Span>,
}

#[derive(Clone, Debug)]
pub struct Waiver {
    pub code: crate::diagnostic::Code,
    /// Empty when the author gave none: the waiver then does not count.
    pub reason: SmolStr,
    /// The comment itself.
    pub span: Span,
    /// What it covers: the line below it, or that line's whole block when it opens one; the whole file above `duka 1`.
    pub covers: Span,
}

impl PartialEq for Waiver {
    fn eq(&self, other: &Waiver) -> bool {
        (self.code, &self.reason) == (other.code, &other.reason)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct WordSet {
    pub name: Name,
    pub phrases: Vec<Spanned<SmolStr>>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Consent {
    pub name: Name,
    pub purpose: Text,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Experiment {
    pub name: Name,
    pub arms: Vec<Name>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Phrase {
    pub name: Name,
    pub parameter: Name,
    pub forms: Vec<(Spanned<Plural>, Text)>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct FormBlock {
    pub name: Name,
    pub title: Option<Text>,
    pub fields: Vec<Field>,
    pub submit: Option<Text>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    pub name: Name,
    pub ty: TypeExpr,
    pub optional: bool,
    pub label: Text,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    pub name: Name,
    pub reactions: Vec<Reaction>,
}

#[derive(Clone, Debug)]
pub struct State {
    pub name: Name,
    pub was: Vec<Name>,
    /// Index into [`FlowFile::groups`].
    pub group: Option<usize>,
    pub steps: Vec<Step>,
    pub reactions: Vec<Reaction>,
    /// From the header to the last line.
    pub span: Span,
    /// Lines of the state, with its header.
    pub line_count: usize,
    /// A line of it could not be read: a finding that something is missing here would mislead.
    pub broken: bool,
}

impl PartialEq for State {
    fn eq(&self, other: &State) -> bool {
        (&self.name, &self.was, self.group) == (&other.name, &other.was, other.group)
            && self.steps == other.steps
            && self.reactions == other.reactions
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Follow {
    pub name: Name,
    pub reactions: Vec<Reaction>,
}

#[derive(Clone, Debug)]
pub struct Template {
    pub name: Name,
    pub category: Category,
    pub about: Option<Name>,
    pub image: Option<Text>,
    pub body: Option<Text>,
    pub footer: Option<Text>,
    pub samples: Vec<(Path, Text)>,
    /// `button` and `link` lines.
    pub buttons: Vec<Reaction>,
    pub links: Vec<Step>,
    pub span: Span,
}

impl PartialEq for Template {
    fn eq(&self, other: &Template) -> bool {
        (&self.name, self.category, &self.about) == (&other.name, other.category, &other.about)
            && (&self.image, &self.body, &self.footer) == (&other.image, &other.body, &other.footer)
            && (&self.samples, &self.buttons, &self.links) == (&other.samples, &other.buttons, &other.links)
    }
}

/// A line that runs when a state is entered, or when a reaction is taken.
#[derive(Clone, Debug)]
pub struct Step {
    pub kind: StepKind,
    pub span: Span,
}

impl PartialEq for Step {
    fn eq(&self, other: &Step) -> bool {
        self.kind == other.kind
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum StepKind {
    Say { name: Option<Name>, guard: Option<Guard>, text: TextBlock },
    Ask { name: Option<Name>, guard: Option<Guard>, text: TextBlock },
    Media { kind: MediaKind, guard: Option<Guard>, source: Text },
    List(Text),
    Footer(Text),
    Alert(Text),
    Link { name: Name, guard: Option<Guard>, title: Text, url: Text },
    Call { into: Name, operation: Expr, within: Option<Time>, otherwise: Option<Dest> },
    Do { operation: Expr, within: Option<Time>, otherwise: Option<Dest> },
    Set { name: Name, value: Expr },
    Send { template: Name, otherwise: Option<Dest> },
    If { condition: Expr, dest: Dest },
    Jump(Dest),
}

/// A text of one or more lines.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TextBlock {
    pub pieces: Vec<TextPiece>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum TextPiece {
    Line(Text),
    Each { item: Name, list: Expr, text: Text },
}

/// What can happen while a state waits, and what follows.
#[derive(Clone, Debug)]
pub struct Reaction {
    pub trigger: Trigger,
    pub guard: Option<Guard>,
    /// The lines under the reaction; a `dest` on the reaction's own line is their last.
    pub actions: Vec<Step>,
    /// Whether the arrow stood on the reaction's own line.
    pub inline_dest: bool,
    /// The `section:` above this row or pick, if any; it holds until the next one.
    pub section: Option<Text>,
    pub span: Span,
}

impl PartialEq for Reaction {
    fn eq(&self, other: &Reaction) -> bool {
        self.trigger == other.trigger
            && self.guard == other.guard
            && self.actions == other.actions
            && self.section == other.section
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum Trigger {
    Button { name: Name, title: Text },
    Row { name: Name, title: Text, note: Option<Text> },
    Pick { name: Name, list: Expr, title: Text, note: Option<Text> },
    Answer { name: Name, range: Option<(Atom, Atom)> },
    Fill { form: Name, into: Option<Name> },
    Hears { words: Name },
    On { event: Path },
    After { time: Time },
    Quiet { time: Time },
    Else { times: Option<u32>, text: Option<Text> },
    Failed,
    Lost,
}

// ---------------------------------------------------------------- texts files and test files

/// `texts sw for boutique`: translations, and texts per channel, of one flow.
#[derive(Clone, Debug, Default)]
pub struct TextsFile {
    pub language: Option<Name>,
    pub flow: Option<Path>,
    pub entries: Vec<TextsEntry>,
    pub words: Vec<WordSet>,
    pub phrases: Vec<Phrase>,
}

/// `welcome.ask@messenger: …`
#[derive(Clone, Debug)]
pub struct TextsEntry {
    pub key: Path,
    pub channel: Option<Name>,
    pub text: TextBlock,
    pub span: Span,
}

/// `tests for boutique`: conversation tests.
#[derive(Clone, Debug, Default)]
pub struct TestFile {
    pub flow: Option<Path>,
    pub given: Vec<TestLine>,
    pub tests: Vec<Test>,
}

#[derive(Clone, Debug)]
pub struct Test {
    pub title: Spanned<SmolStr>,
    pub lines: Vec<TestLine>,
}

#[derive(Clone, Debug)]
pub struct TestLine {
    pub kind: TestLineKind,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub enum TestLineKind {
    /// `given shop fixtures/zuri.yaml`
    GivenShop(Spanned<SmolStr>),
    /// `given consent.offers.given is yes`, `given language is sw`; the value is the words after `is`.
    GivenIs {
        subject: Expr,
        value: Spanned<SmolStr>,
    },
    /// `given orders.hold(order) fails [with short_stock]`
    GivenFails {
        operation: Expr,
        refusal: Option<Name>,
    },
    /// `given orders.hold(order) takes 30 seconds`
    GivenTakes {
        operation: Expr,
        time: Spanned<Duration>,
    },
    StartAt(Name),
    /// `customer: text`
    Customer(Spanned<SmolStr>),
    /// `customer sends photo`, `customer sends cart D-101 x 2, D-102`; the words after the kind.
    CustomerSends {
        kind: Name,
        detail: Option<Spanned<SmolStr>>,
    },
    Tap(Name),
    /// `pick D-101`: an item's key, or the beginning of its title.
    Pick(Spanned<SmolStr>),
    Fill(Vec<(Name, Spanned<SmolStr>)>),
    Event {
        name: Path,
        fields: Vec<(Name, Spanned<SmolStr>)>,
    },
    Wait(Spanned<Duration>),
    Redeliver,
    Swap,
    /// `shop: text`: what was said contains it.
    Shop(Spanned<SmolStr>),
    ShopExactly(Spanned<SmolStr>),
    ShopNothing,
    Choices(Vec<Name>),
    Link(Name),
    Template(Name),
    State(Name),
    Expect(Expr),
    /// `called: orders.confirm once`
    Called {
        operation: Path,
        once: bool,
    },
    NotCalled(Path),
}
