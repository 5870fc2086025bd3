//! WhatsApp Flows: the encryption of their endpoint, what it answers, and the description that a form becomes.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use duka_engine::event::ReplyId;
use duka_engine::forms::{Described, Words};
use duka_engine::hir::{FlowId, FormId};
use duka_engine::outbound::FormField;
use duka_runtime::channel::whatsapp::flows::crypto::{Envelope, FlowsKey, KeyError, KeyPair};
use duka_runtime::channel::whatsapp::flows::endpoint::{Action, Asked, Next, Request, Response, ask};
use duka_runtime::channel::whatsapp::flows::json::{Shape, cut, data};
use duka_runtime::channel::whatsapp::reply_id::{FormToken, form_token};
use duka_runtime::channel::whatsapp::verify::AppSecrets;
use duka_runtime::id::ConversationId;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::SecretString;
use serde_json::{Map, Value, json};
use sha2::Sha256;

use crate::asker::Asker;
use crate::{json as fixture, keys};

const SECRET: &str = "the app's secret";

#[test]
fn payloads_are_sealed_as_the_vectors_say() {
    for vector in fixture("flows_crypto_vectors.json")["vectors"].as_array().expect("a list") {
        let word = |key: &str| vector[key].as_str().expect("a text");
        let key = hex::decode(word("aes_key_hex")).expect("hex").try_into().expect("16 bytes");
        let nonce = STANDARD.decode(word("initial_vector_base64")).expect("base64").try_into().expect("16 bytes");
        let envelope = Envelope::new(key, nonce);
        let data = STANDARD.decode(word("encrypted_flow_data_base64")).expect("base64");
        assert_eq!(envelope.open(&data).expect("it opens"), word("request_plaintext").as_bytes());
        let answer = envelope.seal(word("response_plaintext").as_bytes()).expect("it can be sealed");
        assert_eq!(answer, word("response_body_base64"));
        for at in 0..data.len() {
            let mut spoiled = data.clone();
            spoiled[at] ^= 1;
            assert!(envelope.open(&spoiled).is_err(), "byte {at} changed");
        }
    }
}

impl Asker {
    fn ask(&self, payload: &Value, next: Next) -> (u16, Value, Option<Action>) {
        let key = FlowsKey::from_pem(&self.pair.private).expect("our own key");
        let mut asked = None;
        let body = self.body(payload);
        let response = post(&body, Some(&signature(&body)), &[key], |action| {
            asked = Some(action);
            next
        });
        (response.status, self.read(&response.body), asked)
    }
}

fn signature(body: &[u8]) -> String {
    let mac: Hmac<Sha256> = Hmac::new_from_slice(SECRET.as_bytes()).expect("any length");
    format!("sha256={}", hex::encode(mac.chain_update(body).finalize().into_bytes()))
}

fn post(body: &[u8], signature: Option<&str>, keys: &[FlowsKey], decide: impl FnOnce(Action) -> Next) -> Response {
    let secrets = AppSecrets::new(&[SecretString::from(SECRET)]).expect("a secret");
    let request = Request { signature: signature.map(str::as_bytes), body };
    match ask(request, &secrets, keys, &crate::keys()) {
        Asked::Answered(response) => response,
        Asked::Open(question) => {
            assert_eq!(question.exchange.form, of_delivery());
            let next = decide(question.exchange.action);
            question.answer(next)
        }
    }
}

fn of_delivery() -> FormToken {
    let (flow, state, choice) = ("shop".into(), "address".into(), "delivery".into());
    FormToken {
        conversation: ConversationId(42),
        id: ReplyId { flow, state, choice, item: None, revision: 7, epoch: 3 },
    }
}

fn map(value: Value) -> Map<String, Value> {
    value.as_object().expect("an object").clone()
}

#[test]
fn the_endpoint_answers_what_flows_ask() {
    let asker = Asker::new();
    let token = form_token(&of_delivery(), &keys());
    let over = || Next::Over { why: "Already ordered".into() };
    let ask = |action: &str| json!({ "version": "3.0", "action": action, "screen": "FORM", "data": { "pin": "1" }, "flow_token": token });
    let screen = || Next::Screen { screen: "CONFIRM".into(), data: map(json!({ "total": "67.30" })), error: None };
    assert_eq!(
        asker.ask(&json!({ "version": "3.0", "action": "ping" }), over()),
        (200, json!({ "data": { "status": "active" } }), None)
    );
    let shown = json!({ "screen": "CONFIRM", "data": { "total": "67.30" } });
    assert_eq!(asker.ask(&ask("INIT"), screen()), (200, shown.clone(), Some(Action::Begin)));
    assert_eq!(asker.ask(&ask("BACK"), screen()), (200, shown, Some(Action::Back)));
    let wrong = Next::Screen { screen: "FORM".into(), data: Map::new(), error: Some("No such town".into()) };
    let told = json!({ "screen": "FORM", "data": { "error_message": "No such town" } });
    assert_eq!(asker.ask(&ask("data_exchange"), wrong), (200, told, Some(Action::Submit)));
    let done = json!({ "screen": "SUCCESS", "data": { "extension_message_response": { "params": { "order": "991", "flow_token": token } } } });
    let answers = map(json!({ "order": "991" }));
    assert_eq!(asker.ask(&ask("data_exchange"), Next::Done { answers }), (200, done, Some(Action::Submit)));
    assert_eq!(asker.ask(&ask("INIT"), over()), (427, json!({ "error_msg": "Already ordered" }), Some(Action::Begin)));
    let mut forged = ask("INIT");
    forged["flow_token"] = "f2/2a/shop/address/delivery/7/3/AAAAAAAAAAA".into();
    assert_eq!(asker.ask(&forged, screen()).0, 427);
    let error = json!({ "version": "3.0", "action": "data_exchange", "flow_token": token, "data": { "error": "x", "error_message": "y" } });
    assert_eq!(asker.ask(&error, over()), (200, json!({ "data": { "acknowledged": true } }), None));
}

#[test]
fn a_stranger_and_a_stale_key_are_told_apart() {
    let (asker, other) = (Asker::new(), Asker::new());
    let key = |pair: &KeyPair| FlowsKey::from_pem(&pair.private).expect("a key");
    let body = asker.body(&json!({ "action": "ping" }));
    let signed = signature(&body);
    let over = |_| Next::Over { why: String::new() };
    assert_eq!(post(&body, Some(&signed), &[key(&asker.pair)], over).status, 200);
    assert_eq!(
        post(&body, Some(&signed), &[key(&other.pair), key(&asker.pair)], over).status,
        200,
        "while the key changes"
    );
    assert_eq!(post(&body, Some(&signed), &[key(&other.pair)], over).status, 421);
    assert_eq!(post(&body, None, &[key(&asker.pair)], over).status, 432);
    assert_eq!(post(&body, Some(&signature(b"other")), &[key(&asker.pair)], over).status, 432);
    for odd in
        [&b""[..], b"{}", b"null", br#"{"encrypted_flow_data":"","encrypted_aes_key":"AA","initial_vector":"AA=="}"#]
    {
        assert_eq!(post(odd, Some(&signature(odd)), &[key(&asker.pair)], over).status, 421);
    }
}

#[test]
fn keys_that_cannot_be_used_are_refused_with_a_way_out() {
    let read = |text: &str| FlowsKey::from_pem(&SecretString::from(text)).map(drop);
    assert_eq!(
        read("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----"),
        Err(KeyError::Locked)
    );
    assert_eq!(read("-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----"), Err(KeyError::OldForm));
    for text in ["", "AAAA", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"] {
        assert_eq!(read(text), Err(KeyError::NoKey));
    }
}

fn field(name: &str, kind: &str, label: &str, optional: bool, options: &[&str]) -> FormField {
    FormField {
        name: name.into(),
        kind: kind.into(),
        label: label.into(),
        optional,
        options: options.iter().map(|option| (*option).into()).collect(),
    }
}

/// A form with these fields in English, and labels of its own in Swahili.
fn form(fields: &[FormField], swahili: &[&str]) -> Described {
    let words = |language: &str, labels: Vec<String>| Words {
        language: language.into(),
        title: "Delivery details".into(),
        submit: "Save".into(),
        labels,
    };
    let english = fields.iter().map(|field| field.label.clone()).collect();
    Described {
        flow: FlowId(0),
        id: FormId(0),
        path: "shop".into(),
        name: "delivery_details".into(),
        fields: fields.to_vec(),
        words: vec![words("en", english), words("sw", swahili.iter().map(|text| (*text).to_string()).collect())],
    }
}

#[test]
fn a_form_becomes_a_flow_that_every_language_shares() {
    let fields = [
        field("name", "text", "Your name", false, &[]),
        field("town", "town", "Town", false, &["Kilimani", "Thika"]),
        field("when", "date", "Day", true, &[]),
        field("gift", "yes_no", "A gift?", true, &[]),
    ];
    let long = ["Jina lako kama lilivyo kwenye kitambulisho", "Mji", "Siku", "Zawadi?"];
    let shape = Shape::of(&form(&fields, &long), false).expect("it can be shown");
    let written = shape.flow();
    let children = written["screens"][0]["layout"]["children"].as_array().expect("a list");
    let kinds: Vec<&str> = children.iter().filter_map(|child| child["type"].as_str()).collect();
    assert_eq!(kinds, ["TextHeading", "TextBody", "TextInput", "Dropdown", "DatePicker", "Dropdown", "Footer"]);
    assert_eq!(written["screens"][0]["title"], "Delivery details");
    let action = &children.last().expect("a footer")["on-click-action"];
    let answers =
        json!({ "name": "${form.name}", "town": "${form.town}", "when": "${form.when}", "gift": "${form.gift}" });
    assert_eq!(action, &json!({ "name": "complete", "payload": answers }));
    let brought = data(&shape, ("Where to?", "Save"), &fields, "sw");
    let declared = written["screens"][0]["data"].as_object().expect("an object");
    let brought = brought.as_object().expect("an object");
    assert!(declared.keys().eq(brought.keys()), "what is declared is what comes");
    assert_eq!(
        brought["options_town"],
        json!([{ "id": "Kilimani", "title": "Kilimani" }, { "id": "Thika", "title": "Thika" }])
    );
    assert_eq!(brought["label_name"], "Jibu lako", "what stands above a field is not said once more below it");
    assert_eq!(brought["options_gift"], json!([{ "id": "yes", "title": "Ndiyo" }, { "id": "no", "title": "Hapana" }]));

    let short = ["Jina lako", "Mji", "Siku", "Zawadi?"];
    let reworded = Shape::of(&form(&fields, &short), false).expect("it can be shown");
    assert_ne!(shape.name(), reworded.name(), "a label that fits needs no text above it");
    assert!(shape.shows("delivery_details", &fields), "words are not what a published form is known by");
    assert!(!shape.shows("delivery_details", &fields[..3]) && !shape.shows("other", &fields));
}

#[test]
fn a_form_that_asks_the_server_says_so() {
    let fields = [field("name", "text", "Your name", false, &[])];
    let written = Shape::of(&form(&fields, &["Jina"]), true).expect("it can be shown").flow();
    assert_eq!((&written["data_api_version"], &written["routing_model"]), (&json!("3.0"), &json!({ "FORM": [] })));
    assert_eq!(written["screens"][0]["layout"]["children"][2]["on-click-action"]["name"], "data_exchange");
}

#[test]
fn what_no_flow_shows_is_asked_field_by_field_and_said() {
    let fields = [
        field("photo", "image", "Photo", false, &[]),
        field("place", "other", "Where", false, &[]),
        field("flow_token", "text", "Token", false, &[]),
    ];
    let labels = ["Picha", "Wapi", "Tokeni"];
    let mut strange = form(&fields, &labels);
    assert_eq!(
        Shape::of(&strange, false).expect_err("it can not be shown"),
        [
            "`photo` asks for a file, which a form at WhatsApp does not take",
            "`place` asks for something that can not be typed",
            "WhatsApp keeps the name `flow_token` for itself",
        ]
    );
    strange.fields.clear();
    strange.words[1].title = "Maelezo 🚚".into();
    let why = Shape::of(&strange, false).expect_err("no emoji on a button");
    assert_eq!(why, ["the title `Maelezo 🚚` has an emoji, which WhatsApp refuses on a button"]);
    strange.words[1].title = "Maelezo ya mahali pa kuleta".into();
    assert_eq!(cut(&strange), ["the title `Maelezo ya mahali pa kuleta` (sw) is cut after 20 letters"]);
    let many: Vec<FormField> = (0..49).map(|n| field(&format!("f{n}"), "text", "More", false, &[])).collect();
    let labels = vec!["Zaidi"; many.len()];
    let why = Shape::of(&form(&many, &labels), false).expect_err("too many");
    assert_eq!(why, ["it has too many fields: one screen takes 50 parts"]);
}
