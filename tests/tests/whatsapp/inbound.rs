//! Every recorded webhook, and what it became.

use std::fmt::Write;

use duka_engine::event::Inbound;
use duka_runtime::channel::whatsapp::decode::{AccountEvent, Act, Meaning, Report};
use duka_runtime::channel::whatsapp::split::{kept, split};
use duka_runtime::store::{Identity, IdentityKind};

use crate::{check, keys, reader, webhooks};

#[test]
fn every_recorded_webhook_becomes_what_the_table_says() {
    let keys = keys();
    let mut table = String::from(
        "# What recorded webhooks become\n\nOne line an element; written and checked by `cargo test -p duka-tests --test whatsapp`.\n\n\
         | webhook | number | became |\n|---|---|---|\n",
    );
    for (name, body) in webhooks() {
        let elements = split(&body).expect("a webhook");
        assert!(!elements.is_empty(), "{name}: nothing in it");
        for element in &elements {
            let decoded = reader(&keys).decode(element);
            let bytes = element.keep();
            let again = kept(&bytes).expect("kept elements can be read");
            assert_eq!(reader(&keys).decode(&again), decoded, "{name}: kept and read again");
            let number = element.number.as_deref().unwrap_or("");
            let name = name.trim_end_matches(".json");
            writeln!(table, "| {name} | {number} | {} |", told(&decoded.meaning)).expect("strings can be written to");
        }
    }
    check("became.md", &table);
}

fn told(meaning: &Meaning) -> String {
    match meaning {
        Meaning::Act(act) => act_told(act),
        Meaning::Status(report) => status_told(report),
        Meaning::OwnerReplied { who, at_ms, .. } => format!("the owner replied to {} at {at_ms}", people(who)),
        Meaning::Moved { from, to, at_ms, .. } => format!("{} is now {} at {at_ms}", people(from), people(to)),
        Meaning::Preference { who, marketing, at_ms } => {
            let wish = if *marketing { "wants" } else { "stops" };
            format!("{} {wish} marketing at {at_ms}", people(who))
        }
        Meaning::Payment { who, reference, status, transaction, at_ms } => {
            format!("payment {reference} of {} is {status} ({transaction}) at {at_ms}", people(who))
        }
        Meaning::Account(event) => account_told(event),
        Meaning::Trouble { code, detail } => format!("trouble {code}: {detail}"),
        Meaning::Kept { what } => format!("kept: {what}"),
        Meaning::Unknown { what } => format!("unknown: {what}"),
        Meaning::Unreadable { why } => format!("unreadable: {why}"),
    }
}

fn people(who: &[Identity]) -> String {
    let one = |it: &Identity| {
        let kind = match it.kind {
            IdentityKind::User => "user",
            IdentityKind::ParentUser => "parent",
            IdentityKind::Phone => "phone",
            IdentityKind::Order => "order",
        };
        format!("{kind} {}", it.value)
    };
    who.iter().map(one).collect::<Vec<_>>().join(" + ")
}

fn act_told(act: &Act) -> String {
    let mut out = format!("{} from {}", inbound_told(&act.inbound), people(&act.who));
    let facts = [
        (!act.name.is_empty()).then(|| format!("called {}", act.name)),
        Some(format!("at {}", act.at_ms)),
        (!act.answers.is_empty())
            .then(|| format!("answering …{}", act.answers.get(act.answers.len() - 8..).unwrap_or(""))),
        act.from_ad.then(|| "from an ad".to_string()),
        (!act.note.is_empty()).then(|| format!("with the words `{}`", act.note)),
        (!act.opens_window).then(|| "opens no window".to_string()),
        act.file.as_ref().map(|file| {
            format!(
                "file {} {} {}{}",
                file.id,
                file.mime,
                file.name,
                if file.url.is_empty() { "" } else { " with url" }
            )
        }),
        act.shared.as_ref().map(|shared| format!("shared {}", people(std::slice::from_ref(shared)))),
    ];
    for fact in facts.into_iter().flatten() {
        let _ = write!(out, ", {fact}");
    }
    out
}

fn inbound_told(inbound: &Inbound) -> String {
    match inbound {
        Inbound::Text(text) => format!("text `{text}`"),
        Inbound::Tap(id) => format!("tap {}.{}.{}", id.flow, id.state, id.choice),
        Inbound::TemplateTap { template, button } => format!("template tap {template}.{button}"),
        Inbound::Media(media) => format!("{:?} `{}`", media.kind, media.caption),
        Inbound::Location { latitude, longitude, name, address } => {
            format!("location {latitude} {longitude} `{name}` `{address}`")
        }
        Inbound::Contact { name, phone } => format!("contact `{name}` {phone}"),
        Inbound::Form { form, fields, .. } => {
            let fields: Vec<String> = fields.iter().map(|(name, text)| format!("{name}={text}")).collect();
            format!("form {form} ({})", fields.join("; "))
        }
        Inbound::Cart { items } => {
            let items: Vec<String> = items.iter().map(|item| format!("{} {}", item.quantity, item.sku)).collect();
            format!("cart of {}", items.join(", "))
        }
        Inbound::Product { sku, text } => format!("question on {sku} `{text}`"),
        Inbound::Other { kind } => format!("other: {kind}"),
    }
}

fn status_told(report: &Report) -> String {
    let update = &report.update;
    let mut out = format!("{:?} for {} at {}", update.status, people(&report.who), update.at_ms);
    let facts = [
        (update.error != 0).then(|| format!("error {}: {}", update.error, report.detail)),
        (!update.category.is_empty()).then(|| format!("{} {}", update.category, update.pricing)),
        (update.free_until_ms > 0).then(|| format!("free until {}", update.free_until_ms)),
        update.send.map(|send| format!("send {send:?}")),
    ];
    for fact in facts.into_iter().flatten() {
        let _ = write!(out, ", {}", fact.trim());
    }
    out
}

fn account_told(event: &AccountEvent) -> String {
    match event {
        AccountEvent::Template { vendor_id, name, language, change, .. } => {
            format!("template {name} {language} ({vendor_id}): {change:?}")
        }
        AccountEvent::Standing { standing, reason, .. } => format!("standing {standing:?}: {reason}"),
        AccountEvent::Limit { number, limit, event, .. } => {
            format!("limit {limit} of `{number}` {event}").trim_end().to_string()
        }
        AccountEvent::Form { flow, status, .. } => format!("Flow {flow} is {status}"),
        AccountEvent::Notice { field, event, detail, alarming, .. } => {
            format!("{} {field} {event} `{detail}`", if *alarming { "alarm:" } else { "notice:" })
        }
    }
}
