//! From a signed body to a commit: split, routed element by element, told to the host. One bad element spoils no other;
//! what is for nobody is kept for a person. Decides nothing that a conversation could see.

mod account;
mod met;
mod set_aside;
mod signer;

use std::collections::BTreeMap;
use std::sync::Arc;

use duka_engine::card;
use duka_engine::event::{Event, EventKind, Inbound};
use metrics::counter;
use smol_str::SmolStr;

use super::Server;
use super::flood::Fits;
use super::forms::{self, Standing};
use super::keep::SEEN_MS;
use crate::channel::whatsapp::CHANNEL;
use crate::channel::whatsapp::decode::{AccountEvent, Act, Decoded, Meaning, Reader, Report};
use crate::channel::whatsapp::split::{self, Element};
use crate::host::incoming::{self, Arrival, Arrived, Incoming, Wanted};
use crate::host::writer::{Job, Took};
use crate::id::{ElementKey, ShopScope};
use crate::shops::{Routes, Served};
use crate::store::{Delivery, Identity, QuarantineEntry};

pub use self::met::Met;

/// Why a body was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    Forged,
    NotAWebhook,
    /// The store did not take it: the vendor tries again.
    NotCommitted,
    /// The shop gets more than it may: the vendor tries again, more slowly.
    TooMuch,
}

/// One body's way in.
pub(super) struct Ingress<'a> {
    pub server: &'a Server,
    pub received_ms: i64,
}

impl Ingress<'_> {
    /// Ends when everything is committed.
    pub(super) async fn take(&self, signature: Option<&[u8]>, body: &[u8]) -> Result<(), Refusal> {
        let routes = self.server.registry.now();
        let app = signer::signer(&routes, signature, body).ok_or(Refusal::Forged)?;
        let text = split::text(body);
        let elements = split::split(&text).map_err(|_| Refusal::NotAWebhook)?;
        if self.is_too_much(&routes, &elements) {
            return Err(Refusal::TooMuch);
        }
        let mut arrivals = Vec::with_capacity(elements.len());
        for element in &elements {
            self.arrive(&routes, app, element, &mut arrivals).await;
        }
        if arrivals.is_empty() {
            return Ok(());
        }
        match self.server.desk.commit(Job::Arrivals(arrivals)).await {
            Ok(took) => {
                count(&took);
                Ok(())
            }
            Err(error) => {
                tracing::error!(%error, "a webhook could not be committed; the vendor will send it again");
                Err(Refusal::NotCommitted)
            }
        }
    }

    /// Whether every shop that the body is for gets more than it may (TM7): another shop's share is never taken.
    fn is_too_much(&self, routes: &Routes, elements: &[Element<'_>]) -> bool {
        if !self.server.flood.is_limited() {
            return false;
        }
        let mut counts: BTreeMap<ShopScope, u32> = BTreeMap::new();
        for number in elements.iter().filter_map(|element| element.number.as_deref()) {
            if let Some(shop) = routes.of_number(number) {
                *counts.entry(shop.scope).or_default() += 1;
            }
        }
        let over = counts.iter().filter(|(shop, count)| !self.server.flood.takes(**shop, **count)).count();
        over > 0 && over == counts.len()
    }

    async fn arrive(&self, routes: &Routes, app: usize, element: &Element<'_>, arrivals: &mut Vec<Arrival>) {
        // A number speaks for its shop only under the shop's own app (TM4).
        let shops: Vec<&Arc<Served>> = match &element.number {
            Some(number) => routes.of_number(number).filter(|shop| shop.app == app).into_iter().collect(),
            None => routes.of_account(&element.account).filter(|shop| shop.app == app).collect(),
        };
        if shops.is_empty() {
            let what = if element.number.is_some() { "unknown number" } else { "unknown account" };
            tracing::warn!(what, "a webhook's element is for no shop of this server; it is kept in quarantine");
            return arrivals.push(self.for_nobody(what, element));
        }
        for shop in shops {
            let reader = Reader { shop: shop.scope, keys: &shop.keys };
            let Decoded { key, meaning } = reader.decode(element);
            // The vendor repeats for a week; a body that comes when its keys are forgotten is somebody else's copy (TM3).
            let at_ms = meaning.at_ms();
            if at_ms > 0 && self.received_ms.saturating_sub(at_ms) > SEEN_MS {
                tracing::warn!(shop = %shop.slug, "a webhook tells of what is more than eight days old; it is kept in quarantine");
                arrivals.push(self.keep(shop.scope, Some(key), "too old", element.place.name(), element));
                continue;
            }
            self.told(shop, element, key, meaning, arrivals).await;
        }
    }

    /// What an element means, as the host takes it.
    async fn told(
        &self,
        shop: &Served,
        element: &Element<'_>,
        key: ElementKey,
        meaning: Meaning,
        arrivals: &mut Vec<Arrival>,
    ) {
        let mut add = |key: Option<ElementKey>, what: Arrived| {
            arrivals.push(Arrival { shop: shop.scope, key, received_ms: self.received_ms, what });
        };
        match meaning {
            Meaning::Act(act) => {
                if let (Some(known), Some(shared)) = (act.who.first().cloned(), act.shared.clone()) {
                    add(None, Arrived::Identities(vec![known, shared]));
                }
                if card::was_in(&act.inbound) {
                    counter!("duka_card_numbers_total").increment(1);
                }
                let identities = act.who.clone();
                let fits = self.fits(&act);
                add(Some(key), customer(identities, bounded(fits, written(act, element))));
            }
            Meaning::Status(report) => {
                let Report { update, who, .. } = report;
                if self.server.met.is_first(shop.scope, &who) {
                    add(None, Arrived::Recipient { send: update.send, identities: who });
                }
                let status = match update.status {
                    Delivery::None | Delivery::Sent => "sent",
                    Delivery::Failed => "failed",
                    Delivery::Delivered => "delivered",
                    Delivery::Read | Delivery::Played => "read",
                };
                counter!("duka_statuses_total", "status" => status).increment(1);
                add(None, Arrived::Status(update));
            }
            Meaning::OwnerReplied { who, id, .. } => {
                add(Some(key), customer(who, Incoming { proof: id, ..Incoming::event(EventKind::HandoffOpened) }));
            }
            Meaning::Moved { from, to, .. } => add(Some(key), Arrived::Moved { from, to }),
            Meaning::Preference { who, marketing, at_ms } => {
                let given = marketing;
                let proof = SmolStr::new_static("user_preferences");
                let act = incoming::Act::Marketing { given };
                add(
                    Some(key),
                    customer(who, Incoming { act, proof, provider_ms: at_ms, ..Incoming::event(EventKind::Wake) }),
                );
            }
            Meaning::Account(event) => self.account(shop, event, arrivals).await,
            Meaning::Trouble { code, .. } => {
                tracing::warn!(shop = %shop.slug, code, "the vendor reports trouble with the account or the number");
                counter!("duka_account_trouble_total").increment(1);
            }
            // Believed by nobody before it was fetched (TM29), and kept until somebody can (F83).
            Meaning::Payment { reference, status, .. } => {
                let number = element.number.as_deref().unwrap_or_default();
                let told = self.server.cashier.told_in_chat(shop.scope, number, &reference, &status).await;
                if !matches!(told, Ok(true)) {
                    arrivals.push(self.keep(shop.scope, Some(key), "payment", "payment", element));
                }
            }
            Meaning::Kept { .. } => kept("other"),
            Meaning::Unknown { what } => arrivals.push(self.unknown(shop, &what, element)),
            Meaning::Unreadable { why } => arrivals.push(self.keep(shop.scope, Some(key), "unreadable", why, element)),
        }
    }

    /// Whether one more message is taken of this customer (F102), by when it was written.
    fn fits(&self, act: &Act) -> Fits {
        let at_ms = if act.at_ms > 0 { act.at_ms.min(self.received_ms) } else { self.received_ms };
        act.who.first().map_or(Fits::Yes, |who| self.server.flood.fits(who, at_ms))
    }

    async fn account(&self, shop: &Served, event: AccountEvent, arrivals: &mut Vec<Arrival>) {
        if let AccountEvent::Form { flow, status, at_ms } = &event {
            let at_ms = if *at_ms > 0 { *at_ms } else { self.received_ms };
            let told = [(flow.clone(), Standing::told(status.clone(), at_ms))];
            if let Err(error) = forms::keep(&self.server.host.store, shop.scope, &told).await {
                tracing::warn!(shop = %shop.slug, %error, "what became of a form is not kept; it is asked for every hour");
            }
        }
        for what in account::changes(shop, event, self.received_ms) {
            arrivals.push(Arrival { shop: shop.scope, key: None, received_ms: self.received_ms, what });
        }
    }

    fn keep(
        &self,
        shop: ShopScope,
        key: Option<ElementKey>,
        reason: &str,
        detail: &str,
        element: &Element<'_>,
    ) -> Arrival {
        let entry = QuarantineEntry {
            shop: Some(shop),
            at_ms: self.received_ms,
            reason: reason.into(),
            detail: detail.to_string(),
            body: element.keep(),
        };
        Arrival { shop, key, received_ms: self.received_ms, what: Arrived::Quarantine(entry) }
    }

    /// What this version does not know, with its bytes: of each kind one entry a day, so that a new field of the vendor fills
    /// no table.
    fn unknown(&self, shop: &Served, what: &str, element: &Element<'_>) -> Arrival {
        tracing::info!(shop = %shop.slug, what, "a webhook tells of what this version does not know");
        let day = self.received_ms.div_euclid(86_400_000);
        let key = ElementKey::named("unknown", &format!("{} {what} {day}", shop.scope.number()));
        self.keep(shop.scope, Some(key), "unknown", what, element)
    }

    /// What no shop here is for, such as what comes after a shop was erased: whose it would be and what it is, and nothing
    /// that a customer wrote (F17, F103). Of each account, number and kind one entry a day.
    fn for_nobody(&self, what: &str, element: &Element<'_>) -> Arrival {
        let short = |id: &str| -> String { id.chars().filter(char::is_ascii_alphanumeric).take(32).collect() };
        let (account, number) = (short(&element.account), short(element.number.as_deref().unwrap_or_default()));
        let detail = format!("account {account}, number {number}, {}", element.place.name());
        let entry = QuarantineEntry {
            shop: None,
            at_ms: self.received_ms,
            reason: what.into(),
            detail: detail.clone(),
            body: Vec::new(),
        };
        let day = self.received_ms.div_euclid(86_400_000);
        let key = Some(ElementKey::named("for nobody", &format!("{detail} {day}")));
        let (shop, received_ms) = (ShopScope::NONE, self.received_ms);
        Arrival { shop, key, received_ms, what: Arrived::Quarantine(entry) }
    }
}

/// Takes again what was kept in quarantine under that number, once however often it is asked for (I3). Of an element, its
/// first sighting does not count, since nothing came of it; an event that was set aside goes to its conversation.
///
/// # Errors
/// The bytes are neither, or the store does not take it.
pub(crate) async fn again(server: &Server, shop: &Served, number: i64, entry: &QuarantineEntry) -> Result<(), Refusal> {
    let mut arrivals = match set_aside::read(entry) {
        Some(what) => vec![Arrival { shop: shop.scope, key: None, received_ms: server.host.clock.now_ms(), what }],
        None => element_again(server, shop, &entry.body).await?,
    };
    for (at, arrival) in arrivals.iter_mut().enumerate() {
        arrival.key = Some(ElementKey::named("quarantine", &format!("{} {number} {at}", entry.at_ms)));
    }
    server.desk.commit(Job::Arrivals(arrivals)).await.map(|_| ()).map_err(|_| Refusal::NotCommitted)
}

async fn element_again(server: &Server, shop: &Served, kept: &[u8]) -> Result<Vec<Arrival>, Refusal> {
    let element = split::kept(kept).map_err(|_| Refusal::NotAWebhook)?;
    let ingress = Ingress { server, received_ms: server.host.clock.now_ms() };
    let Decoded { key, meaning } = Reader { shop: shop.scope, keys: &shop.keys }.decode(&element);
    let mut arrivals = Vec::new();
    ingress.told(shop, &element, key, meaning, &mut arrivals).await;
    Ok(arrivals)
}

fn customer(identities: Vec<Identity>, incoming: Incoming) -> Arrived {
    Arrived::Customer { channel: CHANNEL.into(), identities, incoming }
}

fn written(act: Act, element: &Element<'_>) -> Incoming {
    // Stickers are read by no flow, and not fetched.
    let is_media = matches!(act.inbound, Inbound::Media(_));
    Incoming {
        act: incoming::Act::Event(Event { at_ms: 0, kind: EventKind::Inbound(act.inbound) }),
        provider_ms: if act.opens_window { act.at_ms } else { 0 },
        ad_ms: if act.from_ad { act.at_ms } else { 0 },
        number: element.number.as_deref().map(SmolStr::new).unwrap_or_default(),
        proof: act.id,
        name: act.name,
        note: act.note,
        file: act.file.filter(|_| is_media).map(|file| Wanted { id: file.id, url: file.url, sha256: file.sha256 }),
    }
}

/// What is too much is not acted on, and its file not fetched.
fn bounded(fits: Fits, incoming: Incoming) -> Incoming {
    let first = match fits {
        Fits::Yes => return incoming,
        Fits::NoMore => true,
        Fits::No => false,
    };
    counter!("duka_customer_floods_total").increment(1);
    match incoming.act {
        incoming::Act::Event(event) => {
            Incoming { act: incoming::Act::TooMany { event, first }, file: None, ..incoming }
        }
        incoming::Act::Marketing { .. } | incoming::Act::WindowClosed | incoming::Act::TooMany { .. } => incoming,
    }
}

fn kept(what: &'static str) {
    counter!("duka_elements_total", "took" => what).increment(1);
}

fn count(took: &[Took]) {
    let mut counts: BTreeMap<&'static str, u64> = BTreeMap::new();
    for took in took {
        let name = match took {
            Took::Advanced => "advanced",
            Took::Queued => "queued",
            Took::Copy => "copy",
            Took::Noted => "noted",
            Took::Quarantined => "quarantined",
            Took::Dropped => "dropped",
        };
        *counts.entry(name).or_default() += 1;
    }
    for (name, count) in counts {
        counter!("duka_elements_total", "took" => name).increment(count);
    }
}
