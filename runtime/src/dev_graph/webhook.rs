//! Webhooks as Meta sends them: the envelope, the way it writes JSON, and the signature over those bytes.

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use smol_str::SmolStr;

use super::plan::Number;

/// A POST to the callback.
#[derive(Clone, Debug, PartialEq)]
pub struct Webhook {
    pub number: SmolStr,
    pub body: Vec<u8>,
    /// The `X-Hub-Signature-256` header.
    pub signature: String,
    /// How often it was tried in vain.
    pub tries: u32,
}

/// `sha256=` and the hexadecimal HMAC of the body.
pub fn signature(secret: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(body);
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}

/// JSON as Meta writes it: everything beyond ASCII as `\uXXXX`, and `/` as `\/`.
pub(super) fn vendor_json(value: &Value) -> Vec<u8> {
    let plain = value.to_string();
    let mut bytes = Vec::with_capacity(plain.len() + plain.len() / 8);
    for letter in plain.chars() {
        match letter {
            '/' => bytes.extend_from_slice(b"\\/"),
            letter if letter.is_ascii() => bytes.push(letter as u8),
            letter => {
                for unit in letter.encode_utf16(&mut [0; 2]) {
                    bytes.extend_from_slice(format!("\\u{unit:04x}").as_bytes());
                }
            }
        }
    }
    bytes
}

impl Webhook {
    pub(super) fn signed(number: &Number, secret: &str, envelope: &Value) -> Webhook {
        Webhook::of_bytes(number, secret, vendor_json(envelope))
    }

    /// Any bytes, signed as they are.
    pub(super) fn of_bytes(number: &Number, secret: &str, body: Vec<u8>) -> Webhook {
        let secret = if number.secret.is_empty() { secret } else { &number.secret };
        Webhook { number: number.id.clone(), signature: signature(secret, &body), body, tries: 0 }
    }

    /// The ids of the messages whose statuses it brings.
    pub(super) fn told(&self) -> Vec<String> {
        let Ok(body) = serde_json::from_slice::<Value>(&self.body) else { return Vec::new() };
        let statuses = body.pointer("/entry/0/changes/0/value/statuses").and_then(Value::as_array);
        let ids = statuses.into_iter().flatten().filter_map(|status| status["id"].as_str());
        ids.map(str::to_string).collect()
    }
}

/// A webhook of the field `messages`; `parts` are `contacts`, `messages`, `statuses`.
pub(super) fn messages(number: &Number, parts: Vec<(&str, Vec<Value>)>) -> Value {
    let mut value = json!({
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": number.display.as_str(), "phone_number_id": number.id.as_str()},
    });
    for (name, elements) in parts.into_iter().filter(|(_, elements)| !elements.is_empty()) {
        if let Some(fields) = value.as_object_mut() {
            fields.insert(name.to_string(), Value::Array(elements));
        }
    }
    json!({"object": "whatsapp_business_account", "entry": [
        {"id": number.waba.as_str(), "changes": [{"value": value, "field": "messages"}]}
    ]})
}

/// A webhook of an account-level field.
pub(super) fn account(number: &Number, now_ms: i64, field: &str, value: Value) -> Value {
    json!({"object": "whatsapp_business_account", "entry": [
        {"id": number.waba.as_str(), "time": now_ms.div_euclid(1000), "changes": [{"value": value, "field": field}]}
    ]})
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{signature, vendor_json};

    #[test]
    fn json_is_escaped_as_the_vendor_escapes_it() {
        let bytes = vendor_json(&json!({"a": "é/😀\n"}));
        assert_eq!(String::from_utf8_lossy(&bytes), r#"{"a":"\u00e9\/\ud83d\ude00\n"}"#);
    }

    /// The well-known vector of RFC 4231, test case 2.
    #[test]
    fn a_signature_is_the_hmac_of_the_bytes() {
        assert_eq!(
            signature("Jefe", b"what do ya want for nothing?"),
            "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }
}
