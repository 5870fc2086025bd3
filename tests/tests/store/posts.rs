//! What people are told, in order; and whom a shop wrote to first.

use duka_runtime::id::ShopScope;
use duka_runtime::store::{ClaimedPost, NewPost, Result, Store, Tx, Work};

use crate::make::*;

fn post(shop: ShopScope, n: u64, text: &str) -> NewPost {
    NewPost { shop, conversation: id(n), not_before_ms: 10, body: text.as_bytes().to_vec() }
}

async fn claimed(tx: &mut Tx, shop: ShopScope, now_ms: i64) -> Result<Vec<(String, u32, i64)>> {
    let posts = tx.claim_posts(shop, claim(now_ms, LONG_MS)).await?;
    let shown = |post: ClaimedPost| (String::from_utf8_lossy(&post.body).to_string(), post.attempt, post.seq);
    Ok(posts.into_iter().map(shown).collect())
}

pub async fn what_people_are_told_goes_in_order_for_each_conversation(store: Store) -> Result<()> {
    let shop = store.shop("boutique").await?;
    assert_eq!(store.due(Work::Posts, 99).await?, []);
    let mut tx = store.begin(shop).await?;
    tx.add_posts(&[post(shop, 1, "a1"), post(shop, 2, "b1"), post(shop, 1, "a2")]).await?;
    tx.commit().await?;
    assert_eq!(store.due(Work::Posts, 9).await?, []);
    assert_eq!(store.due(Work::Posts, 10).await?.iter().map(|due| due.shop).collect::<Vec<_>>(), [shop]);
    let mut tx = store.begin(shop).await?;
    assert_eq!(tx.counts(shop).await?.posts, 3);
    let first = claimed(&mut tx, shop, 10).await?;
    assert_eq!(first.iter().map(|it| (it.0.as_str(), it.1)).collect::<Vec<_>>(), [("a1", 1), ("b1", 1)]);
    assert_eq!(claimed(&mut tx, shop, 10).await?, [], "each by one, and nothing before its turn");
    assert!(tx.end_post(shop, first[1].2, 1).await?);
    assert!(!tx.end_post(shop, first[1].2, 1).await?);
    assert!(!tx.postpone_post(shop, first[0].2, 2, 20).await?, "another attempt");
    assert!(tx.postpone_post(shop, first[0].2, 1, 20).await?);
    assert_eq!(claimed(&mut tx, shop, 19).await?, [], "those behind it wait with it");
    let again = claimed(&mut tx, shop, 20).await?;
    assert_eq!(again.iter().map(|it| (it.0.as_str(), it.1)).collect::<Vec<_>>(), [("a1", 2)]);
    assert!(!tx.end_post(shop, again[0].2, 1).await?, "an attempt that was overtaken ends nothing");
    assert!(tx.end_post(shop, again[0].2, 2).await?);
    assert_eq!(claimed(&mut tx, shop, 20).await?[0].0, "a2");
    tx.create_conversations(&[(conversation(shop, 1), vec![phone(shop, "254700")])]).await?;
    assert!(tx.erase_conversation(shop, id(1)).await?);
    assert_eq!(tx.counts(shop).await?.posts, 0);
    tx.rollback().await
}

pub async fn whom_a_shop_wrote_to_is_remembered_with_the_latest_time(store: Store) -> Result<()> {
    let (shop, other) = two_shops(&store).await?;
    let mut tx = store.begin(shop).await?;
    tx.note_recipients(shop, &[(id(2), 10), (id(1), 30), (id(2), 20), (id(1), 5)]).await?;
    tx.commit().await?;
    let mut tx = store.read(shop).await?;
    assert_eq!(tx.recipients(shop, 0).await?, [(id(1), 30), (id(2), 20)]);
    assert_eq!(tx.recipients(shop, 21).await?, [(id(1), 30)]);
    tx.rollback().await?;
    let mut tx = store.read(other).await?;
    assert_eq!(tx.recipients(other, 0).await?, []);
    Ok(())
}
