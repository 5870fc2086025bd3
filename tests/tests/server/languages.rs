//! A customer chooses a language: from then on the shop's own system is asked in it, also with what others have asked before.

use std::sync::{Arc, Mutex};

use axum::extract::{Path, Request, State};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::stage::{Stage, corner_of};

const MAPPING: &str = "
context: { headers: { Accept-Language: \"{language}\" } }
records:
  product:
    sku: $.sku
    name: $.title
    short_name: $.title
    price: { path: $.price, as: money(minor) }
    stock: $.stock
    stock_text: { path: $.stock, as: enum, map: { \"0\": sold out }, else: in stock }
    photo: { default: \"https://shop.example/none.png\" }
    has_variants: { default: false }
words:
  stock_text: { sw: { in stock: ipo, sold out: imeisha } }
operations:
  catalog.search:
    request: { path: /products }
    search: { id: $.sku, words: [$.title] }
  catalog.product:
    request: { path: \"/products/{text}\" }
  catalog.variants:
    request: { path: \"/products/{product.sku}/sizes\" }
";

const FLOW: &str = "duka 1
flow corner
  start look
  languages en, sw

use std.language
use std.search

words
  swap: language, lugha

anywhere
  hears swap <-> std.language

state look
  <-> std.search
  say: See you.
  -> end
";

const SWAHILI: &str = "texts sw for corner

look.say: Kwaheri.
";

/// What was asked, and in which language.
type Log = Arc<Mutex<Vec<String>>>;

fn thing(log: &Log, request: &Request) -> Value {
    let language = request.headers().get("accept-language").and_then(|it| it.to_str().ok()).unwrap_or("none");
    log.lock().expect("nobody panicked").push(format!("{} {language}", request.uri().path()));
    let title = if language == "sw" { "Gauni la kitenge" } else { "Kitenge dress" };
    json!({ "sku": "K-7", "title": title, "price": 99_000, "stock": 3 })
}

async fn all(State(log): State<Log>, request: Request) -> Json<Value> {
    Json(json!([thing(&log, &request)]))
}

async fn one(State(log): State<Log>, Path(_): Path<String>, request: Request) -> Json<Value> {
    Json(thing(&log, &request))
}

async fn stage(log: &Log) -> Stage {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let place = format!("http://{}", listener.local_addr().expect("it listens"));
    let routes = Router::new().route("/products", get(all)).route("/products/{sku}", get(one));
    let routes = routes.with_state(Arc::clone(log));
    tokio::spawn(async move { axum::serve(listener, routes).await });
    let dress = |shop: &std::path::Path| {
        let profile = "name: Corner\ncountry: KE\ncurrency: KES\nlanguages: [en, sw]\ntimezone: Africa/Nairobi\n\
                       channels: [whatsapp, messenger]\nadapters: { catalog: rest }\n";
        corner_of(shop, profile, FLOW, "examples/boutique/fixtures/zuri.yaml");
        std::fs::write(shop.join("corner.sw.duka"), SWAHILI).expect("a writable folder");
        std::fs::write(shop.join("catalog.rest.yaml"), format!("base: {place}{MAPPING}")).expect("a writable folder");
        None
    };
    Stage::dressed(|settings| settings, dress).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_hears_of_products_in_the_language_that_they_have_chosen() {
    let log = Log::default();
    let mut stage = stage(&log).await;
    stage.writes("hi").await;
    stage.sees().await;
    stage.writes("kitenge").await;
    let shown = stage.sees().await.to_string();
    assert!(shown.contains("Kitenge dress") && shown.contains("in stock"), "{shown}");

    stage.writes("language").await;
    stage.sees().await;
    stage.taps("Kiswahili").await;
    stage.sees().await;
    // Where they were is shown anew.
    let shown = stage.sees().await.to_string();
    assert!(shown.contains("Gauni la kitenge") && shown.contains("ipo"), "what was told before is not told: {shown}");
    assert_eq!(*log.lock().expect("nobody panicked"), ["/products en", "/products sw"]);

    stage.taps("Tafuta tena").await;
    stage.sees().await;
    stage.writes("guani").await;
    let shown = stage.sees().await.to_string();
    assert!(shown.contains("Gauni la kitenge"), "found by its name in the language: {shown}");
    stage.taps("Gauni la kitenge").await;
    let shown = stage.sees().await.to_string();
    assert!(shown.contains("Gauni la kitenge") && shown.contains("ipo"), "{shown}");
    let asked = log.lock().expect("nobody panicked").clone();
    assert!(asked.iter().skip(1).all(|line| line.ends_with(" sw")), "{asked:?}");
    stage.end().await;
}
