//! A disk that fails at one statement after the other (T6): it has no room, refuses, or keeps a commit and does not say so. The
//! process goes on, or another one opens the file; nothing is lost, doubled or reordered.

use std::path::Path;
use std::sync::Arc;

use duka_runtime::host::clock::ManualClock;
use duka_runtime::host::holds::Before;
use duka_runtime::host::incoming::Arrived;
use duka_runtime::host::points::Points;
use duka_runtime::host::transport::{Advice, SendAnswer, Whom};
use duka_runtime::id::ShopScope;
use duka_runtime::store::{AttemptEnd, Delivery, Fails, Failure, NumberHealth, SendState, Store};

use crate::corner;
use crate::crashes::{SCRIPT, accepted, held};
use crate::house::{House, NOW_MS};
use crate::refusals::by_number;

const FAILURES: [Failure; 3] = [Failure::Full, Failure::Refused, Failure::Untold];

/// More statements than there are.
const NEVER: u64 = u64::MAX / 2;

/// Of the statements of a run, one in so many fails, `SEED` says which; `ERRORS=all`: each.
const SAMPLE: u64 = 16;

#[test]
fn whatever_statement_fails_nothing_is_lost_doubled_or_reordered() {
    let folder = tempfile::tempdir().expect("a folder");
    let begun = folder.path().join("begun.db");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(begin(&begun));
    let (statements, _) = runtime.block_on(played(&begun, &folder.path().join("whole.db"), Failure::Full, NEVER));
    assert!(statements >= 400, "{statements}");
    let (first, step) = sample();
    for failure in FAILURES {
        let mut struck = 0;
        for after in (first..statements).step_by(step) {
            let path = folder.path().join(format!("{failure:?}-{after}.db"));
            struck += u64::from(runtime.block_on(played(&begun, &path, failure, after)).1);
        }
        println!("{failure:?}: struck {struck} times in {statements} statements");
        assert!(struck * step as u64 + 100 > statements, "{failure:?} struck {struck} times");
    }
}

/// Which statement fails first, and how many go well before the next one.
fn sample() -> (u64, usize) {
    if std::env::var("ERRORS").is_ok_and(|errors| errors == "all") {
        return (0, 1);
    }
    let seed: u64 = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    println!("SEED={seed}");
    (seed % SAMPLE, usize::try_from(SAMPLE).expect("a small number"))
}

/// Two customers who have said hello, in a file.
async fn begin(path: &Path) {
    let open = path.with_extension("open");
    let house = House::new(Store::sqlite(&open).await.expect("a new database")).await;
    house.holds.begin(true).await.expect("the store answers");
    for customer in ["1", "2"] {
        house.begin(customer).await;
    }
    house.holds.end(NOW_MS).await.expect("a clean end");
    drop(house);
    Store::backup_sqlite(&open, path).expect("a copy that is one file");
}

/// A process that does what a server does at its start; another does it where that fails.
async fn up(house: House, path: &Path) -> House {
    match house.holds.begin(true).await {
        Ok(Before::Clean) => house,
        Ok(Before::Unclean) => {
            house.writer.be_careful();
            house
        }
        Err(_) => Box::pin(another(house, path)).await,
    }
}

async fn another(house: House, path: &Path) -> House {
    up(house.reopened(async || Store::sqlite(path).await.expect("it is opened again"), 3).await, path).await
}

/// A process whose disk has refused ends; any other goes on.
async fn whole(house: House, path: &Path) -> House {
    if house.host.store.is_broken() { another(house, path).await } else { house }
}

/// Plays the script. How many statements there were, and whether one has failed.
async fn played(begun: &Path, path: &Path, failure: Failure, after: u64) -> (u64, bool) {
    std::fs::copy(begun, path).expect("a file can be copied");
    let house = House::new(Store::sqlite(path).await.expect("a database")).await;
    let fails = Fails::after(failure, NEVER);
    let house = house.reopened(async || Store::sqlite_that(fails.clone(), path).await.expect("a database"), 2).await;
    fails.again(failure, after);
    let mut house = up(house, path).await;
    for (at, (customer, text)) in SCRIPT.iter().enumerate() {
        let id = format!("m{at}");
        let acknowledged = house.receive(vec![house.text(customer, &id, text)]).await.is_ok();
        house = whole(house, path).await;
        if !acknowledged {
            house.receive(vec![house.text(customer, &id, text)]).await.expect("it comes again, and is kept");
        }
        house = round(house, path).await;
    }
    for _ in 0..5 {
        house.clock.advance(500);
        house = round(house, path).await;
    }
    let told = fails.end();
    for (request, id) in accepted(&house) {
        house.tell(&request, &id, Delivery::Delivered, 0).await;
    }
    house.wait(180_000).await;
    held(&house, &format!("{failure:?} after {after} statements")).await;
    told
}

/// What the parts of a server do, each by itself: one that fails keeps no other from its work.
async fn round(house: House, path: &Path) -> House {
    let _ = house.worker.run_once().await;
    let house = whole(house, path).await;
    let _ = house.calls.run_once().await;
    let house = whole(house, path).await;
    let _ = house.worker.run_once().await;
    let house = whole(house, path).await;
    let _ = house.outbox.run_once().await;
    let house = whole(house, path).await;
    let _ = house.holds.run_once().await;
    whole(house, path).await
}

/// A store whose disk can be told to fail, and what tells it.
async fn on_a_disk(folder: &Path) -> (House, Fails) {
    let fails = Fails::after(Failure::Refused, NEVER);
    let store = Store::sqlite_that(fails.clone(), &folder.join("duka.db")).await.expect("a new database");
    (House::new(store).await, fails)
}

#[tokio::test]
async fn a_start_that_fails_leaves_the_whole_time_in_which_nobody_listened_to_the_next_one() {
    let mut failed = 0;
    for after in 0.. {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("duka.db");
        let (house, _) = on_a_disk(folder.path()).await;
        let conversation = house.holds_a_message().await;
        house.clock.advance(3_600_000);
        let fails = Fails::after(Failure::Refused, NEVER);
        let house = house.reopened(async || Store::sqlite_that(fails.clone(), &path).await.expect("it opens"), 2).await;
        fails.again(Failure::Refused, after);
        if house.holds.begin(true).await.is_ok() {
            break;
        }
        failed += 1;
        let house = another(house, &path).await;
        house.wait(20_000).await;
        assert_eq!(house.states(conversation).await, [SendState::Unknown], "after {after} statements");
        house.wait(11_000).await;
        assert_eq!(house.states(conversation).await, [SendState::Accepted], "after {after} statements");
    }
    assert!(failed > 10, "{failed}");
}

#[tokio::test]
async fn an_answer_of_the_provider_is_known_also_when_what_it_teaches_can_not_be_kept() {
    let wait = Advice::Wait { whom: Whom::Number, ms: 600_000, at_least_ms: 600_000, alert: false };
    let cases = [
        (Advice::Stop { whom: Whom::Number }, AttemptEnd::Again { not_before_ms: NOW_MS, error: 190 }),
        (wait, AttemptEnd::Again { not_before_ms: NOW_MS, error: 190 }),
        (Advice::PauseMarketing, AttemptEnd::Failed { error: 190 }),
    ];
    for (advice, expected) in cases {
        let folder = tempfile::tempdir().expect("a folder");
        let (house, fails) = on_a_disk(folder.path()).await;
        house.begin("1").await;
        house.receive(vec![house.text("1", "m1", "a1")]).await.expect("kept");
        house.provider.answer(SendAnswer::Refused { error: 190, advice: advice.clone() });
        let mut round = house.outbox.claim(10).await.expect("claimed");
        fails.again(Failure::Refused, 0);
        let ended = house.outbox.attempt(round.attempts.remove(0)).await.expect("its end is known");
        assert!(fails.end().1, "{advice:?}: something was to be kept");
        assert_eq!(ended.settlement.end, expected, "{advice:?}");
    }
}

#[tokio::test]
async fn what_may_have_been_settled_is_not_sent_again_before_that_can_be_looked_up() {
    let folder = tempfile::tempdir().expect("a folder");
    let (house, fails) = on_a_disk(folder.path()).await;
    let conversation = house.begin("1").await;
    house.provider.answer(SendAnswer::Unknown);
    house.chat("1", "m1", "a1").await;
    house.clock.advance(31_000);
    house.holds.run_once().await.expect("the hold is over");
    let mut round = house.outbox.claim(10).await.expect("claimed");
    fails.again(Failure::Refused, 0);
    let ended = house.outbox.attempt(round.attempts.remove(0)).await.expect("its end is known");
    assert!(fails.end().1, "it was looked up");
    assert_eq!(house.provider.heard().len(), 1, "no byte has left");
    house.outbox.settle(vec![ended]).await.expect("it is given back");
    house.settle().await;
    assert_eq!(house.provider.heard().len(), 2);
    assert_eq!(house.states(conversation).await, [SendState::Accepted]);
}

/// Sends of more numbers than are claimed in one transaction, one each.
const NUMBERS: usize = 300;

#[tokio::test]
async fn what_was_claimed_is_attempted_also_when_others_can_not_be_claimed() {
    let folder = tempfile::tempdir().expect("a folder");
    let begun = folder.path().join("begun.db");
    let (house, _) = on_a_disk(folder.path()).await;
    let says = |n: usize, text: &str| {
        let mut arrival = house.text(&format!("c{n}"), &format!("{text} {n}"), text);
        if let Arrived::Customer { incoming, .. } = &mut arrival.what {
            incoming.number = format!("n{n}").into();
        }
        arrival
    };
    house.receive((0..NUMBERS).flat_map(|n| [says(n, "hi"), says(n, "a1")]).collect()).await.expect("kept");
    drop(house);
    Store::backup_sqlite(&folder.path().join("duka.db"), &begun).expect("a copy that is one file");
    let mut some = 0;
    for after in (0..).step_by(150) {
        let path = folder.path().join(format!("{after}.db"));
        std::fs::copy(&begun, &path).expect("a file can be copied");
        let fails = Fails::after(Failure::Refused, NEVER);
        let house = House::new(Store::sqlite_that(fails.clone(), &path).await.expect("it opens")).await;
        fails.again(Failure::Refused, after);
        let claimed = house.outbox.claim(1_000).await.map_or(0, |round| round.attempts.len());
        let (_, has_failed) = fails.end();
        let mut tx = house.host.store.read(house.shop).await.expect("a transaction");
        let sending = tx.counts(house.shop).await.expect("counts").sending;
        assert_eq!(sending, claimed as u64, "after {after} statements: what is claimed is in somebody's hands");
        some += usize::from(claimed > 0 && claimed < NUMBERS);
        if !has_failed {
            assert_eq!(claimed, NUMBERS);
            break;
        }
    }
    assert!(some > 0, "no failure between two claims");
}

#[tokio::test]
async fn holds_of_one_shop_that_can_not_be_looked_at_keep_those_of_no_other_waiting() {
    let mut alone = Vec::new();
    for after in 0..40 {
        let folder = tempfile::tempdir().expect("a folder");
        let (house, fails) = on_a_disk(folder.path()).await;
        let next = ShopScope::numbered(corner::NEXT_DOOR);
        for (shop, number) in [(house.shop, "n1"), (next, "n2")] {
            for text in ["hi", "a1"] {
                let said = house.text("1", &format!("{number} {text}"), text);
                house.receive(vec![by_number(said, shop, number)]).await.expect("kept");
            }
        }
        house.provider.says(|_| Some(SendAnswer::Unknown));
        house.outbox.run_once().await.expect("asked");
        house.clock.advance(31_000);
        fails.again(Failure::Refused, after);
        let looked = house.holds.run_once().await;
        if !fails.end().1 || house.host.store.is_broken() {
            continue;
        }
        assert!(looked.is_err(), "after {after} statements");
        let mut ready = Vec::new();
        for shop in [house.shop, next] {
            let mut tx = house.host.store.read(shop).await.expect("a transaction");
            ready.push(tx.counts(shop).await.expect("counts").ready);
        }
        alone.push(ready);
    }
    assert!(alone.contains(&vec![0, 1]) && alone.contains(&vec![1, 0]), "{alone:?}");
}

/// What processes have sent half a minute after the first round of each, in which the disk fails at another statement.
async fn heard_after_first_rounds_that_fail(begun: &Path, now_ms: i64) -> Vec<Vec<String>> {
    let mut heard = Vec::new();
    for after in 0.. {
        let path = begun.with_extension(after.to_string());
        std::fs::copy(begun, &path).expect("a file can be copied");
        let fails = Fails::after(Failure::Full, NEVER);
        let store = Store::sqlite_that(fails.clone(), &path).await.expect("it opens");
        let house = House::with(store, Points::default(), Arc::new(ManualClock::at(now_ms)), 2).await;
        house.worker.run_once().await.expect("woken");
        fails.again(Failure::Full, after);
        let _ = house.outbox.run_once().await;
        let (_, has_failed) = fails.end();
        house.wait(30_000).await;
        heard.push(house.provider.heard());
        if !has_failed {
            break;
        }
    }
    assert!(heard.len() > 6, "{} statements", heard.len());
    heard
}

#[tokio::test]
async fn how_long_a_number_must_wait_is_read_again_when_it_could_not_be_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let begun = folder.path().join("begun.db");
    let (house, _) = on_a_disk(folder.path()).await;
    house.begin("1").await;
    let wait = Advice::Wait { whom: Whom::Number, ms: 600_000, at_least_ms: 600_000, alert: false };
    house.provider.answer(SendAnswer::Refused { error: 130_429, advice: wait });
    house.chat("1", "m1", "a1").await;
    house.clock.advance(1_000);
    let now_ms = house.now_ms();
    drop(house);
    Store::backup_sqlite(&folder.path().join("duka.db"), &begun).expect("a copy that is one file");
    for (after, heard) in heard_after_first_rounds_that_fail(&begun, now_ms).await.into_iter().enumerate() {
        assert!(heard.is_empty(), "after {after} statements: {heard:?}");
    }
}

/// I12.
#[tokio::test]
async fn whom_the_business_wrote_to_today_is_read_again_when_it_could_not_be_read() {
    const HOUR_MS: i64 = 3_600_000;
    let folder = tempfile::tempdir().expect("a folder");
    let begun = folder.path().join("begun.db");
    let (house, _) = on_a_disk(folder.path()).await;
    for customer in ["1", "2"] {
        house.begin(customer).await;
    }
    let mut tx = house.host.store.begin(house.shop).await.expect("a transaction");
    // Two customers a day, of which nine tenths are used: one.
    let health =
        NumberHealth { tier: "TIER_2".into(), at_ms: NOW_MS, ..NumberHealth::unheard(house.shop, "n1".into()) };
    tx.put_health(&[health]).await.expect("put");
    tx.commit().await.expect("committed");
    house.chat("1", "m1", "nudge").await;
    house.wait(20 * HOUR_MS).await;
    house.chat("2", "m2", "nudge").await;
    house.wait(7 * HOUR_MS).await;
    assert_eq!(house.provider.heard().last().map(String::as_str), Some("template reminder"));
    house.clock.advance(20 * HOUR_MS);
    let now_ms = house.now_ms();
    drop(house);
    Store::backup_sqlite(&folder.path().join("duka.db"), &begun).expect("a copy that is one file");
    for (after, heard) in heard_after_first_rounds_that_fail(&begun, now_ms).await.into_iter().enumerate() {
        assert!(heard.is_empty(), "after {after} statements: {heard:?}");
    }
}
