//! The server simulated: the real host, store in memory, engine and channel, with a clock, a network, a provider and
//! crashes that a seed decides (reliability.md 5, T1 to T3).
//!
//! `SEEDS=50000 cargo test -p duka-tests --release --test simulation -- --nocapture` is the long run; `SEED=7` replays
//! one with every step printed; `BUG=NoKeys` plants only that mistake.

#[path = "simulation/backend.rs"]
mod backend;
#[path = "simulation/bugs.rs"]
mod bugs;
#[path = "simulation/chance.rs"]
mod chance;
#[path = "simulation/covered.rs"]
mod covered;
#[path = "simulation/network.rs"]
mod network;
#[path = "simulation/oracle.rs"]
mod oracle;
#[path = "simulation/process.rs"]
mod process;
#[path = "simulation/rules.rs"]
mod rules;
#[path = "simulation/shopper.rs"]
mod shopper;
#[path = "simulation/wire.rs"]
mod wire;
#[path = "simulation/world.rs"]
mod world;

use std::sync::Arc;
use std::time::Instant;

use duka_engine::compile::compile;
use duka_engine::program::Program;
use duka_engine::simulate::test::fixtures;
use duka_engine::source::ShopSource;
use duka_runtime::dev_graph::FaultKind;
use duka_runtime::host::points::Point;
use duka_tests::shops::{self, counter, example};
use duka_tests::tree;

use crate::bugs::Bug;
use crate::chance::Tally;
use crate::covered::Covered;
use crate::process::{Plays, scopes};
use crate::wire::BOUTIQUE;
use crate::world::World;

fn plays() -> Plays {
    let program = |source: &ShopSource| compile(source).program.expect("the shop has no errors");
    let boutique = example("boutique");
    let fixture = fixtures(&boutique).into_values().next().unwrap_or_default();
    Plays { counter: program(&counter()), boutique: program(&boutique), fixture }
}

/// One in so many seeds is played in the world of rules too, which takes longer.
const RULES: u64 = 4;

/// So many states of the boutique are entered in 1,000 seeds, at least.
const LEAST_STATES: usize = 40;

/// What became of one seed.
struct Ended {
    wrongs: Vec<String>,
    trace: [u8; 32],
    tally: Tally,
    simulated_ms: i64,
    lines: Vec<String>,
    covered: Covered,
}

fn play(seed: u64, bug: Bug, plays: &Plays, talk: bool) -> Ended {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    runtime.block_on(async {
        let mut world = World::new(seed, bug, plays).await;
        world.trace.lines = talk.then(Vec::new);
        world.run().await;
        let wrongs = oracle::judge(&world).await;
        let mut trace = std::mem::take(&mut world.trace);
        let (mut tally, simulated_ms) = {
            let sky = world.sky.lock();
            for attempt in sky.graph.journal().after(0) {
                trace.line(|| serde_json::to_string(attempt).unwrap_or_default());
            }
            (sky.tally.clone(), sky.now_ms - world::START_MS)
        };
        tally.add(&world.tally);
        tally.counts.insert("messages".to_string(), world.said.len() as u64);
        let lines = trace.lines.take().unwrap_or_default();
        let mut covered = Covered::default();
        if bug == Bug::Sound {
            for (place, scope) in scopes().into_iter().enumerate() {
                let (shop, program) =
                    if place == BOUTIQUE { ("boutique", &plays.boutique) } else { ("counter", &plays.counter) };
                covered.look(&world.store, scope, shop, program).await;
            }
        }
        Ended { wrongs, trace: trace.end(), tally, simulated_ms, lines, covered }
    })
}

/// The world of rules: what was wrong, what happened, and which states it went through.
fn play_rules(seed: u64, bug: Bug, program: &Arc<Program>) -> (Vec<String>, Tally, Covered) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    runtime.block_on(async {
        let (wrongs, world) = rules::play(seed, bug, program).await;
        let mut covered = Covered::default();
        if bug == Bug::Sound {
            covered.look(&world.store, scopes()[0], "corner", program).await;
        }
        (wrongs, world.tally, covered)
    })
}

/// The shop whose flow asks for consent, and sends templates of both kinds.
fn corner() -> Arc<Program> {
    let files = shops::files(&tree::root().join("tests/tests/host/corner"));
    compile(&shops::with_standard(files)).program.expect("the corner shop has no errors")
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// What every run of many seeds must have seen.
fn kinds() -> Vec<String> {
    let graph = FaultKind::ALL.iter().copied().filter(|kind| *kind != FaultKind::Template400);
    let graph = graph.map(|kind| format!("fault: graph {}", kind.name()));
    let points = Point::ALL.into_iter().map(|point| format!("crash: {}", point.name()));
    let others = [
        "fault: a webhook comes twice",
        "fault: webhooks change places",
        "fault: webhooks travel together",
        "fault: our 200 is lost",
        "fault: no connection",
        "fault: a long time passes",
        "fault: the clock jumps forward",
        "fault: the clock jumps back",
        "fault: a process stands still",
        "fault: a forged webhook",
        "fault: an unknown number",
        "fault: unreadable elements",
        "fault: a status of an unknown message",
        "fault: an unsupported message",
        "fault: a call fails",
        "fault: a call's answer is lost",
        "fault: a call is late",
        "arrivals and the inbox in one commit",
        "crash: killed",
        "crash: asked to end",
        "rules: a customer stops marketing",
        "rules: a template is paused",
        "rules: marketing is attempted",
        "rules: a template is attempted",
        "rules: as many new customers a day as may be",
    ];
    graph.chain(points).chain(others.map(str::to_string)).collect()
}

/// T1.
#[test]
fn whatever_goes_wrong_everything_comes_out_right() {
    let (plays, corner) = (plays(), corner());
    if let Some(seed) = number("SEED") {
        let (wrongs, ..) = play_rules(seed, Bug::Sound, &corner);
        assert!(wrongs.is_empty(), "seed {seed}, the world of rules:\n  {}", wrongs.join("\n  "));
        let ended = play(seed, Bug::Sound, &plays, true);
        ended.lines.iter().for_each(|line| println!("{line}"));
        assert!(ended.wrongs.is_empty(), "seed {seed}:\n  {}", ended.wrongs.join("\n  "));
        return;
    }
    let seeds = number("SEEDS").unwrap_or(1_000);
    let begun = Instant::now();
    let (mut tally, mut simulated_ms, mut wrong) = (Tally::default(), 0, Vec::new());
    let mut covered = Covered::default();
    for seed in 0..seeds {
        let ended = play(seed, Bug::Sound, &plays, false);
        tally.add(&ended.tally);
        covered.add(&ended.covered);
        simulated_ms += ended.simulated_ms;
        if !ended.wrongs.is_empty() {
            wrong.push(format!("seed {seed}:\n    {}", ended.wrongs.join("\n    ")));
        }
        if seed % RULES != 0 {
            continue;
        }
        let (wrongs, rules, states) = play_rules(seed, Bug::Sound, &corner);
        tally.add(&rules);
        covered.add(&states);
        if !wrongs.is_empty() {
            wrong.push(format!("seed {seed}, the world of rules:\n    {}", wrongs.join("\n    ")));
        }
    }
    let seconds = begun.elapsed().as_secs_f64();
    println!(
        "{seeds} seeds in {seconds:.1} s ({:.0} a second), {} hours simulated",
        seeds as f64 / seconds,
        simulated_ms / 3_600_000
    );
    for (what, count) in &tally.counts {
        println!("{count:>9}  {what}");
    }
    print!("{}", covered.report(&[("boutique", &plays.boutique), ("corner", &corner), ("counter", &plays.counter)]));
    let shown = wrong.len().min(20);
    assert!(
        wrong.is_empty(),
        "{} seeds went wrong (replay one with SEED=n):\n  {}",
        wrong.len(),
        wrong[..shown].join("\n  ")
    );
    let never: Vec<String> = kinds().into_iter().filter(|kind| tally.of(kind) == 0).collect();
    assert!(seeds < 200 || never.is_empty(), "never tried: {}", never.join(", "));
    let states = covered.states("boutique");
    assert!(seeds < 1_000 || states >= LEAST_STATES, "only {states} states of the boutique were entered");
}

/// T2.
#[test]
fn the_same_seed_is_the_same_run() {
    let plays = plays();
    let seeds = number("SEEDS").unwrap_or(200).min(200);
    for seed in 0..seeds {
        let (one, two) = (play(seed, Bug::Sound, &plays, false), play(seed, Bug::Sound, &plays, false));
        assert_eq!(one.trace, two.trace, "seed {seed}");
    }
}

/// T3.
#[test]
fn every_planted_mistake_is_noticed() {
    let (plays, corner) = (plays(), corner());
    let mut missed = Vec::new();
    let asked = std::env::var("BUG").ok();
    let planted: Vec<_> = bugs::all().into_iter().map(|planted| (planted, false)).collect();
    let of_rules = bugs::of_rules().into_iter().map(|planted| (planted, true));
    assert!(planted.len() >= 25, "{}", planted.len());
    for ((name, bug), in_rules) in planted.into_iter().chain(of_rules) {
        if asked.as_ref().is_some_and(|asked| !name.starts_with(asked)) {
            continue;
        }
        let wrongs = |seed| match in_rules {
            true => play_rules(seed, bug, &corner).0,
            false => play(seed, bug, &plays, false).wrongs,
        };
        let found = (0..1_000).find_map(|seed| Some((seed, wrongs(seed).into_iter().next()?)));
        match found {
            Some((seed, wrong)) => println!("{name:<32} seed {seed:>4}  {wrong}"),
            None => missed.push(name),
        }
    }
    assert!(missed.is_empty(), "nobody noticed: {}", missed.join(", "));
}
