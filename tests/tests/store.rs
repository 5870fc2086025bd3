//! One conformance suite for every store: rows in, rows out. What holds for one holds for all.

use duka_runtime::id::{ConversationId, ElementKey, Owner, SendId, ShopScope};
use duka_runtime::store::*;

fn key(n: u8) -> ElementKey {
    ElementKey([n; 16])
}

fn phone(shop: ShopScope, value: &str) -> Identity {
    Identity { shop, channel: "whatsapp".into(), kind: IdentityKind::Phone, value: value.into() }
}

fn conversation(shop: ShopScope, id: u64) -> Conversation {
    Conversation {
        shop,
        id: ConversationId(id),
        channel: "whatsapp".into(),
        number: "N1".into(),
        session: Vec::new(),
        turn: 0,
        last_inbound_ms: 5,
        free_until_ms: 0,
        wake_at_ms: None,
        handed_over: false,
        pending: 0,
    }
}

fn send(shop: ShopScope, conversation: u64, id: u8) -> NewSend {
    NewSend {
        shop,
        id: SendId([id; 16]),
        conversation: ConversationId(conversation),
        number: "N1".into(),
        turn: 1,
        index: u16::from(id),
        lane: Lane::Service,
        repeat: Repeat::Once,
        body: vec![id, 0, 255],
        not_before_ms: 10,
        expires_ms: 1_000,
    }
}

fn claim(now_ms: i64, lease_ms: i64) -> Claim {
    Claim { owner: Owner(7), now_ms, lease_ms, limit: 10 }
}

#[tokio::test]
async fn what_is_not_committed_leaves_nothing_behind() -> Result<()> {
    let store = Store::memory();
    let shop = store.shop("boutique").await?;
    let mut tx = store.begin(shop).await?;
    let seen = Sighting { shop, key: key(1), received_ms: 1 };
    assert_eq!(tx.admit(&[seen.clone(), seen.clone()]).await?, [true, false]);
    tx.create_conversations(&[(conversation(shop, 1), vec![phone(shop, "254")])]).await?;
    tx.add_sends(&[send(shop, 1, 1)]).await?;
    drop(tx);
    let mut tx = store.begin(shop).await?;
    assert_eq!(tx.admit(&[seen]).await?, [true]);
    assert_eq!(tx.find_conversations(&[phone(shop, "254")]).await?, [None]);
    assert_eq!(tx.counts(shop).await?, Counts::default());
    Ok(())
}

#[tokio::test]
async fn only_the_head_of_a_conversation_is_ready() -> Result<()> {
    let store = Store::memory();
    let shop = store.shop("boutique").await?;
    let mut tx = store.begin(shop).await?;
    tx.create_conversations(&[(conversation(shop, 1), vec![phone(shop, "254")])]).await?;
    tx.add_sends(&[send(shop, 1, 1), send(shop, 1, 2)]).await?;
    let first = tx.claim_sends(shop, "N1", &[Lane::Service], claim(10, 60_000)).await?;
    assert_eq!(first.iter().map(|claimed| claimed.send.id).collect::<Vec<_>>(), [SendId([1; 16])]);
    assert_eq!(first[0].identities, [phone(shop, "254")]);
    let end = AttemptEnd::Accepted { provider_id: "wamid.1".into() };
    let settlement = Settlement { shop, id: SendId([1; 16]), attempt: 1, end };
    assert!(tx.settle_sends(&[settlement]).await?[0].held);
    let second = tx.claim_sends(shop, "N1", &[Lane::Service], claim(10, 60_000)).await?;
    assert_eq!(second.iter().map(|claimed| claimed.send.id).collect::<Vec<_>>(), [SendId([2; 16])]);
    tx.commit().await
}
