//! What happens to orders around their money, and what is said of stock: the shop's own system has the last word, and no call of ours
//! takes it back.

use serde_json::{Value as Json, json};

use crate::mapped::Mapped;
use crate::shipped::{KINDS, Stage, Tried, that};
use crate::vendor::Thing;

/// What can be ordered is never called sold out, and what was sold more often than it was there is.
pub async fn stock_and_its_words_agree(stage: &Stage) -> Tried {
    let shop = stage.shop();
    let seen = async || {
        let product = shop.value("catalog.product", &json!([stage.sku(0)])).await?;
        let words = product["stock_text"].as_str().unwrap_or("").to_string();
        Ok::<_, String>((product["stock"].as_i64().unwrap_or(-1), words))
    };
    stage.sells("25.00", 0).await;
    let (stock, words) = seen().await?;
    that(stock == 0 && words == "sold out", (stock, words))?;
    // A server counts no less than nothing.
    if stage.real.is_some() {
        return Ok(());
    }
    stage.sells("25.00", -2).await;
    let (stock, words) = seen().await?;
    that(stock == 0 && words == "sold out", (stock, words))?;
    for left in [0, -2] {
        stage.sells("25.00", left).await;
        stage.vendor.world().things.get_mut(&11).ok_or("a thing")?.backorder = true;
        let (stock, words) = seen().await?;
        that(stock > 0 && words != "sold out", (left, stock, words))?;
    }
    Ok(())
}

fn money_for(order: &Json) -> Json {
    json!([order, { "url": "https://shop.example/pay", "status": "paid", "amount": order["total"] }])
}

async fn status_of(shop: &Mapped, order: &Json) -> Result<Json, String> {
    Ok(shop.value("orders.one", &json!([order["number"]])).await?["status"].clone())
}

pub async fn what_is_paid_arrives(stage: &Stage) -> Tried {
    let shop = stage.shop();
    let quoted = stage.quote(&shop, 0, 1).await?;
    let held = stage.hold(&shop, &quoted).await?;
    for again in [false, true] {
        let confirmed = shop.value("orders.confirm", &money_for(&held)).await?;
        that(confirmed["status"] == "paid", (again, confirmed))?;
        let status = status_of(&shop, &held).await?;
        that(status == "paid", (again, status))?;
    }
    that(stage.stock().await == Some(2), stage.stock().await)
}

/// Plugins of WooCommerce have words of their own for what is paid.
#[tokio::test]
async fn an_order_that_a_plugin_moves_on_is_confirmed_and_one_that_is_over_is_not() {
    let kind = KINDS.iter().find(|kind| kind.name == "woocommerce").expect("it is shipped");
    for (word, is_fine) in
        [("preparing", true), ("wc-packed", true), ("cancelled", false), ("trash", false), ("failed", false)]
    {
        let stage = Stage::of(kind, "KES").await;
        stage.vendor.world().moves_on = Some(word);
        let shop = stage.shop();
        let quoted = stage.quote(&shop, 0, 1).await.expect("a quote");
        let held = stage.hold(&shop, &quoted).await.expect("it is held");
        let told = shop.value("orders.confirm", &money_for(&held)).await;
        assert_eq!(told.is_ok(), is_fine, "{word}: {told:?}");
    }
}

pub async fn money_for_what_was_let_go_confirms_nothing(stage: &Stage) -> Tried {
    let shop = stage.shop();
    let quoted = stage.quote(&shop, 0, 1).await?;
    // Not paid: where the shop takes the money itself, there is no order then.
    let held = shop.value("orders.hold", &json!([quoted])).await?;
    let told = shop.ask("orders.release", &json!([held]).to_string(), 60_000, &[]).await;
    that(told.is_empty(), told)?;
    let told = shop.value("orders.confirm", &money_for(&held)).await;
    that(told.is_err() && stage.placed().await == 0 && stage.stock().await == Some(3), told)
}

pub async fn letting_go_undoes_nothing_that_is_paid(stage: &Stage) -> Tried {
    let shop = stage.shop();
    let quoted = stage.quote(&shop, 0, 1).await?;
    let held = stage.hold(&shop, &quoted).await?;
    shop.value("orders.confirm", &money_for(&held)).await?;
    for status in ["paid", "shipped"] {
        let told = shop.ask("orders.release", &json!([held]).to_string(), 60_000, &[]).await;
        that(told.is_empty(), (status, told))?;
        let found = status_of(&shop, &held).await?;
        that(found == status && stage.stock().await == Some(2), (status, found, stage.stock().await))?;
        if status == "paid" {
            stage.ships().await;
        }
    }
    Ok(())
}

pub async fn what_has_sizes_is_none_of_them(stage: &Stage) -> Tried {
    let shop = stage.shop();
    let dress = Thing { name: "Kanga dress", price: "20.00".to_string(), has_sizes: true, ..Thing::default() };
    stage.vendor.world().things.insert(13, dress);
    let product = shop.value("catalog.product", &json!(["13"])).await?;
    that(product["has_variants"] == true, &product)?;
    let line = json!({ "sku": "13", "name": "One", "quantity": 1, "price": "KES 20.00", "total": "KES 20.00" });
    let cart = json!([{ "lines": [line], "total": "KES 20.00", "count": 1 }, null, null, null]);
    let told = shop.value("orders.quote", &cart).await;
    that(told == Err("refused: refused".to_string()) && stage.vendor.world().orders.is_empty(), told)
}

pub async fn lines_and_delivery_are_the_total(stage: &Stage) -> Tried {
    stage.vendor.world().tax = 16;
    let shop = stage.shop();
    let line = json!({ "sku": stage.sku(0), "name": "One", "quantity": 3, "price": "KES 1.00", "total": "KES 3.00" });
    let cart = json!({ "lines": [line], "total": "KES 3.00", "count": 3 });
    let zone = json!({ "id": "near", "name": "Near", "fee": "KES 5.00" });
    let quoted = shop.value("orders.quote", &json!([cart, null, zone, null])).await?;
    let lines = &quoted["lines"][0];
    that(lines["price"] == "KES 25.00" && lines["total"] == "KES 75.00", &quoted)?;
    let cents = |money: &Json| -> i64 {
        money.as_str().and_then(|text| text.strip_prefix("KES ")?.replace('.', "").parse().ok()).unwrap_or(-1)
    };
    that(cents(&quoted["total"]) == cents(&lines["total"]) + cents(&quoted["delivery_fee"]), &quoted)?;
    // Asked anew just before it is held, it is the same.
    let held = shop.value("orders.hold", &json!([quoted])).await?;
    that(held["total"] == quoted["total"], held)
}
