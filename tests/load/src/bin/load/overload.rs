//! T13: one shop gets ten times its share, and then all that a flood can bring; how long customers of the other shops
//! wait for their replies, beside a quiet time in the same run. Replies are timed from when each message was due to when
//! the stand-in for the Graph API took the answer.

use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use hdrhistogram::Histogram;
use serde::Deserialize;

use crate::generator::{Client, run_id, unix};
use crate::process::{self, Process, Setup, number};
use crate::webhook::Webhooks;

const SHOPS: usize = 10;
/// Webhooks a second of each shop in its share.
const SHARE: u64 = 40;
const TIMES: u64 = 10;
const LANES: u64 = 32;
/// Connections of a flood, each posting as fast as it is answered.
const FLOODING: u64 = 64;
/// How long replies may take to come in after the last webhook.
const DRAIN: Duration = Duration::from_secs(120);
/// The stand-in takes whatever is well formed, and keeps what it took.
const PLAN: &str = "[limits]\nwindow = false\npair = false\nthroughput = 0\nmedia = false\ntemplates = false\n";
const PATH: &str = "/webhooks/whatsapp";

/// What the first shop gets.
#[derive(Clone, Copy, PartialEq)]
enum Noise {
    Share,
    Tenfold,
    Flood,
}

/// When each acknowledged message of the other shops was due, ms since 1970, by its number.
type Due = HashMap<u64, i64>;

#[derive(Deserialize)]
struct Attempt {
    at_ms: i64,
    number: String,
    #[serde(default)]
    accepted: String,
    body: Option<Body>,
}

#[derive(Deserialize)]
struct Body {
    text: Option<Text>,
}

#[derive(Deserialize)]
struct Text {
    body: String,
}

fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64)
}

/// Prints three rows: quiet, tenfold, flood.
///
/// # Errors
/// A process or a connection failed.
pub async fn run(duka: &Path, seconds: u64) -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    let journal = folder.path().join("journal.jsonl");
    let plan = folder.path().join("plan.toml");
    std::fs::write(&plan, PLAN)?;
    let more = ["--plan", &plan.display().to_string(), "--journal", &journal.display().to_string()].map(str::to_string);
    let more: Vec<&str> = more.iter().map(String::as_str).collect();
    let graph = process::graph(duka, folder.path(), &more).await?;
    let database = folder.path().join("duka.db").display().to_string();
    let server = Setup::new(duka, folder.path(), database, format!("http://{}", graph.address), SHOPS)?.start().await?;
    let numbers = Arc::new(AtomicU64::new(0));
    let mut quiet = None;
    for noise in [Noise::Share, Noise::Tenfold, Noise::Flood] {
        let told = phase(&server, &journal, noise, Duration::from_secs(seconds), &numbers).await?;
        let p99 = told.latency.value_at_quantile(0.99);
        let bound = quiet.map_or(String::new(), |quiet: u64| format!(", allowed {}", (3 * quiet).max(1_000)));
        quiet.get_or_insert(p99);
        let name = match noise {
            Noise::Share => format!("quiet: {SHOPS} shops, {SHARE}/s each"),
            Noise::Tenfold => format!("one shop {TIMES}x its share"),
            Noise::Flood => "one shop floods as fast as it is answered".to_string(),
        };
        println!(
            "| T13 {name}: replies of the other shops, ms | | p50 {} p99 {p99} | | {} replies, {} lost{bound}; first shop {:.0}/s taken, {} refused; {:.0} MiB |",
            told.latency.value_at_quantile(0.5),
            told.latency.len(),
            told.lost,
            told.noisy as f64 / seconds as f64,
            told.refused,
            server.memory().1,
        );
    }
    server.stop().await?;
    graph.kill().await
}

struct Told {
    latency: Histogram<u64>,
    lost: u64,
    noisy: u64,
    refused: u64,
}

async fn phase(
    server: &Process,
    journal: &Path,
    noise: Noise,
    period: Duration,
    numbers: &Arc<AtomicU64>,
) -> io::Result<Told> {
    let run = run_id();
    let rate = SHARE * (SHOPS as u64 - 1);
    let begun = (Instant::now(), now_ms());
    let others: Vec<_> = (0..LANES)
        .map(|lane| {
            tokio::spawn(lane_of_others(server.address.clone(), run, begun, lane, rate, period, numbers.clone()))
        })
        .collect();
    let noisy: Vec<_> = match noise {
        Noise::Share | Noise::Tenfold => {
            let rate = if noise == Noise::Share { SHARE } else { SHARE * TIMES };
            (0..LANES)
                .map(|lane| tokio::spawn(noisy(server.address.clone(), run, begun.0, Some((lane, rate)), period)))
                .collect()
        }
        Noise::Flood => {
            (0..FLOODING).map(|_| tokio::spawn(noisy(server.address.clone(), run, begun.0, None, period))).collect()
        }
    };
    let mut due = Due::new();
    for lane in others {
        due.extend(lane.await.map_err(io::Error::other)??);
    }
    let (mut taken, mut refused) = (0, 0);
    for lane in noisy {
        let (yes, no) = lane.await.map_err(io::Error::other)??;
        taken += yes;
        refused += no;
    }
    let waiting = Instant::now();
    loop {
        let (latency, lost) = replies(journal, &due)?;
        if lost == 0 || waiting.elapsed() > DRAIN {
            drained(server, DRAIN).await;
            return Ok(Told { latency, lost, noisy: taken, refused });
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

/// Waits until the first shop's backlog is gone too, so that the next phase begins quietly.
async fn drained(server: &Process, most: Duration) {
    let begun = Instant::now();
    while begun.elapsed() < most {
        if server.metric("duka_sends_open").await + server.metric("duka_inbox_rows").await == 0.0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Customers of all shops but the first, at a fixed rate.
async fn lane_of_others(
    address: String,
    run: u64,
    begun: (Instant, i64),
    lane: u64,
    rate: u64,
    period: Duration,
    numbers: Arc<AtomicU64>,
) -> io::Result<Due> {
    let webhooks: Vec<_> = (1..SHOPS).map(|shop| Webhooks::new(&address, PATH, &number(shop), run)).collect();
    let mut client = Client::connect(&address).await?;
    let mut taken = Due::new();
    for n in (lane..).step_by(LANES as usize) {
        let after = Duration::from_micros(n * 1_000_000 / rate);
        if after >= period {
            break;
        }
        tokio::time::sleep_until((begun.0 + after).into()).await;
        let id = numbers.fetch_add(1, Ordering::Relaxed);
        let request = webhooks[n as usize % webhooks.len()].text(n % 1_000, id, unix());
        if client.post(&request).await? == 200 {
            taken.insert(id, begun.1 + after.as_millis() as i64);
        }
    }
    Ok(taken)
}

/// Customers of the first shop: one lane of a rate, or as fast as they are answered.
async fn noisy(
    address: String,
    run: u64,
    begun: Instant,
    lane: Option<(u64, u64)>,
    period: Duration,
) -> io::Result<(u64, u64)> {
    static NEXT: AtomicU64 = AtomicU64::new(1 << 40);
    let webhooks = Webhooks::new(&address, PATH, &number(0), run);
    let mut client = Client::connect(&address).await?;
    let (mut taken, mut refused, mut n) = (0, 0, lane.map_or(0, |(lane, _)| lane));
    loop {
        let after = lane.map_or(begun.elapsed(), |(_, rate)| Duration::from_micros(n * 1_000_000 / rate));
        if after >= period {
            return Ok((taken, refused));
        }
        if lane.is_some() {
            tokio::time::sleep_until((begun + after).into()).await;
        }
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        match client.post(&webhooks.text(id % 1_000, id, unix())).await? {
            200 => taken += 1,
            _ => refused += 1,
        }
        n += LANES;
    }
}

/// How long each reply took, in ms, and how many have not come.
fn replies(journal: &Path, due: &Due) -> io::Result<(Histogram<u64>, u64)> {
    let mut latency = Histogram::new_with_bounds(1, 600_000, 3).expect("the bounds are in order");
    let first = number(0);
    for line in std::fs::read_to_string(journal)?.lines() {
        let Ok(attempt) = serde_json::from_str::<Attempt>(line) else { continue };
        if attempt.number == first || attempt.accepted.is_empty() {
            continue;
        }
        let text = attempt.body.and_then(|body| body.text).map(|text| text.body).unwrap_or_default();
        let token = text.strip_prefix("ack ").and_then(|rest| rest.split_once(" n=")).map(|(token, _)| token);
        let due = token.and_then(|token| token.parse().ok()).and_then(|token: u64| due.get(&token));
        if let Some(due_ms) = due {
            latency.saturating_record((attempt.at_ms - due_ms).max(1) as u64);
        }
    }
    let lost = due.len() as u64 - latency.len().min(due.len() as u64);
    Ok((latency, lost))
}
