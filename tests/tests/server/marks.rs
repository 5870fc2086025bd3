//! What a customer sees of a message before it is answered: that it was read, and that somebody writes.

use std::time::Duration;

use serde_json::Value as Json;

use crate::stage::Stage;

const FLOW: &str = "\
duka 1
flow corner
  start waiting

use std.handoff

words
  help: help
  goods: goods

anywhere
  hears help <-> std.handoff
  hears goods -> asked
  failed -> waiting
  lost -> waiting

state waiting
  ask: Ask me.
  quiet 23 hours -> end
  else -> again

state asked
  call goods = catalog.featured() else -> waiting
  say: There are some.
  -> waiting
";

/// The marks that the vendor took: of which message, and whether somebody writes.
async fn marks(stage: &Stage, wanted: usize) -> Vec<(Json, bool)> {
    for _ in 0..200 {
        let marks: Vec<Json> = stage.journal().await.into_iter().filter(|attempt| attempt["type"] == "read").collect();
        if marks.len() >= wanted {
            let mark = |attempt: &Json| {
                assert_eq!(attempt["http"], 200, "{attempt}");
                let body = &attempt["body"];
                (body["message_id"].clone(), body["typing_indicator"]["type"] == "text")
            };
            return marks.iter().map(mark).collect();
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{wanted} marks: {:?}", stage.journal().await)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_marked_as_read_and_somebody_writes_while_the_shop_is_asked() {
    let mut stage = Stage::of_flow(FLOW, ", read_marks: typing", "").await;
    stage.writes("hi").await;
    stage.sees().await;
    assert!(!marks(&stage, 1).await[0].1, "nothing is asked");
    stage.writes("goods").await;
    stage.sees().await;
    let all = marks(&stage, 2).await;
    assert!(all[1].1 && all[0].0 != all[1].0, "{all:?}");
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shop_that_wants_no_marks_makes_none() {
    let mut stage = Stage::of_flow(FLOW, "", "").await;
    stage.writes("goods").await;
    stage.sees().await;
    assert!(stage.journal().await.iter().all(|attempt| attempt["type"] != "read"));
    stage.end().await;
}
