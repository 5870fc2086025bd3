//! `duka dev`: a whole shop on this machine until Ctrl-C, and its page in the browser. Says where everything is; needs no
//! settings and reads none.

mod checks;

use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use duka_runtime::dev::checks::Finding;
use duka_runtime::dev::{DevError, Options, start};
use duka_runtime::ops::logs;
use duka_runtime::server::run::StartError;
use duka_runtime::{shops, store};
use tokio::signal::unix::{SignalKind, signal};

use self::checks::Checked;
use crate::arguments::Dev;
use crate::failure::{Failure, Outcome};
use crate::terminal::{self, paint};

/// Errors that are told where it was started.
const MOST_ERRORS: usize = 3;

pub fn run(arguments: &Dev) -> Result<Outcome, Failure> {
    if !arguments.path.exists() {
        return Err(shops::load::Error::Missing(arguments.path.clone()).into());
    }
    if arguments.path.is_file() {
        return Err(one_file(&arguments.path));
    }
    shops::find(&arguments.path)?;
    // Gone with everything in it when this ends.
    let temporary = match &arguments.data {
        Some(_) => None,
        None => Some(tempfile::Builder::new().prefix("duka-dev-").tempdir()?),
    };
    let data = match (&arguments.data, &temporary) {
        (Some(data), _) => data.clone(),
        (None, Some(folder)) => folder.path().to_path_buf(),
        (None, None) => PathBuf::from("."),
    };
    let logs = logs::begin_quiet();
    let threads = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let outcome = threads.block_on(serve(arguments, data));
    threads.shutdown_background();
    drop(logs);
    if let Some(folder) = temporary {
        folder.close()?;
    }
    outcome
}

async fn serve(arguments: &Dev, data: PathBuf) -> Result<Outcome, Failure> {
    let mut terminate = signal(SignalKind::terminate())?;
    // The terminal was closed.
    let mut hang_up = signal(SignalKind::hangup())?;
    let checks = Arc::new(Checked);
    let options = Options { shop: arguments.path.clone(), port: arguments.port, data: data.clone(), checks };
    let dev = start(options).await.map_err(|error| not_started(error, &data))?;
    let page = format!("http://{}", dev.address);
    say(arguments, &dev, &page, &data)?;
    if !arguments.no_open {
        std::thread::spawn(move || {
            if open::that_detached(&page).is_err() {
                anstream::eprintln!("No browser could be opened: open {page} in one on this machine.");
            }
        });
    }
    tokio::select! {
        pressed = tokio::signal::ctrl_c() => pressed?,
        _ = terminate.recv() => {}
        _ = hang_up.recv() => {}
    }
    dev.stop().await;
    Ok(Outcome::Fine)
}

fn say(arguments: &Dev, dev: &duka_runtime::dev::Dev, page: &str, data: &Path) -> Result<(), Failure> {
    let mut out = anstream::stdout();
    let (graph, server) = dev.places();
    writeln!(out, "{} {}", paint(terminal::STRONG, "duka dev:"), paint(terminal::GOOD, page))?;
    writeln!(out, "  shop       {}", dev.shops().join(", "))?;
    match server {
        Some(server) => writeln!(out, "  server     http://{server}, the same as `duka serve`")?,
        None => writeln!(out, "  server     waits: mend what is below and save, and it starts by itself")?,
    }
    errors(&mut out, arguments, &dev.errors())?;
    writeln!(out, "  stand-ins  WhatsApp (http://{graph}), payments, courier, and a shop system made of the fixture")?;
    let gone = if arguments.data.is_some() { "" } else { ", gone at the end; `--data FOLDER` keeps it" };
    writeln!(out, "  database   {}{gone}", data.join("duka.db").display())?;
    writeln!(out, "Save a file, and the conversation goes on with it. End: Ctrl-C")?;
    Ok(out.flush()?)
}

/// The first things that are wrong; the page shows all of them with the chats that lead there.
fn errors(out: &mut impl Write, arguments: &Dev, errors: &[(String, Finding)]) -> std::io::Result<()> {
    for (shop, Finding { file, line, message, help, .. }) in errors.iter().take(MOST_ERRORS) {
        writeln!(out, "  {}      {shop}/{file}:{line}: {message}", paint(terminal::BAD, "error"))?;
        if let Some(help) = help {
            writeln!(out, "             {help}")?;
        }
    }
    if !errors.is_empty() {
        writeln!(out, "             `duka check {}` and the page show everything", arguments.path.display())?;
    }
    Ok(())
}

/// Flows belong to a shop with a name, a country and a currency.
fn one_file(path: &Path) -> Failure {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Failure::usage_with_help(
        format!("`{}` is one file, and a whole shop is run", path.display()),
        format!("Name the shop's folder: `duka dev {}`.", folder.display()),
    )
}

fn not_started(error: DevError, data: &Path) -> Failure {
    let message = match &error {
        DevError::Port(port, source) if source.kind() == ErrorKind::AddrInUse => {
            format!("port {port} is taken: something else listens there, perhaps another `duka dev`")
        }
        DevError::Data(source) if matches!(source.kind(), ErrorKind::AlreadyExists | ErrorKind::NotADirectory) => {
            format!("`{}` is a file, and conversations are kept in a folder", data.display())
        }
        DevError::Data(source) => format!("conversations can not be kept in `{}`: {source}", data.display()),
        DevError::Start(StartError::Store(store::Error::InUse(_))) => {
            format!("another `duka dev` or `duka serve` runs on `{}`", data.display())
        }
        DevError::Foreign(database) => format!(
            "`{}` was not made by `duka dev`: its conversations may be those of real customers",
            database.display()
        ),
        DevError::Within(data) => {
            format!("`{}` is where the shop's own files lie: conversations are not kept between them", data.display())
        }
        DevError::Port(..)
        | DevError::Shop(_)
        | DevError::Settings(_)
        | DevError::Graph(_)
        | DevError::Egress(_)
        | DevError::Start(_) => error.to_string(),
    };
    let help = match &error {
        DevError::Port(port, source) if source.kind() == ErrorKind::AddrInUse => {
            let other = port.checked_add(1).unwrap_or(4000);
            Some(format!("Take another one: `--port {other}`, or `--port 0` for any."))
        }
        DevError::Port(..) => Some("Take another one: `--port 4000`, or `--port 0` for any.".to_string()),
        DevError::Shop(error) => error.help().map(str::to_string),
        DevError::Settings(mistake) => mistake.help.clone(),
        DevError::Foreign(_) | DevError::Within(_) => {
            Some("Name another folder: `--data FOLDER`. It is made when it is not there.".to_string())
        }
        DevError::Data(_) => Some("`--data FOLDER` names another one; without it, nothing is kept.".to_string()),
        DevError::Start(StartError::Store(store::Error::InUse(_))) => {
            Some("End that one, or name another folder: `--data FOLDER`.".to_string())
        }
        DevError::Graph(_) | DevError::Egress(_) | DevError::Start(_) => None,
    };
    Failure::Usage { message, help }
}
