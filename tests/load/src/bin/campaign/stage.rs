//! What a trial plays on: one server or several on one database, and the stand-in for the Graph API, which posts statuses to
//! where customers' messages go.

use std::io;
use std::path::{Path, PathBuf};

use duka_load::balance::Balancer;
use duka_load::process::{self, Process, Setup, free_address};

use crate::{Arguments, Trial};

pub struct Stage {
    folder: tempfile::TempDir,
    /// Where webhooks go: the server, or a balancer before several.
    pub address: String,
    pub journal: PathBuf,
    pub graph: Process,
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
        let servers: Vec<String> = (0..servers).map(|_| free_address()).collect::<io::Result<_>>()?;
        let balancer = if servers.len() > 1 { Some(Balancer::before(&servers).await?) } else { None };
        let address = balancer.as_ref().map_or_else(|| servers[0].clone(), |balancer| balancer.address.clone());
        let callback = format!("http://{address}/webhooks/whatsapp");
        let shown = |path: &Path| path.display().to_string();
        let (written, journal_path, seed) = (shown(&written), shown(&journal), seed.to_string());
        let options = ["--plan", &written, "--journal", &journal_path, "--callback", &callback, "--seed", &seed];
        let graph = process::graph(&arguments.duka, folder.path(), &options).await?;
        Ok(Stage { folder, address, journal, graph, servers, balancer })
    }

    /// The server at this position.
    pub fn setup<'a>(&'a self, arguments: &'a Arguments, server: usize) -> Setup<'a> {
        let folder = self.folder.path();
        Setup {
            duka: &arguments.duka,
            folder,
            name: format!("server{server}"),
            database: arguments.postgres.clone().unwrap_or_else(|| folder.join("duka.db").display().to_string()),
            graph: format!("http://{}", self.graph.address),
            shops: 1,
            address: self.servers[server].clone(),
            answer: if arguments.trial == Trial::Pause { "4 seconds" } else { "20 seconds" },
            hold: "12 seconds",
            per_number: 1_000_000,
            slow_sync_ms: 0,
        }
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
