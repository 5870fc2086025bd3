//! `duka schema`: the JSON Schemas of the file formats.

use crate::arguments::Schema;
use crate::failure::{Failure, Outcome};

pub fn run(_arguments: &Schema) -> Result<Outcome, Failure> {
    Err(Failure::usage("this command is not there yet"))
}
