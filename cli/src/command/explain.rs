//! `duka explain`: what a rule is about.

use crate::arguments::Explain;
use crate::failure::{Failure, Outcome};

pub fn run(_arguments: &Explain) -> Result<Outcome, Failure> {
    Err(Failure::usage("this command is not there yet"))
}
