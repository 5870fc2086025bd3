//! What the provider holds back of a number that it warns of: marketing, or all that the business begins. Answers go on.

use duka_runtime::host::incoming::{Arrival, Arrived};
use duka_runtime::host::notices::Notice;
use duka_runtime::store::{Change, HealthNews, Holds, SendState, Store, Warning};

use crate::house::{House, on_every_store};

const HOUR_MS: i64 = 3_600_000;

/// Something that the provider holds back of the number `n1`, until then.
async fn warns(house: &House, holds: Holds, until_ms: i64) {
    let warning = Warning { word: "FLAGGED".into(), holds, at_ms: house.now_ms(), until_ms };
    let news = HealthNews::of(house.shop, "n1".into(), house.now_ms());
    let what = Arrived::Health(HealthNews { changes: vec![Change::Warn(warning)], ..news });
    let arrival = Arrival { shop: house.shop, key: None, received_ms: house.now_ms(), what };
    house.receive(vec![arrival]).await.expect("kept");
}

#[test]
fn a_warning_of_marketing_is_told_once_and_stops_marketing_until_it_is_over() {
    on_every_store(async |store: Store| {
        let house = House::new(store).await;
        let conversation = house.begin("1").await;
        let mut notices = house.host.notices.listen();
        for _ in 0..2 {
            warns(&house, Holds::Marketing, house.now_ms() + 4 * HOUR_MS).await;
        }
        let warned = Notice::NumberWarned { number: "n1".into(), word: "FLAGGED".into() };
        assert_eq!(notices.try_recv().expect("a notice").notice, warned);
        assert!(notices.try_recv().is_err(), "told once");
        house.chat("1", "m1", "offers").await;
        house.chat("1", "m2", "news").await;
        house.wait(2 * HOUR_MS).await;
        assert!(!house.provider.heard().iter().any(|it| it.contains("cheaper")), "{:?}", house.provider.heard());
        let rests = house.rows(conversation).await.into_iter().find(|row| row.facts.rests(row.send.lane));
        assert!(rests.is_some(), "it waits");
        for n in 1..=3 {
            house.chat("1", &format!("r{n}"), &format!("a{n}")).await;
            assert_eq!(house.provider.heard().last(), Some(&format!("ack a{n} n={n}")), "answers go past it");
        }
        house.wait(3 * HOUR_MS).await;
        assert!(house.provider.heard().iter().any(|it| it.contains("cheaper")), "it is over");
        assert!(house.states(conversation).await.iter().all(|state| *state == SendState::Accepted));
    });
}

#[test]
fn a_warning_of_all_that_the_business_begins_keeps_templates_and_lets_answers_go() {
    on_every_store(async |store: Store| {
        let house = House::new(store).await;
        house.begin("1").await;
        house.chat("1", "m1", "nudge").await;
        warns(&house, Holds::Initiated, house.now_ms() + 27 * HOUR_MS).await;
        house.wait(26 * HOUR_MS).await;
        assert!(!house.provider.heard().iter().any(|it| it == "template reminder"), "{:?}", house.provider.heard());
        house.begin("2").await;
        house.chat("2", "n1", "a1").await;
        assert_eq!(house.provider.heard().last().map(String::as_str), Some("ack a1 n=1"));
        house.wait(2 * HOUR_MS).await;
        assert_eq!(house.provider.heard().last().map(String::as_str), Some("template reminder"), "it was kept");
    });
}
