//! Card numbers taken out of an element before it is kept raw. Reads nothing else of it.

use duka_engine::card::{PLACEHOLDER, is_card, is_in};
use serde_json::Value;
use serde_json::value::RawValue;

/// The same JSON with every text that holds a card number replaced; `None` if there is none. What can not be taken apart is
/// replaced as a whole.
pub fn without_cards(json: &str) -> Option<Box<RawValue>> {
    let Ok(mut value) = serde_json::from_str::<Value>(json) else {
        return is_in(json).then(|| raw(&PLACEHOLDER.into()));
    };
    cleared(&mut value).then(|| raw(&value))
}

fn raw(value: &Value) -> Box<RawValue> {
    serde_json::value::to_raw_value(value).unwrap_or_default()
}

/// Whether something was replaced.
fn cleared(value: &mut Value) -> bool {
    let holds = match value {
        Value::String(text) => is_in(text),
        Value::Number(number) => is_in(&number.to_string()),
        Value::Array(items) => return items.iter_mut().filter_map(|item| cleared(item).then_some(())).count() > 0,
        Value::Object(fields) => {
            let told = fields.iter_mut().filter(|(name, item)| !names_someone(name) || is_no_phone(name, item));
            return told.filter_map(|(_, item)| cleared(item).then_some(())).count() > 0;
        }
        Value::Null | Value::Bool(_) => false,
    };
    if holds {
        *value = PLACEHOLDER.into();
    }
    holds
}

/// Fields of the vendor's own long numbers, which may look like anything.
fn names_someone(field: &str) -> bool {
    field.ends_with("id")
        || matches!(field, "from" | "to" | "phone" | "phone_number" | "display_phone_number" | "timestamp")
}

/// What was written where a contact's phone should be.
fn is_no_phone(field: &str, value: &Value) -> bool {
    field == "phone" && value.as_str().is_some_and(is_card)
}

#[cfg(test)]
mod tests {
    use super::without_cards;

    #[test]
    fn only_what_was_written_is_replaced() {
        for (json, safe) in [
            (r#"{"from":"4111111111111111","id":"4111111111111111","text":{"body":"hi"}}"#, None),
            (
                r#"{"from":"254700","text":{"body":"my card \u0664111 1111 1111 1111"}}"#,
                Some(r#"{"from":"254700","text":{"body":"[card number removed]"}}"#),
            ),
            (r#"{"odd":[4111111111111111,7]}"#, Some(r#"{"odd":["[card number removed]",7]}"#)),
            (r#"{"phones":[{"phone":"+49 151 23456780"}]}"#, None),
            (
                r#"{"phones":[{"phone":"4111 1111 1111 1111"}]}"#,
                Some(r#"{"phones":[{"phone":"[card number removed]"}]}"#),
            ),
        ] {
            assert_eq!(without_cards(json).as_ref().map(|it| it.get()), safe, "{json}");
        }
    }
}
