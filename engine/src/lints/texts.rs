//! How texts read: names of two texts of a kind, length, pictures, emoji, sentences, capitals (D804, D807-D810, D812).

use duka_dsl::Diagnostic;
use duka_dsl::ast::StepKind as Line;
use unicode_segmentation::UnicodeSegmentation;

use super::context::Context;
use super::fit::{is_emoji, least, literal, place};
use crate::hir::{Flow, State, StepKind, TextId, Trigger};
use crate::walk;

/// Letters that most phones show before they fold a message.
const SHOWN_LETTERS: usize = 300;
/// A message beyond this is worth a finding.
const LONG_LETTERS: usize = 700;
/// Words of a sentence that still reads at once.
const LONG_SENTENCE: usize = 40;
/// Words in capitals in a row that shout.
const SHOUTING: usize = 3;

pub(super) fn check(context: &Context, found: &mut Vec<Diagnostic>) {
    for flow in context.flows() {
        for state in &flow.states {
            wordless_picture(state, found);
        }
        for text in read_texts(flow) {
            prose(context, flow, text, found);
        }
        for (_, reaction) in walk::reactions(flow) {
            if let Trigger::Button { title, .. } | Trigger::Row { title, .. } = &reaction.trigger {
                only_emoji(context, flow, *title, found);
            }
        }
    }
    if context.shop.languages.len() > 1 {
        unnamed(context, found);
    }
}

/// The texts that customers read as messages.
fn read_texts(flow: &Flow) -> Vec<TextId> {
    let steps = walk::lines(flow).into_iter().flat_map(|lines| lines.steps);
    steps.filter_map(walk::said).chain(flow.templates.iter().map(|template| template.body)).collect()
}

fn prose(context: &Context, flow: &Flow, text: TextId, found: &mut Vec<Diagnostic>) {
    let Some((_, _, block)) = context.languages(flow, text).into_iter().next() else { return };
    let span = place(flow, text, block);
    let count = least(flow, block);
    if count > LONG_LETTERS {
        let message = format!("This message has {count} letters; most phones show {SHOWN_LETTERS} before Read more.");
        found.push(Diagnostic::new(807, span, message).help("Shorten it, or say the most important thing first."));
    }
    let words = literal(block);
    let longest = words.split(['.', '!', '?', '\n', ':', ';']).map(|sentence| sentence.unicode_words().count()).max();
    if let Some(count) = longest.filter(|count| *count > LONG_SENTENCE) {
        let message = format!("A sentence of {count} words is hard to read on a phone.");
        found.push(Diagnostic::new(810, span, message).help("Split it."));
    }
    if let Some(shout) = shout(&words) {
        let message = format!("Capital letters shout: \"{shout}\".");
        found.push(Diagnostic::new(812, span, message).help("Write it in normal case; *asterisks* make words bold."));
    }
}

/// The first run of words that are all capitals.
fn shout(words: &str) -> Option<String> {
    let tokens: Vec<&str> = words.split_whitespace().collect();
    let loud = |word: &&&str| {
        let letters: Vec<char> = word.chars().filter(|letter| letter.is_alphabetic()).collect();
        letters.len() > 1 && letters.iter().all(|letter| letter.is_uppercase())
    };
    let runs = tokens.windows(SHOUTING).find(|window| window.iter().filter(loud).count() == SHOUTING);
    runs.map(|run| run.join(" "))
}

fn wordless_picture(state: &State, found: &mut Vec<Diagnostic>) {
    let says = state
        .steps
        .iter()
        .any(|step| matches!(step.kind, StepKind::Say { .. } | StepKind::Ask { .. } | StepKind::Send { .. }));
    let picture = state.steps.iter().find(|step| matches!(step.kind, StepKind::Media { .. }));
    if let (Some(picture), false) = (picture, says) {
        let message = "A picture without words: people using screen readers get nothing.";
        found.push(Diagnostic::new(808, picture.span, message).help("Add a `say:` below it."));
    }
}

fn only_emoji(context: &Context, flow: &Flow, title: TextId, found: &mut Vec<Diagnostic>) {
    for (_, _, block) in context.languages(flow, title) {
        let words = literal(block);
        let mut live = false;
        walk::in_block(block, &mut |_| live = true);
        if !live && words.chars().any(is_emoji) && !words.chars().any(char::is_alphanumeric) {
            let message = "This choice says its meaning by emoji only.";
            found.push(Diagnostic::new(809, place(flow, title, block), message).help("Add words: \"Yes ✅\"."));
            return;
        }
    }
}

/// Two texts of one kind in a state, without names: translations would shift when one is added.
fn unnamed(context: &Context, found: &mut Vec<Diagnostic>) {
    let checked: Vec<&str> = context.flows().map(|flow| flow.path.as_str()).collect();
    for (_, file) in context.files {
        let Some(name) = &file.name else { continue };
        if !checked.iter().any(|path| *path == name.as_str() || path.strip_prefix("std.") == Some(name.as_str())) {
            continue;
        }
        for state in &file.states {
            let mut says = state
                .steps
                .iter()
                .filter(|step| matches!(&step.kind, Line::Say { name: None, text, .. } if !text.pieces.is_empty()));
            let mut asks = state
                .steps
                .iter()
                .filter(|step| matches!(&step.kind, Line::Ask { name: None, text, .. } if !text.pieces.is_empty()));
            for (kind, second) in [("say", says.nth(1)), ("ask", asks.nth(1))] {
                let Some(second) = second else { continue };
                let message =
                    format!("Two unnamed `{kind}` lines in `{}`; translations would shift.", state.name.value);
                let help = format!("Name them: `{kind} thanks: …`.");
                found.push(Diagnostic::new(804, second.span, message).help(help));
            }
        }
    }
}
