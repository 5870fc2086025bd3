//! One value of a line as YAML would read it: where it begins, whether it ends on the line, whether it is a trap.

/// What a value turned out to be.
pub(super) enum Found {
    Fine,
    /// The text follows on deeper lines.
    Block,
    OpenQuotes(u8),
    /// So many brackets stay open.
    OpenFlow(usize),
    Trap(Trap),
}

/// A text without quotes that YAML reads as something else; the range is within the value.
pub(super) struct Trap {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) code: u16,
    why: Why,
}

enum Why {
    Sign,
    Colon,
    Goes,
    Reference,
}

impl Trap {
    fn found(start: usize, end: usize, code: u16, why: Why) -> Found {
        Found::Trap(Trap { start, end, code, why })
    }

    pub(super) fn message(&self, text: &str) -> String {
        let sign = text.chars().next().unwrap_or('*');
        match self.why {
            Why::Sign => format!("This text starts with `{sign}`, which YAML reads as something else."),
            Why::Colon => "This text holds a colon, which YAML reads as the end of a name.".to_string(),
            Why::Goes => format!("This text starts with `{sign}` and goes on after it, which YAML can not read."),
            Why::Reference => "Anchors, aliases, tags and `<<` are not used in Duka.".to_string(),
        }
    }
}

/// Where the value of a line begins, behind its bullets and its key, and the indentation of what holds it.
pub(super) fn start(line: &str, indent: usize) -> (usize, usize) {
    let bytes = line.as_bytes();
    let mut at = indent;
    let mut holder = indent;
    while bytes.get(at) == Some(&b'-') && matches!(bytes.get(at + 1), Some(b' ' | b'\t')) {
        holder = at;
        at += 1;
        at += bytes[at..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    }
    if let Some(end) = key(&bytes[at..]) {
        holder = at;
        at += end;
        at += bytes[at..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    }
    (at, holder)
}

/// The length of `key:` at the beginning, if a plain or quoted key stands there.
fn key(bytes: &[u8]) -> Option<usize> {
    let end = match bytes.first()? {
        quote @ (b'"' | b'\'') => closing(bytes, 1, *quote)?,
        _ => {
            let name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
            bytes.iter().take_while(|byte| name(byte)).count()
        }
    };
    let ends = end > 0 && bytes.get(end) == Some(&b':') && matches!(bytes.get(end + 1), None | Some(b' ' | b'\t'));
    ends.then_some(end + 1)
}

/// Looks at a value without white space around it; `keyed` when a key or bullet stands before it.
pub(super) fn look(value: &str, keyed: bool) -> Found {
    let bytes = value.as_bytes();
    match bytes.first() {
        None | Some(b'#') => Found::Fine,
        Some(quote @ (b'"' | b'\'')) => match closing(bytes, 1, *quote) {
            None => Found::OpenQuotes(*quote),
            Some(end) if is_comment(&bytes[end..]) || !keyed => Found::Fine,
            Some(_) => Trap::found(0, plain_end(value), 17, Why::Goes),
        },
        Some(b'|' | b'>') if is_block_header(bytes) => Found::Block,
        Some(b'{' | b'[') => flow(value, keyed),
        Some(b'*' | b'&' | b'!') => reference(value),
        Some(b'%' | b'@' | b'`' | b'|' | b'>') => Trap::found(0, plain_end(value), 17, Why::Sign),
        Some(_) => {
            let end = plain_end(value);
            let text = &value[..end];
            if keyed && (text.contains(": ") || text.ends_with(':')) {
                Trap::found(0, end, 17, Why::Colon)
            } else {
                Found::Fine
            }
        }
    }
}

/// `*name`, `&name value`, `!tag value` are YAML's own; `*Your bag*` and `! Important` are texts.
fn reference(value: &str) -> Found {
    let end = plain_end(value);
    let text = &value[..end];
    let name_end = text[1..].find(|letter: char| !letter.is_alphanumeric() && letter != '_' && letter != '-');
    let name_end = name_end.map_or(text.len(), |end| end + 1);
    let named = name_end > 1;
    let own = match text.as_bytes()[0] {
        b'*' => named && name_end == text.len(),
        b'&' => named && text[name_end..].bytes().next().is_none_or(|byte| byte == b' '),
        _ => named || text[1..].starts_with(['!', '<']),
    };
    if own { Trap::found(0, end, 20, Why::Reference) } else { Trap::found(0, end, 17, Why::Sign) }
}

/// A value that begins with a bracket: fine when it is closed and nothing follows, and no text in it is a trap.
fn flow(value: &str, keyed: bool) -> Found {
    let bytes = value.as_bytes();
    let mut open = 0usize;
    let mut at = 0;
    let mut begins = false;
    while at < bytes.len() {
        match bytes[at] {
            quote @ (b'"' | b'\'') if begins => match closing(bytes, at + 1, quote) {
                Some(end) => {
                    at = end;
                    begins = false;
                    continue;
                }
                None => return Found::OpenQuotes(quote),
            },
            b'{' | b'[' => {
                open += 1;
                begins = true;
            }
            b'}' | b']' => {
                open = open.saturating_sub(1);
                begins = false;
                if open == 0 {
                    return if is_comment(&bytes[at + 1..]) || !keyed {
                        Found::Fine
                    } else {
                        Trap::found(0, plain_end(value), 17, Why::Goes)
                    };
                }
            }
            b',' => begins = true,
            b':' if matches!(bytes.get(at + 1), Some(b' ')) => begins = true,
            b'#' if at > 0 && bytes[at - 1] == b' ' => break,
            b' ' => {}
            b'*' | b'&' | b'!' | b'%' | b'@' | b'`' if begins => {
                let end = value[at..].find([',', '}', ']']).map_or(value.len(), |end| at + end);
                let text = value[at..end].trim_end();
                return Trap::found(at, at + text.len(), 17, Why::Sign);
            }
            _ => begins = false,
        }
        at += 1;
    }
    Found::OpenFlow(open)
}

/// The end of a quoted text that began before `from`: one past its closing quote.
pub(super) fn closing(bytes: &[u8], from: usize, quote: u8) -> Option<usize> {
    let mut at = from;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if quote == b'"' => at += 2,
            byte if byte == quote && quote == b'\'' && bytes.get(at + 1) == Some(&quote) => at += 2,
            byte if byte == quote => return Some(at + 1),
            _ => at += 1,
        }
    }
    None
}

/// How many more brackets a line opens than it closes, outside quotes and comments.
pub(super) fn depth(bytes: &[u8]) -> isize {
    let mut depth = 0;
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            quote @ (b'"' | b'\'') => match closing(bytes, at + 1, quote) {
                Some(end) => {
                    at = end;
                    continue;
                }
                None => return depth,
            },
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            b'#' if at == 0 || bytes[at - 1] == b' ' => return depth,
            _ => {}
        }
        at += 1;
    }
    depth
}

fn is_comment(rest: &[u8]) -> bool {
    let blank = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    rest.len() == blank || (blank > 0 && rest[blank] == b'#')
}

/// `|`, `>-`, `|2+`, with nothing but a comment after it.
fn is_block_header(bytes: &[u8]) -> bool {
    let signs = bytes[1..].iter().take_while(|byte| matches!(byte, b'+' | b'-') || byte.is_ascii_digit()).count();
    signs <= 2 && is_comment(&bytes[1 + signs..])
}

/// The end of a plain text: at a comment or the end of the line.
fn plain_end(value: &str) -> usize {
    value.find(" #").map_or(value.len(), |end| value[..end].trim_end().len())
}
