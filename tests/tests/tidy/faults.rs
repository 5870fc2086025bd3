//! The table of faults, invariants and targets: each has its row, and whatever is named there exists. Runs nothing of it.

use std::collections::BTreeSet;
use std::fs;

use duka_tests::tree::root;

use crate::none;

/// Where the tests of a crate lie.
const PLACES: [(&str, &str); 6] = [
    ("cli:", "cli/tests"),
    ("runtime:", "runtime/src"),
    ("engine:", "engine/tests"),
    ("dsl:", "dsl/tests"),
    ("otel:", "otel/tests"),
    ("", "tests/tests"),
];

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_default()
}

/// Whether a name of the table is there; `None`: it is none.
fn exists(name: &str) -> Option<bool> {
    if let Some((file, test)) = name.split_once("::") {
        let (place, folder) = PLACES.into_iter().find(|(place, _)| file.starts_with(place))?;
        let text = read(&format!("{folder}/{}.rs", &file[place.len()..]));
        return Some(text.contains(&format!("fn {test}(")));
    }
    let (program, part) = name.split_once(' ')?;
    let mut variant = part.to_string();
    variant.get_mut(..1)?.make_ascii_uppercase();
    match program {
        "campaign" | "load" => {
            let text = read(&format!("tests/load/src/bin/{program}/main.rs"));
            Some(text.lines().any(|line| line.trim() == format!("{variant},")))
        }
        "fuzz" => Some(root().join(format!("fuzz/fuzz_targets/{part}.rs")).exists()),
        _ => None,
    }
}

/// The first cell of each row, with the row.
fn rows(path: &str) -> Vec<(String, String)> {
    let page = read(path);
    let is_code = |cell: &str| cell.starts_with(['F', 'I', 'T']) && cell[1..].parse::<u32>().is_ok();
    let first = |row: &str| row.split('|').nth(1).map(|cell| cell.trim().to_string());
    page.lines().filter_map(|row| Some((first(row)?, row.to_string()))).filter(|(cell, _)| is_code(cell)).collect()
}

#[test]
fn every_fault_invariant_and_target_has_a_row_and_every_name_in_it_exists() {
    let rows: Vec<(String, String)> =
        ["tests/faults.md", "tests/corpus/faults.md"].into_iter().flat_map(rows).collect();
    let found: BTreeSet<&str> = rows.iter().map(|(code, _)| code.as_str()).collect();
    let wanted = [('F', 112), ('I', 31), ('T', 24)].into_iter();
    let wanted = wanted.flat_map(|(kind, last)| (1..=last).map(move |number| format!("{kind}{number}")));
    let mut offences: Vec<String> =
        wanted.filter(|code| !found.contains(code.as_str())).map(|code| format!("{code} has no row")).collect();
    if found.len() != rows.len() {
        offences.push("a number has two rows".to_string());
    }
    for (code, row) in &rows {
        let names: Vec<&str> = row.split('`').skip(1).step_by(2).collect();
        let known: Vec<(&str, bool)> = names.into_iter().filter_map(|name| Some((name, exists(name)?))).collect();
        if known.is_empty() && !row.contains("not shown: ") {
            offences.push(format!("{code} says neither what shows it nor why nothing does"));
        }
        offences.extend(
            known.iter().filter(|(_, exists)| !exists).map(|(name, _)| format!("{code}: there is no `{name}`")),
        );
    }
    none(&offences, "tests/faults.md names what shows each fault, invariant and target");
}
