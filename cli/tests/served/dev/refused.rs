//! What the page's server takes from nobody: prices and stock that no shop has, places and messages that no phone sends, and
//! requests that are none.

use serde_json::{Value as Json, json};

use super::{Dev, FLOW};
use crate::support::root;

fn product(dev: &Dev) -> Json {
    let backend = dev.get("/shops/boutique/backend");
    let mut all = backend["products"].as_array().expect("products").iter();
    all.find(|product| product["sku"] == "D-101").expect("the dress").clone()
}

#[test]
fn a_price_is_in_the_shops_currency_and_a_stock_is_a_number_of_things() {
    let dev = Dev::of(&root().join("examples/boutique"));
    let lever = |body: &Json| dev.ask("POST", "/shops/boutique/levers/product", body);
    let before = product(&dev);
    for price in [json!("USD 5"), json!("0"), json!("KES -5"), json!(-5), json!("much"), json!("")] {
        let (status, answer) = lever(&json!({"sku": "D-101", "price": price}));
        let error = &answer["error"];
        assert_eq!(
            (status, &error["code"], &error["about"]["like"]),
            (422, &json!("price"), &json!("KES 2,500")),
            "{price}: {answer}"
        );
    }
    for stock in [json!(-5), json!(2.5), json!(""), json!("some"), json!(1e300)] {
        let (status, answer) = lever(&json!({"sku": "D-101", "price": "KES 9", "stock": stock}));
        assert_eq!((status, &answer["error"]["code"]), (422, &json!("stock")), "{stock}: {answer}");
    }
    assert_eq!(product(&dev), before, "nothing of it was done");
    let (status, answer) = lever(&json!({"sku": "D-101", "price": "2600", "stock": "4"}));
    assert_eq!(status, 200, "{answer}");
    let now = product(&dev);
    assert_eq!((&now["price"], &now["stock"]), (&json!("KES 2,600"), &json!(4)));
}

#[test]
fn what_no_phone_sends_and_no_request_that_is_known_is_refused_in_words() {
    let dev = Dev::corner(FLOW);
    let say = |body: &Json| {
        let (status, answer) = dev.ask("POST", &dev.of_customer("say"), body);
        (status, answer["error"]["code"].clone(), answer["error"]["message"].as_str().unwrap_or_default().to_string())
    };
    for (latitude, longitude) in [(999.0, 0.0), (0.0, 5000.0), (-90.5, 0.0)] {
        let (status, code, message) = say(&json!({"location": {"latitude": latitude, "longitude": longitude}}));
        assert_eq!((status, code), (422, json!("place")), "{message}");
    }
    let (status, code, message) = say(&json!({"text": "a".repeat(200_000)}));
    assert_eq!((status, code), (422, json!("text_length")), "{message}");
    for body in [json!({}), json!({"txt": "hi"}), json!({"text": 5})] {
        let (status, code, message) = say(&body);
        assert_eq!((status, code), (422, json!("unreadable")), "{message}");
        assert!(message.contains("one of `text`, `button`") && !message.contains("untagged"), "{message}");
    }
    let (status, answer) = dev.ask("DELETE", "", &json!({}));
    assert_eq!((status, &answer["error"]["code"]), (405, &json!("method")), "{answer}");
    assert!(dev.thread().is_empty(), "nothing was sent");
}
