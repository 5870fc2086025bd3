//! The shops of a folder with their accounts at WhatsApp, and the templates of an account as the registry holds them.
//! Starts nothing, keeps nothing.

use std::path::PathBuf;

use duka_engine::approval::{Held, Registry, Wanted, wanted};
use secrecy::SecretString;
use smol_str::SmolStr;

use super::day;
use crate::channel::whatsapp::client::{Access, CallError, ClientError, Config as Place, Graph, TemplateInfo};
use crate::config::{Config, Keyring};
use crate::id::ShopScope;
use crate::shops::{self, Outside, Source, Trouble};
use crate::store::TemplateRow;

/// The file of a shop that holds its registry.
pub const LOCK: &str = "templates.lock";

/// A shop as it lies in its folder, with the token that its calls carry.
#[derive(Clone, Debug)]
pub struct Account {
    pub source: Source,
    pub token: Option<SecretString>,
}

impl Account {
    /// Its templates, as its flows want them.
    pub fn wanted(&self) -> Vec<Wanted> {
        wanted(&self.source.program.shop)
    }

    pub fn lock(&self) -> PathBuf {
        self.source.folder.join(LOCK)
    }

    /// What opens the vendor's door. `None`: the shop has no token, or one that no header may carry.
    pub fn access(&self) -> Option<Access> {
        Access::new(self.token.as_ref()?).ok()
    }
}

/// Every shop of the settings' folder, or why it can not be read.
///
/// # Errors
/// The folder itself.
pub fn all(config: &Config, secrets: &Keyring) -> Result<Vec<Result<Account, Trouble>>, Trouble> {
    let folders = shops::find(&config.shops)?;
    Ok(folders.iter().map(|folder| read(config, secrets, folder)).collect())
}

/// The shop of one folder.
///
/// # Errors
/// It can not be read.
pub fn read(config: &Config, secrets: &Keyring, (slug, folder): &(SmolStr, PathBuf)) -> Result<Account, Trouble> {
    let outside = Outside { secrets, adapters: &config.adapters, stood_in: false };
    let source = shops::read(slug, folder, outside, None)?;
    let token = source.live.token.clone().or_else(|| config.whatsapp.token.clone());
    Ok(Account { source, token })
}

/// The way to the Graph API that the settings name.
///
/// # Errors
/// The machine has no certificates to trust.
pub fn graph(config: &Config) -> Result<Graph, ClientError> {
    Graph::new(Place::new(config.graph.url.clone(), &config.graph.version))
}

/// All templates of an account.
///
/// # Errors
/// The vendor refuses, or can not be reached.
pub async fn pull(graph: &Graph, account: &str, access: &Access, now_ms: i64) -> Result<Registry, CallError> {
    let templates = graph.templates(account, access).await?;
    Ok(Registry { pulled: day(now_ms), templates: templates.into_iter().map(held).collect() })
}

fn held(info: TemplateInfo) -> Held {
    let components = match info.components {
        serde_json::Value::Array(components) => components,
        _ => Vec::new(),
    };
    Held {
        name: info.name.into(),
        language: info.language.into(),
        status: info.status.into(),
        since: SmolStr::default(),
        category: info.category.into(),
        quality: info.quality_score.score.into(),
        components,
    }
}

/// Only what the shop's flows name, each with the day since which it was seen in its state: today, unless `before` knows.
pub fn of_shop(pulled: &Registry, wanted: &[Wanted], before: &Registry) -> Registry {
    let is_named = |held: &&Held| wanted.iter().any(|wanted| wanted.name == held.name);
    let dated = |held: &Held| {
        let same = |known: &&Held| known.name == held.name && known.language == held.language;
        let known = before.templates.iter().find(same).filter(|known| known.status == held.status);
        let since = known.map(|known| known.since.clone()).filter(|since| !since.is_empty());
        Held { since: since.unwrap_or_else(|| pulled.pulled.clone()), ..held.clone() }
    };
    Registry { pulled: pulled.pulled.clone(), templates: pulled.templates.iter().filter(is_named).map(dated).collect() }
}

/// The registry as rows of the store; what the store knows and the vendor does not list any more is deleted there.
pub fn rows(pulled: &Registry, shop: ShopScope, known: &[TemplateRow], now_ms: i64) -> Vec<TemplateRow> {
    let row = |held: &Held| {
        let same = known.iter().find(|row| row.name == held.name && row.language == held.language);
        TemplateRow {
            shop,
            name: held.name.clone(),
            language: held.language.clone(),
            // What a newer version of the API leaves out stays as it was (F67).
            status: told(&held.status, same.map(|row| &row.status)),
            category: told(&held.category, same.map(|row| &row.category)),
            quality: told(&held.quality, same.map(|row| &row.quality)),
            vendor_id: same.map_or(0, |row| row.vendor_id),
            components: serde_json::to_string(&held.components).unwrap_or_default(),
            at_ms: now_ms,
        }
    };
    let listed =
        |row: &&TemplateRow| pulled.templates.iter().any(|held| held.name == row.name && held.language == row.language);
    let gone = known.iter().filter(|row| !listed(row));
    let gone = gone.map(|row| TemplateRow { status: "DELETED".into(), at_ms: now_ms, ..row.clone() });
    pulled.templates.iter().map(row).chain(gone).collect()
}

fn told(word: &SmolStr, known: Option<&SmolStr>) -> SmolStr {
    if word.is_empty() { known.cloned().unwrap_or_default() } else { word.clone() }
}
