//! From a parcel that moved to its order: what the carrier says of a parcel that was only hinted at, the order's other
//! parcels, and the order itself, all asked for at this moment. Of an order in several parcels it is kept what was told of each, for as
//! long as a conversation has the order: the shop's own system may never hear of it.

use std::time::Duration;

use duka_engine::event::Outcome;
use duka_engine::hir::{Operation as Promise, OperationKind};
use duka_engine::step::order_number;
use duka_engine::types::Type;
use duka_engine::value::Value;
use smol_str::{SmolStr, ToSmolStr};
use tokio::time::Instant;

use super::Server;
use crate::adapter::parcels::{self, OF_ORDER, Parcel, RollUp, Status, TRACK, with};
use crate::adapter::rest::{Backend, Call, Moved, News, status_of};
use crate::host::shops::Shop;
use crate::store;

/// The longest that a carrier waits for its answer, with some left for the commit: they give up after about 7 s.
const LONGEST: Duration = Duration::from_secs(6);

/// What became of news of a parcel.
pub(super) enum Parcels {
    /// Its customer need not hear of it.
    Nothing,
    Moved(Moved),
    /// Not as the mapping says.
    Unread(String),
    /// A person has to look at it.
    Person(String),
    /// Somebody who has to be asked does not answer: the carrier is to tell it again.
    Later(String),
}

/// What the news mean for their order.
pub(super) async fn order_of(server: &Server, shop: &Shop, carrier: &Backend, news: News) -> Parcels {
    let asking = Asking { server, shop, ends: Instant::now() + LONGEST };
    match asking.order_of(carrier, news).await {
        Ok(found) | Err(found) => found,
    }
}

/// All parcels of an order, as the shop's own system tells them; none where nobody can be asked for them. Why, if it did not
/// answer.
pub(super) async fn all_of(server: &Server, shop: &Shop, number: &SmolStr) -> Result<Vec<Parcel>, String> {
    let asking = Asking { server, shop, ends: Instant::now() + LONGEST };
    match asking.parcels(number).await {
        Ok(known) => Ok(known.unwrap_or_default()),
        Err(Parcels::Unread(why) | Parcels::Person(why) | Parcels::Later(why)) => Err(why),
        Err(Parcels::Nothing | Parcels::Moved(_)) => Ok(Vec::new()),
    }
}

struct Asking<'a> {
    server: &'a Server,
    shop: &'a Shop,
    ends: Instant,
}

impl Asking<'_> {
    async fn order_of(&self, carrier: &Backend, news: News) -> Result<Parcels, Parcels> {
        let (told, hint) = match news {
            News::Order(moved) => return Ok(Parcels::Moved(moved)),
            News::Asked(number, status) => return self.moved(number, status).await,
            News::Parcel(parcel) => (parcel, None),
            News::Track(number, order) => (self.track(carrier, number).await?, order),
        };
        let told = told.today(self.shop.day_began_ms(self.server.host.clock.now_ms()));
        let name = format!("{} {}", told.carrier, told.number);
        let known = || self.server.polls.order_of(self.shop.scope, &carrier.contract, &told.number);
        let Some(number) = told.order.clone().or(hint).or_else(known) else {
            return Err(Parcels::Person(format!("{name} is {}, and names no order", told.status.word())));
        };
        let known = self.parcels(&number).await?;
        // An order that only an unsigned body names must have the parcel; one that nobody tells the parcels of is believed.
        let believed = known.as_ref().map_or(told.order.is_some(), |all| all.iter().any(|it| it.number == told.number));
        if !believed {
            return Err(Parcels::Person(format!("{name} is not known as a parcel of {number}")));
        }
        let known = known.unwrap_or_default();
        let (all, order) = if known.len() < 2 {
            (with(known.clone(), told.clone()), None)
        } else {
            let order = self.order(&number).await;
            let own = order.as_ref().ok().and_then(|order| order_number(&self.shop.program, order));
            let own = own.unwrap_or_else(|| number.clone());
            (self.heard(carrier, &own, &known, &told).await?, Some(order))
        };
        let status = match parcels::news(&all, &told) {
            RollUp::Nothing => return Ok(Parcels::Nothing),
            RollUp::Moved(status) => status,
            RollUp::Person(why) => {
                return Err(Parcels::Person(format!("{number}: {why}: {name} is {}", told.status.word())));
            }
        };
        let order = match order {
            Some(order) => order?,
            None => self.order(&number).await?,
        };
        let order = parcels::followed(&self.shop.program.shop, order, &known, &told);
        if self.has_ended(&order) && status != Status::Returned.word() {
            return Err(Parcels::Person(format!("{number} is over, and {name} is on the road")));
        }
        let number = order_number(&self.shop.program, &order).unwrap_or(number);
        Ok(Parcels::Moved(Moved { number, status: status.to_smolstr(), order, seen_ms: told.seen_ms }))
    }

    /// The order's parcels as far as anybody has told: its own system, carriers before, the one who tells now, and the same again
    /// for those of its parcels that are behind, up to the first that really is.
    async fn heard(
        &self,
        carrier: &Backend,
        order: &SmolStr,
        known: &[Parcel],
        told: &Parcel,
    ) -> Result<Vec<Parcel>, Parcels> {
        let began_ms = self.shop.day_began_ms(self.server.host.clock.now_ms());
        let mut all = self.kept(order, known, told).await?;
        let matters = matches!(told.status, Status::OutForDelivery | Status::Delivered | Status::Returned);
        if !matters || !carrier.mapping.operations.contains_key(TRACK) {
            return Ok(all);
        }
        let by = known.iter().find(|it| it.number == told.number).map_or(&told.carrier, |it| &it.carrier);
        let is_behind = |it: &&Parcel| it.status.rank() < told.status.rank() && it.is_by(by);
        let behind: Vec<SmolStr> = all.iter().filter(is_behind).map(|it| it.number.clone()).collect();
        for number in behind {
            let found = match self.track(carrier, number.clone()).await {
                Ok(found) => Parcel { carrier: by.clone(), number, ..found.today(began_ms) },
                Err(Parcels::Later(why)) => return Err(Parcels::Later(why)),
                Err(_) => break,
            };
            let stays = found.status.rank() < told.status.rank();
            all = self.kept(order, known, &found).await?;
            if stays {
                break;
            }
        }
        Ok(all)
    }

    /// The order's parcels with what one of them was just told to be, written down.
    async fn kept(&self, order: &SmolStr, known: &[Parcel], told: &Parcel) -> Result<Vec<Parcel>, Parcels> {
        let later = |error: store::Error| Parcels::Later(format!("{order}: {error}"));
        self.keep(order, known, told).await.map_err(later)
    }

    async fn keep(&self, order: &SmolStr, known: &[Parcel], told: &Parcel) -> store::Result<Vec<Parcel>> {
        let (scope, now_ms) = (self.shop.scope, self.server.host.clock.now_ms());
        let began_ms = self.shop.day_began_ms(now_ms);
        let mut tx = self.server.host.store.begin(scope).await?;
        let kept = tx.lock_parcels(scope, order).await?;
        let before: Vec<Parcel> = kept.and_then(|body| serde_json::from_slice(&body).ok()).unwrap_or_default();
        let before = before.into_iter().filter(|it| parcels::is_one_of(known, it));
        // Whoever was out today is not tomorrow, whether its carrier says when it was seen or not.
        let seen = |parcel: &Parcel| Parcel { seen_ms: parcel.seen_ms.or(Some(now_ms)), ..parcel.clone() };
        let all = with(before.map(|it| it.today(began_ms)).fold(known.to_vec(), with), seen(told));
        let body = serde_json::to_vec(&all.iter().map(seen).collect::<Vec<_>>()).unwrap_or_default();
        tx.save_parcels(scope, order, &body).await?;
        tx.commit().await?;
        Ok(all)
    }

    /// An order of which its system has only told the number.
    async fn moved(&self, number: SmolStr, status: Option<SmolStr>) -> Result<Parcels, Parcels> {
        let order = self.order(&number).await?;
        let status = status.or_else(|| status_of(&self.shop.program, &order));
        let status = status.ok_or_else(|| Parcels::Unread(format!("{number}: the order has no status")))?;
        let number = order_number(&self.shop.program, &order).unwrap_or(number);
        Ok(Parcels::Moved(Moved { number, status, order, seen_ms: None }))
    }

    async fn track(&self, carrier: &Backend, number: SmolStr) -> Result<Parcel, Parcels> {
        let promise = self.promise(TRACK).ok_or_else(|| Parcels::Unread(format!("there is no `{TRACK}`")))?;
        let given = self.ask(carrier, promise, &number).await?;
        let given = given.ok_or_else(|| Parcels::Person(format!("the carrier does not know {number}")))?;
        Parcel::read(&self.shop.program.shop, &given)
            .ok_or_else(|| Parcels::Unread("the shop's `parcel` is not the standard one".to_string()))
    }

    /// All parcels of the order, where a backend tells them.
    async fn parcels(&self, number: &SmolStr) -> Result<Option<Vec<Parcel>>, Parcels> {
        let Some((backend, promise)) = self.promise(OF_ORDER).and_then(|it| Some((self.backend(it)?, it))) else {
            return Ok(None);
        };
        let shop = &self.shop.program.shop;
        Ok(match self.ask(backend, promise, number).await? {
            Some(Value::List(items)) => Some(items.iter().filter_map(|item| Parcel::read(shop, item)).collect()),
            Some(_) | None => None,
        })
    }

    async fn order(&self, number: &SmolStr) -> Result<Value, Parcels> {
        let shop = &self.shop.program.shop;
        let order = shop.known_records.order.map(Type::Record);
        let by_number = |it: &&Promise| {
            it.kind == OperationKind::Query
                && order.is_some()
                && it.gives == order
                && it.takes.len() == 1
                && it.takes.first().is_some_and(|it| it.ty == Type::Text)
        };
        let found = shop.operations.iter().find(by_number).and_then(|it| Some((self.backend(it)?, it)));
        let (backend, promise) =
            found.ok_or_else(|| Parcels::Person(format!("nobody can be asked for order {number}")))?;
        let given = self.ask(backend, promise, number).await?;
        given.ok_or_else(|| Parcels::Person(format!("the shop's system has no order {number}")))
    }

    /// `None`: it is not there.
    async fn ask(&self, backend: &Backend, promise: &Promise, number: &SmolStr) -> Result<Option<Value>, Parcels> {
        let arguments = [Value::Text(number.clone())];
        let left = self.ends.saturating_duration_since(Instant::now());
        let shop = &self.shop.program.shop;
        let call = Call { shop, promise, arguments: &arguments, key: "", conversation: "", language: "", left };
        match self.server.rest.ask(backend, call).await.outcome {
            Outcome::Given(value) => Ok(Some(value)),
            Outcome::Refused { code } if code == "not_found" => Ok(None),
            Outcome::Refused { code } => Err(Parcels::Later(format!("{}: {code}", promise.path()))),
            Outcome::Failed { reason } => Err(Parcels::Later(format!("{}: {reason}", promise.path()))),
            Outcome::TimedOut | Outcome::Unknown => Err(Parcels::Later(format!("{} took too long", promise.path()))),
        }
    }

    fn promise(&self, path: &str) -> Option<&Promise> {
        self.shop.program.shop.operations.iter().find(|it| it.path() == path)
    }

    fn backend(&self, promise: &Promise) -> Option<&Backend> {
        let path = promise.path();
        self.shop
            .backends
            .iter()
            .find(|it| it.contract == promise.contract && it.mapping.operations.contains_key(&path))
    }

    /// Whether the shop has ended the order otherwise than by its delivery.
    fn has_ended(&self, order: &Value) -> bool {
        let shop = &self.shop.program.shop;
        let Some(status) = status_of(&self.shop.program, order) else { return false };
        let ends = |statuses: &duka_engine::hir::Statuses| statuses.terminal.contains(&status);
        shop.statuses.iter().any(ends)
    }
}
