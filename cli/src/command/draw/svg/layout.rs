//! Where the cards stand, and the way of each arrow. Only this file knows `layout-rs`.

use std::collections::{BTreeSet, VecDeque};

use layout::core::base::Orientation;
use layout::core::format::{ClipHandle, RenderBackend};
use layout::core::geometry::{Point, Position};
use layout::core::style::{LineStyleKind, StyleAttr};
use layout::std_shapes::shapes::{Arrow, Element, LineEndKind, ShapeKind};
use layout::topo::layout::VisualGraph;

use super::{CARD_WIDTH, is_always};
use duka_runtime::dev::drawing::{Card, Graph, To};

/// The space between cards: sideways for the arrows, and below.
const HALO: (f64, f64) = (110., 26.);
/// From here on the slow improvements of the layout are left out.
const LARGE: usize = 150;

/// The result: top left corners by card, and routes.
#[derive(Debug, Default)]
pub struct Placed {
    pub spots: Vec<(f64, f64)>,
    pub routes: Vec<Route>,
    drawn: BTreeSet<(usize, usize)>,
}

/// The way from one card to another, by the points between them.
#[derive(Debug)]
pub struct Route {
    pub from: usize,
    pub to: usize,
    pub through: Vec<(f64, f64)>,
}

impl Placed {
    /// Whether the row of the card is shown as an arrow.
    pub fn is_drawn(&self, card: usize, row: usize) -> bool {
        self.drawn.contains(&(card, row))
    }
}

/// Places the states of `graph`; cards that hold everywhere are left at the origin.
pub fn place(graph: &Graph, height: impl Fn(&Card) -> f64) -> Placed {
    let forward = forward(graph);
    let mut visual = VisualGraph::new(Orientation::LeftToRight);
    let mut handles = Vec::new();
    for (index, card) in graph.cards.iter().enumerate() {
        let size = Point::new(CARD_WIDTH, height(card));
        let shape = ShapeKind::new_box("");
        let mut element = Element::create_with_properties(
            shape,
            StyleAttr::simple(),
            Orientation::LeftToRight,
            size,
            index.to_string(),
        );
        element.pos = Position::new(Point::zero(), size, Point::zero(), Point::new(HALO.0, HALO.1));
        handles.push((!is_always(card)).then(|| visual.add_node(element)));
    }
    for (from, to) in &forward {
        if let (Some(Some(source)), Some(Some(target))) = (handles.get(*from), handles.get(*to)) {
            let arrow = Arrow::with_properties(
                LineEndKind::None,
                LineEndKind::Arrow,
                LineStyleKind::Normal,
                "",
                &StyleAttr::simple(),
                format!("{from} {to}"),
                &None,
                &None,
            );
            visual.add_edge(arrow, *source, *target);
        }
    }
    let mut recorder = Recorder { placed: Placed { spots: vec![(0., 0.); graph.cards.len()], ..Placed::default() } };
    if handles.iter().any(Option::is_some) {
        visual.do_it(false, graph.cards.len() > LARGE, false, &mut recorder);
    }
    let mut placed = recorder.placed;
    for (index, card) in graph.cards.iter().enumerate() {
        for (number, row) in card.rows.iter().enumerate() {
            if let To::Card(to) = row.to
                && forward.contains(&(index, to))
            {
                placed.drawn.insert((index, number));
            }
        }
    }
    move_to_origin(graph, &mut placed);
    placed
}

/// Pairs of cards that are joined by an arrow: those along which somebody first gets further from the start.
fn forward(graph: &Graph) -> BTreeSet<(usize, usize)> {
    let mut rank = vec![usize::MAX; graph.cards.len()];
    let mut queue = VecDeque::new();
    let mut pairs = BTreeSet::new();
    let starts = std::iter::once(graph.start).chain(0..graph.cards.len());
    for start in starts.filter(|start| graph.cards.get(*start).is_some_and(|card| !is_always(card))) {
        if rank[start] == usize::MAX {
            rank[start] = 0;
            queue.push_back(start);
        }
        while let Some(from) = queue.pop_front() {
            for row in &graph.cards[from].rows {
                let To::Card(to) = row.to else { continue };
                if rank[to] == usize::MAX {
                    rank[to] = rank[from] + 1;
                    queue.push_back(to);
                }
                // One column further, so that arrows stay short; longer ways are named in the row.
                if rank[to] == rank[from] + 1 {
                    pairs.insert((from, to));
                }
            }
        }
    }
    pairs
}

fn move_to_origin(graph: &Graph, placed: &mut Placed) {
    let states = || placed.spots.iter().zip(&graph.cards).filter(|(_, card)| !is_always(card)).map(|(spot, _)| *spot);
    let left = states().map(|spot| spot.0).fold(f64::INFINITY, f64::min);
    let top = states().map(|spot| spot.1).fold(f64::INFINITY, f64::min);
    if !left.is_finite() || !top.is_finite() {
        return;
    }
    let through = placed.routes.iter_mut().flat_map(|route| route.through.iter_mut());
    for point in placed.spots.iter_mut().chain(through) {
        *point = (point.0 - left, point.1 - top);
    }
}

/// Takes down what the layout would draw.
struct Recorder {
    placed: Placed,
}

impl RenderBackend for Recorder {
    fn draw_rect(&mut self, xy: Point, _: Point, _: &StyleAttr, properties: Option<String>, _: Option<ClipHandle>) {
        let index = properties.and_then(|index| index.parse::<usize>().ok());
        if let Some(spot) = index.and_then(|index| self.placed.spots.get_mut(index)) {
            *spot = (xy.x, xy.y);
        }
    }

    fn draw_arrow(
        &mut self,
        path: &[(Point, Point)],
        _: bool,
        _: (bool, bool),
        _: &StyleAttr,
        properties: Option<String>,
        _: &str,
    ) {
        let ends = properties.and_then(|ends| {
            let (from, to) = ends.split_once(' ')?;
            Some((from.parse().ok()?, to.parse().ok()?))
        });
        if let Some((from, to)) = ends {
            let between = path.iter().skip(1).take(path.len().saturating_sub(2));
            let through = between.map(|(_, point)| (point.x, point.y)).collect();
            self.placed.routes.push(Route { from, to, through });
        }
    }

    fn draw_line(&mut self, _: Point, _: Point, _: &StyleAttr, _: Option<String>) {}

    fn draw_circle(&mut self, _: Point, _: Point, _: &StyleAttr, _: Option<String>) {}

    fn draw_text(&mut self, _: Point, _: &str, _: &StyleAttr) {}

    fn create_clip(&mut self, _: Point, _: Point, _: usize) -> ClipHandle {
        0
    }
}
