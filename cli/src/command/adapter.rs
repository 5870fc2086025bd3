//! `duka adapter check`: whether a shop's own system answers as its mapping says. Asks queries only, and changes nothing.

use std::io::Write;
use std::time::Duration;

use duka_dsl::span::LineIndex;
use duka_engine::compile::compile;
use duka_engine::contract::decode;
use duka_engine::event::Outcome as Ended;
use duka_engine::hir::{Operation, OperationKind, Shop};
use duka_engine::value::Value;
use duka_runtime::adapter::mapping::{self, Found, shipped};
use duka_runtime::adapter::rest::{Backend, Call, Heard, Rest};
use duka_runtime::config::{Environment, Process};
use duka_runtime::egress::{Egress, Policy};
use serde_json::Value as Json;

use crate::arguments::{AdapterCheck, AdapterCommand};
use crate::failure::{Failure, Outcome};
use crate::load;
use crate::terminal::{BAD, FAINT, GOOD, STRONG, paint};

/// Of what was met, so many letters are shown.
const MOST_LETTERS: usize = 600;

/// A whole query may take this long.
const PATIENCE: Duration = Duration::from_secs(15);

pub fn run(command: &AdapterCommand) -> Result<Outcome, Failure> {
    match command {
        AdapterCommand::Check(arguments) => check(arguments),
        AdapterCommand::Show(arguments) => show(&arguments.kind),
    }
}

fn show(kind: &str) -> Result<Outcome, Failure> {
    let Some(text) = shipped::text(kind) else {
        let kinds: Vec<&str> = shipped::kinds().collect();
        let help = format!("There are: {}.", kinds.join(", "));
        return Err(Failure::usage_with_help(format!("no adapter `{kind}` comes with Duka"), help));
    };
    write!(anstream::stdout(), "{text}")?;
    Ok(Outcome::of(true))
}

fn check(arguments: &AdapterCheck) -> Result<Outcome, Failure> {
    let loaded = load::shop(&arguments.shop)?;
    let Some(program) = compile(&loaded.source).program else {
        return Err(Failure::usage_with_help(
            format!("`{}` has errors", loaded.title()),
            format!("`duka check {}` shows them.", loaded.title()),
        ));
    };
    let (found, findings) = mapping::read(&loaded.source, &program.shop);
    let mut out = anstream::stdout();
    for finding in &findings {
        let text = loaded.text_of(finding.span.file);
        let (line, _) = LineIndex::new(text).line_column(text, finding.span.start as usize);
        let place = format!("{}:{line}:", loaded.name_of(finding.span.file));
        writeln!(out, "{} {} {}", paint(BAD, "wrong"), paint(STRONG, place), finding.message)?;
        if let Some(help) = &finding.help {
            writeln!(out, "      {help}")?;
        }
    }
    if found.is_empty() && findings.is_empty() {
        writeln!(out, "No adapter of this shop has a mapping: the demo answers everything.")?;
    }
    if arguments.offline || !findings.is_empty() {
        for found in &found {
            let (path, count) = (found.path.display(), found.mapping.operations.len());
            writeln!(out, "{}: `{path}` maps {count} operations.", found.contract)?;
        }
        return Ok(Outcome::of(findings.is_empty()));
    }
    let threads = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut fine = true;
    for found in found {
        let backend = open(found, arguments, &loaded)?;
        fine &= threads.block_on(all(&backend, &program.shop, arguments, &mut out))?;
    }
    Ok(Outcome::of(fine))
}

fn open(found: Found, arguments: &AdapterCheck, loaded: &load::Shop) -> Result<Backend, Failure> {
    let found = match &arguments.base {
        Some(base) => found.at(base).map_err(Failure::usage)?,
        None => found,
    };
    let place = loaded.folder.join(&found.path);
    Backend::open(found.contract, found.mapping, &place, &Process.variables())
        .map_err(|mistake| Failure::Usage { message: mistake.to_string(), help: mistake.help })
}

async fn all(backend: &Backend, shop: &Shop, arguments: &AdapterCheck, out: &mut impl Write) -> Result<bool, Failure> {
    // Who names another base is developing.
    let egress = Egress::new(Policy { development: arguments.base.is_some(), ..Policy::default() });
    let rest = Rest::new(egress.map_err(|error| Failure::usage(error.to_string()))?);
    let mut fine = true;
    for promise in shop.operations.iter().filter(|it| backend.mapping.operations.contains_key(&it.path())) {
        let path = promise.path();
        if !backend.mapping.operations.contains_key(&path) {
            continue;
        }
        let given = arguments.with.iter().find_map(|with| with.strip_prefix(path.as_str())?.strip_prefix('='));
        if promise.kind == OperationKind::Command {
            writeln!(out, "{}  {path}: a command, which is not sent", paint(FAINT, "-    "))?;
            continue;
        }
        if given.is_none() && promise.takes.iter().any(|parameter| !parameter.optional) {
            writeln!(out, "{}  {path}: not asked; `--with '{path}=[…]'` says with what", paint(FAINT, "-    "))?;
            continue;
        }
        let values = values(shop, promise, given.unwrap_or("[]"))?;
        let call = Call { shop, promise, arguments: &values, key: "check", conversation: "check", left: PATIENCE };
        fine &= tell(&path, &rest.ask(backend, call).await, out)?;
    }
    Ok(fine)
}

fn values(shop: &Shop, promise: &Operation, written: &str) -> Result<Vec<Value>, Failure> {
    let wrong = |why: String| {
        let help = "Write the arguments as JSON, in the contract's order: `--with 'catalog.search=[\"dress\"]'`.";
        Failure::usage_with_help(format!("`{}`: {why}", promise.path()), help)
    };
    let list: Vec<Json> = serde_json::from_str(written).map_err(|error| wrong(error.to_string()))?;
    let takes = promise.takes.iter().enumerate();
    takes
        .map(|(at, parameter)| match list.get(at) {
            None | Some(Json::Null) if parameter.optional => Ok(Value::None),
            None => Err(wrong("an argument is missing".to_string())),
            Some(json) => decode(shop, &parameter.ty, json).map_err(|error| wrong(error.to_string())),
        })
        .collect()
}

/// Whether it is as it should be.
fn tell(path: &str, heard: &Heard, out: &mut impl Write) -> Result<bool, Failure> {
    let (fine, what) = match &heard.outcome {
        Ended::Given(Value::List(items)) => (true, format!("{} given", items.len())),
        Ended::Given(_) => (true, "given".to_string()),
        Ended::Refused { code } => (false, format!("refused: {code}")),
        Ended::Failed { reason } => (false, reason.to_string()),
        Ended::TimedOut => (false, "no answer in time".to_string()),
        Ended::Unknown => (false, "nobody knows what became of it".to_string()),
    };
    let word = if fine { paint(GOOD, "ok   ") } else { paint(BAD, "fault") };
    writeln!(out, "{word}  {path}: {what}")?;
    if !fine && let Some(status) = heard.status {
        let met = heard.json.as_ref().map_or_else(|| "no JSON".to_string(), Json::to_string);
        let shown: String = met.chars().take(MOST_LETTERS).collect();
        writeln!(out, "       met {status}: {shown}")?;
    }
    Ok(fine)
}
