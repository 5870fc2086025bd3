//! What `show`, `cards` and `emoji` put in front of the customer: whether there is something to show it from, somebody who
//! understands what comes back, and a picture for each card (D519-D522).

use duka_dsl::Diagnostic;
use unicode_segmentation::UnicodeSegmentation;

use super::context::Context;
use super::fit::is_emoji;
use crate::graph::Graph;
use crate::hir::{EventName, Reaction, Segment, Shop, Shown, State, StepKind, Trigger};
use crate::types::Type;
use crate::walk;

pub(super) fn check(context: &Context, found: &mut Vec<Diagnostic>) {
    for graph in &context.graphs {
        graph.flow.states.iter().for_each(|state| without_pictures(context.shop, state, found));
        signs(graph, found);
        catalogue(context, graph, found);
    }
}

/// D519: nothing to show it from. D520: the cart that comes back.
fn catalogue(context: &Context, graph: &Graph, found: &mut Vec<Diagnostic>) {
    let profile = &context.shop.profile;
    let lists = walk::lines(graph.flow);
    let steps = lists.iter().flat_map(|list| list.steps);
    let mut shown = steps.filter_map(|step| match &step.kind {
        StepKind::Show(shown) => Some((shown, step.span)),
        _ => None,
    });
    if !profile.has_catalogue {
        let all = shown.filter(|(shown, _)| matches!(shown, Shown::Catalogue));
        found.extend(all.map(|(_, span)| {
            let message = "`show catalogue` shows nothing: no catalogue is connected.";
            let help =
                "Write its id into `shop.yaml`: `channels: { whatsapp: { …, catalogue: \"194830000000001\" } }`.";
            Diagnostic::new(519, span, message).help(help)
        }));
        return;
    }
    let hears = |trigger: &Trigger| matches!(trigger, Trigger::On { event: EventName::CartSent });
    let own = lists.iter().filter_map(|list| list.reaction);
    if own.into_iter().any(|reaction: &Reaction| hears(&reaction.trigger)) || context.outer(graph.flow_id, &hears) {
        return;
    }
    if let Some((_, span)) = shown.find(|(shown, _)| matches!(shown, Shown::Catalogue | Shown::Product(_))) {
        let message = "Customers can fill a cart here, and nobody understands it when they send it.";
        let help = "Write `on cart.sent <-> std.sent_cart` into `anywhere`, and `use std.sent_cart` above.";
        found.push(Diagnostic::new(520, span, message).help(help));
    }
}

/// D521: `cards:` over rows that have no picture.
fn without_pictures(shop: &Shop, state: &State, found: &mut Vec<Diagnostic>) {
    let opener = state.steps.iter().find(|step| matches!(step.kind, StepKind::List { cards: true, .. }));
    let Some(opener) = opener else { return };
    let has_picture = |list: &Type| match list {
        Type::List(item) => match item.as_ref() {
            Type::Record(id) => {
                let record = shop.records.get(usize::from(id.0));
                record.is_some_and(|record| record.fields.iter().any(|field| field.ty == Type::Image))
            }
            other => *other == Type::Unknown,
        },
        other => *other == Type::Unknown,
    };
    let bare = |reaction: &&Reaction| match &reaction.trigger {
        Trigger::Pick { list, .. } => !has_picture(&list.ty),
        _ => reaction.choice().is_some(),
    };
    if let Some(reaction) = state.reactions.iter().find(bare) {
        let message = "These cards are shown as a list: a row among them has no picture.";
        let help = "Take the row out, or write `list:` instead of `cards:`.";
        found.push(Diagnostic::new(521, opener.span, message).label(reaction.span, "this row").help(help));
    }
}

/// D522: WhatsApp takes one emoji.
fn signs(graph: &Graph, found: &mut Vec<Diagnostic>) {
    for step in walk::lines(graph.flow).iter().flat_map(|list| list.steps) {
        let StepKind::Show(Shown::Emoji(sign)) = &step.kind else { continue };
        let [Segment::Literal(sign)] = sign.as_slice() else { continue };
        let sign = sign.trim();
        if sign.graphemes(true).count() != 1 || !sign.chars().any(is_emoji) {
            let message = format!("`{sign}` is not one emoji; WhatsApp refuses it.");
            found.push(Diagnostic::new(522, step.span, message).help("Write one, such as 👍, or `say:` for words."));
        }
    }
}
