//! What all flows of a shop share: `shop.yaml` and its own contracts by their settings, `hooks.rhai` by its functions.

use std::collections::BTreeMap;

use duka_dsl::FileId;
use duka_dsl::yaml::tree::{Node, Value, parse};

use super::Change;
use crate::expression::without_comments;
use crate::source::{FileKind, ShopSource, SourceFile};

/// What became of them, by file.
pub(super) fn compare(old: &ShopSource, new: &ShopSource, found: &mut Vec<Change>) {
    let (was, is) = (shared(old), shared(new));
    for (path, file) in &was {
        let mut say = |what: String| found.push(Change { flow: (*path).to_string(), state: None, what });
        match is.get(path) {
            None => say("the file is gone".to_string()),
            Some(other) if file.kind == FileKind::Hooks => hooks(&file.text, &other.text, &mut say),
            Some(other) => {
                let root = |text: &str| parse(FileId(0), text).0.root;
                if let (Some(was), Some(is)) = (root(&file.text), root(&other.text)) {
                    settings("", &was, &is, &mut say);
                }
            }
        }
    }
    for path in is.keys().filter(|path| !was.contains_key(*path)) {
        found.push(Change { flow: (*path).to_string(), state: None, what: "the file is new".to_string() });
    }
}

fn shared(source: &ShopSource) -> BTreeMap<&str, &SourceFile> {
    let own = source.files.iter().take(source.standard_from);
    let shared = own.filter(|file| matches!(file.kind, FileKind::Shop | FileKind::Contract | FileKind::Hooks));
    shared.map(|file| (file.path.as_str(), file)).collect()
}

/// Each setting that differs, by its whole name.
fn settings(name: &str, old: &Node, new: &Node, say: &mut impl FnMut(String)) {
    let (Some(was), Some(is)) = (old.map(), new.map()) else {
        let (was, is) = (written(old), written(new));
        if was != is {
            say(format!("`{name}` was {was} and now is {is}"));
        }
        return;
    };
    let below = |key: &str| if name.is_empty() { key.to_string() } else { format!("{name}.{key}") };
    for entry in was {
        match new.get(&entry.key.value) {
            Some(other) => settings(&below(&entry.key.value), &entry.value, other, say),
            None => say(format!("`{}` is gone", below(&entry.key.value))),
        }
    }
    for entry in is.iter().filter(|entry| old.get(&entry.key.value).is_none()) {
        say(format!("`{}` is new: {}", below(&entry.key.value), written(&entry.value)));
    }
}

/// On one line.
fn written(node: &Node) -> String {
    let joined = |parts: Vec<String>| parts.join(", ");
    match &node.value {
        Value::Scalar(scalar) => scalar.text.to_string(),
        Value::List(items) => format!("[{}]", joined(items.iter().map(written).collect())),
        Value::Map(entries) => {
            let entry = |it: &duka_dsl::yaml::tree::Entry| format!("{}: {}", it.key.value, written(&it.value));
            format!("{{ {} }}", joined(entries.iter().map(entry).collect()))
        }
    }
}

fn hooks(old: &str, new: &str, say: &mut impl FnMut(String)) {
    let (was, is) = (functions(old), functions(new));
    for (name, text) in &was {
        match is.get(name) {
            None => say(format!("the hook `{name}` is gone")),
            Some(other) if other != text => say(format!("the hook `{name}` has other code")),
            Some(_) => {}
        }
    }
    is.keys().filter(|name| !was.contains_key(*name)).for_each(|name| say(format!("the hook `{name}` is new")));
}

/// Each function by its name, with the signature above it, without comments and spaces that mean nothing.
fn functions(text: &str) -> BTreeMap<String, String> {
    let mut found: BTreeMap<String, (String, String)> = BTreeMap::new();
    let (mut current, mut signature) = (String::new(), String::new());
    for line in text.lines().map(str::trim) {
        if line.starts_with("///") {
            if line.contains("->") {
                signature = line.split_whitespace().collect::<Vec<_>>().join(" ");
            }
            continue;
        }
        let function = line.trim_start_matches("private ").strip_prefix("fn ").and_then(|it| it.split_once('('));
        if let Some((name, _)) = function {
            current = name.trim().to_string();
        }
        let (above, code) = found.entry(current.clone()).or_default();
        if function.is_some() {
            above.push_str(&std::mem::take(&mut signature));
        }
        code.push_str(line);
        code.push('\n');
    }
    // What stands outside of them is never run.
    found.remove("");
    found.into_iter().map(|(name, (above, code))| (name, format!("{above}\n{}", without_comments(&code)))).collect()
}
