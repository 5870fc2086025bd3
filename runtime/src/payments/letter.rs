//! Payments as conversations know them: the order in a call's arguments, the payment in its result and in events.

use duka_engine::contract::{decode, write_money};
use duka_engine::event::{EventKind, Outcome};
use duka_engine::program::Program;
use duka_engine::step::order_number;
use duka_engine::types::Type;
use duka_engine::value::{Money, Value};
use serde_json::json;
use smol_str::SmolStr;

use super::standing::Payment;
use crate::host::calls::Ask;

/// What a call wants to be paid.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    pub order: SmolStr,
    pub total: Money,
}

/// The order of a call. `None`: it has no number or no total.
pub fn wanted(ask: &Ask) -> Option<Wanted> {
    let program = &ask.shop.program;
    let record = program.shop.known_records.order?;
    let (at, _) = program.shop.records.get(usize::from(record.0))?.field("total")?;
    ask.request.arguments.iter().find_map(|argument| {
        let order = order_number(program, argument)?;
        let Value::Record(fields) = argument else { return None };
        let Value::Money(total) = fields.get(usize::from(at))? else { return None };
        Some(Wanted { order, total: *total })
    })
}

/// The amount that a call names, if it names one.
pub fn amount(ask: &Ask) -> Option<Money> {
    ask.request
        .arguments
        .iter()
        .find_map(|argument| if let Value::Money(money) = argument { Some(*money) } else { None })
}

fn value(program: &Program, order: &str, payment: &Payment, status: &str, url: &str) -> Result<Value, String> {
    let record = program.shop.known_records.payment.ok_or("the shop's contracts have no `payment`")?;
    let json = json!({
        "url": url, "status": status, "amount": write_money(payment.amount), "order": order, "provider": payment.provider,
    });
    decode(&program.shop, &Type::Record(record), &json).map_err(|error| format!("payment: {error}"))
}

/// The result of a call.
pub fn given(program: &Program, order: &str, payment: &Payment, status: &str, url: &str) -> Outcome {
    match value(program, order, payment, status, url) {
        Ok(value) => Outcome::Given(value),
        Err(reason) => Outcome::Failed { reason: reason.into() },
    }
}

/// What the conversation hears. The order is what it knows itself.
pub fn event(program: &Program, order: &SmolStr, payment: &Payment, status: &'static str, url: &str) -> EventKind {
    let value = value(program, order, payment, status, url).unwrap_or_default();
    EventKind::Payment { status: SmolStr::new_static(status), key: order.clone(), order: Value::None, payment: value }
}
