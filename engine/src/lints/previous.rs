//! A shop compared with itself before an edit: what can no longer be reached (D203).

use duka_dsl::{Diagnostic, Span};

use super::reach::{self, reachable};
use crate::graph::{End, Graph};
use crate::hir::{Flow, FlowId, Shop};
use crate::walk::small;

/// States of the merchant's flows that could be entered before and exist still, but can be entered no more; with the names'
/// places of the states that each finding is about.
pub fn unreachable_now(before: &Shop, after: &Shop) -> Vec<(Diagnostic, Vec<Span>)> {
    let mut found = Vec::new();
    for (index, flow) in after.flows.iter().enumerate().filter(|(_, flow)| !flow.standard) {
        let earlier = before.flows.iter().position(|earlier| earlier.path == flow.path);
        let new = Graph::new(after, FlowId(small(index)));
        let old = earlier.and_then(|earlier| Graph::new(before, FlowId(small(earlier))));
        if let (Some(new), Some(old)) = (new, old) {
            found.extend(compare(&old, &new));
        }
    }
    found
}

fn compare(old: &Graph, new: &Graph) -> Option<(Diagnostic, Vec<Span>)> {
    let was_reached = names(old, true);
    let not_reached = names(new, false);
    let lost: Vec<&str> = not_reached.into_iter().filter(|name| was_reached.contains(name)).collect();
    let first = new.flow.states.iter().find(|state| lost.contains(&state.name.as_str()))?;
    let count = match lost.len() {
        1 => "1 state".to_string(),
        count => format!("{count} states"),
    };
    let message = format!("After this edit, {count} can not be reached: {}.", reach::names(&lost));
    let help = match gone(old, new, &lost) {
        Some((from, to)) => {
            format!("The arrow from `{from}` to `{to}` is gone. Put it back, or delete what it led to.")
        }
        None => "Add an arrow to them, or delete them.".to_string(),
    };
    let about = new.flow.states.iter().filter(|state| lost.contains(&state.name.as_str()));
    let places = about.map(|state| state.name_span).collect();
    Some((Diagnostic::new(203, first.name_span, message).help(help), places))
}

/// The names of the states that are reached, or are not.
fn names<'a>(graph: &Graph<'a>, reached: bool) -> Vec<&'a str> {
    let states = graph.flow.states.iter().zip(reachable(graph));
    states.filter(|(_, seen)| *seen == reached).map(|(state, _)| state.name.as_str()).collect()
}

/// An arrow into a lost state that was there before, from a state that is still reached.
fn gone<'a>(old: &Graph<'a>, new: &Graph, lost: &[&str]) -> Option<(&'a str, &'a str)> {
    let arrows = |graph: &Graph<'a>| arrows(graph);
    let now = self::arrows(new);
    arrows(old).into_iter().find(|(from, to)| {
        lost.contains(to) && !lost.contains(from) && !now.iter().any(|(left, right)| left == from && right == to)
    })
}

fn arrows<'a>(graph: &Graph<'a>) -> Vec<(&'a str, &'a str)> {
    let flow: &'a Flow = graph.flow;
    let pairs = graph.edges.iter().filter_map(|edge| {
        let End::State(node) = edge.to else { return None };
        let from = flow.states.get(edge.from.state.index())?;
        let to = flow.states.get(node.state.index())?;
        Some((from.name.as_str(), to.name.as_str()))
    });
    pairs.collect()
}
