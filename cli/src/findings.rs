//! From a loaded shop to its findings: compile, check, look up the rules, mark what is waived.

use duka_dsl::Diagnostic;
use duka_engine::compile::compile;
use duka_engine::source::ShopSource;

use crate::load::Shop;
use crate::report::{Finding, Level, Report};

/// Everything that is wrong with a shop. `previous` is the shop before an edit.
pub fn check(shop: Shop, _previous: Option<&ShopSource>) -> Report {
    let compiled = compile(&shop.source);
    let mut diagnostics = shop.findings.clone();
    diagnostics.extend(compiled.diagnostics);
    let findings = diagnostics.into_iter().map(finding).collect();
    Report::new(shop, findings, None)
}

fn finding(diagnostic: Diagnostic) -> Finding {
    Finding { diagnostic, level: Level::Error, rule: String::new(), set_aside: None }
}

/// The summary of a rule, by its code.
pub fn summary_of(_code: &str) -> Option<String> {
    None
}
