//! `duka draw`: a flow as a picture. Shows where the conversation can go, and leaves out what a line says in full.

mod dot;
mod mermaid;
mod svg;

use std::io::Write;

use duka_engine::compile::compile;
use duka_engine::source::FileKind;
use duka_runtime::dev::drawing::Graph;

use crate::arguments::{Draw, Drawing};
use crate::failure::{Failure, Outcome};
use crate::load;

pub fn run(arguments: &Draw) -> Result<Outcome, Failure> {
    let shop = load::shop(&arguments.path)?;
    let compiled = compile(&shop.source);
    let Some(program) = compiled.shop() else {
        return Err(Failure::usage_with_help(
            format!("{} can not be read, so there is nothing to draw yet", shop.title()),
            format!("See them with `duka check {}`.", arguments.path.display()),
        ));
    };
    let flows = &program.flows;
    let flow = match &arguments.flow {
        None => flows.first(),
        Some(wanted) => flows.iter().find(|flow| flow.path == wanted.as_str()),
    };
    let Some(flow) = flow else {
        let known: Vec<&str> = flows.iter().map(|flow| flow.path.as_str()).collect();
        return Err(Failure::usage_with_help(
            format!("there is no flow called `{}`", arguments.flow.as_deref().unwrap_or("")),
            format!("This shop runs {}.", known.join(", ")),
        ));
    };
    let graph = Graph::of(program, flow, &shop.source);
    let drawn = match drawing(arguments)? {
        Drawing::Mermaid => mermaid::draw(&graph),
        Drawing::Dot => dot::draw(&graph),
        Drawing::Svg => svg::draw(&graph),
    };
    if compiled.program.is_none() {
        let (title, path) = (shop.title(), arguments.path.display());
        writeln!(
            anstream::stderr(),
            "{title} has errors, and what is wrong is not drawn: `duka check {path}` shows them"
        )?;
    }
    match &arguments.output {
        None => std::io::stdout().write_all(drawn.as_bytes())?,
        Some(path) => std::fs::write(path, drawn).map_err(|error| Failure::writing(path, error))?,
    }
    Ok(Outcome::Fine)
}

fn drawing(arguments: &Draw) -> Result<Drawing, Failure> {
    let extension =
        arguments.output.as_ref().and_then(|path| path.extension()).and_then(|extension| extension.to_str());
    if let Some(path) = arguments.output.as_ref().filter(|path| FileKind::of(&path.to_string_lossy(), "").is_some()) {
        return Err(Failure::usage_with_help(
            format!("`{}` is the name of a file of the shop", path.display()),
            "A drawing has one of its own, such as `my-shop.svg`.",
        ));
    }
    match (arguments.format, extension) {
        (Some(drawing), _) => Ok(drawing),
        (None, Some("svg")) => Ok(Drawing::Svg),
        (None, Some("dot" | "gv")) => Ok(Drawing::Dot),
        (None, Some("mmd" | "mermaid" | "md" | "txt") | None) => Ok(Drawing::Mermaid),
        (None, Some(other)) => Err(Failure::usage_with_help(
            format!("`.{other}` is no kind of drawing"),
            "Write `.svg`, `.dot` or `.mmd`, or say `--format`.",
        )),
    }
}
