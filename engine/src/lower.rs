//! From the lines of a shop's flows to the resolved [`Shop`]: every name becomes an index, every text is cut, every
//! expression typed. Never fails: what can not be resolved is a diagnostic and a broken place in the shop.
//!
//! Two passes over the flows: first all declarations ([`declare`]), so that flows can call each other in any order,
//! then the bodies ([`body`]). Reads no files and no written form.

mod body;
mod contracts;
mod declare;
mod dest;
mod events;
mod literals;
mod names;
mod operations;
mod places;
mod reactions;
mod scope;
mod steps;
mod templates;
mod texts;
mod unused;

use duka_dsl::ast::{FlowFile, TextsFile};
use duka_dsl::{Diagnostic, FileId};
use smol_str::SmolStr;

use crate::hir::{Profile, Shop};

pub use contracts::ContractSource;

/// One flow that takes part in the program.
#[derive(Clone, Copy, Debug)]
pub struct FlowSource<'a> {
    /// `boutique`, `std.tracking`.
    pub path: &'a str,
    pub file: FileId,
    pub standard: bool,
    pub ast: &'a FlowFile,
    /// The file's text: what unreadable lines may have declared is looked up in it.
    pub text: &'a str,
}

/// What is lowered together.
#[derive(Debug)]
pub struct Input<'a> {
    pub profile: Profile,
    /// The shop's languages, the first one first.
    pub languages: Vec<SmolStr>,
    /// The main flow first, then every flow that is used.
    pub flows: Vec<FlowSource<'a>>,
    /// The paths of all flows that could be used, for "did you mean".
    pub known_flows: Vec<SmolStr>,
    pub texts: Vec<(FileId, &'a TextsFile)>,
    /// The shop's own first: they replace operations and records of the same name.
    pub contracts: Vec<ContractSource<'a>>,
    pub hooks: Option<(FileId, &'a str)>,
}

/// The shop as far as it could be resolved, and what is wrong with the rest.
#[derive(Debug)]
pub struct Lowered {
    pub shop: Shop,
    pub diagnostics: Vec<Diagnostic>,
}

/// Resolves a shop.
pub fn lower(input: &Input<'_>) -> Lowered {
    let mut findings = Vec::new();
    let names = declare::shop(input, &mut findings);
    let translations = texts::Translations::new(input, &mut findings);
    let declared = declare::flows(input, &names, &mut findings);
    let mut used = unused::Shared::default();
    let mut flows = Vec::with_capacity(declared.len());
    for flow in &declared {
        flows.push(body::lower(flow, &declared, &names, &translations, &mut used, &mut findings));
    }
    unused::customer_values(&names, &used, &mut findings);
    let shop = Shop {
        profile: input.profile.clone(),
        flows,
        languages: input.languages.clone(),
        records: names.records,
        known_records: names.known,
        operations: names.operations,
        statuses: names.statuses,
        consents: names.consents,
        customer_slots: names.customer_slots,
        hooks: names.hooks,
        runner: names.runner,
    };
    Lowered { shop, diagnostics: findings }
}
