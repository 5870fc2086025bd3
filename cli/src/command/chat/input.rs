//! What a typed line means: a customer's words, a line of the language of tests, or something for the chat itself.

use duka_dsl::ast::TestFile;
use duka_dsl::{Diagnostic, FileId, tests_file};

/// One line, read.
#[derive(Debug, PartialEq, Eq)]
pub enum Typed<'a> {
    Nothing,
    Words(&'a str),
    TestLine(String),
    Own(Own<'a>),
    Wrong(String),
}

/// What the chat does itself.
#[derive(Debug, PartialEq, Eq)]
pub enum Own<'a> {
    Help,
    State,
    Why,
    Undo,
    Record(&'a str),
    Quit,
}

pub const HELP: &str = "\
Type what a customer would type; the number or the words of a choice choose it.
  /tap pay                  tap a choice by its id      /pick D-101      pick an item by its key
  /send photo               send a photo, video, voice, document, sticker
  /send location -1.29, 36.8                            /send cart D-101 x 2
  /fill name = Amina        fill in a form at once
  /event payment.paid       what a backend tells        /wait 26 hours   let time pass
  /redeliver  /swap         deliver again, or in the other order
  /given orders.hold(order) fails                       /language sw     /channel messenger
  /expect cart.count == 2   does this hold?
  /state  where we are      /why  what just ran         /undo  take back
  /record FILE              keep this chat as a test    /quit
";

/// Reads one line. Lines that begin with `/` are not the customer's.
pub fn read(line: &str) -> Typed<'_> {
    let trimmed = line.trim();
    let Some(command) = trimmed.strip_prefix('/') else {
        return if trimmed.is_empty() { Typed::Nothing } else { Typed::Words(line) };
    };
    let (word, rest) = command.split_once(char::is_whitespace).unwrap_or((command, ""));
    let rest = rest.trim();
    match word {
        "help" | "?" => Typed::Own(Own::Help),
        "state" => Typed::Own(Own::State),
        "why" => Typed::Own(Own::Why),
        "undo" => Typed::Own(Own::Undo),
        "record" if rest.is_empty() => Typed::Wrong("Say where: /record my-shop/chat.test.duka".to_string()),
        "record" => Typed::Own(Own::Record(rest)),
        "quit" | "exit" | "q" => Typed::Own(Own::Quit),
        "send" => Typed::TestLine(format!("customer sends {rest}")),
        "language" | "lang" => Typed::TestLine(format!("given language is {rest}")),
        "channel" => Typed::TestLine(format!("given channel is {rest}")),
        "tap" | "pick" | "fill" | "event" | "wait" | "redeliver" | "swap" | "given" | "expect" | "start" => {
            Typed::TestLine(command.to_string())
        }
        _ => Typed::Wrong(format!("There is no /{word}. /help says what there is.")),
    }
}

/// Reads `line` as if it stood in a test.
pub fn parse_test_line(line: &str) -> (TestFile, Vec<Diagnostic>) {
    tests_file::read(FileId(0), &format!("tests for chat\ntest chat\n  {line}\n"))
}

#[cfg(test)]
mod tests {
    use super::{Own, Typed, parse_test_line, read};

    #[test]
    fn words_are_the_customers_and_slashes_are_ours() {
        assert_eq!(read("hi there"), Typed::Words("hi there"));
        assert_eq!(read("  "), Typed::Nothing);
        assert_eq!(read("/undo"), Typed::Own(Own::Undo));
        assert_eq!(read("/send photo"), Typed::TestLine("customer sends photo".to_string()));
        assert!(matches!(read("/dance"), Typed::Wrong(_)));
    }

    #[test]
    fn every_line_that_the_help_shows_can_be_read() {
        let lines = [
            "/tap pay",
            "/pick D-101",
            "/send photo",
            "/send location -1.29, 36.8",
            "/send cart D-101 x 2",
            "/fill name = Amina",
            "/event payment.paid",
            "/wait 26 hours",
            "/redeliver",
            "/swap",
            "/given orders.hold(order) fails",
            "/language sw",
            "/channel messenger",
            "/expect cart.count == 2",
        ];
        for line in lines {
            let Typed::TestLine(test) = read(line) else { panic!("{line} is a line of a test") };
            let (file, problems) = parse_test_line(&test);
            assert!(problems.is_empty(), "{line}: {problems:?}");
            assert_eq!(file.tests.first().map(|test| test.lines.len()), Some(1), "{line}");
        }
    }
}
