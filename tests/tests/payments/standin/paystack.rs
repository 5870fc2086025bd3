//! Paystack as a stand-in: a reference begins once, a refund is done as often as it is asked for and takes days.

use std::sync::atomic::Ordering;

use serde_json::{Value as Json, json};

use super::{Item, StandIn, Told, text, whole};

pub fn of_paystack(stand_in: &StandIn, parts: &[&str], json: &Json, query: &str) -> Told {
    match parts {
        ["refund"] if query.is_empty() => {
            let (key, id) = (text(json, "/merchant_note"), text(json, "/transaction"));
            let amount = json["amount"].as_i64().expect("an amount");
            let back = stand_in.give_back(|item| paystack_id(item).to_string() == id, &key, amount);
            let gone = (404, json!({ "status": false }));
            back.map_or(gone, |(_, count)| {
                (200, json!({ "status": true, "data": { "id": count, "status": "processing" } }))
            })
        }
        ["refund"] => {
            let id = query.split_once('=').map_or("", |(_, id)| id);
            let item = stand_in.find(|item| paystack_id(item).to_string() == id);
            let settled = stand_in.settled.load(Ordering::Relaxed);
            // Done in days; until then it is only listed.
            let one = |(at, (note, part)): (usize, (String, i64))| {
                let status = if at < settled { "processed" } else { "pending" };
                json!({ "id": at + 1, "amount": part, "currency": "KES", "status": status, "merchant_note": note })
            };
            let back = item.map(|item| item.back).unwrap_or_default();
            (200, json!({ "status": true, "data": back.into_iter().enumerate().map(one).collect::<Vec<_>>() }))
        }
        ["transaction", "initialize"] => {
            let ours = text(json, "/reference");
            if stand_in.find(|item| item.ours == ours).is_some() {
                return (400, json!({ "status": false, "message": "Duplicate Transaction Reference" }));
            }
            let (amount, currency) = (text(json, "/amount"), text(json, "/currency"));
            let item = stand_in.begin(&ours, amount, currency, String::new(), json.clone());
            let data = json!({ "authorization_url": "http://127.0.0.1:1/paystack", "access_code": "1", "reference": item.ours });
            (200, json!({ "status": true, "message": "Authorization URL created", "data": data }))
        }
        ["transaction", "verify", ours] => {
            let gone = (404, json!({ "status": false, "message": "Transaction reference not found" }));
            stand_in
                .find(|item| item.ours == *ours)
                .map_or(gone, |item| (200, json!({ "status": true, "data": paystack(&item) })))
        }
        _ => (404, json!({})),
    }
}

/// Its own name for a payment.
fn paystack_id(item: &Item) -> usize {
    item.id.rsplit('_').next().and_then(|number| number.parse().ok()).unwrap_or(0)
}

pub fn paystack(item: &Item) -> Json {
    let status = match item.status {
        "paid" => "success",
        "refunded" => "reversed",
        "failed" => "failed",
        _ => "abandoned",
    };
    json!({ "id": paystack_id(item), "status": status, "reference": item.ours, "amount": whole(item), "currency": item.currency })
}
