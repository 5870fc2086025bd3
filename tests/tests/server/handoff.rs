//! Conversations handed over to people: what their program is told, in order and signed, and what comes back; and the
//! same with Chatwoot in its place.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use duka_engine::card::PLACEHOLDER;
use duka_runtime::api::{BASE, Scope};
use duka_runtime::handoff::{FIRST_INDEX, SIGNATURE_HEADER, is_signed, key_of, signature};
use duka_runtime::store::{Lane, NewSend, Repeat, SendRow};
use secrecy::SecretString;
use serde_json::{Value as Json, json};

use crate::stage::Stage;

const SECRET: &str = "an app secret";

/// What came to the people's program: path, headers in lower case, body.
pub struct Heard {
    path: String,
    head: String,
    body: String,
}

impl Heard {
    pub fn json(&self) -> Json {
        serde_json::from_str(&self.body).expect("JSON")
    }
}

/// A program of people on a free port. It fails the first of all requests, and answers the others by their path.
pub fn people(answers: fn(&str) -> Json) -> (String, Receiver<Heard>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = format!("http://{}", listener.local_addr().expect("it listens"));
    let (heard, hears) = channel();
    std::thread::spawn(move || {
        let mut first = true;
        for stream in listener.incoming() {
            let Ok(stream) = stream else { return };
            let fails = std::mem::replace(&mut first, false);
            if take(stream, fails, answers, &heard).is_none() {
                return;
            }
        }
    });
    (address, hears)
}

fn take(mut stream: TcpStream, fails: bool, answers: fn(&str) -> Json, heard: &Sender<Heard>) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return Some(());
        }
    }
    let path = head.split(' ').nth(1)?.to_string();
    let head = head.to_lowercase();
    let length = head.split_once("content-length: ")?.1.split("\r\n").next()?.parse().ok()?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let (status, answer) = if fails { ("503 Busy", Json::Null) } else { ("200 OK", answers(&path)) };
    let answer = answer.to_string();
    write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{answer}", answer.len())
        .ok()?;
    if fails {
        return Some(());
    }
    heard.send(Heard { path, head, body: String::from_utf8(body).ok()? }).ok()
}

pub fn next(hears: &Receiver<Heard>) -> Heard {
    hears.recv_timeout(Duration::from_secs(20)).expect("people are told")
}

/// The settings for a program of people's.
pub fn desk(url: &str) -> String {
    format!("[handoff]\nurl = \"{url}/desk\"\nsecret = \"env:APP_SECRET\"\n")
}

async fn says(stage: &Stage, body: &Json, secret: &str) -> u16 {
    let body = body.to_string();
    let now_ms = duka_runtime::host::clock::Clock::now_ms(&*stage.running.server.host.clock);
    let mark = signature(&SecretString::from(secret), now_ms, body.as_bytes());
    let request = stage.http.post(format!("{}/handoff/boutique", stage.base)).header(SIGNATURE_HEADER, mark);
    request.body(body).send().await.expect("an answer").status().as_u16()
}

/// The customer asks for a person and skips the question what it is about.
async fn asks_for_a_person(stage: &mut Stage) {
    stage.writes("hi").await;
    stage.sees().await;
    stage.writes("agent").await;
    stage.sees().await;
    stage.writes("My dress is torn").await;
    stage.sees().await;
}

/// A customer who waits for a person, and what people were told of that.
async fn handed_over() -> (Stage, Receiver<Heard>, Heard) {
    let (url, hears) = people(|_| json!({}));
    let mut stage = Stage::with(|settings| settings + &desk(&url)).await;
    asks_for_a_person(&mut stage).await;
    let opened = next(&hears);
    (stage, hears, opened)
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_told_in_order_and_what_they_say_reaches_the_customer_once() {
    let (mut stage, hears, opened) = handed_over().await;
    let mark = opened.head.split_once("duka-signature: ").and_then(|(_, rest)| rest.split("\r\n").next());
    let now_ms = duka_runtime::host::clock::Clock::now_ms(&*stage.running.server.host.clock);
    assert!(is_signed(&SecretString::from(SECRET), now_ms, mark, opened.body.as_bytes()));
    let told = opened.json();
    let seen = (opened.path.as_str(), &told["event"], &told["topic"], &told["customer"]["phone"]);
    assert_eq!(seen, ("/desk", &json!("opened"), &json!("My dress is torn"), &json!(crate::stage::CUSTOMER)));
    stage.writes("hello?").await;
    stage.writes("anybody?").await;
    let texts: Vec<Json> = (0..2).map(|_| next(&hears).json()["text"].clone()).collect();
    assert_eq!(texts, [json!("hello?"), json!("anybody?")]);
    assert!(stage.sees_nothing().await, "the flow is silent");
    let reply = json!({ "id": "r1", "conversation": told["conversation"], "action": "reply", "text": "Bring it back" });
    assert_eq!(says(&stage, &reply, "another secret").await, 401);
    for _ in 0..2 {
        assert_eq!(says(&stage, &reply, SECRET).await, 200);
    }
    assert_eq!(stage.sees().await["text"], "Bring it back");
    assert!(stage.sees_nothing().await, "once");
    let close = json!({ "id": "c1", "conversation": told["conversation"], "action": "close", "note": "exchanged" });
    assert_eq!(says(&stage, &close, SECRET).await, 200);
    let closed = next(&hears).json();
    assert_eq!((&closed["event"], &closed["note"]), (&json!("closed"), &json!("exchanged")));
    assert_eq!(says(&stage, &reply_again(&reply), SECRET).await, 409, "the flow has it");
    stage.end().await;
}

fn reply_again(reply: &Json) -> Json {
    let mut again = reply.clone();
    again["id"] = "r2".into();
    again
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_number_that_people_write_is_neither_kept_nor_sent() {
    let (mut stage, hears, opened) = handed_over().await;
    let told = opened.json();
    let card = "You paid with 4111 1111 1111 1111";
    let reply = json!({ "id": "r1", "conversation": told["conversation"], "action": "reply", "text": card });
    assert_eq!(says(&stage, &reply, SECRET).await, 200);
    assert_eq!(stage.sees().await["text"], PLACEHOLDER);

    // Through the API it is refused, with the reason.
    let key = crate::api::key(&stage, "agent", Scope::Reply, None, i64::MAX).await;
    let place = format!(
        "{}{BASE}/shops/boutique/conversations/{}/handoff",
        stage.base,
        told["conversation"].as_str().expect("hex")
    );
    for (what, body) in [("reply", json!({ "text": card })), ("close", json!({ "note": card }))] {
        let asked =
            stage.http.post(format!("{place}/{what}")).bearer_auth(&key).json(&body).send().await.expect("an answer");
        assert_eq!(asked.status().as_u16(), 409, "{what}");
        assert!(asked.text().await.expect("a text").contains("a card number is in it"), "{what}");
    }
    let close = json!({ "id": "c1", "conversation": told["conversation"], "action": "close", "note": card });
    assert_eq!(says(&stage, &close, SECRET).await, 200);
    let closed = next(&hears).json();
    assert_eq!((&closed["event"], &closed["note"]), (&json!("closed"), &json!(PLACEHOLDER)));
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_was_refused_is_taken_when_it_comes_again() {
    let (stage, hears, opened) = handed_over().await;
    let told = opened.json();
    let (shop, host) = (stage.scope(), &stage.running.server.host);
    let only = async || {
        let rows = host.store.read(shop).await.expect("a read").list_conversations(shop, None, 9).await;
        rows.expect("a list").remove(0)
    };
    let row = only().await;
    let answer = |index| NewSend {
        shop,
        id: host.mint.send(),
        conversation: row.id,
        number: row.number.clone(),
        turn: row.turn,
        index,
        lane: Lane::Service,
        repeat: Repeat::Once,
        body: Vec::new(),
        not_before_ms: i64::MAX,
        expires_ms: i64::MAX,
    };
    let all: Vec<NewSend> = (FIRST_INDEX..=u16::MAX).map(answer).collect();
    let mut tx = host.store.begin(shop).await.expect("a store");
    tx.add_sends(&all).await.expect("a store");
    tx.commit().await.expect("a store");
    let reply = json!({ "id": "r1", "conversation": told["conversation"], "action": "reply", "text": "Bring it back" });
    assert_eq!(says(&stage, &reply, SECRET).await, 409, "a turn has room for so many");
    stage.writes("hello?").await;
    next(&hears);
    assert_eq!(says(&stage, &reply, SECRET).await, 200);
    let turn = only().await.turn;
    let sends = host.store.read(shop).await.expect("a read").sends_of(shop, row.id, turn, u32::MAX).await;
    let is_it = |sent: &SendRow| sent.send.turn == turn && sent.send.index == FIRST_INDEX;
    assert!(turn > row.turn && sends.expect("a list").iter().any(is_it));
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn chatwoot_is_given_the_conversation_and_its_agents_answers_come_back() {
    let (url, hears) = people(|path| match path {
        "/public/api/v1/inboxes/inbox-1/contacts" => json!({ "source_id": "src-1" }),
        "/public/api/v1/inboxes/inbox-1/contacts/src-1/conversations" => json!({ "id": 17 }),
        _ => json!({ "id": 1 }),
    });
    let handoff = format!(
        "[handoff.shops.boutique]\nurl = \"{url}\"\nsecret = \"env:APP_SECRET\"\naccount = 3\ninbox = \"env:INBOX\"\n\
         token = \"env:BOT\"\n"
    );
    let mut stage = Stage::with(|settings| settings + &handoff).await;
    asks_for_a_person(&mut stage).await;
    let customers = "/public/api/v1/inboxes/inbox-1/contacts";
    let paths: Vec<(String, Json)> = (0..4).map(|_| next(&hears)).map(|it| (it.path.clone(), it.json())).collect();
    assert_eq!(paths[0].0, customers);
    assert_eq!(paths[0].1["phone_number"], format!("+{}", crate::stage::CUSTOMER));
    assert_eq!(paths[1].0, format!("{customers}/src-1/conversations"));
    assert_eq!(paths[2].0, format!("{customers}/src-1/conversations/17/messages"));
    assert_eq!(paths[2].1["content"], "My dress is torn");
    assert_eq!(paths[3], ("/api/v1/accounts/3/conversations/17/toggle_status".into(), json!({ "status": "open" })));
    stage.writes("hello?").await;
    let told = next(&hears);
    assert_eq!((told.path.as_str(), &told.json()["content"]), (paths[2].0.as_str(), &json!("hello?")));

    // A photo of the customer's is put there as a file.
    let picture = stage.file(&json!({ "mime_type": "image/jpeg", "text": "a picture of a dress" })).await;
    stage.sends_file("image", &picture, "this one").await;
    let told = next(&hears);
    assert_eq!(told.path, paths[2].0);
    assert!(told.head.contains("content-type: multipart/form-data; boundary=duka-"), "{}", told.head);
    for part in ["name=\"content\"\r\n\r\nthis one\r\n", "filename=\"file.jpg\"", "\r\n\r\na picture of a dress\r\n"] {
        assert!(told.body.contains(part), "{part} in {}", told.body);
    }

    let key = key_of(&SecretString::from(SECRET), "boutique");
    let brings = async |key: &str, body: &Json| {
        let request = stage.http.post(format!("{}/handoff/boutique/{key}", stage.base));
        request.body(body.to_string()).send().await.expect("an answer").status().as_u16()
    };
    let message = |id: u64, kind: &str, sender: &str, private: bool| {
        json!({
            "event": "message_created", "id": id, "content": "Bring it back", "message_type": kind, "private": private,
            "sender": { "type": sender }, "conversation": { "id": 17 }, "account": { "id": 3 },
        })
    };
    assert_eq!(brings("0000", &message(5, "outgoing", "user", false)).await, 401);
    for nothing in [message(5, "incoming", "contact", false), message(5, "outgoing", "agent_bot", false)] {
        assert_eq!(brings(&key, &nothing).await, 200);
    }
    assert_eq!(brings(&key, &message(5, "outgoing", "user", true)).await, 200, "a note among agents");
    for _ in 0..2 {
        assert_eq!(brings(&key, &message(6, "outgoing", "user", false)).await, 200);
    }
    let mut with_file = message(7, "outgoing", "user", false);
    let url = "https://chat.example.com/rails/active_storage/blobs/redirect/abc/dress.jpg";
    with_file["content"] = "Like this?".into();
    with_file["attachments"] = json!([{ "id": 1, "file_type": "image", "data_url": url }, { "file_type": "location" }]);
    for _ in 0..2 {
        assert_eq!(brings(&key, &with_file).await, 200);
    }
    let resolved = json!({ "event": "conversation_resolved", "id": 17, "status": "resolved" });
    assert_eq!(brings(&key, &resolved).await, 200);
    assert_eq!(stage.sees().await["text"], "Bring it back");
    let shown = stage.sees().await;
    assert_eq!((&shown["type"], &shown["content"]["link"]), (&json!("image"), &json!(url)), "{shown}");
    let closed = next(&hears);
    assert_eq!(closed.json(), json!({ "status": "resolved" }));
    stage.writes("hi").await;
    assert_ne!(stage.sees().await["text"], "Bring it back", "once, and the flow goes on");

    // Erased, the conversation is in Chatwoot's inbox for us no more.
    let (shop, store) = (stage.scope(), &stage.running.server.host.store);
    let all = store.read(shop).await.expect("a read").list_conversations(shop, None, 9).await.expect("a list");
    let places = [format!("chatwoot of {:016x}", all[0].id.0), "chatwoot 17".to_string()];
    let kept = async || {
        let mut tx = store.read(shop).await.expect("a read");
        let mut kept = 0;
        for place in &places {
            kept += usize::from(tx.meta_get(shop, place).await.expect("a value").is_some());
        }
        kept
    };
    assert_eq!(kept().await, 2);
    let key = crate::api::key(&stage, "boss", Scope::Operate, None, i64::MAX).await;
    let path = format!("/shops/boutique/conversations/{:016x}", all[0].id.0);
    assert_eq!(crate::api::ask(&stage, "DELETE", &path, &key).await.0, 200);
    assert_eq!(kept().await, 0);
    stage.end().await;
}

/// A program that takes what comes and never answers: what it took, and what was given up.
fn silent() -> (String, Receiver<()>, Receiver<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = format!("http://{}", listener.local_addr().expect("it listens"));
    let ((takes, took), (ends, ended)) = (channel(), channel());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = takes.send(());
            let _ = stream.read_to_end(&mut Vec::new());
            let _ = ends.send(());
        }
    });
    (address, took, ended)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_of_people_that_hangs_is_waited_for_by_nobody_but_its_own_shop() {
    let (hangs, took, ended) = silent();
    let (url, hears) = people(|_| json!({}));
    let folder = tempfile::tempdir().expect("a folder for the test");
    for (shop, number) in [("hangs", "1001"), ("works", "1002")] {
        let shop = folder.path().join("shops").join(shop);
        std::fs::create_dir_all(&shop).expect("a writable folder");
        let channels = crate::stage::live(number, "");
        let profile = "name: Corner\ncountry: KE\ncurrency: KES\nlanguages: [en]\ntimezone: Africa/Nairobi\n";
        std::fs::write(shop.join("shop.yaml"), format!("{profile}{channels}\n")).expect("a writable folder");
        let flow = "duka 1\nflow corner\n  start hello\n\nstate hello\n  alert: Somebody is here.\n  -> end\n";
        std::fs::write(shop.join("corner.duka"), flow).expect("a writable folder");
    }
    let of = |shop: &str, url: &str| format!("[handoff.shops.{shop}]\nurl = \"{url}\"\nsecret = \"env:APP_SECRET\"\n");
    let handoff = of("hangs", &hangs) + &of("works", &url);
    let plan = ["1001", "1002"].map(crate::stage::number).concat();
    let stage = Stage::serve(folder, "shops", &plan, |settings| settings + &handoff, None).await;
    let message = |number: &str, id: &str| {
        let message = json!({ "id": id, "from": "254700000001", "timestamp": "1795251800", "type": "text",
            "text": { "body": "hi" } });
        let value = json!({ "messages": [message], "metadata": { "phone_number_id": number } });
        let change = json!({ "field": "messages", "value": value });
        json!({ "object": "whatsapp_business_account", "entry": [{ "id": "7", "changes": [change] }] }).to_string()
    };
    assert_eq!(stage.brings(&message("1001", "wamid.0")).await, 200);
    took.recv_timeout(Duration::from_secs(20)).expect("its program is asked");
    for id in ["wamid.1", "wamid.2", "wamid.3"] {
        assert_eq!(stage.brings(&message("1002", id)).await, 200);
        assert_eq!(next(&hears).json()["text"], "Somebody is here.");
    }
    assert!(ended.try_recv().is_err(), "nobody has waited until the other was given up");
    drop(stage);
}
