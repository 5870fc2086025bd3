//! WhatsApp's wire: what every recorded webhook becomes, what leaves for every kind of message, and what is refused.
//! `UPDATE=1` writes what is found; read the difference like code.

#[path = "whatsapp/account.rs"]
mod account;
#[path = "whatsapp/answers.rs"]
mod answers;
#[path = "whatsapp/asker.rs"]
mod asker;
#[path = "whatsapp/forms.rs"]
mod forms;
#[path = "whatsapp/hostile.rs"]
mod hostile;
#[path = "whatsapp/inbound.rs"]
mod inbound;
#[path = "whatsapp/send.rs"]
mod send;

use std::path::PathBuf;

use duka_runtime::channel::whatsapp::decode::Reader;
use duka_runtime::channel::whatsapp::keys::ShopKeys;
use duka_runtime::id::ShopScope;
use duka_tests::tree::root;
use secrecy::SecretSlice;
use serde_json::Value;

fn corpus() -> PathBuf {
    root().join("tests/corpus/whatsapp")
}

/// The names of the fixtures, in order.
fn fixtures() -> Vec<String> {
    let folder = std::fs::read_dir(corpus().join("fixtures")).expect("the corpus is part of the repository");
    let mut names: Vec<String> =
        folder.map(|entry| entry.expect("a readable folder").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// The recorded webhooks.
fn webhooks() -> Vec<(String, String)> {
    let is_webhook = |name: &String| !name.starts_with("send_") && !name.ends_with("_vectors.json");
    fixtures().into_iter().filter(is_webhook).map(|name| (name.clone(), text(&name))).collect()
}

fn text(name: &str) -> String {
    std::fs::read_to_string(corpus().join("fixtures").join(name)).expect("fixtures are text")
}

fn json(name: &str) -> Value {
    serde_json::from_str(&text(name)).expect("fixtures are JSON")
}

fn keys() -> ShopKeys {
    ShopKeys::new(&SecretSlice::from(b"the secret of the test shop".to_vec())).expect("long enough")
}

fn reader(keys: &ShopKeys) -> Reader<'_> {
    Reader { shop: ShopScope::numbered(1), keys }
}

/// Compares with a file of the corpus, or writes it.
fn check(file: &str, found: &str) {
    let path = corpus().join(file);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, found).expect("a writable tree");
        return;
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    for (number, (expected, found)) in written.lines().zip(found.lines()).enumerate() {
        assert_eq!(found, expected, "{file}:{}", number + 1);
    }
    assert_eq!(found.lines().count(), written.lines().count(), "{file} has other lines; `UPDATE=1` writes it");
}
