//! The boutique with one mistake each: what its merchant is told.

use duka_engine::compile::compile;
use duka_engine::lints::{Finding, Settings, check};
use duka_tests::shops::example;

/// Findings of the boutique after `change` to its flow, those of the untouched shop left out.
fn findings_after(change: impl Fn(&str) -> String) -> Vec<Finding> {
    let before = findings(|text| text.to_string());
    let known: Vec<&str> = before.iter().map(|finding| finding.diagnostic.message.as_str()).collect();
    let mut after = findings(change);
    after.retain(|finding| !known.contains(&finding.diagnostic.message.as_str()));
    after
}

fn findings(change: impl Fn(&str) -> String) -> Vec<Finding> {
    let mut source = example("boutique");
    let flow = source.files.iter_mut().find(|file| file.path == "boutique.duka").expect("the boutique has a flow");
    flow.text = change(&flow.text);
    check(&compile(&source), &source, &Settings::default())
}

fn codes(findings: &[Finding]) -> Vec<String> {
    findings.iter().map(|finding| finding.diagnostic.code.to_string()).collect()
}

#[test]
fn a_mistyped_target_is_one_finding() {
    let found = findings_after(|text| text.replace("Check out -> checkout", "Check out -> chekout"));
    let first = found.first().expect("a mistyped target is found");
    assert_eq!(first.diagnostic.code.to_string(), "D104", "{found:#?}");
    assert_eq!(first.diagnostic.help.as_deref(), Some("Did you mean `checkout`?"));
    assert!(found.iter().filter(|finding| finding.level.stops()).count() == 1, "{:#?}", codes(&found));
}

#[test]
fn a_fourth_button_that_is_too_long_is_two_findings_at_their_places() {
    let button = "  button change: Change -> change\n";
    let gift = "  button gift: Add a gift card for a friend -> categories\n";
    let found = findings_after(|text| text.replace(button, &format!("{button}{gift}")));
    let codes = codes(&found);
    assert!(codes.contains(&"D501".to_string()), "{codes:?}");
    assert!(codes.contains(&"D502".to_string()), "{codes:?}");
}

#[test]
fn free_text_behind_a_long_silence_shows_its_conversation() {
    let found = findings_after(|text| {
        text.replace("  send cart_reminder\n", "  say: Your bag is still here.\n  send cart_reminder\n")
    });
    let late = found.iter().find(|finding| finding.diagnostic.code.to_string() == "D602");
    let late = late.unwrap_or_else(|| panic!("{:?}", codes(&found)));
    let lines: Vec<&str> = late.diagnostic.conversation.iter().map(|turn| turn.line.as_str()).collect();
    assert!(lines.contains(&"wait 26 hours"), "{lines:?}");
}

#[test]
fn without_quiet_every_waiting_state_is_asked_about() {
    let quiet = |line: &&str| !line.trim_start().starts_with("quiet ");
    let found = findings_after(|text| text.lines().filter(quiet).map(|line| format!("{line}\n")).collect());
    assert!(codes(&found).contains(&"D601".to_string()), "{:?}", codes(&found));
}
