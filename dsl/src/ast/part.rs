//! What lines are made of, except texts: paths, types, expressions, guards, arrows, times and constants.
//!
//! Equality ignores spans. Nothing here says where a part may stand.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::span::{Name, Span, Spanned};

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
