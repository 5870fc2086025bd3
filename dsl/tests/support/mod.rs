//! What the suites share: the repository's own files, and files that record what is expected.

use std::fs;
use std::path::Path;

/// The files of a folder and its folders with an extension, by path, in order.
pub fn files(folder: &Path, extension: &str) -> Vec<(String, String)> {
    let mut entries: Vec<_> =
        fs::read_dir(folder).expect("the folder is there").flatten().map(|entry| entry.path()).collect();
    entries.sort();
    let mut found = Vec::new();
    for path in entries {
        if path.is_dir() {
            if !path.ends_with("target") {
                found.extend(files(&path, extension));
            }
        } else if path.extension().is_some_and(|found| found == extension) {
            let text = fs::read_to_string(&path).expect("the file is text");
            found.push((path.to_string_lossy().into_owned(), text));
        }
    }
    found
}

/// Compares `found` with a file of this crate; `UPDATE=1` writes it.
pub fn expect_file(path: &str, found: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, found).expect("the file can be written");
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert!(expected == found, "{} is not current; run with UPDATE=1:\n{found}", path.display());
}
