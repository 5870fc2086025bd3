//! Turns, calls, consents, quarantine, templates, values; erasure and retention.

use std::collections::BTreeSet;

use duka_runtime::api::{Key, Scope, keys};
use duka_runtime::id::{ConversationId, ShopScope};
use duka_runtime::store::*;
use smol_str::SmolStr;

use crate::make::*;

fn turn(shop: ShopScope, conversation: u64, turn: u64) -> TurnRecord {
    TurnRecord {
        shop,
        conversation: id(conversation),
        turn,
        at_ms: turn as i64 * 10,
        revision: [3; 16],
        event: vec![0, turn as u8],
        trace: b"trace".into(),
        notes: Vec::new(),
    }
}

fn consent(shop: ShopScope, name: &str, given: bool, at_ms: i64) -> ConsentEntry {
    ConsentEntry { shop, conversation: id(1), name: name.into(), given, at_ms, proof: "wamid.1".into() }
}

fn quarantined(shop: Option<ShopScope>, body: &str, at_ms: i64) -> QuarantineEntry {
    QuarantineEntry { shop, at_ms, reason: "poison".into(), detail: "why".into(), body: body.into() }
}

pub async fn turns_are_read_back_in_order(store: Store) -> Result<()> {
    let shop = store.shop("boutique").await?;
    let mut tx = store.begin(shop).await?;
    tx.add_turns(&[turn(shop, 1, 2), turn(shop, 1, 1), turn(shop, 2, 1), turn(shop, 1, 3)]).await?;
    tx.commit().await?;
    let mut tx = store.read(shop).await?;
    assert_eq!(tx.turns_of(shop, id(1), 0, 2).await?, [turn(shop, 1, 1), turn(shop, 1, 2)]);
    assert_eq!(tx.turns_of(shop, id(1), 3, 9).await?, [turn(shop, 1, 3)]);
    Ok(())
}

pub async fn calls_are_claimed_ended_and_postponed_under_their_attempt(store: Store) -> Result<()> {
    let shop = store.shop("boutique").await?;
    let mut tx = store.begin(shop).await?;
    tx.create_conversations(&[(conversation(shop, 1), vec![])]).await?;
    tx.add_calls(&[call(shop, 1, 1), call(shop, 1, 2)]).await?;
    let ended = |turn, attempt| EndedCall { shop, conversation: id(1), turn, index: 1, attempt };
    let both = tx.claim_calls(shop, claim(50, LONG_MS)).await?;
    assert_eq!(both, [1, 2].map(|turn| ClaimedCall { call: call(shop, 1, turn), attempt: 1 }));
    assert_eq!(tx.claim_calls(shop, claim(50, LONG_MS)).await?, []);
    assert_eq!(tx.end_calls(&[ended(1, 1), ended(2, 7)]).await?, [true, false], "the second is not this attempt");
    assert_eq!(tx.end_calls(&[ended(1, 1)]).await?, [false], "it has ended");
    assert_eq!(tx.postpone_calls(&[(ended(2, 1), 80), (ended(2, 9), 90)]).await?, [true, false]);
    assert_eq!(tx.claim_calls(shop, claim(79, LONG_MS)).await?, []);
    assert_eq!(tx.claim_calls(shop, claim(80, LONG_MS)).await?[0].attempt, 2);
    assert!(tx.give_back_call(&ended(2, 2)).await?);
    assert!(!tx.give_back_call(&ended(2, 2)).await?, "it was given back");
    assert_eq!(tx.claim_calls(shop, claim(80, LONG_MS)).await?[0].attempt, 2, "as if it had not been claimed");
    tx.release_calls(shop).await?;
    assert_eq!(tx.claim_calls(shop, claim(80, OVER_MS)).await?[0].attempt, 3);
    assert_eq!(tx.claim_calls(shop, claim(80, LONG_MS)).await?[0].attempt, 4, "its lease was over");
    assert_eq!(tx.counts(shop).await?, Counts { conversations: 1, calls: 1, ..Counts::default() });
    tx.commit().await
}

pub async fn the_latest_consent_stands(store: Store) -> Result<()> {
    let shop = store.shop("boutique").await?;
    let mut tx = store.begin(shop).await?;
    let ledger = [
        consent(shop, "offers", true, 10),
        consent(shop, "offers", false, 30),
        consent(shop, "offers", true, 20),
        consent(shop, "marketing", true, 5),
        consent(shop, "marketing", false, 5),
    ];
    tx.add_consents(&ledger).await?;
    assert_eq!(tx.consents_of(shop, id(1)).await?, ledger);
    let standing = tx.standing_consents(shop, &[id(1), id(2)]).await?;
    assert_eq!(standing, [ledger[4].clone(), ledger[1].clone()]);
    assert_eq!(tx.standing_consents(shop, &[]).await?, []);
    tx.commit().await
}

pub async fn quarantine_is_listed_and_taken(store: Store) -> Result<()> {
    let shop = store.shop("boutique").await?;
    let entries = [quarantined(Some(shop), "a", 1), quarantined(Some(shop), "b\0", 2)];
    let mut tx = store.begin(shop).await?;
    tx.add_quarantine(&entries).await?;
    let listed = tx.list_quarantine(shop, 0, 9).await?;
    assert_eq!(listed.iter().map(|(_, entry)| entry.clone()).collect::<Vec<_>>(), entries);
    assert_eq!(tx.list_quarantine(shop, listed[0].0, 9).await?, listed[1..]);
    assert_eq!(tx.take_quarantine(shop, &[listed[0].0, 999_999]).await?, entries[..1]);
    assert_eq!(tx.list_quarantine(shop, 0, 9).await?, listed[1..]);
    tx.commit().await?;
    let mut tx = store.begin(ShopScope::NONE).await?;
    let lost = quarantined(None, "whose?", 3);
    tx.add_quarantine(std::slice::from_ref(&lost)).await?;
    assert_eq!(tx.list_quarantine(ShopScope::NONE, 0, 9).await?[0].1, lost);
    tx.commit().await
}

pub async fn newest_news_of_templates_and_numbers_stay(store: Store) -> Result<()> {
    let shop = store.shop("boutique").await?;
    let template = |language: &str, status: &str, at_ms| TemplateRow {
        shop,
        name: "order_shipped".into(),
        language: language.into(),
        status: status.into(),
        category: "UTILITY".into(),
        quality: "GREEN".into(),
        vendor_id: u64::MAX - 1,
        components: "[]".into(),
        at_ms,
    };
    let health = |number: &str, quality: &str, at_ms| NumberHealth {
        shop,
        number: number.into(),
        quality: quality.into(),
        tier: "TIER_2K".into(),
        throughput: "HIGH".into(),
        stopped: "".into(),
        display: "15550001111".into(),
        warnings: vec![Warning { word: "FLAGGED".into(), holds: Holds::Marketing, at_ms, until_ms: 9 }],
        at_ms,
    };
    let mut tx = store.begin(shop).await?;
    tx.put_templates(&[template("sw", "APPROVED", 5), template("en", "APPROVED", 5), template("sw", "PAUSED", 9)])
        .await?;
    tx.put_templates(&[template("sw", "APPROVED", 8)]).await?;
    assert_eq!(tx.templates(shop).await?, [template("en", "APPROVED", 5), template("sw", "PAUSED", 9)]);
    tx.put_health(&[health("N1", "GREEN", 2), health("N1", "RED", 1), health("N0", "UNKNOWN", 1)]).await?;
    assert_eq!(tx.health(shop).await?, [health("N0", "UNKNOWN", 1), health("N1", "GREEN", 2)]);
    tx.commit().await
}

/// All orders of so many things.
fn orders(of: usize) -> Vec<Vec<usize>> {
    if of == 0 {
        return vec![Vec::new()];
    }
    let with = |order: Vec<usize>| (0..of).map(move |at| [&order[..at], &[of - 1], &order[at..]].concat());
    orders(of - 1).into_iter().flat_map(with).collect()
}

pub async fn of_a_template_the_newest_that_was_told_stands_in_any_order(store: Store) -> Result<()> {
    let shop = store.shop("boutique").await?;
    let word = |word: &str| Some(SmolStr::new(word));
    for (n, order) in orders(5).into_iter().enumerate() {
        let name = SmolStr::from(format!("order_{n}"));
        let news = |at_ms| TemplateNews::of(shop, name.clone(), "en".into(), at_ms);
        let pulled = TemplateRow {
            shop,
            name: name.clone(),
            language: "en".into(),
            status: "PENDING".into(),
            category: "UTILITY".into(),
            quality: "GREEN".into(),
            vendor_id: 0,
            components: "[]".into(),
            at_ms: 7,
        };
        let told = [
            TemplateNews { status: word("PAUSED"), vendor_id: 4, ..news(9) },
            TemplateNews { status: word("APPROVED"), category: word("AUTHENTICATION"), ..news(6) },
            TemplateNews { quality: word("RED"), ..news(9) },
            TemplateNews { category: word("MARKETING"), ..news(8) },
            pulled.into(),
        ];
        let one_body = n % 2 == 0;
        let mut tx = store.begin(shop).await?;
        let told: Vec<TemplateNews> = order.iter().map(|at| told[*at].clone()).collect();
        for some in told.chunks(if one_body { 5 } else { 1 }) {
            tx.hear_templates(some).await?;
        }
        let row = tx.templates(shop).await?.into_iter().find(|row| row.name == name).expect("the template");
        let known = [row.status.as_str(), row.category.as_str(), row.quality.as_str(), row.components.as_str()];
        assert_eq!((known, row.vendor_id, row.at_ms), (["PAUSED", "MARKETING", "RED", "[]"], 4, 9), "{order:?}");
        tx.commit().await?;
    }
    Ok(())
}

pub async fn of_a_number_the_newest_that_was_told_stands_in_any_order(store: Store) -> Result<()> {
    let shop = store.shop("boutique").await?;
    let word = |word: &str| Some(SmolStr::new(word));
    for (n, order) in orders(5).into_iter().enumerate() {
        let number = SmolStr::from(format!("N{n}"));
        let news = |at_ms| HealthNews::of(shop, number.clone(), at_ms);
        let warning =
            |word: &str, at_ms| Warning { word: word.into(), holds: Holds::Marketing, at_ms, until_ms: 90 + at_ms };
        let told = [
            HealthNews { changes: vec![Change::LiftAll], stopped: word(""), ..news(8) },
            HealthNews { changes: vec![Change::Warn(warning("DISABLE", 9))], stopped: word("DISABLE"), ..news(9) },
            HealthNews { tier: word("TIER_2K"), display: "1 555".into(), quality: word("GREEN"), ..news(5) },
            HealthNews { tier: word("TIER_250"), stopped: word("paid nothing"), ..news(4) },
            HealthNews { changes: vec![Change::Warn(warning("FLAGGED", 9))], ..news(9) },
        ];
        let mut tx = store.begin(shop).await?;
        for at in &order {
            tx.hear_health(&told[*at..=*at]).await?;
        }
        // Of another number, and of this one.
        let elsewhere = |about: &str, at_ms| HealthNews {
            changes: vec![Change::Lift(&["FLAGGED"])],
            about: about.into(),
            ..news(at_ms)
        };
        tx.hear_health(&[elsewhere("1666", 10)]).await?;
        let of = |row: &NumberHealth| row.warned(11).map(|it| it.word.to_string()).collect::<BTreeSet<_>>();
        let read =
            async |tx: &mut Tx| tx.health(shop).await.map(|rows| rows.into_iter().find(|it| it.number == number));
        let row = read(&mut tx).await?.expect("the number");
        let known = [row.stopped.as_str(), row.tier.as_str(), row.quality.as_str(), row.display.as_str()];
        assert_eq!((known, row.at_ms), (["DISABLE", "TIER_2K", "GREEN", "1 555"], 10), "{order:?}");
        assert_eq!(of(&row), ["DISABLE".to_string(), "FLAGGED".to_string()].into(), "{order:?}");
        tx.hear_health(&[elsewhere("+1555", 11)]).await?;
        assert_eq!(of(&read(&mut tx).await?.expect("the number")), ["DISABLE".to_string()].into(), "{order:?}");
        tx.commit().await?;
    }
    Ok(())
}

pub async fn revisions_and_values_are_kept(store: Store) -> Result<()> {
    let shop = store.shop("boutique").await?;
    let published = |n: u8, at_ms| FlowRevision { shop, revision: [n; 16], at_ms, source: vec![n], standard: [9; 16] };
    let mut tx = store.begin(shop).await?;
    tx.put_revisions(&[published(1, 5), published(2, 9)]).await?;
    tx.put_revisions(&[FlowRevision { source: vec![7], ..published(1, 4) }]).await?;
    assert_eq!(tx.revisions(shop, 9).await?, [published(2, 9), published(1, 5)]);
    tx.put_revisions(&[FlowRevision { source: vec![7], ..published(1, 99) }]).await?;
    assert_eq!(tx.revisions(shop, 9).await?, [published(1, 99), published(2, 9)]);
    assert_eq!(tx.revision(shop, [1; 16]).await?, Some(published(1, 99)));
    assert_eq!(tx.revision(shop, [3; 16]).await?, None);
    tx.meta_set(shop, "a", b"1").await?;
    tx.meta_set(shop, "a", b"2\0").await?;
    assert_eq!(tx.meta_get(shop, "a").await?, Some(b"2\0".to_vec()));
    assert_eq!(tx.meta_keep(shop, "a", b"3").await?, b"2\0");
    assert_eq!(tx.meta_keep(shop, "b", b"4").await?, b"4");
    tx.meta_remove(shop, "b").await?;
    tx.meta_remove(shop, "b").await?;
    assert_eq!(tx.meta_get(shop, "b").await?, None);
    tx.commit().await?;
    let mut tx = store.begin(ShopScope::NONE).await?;
    tx.meta_set(ShopScope::NONE, "running", b"1").await?;
    assert_eq!(tx.meta_get(ShopScope::NONE, "a").await?, None);
    tx.commit().await
}

/// Something of every kind for a conversation.
async fn fill(tx: &mut Tx, shop: ShopScope, n: u64, number: &str) -> Result<()> {
    tx.admit(&[Sighting { shop, key: key(n as u8), received_ms: 10 }]).await?;
    tx.create_conversations(&[(conversation(shop, n), vec![phone(shop, number)])]).await?;
    tx.link_identities(&[(id(n), Identity::of_order(shop, number.into()))]).await?;
    tx.enqueue(&[event(shop, n, "hi")]).await?;
    tx.add_turns(&[turn(shop, n, 1)]).await?;
    tx.add_sends(&[send(shop, n, n as u8), send(shop, n, n as u8 + 100)]).await?;
    tx.add_calls(&[call(shop, n, 1)]).await?;
    tx.add_consents(&[ConsentEntry { conversation: id(n), ..consent(shop, "offers", true, 1) }]).await?;
    tx.add_quarantine(&[quarantined(Some(shop), &format!("{{\"from\":\"{number}\"}}"), 1)]).await
}

async fn left_of(tx: &mut Tx, shop: ShopScope, id: ConversationId) -> Result<usize> {
    let mut left = tx.identities_of(shop, id).await?.len();
    left += tx.turns_of(shop, id, 0, 9).await?.len();
    left += tx.sends_of(shop, id, 0, 9).await?.len();
    left += tx.consents_of(shop, id).await?.len();
    Ok(left)
}

pub async fn erasing_a_customer_leaves_the_others(store: Store) -> Result<()> {
    let shop = store.shop("boutique").await?;
    let mut tx = store.begin(shop).await?;
    fill(&mut tx, shop, 1, "254700").await?;
    fill(&mut tx, shop, 2, "254711").await?;
    // An order that nobody can tell the fate of: it has an address, and no name but the conversation's.
    let detail = format!("orders.create, key 1-{:016x}-7-0", id(1).0);
    tx.add_quarantine(&[QuarantineEntry { detail, ..quarantined(Some(shop), "House 7", 1) }]).await?;
    let one = Counts { conversations: 1, inbox: 1, waiting: 1, ready: 1, calls: 1, quarantine: 1, ..Counts::default() };
    assert!(tx.erase_conversation(shop, id(1)).await?);
    assert_eq!(tx.erase_quarantined(shop, &["254700".into(), "".into()]).await?, 0, "it is gone");
    assert!(!tx.erase_conversation(shop, id(1)).await?);
    assert_eq!(tx.counts(shop).await?, one);
    assert_eq!((left_of(&mut tx, shop, id(1)).await?, left_of(&mut tx, shop, id(2)).await?), (0, 5));
    let gone = [phone(shop, "254700"), Identity::of_order(shop, "254700".into())];
    assert_eq!(tx.find_conversations(&gone).await?, [None, None]);
    let late = Sighting { shop, key: key(1), received_ms: 99 };
    assert_eq!(tx.admit(&[late]).await?, [false], "a late copy brings nothing back");
    assert!(!tx.settle_sends(&[settlement(shop, 1, 1, accepted("w"))]).await?[0].held);
    assert_eq!(tx.apply_statuses(&[status(shop, Some(1), "w", Delivery::Read, 1)]).await?, [None]);
    tx.create_conversations(&[(conversation(shop, 3), vec![phone(shop, "254700")])]).await?;
    assert_eq!(left_of(&mut tx, shop, id(3)).await?, 1, "a new message starts anew");
    tx.commit().await
}

/// What could be routed to no shop is searched in a transaction of its own.
pub async fn what_is_nobodys_is_searched_for_a_customer_too(store: Store) -> Result<()> {
    let mut tx = store.begin(ShopScope::NONE).await?;
    tx.add_quarantine(&[quarantined(None, "of 254700", 1), quarantined(None, "of 254711", 1)]).await?;
    assert_eq!(tx.erase_quarantined(ShopScope::NONE, &["254700".into()]).await?, 1);
    let left = tx.list_quarantine(ShopScope::NONE, 0, 9).await?;
    assert_eq!(left.iter().map(|(_, entry)| entry.body.as_slice()).collect::<Vec<_>>(), [b"of 254711"]);
    tx.commit().await
}

/// I13: what is numbered anew after a restore is named anew.
pub async fn an_epoch_begins_with_each_restore(store: Store) -> Result<()> {
    assert_eq!(store.epoch().await?, 0);
    store.begin_anew(50).await?;
    assert_eq!(store.epoch().await?, 50);
    store.begin_anew(50).await?;
    assert_eq!(store.epoch().await?, 51);
    Ok(())
}

pub async fn erasing_a_shop_leaves_the_others(store: Store) -> Result<()> {
    let (shop, other) = two_shops(&store).await?;
    for shop in [shop, other] {
        let mut tx = store.begin(shop).await?;
        fill(&mut tx, shop, 1, "254700").await?;
        tx.commit().await?;
    }
    let mut tx = store.begin(shop).await?;
    tx.erase_shop(shop).await?;
    tx.commit().await?;
    let mut tx = store.begin(shop).await?;
    assert_eq!(tx.counts(shop).await?, Counts::default());
    assert_eq!(left_of(&mut tx, shop, id(1)).await?, 0);
    tx.rollback().await?;
    let mut tx = store.begin(other).await?;
    assert_eq!(left_of(&mut tx, other, id(1)).await?, 5);
    tx.rollback().await?;
    assert_eq!(store.shop("boutique").await?, shop, "its number is nobody else's");
    Ok(())
}

pub async fn old_rows_go_class_by_class(store: Store) -> Result<()> {
    let shop = store.shop("boutique").await?;
    let mut tx = store.begin(shop).await?;
    fill(&mut tx, shop, 1, "254700").await?;
    assert_eq!(tx.sweep(shop, Retention::default(), 9).await?, 0, "0 keeps all");
    let all =
        Retention { seen_ms: 11, turns_ms: 11, sends_ms: 2_000, quarantine_ms: 2, requests_ms: 0, consents_ms: 0 };
    let before =
        Retention { seen_ms: 10, turns_ms: 10, sends_ms: 1_000, quarantine_ms: 1, requests_ms: 0, consents_ms: 0 };
    tx.claim_sends(shop, "N1", &[Lane::Service], claim(10, LONG_MS)).await?;
    tx.settle_sends(&[settlement(shop, 1, 1, accepted("w"))]).await?;
    assert_eq!(tx.old(shop, before).await?, Retention::default());
    assert_eq!(tx.sweep(shop, before, 9).await?, 0);
    assert_eq!(tx.old(shop, all).await?, all);
    tx.add_turns(&[turn(shop, 1, 0), turn(shop, 2, 0)]).await?;
    assert_eq!(
        tx.sweep(shop, all, 2).await?,
        5,
        "the open send stays, and one of three turns is left for the next slice"
    );
    assert_eq!(tx.old(shop, all).await?, Retention { turns_ms: 11, ..Retention::default() });
    assert_eq!(tx.sweep(shop, all, 2).await?, 1);
    assert_eq!(tx.old(shop, all).await?, Retention::default());
    assert_eq!(tx.sweep(shop, all, 9).await?, 0);
    let left = tx.sends_of(shop, id(1), 0, 9).await?;
    assert_eq!(left.iter().map(|row| row.facts.state).collect::<Vec<_>>(), [SendState::Ready]);
    // What a customer asks of their data is a class of its own.
    let request = QuarantineEntry { reason: DATA_REQUEST.into(), ..quarantined(Some(shop), "", 1) };
    tx.add_quarantine(&[request]).await?;
    assert_eq!((tx.old(shop, all).await?, tx.sweep(shop, all, 9).await?), (Retention::default(), 0));
    let requests = Retention { requests_ms: 2, ..Retention::default() };
    assert_eq!((tx.old(shop, requests).await?, tx.sweep(shop, requests, 9).await?), (requests, 1));
    tx.commit().await
}

pub async fn an_old_consent_goes_when_another_has_taken_its_place(store: Store) -> Result<()> {
    let shop = store.shop("boutique").await?;
    let mut tx = store.begin(shop).await?;
    let ledger = [consent(shop, "offers", true, 1), consent(shop, "offers", false, 2), consent(shop, "news", true, 1)];
    tx.add_consents(&ledger).await?;
    let other = ConsentEntry { conversation: id(2), ..consent(shop, "offers", true, 1) };
    tx.add_consents(std::slice::from_ref(&other)).await?;
    let before = |consents_ms| Retention { consents_ms, ..Retention::default() };
    assert_eq!(tx.old(shop, before(1)).await?, Retention::default(), "it is not that old");
    assert_eq!(tx.old(shop, before(9)).await?, before(9));
    assert_eq!(tx.sweep(shop, before(9), 9).await?, 1);
    assert_eq!(tx.old(shop, before(9)).await?, Retention::default());
    assert_eq!(tx.consents_of(shop, id(1)).await?, ledger[1..].to_vec(), "what counts stays, however old");
    assert_eq!(tx.consents_of(shop, id(2)).await?, [other]);
    tx.commit().await
}

/// F41: after a restore nothing that was open is done blindly.
pub async fn what_was_open_in_a_backup_is_parked(store: Store) -> Result<()> {
    let (shop, other) = two_shops(&store).await?;
    for shop in [shop, other] {
        let mut tx = store.begin(shop).await?;
        fill(&mut tx, shop, 1, "254700").await?;
        let row = |n, wake_at_ms| (Conversation { wake_at_ms: Some(wake_at_ms), ..conversation(shop, n) }, vec![]);
        tx.create_conversations(&[row(2, 40), row(3, 60)]).await?;
        tx.add_sends(&[send(shop, 2, 2), send(shop, 3, 3)]).await?;
        tx.claim_sends(shop, "N1", &[Lane::Service], Claim { limit: 1, ..claim(10, LONG_MS) }).await?;
        tx.settle_sends(&[settlement(shop, 1, 1, accepted("w"))]).await?;
        tx.claim_sends(shop, "N1", &[Lane::Service], Claim { limit: 1, ..claim(10, LONG_MS) }).await?;
        tx.commit().await?;
    }
    let mut tx = store.begin(shop).await?;
    assert_eq!(tx.park_open(shop, 50).await?, Parked { sends: 3, events: 1, wakes: 1, calls: 1 });
    assert_eq!(tx.park_open(shop, 50).await?, Parked::default());
    assert_eq!(tx.claim_sends(shop, "N1", &[Lane::Service], claim(99, LONG_MS)).await?, []);
    assert_eq!(tx.take_inbox(shop, None, claim(99, LONG_MS)).await?, []);
    let over = ClaimedCall { call: NewCall { deadline_ms: 0, ..call(shop, 1, 1) }, attempt: 2 };
    assert_eq!(tx.claim_calls(shop, claim(99, LONG_MS)).await?, [over], "to be ended as over, and not to be asked");
    assert_eq!(tx.due_wakes(shop, 99, 9).await?, [id(3)]);
    let entry = tx.list_quarantine(shop, 0, 9).await?.pop().expect("the event is there").1;
    let expected = (Some(shop), 50, "restored", "conversation 0000000000000001", b"hi".to_vec());
    assert_eq!((entry.shop, entry.at_ms, entry.reason.as_str(), entry.detail.as_str(), entry.body), expected);
    let told = tx.apply_statuses(&[status(shop, Some(2), "w2", Delivery::Sent, 1)]).await?;
    assert!(told[0].as_ref().is_some_and(|effect| effect.settled), "a status tells that it was sent after the backup");
    let parked = tx.parked_sends(shop, 9).await?;
    assert_eq!(parked.len(), 2, "to be looked at");
    assert!(tx.cancel_parked(shop, parked[0].send.id).await?);
    assert!(!tx.cancel_parked(shop, parked[0].send.id).await?, "once");
    assert_eq!(tx.parked_sends(shop, 9).await?, parked[1..]);
    tx.commit().await?;
    let mut tx = store.begin(other).await?;
    let counts = tx.counts(other).await?;
    assert_eq!((counts.inbox, counts.parked), (1, 0), "the other shop is untouched");
    tx.rollback().await
}

pub async fn delivered_messages_are_counted(store: Store) -> Result<()> {
    let (shop, other) = (store.shop("boutique").await?, store.shop("kiosk").await?);
    let row = |shop, month, market, category: &str, messages| CostRow {
        shop,
        month,
        market,
        category: category.into(),
        pricing: "regular".into(),
        messages,
    };
    let mut tx = store.begin(shop).await?;
    let rows = [
        row(shop, 202_611, 254, "utility", 2),
        row(shop, 202_611, 1, "utility", 1),
        row(shop, 202_610, 254, "utility", 9),
    ];
    tx.add_costs(&rows).await?;
    tx.add_costs(&[row(shop, 202_611, 254, "utility", 3), row(shop, 202_611, 254, "marketing", 4)]).await?;
    tx.commit().await?;
    let mut tx = store.begin(other).await?;
    tx.add_costs(&[row(other, 202_611, 254, "utility", 7)]).await?;
    tx.commit().await?;
    let mut tx = store.begin(shop).await?;
    let november = [
        row(shop, 202_611, 1, "utility", 1),
        row(shop, 202_611, 254, "marketing", 4),
        row(shop, 202_611, 254, "utility", 5),
    ];
    assert_eq!(tx.costs(shop, 202_611, 202_611).await?, november);
    assert_eq!(tx.costs(shop, 202_610, 202_611).await?.len(), 4);
    // A message counts once, when it is delivered and its category is known.
    tx.create_conversations(&[(conversation(shop, 1), vec![])]).await?;
    tx.add_sends(&[send(shop, 1, 1)]).await?;
    let told = |delivery, category: &str| StatusUpdate {
        category: category.into(),
        pricing: "regular".into(),
        ..status(shop, Some(1), "wamid.1", delivery, 5)
    };
    let mut counted = Vec::new();
    for update in [
        told(Delivery::Sent, "utility"),
        told(Delivery::Delivered, ""),
        told(Delivery::Delivered, "utility"),
        told(Delivery::Read, "utility"),
    ] {
        let effect = tx.apply_statuses(&[update]).await?.remove(0).expect("it is known");
        counted.push(effect.delivered.map(|(category, _)| category.to_string()));
    }
    assert_eq!(counted, [None, Some("utility".to_string()), None, None]);
    tx.erase_shop(shop).await?;
    assert_eq!(tx.costs(shop, 0, 999_999).await?, []);
    tx.commit().await?;
    assert_eq!(store.read(other).await?.costs(other, 0, 999_999).await?.len(), 1);
    Ok(())
}

pub async fn what_operators_did_is_listed_the_newest_first(store: Store) -> Result<()> {
    let (shop, other) = two_shops(&store).await?;
    let entry = |shop, at_ms, act: &str| AuditEntry {
        shop,
        at_ms,
        who: "agent".into(),
        act: act.into(),
        object: "00000000000000aa".into(),
        status: 0,
    };
    let mut tx = store.begin(shop).await?;
    let first = tx.add_audit(&entry(shop, 5, "a"), 0).await?;
    let second = tx.add_audit(&entry(shop, 6, "b"), 0).await?;
    tx.end_audit(shop, second, 200).await?;
    tx.commit().await?;
    let mut tx = store.begin(other).await?;
    tx.add_audit(&entry(other, 7, "c"), 0).await?;
    tx.commit().await?;
    let mut tx = store.begin(shop).await?;
    let done = AuditEntry { status: 200, ..entry(shop, 6, "b") };
    assert_eq!(tx.list_audit(shop, 0, 9).await?, [(second, done), (first, entry(shop, 5, "a"))]);
    assert_eq!(tx.list_audit(shop, second, 9).await?, [(first, entry(shop, 5, "a"))]);
    assert_eq!(tx.list_audit(shop, 0, 1).await?.len(), 1);
    tx.add_audit(&entry(shop, 9, "d"), 6).await?;
    let acts: Vec<_> = tx.list_audit(shop, 0, 9).await?.into_iter().map(|(_, entry)| entry.act).collect();
    assert_eq!(acts, ["d", "b"], "what is too old went");
    tx.commit().await
}

/// Those who make keys at the same time do not undo each other; what can not be read is not written over.
pub async fn keys_of_the_api_are_neither_lost_nor_wiped(store: Store) -> Result<()> {
    let key =
        |name: String| Key { name, hash: String::new(), scope: Scope::Read, shop: None, made_ms: 0, ends_ms: i64::MAX };
    let names: Vec<String> = (0..8).map(|n| format!("key {n}")).collect();
    let made = names.iter().cloned().map(|name| {
        let store = store.clone();
        tokio::spawn(async move { keys::make(&store, key(name)).await.map(drop) })
    });
    for made in made.collect::<Vec<_>>() {
        made.await.expect("it ends").expect("made");
    }
    let mut known: Vec<String> = keys::list(&store).await?.into_iter().map(|key| key.name).collect();
    known.sort();
    assert_eq!(known, names);
    assert!(keys::make(&store, key("key 3".into())).await.is_err(), "the name is taken");
    assert_eq!((keys::end(&store, "key 3").await?, keys::end(&store, "key 3").await?), (true, false));
    assert_eq!(keys::list(&store).await?.len(), 7);

    let mut tx = store.begin(ShopScope::NONE).await?;
    tx.meta_set(ShopScope::NONE, "api_keys", b"[{\"of\":\"tomorrow\"}]").await?;
    tx.commit().await?;
    assert!(matches!(keys::list(&store).await, Err(Error::Unreadable(_))));
    assert!(keys::make(&store, key("new".into())).await.is_err());
    assert!(keys::end(&store, "key 1").await.is_err());
    let kept = store.read(ShopScope::NONE).await?.meta_get(ShopScope::NONE, "api_keys").await?;
    assert_eq!(kept.as_deref(), Some(&b"[{\"of\":\"tomorrow\"}]"[..]));
    Ok(())
}

pub async fn entries_of_one_reason_are_found_the_newest_first(store: Store) -> Result<()> {
    let (shop, other) = two_shops(&store).await?;
    let entry = |body: &str, reason: &str, at_ms| QuarantineEntry {
        reason: reason.into(),
        ..quarantined(Some(shop), body, at_ms)
    };
    let mut tx = store.begin(shop).await?;
    let all = [("a", "lost", 9), ("b", "lost", 3), ("c", "other", 8), ("d", "lost", 5), ("e", "lost", 9)];
    tx.add_quarantine(&all.map(|(body, reason, at_ms)| entry(body, reason, at_ms))).await?;
    let found = tx.quarantined_since(shop, "lost", 4, 9).await?;
    let bodies: Vec<&[u8]> = found.iter().map(|(_, entry)| entry.body.as_slice()).collect();
    assert_eq!(bodies, [b"e", b"a", b"d"]);
    assert_eq!(tx.quarantined_since(shop, "lost", 4, 2).await?, found[..2]);
    tx.commit().await?;
    let mut tx = store.read(other).await?;
    assert_eq!(tx.quarantined_since(other, "lost", 0, 9).await?, []);
    Ok(())
}
