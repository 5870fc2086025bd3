//! What refusals and sends of the past have taught, kept in the store: how long a number must wait, and whom the
//! shops of a portfolio wrote to first today. A restart forgets none of it, and other processes hear of it.

use smol_str::SmolStr;

use super::Outbox;
use super::pace::{DAY_MS, Holds};
use crate::host::shops::Portfolio;
use crate::host::transport::Transport;
use crate::id::ShopScope;
use crate::store::{self, Due, Tx};

/// Shorter waits are over before anybody could read of them, in ms.
const WORTH_KEEPING_MS: i64 = 5_000;

/// Under which the waits of a number are kept.
fn key(number: &str) -> String {
    format!("hold {number}")
}

impl<T: Transport> Outbox<T> {
    /// Reads what is kept of a number, at its first send and at times.
    pub(super) async fn learn(&self, tx: &mut Tx, due: &Due, now_ms: i64) -> store::Result<()> {
        let kept = tx.meta_get(due.shop, &key(&due.number)).await?;
        if let Some(holds) = kept.as_deref().and_then(read) {
            self.pace().learn(due.shop, &due.number, holds, now_ms);
        }
        let health = tx.health(due.shop).await?;
        if health.iter().any(|row| row.number == due.number && !row.stopped.is_empty()) {
            self.pace().learn_stopped(due.shop, &due.number);
        }
        Ok(())
    }

    pub(super) async fn learn_recipients(&self, portfolio: &Portfolio, now_ms: i64) -> store::Result<()> {
        if self.pace().wants_recipients(portfolio) {
            for shop in self.host.shops.of_portfolio(portfolio) {
                let mut tx = self.host.store.read(shop).await?;
                let known = tx.recipients(shop, now_ms.saturating_sub(DAY_MS)).await?;
                self.pace().learn_recipients(portfolio, shop, known);
            }
        }
        Ok(())
    }

    /// Keeps how long a number must wait, if that is worth it.
    pub(super) async fn keep_holds(&self, shop: ShopScope, number: &SmolStr) -> store::Result<()> {
        let now_ms = self.host.clock.now_ms();
        let holds = self.pace().holds(shop, number, now_ms);
        if holds.until_ms.max(holds.marketing_until_ms) < now_ms.saturating_add(WORTH_KEEPING_MS) {
            return Ok(());
        }
        let mut tx = self.host.store.begin(shop).await?;
        tx.meta_set(shop, &key(number), &written(holds)).await?;
        tx.commit().await
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
