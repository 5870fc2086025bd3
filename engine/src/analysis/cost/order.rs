//! The fewest messages from a customer's first word to a paid order: through the flow, and through the sub-flows it runs.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::Messages;
use super::turn::lines_only;
use crate::analysis::payment::is_link;
use crate::graph::{Cause, Edge, End, Graph};
use crate::hir::{DestKind, EventName, FlowId, Shop, State, StateId, Step, StepKind};

/// Finds the cheapest ways, each flow once.
pub(super) struct Orders<'a> {
    shop: &'a Shop,
    /// By flow, on the way to a return; the outer `None` is unknown.
    passed: Vec<Option<Option<Messages>>>,
    sold: Vec<Option<Option<Messages>>>,
}

impl<'a> Orders<'a> {
    pub fn new(shop: &'a Shop) -> Orders<'a> {
        let count = shop.flows.len();
        Orders { shop, passed: vec![None; count], sold: vec![None; count] }
    }

    /// To a paid order, if the flow or one that it runs asks for money.
    pub fn order(&mut self, flow: FlowId) -> Option<Messages> {
        if let Some(known) = self.sold.get(flow.index())? {
            return *known;
        }
        self.sold[flow.index()] = Some(None);
        let graph = Graph::new(self.shop, flow)?;
        let reached = self.from(&graph, graph.flow.start, true);
        let mut best: Option<Messages> = None;
        for (index, reached) in reached.into_iter().enumerate() {
            let (Some(reached), Some(state)) = (reached, graph.flow.states.get(index)) else { continue };
            let Some(sale) = self.sale(&graph, StateId(u16::try_from(index).ok()?), state) else { continue };
            best = fewer(best, Some(reached.plus(sale)));
        }
        self.sold[flow.index()] = Some(best);
        best
    }

    /// From the state that asks for money to the answer after it was paid.
    fn sale(&mut self, graph: &Graph<'a>, id: StateId, state: &State) -> Option<Messages> {
        let asks =
            calls_link(self.shop, &state.steps) || state.reactions.iter().any(|it| calls_link(self.shop, &it.actions));
        if !asks {
            return visits(&state.steps)
                .into_iter()
                .filter_map(|flow| self.order(flow))
                .min_by_key(|sale| sale.total());
        }
        let reached = self.from(graph, id, false);
        let paid = graph
            .edges
            .iter()
            .filter(|edge| matches!(&edge.cause, Cause::Event(EventName::Payment(status)) if status == "paid"));
        let answers = paid.filter_map(|edge| {
            let before = reached.get(edge.from.state.index()).copied().flatten()?;
            Some(before.plus(self.onward(graph, edge)))
        });
        Some(answers.min_by_key(|messages| messages.total()).unwrap_or_default())
    }

    /// From the start of a sub-flow to where it returns.
    fn pass(&mut self, flow: FlowId) -> Option<Messages> {
        if let Some(known) = self.passed.get(flow.index())? {
            return *known;
        }
        self.passed[flow.index()] = Some(None);
        let graph = Graph::new(self.shop, flow)?;
        let reached = self.from(&graph, graph.flow.start, true);
        let returning = graph.edges.iter().filter(|edge| edge.to == End::Return);
        let ways = returning.filter_map(|edge| {
            Some(reached.get(edge.from.state.index()).copied().flatten()?.plus(lines_only(graph.flow, edge.actions)))
        });
        let best = ways.min_by_key(|messages| messages.total());
        self.passed[flow.index()] = Some(best);
        best
    }

    /// The fewest messages by which every state is reached; `whole` counts what the first one sends.
    fn from(&mut self, graph: &Graph<'a>, start: StateId, whole: bool) -> Vec<Option<Messages>> {
        let mut reached: Vec<Option<Messages>> = vec![None; graph.flow.states.len()];
        let mut found = vec![if whole { self.entry(graph, start) } else { Messages::default() }];
        let mut queue = BinaryHeap::from([(Reverse(0), Reverse(start), 0)]);
        while let Some((_, Reverse(state), at)) = queue.pop() {
            let (Some(slot), Some(messages)) = (reached.get_mut(state.index()), found.get(at).copied()) else {
                continue;
            };
            if slot.is_some() {
                continue;
            }
            *slot = Some(messages);
            for edge in graph.out(state).iter().filter(|edge| is_meant(edge)) {
                if let End::State(node) = edge.to {
                    let next = messages.plus(self.onward(graph, edge));
                    queue.push((Reverse(next.total()), Reverse(node.state), found.len()));
                    found.push(next);
                }
            }
        }
        reached
    }

    /// What is sent on an edge, and by the state it leads to.
    fn onward(&mut self, graph: &Graph<'a>, edge: &Edge<'_>) -> Messages {
        // A jump on entry stands among lines that were counted when the state was entered.
        let actions =
            if edge.cause == Cause::Always { Messages::default() } else { lines_only(graph.flow, edge.actions) };
        match edge.to.state() {
            Some(state) => actions.plus(self.entry(graph, state)),
            None => actions,
        }
    }

    /// The lines of a state, and the sub-flows that it passes through; one that sells is counted as the sale.
    fn entry(&mut self, graph: &Graph<'a>, state: StateId) -> Messages {
        let Some(state) = graph.flow.states.get(state.index()) else { return Messages::default() };
        let own = lines_only(graph.flow, &state.steps);
        visits(&state.steps).into_iter().fold(own, |sum, flow| match self.order(flow) {
            Some(_) => sum,
            None => sum.plus(self.pass(flow).unwrap_or_default()),
        })
    }
}

/// Ways that a customer who wants to buy goes; not failures, silence or words that are not understood.
fn is_meant(edge: &Edge<'_>) -> bool {
    match edge.cause {
        Cause::Choice(_) | Cause::Answer | Cause::Fill | Cause::Always | Cause::Event(_) => true,
        Cause::Hears(_)
        | Cause::After(_)
        | Cause::Quiet(_)
        | Cause::Else(_)
        | Cause::CallError(_)
        | Cause::SendError(_)
        | Cause::Template(..)
        | Cause::Lost => false,
    }
}

fn fewer(a: Option<Messages>, b: Option<Messages>) -> Option<Messages> {
    [a, b].into_iter().flatten().min_by_key(|messages| messages.total())
}

fn calls_link(shop: &Shop, steps: &[Step]) -> bool {
    steps.iter().any(|step| {
        let StepKind::Call(call) = &step.kind else { return false };
        shop.operations.get(call.operation.index()).is_some_and(is_link)
    })
}

/// The sub-flows that are always run.
fn visits(steps: &[Step]) -> Vec<FlowId> {
    let visit = |step: &Step| {
        let StepKind::Jump { guard: None, dest } = &step.kind else { return None };
        let DestKind::Visit { flow, .. } = &dest.kind else { return None };
        Some(*flow)
    };
    steps.iter().filter_map(visit).collect()
}
