//! What is allocated: per turn the same whatever the size of the flow, the number of languages and the length of the
//! conversation; per costly file in proportion to its size. Counts allocations and bytes, no time.

use allocation_counter::{AllocationInfo, measure};
use duka_engine::compile::compile;
use duka_engine::lints::{self, Settings};
use duka_engine::source::{FileKind, SourceFile};
use duka_tests::costly::{self, Costly};
use duka_tests::shops;
use duka_tests::turn::Turn;

/// The step of a turn, and the encoding of the session that it leaves.
fn allocated(turn: &Turn) -> AllocationInfo {
    let mut bytes = Vec::with_capacity(64 * 1024);
    let mut turn = Some(turn.clone());
    let info = measure(|| {
        let done = turn.take().expect("it is taken once").take();
        done.session.encode_into(&mut bytes);
    });
    assert!(info.count_total > 0, "a turn that says something allocates");
    info
}

fn same(what: &str, small: AllocationInfo, large: AllocationInfo) {
    assert_eq!(
        (small.count_total, small.bytes_total),
        (large.count_total, large.bytes_total),
        "{what}: {small:?}, {large:?}"
    );
}

#[test]
fn a_turn_allocates_the_same_in_small_and_large_flows() {
    same("4 and 1,000 states", allocated(&Turn::new(4)), allocated(&Turn::new(1_000)));
}

#[test]
fn a_turn_allocates_the_same_whatever_the_number_of_languages() {
    same("1 and 7 languages", allocated(&Turn::of(4, 1, 0)), allocated(&Turn::of(4, 7, 0)));
}

#[test]
fn a_turn_allocates_the_same_late_in_a_conversation() {
    same("after 40 and 800 turns", allocated(&Turn::of(4, 1, 20)), allocated(&Turn::of(4, 1, 400)));
}

/// What compiling and checking a shop with a costly file allocates.
fn checked(file: &Costly) -> AllocationInfo {
    let files = file.shop().into_iter().filter_map(|(path, text)| {
        let kind = FileKind::of(&path, &text)?;
        Some(SourceFile { path, text, kind })
    });
    let source = shops::with_standard(files.collect());
    measure(|| {
        lints::check(&compile(&source), &source, &Settings::of(&source));
    })
}

/// The smaller size of a costly file, in bytes.
const SMALL: usize = 8 * 1024;
const TIMES: u64 = 4;
/// What may be held at once for a file of `SMALL * TIMES` bytes. What multiplies reaches the bounds of the compiler at this
/// size already, and holds little more in a file of the largest size, which may take 64 MiB.
const MOST_BYTES: u64 = 12 * 1024 * 1024;

/// Every `parts`th file, so that the parts can run beside each other.
fn costly_files_cost_in_proportion(part: usize, parts: usize) {
    let (small, large) = (costly::files(SMALL), costly::files(SMALL * TIMES as usize));
    let mut told = Vec::new();
    for (small, large) in small.iter().zip(&large).skip(part).step_by(parts) {
        let (few, many) = (checked(small), checked(large));
        // A file that is quadratic in something costs TIMES * TIMES as much.
        if many.count_total > few.count_total * TIMES * 2 || many.bytes_max > MOST_BYTES {
            told.push(format!(
                "{}: {} and {} allocations, {} KiB at once",
                small.what,
                few.count_total,
                many.count_total,
                many.bytes_max / 1024
            ));
        }
    }
    assert!(told.is_empty(), "{}", told.join("\n"));
}

#[test]
fn costly_files_cost_in_proportion_first_part() {
    costly_files_cost_in_proportion(0, 2);
}

#[test]
fn costly_files_cost_in_proportion_second_part() {
    costly_files_cost_in_proportion(1, 2);
}
