//! What stops messages, and what lets them go again: tokens; what is kept for people: payments that nobody has fetched.

use std::time::Duration;

use duka_engine::outbound::Outbound;
use duka_runtime::channel::whatsapp::opaque;
use serde_json::json;

use crate::stage::{CUSTOMER, NUMBER, Stage};

const TOKEN: &str = "token = \"env:TOKEN\"\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_shop_without_a_token_stops_says_so_and_goes_on_when_it_has_one() {
    let mut stage = Stage::with(|settings| settings.replace(TOKEN, "")).await;
    let mut notices = stage.running.server.host.notices.listen();
    stage.writes("hi").await;
    let told = notices.recv().await.expect("a notice");
    assert_eq!(format!("{:?}", told.notice), format!("NumberStopped {{ number: \"{NUMBER}\", error: -9 }}"));
    let (shop, store) = (stage.scope(), &stage.running.server.host.store);
    let health = store.read(shop).await.expect("a read").health(shop).await.expect("the health");
    assert_eq!(health[0].stopped, "no_token");
    stage.reload(|settings| settings + TOKEN).await;
    assert!(stage.sees().await["text"].as_str().is_some_and(|text| text.contains("Zuri")));
    // The phone shows a message a moment before the server has noted its answer.
    for _ in 0..100 {
        let health = stage.running.server.host.store.read(shop).await.expect("a read").health(shop).await;
        if health.expect("the health")[0].stopped.is_empty() {
            return stage.end().await;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the number is still stopped");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_inside_the_chat_is_kept_for_people_and_believed_by_nobody() {
    let stage = Stage::boutique().await;
    let status = json!({
        "id": "gBGG1", "recipient_id": CUSTOMER, "type": "payment", "status": "captured", "timestamp": "1767225900",
        "payment": { "reference_id": "991-1", "amount": { "value": 21_000, "offset": 100 }, "currency": "INR",
            "transaction": { "id": "order_1", "type": "razorpay", "status": "success" } },
    });
    let value =
        json!({ "messaging_product": "whatsapp", "metadata": { "phone_number_id": NUMBER }, "statuses": [status] });
    let change = json!({ "field": "messages", "value": value });
    let body =
        json!({ "object": "whatsapp_business_account", "entry": [{ "id": "7", "changes": [change] }] }).to_string();
    for _ in 0..2 {
        assert_eq!(stage.brings(&body).await, 200);
    }
    let (shop, store) = (stage.scope(), &stage.running.server.host.store);
    let kept = store.read(shop).await.expect("a read").list_quarantine(shop, 0, 9).await.expect("the list");
    assert_eq!(kept.iter().map(|(_, entry)| entry.reason.as_str()).collect::<Vec<_>>(), ["payment"], "once");
    assert!(String::from_utf8_lossy(&kept[0].1.body).contains("991-1"));
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_id_that_only_a_status_tells_is_the_customers_from_then_on() {
    let mut stage = Stage::boutique().await;
    stage.writes("hi").await;
    stage.sees().await;
    let (shop, store) = (stage.scope(), &stage.running.server.host.store);
    let all = store.read(shop).await.expect("a read").list_conversations(shop, None, 9).await.expect("a list");
    let (id, turns) = (all[0].id, all[0].turn);
    // The phone shows a message a moment before its acceptance is written down.
    let mut sent = Vec::new();
    for _ in 0..400 {
        sent = store.read(shop).await.expect("a read").sends_of(shop, id, 0, 9).await.expect("the sends");
        if !sent[0].facts.provider_id.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let opaque = opaque::encode(sent[0].send.id, &stage.running.server.registry.now().shops[0].keys);
    let status = json!({
        "id": sent[0].facts.provider_id, "recipient_user_id": "KE.1077", "status": "delivered", "timestamp": "1795251700",
        "biz_opaque_callback_data": opaque,
    });
    let message = json!({
        "id": "wamid.only", "from_user_id": "KE.1077", "timestamp": "1795251800", "type": "text", "text": { "body": "hi" },
    });
    for part in [json!({ "statuses": [status] }), json!({ "messages": [message] })] {
        let mut value = json!({ "messaging_product": "whatsapp", "metadata": { "phone_number_id": NUMBER } });
        value.as_object_mut().expect("an object").extend(part.as_object().expect("an object").clone());
        let change = json!({ "field": "messages", "value": value });
        let body = json!({ "object": "whatsapp_business_account", "entry": [{ "id": "7", "changes": [change] }] });
        assert_eq!(stage.brings(&body.to_string()).await, 200);
    }
    let all = store.read(shop).await.expect("a read").list_conversations(shop, None, 9).await.expect("a list");
    assert_eq!(all.len(), 1, "the same conversation");
    assert!(all[0].turn > turns);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shop_that_is_flooded_is_slowed_down_at_the_door_and_loses_nothing() {
    let stage = Stage::with(|settings| settings + "[limits]\nper_shop = 2\n").await;
    let mut answers = [0, 0];
    let mut taken = 0;
    for n in 0..40 {
        let message = json!({
            "id": format!("wamid.{n}"), "from": format!("2547000001{n:02}"), "timestamp": "1795251800", "type": "text",
            "text": { "body": "hi" },
        });
        let value = json!({ "metadata": { "phone_number_id": NUMBER }, "messages": [message] });
        let change = json!({ "field": "messages", "value": value });
        let body = json!({ "object": "whatsapp_business_account", "entry": [{ "id": "7", "changes": [change] }] });
        let status = stage.brings(&body.to_string()).await;
        assert!(matches!(status, 200 | 429), "{status}");
        answers[usize::from(status == 429)] += 1;
        taken += usize::from(status == 200);
    }
    assert!(answers[0] >= 20 && answers[1] > 0, "{answers:?}");
    let (shop, store) = (stage.scope(), &stage.running.server.host.store);
    let all = store.read(shop).await.expect("a read").list_conversations(shop, None, 99).await.expect("a list");
    assert_eq!(all.len(), taken, "what was answered with 200 is there");
    stage.end().await;
}

/// A message of a customer, written at a time (s since 1970).
async fn writes(stage: &Stage, from: &str, id: &str, at: i64, text: &str) {
    let message =
        json!({ "id": id, "from": from, "timestamp": at.to_string(), "type": "text", "text": { "body": text } });
    let value = json!({ "metadata": { "phone_number_id": NUMBER }, "messages": [message] });
    let change = json!({ "field": "messages", "value": value });
    let body = json!({ "object": "whatsapp_business_account", "entry": [{ "id": "7", "changes": [change] }] });
    assert_eq!(stage.brings(&body.to_string()).await, 200, "{id}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_who_floods_is_told_once_a_minute_heard_when_they_say_stop_and_spoils_nothing_for_others() {
    let stage = Stage::of_flow(ECHO, "", "[limits]\nper_customer = 3\n").await;
    let (shop, host) = (stage.scope(), &stage.running.server.host);
    // Minutes that are over: what matters is when it was written.
    let minute = host.clock.now_ms() / 60_000 * 60 - 120;
    for n in 0..6 {
        writes(&stage, CUSTOMER, &format!("wamid.a{n}"), minute, "hi").await;
    }
    writes(&stage, CUSTOMER, "wamid.stop", minute, "STOP").await;
    writes(&stage, "254700000002", "wamid.b", minute, "hi").await;
    writes(&stage, CUSTOMER, "wamid.later", minute + 60, "hi").await;

    let all = host.store.read(shop).await.expect("a read").list_conversations(shop, None, 9).await.expect("a list");
    let mut seen = Vec::new();
    for row in &all {
        let mut tx = host.store.read(shop).await.expect("a read");
        let sends = tx.sends_of(shop, row.id, 0, 99).await.expect("the sends");
        let keys: Vec<String> = sends
            .iter()
            .filter_map(|row| match postcard::from_bytes(&row.send.body) {
                Ok(Outbound::Message(message)) => Some(message.key.to_string()),
                Ok(Outbound::Template(_)) | Err(_) => None,
            })
            .collect();
        let told = tx.consents_of(shop, row.id).await.expect("the ledger").len();
        seen.push(format!("{}; {told} consents", keys.join(", ")));
    }
    seen.sort();
    let expected = [
        "waiting.ask, waiting.ask, waiting.ask, too_many, waiting.ask, waiting.ask; 2 consents",
        "waiting.ask; 0 consents",
    ];
    assert_eq!(seen, expected);
    stage.end().await;
}

/// Says the same to everything.
const ECHO: &str = "\
duka 1
flow corner
  start waiting

words
  stop: stop

consent offers: News

state waiting
  ask: I am here.
  quiet 23 hours -> end
  else -> again
";
