//! Each kind of fault, as the sender and the callback see it.

use std::time::Duration;

use duka_runtime::dev_graph::{Fault, FaultKind, Limits, Plan};
use serde_json::{Value, json};

use crate::support::{Stage, easy, stage, text, with};

async fn broken(kind: FaultKind) -> Stage {
    let fault = Fault { first: Some(1), ..Fault::always(kind) };
    stage(Plan { faults: vec![fault], limits: Limits::none(), ..easy() }).await
}

/// What the sender sees, in a word, and whether the message was taken.
async fn seen(stage: &Stage) -> (String, bool) {
    let seen = match stage.try_send(&text()).await {
        Err(error) if error.contains("TimedOut") => "no answer".to_string(),
        Err(error) if error.contains("IncompleteBody") || error.contains("Body") => "half an answer".to_string(),
        Err(_) => "reset".to_string(),
        Ok((http, text)) => {
            let answer: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
            let code = answer.pointer("/error/code").map_or(String::new(), Value::to_string);
            let id = answer.pointer("/messages/0/id").map_or("", |_| "taken");
            let odd = if answer.is_null() { "no JSON" } else { "" };
            [http.to_string(), code, id.to_string(), odd.to_string()].join(" ").trim().to_string()
        }
    };
    (seen, stage.graph.with(|graph| graph.counts().accepted) == 1)
}

#[tokio::test]
async fn every_kind_breaks_as_it_says() {
    for kind in FaultKind::ALL.iter().copied() {
        let expected = match kind {
            FaultKind::Http500 => "500 131000",
            FaultKind::Http503 => "503 2",
            FaultKind::Http502Html => "502   no JSON",
            FaultKind::Rate429 => "429 130429",
            FaultKind::AppRate => "400 4",
            FaultKind::Pair429 => "400 131056",
            FaultKind::ResetBefore | FaultKind::AcceptReset => "reset",
            FaultKind::HangBefore | FaultKind::AcceptHang | FaultKind::Slowloris200 | FaultKind::Slow200 => "no answer",
            FaultKind::Malformed200 | FaultKind::Empty200 => "200   no JSON",
            FaultKind::Truncated200 => "half an answer",
            FaultKind::NoId200 => "200",
            FaultKind::Token401 => "401 190",
            FaultKind::Window400 => "400 131047",
            FaultKind::Template400 => "400 132015",
            FaultKind::Version400 => "400 2635",
            FaultKind::Refuse => "500 131000",
            FaultKind::FailedStatus
            | FaultKind::SentThenFailed
            | FaultKind::Held
            | FaultKind::Paused
            | FaultKind::NoStatus
            | FaultKind::LateStatus
            | FaultKind::NoOpaque => "200  taken",
        };
        let stage = broken(kind).await;
        assert_eq!(seen(&stage).await, (expected.to_string(), kind.is_taken()), "{}", kind.name());
        let (http, _) = stage.send(&with(text(), json!({"to": "+254700000002"}))).await;
        assert_eq!(http, 200, "{}: only the first was to be hit", kind.name());
        let (_, counts) = stage.call("GET", "/control/counts", "").await;
        assert_eq!(counts.pointer(&format!("/by_fault/{}", kind.name())), Some(&json!(1)), "{counts}");
    }
}

#[tokio::test]
async fn statuses_fail_are_silent_are_late_and_lack_the_opaque_data() {
    let words = |list: &[(&str, &str)]| -> Vec<(String, String)> {
        list.iter().map(|(word, opaque)| (word.to_string(), opaque.to_string())).collect()
    };
    let failed = broken(FaultKind::FailedStatus).await;
    failed.send(&text()).await;
    assert_eq!(failed.statuses(1).await, words(&[("failed", "opaque-1")]));
    let value = failed.values(1).await;
    assert_eq!(value[0].pointer("/statuses/0/errors/0/code"), Some(&json!(131026)));
    assert_eq!(value[0].get("contacts"), None, "a failed status names no contact");

    let then = broken(FaultKind::SentThenFailed).await;
    then.send(&text()).await;
    assert_eq!(then.statuses(2).await.len(), 2);

    let bare = broken(FaultKind::NoOpaque).await;
    bare.send(&text()).await;
    assert!(bare.statuses(3).await.iter().all(|(_, opaque)| opaque.is_empty()));

    for (kind, still) in [(FaultKind::NoStatus, 0), (FaultKind::LateStatus, 3)] {
        let stage = broken(kind).await;
        stage.send(&text()).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert_eq!(stage.statuses(0).await, [], "{}", kind.name());
        stage.call("POST", "/control/clock", r#"{"advance_ms": 61000}"#).await;
        assert_eq!(stage.statuses(still).await.len(), still, "{}", kind.name());
    }
}

#[tokio::test]
async fn a_limit_says_when_to_come_again() {
    let fault = Fault { retry_after_s: Some(7), ..Fault::always(FaultKind::Rate429) };
    let stage = stage(Plan { faults: vec![fault], ..easy() }).await;
    let url = stage.url("/v24.0/1/messages");
    let response = stage.http().post(url).bearer_auth("t").body(text().to_string()).send().await.expect("an answer");
    let again = response.headers().get("retry-after").and_then(|value| value.to_str().ok()).map(str::to_string);
    assert_eq!((response.status().as_u16(), again), (429, Some("7".to_string())));
}

#[tokio::test]
async fn faults_are_for_some_and_can_be_changed_while_it_runs() {
    let stage = stage(Plan { limits: Limits::none(), ..easy() }).await;
    let faults = json!([{"kind": "refuse", "code": 131026, "customer": "+254700000001", "at": [2]},
        {"kind": "http500", "type": "template"}]);
    assert_eq!(stage.call("POST", "/control/faults", faults.to_string()).await.0, 204);
    let mut codes = Vec::new();
    for _ in 0..3 {
        codes.push(stage.code(&text()).await.1);
    }
    codes.push(stage.code(&with(text(), json!({"to": "+254700000002"}))).await.1);
    assert_eq!(codes, [0, 131026, 0, 0]);
    let (_, hits) = stage.call("GET", "/control/faults", "").await;
    assert_eq!(hits.pointer("/0/hits"), Some(&json!(1)));
    let (http, answer) = stage.call("POST", "/control/faults", r#"{"kind": "gremlins"}"#).await;
    assert!(http == 422 && answer.to_string().contains("accept_reset"), "the kinds are named: {answer}");
    stage.call("DELETE", "/control/faults", "").await;
    let template = json!({"name": "a", "language": {"code": "en"}});
    assert_eq!(stage.code(&crate::support::of_type("template", template)).await, (200, 0));
}

#[tokio::test]
async fn a_share_of_the_sends_is_hit() {
    let faults = vec![Fault::of_rate(FaultKind::Http503, 0.3)];
    let stage = stage(Plan { seed: 3, faults, limits: Limits::none(), ..easy() }).await;
    let mut hit = 0;
    for _ in 0..200 {
        hit += usize::from(stage.code(&text()).await.0 == 503);
    }
    assert!((40..=80).contains(&hit), "{hit} of 200");
    let (_, journal) = stage.call("GET", "/control/journal?after=190", "").await;
    let journal = journal.as_array().cloned().unwrap_or_default();
    assert_eq!(journal.len(), 10);
    assert_eq!(journal[0].pointer("/body/text/body"), Some(&json!("Hello")));
    assert_eq!((&journal[0]["opaque"], &journal[0]["type"]), (&json!("opaque-1"), &json!("text")));
}
