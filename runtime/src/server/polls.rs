//! Parcels of carriers that tell nothing by themselves: asked for now and then, as their mapping's `poll` says, for as long as
//! their order is open. Whose they are is what the shop's own system says (`parcels.of_order`). Forgets with its process,
//! which asks anew.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use smol_str::SmolStr;

use super::{Server, orders, parcels, reconcile};
use crate::adapter::mapping::Poll;
use crate::adapter::parcels::{Parcel, Status};
use crate::adapter::rest::{Backend, Moved, News};
use crate::host::shops::Shop;
use crate::id::{ElementKey, ShopScope};
use crate::store;

pub(super) const BETWEEN_LOOKS: Duration = Duration::from_secs(60);

/// A question that was not answered is asked again after so long; of an order's parcels, twice as long each time that it is not.
const AGAIN_MS: i64 = 5 * 60_000;

/// Parcels of one carrier of a shop that are known at once; beyond, no more are taken in.
const MOST: usize = 10_000;

/// Orders whose parcels nobody told that one look asks for again: a system that is silent keeps no carrier from being asked.
const MOST_SILENT: usize = 20;

/// What is asked about.
#[derive(Debug, Default)]
pub struct Polls {
    // Locked for a moment each, never across a question.
    carriers: Mutex<BTreeMap<(ShopScope, SmolStr), Carrier>>,
}

/// What is known of one carrier of a shop.
#[derive(Debug, Default)]
struct Carrier {
    parcels: BTreeMap<SmolStr, Watched>,
    /// When the parcels of open orders are looked for next; `None`: never yet.
    looks_ms: Option<i64>,
    /// How often all open orders were looked through.
    round: u64,
    /// Open orders whose parcels nobody told: what is known of them may be there.
    silent: BTreeMap<SmolStr, Silent>,
}

#[derive(Debug)]
struct Silent {
    next_ms: i64,
    pause_ms: i64,
    /// When it was last seen to be open.
    round: u64,
}

#[derive(Clone, Debug)]
struct Watched {
    order: SmolStr,
    since_ms: i64,
    /// `None`: never again.
    next_ms: Option<i64>,
    /// When its order was last seen to be open.
    round: u64,
}

impl Carrier {
    /// Whether open orders are to be looked through now; the next time is a while later.
    fn looks(&mut self, poll: &Poll, now_ms: i64) -> bool {
        let is_due = self.looks_ms.is_none_or(|looks_ms| looks_ms <= now_ms);
        if is_due {
            self.looks_ms = Some(now_ms.saturating_add(poll.each_ms()));
        }
        is_due
    }

    fn due(&self, now_ms: i64) -> Vec<(SmolStr, Watched)> {
        let is_due = |watched: &Watched| watched.next_ms.is_some_and(|next_ms| next_ms <= now_ms);
        let due = self.parcels.iter().filter(|(_, watched)| is_due(watched));
        due.map(|(number, watched)| (number.clone(), watched.clone())).collect()
    }

    /// Takes in a parcel of an open order. `false`: there is no room for it.
    fn take_in(&mut self, order: &SmolStr, parcel: Parcel, now_ms: i64) -> bool {
        let (round, is_full) = (self.round, self.parcels.len() >= MOST);
        if let Some(known) = self.parcels.get_mut(&parcel.number) {
            known.round = round;
        } else if !is_over(parcel.status) {
            if is_full {
                return false;
            }
            let watched = Watched { order: order.clone(), since_ms: now_ms, next_ms: Some(now_ms), round };
            self.parcels.insert(parcel.number, watched);
        }
        true
    }

    /// Orders whose parcels are asked for again by now, some of them.
    fn silent_due(&self, now_ms: i64) -> Vec<SmolStr> {
        let due = self.silent.iter().filter(|(_, silent)| silent.next_ms <= now_ms);
        due.map(|(order, _)| order.clone()).take(MOST_SILENT).collect()
    }

    /// Nobody told the parcels of an order, which this look found open or which was silent before.
    fn is_silent(&mut self, order: &SmolStr, each_ms: i64, now_ms: i64, is_open: bool) {
        let before = self.silent.get(order);
        if before.is_none() && self.silent.len() >= MOST {
            return;
        }
        let pause_ms = before.map_or(AGAIN_MS, |before| before.pause_ms.saturating_mul(2)).min(each_ms);
        let round = before.filter(|_| !is_open).map_or(self.round, |before| before.round);
        self.silent.insert(order.clone(), Silent { next_ms: now_ms.saturating_add(pause_ms), pause_ms, round });
    }

    /// All open orders were looked through: what is not asked for any more, and whose order is not open any more, is forgotten.
    fn ends_round(&mut self) {
        let Carrier { parcels, silent, round, .. } = self;
        silent.retain(|_, silent| silent.round == *round);
        parcels.retain(|_, watched| {
            watched.next_ms.is_some() || watched.round == *round || silent.contains_key(&watched.order)
        });
        *round += 1;
    }
}

impl Polls {
    /// The order that a parcel is known to be of.
    pub(super) fn order_of(&self, shop: ShopScope, contract: &str, number: &str) -> Option<SmolStr> {
        let carriers = self.carriers();
        let carrier = carriers.get(&(shop, SmolStr::new(contract)))?;
        carrier.parcels.get(number).map(|watched| watched.order.clone())
    }

    /// How many parcels of a shop are known.
    pub fn known(&self, shop: ShopScope) -> usize {
        self.carriers().iter().filter(|((of, _), _)| *of == shop).map(|(_, carrier)| carrier.parcels.len()).sum()
    }

    fn of<T>(&self, shop: ShopScope, contract: &SmolStr, act: impl FnOnce(&mut Carrier) -> T) -> T {
        act(self.carriers().entry((shop, contract.clone())).or_default())
    }

    fn carriers(&self) -> MutexGuard<'_, BTreeMap<(ShopScope, SmolStr), Carrier>> {
        self.carriers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One look at a shop; troubles are logged.
pub(super) async fn look(server: Arc<Server>, shop: Arc<Shop>) {
    if let Err(error) = of_shop(&server, &shop).await {
        tracing::warn!(shop = %shop.slug, %error, "carriers could not be asked for parcels");
    }
}

/// Asks for every parcel that is due. Returns how many that were.
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

async fn of_shop(server: &Arc<Server>, shop: &Shop) -> Result<usize, store::Error> {
    let mut count = 0;
    for backend in &shop.backends {
        let Some(poll) = &backend.mapping.poll else { continue };
        let now_ms = server.host.clock.now_ms();
        discover(server, shop, backend, poll, now_ms).await?;
        let due = server.polls.of(shop.scope, &backend.contract, |carrier| carrier.due(now_ms));
        count += due.len();
        for (number, watched) in due {
            let next_ms = track(server, shop, backend, (poll, now_ms), &number, &watched).await;
            server.polls.of(shop.scope, &backend.contract, |carrier| {
                if let Some(watched) = carrier.parcels.get_mut(&number) {
                    watched.next_ms = next_ms;
                }
            });
        }
    }
    Ok(count)
}

/// Takes in the carrier's parcels: of open orders when their time has come, and else of those that were silent.
async fn discover(
    server: &Server,
    shop: &Shop,
    backend: &Backend,
    poll: &Poll,
    now_ms: i64,
) -> Result<(), store::Error> {
    let (mut silent, mut left_out) = (0, 0);
    let looks = server.polls.of(shop.scope, &backend.contract, |carrier| carrier.looks(poll, now_ms));
    let orders: Vec<SmolStr> = if looks {
        let open = reconcile::open_orders(server, shop, &backend.contract).await.inspect_err(|_| {
            server.polls.of(shop.scope, &backend.contract, |carrier| carrier.looks_ms = None);
        })?;
        open.into_iter().map(|open| open.number).collect()
    } else {
        server.polls.of(shop.scope, &backend.contract, |carrier| carrier.silent_due(now_ms))
    };
    for order in orders {
        let told = parcels::all_of(server, shop, &order).await;
        server.polls.of(shop.scope, &backend.contract, |carrier| match told {
            Ok(all) => {
                carrier.silent.remove(&order);
                let own = all.into_iter().filter(|parcel| parcel.is_by(&poll.carrier));
                left_out += own.filter(|parcel| !carrier.take_in(&order, parcel.clone(), now_ms)).count();
            }
            Err(why) => {
                tracing::debug!(shop = %shop.slug, %order, %why, "nobody told the parcels of an order");
                carrier.is_silent(&order, poll.each_ms(), now_ms, looks);
                silent += 1;
            }
        });
    }
    let (slug, name) = (shop.slug.as_str(), backend.contract.as_str());
    if left_out > 0 {
        tracing::error!(
            shop = slug,
            carrier = name,
            left_out,
            most = MOST,
            "a carrier has more parcels than are asked for"
        );
    }
    if silent > 0 {
        tracing::warn!(
            shop = slug,
            carrier = name,
            silent,
            "the shop's system did not tell the parcels of some orders"
        );
    }
    if looks && server.places.of(shop.scope, &backend.contract).is_none() {
        server.polls.of(shop.scope, &backend.contract, Carrier::ends_round);
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
        Ok(Moved { status, seen_ms: Some(seen_ms), .. })
            if ["out_for_delivery", "attempt_failed"].contains(&status.as_str()) =>
        {
            format!("{status} {}", shop.day_began_ms(*seen_ms))
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

#[cfg(test)]
mod tests {
    use super::*;

    const EACH_MS: i64 = 120 * 60_000;

    #[test]
    fn an_order_that_is_always_silent_keeps_its_own_parcels_and_no_others() {
        let mut carrier = Carrier { round: 1, ..Carrier::default() };
        for (number, order) in [("A1", "Z-1"), ("A2", "Z-2")] {
            let watched = Watched { order: order.into(), since_ms: 0, next_ms: None, round: 0 };
            carrier.parcels.insert(number.into(), watched);
        }
        carrier.is_silent(&"Z-1".into(), EACH_MS, 0, true);
        carrier.ends_round();
        assert_eq!(carrier.parcels.keys().collect::<Vec<_>>(), ["A1"]);
        carrier.is_silent(&"Z-1".into(), EACH_MS, 0, false);
        carrier.ends_round();
        assert!(carrier.parcels.is_empty() && carrier.silent.is_empty(), "its order is not open any more");
    }

    #[test]
    fn an_order_that_is_silent_is_asked_for_alone_and_ever_less_often() {
        let mut carrier = Carrier::default();
        let mut asked = Vec::new();
        carrier.is_silent(&"Z-1".into(), EACH_MS, 0, true);
        for minute in 0..400 {
            for order in carrier.silent_due(minute * 60_000) {
                asked.push(minute);
                carrier.is_silent(&order, EACH_MS, minute * 60_000, false);
            }
        }
        assert_eq!(asked, [5, 15, 35, 75, 155, 275, 395]);
    }

    fn parcel(number: usize, status: Status) -> Parcel {
        let number = smol_str::format_smolstr!("A{number}");
        Parcel { carrier: "aramex".into(), number, order: None, status, seen_ms: None, url: None }
    }

    #[test]
    fn a_carrier_knows_so_many_parcels_and_takes_in_others_when_some_are_forgotten() {
        let (mut carrier, order) = (Carrier::default(), SmolStr::new("Z-1"));
        for number in 0..MOST {
            assert!(carrier.take_in(&order, parcel(number, Status::InTransit), 0));
        }
        assert!(!carrier.take_in(&order, parcel(MOST, Status::InTransit), 0), "there is no room");
        assert!(carrier.take_in(&order, parcel(7, Status::InTransit), 0), "this one is known");
        assert!(carrier.take_in(&order, parcel(MOST, Status::Delivered), 0), "this one needs none");
        assert_eq!((carrier.parcels.len(), carrier.due(0).len()), (MOST, MOST));

        // One has arrived, and its order is not open any more in the next round.
        carrier.ends_round();
        carrier.parcels.get_mut("A7").expect("it is known").next_ms = None;
        carrier.ends_round();
        assert_eq!(carrier.parcels.len(), MOST - 1);
        assert!(carrier.take_in(&order, parcel(MOST, Status::InTransit), 0), "there is room again");
    }
}
