//! Reads a file of conversation tests. Knows how the lines are written; what they mean is the engine's affair.

use smol_str::SmolStr;

use crate::ast::{Path, Test, TestFile, TestLine, TestLineKind};
use crate::diagnostic::{Diagnostic, nearest};
use crate::layout;
use crate::line::grammar::Rule;
use crate::line::parts::{Parts, Place};
use crate::line::{NotRead, first_word, read_as};
use crate::lines::{MAX_BROKEN, bad_name, hidden, is_name, time_at, too_large};
use crate::span::{FileId, Name, Spanned};

/// How each line is written, by its first word.
const LINES: &[(&str, Rule, &str)] = &[
    ("tests", Rule::suite_line, "tests for my_shop"),
    ("test", Rule::case_line, "test a new customer buys a dress"),
    ("given", Rule::given_line, "given orders.hold(order) fails"),
    ("start", Rule::start_at, "start at welcome"),
    ("customer", Rule::customer_line, "customer: hello"),
    ("tap", Rule::tap_line, "tap pay"),
    ("pick", Rule::pick_one_line, "pick D-101"),
    ("fill", Rule::fill_in_line, "fill name = Amina; town = Kilimani"),
    ("event", Rule::event_line, "event payment.paid"),
    ("wait", Rule::wait_line, "wait 26 hours"),
    ("redeliver", Rule::bare_step, "redeliver"),
    ("swap", Rule::bare_step, "swap"),
    ("shop", Rule::shop_line, "shop: Welcome"),
    ("choices", Rule::choices_line, "choices: shop, help"),
    ("link", Rule::offer_line, "link: pay"),
    ("template", Rule::offer_line, "template: receipt"),
    ("state", Rule::offer_line, "state: welcome"),
    ("expect", Rule::expect_line, "expect cart.count == 2"),
    ("called", Rule::called_line, "called: orders.confirm once"),
    ("not", Rule::uncalled_line, "not called: payments.link"),
];

/// What a line of the file says.
enum Said {
    Suite(Path),
    Case(Spanned<SmolStr>),
    Line(TestLineKind),
}

/// Reads `text` as conversation tests. A line that can not be read is one diagnostic and is left out.
pub fn read(file: FileId, text: &str) -> (TestFile, Vec<Diagnostic>) {
    let mut suite = TestFile::default();
    let mut diagnostics = Vec::new();
    if let Some(finding) = too_large(file, text) {
        return (suite, vec![finding]);
    }
    for layout in layout::lines(text) {
        if diagnostics.len() >= MAX_BROKEN {
            break;
        }
        let line = layout.text(text);
        let place = Place { file, offset: layout.text_start };
        diagnostics.extend(hidden(file, layout.text_start, line));
        if line.is_empty() || line.starts_with('#') || line == "duka 1" {
            continue;
        }
        let span = place.span(0, line.len());
        match line_of(place, line) {
            Ok(Said::Suite(flow)) => suite.flow = Some(flow),
            Ok(Said::Case(title)) => suite.tests.push(Test { title, lines: Vec::new() }),
            Ok(Said::Line(kind)) => match suite.tests.last_mut() {
                Some(test) => test.lines.push(TestLine { kind, span }),
                None if is_given(&kind) => suite.given.push(TestLine { kind, span }),
                None => diagnostics.push(
                    Diagnostic::new(4, span, "This line stands before the first test.")
                        .help("Begin a test above it: `test a new customer buys a dress`."),
                ),
            },
            Err(finding) => diagnostics.push(*finding),
        }
    }
    (suite, diagnostics)
}

/// Writes a file of tests canonically: indentation and blank lines only.
pub fn format(text: &str) -> String {
    crate::print::reindent(text, |line| match first_word(line) {
        "tests" | "duka" => (0, false),
        "test" => (0, true),
        _ => (2, false),
    })
}

fn is_given(kind: &TestLineKind) -> bool {
    matches!(
        kind,
        TestLineKind::GivenShop(_)
            | TestLineKind::GivenIs { .. }
            | TestLineKind::GivenFails { .. }
            | TestLineKind::GivenTakes { .. }
    )
}

fn line_of(place: Place, line: &str) -> Result<Said, Box<Diagnostic>> {
    let word = first_word(line);
    let Some((word, rule, usage)) = LINES.iter().find(|(known, _, _)| *known == word) else {
        return Err(Box::new(unknown(place, line, word)));
    };
    read_as(*rule, place, line, |parts| said(word, parts))
        .map_err(|error| Box::new(not_read(place, line, word, usage, &error)))
}

fn said(word: &str, parts: &mut Parts<'_>) -> Option<Said> {
    Some(match word {
        "tests" => Said::Suite(parts.path()?),
        "test" => Said::Case(parts.trimmed(Rule::rest)?),
        "given" => Said::Line(given(parts)?),
        "shop" | "choices" | "link" | "template" | "state" | "expect" | "called" | "not" => {
            Said::Line(expected(word, parts)?)
        }
        _ => Said::Line(happens(word, parts)?),
    })
}

fn given(parts: &mut Parts<'_>) -> Option<TestLineKind> {
    if parts.has(Rule::shop) {
        return parts.trimmed(Rule::rest).map(TestLineKind::GivenShop);
    }
    let subject = parts.expr_of(Rule::subject)?;
    if let Some(mut parts) = parts.group(Rule::is) {
        return Some(TestLineKind::GivenIs { subject, value: parts.trimmed(Rule::rest)? });
    }
    if let Some(mut parts) = parts.group(Rule::fails) {
        return Some(TestLineKind::GivenFails { operation: subject, refusal: parts.name() });
    }
    let time = parts.group(Rule::takes)?.duration()?;
    Some(TestLineKind::GivenTakes { operation: subject, time })
}

fn happens(word: &str, parts: &mut Parts<'_>) -> Option<TestLineKind> {
    Some(match word {
        "start" => TestLineKind::StartAt(parts.name()?),
        "customer" => match parts.name() {
            Some(kind) => TestLineKind::CustomerSends { kind, detail: parts.trimmed(Rule::rest) },
            None => TestLineKind::Customer(parts.trimmed(Rule::rest)?),
        },
        "tap" => TestLineKind::Tap(parts.name()?),
        "pick" => TestLineKind::Pick(parts.trimmed(Rule::rest)?),
        "fill" => TestLineKind::Fill(fields(parts)),
        "event" => TestLineKind::Event { name: parts.path()?, fields: fields(parts) },
        "wait" => TestLineKind::Wait(parts.duration()?),
        "redeliver" => TestLineKind::Redeliver,
        "swap" => TestLineKind::Swap,
        _ => return None,
    })
}

fn fields(parts: &mut Parts<'_>) -> Vec<(Name, Spanned<SmolStr>)> {
    let mut fields = Vec::new();
    while let Some(mut field) = parts.group(Rule::assigned) {
        if let (Some(name), Some(value)) = (field.name(), field.trimmed(Rule::assigned_value)) {
            fields.push((name, value));
        }
    }
    fields
}

fn expected(word: &str, parts: &mut Parts<'_>) -> Option<TestLineKind> {
    Some(match word {
        "shop" if parts.has(Rule::exactly) => TestLineKind::ShopExactly(parts.trimmed(Rule::rest)?),
        "shop" => match parts.trimmed(Rule::rest)? {
            words if words.value == "nothing" => TestLineKind::ShopNothing,
            words => TestLineKind::Shop(words),
        },
        "choices" => TestLineKind::Choices(std::iter::from_fn(|| parts.word(Rule::key)).collect()),
        "link" => TestLineKind::Link(parts.name()?),
        "template" => TestLineKind::Template(parts.name()?),
        "state" => TestLineKind::State(parts.name()?),
        "expect" => TestLineKind::Expect(parts.expr_of(Rule::rest)?),
        "called" => TestLineKind::Called { operation: parts.path()?, once: parts.has(Rule::once) },
        "not" => TestLineKind::NotCalled(parts.path()?),
        _ => return None,
    })
}

fn unknown(place: Place, line: &str, word: &str) -> Diagnostic {
    let word = if word.is_empty() { line.split(layout::is_space).next().unwrap_or(line) } else { word };
    let span = place.span(0, word.len());
    let shown: String = word.chars().take(30).collect();
    let finding = Diagnostic::new(3, span, format!("This line starts with \"{shown}\", which a test does not know."));
    let near = if word.len() <= 16 {
        nearest(&word.to_ascii_lowercase(), LINES.iter().map(|(word, _, _)| *word))
    } else {
        None
    };
    match near {
        Some(near) => finding.help(format!("Did you mean `{near}`?")).fix(format!("write `{near}`"), span, near),
        None => {
            finding.help("A line of a test starts with a word such as `customer`, `tap`, `shop`, `wait` or `state`.")
        }
    }
}

fn not_read(place: Place, line: &str, word: &str, usage: &str, error: &NotRead) -> Diagnostic {
    let rest = line[word.len()..].trim_start_matches(layout::is_space);
    let name = rest.trim_start_matches([':', ' ']);
    let finding = match word {
        "wait" => time_at(place, line, word.len()),
        "tap" | "state" | "template" | "link" if !name.is_empty() && !is_name(name) => {
            Some(bad_name(place, line.len() - name.len(), name))
        }
        _ => None,
    };
    if let Some(finding) = finding {
        return finding;
    }
    let start = if line.get(error.at..).is_some_and(|rest| !rest.is_empty()) { error.at } else { 0 };
    let colon = usage[word.len()..].starts_with(':') && !line.contains(':');
    let finding = if colon {
        Diagnostic::new(5, place.span(0, line.len()), format!("`{word}` needs a colon."))
    } else {
        Diagnostic::new(
            22,
            place.span(start, line.len()),
            format!("This `{word}` line is not written the way Duka reads it."),
        )
    };
    finding.help(format!("It is written like this: `{usage}`."))
}
