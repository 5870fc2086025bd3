//! What the tables hold, as the host reads and writes it: plain rows, in batches. No SQL, no decisions.
//!
//! Times are milliseconds since 1970-01-01T00:00:00Z, given by the host's clock.

use smol_str::SmolStr;

use super::facts::SendFacts;
use super::free::FreeEntry;
use crate::id::{ConversationId, ElementKey, Owner, PaymentId, SendId, ShopScope};

/// A conversation after one or more turns, to be kept.
#[derive(Clone, Copy, Debug)]
pub struct Advance<'a> {
    pub conversation: &'a Conversation,
    /// The `turn` it had when it was locked: if the stored one differs, nothing is saved.
    pub from_turn: u64,
}

/// A webhook element, or another event from outside, that must act once.
#[derive(Clone, Debug, PartialEq)]
pub struct Sighting {
    pub shop: ShopScope,
    pub key: ElementKey,
    pub received_ms: i64,
}

/// What a customer is known by. Any of them finds the conversation.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity {
    pub shop: ShopScope,
    /// `whatsapp`, `messenger`, `web`; `orders` for orders.
    pub channel: SmolStr,
    pub kind: IdentityKind,
    /// A phone number in E.164 without `+`, or a vendor's user id, or an order's number, unchanged.
    pub value: SmolStr,
}

impl Identity {
    /// An order, by its number.
    pub fn of_order(shop: ShopScope, number: SmolStr) -> Identity {
        Identity { shop, channel: SmolStr::new_static("orders"), kind: IdentityKind::Order, value: number }
    }

    /// Stands before every identity of the shop.
    pub(super) fn least(shop: ShopScope) -> Identity {
        Identity { shop, channel: SmolStr::default(), kind: IdentityKind::User, value: SmolStr::default() }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum IdentityKind {
    /// A business-scoped user id, or the channel's own user id.
    User = 1,
    /// The same for all businesses of a group.
    ParentUser = 2,
    Phone = 3,
    /// The number of an order that belongs to the conversation. Nobody is written to by it.
    Order = 4,
}

/// A conversation between two turns.
#[derive(Clone, Debug, PartialEq)]
pub struct Conversation {
    pub shop: ShopScope,
    pub id: ConversationId,
    pub channel: SmolStr,
    /// The business number (WhatsApp's `phone_number_id`) that the customer last wrote to.
    pub number: SmolStr,
    /// The encoded engine session; empty before the first turn.
    pub session: Vec<u8>,
    /// How many turns were committed: the fencing number of the next (I25).
    pub turn: u64,
    /// The latest provider time of a customer's message, never later than its receipt: opens the window (I9, F20). 0: none.
    pub last_inbound_ms: i64,
    pub free: FreeEntry,
    /// When the engine wants to be woken.
    pub wake_at_ms: Option<i64>,
    /// A person holds the thread.
    pub handed_over: bool,
    /// Inbox rows that wait for this conversation; filled on reading, never written.
    pub pending: u32,
}

/// An event that could not be taken in the commit that accepted it.
#[derive(Clone, Debug, PartialEq)]
pub struct InboxRow {
    pub shop: ShopScope,
    /// Rises with arrival; 0 before it is stored.
    pub seq: i64,
    pub conversation: ConversationId,
    pub body: InboxBody,
    pub received_ms: i64,
    /// How often a turn was begun with it and did not end (TM48).
    pub attempts: u32,
}

#[derive(Clone, Debug, PartialEq)]
pub enum InboxBody {
    /// A webhook element as it came: the JSON bytes, with what of its envelope the channel needs to read it again.
    Element(Vec<u8>),
    /// An encoded engine event: a call's result, a failed send, a payment, an order, a handoff.
    Event(Vec<u8>),
    /// The same, with a file that is to be fetched before it is taken.
    File(Vec<u8>),
}

/// What a turn did, kept for "why was this sent" and for replay.
#[derive(Clone, Debug, PartialEq)]
pub struct TurnRecord {
    pub shop: ShopScope,
    pub conversation: ConversationId,
    pub turn: u64,
    pub at_ms: i64,
    /// Of the program that ran.
    pub revision: [u8; 16],
    /// The encoded engine event.
    pub event: Vec<u8>,
    /// The encoded trace.
    pub trace: Vec<u8>,
    /// Effects that are no send, call or timer, encoded: records, alerts, consents.
    pub notes: Vec<u8>,
}

/// Which queue of its number a send stands in. Service goes before utility, utility before marketing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Lane {
    Service = 1,
    Utility = 2,
    Marketing = 3,
}

/// What happens when a send's fate stays unknown (reliability.md 4.3, 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Repeat {
    /// Send once more: a late duplicate is better than silence.
    Once = 1,
    /// Park and show the merchant: marketing, payment requests, anything with a link or money.
    Never = 2,
}

/// A message to be sent, as the turn that wants it commits it.
#[derive(Clone, Debug, PartialEq)]
pub struct NewSend {
    pub shop: ShopScope,
    pub id: SendId,
    pub conversation: ConversationId,
    pub number: SmolStr,
    /// The effect it came from.
    pub turn: u64,
    pub index: u16,
    pub lane: Lane,
    pub repeat: Repeat,
    /// The encoded engine message ([`duka_engine::outbound::Outbound`]).
    pub body: Vec<u8>,
    pub not_before_ms: i64,
    pub expires_ms: i64,
}

/// Where a send stands. `Waiting` sends stand behind an open one of their conversation (I8), which marketing that waits for
/// better times is not for what is no marketing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum SendState {
    Waiting = 1,
    /// The head of its conversation: may be claimed from `not_before_ms` on.
    Ready = 2,
    /// Claimed; bytes may have left.
    Sending = 3,
    /// Bytes left, no answer: held until a status settles it, or `not_before_ms` passes.
    Unknown = 4,
    Accepted = 5,
    Failed = 6,
    Expired = 7,
    /// Unknown for good, and not to be repeated.
    Parked = 8,
    Cancelled = 9,
}

/// A send as its sender has it: claimed by one process for one attempt.
#[derive(Clone, Debug, PartialEq)]
pub struct ClaimedSend {
    pub send: NewSend,
    /// This attempt's number, from 1: the fencing number of the claim.
    pub attempt: u32,
    /// The attempt follows one whose fate was never known.
    pub after_unknown: bool,
    pub last_inbound_ms: i64,
    pub free: FreeEntry,
    /// All that the customer is known by on this channel.
    pub identities: Vec<Identity>,
}

/// How an attempt ended. Ignored if another attempt has begun since (fencing).
#[derive(Clone, Debug, PartialEq)]
pub struct Settlement {
    pub shop: ShopScope,
    pub id: SendId,
    pub attempt: u32,
    pub end: AttemptEnd,
}

#[derive(Clone, Debug, PartialEq)]
pub enum AttemptEnd {
    /// The provider took it; its message id.
    Accepted {
        provider_id: SmolStr,
    },
    /// Certainly not taken: again from then on.
    Again {
        not_before_ms: i64,
        error: i32,
    },
    /// Bytes may have left: wait for a status until then.
    Unknown {
        hold_until_ms: i64,
    },
    /// The provider's code, or one of our own below 0.
    Failed {
        error: i32,
    },
    Expired,
    Parked,
    Cancelled,
}

impl AttemptEnd {
    /// In a word, for whoever watches.
    pub fn name(&self) -> &'static str {
        match self {
            AttemptEnd::Accepted { .. } => "accepted",
            AttemptEnd::Again { .. } => "again",
            AttemptEnd::Unknown { .. } => "unknown",
            AttemptEnd::Failed { .. } => "failed",
            AttemptEnd::Expired => "expired",
            AttemptEnd::Parked => "parked",
            AttemptEnd::Cancelled => "cancelled",
        }
    }
}

/// What a provider says of a send, as a join: any order and number of these gives the same row (I26).
#[derive(Clone, Debug, PartialEq)]
pub struct StatusUpdate {
    pub shop: ShopScope,
    /// From our opaque data, after its MAC was checked.
    pub send: Option<SendId>,
    pub provider_id: SmolStr,
    pub status: Delivery,
    pub at_ms: i64,
    /// The provider's code of a failure; 0: none.
    pub error: i32,
    /// `marketing`, `utility`, `service`, …; empty: not told.
    pub category: SmolStr,
    /// `regular`, `free_customer_service`, …; empty: not told.
    pub pricing: SmolStr,
    /// The calling code of the recipient's country, which the vendor charges by; 0: not known.
    pub market: u16,
    /// Until when everything to the customer is free; 0: not told.
    pub free_until_ms: i64,
}

/// Messages of one kind that were delivered within a month: added to by `add_costs`, read by `costs`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CostRow {
    pub shop: ShopScope,
    /// Year and month in UTC, as `202611`.
    pub month: u32,
    /// A country's calling code; 0: not known.
    pub market: u16,
    pub category: SmolStr,
    pub pricing: SmolStr,
    pub messages: u64,
}

/// How far a sent message came; later ones outrank earlier ones, and `Failed` only `Sent`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Delivery {
    #[default]
    None = 0,
    Sent = 1,
    Failed = 2,
    Delivered = 3,
    Read = 4,
    Played = 5,
}

/// What a status changed.
#[derive(Clone, Debug, PartialEq)]
pub struct StatusEffect {
    pub shop: ShopScope,
    pub id: SendId,
    pub conversation: ConversationId,
    pub turn: u64,
    pub index: u16,
    pub lane: Lane,
    /// The send was not known to be accepted, and now is.
    pub settled: bool,
    /// The first time that this send is known to have failed.
    pub failed: bool,
    /// A second acceptance became known under another provider id: a visible duplicate (4.3, 6).
    pub duplicate: bool,
    /// It is now known to be delivered, and as what: category and pricing. Told once.
    pub delivered: Option<(SmolStr, SmolStr)>,
}

/// A query or command for the shop's systems, as the turn that wants it commits it.
#[derive(Clone, Debug, PartialEq)]
pub struct NewCall {
    pub shop: ShopScope,
    pub conversation: ConversationId,
    pub turn: u64,
    pub index: u16,
    /// May be asked again without harm.
    pub query: bool,
    /// The encoded [`duka_engine::effect::CallRequest`].
    pub body: Vec<u8>,
    pub deadline_ms: i64,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ClaimedCall {
    pub call: NewCall,
    /// From 1. Above 1 for a command: an earlier attempt's outcome is not known.
    pub attempt: u32,
}

/// A call that has ended; its result goes into the inbox in the same transaction.
#[derive(Clone, Debug, PartialEq)]
pub struct EndedCall {
    pub shop: ShopScope,
    pub conversation: ConversationId,
    pub turn: u64,
    pub index: u16,
    pub attempt: u32,
}

/// Something that the shop's people are to be told of a conversation, in order.
#[derive(Clone, Debug, PartialEq)]
pub struct NewPost {
    pub shop: ShopScope,
    pub conversation: ConversationId,
    pub not_before_ms: i64,
    /// Encoded by whoever tells it.
    pub body: Vec<u8>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ClaimedPost {
    pub shop: ShopScope,
    pub seq: i64,
    pub conversation: ConversationId,
    /// From 1: the fencing number of the claim.
    pub attempt: u32,
    pub body: Vec<u8>,
}

/// A payment of an order: who is asked for it, its name at the provider, and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct PaymentRow {
    pub shop: ShopScope,
    pub id: PaymentId,
    pub conversation: ConversationId,
    /// The order's number.
    pub order: SmolStr,
    /// The provider's own name for it; empty: not known yet.
    pub reference: SmolStr,
    /// How often it was written, from 1: the fencing number of the next change.
    pub version: u32,
    /// When something is to be done about it, ms since 1970.
    pub due_ms: Option<i64>,
    /// What was quoted and where it stands, encoded by `payments`.
    pub body: Vec<u8>,
}

/// A customer's bag, where Duka keeps it.
#[derive(Clone, Debug, PartialEq)]
pub struct BagRow {
    pub shop: ShopScope,
    pub conversation: ConversationId,
    /// How often it was written; 0: not yet.
    pub version: u32,
    /// Things and quantities, encoded by `adapter::bag`.
    pub body: Vec<u8>,
}

/// One line of the consent ledger: appended, never changed.
#[derive(Clone, Debug, PartialEq)]
pub struct ConsentEntry {
    pub shop: ShopScope,
    pub conversation: ConversationId,
    /// As the flow names it; `marketing` for a stop of all marketing.
    pub name: SmolStr,
    pub given: bool,
    pub at_ms: i64,
    /// What proves it: the vendor id of the message, `stop word`, `user_preferences`.
    pub proof: SmolStr,
}

/// Why an entry is in quarantine: a customer asks for what is kept about them.
pub const DATA_REQUEST: &str = "data request";

/// What could not be processed, with its bytes, for a person to look at and replay.
#[derive(Clone, Debug, PartialEq)]
pub struct QuarantineEntry {
    /// `None`: no shop could be told.
    pub shop: Option<ShopScope>,
    pub at_ms: i64,
    /// A short fixed word: `unreadable`, `unknown number`, `poison`.
    pub reason: SmolStr,
    pub detail: String,
    pub body: Vec<u8>,
}

/// Entries, each with its number.
pub type Quarantined = Vec<(i64, QuarantineEntry)>;

/// What an operator did by the API. Holds no text and no number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    pub shop: ShopScope,
    pub at_ms: i64,
    /// The name of the key.
    pub who: SmolStr,
    /// The route: `POST /sends/{send}/resend`.
    pub act: SmolStr,
    /// The ids in its path, with spaces between.
    pub object: SmolStr,
    /// How it was answered (HTTP); 0: not answered yet, or the process ended before.
    pub status: u16,
}

/// A published program with what it was compiled from, kept while a session needs it: a restart reads it again. Written
/// once (`put_revisions`, which only dates a known one anew), read by shop and revision (`revision`, `revisions` newest first).
#[derive(Clone, Debug, PartialEq)]
pub struct FlowRevision {
    pub shop: ShopScope,
    pub revision: [u8; 16],
    pub at_ms: i64,
    /// The shop's own files, encoded by the registry of shops.
    pub source: Vec<u8>,
    /// Hash of the standard files it was compiled with; those are kept once, under `standard:HEX` in `meta`.
    pub standard: [u8; 16],
}

/// Who claims, from when, for how long.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Claim {
    pub owner: Owner,
    pub now_ms: i64,
    pub lease_ms: i64,
    pub limit: u32,
}

/// How many sends of one number may be claimed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room {
    pub shop: ShopScope,
    pub number: SmolStr,
    pub limit: u32,
}

/// What a settlement did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settled {
    /// It was taken. `false`: another attempt has begun since, or a status was faster.
    pub held: bool,
    /// The provider had already told that this message failed, before we knew whose it was.
    pub failed: bool,
}

/// A send whose hold was over.
#[derive(Clone, Debug, PartialEq)]
pub struct Released {
    pub id: SendId,
    pub conversation: ConversationId,
    pub turn: u64,
    pub index: u16,
    pub lane: Lane,
    /// Not to be repeated: shown to the merchant. Otherwise it is ready once more.
    pub parked: bool,
}

/// A send with all that became of it, for the log and for reports.
#[derive(Clone, Debug, PartialEq)]
pub struct SendRow {
    pub send: NewSend,
    pub facts: SendFacts,
}

/// Which work a host asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Work {
    /// Inbox rows that nobody holds.
    Inbox = 1,
    /// Conversations to be woken.
    Wakes = 2,
    /// Sends that are ready.
    Sends = 3,
    /// Calls that nobody holds.
    Calls = 4,
    /// Sends whose lease or hold is over.
    Holds = 5,
    /// What the shop's people are to be told.
    Posts = 6,
    /// Payments about which something is to be done. By time alone: nobody is woken by a commit.
    Payments = 7,
}

/// One shop, and for sends one number of it, that has work due.
#[derive(Clone, Debug, PartialEq)]
pub struct Due {
    pub shop: ShopScope,
    /// For sends; empty for other work.
    pub number: SmolStr,
    /// Since when the oldest of it is due.
    pub since_ms: i64,
}

/// Which leases are taken from their holders.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Leases {
    /// Those that are over. PostgreSQL judges by its own clock.
    Over { now_ms: i64 },
    /// All: no other process can be alive.
    All,
}

/// Rows older than these times go; 0 keeps a class for ever. Nothing that is still open goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retention {
    /// The keys of elements, by receipt: no shorter than a vendor repeats them.
    pub seen_ms: i64,
    pub turns_ms: i64,
    /// Sends in a final state, by their expiry.
    pub sends_ms: i64,
    /// What is in quarantine, but for [`DATA_REQUEST`]s.
    pub quarantine_ms: i64,
    pub requests_ms: i64,
    /// Entries of the log of consents that a later one of the same name has taken the place of.
    pub consents_ms: i64,
}

impl Retention {
    /// Only the classes in which something old was found: keys, turns, sends, quarantine, requests, consents.
    pub(super) fn of(self, found: [bool; 6]) -> Retention {
        let [seen, turns, sends, quarantine, requests, consents] = found;
        let kept = |found: bool, before_ms: i64| if found { before_ms } else { 0 };
        Retention {
            seen_ms: kept(seen, self.seen_ms),
            turns_ms: kept(turns, self.turns_ms),
            sends_ms: kept(sends, self.sends_ms),
            quarantine_ms: kept(quarantine, self.quarantine_ms),
            requests_ms: kept(requests, self.requests_ms),
            consents_ms: kept(consents, self.consents_ms),
        }
    }
}

/// What a restored database would have done again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parked {
    /// Sends that were not known to be accepted, now parked.
    pub sends: u64,
    /// Inbox rows, now in quarantine.
    pub events: u64,
    /// Wake times in the past, now forgotten.
    pub wakes: u64,
    /// Calls of the shop's systems, whose deadline is now over: the next claim ends them without asking.
    pub calls: u64,
}

/// Backlogs of one shop, for metrics and quotas.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub conversations: u64,
    pub inbox: u64,
    pub waiting: u64,
    pub ready: u64,
    pub sending: u64,
    pub unknown: u64,
    pub parked: u64,
    pub calls: u64,
    pub quarantine: u64,
    pub posts: u64,
}
