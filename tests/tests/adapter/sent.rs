//! The parcels that a vendor's shop has of an order: all of them, each where it is, with the code that customers are sent.

use serde_json::{Value as Json, json};

use crate::mapped::Mapped;
use crate::shipped::{KINDS, Stage};

/// Two parcels of an order, the first of them there, and one that was voided; as the vendor has them.
fn fulfilments(kind: &str) -> Json {
    match kind {
        "medusa" => {
            let of = |number: &str, shipped: Json, delivered: Json, canceled: Json| {
                json!({
                    "shipped_at": shipped, "delivered_at": delivered, "canceled_at": canceled,
                    "labels": [{ "tracking_number": number, "tracking_url": "https://track.example/1" }],
                })
            };
            let at = json!("2026-11-21T08:30:00Z");
            json!([
                of("A1", at.clone(), at.clone(), Json::Null),
                of("A2", at.clone(), Json::Null, Json::Null),
                of("A3", Json::Null, Json::Null, at),
            ])
        }
        _ => {
            let of = |number: &str, status: Json| {
                let info = json!({ "company": "Aramex", "number": number, "url": "https://track.example/1" });
                json!({ "displayStatus": status, "trackingInfo": [info, { "company": "Aramex", "number": null, "url": null }] })
            };
            json!([of("A1", json!("DELIVERED")), of("A2", Json::Null), of("A3", json!("CANCELED"))])
        }
    }
}

#[tokio::test]
async fn all_parcels_of_an_order_are_told_with_their_codes() {
    for (name, carrier) in [("medusa", ""), ("shopify", "Aramex")] {
        let kind = KINDS.iter().find(|kind| kind.name == name).expect("a kind");
        let stage = Stage::of(kind, "KES").await;
        let adapters = format!("{}, parcels: {} }}", stage.adapters().trim_end_matches(" }"), kind.name);
        let shop = Mapped::known("KES", &adapters, &Stage::secrets());
        let quoted = stage.quote(&shop, 0, 1).await.expect("a quote");
        let held = stage.hold(&shop, &quoted).await.expect("it is held");
        for order in stage.vendor.world().orders.values_mut() {
            order["fulfillments"] = fulfilments(kind.name);
        }
        let told = shop.value("parcels.of_order", &json!([held["number"]])).await.expect("parcels");
        let parcels: Vec<String> = told
            .as_array()
            .expect("a list")
            .iter()
            .map(|it| format!("{} {} {}", it["carrier"], it["number"], it["status"]).replace('"', ""))
            .collect();
        let expected = ["A1 delivered", "A2 picked_up", "A3 cancelled"].map(|it| format!("{carrier} {it}"));
        assert_eq!(parcels, expected, "{}", kind.name);
        let order = shop.value("orders.one", &json!([held["number"]])).await.expect("an order");
        assert_eq!(order["tracking_code"], "A1", "{}: {order}", kind.name);
        assert_eq!(order["carrier"].as_str().unwrap_or_default(), carrier, "{}: {order}", kind.name);
    }
}
