//! What goes: by its time, by an operator's word, and what comes for nobody is never written down. And what comes back: events
//! that were set aside.

use std::time::Duration;

use duka_engine::event::EventKind;
use duka_runtime::api::Scope;
use duka_runtime::host::incoming::Incoming;
use duka_runtime::id::ConversationId;
use duka_runtime::server::keep;
use duka_runtime::store::{Conversation, QuarantineEntry, Retention, TurnRecord};
use serde_json::json;

use crate::api::{ask, key};
use crate::stage::{CUSTOMER, Stage, on_sqlite};

const FLOW: &str = "\
duka 1
flow corner
  start waiting

use std.handoff

words
  help: help

anywhere
  hears help <-> std.handoff

state waiting
  ask: What do you need?
  button lamp: A lamp -> lamp
  quiet 23 hours -> end
  else: Pardon? -> again

state lamp
  say: It is yours.
  -> waiting
";

const WORDS: &str = "Njambi Wairimu orders a lantern";

async fn only(stage: &Stage) -> Option<Conversation> {
    let (shop, store) = (stage.scope(), &stage.running.server.host.store);
    store.read(shop).await.expect("a read").list_conversations(shop, None, 9).await.expect("a list").pop()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_older_than_it_is_kept_goes_and_the_customer_stays_known() {
    let mut stage = Stage::of_flow(FLOW, "", "").await;
    // Statuses come when they like, and each leaves a key.
    stage.fails(&json!({ "kind": "no_status" })).await;
    stage.writes(WORDS).await;
    stage.sees().await;
    let row = only(&stage).await.expect("a conversation");
    assert_eq!(keep::rows(&stage.running.server).await.expect("looked"), 0, "it is young");
    let (shop, id) = (stage.scope(), row.id);
    let store = stage.running.server.host.store.clone();
    stage.reload(|settings| format!("clock_ahead = \"9 days\"\n{settings}")).await;
    let turns = async || store.read(shop).await.expect("a read").turns_of(shop, id, 0, 9).await.expect("the log").len();
    while turns().await < 2 {
        tokio::time::sleep(Duration::from_millis(5)).await; // the shop's own end after 23 hours
    }
    assert!(keep::rows(&stage.running.server).await.expect("looked") > 0, "the keys of elements");
    assert_eq!(turns().await, 2);
    stage.reload(|settings| settings.replace("9 days", "100 days")).await;
    assert!(keep::rows(&stage.running.server).await.expect("looked") > 0);
    let mut tx = store.read(shop).await.expect("a read");
    assert_eq!(tx.turns_of(shop, id, 0, 9).await.expect("the log"), []);
    assert_eq!(tx.sends_of(shop, id, 0, 9).await.expect("the sends"), []);
    let all = Retention {
        seen_ms: i64::MAX,
        turns_ms: i64::MAX,
        sends_ms: i64::MAX,
        quarantine_ms: i64::MAX,
        requests_ms: i64::MAX,
        consents_ms: 0,
    };
    assert_eq!(tx.old(shop, all).await.expect("looked"), Retention::default(), "nothing is left that could go");
    drop(tx);
    assert!(only(&stage).await.is_some());
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_server_keeps_for_its_shop_is_not_taken_away() {
    let stage = Stage::of_flow(FLOW, "", "").await;
    let store = stage.running.server.host.store.clone();
    let shop = store.shop("elsewhere").await.expect("a shop");
    let conversation = ConversationId(7);
    let mut tx = store.begin(shop).await.expect("a transaction");
    let (event, trace, notes) = (Vec::new(), Vec::new(), Vec::new());
    let turn = TurnRecord { shop, conversation, turn: 1, at_ms: 10, revision: [3; 16], event, trace, notes };
    tx.add_turns(&[turn]).await.expect("written");
    tx.commit().await.expect("kept");
    keep::rows(&stage.running.server).await.expect("looked");
    let mut tx = store.read(shop).await.expect("a read");
    assert_eq!(tx.turns_of(shop, conversation, 0, 9).await.expect("the log").len(), 1, "who serves it says how long");
    drop(tx);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_is_erased_by_phone_to_the_last_byte_and_starts_anew() {
    let mut stage = Stage::with(on_sqlite).await;
    let operator = key(&stage, "operator", Scope::Operate, Some("boutique"), i64::MAX).await;
    let folder = stage.folder.path().to_path_buf();
    let found = |word: &str| {
        let files =
            std::fs::read_dir(&folder).expect("a folder").filter_map(|entry| std::fs::read(entry.ok()?.path()).ok());
        files.filter(|bytes| bytes.windows(word.len()).any(|window| window == word.as_bytes())).count()
    };
    stage.writes(WORDS).await;
    stage.sees().await;
    let before = only(&stage).await.expect("a conversation").id;
    assert!(found(CUSTOMER) > 0 && found("lantern") > 0);
    let (scope, host) = (stage.scope(), std::sync::Arc::clone(&stage.running.server.host));
    let remembered = host.recall.take(scope, before).expect("the session is remembered, decoded");
    host.recall.put(scope, before, remembered);
    let erase = "/shops/boutique/customers/erase";
    let url = format!("{}{}{erase}", stage.base, duka_runtime::api::BASE);
    let send = async |body: serde_json::Value| {
        let answer = stage.http.post(&url).bearer_auth(&operator).json(&body).send().await.expect("an answer");
        (answer.status().as_u16(), answer.json::<serde_json::Value>().await.expect("JSON"))
    };
    assert_eq!(send(json!({})).await.0, 409);
    assert_eq!(send(json!({ "phone": "254799999999" })).await.1["conversations"], 0);
    let spaced = format!("+{} {}", &CUSTOMER[..3], &CUSTOMER[3..]);
    assert_eq!(
        send(json!({ "phone": spaced })).await,
        (200, json!({ "conversations": 1, "entries": 0, "scrubbed": true }))
    );
    for word in [CUSTOMER, "lantern", "Wairimu"] {
        assert_eq!(found(word), 0, "{word}");
    }
    assert!(host.recall.take(scope, before).is_none(), "it is forgotten");
    drop(host);
    assert!(only(&stage).await.is_none());
    stage.writes("hi").await;
    stage.sees().await;
    assert_ne!(only(&stage).await.expect("another").id, before);
    assert_eq!(ask(&stage, "DELETE", "/shops/boutique", &operator).await.0, 409, "it is served");
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_what_comes_for_no_shop_only_ids_are_kept_and_once() {
    let stage = Stage::boutique().await;
    let all = key(&stage, "all", Scope::Operate, None, i64::MAX).await;
    let own = key(&stage, "own", Scope::Operate, Some("boutique"), i64::MAX).await;
    for n in 0..3 {
        let message = json!({ "id": format!("wamid.{n}"), "from": CUSTOMER, "timestamp": "1795251800", "type": "text",
            "text": { "body": WORDS } });
        let value =
            json!({ "messaging_product": "whatsapp", "metadata": { "phone_number_id": "999" }, "messages": [message] });
        let change = json!({ "field": "messages", "value": value });
        let body = json!({ "object": "whatsapp_business_account", "entry": [{ "id": "7", "changes": [change] }] });
        assert_eq!(stage.brings(&body.to_string()).await, 200);
    }
    let (_, listed) = ask(&stage, "GET", "/quarantine", &all).await;
    let kept: Vec<_> = listed.as_array().expect("a list").iter().collect();
    assert_eq!(kept.len(), 1, "{listed}");
    assert_eq!((&kept[0]["reason"], &kept[0]["bytes"]), (&json!("unknown number"), &json!(0)));
    assert_eq!(kept[0]["detail"], "account 7, number 999, message");
    assert_eq!(ask(&stage, "GET", "/quarantine", &own).await.0, 404);
    let figures = stage.http.get(format!("{}/metrics", stage.base)).send().await.expect("an answer");
    let figures = figures.text().await.expect("text");
    assert!(figures.is_empty() || figures.contains("duka_quarantine_rows 1"), "{figures}");
    let entry = format!("/quarantine/{}", kept[0]["entry"]);
    assert_eq!(ask(&stage, "DELETE", &entry, &all).await.0, 200);
    assert_eq!(ask(&stage, "GET", "/quarantine", &all).await.1, json!([]));
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_was_set_aside_reaches_its_conversation_once() {
    let mut stage = Stage::boutique().await;
    let operator = key(&stage, "operator", Scope::Operate, None, i64::MAX).await;
    stage.writes("hi").await;
    stage.sees().await;
    let (shop, row) = (stage.scope(), only(&stage).await.expect("a conversation"));
    let store = stage.running.server.host.store.clone();
    let aside = |detail: String, body: Vec<u8>| QuarantineEntry {
        shop: Some(shop),
        at_ms: 5,
        reason: "restored".into(),
        detail,
        body,
    };
    let body = Incoming::event(EventKind::HandoffOpened).encode();
    let mut tx = store.begin(shop).await.expect("a transaction");
    let unreadable = aside("conversation of old".into(), vec![1]);
    tx.add_quarantine(&[aside(format!("conversation {:016x}", row.id.0), body), unreadable]).await.expect("added");
    tx.commit().await.expect("committed");
    let list = store.read(shop).await.expect("a read").list_quarantine(shop, 0, 9).await.expect("a list");
    let replay = |at: usize| format!("/shops/boutique/quarantine/{}/replay", list[at].0);
    assert_eq!(ask(&stage, "POST", &replay(0), &operator).await.0, 200);
    assert!(only(&stage).await.expect("it is there").handed_over, "a person has it now");
    assert_eq!(ask(&stage, "POST", &replay(0), &operator).await.0, 404);
    assert_eq!(ask(&stage, "POST", &replay(1), &operator).await.0, 409, "it is read by nobody");
    stage.end().await;
}
