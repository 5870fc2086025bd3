//! What a running server does in a time, and what that costs: whole turns, statuses, commits, latency, memory, size.

use std::io;
use std::time::Duration;

use duka_load::generator::{self, Kind};
use duka_load::{postgres, process};

use crate::{ACCEPTED, NOBODY, On, Place, checked, median, target};

/// P13: whole turns, the reply accepted by the stand-in.
/// # Errors
/// A process that does not start, or refuses.
pub async fn sends(on: &On<'_>) -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    let graph = process::graph(&on.arguments.duka, folder.path(), &["--fast"]).await?;
    let process = on.server(folder.path(), &format!("http://{}", graph.address), 1).await?;
    let period = Duration::from_secs(on.arguments.seconds * 2);
    let before = process.metric(ACCEPTED).await;
    let outcome = checked(
        generator::closed(&target(&process.address, 10_000, 1, Kind::Text), on.arguments.connections, period).await,
    )?;
    let mut sent = process.metric(ACCEPTED).await - before;
    let in_time = sent / outcome.elapsed.as_secs_f64();
    let drain = std::time::Instant::now();
    while sent < outcome.answered as f64 && drain.elapsed() < Duration::from_secs(60) {
        tokio::time::sleep(Duration::from_millis(50)).await;
        sent = process.metric(ACCEPTED).await - before;
    }
    let whole = sent / (outcome.elapsed + drain.elapsed()).as_secs_f64();
    println!(
        "| P13 whole turns/s, {} | | {whole:.0} | | taken {:.0}/s, accepted meanwhile {in_time:.0}/s, {sent:.0} of {} |",
        on.place,
        outcome.per_second(),
        outcome.answered
    );
    process.stop().await?;
    graph.kill().await
}

/// P16: a status webhook's CPU against a message's.
/// # Errors
/// A process that does not start, or refuses.
pub async fn statuses(on: &On<'_>) -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    let process = on.server(folder.path(), NOBODY, 1).await?;
    let period = Duration::from_secs(on.arguments.seconds);
    let mut costs = [Vec::new(), Vec::new()];
    for _ in 0..on.arguments.rounds {
        for (kind, costs) in [Kind::Text, Kind::Status].into_iter().zip(&mut costs) {
            let before = process.cpu();
            let outcome = checked(
                generator::closed(&target(&process.address, 10_000, 1, kind), on.arguments.connections, period).await,
            )?;
            costs.push((process.cpu() - before).as_secs_f64() * 1e6 / outcome.answered as f64);
        }
    }
    let [text, status] = costs.map(median);
    println!("| P16 CPU of a status, us, {} | {text:.0} (a text) | {status:.0} | {:.2} | |", on.place, status / text);
    process.stop().await
}

/// Added to each sync for P9.
const SLOW_MS: u64 = 10;

/// P9: how many commits, each one sync, the turns of many connections need; and how much is left of the speed when each sync
/// takes 10 ms more. On SQLite `strace` adds them; on PostgreSQL its own delay before it writes down a commit.
///
/// # Errors
/// A process that does not start, or refuses.
pub async fn commits(on: &On<'_>) -> io::Result<()> {
    for connections in [on.arguments.connections, on.arguments.connections * 2] {
        let (mut fast, mut slow, mut together) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..on.arguments.rounds {
            let (per_second, per_commit) = burst(on, connections, 0).await?;
            fast.push(per_second);
            together.push(per_commit);
            slow.push(burst(on, connections, SLOW_MS).await?.0);
        }
        let (fast, slow, together) = (median(fast), median(slow), median(together));
        println!("| P9 turns per commit, {}, {connections} connections | | {together:.0} | | |", on.place);
        println!(
            "| P9 turns/s with {SLOW_MS} ms on each sync, {}, {connections} connections | {fast:.0} (without) | {slow:.0} | \
             {:.2} | |",
            on.place,
            slow / fast
        );
    }
    Ok(())
}

/// Turns a second, and turns a commit.
async fn burst(on: &On<'_>, connections: u64, slow_ms: u64) -> io::Result<(f64, f64)> {
    let folder = tempfile::tempdir()?;
    let mut setup = on.setup(folder.path(), NOBODY, 1).await?;
    match &on.place {
        Place::Sqlite => setup.slow_sync_ms = slow_ms,
        Place::Postgres(url) => postgres::commit_delay(url, slow_ms).await?,
    }
    let process = setup.start().await?;
    let period = Duration::from_secs(on.arguments.seconds);
    let before = process.metric("duka_commits_total").await;
    let outcome = generator::closed(&target(&process.address, 10_000, 1, Kind::Text), connections, period).await;
    let commits = process.metric("duka_commits_total").await - before;
    process.stop().await?;
    if let Place::Postgres(url) = &on.place {
        postgres::commit_delay(url, 0).await?;
    }
    let outcome = checked(outcome)?;
    Ok((outcome.per_second(), outcome.answered as f64 / commits))
}

/// Acknowledgement at a fixed rate, from when each webhook was due.
/// # Errors
/// A process that does not start, or refuses.
pub async fn latency(on: &On<'_>) -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    let graph = process::graph(&on.arguments.duka, folder.path(), &["--fast"]).await?;
    let process = on.server(folder.path(), &format!("http://{}", graph.address), 1).await?;
    let period = Duration::from_secs(on.arguments.seconds * 3);
    let outcome = checked(generator::open(&target(&process.address, 1_000, 1, Kind::Text), 200, period).await)?;
    println!(
        "| acknowledged at 200/s, ms, {} | | p50 {:.1} p99 {:.1} | | {} webhooks |",
        on.place,
        outcome.millis(0.5),
        outcome.millis(0.99),
        outcome.answered
    );
    process.stop().await?;
    graph.kill().await
}

/// Idle with a hundred shops.
/// # Errors
/// A process that does not start, or refuses.
pub async fn memory(on: &On<'_>) -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    let process = on.server(folder.path(), NOBODY, 100).await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let (now, most) = process.memory();
    println!(
        "| idle with 100 shops, MiB, {} | | {now:.0} (highest {most:.0}) | | ready in {} ms |",
        on.place,
        process.ready_in.as_millis()
    );
    process.stop().await
}

/// The cost of a turn with few and many customers, and few and many shops.
/// # Errors
/// A process that does not start, or refuses.
pub async fn size(on: &On<'_>) -> io::Result<()> {
    for (customers, shops) in [(1, 1), (100, 1), (10_000, 1), (10_000, 1_000)] {
        let folder = tempfile::tempdir()?;
        let process = on.server(folder.path(), NOBODY, shops).await?;
        let before = process.cpu();
        let period = Duration::from_secs(on.arguments.seconds);
        let aim = target(&process.address, customers, shops, Kind::Text);
        let outcome = checked(generator::closed(&aim, on.arguments.connections, period).await)?;
        let cost = (process.cpu() - before).as_secs_f64() * 1e6 / outcome.answered as f64;
        println!(
            "| CPU of a turn, us, {}: {customers} customers, {shops} shops | | {cost:.0} | | {:.0}/s |",
            on.place,
            outcome.per_second()
        );
        process.stop().await?;
    }
    Ok(())
}
