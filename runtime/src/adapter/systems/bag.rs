//! The bag that Duka keeps: read, priced by the catalogue of this moment, changed under its version. Asks for every price
//! anew, and writes none down (I14).

use duka_engine::event::Outcome;
use duka_engine::hir::{Operation as Promise, OperationId};
use duka_engine::types::Type;
use duka_engine::value::Value;
use futures_util::future::join_all;
use smol_str::SmolStr;

use super::{Systems, mapped};
use crate::adapter::bag::{Bag, CONTRACT, GONE, PRODUCT, Thing, Wish, has_variants};
use crate::host::calls::Ask;
use crate::store::{self, BagRow};

/// How often a change is tried again that another one was faster than.
const TRIES: u32 = 5;

impl Systems {
    /// What a call of the bag leads to. `None`: it is no such call, or the shop's own system keeps its bags.
    pub(super) async fn bag(&self, ask: &Ask) -> Option<Outcome> {
        let promise = of_bag(ask)?;
        let failed = |reason: &str| Outcome::Failed { reason: reason.into() };
        let Some(wish) = Wish::of(&ask.shop.program.shop, promise, &ask.request.arguments) else {
            return Some(failed("this is nothing that a bag of Duka's can do"));
        };
        Some(match self.changed(ask, promise, &wish).await {
            Ok(outcome) => outcome,
            // It is done at most once, however often it is tried.
            Err(error) if ask.query => failed(&error.to_string()),
            Err(error) => {
                tracing::warn!(shop = %ask.shop.slug, %error, "a bag could not be written down");
                Outcome::Unknown
            }
        })
    }

    async fn changed(&self, ask: &Ask, promise: &Promise, wish: &Wish) -> store::Result<Outcome> {
        let (shop, program) = (ask.shop.scope, &ask.shop.program.shop);
        let failed = |reason: String| Outcome::Failed { reason: reason.into() };
        let Some(ty) = &promise.gives else { return Ok(failed("the contract's bag gives nothing".to_string())) };
        for _ in 0..TRIES {
            let kept = self.host.store.read(shop).await?.bag(shop, ask.conversation).await?;
            let row = kept.unwrap_or(BagRow { shop, conversation: ask.conversation, version: 0, body: Vec::new() });
            let read = if row.version == 0 { Ok(Bag::default()) } else { Bag::decode(&row.body) };
            let mut bag = match read {
                Ok(bag) => bag,
                Err(why) => return Ok(failed(why)),
            };
            let things = match self.things(ask, bag.things(wish)).await {
                Ok(things) => things,
                Err(outcome) => return Ok(outcome),
            };
            let before = bag.clone();
            if let Err(code) = bag.does(wish, &ask.key, &things) {
                return Ok(Outcome::Refused { code: SmolStr::new_static(code) });
            }
            let given = match bag.given(program, ty, &things) {
                Ok(given) => Outcome::Given(given),
                Err(why) => return Ok(failed(why)),
            };
            if bag == before {
                return Ok(given);
            }
            let mut tx = self.host.store.begin(shop).await?;
            if tx.save_bag(&BagRow { body: bag.encode(), ..row }).await? {
                tx.commit().await?;
                return Ok(given);
            }
            tx.rollback().await?;
        }
        Ok(failed("the bag was changed by others all the time, or its customer is gone".to_string()))
    }

    /// What the catalogue has of these, all asked for at once.
    ///
    /// # Errors
    /// What the bag's own call leads to: the catalogue does not answer.
    async fn things(&self, ask: &Ask, skus: Vec<SmolStr>) -> Result<Vec<Thing>, Outcome> {
        let found = join_all(skus.into_iter().map(|sku| self.thing(ask, sku))).await;
        found.into_iter().filter_map(Result::transpose).collect()
    }

    async fn thing(&self, ask: &Ask, sku: SmolStr) -> Result<Option<Thing>, Outcome> {
        let shop = &ask.shop.program.shop;
        let at = shop.operations.iter().position(|promise| promise.path() == PRODUCT);
        let known = at.and_then(|at| Some((u16::try_from(at).ok()?, shop.operations.get(at)?)));
        let failed = |reason: &str| Outcome::Failed { reason: reason.into() };
        let Some((at, Promise { gives: Some(Type::Record(id)), .. })) = known else {
            return Err(failed("the shop's contracts have no `catalog.product`"));
        };
        let mut asked = Ask { query: true, ..ask.clone() };
        asked.request.operation = OperationId(at);
        asked.request.name = SmolStr::new_static(PRODUCT);
        asked.request.arguments = vec![Value::Text(sku.clone())];
        let outcome = match mapped(&asked) {
            Some((backend, promise)) => self.anew(&asked, backend, promise).await,
            None => self.unnamed(asked).await,
        };
        match outcome {
            // What has sizes is none of them: only one of them can be bought.
            Outcome::Given(product) if has_variants(shop, *id, &product) => Ok(None),
            Outcome::Given(product) => {
                let thing = Thing::of(shop, *id, &sku, &product);
                thing.map(Some).ok_or_else(|| failed("a product has no name, price or stock"))
            }
            // A number that it does not even read is nothing that it has.
            Outcome::Refused { code } if [GONE, "refused"].contains(&code.as_str()) => Ok(None),
            Outcome::Refused { code } => Err(Outcome::Failed { reason: code }),
            lost @ (Outcome::Failed { .. } | Outcome::TimedOut) => Err(lost),
            Outcome::Unknown => Err(Outcome::TimedOut),
        }
    }
}

/// The operation of a call of the bag that is kept here.
pub(super) fn of_bag(ask: &Ask) -> Option<&Promise> {
    let promise = ask.shop.program.shop.operations.get(ask.request.operation.index())?;
    (ask.shop.keeps_bags && promise.contract == CONTRACT).then_some(promise)
}
