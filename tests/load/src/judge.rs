//! Holds what was measured against its bar and says so. Measures nothing, and knows no number of its own.

use std::sync::{Mutex, PoisonError};

use crate::bars::{Bar, Bound};

/// Whether and how a run is judged.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub struct Judging {
    /// Say what was measured, and hold nothing against it: for machines that are slow or busy
    #[arg(long)]
    no_judge: bool,
    /// The sizes are less than those of the targets: how much was done is not judged, what came of it is
    #[arg(long)]
    brief: bool,
}

/// One bar with what was measured.
struct Seen {
    bar: &'static Bar,
    /// SQLite or PostgreSQL, and what else tells it from others.
    of: String,
    value: f64,
    is_size: bool,
}

pub struct Judge {
    judging: Judging,
    seen: Mutex<Vec<Seen>>,
    broken: Mutex<Vec<String>>,
}

impl Judging {
    /// Less is done than the targets ask for.
    pub fn is_brief(self) -> bool {
        self.brief
    }
}

impl Judge {
    pub fn new(judging: Judging) -> Judge {
        Judge { judging, seen: Mutex::default(), broken: Mutex::default() }
    }

    /// A figure; `of` says on what it was measured.
    pub fn see(&self, bar: &'static Bar, of: impl ToString, value: f64) {
        self.push(Seen { bar, of: of.to_string(), value, is_size: false });
    }

    /// How much was done: not judged where less was asked for.
    pub fn see_size(&self, bar: &'static Bar, of: impl ToString, value: f64) {
        self.push(Seen { bar, of: of.to_string(), value, is_size: true });
    }

    /// A part that could not be measured, and why: it is missed.
    pub fn broke(&self, what: &str, error: &std::io::Error) {
        eprintln!("{what}: {error}");
        self.broken.lock().unwrap_or_else(PoisonError::into_inner).push(format!("{what}: {error}"));
    }

    fn push(&self, seen: Seen) {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).push(seen);
    }

    /// Prints a line for each figure; `true`: none was missed.
    pub fn verdict(&self) -> bool {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let mut held = true;
        println!();
        for Seen { bar, of, value, is_size } in seen.iter() {
            let word = match (bar.is_met(*value), self.judging) {
                (true, _) => "met",
                (false, Judging { brief: true, .. }) if *is_size => "brief",
                (false, Judging { no_judge: true, .. }) => "not judged",
                (false, _) => "MISSED",
            };
            held &= word != "MISSED";
            let bound = match bar.bound {
                Bound::AtLeast(least) => format!("at least {}", shown(least)),
                Bound::AtMost(most) => format!("at most {}", shown(most)),
            };
            println!("{word:<10} {}, {of}: {} ({bound}; {})", bar.what, shown(*value), bar.source);
        }
        let broken = self.broken.lock().unwrap_or_else(PoisonError::into_inner);
        broken.iter().for_each(|what| println!("{:<10} could not be measured: {what}", "MISSED"));
        held && broken.is_empty()
    }
}

/// Whole numbers whole, others with two places.
fn shown(value: f64) -> String {
    if value.fract() == 0.0 || value.abs() >= 1_000.0 { format!("{value:.0}") } else { format!("{value:.2}") }
}
