//! Orders that a shop's own system has several times under one mark of ours: one checkout has led to more than one. Told once, for a
//! person who looks which of them is paid and cancels the others. Decides nothing.

use std::collections::BTreeSet;

use smol_str::SmolStr;

use crate::host::Host;
use crate::host::notices::{Notice, Told};
use crate::host::shops::Shop;
use crate::id::{ElementKey, ShopScope};
use crate::store::{self, QuarantineEntry, Sighting};

/// Why it is in quarantine.
const REASON: &str = "several orders";

/// Tells of what a shop's systems were found to have since it was told last; returns it.
pub async fn tell(host: &Host, shop: &Shop) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for backend in &shop.backends {
        for mark in backend.take_twice() {
            if let Err(error) = keep(host, shop.scope, &backend.contract, &mark).await {
                tracing::error!(%error, %mark, "several orders of one checkout could not be noted; the next look finds them again");
            }
            all.insert(mark);
        }
    }
    all
}

async fn keep(host: &Host, shop: ShopScope, contract: &str, mark: &str) -> store::Result<()> {
    let at_ms = host.clock.now_ms();
    let key = ElementKey::named(REASON, &format!("{contract} {mark}"));
    let mut tx = host.store.begin(shop).await?;
    if tx.admit(&[Sighting { shop, key, received_ms: at_ms }]).await?.first() != Some(&true) {
        return tx.rollback().await;
    }
    let detail = format!("{contract}: {mark}");
    let entry = QuarantineEntry { shop: Some(shop), at_ms, reason: REASON.into(), detail, body: Vec::new() };
    tx.add_quarantine(&[entry]).await?;
    tx.commit().await?;
    let notice = Notice::SeveralOrders { order: SmolStr::new(mark) };
    host.notices.tell(Told { shop, conversation: None, notice });
    Ok(())
}
