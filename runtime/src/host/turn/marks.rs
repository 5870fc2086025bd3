//! What the provider has said of a customer, as entries of the consent ledger: read where consents are read, shown with
//! them, and forgotten with the customer. No flow can name a consent so.

const DAY_MS: i64 = 24 * 3_600_000;

/// Has had enough marketing from everybody.
pub const CAPPED: &str = "marketing capped";
/// For how long no marketing is tried then (whatsapp-cloud-api 12.4), in ms.
pub const CAPPED_MS: i64 = DAY_MS;

/// Is not on WhatsApp, or can not be reached: no marketing until they write, or for so long.
pub const UNREACHABLE: &str = "not reachable";
pub const UNREACHABLE_MS: i64 = 30 * DAY_MS;

/// May be somebody else by now: nothing that the shop begins until they write.
pub const IDENTITY_CHANGED: &str = "identity changed";

/// How long a shop begins nothing with a country that its vendor refused, in ms.
pub const COUNTRY_MS: i64 = DAY_MS;
