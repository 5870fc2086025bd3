//! Does one thing many times, for counting instructions: `measure WHAT TIMES`. `tests/benches/instructions` runs it under
//! callgrind with two numbers of times; the difference leaves out what happens once.

use std::hint::black_box;

use duka_engine::compile::compile;
use duka_engine::lints::{self, Settings};
use duka_engine::session::Session;
use duka_engine::step::{Limits, step};
use duka_tests::generate;
use duka_tests::turn::Turn;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let what = arguments.next().unwrap_or_default();
    let times: usize = arguments.next().and_then(|times| times.parse().ok()).unwrap_or(0);
    match what.as_str() {
        "step-4" => steps(4, times),
        "step-1000" => steps(1_000, times),
        "kept-4" => kept(4, times),
        "kept-1000" => kept(1_000, times),
        "cold-4" => cold(4, times),
        "clone-4" => clones(4, times),
        "compile-50" => compiles(50, times),
        "compile-1000" => compiles(1_000, times),
        "check-1000" => checks(1_000, times),
        other => eprintln!("there is nothing to measure called `{other}`"),
    }
}

fn steps(states: usize, times: usize) {
    let turn = Turn::new(states);
    for _ in 0..times {
        black_box(turn.clone().take());
    }
}

/// A step of a session that is held decoded: the step and the encoding of what it leaves. Less the copy, [`clones`].
fn kept(states: usize, times: usize) {
    let turn = Turn::new(states);
    let mut bytes = Vec::with_capacity(4_096);
    for _ in 0..times {
        let done = turn.clone().take();
        bytes.clear();
        done.session.encode_into(&mut bytes);
        black_box((&done, &bytes));
    }
}

/// A step from an encoded session to an encoded session.
fn cold(states: usize, times: usize) {
    let turn = Turn::new(states);
    let encoded = turn.session.encode();
    let mut bytes = Vec::with_capacity(4_096);
    for _ in 0..times {
        let session = Session::decode(&encoded).expect("it was just encoded");
        let done = step(&turn.program, session, &turn.event, &Limits::default());
        bytes.clear();
        done.session.encode_into(&mut bytes);
        black_box((&done, &bytes));
    }
}

/// What the copies cost that [`steps`] makes.
fn clones(states: usize, times: usize) {
    let turn = Turn::new(states);
    for _ in 0..times {
        black_box(turn.clone());
    }
}

fn compiles(states: usize, times: usize) {
    let source = generate::shop(states);
    for _ in 0..times {
        black_box(compile(&source));
    }
}

fn checks(states: usize, times: usize) {
    let source = generate::shop(states);
    for _ in 0..times {
        black_box(lints::check(&compile(&source), &source, &Settings::of(&source)));
    }
}
