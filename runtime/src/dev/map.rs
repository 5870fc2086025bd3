//! The flows of a shop as a graph: the same cards and arrows that `duka draw` draws, with names for the page to light up.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use duka_dsl::Span;
use duka_dsl::span::LineIndex;
use duka_engine::hir::Flow;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::answers::Refused;
use super::customers::served;
use super::drawing::{Card, CardKind, Graph, Label, RowKind, To, What};
use super::house::House;
use crate::shops::{Kept, kept};

/// All flows that conversations can be in, the shop's own first.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Map {
    pub flows: Vec<FlowMap>,
    /// What no test takes, once that was looked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uncovered: Option<Uncovered>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct FlowMap {
    pub name: String,
    pub states: Vec<Node>,
    pub edges: Vec<Edge>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Node {
    /// `flow.state`
    pub id: String,
    pub name: String,
    /// `state`, `final`, `compound` (a group), `parallel` (holds everywhere, or beside each order)
    pub kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    pub line: Line,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Line {
    pub file: String,
    pub line: usize,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Edge {
    pub from: String,
    pub to: String,
    /// What the customer does, or what happens, in English.
    pub on: String,
    /// The same as a code, with what it names.
    pub by: What,
    /// Only if this is so, as it is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guard: Option<String>,
    /// `customer`, `event`, `shop`, `failure`
    pub kind: &'static str,
}

#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct Uncovered {
    pub states: Vec<String>,
    pub edges: Vec<(String, String)>,
}

pub async fn show(State(house): State<Arc<House>>, Path(shop): Path<String>) -> Result<Json<Map>, Refused> {
    let (server, served) = served(&house, &shop)?;
    let running = kept(&server.host.store, served.scope, served.revision.0).await;
    let running = running.map_err(|error| Refused::failed(&error))?.ok_or_else(Refused::down)?;
    Ok(Json(Map { flows: flows(&running), uncovered: house.uncovered(&shop) }))
}

fn flows(running: &Kept) -> Vec<FlowMap> {
    let all = &running.program.shop.flows;
    let mut wanted: Vec<&Flow> = all.iter().filter(|flow| !flow.standard).collect();
    let mut drawn: Vec<FlowMap> = Vec::new();
    while let Some(flow) = wanted.get(drawn.len()).copied() {
        let graph = Graph::of(&running.program.shop, flow, &running.source);
        for to in graph.cards.iter().flat_map(|card| card.rows.iter().map(|row| &row.to)) {
            let (To::Visit(name) | To::Place(name)) = to else { continue };
            let is_known = wanted.iter().any(|known| known.path == name.as_str());
            wanted.extend(all.iter().find(|other| !is_known && other.path == name.as_str()));
        }
        drawn.push(Drawn { graph: &graph, running }.flow());
    }
    drawn
}

struct Drawn<'a> {
    graph: &'a Graph,
    running: &'a Kept,
}

impl Drawn<'_> {
    fn flow(&self) -> FlowMap {
        let Graph { title, groups, cards, .. } = self.graph;
        let mut states: Vec<Node> = cards.iter().map(|card| self.node(card)).collect();
        for (at, group) in groups.iter().enumerate() {
            let id = self.group(group);
            let first = cards.iter().find(|card| card.group == Some(at));
            if let Some(first) = first.filter(|_| !states.iter().any(|state| state.id == id)) {
                let (name, line) = (group.clone(), self.line(first.span));
                states.push(Node { id, name, kind: "compound", label: None, parent: None, line });
            }
        }
        let mut edges = Vec::new();
        for card in cards {
            for row in &card.rows {
                let Some(to) = self.end(card, &row.to) else { continue };
                if let Some((_, name)) = to.split_once(':')
                    && !states.iter().any(|state| state.id == to)
                {
                    let (id, name, line) = (to.clone(), name.to_string(), self.line(card.span));
                    states.push(Node { id, name, kind: "final", label: None, parent: None, line });
                }
                let kind = match row.kind {
                    RowKind::Customer => "customer",
                    RowKind::Event => "event",
                    RowKind::Shop => "shop",
                    RowKind::Failure => "failure",
                };
                let Label { what, guard } = row.label.clone();
                let edge = Edge { from: self.id(card), to, on: row.label.to_string(), by: what, guard, kind };
                if !edges.contains(&edge) {
                    edges.push(edge);
                }
            }
        }
        FlowMap { name: title.clone(), states, edges }
    }

    fn node(&self, card: &Card) -> Node {
        let parent = card.group.filter(|_| card.kind != CardKind::Group).and_then(|at| self.graph.groups.get(at));
        Node {
            id: self.id(card),
            name: card.name.clone(),
            kind: match card.kind {
                CardKind::Waiting | CardKind::Passing => "state",
                CardKind::Group => "compound",
                CardKind::Anywhere | CardKind::Follow => "parallel",
            },
            label: Some(card.words.clone()).filter(|words| !words.is_empty()),
            parent: parent.map(|group| self.group(group)),
            line: self.line(card.span),
        }
    }

    fn id(&self, card: &Card) -> String {
        match card.kind {
            CardKind::Group => self.group(&card.name),
            CardKind::Waiting | CardKind::Passing | CardKind::Anywhere | CardKind::Follow => {
                format!("{}.{}", self.graph.title, card.name)
            }
        }
    }

    fn group(&self, name: &str) -> String {
        format!("{}.group {name}", self.graph.title)
    }

    /// The node that a way leads to. `None`: it stays, or goes back where it came from.
    fn end(&self, from: &Card, to: &To) -> Option<String> {
        match to {
            To::Card(at) => Some(self.id(self.graph.cards.get(*at)?)),
            To::Visit(flow) => self.start_of(flow),
            To::Place(place) => match place.as_str() {
                "end" | "return" => Some(format!("{}:{place}", self.graph.title)),
                "again" => Some(self.id(from)),
                "back" => None,
                flow => self.start_of(flow),
            },
            To::Nowhere => None,
        }
    }

    fn start_of(&self, path: &str) -> Option<String> {
        let flow = self.running.program.shop.flows.iter().find(|flow| flow.path == path)?;
        Some(format!("{path}.{}", flow.states.get(flow.start.index())?.name))
    }

    fn line(&self, span: Span) -> Line {
        let file = self.running.source.files.get(usize::from(span.file.0));
        let text = file.map_or("", |file| file.text.as_str());
        let (line, _) = LineIndex::new(text).line_column(text, span.start as usize);
        Line { file: file.map(|file| file.path.clone()).unwrap_or_default(), line }
    }
}
