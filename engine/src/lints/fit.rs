//! Whether texts fit the channels, in every language (D502-D504, D509, D516-D518). Measures letters as people count them.
//!
//! A live value counts as the least it can be, so that an error is never a guess; what the shop's own data make of it
//! is D516, a warning.

use duka_dsl::{Diagnostic, Span};
use unicode_segmentation::UnicodeSegmentation;

use super::context::Context;
use super::expr;
use crate::hir::{Expr, ExprKind, Flow, Form, Segment, State, StepKind, TextBlock, TextId, TextPiece, Trigger};
use crate::limits::Channel;
use crate::types::Type;
use crate::value::Value;
use crate::walk;

pub(super) fn check(context: &Context, found: &mut Vec<Diagnostic>) {
    for flow in context.flows() {
        for (_, reaction) in walk::reactions(flow) {
            titles(context, flow, &reaction.trigger, found);
        }
        for state in &flow.states {
            question(context, flow, state, found);
        }
        flow.forms.iter().for_each(|form| long_form(context, form, found));
    }
}

/// Letters of a text without its live values: what stands there in words.
pub(super) fn words(context: &Context, flow: &Flow, text: TextId) -> String {
    context.languages(flow, text).first().map_or_else(String::new, |(_, _, block)| literal(block))
}

/// The words of a block, its live values left out.
pub(super) fn literal(block: &TextBlock) -> String {
    let lines = block.pieces.iter().map(|piece| match piece {
        TextPiece::Line(line) | TextPiece::Each { line, .. } => {
            line.iter().map(|segment| if let Segment::Literal(text) = segment { text.as_ref() } else { "" }).collect()
        }
    });
    lines.collect::<Vec<String>>().join("\n")
}

/// Letters as people count them.
pub(super) fn letters(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.graphemes(true).count() }
}

/// The fewest letters a text can have.
pub(super) fn least(flow: &Flow, block: &TextBlock) -> usize {
    let lines = block.pieces.iter().map(|piece| match piece {
        TextPiece::Line(line) => line.iter().map(|segment| segment_least(flow, segment)).sum(),
        // The list may be empty.
        TextPiece::Each { .. } => 0,
    });
    let breaks = block.pieces.len().saturating_sub(1);
    lines.sum::<usize>() + breaks
}

fn segment_least(flow: &Flow, segment: &Segment) -> usize {
    match segment {
        Segment::Literal(text) => letters(text),
        Segment::Value { value, .. } => value_least(flow, value),
        Segment::Phrase { .. } | Segment::Parameter => 1,
    }
}

fn value_least(flow: &Flow, value: &Expr) -> usize {
    if let ExprKind::Rule(rule) = &value.kind
        && let Some(Value::Money(money)) = flow.rules.get(rule.index()).map(|rule| &rule.value)
    {
        let major = money.minor.unsigned_abs() / 10u64.pow(money.currency.exponent());
        return "KES ".len() + major.to_string().len();
    }
    if value.ty == Type::Money {
        "KES 1".len()
    } else if value.ty == Type::Date {
        "1 May".len()
    } else {
        1
    }
}

/// One kind of text with a limit.
struct Limit {
    code: u16,
    what: &'static str,
    help: &'static str,
    of: fn(&Channel) -> usize,
}

const BUTTON: Limit =
    Limit { code: 502, what: "button", help: "Write a shorter title.", of: |channel| channel.button_title };
const ROW: Limit = Limit {
    code: 503,
    what: "row title",
    help: "Move the rest behind ` | `, into the note.",
    of: |channel| channel.row_title,
};
const NOTE: Limit =
    Limit { code: 504, what: "row note", help: "Write a shorter note.", of: |channel| channel.row_note };
const LABEL: Limit =
    Limit { code: 502, what: "opening label", help: "Write a shorter label.", of: |channel| channel.list_label };
const LINK: Limit =
    Limit { code: 502, what: "link button", help: "Write a shorter title.", of: |channel| channel.link_title };

fn titles(context: &Context, flow: &Flow, trigger: &Trigger, found: &mut Vec<Diagnostic>) {
    match trigger {
        Trigger::Button { title, .. } => {
            too_long(context, flow, *title, &BUTTON, found);
            emoji(context, flow, *title, found);
        }
        Trigger::Row { title, note, .. } | Trigger::Pick { title, note, .. } => {
            too_long(context, flow, *title, &ROW, found);
            cut(context, flow, *title, found);
            note.iter().for_each(|note| too_long(context, flow, *note, &NOTE, found));
        }
        Trigger::Answer { .. }
        | Trigger::Fill { .. }
        | Trigger::Hears { .. }
        | Trigger::On { .. }
        | Trigger::After { .. }
        | Trigger::Quiet { .. }
        | Trigger::Else { .. }
        | Trigger::Failed
        | Trigger::Lost => {}
    }
}

/// The first language a text is too long in.
fn too_long(context: &Context, flow: &Flow, text: TextId, limit: &Limit, found: &mut Vec<Diagnostic>) {
    let (most, channel) = context.tightest(limit.of);
    for (index, (_, language, block)) in context.languages(flow, text).into_iter().enumerate() {
        let count = least(flow, block);
        if count > most {
            let of = if index > 0 {
                format!("In {}, this", super::translations::language_name(language))
            } else {
                "This".to_string()
            };
            let message = format!("{of} {} has {count} letters; {channel} shows {most}.", limit.what);
            found.push(Diagnostic::new(limit.code, place(flow, text, block), message).help(limit.help));
            return;
        }
    }
}

/// Where a text is written.
pub(super) fn place(flow: &Flow, text: TextId, block: &TextBlock) -> Span {
    block.span.or_else(|| flow.texts.get(text.index()).map(|entry| entry.span)).unwrap_or(flow.span)
}

fn emoji(context: &Context, flow: &Flow, title: TextId, found: &mut Vec<Diagnostic>) {
    for (_, _, block) in context.languages(flow, title) {
        if literal(block).chars().any(is_emoji) {
            let message = "There is an emoji in this button; some providers drop it.";
            found.push(Diagnostic::new(517, place(flow, title, block), message).help("Say it in words only."));
            return;
        }
    }
}

/// Pictographs, symbols shown as pictures, and the signs that make flags.
pub(super) fn is_emoji(letter: char) -> bool {
    matches!(u32::from(letter), 0x1F000..=0x1FAFF | 0x2600..=0x27BF | 0x2B00..=0x2BFF | 0xFE0F | 0x20E3)
}

/// A live value in a row title that the shop's own data make too long.
fn cut(context: &Context, flow: &Flow, title: TextId, found: &mut Vec<Diagnostic>) {
    let (most, channel) = context.tightest(|channel| channel.row_title);
    let Some((_, _, block)) = context.languages(flow, title).into_iter().next() else { return };
    let Some(TextPiece::Line(line)) = block.pieces.first() else { return };
    let rest: usize =
        line.iter().map(|segment| if let Segment::Literal(text) = segment { letters(text) } else { 0 }).sum();
    for segment in line {
        let Segment::Value { value, .. } = segment else { continue };
        let Some((record, field)) = expr::field_of(context.shop, value) else { continue };
        let values = context.settings.facts.values.get(&(record.to_string(), field.to_string()));
        let longest = values.into_iter().flatten().max_by_key(|value| letters(value));
        if let Some(longest) = longest.filter(|longest| letters(longest) + rest > most) {
            let shown: String = longest.graphemes(true).take(most.saturating_sub(rest + 1)).collect();
            let message = format!(
                "`{record}.{field}` can have {} letters; as a row title {channel} cuts it: \"{shown}…\".",
                letters(longest)
            );
            let help = format!("Use a shorter field, such as `short_name`, or shorten the {record} in the shop.");
            found.push(Diagnostic::new(516, place(flow, title, block), message).help(help));
        }
    }
}

/// The text of a question with choices, and of a text without.
fn question(context: &Context, flow: &Flow, state: &State, found: &mut Vec<Diagnostic>) {
    let chosen = state.reactions.iter().any(|reaction| reaction.choice().is_some());
    for step in &state.steps {
        match &step.kind {
            StepKind::Ask { text, .. } => long_text(context, flow, *text, chosen, found),
            StepKind::Say { text, .. } => long_text(context, flow, *text, false, found),
            StepKind::List { label, .. } => too_long(context, flow, *label, &LABEL, found),
            StepKind::Link { title, .. } => too_long(context, flow, *title, &LINK, found),
            StepKind::Media { .. }
            | StepKind::Footer { .. }
            | StepKind::Show(_)
            | StepKind::Alert { .. }
            | StepKind::Call(_)
            | StepKind::Consent { .. }
            | StepKind::Set { .. }
            | StepKind::Send { .. }
            | StepKind::Jump { .. } => {}
        }
    }
}

fn long_text(context: &Context, flow: &Flow, text: TextId, chosen: bool, found: &mut Vec<Diagnostic>) {
    let limit = |channel: &Channel| if chosen { channel.text_with_choices } else { channel.text };
    let (most, channel) = context.tightest(limit);
    for (_, _, block) in context.languages(flow, text) {
        let count = least(flow, block);
        if count > most {
            let with = if chosen { "with choices " } else { "" };
            let message = format!("This text has {count} letters; {with}{channel} takes {most}.");
            let help = if chosen { "Put the first part into a `say:` above it." } else { "Cut it in two." };
            found.push(Diagnostic::new(509, place(flow, text, block), message).help(help));
            return;
        }
    }
}

fn long_form(context: &Context, form: &Form, found: &mut Vec<Diagnostic>) {
    let (most, channel) = context.tightest(|channel| channel.form_fields.unwrap_or(usize::MAX));
    if form.fields.len() > most {
        let message = format!("The form `{}` has {} fields; {channel} shows {most}.", form.name, form.fields.len());
        found.push(Diagnostic::new(518, form.span, message).help("Split it into two forms."));
    }
}
