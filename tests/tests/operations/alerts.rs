//! The alert rules and the guide for operators speak of figures that there are, and of all of them.

use std::collections::BTreeSet;

use duka_runtime::ops::figures::FIGURES;
use duka_tests::tree::root;

/// Every name that begins as our figures do, without what Prometheus adds to histograms.
fn named(text: &str) -> BTreeSet<String> {
    let word = |letter: char| !(letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_');
    let figures = text.split(word).filter(|name| name.starts_with("duka_"));
    let plain = |name: &str| {
        let ends = ["_bucket", "_count", "_sum"];
        ends.iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name).to_string()
    };
    figures.map(plain).collect()
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).expect("the file is there")
}

#[test]
fn alerts_are_about_figures_that_there_are() {
    let known: BTreeSet<String> = FIGURES.iter().map(|(name, ..)| (*name).to_string()).collect();
    let alerts = named(&read("examples/deploy/alerts.yml"));
    assert!(alerts.len() > 8, "{alerts:?}");
    assert!(alerts.is_subset(&known), "{:?}", alerts.difference(&known).collect::<Vec<_>>());
}

#[test]
fn the_guide_for_operators_explains_every_figure() {
    let known: BTreeSet<String> = FIGURES.iter().map(|(name, ..)| (*name).to_string()).collect();
    assert_eq!(named(&read("docs/operations.md")), known);
}
