//! The files beside a flow that are read line by line too: texts in other languages, and conversation tests.
//!
//! Names are as written; the engine resolves them.

use smol_str::SmolStr;

use super::{Duration, Expr, Path, Phrase, TextBlock, WordSet};
use crate::span::{Name, Span, Spanned};

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
