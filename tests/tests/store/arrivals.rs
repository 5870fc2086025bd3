//! Elements, conversations, the inbox.

use duka_runtime::store::*;

use crate::make::*;

pub async fn what_is_not_committed_leaves_nothing_behind(store: Store) -> Result<()> {
    let shop = store.shop("boutique").await?;
    let seen = Sighting { shop, key: key(1), received_ms: 1 };
    let mut tx = store.begin(shop).await?;
    tx.admit(std::slice::from_ref(&seen)).await?;
    tx.create_conversations(&[(conversation(shop, 1), vec![phone(shop, "254")])]).await?;
    tx.enqueue(&[event(shop, 1, "hi")]).await?;
    tx.add_sends(&[send(shop, 1, 1)]).await?;
    tx.add_calls(&[call(shop, 1, 1)]).await?;
    tx.meta_set(shop, "k", b"v").await?;
    tx.rollback().await?;
    let mut tx = store.begin(shop).await?;
    assert_eq!(tx.admit(&[seen]).await?, [true]);
    assert_eq!(tx.find_conversations(&[phone(shop, "254")]).await?, [None]);
    assert_eq!(tx.meta_get(shop, "k").await?, None);
    assert_eq!(tx.counts(shop).await?, Counts::default());
    Ok(())
}

pub async fn an_element_is_admitted_once(store: Store) -> Result<()> {
    let (shop, other) = two_shops(&store).await?;
    let seen = |n| Sighting { shop, key: key(n), received_ms: 1 };
    let mut tx = store.begin(shop).await?;
    assert_eq!(tx.admit(&[]).await?, Vec::<bool>::new());
    assert_eq!(tx.admit(&[seen(1), seen(2), seen(1)]).await?, [true, true, false]);
    tx.commit().await?;
    let mut tx = store.begin(shop).await?;
    assert_eq!(tx.admit(&[seen(3), seen(2)]).await?, [true, false]);
    tx.rollback().await?;
    let mut tx = store.begin(other).await?;
    assert_eq!(tx.admit(&[Sighting { shop: other, ..seen(1) }]).await?, [true], "another shop has its own");
    Ok(())
}

pub async fn identities_find_one_conversation(store: Store) -> Result<()> {
    let shop = store.shop("boutique").await?;
    let (old, new) = (phone(shop, "254700"), user(shop, "KE.1"));
    let mut tx = store.begin(shop).await?;
    assert_eq!(tx.find_conversations(std::slice::from_ref(&old)).await?, [None]);
    let first = (conversation(shop, 1), vec![old.clone()]);
    let both = (conversation(shop, 2), vec![new.clone(), old.clone()]);
    let third = (conversation(shop, 3), vec![phone(shop, "254711")]);
    let ids = tx.create_conversations(&[first, both, third]).await?;
    assert_eq!(ids, [id(1), id(1), id(3)], "the second is known by what the first brought");
    tx.commit().await?;

    let mut tx = store.begin(shop).await?;
    let again = (conversation(shop, 4), vec![new.clone(), phone(shop, "254722")]);
    assert_eq!(tx.create_conversations(&[again]).await?, [id(1)]);
    assert_eq!(tx.find_conversations(&[old.clone(), new.clone()]).await?, [Some(id(1)), Some(id(1))]);
    assert_eq!(tx.identities_of(shop, id(1)).await?, [new.clone(), old.clone(), phone(shop, "254722")]);
    tx.link_identities(&[(id(3), old.clone())]).await?;
    assert_eq!(tx.find_conversations(std::slice::from_ref(&old)).await?, [Some(id(3))]);
    assert_eq!(tx.identities_of(shop, id(1)).await?, [new, phone(shop, "254722")]);
    tx.unlink_identities(&[old.clone(), user(shop, "nobody")]).await?;
    assert_eq!(tx.find_conversations(std::slice::from_ref(&old)).await?, [None]);
    assert_eq!(tx.identities_of(shop, id(3)).await?, [phone(shop, "254711")]);
    let order = Identity::of_order(shop, "A-7".into());
    tx.link_identities(&[(id(3), order.clone())]).await?;
    assert_eq!(tx.find_conversations(std::slice::from_ref(&order)).await?, [Some(id(3))]);
    assert_eq!(tx.identities_of(shop, id(3)).await?, [phone(shop, "254711")], "an order is no name of a customer");
    let page = tx.list_conversations(shop, Some(id(1)), 5).await?;
    assert_eq!(page, [conversation(shop, 3)]);
    assert_eq!(tx.list_conversations(shop, None, 1).await?, [conversation(shop, 1)]);
    tx.commit().await
}

pub async fn a_conversation_is_saved_only_by_the_turn_that_follows(store: Store) -> Result<()> {
    let shop = store.shop("boutique").await?;
    let mut tx = store.begin(shop).await?;
    tx.create_conversations(&[(conversation(shop, 1), vec![]), (conversation(shop, 2), vec![])]).await?;
    tx.commit().await?;

    let mut tx = store.begin(shop).await?;
    let locked = tx.lock_conversations(&[(shop, id(2)), (shop, id(9)), (shop, id(1))]).await?;
    assert_eq!(locked, [Some(conversation(shop, 2)), None, Some(conversation(shop, 1))]);
    let after = Conversation {
        number: "N2".into(),
        session: vec![1; 5_000],
        turn: 2,
        last_inbound_ms: 50,
        free: FreeEntry::Until(60),
        wake_at_ms: Some(70),
        handed_over: true,
        ..conversation(shop, 1)
    };
    tx.save_conversations(&[Advance { conversation: &after, from_turn: 0 }]).await?;
    tx.commit().await?;

    let mut tx = store.begin(shop).await?;
    assert_eq!(tx.conversations(&[(shop, id(1))]).await?, [Some(after.clone())]);
    let fine = Conversation { turn: 1, ..conversation(shop, 2) };
    let gone = Conversation { turn: 1, ..conversation(shop, 9) };
    let late = Conversation { turn: 1, ..after };
    let advances = [&fine, &late, &gone].map(|conversation| Advance { conversation, from_turn: 0 });
    match tx.save_conversations(&advances).await {
        Err(Error::Stale(stale)) => assert_eq!(stale, [id(1), id(9)]),
        other => panic!("{other:?}"),
    }
    tx.rollback().await?;
    let mut tx = store.read(shop).await?;
    assert_eq!(tx.conversations(&[(shop, id(2))]).await?, [Some(conversation(shop, 2))]);
    Ok(())
}

pub async fn the_inbox_gives_each_conversation_its_turn(store: Store) -> Result<()> {
    let shop = store.shop("boutique").await?;
    let mut tx = store.begin(shop).await?;
    for n in [10, 20, 30] {
        tx.create_conversations(&[(conversation(shop, n), vec![])]).await?;
    }
    let words = [(20, "b1"), (10, "a1"), (20, "b2"), (10, "a2"), (30, "c1")];
    tx.enqueue(&words.map(|(n, text)| event(shop, n, text))).await?;
    tx.commit().await?;

    let mut tx = store.begin(shop).await?;
    let pending = tx.lock_conversations(&[(shop, id(20))]).await?;
    assert_eq!(pending[0].as_ref().map(|row| row.pending), Some(2));
    let two = Claim { limit: 2, ..claim(100, LONG_MS) };
    let first = tx.take_inbox(shop, None, two).await?;
    assert_eq!((texts(&first), first[0].attempts), (vec!["a1".to_string(), "b1".to_string()], 1));
    assert_eq!(texts(&tx.take_inbox(shop, Some(id(20)), two).await?), ["c1"], "held ones are passed over");
    assert_eq!(texts(&tx.take_inbox(shop, None, two).await?), Vec::<String>::new(), "no second of a held one");
    tx.release_inbox(&[(shop, first[0].seq)]).await?;
    let again = tx.take_inbox(shop, Some(id(20)), two).await?;
    assert_eq!((texts(&again), again[0].attempts), (vec!["a1".to_string()], 1), "the attempt was not made");
    assert_eq!(tx.consume(&[(shop, again[0].seq), (shop, first[1].seq)]).await?, [true, true]);
    let rest = tx.take_inbox(shop, Some(id(10)), claim(100, OVER_MS)).await?;
    assert_eq!(texts(&rest), ["b2", "a2"], "from behind the last, and around");
    tx.commit().await
}

pub async fn an_event_is_consumed_once(store: Store) -> Result<()> {
    let shop = store.shop("boutique").await?;
    let mut tx = store.begin(shop).await?;
    tx.create_conversations(&[(conversation(shop, 1), vec![])]).await?;
    let result = InboxRow { body: InboxBody::Event(b"x\0".into()), ..event(shop, 1, "") };
    tx.enqueue(std::slice::from_ref(&result)).await?;
    let taken = tx.take_inbox(shop, None, claim(1, OVER_MS)).await?;
    assert_eq!(taken, [InboxRow { seq: taken[0].seq, attempts: 1, ..result }]);
    assert_eq!(tx.consume(&[(shop, taken[0].seq)]).await?, [true]);
    assert_eq!(tx.consume(&[(shop, taken[0].seq)]).await?, [false]);
    tx.enqueue(&[event(shop, 1, "next")]).await?;
    let next = tx.take_inbox(shop, None, claim(1, OVER_MS)).await?;
    assert!(next[0].seq > taken[0].seq, "a number is never given twice");
    tx.commit().await
}

pub async fn wakes_come_in_order_of_time(store: Store) -> Result<()> {
    let shop = store.shop("boutique").await?;
    let mut tx = store.begin(shop).await?;
    for (n, wake_at_ms) in [(1, Some(30)), (2, None), (3, Some(10)), (4, Some(20)), (5, Some(99))] {
        let row = Conversation { wake_at_ms, ..conversation(shop, n) };
        tx.create_conversations(&[(row, vec![])]).await?;
    }
    assert_eq!(tx.due_wakes(shop, 30, 10).await?, [id(3), id(4), id(1)]);
    assert_eq!(tx.due_wakes(shop, 30, 2).await?, [id(3), id(4)]);
    tx.commit().await?;
    let due = store.due(Work::Wakes, 30).await?;
    assert_eq!(due, [Due { shop, number: "".into(), since_ms: 10 }]);
    assert_eq!(store.due(Work::Wakes, 9).await?, []);
    Ok(())
}

pub async fn two_shops_do_not_see_each_other(store: Store) -> Result<()> {
    let (shop, other) = two_shops(&store).await?;
    assert_eq!(store.shop("boutique").await?, shop);
    assert_eq!(store.shops().await?, [(shop, "boutique".into()), (other, "bakery".into())]);
    for shop in [shop, other] {
        let mut tx = store.begin(shop).await?;
        tx.create_conversations(&[(conversation(shop, 1), vec![phone(shop, "254")])]).await?;
        tx.commit().await?;
    }
    let mut tx = store.begin(shop).await?;
    tx.enqueue(&[event(shop, 1, "hi")]).await?;
    tx.add_sends(&[send(shop, 1, 1)]).await?;
    tx.commit().await?;
    let mut tx = store.begin(other).await?;
    assert_eq!(tx.take_inbox(other, None, claim(100, LONG_MS)).await?, []);
    assert_eq!(tx.claim_sends(other, "N1", &[Lane::Service], claim(100, LONG_MS)).await?, []);
    assert_eq!(tx.send(other, send(shop, 1, 1).id).await?, None);
    assert_eq!(tx.counts(other).await?, Counts { conversations: 1, ..Counts::default() });
    Ok(())
}

pub async fn those_who_wait_for_a_person_are_found_among_many(store: Store) -> Result<()> {
    let (shop, other) = two_shops(&store).await?;
    let row = |shop, n| Conversation { handed_over: n % 3 == 0, ..conversation(shop, n) };
    for shop in [shop, other] {
        let mut tx = store.begin(shop).await?;
        let rows: Vec<_> = (1..=10).map(|n| (row(shop, n), vec![phone(shop, &format!("25470{n}"))])).collect();
        tx.create_conversations(&rows).await?;
        tx.commit().await?;
    }
    let mut tx = store.begin(shop).await?;
    let found = async |tx: &mut Tx, after, limit| -> Result<Vec<u64>> {
        let rows = tx.list_handed_over(shop, after, limit).await?;
        Ok(rows.into_iter().map(|row| row.id.0).collect())
    };
    assert_eq!(found(&mut tx, None, 2).await?, [3, 6]);
    assert_eq!(found(&mut tx, Some(id(6)), 2).await?, [9]);
    assert!(found(&mut tx, Some(id(9)), 2).await?.is_empty());
    let back = Conversation { turn: 1, handed_over: false, ..row(shop, 6) };
    tx.save_conversations(&[Advance { conversation: &back, from_turn: 0 }]).await?;
    assert_eq!(found(&mut tx, None, 9).await?, [3, 9]);
    tx.commit().await
}
