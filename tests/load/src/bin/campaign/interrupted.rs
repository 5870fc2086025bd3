//! A server that is killed, or stopped, again and again while customers write and the provider misbehaves.

use std::io;
use std::time::{Duration, Instant};

use duka_load::bars;
use duka_load::process::{Forgets, Process, Setup};

use crate::chance::Chance;
use crate::faults::plan;
use crate::kills::Kills;
use crate::ledger::Ledger;
use crate::oracle::{Verdict, judge};
use crate::people::People;
use crate::stage::{Stage, hold};
use crate::{Trial, Turn};

/// # Errors
/// A process that does not start, or not again.
pub async fn run(turn: &Turn<'_>) -> io::Result<bool> {
    let (arguments, seed) = (turn.arguments, turn.seed);
    let mut chance = Chance(seed);
    let stage = Stage::set(arguments, &plan(arguments), seed, 1).await?;
    let key = stage.setup(arguments, 0).key().await?;
    let server = stage.setup(arguments, 0).start().await?;
    let people = People::begin(arguments, &stage.address, &mut chance);
    let begun = Instant::now();
    let server = if arguments.trial == Trial::Stop {
        stop(turn, &stage, server, &mut chance).await?
    } else {
        kill(turn, &stage, server, &mut chance).await?
    };
    println!("{} ends in {} s", arguments.cycles, begun.elapsed().as_secs());
    let ledger = Ledger { address: server.address.clone(), key };
    let verdict = verdict(turn, people, &stage, &ledger).await?;
    server.stop().await?;
    let on = turn.place();
    verdict.show(turn.judge, on, !arguments.no_statuses);
    if arguments.trial == Trial::Kill {
        turn.judge.see_size(&bars::T4_MESSAGES, on, verdict.acknowledged as f64);
        turn.judge.see_size(&bars::T4_FAULTS, on, verdict.faults.len() as f64);
    }
    stage.clear(verdict.held(!arguments.no_statuses)).await
}

async fn kill(turn: &Turn<'_>, stage: &Stage, mut server: Process, chance: &mut Chance) -> io::Result<Process> {
    let (arguments, seed) = (turn.arguments, turn.seed);
    let (mut kills, mut slowest) = (Kills::default(), Duration::ZERO);
    for cycle in 1..=arguments.cycles {
        tokio::time::sleep(Duration::from_millis(chance.within(100, 900))).await;
        server = kills
            .strike(cycle, server, after_cut(stage.setup(arguments, 0), seed + cycle), &stage.gates, chance)
            .await?;
        slowest = slowest.max(server.ready_in);
        progress(cycle, arguments.cycles);
    }
    println!("{kills}\nslowest start {} ms", slowest.as_millis());
    if arguments.trial == Trial::Power {
        let cuts = stage.cuts()?;
        // "… writes not synced, …"
        let took = |line: &str| line.split(' ').next().and_then(|writes| writes.parse::<u64>().ok()).unwrap_or(0);
        let (writes, of) = (cuts.lines().map(took).sum::<u64>(), cuts.lines().filter(|line| took(line) > 0).count());
        println!(
            "{} power cuts, {of} of them in the middle of {writes} writes that were not synced",
            cuts.lines().count()
        );
        turn.judge.see_size(&bars::T7_CUTS, turn.place(), of as f64);
    } else {
        turn.judge.see_size(&bars::T4_KILLS, turn.place(), kills.total() as f64);
        turn.judge.see_size(&bars::T4_KINDS, turn.place(), kills.kinds(arguments.cycles / 20) as f64);
    }
    Ok(server)
}

/// Started on a disk that forgets, it finds what a power cut leaves.
fn after_cut(setup: Setup<'_>, seed: u64) -> Setup<'_> {
    let forgets = setup.forgets.clone().map(|forgets| Forgets { cut: Some(seed), ..forgets });
    Setup { forgets, ..setup }
}

async fn stop(turn: &Turn<'_>, stage: &Stage, mut server: Process, chance: &mut Chance) -> io::Result<Process> {
    let arguments = turn.arguments;
    let (mut slowest_start, mut slowest_end) = (Duration::ZERO, Duration::ZERO);
    for cycle in 1..=arguments.cycles {
        tokio::time::sleep(Duration::from_millis(chance.within(100, 900))).await;
        let asked = Instant::now();
        // Whoever does not end with 0 fails the trial here.
        server.stop().await?;
        slowest_end = slowest_end.max(asked.elapsed());
        // At times an answer of the provider may take longer than an end.
        let answer = if cycle.is_multiple_of(10) { "20 seconds" } else { "4 seconds" };
        server = Setup { answer, ..stage.setup(arguments, 0) }.start().await?;
        slowest_start = slowest_start.max(server.ready_in);
        progress(cycle, arguments.cycles);
    }
    // Of what is left, each message that the provider loses would hold its conversation for as long as this trial takes.
    stage.calm().await?;
    println!("slowest start {} ms, slowest end {} ms", slowest_start.as_millis(), slowest_end.as_millis());
    turn.judge.see_size(&bars::T23_ENDS, turn.place(), arguments.cycles as f64);
    turn.judge.see(&bars::T23_END, turn.place(), slowest_end.as_secs_f64());
    Ok(server)
}

pub fn progress(cycle: u64, of: u64) {
    if cycle.is_multiple_of(20) {
        eprintln!("{cycle} of {of}");
    }
}

/// Lets customers and server come to an end, and judges.
///
/// # Errors
/// Work is left, or the journal can not be read.
pub async fn verdict(turn: &Turn<'_>, people: People, stage: &Stage, ledger: &Ledger) -> io::Result<Verdict> {
    let (acknowledged, refused) = people.end().await?;
    let (settled, left) = ledger.settle().await?;
    let verdict = judge(&stage.journal, hold(turn.arguments.trial).0, &acknowledged, ledger.conversations().await?)?;
    println!(
        "{} acknowledged messages, {refused} posts that were not; nothing open any more {} s after the last; \
         the server has parked {} and put {} into quarantine",
        verdict.acknowledged,
        settled.as_secs(),
        left.sends_parked,
        left.quarantine,
    );
    println!("{verdict}");
    if left.quarantine > 0 {
        println!("{}: what is in quarantine counts as lost here, unless it was answered", turn.place());
    }
    Ok(verdict)
}
