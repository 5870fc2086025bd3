//! The rest of the Graph API that Duka calls: templates, media, numbers, subscriptions; and how it refuses to start.

use duka_runtime::dev_graph::server::{Options, start};
use duka_runtime::dev_graph::{Number, Plan};
use serde_json::{Value, json};

use crate::support::{NUMBER, easy, of_type, stage};

#[tokio::test]
async fn templates_are_created_reviewed_listed_paused_and_deleted() {
    let stage = stage(Plan {
        limits: duka_runtime::dev_graph::Limits { review_ms: 0, window: false, ..Default::default() },
        ..easy()
    })
    .await;
    let template = json!({"name": "hello", "language": "en", "category": "UTILITY",
        "components": [{"type": "BODY", "text": "Hi {{1}}, welcome."}]});
    let (http, created) = stage.call("POST", "/v24.0/W/message_templates", template.to_string()).await;
    assert_eq!((http, &created["status"]), (200, &json!("PENDING")));
    let values = stage.values(1).await;
    assert_eq!(values[0].get("event"), Some(&json!("APPROVED")), "the review ends by a webhook");
    let (_, list) = stage.call("GET", "/v24.0/W/message_templates?name=hello&limit=10", "").await;
    assert_eq!(list.pointer("/data/0/status"), Some(&json!("APPROVED")));
    let pause = json!({"name": "hello", "language": "en", "status": "PAUSED"}).to_string();
    assert_eq!(stage.call("POST", "/control/templates", pause).await.0, 200);
    let send = of_type("template", json!({"name": "hello", "language": {"code": "en"}}));
    assert_eq!(stage.code(&send).await, (400, 132015));
    let id = created["id"].as_str().unwrap_or("");
    assert_eq!(stage.call("POST", &format!("/v24.0/{id}/unpause"), "").await.0, 200);
    assert_eq!(stage.code(&send).await, (400, 132000));
    assert_eq!(stage.call("DELETE", "/v24.0/W/message_templates?name=hello", "").await.0, 200);
    assert_eq!(stage.code(&send).await, (404, 132001));
}

#[tokio::test]
async fn a_bad_template_is_refused() {
    let stage = stage(easy()).await;
    for (name, body, code) in
        [("Hello", "Hi", 100), ("hello", "{{1}} hi", 2_388_299), ("hello", &"x".repeat(1025), 2_388_040)]
    {
        let template = json!({"name": name, "language": "en", "category": "UTILITY",
            "components": [{"type": "BODY", "text": body}]});
        let (_, answer) = stage.call("POST", "/v24.0/W/message_templates", template.to_string()).await;
        assert_eq!(answer.pointer("/error/code"), Some(&json!(code)));
    }
}

#[tokio::test]
async fn lists_of_templates_have_pages() {
    let templates = (0..7).map(|n| duka_runtime::dev_graph::Template::of_body(&format!("t{n}"), "en", "Hi"));
    let stage = stage(Plan { templates: templates.collect(), ..easy() }).await;
    let (mut path, mut names) = ("/v24.0/W/message_templates?limit=3".to_string(), Vec::new());
    loop {
        let (_, page) = stage.call("GET", &path, "").await;
        let data = page["data"].as_array().cloned().unwrap_or_default();
        names.extend(data.iter().filter_map(|template| template["name"].as_str().map(str::to_string)));
        match page.pointer("/paging/next").and_then(Value::as_str) {
            Some(next) => path = next.replace(&stage.url(""), ""),
            None => break,
        }
    }
    assert_eq!(names, ["t0", "t1", "t2", "t3", "t4", "t5", "t6"]);
}

#[tokio::test]
async fn files_are_uploaded_sent_fetched_and_deleted() {
    let stage = stage(easy()).await;
    let part = reqwest::multipart::Part::bytes(vec![7; 1000]).file_name("a.png").mime_str("image/png").expect("a type");
    let form = reqwest::multipart::Form::new().text("messaging_product", "whatsapp").part("file", part);
    let url = stage.url(&format!("/v24.0/{NUMBER}/media"));
    let uploaded: Value =
        stage.http().post(url).multipart(form).send().await.expect("an answer").json().await.expect("JSON");
    let id = uploaded["id"].as_str().expect("an id").to_string();
    assert_eq!(stage.code(&of_type("image", json!({"id": id}))).await, (200, 0));
    let (_, told) = stage.call("GET", &format!("/v24.0/{id}"), "").await;
    assert_eq!((&told["mime_type"], &told["file_size"]), (&json!("image/png"), &json!("1000")));
    let address = told["url"].as_str().expect("an address").replace(&stage.url(""), "");
    assert_eq!(stage.call("GET", &address, "").await.0, 200);
    stage.call("POST", "/control/clock", r#"{"advance_ms": 301000}"#).await;
    assert_eq!(stage.call("GET", &address, "").await.0, 404, "an address is good for five minutes");
    assert_eq!(stage.call("DELETE", &format!("/v24.0/{id}"), "").await, (200, json!({"success": true})));
    for (fault, expected) in [("gone", 404), ("expired", 404), ("wrong_hash", 200)] {
        let file = json!({"mime_type": "image/jpeg", "text": "abc", "fault": fault}).to_string();
        let (_, file) = stage.call("POST", "/control/files", file).await;
        let (_, told) = stage.call("GET", &format!("/v24.0/{}", file["id"].as_str().unwrap_or("")), "").await;
        let address = told["url"].as_str().unwrap_or("").replace(&stage.url(""), "");
        assert_eq!(stage.call("GET", &address, "").await.0, expected, "{fault}");
        let right = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(told["sha256"] == json!(right), fault != "wrong_hash", "{fault}");
    }
    let wrong = reqwest::multipart::Part::bytes(vec![7; 10]).mime_str("image/tiff").expect("a type");
    let form = reqwest::multipart::Form::new().part("file", wrong);
    let response = stage.http().post(stage.url("/v24.0/1/media")).multipart(form).send().await.expect("an answer");
    assert_eq!(response.status().as_u16(), 400);
}

#[tokio::test]
async fn numbers_tell_of_themselves() {
    let number = Number { id: NUMBER.into(), display: "15550001111".into(), ..Number::default() };
    let stage = stage(Plan { numbers: vec![number], ..easy() }).await;
    let (_, told) = stage.call("GET", &format!("/v24.0/{NUMBER}?fields=display_phone_number"), "").await;
    assert_eq!((&told["display_phone_number"], &told["quality_rating"]), (&json!("15550001111"), &json!("GREEN")));
    assert_eq!(stage.call("POST", "/v24.0/W/subscribed_apps", "").await, (200, json!({"success": true})));
    let (http, answer) = stage.call("GET", "/v24.0/12345", "").await;
    assert_eq!((http, answer.pointer("/error/code")), (400, Some(&json!(100))));
    assert_eq!(stage.call("GET", "/", "").await.0, 200);
    stage.graph.stop().await;
}

#[tokio::test]
async fn it_starts_only_where_it_is_safe() {
    let options = |listen: &str, callback: Option<&str>| Options {
        listen: listen.parse().expect("an address"),
        callback: callback.map(str::to_string),
        journal: None,
        plan: Plan::default(),
    };
    for (listen, callback, word) in [
        ("0.0.0.0:0", None, "not a loopback address"),
        ("127.0.0.1:0", Some("https://example.com/"), "full `http://` address"),
        ("127.0.0.1:0", Some("/webhooks"), "full `http://` address"),
    ] {
        let error = start(options(listen, callback)).await.expect_err("it must not start").to_string();
        assert!(error.contains(word), "{error}");
    }
    let wrong = Plan::read("[[fault]]\nkind = \"gremlins\"\n").expect_err("no such kind");
    assert!(wrong.contains("line 2") && wrong.contains("accept_reset"), "{wrong}");
}

#[tokio::test]
async fn a_journal_is_written_to_its_end() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("journal.jsonl");
    let listen = "127.0.0.1:0".parse().expect("an address");
    let plan = easy();
    let graph = start(Options { listen, callback: None, journal: Some(path.clone()), plan }).await.expect("it starts");
    let url = format!("http://{}/v24.0/1/messages", graph.address);
    for _ in 0..20 {
        let body = crate::support::text().to_string();
        reqwest::Client::new().post(&url).bearer_auth("t").body(body).send().await.expect("an answer");
    }
    graph.stop().await;
    for _ in 0..200 {
        if std::fs::read_to_string(&path).unwrap_or_default().lines().count() == 20 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("20 attempts are 20 lines");
}

#[tokio::test]
async fn a_journal_says_of_which_messages_a_status_was_taken() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("journal.jsonl");
    let stage = crate::support::stage_with(easy(), Some(path.clone())).await;
    let (http, answer) = stage.send(&crate::support::text()).await;
    let accepted = answer["messages"][0]["id"].clone();
    assert_eq!((http, accepted.is_string()), (200, true), "{answer}");
    for _ in 0..1_000 {
        let journal = std::fs::read_to_string(&path).unwrap_or_default();
        let lines: Vec<Value> = journal.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        if lines.iter().any(|line| line["ids"][0] == accepted && line["told_ms"].is_i64()) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("a status was taken and is not in the journal");
}
