//! The forms of a shop's flows, and the Flows of its account that show them. Publishes nothing, keeps nothing.

use std::path::PathBuf;

use duka_engine::forms::{Described, described};
use duka_engine::hir::Shop;

use super::accounts::Account;
use super::day;
use crate::channel::whatsapp::client::{Access, CallError, Graph};
use crate::channel::whatsapp::flows::json::{self, Shape};
use crate::channel::whatsapp::flows::published::{Forms, LOCK, Published};
use crate::config::Config;

/// A form, and the Flow that it would be; or why it can not be one.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub form: Described,
    pub shape: Result<Shape, Vec<String>>,
}

impl Wanted {
    /// Words that the vendor cuts.
    pub fn cut(&self) -> Vec<String> {
        json::cut(&self.form)
    }
}

/// All forms of a shop. `asks_server`: what is filled in is looked at before a form closes.
pub fn wanted(shop: &Shop, asks_server: bool) -> Vec<Wanted> {
    described(shop).into_iter().map(|form| Wanted { shape: Shape::of(&form, asks_server), form }).collect()
}

/// Where the forms of a shop ask the server. `None`: they ask nothing, for want of an address or a key.
pub fn endpoint(config: &Config, slug: &str) -> Option<String> {
    let url = config.payments.url.as_ref().filter(|_| !config.whatsapp.flows_keys.is_empty())?;
    Some(format!("{}/flows/{slug}", url.as_str().trim_end_matches('/')))
}

/// Where a shop's list of published forms lies.
pub fn lock(shop: &Account) -> PathBuf {
    shop.source.folder.join(LOCK)
}

/// The Flows of an account that show a form of the shop: one that is wanted, or one that was known before.
///
/// # Errors
/// The vendor refuses, or can not be reached.
pub async fn pull(
    graph: &Graph,
    account: &str,
    access: &Access,
    (wanted, before): (&[Wanted], &Forms),
    now_ms: i64,
) -> Result<Forms, CallError> {
    let today = day(now_ms);
    let mut forms = Vec::new();
    for (id, name, status) in graph.flows(account, access).await? {
        let known = before.forms.iter().find(|known| known.id == id);
        let shape = wanted.iter().filter_map(|wanted| wanted.shape.as_ref().ok()).find(|shape| shape.name() == name);
        let Some(shape) = shape.or_else(|| known.map(|known| &known.shape)) else { continue };
        let since = known.filter(|known| known.status == status).map(|known| known.since.clone());
        forms.push(Published {
            name: name.into(),
            id: id.into(),
            status: status.into(),
            since: since.unwrap_or_else(|| today.clone()),
            shape: shape.clone(),
        });
    }
    Ok(Forms { pulled: today, forms })
}
