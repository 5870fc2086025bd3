//! How often a carrier is asked where its parcels are, which tells nothing by itself or not whose they are.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::Length;

/// Parcels of open orders, as `parcels.of_order` of the shop's own system names them, are asked for by `parcels.track`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Poll {
    /// The `carrier` that the shop's own system writes at these parcels
    pub carrier: String,
    /// Between two questions about a parcel [default: 2 hours]
    pub each: Option<Length>,
    /// The same on the day that it is brought [default: 30 minutes]
    pub near: Option<Length>,
    /// How long a parcel is asked about [default: 30 days]
    pub until: Option<Length>,
}

/// No carrier is asked more often.
const LEAST_MS: i64 = 60_000;

impl Poll {
    pub fn each_ms(&self) -> i64 {
        self.each.map_or(2 * 3_600_000, Length::ms).max(LEAST_MS)
    }

    pub fn near_ms(&self) -> i64 {
        self.near.map_or(30 * 60_000, Length::ms).max(LEAST_MS)
    }

    pub fn until_ms(&self) -> i64 {
        self.until.map_or(30 * 86_400_000, Length::ms)
    }
}
