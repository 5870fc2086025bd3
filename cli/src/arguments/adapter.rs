//! What can be typed after `duka adapter`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Listing;

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  duka adapter check my-shop --offline
  duka adapter check my-shop --base http://127.0.0.1:3000")]
pub struct Adapter {
    #[command(subcommand)]
    pub command: AdapterCommand,
}

#[derive(Debug, Subcommand)]
pub enum AdapterCommand {
    /// Ask each query of the mapping, and say what is not as it should be
    Check(AdapterCheck),
    /// Print the mapping of a kind that comes with Duka, to begin one of your own with
    Show(AdapterShow),
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  duka adapter show woocommerce > my-shop/orders.rest.yaml

`<base>` and the like are what `shop.yaml` would say: write it in their place.")]
pub struct AdapterShow {
    /// `woocommerce`, `medusa` or `shopify`
    pub kind: String,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  duka adapter check my-shop --offline
  duka adapter check my-shop --base http://127.0.0.1:3000
  duka adapter check my-shop --with 'catalog.search=[\"dress\"]'

Commands, which change something, are never sent. `docs/adapters.md` shows a whole mapping.")]
pub struct AdapterCheck {
    /// The shop's folder
    pub shop: PathBuf,
    /// Ask here instead of where the mapping says; this machine and plain HTTP are allowed
    #[arg(long, value_name = "URL")]
    pub base: Option<String>,
    /// The arguments of a query, as a JSON list; again for another one
    #[arg(long, value_name = "OPERATION=JSON")]
    pub with: Vec<String>,
    /// Ask nobody: only look at the mapping itself
    #[arg(long)]
    pub offline: bool,
    /// How to print what was found
    #[arg(long, default_value = "text")]
    pub format: Listing,
}
