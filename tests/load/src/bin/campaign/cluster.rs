//! Several servers on one PostgreSQL, behind a balancer, while customers write and the provider misbehaves: killed one at a
//! time, the database itself restarted under them, or paused for longer than a claim lasts.

use std::io;
use std::time::{Duration, Instant};

use duka_load::process::{Process, signal};
use tokio::process::Command;

use crate::chance::Chance;
use crate::interrupted::{plan, verdict};
use crate::ledger::Ledger;
use crate::people::People;
use crate::stage::Stage;
use crate::{Arguments, Trial};

/// How long a server's claim of a send lasts in this trial, half as long again as the `answer` of its settings; one of an
/// event lasts 5 s. A pause is longer.
const LEASE: Duration = Duration::from_secs(6);

/// # Errors
/// No PostgreSQL, or a process that does not start.
pub async fn run(arguments: &Arguments, seed: u64) -> io::Result<bool> {
    if arguments.postgres.is_none() {
        return Err(io::Error::other("several servers need PostgreSQL: --postgres"));
    }
    let mut chance = Chance(seed);
    let stage = Stage::set(arguments, &plan(arguments), seed, arguments.servers).await?;
    let key = stage.setup(arguments, 0).key().await?;
    let mut servers = Vec::new();
    for server in 0..arguments.servers {
        servers.push(stage.setup(arguments, server).start().await?);
    }
    let people = People::begin(arguments, &stage.address, &mut chance);
    let begun = Instant::now();
    let counts = if arguments.trial == Trial::Pause {
        pause(arguments, &stage, &servers, &mut chance).await?
    } else {
        interrupt(arguments, &stage, &mut servers, &mut chance).await?
    };
    println!("{} servers, {} s: {counts}", arguments.servers, begun.elapsed().as_secs());
    let ledger = Ledger { address: servers[0].address.clone(), key };
    let verdict = verdict(people, &stage, &ledger).await?;
    for server in servers {
        server.stop().await?;
    }
    stage.clear(verdict.held(!arguments.no_statuses)).await
}

/// Kills one of them, and at every fifth turn restarts the database instead, without letting it write anything down.
async fn interrupt(
    arguments: &Arguments,
    stage: &Stage,
    servers: &mut [Process],
    chance: &mut Chance,
) -> io::Result<String> {
    let restart = std::env::var("POSTGRES_RESTART").ok();
    let (mut kills, mut restarts, mut slowest) = (0, 0, Duration::ZERO);
    for cycle in 1..=arguments.cycles {
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
                servers[one] = stage.setup(arguments, one).start().await?;
                slowest = slowest.max(servers[one].ready_in);
                kills += 1;
            }
        }
        if cycle % 20 == 0 {
            eprintln!("{cycle} of {}", arguments.cycles);
        }
    }
    if restart.is_none() {
        eprintln!("POSTGRES_RESTART does not say how the database is restarted: it was not");
    }
    Ok(format!("{kills} killed, the database restarted {restarts} times, slowest start {} ms", slowest.as_millis()))
}

/// Stops all but the first for longer than their claims last, each in its own time.
async fn pause(arguments: &Arguments, stage: &Stage, servers: &[Process], chance: &mut Chance) -> io::Result<String> {
    let mut left = arguments.cycles;
    let mut paused: Vec<Option<Instant>> = vec![None; servers.len()];
    let mut next: Vec<Instant> = servers.iter().map(|_| Instant::now()).collect();
    let mut done = 0;
    while done < arguments.cycles {
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
                eprintln!("{done} of {}", arguments.cycles);
            } else if left > 0 {
                left -= 1;
                signal(servers[one].pid(), "STOP").await?;
                stage.mark(one, false);
                paused[one] = Some(Instant::now());
                next[one] = Instant::now() + LEASE + Duration::from_millis(chance.within(1_000, 4_000));
            }
        }
    }
    Ok(format!("{done} pauses of more than {} s", LEASE.as_secs()))
}
