//! Arrivals: each acts once and in order, whatever number of copies come, in one commit or in many.

use std::sync::Arc;

use duka_engine::event::{EventKind, Inbound};
use duka_runtime::host::incoming::{Arrival, Arrived, Incoming};
use duka_runtime::host::writer::{Job, Took, Writer};
use duka_runtime::id::ConversationId;
use duka_runtime::store::{Claim, Delivery, Identity, IdentityKind, InboxBody, QuarantineEntry, StatusUpdate, Store};

use crate::house::{House, NOW_MS, on_every_store};

#[test]
fn copies_in_one_batch_in_later_ones_and_after_a_restart_act_once() {
    on_every_store(async |store: Store| {
        let house = House::new(store).await;
        let conversation = house.begin("254700000001").await;
        let batch = || vec![house.text("254700000001", "m1", "a1"), house.text("254700000001", "m1", "a1")];
        assert_eq!(house.receive(batch()).await.expect("kept"), [Took::Advanced, Took::Copy]);
        assert_eq!(house.receive(batch()).await.expect("kept"), [Took::Copy, Took::Copy]);
        let after = house.restarted(2).await;
        assert_eq!(after.receive(batch()).await.expect("kept"), [Took::Copy, Took::Copy]);
        let again = vec![house.text("254700000001", "m1", "a1"), house.text("254700000001", "m2", "a2")];
        assert_eq!(after.receive(again).await.expect("kept"), [Took::Copy, Took::Advanced]);
        assert_eq!(after.said(conversation).await, ["ack a1 n=1", "ack a2 n=2"]);
    });
}

#[test]
fn copies_in_jobs_of_one_commit_act_once() {
    on_every_store(async |store: Store| {
        let house = House::new(store).await;
        let conversation = house.begin("1").await;
        let job = |id: &str| Job::Arrivals(vec![house.text("1", id, id)]);
        let answers = house.writer.commit(vec![job("m1"), job("m2"), job("m1"), job("m3")]).await;
        let took: Vec<Took> = answers.into_iter().map(|answer| answer.expect("kept")[0]).collect();
        assert_eq!(took, [Took::Advanced, Took::Advanced, Took::Copy, Took::Advanced]);
        assert_eq!(house.said(conversation).await, ["ack m1 n=1", "ack m2 n=2", "ack m3 n=3"]);
    });
}

#[test]
fn what_waits_in_the_inbox_is_taken_before_what_comes_later() {
    on_every_store(async |store: Store| {
        let house = House::new(store).await;
        let conversation = house.begin("1").await;
        house.writer.be_careful();
        assert_eq!(house.receive(vec![house.text("1", "m1", "a1")]).await.expect("kept"), [Took::Queued]);
        let house = house.restarted(2).await;
        let two = vec![house.text("1", "m2", "a2"), house.text("2", "m3", "b")];
        assert_eq!(house.receive(two).await.expect("kept"), [Took::Queued, Took::Advanced]);
        assert_eq!(house.said(conversation).await, Vec::<String>::new());
    });
}

#[test]
fn what_comes_in_the_commit_that_takes_an_older_event_waits_behind_it_and_the_rest() {
    for (waiting, inbox_first) in [(1, true), (1, false), (2, true), (2, false)] {
        on_every_store(async |store: Store| {
            let house = House::new(store).await;
            let conversation = house.begin("1").await;
            let careful = Writer::new(Arc::clone(&house.host));
            careful.be_careful();
            for n in 1..=waiting {
                let older = Job::Arrivals(vec![house.text("1", &format!("m{n}"), &format!("a{n}"))]);
                careful.commit(vec![older]).await.pop().expect("an answer").expect("kept");
            }
            let claim = Claim { owner: house.host.owner, now_ms: NOW_MS, lease_ms: 60_000, limit: 10 };
            let mut tx = house.host.store.begin(house.shop).await.expect("a transaction");
            let rows = tx.take_inbox(house.shop, None, claim).await.expect("the oldest");
            tx.commit().await.expect("claimed");
            let mut jobs = vec![Job::Inbox(rows), Job::Arrivals(vec![house.text("1", "m9", "z")])];
            if !inbox_first {
                jobs.reverse();
            }
            assert!(house.writer.commit(jobs).await.into_iter().all(|answer| answer.is_ok()));
            house.settle().await;
            let expected: Vec<String> = (1..=waiting).map(|n| format!("a{n}")).chain(["z".to_string()]).collect();
            let expected: Vec<String> = expected.iter().zip(1..).map(|(it, n)| format!("ack {it} n={n}")).collect();
            assert_eq!(house.said(conversation).await, expected, "{waiting} waiting, inbox first: {inbox_first}");
        });
    }
}

#[test]
fn a_customer_is_one_by_any_identity_and_learns_new_ones() {
    on_every_store(async |store: Store| {
        let house = House::new(store).await;
        let conversation = house.begin("254700000001").await;
        let user = |value: &str| Identity {
            shop: house.shop,
            channel: "whatsapp".into(),
            kind: IdentityKind::User,
            value: value.into(),
        };
        let with = |mut arrival: Arrival, also: Identity| {
            if let Arrived::Customer { identities, .. } = &mut arrival.what {
                identities.push(also);
            }
            arrival
        };
        let both = with(house.text("254700000001", "m1", "a1"), user("KE.1"));
        house.receive(vec![both]).await.expect("kept");
        // Another phone, the same user.
        let moved = with(house.text("254700000002", "m2", "a2"), user("KE.1"));
        house.receive(vec![moved]).await.expect("kept");
        house.receive(vec![house.text("254700000002", "m3", "a3")]).await.expect("kept");
        assert_eq!(house.conversation("254700000002").await, conversation);
        assert_eq!(house.said(conversation).await, ["ack a1 n=1", "ack a2 n=2", "ack a3 n=3"]);
    });
}

#[test]
fn ten_elements_with_one_unreadable_act_nine_times() {
    on_every_store(async |store: Store| {
        let house = House::new(store).await;
        let conversation = house.begin("1").await;
        let mut batch: Vec<Arrival> = (0..9).map(|n| house.text("1", &format!("m{n}"), &format!("a{n}"))).collect();
        let poison = QuarantineEntry {
            shop: Some(house.shop),
            at_ms: NOW_MS,
            reason: "unreadable".into(),
            detail: String::new(),
            body: b"{\"id\":1e999}".to_vec(),
        };
        let element = Arrival { shop: house.shop, key: None, received_ms: NOW_MS, what: Arrived::Quarantine(poison) };
        batch.insert(4, element);
        let took = house.receive(batch).await.expect("kept");
        assert_eq!(took.iter().filter(|took| **took == Took::Advanced).count(), 9);
        assert_eq!(took[4], Took::Quarantined);
        assert_eq!(house.said(conversation).await.len(), 9);
        let mut tx = house.host.store.begin(house.shop).await.expect("a transaction");
        let kept = tx.list_quarantine(house.shop, 0, 10).await.expect("the quarantine");
        assert_eq!(kept[0].1.body, b"{\"id\":1e999}");
    });
}

#[test]
fn an_event_for_a_conversation_that_is_gone_is_dropped() {
    on_every_store(async |store: Store| {
        let house = House::new(store).await;
        let what = Arrived::Conversation {
            id: ConversationId(99),
            incoming: Incoming::event(EventKind::Inbound(Inbound::Text("hi".into()))),
        };
        let arrival = Arrival { shop: house.shop, key: None, received_ms: NOW_MS, what };
        assert_eq!(house.receive(vec![arrival]).await.expect("kept"), [Took::Dropped]);
    });
}

#[test]
fn a_status_of_nobody_is_kept_and_harms_nothing() {
    on_every_store(async |store: Store| {
        let house = House::new(store).await;
        let status = StatusUpdate {
            shop: house.shop,
            send: None,
            provider_id: "wamid.unknown".into(),
            status: Delivery::Failed,
            at_ms: NOW_MS,
            error: 131_026,
            category: "".into(),
            pricing: "".into(),
            market: 0,
            free_until_ms: 0,
        };
        let arrival = Arrival { shop: house.shop, key: None, received_ms: NOW_MS, what: Arrived::Status(status) };
        assert_eq!(house.receive(vec![arrival]).await.expect("kept"), [Took::Noted]);
    });
}

#[test]
fn an_inbox_row_that_cannot_be_read_is_set_aside() {
    on_every_store(async |store: Store| {
        let house = House::new(store).await;
        let conversation = house.begin("1").await;
        let row = duka_runtime::store::InboxRow {
            shop: house.shop,
            seq: 0,
            conversation,
            body: InboxBody::Event(vec![255; 4]),
            received_ms: NOW_MS,
            attempts: 0,
        };
        let mut tx = house.host.store.begin(house.shop).await.expect("a transaction");
        tx.enqueue(&[row]).await.expect("queued");
        tx.commit().await.expect("committed");
        let claim = duka_runtime::store::Claim { owner: house.host.owner, now_ms: NOW_MS, lease_ms: 1_000, limit: 10 };
        let mut tx = house.host.store.begin(house.shop).await.expect("a transaction");
        let rows = tx.take_inbox(house.shop, None, claim).await.expect("a row");
        tx.commit().await.expect("committed");
        assert_eq!(house.commit(Job::Inbox(rows.clone())).await.expect("kept"), [Took::Quarantined]);
        assert_eq!(house.commit(Job::Inbox(rows)).await.expect("kept"), [Took::Dropped], "it is gone");
        assert_eq!(house.receive(vec![house.text("1", "m1", "a1")]).await.expect("kept"), [Took::Advanced]);
    });
}

fn known(house: &House, kind: IdentityKind, value: &str) -> Identity {
    Identity { shop: house.shop, channel: "whatsapp".into(), kind, value: value.into() }
}

/// A text of a customer known by a user id and a number.
fn text_of(house: &House, user: &str, phone: &str, id: &str) -> Arrival {
    let mut arrival = house.text(phone, id, id);
    if let Arrived::Customer { identities, .. } = &mut arrival.what {
        identities.insert(0, known(house, IdentityKind::User, user));
    }
    arrival
}

/// What a conversation is known by.
async fn names(house: &House, conversation: ConversationId) -> Vec<String> {
    let mut tx = house.host.store.begin(house.shop).await.expect("a transaction");
    let known = tx.identities_of(house.shop, conversation).await.expect("an answer");
    known.iter().map(|identity| identity.value.to_string()).collect()
}

#[test]
fn a_customer_who_moves_takes_the_conversation_along_and_leaves_the_old_number() {
    on_every_store(async |house: Store| {
        let house = House::new(house).await;
        house.receive(vec![text_of(&house, "KE.1", "254700000001", "m1")]).await.expect("kept");
        let conversation = house.conversation("254700000001").await;
        let moved = |n: u8| Arrival {
            shop: house.shop,
            key: None,
            received_ms: NOW_MS,
            what: Arrived::Moved {
                from: vec![
                    known(&house, IdentityKind::User, "KE.1"),
                    known(&house, IdentityKind::Phone, "254700000001"),
                ],
                to: vec![
                    known(&house, IdentityKind::User, "KE.2"),
                    known(&house, IdentityKind::Phone, &format!("25470000000{n}")),
                ],
            },
        };
        house.receive(vec![moved(2)]).await.expect("kept");
        assert_eq!(names(&house, conversation).await, ["KE.2", "254700000002"]);
        house.receive(vec![moved(3)]).await.expect("kept");
        assert_eq!(names(&house, conversation).await, ["KE.2", "254700000003"], "the last number is the one");
        // Whoever has the old number now is somebody else.
        house.receive(vec![house.text("254700000001", "m2", "m2")]).await.expect("kept");
        assert_ne!(house.conversation("254700000001").await, conversation);
    });
}

#[test]
fn a_number_that_came_to_somebody_else_finds_no_old_conversation() {
    on_every_store(async |store: Store| {
        let house = House::new(store).await;
        house.receive(vec![text_of(&house, "KE.1", "254700000001", "m1")]).await.expect("kept");
        let before = house.conversation("254700000001").await;
        house
            .receive(vec![text_of(&house, "KE.9", "254700000001", "m2"), text_of(&house, "KE.9", "254700000001", "m3")])
            .await
            .expect("kept");
        let after = house.conversation("254700000001").await;
        assert_ne!(after, before);
        assert_eq!(names(&house, before).await, ["KE.1"]);
        assert_eq!(names(&house, after).await, ["KE.9", "254700000001"]);
        assert_eq!(house.said(before).await, Vec::<String>::new());
        assert_eq!(house.said(after).await, ["ack m3 n=1"], "the first text began it");
    });
}
