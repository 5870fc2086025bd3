//! Two shops of one server (T11, I17): whatever one of them does, the other's conversations are the same to the byte as if it
//! were alone. Prints the seed of what differs.

use duka_runtime::host::incoming::{Arrival, Arrived};
use duka_runtime::host::transport::{Form, SendRequest};
use duka_runtime::id::ShopScope;
use duka_runtime::store::{Advance, Conversation, Delivery, StatusUpdate, Store};
use duka_tests::random::Random;

use crate::corner::NEXT_DOOR;
use crate::database::database;
use crate::house::House;

const WORDS: &[&str] =
    &["hi", "bag", "more", "page", "offers", "stop", "human", "nudge", "news", "chatter", "a1", "ok", "???", "🙂", ""];
const CUSTOMERS: &[&str] = &["1", "2", "3"];

/// One shop's customers, with a chance of its own. `name` keeps its messages apart from the other's.
struct Crowd {
    shop: ShopScope,
    name: &'static str,
    random: Random,
    said: usize,
}

impl Crowd {
    fn new(shop: ShopScope, name: &'static str, seed: u64) -> Crowd {
        Crowd { shop, name, random: Random::new(seed), said: 0 }
    }

    fn arrival(&mut self, house: &House, customer: &str, text: &str) -> Arrival {
        self.said += 1;
        let mut arrival = house.text(customer, &format!("{}{}", self.name, self.said), text);
        arrival.shop = self.shop;
        if let Arrived::Customer { identities, .. } = &mut arrival.what {
            identities.iter_mut().for_each(|identity| identity.shop = self.shop);
        }
        arrival
    }

    fn words(&mut self, house: &House) -> Arrival {
        let customer = self.random.pick(CUSTOMERS).expect("there are some").to_string();
        let text = self.random.pick(WORDS).expect("there are some").to_string();
        self.arrival(house, &customer, &text)
    }
}

/// What the noisy shop does at a time: a flood, copies, statuses of its own for ids that are not its own, a session that
/// nobody can read.
async fn noise(house: &House, crowd: &mut Crowd) {
    let mut arrivals: Vec<Arrival> = (0..crowd.random.below(8)).map(|_| crowd.words(house)).collect();
    arrivals.extend(arrivals.first().cloned());
    if let Some(request) = house.provider.requests().last() {
        let update = StatusUpdate {
            shop: crowd.shop,
            send: Some(request.send),
            provider_id: "wamid.1".into(),
            status: Delivery::Failed,
            at_ms: house.now_ms(),
            error: 131_026,
            category: Default::default(),
            pricing: Default::default(),
            market: 0,
            free_until_ms: 0,
        };
        arrivals.push(Arrival {
            shop: crowd.shop,
            key: None,
            received_ms: house.now_ms(),
            what: Arrived::Status(update),
        });
    }
    house.receive(arrivals).await.expect("the store takes it");
    if crowd.random.below(4) == 0 {
        spoil(house, crowd.shop).await;
    }
}

async fn spoil(house: &House, shop: ShopScope) {
    let mut tx = house.host.store.begin(shop).await.expect("a transaction");
    if let Some(row) = tx.list_conversations(shop, None, 1).await.expect("conversations").pop() {
        let broken = Conversation { session: vec![9, 9, 9], ..row.clone() };
        tx.save_conversations(&[Advance { conversation: &broken, from_turn: row.turn }]).await.expect("saved");
        tx.commit().await.expect("committed");
    }
}

/// The shop's day: what its customers were sent, in order, and every conversation with its turns, to the byte. Ids that are
/// drawn from one store for both shops are left out.
async fn day(store: Store, seed: u64, noisy: bool) -> Vec<String> {
    let house = House::new(store).await;
    let mut quiet = Crowd::new(house.shop, "quiet", seed);
    let mut loud = Crowd::new(ShopScope::numbered(NEXT_DOOR), "loud", seed ^ 0xA5A5);
    for customer in CUSTOMERS {
        let first = quiet.arrival(&house, customer, "hi");
        house.receive(vec![first]).await.expect("the store takes it");
        house.settle().await;
    }
    for _ in 0..6 {
        if noisy {
            noise(&house, &mut loud).await;
        }
        let (one, two) = (quiet.words(&house), quiet.words(&house));
        house.receive(vec![one, two]).await.expect("the store takes it");
        if noisy {
            noise(&house, &mut loud).await;
        }
        house.clock.advance(1_000 + 60_000 * i64::try_from(quiet.random.below(90)).expect("few"));
        house.settle().await;
    }
    if noisy {
        assert!(house.provider.requests().iter().any(|request| request.shop == loud.shop), "the loud one was heard");
    }
    journal(&house, &quiet).await
}

async fn journal(house: &House, crowd: &Crowd) -> Vec<String> {
    let mut lines = Vec::new();
    let mut tx = house.host.store.begin(crowd.shop).await.expect("a transaction");
    for row in tx.list_conversations(crowd.shop, None, 99).await.expect("conversations") {
        lines.push(format!("{} turns, awake at {:?}, {:?}", row.turn, row.wake_at_ms, row.session));
        for turn in tx.turns_of(crowd.shop, row.id, 0, 999).await.expect("turns") {
            lines.push(format!("{:?}", turn.event));
        }
        for send in tx.sends_of(crowd.shop, row.id, 0, 999).await.expect("sends") {
            lines.push(format!("{:?} {:?}", send.facts.state, send.send.body));
        }
        let sent = house.provider.requests();
        let ours = sent.iter().filter(|request| request.conversation == row.id && request.shop == crowd.shop);
        lines.extend(ours.map(shown));
    }
    lines.sort();
    lines
}

fn shown(request: &SendRequest) -> String {
    match &request.form {
        Form::Message(message) => format!("{message:?}"),
        Form::Template(template, _) => format!("{template:?}"),
    }
}

fn same(seed: u64, alone: &[String], beside: &[String]) {
    let differs = alone.iter().zip(beside).find(|(one, other)| one != other);
    assert!(alone == beside, "seed {seed}: {} lines alone, {} beside: {differs:?}", alone.len(), beside.len());
}

#[test]
fn a_shop_is_the_same_to_the_byte_with_and_without_a_loud_neighbour() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        for seed in 0..100 {
            let (alone, beside) = (day(Store::memory(), seed, false).await, day(Store::memory(), seed, true).await);
            assert!(alone.len() > 20, "seed {seed}: {} lines", alone.len());
            same(seed, &alone, &beside);
        }
        // On the databases what the engine did is the same as in memory; their own part is to keep shops apart.
        for seed in 0..2 {
            let folder = tempfile::tempdir().expect("a folder");
            let sqlite = async |name: &str| Store::sqlite(&folder.path().join(name)).await.expect("a new database");
            same(seed, &day(sqlite("alone").await, seed, false).await, &day(sqlite("beside").await, seed, true).await);
            let postgres = async || Store::postgres(&database().await).await.expect("a new database");
            same(seed, &day(postgres().await, seed, false).await, &day(postgres().await, seed, true).await);
        }
    });
}
