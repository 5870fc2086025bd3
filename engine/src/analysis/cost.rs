//! Analysis 11: how many messages a turn can send at most, and what they cost by a dated table of prices.

mod order;
mod turn;

use duka_dsl::ast::Category;
use smol_str::SmolStr;

use super::{Subject, path};
use crate::graph::{Cause, End, Graph, Owner};
use crate::hir::{Flow, FlowId, Shop, StateId, Step, StepKind, Template, Trigger};
use order::Orders;
use turn::Turns;

/// What a message counts as when it is charged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
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

/// The day on which [`BILLING`] was last compared with WhatsApp's pages.
pub const READ_ON: &str = "2026-11-21";

/// WhatsApp's billing rules (per delivered message, by category and the recipient's country code).
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

/// What one flow costs.
#[derive(Clone, Debug)]
pub struct Cost {
    pub flow: FlowId,
    /// The answer to a customer's first message.
    pub greeting: Messages,
    /// The middle one of all things that the flow's states offer.
    pub usual: Messages,
    /// The most that one thing a customer does can set off.
    pub worst: Turn,
    /// From the first message to a paid order, by the way with the fewest messages; flows that sell only.
    pub order: Option<Messages>,
    /// What events and silence send, beside the chat.
    pub beside: Vec<Beside>,
}

/// Something that a customer does, and what it sets off.
#[derive(Clone, Debug)]
pub struct Turn {
    /// `taps [Pay]`
    pub what: String,
    /// Where the conversation is: in the flow, or in one that it runs.
    pub flow: FlowId,
    pub state: StateId,
    pub messages: Messages,
}

/// Templates that are sent without the customer's doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beside {
    /// `on order.shipped`, `quiet 26 hours`
    pub what: String,
    pub templates: Vec<SmolStr>,
    pub messages: Messages,
}

/// What the shop's own flows cost; what the standard flows add is in the figures of the flows that run them.
pub fn costs(shop: &Shop) -> Vec<Cost> {
    let mut turns = Turns::new(shop);
    let mut orders = Orders::new(shop);
    let own = (0..shop.flows.len()).filter(|index| shop.flows.get(*index).is_some_and(|flow| !flow.standard));
    let own = own.filter_map(|index| Graph::new(shop, FlowId(u16::try_from(index).ok()?)));
    own.map(|graph| cost(&Subject { shop, graph }, &mut turns, &mut orders)).collect()
}

fn cost(subject: &Subject<'_>, turns: &mut Turns<'_>, orders: &mut Orders<'_>) -> Cost {
    let graph = &subject.graph;
    let (flow_id, start) = (graph.flow_id, graph.flow.start);
    let greeting = turns.arrive(flow_id, start);
    let hello = Turn { what: "says hello".to_string(), flow: flow_id, state: start, messages: greeting };
    let mut worst = dearest(subject, turns, hello);
    for used in used(subject.shop, flow_id) {
        if let Some(graph) = Graph::new(subject.shop, used) {
            worst = dearest(&Subject { shop: subject.shop, graph }, turns, worst);
        }
    }
    let offers = graph.edges.iter().filter(|edge| edge.cause.is_customer() && edge.line.owner == Owner::State);
    let mut offered: Vec<Messages> = offers.map(|edge| turns.edge(edge)).collect();
    offered.sort_by_key(|messages| messages.total());
    let usual = offered.get(offered.len() / 2).copied().unwrap_or(greeting);
    Cost { flow: flow_id, greeting, usual, worst, order: orders.order(flow_id), beside: beside(graph) }
}

/// The turn of a flow that sends most, if it sends more than the dearest so far.
fn dearest(subject: &Subject<'_>, turns: &mut Turns<'_>, mut worst: Turn) -> Turn {
    for edge in subject.graph.edges.iter().filter(|edge| edge.cause.is_customer()) {
        let messages = turns.edge(edge);
        if messages.total() > worst.messages.total() {
            let what = path::edge_turn(subject, edge).map(|turn| turn.text).unwrap_or_default();
            worst = Turn { what, flow: edge.from.flow, state: edge.from.state, messages };
        }
    }
    worst
}

/// The flows that a flow runs, and those that they run.
fn used(shop: &Shop, flow: FlowId) -> Vec<FlowId> {
    let mut found = vec![flow];
    let mut next = 0;
    while let Some(user) = found.get(next).and_then(|id| shop.flows.get(id.index())) {
        for (used, _) in &user.uses {
            if !found.contains(used) {
                found.push(*used);
            }
        }
        next += 1;
    }
    found.split_off(1)
}

/// The templates of `follow` and of events and silence in the chat, each way once.
fn beside(graph: &Graph<'_>) -> Vec<Beside> {
    let mut found: Vec<Beside> = Vec::new();
    let mut add = |what: String, steps: &[Step]| {
        let templates: Vec<&Template> = steps.iter().filter_map(|step| template(graph.flow, step)).collect();
        let messages = templates.iter().fold(Messages::default(), |all, template| all.plus(one(template.category)));
        let templates = templates.iter().map(|template| template.name.clone()).collect();
        let beside = Beside { what, templates, messages };
        if beside.messages.total() > 0 && !found.contains(&beside) {
            found.push(beside);
        }
    };
    for reaction in graph.flow.follows.iter().flat_map(|follow| &follow.reactions) {
        if let Trigger::On { event } = &reaction.trigger {
            add(format!("on {}", path::event_name(event)), &reaction.actions);
        }
    }
    for edge in &graph.edges {
        let what = match &edge.cause {
            Cause::Quiet(ms) => format!("quiet {}", path::duration(*ms)),
            Cause::After(ms) => format!("after {}", path::duration(*ms)),
            Cause::Event(event) => format!("on {}", path::event_name(event)),
            Cause::Choice(_) | Cause::Answer | Cause::Fill | Cause::Hears(_) | Cause::Else(_) | Cause::Always => {
                continue;
            }
            Cause::CallError(_) | Cause::SendError(_) | Cause::Template(..) | Cause::Lost => continue,
        };
        add(what.clone(), edge.actions);
        if let End::State(node) = edge.to
            && let Some(state) = graph.flow.states.get(node.state.index())
        {
            add(what, &state.steps);
        }
    }
    found
}

fn template<'a>(flow: &'a Flow, step: &Step) -> Option<&'a Template> {
    let StepKind::Send { template, .. } = &step.kind else { return None };
    flow.templates.get(template.index())
}

/// One message of a category.
fn one(category: Category) -> Messages {
    match category {
        Category::Marketing => Messages { marketing: 1, ..Messages::default() },
        Category::Utility => Messages { utility: 1, ..Messages::default() },
        Category::Authentication => Messages { authentication: 1, ..Messages::default() },
    }
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
