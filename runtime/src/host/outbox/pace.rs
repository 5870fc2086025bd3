//! How fast: messages a second of a number, templates to one customer, new recipients a day of a portfolio (I12). It
//! forgets with its process; what was learned is kept by `learned`, and brought back.

use std::collections::{BTreeMap, HashMap};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::clock::Clock as _;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::keyed::HashMapStateStore;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use smol_str::SmolStr;

use crate::host::clock::Clock;
use crate::host::shops::Portfolio;
use crate::id::{ConversationId, ShopScope};
use crate::store::NumberHealth;

/// Vendor facts, checked 2026-11-21: 80 messages a second of a number; one message in 6 seconds to one customer, 45 at
/// once; <https://developers.facebook.com/docs/whatsapp/cloud-api/overview#throughput>.
#[derive(Clone, Debug)]
pub struct PaceLimits {
    /// Messages a second of a number.
    pub throughput: NonZeroU32,
    /// Between two templates to one customer. Replies are paced by the customer, and by the provider's refusals.
    pub pair_period: Duration,
    pub pair_burst: NonZeroU32,
    /// How much of the portfolio's tier is used, in percent.
    pub tier_share: u32,
}

const THROUGHPUT: NonZeroU32 = NonZeroU32::new(80).expect("80 is not 0");
const PAIR_BURST: NonZeroU32 = NonZeroU32::new(45).expect("45 is not 0");

impl Default for PaceLimits {
    fn default() -> PaceLimits {
        PaceLimits {
            throughput: THROUGHPUT,
            pair_period: Duration::from_secs(6),
            pair_burst: PAIR_BURST,
            tier_share: 90,
        }
    }
}

/// The host's monotonic clock, for the rate limiters.
#[derive(Clone)]
struct Ticks(Arc<dyn Clock>);

impl governor::clock::Clock for Ticks {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        Nanos::from(Duration::from_millis(u64::try_from(self.0.monotonic_ms()).unwrap_or(0)))
    }
}

type Number = RateLimiter<NotKeyed, InMemoryState, Ticks, NoOpMiddleware<Nanos>>;
type Pair = (ShopScope, ConversationId);
type Pairs = RateLimiter<Pair, HashMapStateStore<Pair>, Ticks, NoOpMiddleware<Nanos>>;

pub(super) const DAY_MS: i64 = 24 * 3_600_000;

/// After this, what other processes have learned is read again, in ms.
const HOLDS_READ_MS: i64 = 10_000;
const RECIPIENTS_READ_MS: i64 = 60_000;

/// Until when a number must wait, ms since 1970; 0: not at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Holds {
    pub until_ms: i64,
    /// For marketing.
    pub marketing_until_ms: i64,
}

/// Pairs that are remembered before the idle ones are forgotten.
const MOST_PAIRS: usize = 50_000;

pub struct Pace {
    limits: PaceLimits,
    clock: Ticks,
    numbers: BTreeMap<(ShopScope, SmolStr), Lane>,
    pairs: Pairs,
    /// Customers that were written to outside their window, and when last: a person who knows two shops counts twice.
    recipients: BTreeMap<Portfolio, HashMap<(ShopScope, ConversationId), i64>>,
    /// When they were last read from the store (monotonic).
    recipients_read_ms: BTreeMap<Portfolio, i64>,
    /// The vendor's limit as it was last told of any number, and when: all numbers of a portfolio have the same.
    tiers: BTreeMap<Portfolio, (i64, Option<usize>)>,
    /// Of the host's settings, when a stop was last thought over.
    configured: u64,
}

struct Lane {
    limiter: Number,
    /// Permits that were taken and not used.
    spare: u32,
    /// Monotonic time until when nothing is sent.
    paused_until_ms: i64,
    /// How often in a row the number was stopped.
    stops: u32,
    marketing_paused_until_ms: i64,
    /// Monotonic time at which what is kept of the number was last read; `None`: never.
    holds_read_ms: Option<i64>,
}

impl Pace {
    pub fn new(limits: PaceLimits, clock: Arc<dyn Clock>) -> Pace {
        let clock = Ticks(clock);
        let period = limits.pair_period.max(Duration::from_millis(1));
        let quota = Quota::with_period(period).unwrap_or(Quota::per_second(limits.pair_burst));
        let pairs = RateLimiter::new(quota.allow_burst(limits.pair_burst), HashMapStateStore::default(), clock.clone());
        Pace {
            limits,
            clock,
            numbers: BTreeMap::new(),
            pairs,
            recipients: BTreeMap::new(),
            recipients_read_ms: BTreeMap::new(),
            tiers: BTreeMap::new(),
            configured: 0,
        }
    }

    fn lane(&mut self, shop: ShopScope, number: &SmolStr) -> &mut Lane {
        let (throughput, clock) = (self.limits.throughput, &self.clock);
        self.numbers.entry((shop, number.clone())).or_insert_with(|| {
            // A quarter of a second at once.
            let burst = NonZeroU32::new(throughput.get() / 4).unwrap_or(NonZeroU32::MIN);
            let limiter =
                RateLimiter::direct_with_clock(Quota::per_second(throughput).allow_burst(burst), clock.clone());
            Lane { limiter, spare: 0, paused_until_ms: 0, stops: 0, marketing_paused_until_ms: 0, holds_read_ms: None }
        })
    }

    /// How many messages of a number may be claimed now, up to `most`.
    pub fn room(&mut self, shop: ShopScope, number: &SmolStr, most: u32) -> u32 {
        let now_ms = self.clock.0.monotonic_ms();
        let lane = self.lane(shop, number);
        if lane.paused_until_ms > now_ms {
            return 0;
        }
        if lane.stops > 0 {
            // One message finds out whether the number is well again.
            return 1;
        }
        while lane.spare < most && lane.limiter.check().is_ok() {
            lane.spare += 1;
        }
        lane.spare.min(most)
    }

    /// So many of that room were used.
    pub fn used(&mut self, shop: ShopScope, number: &SmolStr, count: u32) {
        let lane = self.lane(shop, number);
        lane.spare = lane.spare.saturating_sub(count);
    }

    /// Nothing from a number for so long (ms).
    pub fn pause(&mut self, shop: ShopScope, number: &SmolStr, for_ms: i64) {
        let until = self.clock.0.monotonic_ms().saturating_add(for_ms);
        let lane = self.lane(shop, number);
        lane.paused_until_ms = lane.paused_until_ms.max(until);
    }

    /// Nothing from a number until it is well again, which is tried with longer and longer pauses. `true`: it was
    /// well until now.
    pub fn stop(&mut self, shop: ShopScope, number: &SmolStr) -> bool {
        let lane = self.lane(shop, number);
        let pause_ms = 5_000_i64.saturating_mul(1 << lane.stops.min(6));
        let was_well = lane.stops == 0;
        lane.stops += 1;
        self.pause(shop, number, pause_ms);
        was_well
    }

    /// Settings were read again: what is stopped is tried at once, by one message.
    pub fn configured(&mut self, configured: u64) {
        if std::mem::replace(&mut self.configured, configured) != configured {
            for lane in self.numbers.values_mut().filter(|lane| lane.stops > 0) {
                (lane.stops, lane.paused_until_ms) = (1, 0);
            }
        }
    }

    /// The provider took a message. `true`: the number had been stopped.
    pub fn is_well(&mut self, shop: ShopScope, number: &SmolStr) -> bool {
        std::mem::take(&mut self.lane(shop, number).stops) > 0
    }

    /// The table says that a number is stopped, by another process or an earlier one: one message at a time finds out.
    pub fn learn_stopped(&mut self, shop: ShopScope, number: &SmolStr) {
        let lane = self.lane(shop, number);
        lane.stops = lane.stops.max(1);
    }

    pub fn pause_marketing(&mut self, shop: ShopScope, number: &SmolStr, for_ms: i64) {
        let until = self.clock.0.monotonic_ms().saturating_add(for_ms);
        self.lane(shop, number).marketing_paused_until_ms = until;
    }

    pub fn marketing_is_paused(&mut self, shop: ShopScope, number: &SmolStr) -> bool {
        let now_ms = self.clock.0.monotonic_ms();
        self.lane(shop, number).marketing_paused_until_ms > now_ms
    }

    /// Whether what is kept of a number is to be read; the next time is later.
    pub fn wants_holds(&mut self, shop: ShopScope, number: &SmolStr) -> bool {
        let now_ms = self.clock.0.monotonic_ms();
        let read_ms = &mut self.lane(shop, number).holds_read_ms;
        let wants = read_ms.is_none_or(|at_ms| at_ms.saturating_add(HOLDS_READ_MS) <= now_ms);
        if wants {
            *read_ms = Some(now_ms);
        }
        wants
    }

    /// Takes what is kept of a number, where it lasts longer than what is known.
    pub fn learn(&mut self, shop: ShopScope, number: &SmolStr, holds: Holds, now_ms: i64) {
        let monotonic_ms = self.clock.0.monotonic_ms();
        let here = |at_ms: i64| monotonic_ms.saturating_add(at_ms.saturating_sub(now_ms));
        let lane = self.lane(shop, number);
        lane.paused_until_ms = lane.paused_until_ms.max(here(holds.until_ms));
        lane.marketing_paused_until_ms = lane.marketing_paused_until_ms.max(here(holds.marketing_until_ms));
    }

    pub fn holds(&mut self, shop: ShopScope, number: &SmolStr, now_ms: i64) -> Holds {
        let monotonic_ms = self.clock.0.monotonic_ms();
        let there = |at_ms: i64| if at_ms > monotonic_ms { now_ms.saturating_add(at_ms - monotonic_ms) } else { 0 };
        let lane = self.lane(shop, number);
        Holds { until_ms: there(lane.paused_until_ms), marketing_until_ms: there(lane.marketing_paused_until_ms) }
    }

    /// Whether the store is to be asked whom a portfolio's shops wrote to; the next time is later.
    pub fn wants_recipients(&mut self, portfolio: &Portfolio) -> bool {
        let now_ms = self.clock.0.monotonic_ms();
        let read_ms = self.recipients_read_ms.get(portfolio);
        let wants = read_ms.is_none_or(|at_ms| at_ms.saturating_add(RECIPIENTS_READ_MS) <= now_ms);
        if wants {
            self.recipients_read_ms.insert(portfolio.clone(), now_ms);
        }
        wants
    }

    pub fn learn_recipients(&mut self, portfolio: &Portfolio, shop: ShopScope, known: Vec<(ConversationId, i64)>) {
        let here = self.recipients.entry(portfolio.clone()).or_default();
        for (conversation, at_ms) in known {
            let last_ms = here.entry((shop, conversation)).or_insert(at_ms);
            *last_ms = at_ms.max(*last_ms);
        }
    }

    /// Whether a template may go to a customer now; else how long it must wait, in ms.
    pub fn pair(&mut self, shop: ShopScope, conversation: ConversationId) -> Result<(), i64> {
        if self.pairs.len() > MOST_PAIRS {
            self.pairs.retain_recent();
        }
        self.pairs.check_key(&(shop, conversation)).map_err(|not_until| {
            let wait = not_until.wait_time_from(self.clock.now());
            i64::try_from(wait.as_millis()).unwrap_or(i64::MAX).saturating_add(1)
        })
    }

    /// How many customers a day the portfolio may write to: as this number says, or another one said later.
    pub fn tier(&mut self, portfolio: &Portfolio, health: Option<&NumberHealth>) -> Option<usize> {
        if let Some(health) = health.filter(|health| !health.tier.is_empty()) {
            let told = (health.at_ms, tier(&health.tier));
            let known = self.tiers.entry(portfolio.clone()).or_insert(told);
            if known.0 <= told.0 {
                *known = told;
            }
        }
        self.tiers.get(portfolio).and_then(|(_, tier)| *tier)
    }

    /// Whether one more customer may be written to outside the window, under a tier of so many a day; else until when it
    /// must wait, ms since 1970.
    pub fn recipient(
        &mut self,
        portfolio: &Portfolio,
        customer: (ShopScope, ConversationId),
        tier: Option<usize>,
        now_ms: i64,
    ) -> Result<(), i64> {
        let share = usize::try_from(self.limits.tier_share).unwrap_or(100);
        let known = self.recipients.entry(portfolio.clone()).or_default();
        if let Some(tier) = tier
            && !known.contains_key(&customer)
        {
            let most = tier.saturating_mul(share) / 100;
            if known.len() >= most {
                known.retain(|_, at_ms| at_ms.saturating_add(DAY_MS) > now_ms);
            }
            if known.len() >= most {
                let oldest = known.values().min().copied().unwrap_or(now_ms);
                return Err(oldest.saturating_add(DAY_MS));
            }
        }
        known.insert(customer, now_ms);
        Ok(())
    }
}

/// The customers a day that a vendor's limit allows, `TIER_2K` or `2000`; `None`: no limit (`-1`), or not known.
pub fn tier(name: &str) -> Option<usize> {
    let number = name.strip_prefix("TIER_").unwrap_or(name);
    match number.strip_suffix('K') {
        Some(thousands) => thousands.parse::<usize>().ok().map(|it| it.saturating_mul(1_000)),
        None => number.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::tier;

    #[test]
    fn limits_are_read_in_every_form_that_the_vendor_writes() {
        let read = ["TIER_250", "TIER_2K", "TIER_100K", "2000"].map(tier);
        assert_eq!(read, [Some(250), Some(2_000), Some(100_000), Some(2_000)]);
        assert_eq!(["TIER_UNLIMITED", "TIER_NOT_SET", "-1", ""].map(tier), [None; 4]);
    }
}
