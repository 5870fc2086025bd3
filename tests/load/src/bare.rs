//! The limit a durable server can be held against: it verifies, parses and group-commits the rows that a fused turn of
//! ours writes, and nothing else. It steps no flow, checks no conversation and speaks to its database directly.

use std::borrow::Cow;
use std::sync::mpsc;
use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::hmac;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde::Deserialize;
use tokio::sync::oneshot;

use crate::webhook::APP_SECRET;

/// How many bytes the server's own rows have, so that the limit writes as much.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    pub session: usize,
    pub event: usize,
    pub trace: usize,
    pub send: usize,
}

/// One accepted text, as the writer needs it.
pub struct Arrival {
    pub wamid: String,
    pub user: String,
}

/// Commits a batch; what it returns is how many were new.
pub trait Writer: Send + 'static {
    fn commit(&mut self, batch: &[Arrival]);
}

type Job = (Arrival, oneshot::Sender<()>);

#[derive(Clone)]
struct App {
    key: hmac::Key,
    /// Nothing is stored without one.
    writer: Option<mpsc::Sender<Job>>,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    entry: Vec<Entry<'a>>,
}

#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow)]
    changes: Vec<Change<'a>>,
}

#[derive(Deserialize)]
struct Change<'a> {
    #[serde(borrow)]
    value: Value<'a>,
}

#[derive(Deserialize)]
struct Value<'a> {
    #[serde(borrow)]
    messages: Vec<Message<'a>>,
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    from: Cow<'a, str>,
    #[serde(borrow)]
    id: Cow<'a, str>,
}

/// Serves until the process ends; gives its address.
pub async fn serve(mut writer: impl Writer) -> std::io::Result<String> {
    let (jobs, queue) = mpsc::channel::<Job>();
    std::thread::spawn(move || {
        while let Ok(first) = queue.recv() {
            let (mut batch, mut answers) = (vec![first.0], vec![first.1]);
            while batch.len() < 1_000
                && let Ok((arrival, answer)) = queue.try_recv()
            {
                batch.push(arrival);
                answers.push(answer);
            }
            writer.commit(&batch);
            for answer in answers {
                // Who no longer waits has hung up.
                let _ = answer.send(());
            }
        }
    });
    listen(Some(jobs)).await
}

/// Serves as well, and stores nothing: what sockets, signature and parsing alone allow (P8).
///
/// # Errors
/// Nothing can listen.
pub async fn serve_nothing() -> std::io::Result<String> {
    listen(None).await
}

async fn listen(writer: Option<mpsc::Sender<Job>>) -> std::io::Result<String> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, APP_SECRET.as_bytes());
    let app = Router::new().route("/webhooks/whatsapp", post(accept)).with_state(App { key, writer });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    tokio::spawn(async move { axum::serve(listener, app).await });
    Ok(address)
}

async fn accept(State(app): State<App>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let tag = headers.get("x-hub-signature-256").and_then(|value| value.to_str().ok()?.strip_prefix("sha256="));
    let Some(tag) = tag.and_then(|tag| hex::decode(tag).ok()) else { return StatusCode::UNAUTHORIZED };
    if hmac::verify(&app.key, &body, &tag).is_err() {
        return StatusCode::UNAUTHORIZED;
    }
    let Ok(envelope) = serde_json::from_slice::<Envelope<'_>>(&body) else { return StatusCode::BAD_REQUEST };
    for message in envelope.entry.into_iter().flat_map(|entry| entry.changes).flat_map(|change| change.value.messages) {
        let (answer, done) = oneshot::channel();
        let arrival = Arrival { wamid: message.id.into_owned(), user: message.from.into_owned() };
        let Some(writer) = &app.writer else {
            std::hint::black_box(arrival);
            continue;
        };
        if writer.send((arrival, answer)).is_err() || done.await.is_err() {
            return StatusCode::SERVICE_UNAVAILABLE;
        }
    }
    StatusCode::OK
}

pub fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64)
}

pub fn digest(text: &str) -> [u8; 16] {
    let whole = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
    let mut short = [0; 16];
    short.copy_from_slice(&whole.as_ref()[..16]);
    short
}

pub fn number_of(key: &[u8; 16]) -> i64 {
    let (first, _) = key.split_at(8);
    i64::from_le_bytes(first.try_into().expect("eight bytes")) & i64::MAX
}

/// SQLite as the server opens it: write-ahead log, every commit synced.
pub struct Sqlite {
    connection: rusqlite::Connection,
    sizes: Sizes,
    turn: i64,
}

/// The server's own tables and indexes.
const SQLITE_SCHEMA: &str = include_str!("../../../runtime/migrations/sqlite/0001_begin.sql");

impl Sqlite {
    pub fn open(path: &std::path::Path, sizes: Sizes) -> rusqlite::Result<Sqlite> {
        let connection = rusqlite::Connection::open(path)?;
        connection.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 10000;
             PRAGMA locking_mode = EXCLUSIVE; PRAGMA secure_delete = ON;",
        )?;
        connection.execute_batch(SQLITE_SCHEMA)?;
        Ok(Sqlite { connection, sizes, turn: 0 })
    }

    fn write(&mut self, batch: &[Arrival]) -> rusqlite::Result<()> {
        let Sizes { session, event, trace, send } = self.sizes;
        let transaction = self.connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        {
            let mut seen =
                transaction.prepare_cached("INSERT OR IGNORE INTO seen (shop, key, received_ms) VALUES (1, ?1, ?2)")?;
            let mut read = transaction.prepare_cached("SELECT session FROM conversation WHERE shop = 1 AND id = ?1")?;
            let mut save = transaction.prepare_cached(
                "INSERT INTO conversation (shop, id, channel, number, turn, last_inbound_ms, free_until_ms, wake_at_ms, handed_over, session)
                 VALUES (1, ?1, 'whatsapp', '106500000000001', ?2, ?3, 0, ?3, 0, ?4)
                 ON CONFLICT DO UPDATE SET turn = excluded.turn, last_inbound_ms = excluded.last_inbound_ms,
                     wake_at_ms = excluded.wake_at_ms, session = excluded.session",
            )?;
            let mut put = transaction.prepare_cached(
                "INSERT INTO outbox (shop, id, conversation, number, turn, place, lane, repeat, expires_ms, state, not_before_ms, body)
                 VALUES (1, ?1, ?2, '106500000000001', ?3, 0, 1, 1, ?4, 2, ?4, ?5)",
            )?;
            let mut log = transaction.prepare_cached(
                "INSERT INTO turn (shop, conversation, turn, at_ms, revision, event, trace, notes) VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, x'')",
            )?;
            for arrival in batch {
                let now = now_ms();
                let key = digest(&arrival.wamid);
                if seen.execute((key, now))? == 0 {
                    continue;
                }
                let conversation = number_of(&digest(&arrival.user));
                let mut rows = read.query([conversation])?;
                std::hint::black_box(
                    rows.next()?.map(|row| row.get_ref(0).map(|bytes| bytes.as_blob().map(<[u8]>::len))),
                );
                drop(rows);
                self.turn += 1;
                save.execute((conversation, self.turn, now, vec![7_u8; session]))?;
                put.execute((key, conversation, self.turn, now, vec![7_u8; send]))?;
                log.execute((conversation, self.turn, now, [7_u8; 16], vec![7_u8; event], vec![7_u8; trace]))?;
            }
        }
        transaction.commit()
    }
}

impl Writer for Sqlite {
    fn commit(&mut self, batch: &[Arrival]) {
        self.write(batch).expect("the bare loop's database takes its rows");
    }
}
