//! `duka quarantine`: what a server could not process. The bytes stay on the server.

use std::io::Write;

use duka_runtime::ops::moment;
use serde_json::{Value as Json, json};

use super::remote::Shop;
use crate::arguments::{Listing, Quarantine, QuarantineCommand};
use crate::failure::{Failure, Outcome};
use crate::report::count;

pub fn run(arguments: &Quarantine) -> Result<Outcome, Failure> {
    let shop = Shop::of(&arguments.remote)?;
    let mut out = anstream::stdout();
    match &arguments.command {
        QuarantineCommand::List => {
            let entries = entries(&shop)?;
            match arguments.format {
                Listing::Json => writeln!(out, "{}", Json::Array(entries.clone()))?,
                Listing::Text => {
                    for entry in &entries {
                        writeln!(out, "{}", line(entry))?;
                    }
                    match entries.len() {
                        0 => writeln!(out, "{}: nothing is in quarantine", shop.name)?,
                        entries => writeln!(out, "{}", count(entries, "entry").replace("entrys", "entries"))?,
                    }
                }
            }
            Ok(Outcome::of(entries.is_empty()))
        }
        QuarantineCommand::Show { entry } => {
            let found = entries(&shop)?.into_iter().find(|known| known["entry"] == *entry);
            let found = found.ok_or_else(|| {
                Failure::usage_with_help(format!("there is no entry {entry}"), "`duka quarantine list` shows them.")
            })?;
            match arguments.format {
                Listing::Json => writeln!(out, "{found}")?,
                Listing::Text => {
                    let detail = found["detail"].as_str().filter(|detail| !detail.is_empty()).unwrap_or("–");
                    writeln!(out, "{}\n  {detail}\n  {} bytes, kept on the server", line(&found), found["bytes"])?;
                }
            }
            Ok(Outcome::Fine)
        }
        QuarantineCommand::Replay { entries } => {
            for entry in entries {
                shop.post(&format!("/quarantine/{entry}/replay"))?;
                match arguments.format {
                    Listing::Json => writeln!(out, "{}", json!({ "entry": entry, "replayed": true }))?,
                    Listing::Text => writeln!(out, "{entry}: tried again")?,
                }
            }
            Ok(Outcome::Fine)
        }
        QuarantineCommand::Done { entry, order } => {
            shop.tell(&format!("/quarantine/{entry}/done"), &json!({ "order": order }))?;
            match arguments.format {
                Listing::Json => writeln!(out, "{}", json!({ "entry": entry, "done": true }))?,
                Listing::Text => writeln!(out, "{entry}: settled as done")?,
            }
            Ok(Outcome::Fine)
        }
        QuarantineCommand::Drop { entries } => {
            for entry in entries {
                shop.delete(&format!("/quarantine/{entry}"))?;
                match arguments.format {
                    Listing::Json => writeln!(out, "{}", json!({ "entry": entry, "dropped": true }))?,
                    Listing::Text => writeln!(out, "{entry}: dropped")?,
                }
            }
            Ok(Outcome::Fine)
        }
    }
}

fn entries(shop: &Shop) -> Result<Vec<Json>, Failure> {
    shop.read("/quarantine")
}

fn line(entry: &Json) -> String {
    let at = moment(entry["at_ms"].as_i64().unwrap_or_default());
    format!("{:>6}  {at}  {}", entry["entry"], entry["reason"].as_str().unwrap_or_default())
}
