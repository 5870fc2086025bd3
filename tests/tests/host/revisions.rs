//! Conversations on programs that are no longer at hand: published often, or by another process on the same store.

use std::path::Path;
use std::sync::Arc;

use duka_engine::event::{EventKind, Inbound};
use duka_engine::outbound::Outbound;
use duka_engine::session::{Revision, Session};
use duka_runtime::config;
use duka_runtime::host::clock::ManualClock;
use duka_runtime::host::desk::Desk;
use duka_runtime::host::incoming::{Arrival, Arrived, Incoming};
use duka_runtime::host::mint::Mint;
use duka_runtime::host::worker::Worker;
use duka_runtime::host::writer::{Job, Took, Writer};
use duka_runtime::host::{Host, Limits};
use duka_runtime::id::{ConversationId, ElementKey, ShopScope};
use duka_runtime::shops::Registry;
use duka_runtime::store::{Advance, Conversation, Identity, IdentityKind, Store};
use tempfile::TempDir;

const NOW_MS: i64 = 1_795_251_600_000;
const PROFILE: &str = "name: Zuri\ncurrency: KES\nlanguages: [en]\ncountry: KE\ntimezone: Africa/Nairobi\n";

/// Asks for a name and then for a colour, and says both with the number of its version.
fn flow(version: u32) -> String {
    format!(
        "duka 1\nflow zuri\n  start hello\n\nremember\n  who: text\n  colour: text\n\nstate hello\n  \
         ask: What is your name?\n  answer who -> more\n\nstate more\n  ask: Which colour?\n  answer colour -> done\n\n\
         state done\n  say: {{who}} likes {{colour}}, says {version}.\n  -> end\n"
    )
}

/// A process with its own folder of flows.
struct Process {
    folder: TempDir,
    registry: Arc<Registry>,
    host: Arc<Host>,
    writer: Arc<Writer>,
    worker: Worker,
    store: Store,
    scope: ShopScope,
    now_ms: i64,
}

fn write(folder: &Path, flow: &str) {
    let shop = folder.join("shops/zuri");
    std::fs::create_dir_all(&shop).expect("a folder can be made");
    std::fs::write(shop.join("shop.yaml"), PROFILE).expect("a file can be written");
    std::fs::write(shop.join("zuri.duka"), flow).expect("a file can be written");
    std::fs::write(folder.join("duka.toml"), "").expect("a file can be written");
}

const NOTHING: Vec<(String, String)> = Vec::new();

impl Process {
    async fn start(store: &Store, version: u32, seed: u64) -> Process {
        Process::of(store, &flow(version), NOW_MS + i64::from(version), seed).await
    }

    async fn of(store: &Store, flow: &str, now_ms: i64, seed: u64) -> Process {
        let folder = tempfile::tempdir().expect("a folder");
        write(folder.path(), flow);
        let settings = config::load(Some(&folder.path().join("duka.toml")), &NOTHING).expect("sound settings");
        let opened = Registry::open(&settings, &NOTHING, store.clone(), now_ms).await;
        let registry = Arc::new(opened.expect("a sound shop").0);
        let clock = Arc::new(ManualClock::at(now_ms));
        let shops = Arc::clone(&registry.shops);
        let limits = Limits { event_lease_ms: 1, ..Limits::default() };
        let host = Arc::new(Host::new(store.clone(), clock, Mint::seeded(seed), shops, limits));
        let writer = Arc::new(Writer::new(Arc::clone(&host)));
        let worker = Worker::new(Arc::clone(&host), Desk::Here(Arc::clone(&writer)), Arc::clone(&writer));
        let scope = store.shop("zuri").await.expect("a scope");
        Process { folder, registry, host, writer, worker, store: store.clone(), scope, now_ms }
    }

    async fn saves(&mut self, version: u32) {
        write(self.folder.path(), &flow(version));
        self.now_ms += 1_000;
        let settings = config::load(Some(&self.folder.path().join("duka.toml")), &NOTHING).expect("sound settings");
        let reloaded = self.registry.reload(&settings, &NOTHING, self.now_ms).await.expect("a readable folder");
        assert_eq!(reloaded.changed, ["zuri"]);
    }

    fn identity(&self, customer: &str) -> Identity {
        Identity { shop: self.scope, channel: "whatsapp".into(), kind: IdentityKind::Phone, value: customer.into() }
    }

    /// What a customer is answered.
    async fn hears(&self, customer: &str, text: &str) -> Vec<String> {
        let identity = self.identity(customer);
        let before = self.said(&identity).await.len();
        self.receive(&[(customer, text)]).await;
        while self.worker.run_once().await.expect("work is done") > 0 {}
        self.said(&identity).await.split_off(before)
    }

    /// Messages in one commit.
    async fn receive(&self, said: &[(&str, &str)]) -> Vec<Took> {
        let arrivals = said.iter().map(|(customer, text)| self.arrival(customer, text)).collect();
        let took = self.writer.commit(vec![Job::Arrivals(arrivals)]).await.pop().expect("one answer");
        took.expect("it is kept")
    }

    fn arrival(&self, customer: &str, text: &str) -> Arrival {
        let identity = self.identity(customer);
        let mut incoming = Incoming::event(EventKind::Inbound(Inbound::Text(text.into())));
        incoming.provider_ms = NOW_MS - 1_000;
        incoming.number = "n1".into();
        let what = Arrived::Customer { channel: "whatsapp".into(), identities: vec![identity], incoming };
        let key: Option<ElementKey> = None;
        Arrival { shop: self.scope, key, received_ms: NOW_MS, what }
    }

    async fn said(&self, identity: &Identity) -> Vec<String> {
        let mut tx = self.store.begin(self.scope).await.expect("a transaction");
        let found = tx.find_conversations(std::slice::from_ref(identity)).await.expect("an answer");
        let Some(id): Option<ConversationId> = found.into_iter().flatten().next() else { return Vec::new() };
        let sends = tx.sends_of(self.scope, id, 0, 1_000).await.expect("the sends");
        let text = |body: &[u8]| match postcard::from_bytes(body).expect("a message") {
            Outbound::Message(message) => message.text,
            Outbound::Template(template) => template.name.to_string(),
        };
        sends.iter().map(|row| text(&row.send.body)).collect()
    }
}

async fn after_many_saves(store: Store) {
    let mut shop = Process::start(&store, 1, 1).await;
    shop.hears("1", "hi").await;
    assert_eq!(shop.hears("1", "Amina").await, ["Which colour?"]);
    for version in 2..=12 {
        shop.saves(version).await;
    }
    assert_eq!(shop.hears("1", "red").await, ["Amina likes red, says 12."], "what was remembered is still there");
}

#[tokio::test]
async fn a_conversation_outlives_any_number_of_saves() {
    after_many_saves(Store::memory()).await;
    let folder = tempfile::tempdir().expect("a folder");
    after_many_saves(Store::sqlite(&folder.path().join("duka.db")).await.expect("a new database")).await;
    after_many_saves(Store::postgres(&crate::database::database().await).await.expect("a new database")).await;
}

#[tokio::test]
async fn a_process_with_older_flows_does_not_move_conversations_back() {
    let store = Store::memory();
    let old = Process::start(&store, 1, 1).await;
    let new = Process::start(&store, 2, 2).await;
    new.hears("1", "hi").await;
    assert_eq!(old.hears("1", "Amina").await, ["Which colour?"]);
    assert_eq!(old.hears("1", "red").await, ["Amina likes red, says 2."], "the newer flow, in the older process");
    old.hears("2", "hi").await;
    assert_eq!(old.hears("2", "Juma").await, ["Which colour?"]);
    assert_eq!(new.hears("2", "blue").await, ["Juma likes blue, says 2."], "forward it moves");
}

/// A conversation on a program that `old` has never seen, and one on a program that is gone.
async fn apart(store: &Store) -> Process {
    let old = Process::start(store, 1, 1).await;
    let new = Process::start(store, 2, 2).await;
    for customer in ["1", "2"] {
        new.hears(customer, "hi").await;
        assert_eq!(new.hears(customer, "Amina").await, ["Which colour?"]);
    }
    for customer in ["3", "4"] {
        old.hears(customer, "hi").await;
        let identity = old.identity(customer);
        let mut tx = store.begin(old.scope).await.expect("a transaction");
        let id = tx.find_conversations(&[identity]).await.expect("an answer")[0].expect("it has begun");
        let row = tx.conversations(&[(old.scope, id)]).await.expect("an answer").remove(0).expect("its row");
        let known = Session::decode(&row.session).expect("a session");
        let mut session = Vec::new();
        Session { revision: Revision([7; 16]), ..known }.encode_into(&mut session);
        let gone = Conversation { session, ..row };
        tx.save_conversations(&[Advance { conversation: &gone, from_turn: gone.turn }]).await.expect("saved");
        tx.commit().await.expect("committed");
        drop(old.host.recall.take(old.scope, id));
    }
    old
}

async fn nobody_waits_for_a_program(store: Store) {
    let old = apart(&store).await;
    old.hears("5", "hi").await;
    let took = old.receive(&[("1", "red"), ("5", "Juma"), ("3", "Wanjiru")]).await;
    assert_eq!(took, [Took::Queued, Took::Advanced, Took::Queued], "who needs no other program has had its turn");
    assert_eq!(old.worker.inbox_once().await.expect("looked"), 0, "they are given back while nobody has looked");
    assert_eq!(old.worker.programs_once().await.expect("looked"), 2);
    assert_eq!(old.worker.inbox_once().await.expect("taken"), 2);
    assert_eq!(old.said(&old.identity("1")).await.last().map(String::as_str), Some("Amina likes red, says 2."));
    // What was found is kept, and so is that there is nothing to be found.
    assert_eq!(old.receive(&[("2", "blue"), ("4", "Njeri")]).await, [Took::Advanced; 2]);
    assert_eq!(old.worker.programs_once().await.expect("looked"), 0);
}

#[tokio::test]
async fn a_program_that_is_not_at_hand_keeps_no_other_conversation_waiting_and_is_read_once() {
    nobody_waits_for_a_program(Store::memory()).await;
    let folder = tempfile::tempdir().expect("a folder");
    nobody_waits_for_a_program(Store::sqlite(&folder.path().join("duka.db")).await.expect("a new database")).await;
    nobody_waits_for_a_program(Store::postgres(&crate::database::database().await).await.expect("a new database"))
        .await;
}

async fn back_to_the_first(store: Store) {
    let mut shop = Process::start(&store, 1, 1).await;
    shop.saves(2).await;
    shop.hears("1", "hi").await;
    assert_eq!(shop.hears("1", "Amina").await, ["Which colour?"]);
    shop.saves(1).await;
    let typo = "duka 1\nflow zuri\n  start nowhere\n";
    let shop = Process::of(&store, typo, shop.now_ms + 1_000, 2).await;
    assert_eq!(shop.hears("1", "red").await, ["Amina likes red, says 1."], "what was served last");
    // The same when it is by restarts that one goes forth and back.
    let shop = Process::of(&store, &flow(2), shop.now_ms + 1_000, 3).await;
    shop.hears("2", "hi").await;
    assert_eq!(shop.hears("2", "Juma").await, ["Which colour?"]);
    let shop = Process::of(&store, &flow(1), shop.now_ms + 1_000, 4).await;
    assert_eq!(shop.hears("2", "blue").await, ["Juma likes blue, says 1."], "nobody stays on what was taken back");
}

#[tokio::test]
async fn a_flow_that_was_taken_back_does_not_come_again() {
    back_to_the_first(Store::memory()).await;
    let folder = tempfile::tempdir().expect("a folder");
    back_to_the_first(Store::sqlite(&folder.path().join("duka.db")).await.expect("a new database")).await;
    back_to_the_first(Store::postgres(&crate::database::database().await).await.expect("a new database")).await;
}
