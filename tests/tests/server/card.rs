//! A card number that a customer writes, in any spelling: answered, and nowhere in what the server keeps or tells.

use std::path::Path;

use duka_engine::card;
use duka_tests::tree::root;

use crate::card_corpus::corpus;
use crate::door::{post, signed};
use crate::stage::{CUSTOMER, Stage, on_sqlite};

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
    let cards: Vec<String> = corpus(&root(), "cards.txt").into_iter().step_by(3).collect();
    for text in &cards {
        stage.writes(text).await;
        let shown = stage.sees().await;
        let told = shown["text"].as_str().unwrap_or_default();
        assert!(told.contains("please never send card numbers here"), "{text:?}: {told}");
        let again = stage.sees().await;
        assert!(again["text"].as_str().unwrap_or_default().contains("Welcome"), "{text:?}: {again}");
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
