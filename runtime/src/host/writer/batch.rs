//! One transaction: copies told from new elements, statuses and ends of attempts joined, conversations found and kept,
//! turns taken, all of it written, committed. Nothing is told to anybody before the commit (I5).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use duka_engine::event::{EventKind, Outcome};
use duka_engine::limits::whatsapp::{FREE_ENTRY_ANSWER_HOURS, FREE_ENTRY_HOURS};
use duka_engine::outbound::Outbound;

use super::dues::{Dues, Plan};
use super::{Ended, Entry, Piece, Skip, Took, WriteError, failure_of, lessons, who};
use crate::costs::month;
use crate::host::Host;
use crate::host::codes;
use crate::host::incoming::{Act, Arrived, Incoming};
use crate::host::notices::{Notice, Told};
use crate::host::points::Point;
use crate::host::shops::Shop;
use crate::id::{ConversationId, ShopScope};
use crate::store::{
    AttemptEnd, Conversation, CostRow, EndedCall, FreeEntry, HealthNews, Identity, InboxRow, NewSend, SendRow,
    Settlement, Sighting, StatusEffect, StatusUpdate, Tx,
};

pub(super) struct Batch<'a> {
    pub host: &'a Host,
    pub shops: Arc<BTreeMap<ShopScope, Arc<Shop>>>,
    pub careful: bool,
    pub now_ms: i64,
}

/// An event that an element of this batch led to, besides itself.
#[derive(Debug)]
pub(super) struct Extra {
    pub shop: ShopScope,
    pub conversation: ConversationId,
    pub incoming: Incoming,
    /// It has its turn from the inbox, in a transaction of its own.
    pub waits: bool,
}

/// How one try ended.
enum End {
    Committed(Vec<Took>),
    /// Nothing was written, and these entries must be left out.
    Without(Vec<(usize, Skip)>),
}

impl Batch<'_> {
    /// What became of each entry.
    pub async fn run(self, entries: &mut [Entry]) -> Result<Vec<Took>, WriteError> {
        // A shop may have gone since its work was found.
        let gone = entries.iter_mut().filter(|entry| !self.shops.contains_key(&entry.shop));
        gone.for_each(|entry| entry.skip = Skip::Elsewhere);
        loop {
            match self.once(entries).await? {
                End::Committed(took) => return Ok(took),
                // Each time around more are left out, so this ends.
                End::Without(out) => {
                    for (at, why) in out {
                        entries.iter_mut().skip(at).take(1).for_each(|entry| entry.skip = why);
                    }
                }
            }
        }
    }

    async fn once(&self, entries: &mut [Entry]) -> Result<End, WriteError> {
        let points = &self.host.points;
        let shops: Vec<ShopScope> = entries.iter().map(|entry| entry.shop).collect();
        let mut took = vec![Took::Noted; entries.len()];
        let mut tx = self.host.store.begin_for(&shops).await?;
        points.hit(Point::IngestBegun)?;
        admit(&mut tx, entries, &mut took).await?;
        points.hit(Point::IngestAdmitted)?;
        let mut told = Vec::new();
        let mut costs = BTreeMap::new();
        let mut extras = self.statuses(&mut tx, entries, &mut told, &mut costs).await?;
        settlements(&mut tx, entries, &mut took, (&mut extras, &mut told), self.now_ms).await?;
        results(&mut tx, entries, &mut took, &mut extras, self.careful).await?;
        ledgers(&mut tx, entries, &mut took, &mut told, self.now_ms).await?;
        who::moved(&mut tx, entries, &took).await?;
        who::recipients(&mut tx, entries).await?;
        let places = self.places(&mut tx, entries, &took).await?;
        unmatched(&mut tx, entries, &places, &mut took, &mut told).await?;
        consume(&mut tx, entries, &mut took).await?;
        let mut dues = Dues::new(self, told);
        dues.lock(&mut tx, &places, entries, &extras).await?;
        match dues.take_all(entries, &places, &mut extras, &mut took) {
            Plan::Without(out) => return Ok(End::Without(out)),
            Plan::Write => {}
        }
        points.hit(Point::WorkStepped)?;
        dues.write(&mut tx).await?;
        if !costs.is_empty() {
            tx.add_costs(&costs.into_values().collect::<Vec<_>>()).await?;
        }
        points.hit(Point::WorkBeforeCommit)?;
        tx.commit().await?;
        dues.committed();
        points.hit(Point::WorkAfterCommit)?;
        Ok(End::Committed(took))
    }

    /// The conversation of each entry; of customers who never wrote, a new one.
    async fn places(
        &self,
        tx: &mut Tx,
        entries: &[Entry],
        took: &[Took],
    ) -> Result<Vec<Option<ConversationId>>, WriteError> {
        let mut places: Vec<Option<ConversationId>> = entries.iter().map(place_known).collect();
        let by_identity: Vec<(usize, &[Identity])> = entries
            .iter()
            .enumerate()
            .filter(|(at, _)| took.get(*at).is_none_or(|took| *took == Took::Noted))
            .filter_map(|(at, entry)| Some((at, identities_of(entry)?)))
            .collect();
        if by_identity.is_empty() {
            return Ok(places);
        }
        let asked: Vec<Identity> = by_identity.iter().flat_map(|(_, of)| of.iter().cloned()).collect();
        let found = tx.find_conversations(&asked).await?;
        let mut found = found.into_iter();
        let mut new = Vec::new();
        let mut links = Vec::new();
        for (at, identities) in by_identity {
            let known: Vec<(&Identity, Option<ConversationId>)> =
                identities.iter().map(|identity| (identity, found.next().flatten())).collect();
            let shop = entries.get(at).map_or(ShopScope::NONE, |entry| entry.shop);
            // A vendor's user id says more than a phone number, which may be somebody else's by now (TM46).
            let mine = known.iter().filter(|(_, id)| id.is_some()).min_by_key(|(identity, _)| identity.kind);
            let mine = if who::is_anothers(tx, shop, &known).await? { None } else { mine };
            match mine.and_then(|(_, id)| *id) {
                Some(id) => {
                    if let Some(place) = places.get_mut(at) {
                        *place = Some(id);
                    }
                    let unknown = known.iter().filter(|(_, id)| id.is_none());
                    links.extend(unknown.map(|(identity, _)| (id, (*identity).clone())));
                }
                None => {
                    let customer = entries.get(at).filter(|entry| matches!(&entry.piece, Piece::Arrival(_)));
                    new.extend(customer.and_then(|entry| self.conversation(entry)).map(|row| (at, row, known)));
                }
            }
        }
        if !links.is_empty() {
            tx.link_identities(&links).await?;
            who::replaced(tx, &links).await?;
        }
        if !new.is_empty() {
            let unknown = |known: &[(&Identity, Option<ConversationId>)]| -> Vec<Identity> {
                known.iter().filter(|(_, id)| id.is_none()).map(|(identity, _)| (*identity).clone()).collect()
            };
            let rows: Vec<_> = new.iter().map(|(_, row, known)| (row.clone(), unknown(known))).collect();
            let mut taken_over = Vec::new();
            for ((at, _, known), id) in new.iter().zip(tx.create_conversations(&rows).await?) {
                if let Some(place) = places.get_mut(*at) {
                    *place = Some(id);
                }
                let theirs = known.iter().filter(|(_, id)| id.is_some());
                taken_over.extend(theirs.map(|(identity, _)| (id, (*identity).clone())));
            }
            if !taken_over.is_empty() {
                tx.link_identities(&taken_over).await?;
            }
        }
        Ok(places)
    }

    /// Joins what the provider says of sends; a failure is an event of its conversation.
    async fn statuses(
        &self,
        tx: &mut Tx,
        entries: &[Entry],
        told: &mut Vec<Told>,
        costs: &mut BTreeMap<CostRow, CostRow>,
    ) -> Result<Vec<Extra>, WriteError> {
        let updates: Vec<StatusUpdate> = entries.iter().filter_map(|entry| status_of(entry).cloned()).collect();
        let mut extras = Vec::new();
        if updates.is_empty() {
            return Ok(extras);
        }
        let heard_ms = self.host.clock.monotonic_ms();
        let mut free = Vec::new();
        for (update, effect) in updates.iter().zip(tx.apply_statuses(&updates).await?) {
            if let Some(effect) = &effect {
                self.host.holding.heard(effect.shop, effect.id, heard_ms);
            }
            let Some(effect) = effect else { continue };
            let (shop, conversation) = (effect.shop, effect.conversation);
            if update.free_until_ms > 0 {
                free.push((shop, conversation, update.free_until_ms));
            }
            if let Some((category, pricing)) = effect.delivered.clone() {
                let month = month(if update.at_ms > 0 { update.at_ms } else { self.now_ms });
                let row = CostRow { shop, month, market: update.market, category, pricing, messages: 0 };
                costs.entry(row.clone()).or_insert(row).messages += 1;
            }
            if effect.duplicate {
                let notice = Notice::Duplicate { send: effect.id };
                told.push(Told { shop, conversation: Some(conversation), notice });
            }
            if !effect.failed {
                continue;
            }
            lessons::learn(tx, &effect, update, self.now_ms, told).await?;
            if update.error == codes::REENGAGEMENT {
                extras.push(window_closed(shop, conversation, update.at_ms));
                if self.goes_as_template(tx, &effect).await? {
                    continue;
                }
            }
            let id = duka_engine::effect::EffectId { turn: effect.turn, index: effect.index };
            failed(shop, conversation, id, (update.error, update.at_ms), &mut extras);
        }
        if !free.is_empty() {
            tx.open_free_entries(&free).await?;
        }
        Ok(extras)
    }

    /// A template that went as a message of a window that the provider found closed after all goes once more, as what it
    /// is (F59). `false`: it was no such message.
    async fn goes_as_template(&self, tx: &mut Tx, effect: &StatusEffect) -> Result<bool, WriteError> {
        let Some(row) = tx.send(effect.shop, effect.id).await? else { return Ok(false) };
        if !matches!(postcard::from_bytes(&row.send.body), Ok(Outbound::Template(_))) {
            return Ok(false);
        }
        let since = tx.sends_of(effect.shop, effect.conversation, effect.turn, u32::MAX).await?;
        let same = |it: &SendRow| (it.send.turn, it.send.index) == (effect.turn, effect.index);
        if since.iter().filter(|it| same(it)).count() > 1 {
            return Ok(false);
        }
        let id = self.host.mint.send();
        tx.add_sends(&[NewSend { id, not_before_ms: self.now_ms, ..row.send }]).await?;
        Ok(true)
    }

    fn conversation(&self, entry: &Entry) -> Option<Conversation> {
        let Piece::Arrival(arrival) = &entry.piece else { return None };
        let Arrived::Customer { channel, incoming, .. } = &arrival.what else { return None };
        Some(Conversation {
            shop: entry.shop,
            id: self.host.mint.conversation(),
            channel: channel.clone(),
            number: incoming.number.clone(),
            session: Vec::new(),
            turn: 0,
            last_inbound_ms: 0,
            free: FreeEntry::None,
            wake_at_ms: None,
            handed_over: false,
            pending: 0,
        })
    }
}

fn place_known(entry: &Entry) -> Option<ConversationId> {
    match &entry.piece {
        Piece::Arrival(arrival) => match &arrival.what {
            Arrived::Conversation { id, .. } => Some(*id),
            Arrived::Customer { .. }
            | Arrived::Order { .. }
            | Arrived::Identities(_)
            | Arrived::Recipient { .. }
            | Arrived::Moved { .. }
            | Arrived::Status(_)
            | Arrived::Template(_)
            | Arrived::Health(_)
            | Arrived::Quarantine(_) => None,
        },
        Piece::Inbox(row, _) => Some(row.conversation),
        Piece::Wake(id, _) => Some(*id),
        Piece::Settle(_) | Piece::Result(..) => None,
    }
}

fn identities_of(entry: &Entry) -> Option<&[Identity]> {
    let Piece::Arrival(arrival) = &entry.piece else { return None };
    match &arrival.what {
        Arrived::Customer { identities, .. }
        | Arrived::Identities(identities)
        | Arrived::Order { order: identities, .. } => Some(identities),
        Arrived::Conversation { .. }
        | Arrived::Recipient { .. }
        | Arrived::Moved { .. }
        | Arrived::Status(_)
        | Arrived::Template(_)
        | Arrived::Health(_)
        | Arrived::Quarantine(_) => None,
    }
}

/// Tells copies from first sightings (I3).
async fn admit(tx: &mut Tx, entries: &[Entry], took: &mut [Took]) -> Result<(), WriteError> {
    let mut at = Vec::new();
    let mut sightings = Vec::new();
    for (place, entry) in entries.iter().enumerate() {
        if let Piece::Arrival(arrival) = &entry.piece
            && let Some(key) = arrival.key
        {
            at.push(place);
            sightings.push(Sighting { shop: entry.shop, key, received_ms: arrival.received_ms });
        }
    }
    if sightings.is_empty() {
        return Ok(());
    }
    let first = tx.admit(&sightings).await?;
    for (place, first) in at.into_iter().zip(first) {
        if let Some(took) = took.get_mut(place).filter(|_| !first) {
            *took = Took::Copy;
        }
    }
    Ok(())
}

fn status_of(entry: &Entry) -> Option<&StatusUpdate> {
    let Piece::Arrival(arrival) = &entry.piece else { return None };
    match &arrival.what {
        Arrived::Status(update) => Some(update),
        Arrived::Customer { .. }
        | Arrived::Order { .. }
        | Arrived::Conversation { .. }
        | Arrived::Identities(_)
        | Arrived::Recipient { .. }
        | Arrived::Moved { .. }
        | Arrived::Template(_)
        | Arrived::Health(_)
        | Arrived::Quarantine(_) => None,
    }
}

/// What the conversation hears of a message that was not delivered, and when the provider said so (0: just now).
fn failed(
    shop: ShopScope,
    conversation: ConversationId,
    effect: duka_engine::effect::EffectId,
    (error, at_ms): (i32, i64),
    extras: &mut Vec<Extra>,
) {
    let mut add = |incoming| extras.push(Extra { shop, conversation, incoming, waits: false });
    if error == codes::USER_STOPPED_MARKETING {
        let act = Act::Marketing { given: false };
        let proof = codes::reason(error);
        add(Incoming { act, proof, provider_ms: at_ms, ..Incoming::event(EventKind::Wake) });
    }
    add(Incoming::event(EventKind::MessageFailed { effect, reason: codes::reason(error) }));
}

/// What was written after `as_of_ms` opens the window again.
fn window_closed(shop: ShopScope, conversation: ConversationId, as_of_ms: i64) -> Extra {
    let incoming = Incoming { act: Act::WindowClosed, provider_ms: as_of_ms, ..Incoming::event(EventKind::Wake) };
    Extra { shop, conversation, incoming, waits: false }
}

async fn settlements(
    tx: &mut Tx,
    entries: &[Entry],
    took: &mut [Took],
    (extras, told): (&mut Vec<Extra>, &mut Vec<Told>),
    now_ms: i64,
) -> Result<(), WriteError> {
    let ends: Vec<(usize, &Ended)> = entries
        .iter()
        .enumerate()
        .filter_map(|(at, entry)| if let Piece::Settle(ended) = &entry.piece { Some((at, ended)) } else { None })
        .collect();
    if ends.is_empty() {
        return Ok(());
    }
    let mut free = Vec::new();
    let rows: Vec<Settlement> = ends.iter().map(|(_, ended)| ended.settlement.clone()).collect();
    for ((at, ended), settled) in ends.into_iter().zip(tx.settle_sends(&rows).await?) {
        let shop = ended.settlement.shop;
        if let Some(as_of_ms) = ended.window_closed {
            extras.push(window_closed(shop, ended.conversation, as_of_ms));
        }
        match failure_of(&ended.settlement.end) {
            Some(error) if settled.held => {
                lessons::refused(tx, (shop, ended.conversation), (error, ended.market), now_ms, told).await?;
                failed(shop, ended.conversation, ended.effect, (error, 0), extras);
            }
            Some(_) | None if settled.failed => failed(shop, ended.conversation, ended.effect, (0, 0), extras),
            Some(_) | None => {}
        }
        let accepted = settled.held && matches!(ended.settlement.end, AttemptEnd::Accepted { .. });
        if let Some(until_ms) = free_until_ms(ended.free, now_ms).filter(|_| accepted) {
            free.push((shop, ended.conversation, until_ms));
        }
        if ended.initiated && accepted {
            tx.note_recipients(shop, &[(ended.conversation, now_ms)]).await?;
        }
        if let Some(took) = took.get_mut(at).filter(|_| !settled.held) {
            *took = Took::Dropped;
        }
    }
    if !free.is_empty() {
        tx.open_free_entries(&free).await?;
    }
    Ok(())
}

/// Until when everything is free after an answer that is taken now; `None`: it opens nothing (whatsapp-cloud-api 12.2).
fn free_until_ms(free: FreeEntry, now_ms: i64) -> Option<i64> {
    let FreeEntry::Came(came_ms) = free else { return None };
    let hours = |hours: u32| i64::from(hours) * 3_600_000;
    let is_answered = now_ms.saturating_sub(came_ms) <= hours(FREE_ENTRY_ANSWER_HOURS);
    is_answered.then(|| now_ms.saturating_add(hours(FREE_ENTRY_HOURS)))
}

/// Ends calls. What they came to is an event of their conversations.
async fn results(
    tx: &mut Tx,
    entries: &[Entry],
    took: &mut [Took],
    extras: &mut Vec<Extra>,
    careful: bool,
) -> Result<(), WriteError> {
    let (mut at, mut calls, mut events) = (Vec::new(), Vec::new(), Vec::new());
    for (place, entry) in entries.iter().enumerate() {
        if let Piece::Result(call, outcome) = &entry.piece {
            at.push(place);
            calls.push(call.clone());
            events.push(result(call, outcome, careful));
        }
    }
    if calls.is_empty() {
        return Ok(());
    }
    for ((at, held), event) in at.into_iter().zip(tx.end_calls(&calls).await?).zip(events) {
        if let Some(took) = took.get_mut(at) {
            *took = if held { Took::Noted } else { Took::Dropped };
        }
        extras.extend(held.then_some(event));
    }
    Ok(())
}

/// What is tried again may have ended a process with its result: its turn has attempts of its own (TM48).
fn result(call: &EndedCall, outcome: &Outcome, careful: bool) -> Extra {
    let id = duka_engine::effect::EffectId { turn: call.turn, index: call.index };
    let incoming = Incoming::event(EventKind::Result { call: id, outcome: outcome.clone() });
    Extra { shop: call.shop, conversation: call.conversation, incoming, waits: careful || call.attempt > 1 }
}

pub(super) fn inbox_row(shop: ShopScope, conversation: ConversationId, incoming: &Incoming, now_ms: i64) -> InboxRow {
    InboxRow { shop, seq: 0, conversation, body: incoming.kept(), received_ms: now_ms, attempts: 0 }
}

/// Keeps what was said of orders that are no conversation's, for a person.
async fn unmatched(
    tx: &mut Tx,
    entries: &[Entry],
    places: &[Option<ConversationId>],
    took: &mut [Took],
    told: &mut Vec<Told>,
) -> Result<(), WriteError> {
    let mut kept = Vec::new();
    for ((entry, place), took) in entries.iter().zip(places).zip(took) {
        if let Piece::Arrival(arrival) = &entry.piece
            && let Arrived::Order { unmatched, .. } = &arrival.what
            && place.is_none()
            && *took == Took::Noted
        {
            *took = Took::Quarantined;
            let notice = Notice::Quarantined { reason: unmatched.reason.clone() };
            told.push(Told { shop: entry.shop, conversation: None, notice });
            kept.push(unmatched.clone());
        }
    }
    if kept.is_empty() { Ok(()) } else { Ok(tx.add_quarantine(&kept).await.map(drop)?) }
}

/// What is only written down.
async fn ledgers(
    tx: &mut Tx,
    entries: &[Entry],
    took: &mut [Took],
    told: &mut Vec<Told>,
    now_ms: i64,
) -> Result<(), WriteError> {
    let (mut quarantine, mut templates, mut health) = (Vec::new(), Vec::new(), Vec::new());
    for (entry, took) in entries.iter().zip(took) {
        let Piece::Arrival(arrival) = &entry.piece else { continue };
        if *took == Took::Copy {
            continue;
        }
        match &arrival.what {
            Arrived::Quarantine(it) => {
                *took = Took::Quarantined;
                let notice = Notice::Quarantined { reason: it.reason.clone() };
                told.push(Told { shop: entry.shop, conversation: None, notice });
                quarantine.push(it.clone());
            }
            Arrived::Template(news) => templates.push(news.clone()),
            Arrived::Health(news) => health.push(news.clone()),
            Arrived::Customer { .. }
            | Arrived::Conversation { .. }
            | Arrived::Order { .. }
            | Arrived::Identities(_)
            | Arrived::Recipient { .. }
            | Arrived::Moved { .. }
            | Arrived::Status(_) => {}
        }
    }
    if !quarantine.is_empty() {
        tx.add_quarantine(&quarantine).await?;
    }
    if !templates.is_empty() {
        tx.hear_templates(&templates).await?;
    }
    if !health.is_empty() {
        hear_health(tx, &health, told, now_ms).await?;
    }
    Ok(())
}

/// Hears what is told of numbers, and tells of warnings that were not known to hold.
async fn hear_health(tx: &mut Tx, news: &[HealthNews], told: &mut Vec<Told>, now_ms: i64) -> Result<(), WriteError> {
    let shops: BTreeSet<ShopScope> = news.iter().map(|news| news.shop).collect();
    let mut known = Vec::new();
    for shop in &shops {
        known.extend(tx.health(*shop).await?);
    }
    tx.hear_health(news).await?;
    for shop in shops {
        for row in tx.health(shop).await? {
            let known = known.iter().find(|known| known.shop == shop && known.number == row.number);
            for warning in row.warned(now_ms) {
                let is_known = known.iter().flat_map(|known| known.warned(now_ms)).any(|it| it.word == warning.word);
                if !is_known {
                    let notice = Notice::NumberWarned { number: row.number.clone(), word: warning.word.clone() };
                    told.push(Told { shop, conversation: None, notice });
                }
            }
        }
    }
    Ok(())
}

/// Takes the claimed events out of the inbox before they are acted on; one that is gone was another's (I25).
async fn consume(tx: &mut Tx, entries: &[Entry], took: &mut [Took]) -> Result<(), WriteError> {
    let mut at = Vec::new();
    let mut rows = Vec::new();
    for (place, entry) in entries.iter().enumerate() {
        if let Piece::Inbox(row, _) = &entry.piece
            && entry.skip == Skip::No
        {
            at.push(place);
            rows.push((row.shop, row.seq));
        }
    }
    if rows.is_empty() {
        return Ok(());
    }
    for (place, is_there) in at.into_iter().zip(tx.consume(&rows).await?) {
        if let Some(took) = took.get_mut(place).filter(|_| !is_there) {
            *took = Took::Dropped;
        }
    }
    Ok(())
}
