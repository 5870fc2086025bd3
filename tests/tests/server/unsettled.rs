//! Commands whose fate nobody knows (F26, F82): the customer hears the flow's own words in time, a person finds the command in the
//! queue, and once it is settled the conversation knows of its order.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use duka_runtime::api::{BASE, Scope};
use duka_runtime::host::notices::Notice;
use serde_json::{Value as Json, json};

use crate::api::{ask, key};
use crate::backend::Merchant;
use crate::merchant::{WEBHOOK_SECRET, boutique, news, plays, tells};
use crate::stage::Stage;

const QUEUE: &str = "/shops/boutique/quarantine";

/// The customer has agreed, the merchant's system has the order, and its answers are lost until the flow's time is over.
async fn lost() -> (Arc<Merchant>, Stage, String) {
    let merchant = Arc::new(Merchant::default());
    let place = merchant.start().await;
    let mut stage = boutique(&place).await;
    let mut notices = stage.running.server.host.notices.listen();
    plays(&mut stage).await;
    merchant.loses.store(true, Ordering::Relaxed);
    stage.taps("Pay").await;
    while merchant.lost.load(Ordering::Relaxed) == 0 {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    stage.is_ahead(60_000).await;
    stage.sees().await;
    let told = async {
        loop {
            let notice = notices.recv().await.expect("the server tells").notice;
            if let Notice::CommandUnknown { operation } = notice {
                return operation;
            }
        }
    };
    let told = tokio::time::timeout(std::time::Duration::from_secs(20), told).await;
    assert_eq!(told.expect("people are told"), "orders.hold");
    let operator = key(&stage, "operator", Scope::Operate, None, i64::MAX).await;
    (merchant, stage, operator)
}

/// The number of the one entry.
async fn entry(stage: &Stage, operator: &str) -> i64 {
    let (_, list) = ask(stage, "GET", QUEUE, operator).await;
    assert_eq!(list.as_array().map(Vec::len), Some(1), "{list}");
    assert_eq!(list[0]["reason"], "unknown command");
    let detail = list[0]["detail"].as_str().unwrap_or("");
    assert!(detail.starts_with("orders.hold of order Q-1, key "), "{detail}");
    list[0]["entry"].as_i64().expect("a number")
}

async fn done(stage: &Stage, entry: i64, operator: &str, order: &Json) -> u16 {
    let url = format!("{}{BASE}{QUEUE}/{entry}/done", stage.base);
    let request = stage.http.post(url).bearer_auth(operator).json(&json!({ "order": order }));
    request.send().await.expect("an answer").status().as_u16()
}

/// The order is the conversation's: news of it reach the customer.
async fn goes_on(mut stage: Stage, operator: &str) {
    assert_eq!(ask(&stage, "GET", QUEUE, operator).await.1, json!([]), "nothing is left to do");
    for _ in 0..200 {
        let (_, followed) = ask(&stage, "GET", "/shops/boutique/orders", operator).await;
        if followed["orders"].to_string().contains("Z-1042") {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    assert_eq!(tells(&stage, WEBHOOK_SECRET, &news("e1", "order.changed", "Z-1042", "cancelled")).await, 200);
    stage.hears_all(&["Z-1042 was cancelled"]).await;
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f82_a_command_of_unknown_fate_waits_for_a_person_and_is_settled_by_a_look() {
    let (merchant, stage, operator) = lost().await;
    let entry = entry(&stage, &operator).await;
    let again = format!("{QUEUE}/{entry}/replay");
    let (status, why) = ask(&stage, "POST", &again, &operator).await;
    assert_eq!(status, 409);
    assert!(why.to_string().contains("look there"), "{why}");
    assert_eq!(self::entry(&stage, &operator).await, entry, "it waits on");
    merchant.loses.store(false, Ordering::Relaxed);
    // As it was kept before a call had a language, which stands at its end: `\x02en`.
    let shorter = "UPDATE quarantine SET body = substr(body, 1, length(body) - 3) WHERE reason = 'unknown command'";
    stage.is_done_to_the_database(shorter, shorter).await;
    assert_eq!(ask(&stage, "POST", &again, &operator).await.0, 200);
    goes_on(stage, &operator).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f82_a_command_of_unknown_fate_is_settled_by_a_persons_word() {
    let (_, stage, operator) = lost().await;
    let entry = entry(&stage, &operator).await;
    // Its own number is that of a quote, and nobody has the other.
    assert_eq!(done(&stage, entry, &operator, &Json::Null).await, 409);
    assert_eq!(done(&stage, entry, &operator, &json!("Z-7")).await, 409);
    assert_eq!(done(&stage, entry, &operator, &json!("Z-1042")).await, 200);
    assert_eq!(done(&stage, entry, &operator, &json!("Z-1042")).await, 404, "once");
    goes_on(stage, &operator).await;

    // Not done: dropped, and nobody hears of it.
    let (_, mut stage, operator) = lost().await;
    let entry = self::entry(&stage, &operator).await;
    while !stage.sees_nothing().await {
        stage.sees().await;
    }
    assert_eq!(ask(&stage, "DELETE", &format!("{QUEUE}/{entry}"), &operator).await.0, 200);
    assert!(stage.sees_nothing().await);
    stage.end().await;
}
