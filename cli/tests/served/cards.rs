//! Card numbers in every spelling of the corpus, written by customers to a server of its own process; then every byte that it has
//! left is looked through: the database with its log of writes, or a dump of it, its own logs, and its figures.

use std::path::PathBuf;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use duka_engine::card;
use duka_runtime::handoff::{SIGNATURE_HEADER, signature};
use secrecy::SecretString;
use serde_json::{Value as Json, json};

use crate::card_corpus::corpus;
use crate::database::database;
use crate::http;
use crate::stage::{SECRET, Stage, boutique, until};
use crate::support::{copy, root};

/// Each as it was written, and its bare digits.
fn spellings(cards: &[String]) -> Vec<Vec<u8>> {
    let digits = |text: &String| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let bare = cards.iter().map(digits).filter(|digits| digits.len() > 12);
    let mut all: Vec<Vec<u8>> = cards.iter().cloned().chain(bare).map(String::into_bytes).collect();
    all.sort();
    all.dedup();
    all
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// Customers write all of the corpus, a few lines each, so that the vendor's pace for one customer holds nothing up.
fn written(stage: &mut Stage, cards: &[String]) {
    for (at, few) in cards.chunks(6).enumerate() {
        let path = format!("/control/customer/25470000{at:04}");
        for text in ["hi"].into_iter().chain(few.iter().map(String::as_str)) {
            let said = json!({ "text": text, "as": { "name": "Amina" } });
            let (_, answer) = http::json("POST", &stage.control, &path, &[], &said);
            assert_eq!(answer["http"], 200, "{answer}");
        }
    }
    stage.rest();
}

fn figures(stage: &Stage) -> Vec<u8> {
    http::ask("GET", &stage.address, "/metrics", &[], "").expect("the server answers").1.into_bytes()
}

/// Looks for every spelling in everything.
fn nowhere(of: &str, cards: &[String], places: &[(String, Vec<u8>)]) {
    let spellings = spellings(cards);
    for (name, bytes) in places {
        let found: Vec<_> =
            spellings.iter().filter(|part| holds(bytes, part)).map(|it| String::from_utf8_lossy(it)).collect();
        assert!(found.is_empty(), "{name}: {found:?}");
    }
    let bytes: usize = places.iter().map(|(_, bytes)| bytes.len()).sum();
    let names: Vec<&str> = places.iter().map(|(name, _)| name.as_str()).collect();
    println!(
        "{of}: {} numbers in {} spellings, {bytes} bytes of {}: nothing found",
        cards.len(),
        spellings.len(),
        names.join(", ")
    );
}

/// All of a number, its figure among the others.
fn is_counted(places: &[(String, Vec<u8>)], cards: usize) {
    let (_, figures) = places.iter().find(|(name, _)| name == "metrics").expect("figures");
    let count = counted(figures);
    assert!(count >= cards as f64, "{count}");
}

/// In how many messages a card number was.
fn counted(figures: &[u8]) -> f64 {
    let text = String::from_utf8_lossy(figures);
    let line = text.lines().find(|line| line.starts_with("duka_card_numbers_total "));
    line.map_or(0.0, |line| line.rsplit(' ').next().and_then(|count| count.parse().ok()).expect("a number"))
}

/// A number in a note under a cart, and one that the shop's people write.
#[test]
fn card_numbers_beside_what_flows_read_and_of_people_are_counted() {
    let secret = "[handoff]\nurl = \"http://ADDRESS/people\"\nsecret = \"env:DUKA_WHATSAPP_APP_SECRET\"\n";
    let mut stage = Stage::begin(boutique, "", None, secret);
    stage.start();
    let does = |what: &Json| {
        let (_, answer) = http::json("POST", &stage.control, "/control/customer/254700000001", &[], what);
        assert_eq!(answer["http"], 200, "{answer}");
    };
    does(&json!({ "text": "hi" }));
    let items = json!([{ "product_retailer_id": "D-101", "quantity": 1, "item_price": 2500, "currency": "KES" }]);
    let note = "4111 1111 1111 1111 12/27";
    does(&json!({ "order": { "catalog_id": "7", "text": note, "product_items": items } }));
    until("the note is counted", || counted(&figures(&stage)) == 1.0);

    let list = || stage.api("GET", "/conversations", &json!({}))["conversations"].clone();
    until("the customer has a conversation", || list()[0]["id"].is_string());
    let id = list()[0]["id"].as_str().expect("an id").to_string();
    stage.api("POST", &format!("/conversations/{id}/handoff/open"), &json!({}));
    let said = json!({ "id": "r1", "conversation": id, "action": "reply", "text": note }).to_string();
    let now_ms = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").as_millis() as i64;
    let mark = signature(&SecretString::from(SECRET), now_ms, said.as_bytes());
    let told = http::ask("POST", &stage.address, "/handoff/shop", &[(SIGNATURE_HEADER, &mark)], &said);
    assert_eq!(told.expect("the server answers").0, 200);
    assert_eq!(counted(&figures(&stage)), 2.0);
}

#[test]
fn card_numbers_are_nowhere_in_what_a_server_on_sqlite_has_left() {
    let cards = corpus(&root(), "cards.txt");
    let mut stage = Stage::begin(|shop| copy("examples/boutique", shop), "", None, "");
    stage.start();
    written(&mut stage, &cards);
    let mut places = stage.left();
    assert!(places.iter().any(|(name, bytes)| name == "duka.db-wal" && !bytes.is_empty()), "the log of writes");
    let placeholder = card::PLACEHOLDER.as_bytes();
    assert!(places.iter().any(|(_, bytes)| holds(bytes, placeholder)), "what was written in their place is there");
    places.push(("metrics".to_string(), figures(&stage)));
    is_counted(&places, cards.len());
    nowhere("SQLite", &cards, &places);
}

/// The newest one of this machine, `pg_dump` say.
pub fn of_postgres(program: &str) -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> =
        versions.map(|version| version.path().join("bin").join(program)).filter(|it| it.is_file()).collect();
    found.sort();
    found.pop().unwrap_or_else(|| program.into())
}

/// The same address without what only our own driver understands.
pub fn for_pg_dump(url: &str) -> String {
    let (place, parameters) = url.split_once('?').unwrap_or((url, ""));
    let known = parameters.split('&').filter(|parameter| !parameter.starts_with("statement-cache-capacity"));
    format!("{place}?{}", known.collect::<Vec<_>>().join("&"))
}

/// A dump writes bytes as `\\x6869`: the same with the bytes themselves.
fn plain(dump: &str) -> Vec<u8> {
    let mut parts = dump.split("\\\\x");
    let mut plain = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let end = part.find(|letter: char| !letter.is_ascii_hexdigit()).unwrap_or(part.len());
        let (bytes, rest) = part.split_at(end);
        let read = bytes
            .as_bytes()
            .chunks_exact(2)
            .filter_map(|two| u8::from_str_radix(std::str::from_utf8(two).ok()?, 16).ok());
        plain.extend(read);
        plain.extend(rest.as_bytes());
    }
    plain
}

#[test]
fn card_numbers_are_nowhere_in_what_a_server_on_postgres_has_left() {
    let cards = corpus(&root(), "cards.txt");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let url = runtime.block_on(database());
    let mut stage = Stage::begin(|shop| copy("examples/boutique", shop), "", Some(&url), "");
    stage.start();
    written(&mut stage, &cards);
    let dump = Command::new(of_postgres("pg_dump"))
        .arg("--dbname")
        .arg(for_pg_dump(&url))
        .output()
        .expect("there is `pg_dump`");
    assert!(dump.status.success(), "{}", String::from_utf8_lossy(&dump.stderr));
    let mut places = stage.left();
    let dump = plain(&String::from_utf8_lossy(&dump.stdout));
    assert!(holds(&dump, card::PLACEHOLDER.as_bytes()), "what was written in their place is there");
    places.push(("dump".to_string(), dump));
    places.push(("metrics".to_string(), figures(&stage)));
    is_counted(&places, cards.len());
    nowhere("PostgreSQL", &cards, &places);
}
