//! What can be typed after the commands of those who run a server.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Listing {
    /// For people
    Text,
    /// For programs
    Json,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  duka doctor
  duka doctor --config /etc/duka/duka.toml --format json

Each line is `ok`, `warning` or `fault`, and says what to do. It changes nothing and sends nothing; it asks the Graph API
about the numbers and templates of each shop, and the server, if it runs, as Meta would.
Exit codes: 0 no fault, 1 a fault, 2 the settings can not be read.")]
pub struct Doctor {
    /// The server's settings [default: `duka.toml`, if there is one]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// How to print what was found
    #[arg(long, default_value = "text")]
    pub format: Listing,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  duka templates list                    every template of the flows, and what WhatsApp holds of it
  duka templates diff                    the same, and where the words differ; exit code 1 if anything does
  duka templates push --dry-run          what would be submitted
  duka templates push                    submit what WhatsApp does not know; it is reviewed, mostly within minutes
  duka templates pull                    note what WhatsApp holds in `templates.lock`, for `duka check`

The shops are those of the server's settings, with their tokens; `--shop` names one of them. With `templates.lock` beside
its flows, `duka check` tells what is not approved (D609), paused (D610) or changed since (D617), without an account.")]
pub struct Templates {
    /// The server's settings [default: `duka.toml`, if there is one]
    #[arg(long, value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,
    /// Only this shop, by the name of its folder
    #[arg(long, value_name = "SHOP", global = true)]
    pub shop: Option<String>,
    /// How to print it
    #[arg(long, default_value = "text", global = true)]
    pub format: Listing,
    #[command(subcommand)]
    pub command: TemplatesCommand,
}

#[derive(Debug, Subcommand)]
pub enum TemplatesCommand {
    /// Show the templates of the flows with their state at WhatsApp
    List,
    /// Note what WhatsApp holds in each shop's `templates.lock`
    Pull,
    /// Submit what WhatsApp does not know
    Push {
        /// Submit nothing; say what would be
        #[arg(long)]
        dry_run: bool,
    },
    /// Show where the flows and WhatsApp differ
    Diff,
}
