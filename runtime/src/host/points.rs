//! Named places where a process may die (reliability.md 3.2). In production nothing happens at them; a test or a kill
//! driver arms one of one host, never of all.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Every place, in the order of a message's way. A new one needs its row in the crash suite, which is made from this list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Point {
    /// A batch was taken, nothing is written (F21).
    IngestBegun,
    /// Copies are told from new elements; nothing is stepped.
    IngestAdmitted,
    /// Turns are computed, nothing of them is written (F24).
    WorkStepped,
    /// All is written, nothing is committed (F27).
    WorkBeforeCommit,
    /// Committed, nobody was told (F22, F15).
    WorkAfterCommit,
    /// Inbox rows are claimed, their attempts counted (F23).
    WorkClaimed,
    /// Sends are claimed, no byte has left (F28).
    SendClaimed,
    /// The provider has answered, nothing is written of it (F29, F30).
    SendBeforeMark,
    /// Calls are claimed, nobody was asked.
    CallClaimed,
    /// The shop's system has answered, nothing is written of it (F25, F26).
    CallAnswered,
}

impl Point {
    pub const ALL: [Point; 10] = [
        Point::IngestBegun,
        Point::IngestAdmitted,
        Point::WorkStepped,
        Point::WorkBeforeCommit,
        Point::WorkAfterCommit,
        Point::WorkClaimed,
        Point::SendClaimed,
        Point::SendBeforeMark,
        Point::CallClaimed,
        Point::CallAnswered,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Point::IngestBegun => "ingest.begun",
            Point::IngestAdmitted => "ingest.admitted",
            Point::WorkStepped => "work.stepped",
            Point::WorkBeforeCommit => "work.before_commit",
            Point::WorkAfterCommit => "work.after_commit",
            Point::WorkClaimed => "work.claimed",
            Point::SendClaimed => "send.claimed",
            Point::SendBeforeMark => "send.before_mark",
            Point::CallClaimed => "call.claimed",
            Point::CallAnswered => "call.answered",
        }
    }

    pub fn named(name: &str) -> Option<Point> {
        Point::ALL.into_iter().find(|point| point.name() == name)
    }
}

/// What happens at an armed point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blow {
    /// The step under way ends with an error, as if its process had died.
    Error,
    /// The process aborts.
    Abort,
    /// The part of the process that comes by panics.
    Panic,
    /// Everything of this thread stands still.
    Delay(Duration),
}

/// The step was ended at a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("struck at {}", .0.name())]
pub struct Struck(pub Point);

/// The points of one host.
#[derive(Clone, Debug, Default)]
pub struct Points {
    // Armed before the host starts and counted down while it runs; nobody waits for the lock in production, where it is
    // not there.
    armed: Option<Arc<Mutex<Armed>>>,
}

#[derive(Debug)]
struct Armed {
    point: Point,
    blow: Blow,
    /// Passes that are let through first.
    after: u32,
    hits: u32,
}

impl Points {
    /// Strikes at a point, once it was passed `after` times; only once.
    pub fn armed(point: Point, blow: Blow, after: u32) -> Points {
        Points { armed: Some(Arc::new(Mutex::new(Armed { point, blow, after, hits: 0 }))) }
    }

    /// As a tester writes it: `kill`, `error`, `panic` or `delay`, the point's name, and how many passes are let through first.
    #[cfg(debug_assertions)]
    pub fn read(told: &str) -> Option<Points> {
        let mut words = told.split(' ');
        let blow = match words.next()? {
            "kill" => Blow::Abort,
            "error" => Blow::Error,
            "panic" => Blow::Panic,
            "delay" => Blow::Delay(Duration::from_secs(2)),
            _ => return None,
        };
        Some(Points::armed(Point::named(words.next()?)?, blow, words.next()?.parse().ok()?))
    }

    /// Whether the armed point has struck.
    pub fn has_struck(&self) -> bool {
        let armed = self.armed.as_ref().map(|armed| armed.lock().unwrap_or_else(PoisonError::into_inner));
        armed.is_some_and(|armed| armed.hits > armed.after)
    }

    /// Passes a point.
    ///
    /// # Errors
    /// The point is armed with [`Blow::Error`] and its turn has come.
    pub fn hit(&self, point: Point) -> Result<(), Struck> {
        let Some(armed) = &self.armed else { return Ok(()) };
        let mut armed = armed.lock().unwrap_or_else(PoisonError::into_inner);
        if armed.point != point || armed.hits > armed.after {
            return Ok(());
        }
        armed.hits += 1;
        if armed.hits <= armed.after {
            return Ok(());
        }
        tracing::warn!(point = point.name(), blow = ?armed.blow, "struck, as told");
        match armed.blow {
            Blow::Error => Err(Struck(point)),
            Blow::Abort => {
                // The log is written by another thread, which dies with the rest.
                let _ = writeln!(std::io::stderr(), "{}: struck, as told", point.name());
                std::process::abort()
            }
            Blow::Panic => std::panic::panic_any(point.name()),
            Blow::Delay(time) => {
                std::thread::sleep(time);
                Ok(())
            }
        }
    }
}
