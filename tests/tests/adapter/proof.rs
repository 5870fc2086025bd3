//! How a shop's system can sign what it posts: vectors that were made outside of this code, and what proves nothing; and two
//! secrets while one is being changed.

use std::path::Path;

use duka_runtime::adapter::rest::Backend;
use duka_runtime::config::Keyring;

use crate::mapped::shop;

const BODY: &str = r#"{"id":"7","status":"shipped"}"#;
const NOW_MS: i64 = 1_795_251_900_000;

const OVER_TIME: &str = r#"{ hmac_sha256: { header: X-Signature, secret: "env:NEW", old_secret: "env:OLD", between: ",", prefix: "v1=", time: "t=", signed: "{time}.{body}" } }"#;
const NEW: &str = "48ec52f4706261d198fabc486a343f381f34877dbb6fe3b10aa671773f363b4a";
const OLD: &str = "623c18e4d46493dd605b48a9d5c67811c0a8c52953adf7e536bee011af12e8a8";

fn mapping(proof: &str) -> String {
    format!(
        "base: https://api.zuri.example\nrecords: {{}}\noperations: {{}}\nwebhook:\n  proof: {proof}\n  changes: [{{ products: $.sku }}]\n"
    )
}

fn told(proof: &str) -> Vec<String> {
    let (_, _, findings) = shop("KES", "catalog", &mapping(proof));
    findings.into_iter().map(|it| it.message).collect()
}

fn opened(proof: &str, secrets: &[(&str, &str)]) -> Backend {
    let (_, found, findings) = shop("KES", "catalog", &mapping(proof));
    assert!(findings.is_empty(), "{findings:?}");
    let secrets: Vec<(String, String)> = secrets.iter().map(|(name, it)| (name.to_string(), it.to_string())).collect();
    let found = found.into_iter().next().expect("a mapping");
    Backend::open(found.contract, found.mapping, Path::new(""), &Keyring::strict(&secrets)).expect("its secrets")
}

fn proves(backend: &Backend, headers: &[(&str, &str)], body: &str, now_ms: i64) -> bool {
    let header = |name: &str| {
        headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_bytes())
    };
    backend.is_proved(header, body.as_bytes(), now_ms)
}

const SECRETS: [(&str, &str); 2] = [("NEW", "the newest secret"), ("OLD", "the secret before")];

#[test]
fn a_signature_over_time_and_body_counts_for_a_while_and_under_both_secrets() {
    let backend = opened(OVER_TIME, &SECRETS);
    let heard = |header: &str, body: &str, now_ms: i64| proves(&backend, &[("x-signature", header)], body, now_ms);
    for good in [
        format!("t=1795251700,v1={NEW}"),
        format!("t=1795251700,v1={OLD}"),
        format!("v1={OLD}, t=1795251700, v0=00"),
        format!("t=1795251700,v1={},v1={NEW}", "0".repeat(64)),
    ] {
        assert!(heard(&good, BODY, NOW_MS), "{good}");
    }
    for bad in [
        format!("t=1795251701,v1={NEW}"),
        format!("v1={NEW}"),
        format!("t=,v1={NEW}"),
        format!("t=soon,v1={NEW}"),
        format!("t=1795251700,v0={NEW}"),
        format!("t=1795251700,v1={}", &NEW[..32]),
        format!("t=1795251700,v1={NEW}00"),
        format!("t=1795251700;v1={NEW}"),
        "t=1795251700".to_string(),
        "t=1795251700,v1=".to_string(),
        String::new(),
    ] {
        assert!(!heard(&bad, BODY, NOW_MS), "{bad}");
    }
    let good = format!("t=1795251700,v1={NEW}");
    assert!(!heard(&good, r#"{"id":"8","status":"shipped"}"#, NOW_MS), "another body");
    assert!(!heard(&good, BODY, NOW_MS + 300_000) && !heard(&good, BODY, NOW_MS - 600_000), "long ago, or not yet");
    assert!(!proves(&backend, &[("x-other", &good)], BODY, NOW_MS), "another header");

    let alone = opened(&OVER_TIME.replace(" old_secret: \"env:OLD\",", ""), &SECRETS);
    let old = format!("t=1795251700,v1={OLD}");
    assert!(!proves(&alone, &[("x-signature", &old)], BODY, NOW_MS), "the change is over");
}

/// The example of the Standard Webhooks themselves.
#[test]
fn the_standard_webhooks_are_a_mapping() {
    let proof = r#"{ hmac_sha256: { header: webhook-signature, secret: "env:NEW", key: base64, as: base64, between: " ", prefix: "v1,", id: webhook-id, time: webhook-timestamp, signed: "{id}.{time}.{body}" } }"#;
    let backend = opened(proof, &[("NEW", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]);
    let (id, time) = (("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"), ("webhook-timestamp", "1614265330"));
    let mark = "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    let (good, two) = (format!("v1,{mark}"), format!("v1a,AAAA v1,AAAA v1,{mark}"));
    let (body, now_ms) = (r#"{"test": 2432232314}"#, 1_614_265_340_000);
    for good in [&good, &two] {
        assert!(proves(&backend, &[id, time, ("webhook-signature", good)], body, now_ms), "{good}");
    }
    for headers in [
        &[id, time, ("webhook-signature", mark)][..],
        &[id, ("webhook-signature", good.as_str())],
        &[time, ("webhook-signature", good.as_str())],
        &[("webhook-id", "msg_other"), time, ("webhook-signature", good.as_str())],
        &[id, ("webhook-timestamp", "1614265331"), ("webhook-signature", good.as_str())],
        &[id, time],
    ] {
        assert!(!proves(&backend, headers, body, now_ms), "{headers:?}");
    }
}

#[test]
fn a_longer_hash_and_a_token_that_is_being_changed_prove_as_well() {
    let proof = r#"{ hmac_sha512: { header: X-Mark, secret: "env:NEW", old_secret: "env:OLD", as: base64 } }"#;
    let backend = opened(proof, &SECRETS);
    for good in [
        "lAUfaYQCoa4zzVZoFcy27P7sR5XxzTamzvDLfkMqig2v7uER3UHa5kVLLYR7vuEZ/bROylO3zUPECX9E5fJFSQ==",
        "Ks2GjwGLmF/IPkEh35LULxOQDWCDV5qWhzz5zv7BSa2Qr45lJymREM5Q3zYtx26tA+p5dUXnFX33uPAKgQf20A==",
    ] {
        assert!(proves(&backend, &[("x-mark", good)], BODY, NOW_MS));
        assert!(!proves(&backend, &[("x-mark", good)], "{}", NOW_MS));
        assert!(!proves(&backend, &[("x-mark", &good[1..])], BODY, NOW_MS));
    }
    let token = r#"{ header: { name: X-Token, value: "env:NEW", old_value: "env:OLD" } }"#;
    let backend = opened(token, &SECRETS);
    for (given, good) in [("the newest secret", true), ("the secret before", true), ("the secret", false), ("", false)]
    {
        assert_eq!(proves(&backend, &[("x-token", given)], BODY, NOW_MS), good, "{given}");
    }
}

#[test]
fn what_is_said_of_a_proof_has_to_prove_something() {
    let with = |from: &str, to: &str| told(&OVER_TIME.replace(from, to));
    assert_eq!(told(OVER_TIME), Vec::<String>::new());
    assert_eq!(with(" time: \"t=\",", ""), ["`signed` has `{time}`, and nothing says which header it is in."]);
    assert_eq!(
        with(", signed: \"{time}.{body}\"", ""),
        ["`time` proves nothing here: whoever sends a body once more can write another."]
    );
    let wrong = with("{time}.{body}", "{time}.{text}");
    assert!(wrong.len() == 1 && wrong[0].contains("is not what is signed"), "{wrong:?}");
    let wrong = with("{time}.{body}", "{time}");
    assert!(wrong.len() == 1 && wrong[0].contains("is not what is signed"), "{wrong:?}");

    let proof = OVER_TIME.replace("between:", "key: base64, between:");
    let (_, found, _) = shop("KES", "catalog", &mapping(&proof));
    let found = found.into_iter().next().expect("a mapping");
    let secrets = Vec::from(SECRETS.map(|(name, it)| (name.to_string(), it.to_string())));
    let opened = Backend::open(found.contract, found.mapping, Path::new(""), &Keyring::strict(&secrets));
    let message = opened.err().map(|mistake| mistake.message).unwrap_or_default();
    assert_eq!(message, "the secret of `webhook.proof` is not written in Base64");
}
