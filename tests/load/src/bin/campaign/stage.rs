//! What a trial plays on: one server or several on one database, and the stand-in for the Graph API, which posts statuses to
//! where customers' messages go.

use std::io;
use std::path::{Path, PathBuf};

use duka_load::balance::Balancer;
use duka_load::gate::Gate;
use duka_load::postgres;
use duka_load::process::{self, Forgets, Process, Setup, free_address};

use crate::kills::Gates;
use crate::{Arguments, Trial};

/// Where an embedded database is, and nothing else.
const DISK: &str = "disk";
/// What that disk may forget, and what it forgot.
const NOTES: &str = "notes";

/// How long a message of unknown fate is held, in ms and as settings write it. Statuses come again after growing pauses when
/// the server was away for as long as an end takes.
pub const fn hold(trial: Trial) -> (i64, &'static str) {
    match trial {
        Trial::Stop => (120_000, "2 minutes"),
        _ => (12_000, "12 seconds"),
    }
}

pub struct Stage {
    folder: tempfile::TempDir,
    /// Where webhooks go: the gate before a server, or a balancer before several.
    pub address: String,
    /// Before the first server, and before the provider.
    pub gates: Gates,
    pub journal: PathBuf,
    pub graph: Process,
    /// Of all servers: a file, or a database made for this trial.
    pub database: String,
    servers: Vec<String>,
    balancer: Option<Balancer>,
}

impl Stage {
    /// # Errors
    /// The stand-in does not start.
    pub async fn set(arguments: &Arguments, plan: &str, seed: u64, servers: usize) -> io::Result<Stage> {
        let folder = tempfile::tempdir()?;
        let (journal, written) = (folder.path().join("journal.jsonl"), folder.path().join("plan.toml"));
        std::fs::write(&written, plan)?;
        let database = match &arguments.postgres {
            Some(url) => postgres::database(url, "duka_campaign").await?,
            None => folder.path().join(DISK).join("duka.db").display().to_string(),
        };
        std::fs::create_dir(folder.path().join(DISK))?;
        std::fs::create_dir(folder.path().join(NOTES))?;
        let servers: Vec<String> = (0..servers).map(|_| free_address()).collect::<io::Result<_>>()?;
        let balancer = if servers.len() > 1 { Some(Balancer::before(&servers).await?) } else { None };
        let webhooks = Gate::before(&servers[0]).await?;
        let address = balancer.as_ref().map_or_else(|| webhooks.address.clone(), |balancer| balancer.address.clone());
        let callback = format!("http://{address}/webhooks/whatsapp");
        let shown = |path: &Path| path.display().to_string();
        let (written, journal_path, seed) = (shown(&written), shown(&journal), seed.to_string());
        let options = ["--plan", &written, "--journal", &journal_path, "--callback", &callback, "--seed", &seed];
        let graph = process::graph(&arguments.duka, folder.path(), &options).await?;
        let gates = Gates { webhooks, sends: Gate::before(&graph.address).await? };
        Ok(Stage { folder, address, gates, journal, graph, database, servers, balancer })
    }

    /// The server at this position.
    pub fn setup<'a>(&'a self, arguments: &'a Arguments, server: usize) -> Setup<'a> {
        let folder = self.folder.path();
        Setup {
            duka: &arguments.duka,
            folder,
            name: format!("server{server}"),
            database: self.database.clone(),
            graph: format!("http://{}", self.gates.sends.address),
            shops: 1,
            address: self.servers[server].clone(),
            answer: match arguments.trial {
                Trial::Kill | Trial::Power | Trial::Stop | Trial::Cluster | Trial::Pause => "4 seconds",
                Trial::Copies | Trial::Forged | Trial::Sync => "20 seconds",
            },
            hold: hold(arguments.trial).1,
            per_number: 1_000_000,
            slow_sync_ms: 0,
            apart: false,
            forgets: (arguments.trial == Trial::Power).then(|| Forgets {
                folder: folder.join(DISK),
                notes: folder.join(NOTES),
                cut: None,
            }),
        }
    }

    /// The provider does nothing wrong any more.
    ///
    /// # Errors
    /// The stand-in does not take it.
    pub async fn calm(&self) -> io::Result<()> {
        match process::ask(&self.graph.address, "DELETE /control/faults", "").await {
            Some((204, _)) => Ok(()),
            answer => Err(io::Error::other(format!("the stand-in goes on with its faults: {answer:?}"))),
        }
    }

    /// What each power cut took, a line for each.
    ///
    /// # Errors
    /// There was none.
    pub fn cuts(&self) -> io::Result<String> {
        std::fs::read_to_string(self.folder.path().join(NOTES).join("cuts.txt"))
    }

    /// Whether the balancer sends anything to it.
    pub fn mark(&self, server: usize, is_up: bool) {
        if let Some(balancer) = &self.balancer {
            balancer.mark(server, is_up);
        }
    }

    /// Ends the stand-in; keeps the files of a trial that was not held.
    ///
    /// # Errors
    /// The stand-in is not there any more.
    pub async fn clear(self, held: bool) -> io::Result<bool> {
        self.graph.kill().await?;
        if !held {
            eprintln!("the journal, the database and the logs are in {}", self.folder.keep().display());
        }
        Ok(held)
    }
}
