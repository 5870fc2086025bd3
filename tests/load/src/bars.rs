//! Every figure that is held against something, with the number and where it was written down: the one table of the tool.
//! `reliability.md` and `performance.md` are the design's pages, "the server's goals" are those that the server was ordered with. A bar is the least
//! that was promised; what is aimed at stands beside it where it was named.

/// Which side of the number is good.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bound {
    AtLeast(f64),
    AtMost(f64),
}

/// One promise.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bar {
    /// The target's id and what is measured.
    pub what: &'static str,
    pub bound: Bound,
    pub source: &'static str,
}

impl Bar {
    pub fn is_met(&self, value: f64) -> bool {
        match self.bound {
            Bound::AtLeast(least) => value >= least,
            Bound::AtMost(most) => value <= most,
        }
    }
}

const fn least(what: &'static str, number: f64, source: &'static str) -> Bar {
    Bar { what, bound: Bound::AtLeast(number), source }
}

const fn most(what: &'static str, number: f64, source: &'static str) -> Bar {
    Bar { what, bound: Bound::AtMost(number), source }
}

const SPEED: &str = "the server's goals";
const T4: &str = "reliability.md 5, T4; the server's goals";
const T14: &str = "reliability.md 5, T14";
const T23: &str = "reliability.md 5, T23";

// What must never happen, whatever is done to the server.
pub const LOST: Bar = most("messages lost", 0.0, "reliability.md 4.2, I1, I2");
pub const DOUBLE: Bar = most("messages counted twice", 0.0, "reliability.md 4.2, I3");
pub const DISORDER: Bar = most("messages out of order", 0.0, "reliability.md 4.2, I4, I8");
pub const TWICE: Bar = most("messages visible twice without the excuse of 4.3", 0.0, "reliability.md 4.2, I7");
pub const PARKED: Bar =
    most("messages parked, of a thousand", 10.0, "ours: 4.3 allows each, and many would be a fault");

// How much of it must be done before a trial counts.
pub const T4_KILLS: Bar = least("T4 kills", 200.0, "the server's goals");
pub const T4_KINDS: Bar = least("T4 kinds of moments, each hit by a 20th of the kills", 8.0, T4);
pub const T4_MESSAGES: Bar = least("T4 acknowledged messages", 10_000.0, T4);
pub const T4_FAULTS: Bar =
    least("T4 kinds of provider faults hit", 28.0, "every kind of `dev-graph`, F51 to F69; T4: harsh");
pub const T7_UNSYNCED: Bar = most("T7 answers without a sync of their own", 0.0, "reliability.md 5, T7");
pub const T7_WEBHOOKS: Bar = least("T7 single webhooks", 1_000.0, "reliability.md 5, T7");
pub const T7_CUTS: Bar = least("T7 power cuts that took something", 50.0, "reliability.md 5, T7");
pub const T10_DELIVERIES: Bar = least("T10 deliveries", 100_000.0, "reliability.md 5, T10");
pub const T11_ACCEPTED: Bar = most("T11 forged webhooks not refused with 401", 0.0, "reliability.md 5, T11");
pub const T11_TOLD: Bar = most("T11 refusals that differ from each other, or have an effect", 0.0, "TM2: a fixed body");
pub const T11_FORGED: Bar = least("T11 forged webhooks", 10_000.0, "reliability.md 5, T11");
pub const T11_LEAKS: Bar =
    most("T11 foreign requests answered otherwise than for nobody", 0.0, "reliability.md 5, T11; TM15");
pub const T11_PROBES: Bar = least("T11 foreign requests", 10_000.0, "reliability.md 5, T11");
pub const T19_PAUSES: Bar =
    least("T19 pauses longer than a claim, with 2, 3 and 4 servers", 200.0, "reliability.md 5, T19");
pub const T23_ENDS: Bar = least("T23 ends under load, each well", 100.0, T23);
pub const T23_END: Bar = most("T23 SIGTERM to exit under load, s", 10.0, T23);
pub const SHOW3_KILLS: Bar = least("one of several servers killed", 1.0, "the server's goals");
pub const SHOW3_RESTARTS: Bar = least("PostgreSQL restarted under several servers", 1.0, "the server's goals");

// Speed.
pub const P7: Bar = least("P7 turns/s against the bare loop", 0.60, "the server's goals (aim 0.85)");
pub const P8: Bar = least("P8 turns/s against a server that stores nothing", 0.40, "performance.md 1 (aim 0.52)");
pub const P9_TOGETHER: Bar = least("P9 turns to a sync", 50.0, "the server's goals (aim 90)");
pub const P9_SLOW: Bar = least("P9 turns/s with 10 ms on each sync, share", 0.40, "the server's goals (aim 0.50)");
pub const P9_LONE: Bar = most("P9 syncs that a lone message waits for", 1.5, "the server's goals: one");
pub const P10_MEDIAN: Bar = most("P10 accept at half load, median, in commits", 2.0, "performance.md 1 (aim 1.5)");
pub const P10_P99: Bar = most("P10 accept at half load, p99, in commits", 5.0, "performance.md 1 (aim 3)");
pub const P11: Bar = least("P11 turns/s against the bare loop", 0.60, "the server's goals (aim 0.75)");
pub const P13: Bar = least("P13 whole turns/s", 4_000.0, "the server's goals, on SQLite (aim 8,500)");
pub const P16: Bar = most("P16 CPU of a status against a message's", 0.7, "the server's goals (aim 0.5)");
pub const T12_MEDIAN: Bar =
    most("T12 acknowledged at 200/s, median, ms", 25.0, "the server's goals; reliability.md 5, T12");
pub const T12_P99: Bar = most("T12 acknowledged at 200/s, p99, ms", 250.0, "the server's goals; reliability.md 5, T12");
pub const REPLY_P99: Bar = most("replies at 200/s, p99, ms", 1_000.0, SPEED);
pub const REPLY_LOST: Bar = most("replies at 200/s that never came", 0.0, SPEED);
pub const BACKEND_MEDIAN: Bar =
    most("replies with two questions of 20 ms in all, at 50/s, median, ms", 30.0, "the closed loop's goals");
pub const BACKEND_HANGS: Bar =
    most("others' p99 while one shop's system hangs, against the quiet one", 2.0, "the closed loop's goals");
pub const BACKEND_LOST: Bar = most("replies of other shops that never came", 0.0, "the closed loop's goals");
pub const IDLE: Bar = most("idle with 100 shops, highest, MiB", 100.0, SPEED);
pub const SIZE: Bar =
    most("CPU of a turn against that with 100 customers", 1.5, "the server's goals: independent; the number is ours");
pub const SIZE_BACKLOG: Bar =
    most("CPU of a turn with 100,000 queued against none", 1.5, "the server's goals: independent; the number is ours");
pub const T13_P99: Bar = most("T13 others' p99 of what is allowed", 1.0, "reliability.md 5, T13: max(3 x quiet, 1 s)");
pub const T13_LOST: Bar = most("T13 others' messages lost", 0.0, "reliability.md 5, T13");
pub const T13_MEMORY: Bar = most("T13 highest memory, MiB", 256.0, "reliability.md 5, T13");
pub const T14_READY: Bar = most("T14 ready with 200,000 queued, ms", 2_000.0, T14);
pub const T14_MEMORY: Bar = most("T14 highest memory, MiB", 256.0, T14);
pub const T14_EVEN_LEAST: Bar = least("T14 sends of those allowed", 0.95, T14);
pub const T14_EVEN_MOST: Bar = most("T14 sends of those allowed, at most", 1.05, T14);
pub const T14_REPLY: Bar =
    most("T14 a reply that overtakes the bulk, ms", 1_000.0, "T14; the number is the goal for replies");
pub const T23_EMPTY: Bar = most("T23 ready, empty, slowest, ms", 1_000.0, T23);
pub const T23_FULL: Bar = most("T23 ready with 1 GiB, slowest, ms", 2_000.0, T23);
