//! The settings files of the example shops and the built-in contracts are read without a finding.

use std::fs;
use std::path::{Path, PathBuf};

use duka_dsl::FileId;
use duka_dsl::config::{contract, fixture, shop};

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> =
        fs::read_dir(folder).expect("the folder is there").flatten().map(|entry| entry.path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            found.push(path);
        }
    }
}

#[test]
fn the_repository_s_own_settings_are_in_order() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut found = Vec::new();
    files(&root.join("flows"), &mut found);
    files(&root.join("examples"), &mut found);
    let mut said = Vec::new();
    let mut kinds = [0; 3];
    for path in found {
        let text = fs::read_to_string(&path).expect("the file is text");
        let name = path.to_string_lossy().into_owned();
        let diagnostics = if name.ends_with("shop.yaml") {
            kinds[0] += 1;
            shop::read(FileId(0), &text).1
        } else if name.ends_with(".contract.yaml") {
            kinds[1] += 1;
            contract::read(FileId(0), &text).1
        } else if name.contains("fixtures") {
            kinds[2] += 1;
            fixture::read(FileId(0), &text).1
        } else {
            continue;
        };
        said.extend(diagnostics.into_iter().map(|d| format!("{name}: {:?} {}", text.get(d.span.range()), d.message)));
    }
    assert_eq!(said, Vec::<String>::new());
    assert!(kinds.iter().all(|count| *count > 2), "{kinds:?}");
}
