//! What can be typed after the commands that report what a server has done and what that costs.

use clap::Args;
use clap::builder::RangedU64ValueParser;

use super::{Listing, Remote};

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  export DUKA_API_KEY=duka_…                    made with `duka keys new`
  duka costs                                    this month
  duka costs --from 2026-09 --to 2026-11 --format json

Messages that were delivered, as WhatsApp counts them, by month, market (calling code), category and pricing. Amounts come \
from the rate card that the server's settings name; `check --cost` says beforehand what a flow may cost.")]
pub struct Costs {
    #[command(flatten)]
    pub remote: Remote,
    /// The first month [default: this one]
    #[arg(long, value_name = "YYYY-MM")]
    pub from: Option<String>,
    /// The last month [default: this one]
    #[arg(long, value_name = "YYYY-MM")]
    pub to: Option<String>,
    /// How to print it
    #[arg(long, default_value = "text")]
    pub format: Listing,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  export DUKA_API_KEY=duka_…        made with `duka keys new`
  duka audit                        what was done of the shop by the API, the newest first
  duka audit --limit 500 --format json

Each line: when, whose key, what, on which object, and how the server answered. It holds no text and no number.")]
pub struct Audit {
    #[command(flatten)]
    pub remote: Remote,
    /// At most so many
    #[arg(long, default_value_t = 50, value_parser = RangedU64ValueParser::<usize>::new().range(1..))]
    pub limit: usize,
    /// How to print it
    #[arg(long, default_value = "text")]
    pub format: Listing,
}
