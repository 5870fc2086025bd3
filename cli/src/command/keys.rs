//! `duka keys`: who may use the operator's API. A key is shown once, when it is made.

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use duka_runtime::api::Scope;
use duka_runtime::api::keys::{self, Key, KeyError};
use duka_runtime::channel::whatsapp::flows::crypto::generate;
use duka_runtime::config::{self, Config, Database, Process};
use duka_runtime::server::run::{StartError, open_store};
use duka_runtime::shops::find;
use duka_runtime::store::{self, Store};
use secrecy::ExposeSecret;
use smol_str::SmolStr;

use super::serve::{not_started, settings, wrong};
use super::{now_ms, remote};
use crate::arguments::{KeyScope, Keys, KeysCommand};
use crate::failure::{Failure, Outcome};
use crate::report::count;

const DAY_MS: i64 = 24 * 3_600_000;

pub fn run(arguments: &Keys) -> Result<Outcome, Failure> {
    if let KeysCommand::Flows { out } = &arguments.command {
        return flows(out);
    }
    let path = settings(arguments.config.as_deref());
    let config = config::load(path.as_deref(), &Process).map_err(wrong)?;
    if let Database::Sqlite(path) = &config.database
        && !path.exists()
    {
        may_begin(path, &config, &arguments.command)?;
    }
    let threads = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let opened = match &arguments.command {
        KeysCommand::End { name, server: Some(server), key } => return end_by(server, key, name),
        _ => threads.block_on(open_store(&config.database)),
    };
    match (opened, &arguments.command) {
        (Ok(store), command) => threads.block_on(async {
            if let KeysCommand::New { shop: Some(shop), .. } = command {
                is_known(shop, &config, store.shops().await?.into_iter().map(|(_, slug)| slug))?;
            }
            work(&store, command).await
        }),
        (Err(StartError::Store(store::Error::InUse(_))), KeysCommand::End { name, key, .. }) => {
            end_by(&format!("http://{}", config.listen), key, name)
        }
        (Err(error), _) => Err(not_started(error)),
    }
}

/// Where no database is yet, only a new key for a shop that is there makes one.
fn may_begin(path: &Path, config: &Config, command: &KeysCommand) -> Result<(), Failure> {
    match command {
        KeysCommand::New { shop: Some(shop), .. } => is_known(shop, config, []),
        KeysCommand::New { .. } | KeysCommand::Flows { .. } | KeysCommand::End { server: Some(_), .. } => Ok(()),
        KeysCommand::List | KeysCommand::End { .. } => Err(Failure::usage_with_help(
            format!("there is no database `{}`, and so no key", path.display()),
            "`duka keys new NAME` makes both; `--config FILE` names the settings of another server.",
        )),
    }
}

/// Refuses a shop that is neither in the folder of shops nor was ever served: a key for it would open nothing.
fn is_known(shop: &str, config: &Config, served: impl IntoIterator<Item = SmolStr>) -> Result<(), Failure> {
    let found = find(&config.shops).unwrap_or_default().into_iter().map(|(slug, _)| slug);
    let known: BTreeSet<SmolStr> = found.chain(served).collect();
    if known.contains(shop) {
        return Ok(());
    }
    let help = match known.len() {
        0 => format!("There is none in `{}`, the folder of shops.", config.shops.display()),
        _ => format!("There are: {}.", known.iter().map(SmolStr::as_str).collect::<Vec<_>>().join(", ")),
    };
    Err(Failure::usage_with_help(format!("there is no shop `{shop}`"), help))
}

/// Ends a key by the server that has the database.
fn end_by(server: &str, key: &str, name: &str) -> Result<Outcome, Failure> {
    remote::end_key(server, key, name).map(|()| Outcome::Fine)
}

/// Writes a new private key where nothing is yet, for its owner alone to read.
fn flows(path: &Path) -> Result<Outcome, Failure> {
    let pair = generate().map_err(|error| Failure::usage(error.to_string()))?;
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let written = made.and_then(|mut file| file.write_all(pair.private.expose_secret().as_bytes()));
    written.map_err(|error| Failure::writing(path, error))?;
    let mut out = std::io::stdout();
    let name = path.display();
    writeln!(out, "{name}: keep it secret. Below [whatsapp] of duka.toml: flows_key = \"file:{name}\"")?;
    writeln!(out, "`duka forms push` gives WhatsApp its public half.")?;
    Ok(Outcome::Fine)
}

async fn work(store: &Store, command: &KeysCommand) -> Result<Outcome, Failure> {
    let mut out = std::io::stdout();
    match command {
        KeysCommand::New { name, scope, shop, days } => {
            let scope = match scope {
                KeyScope::Read => Scope::Read,
                KeyScope::Reply => Scope::Reply,
                KeyScope::Operate => Scope::Operate,
            };
            let made_ms = now_ms();
            let ends_ms = made_ms.saturating_add(i64::from(*days) * DAY_MS);
            let shop = shop.as_deref().map(Into::into);
            let key = Key { name: name.clone(), hash: String::new(), scope, shop, made_ms, ends_ms };
            let made = keys::make(store, key).await.map_err(|error| match &error {
                KeyError::Known(name) => Failure::usage_with_help(
                    error.to_string(),
                    format!("End it first, `duka keys end {name}`, or take another name."),
                ),
                KeyError::Store(_) | KeyError::NoRandomness(_) => Failure::usage(error.to_string()),
            })?;
            writeln!(out, "{made}")?;
        }
        // Needs no server's settings, and was made before they were read.
        KeysCommand::Flows { .. } => {}
        KeysCommand::List => {
            for key in keys::list(store).await? {
                let shop = key.shop.as_deref().unwrap_or("every shop");
                let left = (key.ends_ms - now_ms()).max(0) / DAY_MS;
                writeln!(
                    out,
                    "{}  {}  {shop}  {} left",
                    key.name,
                    format!("{:?}", key.scope).to_lowercase(),
                    count(usize::try_from(left).unwrap_or(0), "day")
                )?;
            }
        }
        KeysCommand::End { name, .. } => {
            if !keys::end(store, name).await? {
                return Err(Failure::usage_with_help(
                    format!("there is no key `{name}`"),
                    "`duka keys list` shows them.",
                ));
            }
        }
    }
    Ok(Outcome::Fine)
}
