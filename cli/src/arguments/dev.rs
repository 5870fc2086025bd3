//! What `duka dev` can be told.

use std::path::PathBuf;

use clap::Args;

/// Run a shop on this machine, with nothing to set up.
///
/// The real server on an embedded database. WhatsApp, the shop's own systems, the payment provider and the courier are stood
/// in for; a page in the browser is the customer's phone. Save a file, and the conversation goes on with it.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  duka dev my-shop                 be its customer in the browser
  duka dev my-shop --data played   the same, and go on with it another time")]
pub struct Dev {
    /// The shop's folder
    #[arg(default_value = ".", value_name = "SHOP")]
    pub path: PathBuf,
    /// Where the page is; 0 takes any port that is free
    #[arg(long, default_value_t = 4000)]
    pub port: u16,
    /// Keep conversations, orders and stock in this folder [default: a temporary one, gone at the end]
    #[arg(long, value_name = "FOLDER")]
    pub data: Option<PathBuf>,
    /// Do not open the browser
    #[arg(long)]
    pub no_open: bool,
}
