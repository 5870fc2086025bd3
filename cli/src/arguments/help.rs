//! What is printed instead of a command: its help, or what is wrong with what was typed. Lines of examples are not wrapped, because
//! a command that is broken in the middle can not be copied.

use std::io::{self, Write};

use clap::{Command, CommandFactory, FromArgMatches};

use super::Arguments;

/// Holds the words of a line together while the text is wrapped.
const UNBROKEN: &str = "\u{a0}";

pub struct Help {
    text: String,
    is_wrong: bool,
    pub code: u8,
}

impl Help {
    pub fn print(&self) -> io::Result<()> {
        match self.is_wrong {
            true => anstream::stderr().write_all(self.text.as_bytes()),
            false => anstream::stdout().write_all(self.text.as_bytes()),
        }
    }
}

impl From<clap::Error> for Help {
    fn from(error: clap::Error) -> Help {
        let text = error.render().ansi().to_string().replace(UNBROKEN, " ");
        Help { text, is_wrong: error.use_stderr(), code: u8::try_from(error.exit_code()).unwrap_or(2) }
    }
}

impl Arguments {
    /// What was typed after `duka`.
    pub fn typed() -> Result<Arguments, Help> {
        let matches = with_whole_examples(Arguments::command()).try_get_matches()?;
        Ok(Arguments::from_arg_matches(&matches)?)
    }
}

fn with_whole_examples(command: Command) -> Command {
    let whole = |line: &str| if line.starts_with("  ") { line.replace(' ', UNBROKEN) } else { line.to_string() };
    let help = command.get_after_help().map(|help| help.to_string().lines().map(whole).collect::<Vec<_>>().join("\n"));
    let command = match help {
        Some(help) => command.after_help(help),
        None => command,
    };
    command.mut_subcommands(with_whole_examples)
}
