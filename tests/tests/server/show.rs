//! The whole of paying with the standard flows, in one conversation over the real server: the link previewed and opened twice,
//! the provider's word before its own answer, after it and twice, the receipt; and cash.

use std::path::Path;

use serde_json::json;

use crate::api::{ask, key};
use crate::pay::{browser, link_of, shown};
use crate::providers::rows;
use crate::stage::Stage;

const FLOW: &str = "\
duka 1
flow corner
  start begin

use std.pay
use std.receipt
use std.order_updates

remember
  order: order
  payment: payment optional

anywhere
  lost -> begin
  failed -> sorry

state begin
  call order = orders.one(\"A-1042\")
  <-> std.pay with order into payment
  if not payment.is_set -> left
  <-> std.receipt with order
  -> end

state left
  say: All right, not now.
  -> end

state sorry
  say: Something went wrong on our side.
  -> end
";

/// A corner shop with one order, paid with the standard flows.
async fn corner(methods: &str) -> Stage {
    let change = |shop: &Path| {
        for entry in std::fs::read_dir(shop).expect("a readable folder") {
            let path = entry.expect("a readable folder").path();
            if path.is_dir() {
                std::fs::remove_dir_all(path).expect("a writable folder");
            } else {
                std::fs::remove_file(path).expect("a writable folder");
            }
        }
        let profile = format!(
            "name: Corner\ncountry: KE\ncurrency: KES\nlanguages: [en, sw]\ntimezone: Africa/Nairobi\n\
             channels: [whatsapp, messenger]\npayments: {{ provider: demo, methods: [{methods}] }}\n"
        );
        std::fs::write(shop.join("shop.yaml"), profile).expect("a writable folder");
        std::fs::write(shop.join("corner.duka"), FLOW).expect("a writable folder");
        std::fs::create_dir(shop.join("fixtures")).expect("a writable folder");
        let fixture = duka_tests::tree::root().join("flows/std/fixtures/standard.yaml");
        std::fs::copy(fixture, shop.join("fixtures/standard.yaml")).expect("a writable folder");
    };
    Stage::with_folder(change, |settings| settings).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_paid_with_the_standard_flows_from_the_link_to_the_receipt() {
    let mut stage = corner("card").await;
    stage.writes("hi").await;
    stage.hears("Order A-1042 comes to *KES 2,100*").await;
    stage.taps("Pay online").await;
    let link = link_of(&stage.sees().await);

    // Previewed, then opened twice.
    let browser = browser();
    let preview = shown(browser.get(&link).header("user-agent", "WhatsApp/2.24")).await;
    assert!(preview.html.contains("<title>Pay your order · Corner</title>"), "{}", preview.html);
    // The provider's answer is lost, and its word that money has come is faster than ours.
    stage.demo("faults", &json!({ "lost": 1, "callbacks": 2 })).await;
    assert_eq!(shown(browser.post(&link)).await.status, 503);
    stage.demo("sessions/demo-1", &json!({ "status": "paid" })).await;
    stage.hears_all(&["Order A-1042 is paid", "*Order A-1042* of", "*Total KES 2,100*"]).await;
    // After it, twice more; and the customer opens the link a second time.
    stage.demo("sessions/demo-1", &json!({ "status": "paid" })).await;
    let again = shown(browser.get(&link)).await;
    assert!(again.html.contains("This order is paid"), "{}", again.html);
    assert_eq!(shown(browser.post(&link)).await.place, link);
    assert_eq!(stage.demo_sessions().await.len(), 1);
    let mut late = Vec::new();
    while !stage.sees_nothing().await {
        late.push(stage.sees().await.to_string());
    }
    assert!(late.iter().all(|shown| !shown.contains("We have your payment.")), "told once: {late:?}");
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cash_is_taken_where_the_shop_says_so() {
    let mut stage = corner("cash").await;
    stage.writes("hi").await;
    stage.hears("How would you like to pay?").await;
    stage.taps("Cash on delivery").await;
    stage.hears_all(&["Please have *KES 2,100* ready", "*Total KES 2,100*"]).await;
    let (_, payment) = rows(&stage, "A-1042").await.remove(0);
    assert_eq!((payment.provider.as_str(), payment.token.as_str()), ("cash", ""));
    stage.end().await;
    let mut stage = corner("card").await;
    stage.writes("hi").await;
    stage.hears("How would you like to pay?").await;
    stage.taps("Cash on delivery").await;
    stage.hears("This order can not be paid in cash.").await;
    stage.end().await;
}

/// A callback that came before the payment that it names is taken again by an operator's word.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_kept_of_an_unknown_payment_is_asked_about_when_it_is_known() {
    let mut stage = corner("card").await;
    stage.writes("hi").await;
    stage.sees().await;
    stage.taps("Pay online").await;
    let link = link_of(&stage.sees().await);
    let page = shown(browser().post(&link)).await.place;
    stage.demo("faults", &json!({ "callbacks": 0 })).await;
    shown(browser().post(&page).body("do=pay")).await;
    let scope = stage.scope();
    let id = hex::encode(rows(&stage, "A-1042").await[0].0.id.0);
    let entry = |detail: String| duka_runtime::store::QuarantineEntry {
        shop: Some(scope),
        at_ms: 1,
        reason: "unknown payment".into(),
        detail,
        body: b"{}".to_vec(),
    };
    let store = &stage.running.server.host.store;
    let mut tx = store.begin(scope).await.expect("a store");
    let none = entry(format!("payments: {} demo-7", "ab".repeat(16)));
    tx.add_quarantine(&[none, entry(format!("payments: {id} demo-1"))]).await.expect("added");
    tx.commit().await.expect("committed");
    let list = store.read(scope).await.expect("a store").list_quarantine(scope, 0, 9).await.expect("a list");
    let operator = key(&stage, "operator", duka_runtime::api::Scope::Operate, None, i64::MAX).await;
    let replay = |at: usize| format!("/shops/boutique/quarantine/{}/replay", list[at].0);
    assert_ne!(ask(&stage, "POST", &replay(0), &operator).await.0, 200, "there is still no such payment");
    assert_eq!(ask(&stage, "POST", &replay(1), &operator).await.0, 200);
    stage.hears_all(&["Order A-1042 is paid"]).await;
    stage.end().await;
}
