//! Old rows: turns, messages, keys of elements, quarantine, conversations that nobody wrote in. Taken away in slices, so that
//! a customer's message waits a moment at most; what is still open stays.

use std::time::Duration;

use super::customers;
use crate::adapter::systems::requests;
use crate::id::{ConversationId, PaymentId, ShopScope};
use crate::payments::standing::Payment;
use crate::server::Server;
use crate::server::outward::bills;
use crate::shops::Keep;
use crate::store::{Conversation, DATA_REQUEST, PaymentRow, Result, Retention, Tx};

/// Vendors repeat an element for a week (TM3).
pub const SEEN_MS: i64 = 8 * 86_400_000;
/// What nobody has looked at for so long is not looked at any more (I20).
const QUARANTINE_MS: i64 = 30 * 86_400_000;
/// Rows of a class, or conversations, that one transaction takes away.
const MOST: u32 = 500;
const MOST_CONVERSATIONS: u32 = 50;
const MOST_REQUESTS: u32 = 10_000;
/// Between two slices, for those who wait to write.
pub(super) const PAUSE: Duration = Duration::from_millis(5);

/// Takes away what is too old, of every shop that was ever served and of none. Returns how many rows that were.
///
/// # Errors
/// The store does not answer; what was taken away stays away.
pub async fn rows(server: &Server) -> Result<u64> {
    let now_ms = server.host.clock.now_ms();
    let routes = server.registry.now();
    let shops = server.host.store.shops().await?;
    let mut gone = 0;
    for shop in shops.into_iter().map(|(scope, _)| scope).chain([ShopScope::NONE]) {
        // How long the shops of other servers keep things is not known here, nor that of one that could not be read.
        let keep = routes.of(shop).map_or(Keep::EVERYTHING, |served| served.keep);
        if let Some(hosted) = server.host.shops.shop(shop) {
            requests::remind(&server.host, &hosted, QUARANTINE_MS).await?;
        }
        if keep.conversations_ms > 0 {
            gone += conversations(server, shop, now_ms.saturating_sub(keep.conversations_ms)).await?;
        }
        if keep.customer_ms > 0
            && let Some(hosted) = server.host.shops.shop(shop)
        {
            gone += customers(&server.host, &hosted, now_ms.saturating_sub(keep.customer_ms)).await?;
        }
        if keep.orders_ms > 0 {
            gone += orders(server, shop, now_ms.saturating_sub(keep.orders_ms)).await?;
        }
        let said_before_ms = now_ms.saturating_sub(keep.messages_ms);
        let retention = Retention {
            seen_ms: now_ms.saturating_sub(SEEN_MS),
            turns_ms: said_before_ms,
            sends_ms: said_before_ms,
            quarantine_ms: now_ms.saturating_sub(QUARANTINE_MS.min(keep.messages_ms)),
            requests_ms: now_ms.saturating_sub(QUARANTINE_MS),
            consents_ms: if keep.consents_ms > 0 { now_ms.saturating_sub(keep.consents_ms) } else { 0 },
        };
        gone += slices(server, shop, retention).await?;
    }
    if gone > 0 {
        tracing::info!(rows = gone, "what was older than it is kept is gone");
        // What a reader holds just now is written over at the next look. PostgreSQL does it by itself, in its own time.
        if !server.host.store.is_shared()
            && let Err(error) = server.host.store.scrub().await
        {
            tracing::debug!(%error, "what is gone could not be written over yet");
        }
    }
    Ok(gone)
}

/// Looks beside the writers which classes have something old, and takes a slice of those.
async fn slices(server: &Server, shop: ShopScope, retention: Retention) -> Result<u64> {
    let store = &server.host.store;
    let mut gone = 0;
    loop {
        let mut look = store.read(shop).await?;
        let old = look.old(shop, retention).await?;
        look.rollback().await?;
        if old == Retention::default() {
            return Ok(gone);
        }
        let swept = |mut tx: Tx| async move {
            let taken = tx.sweep(shop, old, MOST).await?;
            Ok((tx, taken))
        };
        let taken = store.transact(shop, swept).await?;
        if taken == 0 {
            return Ok(gone);
        }
        gone += taken;
        tokio::time::sleep(PAUSE).await;
    }
}

/// Payments that ended before then, and about which nothing is to be done; with the last of an order, the names of its bills.
async fn orders(server: &Server, shop: ShopScope, before_ms: i64) -> Result<u64> {
    let store = &server.host.store;
    let last_ms = |payment: Payment| {
        let refunds = payment.refunds.iter().map(|refund| refund.at_ms);
        refunds.chain([payment.expires_ms, payment.begun_ms]).max().unwrap_or(0)
    };
    let is_old = |row: &&PaymentRow| Payment::decode(&row.body).is_none_or(|payment| last_ms(payment) < before_ms);
    let (mut after, mut gone) = (PaymentId([0; 16]), 0);
    loop {
        let mut look = store.read(shop).await?;
        let page = look.settled_payments(shop, after, MOST).await?;
        look.rollback().await?;
        let Some(last) = page.last() else { return Ok(gone) };
        after = last.id;
        let old: Vec<&PaymentRow> = page.iter().filter(is_old).collect();
        if old.is_empty() {
            continue;
        }
        let old = &old;
        let removed = |mut tx: Tx| async move {
            let ids: Vec<PaymentId> = old.iter().map(|row| row.id).collect();
            let count = tx.remove_payments(shop, &ids).await?;
            for row in old {
                if tx.payments_of(shop, &row.order).await?.is_empty() {
                    bills::forget(&mut tx, shop, &row.order).await?;
                }
            }
            Ok((tx, count))
        };
        gone += store.transact(shop, removed).await?;
        tokio::time::sleep(PAUSE).await;
    }
}

/// Conversations in which the customer wrote last before then, and which wait for nothing: also for no answer about their data.
async fn conversations(server: &Server, shop: ShopScope, before_ms: i64) -> Result<u64> {
    let store = &server.host.store;
    let mut look = store.read(shop).await?;
    let since_ms = server.host.clock.now_ms().saturating_sub(QUARANTINE_MS);
    let requests = look.quarantined_since(shop, DATA_REQUEST, since_ms, MOST_REQUESTS).await?;
    look.rollback().await?;
    // What a customer asks of their data would go with their conversation, unanswered.
    let asks = |row: &Conversation| {
        let name = format!("{:016x}", row.id.0);
        requests.iter().any(|(_, request)| request.detail.contains(&name))
    };
    let is_over = |row: &Conversation| {
        let is_old = row.last_inbound_ms > 0 && row.last_inbound_ms < before_ms;
        is_old && row.pending == 0 && !row.handed_over && !asks(row)
    };
    let is_over = &is_over;
    let (mut after, mut gone) = (None, 0);
    loop {
        let mut look = store.read(shop).await?;
        let page = look.list_conversations(shop, after, MOST).await?;
        look.rollback().await?;
        let Some(last) = page.last() else { return Ok(gone) };
        after = Some(last.id);
        let over: Vec<ConversationId> = page.iter().filter(|row| is_over(row)).map(|row| row.id).collect();
        for ids in over.chunks(MOST_CONVERSATIONS as usize) {
            let places: Vec<_> = ids.iter().map(|id| (shop, *id)).collect();
            let places = &places;
            let erased = |mut tx: Tx| async move {
                let mut count = 0;
                // Whoever has written since the look stays; whom another process holds just now is looked at next time.
                for row in tx.lock_conversations(places).await?.into_iter().flatten().filter(is_over) {
                    super::forget(&mut tx, shop, row.id).await?;
                    count += u64::from(tx.erase_conversation(shop, row.id).await?);
                }
                Ok((tx, count))
            };
            gone += store.transact(shop, erased).await?;
            ids.iter().for_each(|id| drop(server.host.recall.take(shop, *id)));
            tokio::time::sleep(PAUSE).await;
        }
    }
}
