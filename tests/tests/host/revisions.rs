//! Conversations on programs that are no longer at hand: published often, or by another process on the same store.

use std::path::Path;
use std::sync::Arc;

use duka_engine::event::{EventKind, Inbound};
use duka_engine::outbound::Outbound;
use duka_runtime::config;
use duka_runtime::host::clock::ManualClock;
use duka_runtime::host::incoming::{Arrival, Arrived, Incoming};
use duka_runtime::host::mint::Mint;
use duka_runtime::host::writer::{Job, Took, Writer};
use duka_runtime::host::{Host, Limits};
use duka_runtime::id::{ConversationId, ElementKey, ShopScope};
use duka_runtime::shops::Registry;
use duka_runtime::store::{Identity, IdentityKind, Store};
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
    writer: Writer,
    store: Store,
    scope: ShopScope,
    now_ms: i64,
}

fn write(folder: &Path, version: u32) {
    let shop = folder.join("shops/zuri");
    std::fs::create_dir_all(&shop).expect("a folder can be made");
    std::fs::write(shop.join("shop.yaml"), PROFILE).expect("a file can be written");
    std::fs::write(shop.join("zuri.duka"), flow(version)).expect("a file can be written");
    std::fs::write(folder.join("duka.toml"), "").expect("a file can be written");
}

const NOTHING: Vec<(String, String)> = Vec::new();

impl Process {
    async fn start(store: &Store, version: u32, seed: u64) -> Process {
        let folder = tempfile::tempdir().expect("a folder");
        write(folder.path(), version);
        let now_ms = NOW_MS + i64::from(version);
        let settings = config::load(Some(&folder.path().join("duka.toml")), &NOTHING).expect("sound settings");
        let opened = Registry::open(&settings, &NOTHING, store.clone(), now_ms).await;
        let registry = Arc::new(opened.expect("a sound shop").0);
        let clock = Arc::new(ManualClock::at(now_ms));
        let shops = Arc::clone(&registry.shops);
        let host = Host::new(store.clone(), clock, Mint::seeded(seed), shops, Limits::default());
        let scope = store.shop("zuri").await.expect("a scope");
        Process { folder, registry, writer: Writer::new(Arc::new(host)), store: store.clone(), scope, now_ms }
    }

    async fn saves(&mut self, version: u32) {
        write(self.folder.path(), version);
        self.now_ms += 1_000;
        let settings = config::load(Some(&self.folder.path().join("duka.toml")), &NOTHING).expect("sound settings");
        let reloaded = self.registry.reload(&settings, &NOTHING, self.now_ms).await.expect("a readable folder");
        assert_eq!(reloaded.changed, ["zuri"]);
    }

    /// What a customer is answered.
    async fn hears(&self, customer: &str, text: &str) -> Vec<String> {
        let identity = Identity {
            shop: self.scope,
            channel: "whatsapp".into(),
            kind: IdentityKind::Phone,
            value: customer.into(),
        };
        let before = self.said(&identity).await.len();
        let mut incoming = Incoming::event(EventKind::Inbound(Inbound::Text(text.into())));
        incoming.provider_ms = NOW_MS - 1_000;
        incoming.number = "n1".into();
        let what = Arrived::Customer { channel: "whatsapp".into(), identities: vec![identity.clone()], incoming };
        let key: Option<ElementKey> = None;
        let arrival = Arrival { shop: self.scope, key, received_ms: NOW_MS, what };
        let took = self.writer.commit(vec![Job::Arrivals(vec![arrival])]).await.pop().expect("one answer");
        assert_eq!(took.expect("it is kept"), [Took::Advanced]);
        self.said(&identity).await.split_off(before)
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
