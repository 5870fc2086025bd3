//! The conversation that leads to the place of a finding: for what is wrong at one place, and is believed only when a
//! customer is seen to come there. It finds nothing itself.

use duka_dsl::{Diagnostic, Span};

use super::Subject;
use super::path::{Paths, edge_turn};
use crate::hir::StateId;

/// Old taps, conditions, and where personal data goes: analyses 13, 10 and 14 of whole flows, found line by line.
const PLACED: [u16; 9] = [217, 301, 302, 303, 304, 305, 908, 909, 910];

/// Gives the findings of places in this flow the shortest conversation that leads there; what no customer reaches gets none.
pub(super) fn lead_to(subject: &Subject<'_>, paths: &Paths, found: &mut [Diagnostic]) {
    let placed =
        |diagnostic: &&mut Diagnostic| PLACED.contains(&diagnostic.code.0) && diagnostic.conversation.is_empty();
    found.iter_mut().filter(placed).for_each(|diagnostic| lead(subject, paths, diagnostic));
}

/// Its own place, then the others that it names.
fn places(diagnostic: &Diagnostic) -> impl Iterator<Item = Span> {
    std::iter::once(diagnostic.span).chain(diagnostic.labels.iter().map(|label| label.span))
}

fn lead(subject: &Subject<'_>, paths: &Paths, diagnostic: &mut Diagnostic) {
    let states = &subject.graph.flow.states;
    let Some((state, place)) = places(diagnostic).find_map(|place| {
        let index = states.iter().position(|state| within(place, state.span))?;
        Some((StateId(u16::try_from(index).ok()?), place))
    }) else {
        return;
    };
    if !paths.reaches(state) {
        return;
    }
    let mut chat = paths.chat_to(subject, state);
    let reaction = states.get(state.index()).and_then(|state| state.reactions.iter().find(|it| within(place, it.span)));
    if let Some(reaction) = reaction {
        let edges = subject.graph.out(state).iter();
        chat.extend(edges.filter(|edge| within(edge.span, reaction.span)).find_map(|edge| edge_turn(subject, edge)));
    }
    diagnostic.conversation = chat;
}

fn within(inner: Span, outer: Span) -> bool {
    inner.file == outer.file && outer.start <= inner.start && inner.end <= outer.end
}
