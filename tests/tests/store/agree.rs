//! Random operations leave every store with the same rows as the one in memory.

use std::fmt::Write as _;

use duka_runtime::id::{SendId, ShopScope};
use duka_runtime::store::*;
use duka_tests::random::Random;

use crate::make::*;

const CONVERSATIONS: usize = 4;
const LANES: [Lane; 3] = [Lane::Service, Lane::Utility, Lane::Marketing];

/// One operation, chosen by chance; returns what it answered.
async fn act(tx: &mut Tx, shop: ShopScope, random: &mut Random, made: &mut u8, now_ms: i64) -> Result<String> {
    let n = 1 + random.below(CONVERSATIONS) as u64;
    let sent = 1 + random.below((*made).max(1) as usize) as u8;
    let some = Claim { limit: 1 + random.below(3) as u32, ..claim(now_ms, [OVER_MS, LONG_MS][random.below(2)]) };
    Ok(match random.below(14) {
        0 => {
            let identities = vec![phone(shop, &format!("25470{}", random.below(6))), user(shop, &format!("KE.{n}"))];
            format!("{:?}", tx.create_conversations(&[(conversation(shop, n), identities)]).await?)
        }
        1 => format!("{:?}", tx.admit(&[Sighting { shop, key: key(sent), received_ms: now_ms }]).await?),
        2 => format!("{:?}", tx.enqueue(&[event(shop, n, &format!("{now_ms}"))]).await?),
        3 => {
            let rows = tx.take_inbox(shop, Some(id(n)), some).await?;
            let consumed = rows.first().map(|row| (shop, row.seq));
            let gone = tx.consume(consumed.as_slice()).await?;
            format!(
                "{:?} {gone:?}",
                rows.iter().map(|row| (row.conversation, row.attempts, &row.body)).collect::<Vec<_>>()
            )
        }
        4 | 5 if *made < 250 => {
            *made += 1;
            let lane = LANES[random.below(3)];
            let repeat = [Repeat::Once, Repeat::Never][random.below(2)];
            let number = ["N1", "N2"][random.below(2)].into();
            let not_before_ms = now_ms + random.below(3) as i64 - 1;
            let row = NewSend { lane, repeat, number, not_before_ms, turn: now_ms as u64, ..send(shop, n, *made) };
            format!("{:?}", tx.add_sends(&[row]).await?)
        }
        6 | 7 => format!("{:?}", tx.claim_sends(shop, ["N1", "N2"][random.below(2)], &LANES, some).await?),
        8 | 9 => {
            let end = match random.below(6) {
                0 => AttemptEnd::Again { not_before_ms: now_ms + 2, error: 4 },
                1 => AttemptEnd::Unknown { hold_until_ms: now_ms + 3 },
                2 => AttemptEnd::Failed { error: 131_026 },
                3 => AttemptEnd::Expired,
                _ => accepted(&format!("wamid.{sent}")),
            };
            format!("{:?}", tx.settle_sends(&[settlement(shop, sent, 1 + random.below(2) as u32, end)]).await?)
        }
        10 => {
            let delivery = [Delivery::Sent, Delivery::Failed, Delivery::Delivered, Delivery::Read][random.below(4)];
            let send = [None, Some(sent)][random.below(2)];
            // Often another send's id, which a vendor does not do: still all stores agree on whose it is.
            let provider_id = format!("wamid.{}", [sent, sent.wrapping_add(1)][random.below(2)]);
            let told = status(shop, send, &provider_id, delivery, now_ms);
            // One or two at once, so that the second finds what the first has changed.
            let other =
                status(shop, [None, Some(1)][random.below(2)], &format!("wamid.{sent}"), Delivery::Read, now_ms);
            format!("{:?}", tx.apply_statuses(&[told, other][..1 + random.below(2)]).await?)
        }
        11 => {
            let leases = [Leases::All, Leases::Over { now_ms }][random.below(2)];
            let expired = tx.expire_leases(shop, leases, now_ms + 2).await?;
            format!("{expired} {:?}", tx.release_unknown(shop, now_ms, 2).await?)
        }
        12 if random.below(8) == 0 => format!("{:?}", tx.erase_conversation(shop, id(n)).await?),
        13 => {
            let read = tx.lock_conversations(&[(shop, id(n))]).await?.remove(0);
            let Some(before) = read else { return Ok("none".into()) };
            let wake_at_ms = [None, Some(now_ms + 3)][random.below(2)];
            let after = Conversation { turn: before.turn + 1, wake_at_ms, ..before.clone() };
            tx.save_conversations(&[Advance { conversation: &after, from_turn: before.turn }]).await?;
            format!("{before:?}")
        }
        _ => format!("{:?}", tx.counts(shop).await?),
    })
}

/// The answers of a run, and every row at its end.
async fn run(store: Store, seed: u64, transactions: usize) -> Result<String> {
    let mut random = Random::new(seed);
    let (shop, other) = two_shops(&store).await?;
    let mut made = 0;
    let mut log = String::new();
    for now_ms in 10..10 + transactions as i64 {
        let shop = [shop, shop, other][random.below(3)];
        let mut tx = store.begin(shop).await?;
        let before = made;
        for _ in 0..=random.below(4) {
            let answer = act(&mut tx, shop, &mut random, &mut made, now_ms).await?;
            writeln!(log, "{now_ms} {answer}").expect("a string takes all");
        }
        if random.below(5) == 0 {
            made = before;
            tx.rollback().await?;
        } else {
            tx.commit().await?;
        }
    }
    let now_ms = 10 + transactions as i64;
    for work in [Work::Inbox, Work::Wakes, Work::Sends, Work::Calls] {
        writeln!(log, "{work:?} {:?}", store.due(work, now_ms).await?).expect("a string takes all");
    }
    for shop in [shop, other] {
        let mut tx = store.read(shop).await?;
        for n in 1..=CONVERSATIONS as u64 {
            let rows = tx.sends_of(shop, id(n), 0, 999).await?;
            writeln!(log, "{:?} {rows:#?}", tx.conversations(&[(shop, id(n))]).await?).expect("a string takes all");
        }
        for n in 1..=made {
            writeln!(log, "{:?}", tx.send(shop, SendId([n; 16])).await?).expect("a string takes all");
        }
    }
    Ok(log)
}

fn same(left: &str, right: &str, seed: u64) {
    let differing = left.lines().zip(right.lines()).enumerate().find(|(_, (left, right))| left != right);
    if let Some((line, (left, right))) = differing {
        let same = left.bytes().zip(right.bytes()).take_while(|(left, right)| left == right).count();
        let from = same.saturating_sub(60);
        let (left, right) = (left.get(from..).unwrap_or(left), right.get(from..).unwrap_or(right));
        panic!("SEED={seed}: line {line} in memory:\n…{left}\nand in the database:\n…{right}");
    }
    assert_eq!(left.lines().count(), right.lines().count(), "SEED={seed}");
}

#[tokio::test]
async fn sqlite_agrees_with_the_store_in_memory() -> Result<()> {
    let first = seed();
    for seed in first..first + 20 {
        let folder = folder();
        let file = Store::sqlite(&folder.path().join("duka.db")).await?;
        same(&run(Store::memory(), seed, 60).await?, &run(file, seed, 60).await?, seed);
    }
    Ok(())
}

#[tokio::test]
async fn postgres_agrees_with_the_store_in_memory() -> Result<()> {
    let first = seed();
    for seed in first..first + 5 {
        let database = Store::postgres(&crate::postgres::database().await).await?;
        same(&run(Store::memory(), seed, 60).await?, &run(database, seed, 60).await?, seed);
    }
    Ok(())
}
