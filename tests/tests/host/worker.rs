//! What waits: careful hosts take through the inbox what others take at once, and what cannot be taken is set aside.

use duka_engine::event::EventKind;
use duka_engine::session::Session;
use duka_runtime::host::clock::Clock;
use duka_runtime::host::incoming::{Act, Incoming};
use duka_runtime::host::points::{Blow, Point, Points};
use duka_runtime::host::transport::SendAnswer;
use duka_runtime::host::writer::{Job, Took};
use duka_runtime::id::ShopScope;
use duka_runtime::store::{Advance, Claim, Conversation, SendState, Store};

use crate::corner;
use crate::house::{House, on_every_store};

const WORDS: &[(&str, &str)] =
    &[("1", "a1"), ("2", "b1"), ("1", "more"), ("2", "bag"), ("1", "a2"), ("2", "b2"), ("1", "bag"), ("1", "a3")];

#[test]
fn events_through_the_inbox_give_the_same_as_events_taken_at_once() {
    on_every_store(async |store: Store| {
        let at_once = House::new(store).await;
        let queued = House::new(Store::memory()).await;
        for house in [&at_once, &queued] {
            house.begin("1").await;
            house.begin("2").await;
        }
        queued.writer.be_careful();
        for (at, (customer, text)) in WORDS.iter().enumerate() {
            let id = format!("m{at}");
            at_once.chat(customer, &id, text).await;
            let took = queued.receive(vec![queued.text(customer, &id, text)]).await.expect("kept");
            assert_eq!(took, [Took::Queued]);
        }
        queued.settle().await;
        for customer in ["1", "2"] {
            let (one, other) = (at_once.conversation(customer).await, queued.conversation(customer).await);
            let words: Vec<String> = at_once.said(one).await;
            assert_eq!(queued.said(other).await, words);
            assert_eq!(row(&at_once, one).await.turn, row(&queued, other).await.turn);
        }
        // The host is careful for a minute, and until the inbox was found empty.
        assert!(queued.writer.is_careful());
        queued.wait(61_000).await;
        assert!(!queued.writer.is_careful());
    });
}

async fn row(house: &House, id: duka_runtime::id::ConversationId) -> Conversation {
    let mut tx = house.host.store.begin(house.shop).await.expect("a transaction");
    tx.conversations(&[(house.shop, id)]).await.expect("the row").remove(0).expect("it is there")
}

#[test]
fn an_unclean_end_makes_the_next_process_careful() {
    use duka_runtime::host::holds::Before;
    on_every_store(async |store: Store| {
        let house = House::new(store).await;
        assert_eq!(house.holds.begin(true).await.expect("begun"), Before::Clean);
        assert_eq!(house.holds.begin(true).await.expect("begun"), Before::Unclean);
        house.holds.end(house.clock.now_ms()).await.expect("ended");
        assert_eq!(house.holds.begin(true).await.expect("begun"), Before::Clean);
    });
}

#[test]
fn holds_are_longer_by_the_time_that_nobody_could_hear_statuses() {
    on_every_store(async |store: Store| {
        let house = House::new(store).await;
        let conversation = house.holds_a_message().await;
        house.clock.advance(3_600_000);
        let house = house.restarted(2).await;
        house.wait(20_000).await;
        assert_eq!(house.states(conversation).await, [SendState::Unknown]);
        house.wait(20_000).await;
        assert_eq!(house.states(conversation).await, [SendState::Accepted]);
    });
}

#[test]
fn holds_are_longer_by_the_time_that_a_slow_end_took() {
    on_every_store(async |store: Store| {
        let house = House::new(store).await;
        let conversation = house.holds_a_message().await;
        let asked_ms = house.clock.now_ms();
        house.clock.advance(25_000);
        house.holds.end(asked_ms).await.expect("ended");
        house.clock.advance(1_000);
        let house = house.restarted(2).await;
        house.wait(20_000).await;
        assert_eq!(house.states(conversation).await, [SendState::Unknown], "a status may still come");
        house.wait(20_000).await;
        assert_eq!(house.states(conversation).await, [SendState::Accepted]);
    });
}

#[test]
fn a_poisoned_conversation_is_set_aside_and_its_next_message_goes_on_when_it_is_well() {
    on_every_store(async |store: Store| {
        let house = House::new(store).await;
        let (sick, well) = (house.begin("1").await, house.begin("2").await);
        let before = row(&house, sick).await;
        let broken = Conversation { session: vec![1, 2, 3], ..before.clone() };
        save(&house, &broken).await;
        drop(house.host.recall.take(house.shop, sick));
        let both = vec![house.text("1", "m1", "a1"), house.text("2", "n1", "b1")];
        assert_eq!(house.receive(both).await.expect("kept"), [Took::Queued, Took::Advanced]);
        house.wait(60_000).await;
        assert_eq!(house.said(well).await, ["ack b1 n=1"]);
        let mut tx = house.host.store.begin(house.shop).await.expect("a transaction");
        let kept = tx.list_quarantine(house.shop, 0, 10).await.expect("the quarantine");
        drop(tx);
        assert_eq!(kept.len(), 1);
        let detail = &kept[0].1.detail;
        assert!(detail.ends_with("3 attempts: a broken session of version 1"), "{detail}");
        save(&house, &before).await;
        house.chat("1", "m2", "a2").await;
        assert_eq!(house.said(sick).await, ["ack a2 n=1"]);
    });
}

#[test]
fn what_panics_around_the_engine_is_set_aside_too_and_says_so() {
    on_every_store(async |store: Store| {
        let house = House::new(store).await;
        let (sick, well) = (house.begin("1").await, house.begin("2").await);
        let before = row(&house, sick).await;
        let last = Session { turn: u64::MAX, ..Session::decode(&before.session).expect("a session") };
        let mut session = Vec::new();
        last.encode_into(&mut session);
        save(&house, &Conversation { session, ..before }).await;
        drop(house.host.recall.take(house.shop, sick));
        let switch = Incoming { act: Act::Marketing { given: false }, ..Incoming::event(EventKind::Wake) };
        let both = vec![house.arrival("1", "m1", switch), house.text("2", "n1", "b1")];
        assert_eq!(house.receive(both).await.expect("kept"), [Took::Queued, Took::Advanced]);
        house.wait(60_000).await;
        assert_eq!(house.said(well).await, ["ack b1 n=1"]);
        let aside = set_aside(&house).await;
        assert!(aside.len() == 1 && aside[0].ends_with("3 attempts: it panicked"), "{aside:?}");
    });
}

/// Everything that a process may do, and nothing may come of.
async fn finds_nothing(house: &House) {
    assert_eq!(house.worker.inbox_once().await.expect("looked"), 0);
    assert_eq!(house.worker.wakes_once().await.expect("looked"), 0);
    assert_eq!(house.calls.run_once().await.expect("looked"), 0);
    assert_eq!(house.outbox.run_once().await.expect("looked"), 0);
}

#[test]
fn what_is_due_of_a_shop_that_is_not_served_waits_for_who_serves_it() {
    on_every_store(async |store: Store| {
        let house = House::new(store).await;
        let [timer, event, call] = [house.begin("1").await, house.begin("2").await, house.begin("3").await];
        house.settle().await;
        house.chat("1", "m1", "chatter").await;
        house.clock.advance(59_500);
        house.receive(vec![house.text("3", "m3", "bag")]).await.expect("kept");
        house.writer.be_careful();
        house.receive(vec![house.text("2", "m2", "b1")]).await.expect("kept");
        house.host.shops.replace([corner::next_door(corner::program())]);
        // The timer becomes due, the call's deadline does not come.
        for _ in 0..10 {
            finds_nothing(&house).await;
            house.clock.advance(100);
        }
        // Found before the shop had gone, taken after.
        let wakes = Job::Wakes(vec![(house.shop, timer)]);
        assert_eq!(house.commit(wakes).await.expect("looked"), [Took::Dropped]);
        house.host.shops.replace([corner::shop(corner::program(), Vec::new())]);
        house.settle().await;
        assert_eq!(set_aside(&house).await, Vec::<String>::new());
        assert_eq!(house.said(event).await, ["ack b1 n=1"]);
        assert_eq!(house.said(call).await, ["In your bag: 1"]);
        assert_eq!(house.said(timer).await, ["I talk to myself."; 2]);
    });
}

#[test]
fn an_event_whose_shop_goes_while_it_is_claimed_is_given_back() {
    on_every_store(async |store: Store| {
        let house = House::new(store).await;
        let conversation = house.begin("1").await;
        house.writer.be_careful();
        house.receive(vec![house.text("1", "m1", "b1")]).await.expect("kept");
        let (owner, now_ms) = (house.host.owner, house.now_ms());
        for _ in 0..10 {
            let mut tx = house.host.store.begin(house.shop).await.expect("a transaction");
            let claim = Claim { owner, now_ms, lease_ms: house.host.limits.event_lease_ms, limit: 10 };
            let rows = tx.take_inbox(house.shop, None, claim).await.expect("claimed");
            tx.commit().await.expect("committed");
            assert_eq!(rows.len(), 1, "it is free again");
            house.host.shops.replace([]);
            assert_eq!(house.commit(Job::Inbox(rows)).await.expect("given back"), [Took::Queued]);
            house.host.shops.replace([corner::shop(corner::program(), Vec::new())]);
        }
        house.settle().await;
        assert_eq!(house.said(conversation).await, ["ack b1 n=1"]);
        assert_eq!(set_aside(&house).await, Vec::<String>::new());
    });
}

/// Three events wait; so many processes claim them, and end.
async fn after_ends(store: Store, ends: u64) -> House {
    let mut house = House::new(store).await;
    for customer in ["1", "2", "3"] {
        house.begin(customer).await;
    }
    house.writer.be_careful();
    let texts = ["1", "2", "3"].map(|customer| house.text(customer, &format!("m{customer}"), "more"));
    assert_eq!(house.receive(texts.into()).await.expect("kept"), [Took::Queued; 3]);
    for end in 0..ends {
        house = house.taken_over(Points::armed(Point::WorkClaimed, Blow::Error, 0), 2 + end).await;
        house.holds.begin(true).await.expect("the store answers");
        house.wait_for_leases().await;
        assert!(house.worker.inbox_once().await.is_err(), "it ends there");
    }
    house = house.restarted(2 + ends).await;
    house.wait(60_000).await;
    house
}

async fn set_aside(house: &House) -> Vec<String> {
    let mut tx = house.host.store.begin(house.shop).await.expect("a transaction");
    let kept = tx.list_quarantine(house.shop, 0, 10).await.expect("the quarantine");
    kept.into_iter().map(|(_, entry)| entry.detail).collect()
}

async fn answered(house: &House) -> usize {
    let mut count = 0;
    for customer in ["1", "2", "3"] {
        let conversation = house.conversation(customer).await;
        count += usize::from(!house.said(conversation).await.is_empty());
    }
    count
}

#[test]
fn who_was_only_near_when_processes_ended_is_answered() {
    on_every_store(async |store: Store| {
        let house = after_ends(store, 4).await;
        assert_eq!(set_aside(&house).await, Vec::<String>::new());
        assert_eq!(answered(&house).await, 3);
    });
}

#[test]
fn what_ends_every_process_is_set_aside_and_takes_no_other_with_it() {
    on_every_store(async |store: Store| {
        let house = after_ends(store, 6).await;
        let aside = set_aside(&house).await;
        assert!(aside.len() == 1 && aside[0].ends_with("7 attempts: processes have ended with it"), "{aside:?}");
        assert_eq!(answered(&house).await, 2);
    });
}

async fn save(house: &House, row: &Conversation) {
    let mut tx = house.host.store.begin(house.shop).await.expect("a transaction");
    tx.save_conversations(&[Advance { conversation: row, from_turn: row.turn }]).await.expect("saved");
    tx.commit().await.expect("committed");
}

#[test]
fn holds_are_as_long_however_many_processes_begin_together() {
    on_every_store(async |store: Store| {
        let house = House::new(store).await;
        let conversation = house.begin("1").await;
        house.provider.answer(SendAnswer::Unknown);
        house.chat("1", "m1", "a1").await;
        house.holds.note().await.expect("noted");
        let noted_ms = house.now_ms();
        house.clock.advance(3_600_000);
        let mut next = Vec::new();
        for seed in 2..5 {
            next.push(house.taken_over(Points::default(), seed).await.holds);
        }
        let begun = tokio::join!(next[0].begin(false), next[1].begin(false), next[2].begin(false));
        assert!(begun.0.is_ok() && begun.1.is_ok() && begun.2.is_ok(), "{begun:?}");
        // As one sees it that has looked before the others were done.
        let mut tx = house.host.store.begin(ShopScope::NONE).await.expect("a transaction");
        tx.meta_set(ShopScope::NONE, "seen_at", &noted_ms.to_le_bytes()).await.expect("noted");
        tx.commit().await.expect("committed");
        house.holds.begin(false).await.expect("begun");
        house.wait(20_000).await;
        assert_eq!(house.states(conversation).await, [SendState::Unknown], "what was left of its hold");
        house.wait(11_000).await;
        assert_eq!(house.states(conversation).await, [SendState::Accepted]);
    });
}

#[test]
fn timers_fire_once_also_when_the_process_dies_between() {
    on_every_store(async |store: Store| {
        let house = House::new(store).await;
        let conversation = house.begin("1").await;
        house.chat("1", "m1", "chatter").await;
        house.clock.advance(60_000);
        let house = house.restarted(2).await;
        house.settle().await;
        assert_eq!(house.said(conversation).await, ["I talk to myself."; 2]);
        assert_eq!(house.worker.wakes_once().await.expect("looked"), 0);
    });
}

#[test]
fn a_backlog_is_taken_fairly_over_conversations_and_in_order_within_each() {
    on_every_store(async |store: Store| {
        let house = House::new(store).await;
        let ids = [house.begin("1").await, house.begin("2").await];
        house.writer.be_careful();
        for n in 0..20 {
            house.receive(vec![house.text("1", &format!("a{n}"), &format!("a{n}"))]).await.expect("kept");
        }
        house.receive(vec![house.text("2", "b0", "b0")]).await.expect("kept");
        house.worker.inbox_once().await.expect("taken");
        assert_eq!(house.said(ids[1]).await, ["ack b0 n=1"], "the short queue is not behind the long one");
        house.settle().await;
        let expected: Vec<String> = (0..20).map(|n| format!("ack a{n} n={}", n + 1)).collect();
        assert_eq!(house.said(ids[0]).await, expected);
    });
}
