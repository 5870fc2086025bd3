//! Findings for programs. Fields are added, never renamed or removed, within one `version`.

use std::path::Path;

use duka_dsl::diagnostic::Turn;
use serde::Serialize;

use super::cost::Bill;
use super::{Finding, Judged, Place, Report, SetAside, Summary};

const VERSION: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    shops: Vec<ShopJson<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unread: Vec<UnreadJson<'a>>,
}

#[derive(Serialize)]
struct UnreadJson<'a> {
    path: String,
    message: String,
    help: Option<&'a str>,
}

#[derive(Serialize)]
struct ShopJson<'a> {
    path: String,
    summary: Summary,
    findings: Vec<FindingJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cost: Option<&'a Bill>,
}

#[derive(Serialize)]
struct FindingJson<'a> {
    code: String,
    rule: &'a str,
    level: &'static str,
    message: &'a str,
    help: Option<&'a str>,
    #[serde(flatten)]
    place: SpanJson,
    labels: Vec<LabelJson<'a>>,
    fix: Option<FixJson<'a>>,
    conversation: &'a [Turn],
    set_aside: Option<&'a SetAside>,
}

#[derive(Serialize)]
struct SpanJson {
    file: String,
    start: Place,
    end: Place,
    /// Bytes of the file.
    offset: u32,
    length: u32,
}

#[derive(Serialize)]
struct LabelJson<'a> {
    #[serde(flatten)]
    place: SpanJson,
    text: &'a str,
}

#[derive(Serialize)]
struct FixJson<'a> {
    title: &'a str,
    safe: bool,
    edits: Vec<EditJson<'a>>,
}

#[derive(Serialize)]
struct EditJson<'a> {
    #[serde(flatten)]
    place: SpanJson,
    text: &'a str,
}

/// All reports as one JSON document.
pub fn render(all: &Judged) -> String {
    let path = |path: &Path| path.to_string_lossy().replace('\\', "/");
    let shops = all.reports.iter().map(|report| ShopJson {
        path: path(&report.shop.path),
        summary: report.summary(),
        findings: report.findings.iter().map(|finding| finding_json(report, finding)).collect(),
        cost: report.cost.as_ref(),
    });
    let unread = all.unread.iter().map(|(unread, failure)| UnreadJson {
        path: path(unread),
        message: failure.to_string(),
        help: failure.help(),
    });
    let document = Document { version: VERSION, shops: shops.collect(), unread: unread.collect() };
    serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
}

fn finding_json<'a>(report: &Report, finding: &'a Finding) -> FindingJson<'a> {
    let diagnostic = &finding.diagnostic;
    let place = |span: duka_dsl::Span| {
        let (start, end) = report.places(span);
        let file = report.shop.name_of(span.file);
        SpanJson { file, start, end, offset: span.start, length: span.end.saturating_sub(span.start) }
    };
    let labels = diagnostic.labels.iter().map(|label| LabelJson { place: place(label.span), text: &label.text });
    let fix = diagnostic.fix.as_ref().map(|fix| FixJson {
        title: &fix.title,
        safe: fix.safe,
        edits: fix.edits.iter().map(|edit| EditJson { place: place(edit.span), text: &edit.text }).collect(),
    });
    FindingJson {
        code: diagnostic.code.to_string(),
        rule: finding.rule,
        level: finding.level.name(),
        message: &diagnostic.message,
        help: diagnostic.help.as_deref(),
        place: place(diagnostic.span),
        labels: labels.collect(),
        fix,
        conversation: &diagnostic.conversation,
        set_aside: finding.set_aside.as_ref(),
    }
}
