//! Templates and the right to send them (D606, D607, D611-D614, D616, D619). That every send is covered by a consent
//! check is an analysis of the whole flow.

use std::collections::BTreeSet;

use duka_dsl::Diagnostic;
use duka_dsl::ast::Category;

use super::context::Context;
use super::expr;
use super::fit::{literal, place};
use super::reach::is_answer;
use crate::hir::{
    ConsentFact, ConsentId, DestKind, ExprKind, Flow, Reaction, Segment, StateId, StepKind, Template, TextPiece,
    Trigger,
};
use crate::walk;

pub(super) fn check(context: &Context, found: &mut Vec<Diagnostic>) {
    for flow in context.flows() {
        never_asked(context, flow, found);
        no_way_to_stop(context, flow, found);
        for template in &flow.templates {
            edges(context, flow, template, found);
            samples(context, flow, template, found);
            offers_in_utility(context, flow, template, found);
            without_stop(context, flow, template, found);
        }
        at_night(context, flow, found);
        needless(flow, found);
    }
}

/// Consents that something depends on.
fn used_consents(context: &Context, flow: &Flow) -> BTreeSet<ConsentId> {
    let mut used: BTreeSet<ConsentId> = flow.templates.iter().filter_map(|template| template.about).collect();
    walk::expressions(flow, &mut |expr| {
        if let ExprKind::Consent(consent, ConsentFact::Given) = expr.kind {
            used.insert(consent);
        }
    });
    used.retain(|consent| consent.index() < context.shop.consents.len());
    used
}

fn never_asked(context: &Context, flow: &Flow, found: &mut Vec<Diagnostic>) {
    for id in used_consents(context, flow) {
        let asked = context.shop.flows.iter().any(|other| {
            walk::lines(other)
                .iter()
                .flat_map(|lines| lines.steps)
                .any(|step| matches!(step.kind, StepKind::Consent { consent, given: true } if consent == id))
        });
        if let Some(consent) = context.shop.consents.get(id.index())
            && !asked
        {
            let message = format!("The consent `{}` is used but never asked for.", consent.name);
            let help = format!("Ask for it: a `button` with `do consent.{}.give()`, or `std.offers`.", consent.name);
            found.push(Diagnostic::new(606, consent.span, message).help(help));
        }
    }
}

/// A shop that sends messages nobody has asked for in that moment, and no phrase that stops them.
fn no_way_to_stop(context: &Context, flow: &Flow, found: &mut Vec<Diagnostic>) {
    let sends = flow.templates.iter().any(|template| template.category != Category::Authentication);
    let visited = super::context::returns(flow) && context.shop.flows.iter().any(|other| other.path != flow.path);
    if !sends && context.shop.consents.is_empty() || visited {
        return;
    }
    let stops = flow.anywhere.iter().any(|reaction| {
        matches!(reaction.trigger, Trigger::Hears { .. })
            && reaction.actions.iter().any(|step| stops_here(context, flow, step))
    });
    if !stops {
        let message = "There is no way to stop messages.";
        let span = flow.anywhere_span.unwrap_or(flow.span);
        found.push(
            Diagnostic::new(607, span, message)
                .help("Add `hears stop <-> std.stop` to `anywhere`, and words for `stop`."),
        );
    }
}

/// Whether a line withdraws consent, or leads to where it is withdrawn.
fn stops_here(context: &Context, flow: &Flow, step: &crate::hir::Step) -> bool {
    let refuses = matches!(step.kind, StepKind::Consent { given: false, .. });
    refuses || walk::jump(step).is_some_and(|dest| leads_to_stop(context, flow, &dest.kind))
}

/// Whether an arrow leads to where consent is withdrawn: `std.stop`, or a state that refuses.
fn leads_to_stop(context: &Context, flow: &Flow, dest: &DestKind) -> bool {
    let refuses = |flow: &Flow| {
        walk::lines(flow)
            .iter()
            .flat_map(|lines| lines.steps)
            .any(|step| matches!(step.kind, StepKind::Consent { given: false, .. }))
    };
    match dest {
        DestKind::Visit { flow: id, .. } | DestKind::Flow(id) => {
            context.shop.flows.get(id.index()).is_some_and(|other| other.path == "std.stop" || refuses(other))
        }
        DestKind::State(state) => flow.states.get(state.index()).is_some_and(|state| {
            let lines = state.steps.iter().chain(state.reactions.iter().flat_map(|reaction| &reaction.actions));
            lines.into_iter().any(|step| matches!(step.kind, StepKind::Consent { given: false, .. }))
        }),
        DestKind::End | DestKind::Again | DestKind::Back | DestKind::Return | DestKind::Broken => false,
    }
}

fn body_segments<'a>(context: &Context<'a>, flow: &'a Flow, template: &Template) -> Vec<&'a Segment> {
    let blocks = context.languages(flow, template.body);
    let pieces = blocks.first().into_iter().flat_map(|(_, _, block)| &block.pieces);
    let lines = pieces.filter_map(|piece| if let TextPiece::Line(line) = piece { Some(line) } else { None });
    lines.flatten().collect()
}

fn edges(context: &Context, flow: &Flow, template: &Template, found: &mut Vec<Diagnostic>) {
    for (_, _, block) in context.languages(flow, template.body) {
        let lines: Vec<&Vec<Segment>> = block
            .pieces
            .iter()
            .filter_map(|piece| if let TextPiece::Line(line) = piece { Some(line) } else { None })
            .collect();
        let is_words =
            |segment: Option<&&Segment>| matches!(segment, Some(Segment::Literal(text)) if !text.trim().is_empty());
        let all: Vec<&Segment> = lines.into_iter().flatten().collect();
        let live = all.iter().any(|segment| !matches!(segment, Segment::Literal(_)));
        let framed = is_words(all.first()) && is_words(all.last());
        if live && !framed {
            let message =
                format!("The template `{}` begins or ends with a live value; WhatsApp refuses that.", template.name);
            found.push(
                Diagnostic::new(611, place(flow, template.body, block), message).help("Add a word before or after it."),
            );
            return;
        }
    }
}

/// Live values of a template without a sample for the approval.
fn samples(context: &Context, flow: &Flow, template: &Template, found: &mut Vec<Diagnostic>) {
    let mut wanted = BTreeSet::new();
    for segment in body_segments(context, flow, template) {
        match segment {
            Segment::Literal(_) | Segment::Parameter => {}
            Segment::Value { value, .. } => {
                wanted.insert(expr::key(context.shop, flow, value));
            }
            Segment::Phrase { phrase, .. } => {
                wanted.extend(flow.phrases.get(phrase.index()).map(|phrase| phrase.name.to_string()));
            }
        }
    }
    template.samples.iter().for_each(|(path, _, _)| {
        wanted.remove(path.as_str());
    });
    for path in wanted {
        let message = format!("`{{{path}}}` has no sample in the template `{}`.", template.name);
        found.push(Diagnostic::new(612, template.span, message).help(format!("Add `sample {path} = …`.")));
    }
}

/// Words that WhatsApp takes as advertising.
const OFFERS: [&str; 10] = [
    "% off",
    "discount",
    "special offer",
    "limited time",
    "sale ends",
    "on sale",
    "promo code",
    "coupon",
    "new arrivals",
    "buy one",
];

fn offers_in_utility(context: &Context, flow: &Flow, template: &Template, found: &mut Vec<Diagnostic>) {
    if template.category != Category::Utility {
        return;
    }
    let Some((_, _, block)) = context.languages(flow, template.body).into_iter().next() else { return };
    let words = literal(block).to_lowercase();
    if let Some(offer) = OFFERS.iter().find(|offer| words.contains(**offer)) {
        let message = format!(
            "The utility template `{}` contains an offer (\"{offer}\"); WhatsApp will call it marketing.",
            template.name
        );
        found.push(
            Diagnostic::new(613, place(flow, template.body, block), message)
                .help("Put the offer into a marketing template of its own."),
        );
    }
}

fn without_stop(context: &Context, flow: &Flow, template: &Template, found: &mut Vec<Diagnostic>) {
    let stops = template.buttons.iter().any(|button| button.actions.iter().any(|step| stops_here(context, flow, step)));
    if template.category == Category::Marketing && !stops {
        let message = format!("The marketing template `{}` has no stop button.", template.name);
        found.push(Diagnostic::new(614, template.span, message).help("Add `button stop: Stop <-> std.stop`."));
    }
}

/// Marketing that a clock sends, in a shop without quiet hours.
fn at_night(context: &Context, flow: &Flow, found: &mut Vec<Diagnostic>) {
    if context.shop.profile.quiet_hours.is_some() {
        return;
    }
    let clock = |reaction: Option<&Reaction>| {
        reaction.is_some_and(|reaction| matches!(reaction.trigger, Trigger::Quiet { .. } | Trigger::After { .. }))
    };
    let timed: BTreeSet<StateId> = walk::lines(flow)
        .into_iter()
        .filter(|lines| clock(lines.reaction))
        .flat_map(|lines| lines.steps)
        .filter_map(walk::jump)
        .filter_map(|dest| if let DestKind::State(state) = dest.kind { Some(state) } else { None })
        .collect();
    for lines in walk::lines(flow) {
        let clock = match lines.reaction {
            Some(reaction) => clock(Some(reaction)),
            None => lines.place.state().is_some_and(|state| timed.contains(&state)),
        };
        for step in lines.steps {
            let StepKind::Send { template, .. } = step.kind else { continue };
            let Some(template) = flow.templates.get(template.index()) else { continue };
            if clock && template.category == Category::Marketing {
                let message = format!("`{}` may be sent at 03:00 the customer's time.", template.name);
                found.push(
                    Diagnostic::new(616, step.span, message)
                        .help("Set `quiet_hours` in `shop.yaml`, for example \"21:00 to 08:00\"."),
                );
            }
        }
    }
}

/// A template sent as the answer to what the customer has just done.
fn needless(flow: &Flow, found: &mut Vec<Diagnostic>) {
    for lines in walk::lines(flow) {
        let Some(reaction) = lines.reaction else { continue };
        let customer = is_answer(reaction) || matches!(reaction.trigger, Trigger::Hears { .. });
        if !customer || matches!(lines.place, walk::Place::Template(..)) {
            continue;
        }
        for step in lines.steps {
            let StepKind::Send { template, .. } = step.kind else { continue };
            let name = flow.templates.get(template.index()).map_or("", |template| template.name.as_str());
            let message =
                format!("`{name}` is sent when the window is surely open: plain text is enough here, and free.");
            found.push(Diagnostic::new(619, step.span, message).help("Write a `say:` instead."));
        }
    }
}
