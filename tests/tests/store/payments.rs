//! Payments of orders: found by every name, changed only by who has seen the latest version, gone with their customer.

use duka_runtime::id::{PaymentId, ShopScope};
use duka_runtime::store::{PaymentRow, Result, Store, Work};

use crate::make::*;

fn payment(shop: ShopScope, n: u8, order: &str, due_ms: Option<i64>) -> PaymentRow {
    PaymentRow {
        shop,
        id: PaymentId([n; 16]),
        conversation: id(1),
        order: order.into(),
        reference: "".into(),
        version: 1,
        due_ms,
        body: vec![n, 0, 255],
    }
}

pub async fn a_payment_changes_under_its_version(store: Store) -> Result<()> {
    let (shop, other) = two_shops(&store).await?;
    let first = payment(shop, 1, "A-1", Some(20));
    let mut tx = store.begin(shop).await?;
    assert!(tx.add_payment(&first).await?);
    assert!(!tx.add_payment(&PaymentRow { body: vec![9], ..first.clone() }).await?, "one of this id is there");
    assert!(tx.add_payment(&payment(shop, 2, "A-1", Some(10))).await?);
    assert!(tx.add_payment(&payment(shop, 3, "A-2", None)).await?);
    tx.commit().await?;
    let mut tx = store.begin(shop).await?;
    assert_eq!(tx.payment(shop, first.id).await?, Some(first.clone()));
    assert_eq!(tx.payment_referred(shop, "").await?, None, "an empty name is nobody's");
    let named = PaymentRow { reference: "cs_1".into(), due_ms: Some(30), ..first.clone() };
    assert!(tx.save_payment(&named).await?);
    assert!(!tx.save_payment(&first).await?, "somebody was faster");
    assert!(!tx.save_payment(&payment(shop, 9, "A-9", None)).await?, "there is none");
    tx.commit().await?;
    let named = PaymentRow { version: 2, ..named };
    let mut tx = store.begin(shop).await?;
    assert_eq!(tx.payment_referred(shop, "cs_1").await?, Some(named.clone()));
    let ids = |rows: Vec<PaymentRow>| rows.iter().map(|row| row.id.0[0]).collect::<Vec<_>>();
    assert_eq!(ids(tx.payments_of(shop, "A-1").await?), [1, 2]);
    assert!(tx.due_payments(shop, 9, 9).await?.is_empty());
    assert_eq!(ids(tx.due_payments(shop, 30, 9).await?), [2, 1]);
    assert_eq!(ids(tx.due_payments(shop, 30, 1).await?), [2]);
    tx.rollback().await?;
    let mut tx = store.begin(other).await?;
    assert!(
        tx.add_payment(&payment(other, 7, "B-1", None)).await?
            && tx.add_payment(&payment(other, 8, "B-2", Some(25))).await?
    );
    tx.commit().await?;
    let due = async |now_ms| -> Result<_> {
        Ok(store.due(Work::Payments, now_ms).await?.into_iter().map(|due| (due.shop, due.since_ms)).collect::<Vec<_>>())
    };
    assert_eq!(due(9).await?, []);
    assert_eq!(due(10).await?, [(shop, 10)]);
    assert_eq!(due(30).await?, [(shop, 10), (other, 25)]);
    let mut tx = store.read(shop).await?;
    assert_eq!(ids(tx.payments_of(shop, "A-1").await?), [1, 2], "they are read beside the writers, too");
    tx.rollback().await?;
    let mut tx = store.read(other).await?;
    assert_eq!(tx.payment_referred(other, "cs_1").await?, None, "a reference is its shop's");
    assert_eq!(tx.payment(other, named.id).await?, None);
    tx.rollback().await?;
    let mut tx = store.begin(shop).await?;
    tx.create_conversations(&[(conversation(shop, 1), vec![phone(shop, "254700")])]).await?;
    assert!(tx.erase_conversation(shop, id(1)).await?);
    assert_eq!(tx.payments_of(shop, "A-1").await?, []);
    tx.rollback().await
}

pub async fn only_a_payment_that_is_settled_can_be_taken_away(store: Store) -> Result<()> {
    let (shop, other) = two_shops(&store).await?;
    let mut tx = store.begin(shop).await?;
    for (n, due_ms) in [(1, None), (2, Some(10)), (3, None), (4, None)] {
        tx.add_payment(&payment(shop, n, "A-1", due_ms)).await?;
    }
    tx.commit().await?;
    let ids = |rows: Vec<PaymentRow>| rows.iter().map(|row| row.id.0[0]).collect::<Vec<_>>();
    let mut tx = store.begin(shop).await?;
    assert_eq!(ids(tx.settled_payments(shop, PaymentId([0; 16]), 2).await?), [1, 3]);
    assert_eq!(ids(tx.settled_payments(shop, PaymentId([3; 16]), 2).await?), [4]);
    assert_eq!(ids(tx.payments_in(shop, id(1)).await?), [1, 2, 3, 4]);
    assert!(tx.payments_in(shop, id(2)).await?.is_empty());
    let some = [1, 2, 3].map(|n| PaymentId([n; 16]));
    assert_eq!(tx.remove_payments(shop, &some).await?, 2);
    assert_eq!(ids(tx.payments_of(shop, "A-1").await?), [2, 4], "something is to be done about one of them");
    tx.commit().await?;
    let mut tx = store.begin(other).await?;
    assert_eq!(tx.remove_payments(other, &[PaymentId([4; 16])]).await?, 0, "it is another shop's");
    tx.rollback().await
}
