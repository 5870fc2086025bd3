//! Values as people who look into a conversation read them: short, in the shop's own names. Not for customers, who are
//! shown values in their language.

use crate::analysis::path::duration;
use crate::contract::write_date;
use crate::hir::Shop;
use crate::locale::money_in_english;
use crate::types::Type;
use crate::value::Value;

/// Records with the names of their fields, lists with their items, what is not set left out.
pub fn shown(shop: &Shop, value: &Value, ty: &Type) -> String {
    match (value, ty) {
        (Value::Record(fields), Type::Record(record)) => {
            let record = shop.records.get(usize::from(record.0));
            let declared = record.map(|record| record.fields.as_slice()).unwrap_or(&[]);
            let fields = declared.iter().zip(fields.iter()).filter(|(_, value)| **value != Value::None);
            let fields: Vec<String> =
                fields.map(|(field, value)| format!("{}: {}", field.name, shown(shop, value, &field.ty))).collect();
            format!("{{ {} }}", fields.join(", "))
        }
        (Value::List(items), Type::List(of)) => {
            let items: Vec<String> = items.iter().map(|item| shown(shop, item, of)).collect();
            format!("[{}]", items.join(", "))
        }
        (value, _) => plain(value),
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::None => "none".to_string(),
        Value::YesNo(yes) => if *yes { "yes" } else { "no" }.to_string(),
        Value::Number(number) => number.to_string(),
        Value::Money(money) => money_in_english(*money),
        Value::Text(text) => text.to_string(),
        Value::Date(days) => write_date(*days),
        Value::Time(minutes) => format!("{:02}:{:02}", minutes / 60, minutes % 60),
        Value::Moment(ms) => jiff::Timestamp::from_millisecond(*ms).map(|at| at.to_string()).unwrap_or_default(),
        Value::Duration(ms) => duration(*ms),
        Value::Media(media) => media.source.to_string(),
        Value::List(items) => format!("{} items", items.len()),
        Value::Record(fields) => format!("{} fields", fields.len()),
    }
}
