//! One call from files to a program and findings. Reads no disk, and runs no lints: those read what this gives.

mod bounds;
mod choose;
mod profile;
mod read;
mod revision;

use std::sync::Arc;

use duka_dsl::ast::FlowFile;
use duka_dsl::{Code, Diagnostic, FileId, Span};

use crate::assignment;
use crate::hir::Shop;
use crate::lower::{self, ContractSource, FlowSource, Input};
use crate::program::Program;
use crate::rules::{self, Level};
use crate::source::ShopSource;

/// What a shop's files compile to.
#[derive(Debug, Default)]
pub struct Compiled {
    /// `None` when an error stops it from running.
    pub program: Option<Arc<Program>>,
    /// What could be resolved when an error stops the program: the checks go on with the rest.
    pub partial: Option<Box<Shop>>,
    /// The flow files as they were read, standard flows included, for waivers and findings about the written lines.
    pub files: Vec<(FileId, FlowFile)>,
    /// Where each `.duka` file that is not as the formatter writes it first differs.
    pub uncanonical: Vec<Uncanonical>,
    /// Findings of reading and resolving, in file order; the lints are run by [`crate::lints::check`].
    pub diagnostics: Vec<Diagnostic>,
}

/// Where a file first differs from how the formatter writes it.
#[derive(Clone, Debug)]
pub struct Uncanonical {
    /// To the end of that line.
    pub span: Span,
    pub mend: Mend,
}

/// What makes a line as the formatter writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mend {
    /// The whole line.
    Write(String),
    AddEmptyLine,
    TakeEmptyLineOut,
    TakeOut,
    /// It ends in CR LF.
    EndWithLf,
    /// It is the last one, and ends without a line break.
    EndLastLine,
}

impl Compiled {
    /// The resolved shop, whole or partial; `None` when nothing could be resolved.
    pub fn shop(&self) -> Option<&Shop> {
        self.program.as_ref().map(|program| &program.shop).or(self.partial.as_deref())
    }
}

/// Reads, resolves and types a shop. Never fails: what can not be compiled is a diagnostic.
pub fn compile(source: &ShopSource) -> Compiled {
    let mut read = read::settings(source);
    let chosen = choose::flows(source, &mut read);
    let languages = profile::languages(&read, &chosen);
    let texts = read::texts(source, &chosen, &languages, &mut read.findings);
    let input = Input {
        profile: profile::of(&read, &chosen),
        languages,
        flows: chosen.used.iter().map(|flow| flow.source(source)).collect(),
        known_flows: chosen.known.clone(),
        texts: texts.iter().map(|(file, texts)| (*file, texts)).collect(),
        contracts: read.contracts.iter().map(|(file, contract)| ContractSource { file: *file, contract }).collect(),
        hooks: read.hooks,
    };
    let lowered = if input.flows.is_empty() { None } else { Some(lower::lower(&input)) };
    let revision = revision::of(source, &input, &chosen, &texts);
    let mut diagnostics = std::mem::take(&mut read.findings);
    diagnostics.extend(chosen.findings);
    let mut compiled = Compiled::default();
    if let Some(lowered) = lowered {
        diagnostics.extend(lowered.diagnostics);
        let broken = chosen.used.iter().map(|flow| flow.ast.states.iter().map(|state| state.broken).collect());
        let mistakes: Vec<Span> = diagnostics.iter().filter(|found| is_error(found.code)).flat_map(places).collect();
        diagnostics.extend(assignment::check(&lowered.shop, &broken.collect::<Vec<_>>(), &mistakes));
        if !diagnostics.iter().any(|found| is_error(found.code)) {
            compiled.program = Some(Arc::new(Program::new(lowered.shop, revision)));
        } else {
            compiled.partial = Some(Box::new(lowered.shop));
        }
    }
    compiled.diagnostics = in_order(diagnostics);
    compiled.uncanonical = chosen.uncanonical;
    compiled.files = chosen.used.into_iter().map(|flow| (flow.file, flow.ast)).chain(chosen.unused).collect();
    compiled
}

/// Whether a finding of reading and resolving leaves something that can not be run.
fn is_error(code: Code) -> bool {
    rules::level(code).is_none_or(Level::stops)
}

/// All places that a finding names.
fn places(found: &Diagnostic) -> impl Iterator<Item = Span> {
    [found.span].into_iter().chain(found.labels.iter().map(|label| label.span))
}

/// In file order; of several findings of one cause, the first.
fn in_order(mut diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    diagnostics.sort_by(|a, b| {
        let key = |found: &Diagnostic| (found.span.file, found.span.start, found.code);
        key(a).cmp(&key(b))
    });
    let mut causes = std::collections::BTreeSet::new();
    diagnostics.retain(|found| match &found.cause {
        Some(cause) => causes.insert((found.span.file, found.code, cause.clone())),
        None => true,
    });
    diagnostics
}

/// One flow of the program, as it was read.
#[derive(Debug)]
struct ReadFlow {
    path: smol_str::SmolStr,
    file: FileId,
    standard: bool,
    ast: FlowFile,
    /// Its lines as the formatter writes them, without comments: what the revision is made of.
    canonical: String,
    /// Where a `.duka` file first differs from how the formatter writes it.
    uncanonical: Option<Uncanonical>,
}

impl ReadFlow {
    fn source<'a>(&'a self, source: &'a ShopSource) -> FlowSource<'a> {
        let text = source.files.get(usize::from(self.file.0)).map_or("", |file| file.text.as_str());
        FlowSource { path: &self.path, file: self.file, standard: self.standard, ast: &self.ast, text }
    }
}
