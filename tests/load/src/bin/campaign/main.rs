//! Puts a real `duka serve` through what it must survive (reliability.md 5), with the stand-in for the Graph API as the
//! provider, and asks from outside: was every acknowledged message counted once, in order, and answered once?

mod chance;
mod copies;
mod forged;
mod interrupted;
mod oracle;
mod people;
mod synced;

use std::io;
use std::path::{Path, PathBuf};

use clap::Parser;
use duka_load::generator::run_id;
use duka_load::process::{self, Process, Setup};

/// Puts a running server through what it must survive, and looks for what was lost, doubled or overtaken.
#[derive(Parser)]
struct Arguments {
    /// What is done to it
    #[arg(value_enum)]
    trial: Trial,
    /// The release build of `duka`
    #[arg(long, default_value = "../../target/release/duka")]
    duka: PathBuf,
    /// A `postgres://` address of an empty database; SQLite if there is none
    #[arg(long)]
    postgres: Option<String>,
    /// How often the server is killed, or stopped
    #[arg(long, default_value_t = 200)]
    cycles: u64,
    /// How many customers write at the same time
    #[arg(long, default_value_t = 40)]
    customers: u64,
    /// Of the moments of killing, and of the provider's faults
    #[arg(long)]
    seed: Option<u64>,
    /// Statuses are off, so that no unknown send is ever settled: duplicates are then counted, not forbidden
    #[arg(long)]
    no_statuses: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Trial {
    /// kill -9 at any moment, with a misbehaving provider (T4)
    Kill,
    /// SIGTERM under load (T23)
    Stop,
    /// 100,000 deliveries: 30 % copies, 10 % swapped, 1 to 50 in a webhook (T10)
    Copies,
    /// 10,000 forged webhooks (T11)
    Forged,
    /// 1,000 single webhooks: a sync between each and its answer (T7); needs strace
    Sync,
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> io::Result<()> {
    let arguments = Arguments::parse();
    let seed = arguments.seed.unwrap_or_else(run_id);
    println!("seed {seed}, on {}", if arguments.postgres.is_some() { "PostgreSQL" } else { "SQLite" });
    let held = match arguments.trial {
        Trial::Kill | Trial::Stop => interrupted::run(&arguments, seed).await?,
        Trial::Copies => copies::run(&arguments, seed).await?,
        Trial::Forged => forged::run(&arguments, seed).await?,
        Trial::Sync => synced::run(&arguments).await?,
    };
    println!("{}", if held { "held" } else { "NOT held" });
    std::process::exit(i32::from(!held));
}

/// The stand-in for the Graph API, and where the server's files are.
struct Stage {
    folder: tempfile::TempDir,
    pub address: String,
    pub journal: PathBuf,
    graph: Process,
}

impl Stage {
    /// # Errors
    /// The stand-in does not start.
    async fn set(arguments: &Arguments, plan: &str, seed: u64) -> io::Result<Stage> {
        let folder = tempfile::tempdir()?;
        let (journal, written) = (folder.path().join("journal.jsonl"), folder.path().join("plan.toml"));
        std::fs::write(&written, plan)?;
        let address = process::free_address()?;
        let callback = format!("http://{address}/webhooks/whatsapp");
        let shown = |path: &Path| path.display().to_string();
        let (written, journal_path, seed) = (shown(&written), shown(&journal), seed.to_string());
        let options = ["--plan", &written, "--journal", &journal_path, "--callback", &callback, "--seed", &seed];
        let graph = process::graph(&arguments.duka, folder.path(), &options).await?;
        Ok(Stage { folder, address, journal, graph })
    }

    fn setup<'a>(&'a self, arguments: &'a Arguments) -> Setup<'a> {
        let folder = self.folder.path();
        Setup {
            duka: &arguments.duka,
            folder,
            database: arguments.postgres.clone().unwrap_or_else(|| folder.join("duka.db").display().to_string()),
            graph: format!("http://{}", self.graph.address),
            shops: 1,
            address: self.address.clone(),
            hold: "12 seconds",
            per_number: 1_000_000,
        }
    }

    /// Ends the stand-in; keeps the files of a trial that was not held.
    ///
    /// # Errors
    /// The stand-in is not there any more.
    async fn clear(self, held: bool) -> io::Result<bool> {
        self.graph.kill().await?;
        if !held {
            eprintln!("the journal, the database and the log are in {}", self.folder.keep().display());
        }
        Ok(held)
    }
}
