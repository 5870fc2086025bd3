//! The generated parser of `line.pest`. Nothing else lives here.

use pest_derive::Parser;

#[derive(Parser)]
#[grammar = "line.pest"]
pub(crate) struct LineParser;
