//! What a server of Medusa is asked besides the traps: taxes that are put on top, and an order from the quote to its end.

use serde_json::{Value as Json, json};

use crate::shipped::{Stage, Tried, that};

/// Acts of the recording, and what is asked in each.
pub const ACTS: &[(&str, &str)] = &[("taxes", "OMR"), ("life", "KES")];

pub async fn tried(act: &str, stage: &Stage) -> Tried {
    match act {
        "taxes" => taxes_are_in_every_price_and_rounded_once(stage).await,
        "life" => an_order_is_paid_cancelled_and_never_opened_again(stage).await,
        other => Err(format!("no such act: {other}")),
    }
}

/// Five percent of 20.921 are put on top, and Medusa does not round: 21.96705, and 65.90115 of three.
async fn taxes_are_in_every_price_and_rounded_once(stage: &Stage) -> Tried {
    let shop = stage.shop();
    let product = shop.value("catalog.product", &json!([stage.sku(0)])).await?;
    that(product["price"] == "OMR 21.967", product)?;
    let quoted = stage.quote(&shop, 0, 3).await?;
    that(quoted["total"] == "OMR 65.901" && quoted["lines"][0]["total"] == "OMR 65.901", &quoted)?;
    let held = stage.hold(&shop, &quoted).await?;
    that(held["total"] == "OMR 65.901", held)
}

async fn an_order_is_paid_cancelled_and_never_opened_again(stage: &Stage) -> Tried {
    let shop = stage.shop();
    let customer = json!([{ "first_name": "Amina", "language": "en" }]);
    let quoted = stage.quote(&shop, 0, 2).await?;
    let held = stage.hold(&shop, &quoted).await?;
    let paid = json!({ "url": "https://shop.example/pay", "status": "paid", "amount": "KES 50.00" });
    for again in [false, true] {
        let confirmed = shop.value("orders.confirm", &json!([held, paid])).await?;
        that(confirmed["status"] == "paid", (again, confirmed))?;
    }
    let numbers = |orders: Json| -> Vec<Json> {
        orders.as_array().into_iter().flatten().map(|order| order["number"].clone()).collect()
    };
    let open = numbers(shop.value("orders.cancellable", &customer).await?);
    that(open == [held["number"].clone()] && stage.stock().await == Some(1), open)?;
    // The second time its answer was lost, and it is asked again.
    for again in [false, true] {
        let cancelled = shop.value("orders.cancel", &json!([held])).await?;
        that(cancelled["status"] == "cancelled", (again, cancelled))?;
    }
    shop.ask("orders.release", &json!([held]).to_string(), 60_000, &[]).await;
    that(stage.stock().await == Some(3), "its stock is there again")?;
    let open = numbers(shop.value("orders.cancellable", &customer).await?);
    that(open.is_empty(), open)?;
    let told = stage.hold(&shop, &held).await;
    that(told == Err("refused: price_changed".to_string()), told)
}
