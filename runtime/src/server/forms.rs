//! How the Flows of a shop's forms stand at the vendor: what its webhooks and refusals have told, kept in the store, over
//! what `forms.lock` says. Asks nobody, sends nothing.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::channel::whatsapp::flows::published::{PUBLISHED, Published};
use crate::id::ShopScope;
use crate::shops::Served;
use crate::store::{self, Store, Tx};

/// How long a refused Flow is not tried again, in ms: the vendor throttles by the hour (whatsapp-cloud-api 11).
const REFUSED_FOR_MS: i64 = 3_600_000;

/// The vendor's word for a Flow, and since when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Standing {
    pub status: SmolStr,
    pub at_ms: i64,
    /// It holds until then; 0: until something else is told.
    until_ms: i64,
}

impl Standing {
    pub fn told(status: SmolStr, at_ms: i64) -> Standing {
        Standing { status, at_ms, until_ms: 0 }
    }

    pub fn refused(now_ms: i64) -> Standing {
        Standing { status: "REFUSED".into(), at_ms: now_ms, until_ms: now_ms.saturating_add(REFUSED_FOR_MS) }
    }
}

fn key(flow: &str) -> String {
    format!("form {flow}")
}

/// Keeps what was told of Flows; what is older than what is known changes nothing.
///
/// # Errors
/// The store.
pub(super) async fn keep(store: &Store, shop: ShopScope, told: &[(SmolStr, Standing)]) -> store::Result<()> {
    let kept = |mut tx: Tx| async move {
        for (flow, standing) in told {
            let known = tx.meta_get(shop, &key(flow)).await?.and_then(|bytes| read(&bytes));
            if known.is_none_or(|known| known.at_ms <= standing.at_ms) {
                let bytes = postcard::to_stdvec(standing).unwrap_or_default();
                tx.meta_set(shop, &key(flow), &bytes).await?;
            }
        }
        Ok((tx, ()))
    };
    store.transact(shop, kept).await
}

/// The forms that can be sent now.
///
/// # Errors
/// The store.
pub(super) async fn usable(store: &Store, shop: &Served, now_ms: i64) -> store::Result<Vec<Published>> {
    let mut usable = Vec::new();
    let mut tx = store.read(shop.scope).await?;
    for form in shop.forms.iter() {
        let told = tx.meta_get(shop.scope, &key(&form.id)).await?.and_then(|bytes| read(&bytes));
        let told = told.filter(|told| told.until_ms == 0 || told.until_ms > now_ms);
        if told.as_ref().map_or(&form.status, |told| &told.status) == PUBLISHED {
            usable.push(form.clone());
        }
    }
    Ok(usable)
}

fn read(bytes: &[u8]) -> Option<Standing> {
    postcard::from_bytes(bytes).ok()
}
