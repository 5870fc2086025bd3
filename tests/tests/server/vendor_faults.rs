//! What the vendor does to templates, numbers and its own API while shops use them (F60, F61, F66, F67): what customers see
//! all the same, and what the operator is told.

use std::time::Duration;

use duka_runtime::api::Scope;
use duka_runtime::store::Delivery;
use serde_json::{Value as Json, json};

use crate::api::{ask, key};
use crate::stage::{CUSTOMER, NUMBER, Stage, on_sqlite};

const SECOND_CUSTOMER: &str = "254700000002";
const HOUR_MS: i64 = 3_600_000;

/// Offers after a day and two hours, when the window is closed; where one does not arrive, a reminder.
const FLOW: &str = "\
duka 1
flow corner
  start wait

use std.stop

words
  stop: stop
  offers: offers
  news: news
  nudge: nudge

consent offers: Offers of the corner shop

anywhere
  hears stop <-> std.stop
  hears nudge -> nudge
  failed -> wait
  lost -> wait
  else: Please write a word. -> again

state wait
  hears offers -> offers
  hears news -> news

state offers
  do consent.offers.give()
  say: You will hear of offers.
  -> wait

state news
  ask: Wait for the news?
  button no: No -> wait
  after 26 hours
    send offer else -> unsent

state unsent
  send reminder
  -> wait

state nudge
  ask: Shall we remind you?
  button no: No -> wait
  after 26 hours
    send reminder
    -> wait

template reminder utility
  body: Your bag is still here.
  button no: No -> wait

template offer marketing about offers
  body: Today everything is cheaper.
  button stop: Stop offers <-> std.stop
";

const OFFER: &str = "Today everything is cheaper.";
const REMINDER: &str = "Your bag is still here.";

async fn corner() -> Stage {
    let stage = Stage::of_flow(FLOW, "", "").await;
    for (name, category, body) in [("offer", "MARKETING", OFFER), ("reminder", "UTILITY", REMINDER)] {
        let template = json!({ "name": name, "language": "en", "category": category, "body": body });
        let put = stage.http.put(format!("{}/templates", stage.control)).json(&template).send().await;
        assert_eq!(put.expect("an answer").status().as_u16(), 204);
    }
    stage
}

async fn says(stage: &Stage, customer: &str, words: &[&str]) {
    for text in words {
        stage.customer_does(customer, &json!({ "text": text })).await;
    }
}

/// What a customer's phone shows, once a text is there.
async fn until(stage: &Stage, customer: &str, text: &str) -> Vec<String> {
    let mut seen = Vec::new();
    for _ in 0..400 {
        seen = phone(stage, customer).await;
        if seen.iter().any(|shown| shown.contains(text)) {
            return seen;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{customer} never sees {text:?}: {seen:?}");
}

async fn phone(stage: &Stage, customer: &str) -> Vec<String> {
    let url = format!("{}/customer/{customer}", stage.control);
    let shown: Vec<Json> = stage.http.get(url).send().await.expect("an answer").json().await.expect("JSON");
    shown.iter().map(|shown| shown["text"].as_str().unwrap_or("").to_string()).collect()
}

/// How often a template was tried.
async fn tried(stage: &Stage, name: &str) -> usize {
    let of = |attempt: &&Json| attempt.pointer("/body/template/name") == Some(&json!(name));
    stage.journal().await.iter().filter(of).count()
}

/// What the operator sees of a template, once it is known.
async fn template(stage: &Stage, key: &str, name: &str, status: &str) -> bool {
    for _ in 0..400 {
        let (_, rows) = ask(stage, "GET", "/shops/boutique/templates", key).await;
        let row = rows.as_array().and_then(|rows| rows.iter().find(|row| row["name"] == name));
        if row.is_some_and(|row| row["status"] == status) {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    false
}

/// What the operator sees of the number.
async fn number(stage: &Stage, key: &str) -> Json {
    ask(stage, "GET", "/shops/boutique", key).await.1["health"][0].clone()
}

/// The same, once it is so.
async fn number_until(stage: &Stage, key: &str, is_so: impl Fn(&Json) -> bool) -> Json {
    let mut known = Json::Null;
    for _ in 0..400 {
        known = number(stage, key).await;
        if is_so(&known) {
            return known;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the number is never so: {known}");
}

async fn becomes(stage: &Stage, change: &Json) {
    let answer = stage.http.post(format!("{}/numbers", stage.control)).json(change).send().await.expect("an answer");
    assert!(answer.status().is_success(), "{change}: {}", answer.text().await.unwrap_or_default());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_template_that_an_answer_calls_paused_is_not_sent_again_and_its_else_is() {
    let mut stage = corner().await;
    let reader = key(&stage, "reader", Scope::Read, None, i64::MAX).await;
    stage.fails(&json!({ "kind": "paused", "type": "template", "first": 1 })).await;
    says(&stage, CUSTOMER, &["hi", "offers", "news"]).await;
    until(&stage, CUSTOMER, "Wait for the news").await;
    stage.is_ahead(2 * HOUR_MS).await;
    says(&stage, SECOND_CUSTOMER, &["hi", "offers", "news"]).await;
    until(&stage, SECOND_CUSTOMER, "Wait for the news").await;
    stage.is_ahead(27 * HOUR_MS).await;
    until(&stage, CUSTOMER, OFFER).await;
    assert!(template(&stage, &reader, "offer", "PAUSED").await, "the operator is told");
    stage.is_ahead(29 * HOUR_MS).await;
    let seen = until(&stage, SECOND_CUSTOMER, REMINDER).await;
    assert!(!seen.iter().any(|text| text == OFFER), "{seen:?}");
    assert_eq!(tried(&stage, "offer").await, 1, "nobody asks the vendor again");
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offer_that_was_one_too_many_for_a_customer_takes_its_else() {
    let mut stage = corner().await;
    stage.fails(&json!({ "kind": "failed_status", "code": 131_049, "type": "template", "first": 1 })).await;
    says(&stage, CUSTOMER, &["hi", "offers", "news"]).await;
    until(&stage, CUSTOMER, "Wait for the news").await;
    stage.is_ahead(27 * HOUR_MS).await;
    until(&stage, CUSTOMER, REMINDER).await;
    assert_eq!(tried(&stage, "offer").await, 1);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_template_that_the_vendor_holds_back_arrives_late_or_takes_its_else() {
    let mut stage = corner().await;
    let reader = key(&stage, "reader", Scope::Read, None, i64::MAX).await;
    let (hour, customers) = (u64::try_from(HOUR_MS).unwrap_or(0), [CUSTOMER, SECOND_CUSTOMER]);
    let held = |customer: &str| json!({ "kind": "held", "type": "template", "customer": customer, "after_ms": hour });
    stage.fails(&held(CUSTOMER)).await;
    let mut dropped = held(SECOND_CUSTOMER);
    dropped["code"] = json!(132_015);
    dropped["first"] = json!(1);
    stage.fails(&dropped).await;
    for customer in customers {
        says(&stage, customer, &["hi", "offers", "news"]).await;
        until(&stage, customer, "Wait for the news").await;
    }
    stage.is_ahead(27 * HOUR_MS).await;
    for customer in customers {
        until(&stage, customer, OFFER).await;
    }
    assert_eq!(tried(&stage, "offer").await, 2, "what is held back is not sent again");
    stage.is_ahead(29 * HOUR_MS).await;
    until(&stage, SECOND_CUSTOMER, REMINDER).await;
    assert!(template(&stage, &reader, "offer", "PAUSED").await, "the operator is told");
    assert!(!phone(&stage, CUSTOMER).await.iter().any(|text| text == REMINDER), "the first has arrived");
    assert_eq!(tried(&stage, "offer").await, 2);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn marketing_stops_while_a_number_is_flagged_and_all_of_it_while_it_is_banned() {
    let mut stage = corner().await;
    let reader = key(&stage, "reader", Scope::Read, None, i64::MAX).await;
    let mut notices = stage.running.server.host.notices.listen();
    number_until(&stage, &reader, |known| known["quality"] == "GREEN").await;
    says(&stage, CUSTOMER, &["hi", "offers", "news"]).await;
    says(&stage, SECOND_CUSTOMER, &["hi", "nudge"]).await;
    until(&stage, CUSTOMER, "Wait for the news").await;
    until(&stage, SECOND_CUSTOMER, "Shall we remind you").await;
    becomes(&stage, &json!({ "quality": "RED", "status": "FLAGGED", "event": "FLAGGED" })).await;
    let known = number(&stage, &reader).await;
    assert_eq!(known["warnings"][0]["word"], "FLAGGED", "{known}");
    assert_eq!(notices.recv().await.expect("a notice").notice.name(), "number_warned");
    stage.is_ahead(27 * HOUR_MS).await;
    until(&stage, SECOND_CUSTOMER, REMINDER).await;
    assert_eq!(tried(&stage, "offer").await, 0, "utility goes on, marketing does not");
    becomes(&stage, &json!({ "quality": "GREEN", "status": "CONNECTED", "event": "UNFLAGGED" })).await;
    stage.is_ahead(28 * HOUR_MS).await;
    until(&stage, CUSTOMER, OFFER).await;

    becomes(&stage, &json!({ "status": "BANNED", "ban": "DISABLE" })).await;
    let known = number(&stage, &reader).await;
    assert_eq!(known["stopped"], "DISABLE", "{known}");
    let before = phone(&stage, CUSTOMER).await.len();
    says(&stage, CUSTOMER, &["nudge"]).await;
    let mut refused = false;
    for _ in 0..400 {
        refused = stage.journal().await.iter().any(|attempt| attempt["code"] == 131_031);
        if refused {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(refused, "one message finds out");
    assert_eq!(phone(&stage, CUSTOMER).await.len(), before, "nothing leaves");
    becomes(&stage, &json!({ "status": "CONNECTED", "ban": "REINSTATE" })).await;
    until(&stage, CUSTOMER, "Shall we remind you").await;
    number_until(&stage, &reader, |known| known["stopped"] == "").await;
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_the_vendor_raises_sends_faster_and_is_shown_so() {
    let mut stage = corner().await;
    let reader = key(&stage, "reader", Scope::Read, None, i64::MAX).await;
    let of = |known: &Json| (known["throughput"].clone(), known["per_second"].clone());
    let known = number_until(&stage, &reader, |known| known["throughput"] == "STANDARD").await;
    assert_eq!(of(&known), (json!("STANDARD"), json!(80)));
    // The vendor tells whole seconds: what is told in the second of the answer may be older than it.
    stage.is_ahead(2_000).await;
    becomes(&stage, &json!({ "throughput": "HIGH", "event": "THROUGHPUT_UPGRADE", "tier": "TIER_UNLIMITED" })).await;
    let known = number(&stage, &reader).await;
    assert_eq!((of(&known), &known["tier"]), ((json!("HIGH"), json!(1_000)), &json!("TIER_UNLIMITED")));
    stage.end().await;
}

/// What newer versions of the API have left out before, and what they may leave out next.
const VANISHED: [&str; 15] = [
    "contacts",
    "profile",
    "pricing",
    "conversation",
    "message_status",
    "recipient_id",
    "quality_rating",
    "quality_score",
    "throughput",
    "name_status",
    "code_verification_status",
    "whatsapp_business_manager_messaging_limit",
    "display_phone_number",
    "messaging_product",
    "category",
];

#[tokio::test(flavor = "multi_thread")]
async fn fields_that_vanish_from_the_api_take_nothing_away_that_is_known() {
    let mut stage = Stage::with(on_sqlite).await;
    let reader = key(&stage, "reader", Scope::Read, None, i64::MAX).await;
    let template =
        json!({ "name": "receipt", "language": "en", "category": "UTILITY", "status": "PAUSED", "body": "Hi" });
    let put = stage.http.put(format!("{}/templates", stage.control)).json(&template).send().await;
    assert_eq!(put.expect("an answer").status().as_u16(), 204);
    let variable = || ("INBOX".to_string(), "inbox-1".to_string());
    stage = stage.again(variable()).await;
    assert!(self::template(&stage, &reader, "receipt", "PAUSED").await, "the account is asked at the start");
    let before = number(&stage, &reader).await;
    assert_eq!((&before["quality"], &before["throughput"]), (&json!("GREEN"), &json!("STANDARD")));
    let (_, templates) = ask(&stage, "GET", "/shops/boutique/templates", &reader).await;
    assert_eq!((&templates[0]["status"], &templates[0]["category"]), (&json!("PAUSED"), &json!("UTILITY")));

    let gone = stage.http.put(format!("{}/vanished", stage.control)).json(&VANISHED).send().await;
    assert_eq!(gone.expect("an answer").status().as_u16(), 204);
    stage = stage.again(variable()).await;
    let after = number_until(&stage, &reader, |known| known["at_ms"].as_i64() > before["at_ms"].as_i64()).await;
    for field in ["number", "quality", "tier", "throughput", "per_second", "stopped", "warnings"] {
        assert_eq!(after[field], before[field], "{field}");
    }
    let (_, templates) = ask(&stage, "GET", "/shops/boutique/templates", &reader).await;
    assert_eq!((&templates[0]["status"], &templates[0]["category"]), (&json!("PAUSED"), &json!("UTILITY")));

    stage.writes("hi").await;
    assert!(stage.sees().await["text"].as_str().is_some_and(|text| text.contains("Zuri")));
    let (shop, store) = (stage.scope(), &stage.running.server.host.store);
    let mut told = Delivery::None;
    for _ in 0..400 {
        let mut tx = store.read(shop).await.expect("a read");
        let all = tx.list_conversations(shop, None, 9).await.expect("a list");
        let sent = tx.sends_of(shop, all[0].id, 0, 9).await.expect("the sends");
        assert_eq!(sent[0].send.number, NUMBER);
        told = sent[0].facts.told.delivery;
        if told >= Delivery::Delivered {
            break;
        }
        drop(tx);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(told >= Delivery::Delivered, "statuses are still understood: {told:?}");
    stage.end().await;
}
