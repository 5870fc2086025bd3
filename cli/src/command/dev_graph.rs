//! `duka dev-graph`: the stand-in for WhatsApp's Graph API, until Ctrl-C. Only for this machine.

use std::io::Write;

use duka_runtime::dev_graph::server::{Error, Options, start};
use duka_runtime::dev_graph::{Keep, Limits, Plan};

use crate::arguments::DevGraph;
use crate::failure::{Failure, Outcome};
use crate::report::count;

pub fn run(arguments: &DevGraph) -> Result<Outcome, Failure> {
    let options = options(arguments)?;
    let threads = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    threads.block_on(serve(options))
}

async fn serve(options: Options) -> Result<Outcome, Failure> {
    let callback = options.callback.clone();
    let running = start(options).await.map_err(|error| {
        let help = match &error {
            Error::NotLoopback(_) | Error::Listen(..) => "`--listen 127.0.0.1:9091` takes another port.",
            Error::Journal(..) => "Name a file in a folder that is there: `--journal graph.jsonl`.",
            Error::Callback(_) => "`--callback http://127.0.0.1:8080/webhooks/whatsapp` is that of `duka serve`.",
        };
        Failure::usage_with_help(error.to_string(), help)
    })?;
    let mut out = std::io::stdout();
    writeln!(out, "The stand-in for the Graph API listens on http://{}", running.address)?;
    match callback {
        Some(callback) => writeln!(out, "Webhooks go to {callback}")?,
        None => writeln!(out, "Webhooks go nowhere; `--callback URL` says where to")?,
    }
    writeln!(out, "Help: http://{}/control    End: Ctrl-C", running.address)?;
    out.flush()?;
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        pressed = tokio::signal::ctrl_c() => pressed?,
        _ = terminate.recv() => {}
    }
    let counts = running.with(|graph| graph.counts().clone());
    running.stop().await;
    let (attempts, posted) = (count(counts.attempts as usize, "attempt"), count(counts.webhooks as usize, "webhook"));
    writeln!(out, "{attempts}, {} accepted, {} refused, {posted} posted", counts.accepted, counts.refused)?;
    Ok(Outcome::Fine)
}

fn options(arguments: &DevGraph) -> Result<Options, Failure> {
    let mut plan = match &arguments.plan {
        None => Plan::default(),
        Some(path) => {
            let text = std::fs::read_to_string(path).map_err(|error| Failure::reading(path, error))?;
            Plan::read(&text).map_err(|error| {
                Failure::usage_with_help(
                    format!("`{}` is no plan: {error}", path.display()),
                    "`duka dev-graph --help` shows one.",
                )
            })?
        }
    };
    plan.seed = arguments.seed.unwrap_or(plan.seed);
    if plan.secret.is_empty() {
        plan.secret = secret(&arguments.app_secret)?;
    }
    if arguments.fast {
        plan.limits = Limits::none();
        plan.journal = Keep::Counts;
    }
    Ok(Options {
        listen: arguments.listen,
        callback: arguments.callback.clone(),
        journal: arguments.journal.clone(),
        plan,
    })
}

/// The secret itself, or the value of the variable that `env:` names.
fn secret(written: &str) -> Result<String, Failure> {
    let Some(name) = written.strip_prefix("env:") else {
        return Ok(written.to_string());
    };
    match std::env::var(name) {
        Ok(value) if !value.is_empty() => Ok(value),
        Ok(_) | Err(_) => Err(Failure::usage_with_help(
            format!("the variable `{name}` is not set, or empty"),
            format!("Set it to the app secret that the server checks: `export {name}=…`."),
        )),
    }
}
