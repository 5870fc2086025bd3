//! One transaction of any store: every operation, once, with what it promises.

use smol_str::SmolStr;

use super::error::Result;
use super::health::{HealthNews, NumberHealth};
use super::memory::MemoryTx;
use super::postgres::PostgresTx;
use super::rows::{
    Advance, AuditEntry, BagRow, Claim, ClaimedCall, ClaimedPost, ClaimedSend, ConsentEntry, Conversation, CostRow,
    Counts, EndedCall, FlowRevision, Identity, InboxRow, Lane, Leases, NewCall, NewPost, NewSend, Parked,
    QuarantineEntry, Quarantined, Released, Retention, Room, SendRow, Settled, Settlement, Sighting, StatusEffect,
    StatusUpdate, TurnRecord, Work,
};
use super::signals::{Added, Signals};
use super::sqlite::SqliteTx;
use super::templates::{TemplateNews, TemplateRow};
use crate::id::{ConversationId, SendId, ShopScope};

pub(super) enum Backend {
    Memory(MemoryTx),
    Sqlite(SqliteTx),
    Postgres(PostgresTx),
}

/// Undone when it is dropped without [`Tx::commit`]. After an error it must be dropped.
pub struct Tx {
    backend: Backend,
    signals: Signals,
    added: Added,
}

macro_rules! each {
    ($self:ident, $operation:ident($($argument:expr),*)) => {
        match &mut $self.backend {
            Backend::Memory(tx) => tx.$operation($($argument),*),
            Backend::Sqlite(tx) => tx.$operation($($argument),*),
            Backend::Postgres(tx) => tx.$operation($($argument),*).await,
        }
    };
}

mod payments;

impl Tx {
    pub(super) fn new(backend: Backend, signals: Signals) -> Tx {
        Tx { backend, signals, added: Added::default() }
    }

    /// Makes all of it hold, synced to disk. [`super::Error::CommitUnknown`]: read again by unique key.
    pub async fn commit(self) -> Result<()> {
        match self.backend {
            Backend::Memory(tx) => tx.commit()?,
            Backend::Sqlite(tx) => tx.commit()?,
            Backend::Postgres(tx) => tx.commit(self.added).await?,
        }
        self.signals.raise(self.added);
        Ok(())
    }

    /// Leaves nothing behind, and waits until that is so; a drop does it a moment later.
    pub async fn rollback(self) -> Result<()> {
        match self.backend {
            Backend::Memory(tx) => drop(tx),
            Backend::Sqlite(tx) => drop(tx),
            Backend::Postgres(tx) => tx.rollback().await?,
        }
        Ok(())
    }

    // Arrivals and conversations.

    /// Notes each element. `true`: its first sighting; `false`: a copy, in the store or earlier in the slice.
    pub async fn admit(&mut self, sightings: &[Sighting]) -> Result<Vec<bool>> {
        each!(self, admit(sightings))
    }

    pub async fn find_conversations(&mut self, identities: &[Identity]) -> Result<Vec<Option<ConversationId>>> {
        each!(self, find_conversations(identities))
    }

    /// Everything to these customers is free until then, if it was not for longer.
    pub async fn open_free_entries(&mut self, until: &[(ShopScope, ConversationId, i64)]) -> Result<()> {
        each!(self, open_free_entries(until))
    }

    /// Creates each conversation with what finds it, unless one of its identities finds one already (another process was
    /// faster, or an entry before it). Returns the ids that hold. Identities that found nothing yet find it afterwards.
    pub async fn create_conversations(&mut self, new: &[(Conversation, Vec<Identity>)]) -> Result<Vec<ConversationId>> {
        each!(self, create_conversations(new))
    }

    /// From now on each identity finds that conversation, and no other.
    pub async fn link_identities(&mut self, links: &[(ConversationId, Identity)]) -> Result<()> {
        each!(self, link_identities(links))
    }

    /// From now on these find nothing: they may come to be somebody else's.
    pub async fn unlink_identities(&mut self, identities: &[Identity]) -> Result<()> {
        each!(self, unlink_identities(identities))
    }

    /// By what its customer is known; its orders are no part of it.
    pub async fn identities_of(&mut self, shop: ShopScope, conversation: ConversationId) -> Result<Vec<Identity>> {
        each!(self, identities_of(shop, conversation))
    }

    /// Reads conversations and keeps them for this transaction. `None`: gone, or kept by another one just now.
    pub async fn lock_conversations(
        &mut self,
        places: &[(ShopScope, ConversationId)],
    ) -> Result<Vec<Option<Conversation>>> {
        match &mut self.backend {
            Backend::Memory(tx) => tx.conversations(places),
            Backend::Sqlite(tx) => tx.conversations(places),
            Backend::Postgres(tx) => tx.lock_conversations(places).await,
        }
    }

    /// Reads conversations without keeping them. `None`: gone.
    pub async fn conversations(&mut self, places: &[(ShopScope, ConversationId)]) -> Result<Vec<Option<Conversation>>> {
        each!(self, conversations(places))
    }

    /// A page of the shop's conversations, by id.
    pub async fn list_conversations(
        &mut self,
        shop: ShopScope,
        after: Option<ConversationId>,
        limit: u32,
    ) -> Result<Vec<Conversation>> {
        each!(self, list_conversations(shop, after, limit))
    }

    /// The same of those that are handed over to people. Its cost does not depend on how many others there are.
    pub async fn list_handed_over(
        &mut self,
        shop: ShopScope,
        after: Option<ConversationId>,
        limit: u32,
    ) -> Result<Vec<Conversation>> {
        each!(self, list_handed_over(shop, after, limit))
    }

    /// Writes each conversation once. Fenced: [`super::Error::Stale`] names those that another turn changed or that are
    /// gone; then nothing of the transaction may be committed.
    pub async fn save_conversations(&mut self, advances: &[Advance<'_>]) -> Result<()> {
        each!(self, save_conversations(advances))
    }

    /// Conversations whose wake time has come, the longest due first.
    pub async fn due_wakes(&mut self, shop: ShopScope, now_ms: i64, limit: u32) -> Result<Vec<ConversationId>> {
        each!(self, due_wakes(shop, now_ms, limit))
    }

    // The inbox.

    /// Appends events; their `seq` is given here, in the slice's order.
    pub async fn enqueue(&mut self, rows: &[InboxRow]) -> Result<()> {
        if !rows.is_empty() {
            self.added.add(Work::Inbox);
        }
        each!(self, enqueue(rows))
    }

    /// Claims the oldest event of up to `claim.limit` conversations, in order of their ids from behind `after`, and from
    /// the least again when the greatest is passed: with the last id as the next `after`, all get their turn. Their
    /// `attempts` are raised: commit before a turn is begun with them.
    pub async fn take_inbox(
        &mut self,
        shop: ShopScope,
        after: Option<ConversationId>,
        claim: Claim,
    ) -> Result<Vec<InboxRow>> {
        each!(self, take_inbox(shop, after, claim))
    }

    /// Gives claimed events back at once, with the attempt that was not made: `seq` of each.
    pub async fn release_inbox(&mut self, rows: &[(ShopScope, i64)]) -> Result<()> {
        if !rows.is_empty() {
            self.added.add(Work::Inbox);
        }
        each!(self, release_inbox(rows))
    }

    /// Removes events by `seq`, for good. `false`: it is gone already, another turn has taken it: do not act on it.
    pub async fn consume(&mut self, rows: &[(ShopScope, i64)]) -> Result<Vec<bool>> {
        if !rows.is_empty() {
            self.added.add(Work::Inbox);
        }
        each!(self, consume(rows))
    }

    // Turns.

    pub async fn add_turns(&mut self, turns: &[TurnRecord]) -> Result<()> {
        each!(self, add_turns(turns))
    }

    /// The turns from that one on, oldest first.
    pub async fn turns_of(
        &mut self,
        shop: ShopScope,
        conversation: ConversationId,
        from: u64,
        limit: u32,
    ) -> Result<Vec<TurnRecord>> {
        each!(self, turns_of(shop, conversation, from, limit))
    }

    // Sends.

    /// Appends sends. The first open one of its conversation is ready, those behind it wait.
    pub async fn add_sends(&mut self, sends: &[NewSend]) -> Result<()> {
        if !sends.is_empty() {
            self.added.add(Work::Sends);
        }
        each!(self, add_sends(sends))
    }

    /// Claims ready sends of a number for one attempt each: the first lane first, then the longest due, then the oldest.
    pub async fn claim_sends(
        &mut self,
        shop: ShopScope,
        number: &str,
        lanes: &[Lane],
        claim: Claim,
    ) -> Result<Vec<ClaimedSend>> {
        self.claim_sends_of(&[Room { shop, number: number.into(), limit: claim.limit }], lanes, claim).await
    }

    /// The same of many numbers, each with a limit of its own, which stands for that of the claim.
    pub async fn claim_sends_of(&mut self, rooms: &[Room], lanes: &[Lane], claim: Claim) -> Result<Vec<ClaimedSend>> {
        match &mut self.backend {
            Backend::Memory(tx) => {
                let of = |Room { shop, number, limit }: &Room| {
                    tx.claim_sends(*shop, number, lanes, Claim { limit: *limit, ..claim })
                };
                rooms.iter().map(of).collect::<Result<Vec<_>>>().map(|claimed| claimed.concat())
            }
            Backend::Sqlite(tx) => {
                let of = |Room { shop, number, limit }: &Room| {
                    tx.claim_sends(*shop, number, lanes, Claim { limit: *limit, ..claim })
                };
                rooms.iter().map(of).collect::<Result<Vec<_>>>().map(|claimed| claimed.concat())
            }
            Backend::Postgres(tx) => tx.claim_sends(rooms, lanes, claim).await,
        }
    }

    /// Takes the ends of attempts, in the slice's order, and makes the next send of a conversation ready.
    pub async fn settle_sends(&mut self, settlements: &[Settlement]) -> Result<Vec<Settled>> {
        if !settlements.is_empty() {
            self.added.add(Work::Sends);
        }
        each!(self, settle_sends(settlements))
    }

    /// Sends under such a lease become unknown, held until then. Returns how many.
    pub async fn expire_leases(&mut self, shop: ShopScope, leases: Leases, hold_until_ms: i64) -> Result<u64> {
        each!(self, expire_leases(shop, leases, hold_until_ms))
    }

    /// Holds every unknown send for so much longer: statuses could not arrive while the process was down.
    pub async fn extend_holds(&mut self, shop: ShopScope, by_ms: i64) -> Result<()> {
        each!(self, extend_holds(shop, by_ms))
    }

    /// Ends the holds that are over: ready once more, or parked if it must not be repeated or was repeated before.
    pub async fn release_unknown(&mut self, shop: ShopScope, now_ms: i64, limit: u32) -> Result<Vec<Released>> {
        self.added.add(Work::Sends);
        each!(self, release_unknown(shop, now_ms, limit))
    }

    /// Joins statuses into their sends, found by our id, else by the provider's. `None`: no send of ours is known; the
    /// status is kept for the settlement that names it. A provider gives an id to one message; should several sends have
    /// come to the same one, it is the oldest's: a later claim to it takes nothing away.
    pub async fn apply_statuses(&mut self, updates: &[StatusUpdate]) -> Result<Vec<Option<StatusEffect>>> {
        let effects = each!(self, apply_statuses(updates))?;
        // What waits behind a send is ready once that has ended.
        if effects.iter().flatten().any(|effect| effect.settled) {
            self.added.add(Work::Sends);
        }
        Ok(effects)
    }

    /// The sends of that turn and later ones, oldest first.
    pub async fn sends_of(
        &mut self,
        shop: ShopScope,
        conversation: ConversationId,
        from_turn: u64,
        limit: u32,
    ) -> Result<Vec<SendRow>> {
        each!(self, sends_of(shop, conversation, from_turn, limit))
    }

    pub async fn send(&mut self, shop: ShopScope, id: SendId) -> Result<Option<SendRow>> {
        each!(self, send(shop, id))
    }

    /// The sends that wait for a person's word, oldest first.
    pub async fn parked_sends(&mut self, shop: ShopScope, limit: u32) -> Result<Vec<SendRow>> {
        each!(self, parked_sends(shop, limit))
    }

    /// Calls a parked send off. `false`: it is not parked, or not there.
    pub async fn cancel_parked(&mut self, shop: ShopScope, id: SendId) -> Result<bool> {
        each!(self, cancel_parked(shop, id))
    }

    // Calls.

    pub async fn add_calls(&mut self, calls: &[NewCall]) -> Result<()> {
        if !calls.is_empty() {
            self.added.add(Work::Calls);
        }
        each!(self, add_calls(calls))
    }

    /// Claims calls for one attempt each, the longest due first.
    pub async fn claim_calls(&mut self, shop: ShopScope, claim: Claim) -> Result<Vec<ClaimedCall>> {
        each!(self, claim_calls(shop, claim))
    }

    /// Ends calls. `false`: another attempt has begun since, or it has ended.
    pub async fn end_calls(&mut self, ended: &[EndedCall]) -> Result<Vec<bool>> {
        each!(self, end_calls(ended))
    }

    /// Gives calls back, to be tried again from then on. `false` as with [`Tx::end_calls`].
    pub async fn postpone_calls(&mut self, calls: &[(EndedCall, i64)]) -> Result<Vec<bool>> {
        if !calls.is_empty() {
            self.added.add(Work::Calls);
        }
        each!(self, postpone_calls(calls))
    }

    /// Gives a call back of which no attempt was made, as if it had not been claimed. `false` as with [`Tx::end_calls`].
    pub async fn give_back_call(&mut self, call: &EndedCall) -> Result<bool> {
        self.added.add(Work::Calls);
        each!(self, give_back_call(call))
    }

    /// Takes all calls from their holders: no other process can be alive.
    pub async fn release_calls(&mut self, shop: ShopScope) -> Result<()> {
        self.added.add(Work::Calls);
        each!(self, release_calls(shop))
    }

    // Bags of customers.

    pub async fn bag(&mut self, shop: ShopScope, conversation: ConversationId) -> Result<Option<BagRow>> {
        each!(self, bag(shop, conversation))
    }

    /// Writes a bag's next version. `false`: it is at another version by now, or its customer is gone; nothing was written.
    pub async fn save_bag(&mut self, row: &BagRow) -> Result<bool> {
        each!(self, save_bag(row))
    }

    // Parcels of orders.

    /// What was told of the parcels of an order, kept from others for this transaction; nothing yet: empty. `None`: no
    /// conversation has the order.
    pub async fn lock_parcels(&mut self, shop: ShopScope, order: &str) -> Result<Option<Vec<u8>>> {
        each!(self, lock_parcels(shop, order))
    }

    /// Writes it down for as long as a conversation has the order.
    pub async fn save_parcels(&mut self, shop: ShopScope, order: &str, body: &[u8]) -> Result<()> {
        each!(self, save_parcels(shop, order, body))
    }

    /// The same of all orders of a conversation of which something was told, by their numbers.
    pub async fn parcels_of(
        &mut self,
        shop: ShopScope,
        conversation: ConversationId,
    ) -> Result<Vec<(SmolStr, Vec<u8>)>> {
        each!(self, parcels_of(shop, conversation))
    }

    // What the shop's people are to be told.

    /// Appends, in the slice's order.
    pub async fn add_posts(&mut self, posts: &[NewPost]) -> Result<()> {
        if !posts.is_empty() {
            self.added.add(Work::Posts);
        }
        each!(self, add_posts(posts))
    }

    /// Claims the oldest of each conversation, if it is due, for one attempt each.
    pub async fn claim_posts(&mut self, shop: ShopScope, claim: Claim) -> Result<Vec<ClaimedPost>> {
        each!(self, claim_posts(shop, claim))
    }

    /// Ends one, so that the next of its conversation is due. `false`: another attempt has begun since, or it is gone.
    pub async fn end_post(&mut self, shop: ShopScope, seq: i64, attempt: u32) -> Result<bool> {
        self.added.add(Work::Posts);
        each!(self, end_post(shop, seq, attempt))
    }

    /// Gives one back, to be tried again from then on. `false` as with [`Tx::end_post`].
    pub async fn postpone_post(&mut self, shop: ShopScope, seq: i64, attempt: u32, not_before_ms: i64) -> Result<bool> {
        each!(self, postpone_post(shop, seq, attempt, not_before_ms))
    }

    /// Notes customers whom the shop wrote to outside their window, and when; the latest time holds.
    pub async fn note_recipients(&mut self, shop: ShopScope, recipients: &[(ConversationId, i64)]) -> Result<()> {
        each!(self, note_recipients(shop, recipients))
    }

    /// Those who were written to since then, by id.
    pub async fn recipients(&mut self, shop: ShopScope, since_ms: i64) -> Result<Vec<(ConversationId, i64)>> {
        each!(self, recipients(shop, since_ms))
    }

    // What the vendor charges for.

    /// Adds to the counters. Last before the commit: other transactions wait for them.
    pub async fn add_costs(&mut self, rows: &[CostRow]) -> Result<()> {
        each!(self, add_costs(rows))
    }

    /// The counters of these months, both included, by month, market, category and pricing.
    pub async fn costs(&mut self, shop: ShopScope, from: u32, to: u32) -> Result<Vec<CostRow>> {
        each!(self, costs(shop, from, to))
    }

    // What operators did.

    /// Writes an entry down, and forgets those of its shop that are older than `before_ms`. Its number.
    pub async fn add_audit(&mut self, entry: &AuditEntry, before_ms: i64) -> Result<i64> {
        each!(self, add_audit(entry, before_ms))
    }

    /// How an entry's act was answered.
    pub async fn end_audit(&mut self, shop: ShopScope, seq: i64, status: u16) -> Result<()> {
        each!(self, end_audit(shop, seq, status))
    }

    /// A page of entries, the newest first, each with its number; before that number (0: from the newest).
    pub async fn list_audit(&mut self, shop: ShopScope, before: i64, limit: u32) -> Result<Vec<(i64, AuditEntry)>> {
        each!(self, list_audit(shop, before, limit))
    }

    // Ledgers.

    pub async fn add_consents(&mut self, entries: &[ConsentEntry]) -> Result<()> {
        each!(self, add_consents(entries))
    }

    /// The whole ledger of a conversation, in the order in which it was written.
    pub async fn consents_of(&mut self, shop: ShopScope, conversation: ConversationId) -> Result<Vec<ConsentEntry>> {
        each!(self, consents_of(shop, conversation))
    }

    /// The latest entry of each name, by time, then by order of writing; sorted by conversation and name.
    pub async fn standing_consents(
        &mut self,
        shop: ShopScope,
        conversations: &[ConversationId],
    ) -> Result<Vec<ConsentEntry>> {
        each!(self, standing_consents(shop, conversations))
    }

    /// Entries without a shop lie under [`ShopScope::NONE`].
    pub async fn add_quarantine(&mut self, entries: &[QuarantineEntry]) -> Result<()> {
        each!(self, add_quarantine(entries))
    }

    /// Entries after that number, oldest first, each with its own.
    pub async fn list_quarantine(&mut self, shop: ShopScope, after: i64, limit: u32) -> Result<Quarantined> {
        each!(self, list_quarantine(shop, after, limit))
    }

    /// Entries of this reason since then, the newest first, each with its number. Its cost does not depend on the others before.
    pub async fn quarantined_since(
        &mut self,
        shop: ShopScope,
        reason: &str,
        since_ms: i64,
        limit: u32,
    ) -> Result<Quarantined> {
        each!(self, quarantined_since(shop, reason, since_ms, limit))
    }

    /// Removes entries, and returns those that were there.
    pub async fn take_quarantine(&mut self, shop: ShopScope, seqs: &[i64]) -> Result<Vec<QuarantineEntry>> {
        each!(self, take_quarantine(shop, seqs))
    }

    /// Of each thing that is told of a template, keeps what is newest.
    pub async fn hear_templates(&mut self, news: &[TemplateNews]) -> Result<()> {
        each!(self, hear_templates(news))
    }

    pub async fn templates(&mut self, shop: ShopScope) -> Result<Vec<TemplateRow>> {
        each!(self, templates(shop))
    }

    /// Of each thing that is told of a number, keeps what is newest.
    pub async fn hear_health(&mut self, news: &[HealthNews]) -> Result<()> {
        each!(self, hear_health(news))
    }

    pub async fn health(&mut self, shop: ShopScope) -> Result<Vec<NumberHealth>> {
        each!(self, health(shop))
    }

    /// A single value of a shop, or of the process ([`ShopScope::NONE`]).
    pub async fn meta_get(&mut self, shop: ShopScope, key: &str) -> Result<Option<Vec<u8>>> {
        each!(self, meta_get(shop, key))
    }

    pub async fn meta_set(&mut self, shop: ShopScope, key: &str, value: &[u8]) -> Result<()> {
        each!(self, meta_set(shop, key, value))
    }

    /// Takes a value away; it need not be there.
    pub async fn meta_remove(&mut self, shop: ShopScope, key: &str) -> Result<()> {
        each!(self, meta_remove(shop, key))
    }

    /// Sets a value unless there is one; returns the one that holds, which is the same for all processes, and keeps it.
    pub async fn meta_keep(&mut self, shop: ShopScope, key: &str, value: &[u8]) -> Result<Vec<u8>> {
        each!(self, meta_keep(shop, key, value))
    }

    // Published programs.

    /// Keeps published programs; of one that is known already only the time goes on.
    pub async fn put_revisions(&mut self, rows: &[FlowRevision]) -> Result<()> {
        each!(self, put_revisions(rows))
    }

    pub async fn revision(&mut self, shop: ShopScope, revision: [u8; 16]) -> Result<Option<FlowRevision>> {
        each!(self, revision(shop, revision))
    }

    /// The newest first.
    pub async fn revisions(&mut self, shop: ShopScope, limit: u32) -> Result<Vec<FlowRevision>> {
        each!(self, revisions(shop, limit))
    }

    // Housekeeping.

    /// Removes a customer's conversation with all that was said in it (I28). The keys of its elements stay, so that late
    /// copies bring nothing back; a new message starts anew. Quarantined bytes of the shop that hold one of the customer's
    /// names go as well. `false`: there was none.
    pub async fn erase_conversation(&mut self, shop: ShopScope, conversation: ConversationId) -> Result<bool> {
        each!(self, erase_conversation(shop, conversation))
    }

    /// Removes the quarantined entries that hold one of these names of a customer. Returns how many.
    pub async fn erase_quarantined(&mut self, shop: ShopScope, names: &[SmolStr]) -> Result<u64> {
        each!(self, erase_quarantined(shop, names))
    }

    /// Removes every row of a shop but its name and number, which no other shop is ever given.
    pub async fn erase_shop(&mut self, shop: ShopScope) -> Result<()> {
        each!(self, erase_shop(shop))
    }

    /// Begins anew after a backup was restored (F41): what was open in it may have been done since, so nothing of it is done
    /// blindly. Sends are parked, events go into quarantine, wake times that have passed are forgotten, calls end as over: a
    /// command's attempts are counted up, so that its outcome is unknown.
    pub async fn park_open(&mut self, shop: ShopScope, now_ms: i64) -> Result<Parked> {
        each!(self, park_open(shop, now_ms))
    }

    /// Which of these classes hold something old; the others come back as 0. Only reads.
    pub async fn old(&mut self, shop: ShopScope, retention: Retention) -> Result<Retention> {
        each!(self, old(shop, retention))
    }

    /// Removes what is old, at most so many rows of each class; returns how many. A slice keeps writers waiting only a moment.
    pub async fn sweep(&mut self, shop: ShopScope, retention: Retention, most: u32) -> Result<u64> {
        each!(self, sweep(shop, retention, most))
    }

    pub async fn counts(&mut self, shop: ShopScope) -> Result<Counts> {
        each!(self, counts(shop))
    }
}
