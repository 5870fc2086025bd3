//! What follows from every recorded answer and every code, and what is known when the network fails.

use std::fmt::Write;
use std::time::Duration;

use duka_runtime::channel::whatsapp::classify::{
    Answer, Learned, NOT_KNOWN, RULES, Refused, Then, Whom, of, of_refusal,
};
use duka_runtime::channel::whatsapp::client::{Access, Config, Graph, MediaError, read};
use duka_runtime::channel::whatsapp::decode::FileRef;
use secrecy::SecretString;
use sha2::{Digest, Sha256};
use url::Url;

use crate::{check, fixtures, json};

#[path = "answers/vendor.rs"]
mod vendor;
use vendor::{Reply, Vendor};

#[test]
fn every_recorded_answer_leads_to_what_the_table_says() {
    let mut table = String::from(
        "# What recorded answers lead to\n\n| send | HTTP | answer | then | learned |\n|---|---|---|---|---|\n",
    );
    for name in fixtures().into_iter().filter(|name| name.starts_with("send_")) {
        let response = json(&name)["response"].clone();
        let http = u16::try_from(response["status"].as_u64().expect("a status")).expect("a status");
        let (answer, then, learned) = match read(http, None, response["body"].to_string().as_bytes()) {
            Answer::Accepted(taken) => (format!("accepted {}", taken.status), "done".to_string(), String::new()),
            Answer::Refused(refused) => {
                let rule = of_refusal(&refused);
                (
                    format!("{} {}", refused.code, rule.meaning),
                    format!("{:?}", rule.then),
                    format!("{:?}", rule.learned),
                )
            }
            other => panic!("{name}: {other:?}"),
        };
        let name = name.trim_end_matches(".json");
        writeln!(table, "| {name} | {http} | {} | {then} | {learned} |", answer.trim())
            .expect("strings can be written to");
    }
    check("answers.md", &table);
}

#[test]
fn every_code_of_the_vendor_has_one_rule() {
    let mut before = i32::MIN;
    for rule in &RULES {
        assert!(rule.first > before && rule.last >= rule.first, "{} comes after {before}", rule.first);
        assert!(!rule.meaning.is_empty());
        before = rule.last;
        let sends_on = !matches!(rule.then, Then::Stop { .. });
        assert!(sends_on || rule.alert, "{}: what stops sends is told to people", rule.first);
    }
    for (code, then, learned) in [
        (190, Then::Stop { whom: Whom::Shop }, Learned::Nothing),
        (250, Then::Stop { whom: Whom::Shop }, Learned::Nothing),
        (130_429, Then::Wait { whom: Whom::Number, ms: 5_000 }, Learned::Nothing),
        (131_026, Then::Fail, Learned::Unreachable),
        (131_047, Then::FallBack, Learned::WindowClosed),
        (131_050, Then::Fail, Learned::OptedOut),
        (131_056, Then::Wait { whom: Whom::Customer, ms: 1_000 }, Learned::Nothing),
        (132_015, Then::FallBack, Learned::Template("PAUSED")),
        (132_016, Then::FallBack, Learned::Template("DISABLED")),
        (999_999, NOT_KNOWN.then, Learned::Nothing),
    ] {
        assert_eq!((of(code).then, of(code).learned), (then, learned), "{code}");
    }
}

#[test]
fn a_code_that_is_not_known_is_judged_by_the_status() {
    let refused = |http, code| Refused { http, code, ..Refused::default() };
    assert_eq!(of_refusal(&refused(429, 777)).then, Then::Wait { whom: Whom::Number, ms: 5_000 });
    assert!(matches!(of_refusal(&refused(503, 777)).then, Then::Again { most: 20 }));
    assert_eq!(of_refusal(&refused(400, 131_047)).then, Then::FallBack, "the code decides, not the status");
}

fn graph(vendor: &Vendor) -> Graph {
    let config = Config {
        deadline: Duration::from_millis(400),
        connect: Duration::from_millis(300),
        ..Config::new(vendor.base(), "v25.0")
    };
    Graph::new(config).expect("a client")
}

fn access() -> Access {
    Access::new(&SecretString::from("token-1")).expect("a token")
}

#[tokio::test]
async fn an_attempt_is_told_as_what_is_known_of_it() {
    let accepted =
        r#"{"messages":[{"id":"wamid.A","message_status":"accepted"}],"contacts":[{"input":"+1","wa_id":"1"}]}"#;
    let busy = r#"{"error":{"message":"down","code":2,"fbtrace_id":"T"}}"#;
    for (what, reply, expected) in [
        ("accepted", Reply::answer(200, accepted), "accepted wamid.A"),
        ("a read mark", Reply::answer(200, r#"{"success":true}"#), "accepted "),
        ("no id", Reply::answer(200, r#"{"messages":[{}]}"#), "unknown"),
        ("malformed", Reply::answer(200, r#"{"messages":[{"id":"wam"#), "unknown"),
        ("empty", Reply::answer(200, ""), "unknown"),
        ("a page of a proxy", Reply::answer(502, "<html>bad gateway</html>"), "unknown"),
        ("the vendor is down", Reply::answer(503, busy), "refused 2"),
        (
            "too fast",
            Reply::answer(429, r#"{"error":{"code":130429}}"#).with("Retry-After: 7"),
            "refused 130429 after 7000",
        ),
        ("a code as text", Reply::answer(400, r#"{"error":{"code":"100"}}"#), "refused 100"),
        ("reset after the request", Reply::Reset, "unknown"),
        ("truncated", Reply::answer(200, accepted).cut(20), "unknown"),
        ("nothing ever", Reply::Hang, "unknown"),
    ] {
        let vendor = Vendor::start(vec![reply]).await;
        let answer = graph(&vendor).send("1065", &access(), b"{\"x\":1}".to_vec()).await;
        let told = match answer {
            Answer::Accepted(taken) => format!("accepted {}", taken.id),
            Answer::Refused(refused) => {
                let after = refused.retry_after_ms.map(|ms| format!(" after {ms}")).unwrap_or_default();
                format!("refused {}{after}", refused.code)
            }
            Answer::NotSent { .. } => "not sent".to_string(),
            Answer::Unknown { .. } => "unknown".to_string(),
        };
        assert_eq!(told, expected, "{what}");
        let seen = vendor.seen();
        assert_eq!(seen.len(), 1, "{what}: one attempt is one request");
        assert!(seen[0].starts_with("POST /v25.0/1065/messages HTTP/1.1"), "{}", seen[0]);
        assert!(seen[0].contains("authorization: Bearer token-1") && seen[0].ends_with("{\"x\":1}"), "{}", seen[0]);
    }
    let nobody = Vendor::closed().await;
    let answer = graph(&nobody).send("1065", &access(), Vec::new()).await;
    assert_eq!(answer, Answer::NotSent { why: "no connection" });
}

fn file(url: String, sha256: &str) -> FileRef {
    FileRef { id: "77".into(), url, mime: "image/jpeg".into(), sha256: sha256.into(), name: "".into() }
}

#[tokio::test]
async fn a_file_is_fetched_from_the_vendor_only_and_is_what_was_sent() {
    let hash = Sha256::digest(b"picture");
    let in_hex = hex::encode(hash);
    let in_base64 = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, hash);
    let stranger = Vendor::start(vec![Reply::answer(200, "picture")]).await;
    let picture = || Reply::answer(200, "picture");
    for (what, replies, sha256, expected) in [
        ("by address, hash in base64", vec![picture()], in_base64.as_str(), "7 bytes"),
        ("by address, hash in hex", vec![picture()], &in_hex, "7 bytes"),
        ("another file", vec![Reply::answer(200, "painting")], &in_hex, "its hash differs"),
        ("too large", vec![Reply::answer(200, &"x".repeat(101))], &in_hex, "larger than 100"),
        (
            "expired, then asked for",
            vec![Reply::answer(404, ""), Reply::resolve(&in_hex), picture()],
            &in_hex,
            "7 bytes",
        ),
        (
            "redirected to a stranger",
            vec![Reply::answer(302, "").with(&format!("Location: {}", stranger.base()))],
            "",
            "not at the vendor's",
        ),
    ] {
        let vendor = Vendor::start(replies).await;
        let address = format!("{}file", vendor.base());
        let told = match graph(&vendor).download(&file(address, sha256), "1065", &access(), 100).await {
            Ok(fetched) => format!("{} bytes", fetched.bytes.len()),
            Err(error) => error.to_string(),
        };
        assert!(told.contains(expected), "{what}: {told}");
    }
    let vendor = Vendor::start(Vec::new()).await;
    let foreign = file(stranger.base().to_string(), "");
    let error = graph(&vendor).download(&foreign, "1065", &access(), 100).await.expect_err("the token stays at home");
    assert!(matches!(error, MediaError::ForeignHost));
    for odd in [
        "https://lookaside.fbsbx.com.evil.example/",
        "https://evilfbsbx.com/",
        "http://lookaside.fbsbx.com/",
        "file:///etc/passwd",
    ] {
        let fetched = graph(&vendor).download(&file(odd.to_string(), ""), "1065", &access(), 100).await;
        assert!(matches!(fetched, Err(MediaError::ForeignHost)), "{odd}");
    }
    assert!(stranger.seen().is_empty() && vendor.seen().is_empty());
}

#[tokio::test]
async fn lists_are_read_to_their_end_and_never_follow_an_address() {
    let page = |name: &str, next: &str| {
        format!(
            r#"{{"data":[{{"id":"9007199254740993","name":"{name}","language":"en_US","status":"APPROVED"}}],"paging":{{{next}}}}}"#
        )
    };
    let first = page("one", r#""cursors":{"after":"A2"},"next":"https://evil.example/steal""#);
    let vendor = Vendor::start(vec![Reply::answer(200, &first), Reply::answer(200, &page("two", ""))]).await;
    let templates = graph(&vendor).templates("1022", &access()).await.expect("two pages");
    let names: Vec<(&str, u64)> = templates.iter().map(|it| (it.name.as_str(), it.id)).collect();
    assert_eq!(names, [("one", 9_007_199_254_740_993), ("two", 9_007_199_254_740_993)]);
    assert!(vendor.seen()[1].contains("after=A2"));
}

/// The base of a vendor that is written to.
fn base(port: u16) -> Url {
    Url::parse(&format!("http://127.0.0.1:{port}/")).expect("an address")
}
