//! What the messages of a shop cost on WhatsApp, as counts by category. Knows no rates: they differ by country and change
//! each quarter.

use std::fmt::Write;

use duka_engine::analysis::cost::{self, Billing, Cost, Messages};
use duka_engine::hir::Shop;
use serde::Serialize;

use crate::terminal::{self, paint};

/// The counts of a shop's own flows, by the billing rules of one day. Only what is charged is counted.
#[derive(Clone, Debug, Serialize)]
pub struct Bill {
    /// The first day of the rules.
    rules_since: &'static str,
    /// When the rules were last compared with WhatsApp's pages.
    read_on: &'static str,
    free_service_a_month: u32,
    flows: Vec<FlowBill>,
}

#[derive(Clone, Debug, Serialize)]
struct FlowBill {
    flow: String,
    greeting: Messages,
    usual: Messages,
    worst: Worst,
    order: Option<Messages>,
    beside: Vec<Beside>,
}

#[derive(Clone, Debug, Serialize)]
struct Worst {
    what: String,
    flow: String,
    state: String,
    messages: Messages,
}

#[derive(Clone, Debug, Serialize)]
struct Beside {
    what: String,
    templates: Vec<String>,
    messages: Messages,
}

impl Bill {
    /// `day`: days since 1970-01-01.
    pub fn of(shop: &Shop, day: i32) -> Bill {
        let rules = cost::billing(day);
        Bill {
            rules_since: rules.since,
            read_on: cost::READ_ON,
            free_service_a_month: rules.free_service_a_month,
            flows: cost::costs(shop).iter().map(|cost| flow_bill(shop, rules, cost)).collect(),
        }
    }
}

fn flow_bill(shop: &Shop, rules: &Billing, cost: &Cost) -> FlowBill {
    let flow = shop.flows.get(cost.flow.index());
    let worst_flow = shop.flows.get(cost.worst.flow.index());
    let state = worst_flow.and_then(|flow| flow.states.get(cost.worst.state.index()));
    let beside = cost.beside.iter().map(|beside| Beside {
        what: beside.what.clone(),
        templates: beside.templates.iter().map(ToString::to_string).collect(),
        // The window may be closed by then, so nothing of it is free.
        messages: beside.messages,
    });
    FlowBill {
        flow: flow.map(|flow| flow.path.to_string()).unwrap_or_default(),
        greeting: rules.charged(cost.greeting),
        usual: rules.charged(cost.usual),
        worst: Worst {
            what: cost.worst.what.clone(),
            flow: worst_flow.map(|flow| flow.path.to_string()).unwrap_or_default(),
            state: state.map(|state| state.name.to_string()).unwrap_or_default(),
            messages: rules.charged(cost.worst.messages),
        },
        order: cost.order.map(|order| rules.charged(order)),
        beside: beside.collect(),
    }
}

/// The bill as a table.
pub fn render(bill: &Bill) -> String {
    let mut out = String::new();
    let free = match bill.free_service_a_month {
        0 => String::new(),
        free => format!("; {free} service messages a month are free"),
    };
    let title = "Messages that WhatsApp charges for";
    let rules = format!("by its rules since {}, read on {}{free}", bill.rules_since, bill.read_on);
    let _ = writeln!(out, "\n{}, {rules}.", paint(terminal::STRONG, title));
    for flow in &bill.flows {
        let name = paint(terminal::STRONG, format!("{:<38}", flow.flow));
        let _ = writeln!(out, "\n  {name} service  utility  marketing");
        row(&mut out, "the greeting", flow.greeting, "");
        row(&mut out, "a turn, usually", flow.usual, "");
        let Worst { what, flow: place, state, .. } = &flow.worst;
        let place = if *place == flow.flow { String::new() } else { format!(" of `{place}`") };
        let worst = format!("customer {what} in `{state}`{place}");
        row(&mut out, "a turn, at most", flow.worst.messages, &worst);
        if let Some(order) = flow.order {
            row(&mut out, "a paid order, by the shortest way", order, "");
        }
        for beside in &flow.beside {
            row(&mut out, &beside.what, beside.messages, &beside.templates.join(", "));
        }
    }
    let _ = writeln!(
        out,
        "\n\"At most\" counts refusals, not outages. What one costs depends on the customer's country and changes each quarter: WhatsApp Manager shows today's rates."
    );
    out
}

fn row(out: &mut String, what: &str, messages: Messages, note: &str) {
    let Messages { service, utility, marketing, authentication } = messages;
    let codes = if authentication > 0 { format!("  {authentication} authentication") } else { String::new() };
    let note = if note.is_empty() { String::new() } else { format!("  {}", paint(terminal::FAINT, note)) };
    let _ = writeln!(out, "    {what:<36} {service:>7}  {utility:>7}  {marketing:>9}{codes}{note}");
}
