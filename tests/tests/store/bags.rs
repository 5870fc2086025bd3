//! Bags of customers: changed only by who has seen the latest version, of one shop, gone with their customer.

use duka_runtime::id::ShopScope;
use duka_runtime::store::{BagRow, Result, Store};

use crate::make::*;

fn bag(shop: ShopScope, version: u32, body: &[u8]) -> BagRow {
    BagRow { shop, conversation: id(1), version, body: body.to_vec() }
}

pub async fn a_bag_changes_under_its_version_and_goes_with_its_customer(store: Store) -> Result<()> {
    let (shop, other) = two_shops(&store).await?;
    let mut tx = store.begin(shop).await?;
    assert!(!tx.save_bag(&bag(shop, 0, b"a")).await?, "there is no such customer");
    tx.create_conversations(&[(conversation(shop, 1), vec![phone(shop, "254700")])]).await?;
    assert_eq!(tx.bag(shop, id(1)).await?, None);
    assert!(tx.save_bag(&bag(shop, 0, b"a")).await?);
    assert!(!tx.save_bag(&bag(shop, 0, b"b")).await?, "somebody was faster");
    assert!(tx.save_bag(&bag(shop, 1, b"c")).await?);
    assert!(!tx.save_bag(&bag(shop, 1, b"d")).await?, "somebody was faster");
    tx.commit().await?;
    let mut tx = store.read(shop).await?;
    assert_eq!(tx.bag(shop, id(1)).await?, Some(bag(shop, 2, b"c")));
    tx.rollback().await?;
    let mut tx = store.begin(other).await?;
    assert_eq!(tx.bag(other, id(1)).await?, None, "a bag is its shop's");
    tx.create_conversations(&[(conversation(other, 1), vec![phone(other, "254700")])]).await?;
    assert!(tx.save_bag(&bag(other, 0, b"e")).await?);
    tx.commit().await?;
    let mut tx = store.begin(shop).await?;
    assert!(tx.erase_conversation(shop, id(1)).await?);
    assert_eq!(tx.bag(shop, id(1)).await?, None);
    assert!(!tx.save_bag(&bag(shop, 2, b"f")).await?, "nothing brings it back");
    assert!(!tx.save_bag(&bag(shop, 0, b"f")).await?, "nothing brings it back");
    tx.commit().await?;
    let mut tx = store.begin(other).await?;
    assert_eq!(tx.bag(other, id(1)).await?, Some(bag(other, 1, b"e")));
    tx.erase_shop(other).await?;
    assert_eq!(tx.bag(other, id(1)).await?, None);
    tx.rollback().await
}
