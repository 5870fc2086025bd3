//! `duka schema`: the JSON Schemas of the files that people write in YAML or TOML.

use std::io::Write;

use duka_dsl::schema;

use crate::arguments::Schema;
use crate::failure::{Failure, Outcome};

pub fn run(arguments: &Schema) -> Result<Outcome, Failure> {
    let mut out = std::io::stdout();
    let mut schemas = schema::all();
    schemas.push(("server", duka_runtime::config::schema()));
    schemas.push(("rest", duka_runtime::adapter::mapping::schema()));
    let Some(name) = &arguments.name else {
        for (name, schema) in &schemas {
            writeln!(out, "{name}  {}", schema["title"].as_str().unwrap_or(""))?;
        }
        return Ok(Outcome::Fine);
    };
    let Some((_, found)) = schemas.iter().find(|(known, _)| known == name) else {
        let known: Vec<&str> = schemas.iter().map(|(name, _)| *name).collect();
        return Err(Failure::usage_with_help(
            format!("there is no schema `{name}`"),
            format!("There are: {}.", known.join(", ")),
        ));
    };
    writeln!(out, "{}", serde_json::to_string_pretty(found).unwrap_or_default())?;
    Ok(Outcome::Fine)
}
