//! A customer played by a script: writes, taps what was sent, stops marketing; and what the phone shows.

use serde_json::{Value, json};

use crate::support::{CUSTOMER, NUMBER, Stage, easy, of_type, stage};

async fn say(stage: &Stage, what: Value) -> (u16, Value) {
    let (http, answer) = stage.call("POST", &format!("/control/customer/{CUSTOMER}"), what.to_string()).await;
    let message = answer.pointer("/webhook/entry/0/changes/0/value/messages/0").cloned();
    (http, message.unwrap_or(answer))
}

fn without_id(mut message: Value) -> Value {
    let fields = message.as_object_mut().expect("an object");
    fields.remove("id");
    fields.remove("timestamp");
    message
}

fn question() -> Value {
    of_type(
        "interactive",
        json!({"type": "button", "body": {"text": "Well?"}, "action": {"buttons": [
        {"type": "reply", "reply": {"id": "yes-1", "title": "Yes"}},
        {"type": "reply", "reply": {"id": "no-1", "title": "No"}}]}}),
    )
}

#[tokio::test]
async fn a_customer_writes_and_taps() {
    let stage = stage(easy()).await;
    let (http, message) = say(&stage, json!({"text": "Habari / 😀", "as": {"number": NUMBER}})).await;
    assert_eq!(http, 200);
    assert_eq!(without_id(message), json!({"type": "text", "text": {"body": "Habari / 😀"}, "from": CUSTOMER}));
    let (_, answer) = stage.send(&question()).await;
    let id = answer.pointer("/messages/0/id").cloned().unwrap_or_default();
    for choice in ["Yes", "yes-1", "1"] {
        let (_, message) = say(&stage, json!({"tap": choice})).await;
        assert_eq!(
            without_id(message),
            json!({"type": "interactive", "from": CUSTOMER, "context": {"from": "15550000001", "id": id},
                "interactive": {"type": "button_reply", "button_reply": {"id": "yes-1", "title": "Yes"}}})
        );
    }
    let (http, answer) = say(&stage, json!({"tap": "Maybe"})).await;
    assert_eq!(
        (http, &answer["error"]),
        (422, &json!("No choice is called `Maybe`. The newest choices are: Yes, No."))
    );
    let list = json!({"type": "list", "body": {"text": "Which?"}, "action": {"button": "Choose", "sections": [
        {"rows": [{"id": "row-1", "title": "Mug", "description": "Blue"}]}]}});
    stage.send(&of_type("interactive", list)).await;
    let (_, message) = say(&stage, json!({"tap": "Mug"})).await;
    assert_eq!(
        message.pointer("/interactive"),
        Some(&json!({"type": "list_reply", "list_reply": {"id": "row-1", "title": "Mug", "description": "Blue"}}))
    );
    let (_, message) = say(&stage, json!({"tap_on": {"message": "1", "choice": "No"}})).await;
    assert_eq!(message.pointer("/interactive/button_reply/id"), Some(&json!("no-1")), "an old button can be tapped");
    assert_eq!(stage.values(0).await.iter().filter(|value| value.get("messages").is_some()).count(), 6);
}

#[tokio::test]
async fn short_ways_for_scripts() {
    let stage = stage(easy()).await;
    let path = |verb: &str| format!("/control/customer/{CUSTOMER}/{verb}");
    assert_eq!(stage.call("POST", &path("text"), "hi").await.0, 200);
    let (wait, asked) = (format!("/control/customer/{CUSTOMER}?wait_ms=5000"), question());
    let (shown, _) = tokio::join!(stage.call("GET", &wait, ""), stage.send(&asked));
    assert_eq!(shown.1.pointer("/0/text"), Some(&json!("Well?")));
    assert_eq!(shown.1.pointer("/0/taps/1/title"), Some(&json!("No")));
    assert_eq!(stage.call("POST", &path("tap"), "No").await.0, 200);
    assert_eq!(stage.call("POST", &path("stop"), "").await.0, 200);
    let last = stage.values(3).await;
    assert!(last.iter().any(|value| value.pointer("/user_preferences/0/value") == Some(&json!("stop"))));
    assert_eq!(stage.call("POST", &path("dance"), "").await.0, 422);
}

#[tokio::test]
async fn a_customer_sends_all_kinds() {
    let stage = stage(easy()).await;
    let (_, file) = stage.call("POST", "/control/files", r#"{"mime_type": "image/jpeg", "size": 10}"#).await;
    let media = json!({"kind": "image", "id": file["id"], "mime_type": file["mime_type"], "sha256": file["sha256"]});
    for (what, kind) in [
        (json!({"location": {"latitude": -1.2, "longitude": 36.8, "name": "Home"}}), "location"),
        (json!({"media": media}), "image"),
        (json!({"order": {"catalog_id": "1", "product_items": []}}), "order"),
        (json!({"form": {"name": "Dana"}}), "interactive"),
        (json!({"contact": "+254700000001"}), "contacts"),
        (json!({"reaction": {"message": "wamid.1", "emoji": "👍"}}), "reaction"),
        (json!({"raw": {"type": "unsupported", "errors": [{"code": 131051}]}}), "unsupported"),
        (json!({"text": "from an ad", "as": {"by_ad": true}}), "text"),
    ] {
        let (http, message) = say(&stage, what.clone()).await;
        assert_eq!((http, &message["type"]), (200, &json!(kind)), "{what}");
    }
    let say_twice = json!({"text": "twice", "as": {"copies": 2, "id": "wamid.same"}});
    say(&stage, say_twice).await;
    let values = stage.values(10).await;
    let twice = values.iter().filter(|value| value.pointer("/messages/0/id") == Some(&json!("wamid.same"))).count();
    assert_eq!(twice, 2);
    let user = json!({"text": "hi"}).to_string();
    let (_, answer) = stage.call("POST", "/control/customer/KE.1349", user).await;
    let value = answer.pointer("/webhook/entry/0/changes/0/value").cloned().unwrap_or_default();
    assert_eq!(value.pointer("/messages/0/from_user_id"), Some(&json!("KE.1349")));
    assert_eq!(value.pointer("/messages/0/from"), None, "no phone is known of a user id");
}
