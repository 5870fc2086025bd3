//! What reaches a collector, and what does not.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::channel;
use std::time::Duration;

use duka_otel::Traces;
use tracing_subscriber::layer::SubscriberExt;

/// A collector that takes one batch: its head in small letters, and the bytes of its body.
fn collector() -> (String, std::sync::mpsc::Receiver<(String, Vec<u8>)>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = format!("http://{}/", listener.local_addr().expect("it listens"));
    let (taken, takes) = channel();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("somebody comes");
        let mut reader = BufReader::new(stream.try_clone().expect("a second handle"));
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            reader.read_line(&mut head).expect("a line");
        }
        let head = head.to_lowercase();
        let length = head.split_once("content-length: ").and_then(|(_, rest)| rest.split("\r\n").next()?.parse().ok());
        let mut body = vec![0; length.expect("a length")];
        reader.read_exact(&mut body).expect("a body");
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").expect("an answer");
        taken.send((head, body)).expect("the test waits");
    });
    (address, takes)
}

#[test]
fn a_span_of_the_server_reaches_the_collector_and_nothing_else_does() {
    let (address, takes) = collector();
    let traces = Traces::to(&address, 1.0, "0.1.0").expect("a way to it");
    let subscriber = tracing_subscriber::registry().with(traces.layer());
    tracing::subscriber::with_default(subscriber, || {
        let turn = tracing::trace_span!(target: "duka_span", "turn", shop = "zuri", conversation = "00ab", sends = 2);
        let _entered = turn.entered();
        tracing::error!(target: "duka_runtime", "a line of the log, which stays there");
        let _foreign = tracing::error_span!(target: "reqwest", "foreign", url = "https://token.example").entered();
    });
    traces.end();
    let (head, body) = takes.recv_timeout(Duration::from_secs(10)).expect("a batch");
    assert!(head.starts_with("post /v1/traces http/1.1"), "{head}");
    assert!(head.contains("content-type: application/x-protobuf"), "{head}");
    let holds = |text: &str| body.windows(text.len()).any(|window| window == text.as_bytes());
    for there in ["turn", "shop", "zuri", "conversation", "00ab", "sends", "service.name", "duka", "0.1.0"] {
        assert!(holds(there), "{there} is missing");
    }
    for absent in ["a line of the log", "foreign", "token.example"] {
        assert!(!holds(absent), "{absent} has left");
    }
}

#[test]
fn a_collector_that_is_not_there_holds_nothing_up() {
    let traces = Traces::to("http://127.0.0.1:1", 1.0, "0.1.0").expect("a way to it");
    let subscriber = tracing_subscriber::registry().with(traces.layer());
    tracing::subscriber::with_default(subscriber, || {
        for _ in 0..10_000 {
            tracing::trace_span!(target: "duka_span", "turn").in_scope(|| {});
        }
    });
    traces.end();
}
