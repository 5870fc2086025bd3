//! T14: a server that starts with 100,000 events and 100,000 sends in its queues. How soon is it ready, how much memory does
//! it take, how evenly does it send, and does a reply of that moment pass the queue?

use std::io;
use std::time::{Duration, Instant};

use duka_load::bars;
use duka_load::generator::{self, Client, Kind, unix};
use duka_load::postgres;
use duka_load::process::{self, Process, Setup, get, number};
use duka_load::webhook::{Webhooks, phone};

use crate::{ACCEPTED, NOBODY, On, PATH, Place, checked, target};

const MANY: u64 = 100_000;
/// Messages a second that the provider lets a number send.
const RATE: u32 = 1_000;
/// Without the rest of the draining, which only takes its time.
const BRIEF: Duration = Duration::from_secs(32);
/// Whoever writes while the queue is drained.
const NEWCOMER: u64 = 9_000_000;
const PLAN: &str = "[limits]\nwindow = false\npair = false\nthroughput = 0\n[statuses]\noff = true\n";

/// # Errors
/// A process that does not start, or refuses.
pub async fn drain(on: &On<'_>) -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    let mut setup = on.setup(folder.path(), NOBODY, 1).await?;
    fill(on, &setup).await?;
    let plan = folder.path().join("plan.toml");
    std::fs::write(&plan, PLAN)?;
    let graph = process::graph(&on.arguments.duka, folder.path(), &["--plan", &plan.display().to_string()]).await?;
    (setup.graph, setup.per_number) = (format!("http://{}", graph.address), RATE);
    let process = setup.start().await?;
    println!("| T14 ready, ms, {} | | {} | | |", on.place, process.ready_in.as_millis());
    let begun = Instant::now();
    // The first seconds spend what a number may send at once.
    tokio::time::sleep(Duration::from_secs(3)).await;
    let (before, since) = (process.metric(ACCEPTED).await, Instant::now());
    let reply = newcomer(&process, &graph.address).await?;
    let mut emptied = None;
    let mut evenly = 0.0;
    loop {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let accepted = process.metric(ACCEPTED).await;
        if since.elapsed() < Duration::from_secs(30) || evenly == 0.0 {
            evenly = (accepted - before) / since.elapsed().as_secs_f64();
        }
        if emptied.is_none() && process.metric("duka_inbox_rows").await == 0.0 {
            emptied = Some(begun.elapsed());
        }
        let is_seen = on.arguments.judging.is_brief() && since.elapsed() > BRIEF;
        if is_seen || process.metric("duka_sends_open").await == 0.0 && emptied.is_some() {
            break;
        }
        if begun.elapsed() > Duration::from_secs(900) {
            return Err(io::Error::other("the queues do not drain"));
        }
    }
    let (_, most) = process.memory();
    println!("| T14 highest memory, MiB, {} | | {most:.0} | | |", on.place);
    println!("| T14 sends/s of {RATE} allowed, {} | | {evenly:.0} | {:.2} | |", on.place, evenly / f64::from(RATE));
    println!("| T14 a reply meanwhile, ms, {} | | {} | | |", on.place, reply.as_millis());
    println!(
        "| T14 drained, s, {} | | {} | | the inbox after {} |",
        on.place,
        begun.elapsed().as_secs(),
        emptied.unwrap_or_default().as_secs()
    );
    let (judge, share) = (on.judge, evenly / f64::from(RATE));
    judge.see(&bars::T14_READY, &on.place, process.ready_in.as_secs_f64() * 1_000.0);
    judge.see(&bars::T14_MEMORY, &on.place, most);
    judge.see(&bars::T14_EVEN_LEAST, &on.place, share);
    judge.see(&bars::T14_EVEN_MOST, &on.place, share);
    judge.see(&bars::T14_REPLY, &on.place, reply.as_secs_f64() * 1_000.0);
    process.stop().await?;
    graph.kill().await
}

/// From a message until its answer is with the customer.
async fn newcomer(process: &Process, graph: &str) -> io::Result<Duration> {
    let webhooks = Webhooks::new(&process.address, PATH, &number(0), 1);
    let written = Instant::now();
    let status = Client::connect(&process.address).await?.post(&webhooks.text(NEWCOMER, 1, unix())).await?;
    let seen = get(graph, &format!("/control/customer/{}?after=0&wait_ms=60000", phone(NEWCOMER))).await;
    match seen {
        Some((200, body)) if status == 200 && body.contains("ack 1") => Ok(written.elapsed()),
        seen => Err(io::Error::other(format!("the newcomer had no answer: {status}, {seen:?}"))),
    }
}

/// Has a server queue sends that go nowhere; then puts an event into the inbox of each conversation.
async fn fill(on: &On<'_>, setup: &Setup<'_>) -> io::Result<()> {
    let mut process = setup.start().await?;
    let aim = generator::Target { most: MANY, ..target(&process.address, MANY, 1, Kind::Text) };
    checked(generator::closed(&aim, on.arguments.connections, Duration::from_secs(600)).await)?;
    process.kill_now().await?;
    // After a kill nothing is fused: events pass through the inbox, where one is caught.
    let process = setup.start().await?;
    let aim = target(&process.address, MANY, 1, Kind::Text);
    let (outcome, event) =
        tokio::join!(generator::closed(&aim, on.arguments.connections, Duration::from_secs(2)), event(on, setup));
    checked(outcome)?;
    let event = event?;
    process.stop().await?;
    queue(on, setup, &event).await
}

const CATCH: &str = "SELECT body FROM inbox WHERE kind = 2 LIMIT 1";

async fn event(on: &On<'_>, setup: &Setup<'_>) -> io::Result<Vec<u8>> {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(2) {
        let found = match &on.place {
            Place::Sqlite => {
                let open = rusqlite::Connection::open(&setup.database);
                open.and_then(|database| database.query_row(CATCH, [], |row| row.get(0))).ok()
            }
            Place::Postgres(_) => postgres::ask::<Vec<u8>>(&setup.database, CATCH).await?,
        };
        if let Some(found) = found {
            return Ok(found);
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    Err(io::Error::other("no event passed through the inbox"))
}

/// What is queued already becomes the bulk that replies must pass.
async fn queue(on: &On<'_>, setup: &Setup<'_>, event: &[u8]) -> io::Result<()> {
    let event = hex::encode(event);
    let insert = |literal: String| {
        format!(
            "UPDATE outbox SET lane = 3;
             DELETE FROM inbox;
             INSERT INTO inbox (shop, conversation, kind, received_ms, attempts, body)
             SELECT shop, id, 2, last_inbound_ms, 0, {literal} FROM conversation LIMIT {MANY};"
        )
    };
    match &on.place {
        Place::Sqlite => {
            let database = rusqlite::Connection::open(&setup.database).map_err(io::Error::other)?;
            database.execute_batch(&insert(format!("x'{event}'"))).map_err(io::Error::other)
        }
        Place::Postgres(_) => postgres::run(&setup.database, &insert(format!("'\\x{event}'::bytea"))).await,
    }
}
