//! Drives a real `duka serve` with signed webhooks and prints what it does beside what the machine can do.
//!
//! Bare loop and server run in alternation, several times in one go, and the table shows the ratio of the medians: the
//! machine's mood hits both. The generator, the server, the stand-in for the Graph API and the database share its cores.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Parser;
use duka_load::bare::{self, Sizes};
use duka_load::generator::{self, Kind, Outcome, Target};
use duka_load::overload;
use duka_load::postgres;
use duka_load::process::{self, Process, Setup, number};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measures `duka serve` and prints a table.
///
/// Build both first: `cargo build --release -p duka`, then `cargo run --release` in `tests/load`.
#[derive(Parser)]
struct Arguments {
    /// What to measure: turns (P7, P11), sends (P13), statuses (P16), commits (P9), latency, overload (T13), memory, size; all of it if none
    what: Vec<String>,
    /// The release build of `duka`
    #[arg(long, default_value = "../../target/release/duka")]
    duka: PathBuf,
    /// A `postgres://` address whose role may make databases: its turns are measured too (P11)
    #[arg(long)]
    postgres: Option<String>,
    /// Seconds of each burst
    #[arg(long, default_value_t = 4)]
    seconds: u64,
    /// Bursts of each side
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Connections of the closed loop
    #[arg(long, default_value_t = 256)]
    connections: u64,
}

/// The metric of sends that the provider took.
const ACCEPTED: &str = "duka_attempts_total{end=\"accepted\"}";
/// No provider: sends wait, paced to one a second, so that only turns are measured.
const NOBODY: &str = "http://127.0.0.1:9";
const PATH: &str = "/webhooks/whatsapp";

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> io::Result<()> {
    let arguments = Arguments::parse();
    let wanted = |what: &str| arguments.what.is_empty() || arguments.what.iter().any(|one| one == what);
    println!("| what | bare loop | server | ratio | of it |\n|---|---|---|---|---|");
    if wanted("turns") {
        let sizes = turns(&arguments).await?;
        if let Some(url) = &arguments.postgres {
            postgres_turns(&arguments, url, sizes).await?;
        }
    }
    if wanted("sends") {
        sends(&arguments).await?;
    }
    if wanted("statuses") {
        statuses(&arguments).await?;
    }
    if wanted("commits") {
        commits(&arguments).await?;
    }
    if wanted("latency") {
        latency(&arguments).await?;
    }
    if wanted("overload") {
        overload::run(&arguments.duka, arguments.seconds * 5).await?;
    }
    if wanted("memory") {
        memory(&arguments).await?;
    }
    if wanted("size") {
        size(&arguments).await?;
    }
    Ok(())
}

fn target(address: &str, customers: u64, shops: usize, kind: Kind) -> Target {
    Target { address: address.into(), path: PATH.into(), numbers: (0..shops).map(number).collect(), customers, kind }
}

async fn server(arguments: &Arguments, folder: &Path, graph: &str, shops: usize) -> io::Result<Process> {
    let database = folder.join("duka.db").display().to_string();
    let mut setup = Setup::new(&arguments.duka, folder, database, graph.into(), shops)?;
    if graph == NOBODY {
        setup.per_number = 1;
    }
    setup.start().await
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

fn checked(outcome: Outcome) -> io::Result<Outcome> {
    match outcome.refused {
        0 => Ok(outcome),
        refused => Err(io::Error::other(format!("{refused} of {} webhooks were refused", outcome.answered + refused))),
    }
}

/// What the server's rows measure, read from the database it left.
fn sizes(database: &Path) -> rusqlite::Result<Sizes> {
    let connection = rusqlite::Connection::open(database)?;
    let average = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, f64>(0)).map(|bytes| bytes as usize);
    Ok(Sizes {
        session: average("SELECT avg(length(session)) FROM conversation")?,
        event: average("SELECT avg(length(event)) FROM turn")?,
        trace: average("SELECT avg(length(trace) + length(notes)) FROM turn")?,
        send: average("SELECT avg(length(body)) FROM outbox")?,
    })
}

/// P7: durable turns without their sends, against the fused bare loop.
async fn turns(arguments: &Arguments) -> io::Result<Sizes> {
    let period = Duration::from_secs(arguments.seconds);
    let first = tempfile::tempdir()?;
    let warm = server(arguments, first.path(), NOBODY, 1).await?;
    checked(generator::closed(&target(&warm.address, 1_000, 1, Kind::Text), 16, Duration::from_secs(1)).await)?;
    warm.stop().await?;
    let sizes = sizes(&first.path().join("duka.db")).map_err(io::Error::other)?;
    let (mut bare, mut served) = (Vec::new(), Vec::new());
    for _ in 0..arguments.rounds {
        let folder = tempfile::tempdir()?;
        let writer = bare::Sqlite::open(&folder.path().join("bare.db"), sizes).map_err(io::Error::other)?;
        let address = bare::serve(writer).await?;
        let target_of = |address: &str| target(address, 10_000, 1, Kind::Text);
        bare.push(checked(generator::closed(&target_of(&address), arguments.connections, period).await)?.per_second());
        let process = server(arguments, folder.path(), NOBODY, 1).await?;
        served.push(
            checked(generator::closed(&target_of(&process.address), arguments.connections, period).await)?.per_second(),
        );
        process.stop().await?;
    }
    let (bare, served) = (median(bare), median(served));
    println!("| P7 durable turns/s, SQLite | {bare:.0} | {served:.0} | {:.2} | {sizes:?} |", served / bare);
    Ok(sizes)
}

/// P11: the same on PostgreSQL, each round in databases of its own.
async fn postgres_turns(arguments: &Arguments, url: &str, sizes: Sizes) -> io::Result<()> {
    let period = Duration::from_secs(arguments.seconds);
    let (mut bare, mut served) = (Vec::new(), Vec::new());
    for _ in 0..arguments.rounds {
        let target_of = |address: &str| target(address, 10_000, 1, Kind::Text);
        let own = postgres::database(url, "duka_load_bare").await?;
        let writer = tokio::task::spawn_blocking(move || postgres::Postgres::open(&own, sizes))
            .await
            .map_err(io::Error::other)??;
        let address = bare::serve(writer).await?;
        bare.push(checked(generator::closed(&target_of(&address), arguments.connections, period).await)?.per_second());
        let folder = tempfile::tempdir()?;
        let database = postgres::database(url, "duka_load_server").await?;
        let mut setup = Setup::new(&arguments.duka, folder.path(), database, NOBODY.into(), 1)?;
        setup.per_number = 1;
        let process = setup.start().await?;
        served.push(
            checked(generator::closed(&target_of(&process.address), arguments.connections, period).await)?.per_second(),
        );
        process.stop().await?;
    }
    let (bare, served) = (median(bare), median(served));
    println!("| P11 durable turns/s, PostgreSQL | {bare:.0} | {served:.0} | {:.2} | |", served / bare);
    Ok(())
}

/// P13: whole turns, the reply accepted by the stand-in.
async fn sends(arguments: &Arguments) -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    let graph = process::graph(&arguments.duka, folder.path(), &["--fast"]).await?;
    let process = server(arguments, folder.path(), &format!("http://{}", graph.address), 1).await?;
    let period = Duration::from_secs(arguments.seconds * 2);
    let before = process.metric(ACCEPTED).await;
    let outcome = checked(
        generator::closed(&target(&process.address, 10_000, 1, Kind::Text), arguments.connections, period).await,
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
        "| P13 whole turns/s, SQLite | | {whole:.0} | | taken {:.0}/s, accepted meanwhile {in_time:.0}/s, {sent:.0} of {} |",
        outcome.per_second(),
        outcome.answered
    );
    process.stop().await?;
    graph.kill().await
}

/// P16: a status webhook's CPU against a message's.
async fn statuses(arguments: &Arguments) -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    let process = server(arguments, folder.path(), NOBODY, 1).await?;
    let period = Duration::from_secs(arguments.seconds);
    let mut costs = [Vec::new(), Vec::new()];
    for _ in 0..arguments.rounds {
        for (kind, costs) in [Kind::Text, Kind::Status].into_iter().zip(&mut costs) {
            let before = process.cpu();
            let outcome = checked(
                generator::closed(&target(&process.address, 10_000, 1, kind), arguments.connections, period).await,
            )?;
            costs.push((process.cpu() - before).as_secs_f64() * 1e6 / outcome.answered as f64);
        }
    }
    let [text, status] = costs.map(median);
    println!("| P16 CPU of a status, us | {text:.0} (a text) | {status:.0} | {:.2} | |", status / text);
    process.stop().await
}

/// P9: how many commits, each one sync, the turns of many connections need.
async fn commits(arguments: &Arguments) -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    let process = server(arguments, folder.path(), NOBODY, 1).await?;
    let period = Duration::from_secs(arguments.seconds);
    let before = process.metric("duka_commits_total").await;
    let outcome = checked(
        generator::closed(&target(&process.address, 10_000, 1, Kind::Text), arguments.connections, period).await,
    )?;
    let commits = process.metric("duka_commits_total").await - before;
    println!(
        "| P9 turns per commit | | {:.0} | | {} connections |",
        outcome.answered as f64 / commits,
        arguments.connections
    );
    process.stop().await
}

/// Acknowledgement at a fixed rate, from when each webhook was due.
async fn latency(arguments: &Arguments) -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    let graph = process::graph(&arguments.duka, folder.path(), &["--fast"]).await?;
    let process = server(arguments, folder.path(), &format!("http://{}", graph.address), 1).await?;
    let period = Duration::from_secs(arguments.seconds * 3);
    let outcome = checked(generator::open(&target(&process.address, 1_000, 1, Kind::Text), 200, period).await)?;
    println!(
        "| acknowledged at 200/s, ms | | p50 {:.1} p99 {:.1} | | {} webhooks |",
        outcome.millis(0.5),
        outcome.millis(0.99),
        outcome.answered
    );
    process.stop().await?;
    graph.kill().await
}

/// Idle with a hundred shops.
async fn memory(arguments: &Arguments) -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    let process = server(arguments, folder.path(), NOBODY, 100).await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let (now, most) = process.memory();
    println!(
        "| idle with 100 shops, MiB | | {now:.0} (highest {most:.0}) | | ready in {} ms |",
        process.ready_in.as_millis()
    );
    process.stop().await
}

/// The cost of a turn with few and many customers, and few and many shops.
async fn size(arguments: &Arguments) -> io::Result<()> {
    for (customers, shops) in [(1, 1), (100, 1), (10_000, 1), (10_000, 1_000)] {
        let folder = tempfile::tempdir()?;
        let process = server(arguments, folder.path(), NOBODY, shops).await?;
        let before = process.cpu();
        let period = Duration::from_secs(arguments.seconds);
        let aim = target(&process.address, customers, shops, Kind::Text);
        let outcome = checked(generator::closed(&aim, arguments.connections, period).await)?;
        let cost = (process.cpu() - before).as_secs_f64() * 1e6 / outcome.answered as f64;
        println!(
            "| CPU of a turn, us: {customers} customers, {shops} shops | | {cost:.0} | | {:.0}/s |",
            outcome.per_second()
        );
        process.stop().await?;
    }
    Ok(())
}
