//! What customers ask of what is kept about them, and what else no system of a live shop answers: never answered by the demo.

use std::path::Path;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use duka_runtime::api::Scope;
use duka_runtime::host::notices::Notice;
use duka_runtime::server::keep;
use serde_json::json;

use crate::api::{ask, key};
use crate::handoff::{Heard, desk, next, people};
use crate::stage::{CUSTOMER, Stage, corner_of, noticed};

const FLOW: &str = "\
duka 1
flow corner
  start look

use std.privacy

remember
  place: delivery_zone

anywhere
  quiet 23 hours -> end
  failed -> sorry
  else: Please tap. -> again

state look
  ask: What now?
  button data: My data -> data
  button order: My order -> order
  button places: Places -> places

state data
  <-> std.privacy
  -> look

state order
  call order = orders.one(\"Z-1042\") else -> sorry
  say: It is {order.status_text}.
  -> look

state places
  call zones = delivery.zones()
  ask: Where?
  list: See places
  pick place from zones: {place.name} | {place.fee} -> look

state sorry
  say: We do not know that.
  -> look
";

const MAPPING: &str = "\
base: http://127.0.0.1:9
operations:
  catalog.categories: { request: { path: /categories }, select: $ }
records:
  category: { id: $.id, name: $.name, count: $.count }
";

/// A shop whose catalogue is its own, and who else answers.
async fn stage(adapters: &str, settings: &str) -> Stage {
    let dress = |shop: &Path| {
        let profile = format!(
            "name: Corner\ncountry: KE\ncurrency: KES\nlanguages: [en]\ntimezone: Africa/Nairobi\n\
             channels: [whatsapp, messenger]\nadapters: {{ catalog: rest{adapters} }}\n\
             retention: {{ messages: 7 days, conversations: 8 days }}\n\
             delivery: {{ karen: {{ name: Karen, towns: [Karen], fee: \"KES 250\" }} }}\n"
        );
        corner_of(shop, &profile, FLOW, "examples/boutique/fixtures/zuri.yaml");
        std::fs::write(shop.join("catalog.rest.yaml"), MAPPING).expect("a writable folder");
        None
    };
    Stage::dressed(|text| text + settings, dress).await
}

/// The same with people who are told.
async fn stage_with_people() -> (Stage, Receiver<Heard>) {
    let (url, hears) = people(|_| json!({}));
    (stage("", &desk(&url)).await, hears)
}

/// The customer asks what is kept about them, and taps.
async fn asks(stage: &mut Stage, taps: &str) {
    stage.taps("My data").await;
    stage.hears_all(&["We keep your name"]).await;
    stage.taps(taps).await;
}

/// The same as the first thing that they do, and wants a copy.
async fn asks_for_a_copy(stage: &mut Stage) {
    stage.writes("hi").await;
    stage.hears_all(&["What now?"]).await;
    asks(stage, "Send me a copy").await;
    stage.hears_all(&["We have your request"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_customer_asks_of_their_data_is_taken_down_for_people_under_the_number_that_they_hear() {
    let (mut stage, hears) = stage_with_people().await;
    let mut notices = stage.running.server.host.notices.listen();
    let operator = key(&stage, "operator", Scope::Operate, None, i64::MAX).await;
    stage.writes("hi").await;
    stage.hears_all(&["What now?"]).await;
    let sure = "This can not be undone";
    let wishes =
        [("Send me a copy", "", "wants a copy"), ("Delete my data", sure, "wants all that is kept about them deleted")];
    for (taps, asked, wish) in wishes {
        asks(&mut stage, taps).await;
        if !asked.is_empty() {
            stage.hears_all(&[asked]).await;
            stage.taps("Yes, delete it").await;
        }
        let told = next(&hears).json();
        assert_eq!((&told["event"], &told["customer"]["phone"]), (&json!("alert"), &json!(CUSTOMER)));
        let said = told["text"].as_str().unwrap_or_default();
        let Notice::DataRequest { number, .. } = notices.recv().await.expect("it is told").notice else {
            panic!("the operator is told of a request")
        };
        assert!(number != "P-1" && said.contains(wish) && said.contains(number.as_str()), "{said}");
        stage.hears_all(&[&format!("We have your request. Its number is {number}.")]).await;
        let (_, list) = ask(&stage, "GET", "/shops/boutique/quarantine", &operator).await;
        let last = list.as_array().and_then(|list| list.last()).expect("an entry");
        let detail = last["detail"].as_str().unwrap_or_default();
        assert!(last["reason"] == "data request" && detail.starts_with(number.as_str()), "{last}");
        assert!(detail.contains(wish), "{last}");
    }
    // Done as it was asked: the requests go with what they are about.
    let url = format!("{}{}/shops/boutique/customers/erase", stage.base, duka_runtime::api::BASE);
    let erased = stage.http.post(url).bearer_auth(&operator).json(&json!({ "phone": CUSTOMER })).send().await;
    assert!(erased.expect("an answer").status().is_success());
    assert_eq!(ask(&stage, "GET", "/shops/boutique/quarantine", &operator).await.1, json!([]));
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_request_outlasts_the_messages_and_keeps_its_conversation() {
    const DAY_MS: i64 = 86_400_000;
    let mut stage = stage("", "").await;
    // Statuses come when they like, and each would make the conversation young again.
    stage.fails(&json!({ "kind": "no_status" })).await;
    asks_for_a_copy(&mut stage).await;
    let (scope, store) = (stage.scope(), stage.running.server.host.store.clone());
    let conversation = async || {
        let mut tx = store.read(scope).await.expect("a read");
        tx.list_conversations(scope, None, 9).await.expect("a list").pop()
    };
    let requests = async || {
        let mut tx = store.read(scope).await.expect("a read");
        tx.list_quarantine(scope, 0, 9).await.expect("a list").len()
    };
    let look = async |stage: &Stage| keep::rows(&stage.running.server).await.expect("looked");
    stage.is_ahead(20 * DAY_MS).await;
    look(&stage).await;
    assert!(requests().await == 1 && conversation().await.is_some());
    stage.is_ahead(31 * DAY_MS).await;
    for _ in 0..1_000 {
        look(&stage).await;
        if conversation().await.is_none() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await; // the shop's own end after 23 hours
    }
    assert!(requests().await == 0 && conversation().await.is_none());
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_reminded_once_of_a_request_that_nobody_answered_before_it_goes() {
    const DAY_MS: i64 = 86_400_000;
    let (mut stage, hears) = stage_with_people().await;
    asks_for_a_copy(&mut stage).await;
    let first = next(&hears).json();
    let number = first["text"].as_str().and_then(|text| text.split("number ").nth(1)).expect("a number").to_string();
    let number = number.trim_end_matches('.');
    let mut notices = stage.running.server.host.notices.listen();
    for day in [1, 22, 24, 25, 29] {
        stage.is_ahead(day * DAY_MS).await;
        keep::rows(&stage.running.server).await.expect("looked");
        if day == 24 {
            let reminded = noticed(&mut notices, "data_request").await;
            assert_eq!(reminded, [Notice::DataRequest { number: number.into(), waits_days: 24 }]);
            let again = next(&hears).json();
            assert_eq!((&again["event"], &again["customer"]["phone"]), (&json!("alert"), &json!(CUSTOMER)));
            let said = again["text"].as_str().unwrap_or_default();
            assert!(said.contains("wants a copy") && said.contains(number) && said.contains("dropped in 5"), "{said}");
        }
    }
    let twice = std::iter::from_fn(|| notices.try_recv().ok()).find(|told| told.notice.name() == "data_request");
    assert!(twice.is_none(), "{twice:?}");
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_system_of_a_live_shop_answers_fails_unless_the_demo_is_meant() {
    let mut stage = stage("", "").await;
    stage.writes("hi").await;
    stage.hears_all(&["What now?"]).await;
    stage.taps("My order").await;
    stage.hears_all(&["We do not know that.", "What now?"]).await;
    stage.taps("Places").await;
    let heard = stage.sees().await.to_string();
    assert!(heard.contains("Karen") && heard.contains("250") && !heard.contains("Thika"), "as shop.yaml says: {heard}");
    stage.end().await;

    let mut stage = self::stage(", orders: demo", "").await;
    stage.writes("hi").await;
    stage.hears_all(&["What now?"]).await;
    stage.taps("My order").await;
    stage.hears_all(&["It is on its way."]).await;
    stage.end().await;
}
