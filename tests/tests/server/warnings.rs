//! What the vendor warns of an account or a number: shown, told, held back, and free again when it says so.

use duka_runtime::api::Scope;
use duka_runtime::host::notices::Notice;
use serde_json::{Value as Json, json};

use crate::api::{ask, key};
use crate::stage::{Stage, noticed};

fn body(field: &str, time_s: i64, value: &Json) -> String {
    let change = json!({ "field": field, "value": value });
    let entry = json!({ "id": "7", "time": time_s, "changes": [change] });
    json!({ "object": "whatsapp_business_account", "entry": [entry] }).to_string()
}

/// What the API shows of the number.
async fn shown(stage: &Stage, key: &str) -> Vec<String> {
    let (_, shop) = ask(stage, "GET", "/shops/boutique", key).await;
    let number = &shop["health"][0];
    let warnings = number["warnings"].as_array().expect("warnings").iter();
    let word = |it: &Json| format!("{} {}", it["word"].as_str().unwrap_or(""), it["holds"].as_str().unwrap_or(""));
    let stopped = number["stopped"].as_str().filter(|why| !why.is_empty()).map(|why| format!("stopped {why}"));
    warnings.map(word).chain(stopped).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn warnings_are_shown_and_counted_until_the_vendor_takes_them_back_or_they_end() {
    let stage = Stage::boutique().await;
    let reader = key(&stage, "reader", Scope::Read, None, i64::MAX).await;
    let mut notices = stage.running.server.host.notices.listen();
    let now_s = stage.running.server.host.clock.now_ms() / 1_000;
    let quality = |event: &str, at: i64| {
        body(
            "phone_number_quality_update",
            now_s + at,
            &json!({ "display_phone_number": "15550001111", "event": event }),
        )
    };
    let account = |value: Json| body("account_update", now_s, &value);
    let restricted = |until: i64| {
        let info = json!([{ "restriction_type": "RESTRICTED_BIZ_INITIATED_MESSAGING", "expiration": now_s + until }]);
        account(json!({ "event": "ACCOUNT_RESTRICTION", "restriction_info": info }))
    };
    let banned = |state: &str| account(json!({ "event": "DISABLED_UPDATE", "ban_info": { "waba_ban_state": state } }));
    let elsewhere = json!({ "display_phone_number": "15559999999", "event": "UNFLAGGED" });
    let acts = [
        ("flagged", quality("FLAGGED", -60), vec!["FLAGGED marketing"]),
        ("a copy", quality("FLAGGED", -60), vec!["FLAGGED marketing"]),
        ("another number", body("phone_number_quality_update", now_s, &elsewhere), vec!["FLAGGED marketing"]),
        ("unflagged", quality("UNFLAGGED", -50), vec![]),
        ("a late copy", quality("FLAGGED", -60), vec![]),
        ("downgraded", quality("DOWNGRADE", -40), vec!["DOWNGRADE marketing"]),
        ("upgraded", quality("UPGRADE", -30), vec![]),
        ("restricted long ago", restricted(-9), vec![]),
        ("restricted", restricted(900), vec!["RESTRICTED_BIZ_INITIATED_MESSAGING initiated"]),
        (
            "to be disabled",
            banned("SCHEDULE_FOR_DISABLE"),
            vec![
                "RESTRICTED_BIZ_INITIATED_MESSAGING initiated",
                "SCHEDULE_FOR_DISABLE everything",
                "stopped SCHEDULE_FOR_DISABLE",
            ],
        ),
        ("reinstated", banned("REINSTATE"), vec![]),
    ];
    // The digits of the number are asked at the start.
    for _ in 0..400 {
        let (_, shop) = ask(&stage, "GET", "/shops/boutique", &reader).await;
        if shop["health"][0]["number"].is_string() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    for (act, body, expected) in acts {
        assert_eq!(stage.brings(&body).await, 200, "{act}");
        assert_eq!(shown(&stage, &reader).await, expected, "{act}");
    }
    // One more at last: what was told wrongly comes before it.
    assert_eq!(stage.brings(&quality("FLAGGED", -20)).await, 200);
    let expected = ["FLAGGED", "DOWNGRADE", "RESTRICTED_BIZ_INITIATED_MESSAGING", "SCHEDULE_FOR_DISABLE", "FLAGGED"];
    let mut told: Vec<String> = Vec::new();
    while told.iter().filter(|word| *word == "FLAGGED").count() < 2 {
        let words = noticed(&mut notices, "number_warned").await.into_iter().filter_map(|notice| {
            if let Notice::NumberWarned { word, .. } = notice { Some(word.to_string()) } else { None }
        });
        told.extend(words);
    }
    assert_eq!(told, expected);
    stage.end().await;
}
