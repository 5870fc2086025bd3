//! Graphviz text, for those who lay out drawings themselves.

use std::fmt::Write;

use duka_runtime::dev::drawing::{Card, CardKind, Graph, Row, RowKind, To};

pub fn draw(graph: &Graph) -> String {
    let mut out = format!("digraph \"{}\" {{\n  rankdir=LR\n", escape(&graph.title));
    out.push_str("  node [shape=box style=\"rounded,filled\" fillcolor=white fontname=\"Helvetica\"]\n");
    out.push_str("  edge [fontname=\"Helvetica\" fontsize=10]\n  begin [shape=point]\n");
    let _ = writeln!(out, "  begin -> c{}", graph.start);
    for (group, name) in graph.groups.iter().enumerate() {
        let _ = writeln!(out, "  subgraph cluster_{group} {{\n    label=\"{}\"", escape(name));
        cards(graph, &mut out, "    ", |card| card.group == Some(group));
        out.push_str("  }\n");
    }
    cards(graph, &mut out, "  ", |card| card.group.is_none());
    for (index, card) in graph.cards.iter().enumerate() {
        for (line, row) in card.rows.iter().enumerate() {
            edge((index, line), row, &mut out);
        }
    }
    out.push_str("}\n");
    out
}

fn cards(graph: &Graph, out: &mut String, indent: &str, wanted: impl Fn(&Card) -> bool) {
    for (index, card) in graph.cards.iter().enumerate().filter(|(_, card)| wanted(card)) {
        let colour = match card.kind {
            CardKind::Waiting => "white",
            CardKind::Passing => "gray95",
            CardKind::Group | CardKind::Anywhere | CardKind::Follow => "lightyellow",
        };
        let words = if card.words.is_empty() { String::new() } else { format!("\\n{}", escape(&card.words)) };
        let _ = writeln!(out, "{indent}c{index} [label=\"{}{words}\" fillcolor={colour}]", escape(&card.name));
    }
}

/// A place outside the flow gets a node for each arrow, so that `end` does not pull the whole drawing together.
fn edge((from, line): (usize, usize), row: &Row, out: &mut String) {
    let style = if row.kind == RowKind::Failure { " style=dashed" } else { "" };
    let label = escape(&row.label.to_string());
    let place = |out: &mut String, name: &str, more: &str| {
        let node = format!("p{from}_{line}");
        let _ = writeln!(out, "  {node} [label=\"{}\" shape=plaintext style=\"\"]", escape(name));
        let _ = writeln!(out, "  c{from} -> {node} [label=\"{label}\"{style}{more}]");
    };
    match &row.to {
        To::Card(to) => {
            let _ = writeln!(out, "  c{from} -> c{to} [label=\"{label}\"{style}]");
        }
        To::Visit(flow) => place(out, flow, " dir=both"),
        To::Place(name) => place(out, name, ""),
        To::Nowhere => {}
    }
}

fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', " ")
}
