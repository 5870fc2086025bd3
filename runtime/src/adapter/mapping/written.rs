//! Where the rules of a mapping stand, for whoever mends one that an answer does not fit. Holds nothing of what they say.

use std::collections::BTreeMap;
use std::fmt;

use duka_dsl::span::LineIndex;
use duka_dsl::yaml::tree::Node;

/// Keys of the innermost that is named: `operations`, an operation, `fields`, a field.
const DEEPEST: usize = 4;

/// The lines of a mapping's file, by keys.
#[derive(Clone, Default)]
pub struct Written {
    path: String,
    lines: BTreeMap<String, usize>,
}

impl Written {
    pub fn of(path: &str, text: &str, root: &Node) -> Written {
        let mut starts = BTreeMap::new();
        note(root, "", DEEPEST, &mut starts);
        let index = LineIndex::new(text);
        let lines = starts.into_iter().map(|(keys, at)| (keys, index.line_column(text, at).0)).collect();
        Written { path: path.to_string(), lines }
    }

    /// `catalog.rest.yaml:14`: the innermost of the keys that is there. `None` for a mapping that is no file of the shop's.
    pub fn at(&self, keys: &[&str]) -> Option<String> {
        let line = (1..=keys.len()).rev().find_map(|count| {
            let keys = keys.get(..count)?.join(" ");
            self.lines.get(&format!(" {keys}"))
        })?;
        Some(format!("{}:{line}", self.path))
    }
}

/// A mapping is known again by what it prints, wherever its lines have moved to.
impl fmt::Debug for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)
    }
}

/// Where each key starts, down to so many keys.
fn note(node: &Node, above: &str, depth: usize, starts: &mut BTreeMap<String, usize>) {
    for entry in node.map().into_iter().flatten().filter(|_| depth > 0) {
        let keys = format!("{above} {}", entry.key.value);
        note(&entry.value, &keys, depth - 1, starts);
        starts.insert(keys, entry.key.span.start as usize);
    }
}
