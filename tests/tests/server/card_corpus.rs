//! Card numbers as customers write them, and words that look like one: `tests/corpus/cards`.

use std::path::Path;

/// The lines of a file of the corpus, with `\n`, `\t` and `\u{…}` read. `root` is the project's folder.
pub fn corpus(root: &Path, name: &str) -> Vec<String> {
    let text = std::fs::read_to_string(root.join("tests/corpus/cards").join(name)).expect("the corpus is there");
    text.lines().map(unescaped).collect()
}

fn unescaped(line: &str) -> String {
    let mut parts = line.replace("\\n", "\n").replace("\\t", "\t");
    while let Some((before, after)) = parts.split_once("\\u{") {
        let (code, after) = after.split_once('}').expect("a code point in braces");
        let letter = u32::from_str_radix(code, 16).ok().and_then(char::from_u32).expect("a code point");
        parts = format!("{before}{letter}{after}");
    }
    parts
}
