//! Analysis 4: every marketing template is sent only where the consent it is about is known to be given (D605).

use duka_dsl::Diagnostic;
use duka_dsl::ast::Category;
use duka_dsl::diagnostic::Speaker;

use super::Subject;
use super::path::{Paths, step_words, turn};
use crate::graph::Owner;
use crate::hir::{ConsentFact, ConsentId, Expr, ExprKind, StateId, Step, StepKind};

/// Consents known to be given, one bit each.
type Known = u64;

pub fn check(subject: &Subject<'_>, paths: &Paths) -> Vec<Diagnostic> {
    let flow = subject.graph.flow;
    let entry = known_on_entry(subject);
    let mut found = Vec::new();
    for (index, state) in flow.states.iter().enumerate() {
        let Some(id) = u16::try_from(index).ok().map(StateId) else { break };
        let Some(known) = entry.get(index).copied().flatten() else { continue };
        found.extend(unchecked(subject, paths, id, &state.steps, known));
        let at_rest = after(&state.steps, known);
        for reaction in &state.reactions {
            let known = at_rest | reaction.guard.as_ref().map_or(0, |guard| given_when(guard, true));
            found.extend(unchecked(subject, paths, id, &reaction.actions, known));
        }
    }
    found
}

fn known_on_entry(subject: &Subject<'_>) -> Vec<Option<Known>> {
    subject.graph.forward(
        0,
        |one, other| one & other,
        |edge, known| {
            let at_rest = match (edge.line.owner, subject.graph.flow.states.get(edge.from.state.index())) {
                (Owner::Entry, _) | (_, None) => known,
                (_, Some(state)) => after(&state.steps, known),
            };
            edge.guards.iter().fold(after(edge.actions, at_rest), |known, guard| known | given_when(guard, true))
        },
    )
}

/// What is known after lines that did not jump away.
fn after(steps: &[Step], known: Known) -> Known {
    steps.iter().fold(known, |known, step| match &step.kind {
        StepKind::Consent { consent, given: true } => known | bit(*consent),
        StepKind::Consent { consent, given: false } => known & !bit(*consent),
        StepKind::Jump { guard: Some(guard), .. } => known | given_when(guard, false),
        StepKind::Jump { guard: None, .. }
        | StepKind::Say { .. }
        | StepKind::Ask { .. }
        | StepKind::Media { .. }
        | StepKind::List { .. }
        | StepKind::Footer { .. }
        | StepKind::Show(_)
        | StepKind::Alert { .. }
        | StepKind::Link { .. }
        | StepKind::Call(_)
        | StepKind::Set { .. }
        | StepKind::Send { .. } => known,
    })
}

fn unchecked(subject: &Subject<'_>, paths: &Paths, state: StateId, steps: &[Step], known: Known) -> Vec<Diagnostic> {
    let flow = subject.graph.flow;
    let mut found = Vec::new();
    for (at, step) in steps.iter().enumerate() {
        let StepKind::Send { template, .. } = &step.kind else { continue };
        let Some(template) = flow.templates.get(template.index()) else { continue };
        if template.category != Category::Marketing {
            continue;
        }
        let known = after(&steps[..at], known);
        let checked = template.about.is_some_and(|consent| known & bit(consent) != 0);
        if checked {
            continue;
        }
        let consent = template.about.and_then(|consent| subject.shop.consents.get(consent.index()));
        let consent = consent.map_or("offers", |consent| consent.name.as_str());
        let mut chat = paths.chat_to(subject, state);
        let words = step_words(flow, step).unwrap_or_default();
        chat.push(turn(Speaker::Shop, format!("{words}  <- nobody asked whether this is welcome"), String::new()));
        let message = format!("`{}` is marketing and is sent without checking consent on this path.", template.name);
        found.push(
            Diagnostic::new(605, step.span, message)
                .help(format!("Put `if not consent.{consent}.given -> end` above it."))
                .conversation(chat)
                .cause(format!("unchecked:{}", template.name)),
        );
    }
    found
}

/// The consents that are surely given when the guard is `holds`.
fn given_when(guard: &Expr, holds: bool) -> Known {
    match (&guard.kind, holds) {
        (ExprKind::Consent(consent, ConsentFact::Given), true) => bit(*consent),
        (ExprKind::Not(inner), _) => given_when(inner, !holds),
        (ExprKind::And(left, right), true) | (ExprKind::Or(left, right), false) => {
            given_when(left, holds) | given_when(right, holds)
        }
        (ExprKind::And(left, right), false) | (ExprKind::Or(left, right), true) => {
            given_when(left, holds) & given_when(right, holds)
        }
        (
            ExprKind::Consent(..)
            | ExprKind::Constant(_)
            | ExprKind::Slot(_)
            | ExprKind::Customer(_)
            | ExprKind::Rule(_)
            | ExprKind::Ambient(_)
            | ExprKind::Event(_)
            | ExprKind::Experiment(_)
            | ExprKind::Field(..)
            | ExprKind::Property(..)
            | ExprKind::Negate(_)
            | ExprKind::Compare(..)
            | ExprKind::Arithmetic(..)
            | ExprKind::In(..)
            | ExprKind::Hook { .. }
            | ExprKind::Script { .. },
            _,
        ) => 0,
    }
}

fn bit(consent: ConsentId) -> Known {
    1u64.checked_shl(u32::from(consent.0)).unwrap_or(0)
}
