//! Turns pairs of the grammar into the parts that lines share: names, paths, texts, destinations, times, constants.
//!
//! Every function answers `None` when a pair is missing that the grammar promises, so a mistake in the grammar becomes a
//! broken line and not a panic.

use pest::iterators::{Pair, Pairs};
use smol_str::SmolStr;

use super::grammar::Rule;
use crate::ast::{
    Atom, Dest, DestKind, Duration, Expr, Guard, Literal, LiteralKind, Path, Segment, Target, Text, Time, TypeExpr,
    Unit,
};
use crate::span::{FileId, Name, Span, Spanned};

/// The pairs of one line, taken from left to right.
pub(crate) struct Parts<'i> {
    pairs: Pairs<'i, Rule>,
    next: Option<Pair<'i, Rule>>,
    /// The line as written; the parsed one differs in its spaces only.
    source: &'i str,
    place: Place,
}

/// Where the parsed text begins in its file.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    pub(crate) file: FileId,
    pub(crate) offset: usize,
}

impl Place {
    pub(crate) fn span(self, start: usize, end: usize) -> Span {
        Span::new(self.file, self.offset + start, self.offset + end)
    }

    fn of(self, pair: &Pair<'_, Rule>) -> Span {
        let span = pair.as_span();
        self.span(span.start(), span.end())
    }
}

impl<'i> Parts<'i> {
    pub(crate) fn new(mut pairs: Pairs<'i, Rule>, source: &'i str, place: Place) -> Parts<'i> {
        let next = pairs.next();
        Parts { pairs, next, source, place }
    }

    /// What the author wrote where `pair` stands.
    fn written(&self, pair: &Pair<'i, Rule>) -> &'i str {
        let span = pair.as_span();
        self.source.get(span.start()..span.end()).unwrap_or_default()
    }

    /// The parts inside the next pair, if it is of `rule`.
    pub(crate) fn group(&mut self, rule: Rule) -> Option<Parts<'i>> {
        let pair = self.pair(rule)?;
        Some(self.inside(pair))
    }

    fn inside(&self, pair: Pair<'i, Rule>) -> Parts<'i> {
        Parts::new(pair.into_inner(), self.source, self.place)
    }

    fn rule(&self) -> Option<Rule> {
        self.next.as_ref().map(Pair::as_rule)
    }

    fn pair(&mut self, rule: Rule) -> Option<Pair<'i, Rule>> {
        if self.rule() != Some(rule) {
            return None;
        }
        std::mem::replace(&mut self.next, self.pairs.next())
    }

    fn any(&mut self) -> Option<Pair<'i, Rule>> {
        std::mem::replace(&mut self.next, self.pairs.next())
    }

    fn take_written(&mut self) -> Option<&'i str> {
        let pair = self.any()?;
        Some(self.written(&pair))
    }

    /// The text of a pair of `rule`, with its span.
    pub(crate) fn word(&mut self, rule: Rule) -> Option<Name> {
        let pair = self.pair(rule)?;
        Some(Spanned::new(SmolStr::new(pair.as_str()), self.place.of(&pair)))
    }

    /// As [`Parts::word`], without white space at either end.
    pub(crate) fn trimmed(&mut self, rule: Rule) -> Option<Spanned<SmolStr>> {
        let pair = self.pair(rule)?;
        let source = self.written(&pair);
        let start = pair.as_span().start() + source.len() - source.trim_start_matches(crate::layout::is_space).len();
        let word = source.trim_matches(crate::layout::is_space);
        Some(Spanned::new(SmolStr::new(word), self.place.span(start, start + word.len())))
    }

    pub(crate) fn has(&mut self, rule: Rule) -> bool {
        self.pair(rule).is_some()
    }

    pub(crate) fn name(&mut self) -> Option<Name> {
        self.word(Rule::name)
    }

    pub(crate) fn names(&mut self) -> Vec<Name> {
        std::iter::from_fn(|| self.name()).collect()
    }

    pub(crate) fn path(&mut self) -> Option<Path> {
        let pair = self.pair(Rule::path)?;
        Some(path(&pair, self.place))
    }

    /// A text that is not empty.
    pub(crate) fn text(&mut self) -> Option<Text> {
        self.any_text().filter(|text| !text.segments.is_empty())
    }

    pub(crate) fn any_text(&mut self) -> Option<Text> {
        match self.rule()? {
            Rule::text | Rule::speech | Rule::title | Rule::note => {
                let pair = self.any()?;
                text(self.written(&pair), pair, self.place)
            }
            _ => None,
        }
    }

    pub(crate) fn expr(&mut self) -> Option<Expr> {
        self.expr_of(Rule::expr)
    }

    /// An expression that its rule ends elsewhere.
    pub(crate) fn expr_of(&mut self, rule: Rule) -> Option<Expr> {
        let pair = self.pair(rule)?;
        Some(Expr { source: plain_quotes(self.written(&pair)), span: self.place.of(&pair) })
    }

    pub(crate) fn guard(&mut self) -> Option<Guard> {
        if let Some(pair) = self.pair(Rule::guard_else) {
            return Some(Guard::Else(self.place.of(&pair)));
        }
        self.expr().map(Guard::If)
    }

    pub(crate) fn dest(&mut self) -> Option<Dest> {
        if let Some(pair) = self.pair(Rule::go) {
            let span = self.place.of(&pair);
            let to = self.inside(pair).path()?;
            return Some(Dest { kind: DestKind::Go(target(to)?), span });
        }
        let pair = self.pair(Rule::visit)?;
        let span = self.place.of(&pair);
        let mut parts = self.inside(pair);
        let flow = parts.path()?;
        let with = match parts.pair(Rule::with) {
            Some(pair) => parts.inside(pair).names(),
            None => Vec::new(),
        };
        let into = parts.kept_in();
        Some(Dest { kind: DestKind::Visit { flow, with, into }, span })
    }

    /// `into x`
    pub(crate) fn kept_in(&mut self) -> Option<Name> {
        let pair = self.pair(Rule::into)?;
        self.inside(pair).name()
    }

    pub(crate) fn time(&mut self) -> Option<Time> {
        match self.word(Rule::time_name) {
            Some(name) => Some(Time::Rule(name)),
            None => self.duration().map(Time::Fixed),
        }
    }

    pub(crate) fn duration(&mut self) -> Option<Spanned<Duration>> {
        match self.rule()? {
            Rule::duration | Rule::long_time => {}
            _ => return None,
        }
        let pair = self.any()?;
        let span = self.place.of(&pair);
        let mut parts = self.inside(pair);
        let amount = parts.count()?;
        let unit = match parts.any()?.as_str().trim_end_matches('s') {
            "second" => Unit::Second,
            "minute" => Unit::Minute,
            "hour" => Unit::Hour,
            "day" => Unit::Day,
            "week" => Unit::Week,
            "month" => Unit::Month,
            "year" => Unit::Year,
            _ => return None,
        };
        Some(Spanned::new(Duration { amount, unit }, span))
    }

    /// A whole number without separators.
    pub(crate) fn count(&mut self) -> Option<u32> {
        self.pair(Rule::number_of)?.as_str().parse().ok()
    }

    pub(crate) fn atom(&mut self) -> Option<Atom> {
        match self.word(Rule::whole) {
            Some(number) => {
                let value = number.value.replace(',', "").parse().ok()?;
                Some(Atom::Number(Spanned::new(value, number.span)))
            }
            None => self.path().map(Atom::Path),
        }
    }

    pub(crate) fn type_expr(&mut self) -> Option<TypeExpr> {
        if let Some(name) = self.word(Rule::type_name) {
            return Some(TypeExpr::Named(name));
        }
        if let Some(pair) = self.pair(Rule::list_of) {
            return self.inside(pair).name().map(TypeExpr::ListOf);
        }
        let pair = self.pair(Rule::one_of)?;
        Some(TypeExpr::OneOf(self.inside(pair).names()))
    }

    /// A constant, if one comes next.
    pub(crate) fn literal(&mut self) -> Option<Literal> {
        let rule = self.rule()?;
        let span = self.place.of(self.next.as_ref()?);
        let kind = match rule {
            Rule::long_time => LiteralKind::Duration(self.duration()?.value),
            Rule::money => {
                let pair = self.any()?;
                let mut parts = self.inside(pair);
                let currency = parts.word(Rule::currency)?.value;
                LiteralKind::Money { currency, amount: without_commas(&parts.word(Rule::amount)?.value) }
            }
            Rule::number => LiteralKind::Number(without_commas(self.any()?.as_str())),
            Rule::yes => self.any().map(|_| LiteralKind::YesNo(true))?,
            Rule::no => self.any().map(|_| LiteralKind::YesNo(false))?,
            Rule::none => self.any().map(|_| LiteralKind::None)?,
            Rule::quoted_text => LiteralKind::Text(unquoted(self.take_written()?)),
            Rule::plain_text | Rule::default_text => LiteralKind::Text(SmolStr::new(self.take_written()?.trim_end())),
            _ => return None,
        };
        Some(Literal { kind, span })
    }
}

fn path(pair: &Pair<'_, Rule>, place: Place) -> Path {
    let (written, mut at) = (pair.as_str(), pair.as_span().start());
    // Paths are many, and most are short: a vector that grows by itself begins with room for four names.
    let mut segments = Vec::with_capacity(1 + written.matches('.').count());
    segments.extend(written.split('.').map(|segment| {
        let span = place.span(at, at + segment.len());
        at += segment.len() + 1;
        Spanned::new(SmolStr::new(segment), span)
    }));
    Path { segments, span: place.of(pair) }
}

pub(crate) fn target(path: Path) -> Option<Target> {
    if path.segments.len() > 1 {
        return Some(Target::Flow(path));
    }
    let name = path.segments.into_iter().next()?;
    Some(match name.as_str() {
        "end" => Target::End,
        "again" => Target::Again,
        "back" => Target::Back,
        "return" => Target::Return,
        _ => Target::State(name),
    })
}

/// Cuts a text at its live values; what lies between them is literal.
fn text(source: &str, pair: Pair<'_, Rule>, place: Place) -> Option<Text> {
    let start = pair.as_span().start();
    // Most texts have one piece, and are many.
    let mut segments = Vec::with_capacity(1);
    let mut literal = String::new();
    let mut at = 0;
    for inner in pair.into_inner() {
        let rule = inner.as_rule();
        let span = inner.as_span();
        match rule {
            Rule::live => {}
            Rule::escape => {
                literal.push_str(&source[at..span.start() - start]);
                literal.push_str(inner.as_str().get(1..).unwrap_or_default());
                at = span.end() - start;
                continue;
            }
            _ => continue,
        }
        literal.push_str(&source[at..span.start() - start]);
        at = span.end() - start;
        if !literal.is_empty() {
            segments.push(Segment::Literal(SmolStr::new(&literal)));
            literal.clear();
        }
        segments.push(live(inner, place)?);
    }
    let tail = source[at..].trim_end_matches(crate::layout::is_space);
    if literal.is_empty() && !tail.is_empty() {
        segments.push(Segment::Literal(SmolStr::new(tail)));
    } else if !literal.is_empty() {
        literal.push_str(tail);
        segments.push(Segment::Literal(SmolStr::new(&literal)));
    }
    segments.shrink_to_fit();
    Some(Text { segments, span: place.span(start, start + at + tail.len()) })
}

/// `None` for a phrase with a dot in its name.
fn live(pair: Pair<'_, Rule>, place: Place) -> Option<Segment> {
    let span = place.of(&pair);
    let mut parts = Parts::new(pair.into_inner(), "", place);
    let path = parts.path()?;
    if let Some(argument) = parts.pair(Rule::argument) {
        let argument = parts.inside(argument).path()?;
        let [name] = <[Name; 1]>::try_from(path.segments).ok()?;
        return Some(Segment::Phrase { name, argument, span });
    }
    Some(Segment::Value { path, as_url: parts.has(Rule::as_url), span })
}

/// An expression with the quotes and spaces of word processors made plain.
fn plain_quotes(source: &str) -> SmolStr {
    if source.is_ascii() {
        return SmolStr::new(source);
    }
    source
        .chars()
        .map(|letter| match letter {
            '“' | '”' | '„' => '"',
            '‘' | '’' => '\'',
            '\u{a0}' | '\u{202f}' | '\u{2007}' | '\u{3000}' => ' ',
            _ => letter,
        })
        .collect::<String>()
        .into()
}

fn without_commas(digits: &str) -> SmolStr {
    if digits.contains(',') { digits.replace(',', "").into() } else { SmolStr::new(digits) }
}

fn unquoted(source: &str) -> SmolStr {
    let inside = source.get(1..source.len().saturating_sub(1)).unwrap_or_default();
    let mut text = String::with_capacity(inside.len());
    let mut letters = inside.chars();
    while let Some(letter) = letters.next() {
        text.extend(if letter == '\\' { letters.next() } else { Some(letter) });
    }
    text.into()
}
