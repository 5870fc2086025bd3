//! What an operator sees of conversations on a server: where they stand and why each message was sent, what a change of the
//! flows would mean for them, and what could not be processed.

use std::path::Path;

use serde_json::{Value as Json, json};

use crate::house::{House, NUMBER};

/// The only conversation of the house.
fn conversation(house: &House, key: &str) -> String {
    let shops = house.api("/shops", key).1;
    let shop = shops[0]["shop"].as_str().expect("a shop").to_string();
    let list = house.api(&format!("/shops/{shop}/conversations"), key).1;
    list["conversations"][0]["id"].as_str().expect("a conversation").to_string()
}

fn copied(house: &House, name: &str, change: impl Fn(&str) -> String) {
    let from = house.folder.path().join("shops").join(name);
    for entry in std::fs::read_dir(&from).expect("the shop").flatten().filter(|entry| entry.path().is_file()) {
        let file = entry.file_name().to_string_lossy().into_owned();
        let text = house.folder.read(&format!("shops/{name}/{file}"));
        let text = if Path::new(&file).extension().is_some_and(|end| end == "duka") { change(&text) } else { text };
        house.folder.write(&format!("changed/{name}/{file}"), text);
    }
}

#[test]
fn a_conversation_is_explained_and_replayed_by_its_own_flows_and_by_others() {
    let mut house = House::of("tests/shops/counter", "channels: [whatsapp]");
    let key = house.key("operate");
    house.folder.write("key.txt", &key);
    house.serve("duka.toml");
    house.writes("count a1");
    assert_eq!(house.sees(), "ack a1 n=1");
    house.writes("count b2");
    assert_eq!(house.sees(), "ack b2 n=2");

    let with_key = |arguments: &[&str]| house.duka(&[arguments, &["--key", "file:key.txt"]].concat());
    let list = with_key(&["conversations", "list"]);
    let id = conversation(&house, &key);
    assert!(list.out.starts_with(&format!("{id}  whatsapp  ")), "{list:?}");
    let shown = with_key(&["conversations", "show", &id]);
    for part in [
        "stands at counter.counting",
        "entered counter.ack, counter.counting",
        "sent ack.say at counter.duka:33, said by counter.ack",
        "accepted",
        "0 s after the customer wrote",
    ] {
        assert!(shown.out.contains(part), "{part} in {}", shown.out);
    }

    // What the provider's statuses said of the price.
    let costs = |house: &House| house.api("/shops/counter/costs", &key).1;
    let both = |costs: &Json| {
        let lines = costs["lines"].as_array().map_or(&[][..], Vec::as_slice);
        lines.len() == 1 && (&lines[0]["category"], &lines[0]["messages"]) == (&json!("service"), &json!(2))
    };
    house.until(costs, both);

    let kept = with_key(&["conversations", "export", &id]);
    house.folder.write("kept.json", &kept.out);
    let again = house.fine(&["replay", "kept.json", "--all"]);
    assert!(
        again.contains("customer: count b2\n  shop: ack b2 n=2\n") && again.contains("the same messages"),
        "{again}"
    );
    let own = house.fine(&["replay", "kept.json", "--against", "shops/counter", "--all"]);
    assert_eq!(again, own, "one count, and the same words, by the flows that ran and by the same from their folder");
    assert!(own.ends_with("2 exchanges: the same messages\n"), "{own}");
    copied(&house, "counter", |text| text.replace("say: ack", "say: got"));
    let other = with_key(&["replay", &id, "--against", "changed/counter"]);
    assert_eq!(other.code, Some(1), "{other:?}");
    assert!(other.out.contains("customer: count b2\n- shop: ack b2 n=2\n+ shop: got b2 n=2\n"), "{other:?}");
    assert!(other.out.contains("2 of 2 exchanges would differ"), "{other:?}");

    assert_eq!(with_key(&["conversations", "show", "0000000000000000"]).code, Some(2));
    for unknown in
        [&["conversations", "show", "0000000000000000"][..], &["quarantine", "drop", "5"], &["sends", "drop", "0"]]
    {
        let run = with_key(unknown);
        assert!(run.code == Some(2) && run.err.contains("The shop is right, and this id or number is not"), "{run:?}");
    }
    house.folder.write("text.txt", "some\ntext");
    let no_key = house.duka(&["conversations", "list", "--key", "file:text.txt"]);
    assert!(
        no_key.code == Some(2) && no_key.err.contains("what is there is no key for the server's API"),
        "{no_key:?}"
    );
    let other = with_key(&["conversations", "list", "--server", &house.graph]);
    assert!(other.code == Some(2) && other.err.contains("something else listens there"), "{other:?}");
    let nowhere = with_key(&["conversations", "list", "--server", "shop.example"]);
    assert!(nowhere.code == Some(2) && nowhere.err.contains("`shop.example` is no address of a server"), "{nowhere:?}");
    let none = house.duka(&["conversations", "list"]);
    assert!(none.code == Some(2) && none.err.contains("DUKA_API_KEY"), "{none:?}");
    house.stop();
    let silent = house.duka(&["conversations", "list", "--key", "file:key.txt"]);
    assert!(silent.code == Some(2) && silent.err.contains("no server answers"), "{silent:?}");
}

#[test]
fn a_change_of_the_flows_tells_how_many_customers_it_concerns() {
    let mut house = House::of("examples/boutique", "channels: [whatsapp, messenger]");
    house.folder.write("key.txt", house.key("read"));
    house.serve("duka.toml");
    house.writes("hi");
    house.sees();
    let renamed = |text: &str| {
        let flow = text.replace("button shop: Shop ->", "button goods: Our goods ->");
        flow.replace("\nwelcome.shop: ", "\nwelcome.goods: ").replace("\nno_orders.shop: ", "\nno_orders.goods: ")
    };
    copied(&house, "boutique", renamed);
    let told = house.fine(&["diff", "shops/boutique", "changed/boutique"]);
    assert!(told.contains("boutique.welcome: the choice `shop` is gone\n"), "{told}");
    let live = house.duka(&["diff", "shops/boutique", "changed/boutique", "--live", "--key", "file:key.txt"]);
    assert_eq!(live.code, Some(1), "{live:?}");
    assert!(live.out.contains("boutique.welcome: the choice `shop` is gone  (1 customer here)\n"), "{live:?}");
    let finding = "error[D114]: The choice `welcome.shop` has another name now, and 1 customer stands before it.";
    assert!(live.out.contains(finding), "{live:?}");
    let same = house.fine(&["diff", "shops/boutique", "shops/boutique", "--live", "--key", "file:key.txt"]);
    assert!(same.starts_with("0 differences\n"), "{same}");
}

#[test]
fn what_could_not_be_processed_is_listed_tried_again_and_dropped() {
    let mut house = House::of("tests/shops/counter", "channels: [whatsapp]");
    house.folder.write("key.txt", house.key("operate"));
    house.serve("duka.toml");
    let quarantine = |arguments: &[&str]| house.duka(&[&["quarantine", "--key", "file:key.txt"], arguments].concat());
    assert_eq!(
        (quarantine(&["list"]).code, quarantine(&["list"]).out.as_str()),
        (Some(0), "counter: nothing is in quarantine\n")
    );

    let value = json!({ "metadata": { "phone_number_id": NUMBER }, "messages": [{ "type": "text", "text": 5 }] });
    let change = json!({ "field": "messages", "value": value });
    let body = json!({ "object": "whatsapp_business_account", "entry": [{ "id": "1", "changes": [change] }] });
    let posted = house.control("POST", &format!("webhook?number={NUMBER}"), &body.to_string());
    assert_eq!(posted["http"], 200, "{posted}");
    let list = quarantine(&["list", "--format", "json"]);
    assert_eq!(list.code, Some(1), "{list:?}");
    let entries: Json = serde_json::from_str(&list.out).expect("JSON");
    let entry = entries[0]["entry"].to_string();
    assert!(quarantine(&["show", &entry]).out.contains("bytes, kept on the server"));
    // It is as unreadable as before, and comes back as a new entry.
    assert_eq!(quarantine(&["replay", &entry]).out, format!("{entry}: tried again\n"));
    let again: Json = serde_json::from_str(&quarantine(&["list", "--format", "json"]).out).expect("JSON");
    let newer = again[0]["entry"].to_string();
    assert!(newer != entry && again.as_array().is_some_and(|all| all.len() == 1), "{again}");
    let done = quarantine(&["done", &newer, "--order", "Z-1042"]);
    assert!(done.code == Some(2) && done.err.contains("this entry is no command whose fate is unknown"), "{done:?}");
    let dropped = quarantine(&["drop", &newer, "--format", "json"]);
    let dropped: Json = serde_json::from_str(&dropped.out).expect("JSON");
    assert_eq!(dropped, json!({ "entry": again[0]["entry"], "dropped": true }));
    assert_eq!(quarantine(&["list"]).code, Some(0));
    assert_eq!(quarantine(&["show", &newer]).code, Some(2));
}

#[test]
fn orders_are_listed_and_asked_for() {
    let mut house = House::of("tests/shops/counter", "channels: [whatsapp]");
    house.folder.write("key.txt", house.key("operate"));
    house.serve("duka.toml");
    let orders = |arguments: &[&str]| house.duka(&[&["orders", "--key", "file:key.txt"], arguments].concat());
    let list = orders(&["list"]);
    assert_eq!((list.code, list.out.as_str()), (Some(0), "counter: no order is on its way\n"), "{list:?}");
    assert_eq!(orders(&["list", "--all", "--format", "json"]).out, "[]\n");
    assert_eq!(orders(&["show", "Z-1042"]).code, Some(2));
    let look = orders(&["reconcile"]);
    let told = "0 orders asked for: 0 gaps, 0 without an answer\n";
    assert_eq!((look.code, look.out.as_str()), (Some(0), told), "{look:?}");
}
