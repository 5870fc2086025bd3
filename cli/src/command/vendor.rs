//! What the commands that ask WhatsApp about shops begin with: the settings, the live shops, the Graph API, a thread to wait
//! on. Asks nothing itself.

use duka_runtime::channel::whatsapp::client::Graph;
use duka_runtime::config::{self, Config, Keyring, Process};
use duka_runtime::ops::accounts::{self, Account};
use duka_runtime::shops;
use tokio::runtime::Runtime;

use super::serve::{settings, wrong};
use crate::arguments::OfShops;
use crate::failure::Failure;

pub struct Vendor {
    pub config: Config,
    pub shops: Vec<Account>,
    pub graph: Graph,
    pub threads: Runtime,
}

impl Vendor {
    pub fn of(arguments: &OfShops) -> Result<Vendor, Failure> {
        let path = settings(arguments.config.as_deref());
        let config = config::load(path.as_deref(), &Process).map_err(wrong)?;
        let shops = live(&config, arguments.shop.as_deref())?;
        let graph = accounts::graph(&config).map_err(|error| Failure::usage(error.to_string()))?;
        let threads = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        Ok(Vendor { config, shops, graph, threads })
    }
}

/// The live shops of the settings; or the one that is named, whatever is wrong with the others.
fn live(config: &Config, only: Option<&str>) -> Result<Vec<Account>, Failure> {
    let failed = |trouble: duka_runtime::shops::Trouble| Failure::Usage {
        message: trouble.to_string(),
        help: trouble.help().map(str::to_string),
    };
    let folders = shops::find(&config.shops).map_err(|error| failed(error.into()))?;
    let secrets = Keyring::strict(&Process);
    if let Some(only) = only {
        let named = folders.iter().find(|(slug, _)| slug == only).ok_or_else(|| {
            let all: Vec<&str> = folders.iter().map(|(slug, _)| slug.as_str()).collect();
            Failure::usage_with_help(
                format!("there is no shop `{only}` in {}", config.shops.display()),
                format!("There are: {}.", all.join(", ")),
            )
        })?;
        return Ok(vec![accounts::read(config, &secrets, named).map_err(failed)?]);
    }
    let mut found = Vec::new();
    for folder in &folders {
        let shop = accounts::read(config, &secrets, folder).map_err(failed)?;
        found.extend(Some(shop).filter(|shop| shop.source.live.account.is_some()));
    }
    if found.is_empty() {
        return Err(Failure::usage_with_help(
            format!("no shop in {} names its business account", config.shops.display()),
            "Add `whatsapp: { phone_number_id: …, waba_id: … }` to the channels of shop.yaml.",
        ));
    }
    Ok(found)
}
