//! Whether an order is still what its customer has agreed to pay, asked of the shop's own system: at the tap on Pay, and of what is
//! paid inside the chat, where nobody taps, when its bill is written and when its money has come. What was placed there is bound: only what
//! that system says of the very order counts, not what its things cost today. Takes no money.

use std::sync::Arc;
use std::time::Duration;

use duka_engine::event::Outcome;
use duka_engine::hir::Shop as Program;
use duka_engine::types::Type;
use duka_engine::value::{Money, Value};
use smol_str::{SmolStr, format_smolstr};

use super::Server;
use super::reconcile::{ask, asked_by, bring, said_of};
use crate::adapter::field;
use crate::payments::standing::State;
use crate::payments::{PAID, Seen};
use crate::store;

/// A customer waits for the answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// What has become of an order since its total was agreed to.
enum Became {
    Nothing,
    /// It has ended, or has its money: as its contract says, with this status.
    Over(SmolStr, SmolStr, Value),
    /// It is gone, or its total is another.
    Another(&'static str),
}

/// `false`: the link is dead by now, and the conversation hears why. A system that does not answer keeps nobody from paying: the
/// order is placed there, and money for one that is off is never lost (F86).
///
/// # Errors
/// The store does not answer.
pub(crate) async fn is_as_agreed(server: &Arc<Server>, seen: &Seen) -> store::Result<bool> {
    if seen.payment.state == State::Beginning || !seen.payment.state.is_payable() {
        return Ok(true);
    }
    match became(server, seen).await {
        Became::Nothing => return Ok(true),
        Became::Over(contract, status, order) => over(server, seen, &contract, status, order).await,
        Became::Another(why) => {
            tracing::info!(shop = %seen.shop.slug, order = %seen.row.order, why, "an order changed before it was paid");
            server.cashier.changed(seen, false).await?;
        }
    }
    Ok(false)
}

/// `false`: money has come for an order that is off or another one by now. It is not to be kept, and the conversation hears why.
///
/// # Errors
/// The store does not answer.
pub(crate) async fn is_wanted(server: &Arc<Server>, seen: &Seen) -> store::Result<bool> {
    match became(server, seen).await {
        Became::Nothing => return Ok(true),
        Became::Over(contract, status, order) => over(server, seen, &contract, status, order).await,
        Became::Another(why) => {
            tracing::warn!(shop = %seen.shop.slug, order = %seen.row.order, why, "an order changed before its money came");
            server.cashier.changed(seen, true).await?;
        }
    }
    Ok(false)
}

async fn over(server: &Server, seen: &Seen, contract: &str, status: SmolStr, order: Value) {
    bring(server, &seen.shop, contract, seen.row.order.clone(), status, order).await;
}

async fn became(server: &Arc<Server>, seen: &Seen) -> Became {
    let (shop, number) = (&seen.shop, &seen.row.order);
    let Some((backend, promise, statuses)) = asked_by(shop) else { return Became::Nothing };
    let conversation = format_smolstr!("{}-{:016x}", shop.scope.number(), seen.row.conversation.0);
    let answer = ask(server, shop, (backend, promise), number, &conversation, PATIENCE).await;
    if matches!(&answer, Outcome::Refused { code } if code == "not_found") {
        return Became::Another("it is gone");
    }
    match said_of(shop, number, answer) {
        None => {
            tracing::warn!(shop = %shop.slug, "whether an order can still be paid was not answered; it is paid as it was agreed");
            Became::Nothing
        }
        // One that is packed or sent may still wait for its money.
        Some((status, order)) if statuses.terminal.contains(&status) || status == PAID => {
            Became::Over(backend.contract.clone(), status, order)
        }
        Some((_, order)) if total(&shop.program.shop, &order) == Some(seen.payment.amount) => Became::Nothing,
        Some(_) => Became::Another("its total is another"),
    }
}

fn total(shop: &Program, order: &Value) -> Option<Money> {
    match field(shop, &Type::Record(shop.known_records.order?), order, "total")? {
        Value::Money(total) => Some(*total),
        _ => None,
    }
}
