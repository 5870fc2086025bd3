//! What can be typed after `duka dev-graph`.

use std::path::PathBuf;

use clap::Args;

#[derive(Args, Debug)]
#[command(after_help = "\
It takes the sends that WhatsApp takes, refuses what WhatsApp refuses, and posts signed webhooks to the callback.
Nothing leaves this machine. Point the server's Graph API address at it, then play a customer:
  duka dev-graph --callback http://127.0.0.1:8080/webhooks/whatsapp --app-secret env:APP_SECRET
  curl -d 'hi' http://127.0.0.1:9090/control/customer/254700000001/text
  curl -d 'Browse' http://127.0.0.1:9090/control/customer/254700000001/tap
  curl http://127.0.0.1:9090/control/customer/254700000001
  curl http://127.0.0.1:9090/control           all that it can do

A plan (TOML) sets up numbers, templates, limits, how statuses come back, and what goes wrong:
  [statuses]
  twice = 0.1                  # a tenth of the statuses comes twice
  [[template]]
  name = \"reminder\"
  language = \"en\"
  body = \"Your bag is waiting, {{1}}.\"
  [[fault]]
  kind = \"accept_reset\"        # taken, and the answer is lost
  rate = 0.05

The same seed and the same calls give the same answers. Ctrl-C ends it.")]
pub struct DevGraph {
    /// Where to listen, on this machine
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9090")]
    pub listen: std::net::SocketAddr,
    /// Where webhooks go [default: nowhere]
    #[arg(long, value_name = "URL")]
    pub callback: Option<String>,
    /// Signs the webhooks: the secret, or `env:NAME` to read it there
    #[arg(long, value_name = "SECRET", default_value = "dev-secret")]
    pub app_secret: String,
    /// Of all chance [default: the plan's, or 0]
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// What is set up and what goes wrong (TOML)
    #[arg(long, visible_alias = "faults", value_name = "FILE")]
    pub plan: Option<PathBuf>,
    /// Write each attempt with its answer and each status taken as a line of JSON
    #[arg(long, value_name = "FILE")]
    pub journal: Option<PathBuf>,
    /// For load: take whatever is well formed, and only count
    #[arg(long, conflicts_with = "journal")]
    pub fast: bool,
}
