//! What refusals and sends of the past have taught, kept in the store: how long a number must wait, and whom the
//! shops of a portfolio wrote to first today. A restart forgets none of it, and other processes hear of it.

use smol_str::SmolStr;

use super::Outbox;
use super::pace::{Holds, Sender};
use crate::host::codes;
use crate::host::shops::Portfolio;
use crate::host::transport::{Transport, Whom};
use crate::id::ShopScope;
use crate::store::{self, Due, HealthNews, NumberHealth, Tx};

/// Shorter waits are over before anybody could read of them, in ms.
const WORTH_KEEPING_MS: i64 = 5_000;

/// The number under which the waits of a whole shop are kept.
pub(in crate::host) const OF_SHOP: &str = "";

/// Under which the waits of a number are kept.
fn key(number: &str) -> String {
    format!("hold {number}")
}

impl<T: Transport> Outbox<T> {
    /// Reads what is kept of the numbers in whose pace it is not yet counted. The transaction that it began for that is of all
    /// the shops; `None`: it was all known.
    pub(super) async fn learn_unknown(
        &self,
        group: &[Due],
        shops: &[ShopScope],
        now_ms: i64,
    ) -> store::Result<Option<Tx>> {
        let unknown: Vec<&Due> = group.iter().filter(|due| self.pace().wants_holds(due.shop, &due.number)).collect();
        if unknown.is_empty() {
            return Ok(None);
        }
        let mut tx = self.host.store.begin_for(shops).await?;
        for due in unknown {
            self.learn(&mut tx, due, now_ms).await?;
        }
        Ok(Some(tx))
    }

    /// Reads what is kept of a number, at its first send and at times.
    async fn learn(&self, tx: &mut Tx, due: &Due, now_ms: i64) -> store::Result<()> {
        let kept = tx.meta_get(due.shop, &key(&due.number)).await?;
        if let Some(holds) = kept.as_deref().and_then(read) {
            self.pace().learn(due.shop, Some(&due.number), holds, now_ms);
        }
        if self.pace().wants_shop_holds(due.shop) {
            if let Some(holds) = tx.meta_get(due.shop, &key(OF_SHOP)).await?.as_deref().and_then(read) {
                self.pace().learn(due.shop, None, holds, now_ms);
            }
            let closed = closed(tx, due.shop).await?;
            let mut pace = self.pace();
            pace.learn_closed(due.shop, closed);
            pace.has_shop_holds(due.shop);
        }
        let health = tx.health(due.shop).await?;
        if let Some(row) = health.iter().find(|row| row.number == due.number) {
            self.pace().learn_throughput(due.shop, &due.number, &row.throughput);
            if !row.stopped.is_empty() {
                self.pace().learn_stopped(due.shop, &due.number);
            }
        }
        self.pace().has_holds(due.shop, &due.number);
        Ok(())
    }

    pub(super) async fn learn_recipients(&self, portfolio: &Portfolio, now_ms: i64) -> store::Result<()> {
        let at_ms = self.host.clock.monotonic_ms();
        let since_ms = self.pace().wants_recipients(portfolio, now_ms);
        if let Some(since_ms) = since_ms {
            for shop in self.host.shops.of_portfolio(portfolio) {
                let mut tx = self.host.store.read(shop).await?;
                let known = tx.recipients(shop, since_ms).await?;
                self.pace().learn_recipients(portfolio, shop, known);
            }
            self.pace().has_recipients(portfolio, at_ms);
        }
        Ok(())
    }

    /// Keeps how long a number or its shop must wait, if that is worth it.
    pub(super) async fn keep_holds(&self, sender: Sender<'_>, whom: Whom) -> store::Result<()> {
        let (shop, now_ms) = (sender.shop, self.host.clock.now_ms());
        let holds = self.pace().holds(sender, whom, now_ms);
        if holds.until_ms.max(holds.marketing_until_ms) < now_ms.saturating_add(WORTH_KEEPING_MS) {
            return Ok(());
        }
        let of = match whom {
            Whom::Customer | Whom::Number => sender.number,
            Whom::Shop | Whom::App => OF_SHOP,
        };
        let kept = |mut tx: Tx| async move {
            tx.meta_set(shop, &key(of), &written(holds)).await?;
            Ok((tx, ()))
        };
        self.host.store.transact(shop, kept).await
    }
}

/// Writes down that a number, or each that is known of its shop, is stopped, and why. `true`: it was well until now.
pub(in crate::host) async fn stopped(
    tx: &mut Tx,
    (shop, number): (ShopScope, &SmolStr),
    whom: Whom,
    error: i32,
    at_ms: i64,
) -> store::Result<bool> {
    let mut rows = tx.health(shop).await?;
    if !rows.iter().any(|row| row.number == *number) {
        rows.push(NumberHealth::unheard(shop, number.clone()));
    }
    rows.retain(|row| row.stopped.is_empty() && (row.number == *number || is_wide(whom)));
    tx.hear_health(&news(&rows, &codes::reason(error), at_ms)).await?;
    Ok(rows.iter().any(|row| row.number == *number))
}

/// Writes down that a number is well again; and of its shop those that were stopped for the same.
pub(super) async fn well(
    tx: &mut Tx,
    (shop, number): (ShopScope, &SmolStr),
    whom: Whom,
    now_ms: i64,
) -> store::Result<()> {
    let mut rows = tx.health(shop).await?;
    let Some(why) = rows.iter().find(|row| row.number == *number).map(|row| row.stopped.clone()) else { return Ok(()) };
    rows.retain(|row| row.number == *number || (is_wide(whom) && row.stopped == why));
    tx.hear_health(&news(&rows, &SmolStr::default(), now_ms)).await
}

/// That these numbers are stopped for that reason; empty: for none any more.
fn news(rows: &[NumberHealth], stopped: &SmolStr, at_ms: i64) -> Vec<HealthNews> {
    let of = |row: &NumberHealth| HealthNews {
        stopped: Some(stopped.clone()),
        ..HealthNews::of(row.shop, row.number.clone(), at_ms)
    };
    rows.iter().map(of).collect()
}

fn is_wide(whom: Whom) -> bool {
    match whom {
        Whom::Customer | Whom::Number => false,
        Whom::Shop | Whom::App => true,
    }
}

/// Keeps a number from sending, or from marketing, until then (ms since 1970; 0: not at all), if it does not wait for longer
/// already. Every process reads of it within seconds.
pub(in crate::host) async fn hold(
    tx: &mut Tx,
    shop: ShopScope,
    number: &str,
    until_ms: i64,
    marketing_until_ms: i64,
) -> store::Result<()> {
    let known = tx.meta_get(shop, &key(number)).await?.as_deref().and_then(read);
    let known = known.unwrap_or(Holds { until_ms: 0, marketing_until_ms: 0 });
    let holds = Holds {
        until_ms: known.until_ms.max(until_ms),
        marketing_until_ms: known.marketing_until_ms.max(marketing_until_ms),
    };
    tx.meta_set(shop, &key(number), &written(holds)).await
}

/// Under which the countries are kept that a shop may not write to.
const CLOSED: &str = "closed countries";

/// The countries that a shop may not write to, as calling codes, and until when (ms since 1970).
async fn closed(tx: &mut Tx, shop: ShopScope) -> store::Result<Vec<(u16, i64)>> {
    let kept = tx.meta_get(shop, CLOSED).await?;
    Ok(kept.and_then(|bytes| postcard::from_bytes(&bytes).ok()).unwrap_or_default())
}

/// The shop begins no conversation with that country (a calling code) until then. Every process reads of it within seconds.
pub(in crate::host) async fn close(
    tx: &mut Tx,
    shop: ShopScope,
    market: u16,
    now_ms: i64,
    until_ms: i64,
) -> store::Result<()> {
    let mut known = closed(tx, shop).await?;
    known.retain(|(other, until_ms)| *other != market && *until_ms > now_ms);
    known.push((market, until_ms));
    tx.meta_set(shop, CLOSED, &postcard::to_allocvec(&known).unwrap_or_default()).await
}

fn written(holds: Holds) -> Vec<u8> {
    [holds.until_ms.to_le_bytes(), holds.marketing_until_ms.to_le_bytes()].concat()
}

fn read(bytes: &[u8]) -> Option<Holds> {
    let (until, marketing) = bytes.split_at_checked(8)?;
    Some(Holds {
        until_ms: i64::from_le_bytes(until.try_into().ok()?),
        marketing_until_ms: i64::from_le_bytes(marketing.try_into().ok()?),
    })
}
