//! Findings as annotations of a GitHub workflow: one line each.

use std::fmt::Write;

use duka_engine::rules::Level;

use super::Judged;

/// One command line for each open finding, and for each path that could not be read.
pub fn render(all: &Judged) -> String {
    let mut out = String::new();
    for (path, failure) in &all.unread {
        let help = failure.help().map(|help| format!("\n{help}")).unwrap_or_default();
        let title = property(&path.to_string_lossy());
        let _ = writeln!(out, "::error title={title}::{}", words(&format!("{failure}{help}")));
    }
    for report in &all.reports {
        for finding in report.open() {
            let diagnostic = &finding.diagnostic;
            let command = match finding.level {
                Level::Error | Level::Policy => "error",
                Level::Warning => "warning",
                Level::Info | Level::Off => "notice",
            };
            let (start, end) = report.places(diagnostic.span);
            // The columns mean nothing to GitHub when the finding spans lines.
            let columns = if start.line == end.line {
                format!(",col={},endColumn={}", start.column, end.column)
            } else {
                String::new()
            };
            let help = diagnostic.help.as_ref().map(|help| format!("\n{help}")).unwrap_or_default();
            let _ = writeln!(
                out,
                "::{command} file={},line={},endLine={}{columns},title={}::{}",
                property(&report.shop.name_of(diagnostic.span.file)),
                start.line,
                end.line,
                property(&format!("{} {}", diagnostic.code, finding.rule)),
                words(&format!("{}{help}", diagnostic.message)),
            );
        }
    }
    out
}

/// One error at a line.
pub fn error(file: &str, line: usize, title: &str, text: &str) -> String {
    format!("::error file={},line={line},title={}::{}\n", property(file), property(title), words(text))
}

/// What would end the words of an annotation early.
fn words(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The same, and what would end a property.
fn property(text: &str) -> String {
    words(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::{property, words};

    #[test]
    fn separators_are_escaped() {
        assert_eq!(words("50% off\nnow"), "50%25 off%0Anow");
        assert_eq!(property("a:b,c"), "a%3Ab%2Cc");
    }
}
