//! Damaged flows, by seed: whatever is done to a text, reading it ends well. A failing seed is printed; keep it in `KEPT`.

use duka_dsl::{FileId, lines, yaml};
use duka_engine::source::FileKind;
use duka_tests::random::{Random, damaged};
use duka_tests::survive;
use duka_tests::tree::{files, root};

/// Seeds that once failed.
const KEPT: [u64; 0] = [];
/// How many more are tried; `DUKA_SEEDS=100000 cargo test --release --test random` looks longer.
const SEEDS: u64 = 300;

fn seeds() -> u64 {
    std::env::var("DUKA_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(SEEDS)
}

/// Runs `check` on damaged copies of the files that end in one of `endings`, by path and text.
fn each_damaged(endings: &[&str], check: impl Fn(&str, &str) + std::panic::RefUnwindSafe) {
    let texts = files(&["examples", "flows"], endings);
    assert!(!texts.is_empty());
    for seed in KEPT.into_iter().chain(0..seeds()) {
        let mut random = Random::new(seed);
        let file = &texts[random.below(texts.len())];
        let text = damaged(&file.text, &mut random);
        if std::panic::catch_unwind(|| check(&file.path, &text)).is_err() {
            panic!("seed {seed} fails; {} was damaged to:\n{text}", file.path);
        }
    }
}

#[test]
fn damaged_lines_are_read() {
    each_damaged(&[".duka"], |_, text| survive::lines(text));
}

#[test]
fn damaged_yaml_is_read() {
    let texts = files(&["examples", "flows/std"], &[".duka"]);
    let flows: Vec<String> = texts
        .iter()
        .filter(|file| FileKind::of(&file.path, &file.text) == Some(FileKind::Lines))
        .filter_map(|file| yaml::print(&lines::read(FileId(0), &file.text).0))
        .collect();
    for seed in 0..seeds() {
        let mut random = Random::new(seed);
        let text = damaged(&flows[random.below(flows.len())], &mut random);
        if std::panic::catch_unwind(|| survive::yaml(&text)).is_err() {
            panic!("seed {seed} fails; the text is:\n{text}");
        }
    }
}

#[test]
fn damaged_shops_are_checked() {
    each_damaged(&[".duka", ".yaml", ".rhai"], survive::shop);
}

/// Expressions to damage.
const EXPRESSIONS: [&str; 12] = [
    "cart.count > 0 and not cart.is_empty",
    "x >= 3 || t == \"a b\"",
    "customer.first_name in [\"Amina\", \"Otieno\"]",
    "m.is_set and m > cart.total",
    "(x + 1) * 2 - 3 / 4 % 5 == 0",
    "answers.a == y",
    "now > 5",
    "if x { 1 } else { 2 }",
    "while true {}",
    "[1, 2, 3].len() == 3",
    "eval(\"1\")",
    "x.to_string().len > 1 && !(x == 2)",
];

#[test]
fn damaged_expressions_are_checked() {
    for seed in 0..seeds() {
        let mut random = Random::new(seed);
        let text = damaged(random.pick(&EXPRESSIONS).unwrap_or(""), &mut random);
        if std::panic::catch_unwind(|| survive::expression(&text)).is_err() {
            panic!("seed {seed} fails; the expression is:\n{text}");
        }
    }
}

#[test]
fn conversations_of_all_kinds_are_held() {
    for seed in 0..seeds() {
        let mut random = Random::new(seed);
        let bytes: Vec<u8> = (0..60).map(|_| u8::try_from(random.below(256)).unwrap_or(0)).collect();
        if std::panic::catch_unwind(|| survive::conversation(&bytes)).is_err() {
            panic!("seed {seed} fails; the conversation is {bytes:?}");
        }
    }
}

/// Bytes that the fuzzer once stopped at.
#[test]
fn kept_bytes_are_refused_or_gone_on_with() {
    let folder = std::fs::read_dir(root().join("tests/corpus/stored")).expect("the corpus is part of the repository");
    let files: Vec<_> = folder.map(|entry| entry.expect("a readable folder").path()).collect();
    assert!(!files.is_empty());
    files.iter().for_each(|path| survive::session(&std::fs::read(path).expect("a readable file")));
}

#[test]
fn stored_bytes_are_refused_or_gone_on_with() {
    let kept = duka_tests::turn::Turn::new(4).session.encode();
    for seed in 0..seeds() {
        let mut random = Random::new(seed);
        let mut bytes = kept.clone();
        for _ in 0..=random.below(6) {
            let at = random.below(bytes.len());
            bytes[at] = u8::try_from(random.below(256)).unwrap_or(0);
        }
        if std::panic::catch_unwind(|| survive::session(&bytes)).is_err() {
            panic!("seed {seed} fails; the bytes are {bytes:?}");
        }
    }
}
