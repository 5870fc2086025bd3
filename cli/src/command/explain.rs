//! `duka explain`: what a rule is about, in the terminal. The pages themselves are the engine's.

use std::io::Write;

use duka_dsl::diagnostic::nearest;
use duka_engine::rules::{self, Example, Level, Rule};

use crate::arguments::Explain;
use crate::failure::{Failure, Outcome};
use crate::terminal::{self, paint};

pub fn run(arguments: &Explain) -> Result<Outcome, Failure> {
    let wanted = arguments.rule.trim();
    let shown = match rules::find(wanted) {
        Some(rule) => page(&rule),
        None if wanted == "list" => list(),
        None => return Err(unknown(wanted)),
    };
    anstream::stdout().write_all(shown.as_bytes())?;
    Ok(Outcome::Fine)
}

fn unknown(wanted: &str) -> Failure {
    let near = rules::all().map(|rule| rule.name).collect::<Vec<_>>();
    let help = match nearest(wanted, near.iter().copied()) {
        Some(near) => format!("Did you mean `{near}`? `duka explain list` shows all."),
        None => "`duka explain list` shows all rules.".to_string(),
    };
    Failure::usage_with_help(format!("there is no rule `{wanted}`"), help)
}

fn level(level: Level) -> String {
    let style = match level {
        Level::Error | Level::Policy => terminal::BAD,
        Level::Warning => terminal::WARN,
        Level::Info | Level::Off => terminal::FAINT,
    };
    paint(style, level.name())
}

fn list() -> String {
    let rules = rules::all();
    let lines = rules.map(|rule| {
        // Padded before it is painted: colours have no width.
        let pad = " ".repeat(8_usize.saturating_sub(rule.level.name().len()));
        format!("{} {}{pad}{:<34} {}\n", rule.code, level(rule.level), rule.name, rule.title)
    });
    lines.collect()
}

fn page(rule: &Rule) -> String {
    let mut out = format!("{} {}  {}\n\n", paint(terminal::STRONG, rule.code), rule.name, level(rule.level));
    for paragraph in [rule.title, rule.why, rule.fix] {
        out.push_str(paragraph);
        out.push_str("\n\n");
    }
    for (title, examples) in [("Found fault with:", rule.flagged()), ("Accepted:", rule.accepted())] {
        out.push_str(&format!("{}\n", paint(terminal::STRONG, title)));
        if let (true, Some(words)) = (examples.is_empty(), rule.flagged_in_words()) {
            out.push_str(&format!("    {words}\n"));
        }
        examples.iter().for_each(|example| out.push_str(&shown(example)));
    }
    out
}

fn shown(example: &Example) -> String {
    let mut out = String::new();
    for file in &example.files {
        if let Some(name) = file.name {
            out.push_str(&paint(terminal::FAINT, format!("  {name}\n")));
        }
        for line in file.text.lines() {
            out.push_str(format!("    {line}").trim_end());
            out.push('\n');
        }
        out.push('\n');
    }
    out
}
