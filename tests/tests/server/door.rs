//! What comes to the door and is not taken, and what is taken without acting.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::stage::{SECRET, Stage};

pub fn signed(body: &[u8]) -> String {
    let mac: Hmac<Sha256> = Hmac::new_from_slice(SECRET.as_bytes()).expect("any key");
    format!("sha256={}", hex::encode(mac.chain_update(body).finalize().into_bytes()))
}

/// Status and body of an answer.
pub async fn post(stage: &Stage, body: Vec<u8>, headers: &[(&str, &str)]) -> (u16, String) {
    let mut request = stage.http.post(format!("{}/webhooks/whatsapp", stage.base));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = request.body(body).send().await.expect("an answer");
    (answer.status().as_u16(), answer.text().await.expect("a text"))
}

/// The first line of the answer to a body that is announced and never sent: it is refused by its size alone.
fn announce(stage: &Stage, bytes: usize) -> String {
    let address = stage.base.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).expect("the server listens");
    write!(stream, "POST /webhooks/whatsapp HTTP/1.1\r\nHost: {address}\r\nContent-Length: {bytes}\r\n\r\n")
        .expect("sent");
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).expect("an answer");
    line.trim_end().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_is_signed_small_and_plain_is_taken() {
    let stage = Stage::boutique().await;
    let body = br#"{"object":"whatsapp_business_account","entry":[{"id":"8","changes":[{"field":"messages","value":{"metadata":{"phone_number_id":"99"},"messages":[{"id":"wamid.1","from":"1","type":"text","text":{"body":"hi"}}]}}]}]}"#;
    let right = signed(body);
    let unauthorized = (401, "Unauthorized".to_string());
    for wrong in ["", "sha256=", &right[..60], &right.replace("sha256", "sha1"), &right.to_uppercase()] {
        assert_eq!(post(&stage, body.to_vec(), &[("x-hub-signature-256", wrong)]).await, unauthorized, "{wrong}");
    }
    assert_eq!(post(&stage, body.to_vec(), &[]).await, unauthorized);
    // A number of nobody: kept for a person, and not sent again by the vendor.
    assert_eq!(post(&stage, body.to_vec(), &[("x-hub-signature-256", &right)]).await.0, 200);
    assert_eq!(post(&stage, body.to_vec(), &[("content-encoding", "gzip")]).await.0, 415);
    assert_eq!(announce(&stage, 5 * 1024 * 1024), "HTTP/1.1 413 Payload Too Large");
    let deep = "[".repeat(200_000).into_bytes();
    let mark = signed(&deep);
    assert_eq!(post(&stage, deep, &[("x-hub-signature-256", &mark)]).await.0, 400);
    for (token, expected) in [("a verify token", (200, "<b>42</b>")), ("another", (403, "Forbidden"))] {
        let query = [("hub.mode", "subscribe"), ("hub.verify_token", token), ("hub.challenge", "<b>42</b>")];
        let url = format!("{}/webhooks/whatsapp", stage.base);
        let answer = stage.http.get(url).query(&query).send().await.expect("an answer");
        assert_eq!(answer.headers()["content-type"], "text/plain; charset=utf-8");
        assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
        assert_eq!((answer.status().as_u16(), answer.text().await.expect("a text").as_str()), expected);
    }
    let mut guess = 0;
    for n in 0..12 {
        let query = [("hub.mode", "subscribe"), ("hub.verify_token", &format!("guess {n}")), ("hub.challenge", "1")];
        let url = format!("{}/webhooks/whatsapp", stage.base);
        guess = stage.http.get(url).query(&query).send().await.expect("an answer").status().as_u16();
    }
    assert_eq!(guess, 429, "who guesses is slowed down");
    stage.end().await;
}
