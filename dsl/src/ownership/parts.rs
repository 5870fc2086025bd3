//! What a line becomes in its block: a step, a reaction, a piece of a text.

use std::sync::Arc;

use crate::ast::{
    DestKind, Guard, Line, LineKind, Reaction, Segment, Step, StepKind, Text, TextBlock, TextPiece, Trigger,
};

/// Whether nothing after this line can run: it goes somewhere for good.
pub(super) fn leaves(step: &StepKind) -> bool {
    match step {
        StepKind::Jump(dest) => matches!(dest.kind, DestKind::Go(_)),
        StepKind::Say { .. } | StepKind::Ask { .. } | StepKind::Media { .. } | StepKind::List(_) => false,
        StepKind::Footer(_) | StepKind::Alert(_) | StepKind::Link { .. } | StepKind::Call { .. } => false,
        StepKind::Cards(_) | StepKind::Show(_) | StepKind::Emoji(_) => false,
        StepKind::Do { .. } | StepKind::Set { .. } | StepKind::Send { .. } | StepKind::If { .. } => false,
    }
}

pub(super) fn add_piece(step: &mut Step, piece: TextPiece) -> bool {
    match (&mut step.kind, piece) {
        (StepKind::Say { text, .. } | StepKind::Ask { text, .. }, piece) => {
            text.pieces.push(piece);
            true
        }
        (StepKind::Alert(text), TextPiece::Line(more)) => {
            join(text, &more);
            true
        }
        _ => false,
    }
}

/// Puts `more` on a new line of `text`.
pub(super) fn join(text: &mut Text, more: &Text) {
    text.segments.push(Segment::Literal("\n".into()));
    text.segments.extend(more.segments.iter().cloned());
    text.span = text.span.to(more.span);
}

pub(super) fn step_kind(kind: &LineKind) -> Option<StepKind> {
    Some(match kind.clone() {
        LineKind::Say { name, guard, text } => StepKind::Say { name, guard, text: TextBlock::of(text), quotes: false },
        LineKind::Reply { name, guard, text } => StepKind::Say { name, guard, text: TextBlock::of(text), quotes: true },
        LineKind::Ask { name, guard, text } => StepKind::Ask { name, guard, text: TextBlock::of(text) },
        LineKind::Media { kind, guard, source } => StepKind::Media { kind, guard, source },
        LineKind::List(text) => StepKind::List(text),
        LineKind::Cards(text) => StepKind::Cards(text),
        LineKind::Show(value) => StepKind::Show(value),
        LineKind::Emoji(text) => StepKind::Emoji(text),
        LineKind::Footer(text) => StepKind::Footer(text),
        LineKind::Alert(text) => StepKind::Alert(text),
        LineKind::Link { name, guard, title, url } => StepKind::Link { name, guard, title, url },
        LineKind::Call { into, operation, within, otherwise } => StepKind::Call { into, operation, within, otherwise },
        LineKind::Do { operation, within, otherwise } => StepKind::Do { operation, within, otherwise },
        LineKind::Set { name, value } => StepKind::Set { name, value },
        LineKind::Send { template, otherwise } => StepKind::Send { template, otherwise },
        LineKind::If { condition, dest } => StepKind::If { condition, dest },
        LineKind::Jump(dest) => StepKind::Jump(dest),
        _ => return None,
    })
}

pub(super) fn reaction(line: &Line, section: Option<Arc<Text>>) -> Option<Reaction> {
    let mut guard: Option<Guard> = None;
    let (trigger, dest) = match line.kind.clone() {
        LineKind::Button { name, guard: when, title, dest } => {
            guard = when;
            (Trigger::Button { name, title }, dest)
        }
        LineKind::Row { name, guard: when, title, note, dest } => {
            guard = when;
            (Trigger::Row { name, title, note }, dest)
        }
        LineKind::Pick { name, list, title, note, dest } => (Trigger::Pick { name, list, title, note }, dest),
        LineKind::Answer { name, range, dest } => (Trigger::Answer { name, range }, dest),
        LineKind::Fill { form, into, dest } => (Trigger::Fill { form, into }, dest),
        LineKind::Hears { words, guard: when, dest } => {
            guard = when;
            (Trigger::Hears { words }, dest)
        }
        LineKind::On { event, guard: when, dest } => {
            guard = when;
            (Trigger::On { event }, dest)
        }
        LineKind::After { time, dest } => (Trigger::After { time }, dest),
        LineKind::Quiet { time, dest } => (Trigger::Quiet { time }, dest),
        LineKind::Else { times, text, dest } => (Trigger::Else { times, text }, dest),
        LineKind::Failed { dest } => (Trigger::Failed, dest),
        LineKind::Lost { dest } => (Trigger::Lost, dest),
        _ => return None,
    };
    let inline_dest = dest.is_some();
    let jump = dest.map(|dest| Step { span: dest.span, kind: StepKind::Jump(dest) });
    Some(Reaction { trigger, guard, actions: jump.into_iter().collect(), inline_dest, section, span: line.span })
}
