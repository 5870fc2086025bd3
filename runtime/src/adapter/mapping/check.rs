//! A shop's mappings from its files, judged by its contracts: every operation that its flows use is there, every field
//! that the contract needs has a rule that can make it. Asks no backend.

mod judge;
mod unable;
mod untold;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use duka_dsl::config::shop::{self, Section};
use duka_dsl::span::Name;
use duka_dsl::yaml::tree::{self, Node};
use duka_dsl::yaml::typed;
use duka_dsl::{Diagnostic, FileId, Span};
use duka_engine::hir::{Operation as Promise, Shop, StepKind};
use duka_engine::lints::CARRIER;
use duka_engine::source::{FileKind, ShopSource, SourceFile};
use duka_engine::walk;
use smol_str::SmolStr;

use self::judge::Judge;
pub use self::unable::unable;
pub use self::untold::untold;
use super::{Base, Mapping, Written, shipped};
use crate::adapter::bag;

/// Adapters that need no mapping to be shipped.
const KINDS: [&str; 4] = ["demo", "rest", bag::KIND, CARRIER];

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
    let keeps_bags = bag::is_kept(source);
    let used = used(shop, keeps_bags);
    if keeps_bags {
        bags(&profile.adapters, shop, &used, &mut findings);
    }
    for adapter in &profile.adapters {
        let Some(kind) = &adapter.kind else { continue };
        let contract = &adapter.name.value;
        let asked: Vec<&Promise> = used.iter().copied().filter(|it| it.contract == *contract).collect();
        let path = path_of(adapter);
        let own = numbered(source).find(|(_, file)| file.path == path);
        let mapping = match (own, shipped::text(kind.as_str())) {
            (_, None) if !KINDS.contains(&kind.as_str()) => {
                let message = format!("There is no adapter `{}`.", kind.value);
                let known: Vec<&str> = KINDS.into_iter().chain(shipped::kinds()).collect();
                findings.push(Diagnostic::new(25, kind.span, message).did_you_mean(&kind.value, known));
                None
            }
            (_, None)
                if kind.as_str() == "demo" || (kind.as_str(), contract.as_str()) == (bag::KIND, bag::CONTRACT) =>
            {
                None
            }
            (_, None) if kind.as_str() == bag::KIND => {
                let message = format!("Duka itself keeps no `{contract}`, only the bag.");
                findings.push(
                    Diagnostic::new(25, kind.span, message).help("Write `cart: duka`, and here what your system is."),
                );
                None
            }
            (Some((id, file)), _) => mapping(id, file, shop, (contract, &asked), &mut findings),
            (None, Some(text)) => {
                let settings = settings(&profile.adapters, adapter);
                known(text, &settings, kind, shop, (contract, &asked), &mut findings)
            }
            (None, None) => {
                let message = format!("`{}: {}` needs the file `{path}`.", adapter.name.value, kind.value);
                let help = "Write there how your system is asked, beside shop.yaml; docs/adapters.md shows how.";
                findings.push(Diagnostic::new(25, kind.span, message).help(help));
                None
            }
        };
        if let Some(mapping) = mapping {
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
    id: FileId,
    file: &SourceFile,
    shop: &Shop,
    (contract, asked): (&str, &[&Promise]),
    findings: &mut Vec<Diagnostic>,
) -> Option<Mapping> {
    let (tree, wrong) = tree::parse(id, &file.text);
    let sound = wrong.is_empty();
    findings.extend(wrong);
    let Some(root) = tree.root.filter(|_| sound) else {
        if sound {
            let message = "This mapping is empty: it needs `base` and `operations`.";
            findings.push(Diagnostic::new(25, Span::new(id, 0, 0), message));
        }
        return None;
    };
    match typed::from_node::<Mapping>(&root) {
        Ok(mapping) => {
            let mut judge = Judge { shop, mapping: &mapping, root: &root, findings };
            judge.all(contract, asked);
            Some(Mapping { written: Written::of(&file.path, &file.text, &root), ..mapping })
        }
        Err(finding) => {
            findings.push(*finding);
            None
        }
    }
}

/// What an adapter is told: its own settings, and those of others of its kind where it says nothing.
fn settings(all: &[Section], own: &Section) -> BTreeMap<String, String> {
    let kind = own.kind.as_ref().map(|kind| kind.as_str());
    let of_kind = all.iter().filter(|it| it.kind.as_ref().map(|kind| kind.as_str()) == kind);
    let written = of_kind.chain([own]).flat_map(|section| &section.settings);
    written.filter_map(|it| Some((it.name.value.to_string(), it.value.text()?.to_string()))).collect()
}

/// A mapping that comes with Duka, as far as it fits the shop's contracts. What it can not do and the flows need is told at
/// the adapter in `shop.yaml`.
fn known(
    text: &str,
    settings: &BTreeMap<String, String>,
    kind: &Name,
    shop: &Shop,
    (contract, asked): (&str, &[&Promise]),
    findings: &mut Vec<Diagnostic>,
) -> Option<Mapping> {
    let text = match shipped::settled(text, settings) {
        Ok(text) => text,
        Err(missing) => {
            let message = format!("`{}` needs {}.", kind.value, quoted(&missing));
            let help = format!("Write `{contract}: {{ kind: {}, {}: … }}`.", kind.value, missing.join(": …, "));
            findings.push(Diagnostic::new(25, kind.span, message).help(help));
            return None;
        }
    };
    let root = tree::parse(kind.span.file, &text).0.root?;
    let mut mapping = match typed::from_node::<Mapping>(&root) {
        Ok(mapping) => mapping,
        Err(finding) => {
            findings.push(Diagnostic::new(25, kind.span, format!("`{}`: {}", kind.value, finding.message)));
            return None;
        }
    };
    // What the shop's contracts have not, or have otherwise, counts only where its flows need it.
    let fits = |path: &String| {
        let Some(promise) = shop.operations.iter().find(|promise| promise.path() == *path) else { return false };
        let mut wrong = Vec::new();
        Judge { shop, mapping: &mapping, root: &root, findings: &mut wrong }.one(path, promise);
        wrong.is_empty()
    };
    let fitting: BTreeSet<String> = mapping.operations.keys().filter(|path| fits(path)).cloned().collect();
    mapping.operations.retain(|path, _| fitting.contains(path));
    let lacks = asked.iter().map(|promise| promise.path()).filter(|path| !fitting.contains(path));
    for path in lacks {
        let message =
            format!("The flows use `{path}`, which the adapter `{}` can not do as the contract says.", kind.value);
        let help = format!(
            "Take it out of the flows; or write its mapping yourself: `duka adapter show {}` > {contract}.rest.yaml is where to begin.",
            kind.value
        );
        findings.push(Diagnostic::new(25, kind.span, message).help(help));
    }
    Some(mapping)
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// What the flows need of a bag, and the one that Duka keeps can not do.
fn bags(adapters: &[Section], shop: &Shop, used: &[&Promise], findings: &mut Vec<Diagnostic>) {
    let named = |name: &str| adapters.iter().find(|adapter| adapter.name.value == name);
    let Some(adapter) = named(bag::CONTRACT).or_else(|| named("catalog")) else { return };
    let of_bag = used.iter().filter(|promise| promise.contract == bag::CONTRACT);
    for lacking in of_bag.filter_map(|promise| bag::lacks(shop, promise)) {
        let message = format!("The flows need {lacking} of the bag, which the one that Duka keeps has not.");
        let help = "Write below `adapters` what keeps your customers' bags: `cart: rest`, with a mapping.";
        findings.push(Diagnostic::new(25, adapter.name.span, message).help(help));
    }
}

/// The operations that the shop's flows call.
fn used(shop: &Shop, keeps_bags: bool) -> Vec<&Promise> {
    let mut ids = BTreeSet::new();
    for lines in shop.flows.iter().flat_map(walk::lines) {
        for step in lines.steps {
            if let StepKind::Call(call) = &step.kind {
                ids.insert(call.operation.index());
            }
        }
    }
    let mut used: Vec<&Promise> = ids.into_iter().filter_map(|at| shop.operations.get(at)).collect();
    // The bag that Duka keeps asks the catalogue for each of its things.
    if keeps_bags && used.iter().any(|promise| promise.contract == bag::CONTRACT) {
        let known = |promise: &Promise| used.iter().any(|known| std::ptr::eq(*known, promise));
        let asked = shop.operations.iter().find(|promise| promise.path() == bag::PRODUCT && !known(promise));
        used.extend(asked);
    }
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
