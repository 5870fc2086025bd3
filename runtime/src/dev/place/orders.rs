//! The orders of a conversation, as the demo of its shop and the rows of payments have them, and what can be done to each.

use duka_engine::contract::parse_money;
use duka_engine::locale::money_in_english;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::dev::house::House;
use crate::payments::standing::{Payment, State};
use crate::server::Server;
use crate::shops::Served;
use crate::store::{self, Conversation};

/// One order.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Order {
    pub reference: String,
    /// `placed`, `paid`, `shipped`, …; `quoted`: its goods were let go, because it was not paid.
    pub state: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<String>,
    /// How its newest payment stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tracking: Option<String>,
    /// `pay`, `fail`, `expire`, `late`, `cancel`, `ship`, `deliver`, `return`, `refund`
    pub actions: Vec<&'static str>,
}

/// What was ordered here, the newest first.
pub async fn of(
    house: &House,
    server: &Server,
    served: &Served,
    row: &Conversation,
) -> Result<Vec<Order>, store::Error> {
    let mut orders = Vec::new();
    for order in house.around.demo.orders(served.scope, row.id) {
        let text = |name: &str| order.get(name).and_then(Value::as_str).unwrap_or_default().to_string();
        let (reference, state) = (text("number"), text("status"));
        if reference.is_empty() {
            continue;
        }
        let payment = payment(server, served, row, &reference).await?;
        // One that was let go is a quote again, and still what was ordered.
        if state == "quoted" && payment.is_none() {
            continue;
        }
        orders.push(Order {
            actions: actions(&state, payment.as_ref()),
            total: parse_money(&text("total")).map(money_in_english),
            paid: payment.map(|payment| stands(payment.state)),
            tracking: Some(text("tracking")).filter(|tracking| !tracking.is_empty()),
            reference,
            state,
        });
    }
    Ok(orders)
}

/// The newest payment of an order of this conversation; of one that was let go, the last that may still come late.
pub async fn payment(
    server: &Server,
    served: &Served,
    row: &Conversation,
    order: &str,
) -> Result<Option<Payment>, store::Error> {
    let rows = server.host.store.read(served.scope).await?.payments_of(served.scope, order).await?;
    let own = rows.into_iter().filter(|payment| payment.conversation == row.id);
    let mut known: Vec<Payment> = own.filter_map(|row| Payment::decode(&row.body)).collect();
    // A newer one takes the place of the others.
    let at = known.iter().position(|payment| !matches!(payment.state, State::Replaced | State::Cancelled));
    let at = at.or_else(|| known.iter().position(may_come_late));
    Ok(at.map(|at| known.swap_remove(at)))
}

/// Whether the provider knows a payment whose link is over, so that its customer may just have paid.
pub fn may_come_late(payment: &Payment) -> bool {
    matches!(payment.state, State::Expired | State::Replaced) && begun(payment).is_some()
}

/// The provider's own name for a payment, once it has begun it.
pub fn begun(payment: &Payment) -> Option<String> {
    payment.references.last().filter(|known| !known.is_empty()).map(ToString::to_string)
}

/// A link without a newer one was not replaced: its goods were let go.
fn stands(state: State) -> String {
    format!("{:?}", if state == State::Replaced { State::Expired } else { state }).to_lowercase()
}

fn actions(state: &str, payment: Option<&Payment>) -> Vec<&'static str> {
    let stands = payment.map(|payment| payment.state);
    let is_payable = stands.is_some_and(State::is_payable);
    let is_settled = stands.is_some_and(|state| state.is_money() || state == State::Cash);
    let refund = (stands == Some(State::Paid)).then_some("refund");
    match state {
        "placed" if is_payable => vec!["pay", "fail", "expire", "cancel"],
        "placed" | "paid" | "packed" if is_settled => vec!["ship", "deliver", "cancel"],
        "paid" | "packed" => vec!["ship", "deliver", "cancel"],
        "shipped" | "out_for_delivery" => vec!["deliver"],
        "delivered" => [Some("return"), refund].into_iter().flatten().collect(),
        "returned" | "cancelled" => refund.into_iter().collect(),
        _ if is_payable => vec!["pay", "fail", "expire"],
        _ if payment.is_some_and(may_come_late) => vec!["late"],
        _ => Vec::new(),
    }
}
