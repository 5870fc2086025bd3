//! Findings for code scanning, as SARIF 2.1.0.

use std::collections::BTreeMap;

use duka_dsl::Span;
use duka_dsl::diagnostic::{Fix as Mending, Speaker};
use duka_engine::rules::{self, Level};
use serde_json::json;
use serde_sarif::sarif::{
    ArtifactChange, ArtifactContent, ArtifactLocation, CodeFlow, Fix, Invocation, Location, Message,
    MultiformatMessageString, Notification, PhysicalLocation, Region, Replacement, ReportingConfiguration,
    ReportingDescriptor, Result as SarifResult, ResultLevel, Run, Sarif, Suppression, ThreadFlow, ThreadFlowLocation,
    Tool, ToolComponent,
};

use super::{Finding, Judged, Report, SetAside};

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// All reports as one run; what could not be read is said of the run.
pub fn render(all: &Judged) -> String {
    let findings =
        || all.reports.iter().flat_map(|report| report.findings.iter().map(move |finding| (report, finding)));
    let mut rules = BTreeMap::new();
    for (_, finding) in findings() {
        let code = finding.diagnostic.code.to_string();
        rules.entry(code.clone()).or_insert_with(|| rule(finding, &code));
    }
    let index: BTreeMap<String, i64> = rules.keys().cloned().zip(0..).collect();
    let results = findings().map(|(report, finding)| result(report, finding, &index)).collect::<Vec<_>>();
    let driver = ToolComponent::builder()
        .name("duka")
        .semantic_version(env!("CARGO_PKG_VERSION"))
        .rules(rules.into_values().collect::<Vec<_>>())
        .build();
    let mut run = Run::builder()
        .tool(Tool::builder().driver(driver).build())
        .column_kind(json!("unicodeCodePoints"))
        .results(results)
        .build();
    if !all.unread.is_empty() {
        let told = all.unread.iter().map(|(_, failure)| {
            Notification::builder().level(json!("error")).message(message(&failure.to_string())).build()
        });
        let told = told.collect::<Vec<_>>();
        run.invocations =
            Some(vec![Invocation::builder().execution_successful(false).tool_execution_notifications(told).build()]);
    }
    let sarif = Sarif::builder().schema(SCHEMA).version(json!("2.1.0")).runs(vec![run]).build();
    serde_json::to_string_pretty(&sarif).unwrap_or_default() + "\n"
}

fn rule(finding: &Finding, code: &str) -> ReportingDescriptor {
    let text = |text: &str| MultiformatMessageString::builder().text(text).build();
    let mut descriptor = ReportingDescriptor::builder()
        .id(code)
        .name(finding.rule)
        .default_configuration(ReportingConfiguration::builder().level(json!(level(finding.level))).build())
        .build();
    if let Some(rule) = rules::rule(finding.diagnostic.code) {
        descriptor.short_description = Some(text(rule.title));
        descriptor.full_description = Some(text(rule.why));
        descriptor.help = Some(text(rule.fix));
    }
    descriptor
}

fn level(level: Level) -> ResultLevel {
    match level {
        Level::Error | Level::Policy => ResultLevel::Error,
        Level::Warning => ResultLevel::Warning,
        Level::Info | Level::Off => ResultLevel::Note,
    }
}

fn result(report: &Report, finding: &Finding, index: &BTreeMap<String, i64>) -> SarifResult {
    let diagnostic = &finding.diagnostic;
    let code = diagnostic.code.to_string();
    let words = match &diagnostic.help {
        Some(help) => format!("{} {help}", diagnostic.message),
        None => diagnostic.message.clone(),
    };
    let mut result = SarifResult::builder()
        .rule_id(code.as_str())
        .rule_index(index.get(&code).copied().unwrap_or(-1))
        .level(level(finding.level))
        .message(message(&words))
        .locations(vec![location(report, diagnostic.span, None)])
        .build();
    if !diagnostic.labels.is_empty() {
        let labels = diagnostic.labels.iter();
        result.related_locations = Some(labels.map(|label| location(report, label.span, Some(&label.text))).collect());
    }
    if !diagnostic.conversation.is_empty() {
        result.code_flows = Some(vec![conversation(report, finding)]);
    }
    result.fixes = diagnostic.fix.as_ref().map(|fix| vec![mending(report, fix)]);
    result.suppressions = finding.set_aside.as_ref().map(|reason| vec![suppression(reason)]);
    result
}

fn suppression(reason: &SetAside) -> Suppression {
    let (kind, reason) = match reason {
        SetAside::Waived(reason) => ("inSource", reason),
        SetAside::Baseline(reason) => ("external", reason),
    };
    Suppression::builder().kind(json!(kind)).justification(reason.as_str()).build()
}

/// The conversation that shows the finding, step by step; its steps happen in no file but the finding's own place.
fn conversation(report: &Report, finding: &Finding) -> CodeFlow {
    let steps = finding.diagnostic.conversation.iter().map(|turn| {
        let speaker = match turn.speaker {
            Speaker::Customer => "customer: ",
            Speaker::Shop => "shop: ",
            Speaker::World => "",
        };
        let place = location(report, finding.diagnostic.span, Some(&format!("{speaker}{}", turn.text)));
        ThreadFlowLocation::builder().location(place).build()
    });
    CodeFlow::builder().thread_flows(vec![ThreadFlow::builder().locations(steps.collect::<Vec<_>>()).build()]).build()
}

fn mending(report: &Report, fix: &Mending) -> Fix {
    let changes = fix.edits.iter().map(|edit| {
        let replacement = Replacement::builder()
            .deleted_region(region(report, edit.span))
            .inserted_content(ArtifactContent::builder().text(edit.text.as_str()).build())
            .build();
        ArtifactChange::builder().artifact_location(file(report, edit.span)).replacements(vec![replacement]).build()
    });
    Fix::builder().description(message(&fix.title)).artifact_changes(changes.collect::<Vec<_>>()).build()
}

fn message(text: &str) -> Message {
    Message::builder().text(text).build()
}

fn location(report: &Report, span: Span, words: Option<&str>) -> Location {
    let place = PhysicalLocation::builder().artifact_location(file(report, span)).region(region(report, span)).build();
    let mut location = Location::builder().physical_location(place).build();
    location.message = words.map(message);
    location
}

fn file(report: &Report, span: Span) -> ArtifactLocation {
    ArtifactLocation::builder().uri(uri(&report.shop.name_of(span.file))).build()
}

fn region(report: &Report, span: Span) -> Region {
    let (start, end) = report.places(span);
    let number = |value: usize| i64::try_from(value).unwrap_or(i64::MAX);
    Region::builder()
        .start_line(number(start.line))
        .start_column(number(start.column))
        .end_line(number(end.line))
        .end_column(number(end.column))
        .build()
}

/// A path as a relative URI reference.
fn uri(path: &str) -> String {
    let mut uri = String::new();
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    #[test]
    fn paths_become_uris() {
        assert_eq!(super::uri("my shop/çay.duka"), "my%20shop/%C3%A7ay.duka");
    }
}
