//! A document: the flat list of a flow's lines in file order, with comments, as formatter, converter and edits need it.
//!
//! Equality ignores spans. What a line belongs to is not known here; [`crate::ownership`] finds it out.

use smol_str::SmolStr;

use super::{Atom, Category, Dest, Duration, Expr, Guard, Literal, MediaKind, Path, Plural, Text, Time, TypeExpr};
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
    /// The same, quoting what the customer wrote.
    Reply {
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
    /// `cards: label`: as a list, with a picture for each row.
    Cards(Text),
    Section(Text),
    Footer(Text),
    Alert(Text),
    /// `show VALUE`: a product, a place, an order, or the whole catalogue.
    Show(Expr),
    /// A sign on the customer's message.
    Emoji(Text),
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
