//! Gives every comment to the line below it, and one behind a value to the line it stands on.

use smol_str::SmolStr;

use crate::ast::{Comment, Line};
use crate::span::{Span, Spanned};

/// Attaches the comments in file order; returns those after the last line. `lines` are in file order.
pub(super) fn attach(source: &str, comments: Vec<Spanned<SmolStr>>, lines: &mut [Line]) -> Vec<Comment> {
    let mut waiting = comments.into_iter().peekable();
    for line in lines {
        let end = end_of_line(source, line.span.range().start);
        while let Some(comment) = waiting.next_if(|comment| comment.span.range().start <= end) {
            add(source, comment, &mut line.comments);
        }
    }
    let mut trailing = Vec::new();
    for comment in waiting {
        add(source, comment, &mut trailing);
    }
    if trailing.last().is_some_and(|comment| comment.value.is_empty()) {
        trailing.pop();
    }
    trailing
}

fn end_of_line(source: &str, at: usize) -> usize {
    source.get(at..).and_then(|rest| rest.find('\n')).map_or(source.len(), |end| at + end)
}

/// Adds a comment, and the blank line below it if there is one.
fn add(source: &str, comment: Spanned<SmolStr>, out: &mut Vec<Comment>) {
    let range = comment.span.range();
    let line_start = source.get(..range.start).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    let alone = source
        .get(line_start..range.start)
        .is_some_and(|before| before.trim_matches(['\u{feff}', ' ', '\t']).is_empty());
    let file = comment.span.file;
    out.push(comment);
    let next = end_of_line(source, range.end) + 1;
    let below = source.get(next..).unwrap_or_default();
    let below_end = below.find('\n').unwrap_or(below.len());
    if alone && !below.is_empty() && below[..below_end].trim().is_empty() {
        out.push(Spanned::new(SmolStr::default(), Span::new(file, next, next)));
    }
}
