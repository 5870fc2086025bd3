//! A simulated conversation as lines that people read: in failed tests, in findings, in the terminal.

use super::{LogEntry, LogKind};
use crate::effect::EffectKind;
use crate::outbound::{Choices, Message, Outbound};

/// The conversation so far, a line per thing that happened.
pub fn transcript(log: &[LogEntry]) -> Vec<String> {
    log.iter().filter_map(|entry| line(&entry.kind)).collect()
}

fn line(kind: &LogKind) -> Option<String> {
    match kind {
        LogKind::Input(line) => Some(line.clone()),
        LogKind::Sent(sent) => Some(format!("shop: {}", shown(sent))),
        LogKind::Called(request, true) => Some(format!("(does {})", request.name)),
        LogKind::Called(_, false) => None,
        LogKind::Other(EffectKind::Handoff { topic }) => Some(format!("(hands over to a person: {topic})")),
        LogKind::Other(EffectKind::Alert { text }) => Some(format!("(tells the staff: {text})")),
        LogKind::Other(EffectKind::Consent { name, given }) => {
            Some(format!("(consent {name}: {})", if *given { "given" } else { "refused" }))
        }
        LogKind::Other(EffectKind::Record { what, detail }) => Some(format!("({what}: {detail})")),
        LogKind::Other(
            EffectKind::Send(_) | EffectKind::Query(_) | EffectKind::Command(_) | EffectKind::Timer { .. },
        ) => None,
    }
}

/// A message in one line: words, then its choices in brackets.
pub fn shown(sent: &Outbound) -> String {
    let (message, mark) = match sent {
        Outbound::Message(message) => (message, String::new()),
        Outbound::Template(template) => (&template.session, format!("[template {}] ", template.name)),
    };
    let mut line = format!("{mark}{}", words(message).replace('\n', " / "));
    match &message.choices {
        Choices::None => {}
        Choices::Buttons(buttons) => buttons.iter().for_each(|choice| line.push_str(&format!(" [{}]", choice.title))),
        Choices::List { label, sections } | Choices::Products { label, sections } => {
            let rows = sections.iter().flat_map(|section| &section.rows);
            let rows: Vec<&str> = rows.map(|choice| choice.title.as_str()).collect();
            line.push_str(&format!(" [{label}: {}]", rows.join(" · ")));
        }
        Choices::Link { title, url, .. } => line.push_str(&format!(" [{title} {url}]")),
        Choices::Form { title, fields, .. } => {
            let fields: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
            line.push_str(&format!(" [form {title}: {}]", fields.join(", ")));
        }
        Choices::Location => line.push_str(" [send location]"),
        Choices::Contact => line.push_str(" [share number]"),
        Choices::Cards { label, rows, .. } => {
            let rows: Vec<&str> = rows.iter().map(|choice| choice.title.as_str()).collect();
            line.push_str(&format!(" [cards {label}: {}]", rows.join(" · ")));
        }
        // Among the words.
        Choices::Product { .. }
        | Choices::Catalogue { .. }
        | Choices::Place { .. }
        | Choices::Emoji
        | Choices::Order { pay: None, .. } => {}
        Choices::Order { pay: Some((_, title, url)), .. } => line.push_str(&format!(" [{title} {url}]")),
    }
    line
}

/// What stands beside the words and is no choice; empty for all else.
fn mark(choices: &Choices) -> String {
    match choices {
        Choices::Product { sku, title } => format!("[product {sku}: {title}]"),
        Choices::Catalogue { .. } => "[catalogue]".to_string(),
        Choices::Place { latitude, longitude, name, .. } => {
            format!("[{}]", format!("place {latitude}, {longitude} {name}").trim_end())
        }
        Choices::Order { order, .. } => format!("[order {}: {}]", order.number, order.status),
        Choices::Emoji => "[on your message]".to_string(),
        Choices::None
        | Choices::Buttons(_)
        | Choices::List { .. }
        | Choices::Link { .. }
        | Choices::Form { .. }
        | Choices::Location
        | Choices::Products { .. }
        | Choices::Contact
        | Choices::Cards { .. } => String::new(),
    }
}

/// The words of a message, with the marks of its picture and of what it shows, and its footer.
pub fn words(message: &Message) -> String {
    let mut words = String::new();
    if let Some(media) = &message.header {
        words.push_str(&format!("({}) ", media.source));
    }
    words.push_str(&message.text);
    let mark = mark(&message.choices);
    if !mark.is_empty() {
        let between = if message.text.is_empty() { "" } else { " " };
        words.push_str(&format!("{between}{mark}"));
    }
    if !message.footer.is_empty() {
        words.push('\n');
        words.push_str(&message.footer);
    }
    words
}
