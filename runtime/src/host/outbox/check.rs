//! Whether a send may be attempted now, and in which form: judged at the attempt, from what is known then (I9, I10, I11).
//! Pure.

use std::collections::BTreeMap;

use duka_dsl::ast::Category;
use duka_engine::outbound::{Outbound, TemplateMessage};
use smol_str::SmolStr;

use crate::costs;
use crate::host::codes;
use crate::host::shops::Shop;
use crate::host::transport::Form;
use crate::host::turn::{ALL_MARKETING, marks};
use crate::id::ConversationId;
use crate::store::{AttemptEnd, ClaimedSend, ConsentEntry, Holds, Identity, NumberHealth, TemplateRow};

const HOUR_MS: i64 = 3_600_000;
const MINUTE_MS: i64 = 60_000;

/// How long marketing waits when its number must not send any, before it is looked at again.
const MARKETING_PAUSE_MS: i64 = 15 * MINUTE_MS;

/// What is known at the attempt.
pub struct Facts<'a> {
    pub now_ms: i64,
    /// How long before the end of a window nothing is begun any more, in ms.
    pub margin_ms: i64,
    pub shop: &'a Shop,
    /// The standing consents, by conversation and name.
    pub consents: &'a BTreeMap<(ConversationId, SmolStr), ConsentEntry>,
    /// By name and language, as last heard of; what is not here is not known to be bad.
    pub templates: &'a BTreeMap<(SmolStr, SmolStr), TemplateRow>,
    pub health: Option<&'a NumberHealth>,
    /// Countries that may not be written to first, as calling codes, and until when (ms since 1970).
    pub closed: &'a [(u16, i64)],
    /// Marketing from this number is paused.
    pub marketing_paused: bool,
}

#[derive(Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "most sends are attempted")]
pub enum Verdict {
    Attempt(Form),
    End(AttemptEnd),
}

/// Judges one send.
pub fn check(send: &ClaimedSend, outbound: Outbound, facts: &Facts<'_>) -> Verdict {
    if send.send.expires_ms <= facts.now_ms {
        return Verdict::End(AttemptEnd::Expired);
    }
    let open = window_is_open(send, facts);
    match outbound {
        Outbound::Message(message) if open => Verdict::Attempt(Form::Message(message)),
        Outbound::Message(_) => failed(codes::WINDOW_CLOSED),
        Outbound::Template(template) => self::template(send, template, open, facts),
    }
}

fn failed(error: i32) -> Verdict {
    Verdict::End(AttemptEnd::Failed { error })
}

/// Whether words of one's own may be sent now: the customer has written within the channel's hours, by the provider's time.
fn window_is_open(send: &ClaimedSend, facts: &Facts<'_>) -> bool {
    let Some(ends_ms) = window_ends_ms(&send.identities, send.last_inbound_ms) else { return true };
    send.last_inbound_ms > 0 && facts.now_ms.saturating_add(facts.margin_ms) < ends_ms
}

/// When the channel stops taking words of one's own; `None`: it always takes them.
pub(super) fn window_ends_ms(identities: &[Identity], last_inbound_ms: i64) -> Option<i64> {
    let channel = identities.first().map_or("whatsapp", |identity| identity.channel.as_str());
    let hours = duka_engine::limits::Channel::named(channel).and_then(|channel| channel.window_hours)?;
    Some(last_inbound_ms.saturating_add(i64::from(hours) * HOUR_MS))
}

fn template(send: &ClaimedSend, template: TemplateMessage, open: bool, facts: &Facts<'_>) -> Verdict {
    let known = usable(&template, facts.templates);
    // What the vendor has made marketing is marketing, whatever the flow calls it (F72).
    let recategorised = known.as_ref().is_some_and(|row| row.category.eq_ignore_ascii_case("marketing"));
    if template.category == Category::Marketing || recategorised {
        if !consented(send.send.conversation, template.about.as_deref(), facts.consents) {
            return failed(codes::NO_CONSENT);
        }
        if let Some(verdict) = wants_none(send, facts) {
            return verdict;
        }
        if let Some(until_ms) = marketing_waits(facts) {
            return Verdict::End(AttemptEnd::Again { not_before_ms: until_ms, error: 0 });
        }
    }
    if open && template.category != Category::Authentication {
        return Verdict::Attempt(Form::Message(template.session));
    }
    if marked(send, marks::IDENTITY_CHANGED, facts).is_some_and(|at_ms| at_ms > send.last_inbound_ms) {
        return failed(codes::IDENTITY_CHANGED);
    }
    if !facts.closed.is_empty() {
        let market = costs::market(&send.identities);
        if facts.closed.iter().any(|(closed, until_ms)| *closed == market && *until_ms > facts.now_ms) {
            return failed(codes::COUNTRY_CLOSED);
        }
    }
    // Kept while it is worth sending; what the customer begins is looked at again soon.
    if held_back(facts).is_some_and(|holds| holds >= Holds::Initiated) {
        return Verdict::End(AttemptEnd::Again { not_before_ms: facts.now_ms + MARKETING_PAUSE_MS, error: 0 });
    }
    match known {
        Some(row) => {
            let language = row.language.clone();
            Verdict::Attempt(Form::Template(TemplateMessage { language, ..template }, Some(Box::new(row.clone()))))
        }
        None if is_known(&template, facts.templates) => failed(codes::TEMPLATE_UNUSABLE),
        None => Verdict::Attempt(Form::Template(template, None)),
    }
}

/// The template in its language, if it is approved; for `en` also in `en_US`. Words of another language would not be those of
/// the values.
fn usable<'a>(
    template: &TemplateMessage,
    templates: &'a BTreeMap<(SmolStr, SmolStr), TemplateRow>,
) -> Option<&'a TemplateRow> {
    let wanted = normal(&template.language);
    let approved = |row: &&TemplateRow| row.name == template.name && row.status.eq_ignore_ascii_case("approved");
    let rows = || templates.values().filter(approved);
    let root = |language: &str| language.split('-').next().unwrap_or_default().to_string();
    let exact = rows().find(|row| normal(&row.language) == wanted);
    exact.or_else(|| rows().find(|row| root(&normal(&row.language)) == root(&wanted)))
}

/// Whether the vendor has said how it stands; one of which only the quality was told may be fine.
fn is_known(template: &TemplateMessage, templates: &BTreeMap<(SmolStr, SmolStr), TemplateRow>) -> bool {
    templates.values().any(|row| row.name == template.name && !row.status.is_empty())
}

/// Vendors write `pt_BR` where we write `pt-BR`.
fn normal(language: &str) -> String {
    language.replace('_', "-").to_ascii_lowercase()
}

/// Marketing needs a consent that stands: its own, and no later stop of all marketing.
fn consented(
    conversation: ConversationId,
    about: Option<&str>,
    consents: &BTreeMap<(ConversationId, SmolStr), ConsentEntry>,
) -> bool {
    let standing = |name: &str| consents.get(&(conversation, SmolStr::new(name)));
    let Some(own) = standing(about.unwrap_or(ALL_MARKETING)) else { return false };
    own.given && standing(ALL_MARKETING).is_none_or(|all| all.given || all.at_ms < own.at_ms)
}

/// When the provider said so of a customer, ms since 1970.
fn marked(send: &ClaimedSend, mark: &str, facts: &Facts<'_>) -> Option<i64> {
    facts.consents.get(&(send.send.conversation, SmolStr::new(mark))).map(|entry| entry.at_ms)
}

/// Marketing that the provider would not deliver to this customer now: it waits if it may still be worth sending then, and
/// fails otherwise.
fn wants_none(send: &ClaimedSend, facts: &Facts<'_>) -> Option<Verdict> {
    let until = |mark, days_ms| marked(send, mark, facts).map(|at_ms| at_ms.saturating_add(days_ms));
    if let Some(until_ms) = until(marks::CAPPED, marks::CAPPED_MS).filter(|until_ms| *until_ms > facts.now_ms) {
        let waits = AttemptEnd::Again { not_before_ms: until_ms, error: 0 };
        return Some(if until_ms < send.send.expires_ms { Verdict::End(waits) } else { failed(codes::CAPPED) });
    }
    let said_ms = marked(send, marks::UNREACHABLE, facts)?;
    let holds = said_ms > send.last_inbound_ms && said_ms.saturating_add(marks::UNREACHABLE_MS) > facts.now_ms;
    holds.then(|| failed(codes::UNREACHABLE))
}

/// The most that the provider holds back now.
fn held_back(facts: &Facts<'_>) -> Option<Holds> {
    facts.health.and_then(|health| health.warned(facts.now_ms).map(|warning| warning.holds).max())
}

/// Until when marketing must wait: for the number's health, or for the end of the shop's quiet hours.
fn marketing_waits(facts: &Facts<'_>) -> Option<i64> {
    let red = facts.health.is_some_and(|health| health.quality.eq_ignore_ascii_case("red"));
    if red || facts.marketing_paused || held_back(facts).is_some() {
        return Some(facts.now_ms.saturating_add(MARKETING_PAUSE_MS));
    }
    let (from, to) = facts.shop.program.shop.profile.quiet_hours?;
    let minute = facts.shop.minute_of_day(facts.now_ms);
    let quiet = if from <= to { (from..to).contains(&minute) } else { minute >= from || minute < to };
    let minutes = (i64::from(to) - i64::from(minute)).rem_euclid(24 * 60);
    quiet.then(|| facts.now_ms - facts.now_ms.rem_euclid(MINUTE_MS) + minutes * MINUTE_MS)
}
