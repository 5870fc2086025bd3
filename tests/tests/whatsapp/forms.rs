//! WhatsApp Flows: the encryption of their endpoint, what it answers, and the description that a form becomes.

use aws_lc_rs::rsa::{OAEP_SHA256_MGF1SHA256, OaepPublicEncryptingKey, PublicEncryptingKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use duka_engine::outbound::FormField;
use duka_runtime::channel::whatsapp::flows::crypto::{Envelope, FlowsKey, KeyError, KeyPair, generate};
use duka_runtime::channel::whatsapp::flows::endpoint::{Action, Next, Request, Response, answer};
use duka_runtime::channel::whatsapp::flows::json::{data, flow, flow_name};
use duka_runtime::channel::whatsapp::reply_id::form_token;
use duka_runtime::channel::whatsapp::verify::AppSecrets;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::SecretString;
use serde_json::{Map, Value, json};
use sha2::Sha256;

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

/// The other side: wraps a payload for a public key, signs it, and opens the answer.
struct Asker {
    pair: KeyPair,
    key: [u8; 16],
    nonce: [u8; 16],
}

impl Asker {
    fn new() -> Asker {
        Asker { pair: generate().expect("a pair"), key: [7; 16], nonce: [9; 16] }
    }

    fn body(&self, payload: &Value) -> Vec<u8> {
        let pem: String = self.pair.public.lines().filter(|line| !line.starts_with('-')).collect();
        let public = PublicEncryptingKey::from_der(&STANDARD.decode(pem).expect("base64")).expect("a public key");
        let public = OaepPublicEncryptingKey::new(public).expect("a public key");
        let mut room = vec![0; public.ciphertext_size()];
        let wrapped = public.encrypt(&OAEP_SHA256_MGF1SHA256, &self.key, &mut room, None).expect("it can be wrapped");
        // An answer's nonce is the request's turned, so a request is sealed with its own turned.
        let sealed = Envelope::new(self.key, self.nonce.map(|byte| !byte)).seal(payload.to_string().as_bytes());
        json!({
            "encrypted_flow_data": sealed.expect("it can be sealed"),
            "encrypted_aes_key": STANDARD.encode(wrapped),
            "initial_vector": STANDARD.encode(self.nonce),
        })
        .to_string()
        .into_bytes()
    }

    fn ask(&self, payload: &Value, next: Next) -> (u16, Value, Option<Action>) {
        let key = FlowsKey::from_pem(&self.pair.private).expect("our own key");
        let mut asked = None;
        let body = self.body(payload);
        let response = post(&body, Some(&signature(&body)), &[key], |action| {
            asked = Some(action);
            next
        });
        let sealed = STANDARD.decode(&response.body).expect("base64");
        let plain = Envelope::new(self.key, self.nonce.map(|byte| !byte)).open(&sealed).expect("the asker can read it");
        (response.status, serde_json::from_slice(&plain).expect("JSON"), asked)
    }
}

fn signature(body: &[u8]) -> String {
    let mac: Hmac<Sha256> = Hmac::new_from_slice(SECRET.as_bytes()).expect("any length");
    format!("sha256={}", hex::encode(mac.chain_update(body).finalize().into_bytes()))
}

fn post(body: &[u8], signature: Option<&str>, keys: &[FlowsKey], decide: impl FnOnce(Action) -> Next) -> Response {
    let secrets = AppSecrets::new(&[SecretString::from(SECRET)]).expect("a secret");
    let request = Request { signature: signature.map(str::as_bytes), body };
    answer(request, &secrets, keys, &crate::keys(), |exchange| {
        assert_eq!(exchange.form, "delivery");
        decide(exchange.action)
    })
}

fn map(value: Value) -> Map<String, Value> {
    value.as_object().expect("an object").clone()
}

#[test]
fn the_endpoint_answers_what_flows_ask() {
    let asker = Asker::new();
    let token = form_token("delivery", &keys());
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
    forged["flow_token"] = "f1/delivery/AAAAAAAAAAA".into();
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

#[test]
fn a_form_becomes_a_flow_that_every_language_shares() {
    let field = |name: &str, kind: &str, label: &str, optional, options: &[&str]| FormField {
        name: name.into(),
        kind: kind.into(),
        label: label.into(),
        optional,
        options: options.iter().map(|option| (*option).into()).collect(),
    };
    let fields = [
        field("name", "text", "Your name", false, &[]),
        field("town", "town", "Town", false, &["Kilimani", "Thika"]),
        field("when", "date", "Day", true, &[]),
        field("gift", "yes_no", "A gift?", true, &[]),
    ];
    let written = flow("delivery_details", &fields);
    let children = written["screens"][0]["layout"]["children"].as_array().expect("a list");
    let kinds: Vec<&str> = children.iter().filter_map(|child| child["type"].as_str()).collect();
    assert_eq!(kinds, ["TextHeading", "TextInput", "Dropdown", "DatePicker", "Dropdown", "Footer"]);
    assert_eq!(written["screens"][0]["title"], "Delivery details");
    let payload = &children.last().expect("a footer")["on-click-action"]["payload"];
    assert_eq!(
        payload,
        &json!({ "name": "${form.name}", "town": "${form.town}", "when": "${form.when}", "gift": "${form.gift}" })
    );
    let brought = data("Where to?", "Save", &fields, "en");
    let declared = written["screens"][0]["data"].as_object().expect("an object");
    let brought = brought.as_object().expect("an object");
    assert!(declared.keys().eq(brought.keys()), "what is declared is what comes");
    assert_eq!(
        brought["options_town"],
        json!([{ "id": "Kilimani", "title": "Kilimani" }, { "id": "Thika", "title": "Thika" }])
    );
    assert_eq!(brought["options_gift"].as_array().map(Vec::len), Some(2));
    let reworded = [field("name", "text", "Jina lako", false, &[])];
    assert_eq!(flow_name("f", &fields[..1]), flow_name("f", &reworded), "wording makes no new Flow");
    assert_ne!(flow_name("f", &fields[..1]), flow_name("f", &fields[..2]));
}
