//! What `duka check` and `duka explore` find, as the page of `duka dev` shows it.

use std::path::Path;

use duka_dsl::diagnostic::Speaker;
use duka_engine::graph::{Edge, End, Graph, Owner};
use duka_engine::hir::{Flow, FlowId, Shop as Program, StateId};
use duka_engine::rules::Level;
use duka_engine::simulate::coverage::{By, Home, Seen, Transition, describe, transitions};
use duka_runtime::dev::checks::{Checks, Explored, Finding, Left, LeftBy, Line, Unsearched};

use crate::command::explore;
use crate::failure::Failure;
use crate::findings;
use crate::load::Shop;
use crate::playable;
use crate::report::{self, Report};

/// The checks of this command line.
#[derive(Debug)]
pub struct Checked;

impl Checks for Checked {
    fn findings(&self, shop: Shop) -> Vec<Finding> {
        let report = findings::check(shop, None);
        report.open().map(|finding| shown(&report, finding)).collect()
    }

    fn explore(&self, folder: &Path, write: bool) -> Result<Explored, Unsearched> {
        let searched = explore::search(folder).map_err(|error| Unsearched::Unreadable(error.to_string()))?;
        let searched = searched.ok_or(Unsearched::Broken)?;
        let is_written = write && searched.keep().map_err(unwritten)?;
        let explore::Searched { mut playable, mut seen, failing, .. } = searched;
        if is_written {
            // What is left now is what the new tests do not take either.
            playable = playable::read(folder).map_err(unwritten)?.map_err(|_| Unsearched::Broken)?;
            (seen, _) = explore::played(&playable);
        }
        let shop = &playable.program.shop;
        let missing: Vec<Transition> = transitions(FlowId(0), shop.flows.first().ok_or(Unsearched::Broken)?)
            .into_iter()
            .filter(|way| !seen.transitions.contains(way))
            .collect();
        Ok(Explored {
            left: missing.iter().map(|way| left(shop, *way)).collect(),
            failing,
            states: places(shop, &seen),
            edges: ways(shop, &missing),
            tests_written: is_written.then(|| explore::FILE.to_string()),
        })
    }
}

fn unwritten(failure: Failure) -> Unsearched {
    match failure {
        Failure::Unreadable { source, .. } | Failure::Unwritable { source, .. } => Unsearched::Disk(source),
        other => Unsearched::Unreadable(other.to_string()),
    }
}

fn left(shop: &Program, way: Transition) -> Left {
    let described = describe(shop, way);
    let by = match described.by {
        By::Line(line) => LeftBy::Line(line),
        By::Failure => LeftBy::Failure,
        By::Itself(line) => LeftBy::Itself(line),
    };
    Left { owner: described.owner, by }
}

/// The states of the shop's own flows that no test enters.
fn places(shop: &Program, seen: &Seen) -> Vec<String> {
    let own = (0..).map(FlowId).zip(&shop.flows).filter(|(_, flow)| !flow.standard);
    let of_flow = |(id, flow): (FlowId, &'_ Flow)| {
        let states = (0..).map(StateId).zip(&flow.states).filter(|(state, _)| !seen.entered(id, *state));
        states.map(|(_, state)| format!("{}.{}", flow.path, state.name)).collect::<Vec<_>>()
    };
    own.flat_map(of_flow).collect()
}

/// The ways as pairs of states.
fn ways(shop: &Program, missing: &[Transition]) -> Vec<(String, String)> {
    let Some(graph) = Graph::new(shop, FlowId(0)) else { return Vec::new() };
    let name = |state: StateId| {
        let state = graph.flow.states.get(state.index()).map_or("", |state| state.name.as_str());
        format!("{}.{state}", graph.flow.path)
    };
    let is_missing = |edge: &&Edge<'_>| {
        let home = match edge.line.owner {
            Owner::Entry => Home::Entry(edge.from.state),
            Owner::State => Home::State(edge.from.state),
            Owner::Group | Owner::Anywhere | Owner::Template(_) => return false,
        };
        missing.iter().any(|way| {
            way.home == home
                && way.index == edge.line.index
                && way.action.is_none_or(|action| action == edge.line.action)
        })
    };
    let mut ways = Vec::new();
    for edge in graph.edges.iter().filter(is_missing) {
        if let End::State(to) = edge.to {
            let way = (name(edge.from.state), name(to.state));
            if !ways.contains(&way) {
                ways.push(way);
            }
        }
    }
    ways
}

fn shown(report: &Report, finding: &report::Finding) -> Finding {
    let diagnostic = &finding.diagnostic;
    let (start, end) = report.places(diagnostic.span);
    let within = report.shop.source.files.get(usize::from(diagnostic.span.file.0));
    Finding {
        code: diagnostic.code.to_string(),
        severity: match finding.level {
            Level::Error | Level::Policy => "error",
            Level::Warning => "warning",
            Level::Info | Level::Off => "info",
        },
        message: diagnostic.message.clone(),
        help: diagnostic.help.clone(),
        file: within.map(|file| file.path.clone()).unwrap_or_default(),
        line: start.line,
        column: start.column,
        end_line: end.line,
        end_column: end.column,
        chat: diagnostic.conversation.iter().map(line).collect(),
    }
}

fn line(turn: &duka_dsl::diagnostic::Turn) -> Line {
    let way = match turn.speaker {
        Speaker::Customer => "in",
        Speaker::Shop => "out",
        Speaker::World => "time",
    };
    Line { way, text: turn.text.clone() }
}
