//! Statuses come back as signed webhooks: in batches, twice, out of order, again until they are answered, by the seed.

use duka_runtime::dev_graph::{Graph, Limits, Plan, Statuses};
use serde_json::{Value, json};

use crate::support::{easy, quick, stage, text, with};

#[tokio::test]
async fn what_became_of_a_message_is_told() {
    let stage = stage(easy()).await;
    let (_, answer) = stage.send(&text()).await;
    let mut values = stage.values(3).await;
    values.sort_by_key(|value| value.pointer("/statuses/0/status").map(Value::to_string));
    let words: Vec<_> = values.iter().map(|value| value.pointer("/statuses/0/status").cloned()).collect();
    assert_eq!(words, [Some(json!("delivered")), Some(json!("read")), Some(json!("sent"))]);
    let delivered = &values[0];
    assert_eq!(delivered.pointer("/statuses/0/id"), answer.pointer("/messages/0/id"));
    assert_eq!(delivered.pointer("/statuses/0/biz_opaque_callback_data"), Some(&json!("opaque-1")));
    assert_eq!(delivered.pointer("/statuses/0/recipient_id"), Some(&json!("254700000001")));
    assert_eq!(delivered.pointer("/statuses/0/pricing/category"), Some(&json!("service")));
    assert_eq!(delivered.pointer("/metadata/phone_number_id"), Some(&json!("106540000000001")));
    assert_eq!(delivered.pointer("/contacts/0/wa_id"), Some(&json!("254700000001")));
}

#[tokio::test]
async fn statuses_travel_together() {
    let statuses = Statuses { batch: 50, batch_ms: 100, read: 0.0, ..quick() };
    let stage = stage(Plan { statuses, limits: Limits::none(), ..easy() }).await;
    for n in 0..20 {
        stage.send(&with(text(), json!({"biz_opaque_callback_data": n.to_string()}))).await;
    }
    assert_eq!(stage.statuses(40).await.len(), 40);
    let webhooks = stage.values(1).await.len();
    assert!(webhooks < 20, "40 statuses came in {webhooks} webhooks");
}

#[tokio::test]
async fn statuses_come_twice_and_again_until_they_are_answered() {
    let statuses = Statuses { twice: 1.0, read: 0.0, delivered: 0.0, ..quick() };
    let stage = stage(Plan { statuses, ..easy() }).await;
    stage.refuse_webhooks(1);
    stage.send(&text()).await;
    let words = stage.statuses(2).await;
    assert_eq!(words, vec![("sent".to_string(), "opaque-1".to_string()); 2]);
    assert_eq!(stage.graph.with(|graph| graph.counts().undelivered), 1);
}

/// Everything that a seed decides, as text.
fn story(seed: u64) -> String {
    let statuses = Statuses { twice: 0.2, swapped: 0.5, batch: 3, delivered: 0.9, ..Statuses::default() };
    let plan = Plan { seed, statuses, limits: Limits::none(), secret: "s".into(), ..Plan::default() };
    let mut graph = Graph::new(plan);
    let mut story = String::new();
    for now_ms in (0..5_000).step_by(10) {
        if now_ms < 1_000 {
            let body = with(text(), json!({"biz_opaque_callback_data": now_ms.to_string()})).to_string();
            story += &String::from_utf8_lossy(&graph.send(now_ms, "1", "t", body.as_bytes()).body);
        }
        for webhook in graph.due(now_ms) {
            story += &format!("{now_ms} {} {}\n", webhook.signature, String::from_utf8_lossy(&webhook.body));
            graph.delivered(now_ms, webhook, 200);
        }
    }
    assert_eq!(graph.waiting(), 0, "nothing is forgotten");
    story
}

#[test]
fn a_seed_decides_everything() {
    assert_eq!(story(7), story(7));
    assert_ne!(story(7), story(8));
    assert!(story(7).matches("delivered").count() > 80);
}
