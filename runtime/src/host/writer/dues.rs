//! The turns of one transaction: conversations kept, stepped in order, and what they want written in a few statements.

use std::collections::{BTreeMap, BTreeSet};

use duka_engine::event::EventKind;
use tracing::field::Empty;
use tracing::trace_span;

use super::batch::{Batch, Extra, inbox_row};
use super::{Entry, Piece, Skip, Took, WriteError, who};
use crate::host::incoming::{Act, Arrived, Incoming};
use crate::host::marks::Mark;
use crate::host::notices::{Notice, Told};
use crate::host::recall::Memory;
use crate::host::turn::{self, Automated, Before, Context, TurnError};
use crate::id::{ConversationId, ShopScope};
use crate::store::{
    Advance, ConsentEntry, Conversation, Identity, InboxBody, InboxRow, NewCall, NewPost, NewSend, QuarantineEntry,
    TurnRecord, Tx,
};

type Place = (ShopScope, ConversationId);

/// What the turns came to.
pub(super) enum Plan {
    Write,
    /// These entries must be left out of the transaction.
    Without(Vec<(usize, Skip)>),
}

/// Why a turn was not taken.
enum Hitch {
    /// The conversation is not kept here, or events wait for it.
    NotNow,
    /// Its program is looked up first.
    Unmet,
    Failed(TurnError),
}

/// A conversation that this transaction keeps.
struct Kept {
    row: Conversation,
    from_turn: u64,
    memory: Option<Memory>,
    changed: bool,
    /// Events wait for it, so that a newer one must wait behind them (I4): in the inbox, or in this transaction.
    queued: bool,
    /// Some of them stay in the inbox after this transaction.
    left: bool,
}

pub(super) struct Dues<'a> {
    batch: &'a Batch<'a>,
    kept: BTreeMap<Place, Kept>,
    /// Kept by another process just now.
    elsewhere: Vec<Place>,
    inbox: Vec<InboxRow>,
    release: Vec<(ShopScope, i64)>,
    sends: Vec<NewSend>,
    calls: Vec<NewCall>,
    turns: Vec<TurnRecord>,
    consents: Vec<ConsentEntry>,
    posts: Vec<NewPost>,
    orders: Vec<(ConversationId, Identity)>,
    quarantine: Vec<QuarantineEntry>,
    told: Vec<Told>,
    marks: Vec<Mark>,
}

impl<'a> Dues<'a> {
    pub fn new(batch: &'a Batch<'a>, told: Vec<Told>) -> Dues<'a> {
        Dues {
            batch,
            kept: BTreeMap::new(),
            elsewhere: Vec::new(),
            inbox: Vec::new(),
            release: Vec::new(),
            sends: Vec::new(),
            calls: Vec::new(),
            turns: Vec::new(),
            consents: Vec::new(),
            posts: Vec::new(),
            orders: Vec::new(),
            quarantine: Vec::new(),
            told,
            marks: Vec::new(),
        }
    }

    /// Reads and keeps the conversations, in one order for all processes.
    pub async fn lock(
        &mut self,
        tx: &mut Tx,
        places: &[Option<ConversationId>],
        entries: &[Entry],
        extras: &[Extra],
    ) -> Result<(), WriteError> {
        let of_entries = entries.iter().zip(places).filter_map(|(entry, id)| Some((entry.shop, (*id)?)));
        let mut wanted: Vec<Place> = of_entries.chain(extras.iter().map(|it| (it.shop, it.conversation))).collect();
        wanted.sort_unstable();
        wanted.dedup();
        if wanted.is_empty() {
            return Ok(());
        }
        // What this transaction takes out of the inbox is out already; until its turn, it is what newer events wait behind.
        let claimed: BTreeSet<Place> = entries
            .iter()
            .zip(places)
            .filter(|(entry, _)| matches!(entry.piece, Piece::Inbox(..)))
            .filter_map(|(entry, id)| Some((entry.shop, (*id)?)))
            .collect();
        let rows = tx.lock_conversations(&wanted).await?;
        let mut missing = Vec::new();
        for (place, row) in wanted.into_iter().zip(rows) {
            let Some(row) = row else {
                missing.push(place);
                continue;
            };
            let memory = self.batch.host.recall.take(place.0, place.1).filter(|memory| memory.turn == row.turn);
            let left = row.pending > 0;
            let queued = left || claimed.contains(&place);
            let kept = Kept { from_turn: row.turn, queued, left, memory, changed: false, row };
            self.kept.insert(place, kept);
        }
        if !missing.is_empty() {
            let there = tx.conversations(&missing).await?;
            self.elsewhere = missing.into_iter().zip(there).filter_map(|(place, row)| row.map(|_| place)).collect();
        }
        Ok(())
    }

    /// Takes every turn, in order: the entries, then what they led to.
    pub fn take_all(
        &mut self,
        entries: &mut [Entry],
        places: &[Option<ConversationId>],
        extras: &mut [Extra],
        took: &mut [Took],
    ) -> Plan {
        let mut out = Vec::new();
        for (at, ((entry, id), took)) in entries.iter_mut().zip(places).zip(took).enumerate() {
            let Some(id) = *id else { continue };
            if *took != Took::Noted {
                continue;
            }
            match self.entry(entry, id) {
                Ok(became) => *took = became,
                Err(why) => out.push((at, why)),
            }
        }
        if !out.is_empty() {
            return Plan::Without(out);
        }
        for extra in extras {
            let place = (extra.shop, extra.conversation);
            if (extra.waits || self.step(place, &mut extra.incoming).is_err()) && self.is_there(place) {
                self.enqueue(place, &extra.incoming);
            }
        }
        Plan::Write
    }

    /// What becomes of one entry, or why the transaction must be begun again without it.
    fn entry(&mut self, entry: &mut Entry, id: ConversationId) -> Result<Took, Skip> {
        let place = (entry.shop, id);
        match &mut entry.piece {
            Piece::Arrival(arrival) => Ok(match &mut arrival.what {
                Arrived::Customer { incoming, .. }
                | Arrived::Conversation { incoming, .. }
                | Arrived::Order { incoming, .. } => {
                    // A file is fetched first; what comes after it waits behind it.
                    if !self.batch.careful && incoming.file.is_none() && self.step(place, incoming).is_ok() {
                        Took::Advanced
                    } else if self.is_there(place) {
                        self.enqueue(place, incoming);
                        Took::Queued
                    } else {
                        Took::Dropped
                    }
                }
                Arrived::Identities(_)
                | Arrived::Recipient { .. }
                | Arrived::Moved { .. }
                | Arrived::Status(_)
                | Arrived::Template(_)
                | Arrived::Health(_)
                | Arrived::Quarantine(_) => Took::Noted,
            }),
            Piece::Inbox(row, incoming) => self.inbox_entry(place, row, incoming.as_mut(), entry.skip),
            Piece::Wake(_, incoming) => {
                let due = self.kept.get(&place).is_some_and(|kept| {
                    !kept.queued && kept.row.wake_at_ms.is_some_and(|wake_at_ms| wake_at_ms <= self.batch.now_ms)
                });
                if !due || entry.skip != Skip::No {
                    return Ok(Took::Dropped);
                }
                match self.step(place, incoming) {
                    Ok(()) => Ok(Took::Advanced),
                    Err(Hitch::NotNow | Hitch::Unmet) => Ok(Took::Dropped),
                    // What can not be woken is not woken again before something else happens, or it would be due for ever.
                    Err(Hitch::Failed(error)) => {
                        self.stop_waking(place, &error);
                        Ok(Took::Quarantined)
                    }
                }
            }
            Piece::Settle(_) | Piece::Result(..) => Ok(Took::Noted),
        }
    }

    fn inbox_entry(
        &mut self,
        place: Place,
        row: &InboxRow,
        incoming: Option<&mut Incoming>,
        skip: Skip,
    ) -> Result<Took, Skip> {
        match skip {
            Skip::No => {}
            Skip::Failed => return Ok(Took::Queued),
            Skip::Elsewhere => {
                self.release.push((row.shop, row.seq));
                return Ok(Took::Queued);
            }
        }
        let Some(kept) = self.kept.get_mut(&place) else {
            return if self.is_there(place) { Err(Skip::Elsewhere) } else { Ok(Took::Dropped) };
        };
        let attempts = self.batch.host.limits.attempts;
        let why = match incoming {
            None => "it can not be read".to_string(),
            // As many among others as alone.
            Some(_) if row.attempts > attempts.saturating_mul(2) => "processes have ended with it".to_string(),
            Some(incoming) => {
                // The row itself is what its conversation waits for.
                kept.queued = false;
                let stepped = self.step(place, incoming);
                self.waits_for_the_rest(place);
                match stepped {
                    Ok(()) => return Ok(Took::Advanced),
                    Err(Hitch::NotNow | Hitch::Unmet) => return Err(Skip::Elsewhere),
                    Err(Hitch::Failed(_)) if row.attempts < attempts => return Err(Skip::Failed),
                    Err(Hitch::Failed(error)) => error.to_string(),
                }
            }
        };
        self.waits_for_the_rest(place);
        let (InboxBody::Element(bytes) | InboxBody::Event(bytes) | InboxBody::File(bytes)) = &row.body;
        let file = if matches!(row.body, InboxBody::File(_)) { ", with a file" } else { "" };
        let detail = format!("conversation {:016x}, {} attempts: {why}{file}", row.conversation.0, row.attempts);
        self.set_aside(place, detail, bytes.clone());
        Ok(Took::Quarantined)
    }

    /// The claimed event has had its turn, or will not have one.
    fn waits_for_the_rest(&mut self, place: Place) {
        if let Some(kept) = self.kept.get_mut(&place) {
            kept.queued = kept.left;
        }
    }

    fn stop_waking(&mut self, place: Place, error: &TurnError) {
        self.set_aside(place, format!("conversation {:016x}, wake-up: {error}", place.1.0), Vec::new());
        if let Some(kept) = self.kept.get_mut(&place) {
            kept.row.wake_at_ms = None;
            kept.changed = true;
        }
    }

    fn set_aside(&mut self, place: Place, detail: String, body: Vec<u8>) {
        let reason = smol_str::SmolStr::new_static("poison");
        let told =
            Told { shop: place.0, conversation: Some(place.1), notice: Notice::Quarantined { reason: reason.clone() } };
        self.told.push(told);
        let at_ms = self.batch.now_ms;
        self.quarantine.push(QuarantineEntry { shop: Some(place.0), at_ms, reason, detail, body });
    }

    fn is_there(&self, place: Place) -> bool {
        self.kept.contains_key(&place) || self.elsewhere.contains(&place)
    }

    fn enqueue(&mut self, place: Place, incoming: &Incoming) {
        if let Some(kept) = self.kept.get_mut(&place) {
            (kept.queued, kept.left) = (true, true);
        }
        self.inbox.push(inbox_row(place.0, place.1, incoming, self.batch.now_ms));
    }

    /// Takes a turn, if the conversation is kept and nothing waits for it.
    fn step(&mut self, place: Place, incoming: &mut Incoming) -> Result<(), Hitch> {
        let kept = self.kept.get_mut(&place).filter(|kept| !kept.queued).ok_or(Hitch::NotNow)?;
        let shop = self.batch.shops.get(&place.0).ok_or(Hitch::NotNow)?;
        let host = self.batch.host;
        let cx = Context { shop, now_ms: self.batch.now_ms, mint: &host.mint, limits: &host.limits.turn };
        let memory = kept.memory.take();
        let automated = memory.as_ref().map_or_else(Automated::default, |memory| memory.automated);
        let before = Before { row: &kept.row, session: memory.map(|memory| memory.session), automated };
        let span = trace_span!(
            target: "duka_span",
            "turn",
            shop = %shop.slug,
            conversation = format_args!("{:016x}", place.1.0),
            turn = kept.row.turn,
            sends = Empty,
            calls = Empty,
        )
        .entered();
        let taken = turn::take(&cx, before, incoming).map_err(|error| match error {
            TurnError::Unmet(revision) => {
                host.shops.want(place.0, revision);
                Hitch::Unmet
            }
            TurnError::Panicked | TurnError::Session(_) => Hitch::Failed(error),
        })?;
        span.record("sends", taken.sends.len());
        span.record("calls", taken.calls.len());
        drop(span);
        let turn = taken.row.turn;
        let is_said = matches!(&incoming.act, Act::Event(event) if matches!(event.kind, EventKind::Inbound(_)));
        if is_said && !incoming.proof.is_empty() && host.marks.is_heard() {
            let (number, message) = (taken.row.number.clone(), incoming.proof.clone());
            self.marks.push(Mark { shop: place.0, number, message, asks: !taken.calls.is_empty() });
        }
        kept.row = taken.row;
        kept.memory = Some(Memory { turn, session: taken.session, automated: taken.automated });
        kept.changed = true;
        self.sends.extend(taken.sends);
        self.calls.extend(taken.calls);
        self.consents.extend(taken.consents);
        self.posts.extend(taken.posts);
        self.orders.extend(taken.orders.into_iter().map(|number| (place.1, Identity::of_order(place.0, number))));
        self.turns.push(taken.record);
        let told = |notice| Told { shop: place.0, conversation: Some(place.1), notice };
        self.told.extend(taken.notices.into_iter().map(told));
        Ok(())
    }

    /// Writes all of it.
    pub async fn write(&mut self, tx: &mut Tx) -> Result<(), WriteError> {
        let changed = self.kept.values().filter(|kept| kept.changed);
        let advances: Vec<Advance<'_>> =
            changed.map(|kept| Advance { conversation: &kept.row, from_turn: kept.from_turn }).collect();
        if !advances.is_empty() {
            tx.save_conversations(&advances).await?;
        }
        if !self.sends.is_empty() {
            tx.add_sends(&self.sends).await?;
        }
        if !self.calls.is_empty() {
            tx.add_calls(&self.calls).await?;
        }
        if !self.turns.is_empty() {
            tx.add_turns(&self.turns).await?;
        }
        if !self.consents.is_empty() {
            tx.add_consents(&self.consents).await?;
        }
        if !self.posts.is_empty() {
            tx.add_posts(&self.posts).await?;
        }
        if !self.orders.is_empty() {
            who::own(tx, &self.orders).await?;
        }
        if !self.inbox.is_empty() {
            tx.enqueue(&self.inbox).await?;
        }
        if !self.release.is_empty() {
            tx.release_inbox(&self.release).await?;
        }
        if !self.quarantine.is_empty() {
            tx.add_quarantine(&self.quarantine).await?;
        }
        Ok(())
    }

    /// After the commit: sessions are remembered, and people are told.
    pub fn committed(self) {
        for ((shop, id), kept) in self.kept {
            if let Some(memory) = kept.memory {
                self.batch.host.recall.put(shop, id, memory);
            }
        }
        self.marks.into_iter().for_each(|mark| self.batch.host.marks.tell(mark));
        self.told.into_iter().for_each(|told| self.batch.host.notices.tell(told));
    }
}
