//! A host with a shop in it, on any store, with a clock that stands still.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use duka_engine::event::{EventKind, Inbound};
use duka_engine::outbound::Outbound;
use duka_runtime::host::calls::{Calls, DemoAdapter};
use duka_runtime::host::clock::ManualClock;
use duka_runtime::host::desk::Desk;
use duka_runtime::host::holds::Holds;
use duka_runtime::host::incoming::{Arrival, Arrived, Incoming};
use duka_runtime::host::mint::Mint;
use duka_runtime::host::outbox::Outbox;
use duka_runtime::host::points::Points;
use duka_runtime::host::shops::Shops;
use duka_runtime::host::transport::{Form, SendAnswer, SendRequest, Transport};
use duka_runtime::host::worker::Worker;
use duka_runtime::host::writer::{Job, Took, WriteError, Writer};
use duka_runtime::host::{Host, Limits};
use duka_runtime::id::{ConversationId, ElementKey, ShopScope};
use duka_runtime::store::{Delivery, Identity, IdentityKind, SendRow, SendState, StatusUpdate, Store};

use crate::corner;

pub const NOW_MS: i64 = 1_795_251_600_000;

pub struct House {
    pub clock: Arc<ManualClock>,
    pub host: Arc<Host>,
    pub writer: Arc<Writer>,
    pub worker: Worker,
    pub outbox: Outbox<Arc<Provider>>,
    pub calls: Calls<Arc<DemoAdapter>>,
    pub holds: Holds,
    pub provider: Arc<Provider>,
    pub backend: Arc<DemoAdapter>,
    pub shop: ShopScope,
    /// The leases of events are judged by the database's clock, which no test moves.
    leases_tick: bool,
}

/// What a provider says to a request; `None`: what else it would say.
pub type Says = Box<dyn Fn(&SendRequest) -> Option<SendAnswer> + Send>;

/// A provider that answers as it is told, and else accepts.
#[derive(Default)]
pub struct Provider {
    pub journal: Mutex<Vec<SendRequest>>,
    pub answers: Mutex<VecDeque<SendAnswer>>,
    pub says: Mutex<Option<Says>>,
}

impl Provider {
    pub fn answer(&self, answer: SendAnswer) {
        self.answers.lock().expect("no panic holds it").push_back(answer);
    }

    /// What was asked for, as text.
    pub fn heard(&self) -> Vec<String> {
        let journal = self.journal.lock().expect("no panic holds it");
        journal
            .iter()
            .map(|request| match &request.form {
                Form::Message(message) => message.text.clone(),
                Form::Template(template, _) => format!("template {}", template.name),
            })
            .collect()
    }

    /// From now on.
    pub fn says(&self, says: impl Fn(&SendRequest) -> Option<SendAnswer> + Send + 'static) {
        *self.says.lock().expect("no panic holds it") = Some(Box::new(says));
    }

    pub fn requests(&self) -> Vec<SendRequest> {
        self.journal.lock().expect("no panic holds it").clone()
    }
}

impl Transport for Provider {
    async fn send(&self, request: SendRequest) -> SendAnswer {
        let mut journal = self.journal.lock().expect("no panic holds it");
        let said = self.says.lock().expect("no panic holds it").as_ref().and_then(|says| says(&request));
        journal.push(request);
        if let Some(said) = said {
            return said;
        }
        let accepted = SendAnswer::Accepted { provider_id: format!("wamid.{}", journal.len()).into() };
        self.answers.lock().expect("no panic holds it").pop_front().unwrap_or(accepted)
    }
}

/// Runs a scenario on every store.
pub fn on_every_store<F>(scenario: impl Fn(Store) -> F)
where
    F: Future<Output = ()>,
{
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(scenario(Store::memory()));
    let folder = tempfile::tempdir().expect("a folder");
    runtime.block_on(async {
        let store = Store::sqlite(&folder.path().join("duka.db")).await.expect("a new database");
        scenario(store).await;
    });
    runtime.block_on(async {
        let store = Store::postgres(&crate::database::database().await).await.expect("a new database");
        scenario(store).await;
    });
}

impl House {
    pub async fn new(store: Store) -> House {
        House::with(store, Points::default(), Arc::new(ManualClock::at(NOW_MS)), 1).await
    }

    /// A process: `seed` makes its ids its own.
    pub async fn with(store: Store, points: Points, clock: Arc<ManualClock>, seed: u64) -> House {
        House::among(store, points, clock, seed, Arc::default(), Arc::default()).await
    }

    async fn among(
        store: Store,
        points: Points,
        clock: Arc<ManualClock>,
        seed: u64,
        provider: Arc<Provider>,
        backend: Arc<DemoAdapter>,
    ) -> House {
        let shop = store.shop("corner").await.expect("a scope");
        assert_eq!(shop, ShopScope::numbered(corner::SHOP));
        let program = corner::program();
        let next = corner::next_door(Arc::clone(&program));
        assert_eq!(store.shop("next-door").await.expect("a scope"), next.scope);
        let shops = Shops::of([corner::shop(program, Vec::new()), next]);
        let mut limits = Limits::default();
        let leases_tick = store.is_shared();
        if leases_tick {
            limits.event_lease_ms = 20;
        }
        let host = Host::new(store, clock.clone(), Mint::seeded(seed), shops, limits);
        let host = Arc::new(Host { points, ..host });
        let writer = Arc::new(Writer::new(Arc::clone(&host)));
        let desk = Desk::Here(Arc::clone(&writer));
        House {
            clock,
            worker: Worker::new(Arc::clone(&host), desk.clone(), Arc::clone(&writer)),
            outbox: Outbox::new(Arc::clone(&host), desk.clone(), Arc::clone(&provider)),
            calls: Calls::new(Arc::clone(&host), desk, Arc::clone(&backend)),
            holds: Holds::new(Arc::clone(&host)),
            writer,
            host,
            leases_tick,
            provider,
            backend,
            shop,
        }
    }

    /// The same store after the process has died, with another in its place; provider and backend live on.
    pub async fn restarted(&self, seed: u64) -> House {
        let store = self.host.store.clone();
        let (provider, backend) = (Arc::clone(&self.provider), Arc::clone(&self.backend));
        let house = House::among(store, Points::default(), self.clock.clone(), seed, provider, backend).await;
        house.holds.begin(true).await.expect("the store answers");
        house
    }

    /// The process has ended, which has let go of the store, and another one has opened it; provider and backend live on.
    pub async fn reopened(self, open: impl AsyncFnOnce() -> Store, seed: u64) -> House {
        let clock = self.clock.clone();
        let (provider, backend) = (Arc::clone(&self.provider), Arc::clone(&self.backend));
        drop(self);
        House::among(open().await, Points::default(), clock, seed, provider, backend).await
    }

    /// Another process on the same store, while the first may still be there.
    pub async fn taken_over(&self, points: Points, seed: u64) -> House {
        let store = self.host.store.clone();
        let (provider, backend) = (Arc::clone(&self.provider), Arc::clone(&self.backend));
        House::among(store, points, self.clock.clone(), seed, provider, backend).await
    }

    /// Every part, until none finds anything to do.
    pub async fn settle(&self) {
        for _ in 0..1_000 {
            let mut done = self.worker.run_once().await.expect("events are taken");
            done += self.calls.run_once().await.expect("calls are made");
            done += self.outbox.run_once().await.expect("sends are made");
            done += self.holds.run_once().await.expect("holds are looked at");
            if done == 0 {
                return;
            }
        }
        panic!("the host does not come to rest");
    }

    /// Time passes, a second at a time at first, then in longer steps; what is due happens.
    pub async fn wait(&self, ms: i64) {
        let mut left = ms;
        while left > 0 {
            let step = (ms / 50).max(1_000).min(left);
            self.clock.advance(step);
            left -= step;
            if self.leases_tick {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            self.settle().await;
        }
    }

    /// Until what a process has claimed that is gone may be claimed again.
    pub async fn wait_for_leases(&self) {
        self.clock.advance(self.host.limits.event_lease_ms);
        if self.leases_tick {
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
    }

    /// The customer says something and the shop answers.
    pub async fn chat(&self, customer: &str, id: &str, text: &str) {
        self.receive(vec![self.text(customer, id, text)]).await.expect("kept");
        self.settle().await;
    }

    /// The provider tells what became of a message.
    pub async fn tell(&self, request: &SendRequest, provider_id: &str, status: Delivery, error: i32) {
        let update = StatusUpdate {
            shop: self.shop,
            send: Some(request.send),
            provider_id: provider_id.into(),
            status,
            at_ms: self.now_ms(),
            error,
            category: "".into(),
            pricing: "".into(),
            market: 0,
            free_until_ms: 0,
        };
        let arrival = Arrival { shop: self.shop, key: None, received_ms: self.now_ms(), what: Arrived::Status(update) };
        self.receive(vec![arrival]).await.expect("kept");
    }

    pub fn now_ms(&self) -> i64 {
        duka_runtime::host::clock::Clock::now_ms(&*self.clock)
    }

    pub fn text(&self, customer: &str, id: &str, text: &str) -> Arrival {
        let mut incoming = Incoming::event(EventKind::Inbound(Inbound::Text(text.into())));
        incoming.provider_ms = self.now_ms() - 1_000;
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
            received_ms: self.now_ms(),
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

    /// A process that listens sends a message of which it does not hear whether it came.
    pub async fn holds_a_message(&self) -> ConversationId {
        self.holds.begin(true).await.expect("begun");
        let conversation = self.begin("1").await;
        self.provider.answer(SendAnswer::Unknown);
        self.chat("1", "m1", "a1").await;
        self.holds.note().await.expect("noted");
        conversation
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

    pub async fn states(&self, conversation: ConversationId) -> Vec<SendState> {
        self.rows(conversation).await.iter().map(|row| row.facts.state).collect()
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
