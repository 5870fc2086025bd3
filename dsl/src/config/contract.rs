//! `*.contract.yaml`: what a backend's operations take and give, which of them may fail how, and the order of statuses.
//! Says nothing about how the backend is reached.

use smol_str::SmolStr;

use super::fields::{Findings, is_name};
use crate::ast::{Duration, TypeExpr};
use crate::diagnostic::Diagnostic;
use crate::span::{FileId, Name, Span, Spanned};
use crate::yaml::tree::{self, Entry, Node, Value};

/// One adapter's contract.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ContractFile {
    pub adapter: Option<Name>,
    pub records: Vec<RecordDecl>,
    /// Queries first, then commands, each in file order.
    pub operations: Vec<OperationDecl>,
    pub statuses: Option<Statuses>,
}

/// `product: {sku: text, price: money, photo: image?}`
#[derive(Clone, Debug, PartialEq)]
pub struct RecordDecl {
    pub name: Name,
    pub fields: Vec<FieldDecl>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct FieldDecl {
    pub name: Name,
    pub ty: ContractType,
}

/// `list of order`, `delivery_zone?`
#[derive(Clone, Debug)]
pub struct ContractType {
    pub ty: TypeExpr,
    /// Marked `?`: there may be no value.
    pub optional: bool,
    pub span: Span,
}

impl PartialEq for ContractType {
    fn eq(&self, other: &ContractType) -> bool {
        self.ty == other.ty && self.optional == other.optional
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OperationKind {
    /// Safe to repeat.
    Query,
    /// Changes something; carries an idempotency key.
    Command,
}

#[derive(Clone, Debug, PartialEq)]
pub struct OperationDecl {
    pub name: Name,
    pub kind: OperationKind,
    pub takes: Vec<ContractType>,
    pub gives: Option<ContractType>,
    /// How long an answer is waited for.
    pub within: Option<Spanned<Duration>>,
    /// How long an answer may be shown.
    pub fresh_for: Option<Spanned<Duration>>,
    /// How many times the runtime tries again.
    pub retry: Option<Spanned<u32>>,
    /// The refusals that a flow answers with `else`.
    pub fails: Vec<Name>,
    /// A command that may run twice without harm.
    pub repeatable: bool,
}

/// The statuses of what the adapter sends events about.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Statuses {
    /// From the first to the last; an event with a lower rank than the present one is dropped.
    pub ranked: Vec<Name>,
    /// `end: …`: nothing follows these.
    pub terminal: Vec<Name>,
}

pub(crate) const TOP: &[&str] = &["adapter", "records", "queries", "commands", "statuses"];
pub(crate) const QUERY: &[&str] = &["takes", "gives", "within", "fresh_for", "retry", "fails"];
pub(crate) const COMMAND: &[&str] = &["takes", "gives", "within", "fresh_for", "retry", "fails", "repeatable"];

/// Reads a contract. What is wrong is told and left out.
pub fn read(file: FileId, text: &str) -> (ContractFile, Vec<Diagnostic>) {
    let (tree, diagnostics) = tree::parse(file, text);
    let mut findings = Findings::after(&tree, diagnostics);
    let mut contract = ContractFile::default();
    let start = Span::new(file, 0, 0);
    if let Some(root) = &tree.root {
        for entry in findings.fields(root, "A contract", TOP) {
            take(&mut contract, entry, &mut findings);
        }
    }
    if contract.adapter.is_none() && tree.broken.is_none() && findings.list.is_empty() {
        findings.missing(start, "A contract", "adapter", "adapter: orders");
    }
    (contract, findings.list)
}

fn take(contract: &mut ContractFile, entry: &Entry, findings: &mut Findings) {
    let node = &entry.value;
    match entry.key.value.as_str() {
        "adapter" => contract.adapter = findings.name(node, "adapter"),
        "records" => {
            let entries = findings.entries(node, "`records`");
            contract.records = entries.iter().filter_map(|entry| record(entry, findings)).collect();
        }
        "queries" => operations(contract, OperationKind::Query, node, findings),
        "commands" => operations(contract, OperationKind::Command, node, findings),
        "statuses" => contract.statuses = Some(statuses(node, findings)),
        _ => {}
    }
}

fn record(entry: &Entry, findings: &mut Findings) -> Option<RecordDecl> {
    let name = findings.key(entry)?;
    let entries = findings.entries(&entry.value, &format!("`{}`", name.value));
    let fields = entries.iter().filter_map(|entry| {
        let name = findings.key(entry)?;
        let ty = contract_type(&entry.value, findings)?;
        Some(FieldDecl { name, ty })
    });
    Some(RecordDecl { fields: fields.collect(), name })
}

fn operations(contract: &mut ContractFile, kind: OperationKind, node: &Node, findings: &mut Findings) {
    let what = match kind {
        OperationKind::Query => "`queries`",
        OperationKind::Command => "`commands`",
    };
    for entry in findings.entries(node, what) {
        if let Some(operation) = operation(kind, entry, findings) {
            contract.operations.push(operation);
        }
    }
}

fn operation(kind: OperationKind, entry: &Entry, findings: &mut Findings) -> Option<OperationDecl> {
    let name = findings.key(entry)?;
    let known = match kind {
        OperationKind::Query => QUERY,
        OperationKind::Command => COMMAND,
    };
    let what = format!("`{}`", name.value);
    let mut operation = OperationDecl {
        name,
        kind,
        takes: Vec::new(),
        gives: None,
        within: None,
        fresh_for: None,
        retry: None,
        fails: Vec::new(),
        repeatable: false,
    };
    for field in findings.fields(&entry.value, &what, known) {
        let node = &field.value;
        match field.key.value.as_str() {
            "takes" => {
                let items = findings.items(node, "takes");
                operation.takes = items.iter().filter_map(|item| contract_type(item, findings)).collect();
            }
            "gives" => operation.gives = contract_type(node, findings),
            "within" => operation.within = findings.duration(node, "within"),
            "fresh_for" => operation.fresh_for = findings.duration(node, "fresh_for"),
            "retry" => operation.retry = findings.whole(node, "retry"),
            "fails" => operation.fails = findings.names(node, "fails"),
            "repeatable" => operation.repeatable = findings.yes_no(node, "repeatable").unwrap_or(false),
            _ => {}
        }
    }
    Some(operation)
}

/// `[placed, paid, "end: cancelled, returned"]`, or the last item as a map `{ end: [cancelled, returned] }`.
fn statuses(node: &Node, findings: &mut Findings) -> Statuses {
    let mut statuses = Statuses::default();
    for item in findings.items(node, "statuses") {
        match &item.value {
            Value::Map(_) => {
                for entry in findings.fields(item, "`statuses`", &["end"]) {
                    statuses.terminal.extend(findings.names(&entry.value, "end"));
                }
            }
            Value::Scalar(scalar) => match scalar.text.strip_prefix("end:") {
                Some(names) => {
                    let names = names.split(',').map(str::trim).filter(|name| is_name(name));
                    statuses.terminal.extend(names.map(|name| Spanned::new(SmolStr::new(name), item.span)));
                }
                None => statuses.ranked.extend(findings.name(item, "statuses")),
            },
            Value::List(_) => findings.wrong(item.span, "statuses", "a list of names"),
        }
    }
    statuses
}

/// `text`, `text?`, `list of order`, `one of s, m, l`
fn contract_type(node: &Node, findings: &mut Findings) -> Option<ContractType> {
    let written = node.text().unwrap_or_default().trim();
    let (inner, optional) = match written.strip_suffix('?') {
        Some(inner) => (inner.trim_end(), true),
        None => (written, false),
    };
    let name = |text: &str| is_name(text).then(|| Spanned::new(SmolStr::new(text), node.span));
    let ty = if let Some(item) = inner.strip_prefix("list of ") {
        name(item.trim()).map(TypeExpr::ListOf)
    } else if let Some(members) = inner.strip_prefix("one of ") {
        let members: Option<Vec<Name>> = members.split(',').map(|member| name(member.trim())).collect();
        members.map(TypeExpr::OneOf)
    } else {
        name(inner).map(TypeExpr::Named)
    };
    if ty.is_none() {
        let message = "A type is a name such as `money`, or `list of order`; with `?` when there may be no value.";
        findings.push(Diagnostic::new(25, node.span, message));
    }
    ty.map(|ty| ContractType { ty, optional, span: node.span })
}

#[cfg(test)]
mod tests {
    use super::read;
    use crate::span::FileId;

    const ORDERS: &str = "\
adapter: orders
records:
  claim: { number: text, refund: money?, sizes: one of s }
queries:
  recent: { takes: [customer], gives: list of order, within: 5 seconds, fresh_for: 60 seconds }
  quote:  { takes: [cart, delivery_details?, \"delivery_zone?\", money], gives: order }
commands:
  hold:    { takes: [order], gives: order, within: 10 seconds, retry: 2, fails: [short_stock], repeatable: true }
  release: { takes: [order] }
statuses: [placed, paid, \"end: cancelled, returned\"]
";

    #[test]
    fn a_contract_is_read_whole() {
        let (contract, findings) = read(FileId(0), ORDERS);
        assert_eq!(findings, []);
        let names: Vec<_> = contract.operations.iter().map(|operation| operation.name.as_str()).collect();
        assert_eq!(names, ["recent", "quote", "hold", "release"]);
        let optional: Vec<_> = contract.operations[1].takes.iter().map(|ty| ty.optional).collect();
        assert_eq!(optional, [false, true, true, false]);
        let statuses = contract.statuses.expect("the contract has statuses");
        assert_eq!((statuses.ranked.len(), statuses.terminal.len()), (2, 2));
        let (refund, source) = (&contract.records[0].fields[1].ty, ORDERS);
        assert_eq!(&source[refund.span.range()], "money?");
    }

    #[test]
    fn each_mistake_is_one_finding_and_the_rest_is_read() {
        let text =
            "adapter: orders\nquerys: {}\ncommands:\n  hold: { takes: [List], retry: often, within: 10 }\n  ok: {}\n";
        let (contract, findings) = read(FileId(0), text);
        let shown: Vec<_> = findings.iter().map(|f| format!("{} {}", &text[f.span.range()], f.message)).collect();
        assert_eq!(
            shown,
            [
                "querys A contract has no `querys`.",
                "List A type is a name such as `money`, or `list of order`; with `?` when there may be no value.",
                "often `retry` should be a whole number.",
                "10 `within` should be a length of time, such as `10 seconds` or `90 days`.",
            ]
        );
        assert_eq!(contract.operations.len(), 2);
    }
}
