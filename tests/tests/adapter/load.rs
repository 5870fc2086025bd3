//! Mappings with mistakes, each told where it is; and those of the documentation and of the tests, which have none.

use duka_runtime::adapter::mapping::{schema, untold};
use duka_tests::shops::example;
use duka_tests::tree::root;

use crate::mapped::{judged, shop};

const SOUND: &str = r#"base: https://api.zuri.example
records:
  category: { id: $.id, name: $.name, count: { default: 0 } }
operations:
  catalog.categories:
    request: { path: /categories }
"#;

/// What is changed in the sound mapping, and what is said about it: line, message.
const MISTAKES: &[(&str, &str, &str)] = &[
    ("base: https://api.zuri.example", "", "2: `base` is missing here."),
    ("https://api", "api", "1: `api.zuri.example` is no address: write one like `https://api.shop.example/v1`."),
    ("request:", "reqest:", "6: There is no `reqest` here."),
    ("$.id", "data", "3: `data` is no path: write one like `$.data.items[*]` (RFC 9535)."),
    ("categories:", "categorys:", "5: No contract has an operation `catalog.categorys`."),
    ("id: $.id, ", "", "3: The mapping does not say where a category's `id` comes from."),
    ("id: $.id", "ids: $.id, id: $.id", "3: A category has no `ids`."),
    ("count: { default: 0 }", "count: {}", "3: This field has neither a path nor a default."),
    (
        "/categories",
        "\"/categories/{product.sku}\"",
        "6: There is no `{product.sku}` to fill in for `catalog.categories`.",
    ),
    ("/categories", "\"/categories/{product\"", "6: `/categories/{product` has a `{` without its `}`."),
    ("name: $.name", "name: { path: $.name, as: enum, map: { a: b } }", "3: `as: enum` needs `map` and `else`."),
    (
        "name: $.name",
        "name: { path: $.name, as: money(minor) }",
        "3: This conversion does not make what the contract wants.",
    ),
    ("count: { default: 0 }", "count: { path: $.count, plus: $.more }", "3: Only an amount is added to, or divided."),
    (
        "/categories }",
        "/categories }\n    fails: [{ status: [409], code: gone }]",
        "7: `gone` is none of the refusals of `catalog.categories`.",
    ),
    (
        "/categories }",
        "/categories }\n    idempotency: { header: Key }",
        "5: `catalog.categories` only asks, so it needs neither `idempotency` nor `find_by_reference`.",
    ),
    (
        "base:",
        "auth: { bearer: sesame }\nbase:",
        "1: A secret is written out here, or empty; whoever reads this could use it: write `env:NAME` or `file:PATH`.",
    ),
];

#[test]
fn every_mistake_is_told_where_it_is() {
    let (_, found, findings) = shop("KES", "catalog", SOUND);
    assert!(findings.is_empty() && found.len() == 1, "{findings:?}");
    for (sound, wrong, told) in MISTAKES {
        let text = SOUND.replacen(sound, wrong, 1);
        let (_, _, findings) = shop("KES", "catalog", &text);
        let first = findings.first().expect("a finding");
        let line = text[..first.span.start as usize].matches('\n').count() + 1;
        assert_eq!(format!("{line}: {}", first.message), *told, "{text}");
    }
}

#[test]
fn prices_have_no_default_and_say_how_they_are_written() {
    let text = "base: https://api.zuri.example\nrecords:\n  delivery_zone: { id: $.id, name: $.name, fee: FEE }\n\
                operations:\n  delivery.zones:\n    request: { path: /zones }\n";
    for (fee, told) in [
        ("$.fee", "Say how this amount is written."),
        (
            "{ path: $.fee, as: money(minor), default: 0 }",
            "An amount has no default: a price that is missing is not known.",
        ),
    ] {
        let (_, _, findings) = shop("KES", "delivery", &text.replace("FEE", fee));
        assert_eq!(findings.iter().map(|it| it.message.as_str()).collect::<Vec<_>>(), [told]);
    }
}

#[test]
fn what_a_system_tells_is_an_order_and_a_status_that_the_contract_knows() {
    let webhook = "webhook:\n  proof: { header: { name: X-Token, value: \"env:T\" } }\n  orders:\n    - { order: $.o, status: sent }\n";
    let text = "base: https://api.zuri.example\nrecords: {}\noperations: {}\n".to_string() + webhook;
    let (_, _, findings) = shop("KES", "orders", &text);
    let told: Vec<&str> = findings.iter().map(|it| it.message.as_str()).collect();
    assert!(told.contains(&"No order of the contract is ever `sent`."), "{told:?}");
    assert!(told.iter().any(|message| message.contains("`number`")), "an order without fields: {told:?}");
}

#[test]
fn a_command_that_is_looked_at_afterwards_is_not_looked_for_by_its_reference() {
    let text = "base: https://api.zuri.example\nrecords: {}\noperations:\n  orders.hold:\n    request: { method: POST, path: /orders }\n    \
                after: { steps: [], undo: { method: DELETE, path: /orders } }\n";
    let told = "What `orders.hold` is found to have done would stay without the look of `after`.";
    let is_told = |text: &str| {
        let (_, _, findings) = shop("KES", "orders", text);
        findings.iter().any(|it| it.message == told)
    };
    assert!(!is_told(text));
    let find =
        "    find_by_reference: { request: { path: /orders, query: { reference: \"{key}\" } }, select: $.found }\n";
    assert!(is_told(&format!("{text}{find}")));
}

#[test]
fn a_list_that_may_go_on_is_no_place_to_look_for_what_was_done() {
    let told = "What `orders.hold` has done is looked for in a list, which may go on behind this answer: it would be done twice.";
    let is_told = |find: &str| {
        let text = format!(
            "base: https://api.zuri.example\noperations:\n  orders.hold:\n    request: {{ method: POST, path: /orders }}\n    \
             find_by_reference: {{ select: $.data, {find} }}\n"
        );
        let (_, _, findings) = shop("KES", "orders", &text);
        findings.iter().any(|it| it.message == told)
    };
    let only = "only: { path: $.reference, is: \"{key}\" }";
    assert!(is_told(&format!("request: {{ path: /orders }}, {only}")));
    assert!(!is_told(&format!("request: {{ path: /orders }}, {only}, page: {{ by: link }}")));
    assert!(!is_told(&format!("request: {{ path: /orders, query: {{ search: \"{{key}}\" }} }}, {only}")));
    assert!(!is_told("request: { path: \"/orders/{key}\" }"));
}

#[test]
fn a_flow_that_waits_for_news_which_nobody_brings_is_told() {
    let text = "base: https://api.zuri.example\nrecords:\n  order:\n    \
                status: { path: $.state, as: enum, map: { sent: shipped, there: delivered }, else: placed }\n\
                operations:\n  orders.recent: { request: { path: /orders } }\n";
    let waits = |more: &str| -> Vec<String> {
        let (program, found, _) = judged(example("boutique"), "KES", "orders", &format!("{text}{more}"));
        assert_eq!(found.len(), 1, "{more}");
        let untold = untold(&program.shop, &found).into_iter();
        untold.filter(|it| it.message.contains("`delivered`")).filter_map(|it| it.help).collect()
    };
    let nobody = "The mapping of `orders` has neither `webhook` with `orders` nor `orders.one`: add one of them.";
    assert_eq!(waits(""), [nobody]);
    assert_eq!(waits("  orders.one: { request: { path: \"/orders/{text}\" } }\n"), Vec::<String>::new());
    let webhook = "webhook:\n  proof: { header: { name: X-Token, value: \"env:T\" } }\n";
    assert_eq!(waits(&format!("{webhook}  changes: [{{}}]\n")), [nobody]);
    assert_eq!(waits(&format!("{webhook}  orders: [{{ order: $.order }}]\n")), Vec::<String>::new());
}

/// The whole mapping that the documentation shows.
pub fn documented() -> String {
    let page = std::fs::read_to_string(root().join("docs/adapters.md")).expect("a page");
    let (_, after) = page.split_once("```yaml\n").expect("an example");
    after.split_once("```").expect("its end").0.to_string()
}

#[test]
fn the_documented_mapping_is_sound_and_fits_its_schema() {
    let (_, found, findings) = judged(example("boutique"), "KES", "catalog", &documented());
    assert_eq!(findings.iter().map(|it| it.message.as_str()).collect::<Vec<_>>(), Vec::<&str>::new());
    assert_eq!(found.len(), 1);
    let schema = schema();
    let validity = jsonschema::meta::validate(&schema).map_err(|error| error.to_string());
    assert_eq!(validity, Ok(()));
}

#[test]
fn a_shop_whose_mapping_is_missing_or_lacks_operations_is_told() {
    let (_, _, findings) = judged(example("boutique"), "KES", "catalog", SOUND);
    let told: Vec<&str> = findings.iter().map(|it| it.message.as_str()).collect();
    assert_eq!(
        told,
        [
            "The flows use `catalog.in_category`, and this mapping does not say how to ask for it.",
            "The flows use `catalog.product`, and this mapping does not say how to ask for it.",
            "The flows use `catalog.search`, and this mapping does not say how to ask for it.",
            "The flows use `catalog.variants`, and this mapping does not say how to ask for it.",
        ]
    );
    let mut source = example("boutique");
    let profile = source.files.iter_mut().find(|file| file.path == "shop.yaml").expect("a profile");
    profile.text = profile.text.replace("catalog: demo", "catalog: rest").replace("orders: demo", "orders: rset");
    let program = duka_engine::compile::compile(&source).program.expect("the shop compiles");
    let (_, findings) = duka_runtime::adapter::mapping::read(&source, &program.shop);
    let told: Vec<&str> = findings.iter().map(|it| it.message.as_str()).collect();
    assert_eq!(told, ["`catalog: rest` needs the file `catalog.rest.yaml`.", "There is no adapter `rset`."]);
}
