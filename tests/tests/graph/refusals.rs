//! What is taken, and each refusal with its HTTP status and code.

use duka_runtime::dev_graph::{Customers, Limits, Number, Plan, Template};
use serde_json::{Value, json};

use crate::support::{CUSTOMER, NUMBER, easy, of_type, stage, text, with};

fn interactive(kind: &str, action: Value) -> Value {
    of_type("interactive", json!({"type": kind, "body": {"text": "Well?"}, "action": action}))
}

fn buttons(titles: &[&str]) -> Value {
    let button = |(n, title): (usize, &&str)| json!({"type": "reply", "reply": {"id": n.to_string(), "title": title}});
    interactive("button", json!({"buttons": titles.iter().enumerate().map(button).collect::<Vec<_>>()}))
}

fn list(titles: &[&str]) -> Value {
    let row = |(n, title): (usize, &&str)| json!({"id": n.to_string(), "title": title});
    let rows: Vec<Value> = titles.iter().enumerate().map(row).collect();
    interactive("list", json!({"button": "Choose", "sections": [{"title": "All", "rows": rows}]}))
}

fn card() -> Value {
    json!({"type": "cta_url", "body": {"text": "Deal"},
        "header": {"type": "image", "image": {"link": "https://example.com/1.png"}},
        "action": {"buttons": [{"type": "quick_reply", "quick_reply": {"id": "a", "title": "Take it"}}]}})
}

fn product(catalogue: &str) -> Value {
    json!({"type": "product", "action": {"product_retailer_id": "A", "catalog_id": catalogue}})
}

fn cards(cards: &[Value]) -> Value {
    let placed = cards.iter().enumerate().map(|(at, card)| with(card.clone(), json!({ "card_index": at })));
    interactive("carousel", json!({ "cards": placed.collect::<Vec<_>>() }))
}

fn order(reference: &str, currency: &str, total: i64) -> Value {
    let amount = |value: i64| json!({"value": value, "offset": 100});
    let item = json!({"name": "Tee", "amount": amount(100), "quantity": 1});
    interactive(
        "order_details",
        json!({"name": "review_and_pay", "parameters": {"reference_id": reference,
        "type": "physical-goods", "currency": currency, "total_amount": amount(total),
        "order": {"status": "pending", "items": [item], "subtotal": amount(100)}}}),
    )
}

fn link(title: &str, url: &str) -> Value {
    interactive("cta_url", json!({"name": "cta_url", "parameters": {"display_text": title, "url": url}}))
}

fn template(name: &str, values: &[&str]) -> Value {
    let parameters: Vec<Value> = values.iter().map(|text| json!({"type": "text", "text": text})).collect();
    of_type(
        "template",
        json!({"name": name, "language": {"code": "en"},
        "components": [{"type": "body", "parameters": parameters}]}),
    )
}

#[tokio::test]
async fn whatever_the_reference_allows_is_taken() {
    let stage = stage(Plan { limits: Limits::none(), ..easy() }).await;
    let flow = json!({"name": "flow", "parameters": {"flow_message_version": "3", "flow_token": "t", "flow_id": "1",
        "flow_cta": "Fill in", "flow_action": "navigate", "flow_action_payload": {"screen": "A"}}});
    let card = |n: u32| {
        json!({"card_index": n, "type": "cta_url", "body": {"text": "Deal"},
        "header": {"type": "image", "image": {"link": "https://example.com/1.png"}},
        "action": {"name": "cta_url", "parameters": {"display_text": "Open", "url": "https://example.com/1"}}})
    };
    let item = json!({"name": "Tee", "amount": {"value": 10000, "offset": 100}, "quantity": 2});
    let order = json!({"reference_id": "991-1", "type": "physical-goods", "currency": "INR",
        "total_amount": {"value": 20000, "offset": 100},
        "order": {"status": "pending", "items": [item], "subtotal": {"value": 20000, "offset": 100}}});
    let messages = [
        text(),
        with(text(), json!({"to": "+1 (650) 555-0123", "context": {"message_id": "wamid.1"}})),
        with(text(), json!({"recipient": "KE.1349", "to": "+254700000002"})),
        of_type("image", json!({"id": "1", "caption": "Green"})),
        of_type("document", json!({"link": "https://example.com/a.pdf", "filename": "a.pdf"})),
        of_type("audio", json!({"id": "1", "voice": true})),
        of_type("location", json!({"latitude": "-1.28", "longitude": 36.8, "name": "Shop"})),
        of_type("contacts", json!([{"name": {"formatted_name": "Shop", "first_name": "Shop"}}])),
        of_type("reaction", json!({"message_id": "wamid.1", "emoji": ""})),
        buttons(&["Yes", "No", "Later"]),
        list(&["One", "Two"]),
        link("Pay now", "https://pay.example.com/c/1"),
        interactive("flow", flow),
        interactive("product", json!({"catalog_id": "1", "product_retailer_id": "SKU-1"})),
        interactive("catalog_message", json!({"name": "catalog_message"})),
        interactive("carousel", json!({"cards": [card(0), card(1)]})),
        interactive("location_request_message", json!({"name": "send_location"})),
        interactive("request_contact_info", json!({"name": "request_contact_info"})),
        interactive("order_details", json!({"name": "review_and_pay", "parameters": order})),
        template("anything", &["Dana"]),
    ];
    for message in &messages {
        let (http, answer) = stage.send(message).await;
        assert_eq!(http, 200, "{message}\n{answer}");
        assert!(answer.pointer("/messages/0/id").is_some_and(|id| id.as_str().unwrap_or("").starts_with("wamid.")));
    }
    let user = with(text(), json!({"to": null, "recipient": "KE.1349"}));
    let mut user = user;
    user.as_object_mut().expect("an object").remove("to");
    let (_, answer) = stage.send(&user).await;
    assert_eq!(answer.pointer("/contacts/0"), Some(&json!({"input": "KE.1349", "user_id": "KE.1349"})));
    let read = json!({"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.1",
        "typing_indicator": {"type": "text"}});
    assert_eq!(stage.send(&read).await, (200, json!({"success": true})));
    let counts = stage.graph.with(|graph| graph.counts().clone());
    assert_eq!((counts.accepted, counts.refused, counts.read), (messages.len() as u64 + 1, 0, 1));
}

#[tokio::test]
async fn whatever_breaks_a_limit_is_refused() {
    let stage = stage(Plan { limits: Limits::none(), ..easy() }).await;
    let long = |count: usize| "x".repeat(count);
    let cases = [
        (100, with(text(), json!({"messaging_product": "sms"}))),
        (100, with(text(), json!({"to": "my friend"}))),
        (100, with(text(), json!({"colour": "red"}))),
        (100, of_type("text", json!({"body": long(4097)}))),
        (100, of_type("text", json!({"body": ""}))),
        (131008, of_type("text", json!({}))),
        (131051, of_type("poll", json!({}))),
        (131009, with(text(), json!({"biz_opaque_callback_data": long(513)}))),
        (131009, of_type("image", json!({"id": "1", "caption": long(1025)}))),
        (131009, of_type("image", json!({"id": "1", "link": "https://example.com/a.png"}))),
        (131008, of_type("image", json!({}))),
        (131009, of_type("image", json!({"link": "ftp://example.com"}))),
        (100, of_type("audio", json!({"id": "1", "caption": "no"}))),
        (131009, of_type("location", json!({"latitude": 91, "longitude": 0}))),
        (131009, of_type("contacts", json!([{"name": {"formatted_name": "Shop"}}]))),
        (131009, buttons(&[])),
        (131009, buttons(&["1", "2", "3", "4"])),
        (131009, buttons(&["A title that is too long"])),
        (131009, buttons(&["Same", "Same"])),
        (131009, list(&["This row title is clearly too long"])),
        (131009, list(&["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11"])),
        (131009, link("A title that is too long", "https://example.com")),
        (131009, link("Pay", "example.com")),
        (131009, with(text(), json!({"type": "interactive", "text": null}))),
        (132012, template("anything", &["two\nlines"])),
        (131009, cards(&[card()])),
        (131009, cards(&vec![card(); 11])),
        (
            131009,
            cards(&[card(), json!({"type": "product", "action": {"product_retailer_id": "A", "catalog_id": "1"}})]),
        ),
        (131009, cards(&[with(card(), json!({"header": null})), card()])),
        (131009, cards(&[with(card(), json!({"header": {"type": "image", "image": {"id": "1"}}})), card()])),
        (131009, cards(&[with(card(), json!({"body": {"text": long(161)}})), card()])),
        (131009, cards(&[product("1"), product("2")])),
        (131009, interactive("product", json!({"catalog_id": "1"}))),
        (
            131009,
            with(
                interactive("catalog_message", json!({"name": "catalog_message"})),
                json!({"interactive": {"body": null}}),
            ),
        ),
        (131009, order("991 1", "INR", 100)),
        (131009, order("991-1", "INR", 101)),
        (
            131009,
            interactive(
                "order_status",
                json!({"name": "review_order", "parameters":
            {"reference_id": "991-1", "order": {"status": "lost"}}}),
            ),
        ),
    ];
    for (code, message) in cases {
        let (http, answer) = stage.send(&message).await;
        let found = answer.pointer("/error/code").and_then(Value::as_u64);
        let fits = found == Some(code) || (code == 131009 && matches!(found, Some(100 | 131008)));
        assert!(fits && http == 400, "{code} for {message}\n{http} {answer}");
    }
}

#[tokio::test]
async fn a_bill_is_sent_once_and_another_one_has_another_name() {
    let stage = stage(Plan { limits: Limits::none(), ..easy() }).await;
    assert_eq!(stage.code(&order("991-1", "INR", 100)).await, (200, 0));
    assert_eq!(stage.code(&order("991-1", "INR", 100)).await, (400, 131009));
    assert_eq!(stage.code(&order("991-2", "INR", 100)).await, (200, 0));
}

/// The same bodies as the vendor answers with.
#[tokio::test]
async fn refusals_have_the_words_of_the_vendor() {
    let stage = stage(easy()).await;
    let (http, mut answer) = stage.send(&list(&["This row title is clearly too long"])).await;
    answer.pointer_mut("/error").and_then(Value::as_object_mut).expect("an error").remove("fbtrace_id");
    assert_eq!(
        (http, answer),
        (
            400,
            json!({"error": {"message": "(#131009) Parameter value is not valid", "type": "OAuthException",
            "code": 131009, "error_data": {"messaging_product": "whatsapp",
            "details": "Row title is too long. Max length is 24."}}})
        )
    );
    let missing = of_type("template", json!({"name": "does_not_exist", "language": {"code": "de"}}));
    let (http, answer) = stage.send(&missing).await;
    assert_eq!(http, 404);
    assert_eq!(
        answer.pointer("/error/message"),
        Some(&json!("(#132001) Template name does not exist in the translation"))
    );
    assert_eq!(
        answer.pointer("/error/error_data/details"),
        Some(&json!("template name (does_not_exist) does not exist in de"))
    );
}

#[tokio::test]
async fn templates_are_sent_as_they_were_approved() {
    let with_status =
        |name: &str, status: &str| Template { status: status.into(), ..Template::of_body(name, "en", "Hi") };
    let marketing = Template { category: "MARKETING".into(), ..Template::of_body("sale", "en", "Sale!") };
    let link = Template {
        components: vec![
            json!({"type": "BODY", "text": "Track"}),
            json!({"type": "BUTTONS", "buttons": [
            {"type": "URL", "text": "Track", "url": "https://example.com/{{1}}"}]}),
        ],
        ..Template::of_body("track", "en", "")
    };
    let stage = stage(Plan {
        templates: vec![
            Template::of_body("hello", "en", "Hi {{1}}, order {{2}} is here."),
            Template::of_body("named", "en", "Hi {{first_name}}."),
            with_status("paused", "PAUSED"),
            with_status("disabled", "DISABLED"),
            with_status("pending", "PENDING"),
            marketing,
            link,
        ],
        customers: Customers { stopped: vec![CUSTOMER.into()], ..Customers::default() },
        ..easy()
    })
    .await;
    let named = of_type(
        "template",
        json!({"name": "named", "language": {"code": "en"}, "components": [
        {"type": "body", "parameters": [{"type": "text", "parameter_name": "first_name", "text": "Dana"}]}]}),
    );
    for (expected, message) in [
        ((200, 0), template("hello", &["Dana", "991"])),
        ((200, 0), named),
        ((400, 132000), template("hello", &["Dana"])),
        ((400, 132000), template("named", &["Dana"])),
        ((400, 132005), template("hello", &["Dana", &"9".repeat(1100)])),
        ((404, 132001), template("nobody", &[])),
        ((404, 132001), template("pending", &[])),
        ((400, 132015), template("paused", &[])),
        ((400, 132016), template("disabled", &[])),
        ((400, 131008), template("track", &[])),
        ((400, 131050), template("sale", &[])),
    ] {
        assert_eq!(stage.code(&message).await, expected, "{message}");
    }
    let (_, answer) = stage.send(&template("hello", &["Dana", "991"])).await;
    assert_eq!(answer.pointer("/messages/0/message_status"), Some(&json!("accepted")));
}

#[tokio::test]
async fn free_text_needs_an_open_window() {
    let stage = stage(Plan { templates: vec![Template::of_body("hi", "en", "Hi")], ..Plan::default() }).await;
    assert_eq!(stage.code(&text()).await, (400, 131047));
    assert_eq!(stage.code(&template("hi", &[])).await, (200, 0));
    let say = json!({"text": "hi", "as": {"number": NUMBER, "ago_ms": 23 * 3_600_000}}).to_string();
    let (http, _) = stage.call("POST", &format!("/control/customer/{CUSTOMER}"), say).await;
    assert_eq!((http, stage.code(&text()).await), (200, (200, 0)));
    stage.call("POST", "/control/clock", r#"{"advance_ms": 3600000}"#).await;
    assert_eq!(stage.code(&text()).await, (400, 131047));
    let heard = json!({"customer": CUSTOMER, "number": NUMBER}).to_string();
    stage.call("POST", "/control/heard", heard).await;
    assert_eq!(stage.code(&text()).await, (200, 0));
}

#[tokio::test]
async fn accounts_have_numbers_tokens_and_limits() {
    let number = |token: &str| Number { id: NUMBER.into(), token: token.into(), ..Number::default() };
    let foreign = stage(Plan { numbers: vec![number("another")], ..easy() }).await;
    let (http, answer) = foreign.send(&text()).await;
    assert_eq!((http, answer.pointer("/error/error_subcode")), (401, Some(&json!(463))));
    let none = stage(Plan { numbers: vec![Number { id: "1".into(), ..Number::default() }], ..easy() }).await;
    assert_eq!(none.code(&text()).await, (400, 33));

    let customers = |field: &str| serde_json::from_value(json!({field: [CUSTOMER]})).expect("customers");
    let unreachable = stage(Plan { customers: customers("unreachable"), ..easy() }).await;
    assert_eq!(unreachable.code(&text()).await, (400, 131026));
    let allowed = stage(Plan { customers: customers("allowed"), ..easy() }).await;
    assert_eq!(allowed.code(&with(text(), json!({"to": "+254700000009"}))).await, (400, 131030));
    assert_eq!(allowed.code(&text()).await, (200, 0));
    assert_eq!(allowed.code(&of_type("image", json!({"id": "12"}))).await, (400, 131053));

    let limits = Limits { throughput: 1, pair: true, ..Limits::none() };
    let slow = stage(Plan { limits, ..easy() }).await;
    let mut codes = Vec::new();
    for n in 0..4 {
        codes.push(slow.code(&with(text(), json!({"to": format!("+25470000{n:04}")}))).await);
    }
    assert_eq!(codes, [(200, 0), (200, 0), (400, 130429), (400, 130429)]);
    let limits = Limits { tier: 1, templates: false, ..Limits::none() };
    let small = stage(Plan { limits, ..easy() }).await;
    assert_eq!(small.code(&template("a", &[])).await, (200, 0));
    assert_eq!(small.code(&with(template("a", &[]), json!({"to": "+254700000009"}))).await, (400, 131048));
    let pair = stage(easy()).await;
    let mut last = (0, 0);
    for _ in 0..46 {
        last = pair.code(&text()).await;
    }
    assert_eq!(last, (400, 131056));
}
