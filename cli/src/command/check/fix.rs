//! Applies the fixes that nobody needs to look at. Two fixes that touch the same bytes are never applied in one round.

use duka_dsl::FileId;
use duka_dsl::diagnostic::{Edit, Fix};

use crate::report::Report;

/// The new text of one file, and what was done to it.
#[derive(Debug, PartialEq, Eq)]
pub struct Change {
    pub file: FileId,
    pub text: String,
    pub titles: Vec<String>,
}

/// What all safe fixes of the merchant's own files change, by file.
pub fn changes(report: &Report) -> Vec<Change> {
    let fixes: Vec<&Fix> = report.open().filter_map(|finding| finding.diagnostic.fix.as_ref()).collect();
    let mut changes = Vec::new();
    for (file, source) in report.shop.own_files().filter(|(file, _)| report.shop.is_whole(*file)) {
        let whole =
            |fix: &&&Fix| fix.safe && !fix.edits.is_empty() && fix.edits.iter().all(|edit| edit.span.file == file);
        let mut taken: Vec<&Edit> = Vec::new();
        let mut titles = Vec::new();
        for fix in fixes.iter().filter(whole) {
            if fix.edits.iter().all(|edit| fits(edit, &source.text) && !taken.iter().any(|other| overlaps(edit, other)))
            {
                taken.extend(&fix.edits);
                titles.push(fix.title.clone());
            }
        }
        let text = apply(&source.text, taken);
        if text != source.text {
            changes.push(Change { file, text, titles });
        }
    }
    changes
}

/// The text with the edits made. They fit and do not overlap.
fn apply(text: &str, mut edits: Vec<&Edit>) -> String {
    edits.sort_by_key(|edit| (edit.span.start, edit.span.end));
    let mut edited = String::with_capacity(text.len());
    let mut at = 0;
    for edit in edits {
        let range = edit.span.range();
        edited.push_str(text.get(at..range.start).unwrap_or(""));
        edited.push_str(&edit.text);
        at = range.end;
    }
    edited.push_str(text.get(at..).unwrap_or(""));
    edited
}

fn fits(edit: &Edit, text: &str) -> bool {
    text.get(edit.span.range()).is_some()
}

/// Insertions at one place overlap as well: their order would be chance.
fn overlaps(a: &Edit, b: &Edit) -> bool {
    let (a, b) = (a.span, b.span);
    a.start < b.end && b.start < a.end || a.start == b.start
}

#[cfg(test)]
mod tests {
    use duka_dsl::diagnostic::Edit;
    use duka_dsl::{FileId, Span};

    use super::{apply, overlaps};

    fn edit(start: usize, end: usize, text: &str) -> Edit {
        Edit { span: Span::new(FileId(0), start, end), text: text.to_string() }
    }

    #[test]
    fn edits_are_made_from_front_to_back() {
        let (a, b) = (edit(6, 11, "you"), edit(0, 0, "oh, "));
        assert_eq!(apply("hello world!", vec![&a, &b]), "oh, hello you!");
    }

    #[test]
    fn neighbours_do_not_overlap_but_equal_places_do() {
        assert!(!overlaps(&edit(0, 3, ""), &edit(3, 5, "")));
        assert!(overlaps(&edit(0, 4, ""), &edit(3, 5, "")));
        assert!(overlaps(&edit(3, 3, "a"), &edit(3, 3, "b")));
    }
}
