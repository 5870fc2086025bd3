//! A shop's mappings from its files, judged by its contracts: every operation that its flows use is there, every field
//! that the contract needs has a rule that can make it. Asks no backend.

mod judge;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use duka_dsl::config::shop::{self, Section};
use duka_dsl::yaml::tree::{self, Node};
use duka_dsl::yaml::typed;
use duka_dsl::{Diagnostic, FileId, Span};
use duka_engine::hir::{Operation as Promise, Shop, StepKind};
use duka_engine::lints::CARRIER;
use duka_engine::source::{FileKind, ShopSource, SourceFile};
use duka_engine::walk;
use smol_str::SmolStr;

use self::judge::Judge;
use super::{Base, Mapping};

/// Adapters that Duka has.
const KINDS: [&str; 3] = ["demo", "rest", CARRIER];

/// A contract and the mapping that answers it.
#[derive(Clone, Debug)]
pub struct Found {
    pub contract: SmolStr,
    /// Relative to the shop's folder.
    pub path: PathBuf,
    pub mapping: Arc<Mapping>,
}

impl Found {
    /// The same at another base.
    ///
    /// # Errors
    /// It is no address.
    pub fn at(self, base: &str) -> Result<Found, String> {
        let base = Base::try_from(base.to_string())?;
        let mapping = Mapping { base, ..Mapping::clone(&self.mapping) };
        Ok(Found { mapping: Arc::new(mapping), ..self })
    }
}

/// Reads the mappings that `shop.yaml` names. What is wrong is told; a mapping that can not be read is left out.
pub fn read(source: &ShopSource, shop: &Shop) -> (Vec<Found>, Vec<Diagnostic>) {
    let mut findings = Vec::new();
    let mut found = Vec::new();
    let profile = numbered(source).find(|(_, file)| file.kind == FileKind::Shop);
    let Some((id, profile)) = profile else { return (found, findings) };
    // What is wrong with the profile itself is told where it is compiled.
    let (profile, _) = shop::read(id, &profile.text);
    let used = used(shop);
    for adapter in &profile.adapters {
        let Some(kind) = &adapter.kind else { continue };
        if !KINDS.contains(&kind.as_str()) {
            let message = format!("There is no adapter `{}`.", kind.value);
            findings.push(Diagnostic::new(25, kind.span, message).did_you_mean(&kind.value, KINDS));
        }
        if !KINDS.contains(&kind.as_str()) || kind.as_str() == "demo" {
            continue;
        }
        let path = path_of(adapter);
        let Some((file, text)) = numbered(source).find(|(_, file)| file.path == path) else {
            let message = format!("`{}: {kind}` needs the file `{path}`.", adapter.name.value, kind = kind.value);
            let help = "Write there how your system is asked, beside shop.yaml; docs/adapters.md shows how.";
            findings.push(Diagnostic::new(25, kind.span, message).help(help));
            continue;
        };
        let contract = &adapter.name.value;
        let asked: Vec<&Promise> = used.iter().copied().filter(|it| it.contract == *contract).collect();
        if let Some(mapping) = mapping(file, &text.text, shop, (contract, &asked), &mut findings) {
            found.push(Found { contract: contract.clone(), path: path.into(), mapping: Arc::new(mapping) });
        }
    }
    findings.dedup();
    (found, findings)
}

fn path_of(adapter: &Section) -> String {
    let named = adapter.settings.iter().find(|setting| setting.name.value == "mapping");
    let named = named.and_then(|setting| setting.value.text()).map(str::to_string);
    named.unwrap_or_else(|| format!("{}.rest.yaml", adapter.name.value))
}

fn mapping(
    file: FileId,
    text: &str,
    shop: &Shop,
    (contract, asked): (&str, &[&Promise]),
    findings: &mut Vec<Diagnostic>,
) -> Option<Mapping> {
    let (tree, wrong) = tree::parse(file, text);
    let sound = wrong.is_empty();
    findings.extend(wrong);
    let Some(root) = tree.root.filter(|_| sound) else {
        if sound {
            let message = "This mapping is empty: it needs `base` and `operations`.";
            findings.push(Diagnostic::new(25, Span::new(file, 0, 0), message));
        }
        return None;
    };
    match typed::from_node::<Mapping>(&root) {
        Ok(mapping) => {
            let mut judge = Judge { shop, mapping: &mapping, root: &root, findings };
            judge.all(contract, asked);
            Some(mapping)
        }
        Err(finding) => {
            findings.push(*finding);
            None
        }
    }
}

/// The operations that the shop's flows call.
fn used(shop: &Shop) -> Vec<&Promise> {
    let mut ids = BTreeSet::new();
    for lines in shop.flows.iter().flat_map(walk::lines) {
        for step in lines.steps {
            if let StepKind::Call(call) = &step.kind {
                ids.insert(call.operation.index());
            }
        }
    }
    let mut used: Vec<&Promise> = ids.into_iter().filter_map(|at| shop.operations.get(at)).collect();
    // What reads the bag asks for it without a line of its own.
    let bag = shop.operations.iter().find(|it| it.contract == "cart" && it.name == "current");
    used.extend(bag.filter(|bag| !used.iter().any(|known| std::ptr::eq(*known, *bag))));
    used.retain(|promise| promise.builtin.is_none());
    used
}

fn numbered(source: &ShopSource) -> impl Iterator<Item = (FileId, &SourceFile)> {
    let numbered = source.files.iter().enumerate();
    numbered.map(|(at, file)| (FileId(u16::try_from(at).unwrap_or(u16::MAX)), file))
}

/// Where a value stands: the innermost of the keys that is there.
fn place(root: &Node, keys: &[&str]) -> Span {
    let mut node = root;
    let mut span = root.span;
    for key in keys {
        let Some(entry) = node.map().and_then(|entries| entries.iter().find(|entry| entry.key.value == *key)) else {
            break;
        };
        span = entry.key.span;
        node = &entry.value;
    }
    span
}
