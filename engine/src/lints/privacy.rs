//! Secrets and personal data (D907-D911, D913).

use std::collections::BTreeSet;

use duka_dsl::{Diagnostic, Span};

use super::context::Context;
use super::expr;
use super::file_id;
use super::fit::{literal, place};
use crate::hir::{ExprKind, Flow, Segment, Slot, SlotId, State, StepKind, Target, Trigger};
use crate::source::FileKind;
use crate::types::Type;
use crate::walk;

pub(super) fn check(context: &Context, found: &mut Vec<Diagnostic>) {
    secrets(context, found);
    kept_for_ever(context, found);
    for flow in context.flows() {
        handed_on(context, flow, found);
        flow.states.iter().for_each(|state| sensitive(context, flow, state, found));
        unescaped(context, flow, found);
        kept_pictures(context, flow, found);
    }
}

/// How well-known keys begin, with the letters that must follow.
const KEYS: [(&str, usize); 12] = [
    ("sk_live_", 10),
    ("sk_test_", 10),
    ("rk_live_", 10),
    ("whsec_", 16),
    ("ghp_", 20),
    ("xoxb-", 16),
    ("xoxp-", 16),
    ("AKIA", 16),
    ("AIza", 30),
    ("EAA", 40),
    ("FLWSECK", 10),
    ("-----BEGIN ", 3),
];

fn secrets(context: &Context, found: &mut Vec<Diagnostic>) {
    for (index, file) in context.source.files.iter().enumerate() {
        if !context.is_checked(index) {
            continue;
        }
        match file.kind {
            FileKind::Lines
            | FileKind::Yaml
            | FileKind::Shop
            | FileKind::Texts
            | FileKind::Hooks
            | FileKind::Contract
            | FileKind::Mapping => {}
            FileKind::Tests
            | FileKind::Fixture
            | FileKind::TextsLock
            | FileKind::TemplatesLock
            | FileKind::FormsLock => continue,
        }
        for (start, key) in KEYS.iter().flat_map(|key| file.text.match_indices(key.0).map(move |(at, _)| (at, key))) {
            let rest = file.text.get(start + key.0.len()..).unwrap_or("");
            let length = rest.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(byte)).count();
            let fresh = !file.text.get(..start).is_some_and(|before| before.ends_with(char::is_alphanumeric));
            if length >= key.1 && fresh {
                let span = Span::new(file_id(index), start, start + key.0.len() + length);
                let message = format!("This looks like a secret: `{}…`.", key.0);
                let help =
                    "Take it out, and put `env:NAME` into the adapter's settings. It has been read: make a new one.";
                found.push(Diagnostic::new(907, span, message).help(help));
            }
        }
    }
}

fn kept_for_ever(context: &Context, found: &mut Vec<Diagnostic>) {
    let standard: BTreeSet<u16> = context
        .shop
        .flows
        .iter()
        .filter(|flow| flow.standard && !context.flows().any(|checked| checked.path == flow.path))
        .map(|flow| flow.span.file.0)
        .collect();
    let slots = context.shop.customer_slots.iter().filter(|slot| !standard.contains(&slot.span.file.0));
    for slot in slots.filter(|slot| slot.keep.is_none()) {
        let message = format!("`remember customer` keeps `{}` without a time.", slot.name);
        let finding = Diagnostic::new(908, slot.span, message).help("Say how long: `keep 1 year`.");
        found.push(match context.flows().find_map(|flow| answered(context, flow, &slot.name)) {
            Some(question) => finding.label(question, "asked here"),
            None => finding,
        });
    }
}

/// The line in which the customer says what is kept under this name.
fn answered(context: &Context, flow: &Flow, name: &str) -> Option<Span> {
    walk::reactions(flow).find_map(|(_, reaction)| {
        let Trigger::Answer { into: Target::Customer(id), .. } = &reaction.trigger else { return None };
        (context.shop.customer_slots.get(id.index())?.name == name).then_some(reaction.span)
    })
}

/// Personal data in a message to staff.
fn handed_on(context: &Context, flow: &Flow, found: &mut Vec<Diagnostic>) {
    for step in walk::lines(flow).into_iter().flat_map(|lines| lines.steps) {
        let StepKind::Alert { text } = &step.kind else { continue };
        let mut personal = None;
        walk::in_text(flow, *text, &mut |inner| {
            let known = matches!(inner.ty, Type::Phone | Type::Email) || is_address(context, inner);
            if known && !has_purpose(context, flow, inner) && personal.is_none() {
                personal = Some(expr::key(context.shop, flow, inner));
            }
        });
        if let Some(value) = personal {
            let message = format!("Personal data `{value}` goes to staff in an alert, without a purpose.");
            let help = "Remove it, or say why: `remember customer`, and `for …` behind the value.";
            found.push(Diagnostic::new(909, step.span, message).help(help));
        }
    }
}

fn is_address(context: &Context, value: &crate::hir::Expr) -> bool {
    expr::field_of(context.shop, value).is_some_and(|(record, field)| record == "address" && field == "street")
}

fn has_purpose(context: &Context, flow: &Flow, value: &crate::hir::Expr) -> bool {
    expr::any(value, &|inner| {
        let slot = if let ExprKind::Slot(slot) = &inner.kind {
            flow.slots.get(slot.index())
        } else if let ExprKind::Customer(slot) = &inner.kind {
            context.shop.customer_slots.get(slot.index())
        } else {
            None
        };
        slot.is_some_and(|slot| slot.purpose.is_some())
    })
}

/// What only a protected form may ask.
const SENSITIVE: [&str; 10] = [
    "passport",
    "id card",
    "identity card",
    "national id",
    "driving licence",
    "driver's license",
    "your symptoms",
    "your diagnosis",
    "medical history",
    "your medication",
];

fn sensitive(context: &Context, flow: &Flow, state: &State, found: &mut Vec<Diagnostic>) {
    let answers = state.reactions.iter().any(|reaction| matches!(reaction.trigger, Trigger::Answer { .. }));
    if !answers {
        return;
    }
    for step in &state.steps {
        let StepKind::Ask { text, .. } = &step.kind else { continue };
        let Some((_, _, block)) = context.languages(flow, *text).into_iter().next() else { continue };
        let words = literal(block).to_lowercase();
        if let Some(what) = SENSITIVE.iter().find(|what| words.contains(**what)) {
            let message = format!("This asks for an identity document or about health: \"{what}\".");
            found.push(
                Diagnostic::new(910, place(flow, *text, block), message)
                    .help("Remove it, or let a person ask for it: `<-> std.handoff`."),
            );
        }
    }
}

/// The values that customers type.
fn typed(flow: &Flow) -> BTreeSet<SlotId> {
    let slots = walk::reactions(flow).filter_map(|(_, reaction)| {
        if let Trigger::Answer { into: Target::Slot(slot), .. } = &reaction.trigger { Some(*slot) } else { None }
    });
    slots.filter(|slot| flow.slots.get(slot.index()).is_some_and(|slot| slot.ty == Type::Text)).collect()
}

/// What a customer typed, put into an address as it is.
fn unescaped(context: &Context, flow: &Flow, found: &mut Vec<Diagnostic>) {
    let typed = typed(flow);
    let mut report = |url: &[Segment], span: Span| {
        for segment in url {
            if let Segment::Value { value, as_url: false } = segment
                && expr::any(value, &|inner| matches!(&inner.kind, ExprKind::Slot(slot) if typed.contains(slot)))
            {
                let name = expr::key(context.shop, flow, value);
                let message = format!("The customer's text `{name}` is put into a link without escaping.");
                found.push(Diagnostic::new(911, span, message).help(format!("Write `{{{name} as url}}`.")));
            }
        }
    };
    for step in walk::lines(flow).into_iter().flat_map(|lines| lines.steps) {
        if let StepKind::Link { url, .. } | StepKind::Media { source: url, .. } = &step.kind {
            report(url, step.span);
        }
    }
    flow.templates.iter().flat_map(|template| &template.links).for_each(|link| report(&link.url, link.span));
}

/// Pictures and recordings from customers, in a shop that does not say how long they are kept.
fn kept_pictures(context: &Context, flow: &Flow, found: &mut Vec<Diagnostic>) {
    if context.settings.photos_kept_for {
        return;
    }
    let is_media = |slot: &Slot| matches!(slot.ty, Type::Image | Type::Video | Type::Document | Type::Voice);
    for (_, reaction) in walk::reactions(flow) {
        let Trigger::Answer { into, .. } = &reaction.trigger else { continue };
        let slot = match into {
            Target::Slot(slot) => flow.slots.get(slot.index()),
            Target::Customer(slot) => context.shop.customer_slots.get(slot.index()),
        };
        if let Some(slot) = slot.filter(|slot| is_media(slot) && slot.keep.is_none()) {
            let message = format!("What customers send as `{}` is kept for ever.", slot.name);
            let help = "Add `keep 90 days` to the value, or `retention: { photos: 90 days }` to `shop.yaml`.";
            found.push(Diagnostic::new(913, reaction.span, message).help(help));
        }
    }
}
