//! Several servers on one PostgreSQL, behind a balancer, while customers write and the provider misbehaves: killed one at a
//! time, the database itself restarted under them, or paused for longer than a claim lasts.

use std::io;
use std::time::{Duration, Instant};

use duka_load::bars;
use duka_load::process::{Process, signal};
use tokio::process::Command;

use crate::chance::Chance;
use crate::faults::plan;
use crate::interrupted::{progress, verdict};
use crate::ledger::Ledger;
use crate::people::People;
use crate::stage::Stage;
use crate::{Arguments, Trial, Turn};

/// How long a server's claim of a send lasts in this trial, half as long again as the `answer` of its settings; one of an
/// event lasts 5 s. A pause is longer.
const LEASE: Duration = Duration::from_secs(6);

/// One is killed, at every fifth turn the database restarted.
///
/// # Errors
/// No PostgreSQL, or a process that does not start.
pub async fn cluster(turn: &Turn<'_>) -> io::Result<bool> {
    let mut held = true;
    for servers in several(turn.arguments, &[2])? {
        let (kills, restarts) = run(turn, servers, turn.arguments.cycles, &mut held).await?;
        turn.judge.see(&bars::SHOW3_KILLS, format!("{servers} servers"), kills as f64);
        turn.judge.see(&bars::SHOW3_RESTARTS, format!("{servers} servers"), restarts as f64);
    }
    Ok(held)
}

/// All but the first are paused, with two, three and four servers.
///
/// # Errors
/// No PostgreSQL, or a process that does not start.
pub async fn pauses(turn: &Turn<'_>) -> io::Result<bool> {
    let (mut held, mut pauses) = (true, 0);
    let numbers = several(turn.arguments, &[2, 3, 4])?;
    let each = turn.arguments.cycles.div_ceil(numbers.len() as u64);
    for servers in numbers {
        pauses += run(turn, servers, each, &mut held).await?.0;
    }
    turn.judge.see_size(&bars::T19_PAUSES, "PostgreSQL", pauses as f64);
    Ok(held)
}

fn several(arguments: &Arguments, usual: &[usize]) -> io::Result<Vec<usize>> {
    if arguments.postgres.is_none() {
        return Err(io::Error::other("several servers need PostgreSQL: --postgres"));
    }
    let asked = if arguments.servers.is_empty() { usual.to_vec() } else { arguments.servers.clone() };
    if asked.iter().any(|servers| *servers < 2) {
        return Err(io::Error::other("one server is not several"));
    }
    Ok(asked)
}

/// How often something was done to the servers, and how often to the database.
async fn run(turn: &Turn<'_>, servers: usize, cycles: u64, held: &mut bool) -> io::Result<(u64, u64)> {
    let (arguments, mut chance) = (turn.arguments, Chance(turn.seed ^ servers as u64));
    let stage = Stage::set(arguments, &plan(arguments), turn.seed, servers).await?;
    let key = stage.setup(arguments, 0).key().await?;
    let mut running = Vec::new();
    for server in 0..servers {
        running.push(stage.setup(arguments, server).start().await?);
    }
    let people = People::begin(arguments, &stage.address, &mut chance);
    let begun = Instant::now();
    let done = if arguments.trial == Trial::Pause {
        (pause(cycles, &stage, &running, &mut chance).await?, 0)
    } else {
        interrupt(turn, cycles, &stage, &mut running, &mut chance).await?
    };
    let (what, seconds) =
        (if arguments.trial == Trial::Pause { "paused" } else { "killed" }, begun.elapsed().as_secs());
    println!("\n{servers} servers, {seconds} s: {} {what}, the database restarted {} times", done.0, done.1);
    let ledger = Ledger { address: running[0].address.clone(), key };
    let verdict = verdict(turn, people, &stage, &ledger).await?;
    for server in running {
        server.stop().await?;
    }
    verdict.show(turn.judge, &format!("{servers} servers"), !arguments.no_statuses);
    *held &= stage.clear(verdict.held(!arguments.no_statuses)).await?;
    Ok(done)
}

/// Kills one of them, and at every fifth turn restarts the database instead, without letting it write anything down.
async fn interrupt(
    turn: &Turn<'_>,
    cycles: u64,
    stage: &Stage,
    servers: &mut [Process],
    chance: &mut Chance,
) -> io::Result<(u64, u64)> {
    let restart = std::env::var("POSTGRES_RESTART").ok();
    let (mut kills, mut restarts, mut slowest) = (0, 0, Duration::ZERO);
    for cycle in 1..=cycles {
        tokio::time::sleep(Duration::from_millis(chance.within(200, 1_500))).await;
        match &restart {
            Some(command) if cycle % 5 == 0 => {
                let status = Command::new("sh").args(["-c", command]).status().await?;
                if !status.success() {
                    return Err(io::Error::other(format!("`{command}` ended with {status}")));
                }
                restarts += 1;
            }
            Some(_) | None => {
                let one = chance.within(0, servers.len() as u64 - 1) as usize;
                servers[one].kill_now().await?;
                tokio::time::sleep(Duration::from_millis(chance.within(0, 1_000))).await;
                servers[one] = stage.setup(turn.arguments, one).start().await?;
                slowest = slowest.max(servers[one].ready_in);
                kills += 1;
            }
        }
        progress(cycle, cycles);
    }
    if restart.is_none() {
        eprintln!("POSTGRES_RESTART does not say how the database is restarted: it was not");
    }
    println!("slowest start {} ms", slowest.as_millis());
    Ok((kills, restarts))
}

/// Stops all but the first for longer than their claims last, each in its own time. How many pauses were as long.
async fn pause(cycles: u64, stage: &Stage, servers: &[Process], chance: &mut Chance) -> io::Result<u64> {
    let mut left = cycles;
    let mut paused: Vec<Option<Instant>> = vec![None; servers.len()];
    let mut next: Vec<Instant> = servers.iter().map(|_| Instant::now()).collect();
    let mut done = 0;
    while done < cycles {
        tokio::time::sleep(Duration::from_millis(50)).await;
        for one in 1..servers.len() {
            if Instant::now() < next[one] {
                continue;
            }
            if let Some(since) = paused[one].take() {
                signal(servers[one].pid(), "CONT").await?;
                stage.mark(one, true);
                done += u64::from(since.elapsed() > LEASE);
                next[one] += Duration::from_millis(chance.within(500, 3_000));
                progress(done, cycles);
            } else if left > 0 {
                left -= 1;
                signal(servers[one].pid(), "STOP").await?;
                stage.mark(one, false);
                paused[one] = Some(Instant::now());
                next[one] = Instant::now() + LEASE + Duration::from_millis(chance.within(1_000, 4_000));
            }
        }
    }
    Ok(done)
}
