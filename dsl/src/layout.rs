//! Splits a file into its lines, losing nothing: byte order mark, line ends, indentation and trailing space all belong to
//! some line. Knows nothing about what a line says.

/// The byte ranges of one line; the line covers `start..next` and the next line begins there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// The first byte of the line, of its indentation or a byte order mark.
    pub start: usize,
    /// The first byte of what the line says.
    pub text_start: usize,
    /// The end of what the line says; equal to `text_start` on a blank line.
    pub text_end: usize,
    /// The first byte of the next line, after the line end.
    pub next: usize,
    /// Columns of indentation: one for a character, and to the next multiple of four for a tab.
    pub indent: u32,
}

impl Layout {
    pub fn is_blank(&self) -> bool {
        self.text_start == self.text_end
    }

    /// What the line says, without indentation, trailing space and line end.
    pub fn text<'a>(&self, source: &'a str) -> &'a str {
        source.get(self.text_start..self.text_end).unwrap_or_default()
    }
}

/// The lines of `source`. Ends with `\n`, `\r\n` or a lone `\r` count; the last line needs none.
pub fn lines(source: &str) -> Lines<'_> {
    Lines { source, at: 0 }
}

#[derive(Clone, Debug)]
pub struct Lines<'a> {
    source: &'a str,
    at: usize,
}

impl Iterator for Lines<'_> {
    type Item = Layout;

    fn next(&mut self) -> Option<Layout> {
        let start = self.at;
        let rest = self.source.get(start..).filter(|rest| !rest.is_empty())?;
        let (length, line_end) = match rest.bytes().position(|byte| byte == b'\n' || byte == b'\r') {
            Some(at) if rest.as_bytes()[at..].starts_with(b"\r\n") => (at, 2),
            Some(at) => (at, 1),
            None => (rest.len(), 0),
        };
        let content = &rest[..length];
        let without_indent = content.trim_start_matches(is_space);
        let text_start = start + length - without_indent.len();
        let text_end = text_start + without_indent.trim_end_matches(is_space).len();
        let next = start + length + line_end;
        self.at = next;
        Some(Layout { start, text_start, text_end, next, indent: columns(&self.source[start..text_start]) })
    }
}

/// White space around a line: Unicode's, and the byte order mark.
pub fn is_space(letter: char) -> bool {
    letter == ' ' || letter.is_whitespace() || letter == '\u{feff}'
}

fn columns(indentation: &str) -> u32 {
    const TAB: u32 = 4;
    indentation.chars().fold(0, |column: u32, letter| match letter {
        '\t' => (column / TAB + 1).saturating_mul(TAB),
        '\u{feff}' => column,
        _ => column.saturating_add(1),
    })
}

#[cfg(test)]
mod tests {
    use super::lines;

    fn rendered(source: &str) -> Vec<String> {
        lines(source).map(|line| format!("{} {:?}", line.indent, line.text(source))).collect()
    }

    #[test]
    fn line_ends_marks_and_spaces_are_trivia() {
        let source = "\u{feff}duka 1\r\n\tflow a  \n\n   \r  start\u{a0}b\u{a0}";
        assert_eq!(rendered(source), [r#"0 "duka 1""#, r#"4 "flow a""#, r#"0 """#, r#"3 """#, r#"2 "start\u{a0}b""#]);
    }

    #[test]
    fn every_byte_belongs_to_one_line() {
        for source in ["", "\n", "a", "a\n", "\r\n\r\r\n", "\u{feff}", " a \u{2028} b\n\tc\r\n"] {
            let mut at = 0;
            for line in lines(source) {
                assert_eq!(line.start, at, "{source:?}");
                assert!(line.start <= line.text_start && line.text_end <= line.next, "{source:?}");
                at = line.next;
            }
            assert_eq!(at, source.len(), "{source:?}");
        }
    }
}
