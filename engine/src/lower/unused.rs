//! D110 and D111: what is declared and never used.

use std::collections::BTreeSet;

use duka_dsl::{Diagnostic, Span};

use crate::hir::{CustomerSlotId, FlowId, FormId, PhraseId, RuleId, SlotId, WordsId};

use super::declare::{Declared, ShopNames, id};

/// What the lines of one flow use.
#[derive(Debug, Default)]
pub(super) struct Used {
    pub slots: BTreeSet<SlotId>,
    pub customer: BTreeSet<CustomerSlotId>,
    pub rules: BTreeSet<RuleId>,
    pub words: BTreeSet<WordsId>,
    pub phrases: BTreeSet<PhraseId>,
    pub forms: BTreeSet<FormId>,
    pub flows: BTreeSet<FlowId>,
}

/// What all flows together use.
#[derive(Debug, Default)]
pub(super) struct Shared {
    pub customer: BTreeSet<CustomerSlotId>,
}

/// Reports what one flow declares and never uses. A flow with unreadable lines may use it there.
pub(super) fn flow(declared: &Declared<'_>, used: &Used, findings: &mut Vec<Diagnostic>) {
    let ast = declared.source.ast;
    let mut unused = |kind: &str, name: &str, span: Span| {
        if !declared.may_be_declared(name) {
            findings.push(
                Diagnostic::new(110, span, format!("`{kind} {name}` is never used."))
                    .help("Delete the line, or use the name."),
            );
        }
    };
    for memory in &ast.remember {
        let slot = declared.slot_ids.get(memory.name.as_str());
        if slot.is_some_and(|slot| !used.slots.contains(slot)) {
            unused("remember", &memory.name.value, memory.name.span);
        }
    }
    for (index, (name, _)) in ast.rules.iter().enumerate() {
        if !used.rules.contains(&RuleId(id(index))) {
            unused("rules", &name.value, name.span);
        }
    }
    for (index, words) in ast.words.iter().enumerate() {
        if !used.words.contains(&WordsId(id(index))) {
            unused("words", &words.name.value, words.name.span);
        }
    }
    for (index, phrase) in ast.phrases.iter().enumerate() {
        if !used.phrases.contains(&PhraseId(id(index))) {
            unused("phrase", &phrase.name.value, phrase.name.span);
        }
    }
    for (index, form) in ast.forms.iter().enumerate() {
        if !used.forms.contains(&FormId(id(index))) {
            unused("form", &form.name.value, form.name.span);
        }
    }
    for path in &ast.uses {
        let text = super::names::path_text(&path.segments);
        let runs_beside = |flow: &FlowId| declared.beside.contains(flow);
        let flow = declared.uses.get(&text);
        if flow.is_some_and(|flow| !used.flows.contains(flow) && !runs_beside(flow)) {
            let last = path.segments.last().map_or("", |name| name.as_str());
            if !declared.may_be_declared(last) {
                findings.push(
                    Diagnostic::new(111, path.span, format!("`use {text}` is never used."))
                        .help("Delete the line, or go there with `<->`."),
                );
            }
        }
    }
}

/// Reports `remember customer` values that no flow uses.
pub(super) fn customer_values(names: &ShopNames, used: &Shared, findings: &mut Vec<Diagnostic>) {
    for (index, slot) in names.customer_slots.iter().enumerate() {
        if !used.customer.contains(&CustomerSlotId(id(index))) {
            let message = format!("`remember customer {}` is never used.", slot.name);
            findings.push(Diagnostic::new(110, slot.span, message).help("Delete the line, or use the name."));
        }
    }
}
