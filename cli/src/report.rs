//! Findings as they are shown: with their level, their rule's name, and where they stand. Finds nothing itself.

pub mod cost;
mod excerpt;
pub mod github;
pub mod json;
pub mod sarif;
pub mod text;

use std::cmp::Reverse;
use std::path::PathBuf;

use duka_dsl::span::LineIndex;
use duka_dsl::{Diagnostic, Span};
use duka_engine::rules::Level;
use serde::Serialize;

use crate::failure::Failure;
use crate::load::Shop;

/// A diagnostic with what its rule says about it.
#[derive(Clone, Debug)]
pub struct Finding {
    pub diagnostic: Diagnostic,
    pub level: Level,
    /// The kebab-case name of the rule.
    pub rule: &'static str,
    pub set_aside: Option<SetAside>,
}

/// Why a finding is not shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SetAside {
    /// `# duka: allow … because REASON`
    Waived(String),
    /// It stands in the baseline, with this reason.
    Baseline(String),
}

/// One shop's findings, in the order of the report, and the shop for its source lines.
#[derive(Debug)]
pub struct Report {
    pub shop: Shop,
    pub findings: Vec<Finding>,
    /// States and transitions of the merchant's own flows, when the shop could be read that far.
    pub size: Option<(usize, usize)>,
    /// Entries of the baseline that are not found any more.
    pub settled: usize,
    /// What its messages cost, when that was asked for.
    pub cost: Option<cost::Bill>,
}

/// What came of all that was named.
#[derive(Debug, Default)]
pub struct Judged {
    pub reports: Vec<Report>,
    /// What could not be read as a shop at all.
    pub unread: Vec<(PathBuf, Failure)>,
}

/// Lines and columns that people count, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    pub line: usize,
    pub column: usize,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    pub errors: usize,
    pub policies: usize,
    pub warnings: usize,
    pub infos: usize,
    pub waived: usize,
    pub baseline: usize,
}

impl Report {
    /// Puts the findings in order: by level, then by place; a finding that shares its cause with an earlier one is left out.
    pub fn new(shop: Shop, mut findings: Vec<Finding>, size: Option<(usize, usize)>) -> Report {
        findings.sort_by(|a, b| {
            let key = |finding: &Finding| (Reverse(finding.level), finding.diagnostic.span, finding.diagnostic.code);
            key(a).cmp(&key(b))
        });
        let mut causes = std::collections::BTreeSet::new();
        findings.retain(|finding| match &finding.diagnostic.cause {
            Some(cause) => causes.insert(cause.clone()),
            None => true,
        });
        Report { shop, findings, size, settled: 0, cost: None }
    }

    /// The findings that are neither waived nor in the baseline.
    pub fn open(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.set_aside.is_none())
    }

    pub fn summary(&self) -> Summary {
        let mut summary = Summary::default();
        for finding in &self.findings {
            let count = match (&finding.set_aside, finding.level) {
                (Some(SetAside::Waived(_)), _) => &mut summary.waived,
                (Some(SetAside::Baseline(_)), _) => &mut summary.baseline,
                (None, Level::Error) => &mut summary.errors,
                (None, Level::Policy) => &mut summary.policies,
                (None, Level::Warning) => &mut summary.warnings,
                (None, Level::Info | Level::Off) => &mut summary.infos,
            };
            *count += 1;
        }
        summary
    }

    /// First and last place of a span; the last is the place after it.
    pub fn places(&self, span: Span) -> (Place, Place) {
        let text = self.shop.text_of(span.file);
        let index = LineIndex::new(text);
        let place = |offset: u32| {
            let (line, column) = index.line_column(text, (offset as usize).min(text.len()));
            Place { line, column }
        };
        (place(span.start), place(span.end.max(span.start)))
    }
}

/// `1 error`, `3 errors`
pub fn count(number: usize, one: &str) -> String {
    match (number, one) {
        (1, _) => format!("1 {one}"),
        (_, "policy") => format!("{number} policies"),
        (_, _) => format!("{number} {one}s"),
    }
}
