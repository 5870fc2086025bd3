//! Whether shops' own systems still call us: a webhook that they have switched off after failures, or taken away, is an alarm,
//! and until it is mended their orders are asked for at every look. Switches nothing on: whoever mends it should see why it failed.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use metrics::gauge;
use serde_json::Value as Json;
use smol_str::SmolStr;

use super::{Server, reconcile};
use crate::adapter::mapping::Watch;
use crate::adapter::rest::{Backend, holds, text};
use crate::host::notices::{Notice, Told};
use crate::host::shops::Shop;
use crate::id::ShopScope;
use crate::store;

pub(super) const BETWEEN_LOOKS: Duration = Duration::from_secs(3_600);

/// Who looks at the orders of a shop that calls nobody.
const WHO: &str = "webhooks off";

/// One that is gone for so long was taken away on purpose.
const GONE_FOR_MS: i64 = 7 * 86_400_000;

/// What is off by now, of each contract of a shop, as people were told.
#[derive(Debug, Default)]
pub struct Off(Mutex<BTreeMap<(ShopScope, SmolStr), Vec<String>>>);

impl Off {
    /// Whether something is off that nobody was told of.
    fn is_news(&self, place: (ShopScope, SmolStr), off: &[String]) -> bool {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = told.insert(place, off.to_vec()).unwrap_or_default();
        off.iter().any(|topic| !before.contains(topic))
    }
}

/// One look at a shop; troubles are logged.
pub(super) async fn look(server: Arc<Server>, shop: Arc<Shop>) {
    if let Err(error) = of_shop(&server, &shop).await {
        tracing::warn!(shop = %shop.slug, %error, "whether a shop's system still calls us could not be looked up");
    }
}

/// Looks at all shops. Returns how many webhooks are off.
///
/// # Errors
/// The store does not answer.
pub async fn once(server: &Arc<Server>) -> Result<usize, store::Error> {
    let mut count = 0;
    for shop in server.registry.shops.now().values() {
        count += of_shop(server, shop).await?;
    }
    Ok(count)
}

async fn of_shop(server: &Server, shop: &Shop) -> Result<usize, store::Error> {
    let mut count = 0;
    for (backend, watch) in watched(shop) {
        let Some(off) = off(server, shop, backend, watch).await? else { continue };
        count += off.len();
        if server.off.is_news((shop.scope, backend.contract.clone()), &off) {
            let (contract, topics) = (backend.contract.clone(), off.join(", ").into());
            let notice = Notice::WebhooksOff { contract, topics };
            server.host.notices.tell(Told { shop: shop.scope, conversation: None, notice });
        }
        show(server);
        if !off.is_empty() {
            reconcile::once_for(server, shop, WHO).await?;
        }
    }
    Ok(count)
}

/// The shop's systems that tell their webhooks.
fn watched(shop: &Shop) -> impl Iterator<Item = (&Backend, &Watch)> {
    shop.backends.iter().filter_map(|backend| Some((backend, backend.mapping.webhook.as_ref()?.watch.as_ref()?)))
}

/// How many are off by now, of all shops that there are.
fn show(server: &Server) {
    let shops = server.registry.shops.now();
    let off = server.off.0.lock().unwrap_or_else(PoisonError::into_inner);
    let places =
        shops.values().flat_map(|shop| watched(shop).map(move |(backend, _)| (shop.scope, backend.contract.clone())));
    let count: usize = places.filter_map(|place| off.get(&place)).map(Vec::len).sum();
    gauge!("duka_shop_webhooks_off").set(count as f64);
}

/// The topics of our webhooks that are off or gone. `None`: the shop's system does not say.
async fn off(
    server: &Server,
    shop: &Shop,
    backend: &Backend,
    watch: &Watch,
) -> Result<Option<Vec<String>>, store::Error> {
    let all = match server.rest.list(backend, &shop.program.shop, &watch.list).await {
        Ok(all) => all,
        Err(why) => {
            tracing::info!(shop = %shop.slug, contract = %backend.contract, %why, "a shop's system does not tell its webhooks");
            return Ok(None);
        }
    };
    let (off, on) = told(&all, watch, &format!("/webhooks/{}/{}", shop.slug, backend.contract));
    let gone = gone(server, shop, &backend.contract, &on).await?;
    let mut off: Vec<String> = off.into_iter().chain(gone).filter(|topic| !on.contains(topic)).collect();
    off.sort();
    off.dedup();
    Ok(Some(off))
}

/// The topics of the webhooks with our address: those that are off, and those that are on.
fn told(all: &[Json], watch: &Watch, address: &str) -> (Vec<String>, Vec<String>) {
    let (mut off, mut on) = (Vec::new(), Vec::new());
    for json in all {
        let at = watch.address.first(json).and_then(|at| text(at).ok()).unwrap_or_default();
        if !at.trim_end_matches('/').ends_with(address) {
            continue;
        }
        let topic = watch.topic.as_ref().and_then(|topic| text(topic.first(json)?).ok());
        let is_off = watch.off.as_ref().is_some_and(|off| holds(off, Some(json), ""));
        (if is_off { &mut off } else { &mut on }).push(topic.unwrap_or_else(|| "all".to_string()));
    }
    (off, on)
}

/// Those that were there before. What is there now is written down.
async fn gone(server: &Server, shop: &Shop, contract: &str, on: &[String]) -> Result<Vec<String>, store::Error> {
    let (key, now_ms) = (format!("webhooks {contract}"), server.host.clock.now_ms());
    let mut tx = server.host.store.begin(shop.scope).await?;
    let known = tx.meta_get(shop.scope, &key).await?;
    let known: Vec<(String, i64)> = known.and_then(|bytes| postcard::from_bytes(&bytes).ok()).unwrap_or_default();
    let fresh = |(topic, seen_ms): &(String, i64)| !on.contains(topic) && now_ms - seen_ms < GONE_FOR_MS;
    let gone: Vec<(String, i64)> = known.into_iter().filter(fresh).collect();
    let seen = on.iter().map(|topic| (topic.clone(), now_ms)).chain(gone.iter().cloned());
    let seen: Vec<(String, i64)> = seen.collect();
    tx.meta_set(shop.scope, &key, &postcard::to_stdvec(&seen).unwrap_or_default()).await?;
    tx.commit().await?;
    Ok(gone.into_iter().map(|(topic, _)| topic).collect())
}
