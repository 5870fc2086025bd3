//! Lines that must hold: what was said, offered, called, and where the conversation is.

use duka_dsl::ast::{TestLine, TestLineKind};

use super::super::{LogKind, Simulator, choices_of, transcript};
use super::Failure;
use crate::effect::EffectKind;
use crate::outbound::Outbound;

pub fn holds(simulator: &mut Simulator, line: &TestLine) -> Result<(), Failure> {
    match &line.kind {
        TestLineKind::Shop(text) => said(simulator, line, &text.value, |said, wanted| said.contains(wanted)),
        TestLineKind::ShopExactly(text) => said(simulator, line, &text.value, |said, wanted| said == wanted),
        TestLineKind::ShopNothing => match simulator.said().first() {
            None => Ok(()),
            Some(sent) => Err(Failure::new(line, "nothing was to be said").nearest(transcript::shown(sent))),
        },
        TestLineKind::Choices(names) => {
            let wanted: Vec<&str> = names.iter().map(|name| name.as_str()).collect();
            let mut offered: Vec<String> = Vec::new();
            for (id, _) in simulator.said().into_iter().flat_map(choices_of) {
                if !offered.iter().any(|known| id.choice == known.as_str()) {
                    offered.push(id.choice.to_string());
                }
            }
            let failure = || Failure::new(line, format!("these were to be offered: {}", wanted.join(", ")));
            if offered == wanted { Ok(()) } else { Err(failure().nearest(format!("offered: {}", offered.join(", ")))) }
        }
        TestLineKind::Link(name) => {
            let sent = simulator.said().into_iter().any(|sent| {
                matches!(sent, Outbound::Message(message)
                    if message.choices.link().is_some_and(|(known, ..)| known == name.as_str()))
            });
            if sent { Ok(()) } else { Err(Failure::new(line, format!("the link `{}` was to be sent", name.as_str()))) }
        }
        TestLineKind::Template(name) => template(simulator, line, name.as_str()),
        TestLineKind::State(name) => {
            let state = simulator.state_name();
            let short = state.rsplit('.').next().unwrap_or(&state);
            let failure = || Failure::new(line, format!("the conversation was to be in `{}`", name.as_str()));
            if short == name.as_str() { Ok(()) } else { Err(failure().nearest(format!("it is in `{state}`"))) }
        }
        TestLineKind::Expect(expression) => super::check::expectation(simulator, line, expression),
        TestLineKind::Called { operation, once } => {
            let count = called(simulator, &operation.to_string());
            let failure = |times: &str| Failure::new(line, format!("`{operation}` was to be called {times}"));
            match (count, once) {
                (0, _) => Err(failure("once").nearest("it was not called")),
                (1, _) | (_, false) => Ok(()),
                (more, true) => Err(failure("once").nearest(format!("it was called {more} times"))),
            }
        }
        TestLineKind::NotCalled(operation) => {
            let count = called(simulator, &operation.to_string());
            let failure = || Failure::new(line, format!("`{operation}` was not to be called"));
            if count == 0 { Ok(()) } else { Err(failure().nearest(format!("it was called {count} times"))) }
        }
        TestLineKind::GivenShop(_)
        | TestLineKind::GivenIs { .. }
        | TestLineKind::GivenFails { .. }
        | TestLineKind::GivenTakes { .. }
        | TestLineKind::StartAt(_)
        | TestLineKind::Customer(_)
        | TestLineKind::CustomerSends { .. }
        | TestLineKind::Tap(_)
        | TestLineKind::Pick(_)
        | TestLineKind::Fill(_)
        | TestLineKind::Event { .. }
        | TestLineKind::Wait(_)
        | TestLineKind::Redeliver
        | TestLineKind::Swap => Ok(()),
    }
}

fn said(
    simulator: &Simulator,
    line: &TestLine,
    wanted: &str,
    fits: impl Fn(&str, &str) -> bool,
) -> Result<(), Failure> {
    let sent = simulator.said();
    let wanted = plain(wanted);
    let full = |sent: &Outbound| match sent {
        Outbound::Message(message) => plain(&transcript::words(message)),
        Outbound::Template(template) => plain(&transcript::words(&template.session)),
    };
    let shown: Vec<String> = sent.iter().map(|sent| plain(&transcript::shown(sent))).collect();
    if sent.iter().any(|sent| fits(&full(sent), &wanted)) || shown.iter().any(|shown| fits(shown, &wanted)) {
        return Ok(());
    }
    let failure = Failure::new(line, format!("the shop was to say \"{wanted}\""));
    let nearest = shown.iter().min_by_key(|shown| strsim::levenshtein(shown, &wanted));
    Err(match nearest {
        Some(nearest) => failure.nearest(nearest.clone()),
        None => failure.nearest("nothing was said"),
    })
}

/// Text as people compare it: invisible direction marks gone, every blank one blank.
fn plain(text: &str) -> String {
    let visible = text.chars().filter(|letter| !matches!(letter, '\u{200e}' | '\u{200f}' | '\u{2066}'..='\u{2069}'));
    visible.collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

fn template(simulator: &Simulator, line: &TestLine, name: &str) -> Result<(), Failure> {
    let key = format!("template.{name}.body");
    let sent = simulator.said();
    let found = sent.iter().any(|sent| match sent {
        Outbound::Template(template) => template.name == name,
        Outbound::Message(message) => message.key == key.as_str(),
    });
    let failure = || Failure::new(line, format!("the template `{name}` was to be sent"));
    match (found, sent.last()) {
        (true, _) => Ok(()),
        (false, Some(last)) => Err(failure().nearest(transcript::shown(last))),
        (false, None) => Err(failure().nearest("nothing was said")),
    }
}

fn called(simulator: &Simulator, operation: &str) -> usize {
    let calls = simulator.log.iter().filter(|entry| match &entry.kind {
        LogKind::Called(request, _) => request.name == operation,
        // Duka does these itself.
        LogKind::Other(EffectKind::Handoff { .. }) => operation == "handoff.open",
        LogKind::Other(EffectKind::Record { what, .. }) => operation == "customer.set_language" && what == "language",
        LogKind::Input(_) | LogKind::Sent(_) | LogKind::Other(_) => false,
    });
    calls.count()
}
