//! `duka diff`: what a change of the flows means for customers and, with `--live`, for those who are in the middle of a
//! conversation. Changes nothing.

use std::collections::BTreeMap;
use std::io::Write;

use duka_engine::changes::{Change, changes};
use duka_engine::compile::compile;
use duka_engine::lints::Live;
use serde_json::json;

use super::remote::Shop;
use crate::arguments::{Diff, Listing};
use crate::failure::{Failure, Outcome};
use crate::report::{self, count};
use crate::terminal::{self, paint};
use crate::{findings, load};

pub fn run(arguments: &Diff) -> Result<Outcome, Failure> {
    let (old, new) = (load::shop(&arguments.old)?, load::shop(&arguments.new)?);
    let (before, after) = (compile(&old.source), compile(&new.source));
    for (shop, compiled) in [(&old, &before), (&new, &after)] {
        if compiled.program.is_none() {
            let title = shop.title();
            return Err(Failure::usage_with_help(
                format!("`{title}` has errors, so it can not be compared"),
                format!("`duka check {}` shows them.", shop.path.display()),
            ));
        }
    }
    let live: Option<Live> = match arguments.live {
        true => Some(Shop::of(&arguments.remote)?.read("/standing")?),
        false => None,
    };
    let changes = changes((&before, &old.source), (&after, &new.source));
    let report = findings::live(new, &old.source, &live.clone().unwrap_or_default());
    let standing = Standing::of(live.as_ref());
    let mut out = anstream::stdout();
    match arguments.format {
        Listing::Text => {
            for change in &changes {
                writeln!(out, "{}", standing.line(change))?;
            }
            writeln!(out, "{}", count(changes.len(), "difference"))?;
            if live.is_some() {
                out.write_all(report::text::render(&report, true).as_bytes())?;
            }
        }
        Listing::Json => {
            let found = report.open().map(|found| {
                json!({ "code": found.diagnostic.code.to_string(), "message": found.diagnostic.message, "help": found.diagnostic.help })
            });
            let changes =
                changes.iter().map(|change| json!({ "change": change, "customers": standing.customers(change) }));
            let all = json!({ "changes": changes.collect::<Vec<_>>(), "findings": found.collect::<Vec<_>>() });
            writeln!(out, "{}", serde_json::to_string_pretty(&all).unwrap_or_default())?;
        }
    }
    Ok(Outcome::of(!report.open().any(|found| found.level.stops())))
}

/// How many customers stand in a state now. Nothing is known without a server.
struct Standing(Option<BTreeMap<(String, String), u64>>);

impl Standing {
    fn of(live: Option<&Live>) -> Standing {
        let place = |known: &duka_engine::lints::LiveState| {
            ((known.flow.to_string(), known.state.to_string()), known.conversations)
        };
        Standing(live.map(|live| live.states.iter().map(place).collect()))
    }

    fn customers(&self, change: &Change) -> Option<u64> {
        let place = (change.flow.clone(), change.state.clone()?);
        Some(self.0.as_ref()?.get(&place).copied().unwrap_or_default())
    }

    fn line(&self, change: &Change) -> String {
        let place = match &change.state {
            Some(state) => format!("{}.{state}", change.flow),
            None => change.flow.clone(),
        };
        let here = match self.customers(change) {
            None | Some(0) => String::new(),
            Some(customers) => {
                format!("  {}", paint(terminal::WARN, format!("({} here)", count(customers as usize, "customer"))))
            }
        };
        format!("{place}: {}{here}", change.what)
    }
}
