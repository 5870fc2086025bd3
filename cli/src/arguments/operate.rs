//! What can be typed after the commands of those who run a server.

use std::path::PathBuf;

use clap::builder::RangedU64ValueParser;
use clap::{Args, Subcommand, ValueEnum};

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Listing {
    /// For people
    Text,
    /// For programs
    Json,
}

/// Of which shops something is asked, with the server's settings.
#[derive(Args, Debug)]
pub struct OfShops {
    /// The server's settings [default: `duka.toml`, if there is one]
    #[arg(long, value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,
    /// Only this shop, by the name of its folder
    #[arg(long, value_name = "SHOP", global = true)]
    pub shop: Option<String>,
    /// How to print it
    #[arg(long, default_value = "text", global = true)]
    pub format: Listing,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  duka doctor
  duka doctor --config /etc/duka/duka.toml --format json

Each line is `ok`, `warning` or `fault`, and says what to do. It changes no conversation and sends nothing; it asks the Graph API \
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

The shops are those of the server's settings, with their tokens; `--shop` names one of them. With `templates.lock` beside \
its flows, `duka check` finds what is not approved (D609), paused (D610) or changed since (D617), without an account.")]
pub struct Templates {
    #[command(flatten)]
    pub of: OfShops,
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

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  duka forms list                every form of the flows, and whether customers see it as one
  duka forms diff                those that should be published and are not; exit code 1 if there are any
  duka forms push --dry-run      what would be published
  duka forms push                publish what WhatsApp does not know, and note it in `forms.lock`
  duka forms pull                note in `forms.lock` what WhatsApp holds

The server shows a form as a WhatsApp Flow when `forms.lock` beside the flows says that it is published; every other one is \
asked field by field, as is one that WhatsApp stops. A form whose fields have changed is published anew; words may change.")]
pub struct FormsArguments {
    #[command(flatten)]
    pub of: OfShops,
    #[command(subcommand)]
    pub command: FormsCommand,
}

#[derive(Debug, Subcommand)]
pub enum FormsCommand {
    /// Show the forms of the flows, with their state at WhatsApp
    List,
    /// Note what WhatsApp holds in each shop's `forms.lock`
    Pull,
    /// Publish what WhatsApp does not know
    Push {
        /// Publish nothing; say what would be
        #[arg(long)]
        dry_run: bool,
    },
    /// Show what should be published and is not
    Diff,
}

/// Which server, and which of its shops.
#[derive(Args, Debug)]
pub struct Remote {
    /// The server [default: where the settings let it listen]
    #[arg(long, value_name = "URL", global = true)]
    pub server: Option<String>,
    /// The server's settings [default: `duka.toml`, if there is one]
    #[arg(long, value_name = "FILE", global = true, conflicts_with = "server")]
    pub config: Option<PathBuf>,
    /// The shop, by the name of its folder [default: the only one that the key opens]
    #[arg(long, value_name = "SHOP", global = true)]
    pub shop: Option<String>,
    /// Where the key is: `env:NAME` or `file:PATH`
    #[arg(long, value_name = "WHERE", global = true, default_value = "env:DUKA_API_KEY")]
    pub key: String,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  export DUKA_API_KEY=duka_…                    made with `duka keys new`
  duka conversations list
  duka conversations show 00000000000002a1      each turn, and for each message its line, state, fate and cost
  duka conversations export 00000000000002a1 > kept.json     to be replayed; needs a key that may `operate`

The server must run; `--server https://…` asks one elsewhere. No phone number leaves it.")]
pub struct Conversations {
    #[command(flatten)]
    pub remote: Remote,
    /// How to print it
    #[arg(long, default_value = "text", global = true)]
    pub format: Listing,
    #[command(subcommand)]
    pub command: ConversationsCommand,
}

#[derive(Debug, Subcommand)]
pub enum ConversationsCommand {
    /// Show the conversations of a shop
    List {
        /// Only those that a person holds
        #[arg(long)]
        handed_over: bool,
        /// At most so many
        #[arg(long, default_value_t = 50, value_parser = RangedU64ValueParser::<usize>::new().range(1..))]
        limit: usize,
    },
    /// Show where a conversation stands, and what led to each message
    Show {
        /// As the list shows it
        id: String,
        /// At most so many turns, from the first
        #[arg(long, default_value_t = 200, value_parser = RangedU64ValueParser::<usize>::new().range(1..))]
        limit: usize,
    },
    /// Print all that was said and done, for `duka replay`
    Export {
        /// As the list shows it
        id: String,
    },
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  export DUKA_API_KEY=duka_…        a key that may `operate`
  duka quarantine list
  duka quarantine replay 17         try it again, after mending what was wrong
  duka quarantine done 17 --order Z-1042   the command of unknown fate was done, and made this order
  duka quarantine drop 17           it is not wanted any more

What fails again comes back as a new entry.")]
pub struct Quarantine {
    #[command(flatten)]
    pub remote: Remote,
    /// How to print it
    #[arg(long, default_value = "text", global = true)]
    pub format: Listing,
    #[command(subcommand)]
    pub command: QuarantineCommand,
}

#[derive(Debug, Subcommand)]
pub enum QuarantineCommand {
    /// Show the entries of a shop; exit code 1 if there are any
    List,
    /// Show one entry
    Show {
        /// Its number in the list
        entry: i64,
    },
    /// Take entries out and let them in again
    Replay {
        /// Their numbers in the list
        #[arg(required = true)]
        entries: Vec<i64>,
    },
    /// Enter that a command whose fate is unknown was done after all
    Done {
        /// Its number in the list
        entry: i64,
        /// The order that it was about or has made, by its number in the shop's system [default: that of the command]
        #[arg(long, value_name = "NUMBER")]
        order: Option<String>,
    },
    /// Remove entries for good
    Drop {
        /// Their numbers in the list
        #[arg(required = true)]
        entries: Vec<i64>,
    },
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  duka replay 00000000000002a1                          by the flows that ran: it must say the same
  duka replay 00000000000002a1 --against my-shop        where the thread would differ with the flows of this folder
  duka replay kept.json --against my-shop --all         from a file that `duka conversations export` printed

What the shop's systems answered then, they answer again; nothing is sent, and nobody is asked. `-` was said then, `+` would \
be said now. Exit codes: 0 the same messages, 1 some would differ, 2 it can not be replayed.")]
pub struct Replay {
    /// A file with a recorded conversation, or a conversation on the server
    pub conversation: String,
    /// The flows to try: a shop's folder
    #[arg(long, value_name = "SHOP_FOLDER")]
    pub against: Option<PathBuf>,
    /// Show what is the same as well
    #[arg(long)]
    pub all: bool,
    /// How to print it
    #[arg(long, default_value = "text")]
    pub format: Listing,
    #[command(flatten)]
    pub remote: Remote,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  duka diff shops/boutique my-boutique             states, choices, words, templates and settings that change
  duka diff shops/boutique my-boutique --live      the same, with how many customers stand where, asked from the server

With `--live`, ids that customers still hold (D114) and values that can not be kept (D410) are findings.
Exit codes: 0 nothing breaks, 1 such findings, 2 it can not be compared.")]
pub struct Diff {
    /// The shop as it is served
    pub old: PathBuf,
    /// The shop as it would be
    pub new: PathBuf,
    /// Ask the server how many conversations stand where
    #[arg(long)]
    pub live: bool,
    /// How to print it
    #[arg(long, default_value = "text")]
    pub format: Listing,
    #[command(flatten)]
    pub remote: Remote,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  duka backup duka.db backups/2026-11-21.db

The copy holds all that customers wrote: keep it as you keep the database. PostgreSQL is backed up with its own \
`pg_dump --format=custom` and `pg_dumpall --roles-only`, as a user who may see all rows (`postgres`).")]
pub struct Backup {
    /// The database of the server, which may be running
    pub database: PathBuf,
    /// The file to make; it replaces nothing
    pub copy: PathBuf,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  duka restore backups/2026-11-21.db duka.db
  pg_restore --dbname=duka backup.dump    as the user `postgres`; the roles must be there
  duka restore --postgres postgres://duka@localhost/duka

What was open when the copy was made may have been done since. So messages that were not sent are parked, events that \
waited are put into quarantine, reminders whose time has passed are dropped, and calls of a shop's own system are not asked \
again: a flow hears that the outcome is unknown. See what is still wanted with `duka sends` and `duka quarantine`.")]
pub struct Restore {
    /// The copy that `duka backup` made
    #[arg(required_unless_present = "postgres")]
    pub copy: Option<PathBuf>,
    /// Where the database is to be; nothing may be there
    #[arg(required_unless_present = "postgres")]
    pub database: Option<PathBuf>,
    /// A PostgreSQL database that `pg_restore` has filled
    #[arg(long, value_name = "ADDRESS", conflicts_with_all = ["copy", "database"])]
    pub postgres: Option<String>,
}
