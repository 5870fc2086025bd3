//! One shop's system that takes its time under many customers, and another shop beside it (F77, TM24). Counts what is open,
//! and what was answered.

use std::sync::Arc;
use std::time::SystemTime;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::post;
use serde_json::{Value as Json, json};
use tokio::sync::watch;

use crate::stage::{CUSTOMER, Stage, live, number};

const CUSTOMERS: usize = 400;

/// The systems of both shops: what the slow one is asked stays open until it is let go.
struct Systems {
    open: watch::Sender<usize>,
    most: watch::Sender<usize>,
    /// Answered, or given up by who asked.
    ended: watch::Sender<usize>,
    goes: watch::Sender<bool>,
}

/// One question to the slow system.
struct Question(Arc<Systems>);

impl Question {
    fn begin(systems: &Arc<Systems>) -> Question {
        systems.open.send_modify(|open| *open += 1);
        let open = *systems.open.borrow();
        systems.most.send_modify(|most| *most = open.max(*most));
        Question(Arc::clone(systems))
    }
}

impl Drop for Question {
    fn drop(&mut self) {
        self.0.open.send_modify(|open| *open -= 1);
        self.0.ended.send_modify(|ended| *ended += 1);
    }
}

async fn answer(State(systems): State<Arc<Systems>>, Path(shop): Path<String>) -> axum::Json<Json> {
    if shop == "slow" {
        let _question = Question::begin(&systems);
        let _ = systems.goes.subscribe().wait_for(|goes| *goes).await;
    }
    axum::Json(json!({}))
}

async fn stage(place: &str) -> Stage {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let mut plan = String::new();
    for (shop, id) in [("quick", "106500000000001"), ("slow", "106500000000002")] {
        let place = format!("{place}/{shop}");
        let here = folder.path().join("shops").join(shop);
        std::fs::create_dir_all(&here).expect("a writable folder");
        let write = |file: &str, text: &str| std::fs::write(here.join(file), text).expect("a writable folder");
        let head = "name: Corner\ncountry: KE\ncurrency: KES\nlanguages: [en]\ntimezone: Africa/Nairobi\n";
        write("shop.yaml", &format!("{head}adapters: {{ desk: rest }}\n{}\n", live(id, "")));
        write("desk.contract.yaml", "adapter: desk\ncommands:\n  note: { within: 15 seconds, repeatable: true }\n");
        let request = "request: { method: POST, path: /notes }\n    idempotency: { header: Idempotency-Key }";
        write("desk.rest.yaml", &format!("base: {place}\noperations:\n  desk.note:\n    {request}\n"));
        let flow = "duka 1\nflow corner\n  start note\n\nanywhere\n  failed -> sorry\n\nstate note\n  do desk.note()\n  \
                    say: Noted.\n  -> end\n\nstate sorry\n  say: Not now.\n  -> end\n";
        write("corner.duka", flow);
        plan.push_str(&number(id));
    }
    Stage::serve(folder, "shops", &plan, |settings| settings, None).await
}

/// A webhook with one message of each of these customers.
fn messages(number: &str, customers: &[String]) -> String {
    let now_s = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970").as_secs().to_string();
    let message = |from: &String| json!({ "id": format!("wamid.{from}"), "from": from, "timestamp": now_s, "type": "text", "text": { "body": "hi" } });
    let messages: Vec<Json> = customers.iter().map(message).collect();
    let value = json!({ "messages": messages, "metadata": { "phone_number_id": number } });
    let change = json!({ "field": "messages", "value": value });
    json!({ "object": "whatsapp_business_account", "entry": [{ "id": "7", "changes": [change] }] }).to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_system_has_its_share_of_open_calls_and_others_go_on() {
    let zero = || watch::Sender::new(0);
    let systems = Arc::new(Systems { open: zero(), most: zero(), ended: zero(), goes: watch::Sender::new(false) });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let place = format!("http://{}", listener.local_addr().expect("it listens"));
    let routes = Router::new().route("/{shop}/notes", post(answer)).with_state(Arc::clone(&systems));
    tokio::spawn(async move { axum::serve(listener, routes).await });

    let mut stage = stage(&place).await;
    let customers: Vec<String> = (0..CUSTOMERS).map(|at| format!("2547001{at:05}")).collect();
    assert_eq!(stage.brings(&messages("106500000000002", &customers)).await, 200);
    let mut open = systems.open.subscribe();
    let sixteen = *open.wait_for(|open| *open >= 16).await.expect("it is asked");
    assert_eq!(sixteen, 16);

    stage.customer_does(CUSTOMER, &json!({ "text": "hi" })).await;
    let seen = stage.sees().await;
    assert_eq!(seen["text"], "Noted.", "{seen}");
    assert_eq!(*systems.ended.borrow(), 0, "while the slow system still has all it was asked");

    systems.goes.send_replace(true);
    let mut ended = systems.ended.subscribe();
    ended.wait_for(|ended| *ended == CUSTOMERS).await.expect("all who waited are asked for in their turn");
    assert!(*systems.most.borrow() <= 32, "{}", *systems.most.borrow());
    stage.end().await;
}
