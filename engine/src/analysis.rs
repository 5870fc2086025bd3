//! Properties of the whole flow (lints.md 11), found on small abstract states. A finding shows its shortest conversation.

mod consent;
pub mod cost;
mod exits;
mod interruption;
mod loops;
mod outage;
pub mod path;
mod payment;
mod price;
mod whereabouts;
mod window;

use duka_dsl::Diagnostic;

use crate::graph::Graph;
use crate::hir::{FlowId, Shop};
use path::Paths;

/// One flow, ready for analysis.
pub(crate) struct Subject<'a> {
    pub shop: &'a Shop,
    pub graph: Graph<'a>,
}

/// Runs every analysis on the shop's own flows; on the standard flows only when there are no others. What was `found` at a
/// place of these flows gets the conversation that leads there.
pub fn analyse(shop: &Shop, found: &mut Vec<Diagnostic>) {
    let own_only = shop.flows.iter().any(|flow| !flow.standard);
    for (index, flow) in shop.flows.iter().enumerate() {
        if own_only && flow.standard {
            continue;
        }
        let Some(graph) = u16::try_from(index).ok().and_then(|index| Graph::new(shop, FlowId(index))) else { continue };
        let subject = Subject { shop, graph };
        let paths = Paths::from_start(&subject);
        whereabouts::lead_to(&subject, &paths, found);
        found.extend(window::check(&subject, &paths));
        found.extend(exits::check(&subject, &paths));
        found.extend(loops::check(&subject, &paths));
        found.extend(consent::check(&subject, &paths));
        found.extend(payment::check(&subject, &paths));
        found.extend(price::check(&subject, &paths));
        found.extend(interruption::check(&subject, &paths));
        found.extend(outage::check(&subject, &paths));
    }
}
