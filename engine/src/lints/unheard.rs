//! What can happen and has no answer: failures, payment outcomes, other words (D306-D309), and answers of another kind
//! than the question asks for (D405).

use std::collections::BTreeSet;

use duka_dsl::{Diagnostic, Span};

use super::context::Context;
use super::fit;
use crate::graph::{Graph, effective_reactions};
use crate::hir::{Call, DestKind, EventName, Flow, Reaction, StateId, Step, StepKind, Target, Trigger, Words};
use crate::types::Type;
use crate::walk::{self, Place, small};

pub(super) fn check(context: &Context, found: &mut Vec<Diagnostic>) {
    for graph in &context.graphs {
        failures(context, graph, found);
        other_words(context, graph, found);
        for index in 0..graph.flow.states.len() {
            payments(context, graph.flow, StateId(small(index)), found);
        }
        one_language(context, graph.flow, found);
        wrong_kind(context, graph.flow, found);
    }
}

/// Calls whose failure nobody takes. One finding per flow, with the others as labels.
fn failures(context: &Context, graph: &Graph, found: &mut Vec<Diagnostic>) {
    let flow = graph.flow;
    if context.outer(graph.flow_id, &|trigger| matches!(trigger, Trigger::Failed)) {
        return;
    }
    let mut open: Vec<(String, Span)> = Vec::new();
    for lines in walk::lines(flow) {
        if catches(flow, lines.place) {
            continue;
        }
        for step in lines.steps {
            let StepKind::Call(call) = &step.kind else { continue };
            let Some(operation) = context.shop.operations.get(call.operation.index()) else { continue };
            // Where the contract lists refusals, the line's `else` takes those only.
            if call.on_error.is_none() || !operation.fails.is_empty() {
                open.push((operation.path(), step.span));
            }
        }
    }
    let mut open = open.into_iter();
    if let Some((path, span)) = open.next() {
        let message = format!("`{path}` can fail and nothing says what happens then.");
        let mut diagnostic = Diagnostic::new(306, span, message);
        for (path, span) in open.take(MOST_LABELS) {
            diagnostic = diagnostic.label(span, format!("so can `{path}`"));
        }
        found.push(diagnostic.help("Add `failed -> …` to `anywhere`."));
    }
}

/// How many further places one finding points at.
const MOST_LABELS: usize = 5;

/// Whether a place of the flow has a `failed` of its own level.
fn catches(flow: &Flow, place: Place) -> bool {
    let has = |reactions: &[Reaction]| reactions.iter().any(|reaction| matches!(reaction.trigger, Trigger::Failed));
    match place {
        Place::Entry(id) | Place::State(id, _) => flow.states.get(id.index()).is_some_and(|state| {
            let group = state.group.and_then(|group| flow.groups.get(group.index()));
            has(&state.reactions) || group.is_some_and(|group| has(&group.reactions))
        }),
        Place::Group(id, _) => flow.groups.get(id.index()).is_some_and(|group| has(&group.reactions)),
        Place::Follow(index, _) => flow.follows.get(index).is_some_and(|follow| has(&follow.reactions)),
        Place::Anywhere(_) | Place::Template(..) => false,
    }
}

/// A state that waits for a payment and does not answer each of its outcomes.
fn payments(context: &Context, flow: &Flow, id: StateId, found: &mut Vec<Diagnostic>) {
    let Some(state) = flow.states.get(id.index()) else { return };
    let links = state.steps.iter().any(|step| is_pay_link(context, step));
    let own = state.reactions.iter().any(|reaction| payment_of(reaction).is_some());
    if !walk::waits(state) || !(links || own) {
        return;
    }
    let answered: BTreeSet<&str> =
        effective_reactions(flow, id).into_iter().filter_map(|(_, _, reaction)| payment_of(reaction)).collect();
    let missing: Vec<&str> =
        ["paid", "failed", "expired"].into_iter().filter(|name| !answered.contains(name)).collect();
    if !missing.is_empty() {
        let message = format!(
            "A payment can be paid, failed or expired; `{}` does not answer `{}`.",
            state.name,
            missing.join("` and `")
        );
        let lines: Vec<String> = missing.iter().map(|name| format!("`on payment.{name} -> …`")).collect();
        found.push(Diagnostic::new(307, state.name_span, message).help(format!("Add {}.", lines.join(" and "))));
    }
}

fn is_pay_link(context: &Context, step: &Step) -> bool {
    let StepKind::Call(Call { operation, .. }) = &step.kind else { return false };
    context.shop.operations.get(operation.index()).is_some_and(|known| known.path() == "payments.link")
}

fn payment_of(reaction: &Reaction) -> Option<&str> {
    if let Trigger::On { event: EventName::Payment(status) } = &reaction.trigger { Some(status) } else { None }
}

/// Questions where other words get silence. One finding per flow.
fn other_words(context: &Context, graph: &Graph, found: &mut Vec<Diagnostic>) {
    let always = |trigger: &Trigger| matches!(trigger, Trigger::Else { times: None, .. });
    if context.outer(graph.flow_id, &always) {
        return;
    }
    let silent = graph.flow.states.iter().enumerate().filter(|(index, state)| {
        let asks = state.steps.iter().any(|step| matches!(step.kind, StepKind::Ask { .. }));
        let reactions = effective_reactions(graph.flow, StateId(small(*index)));
        asks && walk::waits(state) && !reactions.iter().any(|(_, _, reaction)| always(&reaction.trigger))
    });
    let silent: Vec<_> = silent.map(|(_, state)| state).collect();
    if let Some(first) = silent.first() {
        let more = match silent.len() {
            1 => String::new(),
            count => format!(" (and in {} more)", count - 1),
        };
        let message =
            format!("There is no `else`: in `{}`{more} a customer who types something else gets silence.", first.name);
        let span = graph.flow.anywhere_span.unwrap_or(first.name_span);
        found.push(
            Diagnostic::new(308, span, message)
                .help("Add `else: Please tap one of the choices. -> again` to `anywhere`."),
        );
    }
}

/// Words that matter to everybody, known in the first language only.
fn one_language(context: &Context, flow: &Flow, found: &mut Vec<Diagnostic>) {
    if context.shop.languages.len() < 2 || flow.standard {
        return;
    }
    let vital = flow.anywhere.iter().filter_map(|reaction| {
        let Trigger::Hears { words } = reaction.trigger else { return None };
        let DestKind::Visit { flow: visited, .. } = reaction.dest()?.kind else { return None };
        let path = context.shop.flows.get(visited.index())?.path.as_str();
        (path == "std.stop" || path == "std.handoff").then_some(words)
    });
    for set in vital.filter_map(|words| flow.words.get(words.index())) {
        let missing = missing_languages(context, set);
        if !missing.is_empty() {
            let message = format!("There are no words for `{}` in {}.", set.name, missing.join(" and "));
            let help = format!("Add `words {}: …` to the texts of that language.", set.name);
            found.push(Diagnostic::new(309, set.span, message).help(help));
        }
    }
}

fn missing_languages(context: &Context, set: &Words) -> Vec<String> {
    let languages = context.shop.languages.iter().enumerate().skip(1);
    let missing = languages.filter(|(index, _)| set.phrases.get(*index).is_none_or(Vec::is_empty));
    missing.map(|(_, language)| super::translations::language_name(language).to_string()).collect()
}

/// Whether the words of a question and the type of its answer contradict each other.
fn wrong_kind(context: &Context, flow: &Flow, found: &mut Vec<Diagnostic>) {
    for state in &flow.states {
        let words = state.steps.iter().filter(|step| matches!(step.kind, StepKind::Ask { .. }));
        let words = words.filter_map(walk::said).map(|text| fit::words(context, flow, text).to_lowercase());
        let words: String = words.collect::<Vec<_>>().join(" ");
        let answers: Vec<(&Reaction, &Type)> = state
            .reactions
            .iter()
            .filter_map(|reaction| Some((reaction, answer_type(context, flow, reaction)?)))
            .collect();
        if let [(reaction, ty)] = answers.as_slice()
            && let Some((asked, taken)) = contradiction(&words, ty)
        {
            let message = format!("This takes {taken}, but the question asks for {asked}.");
            found.push(
                Diagnostic::new(405, reaction.span, message).help("Change the question or the type of the value."),
            );
        }
    }
}

fn answer_type<'a>(context: &'a Context, flow: &'a Flow, reaction: &Reaction) -> Option<&'a Type> {
    let Trigger::Answer { into, .. } = &reaction.trigger else { return None };
    match into {
        Target::Slot(slot) => flow.slots.get(slot.index()).map(|slot| &slot.ty),
        Target::Customer(slot) => context.shop.customer_slots.get(slot.index()).map(|slot| &slot.ty),
    }
}

fn contradiction(words: &str, ty: &Type) -> Option<(&'static str, &'static str)> {
    let says = |phrases: &[&str]| phrases.iter().any(|phrase| words.contains(phrase));
    let picture = says(&["a photo", "a picture", "photo of", "picture of"]);
    let typing = says(&["please type", "type your", "type the", "type what", "write your", "write us"]);
    if matches!(ty, Type::Text | Type::Number | Type::Phone | Type::Email | Type::Date | Type::Time) {
        (picture && !typing).then_some(("a picture", "typed words"))
    } else if *ty == Type::Image {
        (typing && !picture).then_some(("typed words", "a picture"))
    } else if *ty == Type::Voice {
        (typing || picture).then_some(("something else", "a voice message"))
    } else {
        (*ty == Type::Document && typing).then_some(("typed words", "a document"))
    }
}
