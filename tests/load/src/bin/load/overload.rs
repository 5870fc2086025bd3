//! T13: one shop gets ten times its share, and then all that a flood can bring; how long customers of the other shops
//! wait for their replies, beside a quiet time in the same run. Replies are timed from when each message was due to when
//! the stand-in for the Graph API took the answer.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use duka_load::bars;
use duka_load::generator::{Client, now_ms, run_id, unix};
use duka_load::process::{Process, number};
use duka_load::replies::{self, Due};
use duka_load::webhook::Webhooks;
use hdrhistogram::Histogram;

use crate::{On, PATH};

const SHOPS: usize = 10;
/// Webhooks a second of each shop in its share.
const SHARE: u64 = 40;
const TIMES: u64 = 10;
const LANES: u64 = 32;
/// Connections of a flood, each posting as fast as it is answered.
const FLOODING: u64 = 64;
/// How long replies may take to come in after the last webhook.
const DRAIN: Duration = Duration::from_secs(120);

/// What the first shop gets.
#[derive(Clone, Copy, PartialEq)]
enum Noise {
    Share,
    Tenfold,
    Flood,
}

/// Prints three rows: quiet, tenfold, flood. The tenfold one is T13; of a flood only losses and memory are judged.
///
/// # Errors
/// A process or a connection failed.
pub async fn run(on: &On<'_>) -> io::Result<()> {
    let seconds = on.arguments.seconds * 5;
    let folder = tempfile::tempdir()?;
    let (graph, journal) = replies::graph(&on.arguments.duka, folder.path()).await?;
    let server = on.server(folder.path(), &format!("http://{}", graph.address), SHOPS).await?;
    let numbers = Arc::new(AtomicU64::new(0));
    let mut quiet = None;
    for noise in [Noise::Share, Noise::Tenfold, Noise::Flood] {
        let told = phase(&server, &journal, noise, Duration::from_secs(seconds), &numbers).await?;
        let p99 = told.latency.value_at_quantile(0.99);
        let allowed = (3 * *quiet.get_or_insert(p99)).max(1_000);
        let name = match noise {
            Noise::Share => format!("quiet: {SHOPS} shops, {SHARE}/s each"),
            Noise::Tenfold => format!("one shop {TIMES}x its share"),
            Noise::Flood => "one shop floods as fast as it is answered".to_string(),
        };
        println!(
            "| T13 {name}, {}: replies of the other shops, ms | | p50 {} p99 {p99} | | {} replies, {} lost, allowed \
             {allowed}; first shop {:.0}/s taken, {} refused; {:.0} MiB |",
            on.place,
            told.latency.value_at_quantile(0.5),
            told.latency.len(),
            told.lost,
            told.noisy as f64 / seconds as f64,
            told.refused,
            server.memory().1,
        );
        if noise == Noise::Tenfold {
            on.judge.see(&bars::T13_P99, &on.place, p99 as f64 / allowed as f64);
        }
        on.judge.see(&bars::T13_LOST, format!("{}, {name}", on.place), told.lost as f64);
    }
    on.judge.see(&bars::T13_MEMORY, &on.place, server.memory().1);
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
        let (latency, lost) = replies::latencies(journal, &due, &number(0))?;
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
