//! From a loaded shop to its findings: compile, check, weigh. Prints nothing.

use duka_dsl::Diagnostic;
use duka_dsl::diagnostic::Code;
use duka_engine::compile::{Compiled, compile};
use duka_engine::lints::{self, Settings};
use duka_engine::rules::{self, Level};
use duka_engine::source::ShopSource;
use duka_runtime::adapter::mapping;

use crate::load::Shop;
use crate::report::{Finding, Report, SetAside};

const UNKNOWN_LINE: Code = Code(3);

/// Everything that is wrong with a shop. `previous` is the shop before an edit. Of one whose settings can not be read, only
/// what is wrong with them: everything else would be judged by the wrong currency, languages and rules.
pub fn check(shop: Shop, previous: Option<&ShopSource>) -> Report {
    if shop.settings_are_sound().is_err() {
        let findings = shop.settings().flat_map(|(id, file)| duka_dsl::config::shop::read(id, &file.text).1);
        let findings = findings.map(unweighed).collect();
        return Report::new(shop, findings, None);
    }
    let compiled = compile(&shop.source);
    let settings = Settings::of(&shop.source);
    let found = match previous {
        Some(previous) => lints::check_against(&compile(previous), &compiled, &shop.source, &settings),
        None => lints::check(&compiled, &shop.source, &settings),
    };
    let mut findings: Vec<Finding> = shop.findings.iter().cloned().map(unweighed).collect();
    // What stands where letters can not be read is no line that somebody wrote.
    let is_garbled =
        |found: &lints::Finding| found.diagnostic.code == UNKNOWN_LINE && !shop.is_whole(found.diagnostic.span.file);
    findings.extend(found.into_iter().filter(|found| !is_garbled(found)).map(weighed));
    if let Some(known) = compiled.shop() {
        let (found, wrong) = mapping::read(&shop.source, known);
        findings.extend(wrong.into_iter().map(unweighed));
        let beyond = mapping::untold(known, &found).into_iter().chain(mapping::unable(known, &found));
        findings.extend(beyond.filter_map(|finding| lints::weigh(finding, &compiled, &settings)).map(weighed));
    }
    let size = size(&compiled);
    Report::new(shop, findings, size)
}

/// What a change would break for conversations that are under way.
pub fn live(shop: Shop, previous: &ShopSource, live: &lints::Live) -> Report {
    let settings = Settings::of(&shop.source);
    let found = lints::check_live(&compile(previous), &compile(&shop.source), live, &settings);
    Report::new(shop, found.into_iter().map(weighed).collect(), None)
}

fn weighed(found: lints::Finding) -> Finding {
    Finding {
        rule: rules::rule(found.diagnostic.code).map_or("", |rule| rule.name),
        level: found.level,
        set_aside: found.waived.map(SetAside::Waived),
        diagnostic: found.diagnostic,
    }
}

/// A finding that was made before the engine saw the file.
fn unweighed(diagnostic: Diagnostic) -> Finding {
    let rule = rules::rule(diagnostic.code);
    Finding {
        level: rule.map_or(Level::Error, |rule| rule.level),
        rule: rule.map_or("", |rule| rule.name),
        set_aside: None,
        diagnostic,
    }
}

/// States and transitions of the merchant's own flows.
fn size(compiled: &Compiled) -> Option<(usize, usize)> {
    let own = || compiled.shop().into_iter().flat_map(|shop| &shop.flows).filter(|flow| !flow.standard);
    let states = own().map(|flow| flow.states.len()).sum();
    let transitions = own().map(transitions).sum();
    (states > 0).then_some((states, transitions))
}

fn transitions(flow: &duka_engine::hir::Flow) -> usize {
    use duka_engine::hir::{Step, StepKind};
    let jumps = |steps: &[Step]| steps.iter().filter(|step| matches!(step.kind, StepKind::Jump { .. })).count();
    let states = flow.states.iter();
    let entries: usize = states.clone().map(|state| jumps(&state.steps)).sum();
    let reactions =
        states.flat_map(|state| &state.reactions).chain(flow.groups.iter().flat_map(|group| &group.reactions));
    let reactions = reactions.chain(&flow.anywhere).chain(flow.follows.iter().flat_map(|follow| &follow.reactions));
    entries + reactions.map(|reaction| jumps(&reaction.actions).max(1)).sum::<usize>()
}
