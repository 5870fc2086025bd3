//! Answers that are larger than anybody needs, and searches that break off: what is held has its bounds, and a system that
//! failed is no empty shelf.

use serde_json::{Value as Json, json};

use crate::mapped::Mapped;
use crate::script::Script;

const SHELF: &str = r#"
base: BASE
records:
  product:
    sku: $.id
    name: $.parent.title
    short_name: $.title
    price: { path: $.price, as: money(minor) }
    stock: { default: 3 }
    stock_text: { default: in stock }
    photo: { default: "https://shop.example/none.png" }
    has_variants: { default: false }
operations:
  catalog.featured:
    request: { path: /featured }
    select: $.data
    spread: "$.variants[?@.price]"
  catalog.product:
    request: { path: /product }
    select: $.data
    spread: $.variants
    only: { path: $.id, is: "{text}" }
  catalog.search:
    request: { path: /search, query: { q: "{text}" } }
    select: $.data
    fields: { name: $.title }
    search: { id: $.id, words: [$.title] }
"#;

async fn shop() -> (Script, Mapped) {
    let script = Script::default();
    let base = script.start().await;
    (script, Mapped::new("KES", "catalog", &SHELF.replace("BASE", &base)))
}

/// A dress in so many colours, one of which has no price, with so many letters about it.
fn dress(colours: usize, letters: usize) -> String {
    let priced = (0..colours).map(|n| json!({ "id": format!("c{n}"), "title": "Blue", "price": 500 }));
    let variants: Vec<Json> = std::iter::once(json!({ "id": "none", "title": "Red" })).chain(priced).collect();
    json!({ "data": [{ "title": "Dress", "about": "x".repeat(letters), "variants": variants }] }).to_string()
}

#[tokio::test]
async fn each_part_knows_the_rest_of_its_whole_and_all_together_have_a_bound() {
    let (script, shop) = shop().await;
    script.next(&[(200, &dress(900, 40))]);
    let told = shop.ask("catalog.featured", "[]", 60_000, &["/0/sku", "/899/sku", "/899/name", "/900"]).await;
    assert_eq!(told, r#""c0" "c899" "Dress" -"#);
    let large = dress(900, 60_000);
    script.next(&[(200, &large)]);
    let told = shop.ask("catalog.featured", "[]", 60_000, &["/0/sku"]).await;
    assert_eq!(told, "failed: the parts of an answer, each with what is around it, are more than can be held");
    script.next(&[(200, &large)]);
    let told = shop.ask("catalog.product", "[\"c899\"]", 60_000, &["/sku", "/name"]).await;
    assert_eq!(told, r#""c899" "Dress""#, "the one that is wanted needs little room");
}

#[tokio::test]
async fn a_search_chooses_from_so_many_things_and_no_more() {
    let (script, shop) = shop().await;
    let title = |n: usize| match n {
        10 => "Quagga".to_string(),
        5_999 => "Zebra".to_string(),
        n => format!("Thing {n}"),
    };
    let things: Vec<Json> = (0..6_000).map(|n| json!({ "id": n, "title": title(n), "price": 500 })).collect();
    let all = json!({ "data": things }).to_string();
    for (typed, told) in [("quagga", r#""Quagga""#), ("zebra", "-")] {
        script.next(&[(200, &all)]);
        assert_eq!(shop.ask("catalog.search", &json!([typed]).to_string(), 60_000, &["/0/name"]).await, told);
    }
}

#[tokio::test]
async fn a_search_that_breaks_off_before_anything_fits_has_failed() {
    let (script, shop) = shop().await;
    let (none, down, short) = ((200, r#"{"data": []}"#), (500, ""), (422, ""));
    script.next(&[none, down, none, down, none, down]);
    let told = shop.ask("catalog.search", "[\"zebra\"]", 60_000, &[""]).await;
    assert_eq!(told, "failed: the shop's system answered 500");
    let asked = ["GET /search?q=zebra", "GET /search?q=zeb"];
    assert_eq!(script.seen(), [asked, asked, asked].concat(), "all of it again, and not its last piece");
    script.next(&[none, short, short]);
    let told = shop.ask("catalog.search", "[\"zebra\"]", 60_000, &[""]).await;
    assert_eq!((told.as_str(), script.seen().len()), ("[]", 3), "a piece that is too short for it is no failure");
}
