//! A backend that fails again and again is left alone for a while, so that its customers hear at once that it does not
//! answer (F77). Forgets everything with its process.

use std::collections::BTreeMap;

use duka_engine::event::Outcome;

use super::Backend;

/// Failures in a row that open a breaker.
const MOST_FAILURES: u32 = 5;

/// How long it stays open before one call finds out, in ms.
const OPEN_MS: i64 = 15_000;

#[derive(Debug, Default)]
pub struct Breakers(BTreeMap<Backend, Breaker>);

#[derive(Debug, Default)]
struct Breaker {
    failures: u32,
    open_until_ms: i64,
}

impl Breakers {
    /// Whether a call may be made now (monotonic ms). While a breaker is open, one call each period is.
    pub fn lets_through(&mut self, backend: &Backend, now_ms: i64) -> bool {
        let Some(breaker) = self.0.get_mut(backend).filter(|breaker| breaker.failures >= MOST_FAILURES) else {
            return true;
        };
        if now_ms < breaker.open_until_ms {
            return false;
        }
        breaker.open_until_ms = now_ms.saturating_add(OPEN_MS);
        true
    }

    /// Whether the backend is left alone from now on.
    pub fn heard(&mut self, backend: Backend, outcome: &Outcome, now_ms: i64) -> bool {
        match outcome {
            Outcome::Given(_) | Outcome::Refused { .. } => {
                self.0.remove(&backend);
                false
            }
            Outcome::Failed { .. } | Outcome::TimedOut | Outcome::Unknown => {
                let breaker = self.0.entry(backend).or_default();
                breaker.failures = breaker.failures.saturating_add(1);
                let opens = breaker.failures == MOST_FAILURES;
                if opens {
                    metrics::counter!("duka_breakers_opened_total").increment(1);
                    breaker.open_until_ms = now_ms.saturating_add(OPEN_MS);
                }
                opens
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::ShopScope;

    #[test]
    fn a_backend_that_fails_is_left_alone_and_tried_at_times() {
        let backend = || (ShopScope::numbered(1), "orders".into());
        let other = (ShopScope::numbered(2), "orders".into());
        let mut breakers = Breakers::default();
        for failures in 1..=MOST_FAILURES {
            assert!(breakers.lets_through(&backend(), 0));
            assert_eq!(breakers.heard(backend(), &Outcome::TimedOut, 0), failures == MOST_FAILURES);
        }
        assert!(!breakers.heard(backend(), &Outcome::TimedOut, 0), "that was told");
        assert!(!breakers.lets_through(&backend(), 1));
        assert!(breakers.lets_through(&other, 1), "another shop's is another");
        assert!(breakers.lets_through(&backend(), OPEN_MS));
        assert!(!breakers.lets_through(&backend(), OPEN_MS + 1));
        breakers.heard(backend(), &Outcome::Refused { code: "sold_out".into() }, OPEN_MS + 2);
        assert!(breakers.lets_through(&backend(), OPEN_MS + 3));
    }
}
