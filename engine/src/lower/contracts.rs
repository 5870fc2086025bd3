//! Contracts as records, operations and statuses. A shop's own contract comes first, and replaces what has the same name.

use duka_dsl::config::contract::{self, ContractFile, ContractType, OperationDecl};
use duka_dsl::{Diagnostic, FileId, Name};
use smol_str::SmolStr;

use crate::hir::{Builtin, Operation, OperationId, OperationKind, Parameter, Statuses};
use crate::types::{Field, RecordId, RecordOrigin, Type, basic_type_names};

use super::Input;
use super::declare::{ShopNames, id};
use super::names::{UNKNOWN_NAME, twice, unknown, written_type};

/// A contract with where it was read.
#[derive(Clone, Copy, Debug)]
pub struct ContractSource<'a> {
    pub file: FileId,
    pub contract: &'a ContractFile,
}

/// How long an operation is waited for when its contract does not say.
const WITHIN_MS: i64 = 10_000;
/// How old an answer may be when its contract does not say (language.md 2.12).
const FRESH_FOR_MS: i64 = 60_000;

/// Name, type, and whether it may be missing.
type AlwaysField = (&'static str, Type, bool);

/// Records that the language itself knows, for shops whose contracts do not declare them.
const ALWAYS: [(&str, &[AlwaysField]); 5] = [
    ("customer", &[("first_name", Type::Text, false)]),
    ("shop", &[("name", Type::Text, false)]),
    ("cart", &[("count", Type::Number, false)]),
    (
        "location",
        &[
            ("latitude", Type::Text, false),
            ("longitude", Type::Text, false),
            ("name", Type::Text, true),
            ("address", Type::Text, true),
        ],
    ),
    (
        "address",
        &[
            ("name", Type::Text, false),
            ("street", Type::Text, false),
            ("town", Type::Town, false),
            ("notes", Type::Text, true),
        ],
    ),
];

/// Declares the names of all records; their fields follow when every name is known.
pub(super) fn records(input: &Input<'_>, names: &mut ShopNames) {
    for source in &input.contracts {
        for record in &source.contract.records {
            if names.record_named(record.name.as_str()).is_none() {
                names.declare_record(&record.name.value, RecordOrigin::Contract, Vec::new());
            }
        }
    }
    for (name, fields) in ALWAYS {
        if names.record_named(name).is_none() {
            let field = |(name, ty, optional): &AlwaysField| Field {
                name: SmolStr::new(name),
                ty: ty.clone(),
                optional: *optional,
                span: None,
            };
            names.declare_record(&name.into(), RecordOrigin::Contract, fields.iter().map(field).collect());
        }
    }
    let known = |name: &str| names.record_named(name);
    names.known = crate::hir::KnownRecords {
        cart: known("cart"),
        customer: known("customer"),
        shop: known("shop"),
        order: known("order"),
        payment: known("payment"),
        product: known("product"),
        location: known("location"),
        address: known("address"),
    };
}

/// Fills in the fields of records, and declares operations and statuses.
pub(super) fn operations(input: &Input<'_>, names: &mut ShopNames, findings: &mut Vec<Diagnostic>) {
    let mut filled: Vec<RecordId> = Vec::new();
    for source in &input.contracts {
        fields(source, names, &mut filled, findings);
    }
    for source in &input.contracts {
        let Some(adapter) = &source.contract.adapter else { continue };
        for operation in &source.contract.operations {
            declare(input, source, (adapter, operation), names, findings);
        }
        names.contracts.entry(adapter.value.clone()).or_default();
        let known = names.statuses.iter().any(|statuses| statuses.contract == adapter.value);
        if let (Some(written), false) = (&source.contract.statuses, known) {
            names.statuses.push(statuses(adapter, written));
        }
    }
}

fn fields(
    source: &ContractSource<'_>,
    names: &mut ShopNames,
    filled: &mut Vec<RecordId>,
    findings: &mut Vec<Diagnostic>,
) {
    for record in &source.contract.records {
        let Some(id) = names.record_named(record.name.as_str()) else { continue };
        if filled.contains(&id) {
            continue;
        }
        filled.push(id);
        let mut fields: Vec<Field> = Vec::with_capacity(record.fields.len());
        for field in &record.fields {
            if let Some(first) = fields.iter().find(|known| known.name == field.name.value) {
                findings.push(twice(102, "fields", &field.name, first.span.unwrap_or(field.name.span)));
                continue;
            }
            let ty = resolve(&field.ty, names, findings);
            let (name, span) = (field.name.value.clone(), Some(field.name.span));
            fields.push(Field { name, ty, optional: field.ty.optional, span });
        }
        if let Some(record) = names.records.get_mut(id.0 as usize) {
            record.fields = fields;
        }
    }
}

fn declare(
    input: &Input<'_>,
    source: &ContractSource<'_>,
    (adapter, written): (&Name, &OperationDecl),
    names: &mut ShopNames,
    findings: &mut Vec<Diagnostic>,
) {
    let earlier = names.contracts.get(&adapter.value).and_then(|operations| operations.get(&written.name.value));
    if earlier.is_some() {
        let same_file = source.contract.operations.iter().find(|other| other.name == written.name);
        if let Some(first) = same_file.filter(|first| first.name.span != written.name.span) {
            findings.push(twice(101, "operations", &written.name, first.name.span));
        }
        return;
    }
    let gives = written.gives.as_ref().map(|ty| resolve(ty, names, findings));
    let takes = written.takes.iter().map(|ty| Parameter { ty: resolve(ty, names, findings), optional: ty.optional });
    let says_hours = input.profile.facts.hours.is_some() && gives == names.known.shop.map(Type::Record);
    let operation = Operation {
        takes: takes.collect(),
        contract: adapter.value.clone(),
        name: written.name.value.clone(),
        kind: match written.kind {
            contract::OperationKind::Query => OperationKind::Query,
            contract::OperationKind::Command => OperationKind::Command,
        },
        gives,
        within_ms: written.within.as_ref().map_or(WITHIN_MS, |within| within.value.ms()),
        fresh_for_ms: written.fresh_for.as_ref().map_or(FRESH_FOR_MS, |fresh| fresh.value.ms()),
        retry: written.retry.as_ref().map_or(0, |retry| retry.value),
        fails: written.fails.iter().map(|refusal| refusal.value.clone()).collect(),
        repeatable: written.repeatable,
        builtin: match (adapter.as_str(), written.name.as_str()) {
            ("handoff", "open") => Some(Builtin::HandoffOpen),
            ("customer", "set_language") => Some(Builtin::SetLanguage),
            ("shop", "hours") if says_hours => Some(Builtin::ShopHours),
            _ => None,
        },
    };
    let next = OperationId(id(names.operations.len()));
    names.operations.push(operation);
    names.contracts.entry(adapter.value.clone()).or_default().insert(written.name.value.clone(), next);
}

fn resolve(written: &ContractType, names: &ShopNames, findings: &mut Vec<Diagnostic>) -> Type {
    let named = |name: &str| names.record_named(name).map(Type::Record);
    written_type(&written.ty, &named).unwrap_or_else(|name| {
        let known = basic_type_names().chain(names.record_ids.keys().map(SmolStr::as_str));
        let help = "Declare it under `records` of the contract, or as a `form` of a flow.";
        findings.push(unknown(UNKNOWN_NAME, "type", &name, known, help));
        Type::Unknown
    })
}

/// Ranks of the statuses; those that end an order rank above all others.
fn statuses(adapter: &Name, written: &contract::Statuses) -> Statuses {
    let rank = |index: usize| u8::try_from(index).unwrap_or(u8::MAX);
    let mut ranks: Vec<(SmolStr, u8)> = Vec::new();
    for (index, status) in written.ranked.iter().enumerate() {
        ranks.push((status.value.clone(), rank(index)));
    }
    let end = rank(written.ranked.len());
    ranks.extend(written.terminal.iter().map(|status| (status.value.clone(), end)));
    let terminal = written.terminal.iter().map(|status| status.value.clone()).collect();
    Statuses { contract: adapter.value.clone(), ranks, terminal }
}
