//! What a stand-in is set up with: numbers, templates, customers, how statuses come back, limits and faults. A TOML file
//! or a JSON body; everything has a default. Reads no file itself.

use duka_engine::limits::whatsapp::MESSAGES_PER_SECOND;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::fault::Fault;
use super::journal::Keep;
use super::template::Template;

/// The whole set-up.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Plan {
    /// Of all chance: faults by rate, delays, duplicates.
    pub seed: u64,
    /// Signs webhooks of numbers that have no secret of their own.
    pub secret: String,
    /// What is kept of each attempt.
    pub journal: Keep,
    pub statuses: Statuses,
    pub limits: Limits,
    pub customers: Customers,
    /// Fields that are left out of everything that is said, as by a newer version of the API.
    pub vanished: Vec<String>,
    /// Business numbers; empty: every number exists, and every token opens it.
    #[serde(rename = "number")]
    pub numbers: Vec<Number>,
    #[serde(rename = "template")]
    pub templates: Vec<Template>,
    #[serde(rename = "fault")]
    pub faults: Vec<Fault>,
}

impl Plan {
    /// Reads a plan as it is written in a file.
    ///
    /// # Errors
    ///
    /// What is wrong, with the line, in words for people.
    pub fn read(text: &str) -> Result<Plan, String> {
        toml::from_str(text).map_err(|error| error.to_string().trim_end().to_string())
    }
}

/// A business number.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Number {
    /// The `phone_number_id`.
    pub id: SmolStr,
    /// Digits of the phone.
    pub display: SmolStr,
    /// The WhatsApp Business Account.
    pub waba: SmolStr,
    /// The only token that opens it; empty: any.
    pub token: String,
    /// Signs its webhooks; empty: the plan's.
    pub secret: String,
    /// `GREEN`, `YELLOW`, `RED`; empty: green.
    pub quality: SmolStr,
    /// `CONNECTED`, `FLAGGED`, …; empty: connected.
    pub status: SmolStr,
    /// `STANDARD`, `HIGH`; empty: standard. One that is high takes 1,000 messages a second.
    pub throughput: SmolStr,
    /// `TIER_250`, …; empty: `TIER_2K`. Only told: what holds is `limits.tier`.
    pub tier: SmolStr,
}

/// What becomes of a number while the stand-in runs (F66); empty: as it was.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NumberChange {
    /// Empty: the first.
    pub number: SmolStr,
    pub quality: SmolStr,
    pub status: SmolStr,
    pub throughput: SmolStr,
    pub tier: SmolStr,
    /// Told by a webhook of its quality: `FLAGGED`, `UNFLAGGED`, `DOWNGRADE`, `UPGRADE`, `THROUGHPUT_UPGRADE`, …
    pub event: SmolStr,
    /// Told by a webhook of its account: `SCHEDULE_FOR_DISABLE`, `DISABLE`, `REINSTATE`.
    pub ban: SmolStr,
}

/// How what became of a message is told.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Statuses {
    /// None at all, as with an app that is not subscribed.
    pub off: bool,
    /// Milliseconds from acceptance to `sent`, from and to.
    pub sent_ms: [u32; 2],
    /// From `sent` to `delivered`.
    pub delivered_ms: [u32; 2],
    /// From `delivered` to `read`.
    pub read_ms: [u32; 2],
    /// The share of messages that are delivered, and of those that are read.
    pub delivered: f64,
    pub read: f64,
    /// The share of statuses that come twice, and of those that change places with another of their message.
    pub twice: f64,
    pub swapped: f64,
    /// The most statuses in one webhook, 1 to 1,000, and how long one waits for company, in milliseconds.
    pub batch: usize,
    pub batch_ms: u32,
}

impl Default for Statuses {
    fn default() -> Statuses {
        Statuses {
            off: false,
            sent_ms: [20, 120],
            delivered_ms: [50, 400],
            read_ms: [200, 2_000],
            delivered: 1.0,
            read: 0.7,
            twice: 0.0,
            swapped: 0.0,
            batch: 1,
            batch_ms: 0,
        }
    }
}

/// Which of the platform's limits hold.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Free text only within 24 hours of the customer's last message (131047).
    pub window: bool,
    /// One message per 6 seconds to a customer, 45 in a burst (131056).
    pub pair: bool,
    /// Messages a second of a number (130429); 0: no limit.
    pub throughput: u32,
    /// New customers a day that a template may reach outside of windows (131048); 0: no limit.
    pub tier: u32,
    /// Media ids must have been uploaded here (131053).
    pub media: bool,
    /// Templates must exist, be approved and get what they need (132000, 132001, …).
    pub templates: bool,
    /// How long a new template is under review, in milliseconds.
    pub review_ms: u32,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            window: true,
            pair: true,
            throughput: MESSAGES_PER_SECOND,
            tier: 0,
            media: true,
            templates: true,
            review_ms: 500,
        }
    }
}

impl Limits {
    /// Takes whatever is well formed: for load, where one customer is many.
    pub fn none() -> Limits {
        Limits { window: false, pair: false, throughput: 0, tier: 0, media: false, templates: false, review_ms: 0 }
    }
}

/// Customers about whom there is something to know: digits of phones, or user ids.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Customers {
    /// Have stopped marketing (131050).
    pub stopped: Vec<SmolStr>,
    /// Are not on WhatsApp (131026).
    pub unreachable: Vec<SmolStr>,
    /// The only ones who may be written to, as with a test number (131030); empty: all.
    pub allowed: Vec<SmolStr>,
}
