//! How a business number stands at its vendor: what is known, what the vendor holds against it, and which of two tidings
//! stands. What a vendor's words mean is the channel's.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::{Result, Tx};
use crate::id::ShopScope;

/// Health of a business number as last heard of.
#[derive(Clone, Debug, PartialEq)]
pub struct NumberHealth {
    pub shop: ShopScope,
    pub number: SmolStr,
    /// `GREEN`, `YELLOW`, `RED`, `UNKNOWN`
    pub quality: SmolStr,
    /// `TIER_2K`, …
    pub tier: SmolStr,
    /// The vendor's level: `STANDARD`, `HIGH`, `NOT_APPLICABLE`; empty: not told.
    pub throughput: SmolStr,
    /// Sends are stopped, and why; empty: not stopped.
    pub stopped: SmolStr,
    /// The digits by which events of the account name it; empty: not told.
    pub display: SmolStr,
    /// What the vendor holds against it, and what is over: late news must not bring that back.
    pub warnings: Vec<Warning>,
    pub at_ms: i64,
}

impl NumberHealth {
    /// Nothing was heard of it yet.
    pub fn unheard(shop: ShopScope, number: SmolStr) -> NumberHealth {
        let none = SmolStr::default;
        let (quality, tier, throughput, stopped, display) = (none(), none(), none(), none(), none());
        NumberHealth { shop, number, quality, tier, throughput, stopped, display, warnings: Vec::new(), at_ms: 0 }
    }

    /// The warnings that hold now.
    pub fn warned(&self, now_ms: i64) -> impl Iterator<Item = &Warning> {
        self.warnings.iter().filter(move |warning| warning.is_on(now_ms))
    }
}

impl Warning {
    pub fn is_on(&self, now_ms: i64) -> bool {
        self.until_ms == 0 || self.until_ms > now_ms
    }
}

/// What was heard of a number at one time; `None` and empty: not told. Of each thing the newest that was told stands, in
/// whichever order it came.
#[derive(Clone, Debug, PartialEq)]
pub struct HealthNews {
    pub shop: ShopScope,
    pub number: SmolStr,
    pub quality: Option<SmolStr>,
    pub tier: Option<SmolStr>,
    /// As of changes: only of the number that it is about, and only where its digits are known.
    pub throughput: Option<SmolStr>,
    pub stopped: Option<SmolStr>,
    pub display: SmolStr,
    /// What changes of the warnings, in this order.
    pub changes: Vec<Change>,
    /// The digits of the number that the changes are about, for those that are known by their digits; empty: all.
    pub about: SmolStr,
    /// When it was so, by the vendor's clock where it says.
    pub at_ms: i64,
}

impl HealthNews {
    /// Nothing yet, of that time.
    pub fn of(shop: ShopScope, number: SmolStr, at_ms: i64) -> HealthNews {
        let (display, about) = (SmolStr::default(), SmolStr::default());
        let (quality, tier, throughput, stopped, changes) = (None, None, None, None, Vec::new());
        HealthNews { shop, number, quality, tier, throughput, stopped, display, changes, about, at_ms }
    }

    fn is_about(&self, display: &str) -> bool {
        display.is_empty() || self.is_surely_about(display)
    }

    fn is_surely_about(&self, display: &str) -> bool {
        let plain = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
        let about = plain(&self.about);
        about.is_empty() || plain(display) == about
    }
}

impl From<NumberHealth> for HealthNews {
    fn from(row: NumberHealth) -> HealthNews {
        let NumberHealth { shop, number, quality, tier, throughput, stopped, display, warnings, at_ms } = row;
        let (quality, tier, throughput, stopped) = (Some(quality), Some(tier), Some(throughput), Some(stopped));
        let (changes, about) = (warnings.into_iter().map(Change::Warn).collect(), SmolStr::default());
        HealthNews { shop, number, quality, tier, throughput, stopped, display, changes, about, at_ms }
    }
}

/// A number with the times of what is known of it.
#[derive(Clone, Debug)]
pub(super) struct HeardHealth {
    pub row: NumberHealth,
    pub quality_ms: i64,
    pub tier_ms: i64,
    pub throughput_ms: i64,
    pub stopped_ms: i64,
}

impl HeardHealth {
    pub fn new(shop: ShopScope, number: SmolStr) -> HeardHealth {
        let row = NumberHealth::unheard(shop, number);
        HeardHealth { row, quality_ms: 0, tier_ms: 0, throughput_ms: 0, stopped_ms: 0 }
    }

    pub fn hear(&mut self, news: &HealthNews) {
        let HeardHealth { row, quality_ms, tier_ms, throughput_ms, stopped_ms } = self;
        let throughput = news.throughput.as_ref().filter(|_| news.is_surely_about(&row.display)).cloned();
        let fields = [
            (&mut row.quality, quality_ms, &news.quality),
            (&mut row.tier, tier_ms, &news.tier),
            (&mut row.throughput, throughput_ms, &throughput),
            (&mut row.stopped, stopped_ms, &news.stopped),
        ];
        for (field, known_ms, told) in fields {
            if let Some(word) = told.as_ref().filter(|_| *known_ms <= news.at_ms) {
                (*field, *known_ms) = (word.clone(), news.at_ms);
            }
        }
        if news.is_about(&row.display) {
            news.changes.iter().for_each(|change| change.apply(&mut row.warnings, news.at_ms));
        }
        if !news.display.is_empty() {
            row.display = news.display.clone();
        }
        row.at_ms = row.at_ms.max(news.at_ms);
    }
}

/// What one event changes of a number's warnings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    Warn(Warning),
    /// These words hold no more.
    Lift(&'static [&'static str]),
    /// Nothing holds any more.
    LiftAll,
}

impl Change {
    /// Makes the change, as news of `at_ms`. What is older than what is known changes nothing.
    pub fn apply(&self, known: &mut Vec<Warning>, at_ms: i64) {
        let over = |warning: &mut Warning| {
            let holds = warning.until_ms == 0 || warning.until_ms > at_ms;
            if holds && warning.at_ms <= at_ms {
                (warning.at_ms, warning.until_ms) = (at_ms, at_ms);
            }
        };
        match self {
            Change::Warn(warning) => match known.iter_mut().find(|it| it.word == warning.word) {
                Some(it) if it.at_ms <= warning.at_ms => {
                    // Asked every hour: since when it holds is not news.
                    let since_ms = if it.until_ms == 0 && warning.until_ms == 0 { it.at_ms } else { warning.at_ms };
                    *it = Warning { at_ms: since_ms, ..warning.clone() };
                }
                Some(_) => {}
                None => known.push(warning.clone()),
            },
            Change::Lift(words) => known.iter_mut().filter(|it| words.contains(&it.word.as_str())).for_each(over),
            Change::LiftAll => known.iter_mut().for_each(over),
        }
    }
}

/// What a warning holds back; each also what those before it do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Holds {
    Marketing,
    /// All that the business begins; answers may leave.
    Initiated,
    Everything,
}

/// What a vendor holds against a number, in its own word.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// `FLAGGED`, `RESTRICTED_BIZ_INITIATED_MESSAGING`, …
    pub word: SmolStr,
    pub holds: Holds,
    /// When the vendor said so.
    pub at_ms: i64,
    /// Until when it holds; 0: until the vendor says otherwise.
    pub until_ms: i64,
}

impl Tx {
    /// Hears of everything in these rows.
    pub async fn put_health(&mut self, rows: &[NumberHealth]) -> Result<()> {
        self.hear_health(&rows.iter().cloned().map(HealthNews::from).collect::<Vec<_>>()).await
    }
}
