//! Events of the account, as what is heard of its templates and numbers. Reads nothing: which of two tidings stands is seen
//! in the transaction that keeps them, whatever the order in which they came.

use smol_str::SmolStr;

use crate::channel::whatsapp::decode::{AccountEvent, Standing, TemplateChange};
use crate::channel::whatsapp::warnings;
use crate::host::incoming::Arrived;
use crate::shops::Served;
use crate::store::{Change, HealthNews, Holds, TemplateNews, Warning};

/// What an event tells. What only people need to know is logged.
pub(super) fn changes(shop: &Served, event: AccountEvent, received_ms: i64) -> Vec<Arrived> {
    match event {
        AccountEvent::Template { vendor_id, name, language, at_ms, change } => {
            let news = TemplateNews::of(shop.scope, name, language, since(at_ms, received_ms));
            template(TemplateNews { vendor_id, ..news }, change, shop)
        }
        AccountEvent::Standing { standing, reason, at_ms } => {
            told(shop, "account_update", &reason, standing != Standing::Open);
            let at_ms = since(at_ms, received_ms);
            let (change, stopped) = standing_of(standing, reason, at_ms);
            of_numbers(shop, at_ms, |news| HealthNews {
                changes: vec![change.clone()],
                stopped: stopped.clone(),
                ..news
            })
        }
        AccountEvent::Limit { limit, event, number, at_ms } => {
            let at_ms = since(at_ms, received_ms);
            let change = warnings::of_quality(&event, at_ms);
            told(shop, "phone_number_quality_update", &event, matches!(change, Some(Change::Warn(_))));
            // A limit is the whole portfolio's; a flag and a throughput are one number's.
            let tier = (!limit.is_empty()).then_some(limit);
            let throughput = warnings::throughput_of(&event).map(SmolStr::new_static);
            let changes: Vec<Change> = change.into_iter().collect();
            of_numbers(shop, at_ms, |news| HealthNews {
                tier: tier.clone(),
                throughput: throughput.clone(),
                changes: changes.clone(),
                about: number.clone(),
                ..news
            })
        }
        AccountEvent::Notice { field, event, at_ms, .. } if event == "ACCOUNT_VIOLATION" => {
            told(shop, &field, &event, true);
            let at_ms = since(at_ms, received_ms);
            of_numbers(shop, at_ms, |news| HealthNews { changes: vec![warnings::of_violation(at_ms)], ..news })
        }
        AccountEvent::Form { status, .. } => told(shop, "flows", &status, status != "PUBLISHED"),
        AccountEvent::Notice { field, event, alarming, .. } => told(shop, &field, &event, alarming),
    }
}

/// When it was said, or when it came. Meta tells whole seconds: what was said within one counts from its end, so that it is not
/// older than what was asked for a moment before.
fn since(at_ms: i64, received_ms: i64) -> i64 {
    if at_ms > 0 { at_ms.saturating_add(999).min(received_ms) } else { received_ms }
}

/// The same of every number of the shop.
fn of_numbers(shop: &Served, at_ms: i64, news: impl Fn(HealthNews) -> HealthNews) -> Vec<Arrived> {
    let of = |number: &SmolStr| Arrived::Health(news(HealthNews::of(shop.scope, number.clone(), at_ms)));
    shop.numbers.iter().map(of).collect()
}

/// The change of warnings, and whether all sending stops or may go on; `None`: neither.
fn standing_of(standing: Standing, word: SmolStr, at_ms: i64) -> (Change, Option<SmolStr>) {
    let warn = |word, holds, until_ms| Change::Warn(Warning { word, holds, at_ms, until_ms });
    match standing {
        Standing::Open => (Change::LiftAll, Some(SmolStr::default())),
        Standing::AnswersOnly { until_ms } => (warn(word, Holds::Initiated, until_ms), None),
        Standing::Stopped { until_ms } => (warn(word.clone(), Holds::Everything, until_ms), Some(word)),
    }
}

fn template(news: TemplateNews, change: TemplateChange, shop: &Served) -> Vec<Arrived> {
    let news = match change {
        TemplateChange::Status { word, status, category, alarming, .. } => {
            told(shop, "template", &word, alarming);
            let category = (!category.is_empty()).then_some(category);
            TemplateNews { status, category, ..news }
        }
        TemplateChange::Quality(quality) => {
            told(shop, "template quality", &quality, quality == "RED");
            TemplateNews { quality: Some(quality), ..news }
        }
        TemplateChange::Category(category) => {
            told(shop, "template category", &category, true);
            TemplateNews { category: Some(category), ..news }
        }
        TemplateChange::CategoryWill { then, .. } => return told(shop, "template category will be", &then, true),
        TemplateChange::Edited => return told(shop, "template", "edited", false),
    };
    vec![Arrived::Template(news)]
}

/// For the operator. The words are the vendor's own, of its fixed lists.
fn told(shop: &Served, field: &str, event: &str, alarming: bool) -> Vec<Arrived> {
    if alarming {
        tracing::warn!(shop = %shop.slug, field, event, "the account needs somebody's eye");
        metrics::counter!("duka_account_alarms_total").increment(1);
    } else {
        tracing::info!(shop = %shop.slug, field, event, "the account has changed");
    }
    Vec::new()
}
