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
