//! What is measured, each as something that can be done many times.

use std::hint::black_box;

use duka_dsl::{FileId, tests_file};
use duka_engine::compile::compile;
use duka_engine::lints::{self, Settings};
use duka_engine::session::Session;
use duka_engine::simulate::test;
use duka_engine::source::{FileKind, ShopSource};
use duka_engine::step::{Limits, step};
use duka_tests::turn::Turn;
use duka_tests::{generate, shops};

/// Does it once.
pub type Work = Box<dyn FnMut()>;

/// `WHAT-STATES`: the work of that name in a shop of so many states. `None` when there is none.
pub fn work(name: &str) -> Option<Work> {
    let (what, states) = name.rsplit_once('-')?;
    let states = states.parse().ok()?;
    Some(match what {
        "step" => kept(states),
        "cold" => cold(states),
        "copy" => copies(states),
        "compile" => compiles(generate::shop(states)),
        "compile-yaml" => compiles(generate::yaml_shop(states)),
        "check" => checks(generate::shop(states)),
        _ => return None,
    })
}

/// A step of a session that is held decoded, and the encoding of what it leaves. It takes a copy of the turn: less
/// [`copies`].
fn kept(states: usize) -> Work {
    let turn = Turn::new(states);
    let mut bytes = Vec::with_capacity(4_096);
    Box::new(move || {
        let done = turn.clone().take();
        bytes.clear();
        done.session.encode_into(&mut bytes);
        black_box((&done, &bytes));
    })
}

/// A step from an encoded session to an encoded session.
fn cold(states: usize) -> Work {
    let turn = Turn::new(states);
    let encoded = turn.session.encode();
    let mut bytes = Vec::with_capacity(4_096);
    Box::new(move || {
        let session = Session::decode(&encoded).expect("it was just encoded");
        let done = step(&turn.program, session, &turn.event, &Limits::default());
        bytes.clear();
        done.session.encode_into(&mut bytes);
        black_box((&done, &bytes));
    })
}

/// The copies that [`kept`] makes.
fn copies(states: usize) -> Work {
    let turn = Turn::new(states);
    Box::new(move || {
        black_box(turn.clone());
    })
}

pub fn compiles(source: ShopSource) -> Work {
    Box::new(move || {
        black_box(compile(&source));
    })
}

pub fn checks(source: ShopSource) -> Work {
    Box::new(move || {
        black_box(lints::check(&compile(&source), &source, &Settings::of(&source)));
    })
}

/// The conversation tests of the boutique, and how many turns they play.
pub fn plays() -> (Work, usize) {
    let source = shops::example("boutique");
    let program = compile(&source).program.expect("the boutique has no errors");
    let fixtures = test::fixtures(&source);
    let files = source.files.iter().filter(|file| file.kind == FileKind::Tests && !file.path.starts_with("std/"));
    let files: Vec<_> = files.map(|file| tests_file::read(FileId(0), &file.text).0).collect();
    let play = move || files.iter().flat_map(|file| test::run(&program, &fixtures, file, "")).collect::<Vec<_>>();
    let turns = play().iter().map(|result| result.traces.len()).sum();
    let work = move || {
        black_box(play());
    };
    (Box::new(work), turns)
}
