//! Each call to the system that its shop has for its contract: a merchant's own, or the demo. Keeps the demo's worlds.

use std::time::Duration;

use duka_engine::event::Outcome;
use duka_engine::hir::Operation as Promise;
use smol_str::SmolStr;

use super::rest::{Backend, Call, Rest};
use crate::host::calls::{Adapter, Ask, DemoAdapter, Fate};

/// All systems of all shops.
#[derive(Debug)]
pub struct Systems {
    demo: DemoAdapter,
    rest: Rest,
}

impl Systems {
    pub fn new(rest: Rest) -> Systems {
        Systems { demo: DemoAdapter::default(), rest }
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
    Call { shop: &ask.shop.program.shop, promise, arguments: &ask.request.arguments, key: &ask.key, conversation, left }
}

/// What a backend may know a conversation by. Tells nothing about the customer.
fn conversation(ask: &Ask) -> SmolStr {
    smol_str::format_smolstr!("{}-{:016x}", ask.shop.scope.number(), ask.conversation.0)
}

impl Adapter for Systems {
    async fn ask(&self, ask: Ask) -> Outcome {
        match mapped(&ask) {
            Some((backend, promise)) => self.rest.ask(backend, call(&ask, promise, &conversation(&ask))).await.outcome,
            None => self.demo.ask(ask).await,
        }
    }

    async fn look_up(&self, ask: Ask) -> Fate {
        match mapped(&ask) {
            Some((backend, promise)) => self.rest.look_up(backend, call(&ask, promise, &conversation(&ask))).await,
            None => self.demo.look_up(ask).await,
        }
    }
}
