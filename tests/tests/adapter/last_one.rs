//! The last piece, taken by two at the same moment from a shop whose system does not look (trap 6, F80): one order at most, whoever
//! comes between whose question and answer.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value as Json;
use tokio::sync::{Barrier, Semaphore};

use crate::shipped::{KINDS, Stage};

const GONE: &str = "refused: short_stock";

async fn stage() -> Stage {
    let kind = KINDS.iter().find(|kind| kind.name == "woocommerce").expect("it is shipped");
    let stage = Stage::of(kind, "KES").await;
    stage.vendor.sells(11, "25.00", Some(1));
    stage
}

#[tokio::test]
async fn whoever_is_later_by_a_hair_is_told_that_it_is_gone() {
    let stage = stage().await;
    let (first, second) = (stage.shop(), stage.shop().of_conversation("7-2"));
    let one = stage.quote(&first, 0, 1).await.expect("a quote");
    let two = stage.quote(&second, 0, 1).await.expect("a quote");
    // The second has seen the piece there, and is held up on its way to take it.
    let gate = Arc::new(Semaphore::new(0));
    stage.vendor.world().before = Some(Arc::clone(&gate));
    let late = stage.hold(&second, &two);
    let in_time = async {
        while stage.vendor.world().before.is_some() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let held = stage.hold(&first, &one).await;
        gate.add_permits(1);
        held
    };
    let (late, in_time) = tokio::join!(late, in_time);
    assert_eq!(in_time.expect("the first has it")["number"], one["number"]);
    assert_eq!(late, Err(GONE.to_string()));
    assert_eq!((stage.placed().await, stage.stock().await), (1, Some(0)));
    let cancelled = stage.vendor.world().orders[two["number"].as_str().expect("a number")]["status"].clone();
    assert_eq!(cancelled, "cancelled");
    // Asked once more, the first has what it had; the second has not.
    assert!(stage.hold(&first, &one).await.is_ok());
    assert_eq!(stage.hold(&second, &two).await, Err(GONE.to_string()));
    assert_eq!((stage.placed().await, stage.stock().await), (1, Some(0)));
}

#[tokio::test]
async fn of_two_at_the_same_moment_at_most_one_has_it() {
    let stage = stage().await;
    let (first, second) = (stage.shop(), stage.shop().of_conversation("7-2"));
    let one = stage.quote(&first, 0, 1).await.expect("a quote");
    let two = stage.quote(&second, 0, 1).await.expect("a quote");
    // Both have taken it before either looks.
    stage.vendor.world().meeting = Some(Arc::new(Barrier::new(2)));
    let (one, two) = tokio::join!(stage.hold(&first, &one), stage.hold(&second, &two));
    stage.vendor.world().meeting = None;
    let told = [one, two];
    let held: Vec<&Json> = told.iter().filter_map(|it| it.as_ref().ok()).collect();
    assert!(told.iter().all(|it| it.as_ref().err().is_none_or(|why| why == GONE)), "{told:?}");
    assert!(held.len() <= 1, "{told:?}");
    assert_eq!((stage.placed().await, stage.stock().await), (held.len(), Some(1 - held.len() as i64)));
    // What nobody has can be had.
    if held.is_empty() {
        let third = stage.quote(&first, 0, 1).await.expect("a quote");
        assert!(stage.hold(&first, &third).await.is_ok());
    }
}
