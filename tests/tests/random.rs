//! Damaged flows, by seed: whatever is done to a text, reading it ends well. A failing seed is printed; keep it in `KEPT`.

use duka_tests::random::{Random, damaged};
use duka_tests::survive;
use duka_tests::tree::files;

/// Seeds that once failed.
const KEPT: [u64; 0] = [];
/// How many more are tried; `DUKA_SEEDS=100000 cargo test --release --test random` looks longer.
const SEEDS: u64 = 300;

/// Runs `check` on damaged copies of the texts that end in `ending`.
fn each_damaged(endings: &[&str], check: impl Fn(&str) + std::panic::RefUnwindSafe) {
    let texts = files(&["examples", "flows/std"], endings);
    assert!(!texts.is_empty());
    let seeds = std::env::var("DUKA_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(SEEDS);
    for seed in KEPT.into_iter().chain(0..seeds) {
        let mut random = Random::new(seed);
        let text = &texts[random.below(texts.len())];
        let text = damaged(&text.text, &mut random);
        if std::panic::catch_unwind(|| check(&text)).is_err() {
            panic!("seed {seed} fails; the text is:\n{text}");
        }
    }
}

#[test]
fn damaged_lines_are_read() {
    each_damaged(&[".duka"], survive::lines);
}
