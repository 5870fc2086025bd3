//! The speed of Duka against the bars it was promised, as a table. `tests/benches/figures` builds all and runs it.
//!
//! `measure` alone prints the table; `measure WHAT TIMES` does one thing many times, for counting its instructions.
//! Times are the least of many runs, so that other work on the machine disturbs them little.

mod guards;
mod instructions;
mod process;
mod table;
mod work;

use std::time::{Duration, Instant};

/// The binary's allocator: what is measured is what people run.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [] => table::print(),
        [what, times] => match (work::work(what), times.parse::<usize>()) {
            (Some(mut work), Ok(times)) => (0..times).for_each(|_| work()),
            _ => eprintln!("there is nothing to measure called `{what}`"),
        },
        _ => eprintln!("usage: measure [WHAT TIMES]"),
    }
}

/// The least time of `runs` runs.
pub fn fastest(runs: usize, mut run: impl FnMut()) -> Duration {
    let mut time = || {
        let start = Instant::now();
        run();
        start.elapsed()
    };
    (0..runs).map(|_| time()).min().unwrap_or_default()
}
