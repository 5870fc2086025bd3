//! `duka keys`: who may use the operator's API. A key is shown once, when it is made.

use std::io::Write;

use duka_runtime::api::Scope;
use duka_runtime::api::keys::{self, Key, KeyError};
use duka_runtime::config::{self, Process};
use duka_runtime::server::run::open_store;
use duka_runtime::store::Store;

use super::now_ms;
use super::serve::{settings, wrong};
use crate::arguments::{KeyScope, Keys, KeysCommand};
use crate::failure::{Failure, Outcome};

const DAY_MS: i64 = 24 * 3_600_000;

pub fn run(arguments: &Keys) -> Result<Outcome, Failure> {
    let path = settings(arguments.config.as_deref());
    let config = config::load(path.as_deref(), &Process).map_err(wrong)?;
    let threads = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    threads.block_on(async {
        let store = open_store(&config.database).await.map_err(|error| Failure::usage(error.to_string()))?;
        work(&store, &arguments.command).await
    })
}

async fn work(store: &Store, command: &KeysCommand) -> Result<Outcome, Failure> {
    let mut out = std::io::stdout();
    let failed = |error: &dyn std::error::Error| Failure::usage(error.to_string());
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
            let made = keys::make(store, key).await.map_err(|error: KeyError| failed(&error))?;
            writeln!(out, "{made}")?;
        }
        KeysCommand::List => {
            for key in keys::list(store).await.map_err(|error| failed(&error))? {
                let shop = key.shop.as_deref().unwrap_or("every shop");
                let left = (key.ends_ms - now_ms()).max(0) / DAY_MS;
                writeln!(out, "{}  {:?}  {shop}  {left} days left", key.name, key.scope)?;
            }
        }
        KeysCommand::End { name } => {
            if !keys::end(store, name).await.map_err(|error| failed(&error))? {
                return Err(Failure::usage_with_help(
                    format!("there is no key `{name}`"),
                    "`duka keys list` shows them.",
                ));
            }
        }
    }
    Ok(Outcome::Fine)
}
