//! Conditions that leave nothing, overlap, or decide nothing (D301-D304), and numbers asked beyond the stock (D310).

use duka_dsl::{Diagnostic, Span};

use super::context::Context;
use super::expr;
use super::reach::is_answer;
use super::solver::Solver;
use crate::hir::{Call, DestKind, Expr, ExprKind, Flow, Guard, Reaction, Shop, State, Step, StepKind, Target, Trigger};
use crate::walk;

pub(super) fn check(context: &Context, found: &mut Vec<Diagnostic>) {
    for flow in context.flows() {
        let solver = Solver::new(context.shop, flow);
        for state in &flow.states {
            nothing_left(&solver, state, found);
        }
        for lines in walk::lines(flow) {
            overlapping(&solver, lines.steps, found);
            if let Some(guard) = lines.reaction.and_then(|reaction| reaction.guard.as_ref()) {
                decides_nothing(&solver, guard, found);
            }
            lines.steps.iter().filter_map(guard_of).for_each(|guard| decides_nothing(&solver, guard, found));
        }
        beyond_stock(context.shop, flow, found);
    }
}

fn guard_of(step: &Step) -> Option<&Expr> {
    match &step.kind {
        StepKind::Jump { guard, .. } => guard.as_ref(),
        StepKind::Say { guard, .. }
        | StepKind::Ask { guard, .. }
        | StepKind::Media { guard, .. }
        | StepKind::Link { guard, .. } => match guard {
            Some(Guard::If(expr)) => Some(expr),
            Some(Guard::Else) | None => None,
        },
        StepKind::List { .. }
        | StepKind::Footer { .. }
        | StepKind::Show(_)
        | StepKind::Alert { .. }
        | StepKind::Call(_)
        | StepKind::Consent { .. }
        | StepKind::Set { .. }
        | StepKind::Send { .. } => None,
    }
}

/// All choices have conditions, and there is a way for none to hold.
fn nothing_left(solver: &Solver, state: &State, found: &mut Vec<Diagnostic>) {
    let asks = state.steps.iter().any(|step| matches!(step.kind, StepKind::Ask { .. }));
    let choices: Vec<&Reaction> = state.reactions.iter().filter(|reaction| is_answer(reaction)).collect();
    let guards: Vec<&Expr> = choices.iter().filter_map(|reaction| reaction.guard.as_ref()).collect();
    if !asks || !walk::waits(state) || choices.is_empty() || guards.len() < choices.len() {
        return;
    }
    // Jumps before the question take their cases away.
    let jumps: Vec<&Expr> = state.steps.iter().filter(|step| leaves(step)).filter_map(guard_of).collect();
    let all: Vec<&Expr> = guards.iter().chain(&jumps).copied().collect();
    let Some(cases) = solver.cases(&all) else { return };
    let Some(case) = cases.iter().find(|case| !all.iter().any(|guard| solver.holds(guard, case))) else { return };
    let count = match choices.len() {
        1 => "The only choice has a condition".to_string(),
        count => format!("All {count} choices have conditions"),
    };
    let message = format!("{count}; when {} the customer sees none.", solver.describe(case));
    found.push(Diagnostic::new(301, state.name_span, message).help("Add a choice without `if`, such as a way back."));
}

fn leaves(step: &Step) -> bool {
    matches!(&step.kind, StepKind::Jump { dest, .. } if walk::leads_on(dest))
}

/// How many jumps of one place are compared with each other.
const MOST_JUMPS: usize = 32;

/// Jumps in a row about one value, whose conditions overlap without one being the special case of the other.
fn overlapping(solver: &Solver, steps: &[Step], found: &mut Vec<Diagnostic>) {
    let jumps = steps.iter().filter(|step| leaves(step)).filter_map(jump).filter_map(|(guard, target, span)| {
        let [subject] = <[String; 1]>::try_from(solver.subjects(guard)).ok()?;
        Some((guard, target, span, subject))
    });
    let jumps: Vec<(&Expr, &DestKind, Span, String)> = jumps.take(MOST_JUMPS).collect();
    for (at, (second, target, span, subject)) in jumps.iter().enumerate() {
        for (first, other, above, other_subject) in jumps.iter().take(at) {
            if target == other || subject != other_subject {
                continue;
            }
            let Some(cases) = solver.cases(&[first, second]) else { continue };
            let both = cases.iter().find(|case| solver.holds(first, case) && solver.holds(second, case));
            let special = cases.iter().all(|case| !solver.holds(first, case) || solver.holds(second, case));
            if let (Some(case), false) = (both, special) {
                let message =
                    format!("These two conditions can both be true, when {}; the first wins.", solver.describe(case));
                let diagnostic = Diagnostic::new(302, *span, message).label(*above, "the first");
                found.push(diagnostic.help("Put the special case first, or let one exclude the other."));
            }
        }
    }
}

fn jump(step: &Step) -> Option<(&Expr, &DestKind, Span)> {
    let StepKind::Jump { guard: Some(guard), dest } = &step.kind else { return None };
    Some((guard, &dest.kind, guard.span))
}

fn decides_nothing(solver: &Solver, guard: &Expr, found: &mut Vec<Diagnostic>) {
    let Some(cases) = solver.cases(&[guard]) else { return };
    if cases.iter().all(|case| solver.holds(guard, case)) {
        let diagnostic = Diagnostic::new(303, guard.span, "This condition is always true.");
        found.push(diagnostic.help("Delete it, or correct it."));
    } else if !cases.iter().any(|case| solver.holds(guard, case)) {
        let diagnostic = Diagnostic::new(304, guard.span, "This condition can never be true.");
        found.push(diagnostic.help("Delete the line, or correct the condition."));
    }
}

/// A quantity of a thing with stock, asked up to a number that is not its stock.
fn beyond_stock(shop: &Shop, flow: &Flow, found: &mut Vec<Diagnostic>) {
    for (_, reaction) in walk::reactions(flow) {
        let Trigger::Answer { into, range: Some((_, to)), .. } = &reaction.trigger else { continue };
        let stocked = |expr: &Expr| {
            expr::any(expr, &|inner| expr::field_of(shop, inner).is_some_and(|(_, name)| name == "stock"))
        };
        if stocked(to) {
            continue;
        }
        if let Some(product) = counted(shop, flow, reaction, *into) {
            let name = expr::key(shop, flow, product);
            let message = format!("This accepts more than `{name}.stock`, which is what the shop has.");
            found.push(Diagnostic::new(310, to.span, message).help(format!("Write `to {name}.stock`.")).fix(
                format!("write `{name}.stock`"),
                to.span,
                format!("{name}.stock"),
            ));
        }
    }
}

/// The product that a number is handed over with, in the lines that follow the answer without another question.
fn counted<'a>(shop: &Shop, flow: &'a Flow, reaction: &'a Reaction, number: Target) -> Option<&'a Expr> {
    let mut seen = vec![false; flow.states.len()];
    let mut open = vec![reaction.actions.as_slice()];
    while let Some(steps) = open.pop() {
        for step in steps {
            if let Some(product) = beside(shop, step, number) {
                return Some(product);
            }
            let StepKind::Jump { dest, .. } = &step.kind else { continue };
            let DestKind::State(target) = dest.kind else { continue };
            let Some(state) = flow.states.get(target.index()) else { continue };
            let first_time = seen.get_mut(target.index()).is_some_and(|seen| !std::mem::replace(seen, true));
            if first_time && !walk::waits(state) {
                open.push(&state.steps);
            }
        }
    }
    None
}

/// The thing with stock that a call takes beside a number.
fn beside<'a>(shop: &Shop, step: &'a Step, number: Target) -> Option<&'a Expr> {
    let StepKind::Call(Call { arguments, .. }) = &step.kind else { return None };
    let counts = |argument: &Expr| match number {
        Target::Slot(wanted) => matches!(argument.kind, ExprKind::Slot(slot) if slot == wanted),
        Target::Customer(wanted) => matches!(argument.kind, ExprKind::Customer(slot) if slot == wanted),
    };
    let counted = arguments.iter().any(counts);
    arguments.iter().find(|argument| counted && has_stock(shop, argument))
}

fn has_stock(shop: &Shop, argument: &Expr) -> bool {
    let record = expr::record_name(shop, &argument.ty);
    shop.records.iter().any(|known| known.name == record && !record.is_empty() && known.field("stock").is_some())
}
