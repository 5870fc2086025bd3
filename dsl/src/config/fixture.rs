//! `fixtures/*.yaml`: a shop's catalogue, orders and customer for tests and `duka chat`. Stays a tree of values; what an
//! order or a product holds is the contract's business.

use serde_json::{Map, Value as Json};

use super::fields::Findings;
use crate::diagnostic::Diagnostic;
use crate::span::FileId;
use crate::yaml::tree::{self, Node, Style, Value};

/// The parts of a fixture.
pub const PARTS: &[&str] = &[
    "products",
    "categories",
    "zones",
    "slots",
    "addresses",
    "orders",
    "customer",
    "consent",
    "cart",
    "remember",
    "answers",
    "now",
    "language",
    "shop",
];

/// Reads a fixture. What is wrong is told; the parts that are known are kept in the tree.
pub fn read(file: FileId, text: &str) -> (Option<Node>, Vec<Diagnostic>) {
    let (tree, diagnostics) = tree::parse(file, text);
    let mut findings = Findings::after(&tree, diagnostics);
    if let Some(root) = &tree.root {
        findings.fields(root, "A fixture", PARTS);
    }
    (tree.root, findings.list)
}

/// A value of a fixture as a backend would send it: bare `yes`, `no`, `true` and `false` are booleans, bare whole numbers without
/// leading zeros are numbers, an absent value is null, all else is a text.
pub fn json(node: &Node) -> Json {
    match &node.value {
        Value::List(items) => Json::Array(items.iter().map(json).collect()),
        Value::Map(entries) => {
            let fields: Map<String, Json> =
                entries.iter().map(|entry| (entry.key.value.to_string(), json(&entry.value))).collect();
            Json::Object(fields)
        }
        Value::Scalar(scalar) if scalar.style == Style::Plain => match scalar.text.as_str() {
            "" | "~" | "none" => Json::Null,
            "true" | "yes" => Json::Bool(true),
            "false" | "no" => Json::Bool(false),
            text => whole(text).map_or_else(|| Json::String(text.to_string()), Json::from),
        },
        Value::Scalar(scalar) => Json::String(scalar.text.to_string()),
    }
}

fn whole(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = digits == "0" || digits.starts_with(|first: char| matches!(first, '1'..='9'));
    (plain && digits.len() <= 15 && digits.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| text.parse().ok())
        .flatten()
}
