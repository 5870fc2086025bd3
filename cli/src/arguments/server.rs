//! What can be typed after the commands that serve and give keys.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  duka serve                             settings from `duka.toml`, if it is here, and from the environment
  duka serve --config /etc/duka/duka.toml

Every setting has a variable: `listen` is DUKA_LISTEN, `sending.hold` is DUKA_SENDING_HOLD.
SIGHUP, or a changed file, reads the shops again. SIGTERM lets what is under way end.")]
pub struct Serve {
    /// The server's settings [default: `duka.toml`, if there is one]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  duka keys new ann --scope reply --shop boutique    prints the key, once
  duka keys list
  duka keys end ann
  duka keys flows                                    the key of forms that ask the server, in `flows.pem`

With the embedded database, stop the server first: one process has it at a time. `end` asks a server that runs, which \
needs another key that may operate.")]
pub struct Keys {
    /// The server's settings [default: `duka.toml`, if there is one]
    #[arg(long, value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,
    #[command(subcommand)]
    pub command: KeysCommand,
}

#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Make a key
    New {
        /// What you call it
        #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
        name: String,
        /// What it may do
        #[arg(long, default_value = "read")]
        scope: KeyScope,
        /// The only shop it is for [default: every shop]
        #[arg(long)]
        shop: Option<String>,
        /// How long it holds
        #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u16).range(1..=3650))]
        days: u16,
    },
    /// Make the key that opens what forms ask: a file with its private half, which nothing replaces
    Flows {
        /// The file to make
        #[arg(long, value_name = "FILE", default_value = "flows.pem")]
        out: PathBuf,
    },
    /// Show the keys by name
    List,
    /// End a key at once, while the server runs too
    End {
        /// What you called it
        name: String,
        /// The server to ask [default: where the settings let it listen, if it has the database]
        #[arg(long, value_name = "URL")]
        server: Option<String>,
        /// Where the key for asking a server is: `env:NAME` or `file:PATH`
        #[arg(long, value_name = "WHERE", default_value = "env:DUKA_API_KEY")]
        key: String,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum KeyScope {
    /// See conversations and figures
    Read,
    /// … and answer customers
    Reply,
    /// … and erase, replay, drop
    Operate,
}
