//! A flow: the lines of a document, owned by their blocks, as the engine needs them.
//!
//! Equality ignores spans. Names are as written; the engine resolves them.

use std::sync::Arc;

use smol_str::SmolStr;

use super::{
    Atom, Category, Dest, Expr, Guard, Literal, MediaKind, Memory, Path, Plural, Text, TextBlock, Time, TypeExpr,
};
use crate::span::{Name, Span, Spanned};

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
    /// `quotes`: written as `reply`.
    Say {
        name: Option<Name>,
        guard: Option<Guard>,
        text: TextBlock,
        quotes: bool,
    },
    Ask {
        name: Option<Name>,
        guard: Option<Guard>,
        text: TextBlock,
    },
    Media {
        kind: MediaKind,
        guard: Option<Guard>,
        source: Text,
    },
    List(Text),
    Cards(Text),
    Footer(Text),
    Alert(Text),
    Show(Expr),
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
    pub section: Option<Arc<Text>>,
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
