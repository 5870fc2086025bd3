//! Calls: asked of the shop's systems, brought back as events; a command of unknown fate is looked up, never repeated.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use duka_engine::event::Outcome;
use duka_engine::value::Value;
use duka_runtime::host::calls::{Adapter, Ask, CallEnd, Calls, DemoAdapter, Fate};
use duka_runtime::host::desk::Desk;
use duka_runtime::host::mint::Mint;
use duka_runtime::host::notices::Notice;
use duka_runtime::host::shops::Shops;
use duka_runtime::host::{Host, Limits};
use duka_runtime::store::{NewCall, Store};

use crate::corner;
use crate::house::{House, NOW_MS, on_every_store};

/// A backend that does what is asked and forgets to answer commands, once.
#[derive(Default)]
struct Forgetful {
    asked: Mutex<Vec<String>>,
    looked_up: Mutex<u32>,
}

impl Adapter for Forgetful {
    async fn ask(&self, ask: Ask) -> Outcome {
        self.asked.lock().expect("no panic holds it").push(format!("{} {}", ask.request.name, ask.key));
        if ask.query {
            return DemoAdapter::default().ask(ask).await;
        }
        Outcome::Unknown
    }

    async fn look_up(&self, ask: Ask) -> Fate {
        *self.looked_up.lock().expect("no panic holds it") += 1;
        Fate::Done(DemoAdapter::default().ask(ask).await)
    }
}

#[test]
fn a_command_of_unknown_fate_is_looked_up_and_not_repeated() {
    on_every_store(async |store: Store| {
        let house = House::new(store).await;
        let conversation = house.begin("1").await;
        let backend = std::sync::Arc::new(Forgetful::default());
        let desk = Desk::Here(std::sync::Arc::clone(&house.writer));
        let calls = Calls::new(std::sync::Arc::clone(&house.host), desk, std::sync::Arc::clone(&backend));
        house.receive(vec![house.text("1", "m1", "bag")]).await.expect("kept");
        for _ in 0..5 {
            calls.run_once().await.expect("asked");
            house.worker.run_once().await.expect("taken");
            house.clock.advance(600);
        }
        let asked = backend.asked.lock().expect("no panic holds it").clone();
        let commands: Vec<&String> = asked.iter().filter(|it| it.starts_with("cart.add")).collect();
        assert_eq!(commands.len(), 1, "{asked:?}");
        assert_eq!(*backend.looked_up.lock().expect("no panic holds it"), 1);
        assert_eq!(house.said(conversation).await, ["In your bag: 1"]);
    });
}

/// A backend whose first request is still under way when it is looked for, and done a moment later; or never.
struct Slow {
    asked: Mutex<u32>,
    looked_up: Mutex<u32>,
    arrives: bool,
}

impl Adapter for Slow {
    async fn ask(&self, ask: Ask) -> Outcome {
        if ask.query {
            return DemoAdapter::default().ask(ask).await;
        }
        let mut asked = self.asked.lock().expect("no panic holds it");
        *asked += 1;
        if *asked == 1 { Outcome::Unknown } else { Outcome::Refused { code: "short_stock".into() } }
    }

    async fn look_up(&self, ask: Ask) -> Fate {
        let looks = {
            let mut looked_up = self.looked_up.lock().expect("no panic holds it");
            *looked_up += 1;
            *looked_up
        };
        if self.arrives && looks == 3 {
            Fate::Done(DemoAdapter::default().ask(ask).await)
        } else {
            Fate::Absent { for_ms: 2_000 }
        }
    }
}

async fn slow(store: Store, arrives: bool) -> (u32, u32, Vec<String>) {
    let house = House::new(store).await;
    let conversation = house.begin("1").await;
    let backend = std::sync::Arc::new(Slow { asked: Mutex::default(), looked_up: Mutex::default(), arrives });
    let desk = Desk::Here(std::sync::Arc::clone(&house.writer));
    let calls = Calls::new(std::sync::Arc::clone(&house.host), desk, std::sync::Arc::clone(&backend));
    house.receive(vec![house.text("1", "m1", "bag")]).await.expect("kept");
    for _ in 0..8 {
        calls.run_once().await.expect("asked");
        house.worker.run_once().await.expect("taken");
        house.clock.advance(600);
    }
    let count = |counted: &Mutex<u32>| *counted.lock().expect("no panic holds it");
    (count(&backend.asked), count(&backend.looked_up), house.said(conversation).await)
}

/// F26: a shop's books may be behind what was sent to it.
#[test]
fn a_command_that_is_not_there_yet_is_looked_for_again_before_it_is_repeated() {
    on_every_store(async |store: Store| {
        let (asked, looked_up, said) = slow(store, true).await;
        assert_eq!((asked, looked_up), (1, 3));
        assert_eq!(said, ["In your bag: 1"]);
    });
}

#[test]
fn a_command_that_is_not_there_for_long_enough_is_repeated() {
    on_every_store(async |store: Store| {
        let (asked, looked_up, _) = slow(store, false).await;
        assert_eq!(asked, 2);
        assert!(looked_up >= 4, "two seconds at a look each 600 ms, not {looked_up} looks");
    });
}

/// A backend that answers no command, and in whose books none is found.
#[derive(Default)]
struct Lost(Mutex<u32>);

impl Lost {
    fn asked(&self) -> u32 {
        *self.0.lock().expect("no panic holds it")
    }
}

impl Adapter for Lost {
    async fn ask(&self, ask: Ask) -> Outcome {
        if ask.query {
            return DemoAdapter::default().ask(ask).await;
        }
        *self.0.lock().expect("no panic holds it") += 1;
        Outcome::Unknown
    }

    async fn look_up(&self, _: Ask) -> Fate {
        Fate::Absent { for_ms: 2_000 }
    }
}

/// Of two processes, one looks for a command, and the other has just asked for it again.
#[test]
fn a_command_that_another_process_has_repeated_is_looked_for_from_then_on() {
    on_every_store(async |store: Store| {
        let house = House::new(store).await;
        house.begin("1").await;
        let backend = Arc::new(Lost::default());
        let process = || {
            let desk = Desk::Here(Arc::clone(&house.writer));
            Calls::new(Arc::clone(&house.host), desk, Arc::clone(&backend))
        };
        let (one, other) = (process(), process());
        house.receive(vec![house.text("1", "m1", "bag")]).await.expect("kept");
        for _ in 0..2 {
            one.run_once().await.expect("asked");
            house.worker.run_once().await.expect("taken");
        }
        assert_eq!(backend.asked(), 1);
        house.clock.advance(600);
        assert_eq!(one.run_once().await.expect("looked for"), 1);
        for _ in 0..5 {
            house.clock.advance(600);
            assert_eq!(other.run_once().await.expect("looked for"), 1);
        }
        assert_eq!(backend.asked(), 2);
        house.clock.advance(600);
        assert_eq!(one.run_once().await.expect("looked for"), 1);
        assert_eq!(backend.asked(), 2, "what the other has sent may be on its way");
    });
}

/// A backend that never answers.
#[derive(Default)]
struct Hangs(AtomicU32);

impl Adapter for Hangs {
    async fn ask(&self, _: Ask) -> Outcome {
        self.0.fetch_add(1, Ordering::Relaxed);
        std::future::pending().await
    }

    async fn look_up(&self, _: Ask) -> Fate {
        std::future::pending().await
    }
}

/// So many customers whose call is due, and who makes calls within these bounds.
async fn many(customers: u32, limits: Limits) -> (House, Arc<Hangs>, Calls<Arc<Hangs>>) {
    let house = House::new(Store::memory()).await;
    for customer in 0..customers {
        house.begin(&customer.to_string()).await;
        let text = house.text(&customer.to_string(), &format!("m{customer}"), "bag");
        house.receive(vec![text]).await.expect("kept");
    }
    let shops = Shops::of([corner::shop(corner::program(), Vec::new())]);
    let host = Host::new(house.host.store.clone(), house.clock.clone(), Mint::seeded(2), shops, limits);
    let desk = Desk::Here(Arc::clone(&house.writer));
    let backend = Arc::new(Hangs::default());
    let calls = Calls::new(Arc::new(host), desk, Arc::clone(&backend));
    (house, backend, calls)
}

/// When its process dies, nobody knows that a claimed call was not asked.
#[tokio::test]
async fn of_one_shop_little_more_is_claimed_than_may_be_asked() {
    let (_house, _, calls) = many(120, Limits::default()).await;
    let (mut held, mut count) = (Vec::new(), 0);
    loop {
        let claimed = calls.claim().await.expect("claimed");
        if claimed.is_empty() {
            break;
        }
        count += claimed.len();
        held.push(claimed);
    }
    assert_eq!(count, 96, "32 of one system are asked at once");
}

#[tokio::test]
async fn an_attempt_ends_within_its_lease_and_is_not_begun_late_in_it() {
    let (house, backend, calls) = many(2, Limits { call_lease_ms: 600, ..Limits::default() }).await;
    let late = |end: &CallEnd| matches!(end, CallEnd::Result(_, Outcome::TimedOut));
    let mut held = calls.claim().await.expect("claimed").into_iter();
    let asked = calls.perform(held.next().expect("claimed"));
    let end = tokio::time::timeout(Duration::from_millis(4_500), asked).await.expect("its flow would wait for longer");
    assert!(end.as_ref().is_ok_and(late), "{end:?}");
    house.clock.advance(300);
    let end = calls.perform(held.next().expect("claimed")).await;
    assert!(end.as_ref().is_ok_and(late), "{end:?}");
    assert_eq!(backend.0.load(Ordering::Relaxed), 1, "whoever claims it next may ask for it");
}

/// A backend that is down.
struct Down;

impl Adapter for Down {
    async fn ask(&self, _: Ask) -> Outcome {
        Outcome::Failed { reason: "down".into() }
    }

    async fn look_up(&self, _: Ask) -> Fate {
        Fate::CannotTell
    }
}

#[test]
fn a_backend_that_is_down_ends_in_the_flows_own_words() {
    on_every_store(async |store: Store| {
        let house = House::new(store).await;
        let conversation = house.begin("1").await;
        let desk = Desk::Here(std::sync::Arc::clone(&house.writer));
        let calls = Calls::new(std::sync::Arc::clone(&house.host), desk, Down);
        house.receive(vec![house.text("1", "m1", "bag")]).await.expect("kept");
        for _ in 0..20 {
            calls.run_once().await.expect("asked");
            house.worker.run_once().await.expect("taken");
            house.clock.advance(600);
        }
        assert_eq!(house.said(conversation).await, ["That did not work."]);
    });
}

#[tokio::test]
async fn a_backend_that_is_left_alone_is_told_of_once_with_its_shop() {
    let house = House::new(Store::memory()).await;
    let calls = Calls::new(Arc::clone(&house.host), Desk::Here(Arc::clone(&house.writer)), Down);
    let mut notices = house.host.notices.listen();
    for customer in 0..8 {
        let customer = customer.to_string();
        house.begin(&customer).await;
        house.receive(vec![house.text(&customer, &format!("m{customer}"), "bag")]).await.expect("kept");
    }
    for _ in 0..20 {
        calls.run_once().await.expect("asked");
        house.worker.run_once().await.expect("taken");
        house.clock.advance(600);
    }
    let mut told = Vec::new();
    while let Ok(one) = notices.try_recv() {
        told.extend((one.notice.name() == "system_fails").then_some((one.shop, one.notice)));
    }
    assert_eq!(told, [(house.shop, Notice::SystemFails { contract: "catalog".into() })]);
}

#[test]
fn a_call_that_nobody_answers_ends_with_its_deadline() {
    on_every_store(async |store: Store| {
        let house = House::new(store).await;
        let conversation = house.begin("1").await;
        house.receive(vec![house.text("1", "m1", "bag")]).await.expect("kept");
        house.clock.advance(60_000);
        house.settle().await;
        assert_eq!(house.said(conversation).await, ["That did not work."]);
    });
}

#[test]
fn a_bag_filled_in_one_conversation_is_empty_in_another() {
    on_every_store(async |store: Store| {
        let house = House::new(store).await;
        let ids = [house.begin("1").await, house.begin("2").await];
        for n in 0..2 {
            house.chat("1", &format!("m{n}"), "bag").await;
        }
        house.chat("2", "n1", "bag").await;
        assert_eq!(house.said(ids[0]).await.last().map(String::as_str), Some("In your bag: 2"));
        assert_eq!(house.said(ids[1]).await, ["In your bag: 1"]);
    });
}

#[test]
fn after_a_restore_a_command_under_way_is_not_asked_and_the_next_has_another_key() {
    on_every_store(async |store: Store| {
        let house = House::new(store.clone()).await;
        let conversation = house.begin("1").await;
        house.receive(vec![house.text("1", "m1", "bag")]).await.expect("kept");
        let parked = store.begin_anew(NOW_MS).await.expect("parked");
        assert_eq!(parked.calls, 1);
        let house = house.restarted(2).await;
        let backend = std::sync::Arc::new(Forgetful::default());
        let desk = Desk::Here(std::sync::Arc::clone(&house.writer));
        let calls = Calls::new(std::sync::Arc::clone(&house.host), desk, std::sync::Arc::clone(&backend));
        calls.run_once().await.expect("ended");
        house.worker.run_once().await.expect("taken");
        assert_eq!(*backend.asked.lock().expect("no panic holds it"), [""; 0], "nobody is asked again");
        assert_eq!(*backend.looked_up.lock().expect("no panic holds it"), 0);
        house.outbox.run_once().await.expect("sent");
        assert_eq!(house.said(conversation).await, ["That did not work."]);
        house.receive(vec![house.text("1", "m2", "bag")]).await.expect("kept");
        calls.run_once().await.expect("asked");
        let asked = backend.asked.lock().expect("no panic holds it").clone();
        let epoch = format!("-r{NOW_MS:x}");
        assert!(!asked.is_empty() && asked.iter().all(|asked| asked.ends_with(&epoch)), "{asked:?}");
    });
}

/// A backend that does what is asked, and has no books to look into.
#[derive(Default)]
struct Bookless(DemoAdapter);

impl Adapter for Bookless {
    async fn ask(&self, ask: Ask) -> Outcome {
        self.0.ask(ask).await
    }

    async fn look_up(&self, _: Ask) -> Fate {
        Fate::CannotTell
    }
}

#[test]
fn a_call_whose_shop_goes_while_it_is_claimed_is_made_by_who_serves_it_as_if_for_the_first_time() {
    on_every_store(async |store: Store| {
        let house = House::new(store).await;
        let conversation = house.begin("1").await;
        let desk = Desk::Here(Arc::clone(&house.writer));
        let calls = Calls::new(Arc::clone(&house.host), desk, Bookless::default());
        house.receive(vec![house.text("1", "m1", "bag")]).await.expect("kept");
        let mut given_back = 0;
        loop {
            let claimed = calls.claim().await.expect("claimed");
            if claimed.is_empty() {
                break;
            }
            house.host.shops.replace([]);
            for call in claimed {
                let end = calls.perform(call).await.expect("not asked");
                assert!(matches!(end, CallEnd::NotBegun(_)), "{end:?}");
                calls.settle(vec![end]).await.expect("given back");
                given_back += 1;
            }
            assert!(calls.claim().await.expect("looked").is_empty(), "it is for others");
            house.host.shops.replace([corner::shop(corner::program(), Vec::new())]);
            assert_eq!(calls.run_once().await.expect("asked"), 1);
            house.worker.run_once().await.expect("taken");
        }
        assert!(given_back > 0, "there were calls");
        assert_eq!(house.said(conversation).await, ["In your bag: 1"]);
    });
}

/// Keeps what it was asked, and refuses it.
#[derive(Default)]
struct Listener {
    asked: Mutex<Vec<Ask>>,
}

impl Adapter for Listener {
    async fn ask(&self, ask: Ask) -> Outcome {
        self.asked.lock().expect("no panic holds it").push(ask);
        Outcome::Refused { code: "not_found".into() }
    }

    async fn look_up(&self, _: Ask) -> Fate {
        Fate::CannotTell
    }
}

#[test]
fn a_call_that_was_written_down_before_it_had_a_language_is_asked_all_the_same() {
    // Operation 5, its name, one text, 5 seconds, nobody's order; and nothing more.
    const BODY: &[u8] = b"\x05\x0fcatalog.product\x01\x04\x03P-1\x90\x4e\x00";
    on_every_store(async |store: Store| {
        let house = House::new(store.clone()).await;
        let conversation = house.begin("1").await;
        let call = NewCall {
            shop: house.shop,
            conversation,
            turn: 9,
            index: 0,
            query: true,
            body: BODY.to_vec(),
            deadline_ms: NOW_MS + 5_000,
        };
        let mut tx = store.begin(house.shop).await.expect("a store");
        tx.add_calls(&[call]).await.expect("kept");
        tx.commit().await.expect("kept");
        house.receive(vec![house.text("1", "m1", "bag")]).await.expect("kept");
        let backend = Arc::new(Listener::default());
        let desk = Desk::Here(Arc::clone(&house.writer));
        let calls = Calls::new(Arc::clone(&house.host), desk, Arc::clone(&backend));
        calls.run_once().await.expect("asked");
        let asked = backend.asked.lock().expect("no panic holds it");
        let heard = asked.iter().map(|ask| (ask.request.arguments.clone(), ask.request.language.as_str()));
        let mut heard: Vec<_> = heard.collect();
        heard.sort_by_key(|(_, language)| language.len());
        let product = || vec![Value::Text("P-1".into())];
        assert_eq!(heard, [(product(), ""), (product(), "en")]);
    });
}
