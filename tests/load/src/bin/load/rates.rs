//! What a running server does in a time, and what that costs: whole turns, statuses, commits, latency, memory, size.

use std::io;
use std::time::Duration;

use duka_load::bars;
use duka_load::generator::{self, Kind};
use duka_load::replies;
use duka_load::{postgres, process};

use crate::{ACCEPTED, COMMITS, NOBODY, On, Place, checked, median, target};

/// P13: whole turns, the reply accepted by the stand-in.
/// # Errors
/// A process that does not start, or refuses.
pub async fn sends(on: &On<'_>) -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    let graph = process::graph(&on.arguments.duka, folder.path(), &["--fast"]).await?;
    let process = on.server(folder.path(), &format!("http://{}", graph.address), 1).await?;
    let period = Duration::from_secs(on.arguments.seconds * 2);
    let (before, cpu) = (process.metric(ACCEPTED).await, process.cpu());
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
    let cost = (process.cpu() - cpu).as_secs_f64() * 1e6 / sent.max(1.0);
    println!(
        "| P13 whole turns/s, {} | | {whole:.0} | | taken {:.0}/s, accepted meanwhile {in_time:.0}/s, {sent:.0} of {}, CPU of \
         a whole turn {cost:.0} us |",
        on.place,
        outcome.per_second(),
        outcome.answered
    );
    if matches!(on.place, Place::Sqlite) {
        on.judge.see(&bars::P13, &on.place, whole);
    }
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
    on.judge.see(&bars::P16, &on.place, status / text);
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
        // The design page asks for the first at 256 connections, for the second at 512.
        if connections == on.arguments.connections {
            on.judge.see(&bars::P9_TOGETHER, &on.place, together);
        } else {
            on.judge.see(&bars::P9_SLOW, format!("{}, {connections} connections", on.place), slow / fast);
        }
    }
    Ok(())
}

/// P9: how many syncs a lone message waits for: how much later it is acknowledged when each sync takes 10 ms more.
///
/// # Errors
/// A process that does not start, or refuses.
pub async fn lone(on: &On<'_>) -> io::Result<()> {
    let (mut fast, mut slow) = (Vec::new(), Vec::new());
    for _ in 0..on.arguments.rounds {
        fast.push(alone(on, 0).await?);
        slow.push(alone(on, SLOW_MS).await?);
    }
    let (fast, slow) = (median(fast), median(slow));
    let syncs = (slow - fast) / SLOW_MS as f64;
    println!(
        "| P9 a lone message, ms, {} | {fast:.2} (without {SLOW_MS} ms on each sync) | {slow:.2} | | {syncs:.2} syncs |",
        on.place
    );
    on.judge.see(&bars::P9_LONE, &on.place, syncs);
    Ok(())
}

/// The median of its acknowledgements, in ms.
async fn alone(on: &On<'_>, slow_ms: u64) -> io::Result<f64> {
    Ok(under(on, slow_ms, 1).await?.0.millis(0.5))
}

/// Turns a second, and turns a commit.
async fn burst(on: &On<'_>, connections: u64, slow_ms: u64) -> io::Result<(f64, f64)> {
    let (outcome, commits) = under(on, slow_ms, connections).await?;
    Ok((outcome.per_second(), outcome.answered as f64 / commits))
}

/// What connections get done while each sync takes so much more, and in how many commits.
async fn under(on: &On<'_>, slow_ms: u64, connections: u64) -> io::Result<(generator::Outcome, f64)> {
    let folder = tempfile::tempdir()?;
    let mut setup = on.setup(folder.path(), NOBODY, 1).await?;
    match &on.place {
        Place::Sqlite => setup.slow_sync_ms = slow_ms,
        Place::Postgres(url) => postgres::commit_delay(url, slow_ms).await?,
    }
    let process = setup.start().await?;
    let period = Duration::from_secs(on.arguments.seconds);
    let before = process.metric(COMMITS).await;
    let outcome = generator::closed(&target(&process.address, 10_000, 1, Kind::Text), connections, period).await;
    let commits = process.metric(COMMITS).await - before;
    process.stop().await?;
    if let Place::Postgres(url) = &on.place {
        postgres::commit_delay(url, 0).await?;
    }
    Ok((checked(outcome)?, commits))
}

/// Connections of P10.
const FEW: u64 = 64;

/// P10: how long an acknowledgement takes at half of what few connections can do, against how long a commit takes when they do
/// all they can.
///
/// # Errors
/// A process that does not start, or refuses.
pub async fn half(on: &On<'_>) -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    let process = on.server(folder.path(), NOBODY, 1).await?;
    let period = Duration::from_secs(on.arguments.seconds * 2);
    let aim = target(&process.address, 10_000, 1, Kind::Text);
    let before = process.metric(COMMITS).await;
    let full = checked(generator::closed(&aim, FEW, period).await)?;
    let commit_ms = full.elapsed.as_secs_f64() * 1_000.0 / (process.metric(COMMITS).await - before).max(1.0);
    let outcome = checked(generator::open(&aim, ((full.per_second() / 2.0) as u64).max(1), period).await)?;
    let (median, p99) = (outcome.millis(0.5) / commit_ms, outcome.millis(0.99) / commit_ms);
    println!(
        "| P10 acknowledged at half of {:.0}/s, ms, {} | {commit_ms:.1} (a commit) | p50 {:.1} p99 {:.1} | {median:.2}, \
         {p99:.2} | |",
        full.per_second(),
        on.place,
        outcome.millis(0.5),
        outcome.millis(0.99)
    );
    on.judge.see(&bars::P10_MEDIAN, &on.place, median);
    on.judge.see(&bars::P10_P99, &on.place, p99);
    process.stop().await
}

/// Webhooks a second of T12.
const STEADY: u64 = 200;
/// How long replies may take to come in after the last webhook.
const DRAIN: Duration = Duration::from_secs(60);

/// T12: acknowledgements and replies at a fixed rate, from when each webhook was due.
///
/// # Errors
/// A process that does not start, or refuses.
pub async fn latency(on: &On<'_>) -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    let (graph, journal) = replies::graph(&on.arguments.duka, folder.path()).await?;
    let process = on.server(folder.path(), &format!("http://{}", graph.address), 1).await?;
    let period = Duration::from_secs(on.arguments.seconds * 3);
    let outcome = checked(generator::open(&target(&process.address, 1_000, 1, Kind::Text), STEADY, period).await)?;
    let (median, p99) = (outcome.millis(0.5), outcome.millis(0.99));
    println!(
        "| T12 acknowledged at {STEADY}/s, ms, {} | | p50 {median:.1} p99 {p99:.1} | | {} webhooks |",
        on.place, outcome.answered
    );
    let due = (0..outcome.answered).map(|n| (n, outcome.begun_ms + (n * 1_000 / STEADY) as i64)).collect();
    let waiting = std::time::Instant::now();
    let (replied, lost) = loop {
        let (replied, lost) = replies::latencies(&journal, &due, "")?;
        if lost == 0 || waiting.elapsed() > DRAIN {
            break (replied, lost);
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    };
    let reply = replied.value_at_quantile(0.99);
    println!(
        "| T12 replies at {STEADY}/s, ms, {} | | p50 {} p99 {reply} | | {} replies, {lost} lost |",
        on.place,
        replied.value_at_quantile(0.5),
        replied.len()
    );
    on.judge.see(&bars::T12_MEDIAN, &on.place, median);
    on.judge.see(&bars::T12_P99, &on.place, p99);
    on.judge.see(&bars::REPLY_P99, &on.place, reply as f64);
    on.judge.see(&bars::REPLY_LOST, &on.place, lost as f64);
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
    on.judge.see(&bars::IDLE, &on.place, most);
    process.stop().await
}
