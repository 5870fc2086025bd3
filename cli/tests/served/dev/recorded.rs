//! *Record as test*: a chat of the page is a test that passes at once, whatever was sent in it and whoever the customer is.

use serde_json::json;

use super::{Dev, duka, pay, text, until};
use crate::support::copy;

/// A copy of the boutique, with a customer who is not the one of its fixture.
fn boutique() -> Dev {
    let folder = tempfile::tempdir().expect("a folder for the test");
    std::fs::create_dir(folder.path().join("boutique")).expect("a writable folder");
    copy("examples/boutique", &folder.path().join("boutique"));
    let mut dev = Dev::of(&folder.path().join("boutique"));
    dev.folder = Some(folder);
    let (status, brian) = dev.ask("POST", "/shops/boutique/customers", &json!({ "name": "Brian Otieno" }));
    assert_eq!(status, 200, "{brian}");
    dev.customer = brian["id"].as_str().expect("an id").to_string();
    dev
}

/// Records the chat, and plays the file of recorded tests; what it holds.
fn recorded(dev: &Dev, name: &str, tests: usize) -> String {
    let (status, written) = dev.ask("POST", &dev.of_customer("record"), &json!({ "name": name }));
    assert_eq!(status, 200, "{written}");
    let shop = dev.folder.as_ref().expect("a shop of its own").path().join("boutique");
    let run = duka().arg("test").arg(&shop).args(["--filter", "recorded"]).output().expect("it runs");
    let said = String::from_utf8_lossy(&run.stdout).to_string();
    assert!(run.status.success(), "{said}\n{written}");
    assert!(said.contains(&format!("{tests} test{} passed", if tests == 1 { "" } else { "s" })), "{said}");
    written["text"].as_str().expect("the file").to_string()
}

#[test]
fn a_recorded_purchase_is_a_test_that_passes_at_once() {
    let dev = boutique();
    dev.does(&text("hi"), "Karibu Brian!");
    dev.taps("Shop", "What are you looking for?");
    dev.taps("Dresses", "this is what we have right now");
    dev.taps("Kitenge wrap dress", "KES 2,500");
    dev.taps("Add to bag", "How many would you like?");
    dev.does(&text("1"), "Total *KES 2,500*");
    dev.taps("Check out", "How would you like to get it?");
    let form = dev.taps("Delivery", "Where should we deliver?");
    let values = json!({ "name": "Brian; O.", "street": "Biashara Street 4", "town": "Thika", "notes": "" });
    let confirm = dev.does(&json!({ "form": { "message": form["id"], "values": values } }), "Total KES 3,000");
    assert!(confirm.to_string().contains("Biashara Street 4, Thika: KES 500"), "{confirm}");
    let link = dev.taps("Pay", "/pay/").to_string();
    pay(&dev, &link);
    dev.sees(0, "is paid: KES 3,000");
    dev.taps("Yes please", "Done.");
    until("an order that can be shipped", || {
        let place = dev.get(&dev.of_customer("place"));
        (place["orders"][0]["actions"][0] == "ship").then_some(())
    });
    let before = dev.thread().len();
    dev.lever("order", &json!({ "reference": "Z-1043", "action": "ship" }));
    dev.sees(before, "is on its way");
    // Of this customer there is this one order, and it was placed now.
    let orders = dev.does(&text("where is my order"), "Z-1043");
    assert!(!orders.to_string().contains("Z-1042"), "that is somebody else's: {orders}");
    let file = recorded(&dev, "a recorded purchase", 1);
    for line in [
        "  given customer.first_name is Brian\n",
        "  shop: Karibu Brian! Welcome to *Zuri Boutique*.\n",
        "  pick D-101\n  shop: *Kitenge wrap dress* KES 2,500 in\n",
        "  link: pay\n",
        "  event payment.paid\n",
        "  template: receipt\n",
        "  template: order_sent\n",
        "  state: orders\n",
    ] {
        assert!(file.contains(line), "{line} is missing in:\n{file}");
    }
    assert!(!file.contains("In the chat"), "everything that was said is said in the test:\n{file}");
    assert!(!file.contains("://"), "no address is expected:\n{file}");
}

#[test]
fn whatever_a_customer_sends_can_be_recorded() {
    let mut dev = boutique();
    dev.does(&text("hi"), "Karibu Brian!");
    dev.gives("image", "&caption=this+one", "", "Sorry, I did not get that");
    dev.gives("audio", "", "", "Sorry, I did not get that");
    dev.does(&json!({ "location": { "latitude": -1.29, "longitude": 36.82 } }), "How can we help?");
    // The shop's hours count as they did: the test's clock is the chat's.
    dev.does(&text("I want to talk to someone"), "person will answer");
    dev.does(&text("is it\nlinen?"), "Somebody will write to you here");
    recorded(&dev, "a recorded question", 1);
    // Somebody else, who is not Amina either, in another language, and with a price that has changed since.
    assert!(dev.lever("product", &json!({ "sku": "S-301", "price": "2000" })).contains("costs KES 2,000."));
    let product = dev.get("/shops/boutique/backend")["products"][4].clone();
    assert_eq!((&product["sku"], &product["price"]), (&json!("S-301"), &json!("KES 2,000")));
    let (_, chipo) = dev.ask("POST", "/shops/boutique/customers", &json!({ "name": "Chipo" }));
    dev.customer = chipo["id"].as_str().expect("an id").to_string();
    dev.does(&text("مرحبا"), "أهلا");
    dev.does(&json!({ "order": { "catalog_id": "1", "items": [{ "sku": "S-301", "quantity": 1 }] } }), "٢٬٠٠٠");
    let file = recorded(&dev, "a recorded cart, in Arabic", 2);
    assert!(file.contains("given product.S-301.price is KES 2000"), "{file}");
}

#[test]
fn a_second_chat_of_the_same_name_is_numbered() {
    let dev = boutique();
    dev.does(&text("hi"), "Karibu Brian!");
    recorded(&dev, "hi, recorded", 1);
    recorded(&dev, "hi, recorded", 2);
    let file = recorded(&dev, "hi, recorded", 3);
    let titles: Vec<&str> = file.lines().filter_map(|line| line.strip_prefix("test ")).collect();
    assert_eq!(titles, ["hi, recorded", "hi, recorded 2", "hi, recorded 3"]);
}
