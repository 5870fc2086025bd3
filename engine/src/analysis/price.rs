//! Analysis 3: every way to a pay link holds the goods first (D703), asks for the same amount that was quoted (D712), and
//! quotes at all (D704).

use duka_dsl::Diagnostic;
use duka_dsl::diagnostic::Speaker;

use super::Subject;
use super::path::{Paths, turn};
use super::payment::{calls, is_hold, is_link, is_quote};
use crate::graph::Cause;
use crate::hir::{Operation, StateId, Step, StepKind};

/// What is surely so on every way into a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Sure {
    held: bool,
    quoted: bool,
    /// The customer has not had a moment to change anything since the quote.
    fresh: bool,
}

impl Sure {
    const NOTHING: Sure = Sure { held: false, quoted: false, fresh: false };

    fn and(self, other: Sure) -> Sure {
        Sure { held: self.held && other.held, quoted: self.quoted && other.quoted, fresh: self.fresh && other.fresh }
    }
}

pub fn check(subject: &Subject<'_>, paths: &Paths) -> Vec<Diagnostic> {
    let flow = subject.graph.flow;
    let entry = sure_on_entry(subject);
    let can_hold = subject.shop.operations.iter().any(is_hold);
    let mut found = Vec::new();
    for (index, state) in flow.states.iter().enumerate() {
        let (Some(sure), Some(id)) = (entry.get(index).copied().flatten(), u16::try_from(index).ok().map(StateId))
        else {
            continue;
        };
        let Some(at) =
            state.steps.iter().position(|step| calls(subject, std::slice::from_ref(step), is_link).is_some())
        else {
            continue;
        };
        let sure = after(subject, &state.steps[..at], sure);
        let Some(span) = state.steps.get(at).map(|step| step.span) else { continue };
        let name = state.name.as_str();
        let finding = if sure.held {
            continue;
        } else if !sure.quoted {
            let message =
                format!("The price shown earlier can be old when `{name}` asks for money: nothing quotes it again.");
            Diagnostic::new(704, span, message).help("Call `orders.quote` and show its total on the way to paying.")
        } else if !can_hold && sure.fresh {
            continue;
        } else if !sure.fresh {
            let message = format!("Amount asked and amount quoted can differ: the bag can change before `{name}`.");
            Diagnostic::new(712, span, message).help("`orders.hold` first, then `payments.link` for what was held.")
        } else {
            let message = format!(
                "Customers can reach `{name}` without the stock being checked again after the price was shown."
            );
            Diagnostic::new(703, span, message).help("Call `orders.hold` before `payments.link`.")
        };
        let mut chat = paths.chat_to(subject, id);
        chat.push(turn(Speaker::World, "meanwhile the last piece is sold to somebody else".to_string(), String::new()));
        found.push(finding.conversation(chat).cause(format!("unheld:{name}")));
    }
    found
}

fn sure_on_entry(subject: &Subject<'_>) -> Vec<Option<Sure>> {
    subject.graph.forward(Sure::NOTHING, Sure::and, |edge, sure| {
        let inside = matches!(edge.cause, Cause::Always | Cause::CallError(_) | Cause::SendError(_));
        let sure = match subject.graph.flow.states.get(edge.from.state.index()) {
            Some(state) if !inside => Sure { fresh: false, ..after(subject, &state.steps, sure) },
            Some(_) | None => sure,
        };
        after(subject, edge.actions, sure)
    })
}

fn after(subject: &Subject<'_>, steps: &[Step], sure: Sure) -> Sure {
    steps.iter().fold(sure, |sure, step| {
        let StepKind::Call(call) = &step.kind else { return sure };
        let Some(operation) = subject.shop.operations.get(call.operation.index()) else { return sure };
        if is_hold(operation) {
            Sure { held: true, quoted: true, fresh: true }
        } else if is_quote(operation) {
            Sure { held: false, quoted: true, fresh: true }
        } else if changes_bag(operation) {
            Sure::NOTHING
        } else {
            sure
        }
    })
}

fn changes_bag(operation: &Operation) -> bool {
    operation.contract == "cart" && !matches!(operation.name.as_str(), "current" | "reprice")
}
