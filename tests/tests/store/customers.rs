//! What is known of customers goes when they have been silent for long enough, and of nobody else.

use std::sync::Arc;

use duka_engine::compile::compile;
use duka_engine::session::{ConsentState, Session};
use duka_engine::value::Value;
use duka_runtime::adapter::bag::Bag;
use duka_runtime::host::clock::ManualClock;
use duka_runtime::host::mint::Mint;
use duka_runtime::host::recall::Memory;
use duka_runtime::host::shops::{Shop, Shops};
use duka_runtime::host::turn::Automated;
use duka_runtime::host::{Host, Limits};
use duka_runtime::id::ShopScope;
use duka_runtime::server::keep::customers;
use duka_runtime::store::{Advance, BagRow, Conversation, Result, Store};
use duka_tests::shops::{files, with_standard};
use duka_tests::tree::root;
use serde_json::json;

use crate::make::*;

/// A shop whose flow remembers a number of each customer.
fn remembers(scope: ShopScope) -> Shop {
    let program = compile(&with_standard(files(&root().join("tests/tests/host/corner")))).program;
    Shop::new(scope, "boutique".into(), Arc::clone(&program.expect("it has no errors")), Vec::new(), json!({}))
}

fn number(n: i64) -> Value {
    Value::Number(n.into())
}

/// A customer who wrote at that time: with a number, a name and a language.
fn known(shop: &Shop, n: u64, wrote_ms: i64) -> Conversation {
    let mut session = Session { turn: 7, language: "sw".into(), ..shop.open("whatsapp", "key".into()) };
    Shop::name_customer(&shop.program, &mut session, "Amina Odhiambo", 1);
    session.customer_values = vec![number(41)];
    session.consents = vec![ConsentState { asked: true, given: true }; session.consents.len()];
    Conversation { session: session.encode(), turn: 7, last_inbound_ms: wrote_ms, ..conversation(shop.scope, n) }
}

pub async fn a_customer_who_is_silent_for_long_is_forgotten_and_nobody_else(store: Store) -> Result<()> {
    let (scope, other) = two_shops(&store).await?;
    let shop = remembers(scope);
    let waits = Conversation { wake_at_ms: Some(5_000), ..known(&shop, 3, 100) };
    let with_people = Conversation { handed_over: true, ..known(&shop, 4, 100) };
    let rows = [known(&shop, 1, 100), known(&shop, 2, 900), waits, with_people];
    let mut tx = store.begin(scope).await?;
    let all: Vec<_> = rows.iter().map(|row| (row.clone(), vec![phone(scope, &row.id.0.to_string())])).collect();
    tx.create_conversations(&all).await?;
    let bag = |n: u64| BagRow {
        shop: scope,
        conversation: id(n),
        version: 0,
        body: b"{\"lines\":[],\"done\":[\"k\"]}".to_vec(),
    };
    assert!(tx.save_bag(&bag(1)).await? && tx.save_bag(&bag(2)).await?);
    tx.commit().await?;
    let mut tx = store.begin(other).await?;
    let elsewhere = Conversation { shop: other, ..known(&shop, 1, 100) };
    tx.create_conversations(&[(elsewhere.clone(), vec![phone(other, "1")])]).await?;
    tx.commit().await?;

    let shops = Shops::of([remembers(scope)]);
    let host = Host::new(store.clone(), Arc::new(ManualClock::at(1_000)), Mint::seeded(1), shops, Limits::default());
    for n in [1, 2] {
        let memory = Memory { turn: 7, session: Session::default(), automated: Automated::default() };
        host.recall.put(scope, id(n), memory);
    }
    assert_eq!(customers(&host, &shop, 100).await?, 0, "who wrote just then is not silent for long enough");
    assert_eq!(customers(&host, &shop, 500).await?, 1);
    assert!(host.recall.take(scope, id(1)).is_none(), "nor is anything of them left in memory");
    assert!(host.recall.take(scope, id(2)).is_some());
    let mut tx = store.read(scope).await?;
    let places: Vec<_> = (1..=4).map(|n| (scope, id(n))).collect();
    let after = tx.conversations(&places).await?;
    let bags = [tx.bag(scope, id(1)).await?.expect("a bag"), tx.bag(scope, id(2)).await?.expect("a bag")];
    let found = tx.find_conversations(&[phone(scope, "1")]).await?;
    tx.rollback().await?;
    assert_eq!(found, [Some(id(1))], "they are still known by their number");
    let forgotten = after[0].clone().expect("the conversation stays");
    assert_eq!((forgotten.turn, forgotten.last_inbound_ms), (8, 100), "no process goes on with what it remembers");
    let session = Session::decode(&forgotten.session).expect("a session");
    let opened = shop.open("whatsapp", "key".into());
    assert_eq!((session.customer_values, session.customer), (vec![number(0)], opened.customer));
    assert_eq!((session.language.as_str(), session.turn), ("sw", 8));
    assert!(session.consents.iter().all(|consent| consent.given), "what they agreed to stays");
    for (row, before) in after[1..].iter().zip(&rows[1..]) {
        assert_eq!(row.as_ref(), Some(before));
    }
    assert_eq!((&bags[0].body, &bags[1].body), (&Bag::default().encode(), &bag(2).body));
    let mut tx = store.read(other).await?;
    assert_eq!(tx.conversations(&[(other, id(1))]).await?, [Some(elsewhere)], "another shop's customers stay known");
    tx.rollback().await?;
    assert_eq!(customers(&host, &shop, 500).await?, 0, "once");

    // Whoever has written since is known again, and is fenced as every turn is.
    let mut tx = store.begin(scope).await?;
    let back = Conversation { turn: 9, last_inbound_ms: 600, ..known(&shop, 1, 600) };
    tx.save_conversations(&[Advance { conversation: &back, from_turn: 8 }]).await?;
    tx.commit().await?;
    assert_eq!(customers(&host, &shop, 500).await?, 0);
    Ok(())
}
