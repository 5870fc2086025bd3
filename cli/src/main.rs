//! The `duka` command. Everything that touches files, terminals and exit codes lives in this crate; what a flow
//! means is the engine's business.

mod arguments;
mod command;
mod failure;
mod findings;
mod playable;
mod report;
mod terminal;
mod traces;

use std::process::ExitCode;

use duka_runtime::shops::load;

use crate::arguments::Arguments;
use crate::failure::{Failure, Outcome};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Deeply nested input must not overflow the stack before the parsers' own depth limits refuse it.
const STACK_BYTES: usize = 64 * 1024 * 1024;

fn main() -> ExitCode {
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map(|at| format!(" ({}:{})", at.file(), at.line())).unwrap_or_default();
        eprintln!(
            "duka: something went wrong inside Duka itself{place}. Your files are as they were. Please report it."
        );
    }));
    let run = std::thread::Builder::new().name("duka".into()).stack_size(STACK_BYTES).spawn(run);
    match run.map(std::thread::JoinHandle::join) {
        Ok(Ok(code)) => code,
        Ok(Err(_panic)) => ExitCode::from(2),
        Err(error) => {
            eprintln!("duka: this machine refuses to start a thread: {error}");
            ExitCode::from(2)
        }
    }
}

fn run() -> ExitCode {
    let arguments = match Arguments::typed() {
        Ok(arguments) => arguments,
        Err(help) => {
            // Nothing can be done about a terminal that does not take the words.
            let _ = help.print();
            return ExitCode::from(help.code);
        }
    };
    terminal::set_colour(arguments.colour);
    match command::run(arguments.command) {
        Ok(Outcome::Fine) => ExitCode::SUCCESS,
        Ok(Outcome::Findings | Outcome::Broken) => ExitCode::from(1),
        Ok(Outcome::Unread) => ExitCode::from(2),
        Err(failure) if failure.is_closed_pipe() => ExitCode::SUCCESS,
        Err(failure) => {
            report_failure(&failure);
            ExitCode::from(2)
        }
    }
}

fn report_failure(failure: &Failure) {
    anstream::eprintln!("{}duka:{} {failure}", terminal::BAD.render(), terminal::BAD.render_reset());
    if let Some(help) = failure.help() {
        anstream::eprintln!("      {help}");
    }
}
