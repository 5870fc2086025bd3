//! A host with a shop in it, on any store, with a clock that stands still.

use std::sync::Arc;

use duka_engine::event::{EventKind, Inbound};
use duka_engine::outbound::Outbound;
use duka_runtime::host::clock::ManualClock;
use duka_runtime::host::incoming::{Arrival, Arrived, Incoming};
use duka_runtime::host::mint::Mint;
use duka_runtime::host::points::Points;
use duka_runtime::host::shops::Shops;
use duka_runtime::host::writer::{Job, Took, WriteError, Writer};
use duka_runtime::host::{Host, Limits};
use duka_runtime::id::{ConversationId, ElementKey, ShopScope};
use duka_runtime::store::{Identity, IdentityKind, SendRow, Store};

use crate::corner;

pub const NOW_MS: i64 = 1_795_251_600_000;

pub struct House {
    pub clock: Arc<ManualClock>,
    pub host: Arc<Host>,
    pub writer: Arc<Writer>,
    pub shop: ShopScope,
}

/// Runs a scenario on every store.
pub fn on_every_store<F>(scenario: impl Fn(Store) -> F)
where
    F: Future<Output = ()>,
{
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(scenario(Store::memory()));
}

impl House {
    pub async fn new(store: Store) -> House {
        House::with(store, Points::default(), Arc::new(ManualClock::at(NOW_MS)), 1).await
    }

    /// A process: `seed` makes its ids its own.
    pub async fn with(store: Store, points: Points, clock: Arc<ManualClock>, seed: u64) -> House {
        let shop = store.shop("corner").await.expect("a scope");
        assert_eq!(shop, ShopScope::numbered(corner::SHOP));
        let shops = Shops::of([corner::shop(corner::program(), Vec::new())]);
        let host = Host::new(store, clock.clone(), Mint::seeded(seed), shops, Limits::default());
        let host = Arc::new(Host { points, ..host });
        House { clock, writer: Arc::new(Writer::new(Arc::clone(&host))), host, shop }
    }

    /// The same store after the process has died, with another in its place.
    pub async fn restarted(&self, seed: u64) -> House {
        House::with(self.host.store.clone(), Points::default(), self.clock.clone(), seed).await
    }

    pub fn text(&self, customer: &str, id: &str, text: &str) -> Arrival {
        let mut incoming = Incoming::event(EventKind::Inbound(Inbound::Text(text.into())));
        incoming.provider_ms = NOW_MS - 1_000;
        incoming.number = "n1".into();
        incoming.proof = id.into();
        self.arrival(customer, id, incoming)
    }

    pub fn arrival(&self, customer: &str, id: &str, incoming: Incoming) -> Arrival {
        let identity =
            Identity { shop: self.shop, channel: "whatsapp".into(), kind: IdentityKind::Phone, value: customer.into() };
        Arrival {
            shop: self.shop,
            key: Some(key(id)),
            received_ms: NOW_MS,
            what: Arrived::Customer { channel: "whatsapp".into(), identities: vec![identity], incoming },
        }
    }

    /// One webhook.
    pub async fn receive(&self, arrivals: Vec<Arrival>) -> Result<Vec<Took>, WriteError> {
        self.commit(Job::Arrivals(arrivals)).await
    }

    pub async fn commit(&self, job: Job) -> Result<Vec<Took>, WriteError> {
        self.writer.commit(vec![job]).await.pop().expect("one answer for one job")
    }

    /// The customer's first word, which begins the conversation.
    pub async fn begin(&self, customer: &str) -> ConversationId {
        let took = self.receive(vec![self.text(customer, &format!("begin-{customer}"), "hi")]).await;
        assert_eq!(took.expect("the store takes it"), [Took::Advanced]);
        self.conversation(customer).await
    }

    pub async fn conversation(&self, customer: &str) -> ConversationId {
        let mut tx = self.host.store.begin(self.shop).await.expect("a transaction");
        let identity =
            Identity { shop: self.shop, channel: "whatsapp".into(), kind: IdentityKind::Phone, value: customer.into() };
        tx.find_conversations(&[identity]).await.expect("an answer")[0].expect("the customer is known")
    }

    pub async fn rows(&self, conversation: ConversationId) -> Vec<SendRow> {
        let mut tx = self.host.store.begin(self.shop).await.expect("a transaction");
        tx.sends_of(self.shop, conversation, 0, 1_000).await.expect("the sends")
    }

    /// What was wanted to be sent, oldest first.
    pub async fn said(&self, conversation: ConversationId) -> Vec<String> {
        self.rows(conversation).await.iter().map(|row| words(&row.send.body)).collect()
    }
}

pub fn words(body: &[u8]) -> String {
    match postcard::from_bytes(body).expect("an encoded message") {
        Outbound::Message(message) => message.text,
        Outbound::Template(template) => format!("template {}", template.name),
    }
}

pub fn key(id: &str) -> ElementKey {
    let mut key = [0; 16];
    for (at, byte) in id.bytes().enumerate() {
        key[at % 16] ^= byte.rotate_left(u32::try_from(at / 16).expect("a short id"));
    }
    ElementKey(key)
}
