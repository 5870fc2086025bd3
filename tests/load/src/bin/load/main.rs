//! Drives a real `duka serve` with signed webhooks and prints what it does beside what the machine can do.
//!
//! Bare loop and server run in alternation, several times in one go, and the table shows the ratio of the medians: the
//! machine's mood hits both. The generator, the server, the stand-in for the Graph API and the database share its cores.

mod backend;
mod backlog;
mod overload;
mod rates;
mod ready;
mod size;
mod turns;

use std::io;
use std::path::{Path, PathBuf};

use clap::{Parser, ValueEnum};
use duka_load::bare::Sizes;
use duka_load::generator::{Kind, Outcome, Target};
use duka_load::judge::{Judge, Judging};
use duka_load::postgres;
use duka_load::process::{Process, Setup, number};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measures `duka serve` and prints a table.
///
/// Build both first: `cargo build --release -p duka`, then `cargo run --release` in `tests/load`.
#[derive(Parser)]
struct Arguments {
    /// What to measure; all if none
    what: Vec<What>,
    /// The release build of `duka`
    #[arg(long, default_value = "../../target/release/duka")]
    duka: PathBuf,
    /// A `postgres://` address whose role may make databases: everything is measured on it too
    #[arg(long)]
    postgres: Option<String>,
    /// Nothing on SQLite; needs `--postgres`
    #[arg(long, requires = "postgres")]
    only_postgres: bool,
    /// Seconds of each burst
    #[arg(long, default_value_t = 4)]
    seconds: u64,
    /// Bursts of each side
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Connections of the closed loop
    #[arg(long, default_value_t = 256)]
    connections: u64,
    #[command(flatten)]
    judging: Judging,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum What {
    /// Durable turns beside bare loops (P7, P8, P11)
    Turns,
    /// Whole turns, the reply taken by the stand-in (P13)
    Sends,
    /// A status beside a message (P16)
    Statuses,
    /// Turns to a sync, and with slow syncs (P9); needs strace
    Commits,
    /// A lone message (P9); needs strace
    Lone,
    /// Acknowledgement at half load (P10)
    Half,
    /// Acknowledgement and reply at 200 webhooks a second (T12)
    Latency,
    /// Replies with two questions to a shop's own system, and with another shop's system that hangs
    Backend,
    /// One shop with ten times its share (T13)
    Overload,
    /// Idle with 100 shops
    Memory,
    /// A turn's cost by customers, shops and backlog
    Size,
    /// 100,000 events and 100,000 sends queued (T14)
    Backlog,
    /// From the start until ready, empty and with 1 GiB (T23)
    Ready,
}

/// The metric of sends that the provider took.
const ACCEPTED: &str = "duka_attempts_total{end=\"accepted\"}";
const COMMITS: &str = "duka_commits_total";
/// No provider: sends wait, paced to one a second, so that only turns are measured.
const NOBODY: &str = "http://127.0.0.1:9";
const PATH: &str = "/webhooks/whatsapp";

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> io::Result<()> {
    let arguments = Arguments::parse();
    let judge = Judge::new(arguments.judging);
    println!("| what | bare loop | server | ratio | of it |\n|---|---|---|---|---|");
    let mut sizes = None;
    let sqlite = (!arguments.only_postgres).then_some(Place::Sqlite);
    for place in [sqlite, arguments.postgres.clone().map(Place::Postgres)].into_iter().flatten() {
        if let Place::Postgres(url) = &place
            && postgres::ask::<String>(url, "SELECT current_setting('fsync')").await?.as_deref() != Some("on")
        {
            eprintln!("this PostgreSQL does not sync, so that its figures say little: FSYNC=on .ci/postgres …");
        }
        let on = On { arguments: &arguments, place, judge: &judge };
        for what in What::value_variants() {
            if (arguments.what.is_empty() || arguments.what.contains(what))
                && let Err(error) = measure(*what, &on, &mut sizes).await
            {
                judge.broke(&format!("{what:?}, {}", on.place), &error);
            }
        }
    }
    std::process::exit(i32::from(!judge.verdict()));
}

async fn measure(what: What, on: &On<'_>, sizes: &mut Option<Sizes>) -> io::Result<()> {
    match what {
        What::Turns => match (&on.place, *sizes) {
            (Place::Sqlite, _) => {
                *sizes = Some(turns::sqlite(on).await?);
                Ok(())
            }
            (Place::Postgres(url), Some(sizes)) => turns::postgres(on, url, sizes).await,
            (Place::Postgres(_), None) => Err(io::Error::other("how large its rows are was to be seen on SQLite")),
        },
        What::Sends => rates::sends(on).await,
        What::Statuses => rates::statuses(on).await,
        What::Commits => rates::commits(on).await,
        What::Lone => rates::lone(on).await,
        What::Half => rates::half(on).await,
        What::Latency => rates::latency(on).await,
        What::Backend => backend::run(on).await,
        What::Overload => overload::run(on).await,
        What::Memory => rates::memory(on).await,
        What::Size => size::size(on).await,
        What::Backlog => backlog::drain(on).await,
        What::Ready => ready::ready(on).await,
    }
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
    judge: &'a Judge,
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
