//! What the server stands on is gone: a disk that refuses, a database that is not there yet or behind a broken way,
//! descriptors and connections that others hold. Seen from outside.

use std::io::{ErrorKind, Write};
use std::net::TcpStream;
use std::str::FromStr;
use std::time::Duration;

use serde_json::{Value as Json, json};
use sqlx::ConnectOptions;
use sqlx::postgres::PgConnectOptions;

use crate::bridge::{Bridge, Far};
use crate::database::database;
use crate::http;
use crate::stage::{Stage, boutique, until};
use crate::support::copy;

const PHONE: &str = "254700000021";

/// How the server answered the webhook; 0: not in time.
fn writes(stage: &Stage, text: &str) -> u64 {
    says(stage, &json!({ "text": text, "as": { "name": "Amina" } }))
}

fn says(stage: &Stage, said: &Json) -> u64 {
    let path = format!("/control/customer/{PHONE}");
    http::json("POST", &stage.control, &path, &[], said).1["http"].as_u64().unwrap_or(0)
}

/// What the customer's phone shows.
fn shown(stage: &Stage) -> Vec<String> {
    let (_, shown) = http::json("GET", &stage.control, &format!("/control/customer/{PHONE}"), &[], &json!({}));
    let text = |message: &Json| message["text"].as_str().unwrap_or("").to_string();
    shown.as_array().expect("messages").iter().map(text).collect()
}

fn is_ready(stage: &Stage) -> bool {
    http::ask("GET", &stage.address, "/readyz", &[], "").is_some_and(|(status, _)| status == 200)
}

#[test]
fn a_disk_that_refuses_a_commit_ends_the_process_and_the_next_one_goes_on() {
    let mut stage = Stage::begin(|shop| copy("examples/boutique", shop), "", None, "");
    // Four mebibytes: the start fits into them, and a few hundred messages do not.
    stage.blocks = Some(8_192);
    stage.start();
    let long = "a word of many ".repeat(250);
    until("the disk refuses", || {
        for _ in 0..20 {
            writes(&stage, &long);
        }
        stage.ended().is_some()
    });
    assert_eq!(stage.ended(), Some(1));
    assert!(stage.log().contains("the disk has refused a commit"), "the operator is told why");
    stage.start();
    writes(&stage, "hi");
    stage.rest();
    assert_eq!(stage.ended(), None, "it goes on");
}

#[test]
fn settings_with_a_mistake_change_nothing_and_say_where_it_is_and_what_to_write() {
    let mut stage = Stage::begin(|shop| copy("examples/boutique", shop), "", None, "");
    stage.start();
    stage.read_again("development = true\nlistn = \"127.0.0.1:1\"\n");
    until("the mistake is told", || stage.log().contains("the settings have a mistake"));
    let log = stage.log();
    let told = log.lines().find(|line| line.contains("the settings have a mistake")).expect("a line");
    for part in ["duka.toml", "line 2", "there is no setting `listn`", "Did you mean `listen`?"] {
        assert!(told.contains(part), "{part}: {told}");
    }
    until("the customer is answered", || {
        writes(&stage, "hi");
        !shown(&stage).is_empty()
    });
    assert_eq!(stage.ended(), None, "it goes on as it was");
}

#[test]
fn a_part_that_panics_ends_the_process_and_the_next_one_answers() {
    for point in ["ingest.begun", "work.claimed", "send.claimed"] {
        let mut stage = Stage::begin(|shop| copy("examples/boutique", shop), "", None, "");
        if point == "work.claimed" {
            // After an unclean end everything waits in the inbox for a while.
            stage.start();
            stage.kill();
        }
        stage.variables.push(("DUKA_STRIKE_AT".into(), format!("panic {point} 0")));
        stage.start();
        writes(&stage, "hi");
        until("the process ends", || stage.ended().is_some());
        assert_eq!(stage.ended(), Some(1), "{point}");
        assert!(stage.log().contains("a part of the server has ended by itself"), "the operator is told: {point}");
        stage.start();
        stage.rest();
        until("the customer is answered", || {
            writes(&stage, "hi");
            !shown(&stage).is_empty()
        });
        assert_eq!(stage.ended(), None, "it goes on");
    }
}

#[test]
fn a_database_that_is_not_there_yet_is_waited_for() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let url = PgConnectOptions::from_str(&runtime.block_on(database())).expect("an address");
    // A server that is reached over a network can not be hidden here.
    let Some(socket) = url.get_socket().map(|socket| socket.to_path_buf()) else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let way = folder.path().join("postgres");
    std::os::unix::fs::symlink(&socket, &way).expect("a link");
    let url = url.socket(&way).to_url_lossy().to_string();
    let mut stage = Stage::begin(|shop| copy("examples/boutique", shop), "", Some(&url), "");
    std::fs::remove_file(&way).expect("the link is there");
    stage.spawn();
    until("the server waits", || stage.log().matches("the database is tried again").count() >= 2);
    assert!(stage.ended().is_none() && !is_ready(&stage));
    std::os::unix::fs::symlink(&socket, &way).expect("a link");
    until("the server is ready", || is_ready(&stage));
}

/// So many requests that begin and do not go on.
fn half_open(stage: &Stage, count: usize) -> Vec<TcpStream> {
    let open = |_| {
        let mut stream = TcpStream::connect(&stage.address).expect("the system takes it");
        write!(stream, "POST /webhooks/whatsapp HTTP/1.1\r\nHost: {}\r\nX-Half: ", stage.address).expect("sent");
        stream
    };
    (0..count).map(open).collect()
}

/// Whether nothing was said to it, and nobody has closed it.
fn is_open(stream: &TcpStream) -> bool {
    stream.set_nonblocking(true).expect("a socket");
    matches!(stream.peek(&mut [0]), Err(error) if error.kind() == ErrorKind::WouldBlock)
}

#[test]
fn half_open_connections_keep_no_webhook_waiting() {
    let mut stage = Stage::begin(boutique, "", None, "[limits]\nheader = \"60 seconds\"\n");
    stage.start();
    let half = half_open(&stage, 300);
    assert_eq!(writes(&stage, "hi"), 200);
    until("the customer is answered", || !shown(&stage).is_empty());
    assert!(half.iter().all(is_open), "it did not wait for them to go");
}

#[test]
fn a_server_without_descriptors_waits_and_goes_on_when_there_are_some() {
    let mut stage = Stage::begin(boutique, "", None, "[limits]\nheader = \"60 seconds\"\n");
    stage.descriptors = Some(128);
    stage.start();
    assert_eq!(writes(&stage, "hi"), 200);
    until("the customer is answered", || shown(&stage).len() == 1);
    // More than it may have; the system queues the rest.
    let half = half_open(&stage, 160);
    let waits = std::thread::scope(|scope| {
        let asked = scope.spawn(|| http::ask("GET", &stage.address, "/healthz", &[], ""));
        std::thread::sleep(Duration::from_secs(1));
        let waits = !asked.is_finished();
        drop(half);
        assert_eq!(asked.join().expect("no panic").map(|(status, _)| status), Some(200));
        waits
    });
    assert!(waits, "there was no descriptor for it");
    assert_eq!(writes(&stage, "Shop"), 200);
    until("the customer is answered", || shown(&stage).len() == 2);
    assert_eq!(stage.ended(), None);
    assert!(!stage.log().contains("panicked"), "{}", stage.log());
}

/// A new database behind a bridge.
fn bridged() -> (Bridge, String) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let url = PgConnectOptions::from_str(&runtime.block_on(database())).expect("an address");
    let far = match url.get_socket() {
        Some(folder) => Far::Socket(folder.join(format!(".s.PGSQL.{}", url.get_port()))),
        None => Far::Address(format!("{}:{}", url.get_host(), url.get_port())),
    };
    let bridge = Bridge::to(far);
    let (user, name) = (url.get_username().to_string(), url.get_database().unwrap_or_default().to_string());
    let near = format!("postgres://{user}@{}/{name}?sslmode=disable", bridge.address);
    (bridge, near)
}

/// F106: with the database out of reach nothing is committed, acknowledged or sent anew; when it is back, all is done once.
#[test]
fn a_way_to_the_database_that_breaks_loses_nothing_and_sends_nothing_twice() {
    let (bridge, url) = bridged();
    let settings = "[sending]\nanswer = \"1 second\"\nhold = \"4 seconds\"\n";
    let slow = "[[fault]]\nkind = \"slow200\"\nafter_ms = 700\nfirst = 1\n";
    let mut stage = Stage::begin(boutique, slow, Some(&url), settings);
    stage.start();
    assert_eq!(writes(&stage, "hi"), 200);
    let attempts = || {
        let (_, journal) = http::json("GET", &stage.control, "/control/journal", &[], &json!({}));
        journal.as_array().expect("a list").iter().filter(|attempt| attempt["type"] != "read").count()
    };
    until("the answer is on its way", || attempts() == 1);
    bridge.passes(false);
    until("it says that it takes nothing", || !is_ready(&stage));
    // Longer than the claim of the send lasts.
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(attempts(), 1, "no send without a fresh claim");
    let shop = json!({ "text": "Shop", "as": { "name": "Amina", "id": "wamid.shop" } });
    let posted = std::thread::scope(|scope| {
        let posted = scope.spawn(|| says(&stage, &shop));
        std::thread::sleep(Duration::from_millis(500));
        bridge.passes(true);
        posted.join().expect("no panic")
    });
    until("it takes messages again", || is_ready(&stage));
    if posted != 200 {
        assert_eq!(says(&stage, &shop), 200, "posted again, as the vendor does");
    }
    stage.rest();
    let shown = shown(&stage);
    assert!(shown.len() == 2 && shown[0].contains("Zuri"), "each once: {shown:#?}");
    assert_eq!(stage.ended(), None);
}
