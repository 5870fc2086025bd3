//! Takes out of an example what the new shop does not have. Works on whole lines: choices, blocks, texts, tests.

mod list;

use crate::arguments::{Fulfilment, Kind};
use list::{Cut, cut};

/// Whether a shop with this way of delivery has the file.
pub fn keeps(kind: Kind, fulfilment: Fulfilment, file: &str) -> bool {
    !cut(kind, fulfilment).files.contains(&file)
}

/// The text without what `fulfilment` leaves out.
pub fn fulfilment(kind: Kind, fulfilment: Fulfilment, text: &str) -> String {
    let cut = cut(kind, fulfilment);
    let taps: Vec<String> = cut.choices.iter().map(|choice| format!("tap {choice}")).collect();
    let text = cut.instead.iter().fold(text.to_string(), |text, (from, to)| text.replace(from, to));
    let text = without_tests(&text, |line| taps.iter().any(|tap| line.trim() == tap) || is_elsewhere(line, cut));
    let mut out = String::new();
    let mut skipping = Skipping::Nothing;
    for line in text.lines() {
        let trimmed = line.trim_start();
        let is_indented_more = |than: usize| line.len() - trimmed.len() > than && !trimmed.is_empty();
        skipping = match skipping {
            Skipping::Choice(indent) if is_indented_more(indent) => Skipping::Choice(indent),
            Skipping::Block if trimmed.is_empty() || is_indented_more(0) => Skipping::Block,
            Skipping::Nothing | Skipping::Choice(_) | Skipping::Block => starts(line, cut),
        };
        if matches!(skipping, Skipping::Nothing) && !cut.lines.iter().any(|words| line.contains(words)) {
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}

#[derive(Clone, Copy)]
enum Skipping {
    Nothing,
    /// A choice that stands this far from the margin.
    Choice(usize),
    Block,
}

fn starts(line: &str, cut: &Cut) -> Skipping {
    let trimmed = line.trim_start();
    let is_choice = cut.choices.iter().any(|choice| {
        ["button", "row"].iter().any(|word| {
            let rest = trimmed.strip_prefix(word).and_then(|rest| rest.strip_prefix(' ')?.strip_prefix(choice));
            rest.is_some_and(|rest| rest.starts_with([':', ' ']))
        })
    });
    let key = trimmed.split(':').next().unwrap_or("");
    let is_text = !key.contains(' ') && cut.choices.iter().any(|choice| key.ends_with(&format!(".{choice}")));
    if is_choice {
        Skipping::Choice(line.len() - trimmed.len())
    } else if cut.blocks.contains(&line.trim_end()) {
        Skipping::Block
    } else if is_text || cut.keys.iter().any(|beginning| key.starts_with(beginning)) {
        // Continued texts stand under their key.
        Skipping::Choice(line.len() - trimmed.len())
    } else {
        Skipping::Nothing
    }
}

/// A line of a test that begins, or finds itself, in a state that is cut, or is offered what is.
fn is_elsewhere(line: &str, cut: &Cut) -> bool {
    let trimmed = line.trim();
    let state = trimmed.strip_prefix("start at ").or_else(|| trimmed.strip_prefix("state: "));
    let offered = trimmed.strip_prefix("choices: ").unwrap_or("");
    state.is_some_and(|state| cut.blocks.contains(&format!("state {state}").as_str()))
        || offered.split(", ").any(|choice| cut.choices.contains(&choice))
        || cut.tests.iter().any(|words| line.contains(words))
}

/// The text without the tests that have a line like this.
fn without_tests(text: &str, is_wrong: impl Fn(&str) -> bool) -> String {
    if !text.lines().any(|line| line.starts_with("tests for ")) {
        return text.to_string();
    }
    let mut tests: Vec<Vec<&str>> = vec![Vec::new()];
    for line in text.lines() {
        if line.starts_with("test ") {
            tests.push(Vec::new());
        }
        if let Some(last) = tests.last_mut() {
            last.push(line);
        }
    }
    let kept = tests.into_iter().filter(|lines| !lines.iter().any(|line| is_wrong(line)));
    kept.flatten().map(|line| format!("{line}\n")).collect()
}

/// The text with only these languages in the flow's header and among those that customers can choose, and without tests in the others.
pub fn languages(text: &str, languages: &[&str]) -> String {
    let text = without_tests(text, |line| {
        let words = line.trim();
        // `pick sw` chooses a language; the items of a shop have longer keys.
        let picked = words.strip_prefix("pick ").filter(|key| key.len() == 2 && *key == key.to_lowercase());
        let language = words.strip_prefix("given language is ").or(picked);
        language.is_some_and(|language| !languages.contains(&language))
    });
    let mut out = String::new();
    for line in text.lines() {
        let is_header = line.trim_start().starts_with("languages ");
        if is_header {
            let indent = line.len() - line.trim_start().len();
            out.push_str(&format!("{}languages {}", " ".repeat(indent), languages.join(", ")));
        } else if let Some((before, known)) = line.split_once("languages: [{") {
            // `languages: [{ id: en, name: English }, { id: sw, name: Kiswahili }]`, as the fixture answers for the shop's system.
            let known = known.trim_end_matches(['}', ']']).split("}, {");
            let kept = known.filter(|item| languages.iter().any(|id| item.trim().starts_with(&format!("id: {id},"))));
            out.push_str(&format!("{before}languages: [{{{}}}]", kept.collect::<Vec<_>>().join("}, {")));
        } else {
            out.push_str(line);
        }
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{fulfilment, languages};
    use crate::arguments::{Fulfilment, Kind};

    const FLOW: &str = "\
form delivery_details
  field name text: Name

state checkout
  ask: How?
  button delivery: Delivery -> address
  button pickup: Pick up
    set zone = none
    -> confirm
  button bag: Back -> bag

state address
  ask: Where?

state confirm
";

    #[test]
    fn a_shop_without_pickup_loses_the_choice_and_its_lines() {
        let kept = fulfilment(Kind::Boutique, Fulfilment::Delivery, FLOW);
        assert!(!kept.contains("pickup") && !kept.contains("set zone") && kept.contains("button bag"), "{kept}");
    }

    #[test]
    fn a_shop_without_delivery_loses_its_states() {
        let kept = fulfilment(Kind::Boutique, Fulfilment::Pickup, FLOW);
        assert_eq!(
            kept,
            "state checkout\n  ask: How?\n  button pickup: Pick up\n    -> confirm\n  button bag: Back -> bag\n\nstate confirm\n"
        );
    }

    #[test]
    fn tests_in_a_language_that_is_gone_go_too() {
        let tests = "tests for shop\n\ntest a\n  customer: hi\n\ntest b\n  given language is sw\n  customer: habari\n";
        assert_eq!(languages(tests, &["en"]), "tests for shop\n\ntest a\n  customer: hi\n\n");
        let choices =
            "  languages: [{ id: en, name: English }, { id: sw, name: Kiswahili }, { id: ar, name: العربية }]\n";
        let left = "  languages: [{ id: en, name: English }, { id: ar, name: العربية }]\n";
        assert_eq!(languages(choices, &["en", "ar"]), left);
        assert_eq!(languages("  languages en, sw, ar\n", &["en", "ar"]), "  languages en, ar\n");
    }
}
