//! `duka audit`: what was done of a shop by the server's API. Changes nothing.

use std::io::Write;

use duka_runtime::ops::moment;
use serde_json::Value as Json;

use super::remote::Shop;
use crate::arguments::{Audit, Listing};
use crate::failure::{Failure, Outcome};

/// What the API gives at once.
const PAGE: usize = 500;

pub fn run(arguments: &Audit) -> Result<Outcome, Failure> {
    let shop = Shop::of(&arguments.remote)?;
    let entries = entries(&shop, arguments.limit)?;
    let mut out = anstream::stdout();
    match arguments.format {
        Listing::Json => writeln!(out, "{}", Json::Array(entries))?,
        Listing::Text if entries.is_empty() => writeln!(out, "{}: nothing was done by the API", shop.name)?,
        Listing::Text => {
            for entry in &entries {
                writeln!(out, "{}", line(entry))?;
            }
        }
    }
    Ok(Outcome::Fine)
}

fn entries(shop: &Shop, limit: usize) -> Result<Vec<Json>, Failure> {
    let mut entries: Vec<Json> = Vec::new();
    let mut before = String::new();
    while entries.len() < limit {
        let page = shop.get(&format!("/audit?limit={}{before}", PAGE.min(limit - entries.len())))?;
        entries.extend(page["entries"].as_array().into_iter().flatten().cloned());
        match page["next"].as_i64() {
            Some(next) => before = format!("&before={next}"),
            None => break,
        }
    }
    Ok(entries)
}

fn line(entry: &Json) -> String {
    let text = |key: &str| entry[key].as_str().unwrap_or_default();
    let at = moment(entry["at_ms"].as_i64().unwrap_or_default());
    let answered = match entry["status"].as_u64() {
        Some(status) if status > 0 => status.to_string(),
        Some(_) | None => "not answered".to_string(),
    };
    let act = text("act").replace("/shops/{shop}", "");
    format!("{at}  {}  {act}  {}  {answered}", text("who"), text("object"))
}
