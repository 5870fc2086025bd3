//! How fast: not too many messages to one customer, and no more of the room for a shop that has more numbers; and how long
//! statuses take.

use std::collections::BTreeMap;

use duka_runtime::host::shops::Shop;
use duka_runtime::host::transport::SendAnswer;
use duka_runtime::id::ShopScope;
use duka_runtime::store::{Delivery, HealthNews, Store};

use crate::corner;
use crate::house::{House, on_every_store};
use crate::refusals::by_number;

const SECOND_MS: i64 = 1_000;

#[test]
fn one_customer_gets_a_burst_and_then_a_message_in_six_seconds() {
    on_every_store(async |store: Store| {
        let house = House::new(store).await;
        house.begin("1").await;
        house.begin("2").await;
        for n in 0..60 {
            house.chat("1", &format!("m{n}"), &format!("a{n}")).await;
            house.clock.advance(SECOND_MS / 20);
        }
        let heard = house.provider.heard();
        assert_eq!(heard.len(), 45, "the burst");
        house.chat("2", "n1", "b1").await;
        assert_eq!(house.provider.heard().last().map(String::as_str), Some("ack b1 n=1"), "others do not wait");
        house.wait(60 * SECOND_MS).await;
        let heard = house.provider.heard();
        assert!((54..=57).contains(&heard.len()), "{}", heard.len());
        house.wait(60 * SECOND_MS).await;
        let heard = house.provider.heard();
        let of_first: Vec<&String> = heard.iter().filter(|text| text.contains("ack a")).collect();
        let expected: Vec<String> = (0..60).map(|n| format!("ack a{n} n={}", n + 1)).collect();
        assert_eq!(of_first, expected.iter().collect::<Vec<_>>(), "in order, and all of them");
    });
}

#[test]
fn a_shop_with_more_numbers_has_no_more_of_the_room() {
    on_every_store(async |store: Store| {
        let house = House::new(store).await;
        let sister = house.host.store.shop("sister").await.expect("a scope");
        let other = Shop::new(sister, "sister".into(), corner::program(), Vec::new(), corner::fixture());
        house.host.shops.replace([corner::shop(corner::program(), Vec::new()), other]);
        for n in 0..8 {
            for (shop, number) in [(house.shop, "n1"), (house.shop, "n2"), (house.shop, "n3"), (sister, "n4")] {
                for text in ["hi", "a1"] {
                    let said = house.text(&format!("{number}-{n}"), &format!("{number}-{n}-{text}"), text);
                    house.receive(vec![by_number(said, shop, number)]).await.expect("kept");
                }
            }
        }
        let round = house.outbox.claim(12).await.expect("claimed");
        let mut claimed = BTreeMap::<ShopScope, usize>::new();
        round.attempts.iter().for_each(|attempt| *claimed.entry(attempt.request.shop).or_default() += 1);
        assert_eq!(claimed, BTreeMap::from([(house.shop, 6), (sister, 6)]));
    });
}

/// The vendor says that the number may send so fast.
async fn raised(house: &House, level: &str) {
    let mut tx = house.host.store.begin(house.shop).await.expect("a transaction");
    let news = HealthNews::of(house.shop, "n1".into(), house.now_ms());
    tx.hear_health(&[HealthNews { throughput: Some(level.into()), ..news }]).await.expect("kept");
    tx.commit().await.expect("committed");
}

/// Customers of whom each is to be answered once.
async fn wait_for_an_answer(house: &House, customers: impl Iterator<Item = String>) {
    for customer in customers {
        house.begin(&customer).await;
        let said = house.text(&customer, &format!("m-{customer}"), "a1");
        house.receive(vec![said]).await.expect("kept");
    }
}

#[test]
fn a_number_sends_as_fast_as_the_vendor_says_and_follows_it_while_it_runs() {
    on_every_store(async |store: Store| {
        let house = House::new(store).await;
        wait_for_an_answer(&house, (0..120).map(|n| format!("c{n}"))).await;
        // A quarter of a second at once.
        let claimed = async || house.outbox.claim(1_000).await.expect("claimed").attempts.len();
        assert_eq!(claimed().await, 20, "80 a second");
        raised(&house, "HIGH").await;
        house.clock.advance(SECOND_MS / 10);
        assert_eq!(claimed().await, 8, "it is heard of within ten seconds");
        house.clock.advance(10 * SECOND_MS);
        assert_eq!(claimed().await, 92, "1,000 a second");
        raised(&house, "STANDARD").await;
        wait_for_an_answer(&house, (0..60).map(|n| format!("d{n}"))).await;
        house.clock.advance(10 * SECOND_MS);
        assert_eq!(claimed().await, 20, "and back");
    });
}

#[test]
fn a_shop_that_is_served_elsewhere_has_none_of_the_room() {
    on_every_store(async |store: Store| {
        let house = House::new(store).await;
        let next = ShopScope::numbered(corner::NEXT_DOOR);
        for n in 0..8 {
            for (shop, number) in [(house.shop, "n1"), (next, "n2")] {
                for text in ["hi", "a1"] {
                    let said = house.text(&format!("{number}-{n}"), &format!("{number}-{n}-{text}"), text);
                    house.receive(vec![by_number(said, shop, number)]).await.expect("kept");
                }
            }
        }
        house.host.shops.replace([corner::shop(corner::program(), Vec::new())]);
        let round = house.outbox.claim(8).await.expect("claimed");
        let claimed: Vec<ShopScope> = round.attempts.iter().map(|attempt| attempt.request.shop).collect();
        assert_eq!(claimed, [house.shop; 8]);
    });
}

#[test]
fn what_the_provider_keeps_back_says_nothing_of_how_long_statuses_take() {
    on_every_store(async |store: Store| {
        let house = House::new(store).await;
        house.begin("1").await;
        for (n, answer, took_ms) in [
            (0, SendAnswer::Held { provider_id: "wamid.0".into() }, 480 * SECOND_MS),
            (1, SendAnswer::Accepted { provider_id: "wamid.1".into() }, 100 * SECOND_MS),
        ] {
            house.provider.answer(answer);
            house.chat("1", &format!("m{n}"), &format!("a{n}")).await;
            let sent = house.provider.requests()[n].clone();
            house.clock.advance(took_ms);
            house.tell(&sent, &format!("wamid.{n}"), Delivery::Delivered, 0).await;
            let longest_ms = house.host.holding.longest_ms();
            let expected = if n == 0 { 0..=0 } else { took_ms..=took_ms + took_ms / 4 };
            assert!(expected.contains(&longest_ms), "{n}: {longest_ms}");
        }
    });
}
