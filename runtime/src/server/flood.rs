//! How much is taken at the door: of one shop, after its signature was found right (TM7); of one address that asks for the
//! handshake (TM6). Forgets with its process.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::DefaultClock;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};

use crate::id::ShopScope;

type Keyed<K> = RateLimiter<K, HashMapStateStore<K>, DefaultClock>;

/// Handshakes of one address at once; then one in six seconds. Meta asks once when the address is set.
const HANDSHAKES: NonZeroU32 = NonZeroU32::new(10).expect("10 is not 0");
const HANDSHAKE_PERIOD: Duration = Duration::from_secs(6);

/// Addresses that are remembered before the idle ones are forgotten.
const MOST_ADDRESSES: usize = 10_000;

pub struct Flood {
    shops: Option<Keyed<ShopScope>>,
    handshakes: Keyed<IpAddr>,
}

impl Flood {
    /// `per_shop`: elements of webhooks a second of one shop, ten times as many at once; 0: no limit.
    pub fn new(per_shop: u32) -> Flood {
        let quota = |per_shop: NonZeroU32| Quota::per_second(per_shop).allow_burst(per_shop.saturating_mul(BURST));
        let handshakes = Quota::with_period(HANDSHAKE_PERIOD).unwrap_or(Quota::per_minute(HANDSHAKES));
        Flood {
            shops: NonZeroU32::new(per_shop).map(|per_shop| RateLimiter::hashmap(quota(per_shop))),
            handshakes: RateLimiter::hashmap(handshakes.allow_burst(HANDSHAKES)),
        }
    }

    pub fn is_limited(&self) -> bool {
        self.shops.is_some()
    }

    /// Whether so much more is taken of a shop now.
    pub fn takes(&self, shop: ShopScope, count: u32) -> bool {
        let (Some(shops), Some(count)) = (&self.shops, NonZeroU32::new(count)) else { return true };
        // More than fits at once is taken when nothing else is.
        shops.check_key_n(&shop, count).unwrap_or(Ok(())).is_ok()
    }

    /// Whether an address may ask for the handshake now.
    pub fn may_ask(&self, address: IpAddr) -> bool {
        if self.handshakes.len() > MOST_ADDRESSES {
            self.handshakes.retain_recent();
        }
        self.handshakes.check_key(&address).is_ok()
    }
}

/// What may come at once, in seconds of the limit.
const BURST: NonZeroU32 = NonZeroU32::new(10).expect("10 is not 0");
