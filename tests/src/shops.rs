//! The shops of this repository as sources, for every suite that needs a real one.

use std::path::Path;

use duka_engine::source::{FileKind, ShopSource, SourceFile};

use crate::tree::root;

/// The names of the shops under `examples/`, in order.
pub fn examples() -> Vec<String> {
    let folder = std::fs::read_dir(root().join("examples")).expect("examples are part of the repository");
    let mut names: Vec<String> = folder
        .map(|entry| entry.expect("a readable folder"))
        .filter(|entry| entry.path().join("shop.yaml").exists())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// One shop of `examples/`, with the standard library.
pub fn example(name: &str) -> ShopSource {
    with_standard(files(&root().join("examples").join(name)))
}

/// The shop that tests of the server play with: it counts.
pub fn counter() -> ShopSource {
    with_standard(files(&root().join("tests/shops/counter")))
}

/// The shop that shows everything that a line can show.
pub fn gallery() -> ShopSource {
    with_standard(files(&root().join("tests/shops/gallery")))
}

/// Whether a name of [`everything`] is a standard flow.
pub fn is_standard(name: &str) -> bool {
    name.starts_with("std.")
}

/// Every example, the shops that count and show, and every standard flow alone in the shop that they are tried in.
pub fn everything() -> Vec<(String, ShopSource)> {
    let own = examples().into_iter().map(|name| (name.clone(), example(&name)));
    let own = own.chain([("counter".to_string(), counter()), ("gallery".to_string(), gallery())]);
    own.chain(standard_flows().into_iter().map(|name| (format!("std.{name}"), standard(&name)))).collect()
}

/// The names of the standard flows, in order.
pub fn standard_flows() -> Vec<String> {
    let names = duka_flows::STD.iter().filter_map(|(path, _)| path.strip_prefix("std/")?.strip_suffix(".duka"));
    names.filter(|name| !name.contains('.')).map(ToString::to_string).collect()
}

/// A standard flow as if it were copied, with its texts and tests; what it uses stays standard.
pub fn standard(name: &str) -> ShopSource {
    let mut files = files(&root().join("flows/std"));
    files.retain(|file| file.path.ends_with(".yaml") || file.path.starts_with(&format!("{name}.")));
    with_standard(files)
}

/// The files of a shop's folder, in the order of their paths.
pub fn files(folder: &Path) -> Vec<SourceFile> {
    let mut paths = Vec::new();
    collect(folder, folder, &mut paths);
    paths.sort();
    let read = |path: String| {
        let text = std::fs::read_to_string(folder.join(&path)).expect("example files are text");
        let kind = FileKind::of(&path, &text)?;
        Some(SourceFile { path, text, kind })
    };
    paths.into_iter().filter_map(read).collect()
}

fn collect(root: &Path, folder: &Path, paths: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("a readable folder").path();
        if path.is_dir() {
            collect(root, &path, paths);
        } else if let Ok(inside) = path.strip_prefix(root) {
            paths.push(inside.to_string_lossy().replace('\\', "/"));
        }
    }
}

/// Adds the standard flows and contracts behind a shop's own files.
pub fn with_standard(mut files: Vec<SourceFile>) -> ShopSource {
    let standard_from = files.len();
    for (path, text) in duka_flows::CONTRACTS.iter().chain(duka_flows::STD) {
        if let Some(kind) = FileKind::of(path, text) {
            files.push(SourceFile { path: (*path).to_string(), text: (*text).to_string(), kind });
        }
    }
    ShopSource { files, standard_from }
}
