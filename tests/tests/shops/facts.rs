//! `docs/reference/facts.md`: what is known of the vendors, with the day it was read, from where the code has it. `UPDATE=1`
//! writes it. Asks no vendor.

use std::fmt::Write;

use duka_engine::analysis::cost;
use duka_engine::limits::{CHANNELS, Channel, whatsapp};
use duka_runtime::payments::facts;
use duka_tests::tree::files;

use super::reference::current;

const HEAD: &str = "\
# Vendor facts and their dates

What Duka knows of WhatsApp, Messenger and the payment providers, and the day it was read. Each fact stands once in the code, where the
check that warns and the part that sends both read it; this page is made from there. Where documents disagree, the smaller figure
stands. A fact that has changed is changed in one place, with a new date.
";

/// What every channel has, by name.
fn rows(channel: &Channel) -> Vec<(&'static str, String)> {
    let none = |value: Option<String>| value.unwrap_or_else(|| "–".to_string());
    let template = channel.template.as_ref();
    let mut rows = vec![
        ("buttons under a question", channel.buttons.to_string()),
        ("letters of a button", channel.button_title.to_string()),
        ("rows of a list", channel.rows.to_string()),
        ("letters of a row", channel.row_title.to_string()),
        ("letters of a row's note", channel.row_note.to_string()),
        ("letters of a section's title", channel.section_title.to_string()),
        ("letters of the button that opens a list", channel.list_label.to_string()),
        ("letters of a text", channel.text.to_string()),
        ("… with choices", channel.text_with_choices.to_string()),
        ("… under a file", channel.caption.to_string()),
        ("letters of a footer", channel.footer.to_string()),
        ("letters of a link's button", channel.link_title.to_string()),
        ("letters of a template", none(template.map(|template| template.body.to_string()))),
        ("buttons of a template", none(template.map(|template| template.buttons.to_string()))),
        ("letters of a template's button", none(template.map(|template| template.button_title.to_string()))),
        ("fields on a screen of a form", none(channel.form_fields.map(|fields| fields.to_string()))),
        ("hours of free text after the customer's last", none(channel.window_hours.map(|hours| hours.to_string()))),
    ];
    let kinds = [("image", "images"), ("video", "videos"), ("audio", "sounds"), ("document", "documents")];
    rows.extend(kinds.map(|(kind, name)| {
        let limit = channel.media(kind);
        let text = limit.map(|limit| format!("{} MiB: {}", limit.max_bytes / 1024 / 1024, limit.endings.join(", ")));
        (name, none(text))
    }));
    rows
}

fn channels(page: &mut String) {
    page.push_str("\n## Channels\n\n| |");
    for channel in CHANNELS {
        write!(page, " {} |", channel.title).expect("a text takes everything");
    }
    page.push_str("\n| --- | --- | --- | --- |\n| read on |");
    for channel in CHANNELS {
        write!(page, " {} |", channel.source.checked).expect("a text takes everything");
    }
    page.push('\n');
    let all = CHANNELS.map(rows);
    for (index, (name, _)) in all[0].iter().enumerate() {
        let values: Vec<&str> = all.iter().map(|rows| rows[index].1.as_str()).collect();
        writeln!(page, "| {name} | {} |", values.join(" | ")).expect("a text takes everything");
    }
}

/// The constants of `limits/whatsapp.rs`, with their comments.
fn constants(page: &mut String) {
    let source = files(&["engine/src/limits"], &["whatsapp.rs"]).pop().expect("the facts are there").text;
    page.push_str("\n## WhatsApp alone\n\n| | |\n| --- | --- |\n");
    let mut said = String::new();
    for line in source.lines().map(str::trim) {
        if let Some(words) = line.strip_prefix("/// ") {
            said = if said.is_empty() { words.to_string() } else { format!("{said} {words}") };
        } else if let Some((name, value)) = line.strip_prefix("pub const ").and_then(|rest| rest.split_once(": ")) {
            let value = value.split_once(" = ").map_or("", |(_, value)| value.trim_end_matches(';'));
            if !value.starts_with('[') {
                writeln!(page, "| `{name}` = {value} | {said} |").expect("a text takes everything");
            }
            said.clear();
        } else if line.starts_with("pub mod") || line.is_empty() {
            said.clear();
        }
    }
    page.push_str("\nVersions of the Graph API: ");
    let versions = whatsapp::GRAPH_VERSIONS.iter().map(|version| match version.until {
        Some(until) => format!("{} until {until}", version.name),
        None => version.name.to_string(),
    });
    writeln!(page, "{}.", versions.collect::<Vec<_>>().join(", ")).expect("a text takes everything");
}

fn billing(page: &mut String) {
    write!(
        page,
        "\n## What WhatsApp charges for\n\nRead on {}. Marketing and authentication always.\n\n",
        cost::READ_ON
    )
    .expect("a text takes everything");
    page.push_str("| since | utility inside of 24 hours | answers | free answers a month and number |\n| --- | --- | --- | --- |\n");
    for rules in cost::BILLING {
        let said = |charged: bool| if charged { "charged" } else { "free" };
        let (utility, service) = (said(rules.utility_in_window), said(rules.service));
        let free = if rules.service { rules.free_service_a_month.to_string() } else { "all".to_string() };
        writeln!(page, "| {} | {utility} | {service} | {free} |", rules.since).expect("a text takes everything");
    }
}

fn providers(page: &mut String) {
    write!(page, "\n## Payment providers\n\nRead in {}.\n\n", facts::READ).expect("a text takes everything");
    page.push_str(
        "| provider | interface | pay pages | currencies | a page lives at least |\n| --- | --- | --- | --- | --- |\n",
    );
    for provider in facts::ALL.iter().filter(|provider| !provider.base.is_empty()) {
        let or = |texts: &[&str], other: &str| if texts.is_empty() { other.to_string() } else { texts.join(", ") };
        let pages = or(provider.hosts, "a prompt on the phone");
        let currencies = or(provider.shop.currencies, "as it judges");
        let life = match provider.least_life_ms / 60_000 {
            0 => "–".to_string(),
            minutes => format!("{minutes} minutes"),
        };
        let (name, base) = (provider.shop.name, provider.base.trim_start_matches("https://").trim_end_matches('/'));
        writeln!(page, "| `{name}` | {base} | {pages} | {currencies} | {life} |").expect("a text takes everything");
    }
}

/// Every line of the code that says when something was compared with a vendor's page.
fn places(page: &mut String) {
    page.push_str("\n## Where else a date stands\n\n| file | date |\n| --- | --- |\n");
    for file in files(&["engine/src", "runtime/src", "flows/adapters"], &[".rs", ".yml"]) {
        let mut dates: Vec<&str> = Vec::new();
        for line in file.text.lines() {
            let lower = line.to_lowercase();
            for sign in ["checked on ", "checked ", "read on ", "read "] {
                let at = lower.find(sign).map(|at| at + sign.len());
                let date = at.and_then(|at| line.get(at..)).unwrap_or("");
                let end = date.find(|letter: char| !letter.is_ascii_digit() && letter != '-').unwrap_or(date.len());
                let date = &date[..end];
                if date.starts_with("20") && date.len() >= 7 && !dates.contains(&date) {
                    dates.push(date);
                }
            }
        }
        if !dates.is_empty() {
            writeln!(page, "| `{}` | {} |", file.path, dates.join(", ")).expect("a text takes everything");
        }
    }
}

#[test]
fn the_page_of_vendor_facts_is_current() {
    let mut page = HEAD.to_string();
    channels(&mut page);
    constants(&mut page);
    billing(&mut page);
    providers(&mut page);
    places(&mut page);
    current("facts.md", &page);
}
