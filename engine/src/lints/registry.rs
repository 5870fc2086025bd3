//! A shop's templates against what WhatsApp holds of them, by the registry `templates.lock` (D609, D610, D617). Without
//! one, nothing is said: nothing is known.

use duka_dsl::{Diagnostic, Span};

use super::context::Context;
use super::file_id;
use super::translations::language_name;
use crate::analysis::path::event_name;
use crate::approval::{Difference, Held, Registry, Wanted, differences, wanted};
use crate::hir::{Flow, Step, StepKind, TemplateId, Trigger};
use crate::source::FileKind;

/// How many places a finding lists.
const MOST_PLACES: usize = 3;

pub(super) fn check(context: &Context, found: &mut Vec<Diagnostic>) {
    let files = context.source.files.iter().enumerate();
    let Some((at, file)) = files.clone().find(|(_, file)| file.kind == FileKind::TemplatesLock) else { return };
    let registry = match Registry::read(&file.text) {
        Ok(registry) => registry,
        Err(error) => {
            let message = format!("This is no registry of templates: {error}.");
            found.push(Diagnostic::new(22, Span::new(file_id(at), 0, 0), message).help("Run `duka templates pull`."));
            return;
        }
    };
    let all = wanted(context.shop);
    let mut rest = all.as_slice();
    while let Some(first) = rest.first() {
        let same = |other: &&Wanted| other.name == first.name && other.flow == first.flow;
        let (languages, others) = rest.split_at(rest.iter().take_while(same).count());
        template(context, &registry, languages, found);
        rest = others;
    }
}

/// One template in its languages.
fn template(context: &Context, registry: &Registry, languages: &[Wanted], found: &mut Vec<Diagnostic>) {
    let Some(first) = languages.first() else { return };
    let Some(span) = place(context, first) else { return };
    let known = languages.iter().map(|wanted| (wanted, registry.find(&wanted.name, &wanted.language)));
    let of = |pick: &dyn Fn(&Held) -> bool| -> Vec<&Wanted> {
        let picked = known.clone().filter(|(_, held)| held.is_some_and(pick));
        picked.map(|(wanted, _)| wanted).collect()
    };
    let missing: Vec<&Wanted> = known.clone().filter(|(_, held)| held.is_none()).map(|(wanted, _)| wanted).collect();
    let unready = of(&|held| !held.is_approved() && !held.is_stopped());
    let stopped = of(&|held| held.is_stopped());
    if !missing.is_empty() {
        let message = format!("Template `{}` is not approved in {}.", first.name, names(&missing));
        let help = "WhatsApp does not know it: submit it with `duka templates push`, or take that language out.";
        found.push(Diagnostic::new(609, span, message).help(help));
    }
    if !unready.is_empty() {
        let message = format!("Template `{}` is not approved in {}.", first.name, names(&unready));
        let state = unready.first().and_then(|wanted| registry.find(&wanted.name, &wanted.language));
        let state = state.map(|held| held.status.to_lowercase()).unwrap_or_default();
        let help = format!("WhatsApp says `{state}`. Wait for the review, or look why in WhatsApp Manager.");
        found.push(Diagnostic::new(609, span, message).help(help));
    }
    if let Some(silent) = silent(context, first).filter(|_| !stopped.is_empty()) {
        let held = stopped.first().and_then(|wanted| registry.find(&wanted.name, &wanted.language));
        found.push(Diagnostic::new(610, span, paused(first, held, &names(&stopped), &silent)).help(
            "Send a second template where this one may not be: `send … else -> …`, or another `send` behind it.",
        ));
    }
    for (wanted, held) in known.filter_map(|(wanted, held)| Some((wanted, held?))) {
        changed(wanted, held, span, found);
    }
}

fn changed(wanted: &Wanted, held: &Held, span: Span, found: &mut Vec<Diagnostic>) {
    if !held.is_approved() && !held.is_stopped() {
        return;
    }
    let parts = differences(wanted, held).into_iter().filter(|difference| *difference != Difference::Category);
    let parts: Vec<&str> = parts.map(Difference::name).collect();
    if parts.is_empty() {
        return;
    }
    let message = format!(
        "The {} of the approved template `{}` changed ({}); it must be approved again.",
        parts.join(" and the "),
        wanted.name,
        language_name(&wanted.language),
    );
    let help = format!("Give the new version a name of its own, `{}`, or put the words back.", next(&wanted.name));
    found.push(Diagnostic::new(617, span, message).help(help));
}

fn paused(wanted: &Wanted, held: Option<&Held>, languages: &str, silent: &str) -> String {
    let since = held.map(|held| held.since.as_str()).filter(|since| !since.is_empty());
    let since = since.map(|since| format!(" on {since}")).unwrap_or_default();
    let done =
        if held.is_some_and(|held| held.status.eq_ignore_ascii_case("disabled")) { "disabled" } else { "paused" };
    format!("Template `{}` was {done} by WhatsApp{since} ({languages}); {silent} nothing is sent.", wanted.name)
}

fn names(wanted: &[&Wanted]) -> String {
    wanted.iter().map(|wanted| language_name(&wanted.language)).collect::<Vec<_>>().join(", ")
}

/// `receipt_2` after `receipt`, `receipt_3` after that.
fn next(name: &str) -> String {
    let numbered = name.rsplit_once('_').and_then(|(stem, number)| Some((stem, number.parse::<u32>().ok()?)));
    match numbered {
        Some((stem, number)) => format!("{stem}_{}", number.saturating_add(1)),
        None => format!("{name}_2"),
    }
}

/// Where to point: the template itself; one of a standard flow at the merchant's own flow that uses it.
fn place(context: &Context, wanted: &Wanted) -> Option<Span> {
    if context.flows().any(|flow| flow.path == wanted.flow) {
        return Some(wanted.span);
    }
    context.flows().find(|flow| !flow.standard).map(|flow| flow.span)
}

/// The events and states that say nothing when the template may not be sent. `None`: there is always something else.
fn silent(context: &Context, wanted: &Wanted) -> Option<String> {
    let mut places: Vec<String> = Vec::new();
    for flow in &context.shop.flows {
        let Some(id) = flow.templates.iter().position(|template| template.name == wanted.name) else { continue };
        places.extend(silent_in(flow, TemplateId(crate::walk::small(id))));
    }
    places.dedup();
    let shown = places.iter().take(MOST_PLACES).map(String::as_str).collect::<Vec<_>>().join(", ");
    (!places.is_empty()).then(|| format!("at {shown}"))
}

fn silent_in(flow: &Flow, template: TemplateId) -> Vec<String> {
    let mut places = Vec::new();
    for follow in &flow.follows {
        let caught = follow.reactions.iter().any(|reaction| matches!(reaction.trigger, Trigger::Failed));
        for reaction in follow.reactions.iter().filter(|_| !caught) {
            if let Trigger::On { event } = &reaction.trigger
                && is_alone(&reaction.actions, template)
            {
                places.push(format!("`{}`", event_name(event)));
            }
        }
    }
    for state in &flow.states {
        let lines = std::iter::once(&state.steps).chain(state.reactions.iter().map(|reaction| &reaction.actions));
        if lines.into_iter().any(|steps| is_alone(steps, template)) {
            places.push(format!("`{}`", state.name));
        }
    }
    places
}

/// Whether these lines send the template, with no `else` and no other template.
fn is_alone(steps: &[Step], template: TemplateId) -> bool {
    let sends = steps.iter().filter_map(|step| {
        let StepKind::Send { template, on_error } = &step.kind else { return None };
        Some((*template, on_error.is_some()))
    });
    let sends: Vec<(TemplateId, bool)> = sends.collect();
    matches!(sends.as_slice(), [(only, false)] if *only == template)
}
