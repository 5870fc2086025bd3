//! A form that is published at WhatsApp: sent as one, answered as one, and asked field by field wherever that fails.

use std::path::Path;

use duka_runtime::channel::whatsapp::flows::json::Shape;
use duka_runtime::channel::whatsapp::flows::published::{Forms, LOCK, Published};
use duka_tests::tree::root;
use serde_json::{Value as Json, json};

use crate::stage::{CUSTOMER, NUMBER, Stage};

/// The boutique, which has published its form.
async fn published() -> Stage {
    Stage::with_folder(|shop| publish(shop, false), |settings| settings).await
}

/// Notes that its form is published.
pub fn publish(shop: &Path, asks_server: bool) {
    let source = duka_runtime::shops::load::shop(&root().join("examples/boutique")).expect("a shop").source;
    let program = duka_engine::compile::compile(&source).program.expect("it compiles");
    let forms = duka_engine::forms::described(&program.shop);
    let form = forms.iter().find(|form| form.name == "delivery_details").expect("the form");
    let shape = Shape::of(form, asks_server).expect("a form that can be shown");
    let (name, id, status) = (shape.name().into(), "6627390000000001".into(), "PUBLISHED".into());
    let form = Published { name, id, status, since: "2026-11-21".into(), shape };
    let lock = Forms { pulled: "2026-11-21".into(), forms: vec![form] }.write();
    std::fs::write(shop.join(LOCK), lock).expect("a writable folder");
}

/// To the question for the address. The message that asks it.
pub async fn to_the_form(stage: &mut Stage) -> Json {
    to_the_checkout(stage).await;
    stage.taps("Delivery").await;
    stage.sees().await
}

async fn to_the_checkout(stage: &mut Stage) {
    stage.writes("hi").await;
    stage.sees().await;
    for choice in ["Shop", "Dresses", "Kitenge wrap dress", "Add to bag"] {
        stage.taps(choice).await;
        stage.sees().await;
    }
    stage.writes("1").await;
    stage.sees().await;
    stage.taps("Check out").await;
    stage.sees().await;
}

pub fn details() -> Json {
    json!({ "name": "Amina", "street": "Biashara Street 4", "town": "Kilimani", "notes": "" })
}

pub fn text(shown: &Json) -> &str {
    shown["text"].as_str().unwrap_or_default()
}

/// One message of the customer, as the vendor brings it.
fn webhook(id: &str, response: &str) -> String {
    let reply = json!({ "name": "flow", "body": "Sent", "response_json": response });
    let message = json!({
        "id": id, "from": CUSTOMER, "timestamp": "1795251800", "type": "interactive",
        "interactive": { "type": "nfm_reply", "nfm_reply": reply },
    });
    let value = json!({ "metadata": { "phone_number_id": NUMBER }, "messages": [message] });
    let change = json!({ "field": "messages", "value": value });
    json!({ "object": "whatsapp_business_account", "entry": [{ "id": "7", "changes": [change] }] }).to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_published_form_is_sent_and_answered_as_one() {
    let mut stage = published().await;
    let asked = to_the_form(&mut stage).await;
    assert_eq!(asked["type"], "flow", "{asked}");
    let parameters = &asked["content"]["action"]["parameters"];
    assert_eq!(parameters["flow_id"], "6627390000000001");
    assert_eq!(parameters["flow_cta"], "Delivery details");
    let data = &parameters["flow_action_payload"]["data"];
    assert_eq!((&data["label_name"], &data["submit"]), (&json!("Your name"), &json!("Save")));
    assert_eq!(data["options_town"][0], json!({ "id": "Kilimani", "title": "Kilimani" }));
    stage.does(&json!({ "form": details() })).await;
    let confirmed = stage.sees().await;
    assert!(text(&confirmed).contains(": KES 300"), "{confirmed}");
    // The same answer, sent again after the question is over.
    stage.does(&json!({ "form": details() })).await;
    let told = stage.sees().await;
    assert!(text(&told).contains("earlier message"), "{told}");
    let again = stage.sees().await;
    assert!(text(&again).contains("Total"), "{again}");
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_was_not_understood_is_asked_again() {
    let mut stage = published().await;
    to_the_form(&mut stage).await;
    let mut answers = details();
    answers["town"] = "Atlantis".into();
    stage.does(&json!({ "form": answers })).await;
    let told = stage.sees().await;
    assert!(text(&told).contains("Town"), "{told}");
    let asked = stage.sees().await;
    assert_eq!((&asked["type"], text(&asked)), (&json!("list"), "Town"));
    stage.taps("Westlands").await;
    assert!(text(&stage.sees().await).contains(": KES 300"));
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_with_a_token_that_is_not_ours_changes_nothing() {
    let mut stage = published().await;
    let asked = to_the_form(&mut stage).await;
    let token = asked["content"]["action"]["parameters"]["flow_token"].as_str().expect("a token").to_string();
    for (at, forged) in [token.replace("address", "confirm"), "unused".to_string(), String::new()].iter().enumerate() {
        let mut answers = details();
        answers["flow_token"] = forged.as_str().into();
        assert_eq!(stage.brings(&webhook(&format!("wamid.f{at}"), &answers.to_string())).await, 200);
        let told = stage.sees().await;
        assert!(text(&told).contains("earlier message"), "{forged}: {told}");
        assert_eq!(stage.sees().await["type"], "flow", "{forged}: asked again");
    }
    let mut answers = details();
    answers["flow_token"] = token.into();
    assert_eq!(stage.brings(&webhook("wamid.true", &answers.to_string())).await, 200);
    assert!(text(&stage.sees().await).contains(": KES 300"));
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_the_vendor_refuses_is_asked_field_by_field_for_an_hour() {
    let mut stage = published().await;
    let mut notices = stage.running.server.host.notices.listen();
    to_the_checkout(&mut stage).await;
    stage.fails(&json!({ "kind": "refuse", "code": 132_069, "type": "interactive", "first": 1 })).await;
    stage.taps("Delivery").await;
    let asked = stage.sees().await;
    assert_eq!((&asked["type"], text(&asked)), (&json!("text"), "Where should we deliver?"));
    assert_eq!(text(&stage.sees().await), "Your name");
    let told = notices.recv().await.expect("a notice");
    assert_eq!(format!("{:?}", told.notice), "FormRefused { form: \"delivery_details\", error: 132069 }");
    for (answer, next) in [("Amina", "Street"), ("Biashara Street 4", "Town"), ("Kilimani", "Notes")] {
        stage.writes(answer).await;
        let shown = stage.sees().await;
        assert!(text(&shown).starts_with(next), "{shown}");
    }
    stage.writes("skip").await;
    assert!(text(&stage.sees().await).contains(": KES 300"));
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_was_throttled_is_asked_field_by_field_until_it_is_published_again() {
    let mut stage = published().await;
    let body = std::fs::read_to_string(root().join("tests/corpus/whatsapp/fixtures/flows_status_throttled.json"));
    let throttled = body.expect("the fixture").replace("102290000000001", "7");
    assert_eq!(stage.brings(&throttled).await, 200);
    let asked = to_the_form(&mut stage).await;
    assert_eq!(asked["type"], "text", "{asked}");
    assert_eq!(text(&stage.sees().await), "Your name");
    let back = throttled.replace("\"THROTTLED\"", "\"PUBLISHED\"").replace("1791000000", "1891000000");
    assert_eq!(stage.brings(&back).await, 200);
    stage.writes("bag").await;
    stage.sees().await;
    stage.taps("Check out").await;
    stage.sees().await;
    stage.taps("Delivery").await;
    assert_eq!(stage.sees().await["type"], "flow");
    stage.end().await;
}
