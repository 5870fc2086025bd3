//! What the vendor says and this version does not know, and copies of what was said long ago: answered 200, kept for people with
//! their bytes, and never acted on.

use serde_json::{Value as Json, json};

use crate::stage::{CUSTOMER, NUMBER, Stage};

const DAY_S: i64 = 86_400;

fn webhook(field: &str, value: &Json) -> String {
    json!({ "object": "whatsapp_business_account",
        "entry": [{ "id": "7", "time": now_s(), "changes": [{ "field": field, "value": value }] }] })
    .to_string()
}

fn now_s() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    i64::try_from(since.expect("a clock that is set").as_secs()).expect("a time of ours")
}

fn of_number(what: &str, elements: &Json) -> String {
    let mut value = json!({ "messaging_product": "whatsapp",
        "metadata": { "display_phone_number": "15550001111", "phone_number_id": NUMBER },
        "contacts": [{ "profile": { "name": "Amina" }, "wa_id": CUSTOMER }] });
    value[what] = elements.clone();
    webhook("messages", &value)
}

fn message(id: &str, age_s: i64, more: &Json) -> String {
    let mut message = json!({ "from": CUSTOMER, "id": id, "timestamp": (now_s() - age_s).to_string(), "type": "text",
        "text": { "body": "hi" } });
    for (name, value) in more.as_object().expect("fields") {
        message[name] = value.clone();
    }
    of_number("messages", &json!([message]))
}

async fn kept(stage: &Stage) -> Vec<(String, String, String)> {
    let (store, scope) = (&stage.running.server.host.store, stage.scope());
    let rows = store.read(scope).await.expect("a store").list_quarantine(scope, 0, 99).await.expect("a list");
    let read = |body: &[u8]| String::from_utf8_lossy(body).into_owned();
    rows.into_iter().map(|(_, row)| (row.reason.to_string(), row.detail, read(&row.body))).collect()
}

#[tokio::test]
async fn what_is_not_known_is_kept_with_its_bytes_once_a_day() {
    let stage = Stage::boutique().await;
    let group = json!({ "group_id": "Y2FwaV9ncm91cA", "text": { "body": "hello group" } });
    let status = json!([{ "id": "wamid.s1", "status": "warning", "timestamp": now_s().to_string(),
        "recipient_id": CUSTOMER }]);
    let bodies = [
        webhook("brand_new_field", &json!({ "novel": "a thing of tomorrow" })),
        webhook("brand_new_field", &json!({ "novel": "another thing" })),
        of_number("statuses", &status),
        message("wamid.g1", 0, &group),
        message("wamid.y1", 0, &json!({ "type": "system", "system": { "type": "moon_phase", "body": "full" } })),
    ];
    for body in &bodies {
        assert_eq!(stage.brings(body).await, 200);
    }
    let kept = kept(&stage).await;
    let what: Vec<(&str, &str)> = kept.iter().map(|(reason, detail, _)| (reason.as_str(), detail.as_str())).collect();
    let expected = [
        ("unknown", "field brand_new_field"),
        ("unknown", "status warning"),
        ("unknown", "group message"),
        ("unknown", "system moon_phase"),
    ];
    assert_eq!(what, expected);
    assert!(kept[0].2.contains("a thing of tomorrow") && kept[2].2.contains("hello group"), "{kept:?}");
    assert!(stage.sees_nothing().await, "none of it is a customer's word");
    stage.end().await;
}

#[tokio::test]
async fn a_copy_of_what_was_said_long_ago_is_not_acted_on() {
    let mut stage = Stage::boutique().await;
    assert_eq!(stage.brings(&message("wamid.old", 9 * DAY_S, &json!({}))).await, 200);
    assert!(stage.sees_nothing().await);
    let kept = kept(&stage).await;
    assert!(kept.len() == 1 && kept[0].0 == "too old", "{kept:?}");
    // What the vendor repeats for a week is taken.
    stage.writes("hi").await;
    assert!(stage.sees().await.to_string().contains("Zuri Boutique"));
    stage.end().await;
}
