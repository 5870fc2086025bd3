//! Whether a number, a shop or an app may send at all now: it waits for a while, or is stopped until one message finds out
//! that all is well again. Knows monotonic time only, and not why.

const HOUR_MS: i64 = 3_600_000;

/// The first pause of what is stopped, in ms; each further one is twice as long, up to 64 times.
const STOP_MS: i64 = 5_000;

/// While one message finds out whether a shop or an app is well again, no other does for so long, in ms.
const PROBE_MS: i64 = 1_000;

/// What a brake lets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Go {
    Nothing,
    /// To find out whether all is well again.
    One,
    All,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Brake {
    until_ms: i64,
    probe_ms: i64,
    /// How often in a row it was stopped, and paused.
    stops: u32,
    pauses: u32,
}

impl Brake {
    pub fn go(&self, now_ms: i64) -> Go {
        match (self.until_ms.max(self.probe_ms) > now_ms, self.stops > 0) {
            (true, _) => Go::Nothing,
            (false, true) => Go::One,
            (false, false) => Go::All,
        }
    }

    /// If it is stopped: the one message is on its way.
    pub fn probed(&mut self, now_ms: i64) {
        if self.stops > 0 {
            self.probe_ms = now_ms.saturating_add(PROBE_MS);
        }
    }

    /// Nothing for `ms`, twice as long each time in a row, and for `at_least_ms`; what was under way does not count as a
    /// further time. `true`: it went well until now.
    pub fn pause(&mut self, now_ms: i64, ms: i64, at_least_ms: i64) -> bool {
        let begins = self.until_ms <= now_ms;
        let growing_ms = ms.saturating_mul(1 << self.pauses.saturating_sub(u32::from(!begins)).min(4));
        self.learn(now_ms.saturating_add(growing_ms.max(at_least_ms).min(HOUR_MS)));
        self.pauses += u32::from(begins);
        begins && self.pauses == 1
    }

    /// Nothing until all is well again, which is tried with longer and longer pauses. `true`: it was well until now.
    pub fn stop(&mut self, now_ms: i64) -> bool {
        let was_well = self.stops == 0;
        if was_well || self.until_ms <= now_ms {
            self.learn(now_ms.saturating_add(STOP_MS.saturating_mul(1 << self.stops.min(6))));
            self.stops += 1;
        }
        was_well
    }

    /// A message was taken. `true`: it had been stopped. What was under way before says nothing.
    pub fn well(&mut self, now_ms: i64) -> bool {
        if self.until_ms > now_ms {
            return false;
        }
        self.pauses = 0;
        std::mem::take(&mut self.stops) > 0
    }

    /// Settings have changed: what is stopped is tried at once.
    pub fn configured(&mut self) {
        if self.stops > 0 {
            *self = Brake { stops: 1, ..Brake::default() };
        }
    }

    /// Another process has stopped it, or an earlier one.
    pub fn learn_stopped(&mut self) {
        self.stops = self.stops.max(1);
    }

    /// Nothing until then.
    pub fn learn(&mut self, until_ms: i64) {
        self.until_ms = self.until_ms.max(until_ms);
    }

    pub fn until_ms(&self) -> i64 {
        self.until_ms
    }
}
