//! Parcels of carriers that tell nothing by themselves: asked for now and then, as their mapping's `poll` says, for as long as
//! their order is open. Whose they are is what the shop's own system says (`parcels.of_order`). Forgets with its process,
//! which asks anew.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use smol_str::SmolStr;

use super::{Server, orders, parcels, reconcile};
use crate::adapter::mapping::Poll;
use crate::adapter::parcels::Status;
use crate::adapter::rest::{Backend, Moved, News};
use crate::host::shops::Shop;
use crate::id::{ElementKey, ShopScope};
use crate::store;

pub(super) const BETWEEN_LOOKS: Duration = Duration::from_secs(60);

/// A question that was not answered is asked again after so long.
const AGAIN_MS: i64 = 5 * 60_000;

/// Parcels that are known at once; beyond, no more are taken in.
const MOST: usize = 10_000;

/// A carrier of a shop, and the number of a parcel.
type Place = (ShopScope, SmolStr, SmolStr);

/// What is asked about.
#[derive(Debug, Default)]
pub struct Polls {
    // Locked for a moment each, never across a question.
    parcels: Mutex<BTreeMap<Place, Watched>>,
    /// When the parcels of a carrier's open orders are looked for next.
    looks: Mutex<BTreeMap<(ShopScope, SmolStr), i64>>,
}

#[derive(Clone, Debug)]
struct Watched {
    order: SmolStr,
    since_ms: i64,
    /// `None`: never again.
    next_ms: Option<i64>,
}

impl Polls {
    /// The order that a parcel is known to be of.
    pub(super) fn order_of(&self, shop: ShopScope, contract: &str, number: &str) -> Option<SmolStr> {
        let place = (shop, SmolStr::new(contract), SmolStr::new(number));
        self.parcels().get(&place).map(|watched| watched.order.clone())
    }

    fn parcels(&self) -> MutexGuard<'_, BTreeMap<Place, Watched>> {
        self.parcels.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether open orders are to be looked through now; the next time is a while later.
    fn looks(&self, shop: ShopScope, contract: &SmolStr, poll: &Poll, now_ms: i64) -> bool {
        let mut looks = self.looks.lock().unwrap_or_else(PoisonError::into_inner);
        let next_ms = looks.entry((shop, contract.clone())).or_insert(now_ms);
        let is_due = *next_ms <= now_ms;
        if is_due {
            *next_ms = now_ms.saturating_add(poll.each_ms());
        }
        is_due
    }

    fn due(&self, shop: ShopScope, contract: &str, now_ms: i64) -> Vec<(SmolStr, Watched)> {
        let parcels = self.parcels();
        let own = parcels.iter().filter(|((scope, of, _), _)| *scope == shop && of == contract);
        let due = own.filter(|(_, watched)| watched.next_ms.is_some_and(|next_ms| next_ms <= now_ms));
        due.map(|((_, _, number), watched)| (number.clone(), watched.clone())).collect()
    }
}

/// One look; troubles are logged.
pub(super) async fn look(server: Arc<Server>) {
    if let Err(error) = once(&server).await {
        tracing::warn!(%error, "carriers could not be asked for parcels");
    }
}

/// Asks for every parcel that is due. Returns how many that were.
///
/// # Errors
/// The store does not answer.
pub async fn once(server: &Arc<Server>) -> Result<usize, store::Error> {
    let mut count = 0;
    for shop in server.registry.shops.now().values() {
        for backend in &shop.backends {
            let Some(poll) = &backend.mapping.poll else { continue };
            let now_ms = server.host.clock.now_ms();
            if server.polls.looks(shop.scope, &backend.contract, poll, now_ms) {
                discover(server, shop, backend, poll, now_ms).await?;
            }
            let due = server.polls.due(shop.scope, &backend.contract, now_ms);
            count += due.len();
            for (number, watched) in due {
                let next_ms = track(server, shop, backend, (poll, now_ms), &number, &watched).await;
                let place = (shop.scope, backend.contract.clone(), number);
                server.polls.parcels().insert(place, Watched { next_ms, ..watched });
            }
        }
    }
    Ok(count)
}

/// Takes in the carrier's parcels of open orders.
async fn discover(
    server: &Server,
    shop: &Shop,
    backend: &Backend,
    poll: &Poll,
    now_ms: i64,
) -> Result<(), store::Error> {
    for open in reconcile::open_orders(server, shop, &backend.contract).await? {
        let all = parcels::all_of(server, shop, &open.number).await;
        for parcel in all.into_iter().filter(|parcel| parcel.carrier == poll.carrier && !is_over(parcel.status)) {
            let place = (shop.scope, backend.contract.clone(), parcel.number);
            let mut parcels = server.polls.parcels();
            if parcels.len() < MOST {
                let watched = Watched { order: open.number.clone(), since_ms: now_ms, next_ms: Some(now_ms) };
                parcels.entry(place).or_insert(watched);
            }
        }
    }
    Ok(())
}

/// Asks for one parcel, and tells what is heard. Returns when it is asked for next.
async fn track(
    server: &Server,
    shop: &Shop,
    backend: &Backend,
    (poll, now_ms): (&Poll, i64),
    number: &SmolStr,
    watched: &Watched,
) -> Option<i64> {
    if now_ms.saturating_sub(watched.since_ms) > poll.until_ms() {
        let (shop, carrier) = (shop.slug.as_str(), backend.contract.as_str());
        tracing::warn!(shop, carrier, %number, "a parcel is not asked about any more: it takes too long");
        return None;
    }
    let news = News::Track(number.clone(), Some(watched.order.clone()));
    let meant = match orders::meant(parcels::order_of(server, shop, backend, news).await) {
        Ok(meant) => meant,
        Err(why) => {
            tracing::info!(shop = %shop.slug, %number, ?why, "a carrier did not say where a parcel is");
            return Some(now_ms.saturating_add(AGAIN_MS));
        }
    };
    let after_ms = match &meant {
        Some(Ok(moved)) if ["delivered", "returned"].contains(&moved.status.as_str()) => None,
        Some(Ok(moved)) if moved.status == "out_for_delivery" => Some(poll.near_ms()),
        Some(_) | None => Some(poll.each_ms()),
    };
    let Some(meant) = meant else { return after_ms.map(|after_ms| now_ms.saturating_add(after_ms)) };
    let said = match &meant {
        // A courier who comes again on another day is told again; one who does not say when only once.
        Ok(Moved { status, seen_ms: Some(_), .. }) if status == "out_for_delivery" => {
            format!("{status} {}", shop.day_began_ms(now_ms))
        }
        Ok(moved) => moved.status.to_string(),
        Err((_, why)) => why.clone(),
    };
    // What was heard before is told to nobody again.
    let key = ElementKey::named("polled", &format!("{} {number} {said}", backend.contract));
    match orders::settle(server, shop, backend, Some(key), meant, &[]).await {
        Ok(()) => after_ms.map(|after_ms| now_ms.saturating_add(after_ms)),
        Err(_) => Some(now_ms.saturating_add(AGAIN_MS)),
    }
}

fn is_over(status: Status) -> bool {
    matches!(status, Status::Delivered | Status::Returned | Status::Cancelled | Status::Lost | Status::Damaged)
}
