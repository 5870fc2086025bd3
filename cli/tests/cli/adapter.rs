//! `duka adapter check` and what `duka check` says of a mapping, against a backend that answers two things.

use std::io::{Read, Write};
use std::net::TcpListener;

use crate::support::{Folder, copy, root};

/// Answers every request: categories as they should be, anything else without a price.
fn backend() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let place = format!("http://{}", listener.local_addr().expect("it listens"));
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut head = Vec::new();
            let mut part = [0; 2048];
            while !head.windows(4).any(|end| end == b"\r\n\r\n") {
                match stream.read(&mut part) {
                    Ok(1..) => head.extend_from_slice(&part),
                    Ok(0) | Err(_) => break,
                }
            }
            let head = String::from_utf8_lossy(&head).into_owned();
            let known = head.to_lowercase().contains("authorization: bearer sesame");
            let body = match head.split_whitespace().nth(1).unwrap_or("") {
                path if path.starts_with("/categories") => r#"{"data": [{"id": "d", "title": "Dresses"}]}"#,
                _ => r#"{"data": {"sku": "D", "title": "Dress", "short": "Dress", "image": "/d.jpg"}}"#,
            };
            let status = if known { "200 OK" } else { "401 Unauthorized" };
            let length = body.len();
            let answer = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}");
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    place
}

fn shop(change: impl Fn(String) -> String) -> Folder {
    let folder = Folder::new();
    let boutique = folder.path().join("zuri");
    std::fs::create_dir(&boutique).expect("a folder can be made");
    copy("examples/boutique", &boutique);
    let profile = folder.read("zuri/shop.yaml").replace("catalog: demo", "catalog: rest");
    folder.write("zuri/shop.yaml", profile);
    let page = std::fs::read_to_string(root().join("docs/adapters.md")).expect("a page");
    let (_, after) = page.split_once("```yaml\n").expect("an example");
    let (documented, _) = after.split_once("```").expect("its end");
    folder.write("zuri/catalog.rest.yaml", change(documented.replace("env:ZURI_API_KEY", "file:key.txt")));
    folder
}

#[test]
fn a_mapping_is_checked_without_and_with_its_backend() {
    let folder = shop(|text| text);
    let check = folder.duka(&["check", "zuri"]);
    assert_eq!(check.code, Some(0), "{}", check.out);
    let offline = folder.duka(&["adapter", "check", "zuri", "--offline"]);
    assert_eq!((offline.code, offline.out.as_str()), (Some(0), "catalog: `catalog.rest.yaml` maps 5 operations.\n"));

    let base = backend();
    let keyless = folder.duka(&["adapter", "check", "zuri", "--base", &base]);
    assert_eq!(keyless.code, Some(2), "{keyless:?}");
    assert!(keyless.err.contains("key.txt"), "{}", keyless.err);
    folder.write("zuri/key.txt", "wrong");
    let stranger = folder.duka(&["adapter", "check", "zuri", "--base", &base]);
    assert_eq!(stranger.code, Some(1), "{stranger:?}");
    assert!(stranger.out.contains("does not accept our key"), "{}", stranger.out);

    folder.write("zuri/key.txt", "sesame\n");
    let fine = folder.duka(&["adapter", "check", "zuri", "--base", &base]);
    assert_eq!(fine.code, Some(0), "{fine:?}");
    assert!(fine.out.contains("ok     catalog.categories: 1 given"), "{}", fine.out);
    assert!(fine.out.contains("catalog.product: not asked"), "{}", fine.out);
    let fault = folder.duka(&["adapter", "check", "zuri", "--base", &base, "--with", "catalog.product=[\"D\"]"]);
    assert_eq!(fault.code, Some(1), "{fault:?}");
    let told = "fault  catalog.product: price: nothing is there, and it has no default (catalog.rest.yaml:16)";
    assert!(fault.out.contains(told), "{}", fault.out);
    assert!(fault.out.contains("met 200: {\"data\":{\"sku\":\"D\""), "{}", fault.out);
    assert!(!fault.out.contains("sesame"), "a key is not shown");

    let with = ["--with", "catalog.product=[\"D\"]", "--format", "json"];
    let json = folder.duka(&[&["adapter", "check", "zuri", "--base", &base][..], &with].concat());
    assert_eq!(json.code, Some(1), "{json:?}");
    let all: serde_json::Value = serde_json::from_str(&json.out).expect("JSON");
    let asked = all["operations"].as_array().expect("a list");
    let of = |name: &str| asked.iter().find(|asked| asked["operation"] == name).expect(name);
    assert_eq!(
        (&of("catalog.categories")["state"], &of("catalog.search")["state"]),
        (&"ok".into(), &"not_asked".into())
    );
    let fault = of("catalog.product");
    assert_eq!(
        (&fault["state"], &fault["adapter"], &fault["met"][0]),
        (&"fault".into(), &"catalog".into(), &200.into())
    );
    assert_eq!(all["mappings"][0]["operations"], 5);
}

#[test]
fn mistakes_in_a_mapping_are_shown_where_they_are() {
    let folder = shop(|text| text.replace("    sku: $.sku\n", "").replace("path: /products,", "pat: /products,"));
    let check = folder.duka(&["check", "zuri"]);
    assert_eq!(check.code, Some(1), "{}", check.out);
    assert!(
        check.out.contains("zuri/catalog.rest.yaml:") && check.out.contains("There is no `pat` here."),
        "{}",
        check.out
    );
    let adapter = folder.duka(&["adapter", "check", "zuri", "--offline"]);
    assert_eq!(adapter.code, Some(1), "{adapter:?}");
    assert!(adapter.out.contains("There is no `pat` here."), "{}", adapter.out);
    let json = folder.duka(&["adapter", "check", "zuri", "--offline", "--format", "json"]);
    assert_eq!(json.code, Some(1), "{json:?}");
    let all: serde_json::Value = serde_json::from_str(&json.out).expect("JSON");
    let messages: Vec<&str> =
        all["findings"].as_array().expect("a list").iter().filter_map(|it| it["message"].as_str()).collect();
    assert!(messages.contains(&"There is no `pat` here."), "{all}");

    std::fs::remove_file(folder.path().join("zuri/catalog.rest.yaml")).expect("it is there");
    let check = folder.duka(&["check", "zuri"]);
    assert_eq!(check.code, Some(1), "{}", check.out);
    assert!(check.out.contains("`catalog: rest` needs the file `catalog.rest.yaml`."), "{}", check.out);
}

#[test]
fn what_the_flows_need_and_an_adapter_can_not_do_is_told_before_anybody_is_served() {
    let folder = shop(|text| text);
    let profile = folder
        .read("zuri/shop.yaml")
        .replace("catalog: rest", "catalog: { kind: shopify, base: https://zuri.example }");
    folder.write("zuri/shop.yaml", profile.replace("orders: demo", "orders: shopify"));
    let check = folder.duka(&["check", "zuri"]);
    assert_eq!(check.code, Some(1), "{}", check.out);
    let told = "The flows use `orders.cancel`, which the adapter `shopify` can not do as the contract says.";
    assert!(check.out.contains(told), "{}", check.out);
    assert!(!check.out.contains("`orders.open_return`"), "returns it can do: {}", check.out);
    assert!(check.out.contains("shop.yaml:"), "at the adapter: {}", check.out);
    assert!(!check.out.contains("use `orders.hold`"), "what it can do is not told: {}", check.out);
    // The bag is Duka's, and asks the catalogue.
    assert!(!check.out.contains("`cart."), "{}", check.out);
    // Shopify never says that an order has arrived, that nobody was at home, or that it waits to be fetched; a carrier does.
    for status in ["delivered", "attempt_failed", "ready_for_pickup"] {
        let never =
            format!("warning[D723]: The flow waits for `orders` to be `{status}`, which no system of the shop tells");
        assert!(check.out.contains(&never), "{}", check.out);
    }
    assert_eq!(check.out.matches("D723").count(), 3, "{}", check.out);
    let profile = folder.read("zuri/shop.yaml");
    copy("examples/carriers", &folder.path().join("zuri"));
    folder.write("zuri/shop.yaml", profile.replace("orders: shopify", "orders: shopify\n  easypost: carrier"));
    let check = folder.duka(&["check", "zuri"]);
    assert!(!check.out.contains("D723"), "{}", check.out);
    // What nobody answers but the demo is told, unless it is meant.
    folder.write("zuri/shop.yaml", profile.replace("  orders: shopify\n", ""));
    let check = folder.duka(&["check", "zuri"]);
    let made_up = "and no system of the shop answers it: at a server it fails, as if the system were down.";
    assert!(check.out.contains("warning[D723]") && check.out.contains(made_up), "{}", check.out);
    folder.write("zuri/shop.yaml", profile);
    let bad = folder.read("zuri/shop.yaml").replace("orders: shopify", "orders: duka");
    folder.write("zuri/shop.yaml", bad);
    let check = folder.duka(&["check", "zuri"]);
    assert!(check.out.contains("Duka itself keeps no `orders`, only the bag."), "{}", check.out);
    // Who the customer is, is known without a call.
    let flow = folder.read("zuri/boutique.duka");
    let asks = "\nstate welcome\n  call person = customer.current()\n  say greeting: Hello {person.first_name}!\n";
    folder.write("zuri/boutique.duka", flow.replacen("\nstate welcome\n", asks, 1));
    let check = folder.duka(&["check", "zuri"]);
    let told = "The flows use `customer.current`, and no system of the shop answers it";
    assert!(check.out.contains(told) && check.out.contains("is in `customer` at any time"), "{}", check.out);
}

#[test]
fn a_number_of_pieces_that_nobody_counted_is_told_where_a_flow_says_it() {
    let (counted, flag) = (
        "stock: { path: $.stock, when: { path: $.counted, is: true }, default: 1000 }",
        "stock: { path: $.buyable, as: enum, map: { \"true\": \"1\" }, else: \"0\" }",
    );
    let folder = shop(|text| text);
    let flow = folder.read("zuri/boutique.duka");
    let compared = flow.replacen("if item.stock < 1 ->", "if item.stock < 3 ->", 1);
    let said = flow.replacen("We do not have that many {item.name}", "Only {item.stock} of {item.name}", 1);
    folder.write("zuri/boutique.duka", &compared);
    let check = folder.duka(&["check", "zuri"]);
    assert!(!check.out.contains("D724"), "some are counted: {}", check.out);
    folder.write("zuri/boutique.duka", &said);
    let check = folder.duka(&["check", "zuri"]);
    let told =
        "warning[D724]: This says how many there are: of what the shop's system does not count, customers read 1000";
    assert!(check.out.contains(told), "{}", check.out);
    assert!(check.out.contains("boutique.duka:") && check.out.contains("Say `stock_text`"), "{}", check.out);
    // What was kept of it before is no other number.
    let kept = flow
        .replacen("  quantity: number = 1\n", "  quantity: number = 1\n  left: number = 0\n", 1)
        .replacen("state not_enough\n", "state not_enough\n  set left = item.stock\n", 1)
        .replacen("We do not have that many {item.name}", "Only {left} of {item.name}", 1);
    folder.write("zuri/boutique.duka", &kept);
    let check = folder.duka(&["check", "zuri"]);
    assert!(check.out.contains(told), "{}", check.out);
    let words = folder.read("zuri/boutique.sw.duka");
    folder.write("zuri/boutique.duka", &flow);
    folder.write("zuri/boutique.sw.duka", words.replacen("Hatuna {item.name}", "Zimebaki {item.stock}", 1));
    let check = folder.duka(&["check", "zuri"]);
    assert!(check.out.contains("D724") && check.out.contains("boutique.sw.duka:"), "{}", check.out);

    let folder = shop(|text| {
        assert!(text.contains(counted), "{text}");
        text.replace(counted, flag)
    });
    assert!(!folder.duka(&["check", "zuri"]).out.contains("D724"), "whether there are any is known");
    folder.write("zuri/boutique.duka", &compared);
    let check = folder.duka(&["check", "zuri"]);
    let told = "and the shop's system does not count: it only tells whether there are any.";
    assert!(check.out.contains("warning[D724]: This compares") && check.out.contains(told), "{}", check.out);
}

#[test]
fn no_example_says_a_number_of_pieces_that_its_shops_system_does_not_count() {
    for kind in ["shopify", "woocommerce", "medusa, region: reg_1"] {
        let folder = Folder::new();
        for example in ["boutique", "grocery", "restaurant"] {
            let place = folder.path().join(example);
            std::fs::create_dir(&place).expect("a folder can be made");
            copy(&format!("examples/{example}"), &place);
            let profile = folder.read(&format!("{example}/shop.yaml"));
            assert!(profile.contains("catalog: demo"), "{profile}");
            let catalog = format!("catalog: {{ kind: {kind}, base: https://zuri.example }}");
            folder.write(&format!("{example}/shop.yaml"), profile.replace("catalog: demo", &catalog));
            let out = folder.duka(&["check", example]).out;
            assert!(
                !out.contains("D724") && !out.contains("There is no adapter") && !out.contains(" needs `"),
                "{kind}: {out}"
            );
        }
    }
}

#[test]
fn money_that_is_taken_on_a_hold_that_keeps_nothing_is_told() {
    let folder = shop(|text| text);
    let shopify = "catalog: { kind: shopify, base: https://zuri.example }";
    let profile =
        folder.read("zuri/shop.yaml").replace("catalog: rest", shopify).replace("orders: demo", "orders: shopify");
    folder.write("zuri/shop.yaml", &profile);
    std::fs::remove_file(folder.path().join("zuri/catalog.rest.yaml")).expect("it is there");
    let check = folder.duka(&["check", "zuri"]);
    let keeps_nothing = "warning[D725]: `orders.hold` keeps nothing in this shop's system";
    assert!(check.out.contains(keeps_nothing), "{}", check.out);
    folder.write("zuri/shop.yaml", profile.replace("payments: demo", "payments: shopify"));
    let check = folder.duka(&["check", "zuri"]);
    assert!(!check.out.contains("D725"), "Shopify's page looks at the stock last: {}", check.out);
}
