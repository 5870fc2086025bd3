//! A form that asks the server while it is filled in: encrypted as the vendor does it, answered by the real server.

use duka_runtime::channel::whatsapp::flows::crypto::generate;
use secrecy::ExposeSecret;
use serde_json::{Value as Json, json};

use crate::asker::Asker;
use crate::door::signed;
use crate::forms::{details, publish, text, to_the_form};
use crate::stage::{CUSTOMER, NUMBER, Stage};

/// The boutique with a form that asks, and a phone that WhatsApp has told the key.
async fn asking() -> (Stage, Asker) {
    let asker = Asker::new();
    let key = asker.pair.private.expose_secret().to_string();
    let prepare = |shop: &std::path::Path| {
        publish(shop, true);
        std::fs::write(shop.parent().expect("a folder").join("flows.pem"), &key).expect("a writable folder");
    };
    let keyed = |settings: String| settings.replace("[whatsapp]\n", "[whatsapp]\nflows_key = \"file:flows.pem\"\n");
    (Stage::with_folder(prepare, keyed).await, asker)
}

/// What the form asks, and how it is answered.
async fn ask(stage: &Stage, asker: &Asker, payload: &Json) -> (u16, Json) {
    let body = asker.body(payload);
    let mark = signed(&body);
    let (status, answer) = post(stage, "boutique", body, &mark).await;
    (status, asker.read(&answer))
}

async fn post(stage: &Stage, shop: &str, body: Vec<u8>, mark: &str) -> (u16, String) {
    let request = stage.http.post(format!("{}/flows/{shop}", stage.base)).header("x-hub-signature-256", mark);
    let answer = request.body(body).send().await.expect("an answer");
    (answer.status().as_u16(), answer.text().await.expect("a text"))
}

fn submit(token: &Json, answers: Json) -> Json {
    json!({ "version": "3.0", "action": "data_exchange", "screen": "FORM", "data": answers, "flow_token": token })
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_shown_on_the_form_and_what_is_right_closes_it_and_comes_as_a_message() {
    let (mut stage, asker) = asking().await;
    let asked = to_the_form(&mut stage).await;
    let parameters = &asked["content"]["action"]["parameters"];
    let token = &parameters["flow_token"];
    let words = &parameters["flow_action_payload"]["data"];

    let (status, begun) = ask(&stage, &asker, &json!({ "action": "INIT", "flow_token": token })).await;
    assert_eq!((status, &begun["screen"], &begun["data"]), (200, &json!("FORM"), words), "as the message showed it");

    let mut wrong = details();
    wrong["town"] = "Atlantis".into();
    let (status, shown) = ask(&stage, &asker, &submit(token, wrong)).await;
    let error = shown["data"]["error_message"].as_str().unwrap_or_default();
    assert!(status == 200 && shown["screen"] == "FORM" && error.contains("Town"), "{shown}");
    assert_eq!(shown["data"]["label_town"], words["label_town"]);

    let (status, closed) = ask(&stage, &asker, &submit(token, details())).await;
    let answers = &closed["data"]["extension_message_response"]["params"];
    assert_eq!((status, &closed["screen"], &answers["town"]), (200, &json!("SUCCESS"), &json!("Kilimani")), "{closed}");
    assert_eq!(&answers["flow_token"], token);
    assert!(stage.sees_nothing().await, "nothing was said in the chat meanwhile");

    // WhatsApp brings the answers as a message; then the form is over.
    stage.does(&json!({ "form": details() })).await;
    assert!(text(&stage.sees().await).contains(": KES 300"));
    let (status, over) = ask(&stage, &asker, &submit(token, details())).await;
    assert!(status == 427 && over["error_msg"].as_str().is_some_and(|why| !why.is_empty()), "{status} {over}");
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_vendors_own_questions_are_answered_and_forged_or_foreign_ones_are_not() {
    let (mut stage, asker) = asking().await;
    let (status, alive) = ask(&stage, &asker, &json!({ "version": "3.0", "action": "ping" })).await;
    assert_eq!((status, &alive), (200, &json!({ "data": { "status": "active" } })));
    let asked = to_the_form(&mut stage).await;
    let token = asked["content"]["action"]["parameters"]["flow_token"].clone();
    let failed = json!({ "error": "invalid-screen-transition", "error_message": "…" });
    let (status, heard) = ask(&stage, &asker, &submit(&token, failed)).await;
    assert_eq!((status, &heard), (200, &json!({ "data": { "acknowledged": true } })));

    for foreign in ["", "unused", &token.as_str().expect("a token").replace("address", "confirm")] {
        assert_eq!(ask(&stage, &asker, &submit(&foreign.into(), details())).await.0, 427, "{foreign}");
    }
    let body = asker.body(&submit(&token, details()));
    assert_eq!(post(&stage, "boutique", body.clone(), "sha256=00").await.0, 432);
    assert_eq!(post(&stage, "nowhere", body.clone(), &signed(&body)).await.0, 432, "as if it were forged");
    let other = Asker { pair: generate().expect("a pair"), key: asker.key, nonce: asker.nonce };
    let body = other.body(&submit(&token, details()));
    assert_eq!(post(&stage, "boutique", body.clone(), &signed(&body)).await.0, 421, "of another key");
    for odd in ["", "{}", "null"] {
        assert_eq!(post(&stage, "boutique", odd.into(), &signed(odd.as_bytes())).await.0, 421, "{odd}");
    }

    // A Flow that WhatsApp stops is asked field by field, and what it still asks is answered.
    let status = json!({ "event": "FLOW_STATUS_CHANGE", "message": "…", "flow_id": "6627390000000001",
        "old_status": "PUBLISHED", "new_status": "BLOCKED" });
    let change = json!({ "field": "flows", "value": status });
    let entry = json!({ "id": "7", "time": 1_791_000_000, "changes": [change] });
    let body = json!({ "object": "whatsapp_business_account", "entry": [entry] }).to_string();
    assert_eq!(stage.brings(&body).await, 200);
    assert_eq!(ask(&stage, &asker, &submit(&token, details())).await.0, 200);
    let message = json!({ "id": "wamid.bag", "from": CUSTOMER, "timestamp": "1795251800", "type": "text",
        "text": { "body": "bag" } });
    let value = json!({ "metadata": { "phone_number_id": NUMBER }, "messages": [message] });
    let entry = json!({ "id": "7", "changes": [{ "field": "messages", "value": value }] });
    let body = json!({ "object": "whatsapp_business_account", "entry": [entry] }).to_string();
    assert_eq!(stage.brings(&body).await, 200);
    stage.sees().await;
    assert_eq!(ask(&stage, &asker, &submit(&token, details())).await.0, 427, "the customer went elsewhere");
    stage.end().await;
}
