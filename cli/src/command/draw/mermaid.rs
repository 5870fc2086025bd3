//! Mermaid text, which forges draw inside Markdown pages.

use std::fmt::Write;

use duka_runtime::dev::drawing::{Card, CardKind, Graph, Row, RowKind, To};

pub fn draw(graph: &Graph) -> String {
    let mut out = format!("---\ntitle: {}\n---\nflowchart LR\n", graph.title);
    let _ = writeln!(out, "  begin(( )) --> c{}", graph.start);
    for (group, name) in graph.groups.iter().enumerate() {
        let _ = writeln!(out, "  subgraph g{group}[\"{}\"]", escape(name));
        cards(graph, &mut out, "    ", |card| card.group == Some(group));
        out.push_str("  end\n");
    }
    cards(graph, &mut out, "  ", |card| card.group.is_none());
    for (index, card) in graph.cards.iter().enumerate() {
        for row in &card.rows {
            edge(index, row, &mut out);
        }
    }
    out.push_str("  classDef passing stroke-dasharray: 4 3\n  classDef always fill:#fff7e0,stroke:#c9a227\n");
    out
}

fn cards(graph: &Graph, out: &mut String, indent: &str, wanted: impl Fn(&Card) -> bool) {
    for (index, card) in graph.cards.iter().enumerate().filter(|(_, card)| wanted(card)) {
        let class = match card.kind {
            CardKind::Waiting => "",
            CardKind::Passing => ":::passing",
            CardKind::Group | CardKind::Anywhere | CardKind::Follow => ":::always",
        };
        let words =
            if card.words.is_empty() { String::new() } else { format!("<br/><small>{}</small>", escape(&card.words)) };
        let _ = writeln!(out, "{indent}c{index}[\"<b>{}</b>{words}\"]{class}", escape(&card.name));
    }
}

fn edge(from: usize, row: &Row, out: &mut String) {
    let label = escape(&row.label.to_string());
    let arrow = if row.kind == RowKind::Failure { "-.->" } else { "-->" };
    let _ = match &row.to {
        To::Card(to) => writeln!(out, "  c{from} {arrow}|\"{label}\"| c{to}"),
        To::Visit(flow) => writeln!(out, "  c{from} <-->|\"{label}\"| {}([\"{}\"])", id(flow), escape(flow)),
        To::Place(place) => writeln!(out, "  c{from} {arrow}|\"{label}\"| {}([\"{}\"])", id(place), escape(place)),
        To::Nowhere => Ok(()),
    };
}

/// `end` is a word of Mermaid, so no id is a bare name.
fn id(name: &str) -> String {
    format!("to_{}", name.replace('.', "_"))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;").replace('#', "&#35;")
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn words_can_not_break_out_of_a_label() {
        assert_eq!(escape("a \"b\" <c> #1"), "a &quot;b&quot; &lt;c&gt; &#35;1");
    }
}
