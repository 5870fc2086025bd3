//! What customers ask of what is kept about them, in a shop that has no system for that: taken down for a person under a number, once.
//! Deletes nothing and hands nothing out: who may ask that, and what the law has the shop keep, is for people to judge.

use duka_engine::contract::decode;
use duka_engine::event::Outcome;
use duka_engine::value::Value;
use serde_json::json;
use smol_str::{SmolStr, format_smolstr};

use super::Systems;
use crate::handoff;
use crate::host::Host;
use crate::host::calls::Ask;
use crate::host::notices::{Notice, Told};
use crate::host::shops::Shop;
use crate::id::{ConversationId, ElementKey};
use crate::store::{self, DATA_REQUEST, QuarantineEntry, Sighting};

/// What stands in an entry between a request's number and its conversation.
const OF: &str = ": the customer of conversation ";

/// So long before a request goes, people are reminded of it: less than keys of elements are kept, which is how it is done once.
const REMIND_MS: i64 = 7 * DAY_MS;
const DAY_MS: i64 = 86_400_000;
const MOST: u32 = 10_000;

/// Reminds people, once and by the way they were told first, of each request that nobody answered and that goes soon, because it is
/// nearly `kept_ms` old.
///
/// # Errors
/// The store does not answer; who was not reminded is at the next look.
pub async fn remind(host: &Host, shop: &Shop, kept_ms: i64) -> store::Result<()> {
    let now_ms = host.clock.now_ms();
    let mut look = host.store.read(shop.scope).await?;
    let open = look.quarantined_since(shop.scope, DATA_REQUEST, now_ms.saturating_sub(kept_ms), MOST).await?;
    look.rollback().await?;
    for (_, entry) in open.into_iter().filter(|(_, entry)| entry.at_ms <= now_ms - kept_ms + REMIND_MS) {
        let Some((number, of)) = entry.detail.split_once(OF) else { continue };
        let Some((conversation, wish)) = of.split_once(' ') else { continue };
        let Ok(conversation) = u64::from_str_radix(conversation, 16).map(ConversationId) else { continue };
        let key = ElementKey::named(DATA_REQUEST, &format!("again {number}"));
        let mut tx = host.store.begin(shop.scope).await?;
        if tx.admit(&[Sighting { shop: shop.scope, key, received_ms: now_ms }]).await?.first() != Some(&true) {
            tx.rollback().await?;
            continue;
        }
        let waits_days = (now_ms - entry.at_ms) / DAY_MS;
        let left_days = (entry.at_ms + kept_ms - now_ms) / DAY_MS;
        if shop.people {
            let text = format_smolstr!(
                "Nobody has answered yet: the customer {wish}. Their request {number} waits for {waits_days} days, and is dropped in {left_days}."
            );
            tx.add_posts(&[handoff::alert(shop.scope, conversation, (now_ms, 0), text)]).await?;
        }
        tx.commit().await?;
        let notice = Notice::DataRequest { number: number.into(), waits_days };
        host.notices.tell(Told { shop: shop.scope, conversation: Some(conversation), notice });
    }
    Ok(())
}

impl Systems {
    /// Takes a request down. `None`: it is nothing of the kind.
    pub(super) async fn request(&self, ask: &Ask) -> Option<Outcome> {
        let wish = match ask.request.name.as_str() {
            "customer.export" => "wants a copy of all that is kept about them",
            "customer.forget" => "wants all that is kept about them deleted",
            _ => return None,
        };
        let key = ElementKey::named(DATA_REQUEST, &ask.key);
        let number = format_smolstr!("P-{}", hex::encode_upper(key.0.get(..4).unwrap_or_default()));
        let shop = &ask.shop.program.shop;
        let promise = shop.operations.get(ask.request.operation.index())?;
        let given = match &promise.gives {
            Some(ty) => decode(shop, ty, &json!({ "number": number })),
            None => Ok(Value::None),
        };
        Some(match given {
            Err(why) => Outcome::Failed { reason: format_smolstr!("a request has a number only: {why}") },
            Ok(given) => match self.take_down(ask, key, &number, wish).await {
                Ok(()) => Outcome::Given(given),
                Err(error) => {
                    tracing::warn!(shop = %ask.shop.slug, %error, "a customer's request could not be written down");
                    Outcome::Unknown
                }
            },
        })
    }

    async fn take_down(&self, ask: &Ask, key: ElementKey, number: &SmolStr, wish: &str) -> store::Result<()> {
        let (shop, conversation, at_ms) = (ask.shop.scope, ask.conversation, ask.now_ms);
        let mut tx = self.host.store.begin(shop).await?;
        if tx.admit(&[Sighting { shop, key, received_ms: at_ms }]).await?.first() != Some(&true) {
            return tx.rollback().await;
        }
        let detail = format!("{number}{OF}{:016x} {wish}", conversation.0);
        let entry = QuarantineEntry { shop: Some(shop), at_ms, reason: DATA_REQUEST.into(), detail, body: Vec::new() };
        tx.add_quarantine(&[entry]).await?;
        if ask.shop.people {
            let text = format_smolstr!("The customer {wish}; their request has the number {number}.");
            tx.add_posts(&[handoff::alert(shop, conversation, (at_ms, 0), text)]).await?;
        }
        tx.commit().await?;
        let notice = Notice::DataRequest { number: number.clone(), waits_days: 0 };
        self.host.notices.tell(Told { shop, conversation: Some(conversation), notice });
        Ok(())
    }
}
