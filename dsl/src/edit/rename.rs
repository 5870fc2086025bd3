//! Renames a state: its header, every arrow to it, `start`, what its answers are called, and a `was` for live conversations.

use super::Error;
use crate::ast::{Dest, DestKind, LineKind, Target};
use crate::diagnostic::Edit;
use crate::lines::{self, is_name};
use crate::span::{FileId, Span};

/// The edits that call the state `from` by the name `to`.
pub fn rename_state(file: FileId, source: &str, from: &str, to: &str) -> Result<Vec<Edit>, Error> {
    if !is_name(to) {
        return Err(Error::NotAName(to.to_string()));
    }
    let (document, _) = lines::read(file, source);
    let mut edits = Vec::new();
    let mut found = false;
    for line in &document.lines {
        match &line.kind {
            LineKind::State { name, .. } if name.as_str() == to => return Err(Error::Taken(to.to_string())),
            LineKind::State { name, was } if name.as_str() == from => {
                found = true;
                edits.push(Edit { span: name.span, text: to.to_string() });
                let at = line.span.end;
                let alias = if was.is_empty() { format!(" was {from}") } else { format!(", {from}") };
                edits.push(Edit { span: Span { start: at, ..line.span }, text: alias });
            }
            LineKind::Start(name) if name.as_str() == from => {
                edits.push(Edit { span: name.span, text: to.to_string() })
            }
            kind => edits.extend(arrow(kind, from, to)),
        }
        edits.extend(answers(source, line.span, &line.kind, from, to));
    }
    if !found {
        return Err(Error::NoSuchLine(from.to_string()));
    }
    Ok(edits)
}

fn arrow(kind: &LineKind, from: &str, to: &str) -> Option<Edit> {
    match &dest(kind)?.kind {
        DestKind::Go(Target::State(name)) if name.as_str() == from => {
            Some(Edit { span: name.span, text: to.to_string() })
        }
        DestKind::Go(_) | DestKind::Visit { .. } => None,
    }
}

/// `answers.STATE` in conditions, values and live values.
fn answers(source: &str, span: Span, kind: &LineKind, from: &str, to: &str) -> Vec<Edit> {
    if let LineKind::Broken(_) = kind {
        return Vec::new();
    }
    let line = source.get(span.range()).unwrap_or_default();
    let named = format!("answers.{from}");
    let in_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '.';
    line.match_indices(&named)
        .filter(|(at, _)| !line[..*at].ends_with(in_name))
        .filter(|(at, _)| !line[at + named.len()..].starts_with(|letter| in_name(letter) && letter != '.'))
        .map(|(at, _)| {
            let end = span.range().start + at + named.len();
            Edit { span: Span::new(span.file, end - from.len(), end), text: to.to_string() }
        })
        .collect()
}

/// The arrow of a line, of its `else` too.
pub(super) fn dest(kind: &LineKind) -> Option<&Dest> {
    use LineKind as K;
    match kind {
        K::Button { dest, .. } | K::Row { dest, .. } | K::Pick { dest, .. } | K::Answer { dest, .. } => dest.as_ref(),
        K::Fill { dest, .. } | K::Hears { dest, .. } | K::On { dest, .. } | K::After { dest, .. } => dest.as_ref(),
        K::Quiet { dest, .. } | K::Else { dest, .. } | K::Failed { dest } | K::Lost { dest } => dest.as_ref(),
        K::Call { otherwise, .. } | K::Do { otherwise, .. } | K::Send { otherwise, .. } => otherwise.as_ref(),
        K::If { dest, .. } | K::Jump(dest) => Some(dest),
        K::Duka(_) | K::Flow(_) | K::Start(_) | K::Languages(_) | K::Currency(_) | K::Timezone(_) => None,
        K::Takes(..) | K::Gives(_) | K::Use(_) | K::Rules | K::Remember { .. } | K::Words => None,
        K::Consent { .. } | K::Experiment { .. } | K::Phrase { .. } | K::Form(_) | K::Anywhere => None,
        K::Group(_) | K::Follow(_) | K::State { .. } | K::Template { .. } | K::Rule { .. } | K::Memory(_) => None,
        K::WordSet { .. } | K::PhraseForm { .. } | K::Field { .. } | K::Title(_) | K::Submit(_) => None,
        K::Body(_) | K::Sample { .. } | K::Say { .. } | K::Ask { .. } | K::Media { .. } | K::List(_) => None,
        K::Section(_) | K::Footer(_) | K::Alert(_) | K::Link { .. } | K::Set { .. } | K::More(_) => None,
        K::Each { .. } | K::Broken(_) => None,
        K::Reply { .. } | K::Cards(_) | K::Show(_) | K::Emoji(_) => None,
    }
}
