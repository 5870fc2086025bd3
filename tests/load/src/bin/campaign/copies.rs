//! Copies, swaps and batches: 100,000 deliveries of which many came before.

use std::collections::BTreeSet;
use std::io;
use std::time::{Duration, Instant};

use duka_load::generator::{Client, unix};
use duka_load::process::number;
use duka_load::webhook::{Webhooks, phone};

use crate::Arguments;
use crate::chance::Chance;
use crate::oracle::answers;
use crate::stage::Stage;

const CUSTOMERS: u64 = 500;
const DELIVERIES: usize = 100_000;
const PLAN: &str = "[limits]\nwindow = false\npair = false\nthroughput = 0\n[statuses]\noff = true\n";

/// # Errors
/// A process that does not start, a webhook that is not taken.
pub async fn run(arguments: &Arguments, seed: u64) -> io::Result<bool> {
    let mut chance = Chance(seed);
    let stage = Stage::set(arguments, PLAN, seed, 1).await?;
    let server = stage.setup(arguments, 0).start().await?;
    let deliveries = deliveries(&mut chance);
    let messages: BTreeSet<(u64, u64)> = deliveries.iter().copied().collect();
    let webhooks = Webhooks::new(&stage.address, "/webhooks/whatsapp", &number(0), seed);
    let mut clients = Vec::new();
    for _ in 0..8 {
        clients.push(Client::connect(&stage.address).await?);
    }
    let (begun, mut posted, mut rest) = (Instant::now(), 0, deliveries.as_slice());
    while !rest.is_empty() {
        let mut posts = Vec::new();
        for client in &mut clients {
            let (batch, after) = rest.split_at((chance.within(1, 50) as usize).min(rest.len()));
            rest = after;
            if !batch.is_empty() {
                posts.push((client, webhooks.texts(batch, unix())));
            }
        }
        // Eight at the same time: copies of one message meet each other on different connections.
        posted += posts.len();
        let posts: Vec<_> =
            posts.into_iter().map(|(client, request)| async move { client.post(&request).await }).collect();
        for status in join(posts).await {
            if status? != 200 {
                return Err(io::Error::other("a webhook was refused"));
            }
        }
    }
    let elapsed = begun.elapsed();
    let (lost, double) = wait(&stage, &messages).await?;
    println!(
        "{DELIVERIES} deliveries in {posted} webhooks and {} s, {} messages: lost {lost}, counted twice or answered twice {double}",
        elapsed.as_secs(),
        messages.len()
    );
    server.stop().await?;
    stage.clear(lost + double == 0).await
}

async fn join<T>(futures: Vec<impl Future<Output = T>>) -> Vec<T> {
    let mut futures: Vec<_> = futures.into_iter().map(Box::pin).collect();
    let mut done: Vec<Option<T>> = futures.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        for (future, done) in futures.iter_mut().zip(&mut done) {
            if done.is_none()
                && let std::task::Poll::Ready(value) = future.as_mut().poll(context)
            {
                *done = Some(value);
            }
        }
        if done.iter().all(Option::is_some) { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    done.into_iter().flatten().collect()
}

/// By customer and token. Three in ten come again, somewhere later; one in ten changes places with the one before.
fn deliveries(chance: &mut Chance) -> Vec<(u64, u64)> {
    let mut all: Vec<(u64, u64)> = Vec::with_capacity(DELIVERIES);
    let mut next = vec![0; CUSTOMERS as usize];
    while all.len() < DELIVERIES {
        if !all.is_empty() && chance.within(0, 9) < 3 {
            let earlier = chance.within(0, all.len() as u64 - 1) as usize;
            all.push(all[earlier]);
            continue;
        }
        let customer = chance.within(0, CUSTOMERS - 1);
        next[customer as usize] += 1;
        all.push((customer, next[customer as usize]));
        if chance.within(0, 9) == 0 && all.len() > 1 {
            let last = all.len() - 1;
            all.swap(last, last - 1);
        }
    }
    all
}

/// Each message has one number of its conversation, and the numbers leave no gap.
async fn wait(stage: &Stage, messages: &BTreeSet<(u64, u64)>) -> io::Result<(usize, usize)> {
    let (mut last, mut moved) = (0, Instant::now());
    loop {
        let answers = answers(&stage.journal)?;
        let answered = answers.values().map(std::collections::BTreeMap::len).sum::<usize>();
        if answered != last {
            (last, moved) = (answered, Instant::now());
        }
        if answered < messages.len() && moved.elapsed() < Duration::from_secs(30) {
            tokio::time::sleep(Duration::from_millis(500)).await;
            continue;
        }
        let mut double = 0;
        for tokens in answers.values() {
            let numbers: BTreeSet<u64> = tokens.values().flatten().map(|(_, n)| *n).collect();
            let given: usize = tokens.values().map(Vec::len).sum();
            let highest = numbers.last().map_or(0, |n| *n as usize);
            double += given - tokens.len() + highest.abs_diff(numbers.len());
        }
        let lost = messages.iter().filter(|(customer, token)| {
            answers.get(&phone(*customer).to_string()).is_none_or(|tokens| !tokens.contains_key(token))
        });
        return Ok((lost.count(), double));
    }
}
