//! Messages as a channel shows them: too many in a row, forms, files, Messenger (D512-D515).

use duka_dsl::ast::MediaKind;
use duka_dsl::{Diagnostic, Span};

use super::context::Context;
use crate::hir::{Guard, Segment, State, Step, StepKind, Trigger};
use crate::walk;

/// Messages in a row that customers still read as one turn.
const MOST_MESSAGES: usize = 3;
/// Questions that a form may become where it does not open.
const MOST_QUESTIONS: usize = 4;

pub(super) fn check(context: &Context, found: &mut Vec<Diagnostic>) {
    for flow in context.flows() {
        for state in &flow.states {
            many_messages(state, found);
            if context.is_on("messenger") {
                numbered(state, found);
            }
        }
        for lines in walk::lines(flow) {
            lines.steps.iter().for_each(|step| refused_file(context, step, found));
            if let Some(Trigger::Fill { form, .. }) = lines.reaction.map(|reaction| &reaction.trigger)
                && let Some(form) = flow.forms.get(form.index())
                && form.fields.len() > MOST_QUESTIONS
                && context.is_on("whatsapp")
            {
                let message = format!(
                    "`fill {}` does not open on WhatsApp Web; customers there get {} questions.",
                    form.name,
                    form.fields.len()
                );
                let span = lines.reaction.map_or(form.span, |reaction| reaction.span);
                found.push(Diagnostic::new(513, span, message).help("Ask less, or split the form in two."));
            }
        }
    }
}

/// Messages that leave one after the other when a state is entered.
fn many_messages(state: &State, found: &mut Vec<Diagnostic>) {
    let last = walk::exit(&state.steps).unwrap_or(state.steps.len());
    let steps = state.steps.get(..last).unwrap_or(&[]);
    let sent: Vec<&Step> =
        steps.iter().enumerate().filter(|(at, step)| sends(step, steps.get(at + 1))).map(|(_, step)| step).collect();
    if let Some(extra) = sent.get(MOST_MESSAGES) {
        let message = format!("{} messages in a row in `{}`: slow, and each may cost money.", sent.len(), state.name);
        found.push(
            Diagnostic::new(512, extra.span, message).help("Join them: one `say:` with lines that begin with `|`."),
        );
    }
}

/// Whether a line is a message of its own: an alternative (`else`), a picture above a text, a link below one are not.
fn sends(step: &Step, next: Option<&Step>) -> bool {
    match &step.kind {
        StepKind::Say { guard, .. } | StepKind::Ask { guard, .. } => !matches!(guard, Some(Guard::Else)),
        StepKind::Media { guard, .. } => {
            let above = next.is_some_and(|next| matches!(next.kind, StepKind::Say { .. } | StepKind::Ask { .. }));
            !matches!(guard, Some(Guard::Else)) && !above
        }
        StepKind::Send { .. } => true,
        StepKind::List { .. }
        | StepKind::Footer { .. }
        | StepKind::Show(_)
        | StepKind::Alert { .. }
        | StepKind::Link { .. }
        | StepKind::Call(_)
        | StepKind::Consent { .. }
        | StepKind::Set { .. }
        | StepKind::Jump { .. } => false,
    }
}

/// A file of a kind that a channel refuses, as far as its address tells.
fn refused_file(context: &Context, step: &Step, found: &mut Vec<Diagnostic>) {
    let StepKind::Media { kind, source, .. } = &step.kind else { return };
    let Some(Segment::Literal(end)) = source.last() else { return };
    let path = end.split(['?', '#']).next().unwrap_or("");
    let name = path.rsplit('/').next().unwrap_or("");
    let Some((_, ending)) = name.rsplit_once('.') else { return };
    let ending = ending.trim().to_lowercase();
    if ending.is_empty() || ending.len() > 5 || !ending.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return;
    }
    let word = match kind {
        MediaKind::Image => "image",
        MediaKind::Video => "video",
        MediaKind::Audio => "audio",
        MediaKind::Document => "document",
    };
    for channel in &context.channels {
        let Some(limit) = channel.media(word) else { continue };
        if !limit.endings.contains(&ending.as_str()) {
            let message = format!("{} does not take a `.{ending}` as {word}.", channel.title);
            let help = format!("It takes {}.", limit.endings.join(", "));
            found.push(Diagnostic::new(514, step.span, message).help(help));
            return;
        }
    }
}

/// A list whose notes matter: Messenger shows it as numbered text.
fn numbered(state: &State, found: &mut Vec<Diagnostic>) {
    let noted = |trigger: &Trigger| matches!(trigger, Trigger::Row { note: Some(_), .. });
    let rows: Vec<Span> =
        state.reactions.iter().filter(|reaction| noted(&reaction.trigger)).map(|reaction| reaction.span).collect();
    if let Some(span) = rows.first() {
        let message = format!("On Messenger `{}` becomes numbered text: quick replies have no notes.", state.name);
        found.push(Diagnostic::new(515, *span, message).help("Leave the notes out, or accept the numbers."));
    }
}
