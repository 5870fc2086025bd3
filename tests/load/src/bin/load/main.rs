//! Drives a real `duka serve` with signed webhooks and prints what it does beside what the machine can do.
//!
//! Bare loop and server run in alternation, several times in one go, and the table shows the ratio of the medians: the
//! machine's mood hits both. The generator, the server, the stand-in for the Graph API and the database share its cores.

mod backlog;
mod rates;
mod ready;
mod turns;

use std::io;
use std::path::{Path, PathBuf};

use clap::Parser;
use duka_load::generator::{Kind, Outcome, Target};
use duka_load::process::{Process, Setup, number};
use duka_load::{overload, postgres};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measures `duka serve` and prints a table.
///
/// Build both first: `cargo build --release -p duka`, then `cargo run --release` in `tests/load`.
#[derive(Parser)]
struct Arguments {
    /// What to measure: turns (P7, P11), sends (P13), statuses (P16), commits (P9), latency, overload (T13), memory, size; all
    /// of these if none. And, for longer: backlog (T14), ready (T23)
    what: Vec<String>,
    /// The release build of `duka`
    #[arg(long, default_value = "../../target/release/duka")]
    duka: PathBuf,
    /// A `postgres://` address whose role may make databases: everything is measured on it too
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
    let asked = |what: &str| arguments.what.iter().any(|one| one == what);
    println!("| what | bare loop | server | ratio | of it |\n|---|---|---|---|---|");
    if wanted("turns") {
        let sizes = turns::sqlite(&arguments).await?;
        if let Some(url) = &arguments.postgres {
            turns::postgres(&arguments, url, sizes).await?;
        }
    }
    if wanted("overload") {
        overload::run(&arguments.duka, arguments.seconds * 5).await?;
    }
    for place in [Some(Place::Sqlite), arguments.postgres.clone().map(Place::Postgres)].into_iter().flatten() {
        let on = On { arguments: &arguments, place };
        if wanted("sends") {
            rates::sends(&on).await?;
        }
        if wanted("statuses") {
            rates::statuses(&on).await?;
        }
        if wanted("commits") {
            rates::commits(&on).await?;
        }
        if wanted("latency") {
            rates::latency(&on).await?;
        }
        if wanted("memory") {
            rates::memory(&on).await?;
        }
        if wanted("size") {
            rates::size(&on).await?;
        }
        if asked("backlog") {
            backlog::drain(&on).await?;
        }
        if asked("ready") {
            ready::ready(&on).await?;
        }
    }
    Ok(())
}

/// Where the server keeps its rows.
enum Place {
    Sqlite,
    /// A server in which databases are made.
    Postgres(String),
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Place::Sqlite => "SQLite",
            Place::Postgres(_) => "PostgreSQL",
        })
    }
}

struct On<'a> {
    arguments: &'a Arguments,
    place: Place,
}

impl On<'_> {
    /// A server on an empty database.
    ///
    /// # Errors
    /// No database, or a setting that can not be written.
    async fn setup<'a>(&'a self, folder: &'a Path, graph: &str, shops: usize) -> io::Result<Setup<'a>> {
        let database = match &self.place {
            Place::Sqlite => folder.join("duka.db").display().to_string(),
            Place::Postgres(url) => postgres::database(url, "duka_load_server").await?,
        };
        let mut setup = Setup::new(&self.arguments.duka, folder, database, graph.into(), shops)?;
        if graph == NOBODY {
            setup.per_number = 1;
        }
        Ok(setup)
    }

    async fn server(&self, folder: &Path, graph: &str, shops: usize) -> io::Result<Process> {
        self.setup(folder, graph, shops).await?.start().await
    }
}

fn target(address: &str, customers: u64, shops: usize, kind: Kind) -> Target {
    Target {
        address: address.into(),
        path: PATH.into(),
        numbers: (0..shops).map(number).collect(),
        customers,
        kind,
        most: u64::MAX,
    }
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
