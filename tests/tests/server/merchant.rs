//! The boutique with the merchant's own system behind it: what customers see comes from there by HTTP, and a system that
//! hangs leaves nobody waiting.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use duka_tests::tree::root;

use crate::backend::{API_KEY, Merchant};
use crate::stage::Stage;

/// What the customer does, and words that the next message has. The demo's fixture holds none of these things.
const PLAY: &[(&str, &str, &str)] = &[
    ("writes", "hi", "Welcome to *Zuri Boutique*"),
    ("taps", "Shop", "What are you looking for?"),
    ("taps", "Dresses", "Dresses: this is what we have right now."),
    ("taps", "Kikoy beach dress", "KES 3,175"),
    ("taps", "Add to bag", "How many would you like?"),
    ("writes", "2", "Total *KES 6,350*"),
    ("taps", "Check out", "How would you like to get it?"),
    ("taps", "Pick up in shop", "Total KES 6,350"),
];

/// The boutique, asking the merchant at `place`.
async fn boutique(place: &str) -> Stage {
    let page = std::fs::read_to_string(root().join("docs/adapters.md")).expect("a page");
    let documented = page.split_once("```yaml\n").and_then(|(_, after)| after.split_once("```")).expect("an example").0;
    let catalog = documented.replace("https://api.zuri.example/v1", place);
    let rest = std::fs::read_to_string(root().join("tests/tests/adapter/shop.rest.yaml")).expect("a mapping");
    let auth = "\nauth: { bearer: \"env:ZURI_API_KEY\" }";
    let rest = rest.replace("http://127.0.0.1:1/v1", &format!("{place}{auth}"));
    Stage::of(|shop| {
        std::fs::write(shop.join("catalog.rest.yaml"), &catalog).expect("a writable folder");
        std::fs::write(shop.join("shop.rest.yaml"), &rest).expect("a writable folder");
        let profile = std::fs::read_to_string(shop.join("shop.yaml")).expect("a profile");
        let profile = profile.replace("  catalog: demo\n", "  catalog: rest\n").replace(
            "  orders: demo\n",
            "  cart: { kind: rest, mapping: shop.rest.yaml }\n  orders: { kind: rest, mapping: shop.rest.yaml }\n",
        );
        std::fs::write(shop.join("shop.yaml"), profile).expect("a writable folder");
        ("ZURI_API_KEY".to_string(), API_KEY.to_string())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn catalogue_bag_and_quote_come_from_the_merchants_own_system() {
    let merchant = Arc::new(Merchant::default());
    let place = merchant.start().await;
    let mut stage = boutique(&place).await;
    for (act, what, expected) in PLAY {
        if *act == "taps" {
            stage.taps(what).await
        } else {
            stage.writes(what).await
        }
        let shown = stage.sees().await;
        let text = shown["text"].as_str().unwrap_or("");
        assert!(text.contains(expected), "after `{what}`: {text}");
    }
    assert!(merchant.asked.load(Ordering::Relaxed) >= 6, "the merchant was asked");
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_system_that_hangs_takes_the_error_branch_in_time() {
    let merchant = Arc::new(Merchant::default());
    let place = merchant.start().await;
    let mut stage = boutique(&place).await;
    stage.writes("hi").await;
    stage.sees().await;
    merchant.hangs.store(true, Ordering::Relaxed);
    let begun = Instant::now();
    stage.taps("Shop").await;
    let shown = stage.sees().await;
    let text = shown["text"].as_str().unwrap_or("");
    assert!(!text.contains("What are you looking for?") && !text.is_empty(), "{text}");
    // The contract says 5 seconds; the rest is the machine's.
    assert!(begun.elapsed() < Duration::from_secs(15), "it took {:?}", begun.elapsed());
    stage.end().await;
}
