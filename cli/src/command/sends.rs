//! `duka sends`: messages of a server that wait for a person's word. Shows none of their words.

use std::io::Write;

use duka_runtime::ops::moment;
use serde_json::{Value as Json, json};

use super::remote::Shop;
use crate::arguments::{Listing, Sends, SendsCommand};
use crate::failure::{Failure, Outcome};

pub fn run(arguments: &Sends) -> Result<Outcome, Failure> {
    let shop = Shop::of(&arguments.remote)?;
    let mut out = anstream::stdout();
    match &arguments.command {
        SendsCommand::List => {
            let parked: Vec<Json> = shop.read("/sends?state=parked")?;
            match arguments.format {
                Listing::Json => writeln!(out, "{}", Json::Array(parked.clone()))?,
                Listing::Text if parked.is_empty() => writeln!(out, "{}: no message is parked", shop.name)?,
                Listing::Text => {
                    for send in &parked {
                        writeln!(out, "{}", line(send))?;
                    }
                }
            }
            Ok(Outcome::of(parked.is_empty()))
        }
        SendsCommand::Resend { ids } => {
            for id in ids {
                shop.post(&format!("/sends/{id}/resend"))?;
                match arguments.format {
                    Listing::Json => writeln!(out, "{}", json!({ "send": id, "resent": true }))?,
                    Listing::Text => writeln!(out, "{id}: goes out after all")?,
                }
            }
            Ok(Outcome::Fine)
        }
        SendsCommand::Drop { ids } => {
            for id in ids {
                shop.delete(&format!("/sends/{id}"))?;
                match arguments.format {
                    Listing::Json => writeln!(out, "{}", json!({ "send": id, "dropped": true }))?,
                    Listing::Text => writeln!(out, "{id}: dropped")?,
                }
            }
            Ok(Outcome::Fine)
        }
    }
}

fn line(send: &Json) -> String {
    let text = |key: &str| send[key].as_str().unwrap_or_default();
    let kind = if send["template"] == true { "template " } else { "" };
    let until = moment(send["expires_ms"].as_i64().unwrap_or_default());
    let (id, conversation, key) = (text("send"), text("conversation"), text("key"));
    format!("{id}  conversation {conversation}, turn {}  {kind}{key}  worth sending until {until}", send["turn"])
}
