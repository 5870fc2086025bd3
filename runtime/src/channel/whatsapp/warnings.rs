//! What the vendor's warnings about an account or a number hold back, for how long, and what takes them back
//! (whatsapp-cloud-api 10, 11). Pure.

use smol_str::SmolStr;

use crate::store::{Change, Holds, Warning};

const DAY_MS: i64 = 24 * 3_600_000;

/// The vendor judges quality by the last seven days: a flag that it says nothing more of ends with them.
const QUALITY_MS: i64 = 7 * DAY_MS;

/// The first step after a warning are one to three days without templates: marketing waits until somebody has looked.
const VIOLATION_MS: i64 = DAY_MS;

/// The number is flagged, as the vendor answers when it is asked.
pub const ASKED_FLAGGED: &str = "STATUS_FLAGGED";
/// It is restricted, likewise.
pub const ASKED_RESTRICTED: &str = "STATUS_RESTRICTED";

/// What an event of a number's quality changes: `FLAGGED`, `DOWNGRADE` and what takes them back.
pub fn of_quality(event: &SmolStr, at_ms: i64) -> Option<Change> {
    match event.as_str() {
        "FLAGGED" | "DOWNGRADE" => Some(Change::Warn(Warning {
            word: event.clone(),
            holds: Holds::Marketing,
            at_ms,
            until_ms: at_ms.saturating_add(QUALITY_MS),
        })),
        "UNFLAGGED" | "UPGRADE" | "THROUGHPUT_UPGRADE" => Some(Change::Lift(&["FLAGGED", "DOWNGRADE"])),
        _ => None,
    }
}

/// The level of throughput that an event of a number's quality tells; `None`: it tells none.
pub fn throughput_of(event: &str) -> Option<&'static str> {
    (event == "THROUGHPUT_UPGRADE").then_some("HIGH")
}

/// What a violation of the vendor's policy changes.
pub fn of_violation(at_ms: i64) -> Change {
    let until_ms = at_ms.saturating_add(VIOLATION_MS);
    Change::Warn(Warning { word: "ACCOUNT_VIOLATION".into(), holds: Holds::Marketing, at_ms, until_ms })
}

/// What the vendor's answer to "how is the number" changes: `CONNECTED`, `FLAGGED`, `RESTRICTED`.
pub fn of_status(status: &str, at_ms: i64) -> Change {
    let warn = |word: &'static str, holds| Change::Warn(Warning { word: word.into(), holds, at_ms, until_ms: 0 });
    match status {
        "FLAGGED" => warn(ASKED_FLAGGED, Holds::Marketing),
        "RESTRICTED" => warn(ASKED_RESTRICTED, Holds::Initiated),
        _ => Change::Lift(&[ASKED_FLAGGED, ASKED_RESTRICTED]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(events: &[(&str, i64)]) -> Vec<(String, i64)> {
        let mut known = Vec::new();
        for (event, at_ms) in events {
            let change = of_quality(&(*event).into(), *at_ms).expect("an event of quality");
            change.apply(&mut known, *at_ms);
        }
        known.into_iter().map(|it| (it.word.to_string(), it.until_ms)).collect()
    }

    #[test]
    fn a_flag_ends_when_the_vendor_takes_it_back_and_an_old_copy_does_not_bring_it_again() {
        assert_eq!(shown(&[("FLAGGED", 5)]), [("FLAGGED".to_string(), 5 + QUALITY_MS)]);
        assert_eq!(shown(&[("FLAGGED", 5), ("UNFLAGGED", 9)]), [("FLAGGED".to_string(), 9)]);
        assert_eq!(shown(&[("FLAGGED", 5), ("UNFLAGGED", 9), ("FLAGGED", 5)]), [("FLAGGED".to_string(), 9)]);
        assert_eq!(
            shown(&[("FLAGGED", 5), ("UNFLAGGED", 9), ("FLAGGED", 11)]),
            [("FLAGGED".to_string(), 11 + QUALITY_MS)]
        );
    }

    #[test]
    fn what_is_asked_every_hour_keeps_the_time_of_the_first_answer() {
        let mut known = Vec::new();
        for at_ms in [5, 6] {
            of_status("RESTRICTED", at_ms).apply(&mut known, at_ms);
        }
        assert_eq!(known.iter().map(|it| (it.at_ms, it.until_ms)).collect::<Vec<_>>(), [(5, 0)]);
        of_status("CONNECTED", 7).apply(&mut known, 7);
        assert_eq!(known.iter().map(|it| (it.at_ms, it.until_ms)).collect::<Vec<_>>(), [(7, 7)]);
    }
}
