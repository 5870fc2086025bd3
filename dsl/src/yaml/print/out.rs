//! YAML to be written: values with their comments, and the one way to lay them out. Knows nothing of flows.

use crate::ast::Comment;

/// A value. What is `Flow` stands on one line, unless a comment is inside it.
pub(super) enum Out {
    /// Written as it is.
    Bare(String),
    /// A text, put in double quotes.
    Quoted(String),
    Map(Vec<Pair>),
    List(Vec<Item>),
    FlowMap(Vec<Pair>),
    FlowList(Vec<Item>),
}

pub(super) struct Pair {
    pub(super) comments: Vec<Comment>,
    /// A blank line above, unless it is the first of its map.
    pub(super) apart: bool,
    pub(super) key: String,
    pub(super) value: Out,
}

pub(super) struct Item {
    pub(super) comments: Vec<Comment>,
    pub(super) value: Out,
}

impl Pair {
    pub(super) fn new(key: &str, value: Out) -> Pair {
        Pair { comments: Vec::new(), apart: false, key: name(key), value }
    }

    pub(super) fn under(mut self, comments: &[Comment]) -> Pair {
        self.comments.extend_from_slice(comments);
        self
    }

    pub(super) fn apart(mut self) -> Pair {
        self.apart = true;
        self
    }
}

/// A name, in quotes when older readers of YAML would take it for something else.
pub(super) fn name(name: &str) -> String {
    const TAKEN: &[&str] = &["yes", "no", "on", "off", "y", "n", "true", "false", "null", "none", "~"];
    let lower = name.to_ascii_lowercase();
    let is_taken = TAKEN.contains(&lower.as_str()) && lower != "none";
    if is_taken || !is_plain(name) { super::super::quote(name) } else { name.to_string() }
}

/// Whether a text reads as itself without quotes, also between brackets.
fn is_plain(text: &str) -> bool {
    let number = |text: &str| text.starts_with(|first: char| first.is_ascii_digit() || matches!(first, '.' | '+'));
    let inside = |letter: char| {
        !matches!(letter, ',' | '[' | ']' | '{' | '}' | '"' | '\\') && !super::super::needs_escape(letter)
    };
    let first = text.chars().next();
    first.is_some_and(|first| first.is_alphabetic() || first == '_')
        && !number(text)
        && text.chars().all(inside)
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.ends_with([':', ' '])
}

pub(super) fn map(pairs: &[Pair], out: &mut String) {
    block_map(pairs, 0, false, out);
}

/// `inline`: the first key goes on where `out` ends.
fn block_map(pairs: &[Pair], indent: usize, inline: bool, out: &mut String) {
    for (index, pair) in pairs.iter().enumerate() {
        if index > 0 && pair.apart {
            out.push('\n');
        }
        if index > 0 || !inline {
            comments(&pair.comments, indent, out);
            pad(indent, out);
        }
        out.push_str(&pair.key);
        out.push(':');
        value(&pair.value, indent, out);
    }
}

fn block_list(items: &[Item], indent: usize, out: &mut String) {
    for item in items {
        comments(&item.comments, indent, out);
        // What stands inside an item on its first line has no place for a comment of its own.
        if let Out::Map(pairs) = &item.value
            && let Some(first) = pairs.first()
        {
            comments(&first.comments, indent, out);
        }
        pad(indent, out);
        out.push('-');
        match &item.value {
            Out::Map(pairs) if !pairs.is_empty() => {
                out.push(' ');
                block_map(pairs, indent + 2, true, out);
            }
            other => value(other, indent, out),
        }
    }
}

/// The value behind a `key:` or `-` at `indent`, to the end of its last line.
fn value(value: &Out, indent: usize, out: &mut String) {
    match value {
        Out::Map(pairs) if !pairs.is_empty() => {
            out.push('\n');
            block_map(pairs, indent + 2, false, out);
        }
        Out::FlowMap(pairs) if pairs.iter().any(|pair| !pair.comments.is_empty() || has_comments(&pair.value)) => {
            out.push('\n');
            block_map(pairs, indent + 2, false, out);
        }
        Out::List(items) if !items.is_empty() => {
            out.push('\n');
            block_list(items, indent + 2, out);
        }
        Out::FlowList(items) if items.iter().any(|item| !item.comments.is_empty()) => {
            out.push('\n');
            block_list(items, indent + 2, out);
        }
        Out::Bare(_) | Out::Quoted(_) | Out::Map(_) | Out::List(_) | Out::FlowMap(_) | Out::FlowList(_) => {
            out.push(' ');
            flow(value, out);
            out.push('\n');
        }
    }
}

fn has_comments(value: &Out) -> bool {
    match value {
        Out::Bare(_) | Out::Quoted(_) => false,
        Out::Map(pairs) | Out::FlowMap(pairs) => {
            pairs.iter().any(|pair| !pair.comments.is_empty() || has_comments(&pair.value))
        }
        Out::List(items) | Out::FlowList(items) => {
            items.iter().any(|item| !item.comments.is_empty() || has_comments(&item.value))
        }
    }
}

fn flow(value: &Out, out: &mut String) {
    match value {
        Out::Bare(text) => out.push_str(text),
        Out::Quoted(text) => out.push_str(&super::super::quote(text)),
        Out::Map(pairs) | Out::FlowMap(pairs) => {
            for (index, pair) in pairs.iter().enumerate() {
                out.push_str(if index > 0 { ", " } else { "{ " });
                out.push_str(&pair.key);
                out.push_str(": ");
                flow(&pair.value, out);
            }
            out.push_str(if pairs.is_empty() { "{}" } else { " }" });
        }
        Out::List(items) | Out::FlowList(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index > 0 { ", " } else { "" });
                flow(&item.value, out);
            }
            out.push(']');
        }
    }
}

fn comments(comments: &[Comment], indent: usize, out: &mut String) {
    for comment in comments {
        if !comment.value.is_empty() {
            pad(indent, out);
            out.push_str(&comment.value);
        }
        out.push('\n');
    }
}

fn pad(indent: usize, out: &mut String) {
    out.extend(std::iter::repeat_n(' ', indent));
}

/// Comments at the end of a file.
pub(super) fn trailing(trailing: &[Comment], out: &mut String) {
    if !trailing.is_empty() {
        if !out.is_empty() {
            out.push('\n');
        }
        comments(trailing, 0, out);
    }
}
