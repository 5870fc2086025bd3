//! One module per command. A command reads files, asks the engine, and prints.

mod check;
mod completions;
mod draw;
mod explain;
mod fmt;
mod new;
mod schema;

use crate::arguments::Command;
use crate::failure::{Failure, Outcome};

/// Does what was asked for.
pub fn run(command: Command) -> Result<Outcome, Failure> {
    match command {
        Command::Check(arguments) => check::run(&arguments),
        Command::Completions(arguments) => completions::run(&arguments),
        Command::Draw(arguments) => draw::run(&arguments),
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Schema(arguments) => schema::run(&arguments),
        Command::New(arguments) => new::run(&arguments),
        Command::Fmt(arguments) => fmt::run(&arguments),
        Command::Convert(_) | Command::Test(_) | Command::Explore(_) | Command::Chat(_) => {
            Err(Failure::usage("this command is not there yet"))
        }
    }
}
