//! `duka adapter check`: whether a shop's own system answers as its mapping says. Asks queries only, and changes nothing.

use std::io::Write;
use std::time::Duration;

use duka_dsl::Diagnostic;
use duka_dsl::span::LineIndex;
use duka_engine::compile::compile;
use duka_engine::contract::decode;
use duka_engine::event::Outcome as Ended;
use duka_engine::hir::{Operation, OperationKind, Shop};
use duka_engine::value::Value;
use duka_runtime::adapter::mapping::{self, Found, shipped};
use duka_runtime::adapter::rest::{Backend, Call, Heard, Rest};
use duka_runtime::config::{Keyring, Process};
use duka_runtime::egress::{Egress, Policy};
use serde::Serialize;
use serde_json::{Value as Json, json};

use crate::arguments::{AdapterCheck, AdapterCommand, Listing};
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
    let mut report =
        Report { format: arguments.format, findings: Vec::new(), mappings: Vec::new(), operations: Vec::new() };
    for finding in &findings {
        report.wrong(&loaded, finding)?;
    }
    if found.is_empty() && findings.is_empty() {
        report.say("No adapter of this shop has a mapping: the demo answers everything.")?;
        report.say("With `catalog: rest` below `adapters` of shop.yaml it is asked as `catalog.rest.yaml` says.")?;
    }
    let asks = !arguments.offline && findings.is_empty();
    for found in &found {
        let (path, count) = (found.path.display(), found.mapping.operations.len());
        report.mappings.push(json!({ "adapter": found.contract, "path": path.to_string(), "operations": count }));
        if !asks {
            report.say(&format!("{}: `{path}` maps {count} operations.", found.contract))?;
        }
    }
    if asks {
        let threads = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        for found in found {
            let backend = open(found, arguments, &loaded)?;
            threads.block_on(all(&backend, &program.shop, arguments, &mut report))?;
        }
    }
    report.end()
}

/// What is found, said as it comes or printed whole for programs.
struct Report {
    format: Listing,
    findings: Vec<Json>,
    mappings: Vec<Json>,
    operations: Vec<Asked>,
}

/// What became of one operation.
#[derive(Serialize)]
struct Asked {
    adapter: String,
    operation: String,
    state: State,
    what: String,
    /// The status and the body that were met, where they were not as they should be.
    #[serde(skip_serializing_if = "Option::is_none")]
    met: Option<(u16, String)>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Ok,
    Fault,
    NotAsked,
}

impl Report {
    fn say(&self, line: &str) -> Result<(), Failure> {
        match self.format {
            Listing::Text => Ok(writeln!(anstream::stdout(), "{line}")?),
            Listing::Json => Ok(()),
        }
    }

    fn wrong(&mut self, shop: &load::Shop, finding: &Diagnostic) -> Result<(), Failure> {
        let text = shop.text_of(finding.span.file);
        let (line, _) = LineIndex::new(text).line_column(text, finding.span.start as usize);
        let (file, message, help) = (shop.name_of(finding.span.file), &finding.message, &finding.help);
        self.findings.push(json!({ "file": file, "line": line, "message": message, "help": help }));
        self.say(&format!("{} {} {message}", paint(BAD, "wrong"), paint(STRONG, format!("{file}:{line}:"))))?;
        help.as_ref().map_or(Ok(()), |help| self.say(&format!("      {help}")))
    }

    fn add(&mut self, asked: Asked) -> Result<(), Failure> {
        let word = match asked.state {
            State::Ok => paint(GOOD, "ok   "),
            State::Fault => paint(BAD, "fault"),
            State::NotAsked => paint(FAINT, "-    "),
        };
        self.say(&format!("{word}  {}: {}", asked.operation, asked.what))?;
        if let Some((status, met)) = &asked.met {
            self.say(&format!("       met {status}: {met}"))?;
        }
        self.operations.push(asked);
        Ok(())
    }

    fn end(self) -> Result<Outcome, Failure> {
        let Report { format, findings, mappings, operations } = self;
        if let Listing::Json = format {
            let all = json!({ "findings": findings, "mappings": mappings, "operations": operations });
            writeln!(anstream::stdout(), "{}", serde_json::to_string_pretty(&all).unwrap_or_default())?;
        }
        Ok(Outcome::of(findings.is_empty() && operations.iter().all(|asked| asked.state != State::Fault)))
    }
}

fn open(found: Found, arguments: &AdapterCheck, loaded: &load::Shop) -> Result<Backend, Failure> {
    let found = match &arguments.base {
        Some(base) => found.at(base).map_err(Failure::usage)?,
        None => found,
    };
    let place = loaded.folder.join(&found.path);
    Backend::open(found.contract, found.mapping, &place, &Keyring::strict(&Process))
        .map_err(|mistake| Failure::Usage { message: mistake.to_string(), help: mistake.help })
}

async fn all(backend: &Backend, shop: &Shop, arguments: &AdapterCheck, report: &mut Report) -> Result<(), Failure> {
    // Who names another base is developing.
    let egress = Egress::new(Policy { development: arguments.base.is_some(), ..Policy::default() });
    let rest = Rest::new(egress.map_err(|error| Failure::usage(error.to_string()))?);
    for promise in shop.operations.iter().filter(|it| backend.mapping.operations.contains_key(&it.path())) {
        let operation = promise.path();
        let given = arguments.with.iter().find_map(|with| with.strip_prefix(operation.as_str())?.strip_prefix('='));
        let (state, what, met) = if promise.kind == OperationKind::Command {
            (State::NotAsked, "a command, which is not sent".to_string(), None)
        } else if given.is_none() && promise.takes.iter().any(|parameter| !parameter.optional) {
            (State::NotAsked, format!("not asked; `--with '{operation}=[…]'` says with what"), None)
        } else {
            let values = values(shop, promise, given.unwrap_or("[]"))?;
            let (key, conversation, language) = ("check", "check", "");
            let call = Call { shop, promise, arguments: &values, key, conversation, language, left: PATIENCE };
            judged(&rest.ask(backend, call).await)
        };
        report.add(Asked { adapter: backend.contract.to_string(), operation, state, what, met })?;
    }
    Ok(())
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

/// Whether it is as it should be; if not, with what was met.
fn judged(heard: &Heard) -> (State, String, Option<(u16, String)>) {
    let what = match &heard.outcome {
        Ended::Given(Value::List(items)) => return (State::Ok, format!("{} given", items.len()), None),
        Ended::Given(_) => return (State::Ok, "given".to_string(), None),
        Ended::Refused { code } => format!("refused: {code}"),
        Ended::Failed { reason } => reason.to_string(),
        Ended::TimedOut => "no answer in time".to_string(),
        Ended::Unknown => "nobody knows what became of it".to_string(),
    };
    let met = heard.json.as_ref().map_or_else(|| "no JSON".to_string(), Json::to_string);
    let shown = met.chars().take(MOST_LETTERS).collect();
    (State::Fault, what, heard.status.map(|status| (status, shown)))
}
