//! What a turn costs with few and many customers, few and many shops, and with a backlog: it must depend on none of them.

use std::io;
use std::time::Duration;

use duka_load::bars;
use duka_load::generator::{self, Kind, Target};
use duka_load::process::Process;

use crate::{NOBODY, On, checked, target};

/// With how many customers and shops; the second is what the others are held against.
const SIZES: [(u64, usize); 4] = [(1, 1), (100, 1), (10_000, 1), (10_000, 1_000)];
const QUEUED: u64 = 100_000;

/// # Errors
/// A process that does not start, or refuses.
pub async fn size(on: &On<'_>) -> io::Result<()> {
    let mut costs = Vec::new();
    for (customers, shops) in SIZES {
        let folder = tempfile::tempdir()?;
        let process = on.server(folder.path(), NOBODY, shops).await?;
        let aim = target(&process.address, customers, shops, Kind::Text);
        let name = format!("{customers} customers, {shops} shops");
        // Every shop and every customer is known before.
        checked(generator::closed(&Target { most: 10_000, ..aim.clone() }, on.arguments.connections, FOREVER).await)?;
        costs.push((name.clone(), cost(on, &process, &aim, &name).await?));
        process.stop().await?;
    }
    if let Some((_, usual)) = costs.get(1).cloned() {
        for (name, cost) in costs.iter().skip(2) {
            on.judge.see(&bars::SIZE, format!("{}, {name}", on.place), cost / usual);
        }
    }
    backlog(on).await
}

/// The same customers before and after so many replies have piled up.
async fn backlog(on: &On<'_>) -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    let process = on.server(folder.path(), NOBODY, 1).await?;
    let aim = target(&process.address, 10_000, 1, Kind::Text);
    // Everybody is known before.
    checked(generator::closed(&Target { most: 10_000, ..aim.clone() }, on.arguments.connections, FOREVER).await)?;
    let before = cost(on, &process, &aim, "few queued").await?;
    let rest = QUEUED.saturating_sub(process.metric("duka_sends_open").await as u64);
    checked(generator::closed(&Target { most: rest, ..aim.clone() }, on.arguments.connections, FOREVER).await)?;
    let after = cost(on, &process, &aim, &format!("at least {QUEUED} queued")).await?;
    on.judge.see(&bars::SIZE_BACKLOG, &on.place, after / before);
    process.stop().await
}

const FOREVER: Duration = Duration::from_secs(600);

/// CPU of a turn, in us.
async fn cost(on: &On<'_>, process: &Process, aim: &Target, name: &str) -> io::Result<f64> {
    let before = process.cpu();
    let period = Duration::from_secs(on.arguments.seconds);
    let outcome = checked(generator::closed(aim, on.arguments.connections, period).await)?;
    let cost = (process.cpu() - before).as_secs_f64() * 1e6 / outcome.answered as f64;
    println!("| CPU of a turn, us, {}: {name} | | {cost:.0} | | {:.0}/s |", on.place, outcome.per_second());
    Ok(cost)
}
