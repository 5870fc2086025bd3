//! How a business number stands at its vendor: what is known, and what the vendor holds against it.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

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
        let (quality, tier, stopped, display) = (none(), none(), none(), none());
        NumberHealth { shop, number, quality, tier, stopped, display, warnings: Vec::new(), at_ms: 0 }
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
