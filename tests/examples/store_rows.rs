//! Rows a second of fused batches through the store, beside a bare loop that speaks to SQLite directly with the same rows.
//!
//! `cargo run --release -p duka-tests --example store_rows [folder]`; with DATABASE_URL set, PostgreSQL as well. A row is
//! one turn: its element's key, its conversation found, read and written, its record and one send. Loop and store run in
//! turns; CPU is this process's.

use std::path::Path;
use std::time::Instant;

use duka_runtime::id::{ConversationId, ElementKey, SendId, ShopScope};
use duka_runtime::store::*;
use duka_tests::random::Random;
use rusqlite::Connection;

const CONVERSATIONS: u64 = 20_000;
const BATCHES: [(usize, usize); 4] = [(1, 1_500), (10, 10_000), (100, 20_000), (1_000, 20_000)];

struct Turn {
    key: [u8; 16],
    phone: Identity,
    send: [u8; 16],
}

/// Turns of conversations that lie apart, each once.
fn turns(shop: ShopScope, random: &mut Random, from: usize, count: usize) -> Vec<Turn> {
    let bytes = |random: &mut Random| (u128::from(random.next()) << 64 | u128::from(random.next())).to_le_bytes();
    let mut turn = |n: usize| {
        let n = (n as u64 * 7_919) % CONVERSATIONS + 1;
        Turn { key: bytes(random), phone: phone(shop, n), send: bytes(random) }
    };
    (from..from + count).map(&mut turn).collect()
}

fn phone(shop: ShopScope, n: u64) -> Identity {
    Identity { shop, channel: "whatsapp".into(), kind: IdentityKind::Phone, value: format!("2547{n:08}").into() }
}

const SESSION: [u8; 600] = [7; 600];
const EVENT: [u8; 200] = [1; 200];
const TRACE: [u8; 300] = [2; 300];
const BODY: [u8; 250] = [3; 250];

async fn fill(store: &Store) -> Result<ShopScope> {
    let shop = store.shop("bench").await?;
    for from in (1..=CONVERSATIONS).step_by(1_000) {
        let new = |n: u64| {
            let conversation = Conversation {
                shop,
                id: ConversationId(n),
                channel: "whatsapp".into(),
                number: "N1".into(),
                session: SESSION.to_vec(),
                turn: 0,
                last_inbound_ms: 5,
                free: FreeEntry::None,
                wake_at_ms: None,
                handed_over: false,
                pending: 0,
            };
            (conversation, vec![phone(shop, n)])
        };
        let mut tx = store.begin(shop).await?;
        tx.create_conversations(&(from..from + 1_000).map(new).collect::<Vec<_>>()).await?;
        tx.commit().await?;
    }
    Ok(shop)
}

async fn through_the_store(store: &Store, shop: ShopScope, k: usize, rows: usize) -> Result<()> {
    let mut random = Random::new(k as u64);
    for from in (0..rows).step_by(k) {
        let turns = turns(shop, &mut random, from, k);
        let mut tx = store.begin(shop).await?;
        let sightings = turns.iter().map(|turn| Sighting { shop, key: ElementKey(turn.key), received_ms: 9 });
        tx.admit(&sightings.collect::<Vec<_>>()).await?;
        let phones: Vec<Identity> = turns.iter().map(|turn| turn.phone.clone()).collect();
        let found = tx.find_conversations(&phones).await?;
        let places: Vec<_> = found.into_iter().flatten().map(|id| (shop, id)).collect();
        let locked: Vec<Conversation> = tx.lock_conversations(&places).await?.into_iter().flatten().collect();
        assert_eq!(locked.len(), k, "every conversation is free");
        let after = |row: &Conversation| Conversation { turn: row.turn + 1, wake_at_ms: Some(99), ..row.clone() };
        let after: Vec<Conversation> = locked.iter().map(after).collect();
        let advances = after.iter().zip(&locked);
        let advances = advances.map(|(conversation, before)| Advance { conversation, from_turn: before.turn });
        tx.save_conversations(&advances.collect::<Vec<_>>()).await?;
        let record = |row: &Conversation| TurnRecord {
            shop,
            conversation: row.id,
            turn: row.turn,
            at_ms: 9,
            revision: [4; 16],
            event: EVENT.to_vec(),
            trace: TRACE.to_vec(),
            notes: Vec::new(),
        };
        tx.add_turns(&after.iter().map(record).collect::<Vec<_>>()).await?;
        let send = |(turn, row): (&Turn, &Conversation)| NewSend {
            shop,
            id: SendId(turn.send),
            conversation: row.id,
            number: "N1".into(),
            turn: row.turn,
            index: 0,
            lane: Lane::Service,
            repeat: Repeat::Once,
            body: BODY.to_vec(),
            not_before_ms: 9,
            expires_ms: 999,
        };
        tx.add_sends(&turns.iter().zip(&after).map(send).collect::<Vec<_>>()).await?;
        tx.commit().await?;
    }
    Ok(())
}

fn bare(connection: &Connection, shop: ShopScope, k: usize, rows: usize) -> rusqlite::Result<()> {
    let mut random = Random::new(k as u64 + 1_000_000);
    let run = |text| connection.prepare_cached(text);
    let shop_number = shop.number();
    for from in (0..rows).step_by(k) {
        let turns = turns(shop, &mut random, from, k);
        run("BEGIN IMMEDIATE")?.execute([])?;
        for turn in &turns {
            run("INSERT INTO seen VALUES (?, ?, 9) ON CONFLICT DO NOTHING")?.execute((shop_number, turn.key))?;
            let id: i64 = run(
                "SELECT conversation FROM identity WHERE shop = ? AND channel = 'whatsapp' AND kind = 3 AND value = ?",
            )?
            .query_row((shop_number, turn.phone.value.as_str()), |row| row.get(0))?;
            let (number, session): (i64, Vec<u8>) =
                run("SELECT turn, session FROM conversation WHERE shop = ? AND id = ?")?
                    .query_row((shop_number, id), |row| Ok((row.get(0)?, row.get(1)?)))?;
            run("UPDATE conversation SET number = 'N1', turn = ?, last_inbound_ms = 5, free_until_ms = 0, wake_at_ms = 99,
                 handed_over = 0, session = ? WHERE shop = ? AND id = ? AND turn = ?")?
            .execute((number + 1, session, shop_number, id, number))?;
            run("INSERT INTO turn VALUES (?, ?, ?, 9, ?, ?, ?, x'')")?.execute((
                shop_number,
                id,
                number + 1,
                [4_u8; 16],
                EVENT,
                TRACE,
            ))?;
            run("INSERT INTO outbox (shop, id, conversation, number, turn, place, lane, repeat, expires_ms, not_before_ms,
                     body, state) VALUES (?, ?, ?, 'N1', ?, 0, 1, 1, 999, 9, ?, 2)")?
            .execute((shop_number, turn.send, id, number + 1, BODY))?;
        }
        run("COMMIT")?.execute([])?;
    }
    Ok(())
}

fn open_bare(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.set_prepared_statement_cache_capacity(64);
    let settings = "PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA cache_size = -16384;
                    PRAGMA wal_autocheckpoint = 10000";
    connection.execute_batch(settings)?;
    Ok(connection)
}

/// Seconds of CPU that this process has used (Linux, 100 ticks a second).
fn cpu_s() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |place: usize| fields.get(place).and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}

struct Clock(Instant, f64);

impl Clock {
    fn start() -> Clock {
        Clock(Instant::now(), cpu_s())
    }

    fn rows(self, name: &str, k: usize, rows: usize) -> f64 {
        let rate = rows as f64 / self.0.elapsed().as_secs_f64();
        let cpu_us = (cpu_s() - self.1) * 1e6 / rows as f64;
        println!("{name:9} K={k:<5} {rate:>8.0} rows/s  {cpu_us:>6.1} us CPU a row");
        rate
    }
}

async fn on_sqlite(folder: &Path) -> std::result::Result<(), Box<dyn std::error::Error>> {
    for (k, rows) in BATCHES {
        let (mut bare_rate, mut store_rate) = (0.0, 0.0);
        for _ in 0..2 {
            let file = tempfile::tempdir_in(folder)?;
            let path = file.path().join("duka.db");
            let shop = fill(&Store::sqlite(&path).await?).await?;
            let connection = open_bare(&path)?;
            let clock = Clock::start();
            bare(&connection, shop, k, rows)?;
            bare_rate += clock.rows("bare", k, rows);
            drop(connection);

            let file = tempfile::tempdir_in(folder)?;
            let store = Store::sqlite(&file.path().join("duka.db")).await?;
            let shop = fill(&store).await?;
            let clock = Clock::start();
            through_the_store(&store, shop, k, rows).await?;
            store_rate += clock.rows("store", k, rows);
        }
        println!("          K={k:<5} the store reaches {:.0} % of the bare loop", store_rate / bare_rate * 100.0);
    }
    Ok(())
}

#[tokio::main]
async fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| ".".to_string());
    on_sqlite(Path::new(&folder)).await?;
    let store = Store::memory();
    let shop = fill(&store).await?;
    let clock = Clock::start();
    through_the_store(&store, shop, 100, 20_000).await?;
    clock.rows("memory", 100, 20_000);
    if let Ok(url) = std::env::var("DATABASE_URL") {
        let store = Store::postgres(&url).await?;
        let shop = fill(&store).await?;
        for (k, rows) in BATCHES {
            let clock = Clock::start();
            through_the_store(&store, shop, k, rows).await?;
            clock.rows("postgres", k, rows);
        }
    }
    Ok(())
}
