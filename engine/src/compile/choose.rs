//! Which flows make the program: the one that answers a new customer, and every flow it leads to.

use duka_dsl::ast::{FlowFile, Path};
use duka_dsl::diagnostic::nearest;
use duka_dsl::{Diagnostic, FileId, Name, Span};
use smol_str::SmolStr;

use crate::source::{FileKind, ShopSource};

use super::read::{self, Settings, numbered};
use super::{ReadFlow, Uncanonical};

/// The flows of a program.
#[derive(Debug, Default)]
pub(super) struct Chosen {
    /// The main flow first, then every flow that is used, in the order in which it is first used.
    pub used: Vec<ReadFlow>,
    /// The shop's own flows that nothing uses.
    pub unused: Vec<(FileId, FlowFile)>,
    /// The paths of all flows, read or not.
    pub known: Vec<SmolStr>,
    pub findings: Vec<Diagnostic>,
    /// See [`super::Compiled::uncanonical`].
    pub uncanonical: Vec<Uncanonical>,
}

/// Reads the shop's own flows, and the standard flows they use.
pub(super) fn flows(source: &ShopSource, settings: &mut Settings<'_>) -> Chosen {
    let mut own: Vec<Option<ReadFlow>> = Vec::new();
    let mut chosen = Chosen::default();
    for (id, file, standard) in numbered(source) {
        match file.kind {
            FileKind::Lines | FileKind::Yaml if standard => chosen.known.push(read::standard_path(&file.path)),
            FileKind::Lines | FileKind::Yaml => {
                let (mut flow, found) = read::flow(id, file, false);
                chosen.findings.extend(found);
                chosen.uncanonical.extend(flow.uncanonical.take());
                chosen.known.push(flow.path.clone());
                own.push(Some(flow));
            }
            FileKind::Shop
            | FileKind::Texts
            | FileKind::Tests
            | FileKind::Hooks
            | FileKind::Contract
            | FileKind::Mapping
            | FileKind::Fixture
            | FileKind::TextsLock
            | FileKind::TemplatesLock
            | FileKind::FormsLock => {}
        }
    }
    same_names(&own, &mut chosen.findings);
    let Some(main) = main_flow(&own, settings, &mut chosen.findings) else { return chosen };
    let mut waiting = std::collections::VecDeque::from([main]);
    while let Some(path) = waiting.pop_front() {
        if chosen.used.iter().any(|flow| flow.path == path) {
            continue;
        }
        // A mistyped path stands for the nearest one, so that what it leads to is checked as well.
        let known = chosen.known.iter().map(SmolStr::as_str);
        let path = if chosen.known.contains(&path) { Some(path) } else { nearest(&path, known).map(SmolStr::new) };
        let Some(path) = path.filter(|path| !chosen.used.iter().any(|flow| flow.path == *path)) else { continue };
        let Some(mut flow) = take(source, &path, &mut own, &mut chosen.findings) else { continue };
        if flow.standard {
            chosen.uncanonical.extend(flow.uncanonical.take());
        }
        waiting.extend(flow.ast.uses.iter().map(path_of));
        chosen.used.push(flow);
    }
    for flow in own.into_iter().flatten() {
        let span = flow.ast.name.as_ref().map_or(Span::new(flow.file, 0, 0), |name| name.span);
        chosen.findings.push(
            Diagnostic::new(111, span, format!("Nothing leads to the flow `{}`, so it is not checked.", flow.path))
                .help(format!("Write `use {}` in the flow that goes there, or delete the file.", flow.path)),
        );
        chosen.unused.push((flow.file, flow.ast));
    }
    chosen
}

fn path_of(path: &Path) -> SmolStr {
    path.segments.iter().map(Name::as_str).collect::<Vec<_>>().join(".").into()
}

/// The flow of a path, out of the shop's own or read from the standard ones.
fn take(
    source: &ShopSource,
    path: &SmolStr,
    own: &mut [Option<ReadFlow>],
    findings: &mut Vec<Diagnostic>,
) -> Option<ReadFlow> {
    let mine = own.iter_mut().find(|flow| flow.as_ref().is_some_and(|flow| flow.path == *path));
    if let Some(flow) = mine {
        return flow.take();
    }
    if !path.starts_with("std.") {
        return None;
    }
    let standard = |kind: FileKind| matches!(kind, FileKind::Lines | FileKind::Yaml);
    let (id, file, _) = numbered(source).find(|(_, file, is_standard)| {
        *is_standard && standard(file.kind) && read::standard_path(&file.path) == *path
    })?;
    let (flow, found) = read::flow(id, file, true);
    findings.extend(found);
    Some(flow)
}

/// D101: two files with a flow of one name.
fn same_names(own: &[Option<ReadFlow>], findings: &mut Vec<Diagnostic>) {
    for (index, flow) in own.iter().enumerate() {
        let Some(flow) = flow else { continue };
        let name = |flow: &ReadFlow| flow.ast.name.as_ref().map_or(Span::new(flow.file, 0, 0), |name| name.span);
        let mut earlier = own.iter().take(index).flatten();
        if let Some(first) = earlier.find(|earlier| earlier.path == flow.path) {
            findings.push(
                Diagnostic::new(101, name(flow), format!("Two flows are called `{}`.", flow.path))
                    .label(name(first), "first defined here")
                    .help("A name stands for one thing. Rename one of them, or delete one of the files."),
            );
        }
    }
}

/// The flow that answers a new customer: what `shop.yaml` says, else the one that no other uses.
fn main_flow(own: &[Option<ReadFlow>], settings: &mut Settings<'_>, findings: &mut Vec<Diagnostic>) -> Option<SmolStr> {
    let flows: Vec<&ReadFlow> = own.iter().flatten().collect();
    if let Some(main) = &settings.shop.main {
        if flows.iter().any(|flow| flow.path == main.value) {
            return Some(main.value.clone());
        }
        let known = flows.iter().map(|flow| flow.path.as_str());
        let message = format!("There is no flow called `{}`.", main.value);
        findings.push(Diagnostic::new(107, main.span, message).did_you_mean(&main.value, known));
    }
    let used = |flow: &ReadFlow| {
        flows
            .iter()
            .any(|other| other.path != flow.path && other.ast.uses.iter().any(|path| path_of(path) == flow.path))
    };
    let mut roots: Vec<&ReadFlow> = flows.iter().copied().filter(|flow| !used(flow)).collect();
    if roots.is_empty() {
        roots = flows;
    }
    // The largest is the likeliest; of equals, the first file.
    let largest = roots.iter().map(|flow| flow.ast.states.len()).max()?;
    let likeliest = roots.iter().find(|flow| flow.ast.states.len() == largest)?;
    if roots.len() > 1 && settings.shop.main.is_none() {
        let names: Vec<String> = roots.iter().map(|flow| format!("`{}`", flow.path)).collect();
        let span = likeliest.ast.name.as_ref().map_or(Span::new(likeliest.file, 0, 0), |name| name.span);
        findings.push(
            Diagnostic::new(103, span, format!("Which flow answers a new customer? {} all could.", names.join(", ")))
                .help(format!("Write `main: {}` in shop.yaml.", likeliest.path)),
        );
    }
    Some(likeliest.path.clone())
}
