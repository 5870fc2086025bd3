//! `duka completions`: a script for the user's shell.

use std::io::Write;

use clap::CommandFactory;

use crate::arguments::{Arguments, Completions};
use crate::failure::{Failure, Outcome};

pub fn run(arguments: &Completions) -> Result<Outcome, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Arguments::command(), "duka", &mut script);
    std::io::stdout().write_all(&script)?;
    Ok(Outcome::Fine)
}
