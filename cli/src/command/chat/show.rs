//! Messages in a terminal: words with their emphasis, choices with their numbers. At a terminal the shop's words stand
//! behind a bar; elsewhere every line says who speaks.

use duka_engine::effect::EffectKind;
use duka_engine::outbound::{Choices, Message, Outbound};
use duka_engine::simulate::LogKind;
use duka_engine::simulate::transcript;

use crate::terminal::{self, paint};

/// One thing that happened; empty for what nobody needs to see.
pub fn entry(kind: &LogKind, lively: bool) -> String {
    match kind {
        LogKind::Input(_) if lively => String::new(),
        LogKind::Input(line) => format!("{line}\n"),
        LogKind::Sent(Outbound::Message(said)) => message(said, lively),
        LogKind::Sent(Outbound::Template(template)) => {
            let mut shown = aside(&format!("template {}", template.name), lively);
            shown.push_str(&message(&template.session, lively));
            shown
        }
        LogKind::Called(request, true) => aside(&request.name, lively),
        LogKind::Called(_, false) => String::new(),
        LogKind::Other(effect) => match effect {
            EffectKind::Handoff { topic } => aside(&format!("a person takes over: {topic}"), lively),
            EffectKind::Alert { text } => aside(&format!("to the staff: {text}"), lively),
            EffectKind::Consent { name, given } => {
                aside(&format!("consent {name} {}", if *given { "given" } else { "refused" }), lively)
            }
            EffectKind::Record { what, detail } => aside(&format!("{what}: {detail}"), lively),
            EffectKind::Send(_) | EffectKind::Query(_) | EffectKind::Command(_) | EffectKind::Timer { .. } => {
                String::new()
            }
        },
    }
}

/// What the customer does not see.
fn aside(text: &str, lively: bool) -> String {
    let mark = if lively { "  · " } else { "(" };
    let end = if lively { "" } else { ")" };
    format!("{}\n", paint(terminal::FAINT, format!("{mark}{text}{end}")))
}

fn message(said: &Message, lively: bool) -> String {
    let mut shown = String::new();
    let words = transcript::words(said);
    for (number, line) in words.lines().enumerate() {
        if lively {
            shown.push_str(&format!("  {} {}\n", paint(terminal::GOOD, "┃"), emphasised(line)));
        } else {
            shown.push_str(&format!("{}{line}\n", if number == 0 { "shop: " } else { "      " }));
        }
    }
    let mut number = 0;
    let mut choice = |title: &str, note: &str| {
        number += 1;
        let note = if note.is_empty() { String::new() } else { format!("  {}", paint(terminal::FAINT, note)) };
        format!("     {} {title}{note}\n", paint(terminal::CUSTOMER, format!("{number:>2}")))
    };
    match &said.choices {
        Choices::None => {}
        Choices::Buttons(buttons) => {
            buttons.iter().for_each(|button| shown.push_str(&choice(&button.title, &button.note)));
        }
        Choices::List { label, sections } | Choices::Products { label, sections } => {
            shown.push_str(&format!("     {}\n", paint(terminal::STRONG, format!("[{label}]"))));
            for section in sections {
                if !section.title.is_empty() {
                    shown.push_str(&format!("     {}\n", paint(terminal::FAINT, &section.title)));
                }
                section.rows.iter().for_each(|row| shown.push_str(&choice(&row.title, &row.note)));
            }
        }
        Choices::Link { title, url, .. } => {
            shown.push_str(&format!("     {} {url}\n", paint(terminal::STRONG, format!("[{title}]"))));
        }
        Choices::Form { title, fields, .. } => {
            let labels: Vec<&str> = fields.iter().map(|field| field.label.as_str()).collect();
            shown.push_str(&format!("     {} {}\n", paint(terminal::STRONG, format!("[{title}]")), labels.join(" · ")));
        }
        Choices::Location => shown.push_str("     [send a location]\n"),
        Choices::Contact => shown.push_str("     [share your number]\n"),
        Choices::Cards { label, rows, pictures, .. } => {
            shown.push_str(&format!("     {}\n", paint(terminal::STRONG, format!("[{label}]"))));
            for (row, picture) in rows.iter().zip(pictures) {
                shown.push_str(&choice(&row.title, &row.note));
                shown.push_str(&format!("        {}\n", paint(terminal::FAINT, picture)));
            }
        }
        // Among the words.
        Choices::Product { .. } | Choices::Catalogue { .. } | Choices::Place { .. } | Choices::Emoji => {}
        Choices::Order { pay, .. } => {
            if let Some((_, title, url)) = pay {
                shown.push_str(&format!("     {} {url}\n", paint(terminal::STRONG, format!("[{title}]"))));
            }
        }
    }
    shown
}

/// WhatsApp's `*bold*`, `_italic_` and `~strike~` as a terminal shows them.
fn emphasised(line: &str) -> String {
    let marks =
        [('*', anstyle::Effects::BOLD), ('_', anstyle::Effects::ITALIC), ('~', anstyle::Effects::STRIKETHROUGH)];
    let mut text = line.to_string();
    for (mark, effect) in marks {
        text = with_mark(&text, mark, anstyle::Style::new().effects(effect));
    }
    text
}

/// A pair of marks counts when words touch it from inside and none from outside.
fn with_mark(text: &str, mark: char, style: anstyle::Style) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(mark) {
        let opens = !before.ends_with(char::is_alphanumeric) && !after.starts_with(char::is_whitespace);
        match after
            .split_once(mark)
            .filter(|(inside, _)| opens && !inside.is_empty() && !inside.ends_with(char::is_whitespace))
        {
            Some((inside, end)) => {
                out.push_str(before);
                out.push_str(&paint(style, inside));
                rest = end;
            }
            None => {
                out.push_str(before);
                out.push(mark);
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::emphasised;

    #[test]
    fn emphasis_needs_a_pair_around_words() {
        let plain = |line: &str| anstream::adapter::strip_str(&emphasised(line)).to_string();
        assert_eq!(plain("*Total* KES 5"), "Total KES 5");
        assert_eq!(plain("2 * 3 and snake_case_name"), "2 * 3 and snake_case_name");
        assert_eq!(plain("~old~ _new_"), "old new");
    }
}
