//! A card number that a customer writes, in any spelling: answered, and nowhere in what the server keeps or tells.

use std::path::Path;

use duka_engine::card;
use duka_tests::tree::root;

use crate::card_corpus::corpus;
use crate::door::{post, signed};
use crate::stage::{CUSTOMER, NUMBER, Stage, on_sqlite};

#[test]
fn a_card_number_is_found_however_it_is_written() {
    let (cards, others) = (corpus(&root(), "cards.txt"), corpus(&root(), "others.txt"));
    assert!(cards.len() >= 33 && others.len() >= 10, "{} and {}", cards.len(), others.len());
    let missed: Vec<&String> = cards.iter().filter(|text| !card::is_in(text)).collect();
    assert!(missed.is_empty(), "{missed:?}");
    let taken: Vec<&String> = others.iter().filter(|text| card::is_in(text)).collect();
    assert!(taken.is_empty(), "{taken:?}");
}

/// Every file under a folder.
fn files(folder: &Path) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("a readable folder").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(std::fs::read(&path).expect("a readable file"));
        }
    }
    found
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_number_is_answered_and_kept_nowhere() {
    let mut stage = Stage::with(on_sqlite).await;
    stage.writes("hi").await;
    stage.sees().await;
    // So many that the vendor's pace for one customer holds nothing up.
    let cards: Vec<String> = corpus(&root(), "cards.txt").into_iter().step_by(4).collect();
    for text in &cards {
        stage.writes(text).await;
        assert_is_answered(&mut stage, text).await;
    }
    let unknown = serde_json::json!({ "object": "whatsapp_business_account", "entry": [{ "id": "8", "changes": [{
        "field": "messages", "value": { "metadata": { "phone_number_id": "99" }, "messages": [
            { "id": "wamid.9", "from": CUSTOMER, "type": "text", "text": { "body": cards[0] } }] } }] }] });
    let body = unknown.to_string().into_bytes();
    let mark = signed(&body);
    assert_eq!(post(&stage, body, &[("x-hub-signature-256", &mark)]).await.0, 200);

    let kept = files(stage.folder.path());
    assert!(kept.iter().any(|bytes| holds(bytes, card::PLACEHOLDER)), "the placeholder is in the database");
    assert!(kept.iter().any(|bytes| holds(bytes, "number 99, message")), "the strange element is in quarantine");
    let plain = cards.iter().map(|text| text.chars().filter(char::is_ascii_digit).collect::<String>());
    for written in cards.iter().cloned().chain(plain.filter(|digits| digits.len() > 12)) {
        assert!(!kept.iter().any(|bytes| holds(bytes, &written)), "{written:?} was kept");
    }
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_number_beside_what_flows_read_is_answered_too() {
    let mut stage = Stage::with(on_sqlite).await;
    stage.writes("hi").await;
    stage.sees().await;
    let items =
        serde_json::json!([{ "product_retailer_id": "D-101", "quantity": 1, "item_price": 2500, "currency": "KES" }]);
    stage.does(&serde_json::json!({ "order": { "catalog_id": "7", "text": "4111 1111 1111 1111 12/27", "product_items": items } })).await;
    assert_is_answered(&mut stage, "a note under a cart").await;
    let document =
        serde_json::json!({ "id": "123", "mime_type": "application/pdf", "filename": "4111111111111111.pdf" });
    let message = serde_json::json!({ "id": "wamid.7", "from": CUSTOMER, "type": "document", "document": document });
    let body = serde_json::json!({ "object": "whatsapp_business_account", "entry": [{ "id": "8", "changes": [{
        "field": "messages", "value": { "metadata": { "phone_number_id": NUMBER }, "messages": [message] } }] }] });
    assert_eq!(stage.brings(&body.to_string()).await, 200);
    assert_is_answered(&mut stage, "a file's name").await;
    stage.end().await;
}

async fn assert_is_answered(stage: &mut Stage, what: &str) {
    let shown = stage.sees().await;
    let told = shown["text"].as_str().unwrap_or_default();
    assert!(told.contains("please never send card numbers here"), "{what}: {told}");
    let again = stage.sees().await;
    assert!(again["text"].as_str().unwrap_or_default().contains("Welcome"), "{what}: {again}");
}
