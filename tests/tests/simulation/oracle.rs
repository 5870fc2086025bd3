//! What must be true in the end (reliability.md 4.2), judged from outside: the customers' tokens, the provider's journal,
//! and the rows that the server shows.

use std::collections::{BTreeMap, BTreeSet};

use duka_engine::event::{EventKind, Inbound};
use duka_engine::outbound::Outbound;
use duka_runtime::channel::whatsapp::classify::{self, Then, Whom};
use duka_runtime::channel::whatsapp::opaque;
use duka_runtime::dev_graph::Attempt;
use duka_runtime::host::incoming::{Act, Incoming};
use duka_runtime::id::{SendId, ShopScope};
use duka_runtime::store::{Delivery, Identity, IdentityKind, Lane, SendRow, SendState};

use crate::process::scopes;
use crate::wire::{Tried, keys};
use crate::world::{HOLD_MS, World};

const DAY_MS: i64 = 24 * 3_600_000;

/// Refusals that call for another attempt, later.
const PASSING: [u32; 8] = [2, 4, 80_007, 130_429, 131_000, 131_016, 131_056, 190];

/// The sends of one customer, oldest first.
struct Talk {
    customer: usize,
    shop: ShopScope,
    rows: Vec<SendRow>,
}

/// All that is wrong, in sentences.
pub async fn judge(world: &World) -> Vec<String> {
    let mut wrongs = world.wrongs.clone();
    wrongs.extend(world.sky.lock().wrongs.iter().cloned());
    wrongs.extend(world.backend.wrongs.lock().expect("no panic holds it").iter().cloned());
    let open = world.open().await;
    if open > 0 {
        wrongs.push(format!("I6: {open} rows are open although nothing goes wrong any more"));
    }
    let set_aside = set_aside(world).await;
    let journal: Vec<Attempt> = world.sky.lock().graph.journal().after(0).cloned().collect();
    let tried = world.sky.lock().tried.clone();
    wrongs.extend(
        journal.iter().filter(|it| !it.authorized).map(|it| format!("I18: attempt {} used a foreign token", it.n)),
    );
    for talk in talks(world).await {
        counted(world, &talk, &set_aside, &mut wrongs);
        sent(world, &talk, &journal, &tried, &mut wrongs);
        statuses(world, &talk, &mut wrongs);
    }
    if world.said.keys().all(|id| id != "wamid.forged") && tokens_everywhere(world).await.contains("forged") {
        wrongs.push("TM1: a forged message was taken".to_string());
    }
    let orphans = journal.iter().filter(|it| !it.accepted.is_empty() && it.opaque.is_empty()).count();
    if orphans > 0 {
        wrongs.push(format!("4.3: {orphans} messages carry no opaque id"));
    }
    wrongs
}

async fn talks(world: &World) -> Vec<Talk> {
    let mut talks = Vec::new();
    for (customer, (phone, number)) in world.customers.iter().enumerate() {
        let shop = scopes()[*number];
        let identity =
            Identity { shop, channel: "whatsapp".into(), kind: IdentityKind::Phone, value: phone.as_str().into() };
        let mut tx = world.store.begin(shop).await.expect("a transaction");
        let found = tx.find_conversations(&[identity]).await.expect("an answer");
        let rows = match found.first().copied().flatten() {
            Some(id) => tx.sends_of(shop, id, 0, 10_000).await.expect("the sends"),
            None => Vec::new(),
        };
        talks.push(Talk { customer, shop, rows });
    }
    talks
}

fn words(row: &SendRow) -> String {
    match postcard::from_bytes(&row.send.body) {
        Ok(Outbound::Message(message)) => message.text,
        Ok(Outbound::Template(template)) => template.name.to_string(),
        Err(_) => String::new(),
    }
}

/// `ack TOKEN n=N`
fn acked(row: &SendRow) -> Option<(String, u64)> {
    let words = words(row);
    let (token, n) = words.strip_prefix("ack ")?.split_once(" n=")?;
    Some((token.to_string(), n.parse().ok()?))
}

async fn tokens_everywhere(world: &World) -> BTreeSet<String> {
    let mut tokens = BTreeSet::new();
    for talk in talks(world).await {
        tokens.extend(talk.rows.iter().filter_map(acked).map(|(token, _)| token));
    }
    tokens
}

/// Tokens of messages that were put aside for a person.
async fn set_aside(world: &World) -> BTreeSet<String> {
    let mut tokens = BTreeSet::new();
    for shop in scopes() {
        let mut tx = world.store.begin(shop).await.expect("a transaction");
        for (_, entry) in tx.list_quarantine(shop, 0, 10_000).await.expect("the quarantine") {
            let Some(incoming) = Incoming::decode(&entry.body) else { continue };
            if let Act::Event(event) = incoming.act
                && let EventKind::Inbound(Inbound::Text(text)) = event.kind
            {
                tokens.extend(text.strip_prefix("count ").map(str::to_string));
            }
        }
    }
    tokens
}

/// I1 to I5: every acknowledged message has counted once, in order.
fn counted(world: &World, talk: &Talk, set_aside: &BTreeSet<String>, wrongs: &mut Vec<String>) {
    let acks: Vec<(String, u64)> = talk.rows.iter().filter_map(acked).collect();
    for (place, (token, n)) in acks.iter().enumerate() {
        if *n != place as u64 + 1 {
            wrongs.push(format!("I3/I5: answer {} of customer {} is {token} n={n}", place + 1, talk.customer));
        }
    }
    let mine: Vec<_> = world.said.values().filter(|said| said.customer == talk.customer).collect();
    for said in &mine {
        let times = acks.iter().filter(|(token, _)| *token == said.token).count();
        match (said.acknowledged, times) {
            (Some(_), 0) if set_aside.contains(&said.token) => {}
            (Some(_), 0) => wrongs.push(format!("I1/I2: {} was acknowledged and lost", said.token)),
            (_, 0 | 1) => {}
            (_, times) => wrongs.push(format!("I3: {} counted {times} times", said.token)),
        }
    }
    let own: BTreeSet<&str> = mine.iter().map(|said| said.token.as_str()).collect();
    wrongs.extend(
        acks.iter()
            .filter(|(token, _)| !own.contains(token.as_str()))
            .map(|(token, _)| format!("I17: customer {} was answered {token}, which is another's", talk.customer)),
    );
    let n_of: BTreeMap<&str, u64> = acks.iter().map(|(token, n)| (token.as_str(), *n)).collect();
    for first in &mine {
        for second in &mine {
            let (Some(done), Some(begun)) = (first.acknowledged, second.received) else { continue };
            let (Some(n1), Some(n2)) = (n_of.get(first.token.as_str()), n_of.get(second.token.as_str())) else {
                continue;
            };
            if done < begun && n1 > n2 {
                wrongs.push(format!(
                    "I4: {} was acknowledged before {} came, and counted after it",
                    first.token, second.token
                ));
            }
        }
    }
}

/// I6 to I9, I25: each send ended rightly, was accepted once, in order, inside the window.
fn sent(world: &World, talk: &Talk, journal: &[Attempt], tried: &[Tried], wrongs: &mut Vec<String>) {
    let keys = keys(talk.shop);
    let mut last_of_earlier: Option<(u64, String)> = None;
    for row in &talk.rows {
        let opaque = opaque::encode(row.send.id, keys);
        let mine: Vec<&Attempt> = journal.iter().filter(|attempt| attempt.opaque == opaque.as_str()).collect();
        let accepted: Vec<&&Attempt> = mine.iter().filter(|attempt| !attempt.accepted.is_empty()).collect();
        let name = words(row);
        if row.facts.state == SendState::Accepted && accepted.is_empty() {
            wrongs.push(format!("I6: `{name}` counts as accepted, and the provider never took it"));
        }
        let customer = world.customers[talk.customer].0.as_str();
        let number = crate::wire::NUMBERS[world.customers[talk.customer].1].0;
        let is_closed = |it: &Attempt| it.code == 131_047 && it.customer == customer && it.number == number;
        let told_closed = journal.iter().any(is_closed);
        let unexplained = unexplained(row, &mine, world).filter(|_| row.facts.error != -1 || !told_closed);
        if let (SendState::Failed, Some(why)) = (row.facts.state, unexplained) {
            wrongs.push(format!("I6: `{name}` failed, {why}"));
        }
        if row.facts.state == SendState::Expired
            && duka_runtime::host::clock::Clock::now_ms(&*world.clock) < row.send.expires_ms
        {
            wrongs.push(format!("I6: `{name}` expired before its time"));
        }
        if row.facts.state == SendState::Parked && row.facts.attempt < 2 {
            wrongs.push(format!("4.3: `{name}` was parked, and may be sent once more"));
        }
        if let Some((n, earlier)) = &last_of_earlier
            && mine.first().is_some_and(|attempt| attempt.n < *n)
        {
            wrongs.push(format!("I8: `{name}` was attempted before `{earlier}` had ended"));
        }
        // Marketing that was given back once is passed by what the customer waits for.
        let has_rested = row.send.lane == Lane::Marketing && row.facts.attempt > 1;
        let counts = |attempt: &&&Attempt| !has_rested && !was_overtaken(world, tried, &opaque, attempt);
        if let Some(last) = mine.iter().rfind(counts) {
            last_of_earlier = Some((last.n, name.clone()));
        }
        let attempts: Vec<&Tried> = tried.iter().filter(|it| it.send == row.send.id).collect();
        twice(world, row.send.id, &opaque, &accepted, &attempts, wrongs);
    }
    let windows = tried.iter().filter(|it| talk.rows.iter().any(|row| row.send.id == it.send) && it.free_words);
    for attempt in windows.filter(|it| it.believed_ms >= it.heard_ms + DAY_MS && !world.jumped) {
        wrongs.push(format!(
            "I9: free words {} h after the customer's last",
            (attempt.at_ms - attempt.heard_ms) / 3_600_000
        ));
    }
}

/// A repetition that had been claimed when a status told of its send: the next one need not wait for it (4.3, 6).
fn was_overtaken(world: &World, tried: &[Tried], opaque: &str, attempt: &Attempt) -> bool {
    let Some(it) = tried.iter().find(|it| it.n == attempt.n && it.attempt > 1) else { return false };
    let known = world.claims.get(&(it.send, it.attempt)).copied().unwrap_or(0);
    world.statuses.iter().skip(known).any(|status| status.opaque == opaque)
}

/// Why a failure can not be explained by anything that happened.
fn unexplained(row: &SendRow, attempts: &[&Attempt], world: &World) -> Option<String> {
    let error = row.facts.error;
    if error > 0 {
        let told = u32::try_from(error).unwrap_or(0);
        let refusals = attempts.iter().filter(|attempt| PASSING.contains(&attempt.code)).count();
        if PASSING.contains(&told) && refusals < most(error) {
            return Some(format!("with {error}, which passes"));
        }
        let refused = attempts.iter().any(|attempt| attempt.code == told);
        return (!refused).then(|| format!("with {error}, which the provider never said"));
    }
    match error {
        -1 if world.days || world.jumped => None,
        -7 if attempts.len() >= 40 => None,
        error => Some(format!("with {error}")),
    }
}

/// How often a message is tried that is refused with such a code.
fn most(error: i32) -> usize {
    match classify::of(error).then {
        Then::Again { most } => most as usize,
        Then::Wait { whom: Whom::Customer, .. } => 20,
        Then::Wait { .. } | Then::Stop { .. } | Then::FallBack | Then::Fail => 40,
    }
}

/// I7 and its one exception: a second attempt only after the first one's fate stayed unknown for the length of the hold.
fn twice(
    world: &World,
    send: SendId,
    opaque: &str,
    accepted: &[&&Attempt],
    attempts: &[&Tried],
    wrongs: &mut Vec<String>,
) {
    for pair in accepted.windows(2) {
        let (first, second) = (pair[0], pair[1]);
        let (Some(one), Some(two)) =
            (attempts.iter().find(|it| it.n == first.n), attempts.iter().find(|it| it.n == second.n))
        else {
            continue;
        };
        let known = world.claims.get(&(send, two.attempt)).copied().unwrap_or(0);
        let told = world.statuses.iter().take(known).any(|status| status.opaque == opaque);
        if told {
            wrongs.push(format!("I7: {send:?} went out again although a status had told of it"));
            continue;
        }
        let died = world.forgotten.iter().any(|(process, at_ms)| *process == one.process && *at_ms <= two.at_ms);
        if one.answer != "unknown" && !died {
            wrongs.push(format!("I7: {send:?} went out again although its answer was `{}`", one.answer));
            continue;
        }
        let down: i64 = world.down.iter().map(|(from, to)| (*to.min(&two.at_ms) - *from.max(&one.at_ms)).max(0)).sum();
        if two.at_ms - one.at_ms - down < HOLD_MS && !world.jumped {
            wrongs.push(format!("I7: {send:?} went out again after {} ms", two.at_ms - one.at_ms - down));
        }
    }
    if accepted.len() > 2 {
        wrongs.push(format!("I7: {send:?} was accepted {} times", accepted.len()));
    }
}

/// I26: what is known of a delivery is the join of all that was told.
fn statuses(world: &World, talk: &Talk, wrongs: &mut Vec<String>) {
    let keys = keys(talk.shop);
    for row in &talk.rows {
        let opaque = opaque::encode(row.send.id, keys);
        let known = [&row.facts.provider_id, &row.facts.other_id];
        let is_its = |wamid: &str| known.iter().any(|id| !id.is_empty() && id.as_str() == wamid);
        let mine = world.statuses.iter().filter(|it| it.opaque == opaque || is_its(&it.wamid));
        let expected = mine.map(|it| rank(&it.word)).max().unwrap_or(Delivery::None);
        if row.facts.told.delivery != expected {
            let found = row.facts.told.delivery;
            wrongs.push(format!("I26: `{}` is {found:?}, and was told to be {expected:?}", words(row)));
        }
    }
}

fn rank(word: &str) -> Delivery {
    match word {
        "sent" => Delivery::Sent,
        "failed" => Delivery::Failed,
        "delivered" => Delivery::Delivered,
        "read" => Delivery::Read,
        _ => Delivery::None,
    }
}
