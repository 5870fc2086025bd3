//! What customers type, over a catalogue of 10,000 things of a backend that takes words literally: what is found, how often
//! the backend is asked, and that prices are those of the moment. Counts requests and things, not milliseconds.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::extract::{Query, State};
use axum::routing::get;
use axum::{Json, Router};
use duka_tests::catalogue::catalogue;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::mapped::Mapped;

/// A backend's shelf.
struct Shelf {
    things: Vec<(String, String)>,
    cents: AtomicI64,
    names_asked: AtomicUsize,
    /// Whether names are given; until then they are waited for.
    open: watch::Sender<bool>,
    asked: AtomicUsize,
    given: AtomicUsize,
    log: Mutex<Vec<String>>,
}

type Wanted = Query<BTreeMap<String, String>>;

impl Shelf {
    async fn start() -> (Arc<Shelf>, String) {
        let shelf = Arc::new(Shelf {
            things: catalogue(10_000),
            cents: AtomicI64::new(100_000),
            names_asked: AtomicUsize::new(0),
            open: watch::Sender::new(true),
            asked: AtomicUsize::new(0),
            given: AtomicUsize::new(0),
            log: Mutex::default(),
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let place = format!("http://{}", listener.local_addr().expect("it listens"));
        let routes = Router::new().route("/names", get(names)).route("/products", get(products));
        let routes = routes.with_state(Arc::clone(&shelf));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        (shelf, place)
    }

    fn shown(&self, (sku, title): &(String, String)) -> Value {
        let cents = self.cents.load(Ordering::Relaxed);
        json!({ "sku": sku, "title": title, "price": cents, "stock": 3 })
    }
}

async fn names(State(shelf): State<Arc<Shelf>>, Query(wanted): Wanted) -> Json<Value> {
    shelf.names_asked.fetch_add(1, Ordering::Relaxed);
    let _ = shelf.open.subscribe().wait_for(|open| *open).await;
    let page: usize = wanted["page"].parse().expect("a number");
    let part = shelf.things.iter().skip((page - 1) * 5_000).take(5_000);
    Json(part.map(|(sku, title)| json!({ "sku": sku, "title": title })).collect())
}

/// By numbers, or by words that must stand in the name just so; at most twenty.
async fn products(State(shelf): State<Arc<Shelf>>, Query(wanted): Wanted) -> Json<Value> {
    shelf.asked.fetch_add(1, Ordering::Relaxed);
    let fits = |(sku, title): &&(String, String)| match (wanted.get("skus"), wanted.get("q")) {
        (Some(skus), _) => skus.split(',').any(|wanted| wanted == sku),
        (None, Some(words)) => title.to_lowercase().contains(&words.to_lowercase()),
        (None, None) => false,
    };
    let found: Vec<Value> = shelf.things.iter().filter(fits).take(20).map(|thing| shelf.shown(thing)).collect();
    shelf.given.fetch_add(found.len(), Ordering::Relaxed);
    shelf.log.lock().expect("nobody panicked").push(wanted.values().cloned().collect());
    Json(json!({ "data": found }))
}

fn mapping(place: &str, search: &str) -> String {
    format!(
        "base: {place}
records:
  product:
    sku: $.sku
    name: $.title
    short_name: $.title
    price: {{ path: $.price, as: money(minor) }}
    stock: $.stock
    stock_text: {{ default: in stock }}
    photo: {{ default: \"https://shop.example/none.png\" }}
    has_variants: {{ default: false }}
operations:
  catalog.search:
{search}
    select: $.data
"
    )
}

const INDEXED: &str = "    request: { path: /products, query: { skus: \"{found}\" } }
    search:
      id: $.sku
      words: [$.title]
      index:
        request: { path: /names }
        select: $
        page: { by: number, query: page, size: { query: size, is: 5000 } }";

const PIECES: &str = "    request: { path: /products, query: { q: \"{text}\" } }
    search: { id: $.sku, words: [$.title], most: 3 }";

/// What is typed, and words that the first thing's name must have; empty: nothing is found.
const TYPED: &[(&str, &[&str])] = &[
    ("blue cotton dress", &["Blue", "cotton", "dress"]),
    ("purpel velvt trowsers", &["Purple", "velvet", "trousers"]),
    ("I am looking for LEATHER SENDALS in brown", &["Brown", "leather", "sandals"]),
    ("necklase", &["necklace"]),
    ("فستان ازرق", &["فستان"]),
    ("حقيبه جلدية", &["الحقيبة"]),
    ("viatu", &["Kiatu"]),
    ("creme brulee", &["Crème"]),
    ("kikoy", &["Kikoy"]),
    ("a flying carpet", &[]),
];

#[tokio::test]
async fn words_as_people_spell_them_find_what_is_there_without_a_full_pull_for_each_message() {
    let (shelf, place) = Shelf::start().await;
    let shop = Mapped::new("KES", "catalog", &mapping(&place, INDEXED));
    let mut wrong = Vec::new();
    for (typed, expected) in TYPED {
        let arguments = json!([typed]).to_string();
        let told = shop.ask("catalog.search", &arguments, 5_000, &["/0/name", "/10/name"]).await;
        let fits = expected.iter().all(|word| told.contains(word)) && told.ends_with(" -");
        if !fits || expected.is_empty() != told.starts_with("- ") {
            wrong.push(format!("{typed}: {told}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // Two pages of names for all searches; one request of at most ten things for each that found something.
    assert_eq!(shelf.names_asked.load(Ordering::Relaxed), 3, "two full pages and the end");
    assert_eq!(shelf.asked.load(Ordering::Relaxed), TYPED.len() - 1);
    assert!(shelf.given.load(Ordering::Relaxed) <= 10 * TYPED.len());

    shelf.cents.store(123_400, Ordering::Relaxed);
    let told = shop.ask("catalog.search", "[\"kikoy\"]", 5_000, &["/0/sku", "/0/price", "/1"]).await;
    assert_eq!(told, r#""K/7 %" "KES 1234.00" -"#, "the price is of this moment");
    assert_eq!(shelf.names_asked.load(Ordering::Relaxed), 3, "the names are still fresh");
}

#[tokio::test]
async fn a_backend_without_a_list_of_names_is_asked_for_pieces_of_the_words() {
    let (shelf, place) = Shelf::start().await;
    let shop = Mapped::new("KES", "catalog", &mapping(&place, PIECES));
    let cases = [
        ("blue cotton dress", "dress", 1),
        ("necklase", "necklace", 3),
        ("sendals", "sandals", 4),
        ("flying carpet", "-", 5),
    ];
    for (typed, expected, most) in cases {
        shelf.asked.store(0, Ordering::Relaxed);
        let arguments = json!([typed]).to_string();
        let told = shop.ask("catalog.search", &arguments, 5_000, &["/0/name"]).await;
        let log = std::mem::take(&mut *shelf.log.lock().expect("nobody panicked"));
        assert!(told.contains(expected), "{typed}: {told} after {log:?}");
        let asked = shelf.asked.load(Ordering::Relaxed);
        assert!(asked <= most, "{typed}: {log:?}");
    }
}

#[tokio::test]
async fn names_that_take_longer_than_a_search_are_there_for_a_later_one() {
    let (shelf, place) = Shelf::start().await;
    let shop = Mapped::new("KES", "catalog", &mapping(&place, INDEXED));
    shelf.open.send_replace(false);
    let search = async |left_ms| {
        shop.keep_names("catalog.search");
        shop.ask("catalog.search", "[\"purpel scarf\"]", left_ms, &["/0/name"]).await
    };
    for _ in 0..3 {
        assert_eq!(search(100).await, "timed out");
    }
    assert_eq!(shelf.names_asked.load(Ordering::Relaxed), 1, "one goes on asking for all of them");
    shelf.open.send_replace(true);
    let told = search(60_000).await;
    assert!(told.contains("Purple") && told.contains("scarf"), "{told}");
    assert_eq!(shelf.names_asked.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn many_who_search_at_once_have_the_names_asked_for_once() {
    let (shelf, place) = Shelf::start().await;
    let shop = Arc::new(Mapped::new("KES", "catalog", &mapping(&place, INDEXED)));
    let searches = (0..20).map(|_| {
        let shop = Arc::clone(&shop);
        tokio::spawn(async move { shop.ask("catalog.search", "[\"silk scarf\"]", 10_000, &["/0/name"]).await })
    });
    for search in searches.collect::<Vec<_>>() {
        let told = search.await.expect("nobody panicked");
        assert!(told.contains("silk scarf"), "{told}");
    }
    assert_eq!(shelf.names_asked.load(Ordering::Relaxed), 3);
}
