//! What can be typed after the commands that end something for good: erasure, and the fate of parked messages.

use clap::{Args, Subcommand};

use super::{Listing, Remote};

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  export DUKA_API_KEY=duka_…                                  a key that may `operate`
  duka erase customer --shop boutique --phone 254700000001    all that was said, sent, agreed to and kept
  duka erase shop --shop boutique                             every customer of it; its folder must be taken away first

Nothing of it comes back, but from a backup: see docs/operations.md. It asks first; `--yes` does not.")]
pub struct Erase {
    #[command(flatten)]
    pub remote: Remote,
    /// Ask nothing
    #[arg(long, short, global = true)]
    pub yes: bool,
    #[command(subcommand)]
    pub command: EraseCommand,
}

#[derive(Debug, Subcommand)]
pub enum EraseCommand {
    /// Erase one customer of a shop
    Customer {
        /// Their number, with the country's code
        #[arg(long, value_name = "NUMBER", required_unless_present = "user")]
        phone: Option<String>,
        /// Their user id, as WhatsApp gives it to your business
        #[arg(long, value_name = "ID", conflicts_with = "phone")]
        user: Option<String>,
    },
    /// Erase a shop that is served no more: rows and files
    Shop,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  export DUKA_API_KEY=duka_…        a key that may `operate`
  duka sends list                   what was parked after a restore, or because its fate is not known
  duka sends resend ID              send it after all, at the end of its conversation
  duka sends drop ID                it is not wanted any more")]
pub struct Sends {
    #[command(flatten)]
    pub remote: Remote,
    /// How to print it
    #[arg(long, default_value = "text", global = true)]
    pub format: Listing,
    #[command(subcommand)]
    pub command: SendsCommand,
}

#[derive(Debug, Subcommand)]
pub enum SendsCommand {
    /// Show the parked messages of a shop; exit code 1 if there are any
    List,
    /// Send parked messages after all
    Resend {
        /// Their ids in the list
        #[arg(required = true)]
        ids: Vec<String>,
    },
    /// Call parked messages off
    Drop {
        /// Their ids in the list
        #[arg(required = true)]
        ids: Vec<String>,
    },
}
