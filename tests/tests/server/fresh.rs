//! What customers are shown of a merchant's own system is true when it is shown (I13, I14, F79, F80, TM31): fresh answers
//! serve again, a change that is proved drops them at once, and nobody pays a price that was not agreed to.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use serde_json::json;

use crate::backend::Merchant;
use crate::merchant::{WEBHOOK_SECRET, boutique, tells};
use crate::stage::Stage;

async fn stage() -> (Arc<Merchant>, Stage) {
    let merchant = Arc::new(Merchant::default());
    let place = merchant.start().await;
    let stage = boutique(&place).await;
    (merchant, stage)
}

/// Taps one after the other; the words that the last message must have.
async fn goes(stage: &mut Stage, taps: &[&str], expected: &str) {
    let mut shown = String::new();
    for tap in taps {
        match tap.strip_prefix("writes ") {
            Some(text) => stage.writes(text).await,
            None => stage.taps(tap).await,
        }
        shown = stage.sees().await["text"].as_str().unwrap_or("").to_string();
    }
    assert!(shown.contains(expected), "after {taps:?}: {shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_serve_while_they_are_fresh_and_a_proved_change_drops_them_at_once() {
    let (merchant, mut stage) = stage().await;
    let asked = || merchant.asked.load(Ordering::Relaxed);
    let card = ["writes menu", "Shop", "Dresses", "Kikoy beach dress"];
    goes(&mut stage, &card, "KES 3,175").await;
    let first = asked();
    goes(&mut stage, &card, "KES 3,175").await;
    let again = asked();
    // The bag is each customer's own, and always asked for.
    assert!(again - first <= 1, "asked {first} times, then {} more", again - first);

    // Somebody who can not prove it changes nothing.
    merchant.sells("K/7 %", 330_000, 9);
    let changed = json!({ "event": "c1", "type": "product.changed", "product": { "sku": "K/7 %" } });
    assert_eq!(tells(&stage, "a guess", &changed).await, 401);
    goes(&mut stage, &card, "KES 3,175").await;
    assert_eq!(tells(&stage, WEBHOOK_SECRET, &changed).await, 200);
    goes(&mut stage, &card, "KES 3,300").await;

    // Nobody tells: the contract's minute goes by.
    merchant.sells("K/7 %", 340_000, 9);
    stage.running.clock.set_ahead(61_000);
    goes(&mut stage, &card, "KES 3,400").await;
    let figures = stage.running.server.figures.as_ref().map(|figures| figures.render()).unwrap_or_default();
    if !figures.is_empty() {
        assert!(figures.contains("duka_queries_total{from=\"memory\"}"), "the figure is counted");
    }
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_gone_between_card_and_bag_is_not_offered_any_more() {
    let (merchant, mut stage) = stage().await;
    let card = ["writes menu", "Shop", "Dresses", "Kikoy beach dress"];
    goes(&mut stage, &card, "KES 3,175").await;
    merchant.sells("K/7 %", 317_500, 0);
    goes(&mut stage, &["Add to bag", "writes 2"], "Kikoy beach dress has just sold out").await;
    // The refusal made the card a new one: there is nothing to tap any more.
    stage.writes("menu").await;
    stage.sees().await;
    goes(&mut stage, &["Shop", "Dresses", "Kikoy beach dress"], "KES 3,175").await;
    let url = format!("{}/customer/{}?after=0", stage.control, crate::stage::CUSTOMER);
    let shown: serde_json::Value = stage.http.get(url).send().await.expect("an answer").json().await.expect("JSON");
    let last = shown.as_array().and_then(|shown| shown.last()).expect("a message").to_string();
    assert!(!last.contains("Add to bag"), "{last}");
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_price_that_changed_is_shown_and_asked_again_before_anybody_pays() {
    let (merchant, mut stage) = stage().await;
    goes(&mut stage, &["writes menu", "Shop", "Dresses", "Kikoy beach dress"], "KES 3,175").await;
    goes(&mut stage, &["Add to bag", "writes 2"], "Total *KES 6,350*").await;
    // Between bag and confirm: the quote is today's.
    merchant.sells("K/7 %", 320_000, 9);
    goes(&mut stage, &["Check out", "Pick up in shop"], "Total KES 6,400").await;
    // Between confirm and pay: the order would be another one than was agreed to, and is given back.
    merchant.sells("K/7 %", 350_000, 9);
    goes(&mut stage, &["Pay"], "Something in your bag has just changed").await;
    assert_eq!(*merchant.released.lock().expect("nobody panicked"), ["Z-1042"]);
    let bag = stage.sees().await["text"].as_str().unwrap_or("").to_string();
    assert!(bag.contains("Total *KES 7,000*"), "{bag}");
    // Agreed to now, and only now to be paid.
    goes(&mut stage, &["Check out", "Pick up in shop"], "Total KES 7,000").await;
    goes(&mut stage, &["Pay"], "Total *KES 7,000*. Pay on the secure page").await;
    assert_eq!(merchant.released.lock().expect("nobody panicked").len(), 1);
    stage.end().await;
}
