//! A server that is killed, or stopped, again and again while customers write and the provider misbehaves.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use duka_load::webhook::phone;

use crate::chance::Chance;
use crate::oracle::{judge, settle};
use crate::people::person;
use crate::{Arguments, Stage, Trial};

pub const FAULTS: &str = r#"
[limits]
window = false
pair = false

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
    let plan = FAULTS.replace("[statuses]", &format!("[statuses]\noff = {}", arguments.no_statuses));
    let stage = Stage::set(arguments, &plan, seed).await?;
    let begun = Instant::now();
    let stop = Arc::new(AtomicBool::new(false));
    let retries = Arc::new(AtomicU64::new(0));
    let mut server = stage.setup(arguments).start().await?;
    let people: Vec<_> = (0..arguments.customers)
        .map(|customer| {
            tokio::spawn(person(stage.address.clone(), customer, chance.next(), stop.clone(), retries.clone()))
        })
        .collect();
    let (mut slowest_start, mut slowest_stop) = (Duration::ZERO, Duration::ZERO);
    for cycle in 1..=arguments.cycles {
        tokio::time::sleep(Duration::from_millis(chance.within(100, 900))).await;
        let asked = Instant::now();
        match arguments.trial {
            Trial::Stop => server.stop().await?,
            Trial::Kill | Trial::Copies | Trial::Forged | Trial::Sync => server.kill().await?,
        }
        slowest_stop = slowest_stop.max(asked.elapsed());
        server = stage.setup(arguments).start().await?;
        slowest_start = slowest_start.max(server.ready_in);
        if cycle % 20 == 0 {
            eprintln!("{cycle} of {}, {} s", arguments.cycles, begun.elapsed().as_secs());
        }
    }
    stop.store(true, Ordering::Relaxed);
    let mut acknowledged = BTreeMap::new();
    for (customer, task) in (0..).zip(people) {
        acknowledged.insert(phone(customer).to_string(), task.await.map_err(io::Error::other)?);
    }
    let total: u64 = acknowledged.values().sum();
    let settled = settle(&stage.journal, total).await?;
    let verdict = judge(&stage.journal, &acknowledged)?;
    println!(
        "{} ends in {} s; {total} acknowledged messages, {} posts that were not; slowest start {} ms, slowest end {} ms; \
         last answer {} s after the last end",
        arguments.cycles,
        begun.elapsed().as_secs(),
        retries.load(Ordering::Relaxed),
        slowest_start.as_millis(),
        slowest_stop.as_millis(),
        settled.as_secs(),
    );
    println!("{verdict}");
    server.stop().await?;
    let duplicates = if arguments.no_statuses { 0 } else { verdict.twice };
    stage.clear(verdict.lost + verdict.double + verdict.disorder + duplicates == 0).await
}
