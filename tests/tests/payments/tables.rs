//! Two tables that people read, kept true by these tests: who proves its callbacks how often, good and bad, and which test shows each
//! fault of shops' systems, money and parcels. `UPDATE=1` writes the first; the second is written by hand and looked up.

use std::fmt::Write;
use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use duka_dsl::FileId;
use duka_dsl::yaml::{tree, typed};
use duka_runtime::adapter::mapping::{Encoding, Mapping, Proof, shipped};
use duka_runtime::adapter::rest::Backend;
use duka_runtime::config::Keyring;
use duka_tests::tree::root;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::vectors;

const SECRET: &str = "what the backend signs with";
const BODY: &str = r#"{"id":"7","status":"shipped"}"#;

/// The backends that come with Duka or stand among its examples.
fn backends() -> Vec<(String, String)> {
    let carriers = ["aftership", "easypost", "shiprocket"].map(|name| {
        let path = root().join(format!("examples/carriers/{name}.rest.yaml"));
        (name.to_string(), fs::read_to_string(path).expect("a mapping"))
    });
    let own = shipped::kinds().map(|kind| (kind.to_string(), shipped::text(kind).expect("a mapping").to_string()));
    own.chain(carriers).collect()
}

fn opened(text: &str) -> (Mapping, Backend) {
    let settings = [("base", "https://shop.example"), ("region", "reg_1"), ("email", "orders@shop.example")];
    let settings = settings.into_iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
    let text = shipped::settled(text, &settings).expect("all settings");
    let (tree, wrong) = tree::parse(FileId(0), &text);
    assert!(wrong.is_empty(), "{wrong:?}");
    let mapping: Mapping = typed::from_node(&tree.root.expect("a mapping")).expect("a sound mapping");
    let names = text.split("env:").skip(1).map(|part| {
        let end = part.find(|letter: char| !letter.is_ascii_uppercase() && letter != '_').unwrap_or(part.len());
        (part[..end].to_string(), SECRET.to_string())
    });
    let variables: Vec<(String, String)> = names.collect();
    let place = root().join("examples/carriers/x.rest.yaml");
    let backend = Backend::open("orders".into(), mapping.clone().into(), &place, &Keyring::strict(&variables))
        .expect("all secrets");
    (mapping, backend)
}

/// Tries a backend's own proof, and every way in which it can be wrong. Returns how many good and bad ones there were.
fn tried(name: &str, text: &str) -> (usize, usize) {
    let (mapping, backend) = opened(text);
    let proof = mapping.webhook.expect("it tells of orders or parcels").proof;
    let mark = |secret: &str, body: &str| match &proof {
        Proof::Header(_) => secret.to_string(),
        Proof::HmacSha512(_) => String::new(),
        Proof::HmacSha256(signature) => {
            let mac: Hmac<Sha256> = Hmac::new_from_slice(secret.as_bytes()).expect("any key");
            let bytes = mac.chain_update(body).finalize().into_bytes();
            let written = match signature.encoding {
                Encoding::Hex => hex::encode(bytes),
                Encoding::Base64 => STANDARD.encode(bytes),
            };
            format!("{}{written}", signature.prefix)
        }
    };
    let header = match &proof {
        Proof::Header(named) => named.name.clone(),
        Proof::HmacSha256(signature) | Proof::HmacSha512(signature) => signature.header.clone(),
    };
    let proves = |given: &str, mark: &str, body: &str| {
        backend.is_proved(|name| name.eq_ignore_ascii_case(given).then_some(mark.as_bytes()), body.as_bytes(), 0)
    };
    let good = mark(SECRET, BODY);
    assert!(proves(&header, &good, BODY), "{name}");
    let half = &good[..good.len() / 2];
    let mut wrong = vec![
        (header.as_str(), mark("another secret", BODY), BODY),
        (header.as_str(), half.to_string(), BODY),
        (header.as_str(), String::new(), BODY),
        (header.as_str(), format!("{good}0"), BODY),
        ("x-other", good.clone(), BODY),
    ];
    if matches!(proof, Proof::HmacSha256(_)) {
        wrong.push((header.as_str(), good.clone(), r#"{"id":"8","status":"shipped"}"#));
        wrong.push((header.as_str(), good.clone(), ""));
    }
    for (header, mark, body) in &wrong {
        assert!(!proves(header, mark, body), "{name}: {header} {mark} {body}");
    }
    (1, wrong.len())
}

#[test]
fn everybody_who_proves_a_callback_is_in_the_table() {
    let mut page = String::from(
        "# Who proves a callback\n\nVectors that must be heard, and vectors that must prove nothing: a letter changed in the body, \
         the mark or the header's name, another secret, too old. Those of payment providers were made outside of this code by the \
         formula that each documents; `mpesa` signs nothing, and is asked. Written and checked by \
         `cargo test -p duka-tests --test payments tables`.\n\n| who | good | bad |\n|---|---|---|\n",
    );
    let (mut good, mut bad) = (0, 0);
    let all = vectors::tried().into_iter().map(|(name, count)| (name.to_string(), count));
    let all = all.chain(backends().into_iter().map(|(name, text)| {
        let count = tried(&name, &text);
        (name, count)
    }));
    for (name, (right, wrong)) in all {
        let _ = writeln!(page, "| {name} | {right} | {wrong} |");
        good += right;
        bad += wrong;
    }
    let _ = writeln!(page, "| all | {good} | {bad} |");
    let path = root().join("tests/corpus/signatures.md");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &page).expect("a writable folder");
    }
    assert_eq!(fs::read_to_string(&path).unwrap_or_default(), page, "`UPDATE=1` writes it");
}

#[test]
fn every_fault_of_shops_money_and_parcels_has_its_test() {
    let page = fs::read_to_string(root().join("tests/corpus/faults.md")).expect("the table is there");
    let rows: Vec<&str> = page.lines().filter(|line| line.starts_with("| F")).collect();
    let numbers: Vec<String> = rows.iter().map(|row| row[2..5].to_string()).collect();
    assert_eq!(numbers, (77..=90).map(|number| format!("F{number}")).collect::<Vec<_>>());
    for row in rows {
        let named: Vec<&str> = row.split('`').skip(1).step_by(2).collect();
        assert!(!named.is_empty(), "{row}");
        for name in named {
            let (file, test) = name.split_once("::").unwrap_or_else(|| panic!("{name}: `folder/file::test`"));
            let text = fs::read_to_string(root().join(format!("tests/tests/{file}.rs")));
            let text = text.unwrap_or_else(|_| panic!("{file} is no file of tests"));
            assert!(text.contains(&format!("fn {test}(")), "{file} has no test `{test}`");
        }
    }
}
