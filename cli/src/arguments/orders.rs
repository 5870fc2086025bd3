//! What can be typed after `duka orders`.

use clap::{Args, Subcommand};

use super::{Listing, Remote};

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  export DUKA_API_KEY=duka_…        a key that may `read`; `operate` to reconcile
  duka orders list
  duka orders show Z-1042
  duka orders reconcile             ask the shop's own system what was not heard of

What an order is made of is told by the shop's own system; here is only how far it was heard of.")]
pub struct Orders {
    #[command(flatten)]
    pub remote: Remote,
    /// How to print it
    #[arg(long, default_value = "text", global = true)]
    pub format: Listing,
    #[command(subcommand)]
    pub command: OrdersCommand,
}

#[derive(Debug, Subcommand)]
pub enum OrdersCommand {
    /// Show the orders that conversations follow
    List {
        /// Those that have ended, too
        #[arg(long)]
        all: bool,
    },
    /// Show one order
    Show {
        /// Its number
        order: String,
    },
    /// Ask the shop's own system for every order that has not ended, and bring what was lost to its customer; exit code 1 if
    /// there was a gap, or several orders of one checkout
    Reconcile,
}
