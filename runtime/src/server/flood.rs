//! How much is taken at the door: of one shop, after its signature was found right (TM7); of one customer (F102); of one
//! address that asks for the handshake (TM6). Forgets with its process.

use std::collections::HashMap;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use governor::clock::DefaultClock;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};

use crate::id::{PaymentId, ShopScope};
use crate::store::Identity;

type Keyed<K> = RateLimiter<K, HashMapStateStore<K>, DefaultClock>;

/// Handshakes of one address at once; then one in six seconds. Meta asks once when the address is set.
const HANDSHAKES: NonZeroU32 = NonZeroU32::new(10).expect("10 is not 0");
const HANDSHAKE_PERIOD: Duration = Duration::from_secs(6);

/// Pay links of one address at once that are none of ours; then one in six seconds.
const GUESSES: NonZeroU32 = NonZeroU32::new(30).expect("30 is not 0");

/// Taps on Pay at once of one payment; then one in six seconds.
const TAPS: NonZeroU32 = NonZeroU32::new(20).expect("20 is not 0");

/// Looks at once at the page of a begun payment that ask the provider; then one in six seconds.
const LOOKS: NonZeroU32 = NonZeroU32::new(3).expect("3 is not 0");

/// Addresses that are remembered before the idle ones are forgotten.
const MOST_ADDRESSES: usize = 10_000;

/// Customers that are remembered before those of earlier minutes are forgotten.
const MOST_CUSTOMERS: usize = 50_000;

pub struct Flood {
    shops: Option<Keyed<ShopScope>>,
    handshakes: Keyed<IpAddr>,
    guesses: Keyed<IpAddr>,
    taps: Keyed<PaymentId>,
    looks: Keyed<PaymentId>,
    /// Messages a minute of one customer; 0: no limit.
    per_customer: u32,
    // By when they were written, which no rate limiter's clock knows: what comes late after a pause is no flood (F18).
    customers: Mutex<HashMap<Identity, Minute>>,
}

/// What a customer wrote within one minute.
struct Minute {
    /// Since 1970.
    minute: i64,
    count: u32,
}

/// Whether one more message of a customer is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fits {
    Yes,
    /// The first that is too many within its minute.
    NoMore,
    No,
}

impl Flood {
    /// `per_shop`: elements of webhooks a second of one shop, ten times as many at once; 0: no limit. `per_customer`:
    /// messages a minute of one customer; 0: no limit.
    pub fn new(per_shop: u32, per_customer: u32) -> Flood {
        let quota = |per_shop: NonZeroU32| Quota::per_second(per_shop).allow_burst(per_shop.saturating_mul(BURST));
        let slow = |least| Quota::with_period(HANDSHAKE_PERIOD).unwrap_or(Quota::per_minute(least)).allow_burst(least);
        Flood {
            shops: NonZeroU32::new(per_shop).map(|per_shop| RateLimiter::hashmap(quota(per_shop))),
            handshakes: RateLimiter::hashmap(slow(HANDSHAKES)),
            guesses: RateLimiter::hashmap(slow(GUESSES)),
            taps: RateLimiter::hashmap(slow(TAPS)),
            looks: RateLimiter::hashmap(slow(LOOKS)),
            per_customer,
            customers: Mutex::default(),
        }
    }

    /// Counts one message of a customer, written at `at_ms` since 1970.
    pub fn fits(&self, who: &Identity, at_ms: i64) -> Fits {
        if self.per_customer == 0 {
            return Fits::Yes;
        }
        let minute = at_ms.div_euclid(60_000);
        let mut customers = self.customers.lock().unwrap_or_else(PoisonError::into_inner);
        if customers.len() >= MOST_CUSTOMERS && !customers.contains_key(who) {
            customers.retain(|_, known| known.minute >= minute);
            if customers.len() >= MOST_CUSTOMERS {
                customers.clear();
            }
        }
        let known = customers.entry(who.clone()).or_insert(Minute { minute, count: 0 });
        if known.minute < minute {
            *known = Minute { minute, count: 0 };
        }
        known.count = known.count.saturating_add(1);
        match known.count.checked_sub(self.per_customer) {
            None | Some(0) => Fits::Yes,
            Some(1) => Fits::NoMore,
            Some(_) => Fits::No,
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

    /// Whether an address that has tried a pay link of nobody's is answered as usual.
    pub fn may_guess(&self, address: IpAddr) -> bool {
        if self.guesses.len() > MOST_ADDRESSES {
            self.guesses.retain_recent();
        }
        self.guesses.check_key(&address).is_ok()
    }

    /// Whether a look at a page of a begun payment asks the provider.
    pub fn may_look(&self, payment: PaymentId) -> bool {
        if self.looks.len() > MOST_ADDRESSES {
            self.looks.retain_recent();
        }
        self.looks.check_key(&payment).is_ok()
    }

    /// Whether a tap on Pay asks the provider.
    pub fn may_pay(&self, payment: PaymentId) -> bool {
        if self.taps.len() > MOST_ADDRESSES {
            self.taps.retain_recent();
        }
        self.taps.check_key(&payment).is_ok()
    }
}

/// What may come at once, in seconds of the limit.
const BURST: NonZeroU32 = NonZeroU32::new(10).expect("10 is not 0");
