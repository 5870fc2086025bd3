//! Findings for people: the sentence, the source line, what to do, and the conversation in which it goes wrong.

use std::fmt::Write;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level as Shown, Origin, Patch, Renderer, Snippet};
use duka_dsl::diagnostic::{Fix, Speaker, Turn};
use duka_engine::rules::Level;

use super::excerpt::Excerpt;
use super::{Finding, Report, Summary, count};
use crate::load::Shop;
use crate::terminal::{self, paint};

/// How many findings are shown unless all are asked for: more than that nobody reads.
pub const SHOWN: usize = 20;

/// The report of one shop, with colours; the stream takes them out where they are not shown.
pub fn render(report: &Report, all: bool) -> String {
    let mut out = String::new();
    let open: Vec<&Finding> = report.open().collect();
    let shown = if all { open.len() } else { open.len().min(SHOWN) };
    for finding in open.iter().take(shown) {
        let _ = writeln!(out, "{}", render_finding(&report.shop, finding));
    }
    if shown < open.len() {
        let _ = writeln!(out, "… and {} more. See them with `--all`.\n", open.len() - shown);
    }
    let _ = writeln!(out, "{}", summary_line(report));
    if let Some(first) = open.iter().find(|finding| finding.level.stops()).or(open.first()) {
        let line = format!("`duka explain {}` says more about a finding.", first.diagnostic.code);
        let _ = writeln!(out, "{}", paint(terminal::FAINT, line));
    }
    if let Some(bill) = &report.cost {
        out.push_str(&super::cost::render(bill));
    }
    out
}

fn summary_line(report: &Report) -> String {
    let Summary { errors, policies, warnings, infos, waived, baseline } = report.summary();
    let counted = [(errors, "error"), (policies, "policy"), (warnings, "warning"), (infos, "note")];
    let found: Vec<String> = counted.iter().filter(|(n, _)| *n > 0).map(|(n, what)| count(*n, what)).collect();
    let (style, verdict) = match (errors + policies, warnings + infos) {
        (0, 0) => (terminal::GOOD, "no findings".to_string()),
        (0, _) => (terminal::WARN, found.join(", ")),
        (_, _) => (terminal::BAD, found.join(", ")),
    };
    let mut notes = Vec::new();
    if let Some((states, transitions)) = report.size {
        notes.push(format!("{}, {}", count(states, "state"), count(transitions, "transition")));
    }
    if waived > 0 {
        notes.push(format!("{waived} waived"));
    }
    if baseline > 0 {
        notes.push(format!("{baseline} in the baseline"));
    }
    if report.settled > 0 {
        notes.push(format!("{} of the baseline settled: `--write-baseline` takes it out", report.settled));
    }
    let notes = if notes.is_empty() { String::new() } else { format!(" ({})", notes.join("; ")) };
    format!("{}: {}{notes}", report.shop.title(), paint(style, verdict))
}

fn render_finding(shop: &Shop, finding: &Finding) -> String {
    let level = match finding.level {
        Level::Error => Shown::ERROR,
        Level::Policy => Shown::ERROR.with_name("policy"),
        Level::Warning => Shown::WARNING,
        Level::Info | Level::Off => Shown::NOTE.with_name("info"),
    };
    let diagnostic = &finding.diagnostic;
    let code = diagnostic.code.to_string();
    let mut group = Group::with_title(level.primary_title(diagnostic.message.as_str()).id(code.as_str()));
    let name = shop.name_of(diagnostic.span.file);
    let mut files = vec![diagnostic.span.file];
    files.extend(diagnostic.labels.iter().map(|label| label.span.file).filter(|file| *file != diagnostic.span.file));
    files.dedup();
    for file in files {
        let labels = || diagnostic.labels.iter().filter(move |label| label.span.file == file);
        let own = (file == diagnostic.span.file).then_some(diagnostic.span);
        let name = if own.is_some() { name.clone() } else { shop.name_of(file) };
        let excerpt = Excerpt::of(shop.text_of(file), own.into_iter().chain(labels().map(|label| label.span)));
        if excerpt.is_too_long() {
            let (line, column) = excerpt.place(own.or(labels().next().map(|label| label.span)).unwrap_or_default());
            group = group.element(Origin::path(name).line(line).char_column(column));
            continue;
        }
        let mut snippet = Snippet::source(excerpt.text).line_start(excerpt.line).path(name);
        if let Some(span) = own {
            snippet = snippet.annotation(AnnotationKind::Primary.span(excerpt.within(span)));
        }
        for label in labels() {
            let annotation = AnnotationKind::Context.span(excerpt.within(label.span));
            snippet = snippet.annotation(annotation.label(label.text.as_str()));
        }
        group = group.element(snippet);
    }
    let how = (!diagnostic.conversation.is_empty()).then(|| chat(&diagnostic.conversation));
    if let Some(how) = &how {
        group = group.element(Shown::NOTE.no_name().message(how.as_str()));
    }
    if let Some(help) = &diagnostic.help {
        group = group.element(Shown::HELP.message(help.as_str()));
    }
    let mut groups = vec![group];
    if let Some(fix) = diagnostic.fix.as_ref().filter(|fix| diagnostic.help.is_none() || is_worth_showing(fix)) {
        groups.extend(suggestion(shop, fix));
    }
    let renderer = Renderer::styled().decor_style(DecorStyle::Ascii);
    format!("{}\n", renderer.render(&groups))
}

/// A fix of one word is already in the help ("Did you mean …").
fn is_worth_showing(fix: &Fix) -> bool {
    fix.edits.len() > 1 || fix.edits.iter().any(|edit| edit.text.contains(char::is_whitespace))
}

fn suggestion<'a>(shop: &'a Shop, fix: &'a Fix) -> Option<Group<'a>> {
    let file = fix.edits.first()?.span.file;
    let edits: Vec<_> = fix.edits.iter().filter(|edit| edit.span.file == file).collect();
    let excerpt = Excerpt::of(shop.text_of(file), edits.iter().map(|edit| edit.span));
    if excerpt.is_too_long() {
        return None;
    }
    let patches = edits.iter().map(|edit| Patch::new(excerpt.within(edit.span), edit.text.as_str()));
    let title = Shown::HELP.with_name(if fix.safe { "fix" } else { "try" }).secondary_title(fix.title.as_str());
    let snippet = Snippet::source(excerpt.text).line_start(excerpt.line).path(shop.name_of(file));
    Some(Group::with_title(title).element(snippet.patches(patches)))
}

/// How it happens, told as the chat that it is.
fn chat(turns: &[Turn]) -> String {
    let mut told = "How it happens:".to_string();
    for turn in turns {
        let speaker = match turn.speaker {
            Speaker::Customer => "customer",
            Speaker::Shop => "shop",
            Speaker::World => "",
        };
        let _ = write!(told, "\n  {speaker:<10}{}", turn.text.replace('\n', " / "));
    }
    told
}
