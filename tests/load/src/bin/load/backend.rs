//! Turns that ask a shop's own system twice: how long customers wait for their replies while it answers, and how long those of
//! other shops wait while one shop's system hangs. The systems are played here, over HTTP; nothing of them is remembered.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::http::{Uri, header};
use axum::response::{IntoResponse, Response};
use duka_load::bars;
use duka_load::generator::{self, Kind};
use duka_load::process;
use duka_load::replies;

use crate::{On, checked, target};

const SHOPS: usize = 10;
/// Turns a second, of all shops.
const RATE: u64 = 50;
/// Connections of the generator, each of one shop.
const LANES: u64 = 64;
/// How long one question takes there: two take 20 ms.
const ANSWERS: Duration = Duration::from_millis(10);
const TIMER: Duration = Duration::from_millis(1);
const HANGS: Duration = Duration::from_secs(30);
/// How long replies may take to come in after the last webhook.
const DRAIN: Duration = Duration::from_secs(60);

const MAPPING: &str = r#"base: BASE
records:
  category: { id: $.id, name: $.name, count: { default: 0 } }
  product:
    sku: $.sku
    name: $.name
    short_name: $.name
    price: { path: $.price, as: money(decimal) }
    stock: $.stock
    stock_text: { default: in stock }
    photo: { default: "https://shop.example/none.png" }
    has_variants: { default: false }
operations:
  catalog.featured: { request: { path: /featured }, remember: false }
  catalog.categories: { request: { path: /categories }, remember: false }
"#;

/// Prints two rows: all systems answer, and one of them hangs.
///
/// # Errors
/// A process that does not start, or refuses.
pub async fn run(on: &On<'_>) -> io::Result<()> {
    let hangs = Arc::new(AtomicBool::new(false));
    let base = start(Arc::clone(&hangs)).await?;
    let mut quiet = None;
    for hung in [false, true] {
        hangs.store(hung, Ordering::Relaxed);
        let (latency, lost) = phase(on, &base).await?;
        let (median, p99) = (latency.value_at_quantile(0.5), latency.value_at_quantile(0.99));
        let name = if hung { "one of 10 shops' systems hangs" } else { "two questions, 20 ms" };
        println!(
            "| {name}, {RATE} turns/s, {}: replies of the other shops, ms | | p50 {median} p99 {p99} | | {} replies, {lost} \
             lost |",
            on.place,
            latency.len()
        );
        on.judge.see(&bars::BACKEND_LOST, format!("{}, {name}", on.place), lost as f64);
        match quiet {
            None => on.judge.see(&bars::BACKEND_MEDIAN, &on.place, median as f64),
            Some(before) => on.judge.see(&bars::BACKEND_HANGS, &on.place, p99 as f64 / before),
        }
        quiet = Some(p99 as f64);
    }
    Ok(())
}

async fn phase(on: &On<'_>, base: &str) -> io::Result<(hdrhistogram::Histogram<u64>, u64)> {
    let folder = tempfile::tempdir()?;
    for n in 0..SHOPS {
        asks(&folder.path().join(format!("shops/counter{n}")), n, base)?;
    }
    let (graph, journal) = replies::graph(&on.arguments.duka, folder.path()).await?;
    let server = on.server(folder.path(), &format!("http://{}", graph.address), SHOPS).await?;
    let period = Duration::from_secs(on.arguments.seconds * 5);
    let outcome = checked(generator::open(&target(&server.address, 1_000, SHOPS, Kind::Text), RATE, period).await)?;
    let of_others = |n: &u64| !((n % LANES) as usize).is_multiple_of(SHOPS);
    let due = (0..outcome.answered).filter(of_others).map(|n| (n, outcome.begun_ms + (n * 1_000 / RATE) as i64));
    let due = due.collect();
    let waiting = Instant::now();
    loop {
        let (latency, lost) = replies::latencies(&journal, &due, &process::number(0))?;
        if lost == 0 || waiting.elapsed() > DRAIN {
            server.stop().await?;
            graph.kill().await?;
            return Ok((latency, lost));
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

/// The shop that counts, asking its own system twice for each message.
fn asks(shop: &Path, n: usize, base: &str) -> io::Result<()> {
    process::copy_shop(shop, n, false)?;
    let flow = shop.join("counter.duka");
    let text = std::fs::read_to_string(&flow)?;
    let questions = "  call things = catalog.featured()\n  call kinds = catalog.categories()\n";
    std::fs::write(flow, text.replace("  say: ack", &format!("{questions}  say: ack")))?;
    let profile = std::fs::read_to_string(shop.join("shop.yaml"))?;
    std::fs::write(shop.join("shop.yaml"), profile + "\nadapters: { catalog: rest }\n")?;
    std::fs::write(shop.join("catalog.rest.yaml"), MAPPING.replace("BASE", &format!("{base}/shop{n}")))
}

async fn start(hangs: Arc<AtomicBool>) -> io::Result<String> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let place = format!("http://{}", listener.local_addr()?);
    let routes = Router::new().fallback(answer).with_state(hangs);
    tokio::spawn(async move { axum::serve(listener, routes).await });
    Ok(place)
}

async fn answer(State(hangs): State<Arc<AtomicBool>>, uri: Uri) -> Response {
    let hung = hangs.load(Ordering::Relaxed) && uri.path().starts_with("/shop0/");
    let begun = Instant::now();
    // A timer is up to a millisecond late, and what is measured is not the shop's own system.
    tokio::time::sleep(if hung { HANGS } else { ANSWERS.saturating_sub(TIMER) }).await;
    while begun.elapsed() < ANSWERS {
        tokio::task::yield_now().await;
    }
    let body = if uri.path().ends_with("/featured") {
        r#"[{"sku": "a", "name": "Kikoy", "price": "25.00", "stock": 3}, {"sku": "b", "name": "Kanga", "price": "9.50", "stock": 1}]"#
    } else {
        r#"[{"id": "d", "name": "Dresses"}, {"id": "s", "name": "Shoes"}]"#
    };
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}
