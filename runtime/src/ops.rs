//! What operators see and do: logs, figures, an examination of the whole set-up, templates at the vendor, and requests to
//! a server of one's own. Never shows a text, a number or a token of anybody.

pub mod accounts;
pub mod client;
pub mod doctor;
pub mod figures;
pub mod forms;
pub mod logs;
pub mod notices;

use jiff::Timestamp;
use smol_str::SmolStr;

/// The day of a moment in ms since 1970, `2026-11-21`, in UTC.
pub fn day(at_ms: i64) -> SmolStr {
    SmolStr::new(moment(at_ms).get(..10).unwrap_or_default())
}

/// A moment in ms since 1970, `2026-11-21 10:33:23`, in UTC.
pub fn moment(at_ms: i64) -> String {
    let at = Timestamp::from_millisecond(at_ms).unwrap_or(Timestamp::UNIX_EPOCH);
    at.to_string().get(..19).unwrap_or_default().replace('T', " ")
}
