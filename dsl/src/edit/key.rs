//! The keys of lines: which block, and there which name or word.

use crate::ast::{Document, LineKind, Text};
use crate::ownership::{Role, role, word};

/// The first line with this key.
pub(super) fn find(document: &Document, key: &str) -> Option<usize> {
    let key = key.strip_suffix(".note").unwrap_or(key);
    let mut block = String::new();
    let mut choice: Option<String> = None;
    for (index, line) in document.lines.iter().enumerate() {
        let name = own_name(&line.kind);
        let part = role(&line.kind);
        let full = match part {
            Role::Opener => {
                block = opened(&line.kind);
                choice = None;
                block.clone()
            }
            Role::Header => word(&line.kind).to_string(),
            Role::Step => match &choice {
                Some(choice) => format!("{block}.{choice}.{name}"),
                None => format!("{block}.{name}"),
            },
            Role::Reaction => {
                choice = super::rename::dest(&line.kind).is_none().then(|| name.to_string());
                format!("{block}.{name}")
            }
            Role::Item | Role::Section => format!("{block}.{name}"),
            Role::More | Role::Broken => continue,
        };
        if full == key {
            return Some(index);
        }
    }
    None
}

/// The key of a block: the name of a state, or the kind and name of any other.
fn opened(kind: &LineKind) -> String {
    match kind {
        LineKind::State { name, .. } => name.as_str().to_string(),
        LineKind::Consent { name, .. } | LineKind::Experiment { name, .. } | LineKind::Phrase { name, .. } => {
            format!("{}.{}", word(kind), name.as_str())
        }
        LineKind::Form(name) | LineKind::Group(name) | LineKind::Follow(name) | LineKind::Template { name, .. } => {
            format!("{}.{}", word(kind), name.as_str())
        }
        _ => word(kind).to_string(),
    }
}

/// The name of a line in its block: its id, or the word it begins with.
fn own_name(kind: &LineKind) -> &str {
    match kind {
        LineKind::Say { name: Some(name), .. } | LineKind::Ask { name: Some(name), .. } => name.as_str(),
        LineKind::Reply { name: Some(name), .. } => name.as_str(),
        LineKind::Button { name, .. } | LineKind::Row { name, .. } | LineKind::Pick { name, .. } => name.as_str(),
        LineKind::Link { name, .. } | LineKind::Answer { name, .. } | LineKind::Field { name, .. } => name.as_str(),
        LineKind::Fill { form, .. } => form.as_str(),
        LineKind::Hears { words, .. } => words.as_str(),
        _ => word(kind),
    }
}

/// Where the words of the line stand that `key` names.
pub(super) fn text<'a>(kind: &'a mut LineKind, key: &str) -> Option<Slot<'a>> {
    let note = key.ends_with(".note");
    Some(match kind {
        LineKind::Say { text, .. } | LineKind::Ask { text, .. } | LineKind::Else { text, .. } => Slot::Optional(text),
        LineKind::Reply { text, .. } => Slot::Optional(text),
        LineKind::Row { note: text, .. } | LineKind::Pick { note: text, .. } if note => Slot::Optional(text),
        LineKind::Button { title, .. } | LineKind::Row { title, .. } | LineKind::Pick { title, .. } => {
            Slot::Text(title)
        }
        LineKind::Link { title, .. } => Slot::Text(title),
        LineKind::Title(text) | LineKind::Submit(text) | LineKind::Body(text) | LineKind::List(text) => {
            Slot::Text(text)
        }
        LineKind::Section(text) | LineKind::Footer(text) | LineKind::Alert(text) => Slot::Text(text),
        LineKind::Cards(text) | LineKind::Emoji(text) => Slot::Text(text),
        LineKind::Field { label: text, .. } | LineKind::Consent { purpose: text, .. } => Slot::Text(text),
        LineKind::PhraseForm { text, .. } => Slot::Text(text),
        _ => return None,
    })
}

/// Words that a line must have, or may.
pub(super) enum Slot<'a> {
    Text(&'a mut Text),
    Optional(&'a mut Option<Text>),
}
