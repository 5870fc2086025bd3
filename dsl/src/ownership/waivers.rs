//! Waivers: `# duka: allow D701 because the price is on the poster too`. Says what each covers; whether a rule can be waived
//! is for the engine to know.

use crate::ast::{Comment, Document, Line, LineKind, Waiver};
use crate::diagnostic::Code;
use crate::ownership::kinds::{Role, role};
use crate::span::Span;

pub(super) fn of(document: &Document) -> Vec<Waiver> {
    let mut waivers = Vec::new();
    for (index, line) in document.lines.iter().enumerate() {
        for comment in &line.comments {
            if let Some((codes, reason)) = parse(comment) {
                let covers = covered(&document.lines, index);
                waivers.extend(codes.into_iter().map(|code| Waiver {
                    code,
                    reason: reason.into(),
                    span: comment.span,
                    covers,
                }));
            }
        }
    }
    waivers
}

/// The codes and the reason of a waiver; `None` for any other comment.
fn parse(comment: &Comment) -> Option<(Vec<Code>, &str)> {
    let text = comment.value.strip_prefix('#')?.trim_start().strip_prefix("duka:")?.trim_start();
    let text = text.strip_prefix("allow")?;
    let (codes, reason) = text.split_once("because").unwrap_or((text, ""));
    let codes: Vec<Code> = codes.split([',', ' ']).map(str::trim).filter_map(|word| word.parse().ok()).collect();
    (!codes.is_empty()).then_some((codes, reason.trim()))
}

/// The line at `index` with what it opens.
fn covered(lines: &[Line], index: usize) -> Span {
    let Some(line) = lines.get(index) else { return Span::default() };
    let below = &lines[index + 1..];
    let ends = |next: &&Line| match role(&line.kind) {
        Role::Opener => role(&next.kind) != Role::Opener,
        Role::Reaction => matches!(role(&next.kind), Role::Step | Role::More),
        Role::Step | Role::Item => role(&next.kind) == Role::More,
        Role::Header | Role::Section | Role::More | Role::Broken => false,
    };
    let last = match line.kind {
        LineKind::Duka(_) => below.last(),
        _ => below.iter().take_while(ends).last(),
    };
    let whole = last.map_or(line.span, |last| line.span.to(last.span));
    match line.kind {
        LineKind::Duka(_) => Span { start: 0, end: u32::MAX, ..whole },
        _ => whole,
    }
}
