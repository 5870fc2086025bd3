//! Each call to the system that its shop has for its contract: a merchant's own, the till, or the demo where it is meant. Asks for nothing that
//! is known and fresh, and lets no order through that is another one than the customer has confirmed. Keeps the demo's worlds.

mod bag;
pub(crate) mod requests;

use std::sync::Arc;
use std::time::Duration;

use duka_engine::event::Outcome;
use duka_engine::hir::{Operation as Promise, Shop};
use duka_engine::step::order_number;
use duka_engine::types::Type;
use duka_engine::value::Value;
use metrics::counter;
use smol_str::SmolStr;

use super::agreed::differs;
use super::memory::{Question, products, products_of};
use super::parcels::{self, OF_ORDER, Parcel, Status};
use super::rest::{Backend, Call, Rest, spoken};
use super::twice;
use crate::host::Host;
use crate::host::calls::{Adapter, Ask, DemoAdapter, Fate};
use crate::payments::Cashier;
use crate::store;

/// How long an order waits for where its parcel can be followed.
const FOLLOWED: Duration = Duration::from_secs(2);

/// All systems of all shops.
pub struct Systems {
    demo: Arc<DemoAdapter>,
    rest: Rest,
    cashier: Arc<Cashier>,
    host: Arc<Host>,
}

impl Systems {
    pub fn new(rest: Rest, cashier: Arc<Cashier>, host: Arc<Host>, demo: Arc<DemoAdapter>) -> Systems {
        Systems { demo, rest, cashier, host }
    }

    async fn query(&self, ask: &Ask, backend: &Backend, promise: &Promise) -> Outcome {
        let question = question(ask, backend, promise);
        let known = question.as_ref().and_then(|it| backend.memory.recall(it, ask.now_ms, promise.fresh_for_ms));
        let from = if known.is_some() { "memory" } else { "asked" };
        counter!("duka_queries_total", "from" => from).increment(1);
        match known {
            Some(known) => Outcome::Given(known),
            None => self.anew(ask, backend, promise).await,
        }
    }

    /// Asks in any case; the answer serves others.
    async fn anew(&self, ask: &Ask, backend: &Backend, promise: &Promise) -> Outcome {
        self.rest.keep_names(backend, &ask.shop.program, promise, &ask.request.language);
        let question = question(ask, backend, promise);
        let asked = backend.memory.asks(ask.now_ms, promise.fresh_for_ms);
        let outcome = self.rest.ask(backend, call(ask, promise, &conversation(ask))).await.outcome;
        if let (Some(question), Outcome::Given(value), Some(ty)) = (question, &outcome, &promise.gives) {
            let shop = &ask.shop.program.shop;
            let mut about = products_of(shop, promise, &ask.request.arguments);
            products(shop, ty, value, &mut about);
            backend.memory.keep(question, asked, value.clone(), about);
        }
        outcome
    }

    /// An order that is looked at, with where and by what its parcel can be followed.
    async fn followed(&self, ask: &Ask, promise: &Promise, outcome: Outcome) -> Outcome {
        let shop = &ask.shop.program.shop;
        let order = shop.known_records.order.map(Type::Record);
        let is_one = promise.name == "one" && promise.gives == order && order.is_some();
        let Outcome::Given(value) = outcome else { return outcome };
        let named = |it: &&Promise| it.path() == OF_ORDER;
        let found = shop.operations.iter().find(named).filter(|_| is_one).and_then(|promise| {
            let has = |it: &&Backend| it.contract == promise.contract && it.mapping.operations.contains_key(OF_ORDER);
            Some((promise, ask.shop.backends.iter().find(has)?, order_number(&ask.shop.program, &value)?))
        });
        let Some((promise, backend, number)) = found else { return Outcome::Given(value) };
        let (conversation, arguments) = (conversation(ask), [Value::Text(number)]);
        let left = call(ask, promise, &conversation).left.min(FOLLOWED);
        let call = Call { arguments: &arguments, left, ..call(ask, promise, &conversation) };
        let parcels: Vec<Parcel> = match self.rest.ask(backend, call).await.outcome {
            Outcome::Given(Value::List(items)) => items.iter().filter_map(|item| Parcel::read(shop, item)).collect(),
            _ => Vec::new(),
        };
        Outcome::Given(match parcels.iter().find(|parcel| parcel.status != Status::Cancelled) {
            Some(first) => parcels::followed(shop, value, &parcels, first),
            None => value,
        })
    }

    /// What a command has led to, as far as the customer has agreed to it.
    async fn settled(&self, ask: &Ask, backend: &Backend, promise: &Promise, outcome: Outcome) -> Outcome {
        forget(ask, promise, &outcome);
        let shop = &ask.shop.program.shop;
        let Outcome::Given(given) = &outcome else { return outcome };
        let Some(code) = differs(shop, promise, &ask.request.arguments, given) else { return outcome };
        tracing::info!(shop = %ask.shop.slug, operation = %ask.request.name, %code, "an order differs from what was confirmed");
        self.release(ask, backend, promise, given).await;
        Outcome::Refused { code }
    }

    /// The link of an order to the shop's own pay page: the one that it has, or else a new one, which it has from then on.
    async fn linked(&self, ask: &Ask, backend: &Backend, promise: &Promise, for_ms: i64) -> Outcome {
        let unread = |error: store::Error| Outcome::Failed { reason: error.to_string().into() };
        match self.cashier.own_link(ask).await {
            Ok(Some(known)) => return known,
            Ok(None) => {}
            Err(error) => return unread(error),
        }
        let outcome = self.rest.ask(backend, call(ask, promise, &conversation(ask))).await.outcome;
        // A link that is not kept is not given: another would be made beside it.
        match self.cashier.keep_own(ask, promise, &outcome, for_ms).await {
            Ok(()) => outcome,
            Err(error) => unread(error),
        }
    }

    /// Gives an order back that nobody has confirmed.
    async fn release(&self, ask: &Ask, backend: &Backend, held: &Promise, order: &Value) {
        let shop = &ask.shop.program.shop;
        let release = |it: &&Promise| it.contract == held.contract && it.name == "release" && takes_order(shop, it);
        let Some(promise) = shop.operations.iter().find(release) else { return };
        if !backend.mapping.operations.contains_key(&promise.path()) {
            return;
        }
        let key = format!("{}-release", ask.key);
        let (conversation, order) = (conversation(ask), [order.clone()]);
        let call = Call { arguments: &order, key: &key, ..call(ask, promise, &conversation) };
        let outcome = self.rest.ask(backend, call).await.outcome;
        if !matches!(outcome, Outcome::Given(_)) {
            tracing::warn!(shop = %ask.shop.slug, "an order that nobody confirmed could not be released: {outcome:?}");
        }
    }
}

fn takes_order(shop: &Shop, promise: &Promise) -> bool {
    let order = shop.known_records.order.map(Type::Record);
    promise.takes.len() == 1 && promise.takes.first().is_some_and(|it| Some(&it.ty) == order.as_ref())
}

/// What the memory knows an answer by; `None`: it is asked for every time.
fn question(ask: &Ask, backend: &Backend, promise: &Promise) -> Option<Question> {
    let path = promise.path();
    let remembers = promise.fresh_for_ms > 0 && backend.mapping.is_the_same_for_all(&path);
    let program = &ask.shop.program;
    let is_by_language = backend.mapping.is_by_language(&path);
    let language = if is_by_language { spoken(&program.shop, &ask.request.language) } else { "" };
    let with = postcard::to_allocvec(&(program.revision, language, &ask.request.arguments)).ok()?;
    remembers.then_some(Question { path, with })
}

/// What a command may have changed is asked for again: its own contract's answers, and all about the products it names.
fn forget(ask: &Ask, promise: &Promise, outcome: &Outcome) {
    let shop = &ask.shop.program.shop;
    let mut changed = products_of(shop, promise, &ask.request.arguments);
    if let (Outcome::Given(value), Some(ty)) = (outcome, &promise.gives) {
        products(shop, ty, value, &mut changed);
    }
    for backend in &ask.shop.backends {
        if backend.contract == promise.contract {
            backend.memory.forget_all();
        } else {
            backend.memory.forget(&changed);
        }
    }
}

/// What of a call the REST adapter needs, where its shop has a backend for it.
fn mapped(ask: &Ask) -> Option<(&Backend, &Promise)> {
    let (contract, _) = ask.request.name.split_once('.')?;
    let backend = ask.shop.backends.iter().find(|backend| backend.contract == contract)?;
    Some((backend, ask.shop.program.shop.operations.get(ask.request.operation.index())?))
}

fn call<'a>(ask: &'a Ask, promise: &'a Promise, conversation: &'a str) -> Call<'a> {
    let left_ms = ask.deadline_ms.saturating_sub(ask.now_ms);
    let left = Duration::from_millis(u64::try_from(left_ms).unwrap_or(0));
    let (arguments, language) = (&ask.request.arguments, ask.request.language.as_str());
    Call { shop: &ask.shop.program.shop, promise, arguments, key: &ask.key, conversation, language, left }
}

/// What a backend may know a conversation by. Tells nothing about the customer.
fn conversation(ask: &Ask) -> SmolStr {
    smol_str::format_smolstr!("{}-{:016x}", ask.shop.scope.number(), ask.conversation.0)
}

impl Systems {
    async fn asked(&self, ask: Ask) -> Outcome {
        if let Some(outcome) = self.bag(&ask).await {
            return outcome;
        }
        match mapped(&ask) {
            Some((backend, promise)) if ask.query => {
                let outcome = self.query(&ask, backend, promise).await;
                self.followed(&ask, promise, outcome).await
            }
            Some((backend, promise)) => {
                let lasts = backend.mapping.operations.get(&promise.path()).and_then(|operation| operation.lasts);
                match lasts {
                    Some(lasts) => self.linked(&ask, backend, promise, lasts.ms()).await,
                    None => {
                        let outcome = self.rest.ask(backend, call(&ask, promise, &conversation(&ask))).await.outcome;
                        self.settled(&ask, backend, promise, outcome).await
                    }
                }
            }
            None => match self.cashier.ask(&ask).await {
                Some(outcome) => outcome,
                None => self.unnamed(ask).await,
            },
        }
    }

    /// What no system of the shop is named for: the demo answers what it may.
    async fn unnamed(&self, ask: Ask) -> Outcome {
        if let Some(outcome) = self.request(&ask).await {
            return outcome;
        }
        let name = ask.request.name.as_str();
        let contract = name.split_once('.').map_or(name, |(contract, _)| contract);
        match &ask.shop.by_demo {
            Some(allowed) if !allowed.contains(contract) && !allowed.contains(name) => {
                // No map is at hand: the flow asks for the address.
                if name == "customer.locate" {
                    return Outcome::Refused { code: SmolStr::new_static("not_found") };
                }
                tracing::warn!(shop = %ask.shop.slug, operation = %name, "no system of the shop answers this (D723)");
                Outcome::Failed { reason: SmolStr::new_static("no system of the shop answers this") }
            }
            Some(_) | None => self.demo.ask(ask).await,
        }
    }

    async fn looked_up(&self, ask: Ask) -> Fate {
        if bag::of_bag(&ask).is_some() {
            // The same key again does it at most once.
            return Fate::NotDone;
        }
        let Some((backend, promise)) = mapped(&ask) else {
            return match self.cashier.look_up(&ask).await {
                Some(fate) => fate,
                None => self.demo.look_up(ask).await,
            };
        };
        match self.rest.look_up(backend, call(&ask, promise, &conversation(&ask))).await {
            Fate::Done(outcome) => Fate::Done(self.settled(&ask, backend, promise, outcome).await),
            fate @ (Fate::NotDone | Fate::Absent { .. } | Fate::CannotTell) => fate,
        }
    }
}

impl Adapter for Systems {
    async fn ask(&self, ask: Ask) -> Outcome {
        let outcome = self.asked(ask.clone()).await;
        if !ask.query {
            self.cashier.hears(&ask, &outcome).await;
        }
        twice::tell(&self.host, &ask.shop).await;
        outcome
    }

    async fn look_up(&self, ask: Ask) -> Fate {
        let fate = self.looked_up(ask.clone()).await;
        if let Fate::Done(outcome) = &fate {
            self.cashier.hears(&ask, outcome).await;
        }
        twice::tell(&self.host, &ask.shop).await;
        fate
    }
}
