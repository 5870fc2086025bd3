//! Puts a real `duka serve` through what it must survive (reliability.md 5), with the stand-in for the Graph API as the
//! provider, and asks from outside: was every acknowledged message counted once, in order, and answered once?

mod chance;
mod cluster;
mod copies;
mod faults;
mod forged;
mod interrupted;
mod kills;
mod ledger;
mod oracle;
mod people;
mod probes;
mod stage;
mod synced;

use std::io;
use std::path::PathBuf;

use clap::Parser;
use duka_load::generator::run_id;
use duka_load::judge::{Judge, Judging};

/// Puts a running server through what it must survive, and looks for what was lost, doubled or overtaken.
#[derive(Parser)]
struct Arguments {
    /// What is done to it
    #[arg(value_enum)]
    trial: Trial,
    /// The release build of `duka`
    #[arg(long, default_value = "../../target/release/duka")]
    duka: PathBuf,
    /// A `postgres://` address whose role may make databases, of which one is made for the trial; SQLite if there is none
    #[arg(long)]
    postgres: Option<String>,
    /// How often the server is killed, stopped, or paused
    #[arg(long, default_value_t = 210)]
    cycles: u64,
    /// How many customers write at the same time
    #[arg(long, default_value_t = 100)]
    customers: u64,
    /// How often each of them writes, in ms, on average
    #[arg(long, default_value_t = 600)]
    every_ms: u64,
    /// How many servers share the database, for `cluster` and `pause`; of several numbers each in its turn, with as many of
    /// the cycles [default: 2 for `cluster`; 2, 3 and 4 for `pause`]
    #[arg(long, value_delimiter = ',')]
    servers: Vec<usize>,
    /// Of the moments of killing, and of the provider's faults
    #[arg(long)]
    seed: Option<u64>,
    /// Statuses are off, so that no unknown send is ever settled: duplicates are then counted, not forbidden
    #[arg(long)]
    no_statuses: bool,
    #[command(flatten)]
    judging: Judging,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Trial {
    /// kill -9 at ten kinds of moments, with a provider of all faults (T4)
    Kill,
    /// The same on a disk that forgets what was not synced (T7); SQLite only
    Power,
    /// SIGTERM under load (T23)
    Stop,
    /// Several servers on one PostgreSQL: one is killed, at every fifth turn the database restarted by the shell command in
    /// POSTGRES_RESTART, which `.ci/postgres` sets (the server's goals)
    Cluster,
    /// Several servers on one PostgreSQL, all but one paused for longer than a claim lasts (T19)
    Pause,
    /// 100,000 deliveries: 30 % copies, 10 % swapped, 1 to 50 in a webhook (T10)
    Copies,
    /// 10,000 forged webhooks, and 10,000 requests of one shop for another's things (T11)
    Forged,
    /// 1,000 single webhooks: a sync between each and its answer (T7); needs strace
    Sync,
}

/// One trial as it is run.
struct Turn<'a> {
    arguments: &'a Arguments,
    seed: u64,
    judge: &'a Judge,
}

impl Turn<'_> {
    /// Where the server keeps its rows.
    fn place(&self) -> &'static str {
        if self.arguments.postgres.is_some() { "PostgreSQL" } else { "SQLite" }
    }
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> io::Result<()> {
    let arguments = Arguments::parse();
    let seed = arguments.seed.unwrap_or_else(run_id);
    let judge = Judge::new(arguments.judging);
    let turn = Turn { arguments: &arguments, seed, judge: &judge };
    println!("{:?}, seed {seed}, on {}", arguments.trial, turn.place());
    match arguments.trial {
        Trial::Kill | Trial::Power | Trial::Stop => interrupted::run(&turn).await?,
        Trial::Cluster => cluster::cluster(&turn).await?,
        Trial::Pause => cluster::pauses(&turn).await?,
        Trial::Copies => copies::run(&turn).await?,
        Trial::Forged => forged::run(&turn).await?,
        Trial::Sync => synced::run(&turn).await?,
    };
    std::process::exit(i32::from(!judge.verdict()));
}
