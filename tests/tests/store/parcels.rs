//! What was told of the parcels of an order: kept with it, of one shop, by one transaction at a time, gone with its conversation.

use duka_runtime::store::{Identity, Result, Store};

use crate::make::*;

pub async fn what_was_told_of_parcels_is_kept_with_their_order(store: Store) -> Result<()> {
    let (shop, other) = two_shops(&store).await?;
    let mut tx = store.begin(shop).await?;
    assert_eq!(tx.lock_parcels(shop, "Z-1").await?, None, "nobody has the order");
    tx.save_parcels(shop, "Z-1", b"lost").await?;
    tx.create_conversations(&[(conversation(shop, 1), vec![phone(shop, "254700")])]).await?;
    tx.create_conversations(&[(conversation(shop, 2), vec![phone(shop, "254701")])]).await?;
    let order = |number: &str| Identity::of_order(shop, number.into());
    tx.link_identities(&[(id(1), order("Z-1")), (id(1), order("Z-2")), (id(2), order("Z-3"))]).await?;
    assert_eq!(tx.lock_parcels(shop, "Z-1").await?, Some(vec![]));
    tx.save_parcels(shop, "Z-1", b"a").await?;
    tx.save_parcels(shop, "Z-3", b"c").await?;
    tx.commit().await?;

    let mut tx = store.begin(shop).await?;
    tx.save_parcels(shop, "Z-1", b"undone").await?;
    tx.rollback().await?;

    // The order comes to be another conversation's, and takes along what is known of it.
    let mut tx = store.begin(shop).await?;
    assert_eq!(tx.lock_parcels(shop, "Z-1").await?, Some(b"a".to_vec()));
    assert_eq!(tx.parcels_of(shop, id(1)).await?, [("Z-1".into(), b"a".to_vec())], "of Z-2 nothing was told");
    tx.link_identities(&[(id(2), order("Z-1"))]).await?;
    assert_eq!(tx.parcels_of(shop, id(1)).await?, []);
    assert_eq!(tx.parcels_of(shop, id(2)).await?.len(), 2);
    tx.commit().await?;

    let mut tx = store.begin(other).await?;
    assert_eq!(tx.lock_parcels(other, "Z-1").await?, None, "an order is its shop's");
    assert_eq!(tx.parcels_of(other, id(2)).await?, []);
    tx.rollback().await?;

    let mut tx = store.begin(shop).await?;
    assert!(tx.erase_conversation(shop, id(2)).await?);
    tx.link_identities(&[(id(1), order("Z-1"))]).await?;
    assert_eq!(tx.lock_parcels(shop, "Z-1").await?, Some(vec![]), "it went with its conversation");
    tx.save_parcels(shop, "Z-1", b"d").await?;
    tx.erase_shop(shop).await?;
    assert_eq!(tx.lock_parcels(shop, "Z-1").await?, None);
    tx.rollback().await
}
