//! Signature comments: `/// size_for(item: product, height: number?) -> text` above the function of that name. What is
//! marked `?` may be empty.

use duka_dsl::{Diagnostic, FileId, Span};
use rhai::{AST, Position};
use smol_str::SmolStr;

use crate::hir::{Hook, Parameter};
use crate::types::{Type, basic_type, basic_type_names};

/// The text of `hooks.rhai` with the starts of its lines.
pub(super) struct Source<'a> {
    pub file: FileId,
    pub text: &'a str,
    lines: Vec<usize>,
}

impl<'a> Source<'a> {
    pub fn new(file: FileId, text: &'a str) -> Source<'a> {
        let starts = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Source { file, text, lines: std::iter::once(0).chain(starts).collect() }
    }

    fn offset(&self, position: Position) -> usize {
        let start = position.line().and_then(|line| self.lines.get(line - 1)).copied().unwrap_or(0);
        let rest = self.text.get(start..).unwrap_or("");
        let column = position.position().unwrap_or(1) - 1;
        start + rest.char_indices().nth(column).map_or(rest.len(), |(at, _)| at)
    }

    /// The word, or else the letter, at a position.
    pub fn word_at(&self, position: Position) -> Span {
        let start = self.offset(position);
        let rest = self.text.get(start..).unwrap_or("");
        let word = rest.find(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_')).unwrap_or(rest.len());
        let length = if word == 0 { rest.chars().next().map_or(0, char::len_utf8) } else { word };
        Span::new(self.file, start, start + length)
    }

    /// The first place where `fn NAME` is written.
    pub fn function(&self, name: &str) -> Span {
        let found = self.text.match_indices(name).find(|(at, _)| {
            let before = self.text.get(..*at).unwrap_or("").trim_end();
            let after = self.text.get(at + name.len()..).unwrap_or("").trim_start();
            before.ends_with("fn") && after.starts_with('(')
        });
        found.map_or(Span::new(self.file, 0, 0), |(at, _)| Span::new(self.file, at, at + name.len()))
    }
}

/// The hooks: the signatures whose function is there. Without `functions`, all signatures count.
pub(super) fn read(
    source: &Source<'_>,
    functions: Option<&AST>,
    type_named: &dyn Fn(&str) -> Option<Type>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Hook> {
    let mut hooks: Vec<Hook> = Vec::new();
    for (at, line) in lines(source.text) {
        let Some(comment) = line.trim_start().strip_prefix("///") else { continue };
        let start = at + (line.len() - comment.len());
        let Some(parsed) = Signature::parse(comment) else { continue };
        let name_at = start + parsed.name_at;
        let span = Span::new(source.file, name_at, name_at + parsed.name.len());
        if hooks.iter().any(|hook| hook.name == parsed.name) {
            diagnostics.push(Diagnostic::new(901, span, format!("Two hooks are called `{}`.", parsed.name)));
            continue;
        }
        let mut types = Types { source, start, type_named, diagnostics };
        let hook = Hook {
            name: SmolStr::new(parsed.name),
            takes: parsed.takes.iter().map(|(name, ty)| (SmolStr::new(*name), types.parameter(*ty))).collect(),
            gives: types.read(parsed.gives),
            span,
        };
        if let Some(finding) = functions.and_then(|functions| without_function(&hook, functions)) {
            diagnostics.push(finding);
            continue;
        }
        hooks.push(hook);
    }
    hooks
}

fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    text.split('\n').map(move |line| {
        let start = at;
        at += line.len() + 1;
        (start, line.trim_end_matches('\r'))
    })
}

fn without_function(hook: &Hook, functions: &AST) -> Option<Diagnostic> {
    let counts = functions.iter_functions().filter(|function| hook.name == function.name);
    let counts: Vec<usize> = counts.map(|function| function.params.len()).collect();
    if counts.contains(&hook.takes.len()) {
        return None;
    }
    let found = counts.first();
    let message = match found {
        Some(count) => {
            format!("The signature of `{}` names {} values, its function {count}.", hook.name, hook.takes.len())
        }
        None => format!("There is a signature for `{}`, but no function.", hook.name),
    };
    let known = functions.iter_functions().map(|function| function.name).collect::<Vec<_>>();
    let finding = Diagnostic::new(901, hook.span, message);
    Some(if found.is_some() { finding } else { finding.did_you_mean(&hook.name, known) })
}

/// A type with where it stands in the comment.
#[derive(Clone, Copy)]
struct Written<'a> {
    text: &'a str,
    at: usize,
}

struct Signature<'a> {
    name: &'a str,
    name_at: usize,
    takes: Vec<(&'a str, Written<'a>)>,
    gives: Written<'a>,
}

impl<'a> Signature<'a> {
    /// `None` for a comment that is no signature.
    fn parse(comment: &'a str) -> Option<Signature<'a>> {
        let (head, gives) = comment.rsplit_once("->")?;
        let (name, rest) = head.split_once('(')?;
        let parameters = rest.trim_end().strip_suffix(')')?;
        let at = |part: &str| part.as_ptr() as usize - comment.as_ptr() as usize;
        let name = name.trim();
        let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if !is_name {
            return None;
        }
        let mut takes = Vec::new();
        for parameter in parameters.split(',').filter(|parameter| !parameter.trim().is_empty()) {
            let (name, ty) = parameter.split_once(':')?;
            takes.push((name.trim(), Written { text: ty.trim(), at: at(ty.trim()) }));
        }
        let gives = Written { text: gives.trim(), at: at(gives.trim()) };
        Some(Signature { name, name_at: at(name), takes, gives })
    }
}

struct Types<'a> {
    source: &'a Source<'a>,
    start: usize,
    type_named: &'a dyn Fn(&str) -> Option<Type>,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl Types<'_> {
    /// `number?` may be empty.
    fn parameter(&mut self, written: Written<'_>) -> Parameter {
        let needed = written.text.strip_suffix('?').map(str::trim_end);
        let text = needed.unwrap_or(written.text);
        Parameter { ty: self.read(Written { text, ..written }), optional: needed.is_some() }
    }

    fn read(&mut self, written: Written<'_>) -> Type {
        if let Some(item) = written.text.strip_prefix("list of ") {
            let skipped = written.text.len() - item.trim_start().len();
            let item = self.read(Written { text: item.trim(), at: written.at + skipped });
            return Type::List(Box::new(item));
        }
        if let Some(ty) = basic_type(written.text).or_else(|| (self.type_named)(written.text)) {
            return ty;
        }
        let at = self.start + written.at;
        let span = Span::new(self.source.file, at, at + written.text.len());
        let finding = Diagnostic::new(901, span, format!("There is no type called `{}`.", written.text));
        self.diagnostics.push(finding.did_you_mean(written.text, basic_type_names()));
        Type::Unknown
    }
}
