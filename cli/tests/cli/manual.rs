//! `docs/reference/commands.md` is what `duka` says of itself. `UPDATE=1` writes it.

use std::fmt::Write;

use crate::support::{duka, root};

const HEAD: &str = "\
# Commands

What `duka COMMAND --help` says, for all commands. Every one takes `--colour auto|always|never`.

| exit code | means |
| --- | --- |
| 0 | fine |
| 1 | findings, failed tests, faults; no test of that title, nobody to erase |
| 2 | the command could not be run: a mistake in its arguments, a file that can not be read, a server that does not answer, or that does not have what was named |

Reports are printed to standard output, what went wrong to standard error. Colours are left out where nobody looks (a pipe, `NO_COLOR`).
";

fn help(command: &[String]) -> String {
    let arguments: Vec<&str> = command.iter().map(String::as_str).chain(["--help"]).collect();
    let run = duka(&arguments);
    assert_eq!(run.code, Some(0), "{command:?}: {}", run.err);
    run.out
}

/// The commands below one, with what they are for, by its help.
fn below(help: &str) -> Vec<String> {
    let (_, list) = help.split_once("\nCommands:\n").unwrap_or_default();
    let names = list.lines().take_while(|line| line.starts_with("  ")).filter(|line| !line.starts_with("   "));
    names.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help").map(str::to_string).collect()
}

/// A command and those below it.
fn describe(command: &[String], level: usize, page: &mut String) {
    let help = help(command);
    let text: Vec<&str> = help.lines().map(str::trim_end).collect();
    let name = command.join(" ");
    write!(page, "\n{} `duka {name}`\n\n```text\n{}\n```\n", "#".repeat(level), text.join("\n").trim_end())
        .expect("a text takes everything");
    for name in below(&help) {
        describe(&[command, &[name]].concat(), 3, page);
    }
}

#[test]
fn the_page_of_the_commands_is_what_they_say_themselves() {
    let mut page = HEAD.to_string();
    for name in below(&help(&[])) {
        describe(&[name], 2, &mut page);
    }
    let path = root().join("docs/reference/commands.md");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(root().join("docs/reference")).expect("a writable repository");
        std::fs::write(&path, &page).expect("a writable repository");
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == page, "docs/reference/commands.md is not current: run with UPDATE=1");
}
