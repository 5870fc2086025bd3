//! What happened in a conversation, as lines of a conversation test that hold whenever it happens again. What is another thing
//! each time (the address of a picture or a page, a file's name) is left out; whether a line does hold is asked by playing it.

use std::sync::Arc;

use duka_dsl::FileId;
use serde_json::Value as Json;

use super::explore::{FoundTest, as_test_file};
use super::test::{self, Failure, Fixtures};
use super::transcript;
use crate::event::{EventKind, Inbound};
use crate::outbound::{Message, Outbound};
use crate::program::Program;
use crate::value::MediaType;

/// Words of a message that a test expects.
const WORDS: usize = 6;

/// The lines that a message is known by; none for what has neither words nor a name, such as a picture alone.
pub fn expected(sent: &Outbound) -> Vec<String> {
    let message = match sent {
        Outbound::Template(template) => return vec![format!("template: {}", template.name)],
        Outbound::Message(message) => message,
    };
    // The words of a template, within the window.
    if let Some(name) = message.key.strip_prefix("template.").and_then(|key| key.strip_suffix(".body")) {
        return vec![format!("template: {name}")];
    }
    let words = first_words(message);
    let said = (!words.is_empty()).then(|| format!("shop: {words}"));
    let link = message.choices.link().map(|(name, ..)| format!("link: {name}"));
    said.into_iter().chain(link).collect()
}

fn first_words(message: &Message) -> String {
    let bare = Message { header: None, ..message.clone() };
    let words = visible(&transcript::words(&bare));
    let words = words.split_whitespace().take(WORDS).take_while(|word| !word.contains("://"));
    words.collect::<Vec<_>>().join(" ")
}

/// Text without what turns the direction of writing, which no file of ours may hold.
fn visible(text: &str) -> String {
    let turns =
        |letter: &char| matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().filter(|letter| !turns(letter)).collect()
}

/// The line of what happened from outside; none for time that passed, and for what the shop's system answered: the demo
/// answers again.
pub fn happened(kind: &EventKind) -> Option<String> {
    match kind {
        EventKind::Inbound(inbound) => Some(customer(inbound)),
        EventKind::Payment { status, .. } => Some(format!("event payment.{status}")),
        EventKind::Order { status, .. } => Some(format!("event order.{status}")),
        EventKind::HandoffClosed { .. } => Some("event handoff.closed".to_string()),
        EventKind::HandoffOpened => Some("event handoff.opened".to_string()),
        EventKind::MessageFailed { .. } => Some("event message.failed".to_string()),
        EventKind::Wake | EventKind::Result { .. } => None,
    }
}

fn customer(inbound: &Inbound) -> String {
    match inbound {
        Inbound::Text(text) => format!("customer: {}", one_line(text)),
        Inbound::Tap(id) => match &id.item {
            Some(item) => format!("pick {item}"),
            None => format!("tap {}", id.choice),
        },
        Inbound::TemplateTap { button, .. } => format!("tap {button}"),
        Inbound::Media(media) => {
            let kind = match media.kind {
                MediaType::Image => "photo",
                MediaType::Video => "video",
                MediaType::Audio => "voice",
                MediaType::Document => "document",
                MediaType::Sticker => "sticker",
            };
            format!("customer sends {kind}")
        }
        Inbound::Location { latitude, longitude, .. } => format!("customer sends location {latitude}, {longitude}"),
        Inbound::Contact { name, .. } => format!("customer sends contact {}", one_line(name)).trim_end().to_string(),
        Inbound::Form { fields, .. } => {
            let fields = fields.iter().filter(|(_, text)| !text.trim().is_empty());
            let fields: Vec<String> =
                fields.map(|(name, text)| format!("{name} = {}", one_line(text).replace(';', ","))).collect();
            format!("fill {}", fields.join("; "))
        }
        Inbound::Cart { items } => {
            let items: Vec<String> = items.iter().map(|item| format!("{} x {}", item.sku, item.quantity)).collect();
            format!("customer sends cart {}", items.join(", "))
        }
        Inbound::Product { sku, text } => {
            format!("event product.asked sku = {sku}; text = {}", one_line(text).replace(';', ","))
        }
        Inbound::Other { .. } => "customer sends sticker".to_string(),
    }
}

fn one_line(text: &str) -> String {
    visible(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A line of a test that does not hold where the test is played.
#[derive(Clone, Debug)]
pub struct Unheld {
    /// Empty: none of its own.
    pub line: String,
    pub why: String,
}

/// The test with what holds when it is played. What was said and is not said then, such as a price that was changed in
/// between, stays beside it as a note.
///
/// # Errors
/// The conversation goes another way in a test: what was to happen there, and what could.
pub fn holding(
    program: &Arc<Program>,
    fixtures: &Fixtures,
    (flow, fixture): (&str, Option<&str>),
    mut test: FoundTest,
) -> Result<FoundTest, Unheld> {
    for _ in 0..=test.lines.len() {
        let text = as_test_file(std::slice::from_ref(&test), flow, fixture);
        let line_at = |offset: u32| {
            let before = text.get(..offset as usize).unwrap_or_default().matches('\n').count();
            before.checked_sub(text.split_once("\ntest ").map_or("", |(head, _)| head).matches('\n').count() + 2)
        };
        let (file, mut problems) = duka_dsl::tests_file::read(FileId(0), &text);
        problems.extend(test::check_names(&program.shop, &file));
        let failure = match problems.first() {
            Some(problem) => Some((problem.span, problem.message.to_string())),
            None => {
                let result = test::run(program, fixtures, &file, "").into_iter().next();
                result.and_then(|result| result.failure).map(|failure| (failure.span, told(&failure)))
            }
        };
        let Some((span, why)) = failure else { return Ok(test) };
        let Some(line) = line_at(span.start).and_then(|at| test.lines.get_mut(at)) else {
            return Err(Unheld { line: String::new(), why });
        };
        if !is_expectation(line) {
            return Err(Unheld { line: line.clone(), why });
        }
        *line = format!("# In the chat, and not where this is played: {line}");
    }
    Ok(test)
}

fn is_expectation(line: &str) -> bool {
    ["shop:", "template:", "link:", "state:"].iter().any(|word| line.starts_with(word))
}

fn told(failure: &Failure) -> String {
    let nearest = failure.nearest.as_deref().map(|nearest| format!("; {nearest}")).unwrap_or_default();
    format!("{}{nearest}", failure.expected)
}

/// What is to be said first, so that a test begins as a chat on a server does: at this time, with a customer who is not the
/// one of the fixture. `known` is what the chat knows of its customer.
pub fn beginning(program: &Program, fixture: &Json, known: &[(String, String)], at_ms: i64) -> Vec<String> {
    let (days, minutes) = (at_ms.div_euclid(86_400_000), at_ms.rem_euclid(86_400_000) / 60_000);
    let date = crate::contract::write_date(i32::try_from(days).unwrap_or(0));
    let mut lines = vec![format!("given now is {date} {:02}:{:02}", minutes / 60, minutes % 60)];
    let customer = |field: &str| fixture.get("customer").and_then(|customer| customer.get(field)?.as_str());
    let another = known.iter().filter(|(field, value)| customer(field) != Some(value.as_str()));
    lines.extend(another.map(|(field, value)| format!("given customer.{field} is {}", one_line(value))));
    if let (Some(first), Some(spoken)) = (program.shop.languages.first(), customer("language"))
        && first != spoken
    {
        lines.push(format!("given language is {first}"));
    }
    let consents = fixture.get("consent").and_then(Json::as_object).into_iter().flatten();
    let agreed = consents.filter(|(_, said)| said.to_string().contains("true") || said.to_string().contains("yes"));
    let known = agreed.filter(|(name, _)| program.shop.consents.iter().any(|consent| consent.name == name.as_str()));
    lines.extend(
        known.flat_map(|(name, _)| ["given", "asked"].map(|fact| format!("given consent.{name}.{fact} is no"))),
    );
    lines
}
