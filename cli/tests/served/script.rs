//! A script: who says what, and under it what their phone then shows. Reads the acts, and writes what was seen between
//! them, so that a script is its own transcript.
//!
//! ```text
//! customer Amina 254700000001      who plays
//! # A heading, kept as it is.
//! > Amina: hi                      writes; `//` between messages that are sent at once
//! > Amina taps Shop                a choice of the newest message that has it
//! > Amina taps Shop on 1           of the message with that number
//! > 26 hours pass
//! > a person takes over, > a person writes: words, > a person gives back
//! > the shop has 0 of D-101, > D-101 costs KES 2,600, > order Z-1043 is shipped
//! > a preview opens the link, > Amina opens the link, > Amina taps Pay on the page
//! > the provider's answer is lost, > the provider says paid
//! ```

/// One thing that happens.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    Writes {
        who: String,
        messages: Vec<String>,
    },
    Taps {
        who: String,
        choice: String,
        on: Option<u64>,
    },
    Pass {
        minutes: i64,
    },
    TakesOver,
    Answers {
        words: String,
    },
    GivesBack,
    /// The shop's own system has another stock or price, or tells of an order.
    Product {
        sku: String,
        field: &'static str,
        value: String,
    },
    Order {
        number: String,
        status: String,
    },
    /// The latest pay link is looked at; the button on its page is tapped.
    Opens,
    Begins,
    /// The answer to the next beginning of a payment.
    Lost,
    /// The payment provider's books, and its word to us.
    Says {
        status: String,
    },
}

/// A line of a script, with what it means.
pub enum Line<'a> {
    Kept(&'a str),
    Customer { line: &'a str, name: &'a str, phone: &'a str },
    Act { line: &'a str, act: Act },
}

/// The lines that are not what was seen.
pub fn read(text: &str) -> Vec<Line<'_>> {
    text.lines().filter_map(read_line).collect()
}

fn read_line(line: &str) -> Option<Line<'_>> {
    if line.is_empty() || line.starts_with('#') {
        return Some(Line::Kept(line));
    }
    if let Some((name, phone)) = line.strip_prefix("customer ").and_then(|rest| rest.split_once(' ')) {
        return Some(Line::Customer { line, name, phone });
    }
    let act = line.strip_prefix("> ")?;
    Some(Line::Act { line, act: read_act(act).unwrap_or_else(|| panic!("no act: {act}")) })
}

fn read_act(act: &str) -> Option<Act> {
    if let Some(hours) = act.strip_suffix(" hours pass") {
        return Some(Act::Pass { minutes: hours.parse::<i64>().ok()? * 60 });
    }
    if let Some(person) = act.strip_prefix("a person ") {
        return match person {
            "takes over" => Some(Act::TakesOver),
            "gives back" => Some(Act::GivesBack),
            _ => Some(Act::Answers { words: person.strip_prefix("writes: ")?.into() }),
        };
    }
    if let Some(act) = read_shop(act).or_else(|| read_link(act)) {
        return Some(act);
    }
    if let Some((who, messages)) = act.split_once(": ") {
        let messages = messages.split(" // ").map(str::to_string).collect();
        return Some(Act::Writes { who: who.into(), messages });
    }
    let (who, choice) = act.split_once(" taps ")?;
    let on = choice.rsplit_once(" on ").and_then(|(choice, on)| Some((choice, on.parse::<u64>().ok()?)));
    let (choice, on) = on.map_or((choice, None), |(choice, on)| (choice, Some(on)));
    Some(Act::Taps { who: who.into(), choice: choice.into(), on })
}

/// What the shop's own system does.
fn read_shop(act: &str) -> Option<Act> {
    if let Some((stock, sku)) = act.strip_prefix("the shop has ").and_then(|rest| rest.split_once(" of ")) {
        return Some(Act::Product { sku: sku.into(), field: "stock", value: stock.into() });
    }
    if let Some((number, status)) = act.strip_prefix("order ").and_then(|rest| rest.split_once(" is ")) {
        return Some(Act::Order { number: number.into(), status: status.replace(' ', "_") });
    }
    let (sku, price) = act.split_once(" costs ")?;
    Some(Act::Product { sku: sku.into(), field: "price", value: price.into() })
}

/// What is done with the pay link, and what the provider does.
fn read_link(act: &str) -> Option<Act> {
    if act.ends_with(" opens the link") {
        return Some(Act::Opens);
    }
    if act.ends_with(" taps Pay on the page") {
        return Some(Act::Begins);
    }
    if act == "the provider's answer is lost" {
        return Some(Act::Lost);
    }
    Some(Act::Says { status: act.strip_prefix("the provider says ")?.into() })
}
