//! `duka replay`: a recorded conversation once more, with the flows that ran or with others. Sends nothing, asks nobody but
//! the server that has the recording.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use duka_runtime::api::recording::Recording;
use duka_runtime::host::replay::{self, Exchange, ReplayError};
use duka_runtime::host::shops;
use duka_runtime::id::ShopScope;
use duka_runtime::ops::client::Server;
use duka_runtime::ops::moment;

use super::remote::Shop;
use crate::arguments::{Listing, Replay};
use crate::failure::{Failure, Outcome};
use crate::playable;
use crate::report::count;
use crate::terminal::{self, paint};

pub fn run(arguments: &Replay) -> Result<Outcome, Failure> {
    let recording = recording(arguments)?;
    let exchanges = match &arguments.against {
        None => replay::again(&recording).map_err(failed)?,
        Some(path) => {
            let Some(playable) = playable::open(path)? else { return Ok(Outcome::Findings) };
            let fixture = playable.fixtures.values().next().cloned().unwrap_or_default();
            let name = recording.shop.as_str().into();
            let shop = shops::Shop::new(ShopScope::NONE, name, Arc::clone(&playable.program), Vec::new(), fixture);
            replay::against(&recording, &shop).map_err(failed)?
        }
    };
    let differ = exchanges.iter().filter(|exchange| exchange.differs()).count();
    let mut out = anstream::stdout();
    match arguments.format {
        Listing::Json => writeln!(out, "{}", serde_json::to_string_pretty(&exchanges).unwrap_or_default())?,
        Listing::Text => {
            for exchange in exchanges.iter().filter(|exchange| arguments.all || exchange.differs()) {
                write!(out, "{}", shown(exchange))?;
            }
            let of = count(exchanges.len(), "exchange");
            match differ {
                0 => writeln!(out, "{of}: the same messages")?,
                differ => writeln!(out, "{differ} of {of} would differ")?,
            }
            if recording.partial {
                writeln!(out, "The recording ends before the conversation does.")?;
            }
        }
    }
    Ok(Outcome::of(differ == 0))
}

/// From a file, or from the server.
fn recording(arguments: &Replay) -> Result<Recording, Failure> {
    let path = Path::new(&arguments.conversation);
    if !path.is_file() {
        if arguments.conversation.contains(['/', '.']) {
            return Err(Failure::usage_with_help(
                format!("there is no file `{}`", path.display()),
                "Name a recorded conversation, or the id of one on a server.",
            ));
        }
        let shop = Shop::of(&arguments.remote)?;
        return shop.read(&format!("/conversations/{}/recording", Server::part(&arguments.conversation)));
    }
    let text = std::fs::read_to_string(path).map_err(|error| Failure::reading(path, error))?;
    serde_json::from_str(&text).map_err(|error| {
        Failure::usage_with_help(
            format!("`{}` is no recorded conversation: {error}", path.display()),
            "`duka conversations export` prints one.",
        )
    })
}

fn failed(error: ReplayError) -> Failure {
    Failure::usage(error.to_string())
}

/// What happened, what is the same, and what is not: `-` then, `+` now.
fn shown(exchange: &Exchange) -> String {
    let mut text = format!("{}  {}\n", moment(exchange.at_ms), paint(terminal::CUSTOMER, &exchange.happened));
    if !exchange.differs() {
        exchange.now.iter().for_each(|line| text.push_str(&format!("  shop: {line}\n")));
        return text;
    }
    exchange.was.iter().filter(|line| !exchange.now.contains(line)).for_each(|line| {
        text.push_str(&format!("{}\n", paint(terminal::BAD, format!("- shop: {line}"))));
    });
    for line in &exchange.now {
        match exchange.was.contains(line) {
            true => text.push_str(&format!("  shop: {line}\n")),
            false => text.push_str(&format!("{}\n", paint(terminal::GOOD, format!("+ shop: {line}")))),
        }
    }
    if let Some(stuck) = &exchange.stuck {
        text.push_str(&format!("  {stuck}\n"));
    }
    text
}
