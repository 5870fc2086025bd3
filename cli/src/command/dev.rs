//! `duka dev`: a whole shop on this machine until Ctrl-C, and its page in the browser. Says where everything is; needs no
//! settings and reads none.

mod checks;

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use duka_runtime::dev::{DevError, Options, start};
use duka_runtime::ops::logs;
use duka_runtime::shops;
use tokio::signal::unix::{SignalKind, signal};

use self::checks::Checked;
use crate::arguments::Dev;
use crate::failure::{Failure, Outcome};
use crate::terminal::{self, paint};

pub fn run(arguments: &Dev) -> Result<Outcome, Failure> {
    if !arguments.path.exists() {
        return Err(Failure::Missing(arguments.path.clone()));
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
    let checks = Arc::new(Checked);
    let options = Options { shop: arguments.path.clone(), port: arguments.port, data: data.clone(), checks };
    let dev = start(options).await.map_err(not_started)?;
    let page = format!("http://{}", dev.address);
    say(arguments, &dev, &page, &data)?;
    if !arguments.no_open {
        // A machine without a browser shows the address.
        let page = page.clone();
        std::thread::spawn(move || open::that_detached(page));
    }
    tokio::select! {
        pressed = tokio::signal::ctrl_c() => pressed?,
        _ = terminate.recv() => {}
    }
    dev.stop().await;
    Ok(Outcome::Fine)
}

fn say(arguments: &Dev, dev: &duka_runtime::dev::Dev, page: &str, data: &std::path::Path) -> Result<(), Failure> {
    let mut out = anstream::stdout();
    let (graph, server) = dev.places();
    writeln!(out, "{} {}", paint(terminal::STRONG, "duka dev:"), paint(terminal::GOOD, page))?;
    writeln!(out, "  shop       {}", dev.shops().join(", "))?;
    match server {
        Some(server) => writeln!(out, "  server     http://{server}, the same as `duka serve`")?,
        None => writeln!(out, "  server     waits until the shop has no errors: the page shows them")?,
    }
    writeln!(out, "  stand-ins  WhatsApp (http://{graph}), payments, courier, and a shop system made of the fixture")?;
    let gone = if arguments.data.is_some() { "" } else { ", gone at the end; `--data FOLDER` keeps it" };
    writeln!(out, "  database   {}{gone}", data.join("duka.db").display())?;
    writeln!(out, "Save a file, and the conversation goes on with it. End: Ctrl-C")?;
    Ok(out.flush()?)
}

fn not_started(error: DevError) -> Failure {
    let help = match &error {
        DevError::Port(port, source) if source.kind() == std::io::ErrorKind::AddrInUse => {
            let other = port.checked_add(1).unwrap_or(4000);
            Some(format!("Something else listens there. Take another one: `--port {other}`, or `--port 0` for any."))
        }
        DevError::Shop(error) => error.help().map(str::to_string),
        DevError::Settings(mistake) => mistake.help.clone(),
        DevError::Data(_) => Some("`--data FOLDER` names another one.".to_string()),
        DevError::Port(..) | DevError::Graph(_) | DevError::Egress(_) | DevError::Start(_) => None,
    };
    Failure::Usage { message: error.to_string(), help }
}
