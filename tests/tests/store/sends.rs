//! Sends, their attempts, and what the provider tells of them.

use duka_runtime::id::{SendId, ShopScope};
use duka_runtime::store::*;
use duka_tests::random::Random;

use crate::make::*;

const SERVICE: [Lane; 1] = [Lane::Service];

/// One conversation with sends 1 to `n`, committed.
async fn queue(store: &Store, n: u8) -> Result<ShopScope> {
    let shop = store.shop("boutique").await?;
    let mut tx = store.begin(shop).await?;
    tx.create_conversations(&[(conversation(shop, 1), vec![phone(shop, "254"), user(shop, "KE.1")])]).await?;
    let sends: Vec<_> = (1..=n).map(|n| send(shop, 1, n)).collect();
    tx.add_sends(&sends).await?;
    tx.commit().await?;
    Ok(shop)
}

async fn states(tx: &mut Tx, shop: ShopScope) -> Result<Vec<SendState>> {
    Ok(tx.sends_of(shop, id(1), 0, 99).await?.iter().map(|row| row.facts.state).collect())
}

pub async fn only_the_head_of_a_conversation_is_ready(store: Store) -> Result<()> {
    use SendState::{Accepted, Ready, Sending, Waiting};
    let shop = queue(&store, 2).await?;
    let mut tx = store.begin(shop).await?;
    tx.add_sends(&[send(shop, 1, 3)]).await?;
    assert_eq!(states(&mut tx, shop).await?, [Ready, Waiting, Waiting]);
    let first = tx.claim_sends(shop, "N1", &SERVICE, claim(10, LONG_MS)).await?;
    let expected = ClaimedSend {
        send: send(shop, 1, 1),
        attempt: 1,
        after_unknown: false,
        last_inbound_ms: 5,
        free: FreeEntry::None,
        identities: vec![user(shop, "KE.1"), phone(shop, "254")],
    };
    assert_eq!(first, [expected]);
    assert_eq!(tx.claim_sends(shop, "N1", &SERVICE, claim(10, LONG_MS)).await?, []);
    let settled = tx.settle_sends(&[settlement(shop, 1, 1, accepted("wamid.1"))]).await?;
    assert_eq!(settled, [Settled { held: true, failed: false }]);
    assert_eq!(states(&mut tx, shop).await?, [Accepted, Ready, Waiting]);
    assert_eq!(numbers(&tx.claim_sends(shop, "N1", &SERVICE, claim(10, LONG_MS)).await?), [2]);
    assert_eq!(states(&mut tx, shop).await?, [Accepted, Sending, Waiting]);
    assert_eq!(tx.sends_of(shop, id(1), 2, 1).await?[0].send, send(shop, 1, 2), "from turn 2, one");
    tx.commit().await
}

pub async fn claims_go_by_lane_then_time(store: Store) -> Result<()> {
    let shop = store.shop("boutique").await?;
    let mut tx = store.begin(shop).await?;
    let rows = [
        (1, "N1", Lane::Marketing, 1),
        (2, "N1", Lane::Service, 9),
        (3, "N1", Lane::Service, 8),
        (4, "N2", Lane::Service, 1),
        (5, "N1", Lane::Service, 11),
        (6, "N1", Lane::Utility, 9),
        (7, "N1", Lane::Service, 9),
    ];
    for (n, number, lane, not_before_ms) in rows {
        tx.create_conversations(&[(conversation(shop, u64::from(n)), vec![])]).await?;
        let row = NewSend { number: number.into(), lane, not_before_ms, ..send(shop, u64::from(n), n) };
        tx.add_sends(&[row]).await?;
    }
    tx.commit().await?;
    let due = |number: &str, since_ms| Due { shop, number: number.into(), since_ms };
    assert_eq!(store.due(Work::Sends, 10).await?, [due("N1", 1), due("N2", 1)]);
    assert_eq!(store.due(Work::Sends, 0).await?, []);
    let mut tx = store.begin(shop).await?;
    let some = Claim { limit: 4, ..claim(10, LONG_MS) };
    let lanes = [Lane::Service, Lane::Utility];
    assert_eq!(numbers(&tx.claim_sends(shop, "N1", &lanes, some).await?), [3, 2, 7, 6]);
    assert_eq!(numbers(&tx.claim_sends(shop, "N1", &[Lane::Marketing], some).await?), [1]);
    assert_eq!(numbers(&tx.claim_sends(shop, "N1", &lanes, claim(11, LONG_MS)).await?), [5]);
    tx.commit().await
}

pub async fn an_attempt_that_was_overtaken_settles_nothing(store: Store) -> Result<()> {
    let shop = queue(&store, 2).await?;
    let mut tx = store.begin(shop).await?;
    tx.claim_sends(shop, "N1", &SERVICE, claim(10, LONG_MS)).await?;
    let again = AttemptEnd::Again { not_before_ms: 20, error: 130_429 };
    tx.settle_sends(&[settlement(shop, 1, 1, again)]).await?;
    assert_eq!(numbers(&tx.claim_sends(shop, "N1", &SERVICE, claim(19, LONG_MS)).await?), Vec::<u8>::new());
    let second = tx.claim_sends(shop, "N1", &SERVICE, claim(20, LONG_MS)).await?;
    assert_eq!((numbers(&second), second[0].attempt), (vec![1], 2));
    let late = [
        settlement(shop, 1, 1, accepted("wamid.1")),
        settlement(shop, 1, 1, AttemptEnd::Failed { error: 1 }),
        settlement(shop, 1, 3, AttemptEnd::Parked),
        settlement(shop, 9, 1, AttemptEnd::Parked),
    ];
    let held: Vec<bool> = tx.settle_sends(&late).await?.iter().map(|settled| settled.held).collect();
    assert_eq!(held, [false; 4]);
    assert_eq!(states(&mut tx, shop).await?, [SendState::Sending, SendState::Waiting]);
    tx.commit().await
}

pub async fn every_end_of_an_attempt_leads_where_it_should(store: Store) -> Result<()> {
    let ends = [
        (accepted("wamid.1"), SendState::Accepted, 10, 0),
        (AttemptEnd::Again { not_before_ms: 20, error: 4 }, SendState::Ready, 20, 4),
        (AttemptEnd::Unknown { hold_until_ms: 30 }, SendState::Unknown, 30, 0),
        (AttemptEnd::Failed { error: -2 }, SendState::Failed, 10, -2),
        (AttemptEnd::Expired, SendState::Expired, 10, 0),
        (AttemptEnd::Parked, SendState::Parked, 10, 0),
        (AttemptEnd::Cancelled, SendState::Cancelled, 10, 0),
    ];
    let shop = queue(&store, 2).await?;
    for (end, state, not_before_ms, error) in ends {
        let mut tx = store.begin(shop).await?;
        tx.claim_sends(shop, "N1", &SERVICE, claim(10, LONG_MS)).await?;
        tx.settle_sends(&[settlement(shop, 1, 1, end)]).await?;
        let rows = tx.sends_of(shop, id(1), 0, 9).await?;
        let facts = &rows[0].facts;
        assert_eq!((facts.state, facts.not_before_ms, facts.error), (state, not_before_ms, error));
        let next = if state.is_final() { SendState::Ready } else { SendState::Waiting };
        assert_eq!(rows[1].facts.state, next, "behind {state:?}");
        tx.rollback().await?;
    }
    Ok(())
}

pub async fn a_lost_answer_is_held_then_repeated_once_or_parked(store: Store) -> Result<()> {
    let shop = queue(&store, 1).await?;
    let mut tx = store.begin(shop).await?;
    tx.add_sends(&[NewSend { repeat: Repeat::Never, ..send(shop, 1, 2) }]).await?;
    tx.claim_sends(shop, "N1", &SERVICE, claim(10, LONG_MS)).await?;
    let over = Leases::Over { now_ms: 10 };
    assert_eq!(tx.expire_leases(shop, over, 40).await?, 0, "its holder lives");
    assert_eq!(tx.expire_leases(shop, Leases::All, 40).await?, 1);
    tx.extend_holds(shop, 5).await?;
    assert_eq!(tx.release_unknown(shop, 44, 9).await?, []);
    tx.commit().await?;
    assert_eq!(store.due(Work::Holds, 44).await?, []);
    assert_eq!(store.due(Work::Holds, 45).await?, [Due { shop, number: "".into(), since_ms: 45 }]);

    let mut tx = store.begin(shop).await?;
    let released = |n: u8, parked| Released {
        id: SendId([n; 16]),
        conversation: id(1),
        turn: u64::from(n),
        index: 3,
        lane: Lane::Service,
        parked,
    };
    assert_eq!(tx.release_unknown(shop, 45, 9).await?, [released(1, false)]);
    let second = tx.claim_sends(shop, "N1", &SERVICE, claim(45, OVER_MS)).await?;
    assert_eq!((second[0].attempt, second[0].after_unknown), (2, true));
    assert_eq!(tx.expire_leases(shop, Leases::Over { now_ms: 45 }, 50).await?, 1);
    assert_eq!(tx.release_unknown(shop, 50, 9).await?, [released(1, true)], "once, not for ever");
    assert_eq!(states(&mut tx, shop).await?, [SendState::Parked, SendState::Ready]);
    tx.claim_sends(shop, "N1", &SERVICE, claim(60, LONG_MS)).await?;
    tx.settle_sends(&[settlement(shop, 2, 1, AttemptEnd::Unknown { hold_until_ms: 70 })]).await?;
    assert_eq!(tx.release_unknown(shop, 70, 9).await?, [released(2, true)]);
    tx.commit().await
}

pub async fn a_status_settles_what_was_unknown(store: Store) -> Result<()> {
    let shop = queue(&store, 2).await?;
    let mut tx = store.begin(shop).await?;
    tx.claim_sends(shop, "N1", &SERVICE, claim(10, LONG_MS)).await?;
    tx.settle_sends(&[settlement(shop, 1, 1, AttemptEnd::Unknown { hold_until_ms: 70 })]).await?;
    let told = StatusUpdate { category: "service".into(), ..status(shop, Some(1), "wamid.1", Delivery::Sent, 20) };
    let effect = StatusEffect {
        shop,
        id: SendId([1; 16]),
        conversation: id(1),
        turn: 1,
        index: 3,
        lane: Lane::Service,
        settled: true,
        failed: false,
        duplicate: false,
        delivered: None,
    };
    assert_eq!(tx.apply_statuses(std::slice::from_ref(&told)).await?, [Some(effect.clone())]);
    assert_eq!(states(&mut tx, shop).await?, [SendState::Accepted, SendState::Ready]);
    let copy = StatusEffect { settled: false, ..effect.clone() };
    let by_provider = status(shop, None, "wamid.1", Delivery::Failed, 30);
    let failed = StatusEffect { failed: true, ..copy.clone() };
    assert_eq!(tx.apply_statuses(&[told, by_provider.clone()]).await?, [Some(copy.clone()), Some(failed)]);
    assert_eq!(tx.apply_statuses(&[by_provider]).await?, [Some(copy)], "a failure is news once");
    let late = tx.settle_sends(&[settlement(shop, 1, 1, AttemptEnd::Failed { error: 5 })]).await?;
    assert!(!late[0].held, "the status knew better");
    let row = tx.send(shop, SendId([1; 16])).await?.expect("it was sent");
    assert_eq!((row.facts.told.delivery, row.facts.told.error), (Delivery::Failed, 131_026));
    assert_eq!((row.facts.told.at_ms, row.facts.told.category.as_str()), (30, "service"));
    tx.commit().await
}

pub async fn a_failure_told_before_the_answer_is_not_lost(store: Store) -> Result<()> {
    let shop = queue(&store, 1).await?;
    let mut tx = store.begin(shop).await?;
    tx.claim_sends(shop, "N1", &SERVICE, claim(10, LONG_MS)).await?;
    let sent = status(shop, None, "wamid.1", Delivery::Sent, 20);
    let failed = status(shop, None, "wamid.1", Delivery::Failed, 21);
    assert_eq!(tx.apply_statuses(&[failed, sent]).await?, [None, None], "nobody knows this message yet");
    tx.commit().await?;
    let mut tx = store.begin(shop).await?;
    let settled = tx.settle_sends(&[settlement(shop, 1, 1, accepted("wamid.1"))]).await?;
    assert_eq!(settled, [Settled { held: true, failed: true }]);
    assert_eq!(tx.sends_of(shop, id(1), 0, 9).await?[0].facts.told.delivery, Delivery::Failed);
    tx.commit().await
}

pub async fn a_second_acceptance_is_a_visible_duplicate(store: Store) -> Result<()> {
    let shop = queue(&store, 1).await?;
    let mut tx = store.begin(shop).await?;
    tx.claim_sends(shop, "N1", &SERVICE, claim(10, LONG_MS)).await?;
    tx.settle_sends(&[settlement(shop, 1, 1, accepted("wamid.B"))]).await?;
    let other = status(shop, Some(1), "wamid.A", Delivery::Delivered, 30);
    let effects = tx.apply_statuses(&[other.clone(), other]).await?;
    let duplicates: Vec<bool> = effects.iter().flatten().map(|effect| effect.duplicate).collect();
    assert_eq!(duplicates, [true, false]);
    for provider_id in ["wamid.A", "wamid.B"] {
        let known = tx.apply_statuses(&[status(shop, None, provider_id, Delivery::Read, 40)]).await?;
        assert!(known[0].is_some(), "{provider_id} finds it");
    }
    let facts = tx.sends_of(shop, id(1), 0, 9).await?.remove(0).facts;
    assert_eq!((facts.provider_id.as_str(), facts.other_id.as_str()), ("wamid.A", "wamid.B"));
    tx.commit().await
}

/// I26: whatever the order, the copies and the batches.
pub async fn statuses_in_any_order_give_the_same_row(store: Store) -> Result<()> {
    let seed = seed();
    let mut random = Random::new(seed);
    let shop = store.shop("boutique").await?;
    let told = |send: Option<u8>, provider_id: &str, delivery, at_ms, category: &str| StatusUpdate {
        category: category.into(),
        pricing: if delivery == Delivery::Sent { "regular".into() } else { "".into() },
        ..status(shop, send, provider_id, delivery, at_ms)
    };
    let heard = [
        told(Some(1), "wamid.1", Delivery::Sent, 10, "utility"),
        told(Some(1), "wamid.1", Delivery::Delivered, 20, ""),
        told(Some(1), "wamid.1", Delivery::Delivered, 19, "marketing"),
        told(None, "wamid.1", Delivery::Failed, 15, ""),
        told(None, "wamid.1", Delivery::Read, 30, ""),
        told(Some(1), "wamid.2", Delivery::Read, 31, ""),
        told(None, "wamid.2", Delivery::Sent, 11, ""),
    ];
    let mut first: Option<SendFacts> = None;
    for _ in 0..25 {
        let mut order: Vec<StatusUpdate> = heard.to_vec();
        order.extend((0..3).map(|_| heard[random.below(heard.len())].clone()));
        for last in (1..order.len()).rev() {
            order.swap(last, random.below(last + 1));
        }
        let mut tx = store.begin(shop).await?;
        tx.create_conversations(&[(conversation(shop, 1), vec![])]).await?;
        tx.add_sends(&[send(shop, 1, 1)]).await?;
        tx.claim_sends(shop, "N1", &SERVICE, claim(10, LONG_MS)).await?;
        while !order.is_empty() {
            let batch: Vec<_> = order.drain(..1 + random.below(order.len())).collect();
            tx.apply_statuses(&batch).await?;
        }
        let facts = tx.sends_of(shop, id(1), 0, 9).await?.remove(0).facts;
        tx.rollback().await?;
        assert_eq!(first.get_or_insert_with(|| facts.clone()), &facts, "seed {seed}");
    }
    assert_eq!(first.map(|facts| facts.told.delivery), Some(Delivery::Read));
    Ok(())
}

pub async fn work_is_due_where_it_is(store: Store) -> Result<()> {
    let (shop, other) = two_shops(&store).await?;
    for shop in [other, shop] {
        let mut tx = store.begin(shop).await?;
        tx.create_conversations(&[(conversation(shop, 1), vec![])]).await?;
        tx.enqueue(&[event(shop, 1, "first"), event(shop, 1, "second")]).await?;
        tx.add_calls(&[call(shop, 1, 1)]).await?;
        tx.add_sends(&[send(shop, 1, 1)]).await?;
        tx.commit().await?;
    }
    let due = |shop, since_ms| Due { shop, number: "".into(), since_ms };
    assert_eq!(store.due(Work::Inbox, 100).await?, [due(shop, 7), due(other, 7)]);
    assert_eq!(store.due(Work::Calls, 100).await?, [due(shop, 0), due(other, 0)]);
    assert_eq!(store.due(Work::Holds, 100).await?, []);
    let mut tx = store.begin(other).await?;
    assert_eq!(texts(&tx.take_inbox(other, None, claim(100, LONG_MS)).await?), ["first"]);
    assert_eq!(tx.claim_calls(other, claim(100, LONG_MS)).await?.len(), 1);
    tx.claim_sends(other, "N1", &SERVICE, claim(100, OVER_MS)).await?;
    tx.commit().await?;
    assert_eq!(store.due(Work::Inbox, 100).await?, [due(shop, 7)], "its head is held, so nothing is due");
    assert_eq!(store.due(Work::Calls, 100).await?, [due(shop, 0)]);
    let holds: Vec<ShopScope> = store.due(Work::Holds, i64::MAX).await?.iter().map(|due| due.shop).collect();
    assert_eq!(holds, [other], "its lease is over");
    assert_eq!(store.due(Work::Sends, 100).await?, [Due { number: "N1".into(), ..due(shop, 10) }]);
    Ok(())
}
