//! How fast: messages a second of a number, templates to one customer, new recipients a day of a portfolio (I12). It
//! forgets with its process; what was learned is kept by `learned`, and brought back.

use std::collections::{BTreeMap, HashMap};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use duka_engine::limits::whatsapp;
use governor::clock::Clock as _;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::keyed::HashMapStateStore;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use smol_str::SmolStr;

use super::brake::{Brake, Go};
use super::recipients::{Customer, DAY_MS, Recipients};
use crate::host::clock::Clock;
use crate::host::shops::Portfolio;
use crate::host::transport::Whom;
use crate::id::{ConversationId, SendId, ShopScope};
use crate::store::NumberHealth;

/// How fast messages leave; what is not said is the vendor's own limit.
#[derive(Clone, Debug)]
pub struct PaceLimits {
    /// Messages a second of a number; `None`: what the vendor's level of the number allows.
    pub throughput: Option<NonZeroU32>,
    /// Between two messages to one customer, when more than the burst were sent.
    pub pair_period: Duration,
    /// `None`: as many as there are.
    pub pair_burst: Option<NonZeroU32>,
    /// How much of the portfolio's tier is used, in percent.
    pub tier_share: u32,
}

const STANDARD: NonZeroU32 = NonZeroU32::new(whatsapp::MESSAGES_PER_SECOND).expect("it is not 0");
const HIGH: NonZeroU32 = NonZeroU32::new(whatsapp::MESSAGES_PER_SECOND_HIGH).expect("it is not 0");

impl Default for PaceLimits {
    fn default() -> PaceLimits {
        PaceLimits {
            throughput: None,
            pair_period: Duration::from_secs(u64::from(whatsapp::PAIR_SECONDS)),
            pair_burst: NonZeroU32::new(whatsapp::PAIR_BURST),
            tier_share: 90,
        }
    }
}

impl PaceLimits {
    /// Messages a second of a number of this level of the vendor's (`STANDARD`, `HIGH`; empty: not told).
    pub fn per_second(&self, level: &str) -> NonZeroU32 {
        self.throughput.unwrap_or(if level.eq_ignore_ascii_case("high") { HIGH } else { STANDARD })
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

/// Messages whose refusals are counted.
const MOST_REFUSALS: usize = 16_384;

/// What another process wrote down this long ago may not have been read with the last look, in ms.
const RECIPIENTS_OVERLAP_MS: i64 = 5 * 60_000;

/// Pairs that are remembered before the idle ones are forgotten, at least.
const MOST_PAIRS: usize = 50_000;

pub struct Pace {
    limits: PaceLimits,
    clock: Ticks,
    numbers: BTreeMap<(ShopScope, SmolStr), Lane>,
    shops: BTreeMap<ShopScope, Wide>,
    apps: BTreeMap<usize, Brake>,
    /// How often each was refused for a reason that may pass.
    refusals: HashMap<SendId, u32>,
    /// `None`: customers are not paced.
    pairs: Option<Pairs>,
    /// How many pairs there may be before the idle ones are forgotten.
    most_pairs: usize,
    /// Customers that were written to outside their window, where there is a limit.
    recipients: BTreeMap<Portfolio, Recipients>,
    /// When they were last read from the store (monotonic).
    recipients_read_ms: BTreeMap<Portfolio, i64>,
    /// The vendor's limit as it was last told of any number, and when: all numbers of a portfolio have the same.
    tiers: BTreeMap<Portfolio, (i64, Option<usize>)>,
    /// Of the host's settings, when a stop was last thought over.
    configured: u64,
}

/// A number, and what it shares with others.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sender<'a> {
    pub app: usize,
    pub shop: ShopScope,
    pub number: &'a SmolStr,
}

/// What stops or delays all numbers of a shop, and when what is kept of it was last read.
#[derive(Default)]
struct Wide {
    brake: Brake,
    /// Calling codes of countries that may not be written to, and until when (ms since 1970).
    closed: Vec<(u16, i64)>,
    holds_read_ms: Option<i64>,
}

struct Lane {
    limiter: Number,
    /// Messages a second that the limiter lets through.
    rate: NonZeroU32,
    /// Permits that were taken and not used.
    spare: u32,
    brake: Brake,
    marketing_paused_until_ms: i64,
    /// Monotonic time at which what is kept of the number was last read; `None`: never.
    holds_read_ms: Option<i64>,
}

impl Pace {
    pub fn new(limits: PaceLimits, clock: Arc<dyn Clock>) -> Pace {
        let clock = Ticks(clock);
        let period = limits.pair_period.max(Duration::from_millis(1));
        let pairs = limits.pair_burst.map(|burst| {
            let quota = Quota::with_period(period).unwrap_or(Quota::per_second(burst));
            RateLimiter::new(quota.allow_burst(burst), HashMapStateStore::default(), clock.clone())
        });
        Pace {
            limits,
            clock,
            numbers: BTreeMap::new(),
            shops: BTreeMap::new(),
            apps: BTreeMap::new(),
            refusals: HashMap::new(),
            pairs,
            most_pairs: MOST_PAIRS,
            recipients: BTreeMap::new(),
            recipients_read_ms: BTreeMap::new(),
            tiers: BTreeMap::new(),
            configured: 0,
        }
    }

    fn lane(&mut self, shop: ShopScope, number: &SmolStr) -> &mut Lane {
        let (rate, clock) = (self.limits.per_second(""), &self.clock);
        self.numbers.entry((shop, number.clone())).or_insert_with(|| {
            let (limiter, brake) = (limiter(rate, clock), Brake::default());
            Lane { limiter, rate, spare: 0, brake, marketing_paused_until_ms: 0, holds_read_ms: None }
        })
    }

    /// The vendor's level of a number is this: from now on it sends as fast as that allows.
    pub fn learn_throughput(&mut self, shop: ShopScope, number: &SmolStr, level: &str) {
        let (rate, clock) = (self.limits.per_second(level), self.clock.clone());
        let lane = self.lane(shop, number);
        if lane.rate != rate {
            (lane.limiter, lane.rate, lane.spare) = (limiter(rate, &clock), rate, 0);
        }
    }

    /// How many messages of a number may be claimed now, up to `most`.
    pub fn room(&mut self, sender: Sender<'_>, most: u32) -> u32 {
        let now_ms = self.clock.0.monotonic_ms();
        let wide = |brake: Option<&Brake>| brake.map_or(Go::All, |brake| brake.go(now_ms));
        let app = wide(self.apps.get(&sender.app));
        let shop = wide(self.shops.get(&sender.shop).map(|it| &it.brake));
        let lane = self.lane(sender.shop, sender.number);
        let room = match (lane.brake.go(now_ms), most) {
            (Go::Nothing, _) | (_, 0) => 0,
            // One message finds out whether the number is well again.
            (Go::One, _) => 1,
            (Go::All, most) => {
                while lane.spare < most && lane.limiter.check().is_ok() {
                    lane.spare += 1;
                }
                lane.spare.min(most)
            }
        };
        match (app, shop) {
            _ if room == 0 => 0,
            (Go::Nothing, _) | (_, Go::Nothing) => 0,
            (Go::All, Go::All) => room,
            (Go::One | Go::All, Go::One | Go::All) => {
                let shop = self.shops.get_mut(&sender.shop).map(|it| &mut it.brake);
                shop.into_iter().chain(self.apps.get_mut(&sender.app)).for_each(|brake| brake.probed(now_ms));
                1
            }
        }
    }

    /// So many of that room were used.
    pub fn used(&mut self, shop: ShopScope, number: &SmolStr, count: u32) {
        let lane = self.lane(shop, number);
        lane.spare = lane.spare.saturating_sub(count);
    }

    fn brake(&mut self, sender: Sender<'_>, whom: Whom) -> Option<&mut Brake> {
        match whom {
            Whom::Customer => None,
            Whom::Number => Some(&mut self.lane(sender.shop, sender.number).brake),
            Whom::Shop => Some(&mut self.shops.entry(sender.shop).or_default().brake),
            Whom::App => Some(self.apps.entry(sender.app).or_default()),
        }
    }

    /// Nothing for a while: as [`Brake::pause`].
    pub fn pause(&mut self, sender: Sender<'_>, whom: Whom, ms: i64, at_least_ms: i64) -> bool {
        let now_ms = self.clock.0.monotonic_ms();
        self.brake(sender, whom).is_some_and(|brake| brake.pause(now_ms, ms, at_least_ms))
    }

    /// Nothing until all is well again: as [`Brake::stop`].
    pub fn stop(&mut self, sender: Sender<'_>, whom: Whom) -> bool {
        let now_ms = self.clock.0.monotonic_ms();
        self.brake(sender, whom).is_some_and(|brake| brake.stop(now_ms))
    }

    /// Settings were read again: what is stopped is tried at once, by one message.
    pub fn configured(&mut self, configured: u64) {
        if std::mem::replace(&mut self.configured, configured) != configured {
            self.numbers.values_mut().for_each(|lane| lane.brake.configured());
            self.shops.values_mut().for_each(|shop| shop.brake.configured());
            self.apps.values_mut().for_each(Brake::configured);
        }
    }

    /// The provider took a message. What had been stopped, if anything.
    pub fn is_well(&mut self, sender: Sender<'_>, send: SendId) -> Option<Whom> {
        let now_ms = self.clock.0.monotonic_ms();
        self.refusals.remove(&send);
        let app = self.apps.get_mut(&sender.app).is_some_and(|brake| brake.well(now_ms));
        let shop = self.shops.get_mut(&sender.shop).is_some_and(|shop| shop.brake.well(now_ms));
        let number = self.lane(sender.shop, sender.number).brake.well(now_ms);
        if app || shop {
            return Some(if app { Whom::App } else { Whom::Shop });
        }
        number.then_some(Whom::Number)
    }

    /// A message was refused for a reason that may pass: how often by now.
    pub fn refused(&mut self, send: SendId) -> u32 {
        if self.refusals.len() >= MOST_REFUSALS && !self.refusals.contains_key(&send) {
            // They are counted from the beginning; `Limits::most_sends` ends them all the same.
            self.refusals.clear();
        }
        let count = self.refusals.entry(send).or_default();
        *count += 1;
        *count
    }

    /// A message is given up.
    pub fn given_up(&mut self, send: SendId) {
        self.refusals.remove(&send);
    }

    /// The table says that a number is stopped, by another process or an earlier one: one message at a time finds out.
    pub fn learn_stopped(&mut self, shop: ShopScope, number: &SmolStr) {
        self.lane(shop, number).brake.learn_stopped();
    }

    pub fn pause_marketing(&mut self, shop: ShopScope, number: &SmolStr, for_ms: i64) {
        let until = self.clock.0.monotonic_ms().saturating_add(for_ms);
        self.lane(shop, number).marketing_paused_until_ms = until;
    }

    pub fn marketing_is_paused(&mut self, shop: ShopScope, number: &SmolStr) -> bool {
        let now_ms = self.clock.0.monotonic_ms();
        self.lane(shop, number).marketing_paused_until_ms > now_ms
    }

    /// Whether what is kept of a number is to be read.
    pub fn wants_holds(&mut self, shop: ShopScope, number: &SmolStr) -> bool {
        let now_ms = self.clock.0.monotonic_ms();
        is_old(self.lane(shop, number).holds_read_ms, now_ms)
    }

    /// All that is kept of it was read.
    pub fn has_holds(&mut self, shop: ShopScope, number: &SmolStr) {
        self.lane(shop, number).holds_read_ms = Some(self.clock.0.monotonic_ms());
    }

    /// Whether what is kept of a shop is to be read.
    pub fn wants_shop_holds(&self, shop: ShopScope) -> bool {
        is_old(self.shops.get(&shop).and_then(|shop| shop.holds_read_ms), self.clock.0.monotonic_ms())
    }

    /// All that is kept of it was read.
    pub fn has_shop_holds(&mut self, shop: ShopScope) {
        self.shops.entry(shop).or_default().holds_read_ms = Some(self.clock.0.monotonic_ms());
    }

    pub fn learn_closed(&mut self, shop: ShopScope, closed: Vec<(u16, i64)>) {
        self.shops.entry(shop).or_default().closed = closed;
    }

    /// The countries that a shop may not write to, as calling codes, and until when (ms since 1970).
    pub fn closed(&self, shop: ShopScope) -> Vec<(u16, i64)> {
        self.shops.get(&shop).map(|shop| shop.closed.clone()).unwrap_or_default()
    }

    /// Takes what is kept of a number, or of a shop, where it lasts longer than what is known.
    pub fn learn(&mut self, shop: ShopScope, number: Option<&SmolStr>, holds: Holds, now_ms: i64) {
        let monotonic_ms = self.clock.0.monotonic_ms();
        let here = |at_ms: i64| monotonic_ms.saturating_add(at_ms.saturating_sub(now_ms));
        let Some(number) = number else {
            return self.shops.entry(shop).or_default().brake.learn(here(holds.until_ms));
        };
        let lane = self.lane(shop, number);
        lane.brake.learn(here(holds.until_ms));
        lane.marketing_paused_until_ms = lane.marketing_paused_until_ms.max(here(holds.marketing_until_ms));
    }

    /// What is to be kept of a number; of what reaches further, what is to be kept of its shop.
    pub fn holds(&mut self, sender: Sender<'_>, whom: Whom, now_ms: i64) -> Holds {
        let monotonic_ms = self.clock.0.monotonic_ms();
        let there = |at_ms: i64| if at_ms > monotonic_ms { now_ms.saturating_add(at_ms - monotonic_ms) } else { 0 };
        let until_ms = self.brake(sender, whom).map_or(0, |brake| there(brake.until_ms()));
        let marketing_until_ms = match whom {
            Whom::Number => there(self.lane(sender.shop, sender.number).marketing_paused_until_ms),
            Whom::Customer | Whom::Shop | Whom::App => 0,
        };
        Holds { until_ms, marketing_until_ms }
    }

    /// Since when (ms since 1970) the store is to be asked whom a portfolio's shops wrote to: of a day at first, then of
    /// what is new. `None`: not yet again.
    pub fn wants_recipients(&self, portfolio: &Portfolio, now_ms: i64) -> Option<i64> {
        let monotonic_ms = self.clock.0.monotonic_ms();
        let read_ms = self.recipients_read_ms.get(portfolio).copied();
        if read_ms.is_some_and(|at_ms| at_ms.saturating_add(RECIPIENTS_READ_MS) > monotonic_ms) {
            return None;
        }
        let back_ms = read_ms.map_or(DAY_MS, |at_ms| monotonic_ms - at_ms + RECIPIENTS_OVERLAP_MS);
        Some(now_ms.saturating_sub(back_ms.min(DAY_MS)))
    }

    pub fn learn_recipients(&mut self, portfolio: &Portfolio, shop: ShopScope, known: Vec<(ConversationId, i64)>) {
        let here = self.recipients.entry(portfolio.clone()).or_default();
        known.into_iter().for_each(|(conversation, at_ms)| here.note((shop, conversation), at_ms));
    }

    /// All of them were read, of what there was at that moment (monotonic).
    pub fn has_recipients(&mut self, portfolio: &Portfolio, at_ms: i64) {
        self.recipients_read_ms.insert(portfolio.clone(), at_ms);
    }

    /// Whether a message may go to a customer now; else how long it must wait, in ms.
    pub fn pair(&mut self, shop: ShopScope, conversation: ConversationId) -> Result<(), i64> {
        let Some(pairs) = &self.pairs else { return Ok(()) };
        if pairs.len() > self.most_pairs {
            pairs.retain_recent();
            self.most_pairs = MOST_PAIRS.max(pairs.len().saturating_mul(2));
        }
        pairs.check_key(&(shop, conversation)).map_err(|not_until| {
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
        customer: Customer,
        tier: Option<usize>,
        now_ms: i64,
    ) -> Result<(), i64> {
        let Some(tier) = tier else {
            // Without a limit nobody is counted here; the store knows all the same.
            self.recipients.remove(portfolio);
            self.recipients_read_ms.remove(portfolio);
            return Ok(());
        };
        let most = tier.saturating_mul(usize::try_from(self.limits.tier_share).unwrap_or(100)) / 100;
        let known = self.recipients.entry(portfolio.clone()).or_default();
        let (count, oldest_ms) = known.of_a_day(now_ms);
        if !known.knows(customer) && count >= most {
            return Err(oldest_ms.unwrap_or(now_ms).saturating_add(DAY_MS));
        }
        known.note(customer, now_ms);
        Ok(())
    }
}

fn is_old(holds_read_ms: Option<i64>, now_ms: i64) -> bool {
    holds_read_ms.is_none_or(|at_ms| at_ms.saturating_add(HOLDS_READ_MS) <= now_ms)
}

/// A quarter of a second at once.
fn limiter(rate: NonZeroU32, clock: &Ticks) -> Number {
    let burst = NonZeroU32::new(rate.get() / 4).unwrap_or(NonZeroU32::MIN);
    RateLimiter::direct_with_clock(Quota::per_second(rate).allow_burst(burst), clock.clone())
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
