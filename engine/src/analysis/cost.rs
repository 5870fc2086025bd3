//! Analysis 11: how many messages a turn can send at most, and what they cost by a dated table of prices.

use duka_dsl::ast::Category;

use crate::graph::{Cause, End, Graph};
use crate::hir::{FlowId, Shop, StateId, Step, StepKind};

/// What a message counts as when it is charged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Messages {
    /// Free-form messages inside the window: charged at the utility rate since 2026-10-01, beyond 1,000 a month and number.
    pub service: u32,
    pub utility: u32,
    pub marketing: u32,
    pub authentication: u32,
}

impl Messages {
    pub fn total(self) -> u32 {
        self.service + self.utility + self.marketing + self.authentication
    }

    fn plus(self, other: Messages) -> Messages {
        Messages {
            service: self.service + other.service,
            utility: self.utility + other.utility,
            marketing: self.marketing + other.marketing,
            authentication: self.authentication + other.authentication,
        }
    }
}

/// From which day which messages are charged inside an open service window. Marketing and authentication always are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Billing {
    /// Days since 1970-01-01.
    pub from_day: i32,
    pub since: &'static str,
    /// Utility templates inside the window.
    pub utility_in_window: bool,
    /// Free-form messages, at the market's utility rate.
    pub service: bool,
    /// Free-form messages that are free in a calendar month for each number.
    pub free_service_a_month: u32,
}

/// WhatsApp's billing rules as read on 2026-11-21 (per delivered message, by category and the recipient's country code).
/// The rates themselves change each quarter and are the shop's to state under `prices` in `shop.yaml`.
pub const BILLING: &[Billing] = &[
    Billing {
        from_day: 20_270,
        since: "2025-07-01",
        utility_in_window: false,
        service: false,
        free_service_a_month: 0,
    },
    Billing {
        from_day: 20_727,
        since: "2026-10-01",
        utility_in_window: true,
        service: true,
        free_service_a_month: 1_000,
    },
];

/// The rules of a day (days since 1970-01-01); the earliest known before that.
pub fn billing(day: i32) -> &'static Billing {
    BILLING.iter().rev().find(|rules| rules.from_day <= day).unwrap_or(&BILLING[0])
}

impl Billing {
    /// Of these messages, sent in an open window, those that are charged once the month's free ones are used up.
    pub fn charged(&self, messages: Messages) -> Messages {
        Messages {
            service: if self.service { messages.service } else { 0 },
            utility: if self.utility_in_window { messages.utility } else { 0 },
            ..messages
        }
    }
}

/// The most that one thing a customer does can make a flow send.
#[derive(Clone, Debug)]
pub struct CostBound {
    pub flow: FlowId,
    /// The state that the most expensive turn enters first.
    pub state: StateId,
    pub messages: Messages,
}

/// The most expensive turn of every flow; jumps are followed, each state counted once.
pub fn bounds(shop: &Shop) -> Vec<CostBound> {
    let flows = (0..shop.flows.len()).filter_map(|index| u16::try_from(index).ok().map(FlowId));
    flows.filter_map(|flow| bound(&Graph::new(shop, flow)?, flow)).collect()
}

fn bound(graph: &Graph<'_>, flow: FlowId) -> Option<CostBound> {
    let count = graph.flow.states.len();
    let states = (0..count).filter_map(|index| u16::try_from(index).ok().map(StateId));
    let turns = states.map(|state| {
        let mut seen = vec![false; count];
        CostBound { flow, state, messages: turn_from(graph, state, &mut seen) }
    });
    turns.max_by_key(|bound| (bound.messages.total(), std::cmp::Reverse(bound.state)))
}

fn turn_from(graph: &Graph<'_>, state: StateId, seen: &mut [bool]) -> Messages {
    match seen.get_mut(state.index()) {
        Some(seen) if !*seen => *seen = true,
        Some(_) | None => return Messages::default(),
    }
    let own =
        graph.flow.states.get(state.index()).map_or(Messages::default(), |state| messages_of(graph, &state.steps));
    let onward = graph.out(state).iter().filter(|edge| edge.cause == Cause::Always).filter_map(|edge| match edge.to {
        End::State(node) => Some(turn_from(graph, node.state, seen)),
        End::Visit(_) | End::Flow(_) | End::End | End::Again | End::Back | End::Return | End::Stay | End::Broken => {
            None
        }
    });
    let most = onward.max_by_key(|messages| messages.total());
    own.plus(most.unwrap_or_default())
}

fn messages_of(graph: &Graph<'_>, steps: &[Step]) -> Messages {
    let mut messages = Messages::default();
    for step in steps {
        match &step.kind {
            // A link joins the text above it, a picture above a question is its header (language.md 2.17).
            StepKind::Say { .. } | StepKind::Ask { .. } => messages.service += 1,
            StepKind::Send { template, .. } => {
                match graph.flow.templates.get(template.index()).map(|template| template.category) {
                    Some(Category::Marketing) => messages.marketing += 1,
                    Some(Category::Utility) => messages.utility += 1,
                    Some(Category::Authentication) => messages.authentication += 1,
                    None => {}
                }
            }
            StepKind::Media { .. }
            | StepKind::List { .. }
            | StepKind::Footer { .. }
            | StepKind::Alert { .. }
            | StepKind::Link { .. }
            | StepKind::Call(_)
            | StepKind::Consent { .. }
            | StepKind::Set { .. }
            | StepKind::Jump { .. } => {}
        }
    }
    messages
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::parse_date;

    #[test]
    fn rules_begin_on_the_days_they_name() {
        for rules in BILLING {
            assert_eq!(parse_date(rules.since), Some(rules.from_day), "{}", rules.since);
        }
    }

    #[test]
    fn service_messages_are_charged_since_october_2026() {
        let turn = Messages { service: 2, utility: 1, ..Messages::default() };
        assert_eq!(billing(20_726).charged(turn).total(), 0);
        assert_eq!(billing(20_727).charged(turn).total(), 3);
    }
}
