//! What flows wait for and no system of the shop ever tells: a step of an order's way that its mapping has no word for, where no carrier
//! tells it either. Says nothing of words that a mapping takes as they come.

use std::collections::BTreeSet;

use duka_dsl::Diagnostic;
use duka_engine::hir::{EventName, Shop, Trigger};
use duka_engine::types::Type;
use duka_engine::walk;

use super::Found;
use super::judge::ONE;
use crate::adapter::mapping::{As, Field, Mapping, Rule};
use crate::adapter::parcels::TRACK;

/// What parcels make of their order.
const OF_PARCELS: [&str; 4] = ["shipped", "out_for_delivery", "delivered", "returned"];
/// What they tell of it besides, which leaves it where it is.
const BESIDE: [&str; 2] = ["attempt_failed", "ready_for_pickup"];

/// Reactions of the merchant's own flows to steps that nobody tells (D723).
pub fn untold(shop: &Shop, found: &[Found]) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for statuses in &shop.statuses {
        let Some(own) = found.iter().find(|it| it.contract == statuses.contract) else { continue };
        let Some(mut told) = words(shop, &own.mapping) else { continue };
        let has_parcels = |it: &Found| {
            let asks = it.mapping.operations.contains_key(TRACK);
            asks || it.mapping.webhook.as_ref().is_some_and(|webhook| !webhook.parcels.is_empty())
        };
        if found.iter().any(has_parcels) {
            told.extend(OF_PARCELS.iter().chain(&BESIDE));
        }
        // Money and ends come by other ways as well: a payment, a word of the customer.
        let first = statuses.ranks.iter().find(|(word, _)| word == "paid").map_or(0, |(_, rank)| *rank);
        let steps = statuses.ranks.iter().filter(|(_, rank)| *rank > first).map(|(word, _)| word.as_str());
        let never: BTreeSet<&str> = steps.chain(BESIDE).filter(|word| !told.contains(word)).collect();
        for (_, reaction) in shop.flows.iter().filter(|flow| !flow.standard).flat_map(walk::reactions) {
            let Trigger::On { event: EventName::Order(status) } = &reaction.trigger else { continue };
            if !never.contains(status.as_str()) {
                continue;
            }
            let contract = &statuses.contract;
            let message = format!(
                "The flow waits for `{contract}` to be `{status}`, which no system of the shop tells: this never happens."
            );
            let known: Vec<String> = told.iter().map(|word| format!("`{word}`")).collect();
            let help = if brings_news(&own.mapping) {
                format!(
                    "They tell {}. Name the carrier who brings the parcels below `adapters`, or give `status` a word for it in the mapping.",
                    known.join(", ")
                )
            } else {
                format!("The mapping of `{contract}` has neither `webhook` with `orders` nor `{ONE}`: add one of them.")
            };
            findings.push(Diagnostic::new(723, reaction.span, message).help(help));
        }
    }
    findings
}

/// Whether anything is heard of an order that nobody asks about.
fn brings_news(mapping: &Mapping) -> bool {
    mapping.operations.contains_key(ONE) || mapping.webhook.as_ref().is_some_and(|webhook| !webhook.orders.is_empty())
}

/// The statuses that a mapping can tell by itself. `None`: any.
fn words<'a>(shop: &Shop, mapping: &'a Mapping) -> Option<BTreeSet<&'a str>> {
    if !brings_news(mapping) {
        return Some(BTreeSet::new());
    }
    let order = shop.known_records.order.map(Type::Record)?;
    let gives = |path: &str| {
        let gives = shop.operations.iter().find(|promise| promise.path() == path)?.gives.clone()?;
        Some(gives == order || gives == Type::List(Box::new(order.clone())))
    };
    let shared = mapping.records.get("order").and_then(|fields| fields.get("status"));
    let own = mapping.operations.iter().filter(|(path, _)| gives(path) == Some(true));
    let rules = own.filter_map(|(_, operation)| operation.fields.get("status")).chain(shared);
    let mut told = BTreeSet::new();
    for Field(rule) in rules {
        of_rule(rule, &mut told)?;
    }
    let news = mapping.webhook.iter().flat_map(|webhook| &webhook.orders).filter_map(|news| news.status.as_deref());
    told.extend(news);
    Some(told)
}

fn of_rule<'a>(rule: &'a Rule, told: &mut BTreeSet<&'a str>) -> Option<()> {
    if rule.path.is_some() && rule.to != Some(As::Enum) {
        return None;
    }
    told.extend(rule.map.values().chain(&rule.otherwise).map(String::as_str));
    told.extend(rule.default.as_ref().and_then(serde_json::Value::as_str));
    rule.or.as_ref().map_or(Some(()), |or| of_rule(or, told))
}
