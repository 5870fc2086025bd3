//! Nothing of the API without a key, nothing beyond a key's scope and shop; and why a message was sent.

use duka_runtime::api::{self, Key, Scope, keys};
use serde_json::{Value as Json, json};

use crate::stage::Stage;

pub async fn key(stage: &Stage, name: &str, scope: Scope, shop: Option<&str>, ends_ms: i64) -> String {
    let key = Key { name: name.into(), hash: String::new(), scope, shop: shop.map(Into::into), made_ms: 0, ends_ms };
    keys::make(&stage.running.server.host.store, key).await.expect("a key")
}

pub async fn ask(stage: &Stage, method: &str, path: &str, key: &str) -> (u16, Json) {
    let method = reqwest::Method::from_bytes(method.as_bytes()).expect("a method");
    let request = stage.http.request(method, format!("{}{}{path}", stage.base, api::BASE));
    let request = if key.is_empty() { request } else { request.bearer_auth(key) };
    let answer = request.json(&json!({ "text": "Habari", "note": "" })).send().await.expect("an answer");
    (answer.status().as_u16(), answer.json().await.unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_is_closed_without_a_key_and_says_nothing_of_what_is_there() {
    let stage = Stage::boutique().await;
    let ended = key(&stage, "ended", Scope::Operate, None, 1).await;
    let reader = key(&stage, "reader", Scope::Read, None, i64::MAX).await;
    let foreign = key(&stage, "foreign", Scope::Operate, Some("another"), i64::MAX).await;
    let filled = |path: &str| {
        path.replace("{shop}", "boutique")
            .replace("{conversation}", "00000000000000aa")
            .replace("{entry}", "1")
            .replace("{send}", &"0".repeat(32))
    };
    for route in api::routes() {
        let (method, path) = (route.method.as_str(), filled(route.path));
        for none in ["", "duka_AAAA", "Bearer", &ended] {
            assert_eq!(ask(&stage, method, &path, none).await.0, 401, "{method} {path}");
        }
        if route.scope > Scope::Read {
            assert_eq!(ask(&stage, method, &path, &reader).await.0, 403, "{method} {path}");
        }
        if path.starts_with("/shops/boutique") {
            let absent = ask(&stage, method, &path.replace("boutique", "nowhere"), &foreign).await;
            assert_eq!(ask(&stage, method, &path, &foreign).await, absent, "{method} {path}");
            assert_eq!(absent.0, 404, "{method} {path}");
        }
    }
    assert_eq!(ask(&stage, "GET", "/nothing", "").await.0, 401);
    assert_eq!(ask(&stage, "GET", "/nothing", &reader).await.0, 404);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_answers_and_gives_back_and_the_log_says_why_each_message_was_sent() {
    let mut stage = Stage::boutique().await;
    let agent = key(&stage, "agent", Scope::Reply, Some("boutique"), i64::MAX).await;
    stage.writes("hi").await;
    stage.sees().await;
    let (_, list) = ask(&stage, "GET", "/shops/boutique/conversations", &agent).await;
    let id = list["conversations"][0]["id"].as_str().expect("a conversation").to_string();
    let at = format!("/shops/boutique/conversations/{id}");
    let (_, log) = ask(&stage, "GET", &format!("{at}/log"), &agent).await;
    assert_eq!((&log[0]["turn"], &log[0]["event"]), (&json!(0), &json!("text")), "the first turn asks the cart");
    let message = &log[1]["messages"][0];
    assert_eq!(message["state"], "boutique.welcome", "{log}");
    assert!(message["line"].as_str().is_some_and(|line| line.starts_with("boutique.duka:")), "{log}");
    assert_eq!(ask(&stage, "POST", &format!("{at}/handoff/reply"), &agent).await.0, 409, "the flow has it");
    assert_eq!(ask(&stage, "POST", &format!("{at}/handoff/open"), &agent).await.0, 200);
    stage.writes("are you there?").await;
    assert!(stage.sees_nothing().await, "the flow stays silent");
    assert_eq!(ask(&stage, "POST", &format!("{at}/handoff/reply"), &agent).await.0, 200);
    assert_eq!(stage.sees().await["text"], "Habari");
    let (_, waiting) = ask(&stage, "GET", "/shops/boutique/handoffs", &agent).await;
    assert_eq!(waiting["conversations"][0]["id"], id.as_str());
    assert_eq!(ask(&stage, "POST", &format!("{at}/handoff/close"), &agent).await.0, 200);
    stage.writes("hi").await;
    assert!(stage.sees().await["text"].as_str().is_some_and(|text| text.contains("Zuri")));
    let everybody = key(&stage, "boss", Scope::Read, None, i64::MAX).await;
    for (path, key) in [("/shops/boutique/audit", &agent), ("/audit", &agent), ("/audit", &everybody)] {
        let (_, trail) = ask(&stage, "GET", path, key).await;
        let entry = |it: &Json| format!("{} {} {} {}", it["shop"], it["who"], it["act"], it["status"]).replace('"', "");
        let entries: Vec<String> = trail["entries"].as_array().expect("entries").iter().map(entry).collect();
        let act = |what: &str, status| {
            format!("boutique agent POST /shops/{{shop}}/conversations/{{conversation}}/handoff/{what} {status}")
        };
        assert_eq!(entries, [act("close", 200), act("reply", 200), act("open", 200), act("reply", 409)], "{path}");
        assert!(trail["entries"].as_array().expect("entries").iter().all(|entry| entry["object"] == id.as_str()));
        assert!(!trail.to_string().contains("Habari"));
    }
    let (_, page) = ask(&stage, "GET", "/audit?limit=2", &agent).await;
    let (_, rest) = ask(&stage, "GET", &format!("/audit?limit=3&before={}", page["next"]), &agent).await;
    assert_eq!((rest["entries"].as_array().map(Vec::len), &rest["next"]), (Some(2), &Json::Null));
    stage.end().await;
}

/// A webhook with one element.
fn body(kind: &str, element: Json) -> String {
    let value = json!({ "metadata": { "phone_number_id": crate::stage::NUMBER }, kind: [element] });
    let change = json!({ "field": "messages", "value": value });
    json!({ "object": "whatsapp_business_account", "entry": [{ "id": "7", "changes": [change] }] }).to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_costs_once_when_it_is_delivered_by_the_rate_of_its_month_and_market() {
    let settings = |text: String| text + "[costs]\nrates = \"boutique/rates.csv\"\n";
    let card = "from,market,currency,utility\n2026-01-01,254,USD,0.0040\n2026-10-01,*,USD,0.01\n";
    let write = |shop: &std::path::Path| std::fs::write(shop.join("rates.csv"), card).expect("a writable folder");
    let stage = Stage::with_folder(write, settings).await;
    // Nobody whom the stand-in knows: it tells nothing of what is sent to them.
    const STRANGER: &str = "254700000002";
    let now = stage.running.server.host.clock.now_ms() / 1_000;
    let message = json!({ "id": "wamid.1", "from": STRANGER, "timestamp": now.to_string(), "type": "text", "text": { "body": "hi" } });
    assert_eq!(stage.brings(&body("messages", message)).await, 200);
    let reader = key(&stage, "reader", Scope::Read, Some("boutique"), i64::MAX).await;
    let (shop, host) = (stage.scope(), &stage.running.server.host);
    let all = host.store.read(shop).await.expect("a read").list_conversations(shop, None, 9).await.expect("a list");
    let mut sent = Vec::new();
    for _ in 0..200 {
        sent = host.store.read(shop).await.expect("a read").sends_of(shop, all[0].id, 0, 9).await.expect("the sends");
        if !sent.is_empty() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let keys = &stage.running.server.registry.now().shops[0].keys;
    let opaque = duka_runtime::channel::whatsapp::opaque::encode(sent[0].send.id, keys);
    let told = |status: &str| {
        let status = json!({
            "id": "wamid.7", "recipient_id": STRANGER, "status": status, "timestamp": "1793620800",
            "biz_opaque_callback_data": opaque, "pricing": { "category": "utility", "type": "regular" },
        });
        body("statuses", status)
    };
    for status in ["delivered", "delivered", "read"] {
        assert_eq!(stage.brings(&told(status)).await, 200);
    }
    let (_, report) = ask(&stage, "GET", "/shops/boutique/costs?from=2026-11&to=2026-11", &reader).await;
    let priced = report["lines"].as_array().expect("lines").iter().filter(|line| line["category"] == "utility");
    let line = json!({ "month": "2026-11", "market": "254", "category": "utility", "pricing": "regular", "messages": 1,
        "amount": "0.004", "currency": "USD" });
    assert_eq!(priced.collect::<Vec<_>>(), [&line], "{report}");
    assert_eq!(report["totals"], json!([{ "month": "2026-11", "currency": "USD", "amount": "0.004" }]));
    let (status, _) = ask(&stage, "GET", "/shops/boutique/costs?from=November", &reader).await;
    assert_eq!(status, 409);
    stage.end().await;
}
