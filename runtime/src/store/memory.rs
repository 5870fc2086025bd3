//! The store in memory: for simulation and tests. Exact in what it keeps, and gone with the process.
//!
//! One transaction at a time. Each table writes down what it replaced, so that a transaction that is not committed
//! leaves nothing behind.

mod audit;
mod bags;
mod conversations;
mod costs;
mod events;
mod flaw;
mod ledgers;
mod parcels;
mod payments;
mod posts;
mod sends;
mod table;

use std::sync::Arc;

use smol_str::SmolStr;
use tokio::sync::{Mutex, OwnedMutexGuard};

pub use self::flaw::Flaw;

use self::table::{Table, Undo};
use super::error::Result;
use super::facts::{SendFacts, Told};
use super::health::HeardHealth;
use super::rows::{
    AuditEntry, BagRow, ConsentEntry, Conversation, Due, FlowRevision, Identity, InboxRow, NewCall, NewPost, NewSend,
    PaymentRow, QuarantineEntry, TurnRecord, Work,
};
use super::templates::HeardTemplate;
use crate::id::{ConversationId, ElementKey, PaymentId, SendId, ShopScope};

type Place = (ShopScope, ConversationId);

#[derive(Clone, Default)]
pub(super) struct Memory(Arc<Mutex<Tables>>);

#[derive(Clone)]
struct QueuedEvent {
    row: InboxRow,
    lease_until_ms: i64,
}

#[derive(Clone)]
struct QueuedSend {
    send: NewSend,
    facts: SendFacts,
    lease_until_ms: i64,
}

#[derive(Clone)]
struct QueuedCall {
    call: NewCall,
    attempt: u32,
    not_before_ms: i64,
    lease_until_ms: i64,
}

#[derive(Clone)]
struct QueuedPost {
    post: NewPost,
    attempt: u32,
    lease_until_ms: i64,
}

#[derive(Default)]
struct Tables {
    shops: Table<SmolStr, ShopScope>,
    meta: Table<(ShopScope, SmolStr), Vec<u8>>,
    seen: Table<(ShopScope, ElementKey), i64>,
    identities: Table<Identity, ConversationId>,
    known_as: Table<(ShopScope, ConversationId, Identity), ()>,
    /// Of identities that are orders.
    parcels: Table<Identity, Vec<u8>>,
    conversations: Table<Place, Conversation>,
    inbox: Table<(ShopScope, ConversationId, i64), QueuedEvent>,
    inbox_places: Table<(ShopScope, i64), ConversationId>,
    turns: Table<(ShopScope, ConversationId, u64), TurnRecord>,
    sends: Table<(ShopScope, ConversationId, i64), QueuedSend>,
    /// The sends that are in no final state.
    open: Table<(ShopScope, ConversationId, i64), ()>,
    send_places: Table<(ShopScope, SendId), (ConversationId, i64)>,
    /// By seq within an id: the oldest send that has it comes first.
    provider_places: Table<(ShopScope, SmolStr, i64), ConversationId>,
    /// Statuses of messages that no send is known for yet.
    orphans: Table<(ShopScope, SmolStr), Told>,
    calls: Table<(ShopScope, i64), QueuedCall>,
    call_places: Table<(ShopScope, ConversationId, u64, u16), i64>,
    consents: Table<(ShopScope, ConversationId, i64), ConsentEntry>,
    quarantine: Table<(ShopScope, i64), QuarantineEntry>,
    templates: Table<(ShopScope, SmolStr, SmolStr), HeardTemplate>,
    health: Table<(ShopScope, SmolStr), HeardHealth>,
    revisions: Table<(ShopScope, [u8; 16]), FlowRevision>,
    posts: Table<(ShopScope, i64), QueuedPost>,
    recipients: Table<Place, i64>,
    payments: Table<(ShopScope, PaymentId), PaymentRow>,
    bags: Table<Place, BagRow>,
    /// By month, market, category and pricing.
    costs: Table<(ShopScope, u32, u16, SmolStr, SmolStr), u64>,
    audit: Table<(ShopScope, i64), AuditEntry>,
    /// Never goes back, as a database's sequences do not.
    last_seq: i64,
    flaw: Option<Flaw>,
}

impl Tables {
    fn each(&mut self) -> [&mut dyn Undo; 28] {
        [
            &mut self.shops,
            &mut self.meta,
            &mut self.seen,
            &mut self.identities,
            &mut self.known_as,
            &mut self.parcels,
            &mut self.conversations,
            &mut self.inbox,
            &mut self.inbox_places,
            &mut self.turns,
            &mut self.sends,
            &mut self.open,
            &mut self.send_places,
            &mut self.provider_places,
            &mut self.orphans,
            &mut self.calls,
            &mut self.call_places,
            &mut self.consents,
            &mut self.quarantine,
            &mut self.templates,
            &mut self.health,
            &mut self.revisions,
            &mut self.posts,
            &mut self.recipients,
            &mut self.payments,
            &mut self.bags,
            &mut self.costs,
            &mut self.audit,
        ]
    }

    fn has(&self, flaw: Flaw) -> bool {
        self.flaw == Some(flaw)
    }

    fn next_seq(&mut self) -> i64 {
        self.last_seq += 1;
        self.last_seq
    }
}

impl Memory {
    /// A store that makes a mistake.
    pub fn flawed(flaw: Flaw) -> Memory {
        Memory(Arc::new(Mutex::new(Tables { flaw: Some(flaw), ..Tables::default() })))
    }

    pub async fn begin(&self) -> MemoryTx {
        MemoryTx { tables: self.0.clone().lock_owned().await }
    }

    /// The number of the shop of this name, given at its first mention.
    pub async fn shop(&self, slug: &str) -> ShopScope {
        let mut tables = self.0.lock().await;
        if let Some(known) = tables.shops.get(&SmolStr::from(slug)) {
            return *known;
        }
        let number = u32::try_from(tables.shops.len()).unwrap_or(u32::MAX).saturating_add(1);
        let scope = ShopScope::numbered(number);
        tables.shops.insert(SmolStr::from(slug), scope);
        tables.shops.keep();
        scope
    }

    pub async fn shops(&self) -> Vec<(ShopScope, SmolStr)> {
        let tables = self.0.lock().await;
        let mut all: Vec<_> = tables.shops.iter().map(|(slug, scope)| (*scope, slug.clone())).collect();
        all.sort();
        all
    }

    pub async fn due(&self, work: Work, now_ms: i64) -> Vec<Due> {
        let tables = self.0.lock().await;
        match work {
            Work::Inbox => tables.due_inbox(now_ms),
            Work::Wakes => tables.due_wakes(now_ms),
            Work::Sends => tables.due_sends(now_ms),
            Work::Calls => tables.due_calls(now_ms),
            Work::Posts => tables.due_posts(now_ms),
            Work::Holds => tables.due_holds(now_ms),
            Work::Payments => tables.due_payments(now_ms),
        }
    }
}

/// Undone when it is dropped without a commit.
pub(super) struct MemoryTx {
    tables: OwnedMutexGuard<Tables>,
}

impl MemoryTx {
    pub fn commit(mut self) -> Result<()> {
        for table in self.tables.each() {
            table.keep();
        }
        Ok(())
    }
}

impl Drop for MemoryTx {
    fn drop(&mut self) {
        match self.tables.flaw {
            Some(Flaw::SightingsOutlive) => self.tables.seen.keep(),
            Some(Flaw::SessionsOutlive) => self.tables.conversations.keep(),
            Some(Flaw::SendsOutlive) => {
                self.tables.sends.keep();
                self.tables.open.keep();
                self.tables.send_places.keep();
            }
            Some(_) | None => {}
        }
        for table in self.tables.each() {
            table.undo();
        }
    }
}

/// Per shop, and for sends per number, the earliest time of what is due.
fn earliest(found: impl Iterator<Item = (ShopScope, SmolStr, i64)>) -> Vec<Due> {
    let mut least = std::collections::BTreeMap::<(ShopScope, SmolStr), i64>::new();
    for (shop, number, since_ms) in found {
        least.entry((shop, number)).and_modify(|known| *known = since_ms.min(*known)).or_insert(since_ms);
    }
    least.into_iter().map(|((shop, number), since_ms)| Due { shop, number, since_ms }).collect()
}
