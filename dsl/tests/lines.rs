//! The line form: what a file says, and what is said about a file that is not right.

use duka_dsl::ast::FlowFile;
use duka_dsl::{Diagnostic, FileId, lines, ownership};

const BOUTIQUE: &str = include_str!("fixtures/boutique.duka");

fn flow(source: &str) -> (FlowFile, Vec<Diagnostic>) {
    let (document, mut diagnostics) = lines::read(FileId(0), source);
    let (flow, more) = ownership::own(&document);
    diagnostics.extend(more);
    (flow, diagnostics)
}

#[test]
fn the_boutique_has_nothing_to_report() {
    let (flow, diagnostics) = flow(BOUTIQUE);
    assert_eq!(diagnostics, []);
    assert_eq!((flow.states.len(), flow.templates.len(), flow.groups.len()), (37, 5, 6));
}

#[test]
fn indentation_decides_nothing() {
    let flat: String = BOUTIQUE.lines().map(|line| format!("{}\n", line.trim())).collect();
    let (mut drawn, _) = flow(BOUTIQUE);
    let (mut flat, diagnostics) = flow(&flat);
    assert_eq!(diagnostics, []);
    drawn.anywhere_span = None;
    flat.anywhere_span = None;
    assert_eq!(drawn, flat);
}
