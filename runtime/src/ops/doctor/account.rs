//! What is on WhatsApp's side: the clock, and for each live shop its token, numbers, subscription and templates.

use std::collections::BTreeSet;

use duka_engine::approval::{Difference, Registry, Wanted, differences};
use duka_engine::limits::whatsapp;
use duka_engine::lints::language_name;
use secrecy::ExposeSecret;

use super::super::accounts::{Account, pull};
use super::Line;
use crate::channel::whatsapp::client::{Access, CallError, Graph, NumberInfo};
use crate::config::Config;

/// Further apart than this, windows and signatures are judged wrongly.
const SKEW_MS: i64 = 5_000;
const MUCH_SKEW_MS: i64 = 60_000;
/// The vendor's own limit of a standard number, messages a second.
const STANDARD_RATE: u32 = whatsapp::MESSAGES_PER_SECOND;

pub(super) async fn clock(graph: &Graph, config: &Config, now_ms: i64) -> Line {
    const ABOUT: &str = "clock";
    match graph.clock_ms().await {
        Ok(Some(theirs_ms)) => {
            // The vendor's date has whole seconds.
            let apart_ms = (theirs_ms - now_ms).abs().saturating_sub(1_000).max(0);
            let told = format!("{} seconds from the vendor's", apart_ms / 1_000);
            match apart_ms {
                apart if apart > MUCH_SKEW_MS => Line::fault(ABOUT, told, "Let the machine keep time by NTP."),
                apart if apart > SKEW_MS => Line::warning(ABOUT, told, "Let the machine keep time by NTP."),
                _ => Line::ok(ABOUT, "it agrees with the vendor's"),
            }
        }
        Ok(None) => Line::warning(ABOUT, "the vendor told no time", "Is that the Graph API?"),
        Err(error) => Line::fault(
            "Graph API",
            format!("{}: {error}", config.graph.url),
            "Does this machine reach it? A firewall, a proxy and a wrong `url` below `[graph]` are usual reasons.",
        ),
    }
}

pub(super) async fn examine(graph: &Graph, shop: &Account, config: &Config, now_ms: i64) -> Vec<Line> {
    let slug = &shop.source.slug;
    let live = &shop.source.live;
    if live.numbers.is_empty() {
        let fix = "Add `whatsapp: { phone_number_id: …, waba_id: … }` to its channels.";
        return vec![Line::warning(slug.as_str(), "it is not live: it names no number", fix)];
    }
    // One that is missing was told of.
    if shop.token.as_ref().is_some_and(|token| token.expose_secret().is_empty()) {
        return Vec::new();
    }
    let Some(access) = shop.access() else {
        let fix = "Add `token = \"env:NAME\"` below `[whatsapp]`, or `token:` to the shop's channel.";
        return vec![Line::fault(slug.as_str(), "it has no access token, so nothing can be sent", fix)];
    };
    let mut lines = Vec::new();
    for id in &live.numbers {
        let about = format!("{slug}: number {id}");
        match graph.number(id, &access).await {
            Ok(known) => lines.extend(number(&about, &known, config)),
            Err(error) => lines.push(refused(about, &error)),
        }
    }
    let Some(account) = &live.account else {
        let fix = "Add `waba_id` to the shop's channel: templates and webhooks belong to it.";
        lines.push(Line::warning(slug.as_str(), "its business account is not named", fix));
        return lines;
    };
    lines.push(subscription(graph, format!("{slug}: webhooks"), account, &access).await);
    match pull(graph, account, &access, now_ms).await {
        Ok(registry) => lines.extend(templates(slug, &shop.wanted(), &registry)),
        Err(error) => lines.push(refused(format!("{slug}: templates"), &error)),
    }
    lines
}

fn refused(about: String, error: &CallError) -> Line {
    let fix = match error {
        CallError::Refused(refused) if refused.code == 190 => {
            "The access token does not hold (any more). Make one that does not end, of a system user."
        }
        CallError::Refused(refused) if matches!(refused.code, 10 | 200) => {
            "Give the token's user the account, and the permissions whatsapp_business_messaging and _management."
        }
        CallError::Refused(refused) if matches!(refused.code, 33 | 100) => {
            "Is the id right, and does the token's user have that account?"
        }
        CallError::Refused(_) | CallError::Unreadable | CallError::TooLong => "Try again; look in WhatsApp Manager.",
        CallError::Network(_) => "Does this machine reach the Graph API?",
    };
    Line::fault(about, error.to_string(), fix)
}

fn number(about: &str, known: &NumberInfo, config: &Config) -> Vec<Line> {
    let tier = known.whatsapp_business_manager_messaging_limit.as_deref().unwrap_or("unknown");
    let told = format!(
        "{}, {}, quality {}, limit {tier}, throughput {}",
        known.display_phone_number,
        known.status.to_lowercase(),
        known.quality_rating.to_lowercase(),
        known.throughput.level.to_lowercase(),
    );
    let mut lines = vec![match (known.status.as_str(), known.quality_rating.as_str()) {
        (status, _) if status != "CONNECTED" => {
            Line::fault(about, told, "Nothing leaves from a number that is not connected: look in WhatsApp Manager.")
        }
        (_, "RED") => Line::fault(about, told, "Customers block it or report it: stop marketing, and see why."),
        (_, "YELLOW") => Line::warning(about, told, "Some customers dislike what it sends: send less marketing."),
        (_, _) => Line::ok(about, told),
    }];
    if let Some(most) = config.sending.per_number.filter(|most| most.get() > STANDARD_RATE)
        && known.throughput.level == "STANDARD"
    {
        let found = format!("{most} messages a second are more than it takes");
        let fix = "Leave `per_number` below `[sending]` out: then the number's level is followed.";
        lines.push(Line::warning(about, found, fix));
    }
    lines
}

async fn subscription(graph: &Graph, about: String, account: &str, access: &Access) -> Line {
    match graph.subscribed_apps(account, access).await {
        Ok(apps) if apps.is_empty() => Line::fault(
            about,
            "no app gets the account's webhooks: customers write, and nothing arrives",
            format!("Subscribe the token's app: POST to `{account}/subscribed_apps` with that token."),
        ),
        Ok(apps) => Line::ok(about, format!("they go to {}", apps.join(", "))),
        Err(error) => refused(about, &error),
    }
}

/// One line for each template that needs somebody, or one for all.
fn templates(slug: &str, wanted: &[Wanted], registry: &Registry) -> Vec<Line> {
    let mut lines: Vec<Line> = wanted.iter().filter_map(|wanted| template(slug, wanted, registry)).collect();
    if lines.is_empty() {
        let names: BTreeSet<&str> = wanted.iter().map(|wanted| wanted.name.as_str()).collect();
        lines.push(match names.len() {
            0 => Line::ok(format!("{slug}: templates"), "its flows send none"),
            count => Line::ok(format!("{slug}: templates"), format!("all {count} are approved as the flows have them")),
        });
    }
    lines
}

fn template(slug: &str, wanted: &Wanted, registry: &Registry) -> Option<Line> {
    let about = format!("{slug}: template {} ({})", wanted.name, language_name(&wanted.language));
    let Some(held) = registry.find(&wanted.name, &wanted.language) else {
        let others = registry.templates.iter().filter(|held| held.name == wanted.name);
        let others: Vec<&str> = others.map(|held| held.language.as_str()).collect();
        let found = match others.as_slice() {
            [] => "WhatsApp does not know it".to_string(),
            others => format!("WhatsApp has it only in {}", others.join(", ")),
        };
        return Some(Line::fault(about, found, "Submit it: `duka templates push`."));
    };
    if held.is_stopped() {
        let found = format!("it is {}", held.status.to_lowercase());
        return Some(Line::warning(about, found, "See in WhatsApp Manager what customers disliked; send another one."));
    }
    if !held.is_approved() {
        let found = format!("it is {}", held.status.to_lowercase());
        return Some(Line::fault(about, found, "Wait for the review, or look why in WhatsApp Manager."));
    }
    let parts = differences(wanted, held);
    if parts == [Difference::Category] {
        let found = format!("WhatsApp has it as {}", held.category.to_lowercase());
        return Some(Line::warning(about, found, "It is charged and allowed as that: change the flow, or its words."));
    }
    let told: Vec<&str> = parts.into_iter().map(Difference::name).collect();
    if told.is_empty() {
        return None;
    }
    let found = format!("WhatsApp approved another version: its {} differ", told.join(" and "));
    Some(Line::warning(about, found, "Submit the new one under a new name; `duka templates diff` shows both."))
}
