//! `shop.yaml` against what can be: its time zone, country, currency and delivery fees (D025); against the header of the main flow, which would
//! silently win (D116); and against what the flows need of systems that the shop does not name (D723).

use std::collections::BTreeSet;

use duka_dsl::Diagnostic;
use duka_dsl::config::shop::{self, Section, ShopFile};
use duka_dsl::span::Spanned;
use jiff::tz::TimeZoneDatabase;
use smol_str::SmolStr;

use super::context::Context;
use super::file_id;
use crate::contract::parse_money;
use crate::hir::StepKind;
use crate::source::FileKind;
use crate::value::Currency;
use crate::walk;

pub(super) fn check(context: &Context, found: &mut Vec<Diagnostic>) {
    let files = context.source.files.iter().enumerate();
    let mut files = files.filter(|(_, file)| file.kind == FileKind::Shop);
    let Some((index, file)) = files.next() else { return };

    let (profile, _) = shop::read(file_id(index), &file.text);
    timezone(&profile, found);
    country(&profile, found);
    currency(&profile, found);
    fees(context, &profile, found);
    adapters(context, &profile, found);
    answered(context, &profile, found);
    pay_in_chat(context, &profile, found);
    disagreement(context, &profile, found);
}

fn timezone(profile: &ShopFile, found: &mut Vec<Diagnostic>) {
    let Some(zone) = &profile.timezone else { return };
    let known = TimeZoneDatabase::bundled();
    if known.get(&zone.value).is_ok() {
        return;
    }
    let message = format!("There is no time zone `{}`; quiet hours and opening hours would be wrong.", zone.value);
    let mut finding = Diagnostic::new(25, zone.span, message);
    let city = |name: &str| name.rsplit('/').next().is_some_and(|city| city.eq_ignore_ascii_case(&zone.value));
    let names: Vec<String> = known.available().map(|name| name.as_str().to_string()).collect();
    // `EAT` is no `EET` mistyped, and who took that would have the wrong time without a finding.
    let is_short = zone.value.len() <= 4 && zone.value.bytes().all(|letter| letter.is_ascii_uppercase());
    finding = match names.iter().find(|name| city(name)) {
        Some(meant) => finding.help(format!("Write `{meant}`.")),
        None if is_short => finding,
        None => finding.did_you_mean(&zone.value, names.iter().map(String::as_str)),
    };
    let help = "Time zones are called by continent and city, such as `Africa/Nairobi`.";
    found.push(if finding.help.is_none() { finding.help(help) } else { finding });
}

fn country(profile: &ShopFile, found: &mut Vec<Diagnostic>) {
    let Some(code) = &profile.country else { return };
    // Kosovo's code is in use, and no part of ISO 3166.
    if code.value.parse::<iso_country::Country>().is_ok() || code.value == "XK" {
        return;
    }
    let help = "Kenya is `KE`, Nigeria `NG`, South Africa `ZA`, India `IN`, the Emirates `AE`.";
    found.push(Diagnostic::new(25, code.span, format!("There is no country `{}`.", code.value)).help(help));
}

fn currency(profile: &ShopFile, found: &mut Vec<Diagnostic>) {
    let Some(code) = profile.currency.as_ref().filter(|code| Currency::from_code(&code.value).is_none()) else {
        return;
    };
    let help = "Kenya's is `KES`, Nigeria's `NGN`, South Africa's `ZAR`, India's `INR`, the Emirates' `AED`.";
    found.push(Diagnostic::new(25, code.span, format!("There is no currency `{}`.", code.value)).help(help));
}

fn fees(context: &Context, profile: &ShopFile, found: &mut Vec<Diagnostic>) {
    let currency = context.shop.profile.currency;
    for fee in profile.delivery.iter().filter_map(|zone| zone.fee.as_ref()) {
        let wrong = match parse_money(&fee.value) {
            Some(money) if money.currency == currency => continue,
            Some(_) => format!("This fee is not in the shop's currency, {}.", currency.code()),
            None => format!("`{}` is no amount of money.", fee.value),
        };
        let help = format!("Write the currency and the amount: `\"{} 300\"`.", currency.code());
        found.push(Diagnostic::new(25, fee.span, wrong).help(help));
    }
}

/// The vendor offers it for rupees and reais, and shows what is paid from the catalogue (whatsapp-cloud-api 17).
fn pay_in_chat(context: &Context, profile: &ShopFile, found: &mut Vec<Diagnostic>) {
    let Some(whatsapp) = profile.whatsapp.as_ref().filter(|whatsapp| whatsapp.pays_in_chat) else { return };
    let currency = context.shop.profile.currency;
    let (message, help) = if !["INR", "BRL"].contains(&currency.code()) {
        let message =
            format!("WhatsApp takes no payments in {} inside the chat; customers get the link.", currency.code());
        (message, "Take `pay_in_chat` out. It is for shops in India and Brazil.")
    } else if whatsapp.catalogue.is_none() {
        let message = "`pay_in_chat` needs the `catalogue` that the paid things are in.".to_string();
        (message, "Write its id beside it: `catalogue: \"194830000000001\"`.")
    } else {
        return;
    };
    found.push(Diagnostic::new(25, whatsapp.span, message).help(help));
}

/// The adapter of somebody who brings parcels; it has a name of its own.
pub const CARRIER: &str = "carrier";

/// An adapter answers the operations of the contract of its name.
fn adapters(context: &Context, profile: &ShopFile, found: &mut Vec<Diagnostic>) {
    let known: BTreeSet<&str> = context.shop.operations.iter().map(|operation| operation.contract.as_str()).collect();
    let carries = |adapter: &Section| adapter.kind.as_ref().is_some_and(|kind| kind.as_str() == CARRIER);
    for adapter in profile.adapters.iter().filter(|adapter| adapter.contract.is_none() && !carries(adapter)) {
        let name = adapter.name.as_str();
        if !known.contains(name) {
            let message = format!("There is no contract called `{name}`, so nothing would ask this adapter.");
            found.push(Diagnostic::new(108, adapter.name.span, message).did_you_mean(name, known.iter().copied()));
        }
    }
}

/// What Duka does itself for customers of a shop that has no system for it: it takes down what they ask of their data.
const OF_CUSTOMERS: [&str; 3] = ["customer.export", "customer.forget", "customer.locate"];

/// What Duka knows of shop and customer itself. Without a word it keeps the bags of a shop with a catalogue of its own.
const KNOWN: [&str; 4] = ["cart", "shop", "customer.addresses", "customer.save_address"];

/// What it knows from the delivery zones of `shop.yaml`.
const OF_ZONES: [&str; 2] = ["delivery.zone", "delivery.zones"];

/// The first system of a shop that is its own.
fn own_system(profile: &ShopFile) -> Option<&Section> {
    let is_own = |adapter: &&Section| {
        adapter.kind.as_ref().is_some_and(|kind| !["demo", "duka", CARRIER].contains(&kind.as_str()))
    };
    profile.adapters.iter().find(is_own)
}

/// The contracts and operations that the demo may answer real customers. `None`: all; the shop has no system of its own yet.
pub fn by_demo(profile: &ShopFile) -> Option<BTreeSet<SmolStr>> {
    own_system(profile)?;
    let is_demo = |adapter: &&Section| adapter.kind.as_ref().is_none_or(|kind| kind.as_str() == "demo");
    let meant = profile.adapters.iter().filter(is_demo).map(|adapter| adapter.name.value.clone());
    let zones = OF_ZONES.iter().filter(|_| !profile.delivery.is_empty());
    Some(meant.chain(KNOWN.iter().chain(zones).map(|name| SmolStr::new_static(name))).collect())
}

/// A shop with systems of its own: what its flows need besides, nobody answers.
fn answered(context: &Context, profile: &ShopFile, found: &mut Vec<Diagnostic>) {
    let (Some(own), Some(by_demo)) = (own_system(profile), by_demo(profile)) else { return };
    let is_answered = |contract: &str, path: &str| {
        by_demo.contains(contract)
            || by_demo.contains(path)
            || OF_CUSTOMERS.contains(&path)
            || contract == "payments" && profile.payments.is_some()
            || profile.adapters.iter().any(|adapter| adapter.name.as_str() == contract)
    };
    let mut told = BTreeSet::new();
    for step in context.shop.flows.iter().flat_map(walk::lines).flat_map(|lines| lines.steps) {
        let StepKind::Call(call) = &step.kind else { continue };
        let Some(operation) = context.shop.operations.get(call.operation.index()) else { continue };
        let contract = operation.contract.as_str();
        let path = operation.path();
        if operation.builtin.is_some() || is_answered(contract, &path) || !told.insert(contract) {
            continue;
        }
        let message = format!(
            "The flows use `{path}`, and no system of the shop answers it: at a server it fails, as if the system were down."
        );
        let help = match path.as_str() {
            // Asked of nobody, the same is in `customer`.
            "customer.current" => "Take the call out: what Duka knows of the customer is in `customer` at any time, such as `{customer.first_name}`.".to_string(),
            _ => format!("Write below `adapters` who answers it; `{contract}: demo` says that the demo is meant."),
        };
        found.push(Diagnostic::new(723, own.name.span, message).help(help));
    }
}

/// What the flow's header says counts; a merchant who changes the other one should know.
fn disagreement(context: &Context, profile: &ShopFile, found: &mut Vec<Diagnostic>) {
    let used = context.shop.profile.currency;
    let other = |code: &&Spanned<SmolStr>| Currency::from_code(&code.value).is_some_and(|known| known != used);
    if let Some(currency) = profile.currency.as_ref().filter(other) {
        found.push(disagrees("currency", currency, used.code()));
    }
    let languages = &context.shop.languages;
    if let Some(unknown) = profile.languages.iter().find(|language| !languages.contains(&language.value)) {
        let known: Vec<&str> = languages.iter().map(SmolStr::as_str).collect();
        found.push(disagrees("languages", unknown, &known.join(", ")));
    }
}

fn disagrees(line: &str, written: &Spanned<SmolStr>, used: &str) -> Diagnostic {
    let message =
        format!("`shop.yaml` says `{}` here, but the flow says `{line} {used}`, and the flow counts.", written.value);
    Diagnostic::new(116, written.span, message)
        .help(format!("Say the same in both, or take the line `{line}` out of the flow."))
}
