//! What time and numbers decide, at the last moment of one verdict and at the first of the next.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use duka_engine::event::Outcome;
use duka_runtime::host::calls::{Adapter, Ask, Calls, Fate};
use duka_runtime::host::desk::Desk;
use duka_runtime::host::transport::SendAnswer;
use duka_runtime::host::turn::ALL_MARKETING;
use duka_runtime::store::{ConsentEntry, Store};

use crate::corner;
use crate::house::{House, NOW_MS};

const SECOND_MS: i64 = 1_000;
const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 3_600_000;

/// A house with a customer in it who has said hello, and that.
async fn house(text: &str) -> House {
    let house = House::new(Store::memory()).await;
    house.holds.begin(true).await.expect("begun");
    house.begin("1").await;
    house.receive(vec![house.text("1", "m1", text)]).await.expect("kept");
    house
}

#[tokio::test]
async fn a_reply_goes_until_the_margin_before_the_end_of_its_window() {
    // The provider says that the customer wrote a second ago.
    let margin_ms = 24 * HOUR_MS - 5 * MINUTE_MS - SECOND_MS;
    for (after_ms, heard) in [(margin_ms - 1, 1), (margin_ms, 0)] {
        let house = house("a1").await;
        house.clock.advance(after_ms);
        house.outbox.run_once().await.expect("judged");
        assert_eq!(house.provider.heard().len(), heard, "after {after_ms} ms");
    }
}

#[tokio::test]
async fn an_attempt_begins_while_its_claim_outlasts_the_longest_answer() {
    for (after_ms, heard) in [(10 * SECOND_MS, 1), (10 * SECOND_MS + 1, 0)] {
        let house = house("a1").await;
        let mut round = house.outbox.claim(10).await.expect("claimed");
        house.clock.advance(after_ms);
        house.outbox.attempt(round.attempts.remove(0)).await.expect("made, or given back");
        assert_eq!(house.provider.heard().len(), heard, "after {after_ms} ms");
    }
}

#[tokio::test]
async fn holds_and_timers_end_in_their_millisecond() {
    let house = house("a1").await;
    house.provider.answer(SendAnswer::Unknown);
    house.outbox.run_once().await.expect("asked");
    house.receive(vec![house.text("1", "m2", "chatter")]).await.expect("kept");
    let mut moved = Vec::new();
    for ms in [30 * SECOND_MS - 1, 1, 30 * SECOND_MS - 1, 1] {
        house.clock.advance(ms);
        let held = house.holds.run_once().await.expect("looked at");
        moved.push((held, house.worker.wakes_once().await.expect("looked at")));
    }
    assert_eq!(moved, [(0, 0), (1, 0), (0, 0), (0, 1)]);
}

#[tokio::test]
async fn a_process_among_others_counts_five_silent_seconds_as_an_absence_of_all() {
    for (silent_ms, ended) in [(5 * SECOND_MS, 1), (5 * SECOND_MS + 1, 0)] {
        let house = house("a1").await;
        house.provider.answer(SendAnswer::Unknown);
        house.outbox.run_once().await.expect("asked");
        house.holds.note().await.expect("noted");
        house.clock.advance(silent_ms);
        house.holds.begin(false).await.expect("begun");
        house.clock.advance(30 * SECOND_MS - silent_ms);
        let moved = house.holds.run_once().await.expect("looked at");
        assert_eq!(moved, ended, "after {silent_ms} ms");
    }
}

#[tokio::test]
async fn of_a_consent_and_a_stop_in_one_millisecond_the_stop_stands() {
    for (stopped_ms, goes) in [(NOW_MS - 1, true), (NOW_MS, false)] {
        let house = house("offers").await;
        let conversation = house.conversation("1").await;
        let mut tx = house.host.store.begin(house.shop).await.expect("a transaction");
        let stop = ConsentEntry {
            shop: house.shop,
            conversation,
            name: ALL_MARKETING.into(),
            given: false,
            at_ms: stopped_ms,
            proof: "the test".into(),
        };
        tx.add_consents(&[stop]).await.expect("added");
        tx.commit().await.expect("committed");
        house.chat("1", "m2", "news").await;
        house.wait(HOUR_MS).await;
        let went = house.provider.heard().iter().any(|text| text.contains("cheaper"));
        assert_eq!(went, goes, "{} ms", stopped_ms - NOW_MS);
    }
}

/// A system that fails, and counts how often it was asked.
#[derive(Default)]
struct Fails(AtomicU32);

impl Adapter for Fails {
    async fn ask(&self, _: Ask) -> Outcome {
        self.0.fetch_add(1, Ordering::Relaxed);
        Outcome::Failed { reason: "as told".into() }
    }

    async fn look_up(&self, _: Ask) -> Fate {
        Fate::CannotTell
    }
}

#[tokio::test]
async fn a_query_is_asked_once_more_for_each_try_that_its_contract_gives() {
    for retry in [0, 2] {
        let mut program = corner::program();
        let operations = &mut Arc::get_mut(&mut program).expect("nobody else has it").shop.operations;
        let product = operations.iter_mut().find(|it| it.contract == "catalog" && it.name == "product");
        product.expect("a query").retry = retry;
        let house = House::new(Store::memory()).await;
        house.host.shops.replace([corner::shop(program, Vec::new())]);
        let conversation = house.begin("1").await;
        house.receive(vec![house.text("1", "m1", "bag")]).await.expect("kept");
        let backend = Arc::new(Fails::default());
        let calls = Calls::new(Arc::clone(&house.host), Desk::Here(Arc::clone(&house.writer)), Arc::clone(&backend));
        for _ in 0..8 {
            calls.run_once().await.expect("asked");
            house.worker.run_once().await.expect("taken");
            house.clock.advance(500);
        }
        assert_eq!(backend.0.load(Ordering::Relaxed), retry + 1);
        assert_eq!(house.said(conversation).await, ["That did not work."]);
    }
}
