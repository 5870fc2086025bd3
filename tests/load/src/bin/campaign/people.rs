//! Customers who write as people do, and a platform that posts again until it is told 200.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use duka_load::generator::{Client, unix};
use duka_load::process::number;
use duka_load::webhook::{Webhooks, phone};
use tokio::task::JoinHandle;

use crate::Arguments;
use crate::chance::Chance;

/// The platform gives up on an answer after this, and posts again.
const PATIENCE: Duration = Duration::from_secs(5);

/// All customers, at work until they are told to stop.
pub struct People {
    tasks: Vec<JoinHandle<u64>>,
    stop: Arc<AtomicBool>,
    retries: Arc<AtomicU64>,
}

impl People {
    pub fn begin(arguments: &Arguments, address: &str, chance: &mut Chance) -> People {
        let (stop, retries) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let task = |customer| {
            let person =
                Person { address: address.into(), customer, seed: chance.next(), every_ms: arguments.every_ms };
            tokio::spawn(person.write(stop.clone(), retries.clone()))
        };
        let tasks = (0..arguments.customers).map(task).collect();
        People { tasks, stop, retries }
    }

    /// Lets each have its last message taken. How many of each customer's were acknowledged, and how many posts were not.
    ///
    /// # Errors
    /// A task that failed.
    pub async fn end(self) -> io::Result<(BTreeMap<String, u64>, u64)> {
        self.stop.store(true, Ordering::Relaxed);
        let mut acknowledged = BTreeMap::new();
        for (customer, task) in (0..).zip(self.tasks) {
            acknowledged.insert(phone(customer).to_string(), task.await.map_err(io::Error::other)?);
        }
        Ok((acknowledged, self.retries.load(Ordering::Relaxed)))
    }
}

struct Person {
    address: String,
    customer: u64,
    seed: u64,
    every_ms: u64,
}

impl Person {
    /// Writes, posts again until it is acknowledged as Meta does, and now and then posts a copy later. How many of the
    /// messages were acknowledged.
    async fn write(self, stop: Arc<AtomicBool>, retries: Arc<AtomicU64>) -> u64 {
        let Person { address, customer, seed, every_ms } = self;
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
            tokio::time::sleep(Duration::from_millis(chance.within(every_ms / 5, every_ms * 9 / 5))).await;
        }
        n
    }
}

async fn until_taken(address: &str, client: &mut Option<Client>, request: &[u8], retries: &AtomicU64) {
    loop {
        if client.is_none() {
            *client = Client::connect(address).await.ok();
        }
        if let Some(open) = client {
            match tokio::time::timeout(PATIENCE, open.post(request)).await {
                Ok(Ok(200)) => return,
                Ok(Ok(_)) => {}
                Ok(Err(_)) | Err(_) => *client = None,
            }
        }
        retries.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
