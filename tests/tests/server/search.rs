//! What customers type while the names of a shop's products are still on their way: found by the shop's own search, and by the
//! names as soon as they are there.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::extract::{Query, State};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::stage::Stage;

const MAPPING: &str = "
records:
  product:
    sku: $.sku
    name: $.title
    short_name: $.title
    price: { path: $.price, as: money(minor) }
    stock: $.stock
    stock_text: { default: in stock }
    photo: { default: \"https://shop.example/none.png\" }
    has_variants: { default: false }
operations:
  catalog.search:
    request: { path: /products, query: { skus: \"{found}\" } }
    select: $.data
    search:
      id: $.sku
      words: [$.title]
      index: { request: { path: /names }, select: $, meanwhile: { path: /products, query: { q: \"{text}\" } } }
  catalog.variants:
    request: { path: \"/products/{product.sku}/sizes\" }
  catalog.product:
    request: { path: /products, query: { skus: \"{text}\" } }
    select: $.data[0]
";

const THINGS: [(&str, &str); 3] =
    [("K-7", "Kikoy beach dress"), ("K-8", "Kanga summer dress"), ("S-1", "Sisal sandals")];

struct Shelf {
    /// Whether names are given; until then they are waited for.
    open: watch::Sender<bool>,
    /// What was asked for, one after the other.
    log: Mutex<Vec<String>>,
}

impl Shelf {
    fn asked(&self, what: &str) -> usize {
        let log = self.log.lock().expect("nobody panicked");
        log.iter().filter(|line| line.starts_with(what)).count()
    }
}

async fn names(State(shelf): State<Arc<Shelf>>) -> Json<Value> {
    shelf.log.lock().expect("nobody panicked").push("names".to_string());
    let _ = shelf.open.subscribe().wait_for(|open| *open).await;
    Json(THINGS.iter().map(|(sku, title)| json!({ "sku": sku, "title": title })).collect())
}

async fn products(State(shelf): State<Arc<Shelf>>, Query(wanted): Query<BTreeMap<String, String>>) -> Json<Value> {
    for (name, value) in &wanted {
        shelf.log.lock().expect("nobody panicked").push(format!("{name} {value}"));
    }
    let fits = |(sku, title): &&(&str, &str)| match (wanted.get("skus"), wanted.get("q")) {
        (Some(skus), _) => skus.split(',').any(|wanted| wanted == *sku),
        (None, words) => words.is_some_and(|words| title.to_lowercase().contains(&words.to_lowercase())),
    };
    let shown = |(sku, title): &(&str, &str)| json!({ "sku": sku, "title": title, "price": 99_000, "stock": 3 });
    Json(json!({ "data": THINGS.iter().filter(fits).map(shown).collect::<Vec<_>>() }))
}

async fn stage(shelf: &Arc<Shelf>) -> Stage {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let place = format!("http://{}", listener.local_addr().expect("it listens"));
    let routes = Router::new().route("/names", get(names)).route("/products", get(products));
    let routes = routes.with_state(Arc::clone(shelf));
    tokio::spawn(async move { axum::serve(listener, routes).await });
    let flow = "duka 1\nflow corner\n  start look\n\nuse std.search\n\nstate look\n  <-> std.search\n  say: See you.\n  -> end\n";
    let dress = |shop: &std::path::Path| {
        let profile = "name: Corner\ncountry: KE\ncurrency: KES\nlanguages: [en]\ntimezone: Africa/Nairobi\n\
                       channels: [whatsapp, messenger]\nadapters: { catalog: rest }\n";
        crate::stage::corner_of(shop, profile, flow, "examples/boutique/fixtures/zuri.yaml");
        std::fs::write(shop.join("catalog.rest.yaml"), format!("base: {place}{MAPPING}")).expect("a writable folder");
        None
    };
    Stage::dressed(|settings| settings, dress).await
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_waits_for_the_names_of_all_products() {
    let shelf = Arc::new(Shelf { open: watch::Sender::new(false), log: Mutex::default() });
    let mut stage = stage(&shelf).await;
    stage.writes("hi").await;
    stage.sees().await;
    stage.writes("kikoy").await;
    let shown = stage.sees().await;
    assert!(shown.to_string().contains("Kikoy beach dress"), "by the shop's own search: {shown}");
    assert_eq!((shelf.asked("names"), shelf.asked("q kikoy"), shelf.asked("skus")), (1, 1, 0));

    // The shop's own search knows no word that is spelt like this.
    shelf.open.send_replace(true);
    let mut found = String::new();
    for attempt in 0..20 {
        stage.taps("Search again").await;
        stage.sees().await;
        stage.writes(&format!("sissal sendals {attempt}")).await;
        found = stage.sees().await.to_string();
        if shelf.asked("skus") > 0 {
            break;
        }
    }
    assert!(found.contains("Sisal sandals"), "{found}");
    assert_eq!(shelf.asked("names"), 1);

    // The settings are read again, and a flow that somebody has changed.
    stage.reload(|settings| settings).await;
    let flow = stage.folder.path().join("boutique/corner.duka");
    let text = std::fs::read_to_string(&flow).expect("a flow");
    std::fs::write(&flow, text.replace("See you.", "Bye.")).expect("a writable folder");
    stage.reload(|settings| settings).await;
    let before = shelf.asked("skus");
    stage.taps("Search again").await;
    stage.sees().await;
    stage.writes("kangga sumer").await;
    let found = stage.sees().await.to_string();
    assert!(found.contains("Kanga summer dress"), "{found}");
    assert_eq!((shelf.asked("names"), shelf.asked("skus") > before), (1, true), "the names are still known");
    stage.end().await;
}
