//! A server that is killed, or stopped, again and again while customers write and the provider misbehaves.

use std::io;
use std::time::{Duration, Instant};

use crate::chance::Chance;
use crate::ledger::Ledger;
use crate::oracle::{Verdict, judge};
use crate::people::People;
use crate::stage::Stage;
use crate::{Arguments, Trial};

pub const FAULTS: &str = r#"
[limits]
window = false
pair = false
throughput = 0

[statuses]
sent_ms = [5, 400]
delivered_ms = [5, 400]
read_ms = [5, 2000]
twice = 0.2
swapped = 0.2
batch = 20
batch_ms = 50

[[fault]]
kind = "http500"
rate = 0.02

[[fault]]
kind = "http503"
rate = 0.02

[[fault]]
kind = "rate429"
rate = 0.001

[[fault]]
kind = "reset_before"
rate = 0.02

[[fault]]
kind = "accept_reset"
rate = 0.02

[[fault]]
kind = "malformed200"
rate = 0.01

[[fault]]
kind = "truncated200"
rate = 0.01

[[fault]]
kind = "empty200"
rate = 0.01
"#;

/// # Errors
/// A process that does not start, or not again.
pub async fn run(arguments: &Arguments, seed: u64) -> io::Result<bool> {
    let mut chance = Chance(seed);
    let stage = Stage::set(arguments, &plan(arguments), seed, 1).await?;
    let key = stage.setup(arguments, 0).key().await?;
    let begun = Instant::now();
    let mut server = stage.setup(arguments, 0).start().await?;
    let people = People::begin(arguments, &stage.address, &mut chance);
    let (mut slowest_start, mut slowest_stop) = (Duration::ZERO, Duration::ZERO);
    for cycle in 1..=arguments.cycles {
        tokio::time::sleep(Duration::from_millis(chance.within(100, 900))).await;
        let asked = Instant::now();
        if arguments.trial == Trial::Stop {
            server.stop().await?
        } else {
            server.kill().await?
        }
        slowest_stop = slowest_stop.max(asked.elapsed());
        server = stage.setup(arguments, 0).start().await?;
        slowest_start = slowest_start.max(server.ready_in);
        if cycle % 20 == 0 {
            eprintln!("{cycle} of {}, {} s", arguments.cycles, begun.elapsed().as_secs());
        }
    }
    println!(
        "{} ends in {} s; slowest start {} ms, slowest end {} ms",
        arguments.cycles,
        begun.elapsed().as_secs(),
        slowest_start.as_millis(),
        slowest_stop.as_millis(),
    );
    let ledger = Ledger { address: server.address.clone(), key };
    let verdict = verdict(people, &stage, &ledger).await?;
    server.stop().await?;
    stage.clear(verdict.held(!arguments.no_statuses)).await
}

/// What the provider does in a trial.
pub fn plan(arguments: &Arguments) -> String {
    FAULTS.replace("[statuses]", &format!("[statuses]\noff = {}", arguments.no_statuses))
}

/// Lets customers and server come to an end, and judges.
///
/// # Errors
/// Work is left, or the journal can not be read.
pub async fn verdict(people: People, stage: &Stage, ledger: &Ledger) -> io::Result<Verdict> {
    let (acknowledged, refused) = people.end().await?;
    let (settled, left) = ledger.settle().await?;
    let verdict = judge(&stage.journal, &acknowledged, ledger.conversations().await?)?;
    println!(
        "{} acknowledged messages, {refused} posts that were not; nothing open any more {} s after the last; \
         the server has parked {} and put {} into quarantine",
        acknowledged.values().sum::<u64>(),
        settled.as_secs(),
        left.sends_parked,
        left.quarantine,
    );
    println!("{verdict}");
    Ok(verdict)
}
