//! Customers who write as people do, and a platform that posts again until it is told 200.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use duka_load::generator::{Client, unix};
use duka_load::process::number;
use duka_load::webhook::Webhooks;

use crate::chance::Chance;

/// A customer who writes, posts again until it is acknowledged as Meta does, and now and then posts a copy later. How many
/// of their messages were acknowledged.
pub async fn person(address: String, customer: u64, seed: u64, stop: Arc<AtomicBool>, retries: Arc<AtomicU64>) -> u64 {
    let webhooks = Webhooks::new(&address, "/webhooks/whatsapp", &number(0), seed);
    let mut chance = Chance(seed);
    let mut client = None;
    let mut n = 0;
    let mut copies: Vec<Vec<u8>> = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        n += 1;
        let request = webhooks.text(customer, n, unix());
        until_taken(&address, &mut client, &request, &retries).await;
        if chance.within(0, 9) < 2 {
            copies.push(request);
        }
        if copies.len() > 3 {
            let copy = copies.swap_remove((chance.next() % 4) as usize);
            until_taken(&address, &mut client, &copy, &retries).await;
        }
        tokio::time::sleep(Duration::from_millis(chance.within(20, 200))).await;
    }
    n
}

pub async fn until_taken(address: &str, client: &mut Option<Client>, request: &[u8], retries: &AtomicU64) {
    loop {
        if client.is_none() {
            *client = Client::connect(address).await.ok();
        }
        if let Some(open) = client {
            match open.post(request).await {
                Ok(200) => return,
                Ok(_) => {}
                Err(_) => *client = None,
            }
        }
        retries.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
