//! T5 of the reliability campaign on real processes: at every named point of a message's way the server aborts and is
//! started again, or stands still for two seconds, on both databases. What customers see must be what they see of a server
//! to which nothing happens: nothing lost, doubled or out of order. (Errors at the points: `duka-tests`, suite `host`.)
//!
//! `POINTS=all .ci/postgres cargo test -p duka --test served points -- --nocapture` strikes at the first, third and sixth
//! pass of each point; the gate at the first, and delays only on SQLite.
//!
//! T6 goes the same way: the disk fails at some statement of the server's start or of the conversation.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use duka_runtime::host::points::Point;
use serde_json::{Value as Json, json};

use crate::database::database;
use crate::http;
use crate::stage::{PATIENCE, Stage, boutique};

/// Two customers who write faster than they are answered, so that events have to wait for their turn.
const SCRIPT: &[(&str, &str)] = &[
    ("254700000011", "hi"),
    ("254700000012", "hi"),
    ("254700000011", "Shop"),
    ("254700000012", "help me"),
    ("254700000011", "bag"),
    ("254700000012", "bag"),
    ("254700000012", "menu"),
];

/// What the boutique says when its systems do not answer in time. On PostgreSQL the calls of a process that was killed stay
/// its own until their lease is over, which is longer than the flow waits: another process may be alive.
const TROUBLE: [&str; 2] = [
    "Something went wrong on our side. A person will help you here.",
    "A person will answer you here. In a few words, what is it about?",
];

/// What customers are told of what they write to that: what came after the question is its answer.
const HANDED_OVER: &str = "Thank you. Somebody will write to you here in a moment.";

/// A hold that ends within the test's patience; statuses come well before.
const SETTINGS: &str = "[sending]\nhold = \"4 seconds\"\n";

#[derive(Clone, Copy, Debug, PartialEq)]
enum Blow {
    Kill,
    Delay,
}

/// One row of the table.
struct Row {
    blow: Option<(Blow, Point, u32)>,
    /// How its disk fails, and after how many statements.
    disk: Option<(&'static str, u64)>,
    postgres: bool,
}

fn begin(row: &Row) -> Stage {
    let url = row.postgres.then(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(database())
    });
    let mut stage = Stage::begin(boutique, "", url.as_deref(), SETTINGS);
    if let Some((blow, point, after)) = row.blow {
        if point == Point::WorkClaimed {
            // After an unclean end everything waits in the inbox for a while.
            stage.start();
            stage.kill();
        }
        let blow = if blow == Blow::Kill { "kill" } else { "delay" };
        stage.variables.push(("DUKA_STRIKE_AT".into(), format!("{blow} {} {after}", point.name())));
    }
    if let Some((how, after)) = row.disk {
        stage.variables.push(("DUKA_DISK_FAILS".into(), format!("{how} {after}")));
        // It may not even start.
        stage.spawn();
        return stage;
    }
    stage.start();
    stage
}

/// Posts a message as the vendor does: again until it is answered 200.
fn post(stage: &mut Stage, at: usize, phone: &str, text: &str) {
    let said = json!({ "text": text, "as": { "name": "Amina", "id": format!("wamid.message{at}") } });
    let begun = Instant::now();
    loop {
        let (_, answer) = http::json("POST", &stage.control, &format!("/control/customer/{phone}"), &[], &said);
        if answer["http"] == 200 {
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "never taken: {answer}");
        stage.revive();
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// What each customer's phone shows in the end.
fn play(row: &Row) -> (BTreeMap<String, Vec<String>>, bool) {
    let mut stage = begin(row);
    for (at, (phone, text)) in SCRIPT.iter().enumerate() {
        post(&mut stage, at, phone, text);
    }
    stage.rest();
    let mut shown: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (phone, _) in SCRIPT {
        let (_, messages) = http::json("GET", &stage.control, &format!("/control/customer/{phone}"), &[], &json!({}));
        let text = |message: &Json| message["text"].as_str().unwrap_or("").to_string();
        shown.insert((*phone).to_string(), messages.as_array().expect("messages").iter().map(text).collect());
    }
    (shown, stage.log().contains(", as told"))
}

/// Whether a customer has seen everything once and in order, up to where the flow gave the conversation to a person.
fn is_whole(shown: &[String], expected: &[String], may_end_early: bool) -> bool {
    let told = shown.iter().position(|text| text == TROUBLE[0]).unwrap_or(shown.len());
    let (told, trouble) = shown.split_at(told);
    // What was written before the question is not its answer: the menu, if that was asked for.
    let may_follow = |last: &[String]| last.is_empty() || last == [HANDED_OVER] || last == &expected[..1];
    let gave_up = may_end_early && trouble.strip_prefix(&TROUBLE.map(String::from)).is_some_and(may_follow);
    shown == expected || (gave_up && expected.starts_with(told))
}

#[test]
fn points_of_the_way_are_survived() {
    let all = std::env::var("POINTS").is_ok_and(|all| all == "all");
    let passes: &[u32] = if all { &[0, 2, 5] } else { &[0] };
    let (expected, _) = play(&Row { blow: None, disk: None, postgres: false });
    assert!(expected.values().all(|shown| shown.len() >= 3), "{expected:?}");
    let mut rows = Vec::new();
    for postgres in [false, true] {
        for blow in [Blow::Kill, Blow::Delay].into_iter().filter(|blow| all || !postgres || *blow == Blow::Kill) {
            let points = Point::ALL.into_iter().flat_map(|point| passes.iter().map(move |after| (point, *after)));
            rows.extend(points.map(|(point, after)| Row { blow: Some((blow, point, after)), disk: None, postgres }));
        }
    }
    let (next, begun) = (AtomicUsize::new(0), Instant::now());
    let hand = || {
        let mut lines = Vec::new();
        while let Some(row) = rows.get(next.fetch_add(1, Ordering::Relaxed)) {
            let (blow, point, after) = row.blow.expect("every row has one");
            let name = format!("{blow:?} at {} after {after}, PostgreSQL: {}", point.name(), row.postgres);
            let (shown, struck) = play(row);
            lines.push((name.clone(), struck, struck || after > 0));
            let may_end_early = row.postgres && blow == Blow::Kill;
            for (phone, shown) in &shown {
                assert!(is_whole(shown, &expected[phone], may_end_early), "{name}: {shown:#?}");
            }
        }
        lines
    };
    let lines: Vec<_> = std::thread::scope(|scope| {
        let hands: Vec<_> = (0..8).map(|_| scope.spawn(hand)).collect();
        hands.into_iter().flat_map(|hand| hand.join().expect("a row does not hold")).collect()
    });
    let never: Vec<&str> = lines.iter().filter(|(_, _, fine)| !fine).map(|(name, _, _)| name.as_str()).collect();
    assert!(never.is_empty(), "never reached: {never:?}");
    let struck = lines.iter().filter(|(_, struck, _)| *struck).count();
    println!("{} rows tried, {struck} struck, all held, in {:.0} s", lines.len(), begun.elapsed().as_secs_f64());
}

/// Statements of the start and of the conversation, about, among which some are picked.
const STATEMENTS: u64 = 360;
const PICKED: u64 = 12;

#[test]
fn a_disk_that_fails_at_any_statement_is_survived() {
    let seed: u64 = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    println!("SEED={seed}");
    let (expected, _) = play(&Row { blow: None, disk: None, postgres: false });
    let step = STATEMENTS / PICKED;
    let rows: Vec<(&str, u64)> = (0..PICKED)
        .map(|n| (["full", "refused", "untold"][(n % 3) as usize], n * step + (seed + n * 37) % step))
        .collect();
    let (next, struck) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let hand = || {
        while let Some(row) = rows.get(next.fetch_add(1, Ordering::Relaxed)) {
            let (shown, has_struck) = play(&Row { blow: None, disk: Some(*row), postgres: false });
            struck.fetch_add(usize::from(has_struck), Ordering::Relaxed);
            for (phone, shown) in &shown {
                assert!(is_whole(shown, &expected[phone], false), "{row:?}: {shown:#?}");
            }
        }
    };
    std::thread::scope(|scope| (0..4).for_each(|_| drop(scope.spawn(hand))));
    let struck = struck.into_inner();
    println!("{PICKED} rows tried, {struck} struck, all held");
    assert!(struck >= 6, "the disk has hardly failed");
}
