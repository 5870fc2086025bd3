//! News of an order that came before its conversation knew the order: while the call that makes it is still on its way, or
//! before its answer was committed. It waits in quarantine, and goes on by itself once somebody has the order (F83, F90).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::{Server, orders};
use crate::host::shops::Shop;
use crate::id::ShopScope;
use crate::store::{self, Identity};

pub(super) const BETWEEN_LOOKS: Duration = Duration::from_secs(1);

/// How long a shop is looked at after news that nobody had the order of. A person takes it from there.
const PATIENCE_MS: i64 = 15 * 60_000;

/// Pieces of such news that one look goes through: the latest of a shop.
const MOST: u32 = 500;

/// The shops that such news came to, and until when they are looked at.
#[derive(Debug, Default)]
pub struct Early {
    // Written for each piece of news that nobody had the order of.
    shops: Mutex<BTreeMap<ShopScope, i64>>,
}

impl Early {
    pub(super) fn came(&self, shop: ShopScope, now_ms: i64) {
        self.shops().insert(shop, now_ms.saturating_add(PATIENCE_MS));
    }

    /// Hands over the shops to look at: news that comes while one is looked at puts it in again.
    fn take(&self, now_ms: i64) -> BTreeMap<ShopScope, i64> {
        let mut shops = std::mem::take(&mut *self.shops());
        shops.retain(|_, until_ms| *until_ms > now_ms);
        shops
    }

    fn waits_on(&self, shop: ShopScope, until_ms: i64) {
        self.shops().entry(shop).and_modify(|until| *until = until_ms.max(*until)).or_insert(until_ms);
    }

    fn shops(&self) -> std::sync::MutexGuard<'_, BTreeMap<ShopScope, i64>> {
        self.shops.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What came before a restart is looked at once more after it.
pub(super) fn begin(server: &Server) {
    let now_ms = server.host.clock.now_ms();
    let shops = server.registry.shops.now();
    shops.values().filter(|shop| !shop.backends.is_empty()).for_each(|shop| server.early.came(shop.scope, now_ms));
}

/// One look; troubles are logged.
pub(super) async fn look(server: Arc<Server>) {
    let now_ms = server.host.clock.now_ms();
    for (shop, until_ms) in server.early.take(now_ms) {
        let Some(known) = server.registry.shops.shop(shop) else {
            server.early.waits_on(shop, until_ms);
            continue;
        };
        let open = of_shop(&server, &known, now_ms).await.unwrap_or_else(|error| {
            tracing::warn!(shop = %known.slug, %error, "news of orders that came too early could not be looked for");
            true
        });
        if open {
            server.early.waits_on(shop, until_ms);
        }
    }
}

/// Brings what waits to the conversations that have the orders now. Returns whether some waits on.
///
/// # Errors
/// The store does not answer; what was not brought waits on.
async fn of_shop(server: &Arc<Server>, known: &Shop, now_ms: i64) -> store::Result<bool> {
    let shop = known.scope;
    let since_ms = now_ms.saturating_sub(PATIENCE_MS);
    let mut tx = server.host.store.read(shop).await?;
    let mut rows = tx.quarantined_since(shop, orders::UNKNOWN, since_ms, MOST).await?;
    // What came first is brought first.
    rows.reverse();
    let waits = |(number, entry)| orders::waits_for(known, &entry).map(|order| (number, entry, order));
    let waiting: Vec<_> = rows.into_iter().filter_map(waits).collect();
    let orders: Vec<_> = waiting.iter().map(|(.., order)| Identity::of_order(shop, order.clone())).collect();
    let owners = tx.find_conversations(&orders).await?;
    drop(tx);
    let mut open = false;
    for ((number, entry, _), owner) in waiting.into_iter().zip(owners) {
        if owner.is_none() {
            open = true;
            continue;
        }
        let brought = orders::again(server, &known.slug, number, &entry).await;
        open |= matches!(brought, Some(Err(_)));
        if let Some(Ok(())) = brought {
            let mut tx = server.host.store.begin(shop).await?;
            tx.take_quarantine(shop, &[number]).await?;
            tx.commit().await?;
            metrics::counter!("duka_early_order_news_total").increment(1);
            tracing::info!(shop = %known.slug, "news of an order that came too early has found its conversation");
        }
    }
    Ok(open)
}
