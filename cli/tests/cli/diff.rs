//! What `duka diff` says of changes to the boutique: each edit, and the sentences it leads to.

use serde_json::Value;

use crate::support::{Folder, copy};

/// What stands in the flow, what is written instead, and all that is said.
const EDITS: [(&str, &str, &[&str]); 21] = [
    (
        "Check out -> checkout",
        "Check out -> bag",
        &["boutique.bag: the tap on `checkout` led to `checkout` and now leads to `bag`"],
    ),
    (
        "Track my order <-> std.tracking\n  button help",
        "Track my order -> help\n  button help",
        &["boutique.welcome: the tap on `track` led to `std.tracking` and back and now leads to `help`"],
    ),
    ("most_per_item = 10", "most_per_item = 1", &["boutique: the rule `most_per_item` was 10 and now is 1"]),
    (
        "free_delivery_over = KES 5,000",
        "free_delivery_over = KES 9,000",
        &["boutique: the rule `free_delivery_over` was KES 5,000 and now is KES 9,000"],
    ),
    (
        "group checkout\n  quiet 26 hours",
        "group checkout\n  quiet 23 hours",
        &["boutique: in the group `checkout`: `quiet 26 hours` is now `quiet 23 hours`"],
    ),
    (
        "after pay_within\n    do orders.release(order)\n    -> pay_expired",
        "after 40 minutes\n    do orders.release(order)\n    -> pay_failed",
        &[
            "boutique.pay: `after pay_within` is now `after 40 minutes`",
            "boutique.pay: the time limit led to `pay_expired` and now leads to `pay_failed`",
        ],
    ),
    (
        "within 10 seconds",
        "within 3 seconds",
        &["boutique.pay: `call order = orders.hold(order) within 10 seconds else -> stock_changed` is now \
         `call order = orders.hold(order) within 3 seconds else -> stock_changed`"],
    ),
    (
        "stop: stop, unsubscribe",
        "stop: halt",
        &["boutique: the words `stop` (en) now include \"halt\" and no longer \"stop\", \"unsubscribe\""],
    ),
    ("    send receipt\n", "", &["boutique: beside `order`: `on payment.paid`: `send receipt` is gone"]),
    ("  if not consent.offers.given -> end\n", "", &["boutique.remind: `if not consent.offers.given -> end` is gone"]),
    (
        "button bag if cart.count > 0: My bag -> bag\n\nstate search",
        "button bag: My bag -> bag\n\nstate search",
        &["boutique.product: the choice `bag` was there `if cart.count > 0` and now always is"],
    ),
    (
        "if item.stock > 0: Add",
        "if item.stock > 1: Add",
        &["boutique.product: the choice `add` was there `if item.stock > 0` and now is `if item.stock > 1`"],
    ),
    (
        "answer quantity from 0 to most_per_item",
        "answer quantity from 1 to most_per_item",
        &[
            "boutique.change_line: `answer quantity from 0 to most_per_item` is now `answer quantity from 1 to most_per_item`",
        ],
    ),
    (
        "do cart.add(item, quantity) else -> not_enough\n  -> bag",
        "do cart.add(item, quantity) else -> sold_out\n  -> help",
        &[
            "boutique.add: `do cart.add(item, quantity) else -> not_enough` is now `do cart.add(item, quantity) else -> sold_out`",
            "boutique.add: the state led to `bag` and now leads to `help`",
        ],
    ),
    (
        "hears bag -> bag",
        "hears bag -> help",
        &["boutique: anywhere: `hears bag` led to `bag` and now leads to `help`"],
    ),
    ("  on cart.sent -> take_sent_cart\n", "", &["boutique: anywhere: `on cart.sent` is gone"]),
    (
        "quantity: number = 1",
        "quantity: number = 2",
        &["boutique: what is remembered as `quantity` was `quantity: number = 1` and now is `quantity: number = 2`"],
    ),
    (
        "field notes text optional",
        "field notes text",
        &[
            "boutique: the field `notes` of the form `delivery_details` was `field notes text optional` and now is `field notes text`",
        ],
    ),
    ("  image: {item.photo}\n", "", &["boutique.product: `image: {item.photo}` is gone"]),
    (
        "button open: Open my bag -> bag\n  button stop",
        "button open: Open my bag -> checkout\n  button stop",
        &["boutique: under the template `cart_reminder`: the tap on `open` led to `bag` and now leads to `checkout`"],
    ),
    ("# Zuri Boutique on WhatsApp.", "# Zuri Boutique, on WhatsApp.", &[]),
];

fn two() -> Folder {
    let folder = Folder::new();
    for name in ["old", "new"] {
        std::fs::create_dir(folder.path().join(name)).expect("a folder can be made");
        copy("examples/boutique", &folder.path().join(name));
    }
    folder
}

#[test]
fn every_change_that_customers_notice_is_a_sentence() {
    let folder = two();
    let whole = folder.read("old/boutique.duka");
    let mut wrong = Vec::new();
    for (old, new, said) in EDITS {
        assert!(whole.contains(old), "the boutique has no {old}");
        folder.write("new/boutique.duka", whole.replacen(old, new, 1));
        let run = folder.duka(&["diff", "old", "new"]);
        let mut told: Vec<&str> = run.out.lines().collect();
        let count = told.pop().unwrap_or_default().to_string();
        if told != said || run.code != Some(0) || !count.starts_with(&said.len().to_string()) {
            wrong.push(format!("{new}: {run:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_state_with_another_name_is_the_same_state() {
    let folder = two();
    let flow = folder.read("old/boutique.duka").replace("-> confirm\n", "-> summary\n");
    folder.write("new/boutique.duka", flow.replace("state confirm\n", "state summary was confirm\n"));
    for texts in ["new/boutique.sw.duka", "new/boutique.ar.duka"] {
        folder.write(texts, folder.read(texts).replace("confirm.", "summary."));
    }
    let told = folder.duka(&["diff", "old", "new"]).out;
    assert_eq!(told, "boutique.confirm: the state is called `summary` now\n1 difference\n");
}

#[test]
fn programs_read_the_same_differences() {
    let folder = two();
    let flow = folder.read("old/boutique.duka").replace("most_per_item = 10", "most_per_item = 1");
    folder.write("new/boutique.duka", flow.replace("Check out -> checkout", "Check out -> bag"));
    let told: Value =
        serde_json::from_str(&folder.duka(&["diff", "old", "new", "--format", "json"]).out).expect("JSON");
    let change = |at: usize| told["changes"][at]["change"].clone();
    assert_eq!((&change(0)["flow"], &change(0)["state"]), (&"boutique".into(), &Value::Null));
    assert_eq!(change(1)["state"], "bag");
    assert_eq!(change(1)["what"], "the tap on `checkout` led to `checkout` and now leads to `bag`");
}

#[test]
fn a_shop_with_errors_is_named_and_not_compared() {
    let folder = two();
    let broken = folder.read("old/boutique.duka").replace("Check out -> checkout", "Check out -> chekout");
    folder.write("new/boutique.duka", &broken);
    for (old, new) in [("old", "new"), ("new", "old")] {
        let run = folder.duka(&["diff", old, new]);
        assert_eq!((run.code, run.out.as_str()), (Some(2), ""));
        assert!(run.err.contains("`new` has errors") && run.err.contains("`duka check new`"), "{}", run.err);
    }
}

#[test]
fn comments_and_spaces_of_a_hook_are_no_difference() {
    let folder = two();
    let hooks =
        "/// few(count: number) -> yes_no\nfn few(count) {\n  let most = \"a // b\".len();\n  count < most\n}\n";
    let others = [
        (
            "// How many are few.\n\n",
            "/// Says whether it is so.\n/// few(count:  number) -> yes_no",
            "count < most",
            0,
        ),
        ("/* fn many(count) { } */\n", "/// few(count: number) -> yes_no", "\n\n  count   <  most // all of them\n", 0),
        ("", "/// few(count: number) -> yes_no\n// It was less.", "count <= most", 1),
        ("", "/// few(count: number?) -> yes_no", "count < most", 1),
    ];
    folder.write("old/hooks.rhai", hooks);
    for (top, signature, code, differences) in others {
        let other = hooks.replace("/// few(count: number) -> yes_no", signature).replace("count < most", code);
        folder.write("new/hooks.rhai", format!("{top}{other}"));
        let told = folder.duka(&["diff", "old", "new"]);
        let said = ["", "hooks.rhai: the hook `few` has other code\n"][differences];
        let expected = ["0 differences\n", "1 difference\n"][differences];
        assert_eq!(told.out, format!("{said}{expected}"), "{other}");
    }
}

#[test]
fn what_the_flows_share_is_compared_too() {
    let folder = two();
    let experiment = "experiment greeting: short, warm\n\nstate welcome\n";
    for (name, arms) in [("old", "short, warm"), ("new", "short, warm, long")] {
        let flow = folder.read(&format!("{name}/boutique.duka"));
        let with = experiment.replace("short, warm", arms);
        folder.write(&format!("{name}/boutique.duka"), flow.replacen("state welcome\n", &with, 1));
        let contract =
            "adapter: loyalty\nqueries:\n  points: { takes: [customer], gives: number, within: 5 seconds }\n";
        folder.write(&format!("{name}/loyalty.contract.yaml"), contract);
    }
    let profile = folder.read("old/shop.yaml").replace("monday: \"09:00 to 18:00\"", "monday: \"10:00 to 18:00\"");
    let profile =
        profile.replace("website: https://zuri.example\n", "").replace("fee: \"KES 300\"", "fee: \"KES 350\"");
    folder.write("new/shop.yaml", format!("{profile}  documents: 30 days\n"));
    folder.write("new/hooks.rhai", folder.read("old/hooks.rhai").replace("< 160", "< 165 /* taller */"));
    let contract = folder.read("old/loyalty.contract.yaml").replace("5 seconds", "8 seconds");
    folder.write("new/loyalty.contract.yaml", contract);
    let run = folder.duka(&["diff", "old", "new"]);
    let told: Vec<&str> = run.out.lines().collect();
    let expected = [
        "boutique: the experiment `greeting` was `short`, `warm` and now is `short`, `warm`, `long`",
        "hooks.rhai: the hook `size_for` has other code",
        "loyalty.contract.yaml: `queries.points.within` was 5 seconds and now is 8 seconds",
        "shop.yaml: `website` is gone",
        "shop.yaml: `hours.monday` was 09:00 to 18:00 and now is 10:00 to 18:00",
        "shop.yaml: `delivery.nairobi.fee` was KES 300 and now is KES 350",
        "shop.yaml: `retention.documents` is new: 30 days",
        "7 differences",
    ];
    assert_eq!(told, expected, "{run:?}");
}
