//! `duka erase`: a customer or a shop, gone from a server. Asks first, and takes nothing back.

use std::io::Write;

use inquire::Confirm;
use serde_json::{Value as Json, json};

use super::remote::Shop;
use crate::arguments::{Erase, EraseCommand};
use crate::failure::{Failure, Outcome};
use crate::report;
use crate::terminal;

pub fn run(arguments: &Erase) -> Result<Outcome, Failure> {
    let Some(name) = &arguments.remote.shop else {
        return Err(Failure::usage_with_help("what is erased is named", "Say which shop: `--shop NAME`."));
    };
    let shop = Shop::of(&arguments.remote)?;
    let mut out = anstream::stdout();
    let question = match &arguments.command {
        EraseCommand::Customer { .. } => format!("Erase this customer of {name} for good?"),
        EraseCommand::Shop => format!("Erase {name} with all of its customers for good?"),
    };
    if !arguments.yes && !agreed(&question)? {
        writeln!(out, "Nothing was erased.")?;
        return Ok(Outcome::Findings);
    }
    let erased = match &arguments.command {
        EraseCommand::Customer { phone, user } => {
            let known = json!({ "phone": phone.as_deref().unwrap_or(""), "user": user.as_deref().unwrap_or("") });
            shop.tell("/customers/erase", &known)?
        }
        EraseCommand::Shop => shop.delete("")?,
    };
    writeln!(out, "{}", told(&erased))?;
    let found = ["conversations", "entries"].iter().any(|what| erased[*what].as_u64().is_some_and(|count| count > 0));
    Ok(Outcome::of(found || matches!(arguments.command, EraseCommand::Shop)))
}

fn agreed(question: &str) -> Result<bool, Failure> {
    if !terminal::is_interactive() {
        return Err(Failure::usage_with_help(
            "there is no terminal to ask whether you are sure",
            "Say so with `--yes`.",
        ));
    }
    // Whoever breaks the question off has not agreed.
    Ok(Confirm::new(question).with_default(false).prompt().unwrap_or(false))
}

fn told(erased: &Json) -> String {
    let number = |what: &str| erased[what].as_u64().and_then(|number| usize::try_from(number).ok()).unwrap_or(0);
    let conversations = report::count(number("conversations"), "conversation");
    let entries = match number("entries") {
        1 => "1 entry".to_string(),
        entries => format!("{entries} entries"),
    };
    let rest = if erased["scrubbed"] == true {
        "Nothing of it is left in the database."
    } else {
        "The database was being read: the bytes of it are written over within the hour."
    };
    format!("Erased: {conversations}, {entries} of the quarantine. {rest}")
}
