//! What a shop and each of its flows declare, before any line that uses it is looked at.

use std::collections::BTreeMap;

use duka_dsl::ast::{self, TypeExpr};
use duka_dsl::{Diagnostic, Name};
use smol_str::SmolStr;

use crate::expression::Hooks;
use crate::hir::{
    Consent, ConsentId, CustomerSlotId, Experiment, ExperimentId, FlowId, FormId, Hook, KnownRecords, Operation,
    OperationId, PhraseId, Rule, RuleId, Slot, SlotId, SlotKind, StateId, Statuses, TemplateId, WordsId,
};
use crate::types::{Field, Record, RecordId, RecordOrigin, Type, basic_type_names};
use crate::value::Value;

use super::names::{UNKNOWN_NAME, path_text, twice, unknown, words_of, written_type};
use super::{FlowSource, Input, contracts, literals};

/// The position of a thing as an id.
pub(super) fn id(index: usize) -> u16 {
    u16::try_from(index).unwrap_or(u16::MAX)
}

/// What all flows of a shop share.
#[derive(Debug, Default)]
pub(super) struct ShopNames {
    pub records: Vec<Record>,
    pub record_ids: BTreeMap<SmolStr, RecordId>,
    pub known: KnownRecords,
    pub operations: Vec<Operation>,
    /// By contract, its operations by name.
    pub contracts: BTreeMap<SmolStr, BTreeMap<SmolStr, OperationId>>,
    pub statuses: Vec<Statuses>,
    pub consents: Vec<Consent>,
    pub consent_ids: BTreeMap<SmolStr, ConsentId>,
    pub customer_slots: Vec<Slot>,
    pub customer_ids: BTreeMap<SmolStr, CustomerSlotId>,
    pub hooks: Vec<Hook>,
    pub runner: Hooks,
    pub flow_ids: BTreeMap<SmolStr, FlowId>,
    /// Every flow that could be used, in the program or not.
    pub known_flows: Vec<SmolStr>,
    /// What is read where a record is missing.
    pub nothing: Record,
    /// By flow, its forms' records.
    form_records: Vec<Vec<RecordId>>,
}

impl ShopNames {
    pub fn record_named(&self, name: &str) -> Option<RecordId> {
        self.record_ids.get(name).copied()
    }

    fn add_record(&mut self, name: &SmolStr, origin: RecordOrigin, fields: Vec<Field>) -> RecordId {
        let id = RecordId(id(self.records.len()));
        self.records.push(Record { name: name.clone(), fields, origin });
        id
    }

    /// Declares a record under its name; the first of a name wins.
    pub fn declare_record(&mut self, name: &SmolStr, origin: RecordOrigin, fields: Vec<Field>) -> RecordId {
        let id = self.add_record(name, origin, fields);
        self.record_ids.entry(name.clone()).or_insert(id);
        id
    }
}

/// What one flow declares.
#[derive(Debug)]
pub(super) struct Declared<'a> {
    pub id: FlowId,
    pub source: FlowSource<'a>,
    pub states: BTreeMap<&'a str, StateId>,
    pub rules: Vec<Rule>,
    pub rule_ids: BTreeMap<&'a str, RuleId>,
    pub slots: Vec<Slot>,
    pub slot_ids: BTreeMap<&'a str, SlotId>,
    /// The values of `remember customer` that the flow names.
    pub customer: BTreeMap<&'a str, CustomerSlotId>,
    pub words: BTreeMap<&'a str, WordsId>,
    pub phrases: BTreeMap<&'a str, PhraseId>,
    pub forms: BTreeMap<&'a str, FormId>,
    pub form_records: Vec<RecordId>,
    pub experiments: Vec<Experiment>,
    pub experiment_ids: BTreeMap<&'a str, ExperimentId>,
    pub templates: BTreeMap<&'a str, TemplateId>,
    pub takes: Vec<SlotId>,
    /// By path as written, the flows that may be gone to.
    pub uses: BTreeMap<SmolStr, FlowId>,
    /// Those of them that run beside an order: to `use` them is to run them.
    pub beside: Vec<FlowId>,
    /// The flows of `use` lines that do not exist, as written.
    pub broken_uses: Vec<SmolStr>,
    /// Words of lines that could not be read: names among them may have been declared there.
    broken_words: Vec<&'a str>,
}

impl Declared<'_> {
    /// Whether an unreadable line may have declared `name`: its absence is then no finding of its own.
    pub fn may_be_declared(&self, name: &str) -> bool {
        self.broken_words.contains(&name)
    }

    /// What `-> return` gives back.
    pub fn gives(&self) -> Option<SlotId> {
        let name = self.source.ast.gives.as_ref()?;
        self.slot_ids.get(name.as_str()).copied()
    }
}

/// Declares what flows share: records, operations, consents, customer values, hooks.
pub(super) fn shop(input: &Input<'_>, findings: &mut Vec<Diagnostic>) -> ShopNames {
    let mut names = ShopNames { known_flows: input.known_flows.clone(), ..ShopNames::default() };
    for (index, flow) in input.flows.iter().enumerate() {
        names.flow_ids.entry(flow.path.into()).or_insert(FlowId(id(index)));
    }
    contracts::records(input, &mut names);
    for flow in &input.flows {
        let records = forms(flow, &mut names, findings);
        names.form_records.push(records);
    }
    contracts::operations(input, &mut names, findings);
    if let Some((file, text)) = input.hooks {
        let named = |name: &str| names.record_ids.get(name).map(|id| Type::Record(*id));
        let (runner, hooks, found) = Hooks::read(file, text, &named, &names.records);
        (names.runner, names.hooks) = (runner, hooks);
        findings.extend(found);
    }
    names.runner = std::mem::take(&mut names.runner).rounding(input.profile.rounding);
    for (index, flow) in input.flows.iter().enumerate() {
        consents(flow, &mut names, findings);
        customer_values(index, flow, &mut names, findings);
    }
    names
}

/// A type of a flow: its own forms, then the records of contracts and of the other flows' forms.
fn flow_type(names: &ShopNames, flow: usize, ast: &ast::FlowFile, name: &str) -> Option<Type> {
    let own = ast.forms.iter().position(|form| form.name.value == name);
    let own = own.and_then(|form| names.form_records.get(flow)?.get(form).copied());
    own.or_else(|| names.record_named(name)).map(Type::Record)
}

fn unknown_type(names: &ShopNames, name: &Name) -> Diagnostic {
    let known = basic_type_names().chain(names.record_ids.keys().map(SmolStr::as_str));
    let help = "Types are text, number, yes_no, money, date, image and so on, the records of the contracts, and forms.";
    unknown(UNKNOWN_NAME, "type", name, known, help)
}

fn forms(flow: &FlowSource<'_>, names: &mut ShopNames, findings: &mut Vec<Diagnostic>) -> Vec<RecordId> {
    let mut records = Vec::with_capacity(flow.ast.forms.len());
    for form in &flow.ast.forms {
        let mut fields: Vec<Field> = Vec::with_capacity(form.fields.len());
        for field in &form.fields {
            if let Some(first) = fields.iter().find(|known| known.name == field.name.value) {
                findings.push(twice(102, "fields", &field.name, first.span.unwrap_or(field.name.span)));
                continue;
            }
            let named = |name: &str| names.record_named(name).map(Type::Record);
            let ty = written_type(&field.ty, &named).unwrap_or_else(|name| {
                findings.push(unknown_type(names, &name));
                Type::Unknown
            });
            let (name, span) = (field.name.value.clone(), Some(field.name.span));
            fields.push(Field { name, ty, optional: field.optional, span });
        }
        records.push(names.declare_record(&form.name.value, RecordOrigin::Form, fields));
    }
    records
}

fn consents(flow: &FlowSource<'_>, names: &mut ShopNames, findings: &mut Vec<Diagnostic>) {
    for (index, consent) in flow.ast.consents.iter().enumerate() {
        let name = &consent.name;
        let earlier = flow.ast.consents.get(..index).unwrap_or(&[]);
        if let Some(first) = earlier.iter().find(|known| known.name == *name) {
            findings.push(twice(101, "consents", name, first.name.span));
        }
        if names.consent_ids.contains_key(&name.value) {
            continue;
        }
        names.consent_ids.insert(name.value.clone(), ConsentId(id(names.consents.len())));
        let purpose = super::texts::plain(&consent.purpose);
        names.consents.push(Consent { name: name.value.clone(), purpose, span: name.span });
    }
}

fn customer_values(index: usize, flow: &FlowSource<'_>, names: &mut ShopNames, findings: &mut Vec<Diagnostic>) {
    for (at, memory) in flow.ast.remember_customer.iter().enumerate() {
        let slot = slot(names, index, flow.ast, memory, SlotKind::Customer, findings);
        let earlier = flow.ast.remember_customer.get(..at).unwrap_or(&[]);
        if let Some(first) = earlier.iter().find(|known| known.name == memory.name) {
            findings.push(twice(101, "remembered values", &memory.name, first.name.span));
        }
        let shared = names.customer_ids.get(&memory.name.value).and_then(|id| names.customer_slots.get(id.index()));
        match shared {
            Some(first) if first.ty != slot.ty && slot.ty != Type::Unknown && first.ty != Type::Unknown => {
                let message = format!("`{}` is remembered of the customer with two types.", memory.name.value);
                findings.push(
                    Diagnostic::new(101, memory.name.span, message)
                        .label(first.span, "first remembered here")
                        .help("What is remembered of a customer is shared by all flows. Give both the same type."),
                );
            }
            Some(_) => {}
            None => {
                let next = CustomerSlotId(id(names.customer_slots.len()));
                names.customer_ids.insert(memory.name.value.clone(), next);
                names.customer_slots.push(slot);
            }
        }
    }
}

fn slot(
    names: &ShopNames,
    flow: usize,
    ast: &ast::FlowFile,
    memory: &ast::Memory,
    kind: SlotKind,
    findings: &mut Vec<Diagnostic>,
) -> Slot {
    let named = |name: &str| flow_type(names, flow, ast, name);
    let ty = written_type(&memory.ty, &named).unwrap_or_else(|name| {
        findings.push(unknown_type(names, &name));
        Type::Unknown
    });
    let default = memory.default.as_ref().and_then(|literal| match literals::constant(literal) {
        Ok((value, given)) => {
            let value = literals::fit(value, &given, &ty);
            if value.is_none() {
                let message = format!("`{}` can not begin with this value: its type is another.", memory.name.value);
                findings
                    .push(Diagnostic::new(406, literal.span, message).help("Write a value of the type before `=`."));
            }
            value
        }
        Err(found) => {
            findings.push(*found);
            None
        }
    });
    Slot {
        name: memory.name.value.clone(),
        ty,
        kind,
        optional: memory.optional || matches!(default, Some(Value::None)),
        default: default.filter(|value| *value != Value::None),
        keep: memory.keep.as_ref().map(|keep| keep.value),
        purpose: memory.purpose.as_ref().map(super::texts::plain),
        span: memory.name.span,
    }
}

/// Declares what belongs to each flow.
pub(super) fn flows<'a>(input: &Input<'a>, names: &ShopNames, findings: &mut Vec<Diagnostic>) -> Vec<Declared<'a>> {
    let beside = |path: &FlowId| input.flows.get(path.index()).is_some_and(|flow| !flow.ast.follows.is_empty());
    let mut flows = Vec::with_capacity(input.flows.len());
    for (index, flow) in input.flows.iter().enumerate() {
        let mut declared = Declaring { names, index, findings }.flow(*flow);
        declared.beside = declared.uses.values().copied().filter(beside).collect();
        flows.push(declared);
    }
    flows
}

struct Declaring<'n, 'f> {
    names: &'n ShopNames,
    index: usize,
    findings: &'f mut Vec<Diagnostic>,
}

impl Declaring<'_, '_> {
    fn flow<'a>(mut self, source: FlowSource<'a>) -> Declared<'a> {
        let ast = source.ast;
        let states = self.index_of("states", ast.states.iter().map(|state| &state.name), StateId);
        self.aliases(ast, &states);
        self.index_of("groups", ast.groups.iter().map(|group| &group.name), |index| index);
        let (rules, rule_ids) = self.rules(ast);
        let mut declared = Declared {
            id: FlowId(id(self.index)),
            source,
            states,
            rules,
            rule_ids,
            slots: Vec::new(),
            slot_ids: BTreeMap::new(),
            customer: self.customer(ast),
            words: self.index_of("sets of words", ast.words.iter().map(|words| &words.name), WordsId),
            phrases: self.index_of("phrases", ast.phrases.iter().map(|phrase| &phrase.name), PhraseId),
            forms: self.index_of("forms", ast.forms.iter().map(|form| &form.name), FormId),
            form_records: self.names.form_records.get(self.index).cloned().unwrap_or_default(),
            experiments: ast.experiments.iter().map(experiment).collect(),
            experiment_ids: self.index_of("experiments", ast.experiments.iter().map(|one| &one.name), ExperimentId),
            templates: self.index_of("templates", ast.templates.iter().map(|template| &template.name), TemplateId),
            takes: Vec::new(),
            uses: BTreeMap::new(),
            beside: Vec::new(),
            broken_uses: Vec::new(),
            broken_words: words_of(source.text, &ast.broken),
        };
        self.uses(&mut declared);
        self.slots(&mut declared);
        declared
    }

    /// Names to positions; the first of a name wins, the second is a finding.
    fn index_of<'a, T: Copy>(
        &mut self,
        nouns: &str,
        names: impl Iterator<Item = &'a Name>,
        make: impl Fn(u16) -> T,
    ) -> BTreeMap<&'a str, T> {
        let mut first: BTreeMap<&'a str, (&'a Name, T)> = BTreeMap::new();
        for (index, name) in names.enumerate() {
            match first.get(name.as_str()) {
                Some((known, _)) => self.findings.push(twice(101, nouns, name, known.span)),
                None => {
                    first.insert(name.as_str(), (name, make(id(index))));
                }
            }
        }
        first.into_iter().map(|(name, (_, id))| (name, id)).collect()
    }

    /// D113: the old name of a state is still in use.
    fn aliases(&mut self, ast: &ast::FlowFile, states: &BTreeMap<&str, StateId>) {
        for state in &ast.states {
            for was in &state.was {
                let Some(other) = states.get(was.as_str()).and_then(|id| ast.states.get(id.index())) else { continue };
                let message = format!(
                    "`state {} was {}`, but a state `{}` still exists.",
                    state.name.value, was.value, was.value
                );
                self.findings.push(
                    Diagnostic::new(113, was.span, message).label(other.name.span, "it is here").help(
                        "`was` moves conversations out of a state that is gone. Remove `was`, or the other state.",
                    ),
                );
            }
        }
    }

    fn rules<'a>(&mut self, ast: &'a ast::FlowFile) -> (Vec<Rule>, BTreeMap<&'a str, RuleId>) {
        let ids = self.index_of("rules", ast.rules.iter().map(|(name, _)| name), RuleId);
        let rules = ast.rules.iter().map(|(name, literal)| {
            let (value, ty) = literals::constant(literal).unwrap_or_else(|found| {
                self.findings.push(*found);
                (Value::None, Type::Unknown)
            });
            Rule { name: name.value.clone(), value, ty, span: name.span }
        });
        (rules.collect(), ids)
    }

    fn customer<'a>(&mut self, ast: &'a ast::FlowFile) -> BTreeMap<&'a str, CustomerSlotId> {
        let names = ast.remember_customer.iter().map(|memory| memory.name.as_str());
        names.filter_map(|name| Some((name, *self.names.customer_ids.get(name)?))).collect()
    }

    /// D107: `use` of a flow that does not exist.
    fn uses(&mut self, declared: &mut Declared<'_>) {
        for path in &declared.source.ast.uses {
            let text = path_text(&path.segments);
            if let Some(flow) = self.names.flow_ids.get(&text) {
                declared.uses.insert(text, *flow);
                continue;
            }
            let known = self.names.known_flows.iter().map(SmolStr::as_str);
            let meant = duka_dsl::diagnostic::nearest(&text, known.clone());
            // What was meant takes its place, under both names: the lines below may write either.
            if let Some((meant, flow)) = meant.and_then(|meant| Some((meant, *self.names.flow_ids.get(meant)?))) {
                declared.uses.insert(meant.into(), flow);
                declared.uses.insert(text.clone(), flow);
            }
            self.findings.push(super::dest::no_flow(&text, path, known));
            declared.broken_uses.push(text);
        }
    }

    /// The places for values: what is taken, what is remembered, and what every `follow` has.
    fn slots<'a>(&mut self, declared: &mut Declared<'a>) {
        let ast = declared.source.ast;
        for (name, ty) in &ast.takes {
            let taken = self.taken(ast, name, ty);
            self.add(declared, name, taken);
            declared.takes.extend(declared.slot_ids.get(name.as_str()));
        }
        for memory in &ast.remember {
            let slot = slot(self.names, self.index, ast, memory, SlotKind::Remembered, self.findings);
            self.add(declared, &memory.name, slot);
        }
        for follow in &ast.follows {
            self.followed(declared, follow);
        }
    }

    fn taken(&mut self, ast: &ast::FlowFile, name: &Name, ty: &TypeExpr) -> Slot {
        let named = |name: &str| flow_type(self.names, self.index, ast, name);
        let ty = written_type(ty, &named).unwrap_or_else(|name| {
            self.findings.push(unknown_type(self.names, &name));
            Type::Unknown
        });
        empty_slot(name.value.clone(), ty, SlotKind::Remembered, name.span)
    }

    fn add<'a>(&mut self, declared: &mut Declared<'a>, name: &'a Name, slot: Slot) {
        let ast = declared.source.ast;
        let first = declared.slot_ids.get(name.as_str()).and_then(|id| declared.slots.get(id.index()));
        let of_customer = ast.remember_customer.iter().find(|memory| memory.name == *name);
        let first = first.map(|slot| slot.span).or(of_customer.map(|memory| memory.name.span));
        let first = first.or(ast.rules.iter().find(|(rule, _)| rule == name).map(|(rule, _)| rule.span));
        match first {
            Some(first) => self.findings.push(twice(101, "values", name, first)),
            None => {
                declared.slot_ids.insert(name.as_str(), SlotId(id(declared.slots.len())));
                declared.slots.push(slot);
            }
        }
    }

    /// The order and payment that a `follow` runs beside, when the flow does not remember them itself.
    fn followed<'a>(&mut self, declared: &mut Declared<'a>, follow: &'a ast::Follow) {
        for (name, record) in [("order", self.names.known.order), ("payment", self.names.known.payment)] {
            if declared.slot_ids.contains_key(name) {
                continue;
            }
            let ty = record.map_or(Type::Unknown, Type::Record);
            declared.slot_ids.insert(name, SlotId(id(declared.slots.len())));
            declared.slots.push(empty_slot(name.into(), ty, SlotKind::Followed, follow.name.span));
        }
    }
}

/// A place without default that must be filled before it is read.
pub(super) fn empty_slot(name: SmolStr, ty: Type, kind: SlotKind, span: duka_dsl::Span) -> Slot {
    Slot { name, ty, kind, optional: false, default: None, keep: None, purpose: None, span }
}

fn experiment(experiment: &ast::Experiment) -> Experiment {
    Experiment {
        name: experiment.name.value.clone(),
        arms: experiment.arms.iter().map(|arm| arm.value.clone()).collect(),
        span: experiment.name.span,
    }
}
