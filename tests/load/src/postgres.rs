//! The bare loop on PostgreSQL: one connection, and for each batch six statements over arrays. And databases to measure in.

use std::io;

use tokio::runtime::Runtime;
use tokio_postgres::{Client, Config, NoTls, Statement};

use crate::bare::{Arrival, Sizes, Writer, digest, now_ms, number_of};

/// The server's own tables and indexes.
const SCHEMA: &str = include_str!("../../../runtime/migrations/postgres/0001_begin.sql");

/// A connection of its own thread to a database with the server's tables, as their owner.
pub struct Postgres {
    /// Taken out while it runs.
    runtime: Option<Runtime>,
    client: Client,
    seen: Statement,
    read: Statement,
    save: Statement,
    put: Statement,
    log: Statement,
    sizes: Sizes,
    turn: i64,
}

/// Makes a database beside the one of `url`; gives its address.
///
/// # Errors
/// The server is not there, or the role may not.
pub async fn database(url: &str, name: &str) -> io::Result<String> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.map_err(io::Error::other)?;
    tokio::spawn(connection);
    client.batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await.map_err(io::Error::other)?;
    client.batch_execute(&format!("CREATE DATABASE {name}")).await.map_err(io::Error::other)?;
    let (before, query) =
        url.split_once('?').map_or((url, String::new()), |(before, query)| (before, format!("?{query}")));
    let base = before.rsplit_once('/').map_or(before, |(base, _)| base);
    Ok(format!("{base}/{name}{query}"))
}

/// How long the server of `url` waits before it writes down a commit, whoever else commits.
///
/// # Errors
/// The role may not say so.
pub async fn commit_delay(url: &str, ms: u64) -> io::Result<()> {
    for setting in [format!("commit_delay = {}", ms * 1_000), "commit_siblings = 0".into()] {
        run(url, &format!("ALTER SYSTEM SET {setting}")).await?;
    }
    run(url, "SELECT pg_reload_conf()").await
}

/// Runs statements as the owner of everything.
///
/// # Errors
/// The database refuses.
pub async fn run(url: &str, sql: &str) -> io::Result<()> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.map_err(io::Error::other)?;
    tokio::spawn(connection);
    client.batch_execute(sql).await.map_err(io::Error::other)
}

/// The first value of the first row, if there is one.
///
/// # Errors
/// The database refuses, or it is of another type.
pub async fn ask<T: for<'a> tokio_postgres::types::FromSql<'a>>(url: &str, sql: &str) -> io::Result<Option<T>> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.map_err(io::Error::other)?;
    tokio::spawn(connection);
    let row = client.query_opt(sql, &[]).await.map_err(io::Error::other)?;
    row.map(|row| row.try_get(0).map_err(io::Error::other)).transpose()
}

impl Postgres {
    /// # Errors
    /// The database is not there, or not empty.
    pub fn open(url: &str, sizes: Sizes) -> io::Result<Postgres> {
        let config: Config = url.parse().map_err(io::Error::other)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let opened = runtime.block_on(async {
            let (client, connection) = config.connect(NoTls).await?;
            tokio::spawn(connection);
            client.batch_execute(SCHEMA).await?;
            let seen = client
                .prepare(
                    "INSERT INTO seen (shop, key, received_ms) SELECT 1, * FROM unnest($1::bytea[], $2::bigint[])
                     ON CONFLICT DO NOTHING",
                )
                .await?;
            let read = client
                .prepare("SELECT id, session FROM conversation WHERE shop = 1 AND id = ANY($1) FOR UPDATE SKIP LOCKED")
                .await?;
            let save = client
                .prepare(
                    "INSERT INTO conversation (shop, id, channel, number, turn, last_inbound_ms, free_until_ms, wake_at_ms,
                         handed_over, session)
                     SELECT 1, t.id, 'whatsapp', '106500000000001', t.turn, t.at, 0, t.at, false, t.session
                     FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bytea[]) AS t (id, turn, at, session)
                     ON CONFLICT (shop, id) DO UPDATE SET turn = excluded.turn, last_inbound_ms = excluded.last_inbound_ms,
                         wake_at_ms = excluded.wake_at_ms, session = excluded.session",
                )
                .await?;
            let put = client
                .prepare(
                    "INSERT INTO outbox (shop, id, conversation, number, turn, place, lane, repeat, expires_ms, state,
                         not_before_ms, body)
                     SELECT 1, t.id, t.conversation, '106500000000001', t.turn, 0, 1, 1, t.at, 2, t.at, t.body
                     FROM unnest($1::bytea[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bytea[])
                         AS t (id, conversation, turn, at, body)",
                )
                .await?;
            let log = client
                .prepare(
                    "INSERT INTO turn (shop, conversation, turn, at_ms, revision, event, trace, notes)
                     SELECT 1, t.conversation, t.turn, t.at, '\\x07070707070707070707070707070707', t.event, t.trace, ''
                     FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bytea[], $5::bytea[])
                         AS t (conversation, turn, at, event, trace)",
                )
                .await?;
            Ok::<_, tokio_postgres::Error>((client, seen, read, save, put, log))
        });
        let (client, seen, read, save, put, log) = opened.map_err(io::Error::other)?;
        Ok(Postgres { runtime: Some(runtime), client, seen, read, save, put, log, sizes, turn: 0 })
    }

    async fn write(&mut self, batch: &[Arrival]) -> Result<(), tokio_postgres::Error> {
        let Sizes { session, event, trace, send } = self.sizes;
        let now = now_ms();
        let keys: Vec<[u8; 16]> = batch.iter().map(|arrival| digest(&arrival.wamid)).collect();
        let keys: Vec<&[u8]> = keys.iter().map(<[u8; 16]>::as_slice).collect();
        let ids: Vec<i64> = batch.iter().map(|arrival| number_of(&digest(&arrival.user))).collect();
        let times = vec![now; batch.len()];
        let turns: Vec<i64> = (1..=batch.len() as i64).map(|n| self.turn + n).collect();
        self.turn += batch.len() as i64;
        let filled = |size: usize| vec![vec![7_u8; size]; batch.len()];
        // A conversation that is written twice in a batch is saved once.
        let mut saved: std::collections::BTreeMap<i64, i64> = std::collections::BTreeMap::new();
        saved.extend(ids.iter().copied().zip(turns.iter().copied()));
        let (saved_ids, saved_turns): (Vec<i64>, Vec<i64>) = saved.into_iter().unzip();
        let (saved_times, sessions) = (vec![now; saved_ids.len()], vec![vec![7_u8; session]; saved_ids.len()]);
        let transaction = self.client.transaction().await?;
        transaction.execute(&self.seen, &[&keys, &times]).await?;
        std::hint::black_box(transaction.query(&self.read, &[&ids]).await?.len());
        transaction.execute(&self.save, &[&saved_ids, &saved_turns, &saved_times, &sessions]).await?;
        transaction.execute(&self.put, &[&keys, &ids, &turns, &times, &filled(send)]).await?;
        transaction.execute(&self.log, &[&ids, &turns, &times, &filled(event), &filled(trace)]).await?;
        transaction.commit().await
    }
}

impl Writer for Postgres {
    fn commit(&mut self, batch: &[Arrival]) {
        if let Some(runtime) = self.runtime.take() {
            runtime.block_on(self.write(batch)).expect("the bare loop's database takes its rows");
            self.runtime = Some(runtime);
        }
    }
}
