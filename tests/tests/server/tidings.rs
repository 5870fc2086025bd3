//! What the vendor tells of templates and of the account, in whichever order it comes: the newest of each thing stands (I10, F60,
//! F72).

use std::time::Duration;

use duka_runtime::api::Scope;
use serde_json::{Value as Json, json};

use crate::api::{ask, key};
use crate::stage::{CUSTOMER, NUMBER, Stage};

/// One body of account events, each with its field and its time.
fn body(events: &[(&str, i64, &Json)]) -> String {
    let entry = |(field, time_s, value): &(&str, i64, &Json)| json!({ "id": "7", "time": time_s, "changes": [{ "field": field, "value": value }] });
    let entries: Vec<Json> = events.iter().map(entry).collect();
    json!({ "object": "whatsapp_business_account", "entry": entries }).to_string()
}

/// A shop whose account has been asked about: what is asked at the start must not come between.
async fn asked() -> Stage {
    let stage = Stage::boutique().await;
    let (shop, store) = (stage.scope(), &stage.running.server.host.store);
    for _ in 0..400 {
        let rows = store.read(shop).await.expect("a read").health(shop).await.expect("the health");
        if rows.iter().any(|row| !row.display.is_empty()) {
            return stage;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the stand-in was not asked");
}

/// The field, when it was told in seconds from now, and what was told.
type Told = (&'static str, i64, Json);

#[tokio::test(flavor = "multi_thread")]
async fn of_a_template_the_newest_status_category_and_quality_stand() {
    let stage = asked().await;
    let now_s = stage.running.server.host.clock.now_ms() / 1_000;
    let (status, quality) = ("message_template_status_update", "message_template_quality_update");
    let named = |name: &str, mut value: Json| {
        value["message_template_id"] = 7.into();
        value["message_template_name"] = name.into();
        value["message_template_language"] = "sw".into();
        value
    };
    // Whether they come in one body or each in its own: what is expected is the same.
    let acts: [(&str, Vec<Told>, &str); 6] = [
        (
            "paused_for_quality",
            vec![(status, -9, json!({"event": "PAUSED"})), (quality, -9, json!({"new_quality_score": "RED"}))],
            "PAUSED  RED",
        ),
        (
            "an_old_approval_comes_late",
            vec![
                (status, -9, json!({"event": "PAUSED", "message_template_category": "UTILITY"})),
                (status, -1_000, json!({"event": "APPROVED", "message_template_category": "MARKETING"})),
            ],
            "PAUSED UTILITY ",
        ),
        (
            "paused_and_approved_again",
            vec![(status, -9, json!({"event": "PAUSED"})), (status, -8, json!({"event": "APPROVED"}))],
            "APPROVED  ",
        ),
        (
            "reinstated",
            vec![(status, -9, json!({"event": "DISABLED"})), (status, -8, json!({"event": "REINSTATED"}))],
            "APPROVED  ",
        ),
        (
            "flagged",
            vec![(status, -9, json!({"event": "APPROVED"})), (status, -8, json!({"event": "FLAGGED"}))],
            "APPROVED  ",
        ),
        (
            "locked",
            vec![(status, -9, json!({"event": "APPROVED"})), (status, -8, json!({"event": "LOCKED"}))],
            "LOCKED  ",
        ),
    ];
    let (shop, store) = (stage.scope(), &stage.running.server.host.store);
    for (act, events, expected) in acts {
        for (way, in_one_body) in [("one", true), ("each", false)] {
            let name = format!("{act}_{way}");
            let events: Vec<(&str, i64, Json)> =
                events.iter().map(|(field, at, value)| (*field, now_s + at, named(&name, value.clone()))).collect();
            let events: Vec<(&str, i64, &Json)> =
                events.iter().map(|(field, at, value)| (*field, *at, value)).collect();
            let bodies: Vec<String> = if in_one_body {
                vec![body(&events)]
            } else {
                events.iter().map(|event| body(std::slice::from_ref(event))).collect()
            };
            for body in bodies {
                assert_eq!(stage.brings(&body).await, 200, "{name}");
            }
            let rows = store.read(shop).await.expect("a read").templates(shop).await.expect("the templates");
            let row = rows.iter().find(|row| row.name == name).expect("the template");
            assert_eq!(format!("{} {} {}", row.status, row.category, row.quality), expected, "{name}");
        }
    }
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_reinstatement_clears_no_newer_stop_and_two_warnings_of_one_body_both_hold() {
    let stage = asked().await;
    let now_s = stage.running.server.host.clock.now_ms() / 1_000;
    let banned = |state: &str| json!({ "event": "DISABLED_UPDATE", "ban_info": { "waba_ban_state": state } });
    let flagged = json!({ "display_phone_number": "15550001111", "event": "FLAGGED" });
    let info = json!([{ "restriction_type": "RESTRICTED_BIZ_INITIATED_MESSAGING", "expiration": now_s + 900 }]);
    let restricted = json!({ "event": "ACCOUNT_RESTRICTION", "restriction_info": info });
    let both =
        body(&[("phone_number_quality_update", now_s - 60, &flagged), ("account_update", now_s - 60, &restricted)]);
    let stop = body(&[("account_update", now_s - 30, &banned("DISABLE"))]);
    let older = body(&[("account_update", now_s - 50, &banned("REINSTATE"))]);
    let newer = body(&[("account_update", now_s - 10, &banned("REINSTATE"))]);
    let (shop, store) = (stage.scope(), &stage.running.server.host.store);
    let acts = [
        ("both", both, "FLAGGED RESTRICTED_BIZ_INITIATED_MESSAGING"),
        ("stopped", stop, "DISABLE FLAGGED RESTRICTED_BIZ_INITIATED_MESSAGING stopped"),
        ("an older word", older, "DISABLE stopped"),
        ("a newer word", newer, ""),
    ];
    for (act, body, expected) in acts {
        assert_eq!(stage.brings(&body).await, 200, "{act}");
        let rows = store.read(shop).await.expect("a read").health(shop).await.expect("the health");
        let row = rows.first().expect("the number");
        let mut words: Vec<&str> = row.warned(now_s * 1_000).map(|it| it.word.as_str()).collect();
        words.sort_unstable();
        words.extend((!row.stopped.is_empty()).then_some("stopped"));
        assert_eq!(words.join(" "), expected, "{act}");
    }
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_resume_after_a_newer_stop_gives_no_consent_back() {
    let mut stage = asked().await;
    stage.writes("hi").await;
    stage.sees().await;
    let now_s = stage.running.server.host.clock.now_ms() / 1_000;
    for (value, ago_s) in [("stop", 5), ("resume", 500)] {
        let preference = json!({ "wa_id": CUSTOMER, "category": "marketing_messages", "value": value,
            "detail": "", "timestamp": now_s - ago_s });
        let value = json!({ "messaging_product": "whatsapp", "metadata": { "phone_number_id": NUMBER },
            "contacts": [{ "wa_id": CUSTOMER }], "user_preferences": [preference] });
        assert_eq!(stage.brings(&body(&[("user_preferences", now_s, &value)])).await, 200);
    }
    let (shop, store) = (stage.scope(), &stage.running.server.host.store);
    let mut tx = store.read(shop).await.expect("a read");
    let id = tx.list_conversations(shop, None, 9).await.expect("a list")[0].id;
    let all = tx.consents_of(shop, id).await.expect("the ledger");
    let told: Vec<(bool, i64)> =
        all.iter().filter(|it| it.name == "marketing").map(|it| (it.given, it.at_ms / 1_000 - now_s)).collect();
    assert_eq!(told, [(false, -5), (true, -500)], "each under the vendor's time");
    let standing = tx.standing_consents(shop, &[id]).await.expect("the ledger");
    assert!(standing.iter().all(|it| !it.given), "{standing:?}");
    drop(tx);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_free_entry_point_is_shown_with_the_conversation() {
    let mut stage = asked().await;
    let reader = key(&stage, "reader", Scope::Read, None, i64::MAX).await;
    stage.does(&json!({ "text": "hi", "as": { "by_ad": true } })).await;
    stage.sees().await;
    let before_ms = stage.running.server.host.clock.now_ms();
    for _ in 0..400 {
        let (_, list) = ask(&stage, "GET", "/shops/boutique/conversations", &reader).await;
        let until_ms = list["conversations"][0]["free_until_ms"].as_i64().expect("a time");
        if until_ms > 0 {
            let hours = (until_ms - before_ms) as f64 / 3_600_000.0;
            assert!((71.9..72.1).contains(&hours), "{hours}");
            return stage.end().await;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("no free entry point");
}
