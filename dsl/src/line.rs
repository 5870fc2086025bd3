//! One line of a flow: the grammar's rule of its first word, and the [`LineKind`] that its pairs say.
//!
//! Knows nothing about other lines except the kind of block it stands in.

pub(crate) mod grammar;
pub(crate) mod keyword;
pub(crate) mod parts;

use std::borrow::Cow;

use pest::Parser;

use crate::ast::{Category, LineKind, LiteralKind, MediaKind, Memory, Plural, WordSet};
use crate::span::{FileId, Spanned};
use grammar::{LineParser, Rule};
use keyword::Keyword;
use parts::{Parts, Place};

/// The longest line that is read; the longest message of WhatsApp has 4,096 letters.
pub(crate) const MAX_LINE_BYTES: usize = 32 * 1024;

/// The kind of block a line stands in, as far as it changes how the line reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Block {
    Rules,
    Remember,
    Words,
    Phrase,
    /// Any other block, and the header: every line begins with its keyword.
    Keywords,
}

/// The form a line was read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Item(Block),
    Keyword(Keyword),
    Jump,
    More,
    /// The first word means nothing.
    Unknown,
}

/// A line that its shape's rule does not match; the offset, in bytes of the line, where it went wrong.
pub(crate) struct NotRead {
    pub(crate) at: usize,
}

/// Reads `text`, a line without indentation and line end that begins at `offset` of `file`.
pub(crate) fn read(shape: Shape, file: FileId, offset: usize, text: &str) -> Result<LineKind, NotRead> {
    let rule = rule(shape).ok_or(NotRead { at: 0 })?;
    read_as(rule, Place { file, offset }, text, |parts| match shape {
        Shape::Item(block) => item(block, parts),
        Shape::Keyword(keyword) => keyword_line(keyword, parts),
        Shape::Jump => parts.dest().map(LineKind::Jump),
        Shape::More => parts.any_text().map(LineKind::More),
        Shape::Unknown => None,
    })
}

/// Reads `text` by one rule of the grammar and makes a value of its parts.
pub(crate) fn read_as<T>(
    rule: Rule,
    place: Place,
    text: &str,
    lower: impl FnOnce(&mut Parts<'_>) -> Option<T>,
) -> Result<T, NotRead> {
    if text.len() > MAX_LINE_BYTES {
        return Err(NotRead { at: 0 });
    }
    let spaced = plain_spaces(text);
    let pairs = LineParser::parse(rule, &spaced).map_err(|error| NotRead { at: error_offset(&error) })?;
    let pairs = pairs.peek().ok_or(NotRead { at: 0 })?.into_inner();
    lower(&mut Parts::new(pairs, text, place)).ok_or(NotRead { at: 0 })
}

fn rule(shape: Shape) -> Option<Rule> {
    Some(match shape {
        Shape::Item(Block::Rules) => Rule::rule_item,
        Shape::Item(Block::Remember) => Rule::memory_item,
        Shape::Item(Block::Words) => Rule::words_item,
        Shape::Item(Block::Phrase | Block::Keywords) => Rule::plural_item,
        Shape::Keyword(keyword) => keyword.rule(),
        Shape::Jump => Rule::jump_line,
        Shape::More => Rule::more_line,
        Shape::Unknown => return None,
    })
}

fn error_offset(error: &pest::error::Error<Rule>) -> usize {
    match error.location {
        pest::error::InputLocation::Pos(at) | pest::error::InputLocation::Span((at, _)) => at,
    }
}

/// Tabs and wide spaces as plain ones, each as many as it has bytes, so that offsets stay what they are.
fn plain_spaces(text: &str) -> Cow<'_, str> {
    const WIDE: [char; 5] = ['\t', '\u{a0}', '\u{202f}', '\u{2007}', '\u{3000}'];
    if !text.contains('\t') && (text.is_ascii() || !text.contains(WIDE)) {
        return Cow::Borrowed(text);
    }
    let mut spaced = String::with_capacity(text.len());
    for letter in text.chars() {
        if WIDE.contains(&letter) {
            spaced.extend(std::iter::repeat_n(' ', letter.len_utf8()));
        } else {
            spaced.push(letter);
        }
    }
    Cow::Owned(spaced)
}

/// The shape of a line in a block, by its first word and, for items, the sign after it.
pub(crate) fn shape(block: Block, text: &str) -> Shape {
    match text.as_bytes() {
        [b'|', ..] => return Shape::More,
        [b'-', b'>', ..] | [b'<', b'-', b'>', ..] => return Shape::Jump,
        _ if text.starts_with(['→', '➔', '➜', '↔', '⟷']) => return Shape::Jump,
        _ => {}
    }
    let word = first_word(text);
    let keyword = Keyword::of(word);
    let item_like = || {
        let sign = text[word.len()..].trim_start_matches(crate::layout::is_space);
        match block {
            Block::Rules => sign.starts_with('='),
            Block::Remember | Block::Words => sign.starts_with(':'),
            Block::Phrase => plural(word).is_some(),
            Block::Keywords => false,
        }
    };
    match keyword {
        Some(keyword) if !item_like() => Shape::Keyword(keyword),
        Some(_) => Shape::Item(block),
        None if item_like() => Shape::Item(block),
        None => Shape::Unknown,
    }
}

/// The letters, digits and `_` that a line begins with.
pub(crate) fn first_word(text: &str) -> &str {
    let end = text.bytes().position(|byte| !byte.is_ascii_alphanumeric() && byte != b'_').unwrap_or(text.len());
    &text[..end]
}

pub(crate) fn plural(word: &str) -> Option<Plural> {
    Some(match word {
        "zero" => Plural::Zero,
        "one" => Plural::One,
        "two" => Plural::Two,
        "few" => Plural::Few,
        "many" => Plural::Many,
        "other" => Plural::Other,
        _ => return None,
    })
}

fn item(block: Block, parts: &mut Parts<'_>) -> Option<LineKind> {
    Some(match block {
        Block::Rules => LineKind::Rule { name: parts.name()?, value: parts.literal()? },
        Block::Remember => LineKind::Memory(Memory {
            name: parts.name()?,
            ty: parts.type_expr()?,
            default: parts.literal(),
            optional: parts.has(Rule::optional),
            keep: parts.duration(),
            purpose: parts.text(),
        }),
        Block::Words => {
            let WordSet { name, phrases } = word_set(parts)?;
            LineKind::WordSet { name, phrases }
        }
        Block::Phrase | Block::Keywords => {
            let (plural, text) = plural_form(parts)?;
            LineKind::PhraseForm { plural, text }
        }
    })
}

/// `name: phrase, phrase`
pub(crate) fn word_set(parts: &mut Parts<'_>) -> Option<WordSet> {
    let name = parts.name()?;
    let phrases =
        std::iter::from_fn(|| parts.trimmed(Rule::word_phrase)).filter(|word| !word.value.is_empty()).collect();
    Some(WordSet { name, phrases })
}

/// `one: text`
pub(crate) fn plural_form(parts: &mut Parts<'_>) -> Option<(Spanned<Plural>, crate::ast::Text)> {
    let form = parts.word(Rule::plural)?;
    Some((Spanned::new(plural(form.as_str())?, form.span), parts.text()?))
}

/// One arm for each keyword, so that a new one is not forgotten.
fn keyword_line(keyword: Keyword, parts: &mut Parts<'_>) -> Option<LineKind> {
    use Keyword as K;
    Some(match keyword {
        K::Duka => LineKind::Duka(version(parts)?),
        K::Flow => LineKind::Flow(parts.name()?),
        K::Start => LineKind::Start(parts.name()?),
        K::Languages => LineKind::Languages(std::iter::from_fn(|| parts.word(Rule::language)).collect()),
        K::Currency => LineKind::Currency(parts.word(Rule::currency)?),
        K::Timezone => LineKind::Timezone(parts.word(Rule::timezone)?),
        K::Takes => LineKind::Takes(parts.name()?, parts.type_expr()?),
        K::Gives => LineKind::Gives(parts.name()?),
        K::Use => LineKind::Use(parts.path()?),
        K::Rules => LineKind::Rules,
        K::Remember => LineKind::Remember { customer: parts.has(Rule::customer) },
        K::Words => LineKind::Words,
        K::Consent => LineKind::Consent { name: parts.name()?, purpose: parts.text()? },
        K::Experiment => LineKind::Experiment { name: parts.name()?, arms: parts.names() },
        K::Phrase => LineKind::Phrase { name: parts.name()?, parameter: parts.name()? },
        K::Form => LineKind::Form(parts.name()?),
        K::Anywhere => LineKind::Anywhere,
        K::Group => LineKind::Group(parts.name()?),
        K::Follow => LineKind::Follow(parts.name()?),
        K::State => LineKind::State { name: parts.name()?, was: parts.names() },
        K::Template => template(parts)?,
        K::Field => field(parts)?,
        K::Title => LineKind::Title(parts.text()?),
        K::Submit => LineKind::Submit(parts.text()?),
        K::Body => LineKind::Body(parts.text()?),
        K::Sample => LineKind::Sample { path: parts.path()?, text: parts.text()? },
        K::Say => LineKind::Say { name: parts.name(), guard: parts.guard(), text: parts.text() },
        K::Reply => LineKind::Reply { name: parts.name(), guard: parts.guard(), text: parts.text() },
        K::Ask => LineKind::Ask { name: parts.name(), guard: parts.guard(), text: parts.text() },
        K::Image => media(MediaKind::Image, parts)?,
        K::Video => media(MediaKind::Video, parts)?,
        K::Audio => media(MediaKind::Audio, parts)?,
        K::Document => media(MediaKind::Document, parts)?,
        K::List => LineKind::List(parts.text()?),
        K::Cards => LineKind::Cards(parts.text()?),
        K::Section => LineKind::Section(parts.text()?),
        K::Footer => LineKind::Footer(parts.text()?),
        K::Alert => LineKind::Alert(parts.text()?),
        K::Show => LineKind::Show(parts.expr()?),
        K::Emoji => LineKind::Emoji(parts.text()?),
        K::Link => link(parts)?,
        K::Call => call(parts)?,
        K::Do => LineKind::Do { operation: parts.expr()?, within: parts.time(), otherwise: parts.dest() },
        K::Set => LineKind::Set { name: parts.name()?, value: parts.expr()? },
        K::Send => LineKind::Send { template: parts.name()?, otherwise: parts.dest() },
        K::If => LineKind::If { condition: parts.expr()?, dest: parts.dest()? },
        K::Each => LineKind::Each { item: parts.name()?, list: parts.expr()?, text: parts.text()? },
        K::Button => button(parts)?,
        K::Row => row(parts)?,
        K::Pick => pick(parts)?,
        K::Answer => answer(parts)?,
        K::Fill => LineKind::Fill { form: parts.name()?, into: parts.kept_in(), dest: parts.dest() },
        K::Hears => LineKind::Hears { words: parts.name()?, guard: parts.guard(), dest: parts.dest() },
        K::On => LineKind::On { event: parts.path()?, guard: parts.guard(), dest: parts.dest() },
        K::After => LineKind::After { time: parts.time()?, dest: parts.dest() },
        K::Quiet => LineKind::Quiet { time: parts.time()?, dest: parts.dest() },
        K::Else => LineKind::Else { times: parts.count(), text: parts.text(), dest: parts.dest() },
        K::Failed => LineKind::Failed { dest: parts.dest() },
        K::Lost => LineKind::Lost { dest: parts.dest() },
    })
}

fn version(parts: &mut Parts<'_>) -> Option<Spanned<u32>> {
    let version = parts.word(Rule::version)?;
    Some(Spanned::new(version.value.parse().ok()?, version.span))
}

fn template(parts: &mut Parts<'_>) -> Option<LineKind> {
    let name = parts.name()?;
    let category = match parts.word(Rule::category)?.as_str() {
        "marketing" => Category::Marketing,
        "utility" => Category::Utility,
        "authentication" => Category::Authentication,
        _ => return None,
    };
    Some(LineKind::Template { name, category, about: parts.name() })
}

fn field(parts: &mut Parts<'_>) -> Option<LineKind> {
    let (name, ty, optional) = (parts.name()?, parts.type_expr()?, parts.has(Rule::optional));
    Some(LineKind::Field { name, ty, optional, label: parts.text()? })
}

fn media(kind: MediaKind, parts: &mut Parts<'_>) -> Option<LineKind> {
    Some(LineKind::Media { kind, guard: parts.guard(), source: parts.text()? })
}

fn link(parts: &mut Parts<'_>) -> Option<LineKind> {
    let (name, guard) = (parts.name()?, parts.guard());
    Some(LineKind::Link { name, guard, title: parts.text()?, url: parts.text()? })
}

fn call(parts: &mut Parts<'_>) -> Option<LineKind> {
    let (into, operation) = (parts.name()?, parts.expr()?);
    Some(LineKind::Call { into, operation, within: parts.time(), otherwise: parts.dest() })
}

fn button(parts: &mut Parts<'_>) -> Option<LineKind> {
    let (name, guard) = (parts.name()?, parts.guard());
    Some(LineKind::Button { name, guard, title: parts.text()?, dest: parts.dest() })
}

fn row(parts: &mut Parts<'_>) -> Option<LineKind> {
    let (name, guard, title) = (parts.name()?, parts.guard(), parts.text()?);
    Some(LineKind::Row { name, guard, title, note: parts.text(), dest: parts.dest() })
}

fn pick(parts: &mut Parts<'_>) -> Option<LineKind> {
    let (name, list, title) = (parts.name()?, parts.expr()?, parts.text()?);
    Some(LineKind::Pick { name, list, title, note: parts.text(), dest: parts.dest() })
}

fn answer(parts: &mut Parts<'_>) -> Option<LineKind> {
    let name = parts.name()?;
    let range = match parts.atom() {
        Some(from) => Some((from, parts.atom()?)),
        None => None,
    };
    Some(LineKind::Answer { name, range, dest: parts.dest() })
}

/// The byte ranges of `text` that customers read or write, for a line that reads as `shape`.
pub(crate) fn text_ranges(shape: Shape, text: &str) -> Vec<std::ops::Range<usize>> {
    let Some(rule) = rule(shape) else { return Vec::new() };
    let spaced = plain_spaces(text);
    let Ok(pairs) = LineParser::parse(rule, &spaced) else { return Vec::new() };
    pairs
        .flatten()
        .filter(|pair| {
            matches!(
                pair.as_rule(),
                Rule::text
                    | Rule::speech
                    | Rule::title
                    | Rule::note
                    | Rule::word_phrase
                    | Rule::plain_text
                    | Rule::default_text
                    | Rule::quoted_text
            )
        })
        .map(|pair| pair.as_span().start()..pair.as_span().end())
        .collect()
}

/// Whether a constant text reads back as itself without quotes; `more` when other words may follow it on the line.
pub(crate) fn is_plain_text(text: &str, more: bool) -> bool {
    let (shape, line) = if more {
        (Shape::Item(Block::Remember), format!("a: text = {text}"))
    } else {
        (Shape::Item(Block::Rules), format!("a = {text}"))
    };
    let value = match read(shape, FileId::default(), 0, &line) {
        Ok(LineKind::Rule { value, .. }) => value,
        Ok(LineKind::Memory(Memory { default: Some(value), optional: false, keep: None, purpose: None, .. })) => value,
        _ => return false,
    };
    matches!(value.kind, LiteralKind::Text(read) if read == text)
}
