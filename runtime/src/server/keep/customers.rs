//! What is known of a customer who has been silent for as long as `retention.customer` says: what flows remember of them, their
//! name and their bag. Who they are, what they agreed to, their language and their orders stay, and go with the conversation.

use duka_engine::session::{Session, Snapshot};

use crate::adapter::bag::Bag;
use crate::host::Host;
use crate::host::shops::Shop;
use crate::store::{Advance, BagRow, Conversation, Result, Tx};

/// Conversations that are looked at, and that one transaction changes.
const MOST: u32 = 500;
const MOST_CHANGED: usize = 50;

/// Forgets those who wrote last before then and in whose conversations nothing is under way. Returns how many that were.
///
/// # Errors
/// The store does not answer; what was forgotten stays so.
pub async fn customers(host: &Host, shop: &Shop, before_ms: i64) -> Result<u64> {
    let store = &host.store;
    let is_silent = |row: &Conversation| {
        let waits = row.pending > 0 || row.handed_over || row.wake_at_ms.is_some();
        row.last_inbound_ms > 0 && row.last_inbound_ms < before_ms && !waits
    };
    let is_silent = &is_silent;
    let (mut after, mut count) = (None, 0);
    loop {
        let mut look = store.read(shop.scope).await?;
        let page = look.list_conversations(shop.scope, after, MOST).await?;
        let Some(last) = page.last() else {
            look.rollback().await?;
            return Ok(count);
        };
        after = Some(last.id);
        let mut known = Vec::new();
        for row in page.iter().filter(|row| is_silent(row)) {
            let bag = look.bag(shop.scope, row.id).await?.is_some_and(|bag| bag.body != Bag::default().encode());
            if bag || forgotten(shop, row).is_some() {
                known.push((shop.scope, row.id));
            }
        }
        look.rollback().await?;
        for places in known.chunks(MOST_CHANGED) {
            let forgotten = |mut tx: Tx| async move {
                // Whoever has written since the look stays known.
                let rows = tx.lock_conversations(places).await?.into_iter().flatten();
                let silent: Vec<Conversation> = rows.filter(is_silent).collect();
                for row in &silent {
                    forget(&mut tx, shop, row).await?;
                }
                Ok((tx, silent))
            };
            let silent = store.transact(shop.scope, forgotten).await?;
            silent.iter().for_each(|row| drop(host.recall.take(shop.scope, row.id)));
            count += silent.len() as u64;
            tokio::time::sleep(super::rows::PAUSE).await;
        }
    }
}

async fn forget(tx: &mut Tx, shop: &Shop, row: &Conversation) -> Result<()> {
    if let Some(session) = forgotten(shop, row) {
        // Another turn than any process remembers a session of.
        let session = Session { turn: row.turn + 1, ..session };
        let changed = Conversation { session: session.encode(), turn: row.turn + 1, ..row.clone() };
        tx.save_conversations(&[Advance { conversation: &changed, from_turn: row.turn }]).await?;
    }
    if let Some(bag) = tx.bag(shop.scope, row.id).await? {
        tx.save_bag(&BagRow { body: Bag::default().encode(), ..bag }).await?;
    }
    Ok(())
}

/// The session without what is known of the customer. `None`: it knows nothing, or its flows are not known any more.
fn forgotten(shop: &Shop, row: &Conversation) -> Option<Session> {
    let before = Session::decode(&row.session).ok().filter(|session| session.busy.is_none())?;
    let program = shop.revision(before.revision)?;
    let is_newest = before.revision == shop.program.revision;
    let customer = is_newest.then(|| shop.open(&before.channel, before.customer_key.clone()).customer);
    let defaults = program.shop.customer_slots.iter().map(|slot| slot.default.clone().unwrap_or_default());
    let after = Session {
        frames: Vec::new(),
        customer_values: defaults.collect(),
        cart: Snapshot::default(),
        customer: customer.unwrap_or_default(),
        waiting: Vec::new(),
        event: Vec::new(),
        form: None,
        sent: None,
        wake_at_ms: None,
        ..before.clone()
    };
    (after != before).then_some(after)
}
