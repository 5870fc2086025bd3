//! `duka serve`: the server until it is asked to end. Prints what is wrong with a shop as `duka check` does; the rest is
//! in the logs.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

use duka_runtime::config::{self, Config, Database, Mistake, Process};
use duka_runtime::dev::kept::is_played;
use duka_runtime::ops::{figures, logs};
use duka_runtime::server::run::{Running, StartError, start};
use duka_runtime::shops::{Error, Reloaded, Trouble, Watch};
use tokio::signal::unix::{SignalKind, signal};

use crate::arguments::Serve;
use crate::failure::{Failure, Outcome};
use crate::traces::Traces;
use crate::{findings, report};

/// Where settings are looked for when no file is named.
const USUAL: &str = "duka.toml";

pub fn run(arguments: &Serve) -> Result<Outcome, Failure> {
    let path = settings(arguments.config.as_deref());
    let (config, traces) = match told(path.as_deref()) {
        Ok(told) => told,
        Err(failure) => {
            let logs = logs::begin(None);
            log(&failure);
            drop(logs);
            return Err(failure);
        }
    };
    let logs = logs::begin(traces.as_ref().map(Traces::listener));
    let threads = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let outcome = threads.block_on(serve(path.as_deref(), config)).inspect_err(log);
    traces.into_iter().for_each(Traces::end);
    drop(logs);
    outcome
}

/// What the settings say, and where traces go.
fn told(path: Option<&Path>) -> Result<(Config, Option<Traces>), Failure> {
    let config = config::load(path, &Process).map_err(wrong)?;
    only_real(&config.database)?;
    let traces = config.traces.as_ref().map(Traces::to).transpose()?;
    Ok((config, traces))
}

/// A start that is refused, for those who read the log: on a terminal the command's last words are enough.
fn log(failure: &Failure) {
    if !std::io::stderr().is_terminal() {
        tracing::error!(reason = %failure, help = failure.help().unwrap_or_default(), "the server did not start");
    }
}

/// Customers of `duka dev` are played, and their numbers may be somebody's.
fn only_real(database: &Database) -> Result<(), Failure> {
    let Database::Sqlite(path) = database else { return Ok(()) };
    if !path.parent().is_some_and(is_played) {
        return Ok(());
    }
    Err(Failure::usage_with_help(
        format!("`{}` is a database of `duka dev`: its customers are played ones", path.display()),
        "Name another one: `database = \"FILE\"` in duka.toml, in a folder that `duka dev` does not use.",
    ))
}

/// The settings' file, if there is one.
pub fn settings(named: Option<&Path>) -> Option<PathBuf> {
    named.map(Path::to_path_buf).or_else(|| Some(PathBuf::from(USUAL)).filter(|usual| usual.is_file()))
}

/// What is wrong with the settings.
pub fn wrong(mistake: Mistake) -> Failure {
    let help = mistake.help.clone();
    Failure::Usage { message: mistake.to_string(), help }
}

async fn serve(path: Option<&Path>, config: Config) -> Result<Outcome, Failure> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    // A folder that is not there stops the start, which says so.
    let mut watch = match config.shops.exists().then(|| Watch::of(&config.shops)).transpose() {
        Ok(watch) => watch,
        Err(error) => {
            tracing::warn!(%error, "changed files are not noticed");
            None
        }
    };
    let figures = figures::begin().ok();
    let started = tokio::select! {
        // The start waits for a database that is away.
        _ = terminate.recv() => return Ok(Outcome::Fine),
        _ = interrupt.recv() => return Ok(Outcome::Fine),
        started = start(config, &Process, figures) => started,
    };
    let (running, reloaded) = started.map_err(not_started)?;
    tell(&reloaded, &running);
    ready(&running)?;
    loop {
        tokio::select! {
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
            _ = hang_up.recv() => reload(path, &running).await,
            () = changed(&mut watch) => reload(path, &running).await,
            broken = running.broken() => {
                tracing::error!(%broken, "this process ends, for another to take its place");
                running.stop().await;
                return Ok(Outcome::Broken);
            }
        }
    }
    tracing::info!("going down");
    running.stop().await;
    Ok(Outcome::Fine)
}

async fn changed(watch: &mut Option<Watch>) {
    match watch {
        Some(watch) => watch.changed().await,
        None => std::future::pending().await,
    }
}

fn ready(running: &Running) -> Result<(), Failure> {
    let routes = running.server.registry.now();
    let numbers: usize = routes.shops.iter().map(|shop| shop.numbers.len()).sum();
    let mut out = std::io::stdout();
    let shops = report::count(routes.shops.len(), "shop");
    writeln!(out, "duka is ready: http://{} ({shops}, {})", running.address, report::count(numbers, "number"))?;
    Ok(out.flush()?)
}

/// A mistake changes nothing: the old settings and shops stay (F110).
async fn reload(path: Option<&Path>, running: &Running) {
    let config = match config::load(path, &Process) {
        Ok(config) => config,
        Err(mistake) => {
            let help = mistake.help.as_deref().unwrap_or_default();
            tracing::error!(%mistake, help, "the settings have a mistake; everything stays as it was");
            return;
        }
    };
    match running.reload(&config, &Process).await {
        Ok(reloaded) => tell(&reloaded, running),
        Err(error) => tracing::error!(%error, "the shops can not be read; everything stays as it was"),
    }
}

fn tell(reloaded: &Reloaded, running: &Running) {
    let routes = running.server.registry.now();
    for slug in &reloaded.changed {
        tracing::info!(shop = %slug, "serving a new version of the shop");
    }
    for (slug, trouble) in reloaded.kept.iter().zip(&reloaded.troubles) {
        let help = trouble.help().unwrap_or_default();
        match routes.named(slug) {
            Some(_) => tracing::error!(shop = %slug, %trouble, help, "the shop stays as it was"),
            None => tracing::error!(shop = %slug, %trouble, help, "the shop is not served"),
        }
        show_beside(trouble);
    }
}

/// The findings of a broken shop: as `duka check` shows them on a terminal, else as lines of the log.
fn show(trouble: &Trouble) {
    let Trouble::Broken(shop) = trouble else { return };
    let mut report = findings::check((**shop).clone(), None);
    report.findings.retain(|finding| finding.level.stops());
    if std::io::stderr().is_terminal() {
        anstream::eprint!("{}", report::text::render(&report, false));
        return;
    }
    for finding in report.open().take(report::text::SHOWN) {
        let diagnostic = &finding.diagnostic;
        let (code, file) = (diagnostic.code.to_string(), report.shop.name_of(diagnostic.span.file));
        let (line, help) = (report.places(diagnostic.span).0.line, diagnostic.help.as_deref().unwrap_or_default());
        tracing::error!(code, file, line, finding = diagnostic.message, help, "the shop has an error");
    }
}

/// The same beside a server that goes on, which need not wait until somebody reads it.
fn show_beside(trouble: &Trouble) {
    if let Trouble::Broken(shop) = trouble {
        let trouble = Trouble::Broken(shop.clone());
        std::thread::spawn(move || show(&trouble));
    }
}

/// Why the server, or a command that opens its database, did not start.
pub fn not_started(error: StartError) -> Failure {
    let help = match &error {
        StartError::Shops(Error::Trouble(trouble)) => {
            show(trouble);
            trouble.help().map(str::to_string)
        }
        StartError::Settings(mistake) => mistake.help.clone(),
        StartError::Store(error) | StartError::Shops(Error::Store(error)) => error.help().map(str::to_string),
        StartError::Shops(_)
        | StartError::NoRandomness(_)
        | StartError::Client(_)
        | StartError::Files(_)
        | StartError::NoSeal
        | StartError::Egress(_)
        | StartError::Panicked => None,
        StartError::Listen(..) => {
            Some("Is another server running? `listen` in duka.toml says where this one is.".into())
        }
    };
    Failure::Usage { message: error.to_string(), help }
}
