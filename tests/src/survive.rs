//! What must hold for any input whatever. The fuzz targets and the seeded tests call the same functions; each panics when
//! something does not hold.

use duka_dsl::{FileId, lines, ownership, print};

/// Any text as a flow in the line form: read, owned and printed without a panic; spans inside the text; printing settles.
pub fn lines(text: &str) {
    let (document, diagnostics) = lines::read(FileId(0), text);
    for diagnostic in &diagnostics {
        let range = diagnostic.span.range();
        assert!(text.get(range.clone()).is_some(), "{}: the span {range:?} is not inside the text", diagnostic.code);
    }
    ownership::own(&document);
    let printed = print::print(&document);
    let (again, _) = lines::read(FileId(0), &printed);
    assert_eq!(print::print(&again), printed, "printing what was printed changes nothing");
}
