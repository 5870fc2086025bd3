//! Whether an order that a backend made is the one that the customer has confirmed (I14): the same things, as many of
//! them, for the same total. Decides nothing else.

use duka_engine::hir::{Operation as Promise, Shop};
use duka_engine::types::Type;
use duka_engine::value::Value;
use smol_str::SmolStr;

const PRICE: &str = "price_changed";
const STOCK: &str = "short_stock";

/// The refusal that an order deserves; `None`: it is as it was confirmed, or the operation promises no such refusal.
pub fn differs(shop: &Shop, promise: &Promise, arguments: &[Value], given: &Value) -> Option<SmolStr> {
    let ty = Type::Record(shop.known_records.order?);
    let refuses = |code: &str| promise.fails.iter().any(|known| known == code);
    if promise.gives.as_ref() != Some(&ty) || !refuses(PRICE) {
        return None;
    }
    let at = promise.takes.iter().position(|parameter| parameter.ty == ty)?;
    let confirmed = arguments.get(at)?;
    let (wanted, made) = (lines(shop, &ty, confirmed), lines(shop, &ty, given));
    if !made.is_empty() && wanted != made {
        return Some(SmolStr::new_static(if refuses(STOCK) { STOCK } else { PRICE }));
    }
    let totals = (field(shop, &ty, confirmed, "total"), field(shop, &ty, given, "total"));
    (totals.0 != totals.1).then(|| SmolStr::new_static(PRICE))
}

/// A field of a record by its name.
pub(crate) fn field<'a>(shop: &Shop, ty: &Type, value: &'a Value, name: &str) -> Option<&'a Value> {
    let (Type::Record(id), Value::Record(fields)) = (ty, value) else { return None };
    let (at, _) = shop.records.get(usize::from(id.0))?.field(name)?;
    fields.get(usize::from(at))
}

/// Number and quantity of each line, in one order.
fn lines(shop: &Shop, order: &Type, value: &Value) -> Vec<(String, String)> {
    let (Type::Record(id), Some(Value::List(lines))) = (order, field(shop, order, value, "lines")) else {
        return Vec::new();
    };
    let record = shop.records.get(usize::from(id.0));
    let Some(Type::List(line)) = record.and_then(|it| it.field("lines")).map(|(_, field)| &field.ty) else {
        return Vec::new();
    };
    let shown = |value: &Value, name: &str| match field(shop, line, value, name) {
        Some(Value::Text(text)) => text.to_string(),
        Some(Value::Number(number)) => number.normalize().to_string(),
        Some(_) | None => String::new(),
    };
    let mut lines: Vec<_> = lines.iter().map(|value| (shown(value, "sku"), shown(value, "quantity"))).collect();
    lines.sort();
    lines
}
