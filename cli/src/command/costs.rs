//! `duka costs`: what the delivered messages of a shop cost. Knows no rates: the server has a card of them.

use std::io::Write;

use duka_runtime::api::costs::{CostLine, CostReport};

use super::remote::Shop;
use crate::arguments::{Costs, Listing};
use crate::failure::{Failure, Outcome};
use crate::report::count;

pub fn run(arguments: &Costs) -> Result<Outcome, Failure> {
    let months = [("from", &arguments.from), ("to", &arguments.to)];
    let asked = months.into_iter().filter_map(|(name, month)| Some(format!("{name}={}", month.as_deref()?)));
    let asked = asked.collect::<Vec<_>>();
    if asked.iter().any(|month| !month.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'=')))
    {
        return Err(Failure::usage("a month is written as 2026-11"));
    }
    if let (Some(from), Some(to)) = (&arguments.from, &arguments.to)
        && from > to
    {
        return Err(Failure::usage(format!("{from} is after {to}")));
    }
    let shop = Shop::of(&arguments.remote)?;
    let mut out = anstream::stdout();
    let path = format!("/costs?{}", asked.join("&"));
    match arguments.format {
        Listing::Json => writeln!(out, "{}", shop.get(&path)?)?,
        Listing::Text => write!(out, "{}", text(&shop.name, &shop.read(&path)?))?,
    }
    Ok(Outcome::Fine)
}

fn text(shop: &str, report: &CostReport) -> String {
    if report.lines.is_empty() {
        return format!("{shop}: no message was delivered in that time\n");
    }
    let mut text = String::new();
    for line in &report.lines {
        text.push_str(&format!("{}\n", one(line)));
    }
    for total in &report.totals {
        text.push_str(&format!("{}  together {} {}\n", total.month, total.amount, total.currency));
    }
    if report.unpriced > 0 {
        text.push_str(&format!(
            "no rate is known for {}: see `[costs]` in docs/operations.md\n",
            count(usize::try_from(report.unpriced).unwrap_or(usize::MAX), "message")
        ));
    }
    text
}

fn one(line: &CostLine) -> String {
    let market = if line.market.is_empty() { "?".to_string() } else { format!("+{}", line.market) };
    let amount = match (&line.amount, &line.currency) {
        (Some(amount), Some(currency)) => format!("{amount} {currency}"),
        (Some(_), None) => "free".to_string(),
        (None, _) => "no rate".to_string(),
    };
    let pricing = if line.pricing.is_empty() { "–" } else { &line.pricing };
    let CostLine { month, category, messages, .. } = line;
    format!("{month}  {market:<5} {category:<16} {pricing:<22} {messages:>7}  {amount}")
}
