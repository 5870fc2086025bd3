//! A drawing to look at. Cards are placed by `layout-rs`; jumps that lead forward are arrows, the others are named at
//! the end of their row, because a drawing in which everything is connected shows nothing.

mod layout;

use std::fmt::Write;

use duka_runtime::dev::drawing::{Card, CardKind, Graph, Row, RowKind, To};

pub const CARD_WIDTH: f64 = 270.;
const HEADER: f64 = 28.;
const LINE: f64 = 17.;
const ROW: f64 = 20.;
const PADDING: f64 = 8.;
const MARGIN: f64 = 28.;
/// Letters that fit beside each other at the sizes below.
const WORDS_LETTERS: usize = 38;
const WORDS_LINES: usize = 3;
const ROW_LETTERS: usize = 38;
const TITLE_BAND: f64 = 70.;

/// One colour for a group: the header, and the paler ground of names that point to it.
const COLOURS: [(&str, &str); 8] = [
    ("#2f6f62", "#e0efeb"),
    ("#3d5a98", "#e3e9f6"),
    ("#8a4f7d", "#f3e6f0"),
    ("#b3541e", "#f9e9de"),
    ("#5b7030", "#ebf0dd"),
    ("#7a5c2e", "#f2ebdd"),
    ("#46697e", "#e2ecf2"),
    ("#8c3b3b", "#f6e4e4"),
];
const PLAIN: (&str, &str) = ("#4a4f57", "#eceef0");
const ALWAYS: (&str, &str) = ("#9a7b12", "#fbf3d9");

const STYLE: &str = "\
text{font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans','DejaVu Sans',sans-serif;font-size:12px;fill:#22262b}\
.title{font-size:22px;font-weight:600}.legend{font-size:12px}.name{font-size:13px;font-weight:600;fill:#fff}\
.words{fill:#59616b}.row{fill:#22262b}.event{fill:#6b4f00}.shop{fill:#59616b}.failure{fill:#a33}\
.to{font-size:11px;font-weight:600}.arrow{fill:none;stroke-width:1.4}\
.card{fill:#fff;stroke-width:1.2}.line{stroke:#e6e8eb}";

/// The drawing as an SVG document.
pub fn draw(graph: &Graph) -> String {
    let placed = layout::place(graph, height);
    let always: Vec<usize> = (0..graph.cards.len()).filter(|card| is_always(&graph.cards[*card])).collect();
    let band = always.iter().map(|card| height(&graph.cards[*card])).fold(0., f64::max);
    let top = TITLE_BAND + if always.is_empty() { 0. } else { band + 40. };
    let mut spots: Vec<(f64, f64)> = placed.spots.iter().map(|(x, y)| (x + MARGIN, y + top)).collect();
    for (place, card) in always.iter().enumerate() {
        spots[*card] = (MARGIN + place as f64 * (CARD_WIDTH + 24.), TITLE_BAND);
    }
    let right = spots.iter().map(|spot| spot.0 + CARD_WIDTH).fold(0., f64::max) + MARGIN;
    let bottom = spots.iter().zip(&graph.cards).map(|(spot, card)| spot.1 + height(card)).fold(0., f64::max) + MARGIN;

    let mut out = String::new();
    let _ = writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{right:.0}\" height=\"{bottom:.0}\" viewBox=\"0 0 {right:.0} {bottom:.0}\" role=\"img\" aria-label=\"{}\">",
        escape(&graph.title)
    );
    let _ = writeln!(out, "<style>{STYLE}</style>\n<rect width=\"100%\" height=\"100%\" fill=\"#f7f8f9\"/>");
    legend(graph, &mut out);
    for route in &placed.routes {
        arrow(graph, &spots, route, (MARGIN, top), &mut out);
    }
    for (index, card) in graph.cards.iter().enumerate() {
        paint_card(graph, index, card, spots[index], &placed, &mut out);
    }
    out.push_str("</svg>\n");
    out
}

pub fn is_always(card: &Card) -> bool {
    match card.kind {
        CardKind::Group | CardKind::Anywhere | CardKind::Follow => true,
        CardKind::Waiting | CardKind::Passing => false,
    }
}

fn height(card: &Card) -> f64 {
    let words = wrap(&card.words, WORDS_LETTERS, WORDS_LINES).len() as f64 * LINE;
    let words = if words > 0. { words + PADDING } else { 0. };
    HEADER + words + card.rows.len() as f64 * ROW + PADDING
}

/// The middle of a row, below the card's top.
fn row_middle(card: &Card, row: usize) -> f64 {
    height(card) - PADDING / 2. - (card.rows.len() - row) as f64 * ROW + ROW / 2.
}

fn colour(card: &Card) -> (&'static str, &'static str) {
    match (card.group, card.kind) {
        (_, CardKind::Anywhere | CardKind::Follow) => ALWAYS,
        (Some(group), _) => COLOURS.get(group % COLOURS.len()).copied().unwrap_or(PLAIN),
        (None, _) => PLAIN,
    }
}

fn legend(graph: &Graph, out: &mut String) {
    let _ = writeln!(out, "<text class=\"title\" x=\"{MARGIN}\" y=\"34\">{}</text>", escape(&graph.title));
    let mut x = MARGIN;
    for (group, name) in graph.groups.iter().enumerate() {
        let ground = COLOURS.get(group % COLOURS.len()).copied().unwrap_or(PLAIN).0;
        let _ = writeln!(out, "<circle cx=\"{:.1}\" cy=\"52\" r=\"5\" fill=\"{ground}\"/>", x + 5.);
        let _ = writeln!(out, "<text class=\"legend\" x=\"{:.1}\" y=\"56\">{}</text>", x + 15., escape(name));
        x += 36. + name.chars().count() as f64 * 7.;
    }
}

fn paint_card(graph: &Graph, index: usize, card: &Card, (x, y): (f64, f64), placed: &layout::Placed, out: &mut String) {
    let (ground, _) = colour(card);
    let (tall, dashes) = (height(card), if card.kind == CardKind::Passing { " stroke-dasharray=\"4 3\"" } else { "" });
    let _ = writeln!(
        out,
        "<g><rect class=\"card\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{CARD_WIDTH}\" height=\"{tall:.1}\" rx=\"8\" stroke=\"{ground}\"{dashes}/>"
    );
    let _ = writeln!(
        out,
        "<path d=\"M{x:.1} {:.1} v-{:.1} a8 8 0 0 1 8 -8 h{:.1} a8 8 0 0 1 8 8 v{:.1} z\" fill=\"{ground}\"/>",
        y + HEADER,
        HEADER - 8.,
        CARD_WIDTH - 16.,
        HEADER - 8.
    );
    let mark = if graph.start == index { "▶ " } else { "" };
    let name = match card.kind {
        CardKind::Group => format!("everywhere in {}", card.name),
        CardKind::Waiting | CardKind::Passing | CardKind::Anywhere | CardKind::Follow => format!("{mark}{}", card.name),
    };
    let _ = writeln!(out, "<text class=\"name\" x=\"{:.1}\" y=\"{:.1}\">{}</text>", x + 10., y + 18.5, escape(&name));
    for (line, words) in wrap(&card.words, WORDS_LETTERS, WORDS_LINES).iter().enumerate() {
        let down = y + HEADER + 15. + line as f64 * LINE;
        let _ = writeln!(out, "<text class=\"words\" x=\"{:.1}\" y=\"{down:.1}\">{}</text>", x + 10., escape(words));
    }
    for (number, row) in card.rows.iter().enumerate() {
        let middle = y + row_middle(card, number);
        if number > 0 || !card.words.is_empty() {
            let up = middle - ROW / 2.;
            let _ = writeln!(out, "<path class=\"line\" d=\"M{:.1} {up:.1} h{:.1}\"/>", x + 1., CARD_WIDTH - 2.);
        }
        paint_row(graph, row, (x, middle), placed.is_drawn(index, number), ground, out);
    }
    out.push_str("</g>\n");
}

fn paint_row(graph: &Graph, row: &Row, (x, middle): (f64, f64), is_drawn: bool, ground: &str, out: &mut String) {
    let target = match &row.to {
        To::Card(_) if is_drawn => String::new(),
        To::Card(card) => format!("→ {}", graph.cards.get(*card).map_or("", |card| card.name.as_str())),
        To::Visit(flow) => format!("⇄ {flow}"),
        To::Place(place) => format!("→ {place}"),
        To::Nowhere => String::new(),
    };
    let (class, dot) = match row.kind {
        RowKind::Customer => ("row", "#2b7de9"),
        RowKind::Event => ("event", "#d9a400"),
        RowKind::Shop => ("shop", "#9aa2ab"),
        RowKind::Failure => ("failure", "#d24b4b"),
    };
    let room = ROW_LETTERS.saturating_sub(if target.is_empty() { 0 } else { target.chars().count() + 3 });
    let label = shorten(&row.label.to_string(), room.max(12));
    let _ = writeln!(out, "<circle cx=\"{:.1}\" cy=\"{middle:.1}\" r=\"3\" fill=\"{dot}\"/>", x + 13.);
    let base = middle + 4.;
    let _ = writeln!(out, "<text class=\"{class}\" x=\"{:.1}\" y=\"{base:.1}\">{}</text>", x + 22., escape(&label));
    if !target.is_empty() {
        let (fill, pale) = match &row.to {
            To::Card(card) => graph.cards.get(*card).map_or(PLAIN, |card| colour(card)),
            To::Visit(_) | To::Place(_) | To::Nowhere => PLAIN,
        };
        let wide = target.chars().count() as f64 * 6.3 + 12.;
        let left = x + CARD_WIDTH - wide - 6.;
        let _ = writeln!(
            out,
            "<rect x=\"{left:.1}\" y=\"{:.1}\" width=\"{wide:.1}\" height=\"15\" rx=\"7.5\" fill=\"{pale}\"/><text class=\"to\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\" style=\"fill:{fill}\">{}</text>",
            middle - 7.5,
            left + wide / 2.,
            middle + 3.8,
            escape(&target)
        );
    } else if is_drawn {
        let right = x + CARD_WIDTH;
        let _ = writeln!(out, "<circle cx=\"{right:.1}\" cy=\"{middle:.1}\" r=\"3.5\" fill=\"{ground}\"/>");
    }
}

/// One arrow for each row that leads along `route`: from the row's end to the header of the other card.
fn arrow(graph: &Graph, spots: &[(f64, f64)], route: &layout::Route, (left, top): (f64, f64), out: &mut String) {
    let (Some(from), Some(to)) = (graph.cards.get(route.from), graph.cards.get(route.to)) else { return };
    let (stroke, _) = colour(to);
    let end = (spots[route.to].0 - 2., spots[route.to].1 + HEADER / 2.);
    for number in (0..from.rows.len()).filter(|number| from.rows[*number].to == To::Card(route.to)) {
        let start = (spots[route.from].0 + CARD_WIDTH, spots[route.from].1 + row_middle(from, number));
        let mut path = format!("M{:.1} {:.1}", start.0, start.1);
        let mut at = start;
        for (x, y) in route.through.iter().map(|(x, y)| (x + left, y + top)).chain([end]) {
            let bend = ((x - at.0) / 2.).max(24.);
            let _ = write!(path, " C{:.1} {:.1} {:.1} {y:.1} {x:.1} {y:.1}", at.0 + bend, at.1, x - bend);
            at = (x, y);
        }
        let dashes = if from.rows[number].kind == RowKind::Failure { " stroke-dasharray=\"5 4\"" } else { "" };
        let _ = writeln!(out, "<path class=\"arrow\" d=\"{path}\" stroke=\"{stroke}\"{dashes}/>");
    }
    let _ = writeln!(out, "<path d=\"M{:.1} {:.1} l-9 -4.5 v9 z\" fill=\"{stroke}\"/>", end.0 + 2., end.1);
}

fn shorten(text: &str, letters: usize) -> String {
    if text.chars().count() <= letters {
        return text.to_string();
    }
    let kept: String = text.chars().take(letters.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// Cuts `text` into at most `lines` lines between words.
fn wrap(text: &str, letters: usize, lines: usize) -> Vec<String> {
    let mut wrapped: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match wrapped.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= letters => {
                line.push(' ');
                line.push_str(word);
            }
            Some(_) | None => wrapped.push(shorten(word, letters)),
        }
    }
    if wrapped.len() > lines {
        wrapped.truncate(lines);
        if let Some(last) = wrapped.last_mut() {
            *last = shorten(&format!("{last} …"), letters);
        }
    }
    wrapped
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::wrap;

    #[test]
    fn long_words_are_cut_and_long_texts_end_in_dots() {
        assert_eq!(wrap("one two three", 7, 3), ["one two", "three"]);
        assert_eq!(wrap("one two three four", 7, 2), ["one two", "three …"]);
        assert_eq!(wrap("incomprehensible", 6, 2), ["incom…"]);
    }
}
