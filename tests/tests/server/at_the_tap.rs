//! Between the pay link and the tap on Pay an order can become another one (F79, F80): the shop's own system is asked once more,
//! and what is not as it was agreed is asked again before anybody pays.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::backend::Merchant;
use crate::merchant::{boutique, plays, secret};
use crate::pay::{browser, link_of, shown};
use crate::stage::Stage;

/// The boutique with the merchant's system and the demo provider, and the link that its customer has got.
async fn linked() -> (Arc<Merchant>, Stage, String) {
    let merchant = Arc::new(Merchant::default());
    let place = merchant.start().await;
    let stage = boutique(&place).await;
    let profile = stage.folder.path().join("boutique/shop.yaml");
    let text = std::fs::read_to_string(&profile).expect("a profile");
    std::fs::write(&profile, text + "\npayments: { provider: demo }\n").expect("a writable folder");
    let mut stage = stage.again(secret()).await;
    plays(&mut stage).await;
    stage.taps("Pay").await;
    let link = link_of(&stage.sees().await);
    (merchant, stage, link)
}

/// The tap on Pay leads back to the link's own page, which says that it is over, and nothing is begun.
async fn ends(stage: &Stage, link: &str) {
    let tapped = shown(browser().post(link)).await;
    assert_eq!((tapped.status, tapped.place.as_str()), (303, link));
    let page = shown(browser().get(link)).await.html;
    assert!(page.contains("This link has ended") && !page.contains("<form"), "{page}");
    assert!(stage.demo_sessions().await.is_empty(), "nothing is begun");
}

#[tokio::test(flavor = "multi_thread")]
async fn f79_a_total_that_changed_before_the_tap_is_shown_and_asked_again() {
    let (merchant, mut stage, link) = linked().await;
    merchant.sells("K/7 %", 330_000, 9);
    ends(&stage, &link).await;
    stage.hears("The pay link has expired").await;
    stage.taps("New pay link").await;
    stage.hears("Total KES 6,600").await;
    stage.taps("Pay").await;
    let link = link_of(&stage.sees().await);
    assert!(shown(browser().get(&link)).await.html.contains("KES 6,600"));
    let page = shown(browser().post(&link)).await.place;
    assert_eq!(stage.demo_sessions().await.len(), 1);
    shown(browser().post(&page).body("do=pay")).await;
    stage.hears_all(&["We are packing order Z-1042"]).await;
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f80_an_order_that_is_off_or_gone_by_the_tap_is_not_paid() {
    let (merchant, mut stage, link) = linked().await;
    // Nobody has told of it.
    *merchant.state.lock().expect("nobody panicked") = "cancelled";
    ends(&stage, &link).await;
    stage.hears("Z-1042 was cancelled").await;
    stage.end().await;

    let (merchant, mut stage, link) = linked().await;
    *merchant.state.lock().expect("nobody panicked") = "gone";
    ends(&stage, &link).await;
    stage.hears("The pay link has expired").await;
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_system_that_does_not_answer_at_the_tap_keeps_nobody_from_paying_a_placed_order() {
    let (merchant, stage, link) = linked().await;
    merchant.hangs.store(true, Ordering::Relaxed);
    let tapped = shown(browser().post(&link)).await;
    assert!(tapped.status == 303 && tapped.place != link, "{} {}", tapped.status, tapped.place);
    assert_eq!(stage.demo_sessions().await.len(), 1);
    stage.end().await;
}
