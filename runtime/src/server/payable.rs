//! Whether an order is still what its customer has agreed to pay, asked of the shop's own system at the tap on Pay. What was placed
//! there is bound: only what that system says of the very order counts, not what its things cost today. Takes no money.

use std::sync::Arc;
use std::time::Duration;

use duka_engine::event::Outcome;
use duka_engine::hir::Shop as Program;
use duka_engine::types::Type;
use duka_engine::value::{Money, Value};
use smol_str::format_smolstr;

use super::Server;
use super::reconcile::{ask, asked_by, bring, said_of};
use crate::adapter::field;
use crate::payments::Seen;
use crate::payments::standing::State;
use crate::store;

/// A customer waits for the answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// `false`: the link is dead by now, and the conversation hears why. A system that does not answer keeps nobody from paying: the
/// order is placed there, and money for one that is off is never lost (F86).
///
/// # Errors
/// The store does not answer.
pub(super) async fn is_as_agreed(server: &Arc<Server>, seen: &Seen) -> store::Result<bool> {
    let (shop, payment, number) = (&seen.shop, &seen.payment, &seen.row.order);
    let is_begun = payment.state == State::Beginning || !payment.state.is_payable();
    let Some((backend, promise, statuses)) = asked_by(shop).filter(|_| !is_begun) else { return Ok(true) };
    let conversation = format_smolstr!("{}-{:016x}", shop.scope.number(), seen.row.conversation.0);
    let answer = ask(server, shop, (backend, promise), number, &conversation, PATIENCE).await;
    let why = match answer {
        Outcome::Refused { code } if code == "not_found" => "it is gone",
        answer => match said_of(shop, number, answer) {
            None => {
                tracing::warn!(shop = %shop.slug, "whether an order can still be paid was not answered; it is paid as it was agreed");
                return Ok(true);
            }
            Some((status, order)) if statuses.terminal.contains(&status) => {
                bring(server, shop, &backend.contract, number.clone(), status, order).await;
                return Ok(false);
            }
            Some((_, order)) if total(&shop.program.shop, &order) == Some(payment.amount) => return Ok(true),
            Some(_) => "its total is another",
        },
    };
    tracing::info!(shop = %shop.slug, order = %number, why, "an order changed between its link and the tap on Pay");
    server.cashier.changed(seen).await?;
    Ok(false)
}

fn total(shop: &Program, order: &Value) -> Option<Money> {
    match field(shop, &Type::Record(shop.known_records.order?), order, "total")? {
        Value::Money(total) => Some(*total),
        _ => None,
    }
}
