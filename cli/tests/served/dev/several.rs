//! Several shops under one `duka dev`: what is done to the world of one is nothing to the others. And several numbers of one.

use std::collections::BTreeSet;

use serde_json::json;

use super::{Dev, FLOW, PROFILE, http, text, until};
use crate::support::copy;

#[test]
fn what_is_done_to_one_shop_is_nothing_to_the_other() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    for shop in ["dada", "zuri"] {
        std::fs::create_dir(folder.path().join(shop)).expect("a writable folder");
        copy("examples/boutique", &folder.path().join(shop));
    }
    let mut dev = Dev::of(folder.path());
    let backend = |dev: &Dev, shop: &str| dev.get(&format!("/shops/{shop}/backend"));
    assert_eq!(dev.shop, "dada");
    dev.does(&text("hi"), "Welcome to *Zuri Boutique*");
    dev.lever("backend", &json!({"down": true, "delay_ms": 500}));
    dev.lever("template", &json!({"name": "order_shipped", "status": "PAUSED"}));
    let paused = |dev: &Dev, shop: &str| {
        let told = backend(dev, shop);
        let templates = told["templates"].as_array().expect("templates");
        assert!(templates.len() > 3, "{told}");
        templates.iter().filter(|template| template["status"] == "PAUSED").count()
    };
    assert!(paused(&dev, "dada") > 0);
    assert_eq!(paused(&dev, "zuri"), 0);
    let told = [backend(&dev, "dada"), backend(&dev, "zuri")];
    assert_eq!((&told[0]["down"], &told[0]["delay_ms"]), (&json!(true), &json!(500)));
    assert_eq!((&told[1]["down"], &told[1]["delay_ms"]), (&json!(false), &json!(0)));

    let silent = dev.taps("Shop", "");
    assert!(!silent.to_string().contains("What are you looking for?"), "{silent}");
    dev.shop = "zuri".to_string();
    let customers = dev.get("/shops/zuri/customers");
    dev.customer = customers[0]["id"].as_str().expect("an id").to_string();
    dev.does(&text("hi"), "Welcome to *Zuri Boutique*");
    dev.taps("Shop", "What are you looking for?");
}

#[test]
fn customers_write_to_each_number_of_a_shop_and_are_answered_from_it() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let numbers = "channels:\n  whatsapp: { phone_number_id: [\"106540352242922\", \"106540352242923\"], \
        waba_id: \"102290129340398\", token: env:NO_SUCH_TOKEN }";
    let profile = PROFILE.replace("channels: [whatsapp]", numbers);
    std::fs::write(folder.path().join("shop.yaml"), profile).expect("a writable folder");
    std::fs::write(folder.path().join("corner.duka"), FLOW).expect("a writable folder");
    let mut dev = Dev::of(folder.path());
    let told = dev.get("")["shops"][0]["numbers"].clone();
    let digits: Vec<&str> = told.as_array().expect("a list").iter().filter_map(|one| one.as_str()).collect();
    assert_eq!(digits.len(), 2, "{told}");
    let graph = until("it says where the stand-in is", || {
        let said = dev.said.now();
        Some(said.split_once("WhatsApp (http://")?.1.split(')').next()?.to_string())
    });
    for number in &digits {
        let (status, customer) =
            dev.ask("POST", &format!("/shops/{}/customers", dev.shop), &json!({ "number": number }));
        assert_eq!((status, customer["number"].as_str()), (200, Some(*number)), "{customer}");
        dev.customer = customer["id"].as_str().expect("an id").to_string();
        dev.does(&text("hi"), "Shall we go on?");
    }
    let (_, journal) = http::ask("GET", &graph, "/control/journal", &[], "").expect("an answer");
    let journal: serde_json::Value = serde_json::from_str(&super::plain(&journal)).expect("JSON");
    let attempts = journal.as_array().expect("a list");
    let from: BTreeSet<&str> = attempts.iter().filter_map(|one| one["number"].as_str()).collect();
    assert_eq!(from.len(), 2, "each is answered from the number that they wrote to: {journal}");
    let (status, answer) = dev.ask("POST", &format!("/shops/{}/customers", dev.shop), &json!({"number": "1"}));
    assert_eq!((status, &answer["error"]["code"]), (404, &json!("absent")));
}
