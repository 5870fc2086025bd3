//! What must not be believed, and what must not spoil the rest.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use duka_engine::event::{Inbound, ReplyId};
use duka_runtime::channel::whatsapp::decode::Meaning;
use duka_runtime::channel::whatsapp::keys::ShopKeys;
use duka_runtime::channel::whatsapp::reply_id::{self, FormToken};
use duka_runtime::channel::whatsapp::split::{split, text};
use duka_runtime::channel::whatsapp::verify::{AppSecrets, Handshake, HandshakeAnswer, SecretError};
use duka_runtime::id::ConversationId;
use proptest::prelude::*;
use secrecy::SecretString;

use crate::{json, keys, reader, webhooks};

fn secrets(all: &[&str]) -> AppSecrets {
    let all: Vec<SecretString> = all.iter().map(|secret| SecretString::from(*secret)).collect();
    AppSecrets::new(&all).expect("secrets that are none empty")
}

#[test]
fn signatures_are_taken_as_the_vectors_say() {
    let vectors = json("signature_vectors.json");
    let vectors = vectors["vectors"].as_array().expect("a list").clone();
    assert!(vectors.len() >= 8);
    for vector in vectors {
        let word = |key: &str| vector[key].as_str().expect("a text");
        let body = STANDARD.decode(word("raw_body_base64")).expect("base64");
        let (header, secret) = (word("x_hub_signature_256").as_bytes(), word("app_secret"));
        let valid = vector["valid"] == true;
        let name = &vector["name"];
        assert_eq!(secrets(&[secret]).signer(Some(header), &body).is_some(), valid, "{name}");
        assert_eq!(secrets(&["new", secret]).signer(Some(header), &body), valid.then_some(1), "{name}, while rotating");
        assert_eq!(secrets(&["other"]).signer(Some(header), &body), None, "{name}, by a stranger");
        let mut longer = body.clone();
        longer.push(b' ');
        assert_eq!(secrets(&[secret]).signer(Some(header), &longer), None, "{name}, a byte more");
    }
    assert_eq!(secrets(&["x"]).signer(None, b""), None);
    assert_eq!(AppSecrets::new(&[SecretString::from("")]).expect_err("anybody could sign with it"), SecretError::Empty);
    assert_eq!(AppSecrets::new(&[]).expect_err("anybody could sign with it"), SecretError::None);
}

#[test]
fn a_handshake_is_answered_only_to_who_knows_the_token() {
    let token = SecretString::from("right");
    let ask = |mode, token, challenge| Handshake { mode, token, challenge };
    for (asked, answer) in [
        (ask(Some("subscribe"), Some("right"), Some("1158201444")), HandshakeAnswer::Challenge("1158201444")),
        (ask(Some("subscribe"), Some("wrong"), Some("1")), HandshakeAnswer::Refused),
        (ask(Some("unsubscribe"), Some("right"), Some("1")), HandshakeAnswer::Refused),
        (ask(Some("subscribe"), Some("right"), None), HandshakeAnswer::Incomplete),
        (ask(None, None, None), HandshakeAnswer::Incomplete),
    ] {
        assert_eq!(asked.answer(&token), answer);
    }
    let long = "9".repeat(300);
    assert_eq!(ask(Some("subscribe"), Some("right"), Some(&long)).answer(&token), HandshakeAnswer::Refused);
    assert_eq!(ask(Some("subscribe"), Some(""), Some("1")).answer(&SecretString::from("")), HandshakeAnswer::Refused);
}

fn batch(messages: &[&str]) -> String {
    let all = messages.join(",");
    format!(
        r#"{{"object":"whatsapp_business_account","entry":[{{"id":"1","changes":[{{"field":"messages","value":{{"metadata":{{"phone_number_id":"7"}},"messages":[{all}]}}}}]}}]}}"#
    )
}

fn message(id: &str, part: &str) -> String {
    format!(r#"{{"from":"16505550123","id":"{id}","timestamp":"1791000000",{part}}}"#)
}

fn meanings(body: &str) -> Vec<Meaning> {
    let keys = keys();
    let elements = split(body).expect("a webhook");
    elements.iter().map(|element| reader(&keys).decode(element).meaning).collect()
}

fn inbound(meaning: &Meaning) -> Option<&Inbound> {
    match meaning {
        Meaning::Act(act) => Some(&act.inbound),
        _ => None,
    }
}

#[test]
fn one_bad_element_spoils_no_other() {
    let good = message("a", r#""type":"text","text":{"body":"good"}"#);
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    for (part, expected) in [
        (
            r#""type":"text","text":{"body":"half \ud800 character"}"#,
            Some(Inbound::Text("half \u{fffd} character".into())),
        ),
        (r#""type":"text","text":{"body":"nul\u0000 bell\u0007"}"#, Some(Inbound::Text("nul bell".into()))),
        (
            r#""type":"location","location":{"latitude":1e999,"longitude":2}"#,
            Some(Inbound::Other { kind: "location".into() }),
        ),
        (r#""type":"text","text":{"body":"odd"},"more":1e999"#, Some(Inbound::Text("odd".into()))),
        (r#""type":"text","text":{"body":5}"#, Some(Inbound::Text("5".into()))),
        (r#""type":"text","text":"no object""#, None),
        (r#""type":"hologram","hologram":{"x":1}"#, Some(Inbound::Other { kind: "hologram".into() })),
        (r#""type":"text""#, Some(Inbound::Other { kind: "text".into() })),
        (r#""type":"text","text":{"body":"  "}"#, Some(Inbound::Other { kind: "text".into() })),
        (
            r#""type":"order","order":{"product_items":[{"product_retailer_id":"A","quantity":"2"},{"product_retailer_id":"B","quantity":-1}]}"#,
            Some(Inbound::Cart { items: vec![duka_engine::event::CartItem { sku: "A".into(), quantity: 2 }] }),
        ),
        (
            r#""type":"interactive","interactive":{"type":"nfm_reply","nfm_reply":{"name":"flow","response_json":"{not json"}}"#,
            Some(Inbound::Other { kind: "nfm_reply".into() }),
        ),
        (&format!(r#""type":"text","text":{{"body":"deep"}},"odd":{deep}"#), Some(Inbound::Text("deep".into()))),
    ] {
        let found = meanings(&batch(&[&good, &message("b", part), &good]));
        let part = part.get(..60).unwrap_or(part);
        assert_eq!(found.len(), 3, "{part}");
        assert_eq!(inbound(&found[0]), Some(&Inbound::Text("good".into())), "{part}");
        assert_eq!(inbound(&found[2]), Some(&Inbound::Text("good".into())), "{part}");
        match expected {
            Some(expected) => assert_eq!(inbound(&found[1]), Some(&expected), "{part}"),
            None => assert!(matches!(found[1], Meaning::Unreadable { .. }), "{part}: {:?}", found[1]),
        }
    }
    let broken = r#"{"object":"whatsapp_business_account","entry":[5,{"id":"1","changes":[7,{"field":"messages","value":{"messages":9,"statuses":[{}]}}]}]}"#;
    let found = meanings(broken);
    assert!(found.iter().all(|it| matches!(it, Meaning::Unreadable { .. })), "{found:?}");
    assert_eq!(found.len(), 4);
    for none in ["", "null", "[]", "{}", r#"{"object":"page","entry":[]}"#, "{\"object\":"] {
        assert!(split(none).is_err(), "{none}");
    }
}

#[test]
fn a_message_without_a_phone_or_with_somebody_elses_contact_is_nobody_elses() {
    let of = |contacts: &str, from: &str| {
        let body = format!(
            r#"{{"object":"whatsapp_business_account","entry":[{{"changes":[{{"field":"messages","value":{{"contacts":{contacts},"messages":[{{{from},"id":"m","type":"text","text":{{"body":"x"}}}}]}}}}]}}]}}"#
        );
        match meanings(&body).remove(0) {
            Meaning::Act(act) => act.who.iter().map(|it| it.value.to_string()).collect::<Vec<_>>().join(" "),
            other => format!("{other:?}"),
        }
    };
    let dana = r#"{"wa_id":"111111","user_id":"US.1"}"#;
    let both = format!(r#"[{{"wa_id":"222222","user_id":"US.2"}},{dana}]"#);
    let dana = format!("[{dana}]");
    for (contacts, from, who) in [
        (dana.as_str(), r#""from":"111111""#, "US.1 111111"),
        (&dana, r#""from_user_id":"US.1""#, "US.1 111111"),
        (&dana, r#""from":"999999""#, "999999"),
        (&dana, r#""from":"111111","from_user_id":"US.9""#, "US.9 111111"),
        (&both, r#""from":"222222""#, "US.2 222222"),
        (&both, r#""from":"999999""#, "999999"),
        ("[]", r#""from":"+111111""#, "111111"),
        ("[5]", r#""from":"111111""#, "111111"),
        (&both, r#""from":"""#, r#"Unreadable { why: "message without sender" }"#),
    ] {
        assert_eq!(of(contacts, from), who, "{contacts} {from}");
    }
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z_.]{0,20}", "\\PC{0,12}", any::<String>()]
}

proptest! {
    #[test]
    fn a_choice_comes_back_as_it_left_or_is_too_long(
        flow in name(), state in name(), choice in name(), item in proptest::option::of(name()), revision: u32, epoch: u32,
    ) {
        let id = ReplyId {
            flow: flow.into(), state: state.into(), choice: choice.into(), item: item.map(Into::into), revision, epoch,
        };
        let keys = keys();
        if let Some(wire) = reply_id::encode(&id, &keys) {
            prop_assert!(wire.len() <= 200 && wire.trim() == wire);
            prop_assert_eq!(reply_id::decode(&wire, &keys), Some(id.clone()));
            let other = ShopKeys::new(&vec![9; 16].into()).expect("long enough");
            prop_assert_eq!(reply_id::decode(&wire, &other), None);
            let forged = wire.replacen(char::is_alphanumeric, "X", 1);
            prop_assert_eq!(reply_id::decode(&forged, &keys), None);
        } else {
            let length = id.flow.len() + id.state.len() + id.choice.len() + id.item.map_or(0, |item| item.len());
            prop_assert!(length > 50, "{} bytes are not too long", length);
        }
    }

    #[test]
    fn a_form_comes_back_as_it_left(form in name()) {
        let keys = keys();
        let id = ReplyId {
            flow: "std.address".into(), state: "new".into(), choice: form.into(), item: None, revision: 7, epoch: 3,
        };
        let sent = FormToken { conversation: ConversationId(42), id };
        let token = reply_id::form_token(&sent, &keys);
        prop_assert_eq!(reply_id::form_of(&token, &keys), Some(sent));
        prop_assert_eq!(reply_id::form_of(&token.replacen("/2a/", "/2b/", 1), &keys), None, "another conversation");
        prop_assert_eq!(reply_id::decode(&token, &keys), None, "a form is no choice");
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(body in proptest::collection::vec(any::<u8>(), 0..400)) {
        let body = text(&body);
        if let Ok(elements) = split(&body) {
            let keys = keys();
            elements.iter().for_each(|element| drop(reader(&keys).decode(element)));
        }
    }

    #[test]
    fn spoiled_webhooks_are_read_without_a_panic(
        at in any::<prop::sample::Index>(), cuts in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
    ) {
        let all = webhooks();
        let (_, body) = at.get(&all);
        let mut bytes = body.clone().into_bytes();
        for (place, byte) in cuts {
            let place = place.index(bytes.len());
            match byte % 4 {
                0 => bytes[place] = byte,
                1 => drop(bytes.remove(place)),
                2 => bytes.insert(place, b"\"{}[]:,\\0e9-"[usize::from(byte) % 12]),
                _ => bytes[place] = b"\"{}[]:,\\0e9-"[usize::from(byte) % 12],
            }
        }
        let body = text(&bytes);
        if let Ok(elements) = split(&body) {
            let keys = keys();
            for element in &elements {
                let first = reader(&keys).decode(element);
                prop_assert_eq!(reader(&keys).decode(element), first, "decoding is deterministic");
            }
        }
    }
}
