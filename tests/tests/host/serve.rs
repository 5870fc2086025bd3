//! The parts as tasks: everything that was accepted is answered, in order, and the end is clean.

use std::sync::Arc;

use duka_runtime::files::Files;
use duka_runtime::host::calls::DemoAdapter;
use duka_runtime::host::clock::SystemClock;
use duka_runtime::host::desk::Desk;
use duka_runtime::host::files::NoFiles;
use duka_runtime::host::holds::{Before, Holds};
use duka_runtime::host::mint::Mint;
use duka_runtime::host::points::{Blow, Point, Points};
use duka_runtime::host::serve::{Serving, Ways};
use duka_runtime::host::shops::Shops;
use duka_runtime::host::transport::{SendAnswer, SendRequest, Transport};
use duka_runtime::host::writer::{Job, Took};
use duka_runtime::host::{Host, Limits};
use duka_runtime::store::Store;
use tokio::sync::watch;

use crate::corner;
use crate::house::{House, Provider};

/// A provider that tells how much it has heard.
struct Counting {
    provider: Provider,
    heard: watch::Sender<usize>,
}

impl Transport for Counting {
    async fn send(&self, request: SendRequest) -> SendAnswer {
        tokio::task::yield_now().await;
        let answer = self.provider.send(request).await;
        self.heard.send_modify(|heard| *heard += 1);
        answer
    }
}

const CUSTOMERS: usize = 20;
const WORDS: usize = 10;

#[test]
fn what_many_customers_say_at_once_is_answered_in_order_and_the_end_is_clean() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.expect("a runtime");
    runtime.block_on(served(Store::memory()));
    let folder = tempfile::tempdir().expect("a folder");
    runtime.block_on(async {
        served(Store::sqlite(&folder.path().join("duka.db")).await.expect("a new database")).await;
    });
}

async fn served(store: Store) {
    let house = House::new(store.clone()).await;
    let shops = Shops::of([corner::shop(corner::program(), Vec::new())]);
    let mut limits = Limits::default();
    limits.pace.throughput = std::num::NonZeroU32::new(100_000);
    let mint = Mint::random().expect("random bytes");
    let host = Arc::new(Host::new(store.clone(), Arc::new(SystemClock::default()), mint, shops, limits));
    let (heard, mut hears) = watch::channel(0);
    let provider = Arc::new(Counting { provider: Provider::default(), heard });
    let transport = Arc::clone(&provider);
    let ways = Ways { transport, adapter: DemoAdapter::default(), fetch: NoFiles, files: Files::memory() };
    let serving = Serving::begin(Arc::clone(&host), ways, true).await;
    let serving = serving.expect("it begins");
    let house = Arc::new(house);
    let customers: Vec<_> = (0..CUSTOMERS)
        .map(|customer| tokio::spawn(customer_says(serving.desk(), Arc::clone(&house), customer)))
        .collect();
    for customer in customers {
        customer.await.expect("a customer says all");
    }
    hears.wait_for(|heard| *heard == CUSTOMERS * (WORDS + 1)).await.expect("all is sent");
    let until = tokio::time::Instant::now() + std::time::Duration::from_secs(20);
    serving.end(host.clock.now_ms(), until, true).await.expect("it ends");
    for customer in 0..CUSTOMERS {
        let conversation = house.conversation(&format!("c{customer}")).await;
        let mut expected: Vec<String> = (0..WORDS).map(|n| format!("ack c{customer}w{n} n={}", n + 1)).collect();
        expected.push("In your bag: 1".to_string());
        assert_eq!(house.said(conversation).await, expected);
        let requests = provider.provider.requests();
        let got: Vec<_> = requests.iter().filter(|it| it.conversation == conversation).map(|it| it.send).collect();
        let rows: Vec<_> = house.rows(conversation).await.iter().map(|row| row.send.id).collect();
        assert_eq!(got, rows, "each once and in order");
    }
    assert_eq!(Holds::new(host).begin(true).await.expect("asked"), Before::Clean);
}

async fn customer_says(desk: Desk, house: Arc<House>, customer: usize) {
    let who = format!("c{customer}");
    let mut texts = vec!["hi".to_string()];
    texts.extend((0..WORDS).map(|n| format!("{who}w{n}")));
    texts.push("bag".to_string());
    for text in texts {
        // Each comes twice, as vendors do it.
        for _ in 0..2 {
            let mut arrival = house.text(&who, &format!("{who}-{text}"), &text);
            if let duka_runtime::host::incoming::Arrived::Customer { incoming, .. } = &mut arrival.what {
                incoming.provider_ms = 4_000_000_000_000;
            }
            let took = desk.commit(Job::Arrivals(vec![arrival])).await.expect("kept");
            assert!(matches!(took[..], [Took::Advanced | Took::Queued | Took::Copy]), "{took:?}");
        }
    }
}

/// A host whose process comes by an armed point.
fn struck(store: &Store, points: Points) -> Arc<Host> {
    let shops = Shops::of([corner::shop(corner::program(), Vec::new())]);
    let mint = Mint::random().expect("random bytes");
    let host = Host::new(store.clone(), Arc::new(SystemClock::default()), mint, shops, Limits::default());
    Arc::new(Host { points, ..host })
}

async fn begun(host: &Arc<Host>) -> Serving {
    let provider = Arc::new(Provider::default());
    let ways = Ways { transport: provider, adapter: DemoAdapter::default(), fetch: NoFiles, files: Files::memory() };
    Serving::begin(Arc::clone(host), ways, true).await.expect("it begins")
}

/// Serves with an armed point until a part is lost.
async fn loses_a_part(point: Point, before: Before) {
    let store = Store::memory();
    let house = House::new(store.clone()).await;
    house.begin("1").await;
    if before == Before::Unclean {
        house.holds.begin(true).await.expect("noted");
    }
    let host = struck(&store, Points::armed(point, Blow::Panic, 0));
    let serving = begun(&host).await;
    let said = serving.desk().commit(Job::Arrivals(vec![house.text("1", "m1", "a1")])).await;
    assert_eq!(said.is_err(), point == Point::IngestBegun, "{said:?}");
    serving.lost().await;
    let until = tokio::time::Instant::now() + std::time::Duration::from_secs(20);
    serving.end(host.clock.now_ms(), until, true).await.expect("it ends");
    assert_eq!(Holds::new(host).begin(true).await.expect("asked"), Before::Unclean, "{point:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_that_ends_by_itself_is_told_and_the_next_process_is_careful() {
    loses_a_part(Point::IngestBegun, Before::Clean).await;
    // What is taken through the inbox comes by another part.
    loses_a_part(Point::WorkClaimed, Before::Unclean).await;
    loses_a_part(Point::SendClaimed, Before::Clean).await;
}
