//! Orders in messages: their parts, and sums that add up
//! (<https://developers.facebook.com/docs/whatsapp/cloud-api/payments-api/payments-in>, checked 2026-08-01).

use serde_json::Value;

use super::Checked;
use super::fields::{array_in, object, one_of, required};
use crate::dev_graph::refusal::Refusal;

/// Brazil allows 60, India 35.
const REFERENCE: usize = 60;
const ITEM_NAME: usize = 60;
const NOTE: usize = 120;
const ITEMS: usize = 1000;

const STATUSES: [&str; 6] = ["pending", "processing", "partially_shipped", "shipped", "completed", "canceled"];

pub fn details(parameters: &Value) -> Checked<()> {
    reference(parameters)?;
    one_of(required(parameters, "type", 32, "type")?, &["digital-goods", "physical-goods"], "type")?;
    required(parameters, "currency", 3, "currency")?;
    let order = object(parameters, "order")?;
    let mut subtotal = 0;
    for item in array_in(order, "items", 1, ITEMS)? {
        required(item, "name", ITEM_NAME, "Item name")?;
        let price =
            if item.get("sale_amount").is_some() { amount(item, "sale_amount")? } else { amount(item, "amount")? };
        let quantity = item.get("quantity").and_then(Value::as_i64).ok_or_else(|| Refusal::missing("quantity"))?;
        subtotal += price.saturating_mul(quantity);
    }
    if amount(order, "subtotal")? != subtotal {
        return Err(Refusal::invalid("subtotal is not the sum of the items."));
    }
    let optional = |key| if order.get(key).is_some() { amount(order, key) } else { Ok(0) };
    let total = subtotal + optional("tax")? + optional("shipping")? - optional("discount")?;
    if amount(parameters, "total_amount")? != total {
        return Err(Refusal::invalid("total_amount is not subtotal + tax + shipping - discount."));
    }
    Ok(())
}

pub fn status(parameters: &Value) -> Checked<()> {
    reference(parameters)?;
    let order = object(parameters, "order")?;
    one_of(required(order, "status", 32, "order.status")?, &STATUSES, "order.status")?;
    super::fields::optional(order, "description", NOTE, "Description").map(drop)
}

fn reference(parameters: &Value) -> Checked<()> {
    let reference = required(parameters, "reference_id", REFERENCE, "reference_id")?;
    if reference.bytes().all(|letter| letter.is_ascii_alphanumeric() || b"_.-".contains(&letter)) {
        return Ok(());
    }
    Err(Refusal::invalid("reference_id has only letters, digits, `_`, `.` and `-`."))
}

/// Hundredths, whatever the currency.
fn amount(parent: &Value, key: &str) -> Checked<i64> {
    let amount = object(parent, key)?;
    let value = amount.get("value").and_then(Value::as_i64);
    let offset = amount.get("offset").and_then(Value::as_i64);
    match (value, offset) {
        (Some(value), Some(100)) => Ok(value),
        (_, _) => Err(Refusal::invalid(format!("{key} needs an integer value and offset 100."))),
    }
}
