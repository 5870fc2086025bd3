//! The generated parser of `line.pest`, `texts.pest` and `tests.pest`, which share their parts. Nothing else lives here.

use pest_derive::Parser;

#[derive(Parser)]
#[grammar = "line.pest"]
#[grammar = "texts.pest"]
#[grammar = "tests.pest"]
pub(crate) struct LineParser;
