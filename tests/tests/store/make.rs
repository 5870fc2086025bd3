//! Rows for the cases: everything said but what matters there.

use duka_runtime::id::{ConversationId, ElementKey, Owner, SendId, ShopScope};
use duka_runtime::store::*;

pub fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("there is a folder for what is temporary")
}

pub fn key(n: u8) -> ElementKey {
    ElementKey([n; 16])
}

pub fn id(n: u64) -> ConversationId {
    ConversationId(n)
}

pub fn phone(shop: ShopScope, value: &str) -> Identity {
    Identity { shop, channel: "whatsapp".into(), kind: IdentityKind::Phone, value: value.into() }
}

pub fn user(shop: ShopScope, value: &str) -> Identity {
    Identity { kind: IdentityKind::User, ..phone(shop, value) }
}

pub fn conversation(shop: ShopScope, n: u64) -> Conversation {
    Conversation {
        shop,
        id: id(n),
        channel: "whatsapp".into(),
        number: "N1".into(),
        session: vec![0, 255, n as u8],
        turn: 0,
        last_inbound_ms: 5,
        free: FreeEntry::None,
        wake_at_ms: None,
        handed_over: false,
        pending: 0,
    }
}

pub fn event(shop: ShopScope, conversation: u64, text: &str) -> InboxRow {
    InboxRow {
        shop,
        seq: 0,
        conversation: id(conversation),
        body: InboxBody::Element(text.into()),
        received_ms: 7,
        attempts: 0,
    }
}

pub fn texts(rows: &[InboxRow]) -> Vec<String> {
    let text = |row: &InboxRow| match &row.body {
        InboxBody::Element(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        InboxBody::Event(bytes) | InboxBody::File(bytes) => format!("event {}", String::from_utf8_lossy(bytes)),
    };
    rows.iter().map(text).collect()
}

pub fn send(shop: ShopScope, conversation: u64, n: u8) -> NewSend {
    NewSend {
        shop,
        id: SendId([n; 16]),
        conversation: id(conversation),
        number: "N1".into(),
        turn: u64::from(n),
        index: 3,
        lane: Lane::Service,
        repeat: Repeat::Once,
        body: vec![n, 0, 255],
        not_before_ms: 10,
        expires_ms: 1_000,
    }
}

pub fn settlement(shop: ShopScope, n: u8, attempt: u32, end: AttemptEnd) -> Settlement {
    Settlement { shop, id: SendId([n; 16]), attempt, end }
}

pub fn accepted(provider_id: &str) -> AttemptEnd {
    AttemptEnd::Accepted { provider_id: provider_id.into() }
}

pub fn status(shop: ShopScope, n: Option<u8>, provider_id: &str, status: Delivery, at_ms: i64) -> StatusUpdate {
    StatusUpdate {
        shop,
        send: n.map(|n| SendId([n; 16])),
        provider_id: provider_id.into(),
        status,
        at_ms,
        error: if status == Delivery::Failed { 131_026 } else { 0 },
        category: "".into(),
        pricing: "".into(),
        market: 0,
        free_until_ms: 0,
    }
}

pub fn call(shop: ShopScope, conversation: u64, turn: u64) -> NewCall {
    NewCall { shop, conversation: id(conversation), turn, index: 1, query: false, body: vec![9, 0], deadline_ms: 99 }
}

pub fn claim(now_ms: i64, lease_ms: i64) -> Claim {
    Claim { owner: Owner(7), now_ms, lease_ms, limit: 10 }
}

/// A lease that no test lives to see the end of, and one that is over at once, on any clock.
pub const LONG_MS: i64 = 600_000;
pub const OVER_MS: i64 = 0;

/// The first bytes of the ids of sends: the `n` they were made with.
pub fn numbers(claimed: &[ClaimedSend]) -> Vec<u8> {
    claimed.iter().map(|claimed| claimed.send.id.0[0]).collect()
}

pub async fn two_shops(store: &Store) -> Result<(ShopScope, ShopScope)> {
    Ok((store.shop("boutique").await?, store.shop("bakery").await?))
}

/// What chance starts from: `SEED` repeats a run.
pub fn seed() -> u64 {
    let chosen = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok());
    let clock = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let seed = chosen.unwrap_or_else(|| clock.map_or(1, |time| u64::from(time.subsec_nanos())));
    println!("SEED={seed}");
    seed
}
