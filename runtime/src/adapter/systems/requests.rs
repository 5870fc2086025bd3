//! What customers ask of what is kept about them, in a shop that has no system for that: taken down for a person under a number, once.
//! Deletes nothing and hands nothing out: who may ask that, and what the law has the shop keep, is for people to judge.

use duka_engine::contract::decode;
use duka_engine::event::Outcome;
use duka_engine::value::Value;
use serde_json::json;
use smol_str::{SmolStr, format_smolstr};

use super::Systems;
use crate::handoff;
use crate::host::calls::Ask;
use crate::host::notices::{Notice, Told};
use crate::id::ElementKey;
use crate::store::{self, DATA_REQUEST, QuarantineEntry, Sighting};

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
        let detail = format!("{number}: the customer of conversation {:016x} {wish}", conversation.0);
        let entry = QuarantineEntry { shop: Some(shop), at_ms, reason: DATA_REQUEST.into(), detail, body: Vec::new() };
        tx.add_quarantine(&[entry]).await?;
        if ask.shop.people {
            let text = format_smolstr!("The customer {wish}; their request has the number {number}.");
            tx.add_posts(&[handoff::alert(shop, conversation, (at_ms, 0), text)]).await?;
        }
        tx.commit().await?;
        let notice = Notice::DataRequest { number: number.clone() };
        self.host.notices.tell(Told { shop, conversation: Some(conversation), notice });
        Ok(())
    }
}
