//! The load: many connections that post as fast as they are answered, or at a fixed rate whatever the answers.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use hdrhistogram::Histogram;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::webhook::Webhooks;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    Status,
}

/// What is posted, and where.
#[derive(Clone)]
pub struct Target {
    pub address: String,
    pub path: String,
    pub numbers: Vec<String>,
    /// How many different people write.
    pub customers: u64,
    pub kind: Kind,
    /// Not more requests than that, whatever time is left.
    pub most: u64,
}

/// What came of it. Latencies in microseconds.
pub struct Outcome {
    pub answered: u64,
    pub refused: u64,
    pub elapsed: Duration,
    pub latency: Histogram<u64>,
    /// When it began, ms since 1970.
    pub begun_ms: i64,
}

impl Outcome {
    pub fn per_second(&self) -> f64 {
        self.answered as f64 / self.elapsed.as_secs_f64()
    }

    pub fn millis(&self, quantile: f64) -> f64 {
        self.latency.value_at_quantile(quantile) as f64 / 1_000.0
    }
}

/// Seconds since 1970.
pub fn unix() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// Milliseconds since 1970.
pub fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64)
}

/// Differs from every other run's.
pub fn run_id() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos() as u64)
}

fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 600_000_000, 3).expect("the bounds are in order")
}

/// `connections` that each post the next as soon as the last is answered, for `period`.
pub async fn closed(target: &Target, connections: u64, period: Duration) -> Outcome {
    let run = run_id();
    let next = Arc::new(AtomicU64::new(0));
    let shops = target.numbers.iter().map(|number| Webhooks::new(&target.address, &target.path, number, run));
    let shops: Arc<Vec<Webhooks>> = Arc::new(shops.collect());
    let begun = Instant::now();
    let tasks: Vec<_> = (0..connections)
        .map(|connection| {
            let (target, next, shops) = (target.clone(), next.clone(), shops.clone());
            tokio::spawn(async move {
                let mut client = Client::connect(&target.address).await?;
                let (mut latency, mut refused) = (histogram(), 0);
                while begun.elapsed() < period {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    if n >= target.most {
                        break;
                    }
                    let customer = if target.most < u64::MAX {
                        n % target.customers.max(1)
                    } else {
                        (connection + connections * (n / connections.max(1))) % target.customers.max(1)
                    };
                    let webhooks = &shops[n as usize % shops.len()];
                    let request = match target.kind {
                        Kind::Text => webhooks.text(customer, n, unix()),
                        Kind::Status => webhooks.status(customer, n, unix()),
                    };
                    let sent = Instant::now();
                    if client.post(&request).await? == 200 {
                        latency.saturating_record(sent.elapsed().as_micros() as u64);
                    } else {
                        refused += 1;
                    }
                }
                io::Result::Ok((latency, refused))
            })
        })
        .collect();
    gather(tasks, begun).await
}

/// One every `1 / rate` seconds, counted from when each was due: a slow answer delays no other (no coordinated omission).
pub async fn open(target: &Target, rate: u64, period: Duration) -> Outcome {
    let run = run_id();
    let lanes = 64;
    let begun = Instant::now();
    let tasks: Vec<_> = (0..lanes)
        .map(|lane: u64| {
            let target = target.clone();
            tokio::spawn(async move {
                let number = &target.numbers[lane as usize % target.numbers.len()];
                let webhooks = Webhooks::new(&target.address, &target.path, number, run);
                let mut client = Client::connect(&target.address).await?;
                let (mut latency, mut refused) = (histogram(), 0);
                for n in (lane..).step_by(lanes as usize) {
                    let due = begun + Duration::from_micros(n * 1_000_000 / rate);
                    if due.duration_since(begun) >= period {
                        break;
                    }
                    tokio::time::sleep_until(due.into()).await;
                    let request = webhooks.text(n % target.customers.max(1), n, unix());
                    if client.post(&request).await? == 200 {
                        latency.saturating_record(due.elapsed().as_micros() as u64);
                    } else {
                        refused += 1;
                    }
                }
                io::Result::Ok((latency, refused))
            })
        })
        .collect();
    gather(tasks, begun).await
}

/// The latencies of one connection, and how many of its requests were refused.
type Answered = io::Result<(Histogram<u64>, u64)>;

async fn gather(tasks: Vec<tokio::task::JoinHandle<Answered>>, begun: Instant) -> Outcome {
    let (mut latency, mut refused) = (histogram(), 0);
    for task in tasks {
        match task.await {
            Ok(Ok((one, no))) => {
                latency.add(&one).expect("the histograms have equal bounds");
                refused += no;
            }
            Ok(Err(_)) | Err(_) => refused += 1,
        }
    }
    let begun_ms = now_ms() - begun.elapsed().as_millis() as i64;
    Outcome { answered: latency.len(), refused, elapsed: begun.elapsed(), latency, begun_ms }
}

/// One kept connection. Reads just enough of HTTP to know where an answer ends.
pub struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Client {
    /// # Errors
    /// Nobody listens.
    pub async fn connect(address: &str) -> io::Result<Client> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Client { stream, buffer: Vec::with_capacity(1_024) })
    }

    /// The status of the answer.
    ///
    /// # Errors
    /// The connection broke before the answer was whole.
    pub async fn post(&mut self, request: &[u8]) -> io::Result<u16> {
        Ok(self.exchange(request).await?.0)
    }

    /// The status of the answer, and its body.
    ///
    /// # Errors
    /// The connection broke before the answer was whole.
    pub async fn ask(&mut self, request: &[u8]) -> io::Result<(u16, String)> {
        let (status, body) = self.exchange(request).await?;
        Ok((status, String::from_utf8_lossy(self.buffer.get(body..).unwrap_or_default()).into_owned()))
    }

    /// The status, and where the body begins.
    async fn exchange(&mut self, request: &[u8]) -> io::Result<(u16, usize)> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if let Some(end) = self.buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                let head = String::from_utf8_lossy(&self.buffer[..end]).to_ascii_lowercase();
                let length = head
                    .lines()
                    .find_map(|line| line.strip_prefix("content-length:"))
                    .and_then(|length| length.trim().parse::<usize>().ok())
                    .unwrap_or(0);
                while self.buffer.len() < end + 4 + length {
                    if self.stream.read_buf(&mut self.buffer).await? == 0 {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                }
                let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
                return Ok((status, end + 4));
            }
        }
    }
}
