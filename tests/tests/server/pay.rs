//! The boutique with a payment provider: its links, its page, and what the conversation hears, over the real server and the
//! demo provider.

use reqwest::redirect::Policy;
use serde_json::{Value as Json, json};

use crate::stage::Stage;

/// What the customer does until the total is shown, and words that the next message has.
const TO_THE_TOTAL: &[(&str, &str, &str)] = &[
    ("writes", "hi", "Welcome to *Zuri Boutique*"),
    ("taps", "Shop", "What are you looking for?"),
    ("taps", "Dresses", "Dresses: this is what we have right now."),
    ("taps", "Kitenge wrap dress", "KES 2,500"),
    ("taps", "Add to bag", "How many would you like?"),
    ("writes", "1", "Total *KES 2,500*"),
    ("taps", "Check out", "How would you like to get it?"),
    ("taps", "Pick up in shop", "Total KES 2,500"),
];

/// What every answer about a payment carries.
const GUARDS: &[(&str, &str)] = &[
    ("cache-control", "no-store"),
    ("referrer-policy", "no-referrer"),
    ("x-robots-tag", "noindex, nofollow"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
];

/// The boutique, paid at the demo provider.
pub async fn boutique(settle: impl Fn(String) -> String) -> Stage {
    let change = |shop: &std::path::Path| {
        let profile = std::fs::read_to_string(shop.join("shop.yaml")).expect("a profile");
        let paid = "\npayments: { provider: demo, methods: [cash] }\nbrand: { colour: \"#ffd23f\" }\n";
        std::fs::write(shop.join("shop.yaml"), profile + paid).expect("a writable folder");
    };
    Stage::with_folder(change, settle).await
}

/// The address under the latest message.
pub fn link_of(shown: &Json) -> String {
    let text = shown.to_string();
    let from =
        text.find("/pay/").and_then(|at| text[..at].rfind("http")).unwrap_or_else(|| panic!("no link in {text}"));
    text[from..].split(['"', ' ', '\\']).next().expect("an address").to_string()
}

/// From `hi` to the pay link.
pub async fn to_the_link(stage: &mut Stage) -> String {
    for (act, what, expected) in TO_THE_TOTAL {
        match *act {
            "taps" => stage.taps(what).await,
            _ => stage.writes(what).await,
        }
        let shown = stage.sees().await;
        let text = shown["text"].as_str().unwrap_or("");
        assert!(text.contains(expected), "after `{what}`: {text}");
    }
    stage.taps("Pay").await;
    link_of(&stage.sees().await)
}

/// A browser that follows nothing by itself.
pub fn browser() -> reqwest::Client {
    reqwest::Client::builder().redirect(Policy::none()).build().expect("a client")
}

pub struct Shown {
    pub status: u16,
    pub place: String,
    pub html: String,
    pub headers: reqwest::header::HeaderMap,
}

pub async fn shown(request: reqwest::RequestBuilder) -> Shown {
    let answer = request.send().await.expect("an answer");
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    let place = headers.get("location").map(|place| place.to_str().expect("text").to_string()).unwrap_or_default();
    Shown { status, place, html: answer.text().await.expect("text"), headers }
}

impl Stage {
    /// What the demo provider is told: to do something wrong, or to move a session.
    pub async fn demo(&self, what: &str, body: &Json) {
        let url = format!("{}/demo-pay/control/{what}", self.base);
        let answer = self.http.post(url).json(body).send().await.expect("an answer");
        assert!(answer.status().is_success(), "{what} {body}: {}", answer.status());
    }

    pub async fn demo_sessions(&self) -> Vec<Json> {
        let url = format!("{}/demo-pay/control/sessions", self.base);
        self.http.get(url).send().await.expect("an answer").json().await.expect("JSON")
    }

    /// Waits for a message with each of these words, in whatever order.
    pub async fn hears_all(&mut self, words: &[&str]) {
        let mut left = words.to_vec();
        while !left.is_empty() {
            let shown = self.sees().await.to_string();
            left.retain(|words| !shown.contains(words));
        }
    }

    /// Whether the next message has these words.
    pub async fn hears(&mut self, words: &str) {
        let shown = self.sees().await;
        assert!(shown.to_string().contains(words), "{words}: {shown}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_is_looked_at_as_often_as_anybody_likes_and_paid_once() {
    let mut stage = boutique(|settings| settings).await;
    let link = to_the_link(&mut stage).await;
    let browser = browser();

    // Previews look at it, twice and at once with the customer; nothing is consumed and nothing begun.
    for _ in 0..3 {
        let page = shown(browser.get(&link)).await;
        assert_eq!(page.status, 200);
        for (header, value) in GUARDS {
            assert_eq!(page.headers.get(*header).and_then(|value| value.to_str().ok()), Some(*value), "{header}");
        }
        assert!(page.html.contains("KES 2,500") && page.html.contains("Zuri Boutique"), "{}", page.html);
    }
    assert!(stage.demo_sessions().await.is_empty(), "looking begins nothing");

    // Two taps at once lead to one session.
    let (one, two) = tokio::join!(shown(browser.post(&link)), shown(browser.post(&link)));
    assert_eq!((one.status, two.status), (303, 303));
    assert_eq!(one.place, two.place);
    assert_eq!(stage.demo_sessions().await.len(), 1);

    let paid = shown(browser.post(&one.place).body("do=pay")).await;
    assert_eq!(paid.place, link, "the provider sends the customer back");
    stage.hears_all(&["We are packing order Z-1043", "May we tell you", "Z-1043 is paid: KES 2,500"]).await;

    // Once more: it is paid, and says no amount to whoever has the link now.
    let page = shown(browser.get(&link)).await;
    assert!(page.html.contains("This order is paid") && !page.html.contains("2,500"), "{}", page.html);
    let again = shown(browser.post(&link)).await;
    assert_eq!((again.status, again.place.as_str()), (303, link.as_str()));
    assert_eq!(stage.demo_sessions().await.len(), 1, "a paid order begins no second payment");
    // The provider repeats itself.
    stage.demo("sessions/demo-1", &json!({ "status": "paid" })).await;
    assert!(stage.sees_nothing().await, "money is told of once");
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_comes_back_from_paying_is_shown_at_once_that_it_is_paid_and_at_every_reload() {
    let mut stage = boutique(|settings| settings).await;
    let link = to_the_link(&mut stage).await;
    let browser = browser();
    let provider = shown(browser.post(&link)).await.place;
    // The first try fails, and the second follows on the same page of the provider.
    let declined = shown(browser.post(&provider).body("do=decline")).await;
    assert_eq!(declined.place, link);
    stage.hears_all(&["The payment did not go through"]).await;
    assert!(shown(browser.get(&link)).await.html.contains("Nothing was charged"));
    let paid = shown(browser.post(&provider).body("do=pay")).await;
    // The provider's callback is under way at the same time: who is faster makes no difference.
    for _ in 0..3 {
        let page = shown(browser.get(&paid.place)).await.html;
        assert!(page.contains("This order is paid") && !page.contains("<form"), "{page}");
    }
    let there = shown(browser.get(&provider)).await.html;
    assert!(there.contains("This payment is paid.") && there.contains(&link), "{there}");
    assert!(there.contains("KES 2,500") && !there.contains("<form"), "{there}");
    stage.end().await;
}

/// It may be paid.
#[tokio::test(flavor = "multi_thread")]
async fn of_an_order_with_a_payment_that_can_not_be_read_no_second_link_is_made() {
    let mut stage = boutique(|settings| settings).await;
    let link = to_the_link(&mut stage).await;
    let browser = browser();
    let provider = shown(browser.post(&link)).await.place;
    shown(browser.post(&provider).body("do=decline")).await;
    stage.hears_all(&["The payment did not go through"]).await;
    let (scope, store) = (stage.scope(), stage.running.server.host.store.clone());
    let rows = async || store.read(scope).await.expect("a store").payments_of(scope, "Z-1043").await.expect("rows");
    loop {
        let mut row = rows().await.remove(0);
        (row.body[0], row.due_ms) = (200, None);
        let mut tx = store.begin(scope).await.expect("a transaction");
        let is_saved = tx.save_payment(&row).await.expect("saved");
        tx.commit().await.expect("committed");
        if is_saved {
            break;
        }
    }
    stage.taps("Try again").await;
    stage.hears("Something went wrong on our side").await;
    assert_eq!(rows().await.len(), 1);
    stage.end().await;
}
