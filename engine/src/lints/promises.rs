//! Promises in words that nothing keeps, and what money must not depend on (D702, D713, D715, D716, D718).

use duka_dsl::{Diagnostic, Span};

use super::context::Context;
use super::expr;
use super::fit::literal;
use crate::hir::{
    DestKind, EventName, Expr, ExprKind, Flow, Operation, Reaction, State, Step, StepKind, TextId, Trigger,
};
use crate::types::Type;
use crate::walk::{self, small};

pub(super) fn check(context: &Context, found: &mut Vec<Diagnostic>) {
    for flow in context.flows() {
        typed_promises(context, flow, found);
        never_released(context, flow, found);
        experiments(context, flow, found);
        sent_cart(context, flow, found);
        refunds(context, flow, found);
    }
}

/// The words of each text in the first language, with its place.
fn texts<'a>(context: &Context<'a>, flow: &'a Flow) -> Vec<(String, Span)> {
    let all = flow.texts.iter().enumerate().filter_map(|(index, entry)| {
        let (_, _, block) = context.languages(flow, TextId(small(index))).into_iter().next()?;
        Some((literal(block).to_lowercase(), block.span.unwrap_or(entry.span)))
    });
    all.collect()
}

/// Phrases that are only true on some days.
const PROMISES: [&str; 9] = [
    "is in stock",
    "are in stock",
    "always in stock",
    "delivered tomorrow",
    "arrives tomorrow",
    "arrive tomorrow",
    "same-day delivery",
    "same day delivery",
    "next-day delivery",
];

fn typed_promises(context: &Context, flow: &Flow, found: &mut Vec<Diagnostic>) {
    for (words, span) in texts(context, flow) {
        let fixed = PROMISES.iter().find(|promise| words.contains(**promise)).map(|promise| (*promise).to_string());
        let again = words.contains("in stock again")
            || words.contains("when it is in stock")
            || words.contains("back in stock");
        if let Some(promise) = fixed.filter(|_| !again).or_else(|| timed_delivery(&words)) {
            let message = format!("A promise about stock or delivery is typed into this text: \"{promise}\".");
            let help = "Show a live value, such as `{item.stock_text}` or `{order.eta}`, or move it to `rules`.";
            found.push(Diagnostic::new(702, span, message).help(help));
        }
    }
}

/// "deliver in 2 days", "arrives within 3 hours".
fn timed_delivery(words: &str) -> Option<String> {
    let tokens: Vec<&str> = words.split_whitespace().collect();
    let verb = |word: &&str| word.starts_with("deliver") || word.starts_with("arriv");
    for (at, word) in tokens.iter().enumerate() {
        if !verb(word) {
            continue;
        }
        let near = tokens.get(at..(at + 6).min(tokens.len())).unwrap_or(&[]);
        for pair in near.windows(3) {
            if let [within, number, unit] = pair
                && matches!(*within, "in" | "within")
                && number.bytes().all(|byte| byte.is_ascii_digit())
                && ["minute", "hour", "day", "week"].iter().any(|known| unit.starts_with(known))
            {
                return Some(format!("{within} {number} {unit}"));
            }
        }
    }
    None
}

fn operation<'a>(context: &'a Context, step: &Step) -> Option<&'a Operation> {
    let StepKind::Call(call) = &step.kind else { return None };
    context.shop.operations.get(call.operation.index())
}

/// Whether some flow of the shop calls an operation.
fn called(context: &Context, wanted: &dyn Fn(&Operation) -> bool) -> bool {
    let steps = context.shop.flows.iter().flat_map(walk::lines).flat_map(|lines| lines.steps);
    steps.into_iter().filter_map(|step| operation(context, step)).any(wanted)
}

fn never_released(context: &Context, flow: &Flow, found: &mut Vec<Diagnostic>) {
    if called(context, &|operation| operation.path() == "orders.release") {
        return;
    }
    let exists = context.shop.operations.iter().any(|operation| operation.path() == "orders.release");
    let steps = walk::lines(flow).into_iter().flat_map(|lines| lines.steps);
    let hold =
        steps.into_iter().find(|step| operation(context, step).is_some_and(|known| known.path() == "orders.hold"));
    if let (Some(hold), true) = (hold, exists) {
        let diagnostic = Diagnostic::new(713, hold.span, "Reserved stock is not released when the customer gives up.");
        found.push(diagnostic.help("Call `orders.release(order)` on `payment.expired` in `follow order`."));
    }
}

/// An experiment near money, consent or payment.
fn experiments(context: &Context, flow: &Flow, found: &mut Vec<Diagnostic>) {
    let tries = |expr: &Expr| expr::any(expr, &|inner| matches!(inner.kind, ExprKind::Experiment(_)));
    for lines in walk::lines(flow) {
        let state = lines.place.state().and_then(|state| flow.states.get(state.index()));
        let touchy = || state.is_some_and(|state| touches_money(context, state));
        let mut report = |expr: &Expr| {
            let diagnostic = Diagnostic::new(715, expr.span, "An experiment changes money, consent or payment.");
            found.push(
                diagnostic.help("Try different words, not different prices or rights: take the experiment out here."),
            );
        };
        if let Some(guard) = lines.reaction.and_then(|reaction| reaction.guard.as_ref())
            && tries(guard)
            && (touchy() || lines.steps.iter().any(|step| is_touchy(context, flow, step)))
        {
            report(guard);
        }
        for step in lines.steps {
            if let StepKind::Jump { guard: Some(guard), dest } = &step.kind {
                let target = if let DestKind::State(state) = dest.kind { flow.states.get(state.index()) } else { None };
                if tries(guard) && (touchy() || target.is_some_and(|state| touches_money(context, state))) {
                    report(guard);
                }
            } else if let StepKind::Set { value, .. } = &step.kind {
                if value.ty == Type::Money && tries(value) {
                    report(value);
                }
            } else if let StepKind::Call(call) = &step.kind {
                call.arguments.iter().filter(|argument| tries(argument)).for_each(&mut report);
            }
        }
    }
}

fn touches_money(context: &Context, state: &State) -> bool {
    let lines = state.steps.iter().chain(state.reactions.iter().flat_map(|reaction| &reaction.actions));
    lines.into_iter().any(|step| is_money_step(context, step))
}

fn is_money_step(context: &Context, step: &Step) -> bool {
    matches!(step.kind, StepKind::Consent { .. })
        || operation(context, step).is_some_and(|known| matches!(known.contract.as_str(), "payments" | "orders"))
}

fn is_touchy(context: &Context, flow: &Flow, step: &Step) -> bool {
    let StepKind::Jump { dest, .. } = &step.kind else { return is_money_step(context, step) };
    let DestKind::State(state) = dest.kind else { return false };
    flow.states.get(state.index()).is_some_and(|state| touches_money(context, state))
}

/// A cart from WhatsApp whose shown prices would be believed.
fn sent_cart(context: &Context, flow: &Flow, found: &mut Vec<Diagnostic>) {
    for (_, reaction) in walk::reactions(flow) {
        let Trigger::On { event: EventName::CartSent } = reaction.trigger else { continue };
        if !takes_cart(context, flow, reaction) {
            let diagnostic =
                Diagnostic::new(716, reaction.span, "The items of `cart.sent` are used without today's prices.");
            found.push(diagnostic.help("Begin with `do cart.take(event.items)`, or use `std.sent_cart`."));
        }
    }
}

fn takes_cart(context: &Context, flow: &Flow, reaction: &Reaction) -> bool {
    let takes = |step: &Step| operation(context, step).is_some_and(|known| known.path() == "cart.take");
    let there = |dest: &DestKind| match dest {
        DestKind::State(state) => flow.states.get(state.index()).is_some_and(|state| state.steps.iter().any(takes)),
        DestKind::Visit { flow, .. } | DestKind::Flow(flow) => {
            let other = context.shop.flows.get(flow.index());
            other.is_some_and(|other| walk::lines(other).iter().flat_map(|lines| lines.steps).any(takes))
        }
        DestKind::End | DestKind::Again | DestKind::Back | DestKind::Return | DestKind::Broken => false,
    };
    reaction.actions.iter().any(|step| takes(step) || walk::jump(step).is_some_and(|dest| there(&dest.kind)))
}

/// Words that promise money back or a cancellation by the shop.
const REFUNDS: [&str; 6] =
    ["we will refund", "we refund", "refund is on its way", "money back", "payment goes back", "we have cancelled"];

fn refunds(context: &Context, flow: &Flow, found: &mut Vec<Diagnostic>) {
    let done = called(context, &|operation| operation.name.contains("refund") || operation.name.contains("cancel"));
    let told =
        context.shop.flows.iter().any(|other| walk::reactions(other).any(|(_, reaction)| is_refund(&reaction.trigger)));
    if done || told {
        return;
    }
    for (words, span) in texts(context, flow) {
        if let Some(promise) = REFUNDS.iter().find(|promise| words.contains(**promise)) {
            let message = format!("This promises \"{promise}\", but no operation of the shop does it.");
            found.push(
                Diagnostic::new(718, span, message).help("Call the operation, or say that a person will look at it."),
            );
        }
    }
}

fn is_refund(trigger: &Trigger) -> bool {
    matches!(trigger, Trigger::On { event: EventName::Payment(status) | EventName::Order(status) } if status == "refunded")
}
