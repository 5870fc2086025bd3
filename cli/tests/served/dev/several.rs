//! Several shops under one `duka dev`: what is done to the world of one is nothing to the others.

use serde_json::json;

use super::{Dev, text};
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
