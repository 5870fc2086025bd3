//! Copies, swaps and batches: 100,000 deliveries of which many came before.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::time::{Duration, Instant};

use duka_load::bars;
use duka_load::generator::{Client, unix};
use duka_load::process::number;
use duka_load::webhook::{Webhooks, phone};

use crate::Turn;
use crate::chance::Chance;
use crate::oracle::{Answers, answers};
use crate::stage::Stage;

const CUSTOMERS: u64 = 500;
/// At once: copies of one message meet each other on different connections.
const CONNECTIONS: usize = 8;
const DELIVERIES: usize = 100_000;
const PLAN: &str = "[limits]\nwindow = false\npair = false\nthroughput = 0\n[statuses]\noff = true\n";

/// A message: its customer and its token.
type Message = (u64, u64);

/// When a message came first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct First {
    /// Of webhooks that were posted together.
    round: usize,
    /// Which of them; `None`: several, and nobody can say which of them was first.
    webhook: Option<usize>,
    place: usize,
}

/// # Errors
/// A process that does not start, a webhook that is not taken.
pub async fn run(turn: &Turn<'_>) -> io::Result<bool> {
    let (arguments, mut chance) = (turn.arguments, Chance(turn.seed));
    let stage = Stage::set(arguments, PLAN, turn.seed, 1).await?;
    let server = stage.setup(arguments, 0).start().await?;
    let deliveries = deliveries(&mut chance);
    let begun = Instant::now();
    let (posted, came) = post(&stage, &deliveries, turn.seed, &mut chance).await?;
    let elapsed = begun.elapsed();
    let (lost, double, answers) = wait(&stage, came.keys().copied().collect()).await?;
    let (compared, disorder) = order(&came, &answers);
    println!(
        "{DELIVERIES} deliveries in {posted} webhooks and {} s, {} messages: lost {lost}, counted twice or answered twice \
         {double}, out of order {disorder} of {compared} that came after another for certain",
        elapsed.as_secs(),
        came.len()
    );
    server.stop().await?;
    let (judge, on) = (turn.judge, format!("T10, {}", turn.place()));
    judge.see(&bars::LOST, &on, lost as f64);
    judge.see(&bars::DOUBLE, &on, double as f64);
    judge.see(&bars::DISORDER, &on, disorder as f64);
    judge.see_size(&bars::T10_DELIVERIES, turn.place(), deliveries.len() as f64);
    stage.clear(lost + double + disorder == 0).await
}

/// Posts everything in webhooks of 1 to 50, several together; how many webhooks, and when each message came first.
async fn post(
    stage: &Stage,
    deliveries: &[Message],
    seed: u64,
    chance: &mut Chance,
) -> io::Result<(usize, BTreeMap<Message, First>)> {
    let webhooks = Webhooks::new(&stage.address, "/webhooks/whatsapp", &number(0), seed);
    let mut clients = Vec::new();
    for _ in 0..CONNECTIONS {
        clients.push(Client::connect(&stage.address).await?);
    }
    let (mut posted, mut rest, mut came) = (0, deliveries, BTreeMap::new());
    for round in 0.. {
        if rest.is_empty() {
            break;
        }
        let mut posts = Vec::new();
        for (at, client) in clients.iter_mut().enumerate() {
            let (batch, after) = rest.split_at((chance.within(1, 50) as usize).min(rest.len()));
            rest = after;
            for (place, message) in batch.iter().enumerate() {
                let first = came.entry(*message).or_insert(First { round, webhook: Some(at), place });
                if first.round == round && first.webhook != Some(at) {
                    first.webhook = None;
                }
            }
            if !batch.is_empty() {
                posts.push((client, webhooks.texts(batch, unix())));
            }
        }
        posted += posts.len();
        let posts: Vec<_> =
            posts.into_iter().map(|(client, request)| async move { client.post(&request).await }).collect();
        for status in join(posts).await {
            if status? != 200 {
                return Err(io::Error::other("a webhook was refused"));
            }
        }
    }
    Ok((posted, came))
}

/// How many messages came after an earlier one of their customer for certain, and how many of them were counted or answered
/// before it. Of webhooks that were posted together nobody can say which came first.
fn order(came: &BTreeMap<Message, First>, answers: &Answers) -> (usize, usize) {
    let mut of: BTreeMap<u64, Vec<(First, u64)>> = BTreeMap::new();
    for ((customer, token), first) in came {
        of.entry(*customer).or_default().push((*first, *token));
    }
    let (mut compared, mut wrong) = (0, 0);
    for (customer, messages) in &mut of {
        messages.sort_unstable();
        let Some(given) = answers.get(&phone(*customer).to_string()) else { continue };
        let of_token = |token: u64| given.get(&token)?.first().map(|one| (one.n, one.place));
        for (at, (first, token)) in messages.iter().enumerate() {
            let is_before = |(other, _): &&(First, u64)| {
                other.round < first.round || first.webhook.is_some() && other.webhook == first.webhook
            };
            let earlier = messages[..at].iter().filter(is_before).filter_map(|(_, token)| of_token(*token));
            let latest = earlier.reduce(|one, two| (one.0.max(two.0), one.1.max(two.1)));
            if let (Some(latest), Some(own)) = (latest, of_token(*token)) {
                compared += 1;
                wrong += usize::from(latest.0 > own.0 || latest.1 > own.1);
            }
        }
    }
    (compared, wrong)
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
fn deliveries(chance: &mut Chance) -> Vec<Message> {
    let mut all: Vec<Message> = Vec::with_capacity(DELIVERIES);
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

/// How many have no answer, and how many too many there are: each message has one number of its conversation, and the numbers
/// leave no gap.
async fn wait(stage: &Stage, messages: BTreeSet<Message>) -> io::Result<(usize, usize, Answers)> {
    let (mut last, mut moved) = (0, Instant::now());
    loop {
        let answers = answers(&stage.journal)?;
        let answered = answers.values().map(BTreeMap::len).sum::<usize>();
        if answered != last {
            (last, moved) = (answered, Instant::now());
        }
        if answered < messages.len() && moved.elapsed() < Duration::from_secs(30) {
            tokio::time::sleep(Duration::from_millis(500)).await;
            continue;
        }
        let mut double = 0;
        for tokens in answers.values() {
            let numbers: BTreeSet<u64> = tokens.values().flatten().map(|one| one.n).collect();
            let given: usize = tokens.values().map(Vec::len).sum();
            let highest = numbers.last().map_or(0, |n| *n as usize);
            double += given - tokens.len() + highest.abs_diff(numbers.len());
        }
        let lost = messages.iter().filter(|(customer, token)| {
            answers.get(&phone(*customer).to_string()).is_none_or(|tokens| !tokens.contains_key(token))
        });
        return Ok((lost.count(), double, answers));
    }
}
