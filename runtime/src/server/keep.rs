//! How long what customers sent is kept: as long as `shop.yaml` says under `retention`, and files never longer than their
//! conversation. Looks now and then; what one look misses the next one finds.

mod customers;
mod rows;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

pub use self::customers::customers;
pub use self::rows::{SEEN_MS, rows};

use super::Server;
use super::outward::bills;
use crate::files::{FilesError, Found};
use crate::handoff;
use crate::id::{ConversationId, ShopScope};
use crate::shops::Served;
use crate::store::{self, Tx};

pub(super) const BETWEEN_LOOKS: Duration = Duration::from_secs(3_600);

#[derive(Debug, thiserror::Error)]
pub enum KeepError {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Files(#[from] FilesError),
}

/// One look; troubles are logged.
pub(super) async fn look(server: Arc<Server>) {
    if let Err(error) = rows(&server).await {
        tracing::warn!(%error, "old rows could not be looked for");
    }
    if let Err(error) = once(&server).await {
        tracing::warn!(%error, "old files of customers could not be looked for");
    }
}

/// Takes away files that are too old, or of nobody any more. Returns how many that were.
///
/// # Errors
/// The store or the place of the files does not answer; what was taken away stays away.
pub async fn once(server: &Server) -> Result<usize, KeepError> {
    let now_ms = server.host.clock.now_ms();
    let mut gone = 0;
    for shop in &server.registry.now().shops {
        let found = server.files.list(shop.scope).await?;
        if found.is_empty() {
            continue;
        }
        let known = known(server, shop, &found).await?;
        for file in found {
            let is_known = known.get(&file.place.conversation).copied().unwrap_or(false);
            if !is_known || file.at_ms.saturating_add(shop.keep.of(file.place.ending())) < now_ms {
                server.files.remove(&file.place).await?;
                gone += 1;
            }
        }
    }
    Ok(gone)
}

/// Forgets what is kept of a conversation under names of its own, before its rows are erased.
///
/// # Errors
/// The store does not answer.
pub(crate) async fn forget(tx: &mut Tx, shop: ShopScope, conversation: ConversationId) -> store::Result<()> {
    handoff::forget(tx, shop, conversation).await?;
    for row in tx.payments_in(shop, conversation).await? {
        // An order may have payments of another customer, such as whom it was sent on to.
        if tx.payments_of(shop, &row.order).await?.iter().all(|other| other.conversation == conversation) {
            bills::forget(tx, shop, &row.order).await?;
        }
    }
    Ok(())
}

/// Which of the files' conversations there are.
async fn known(
    server: &Server,
    shop: &Served,
    found: &[Found],
) -> Result<BTreeMap<ConversationId, bool>, store::Error> {
    let mut ids: Vec<ConversationId> = found.iter().map(|file| file.place.conversation).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut known = BTreeMap::new();
    for ids in ids.chunks(500) {
        let places: Vec<_> = ids.iter().map(|id| (shop.scope, *id)).collect();
        let rows = server.host.store.read(shop.scope).await?.conversations(&places).await?;
        known.extend(ids.iter().zip(rows).map(|(id, row)| (*id, row.is_some())));
    }
    Ok(known)
}
