//! What a shop's messages cost, by month, market, category and pricing. Counted as they are delivered, so nothing is left
//! out and nothing is searched.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::access::Caller;
use super::answer::Refusal;
use crate::costs::month;
use crate::server::Server;

/// `?from=2026-10&to=2026-11`; this month, if nothing is said.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Months {
    from: Option<String>,
    to: Option<String>,
}

/// Delivered messages and what they cost.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct CostReport {
    pub lines: Vec<CostLine>,
    /// Of the lines that have an amount.
    pub totals: Vec<CostTotal>,
    /// Messages that no rate is known for.
    pub unpriced: u64,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct CostLine {
    /// Of the delivery, in UTC: `2026-11`.
    pub month: String,
    /// The calling code of the recipients' country; empty: not known.
    pub market: String,
    /// The vendor's: `marketing`, `utility`, `authentication`, `service`, …
    pub category: String,
    /// The vendor's: `regular`, `free_customer_service`, `free_entry_point`; empty: not told.
    pub pricing: String,
    pub messages: u64,
    /// Of all of them, as the rate card says; none: it says nothing.
    pub amount: Option<String>,
    pub currency: Option<String>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct CostTotal {
    pub month: String,
    pub currency: String,
    pub amount: String,
}

pub(super) async fn costs(
    State(server): State<Arc<Server>>,
    Caller(shop): Caller,
    Query(months): Query<Months>,
) -> Result<Json<CostReport>, Refusal> {
    let now = month(server.host.clock.now_ms());
    let read = |text: &Option<String>| match text {
        None => Ok(now),
        Some(text) => number(text).ok_or(Refusal::Wrong("a month is written as 2026-11")),
    };
    let (from, to) = (read(&months.from)?, read(&months.to)?);
    let rows = server.host.store.read(shop.scope).await?.costs(shop.scope, from, to).await?;
    let mut report = CostReport::default();
    let mut totals: BTreeMap<(u32, String), Decimal> = BTreeMap::new();
    for row in rows {
        let rate = server.config.rates.of(&row);
        let amount = rate.as_ref().map(|rate| rate.each * Decimal::from(row.messages));
        match (&rate, amount) {
            (Some(rate), Some(amount)) if !rate.currency.is_empty() => {
                *totals.entry((row.month, rate.currency.to_string())).or_default() += amount;
            }
            (Some(_), _) => {}
            (None, _) => report.unpriced += row.messages,
        }
        report.lines.push(CostLine {
            month: written(row.month),
            market: if row.market == 0 { String::new() } else { row.market.to_string() },
            category: row.category.into(),
            pricing: row.pricing.into(),
            messages: row.messages,
            amount: amount.map(|amount| amount.normalize().to_string()),
            currency: rate.map(|rate| rate.currency.to_string()).filter(|currency| !currency.is_empty()),
        });
    }
    report.totals = totals
        .into_iter()
        .map(|((month, currency), amount)| {
            let amount = amount.normalize().to_string();
            CostTotal { month: written(month), currency, amount }
        })
        .collect();
    Ok(Json(report))
}

fn written(month: u32) -> String {
    format!("{:04}-{:02}", month / 100, month % 100)
}

fn number(text: &str) -> Option<u32> {
    let (year, month) = text.split_once('-')?;
    let (year, month): (u32, u32) = (year.parse().ok()?, month.parse().ok()?);
    ((1_970..10_000).contains(&year) && (1..=12).contains(&month)).then_some(year * 100 + month)
}
