//! What the commands that ask WhatsApp about shops begin with: the settings, the live shops, the Graph API, a thread to wait
//! on. Asks nothing itself.

use duka_runtime::channel::whatsapp::client::Graph;
use duka_runtime::config::{self, Config, Keyring, Process};
use duka_runtime::ops::accounts::{self, Account};
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
        let shops = shops(&config, arguments.shop.as_deref())?;
        let graph = accounts::graph(&config).map_err(|error| Failure::usage(error.to_string()))?;
        let threads = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        Ok(Vendor { config, shops, graph, threads })
    }
}

/// The live shops of the settings, or the one that is named.
fn shops(config: &Config, only: Option<&str>) -> Result<Vec<Account>, Failure> {
    let failed = |trouble: duka_runtime::shops::Trouble| Failure::Usage {
        message: trouble.to_string(),
        help: trouble.help().map(str::to_string),
    };
    let (mut found, mut all) = (Vec::new(), Vec::new());
    for shop in accounts::all(config, &Keyring::strict(&Process)).map_err(failed)? {
        let shop = shop.map_err(failed)?;
        all.push(shop.source.slug.to_string());
        let wanted = only.is_none_or(|only| shop.source.slug == only);
        if wanted && (only.is_some() || shop.source.live.account.is_some()) {
            found.push(shop);
        }
    }
    if found.is_empty() {
        return Err(match only {
            Some(only) => Failure::usage_with_help(
                format!("there is no shop `{only}` in {}", config.shops.display()),
                format!("There are: {}.", all.join(", ")),
            ),
            None => Failure::usage_with_help(
                format!("no shop in {} names its business account", config.shops.display()),
                "Add `whatsapp: { phone_number_id: …, waba_id: … }` to the channels of shop.yaml.",
            ),
        });
    }
    Ok(found)
}
