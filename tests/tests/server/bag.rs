//! The boutique with the merchant's own catalogue and orders, and no bag of its own: Duka keeps it, and every price in it is
//! the catalogue's of that moment.

use std::sync::Arc;

use duka_runtime::api::{self, Scope};
use serde_json::json;

use crate::api::key;
use crate::backend::Merchant;
use crate::merchant::{boutique_of, plays};
use crate::stage::{CUSTOMER, Stage};

async fn stage(cart: &str) -> (Arc<Merchant>, Stage) {
    let merchant = Arc::new(Merchant::default());
    let place = merchant.start().await;
    let stage = boutique_of(&place, cart, &[]).await;
    (merchant, stage)
}

async fn sees(stage: &mut Stage, expected: &str) {
    let shown = stage.sees().await["text"].as_str().unwrap_or("").to_string();
    assert!(shown.contains(expected), "expected {expected}: {shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shop_without_a_bag_sells_by_the_one_that_duka_keeps() {
    let (merchant, mut stage) = stage("").await;
    plays(&mut stage).await;
    // Somebody raises the price before the customer pays: the order is given back, and the bag has today's.
    merchant.sells("K/7 %", 320_000, 9);
    stage.taps("Pay").await;
    sees(&mut stage, "Something in your bag has just changed").await;
    sees(&mut stage, "Total *KES 6,400*").await;
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cart_that_was_sent_becomes_the_bag_at_our_prices_and_goes_with_its_customer() {
    let (_merchant, mut stage) = stage("  cart: duka\n").await;
    stage.writes("hi").await;
    sees(&mut stage, "Welcome to *Zuri Boutique*").await;
    let item = |sku: &str, quantity: u32| json!({ "product_retailer_id": sku, "quantity": quantity, "item_price": 1, "currency": "KES" });
    let items = [item("K/7 %", 2), item("K-8", 5), item("of another shop", 1)];
    stage.does(&json!({ "order": { "catalog_id": "1", "product_items": items } })).await;
    // Two of the first; of the second only two are there; the third is nobody's.
    sees(&mut stage, "Total *KES 8,349.80*").await;
    let (scope, store) = (stage.scope(), stage.running.server.host.store.clone());
    let row = async || {
        let mut tx = store.read(scope).await.expect("a store");
        let one = tx.list_conversations(scope, None, 9).await.expect("a list").pop()?;
        tx.bag(scope, one.id).await.expect("a bag")
    };
    let kept = String::from_utf8(row().await.expect("a bag").body).expect("text");
    assert!(kept.contains("K-8") && !kept.contains("price") && !kept.contains("KES"), "{kept}");
    let operator = key(&stage, "operator", Scope::Operate, Some("boutique"), i64::MAX).await;
    let url = format!("{}{}/shops/boutique/customers/erase", stage.base, api::BASE);
    let request = stage.http.post(url).bearer_auth(operator).json(&json!({ "phone": CUSTOMER }));
    assert_eq!(request.send().await.expect("an answer").status(), 200);
    assert_eq!(row().await, None);
    stage.end().await;
}
