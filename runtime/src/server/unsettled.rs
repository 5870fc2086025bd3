//! Commands of unknown fate, settled afterwards: the shop's own system is asked what became of one, or a person says that it was
//! done. What was done is news of its order, and goes to the conversation as such. Does nothing again.

use std::sync::Arc;

use duka_engine::event::{EventKind, Outcome};
use duka_engine::step::order_number;
use duka_engine::value::Value;
use smol_str::{SmolStr, format_smolstr};

use super::Server;
use super::reconcile::{ask, asked_by, said_of};
use crate::adapter::rest::{Call, status_of};
use crate::host::calls::Fate;
use crate::host::calls::unsettled::Unsettled;
use crate::host::desk::DeskError;
use crate::host::incoming::{Arrival, Arrived, Incoming};
use crate::host::shops::Shop;
use crate::host::writer::Job;
use crate::id::{ElementKey, ShopScope};
use crate::store::QuarantineEntry;

/// How long a person waits for the shop's own system.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(10);

/// Why a command is not settled.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Open {
    #[error("{0}")]
    Untold(&'static str),
    #[error(transparent)]
    Desk(#[from] DeskError),
}

/// Asks once more what became of it. `Ok`: it is settled, done or not. `None`: the entry is no such command.
pub(crate) async fn again(server: &Server, scope: ShopScope, entry: &QuarantineEntry) -> Option<Result<(), Open>> {
    let unsettled = Unsettled::read(entry)?;
    let shop = server.registry.shops.shop(scope)?;
    let age_ms = server.host.clock.now_ms().saturating_sub(entry.at_ms);
    Some(look(server, &shop, &unsettled, age_ms).await)
}

/// `age_ms`: since when nothing of it is on its way.
async fn look(server: &Server, shop: &Arc<Shop>, unsettled: &Unsettled, age_ms: i64) -> Result<(), Open> {
    const UNTOLD: &str = "your system does not say what became of it: look there; then it is `done`, or dropped";
    let program = &shop.program.shop;
    let name = &unsettled.request.name;
    let promise = program.operations.iter().find(|promise| promise.path() == *name).ok_or(Open::Untold(UNTOLD))?;
    let backend = shop.backends.iter().find(|it| it.contract == promise.contract).ok_or(Open::Untold(UNTOLD))?;
    let conversation = conversation(shop, unsettled);
    let (arguments, key) = (&unsettled.request.arguments, unsettled.key.as_str());
    let (conversation, language) = (conversation.as_str(), unsettled.request.language.as_str());
    let call = Call { shop: program, promise, arguments, key, conversation, language, left: PATIENCE };
    match server.rest.look_up(backend, call).await {
        Fate::Done(Outcome::Given(value)) => {
            let found = order_number(&shop.program, &value).zip(status_of(&shop.program, &value));
            match found {
                Some((number, status)) => bring(server, shop, unsettled, number, status, value).await,
                None => Ok(()),
            }
        }
        Fate::Absent { for_ms } if age_ms >= for_ms => Ok(()),
        Fate::Done(_) | Fate::NotDone | Fate::Absent { .. } | Fate::CannotTell => Err(Open::Untold(UNTOLD)),
    }
}

/// It was done, a person says. `order`: the number of the order that it was about, or that it has made; without one, that of the
/// command. `None`: the entry is no such command.
pub(crate) async fn done(
    server: &Server,
    scope: ShopScope,
    entry: &QuarantineEntry,
    order: Option<SmolStr>,
) -> Option<Result<(), Open>> {
    let unsettled = Unsettled::read(entry)?;
    let shop = server.registry.shops.shop(scope)?;
    let of_command = || unsettled.request.arguments.iter().find_map(|it| order_number(&shop.program, it));
    let Some(number) = order.or_else(of_command) else { return Some(Ok(())) };
    let Some((backend, promise, _)) = asked_by(&shop) else { return Some(Ok(())) };
    let conversation = conversation(&shop, &unsettled);
    let answer = ask(server, &shop, (backend, promise), &number, &conversation, PATIENCE).await;
    let told = match said_of(&shop, &number, answer) {
        Some((status, order)) => bring(server, &shop, &unsettled, number, status, order).await,
        None => {
            Err(Open::Untold("your system tells of no such order now: say `order`, its number there, or try again"))
        }
    };
    Some(told)
}

fn conversation(shop: &Shop, unsettled: &Unsettled) -> SmolStr {
    format_smolstr!("{}-{:016x}", shop.scope.number(), unsettled.conversation.0)
}

/// The conversation hears where the order stands, once.
async fn bring(
    server: &Server,
    shop: &Shop,
    unsettled: &Unsettled,
    number: SmolStr,
    status: SmolStr,
    order: Value,
) -> Result<(), Open> {
    let contract = asked_by(shop).map_or("orders", |(backend, ..)| backend.contract.as_str());
    server.cashier.moved(shop, contract, &number, &status).await;
    let key = Some(ElementKey::named("settled", &unsettled.key));
    let incoming = Incoming::event(EventKind::Order { status, key: number, order });
    let what = Arrived::Conversation { id: unsettled.conversation, incoming };
    let received_ms = server.host.clock.now_ms();
    server.desk.commit(Job::Arrivals(vec![Arrival { shop: shop.scope, key, received_ms, what }])).await?;
    Ok(())
}
