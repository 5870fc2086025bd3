//! Prices, payment links and card data (D701, D705-D708, D714).

use duka_dsl::{Diagnostic, Span};

use super::context::Context;
use super::expr;
use super::fit::{literal, place};
use crate::graph::{End, Graph};
use crate::hir::{Call, ExprKind, Flow, Segment, State, StateId, Step, StepKind, Target, TextId, Trigger};
use crate::types::Type;
use crate::value::Currency;
use crate::walk::{self, small};

pub(super) fn check(context: &Context, found: &mut Vec<Diagnostic>) {
    for graph in &context.graphs {
        let flow = graph.flow;
        typed_prices(context, flow, found);
        for state in &flow.states {
            secrets_asked(context, flow, state, found);
            pay_links(context, flow, state, found);
        }
        forms_asking(context, flow, found);
        late_fee(context, graph, found);
    }
}

/// All texts of a flow that somebody reads, with each language.
fn typed_prices(context: &Context, flow: &Flow, found: &mut Vec<Diagnostic>) {
    for (index, entry) in flow.texts.iter().enumerate() {
        let text = TextId(small(index));
        for (_, _, block) in context.languages(flow, text) {
            if let Some(price) = price_in(&literal(block)) {
                let message = format!("A price is typed into this text: `{price}`.");
                let help = "Show the live one, such as `{item.price}`, or put it into `rules` and use its name.";
                let span = block.span.unwrap_or(entry.span);
                found.push(Diagnostic::new(701, span, message).help(help));
                break;
            }
        }
    }
}

/// Signs and words for money that are no ISO codes.
const SIGNS: [&str; 10] = ["KSh", "Ksh", "Rs.", "Rs", "$", "€", "£", "¥", "₹", "₦"];

/// The first price in a text: a currency beside a number.
pub(super) fn price_in(text: &str) -> Option<String> {
    for (at, _) in text.char_indices() {
        let rest = text.get(at..)?;
        let before = text.get(..at)?.chars().next_back();
        if before.is_some_and(char::is_alphanumeric) {
            continue;
        }
        if let Some(after) = currency(rest) {
            let gap = rest.len() - after.len();
            let spaced = after.trim_start_matches([' ', '\u{a0}']);
            let number: String =
                spaced.chars().take_while(|letter| letter.is_ascii_digit() || ",.".contains(*letter)).collect();
            if number.starts_with(|letter: char| letter.is_ascii_digit()) && after.len() - spaced.len() <= 2 {
                let end = gap + (after.len() - spaced.len()) + number.trim_end_matches([',', '.']).len();
                return rest.get(..end).map(str::to_string);
            }
        }
        if rest.starts_with(|letter: char| letter.is_ascii_digit()) {
            let number: String =
                rest.chars().take_while(|letter| letter.is_ascii_digit() || ",.".contains(*letter)).collect();
            let after = rest.get(number.len()..)?;
            let spaced = after.strip_prefix([' ', '\u{a0}']).unwrap_or(after);
            if let Some(end) = currency(spaced)
                && !end.starts_with(char::is_alphanumeric)
                && !end.trim_start().starts_with(|letter: char| letter.is_ascii_digit())
            {
                return rest.get(..rest.len() - end.len()).map(str::to_string);
            }
        }
    }
    None
}

/// What is left behind a currency at the beginning of a text.
fn currency(text: &str) -> Option<&str> {
    if let Some(code) = text.get(..3)
        && code.bytes().all(|byte| byte.is_ascii_uppercase())
        && Currency::from_code(code).is_some()
    {
        return text.get(3..);
    }
    SIGNS.iter().find_map(|sign| text.strip_prefix(sign))
}

/// What must never be asked in a chat.
const SECRETS: [&str; 9] = [
    "card number",
    "cvv",
    "cvc",
    "security code",
    "one-time code",
    "one time code",
    "otp",
    "password",
    "expiry date of your card",
];

/// The secret a text asks for; a text that warns of it does not ask.
fn secret_in(words: &str) -> Option<&'static str> {
    let lower = words.to_lowercase();
    if ["never", "do not", "don't", "not send", "usitume", "kamwe"].iter().any(|warning| lower.contains(warning)) {
        return None;
    }
    let whole = |phrase: &str| {
        lower.match_indices(phrase).any(|(at, _)| {
            let before = lower.get(..at).and_then(|text| text.chars().next_back());
            let after = lower.get(at + phrase.len()..).and_then(|text| text.chars().next());
            !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
        })
    };
    let pin = words.contains("PIN") && !words.contains("PIN code");
    SECRETS.into_iter().find(|secret| whole(secret)).or_else(|| pin.then_some("PIN"))
}

fn secrets_asked(context: &Context, flow: &Flow, state: &State, found: &mut Vec<Diagnostic>) {
    let Some(answer) = state.reactions.iter().find(|reaction| matches!(reaction.trigger, Trigger::Answer { .. }))
    else {
        return;
    };
    let mut about_payment: Option<Span> = None;
    let mut warned = false;
    for step in &state.steps {
        let (StepKind::Ask { text, .. } | StepKind::Say { text, .. }) = &step.kind else { continue };
        let Some((_, _, block)) = context.languages(flow, *text).into_iter().next() else { continue };
        let words = literal(block);
        if let Some(secret) = secret_in(&words) {
            found.push(asks_for(secret, place(flow, *text, block)));
            return;
        }
        let lower = words.to_lowercase();
        warned |=
            lower.contains("card") && ["never", "do not", "don't", "kamwe"].iter().any(|word| lower.contains(word));
        let pays = lower
            .split(|letter: char| !letter.is_alphanumeric())
            .any(|word| matches!(word, "pay" | "payment" | "card" | "paid"));
        if pays && about_payment.is_none() {
            about_payment = Some(answer.span);
        }
    }
    if let Some(span) = about_payment.filter(|_| !warned && takes_text(context, flow, answer)) {
        let message = "This stores free text right after words about payment: card numbers would be kept.";
        let help = "Add \"Please never send card numbers in this chat.\" to the question.";
        found.push(Diagnostic::new(706, span, message).help(help));
    }
}

fn asks_for(secret: &str, span: Span) -> Diagnostic {
    let message = format!("This asks for a {secret}.");
    Diagnostic::new(705, span, message).help("Delete it; customers pay on the page behind a `link`.")
}

fn takes_text(context: &Context, flow: &Flow, reaction: &crate::hir::Reaction) -> bool {
    let Trigger::Answer { into, .. } = &reaction.trigger else { return false };
    let ty = match into {
        Target::Slot(slot) => flow.slots.get(slot.index()).map(|slot| &slot.ty),
        Target::Customer(slot) => context.shop.customer_slots.get(slot.index()).map(|slot| &slot.ty),
    };
    ty == Some(&Type::Text)
}

fn forms_asking(context: &Context, flow: &Flow, found: &mut Vec<Diagnostic>) {
    for field in flow.forms.iter().flat_map(|form| &form.fields) {
        let Some((_, _, block)) = context.languages(flow, field.label).into_iter().next() else { continue };
        if let Some(secret) = secret_in(&literal(block)) {
            found.push(asks_for(secret, field.span));
        }
    }
}

fn pay_links(context: &Context, flow: &Flow, state: &State, found: &mut Vec<Diagnostic>) {
    for step in &state.steps {
        let StepKind::Link { name, title, url, .. } = &step.kind else { continue };
        let words = super::fit::words(context, flow, *title).to_lowercase();
        let pays = name == "pay" || words.split(|letter: char| !letter.is_alphanumeric()).any(|word| word == "pay");
        if !pays {
            continue;
        }
        if starts_with(url, "http:") {
            let diagnostic =
                Diagnostic::new(708, step.span, "The pay link is `http:`, which anybody on the way can change.");
            found.push(diagnostic.help("Write `https:`."));
        } else if !from_payments(context, url) {
            let diagnostic = Diagnostic::new(707, step.span, "The pay link is not from the payments adapter.");
            found.push(
                diagnostic.help("Make it with `call payment = payments.link(order)` and link to `{payment.url}`."),
            );
        }
    }
}

fn starts_with(url: &[Segment], prefix: &str) -> bool {
    matches!(url.first(), Some(Segment::Literal(text)) if text.trim_start().starts_with(prefix))
}

fn from_payments(context: &Context, url: &[Segment]) -> bool {
    let Some(Segment::Value { value, .. }) = url.first() else { return false };
    expr::any(value, &|inner| expr::record_name(context.shop, &inner.ty) == "payment")
}

/// A delivery fee that is shown for the first time when the pay link is already there.
fn late_fee(context: &Context, graph: &Graph, found: &mut Vec<Diagnostic>) {
    let flow = graph.flow;
    let shows: Vec<Option<Span>> = flow.states.iter().map(|state| fee_shown(context, flow, state)).collect();
    for (index, state) in flow.states.iter().enumerate() {
        let Some(link) = state.steps.iter().position(|step| links(context, step)) else { continue };
        let shown_here = state.steps.iter().take(link).any(|step| shows_fee(context, flow, step));
        let before = shown_here || leads_here(graph, StateId(small(index)), &shows);
        if let (false, Some(span)) = (before, shows.iter().flatten().next()) {
            let diagnostic =
                Diagnostic::new(714, *span, "The delivery fee appears only after the customer has agreed to pay.");
            found.push(diagnostic.label(state.name_span, "paid here").help("Show it in the question before."));
        }
    }
}

fn links(context: &Context, step: &Step) -> bool {
    let StepKind::Call(Call { operation, .. }) = &step.kind else { return false };
    context.shop.operations.get(operation.index()).is_some_and(|known| known.path() == "payments.link")
}

fn fee_shown(context: &Context, flow: &Flow, state: &State) -> Option<Span> {
    state.steps.iter().find(|step| shows_fee(context, flow, step)).map(|step| step.span)
}

fn shows_fee(context: &Context, flow: &Flow, step: &Step) -> bool {
    let (StepKind::Ask { text, .. } | StepKind::Say { text, .. }) = &step.kind else { return false };
    let mut shown = false;
    walk::in_text(flow, *text, &mut |inner| {
        shown |= matches!(inner.kind, ExprKind::Field(..))
            && expr::field_of(context.shop, inner).is_some_and(|(_, name)| name == "delivery_fee" || name == "fee");
    });
    shown
}

/// Whether some state that shows the fee comes before a state on some way to it.
fn leads_here(graph: &Graph, target: StateId, shows: &[Option<Span>]) -> bool {
    let mut seen = vec![false; graph.flow.states.len()];
    let mut open = vec![target];
    while let Some(state) = open.pop() {
        for edge in graph.edges.iter().filter(|edge| matches!(edge.to, End::State(node) if node.state == state)) {
            let from = edge.from.state.index();
            if from != target.index() && shows.get(from).is_some_and(Option::is_some) {
                return true;
            }
            if let Some(seen) = seen.get_mut(from)
                && !*seen
            {
                *seen = true;
                open.push(edge.from.state);
            }
        }
    }
    false
}
