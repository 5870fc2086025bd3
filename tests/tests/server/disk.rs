//! A disk with less room than the reserve: nothing new is taken, and everybody is told.

use crate::door::{post, signed};
use crate::stage::{Stage, on_sqlite};

#[tokio::test(flavor = "multi_thread")]
async fn with_less_room_than_the_reserve_nothing_new_is_taken_and_what_watches_is_told() {
    let settle = |reserve: &'static str| {
        move |settings: String| {
            let settings = on_sqlite(settings);
            format!("{settings}[limits]\ndisk_reserve = {reserve}\n")
        }
    };
    let body = "{\"object\":\"whatsapp_business_account\",\"entry\":[]}";
    let mark = signed(body.as_bytes());
    for (reserve, status) in [("9000000000000000000", 503), ("1", 200)] {
        let stage = Stage::with(settle(reserve)).await;
        assert_eq!(post(&stage, body.into(), &[("x-hub-signature-256", &mark)]).await.0, status, "{reserve}");
        let ready = stage.http.get(format!("{}/readyz", stage.base)).send().await.expect("an answer");
        assert_eq!(ready.status().as_u16(), status, "{reserve}");
        let said = ready.text().await.expect("a text");
        assert_eq!(said, if status == 503 { "the disk is nearly full\n" } else { "ready\n" });
        let alive = stage.http.get(format!("{}/healthz", stage.base)).send().await.expect("an answer");
        assert_eq!(alive.status().as_u16(), 200, "it lives, and finishes what was taken");
        stage.end().await;
    }
}
