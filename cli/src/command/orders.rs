//! `duka orders`: how far a shop's orders were heard of, and what was lost on the way here.

use std::io::Write;

use duka_runtime::api::orders::{OrderView, Orders as Page};
use duka_runtime::server::reconcile::Gaps;
use serde_json::json;

use super::remote::Shop;
use crate::arguments::{Listing, Orders, OrdersCommand};
use crate::failure::{Failure, Outcome};
use crate::report::count;

pub fn run(arguments: &Orders) -> Result<Outcome, Failure> {
    let shop = Shop::of(&arguments.remote)?;
    let mut out = anstream::stdout();
    match &arguments.command {
        OrdersCommand::List { all } => {
            let found: Vec<OrderView> = orders(&shop)?.into_iter().filter(|order| *all || !order.ended).collect();
            match arguments.format {
                Listing::Json => writeln!(out, "{}", json!(found))?,
                Listing::Text => {
                    for order in &found {
                        writeln!(out, "{}", line(order))?;
                    }
                    match found.len() {
                        0 => writeln!(out, "{}: no order is on its way", shop.name)?,
                        orders => writeln!(out, "{}", count(orders, "order"))?,
                    }
                }
            }
            Ok(Outcome::Fine)
        }
        OrdersCommand::Show { order } => {
            let found = orders(&shop)?.into_iter().find(|known| known.order == *order);
            let found = found.ok_or_else(|| {
                let help = "`duka orders list --all` shows those that conversations follow.";
                Failure::usage_with_help(format!("no conversation follows an order `{order}`"), help)
            })?;
            match arguments.format {
                Listing::Json => writeln!(out, "{}", json!(found))?,
                Listing::Text => writeln!(
                    out,
                    "{}\n  `duka conversations show {}` shows its customer's thread",
                    line(&found),
                    found.conversation
                )?,
            }
            Ok(Outcome::Fine)
        }
        OrdersCommand::Reconcile => {
            let gaps: Gaps = serde_json::from_value(shop.tell("/orders/reconcile", &json!({}))?)
                .map_err(|_| Failure::usage("the server's answer can not be read"))?;
            match arguments.format {
                Listing::Json => writeln!(out, "{}", json!(gaps))?,
                Listing::Text => {
                    for gap in &gaps.gaps {
                        writeln!(
                            out,
                            "{}: {}, which was not heard of; its customer is told now",
                            gap.order, gap.status
                        )?;
                    }
                    for mark in &gaps.twice {
                        writeln!(
                            out,
                            "{mark}: the shop's system has several orders of this checkout; see which is paid, and cancel the others"
                        )?;
                    }
                    let (asked, lost) = (count(gaps.asked, "order"), count(gaps.gaps.len(), "gap"));
                    writeln!(out, "{asked} asked for: {lost}, {} without an answer", gaps.unanswered)?;
                }
            }
            Ok(Outcome::of(gaps.gaps.is_empty() && gaps.twice.is_empty()))
        }
    }
}

/// All of them, page by page.
fn orders(shop: &Shop) -> Result<Vec<OrderView>, Failure> {
    let (mut found, mut path) = (Vec::new(), "/orders?limit=200".to_string());
    loop {
        let page: Page = shop.read(&path)?;
        found.extend(page.orders);
        match page.next {
            Some(next) => path = format!("/orders?limit=200&after={next}"),
            None => return Ok(found),
        }
    }
}

fn line(order: &OrderView) -> String {
    let status = match (&order.status, order.ended) {
        (Some(status), false) => status.clone(),
        (Some(status), true) => format!("{status}, ended"),
        (None, true) => "ended".to_string(),
        (None, false) => "nothing heard yet".to_string(),
    };
    let paid = if order.paid { ", paid" } else { "" };
    format!("{}  {status}{paid}  conversation {}", order.order, order.conversation)
}
