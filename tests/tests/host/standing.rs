//! What stands of what the provider tells, on every store: marketing wanted or not, and free entry points.

use duka_engine::event::{EventKind, Inbound};
use duka_runtime::host::incoming::{Act, Arrival, Arrived, Incoming};
use duka_runtime::id::ConversationId;
use duka_runtime::store::{Delivery, FreeEntry, StatusUpdate, Store};

use crate::house::{House, on_every_store};

const HOUR_MS: i64 = 3_600_000;

/// Whether marketing is allowed by the ledger, as an attempt sees it.
async fn marketing(house: &House, id: ConversationId) -> Option<bool> {
    let mut tx = house.host.store.begin(house.shop).await.expect("a transaction");
    let standing = tx.standing_consents(house.shop, &[id]).await.expect("the ledger");
    standing.into_iter().find(|entry| entry.name == "marketing").map(|entry| entry.given)
}

/// Given or withdrawn, and how many ms ago; in the order in which it came.
type Word = (bool, i64);

#[test]
fn of_a_stop_and_a_resume_the_later_stands_in_whichever_order_they_come() {
    on_every_store(async |store: Store| {
        let house = House::new(store).await;
        let cases: [(&str, &[Word], bool); 5] = [
            ("1", &[(false, 5_000), (true, 500_000)], false),
            ("2", &[(true, 500_000), (false, 5_000)], false),
            ("3", &[(false, 500_000), (true, 5_000)], true),
            ("4", &[(true, 5_000), (false, 500_000)], true),
            ("5", &[(false, 5_000), (true, 500_000), (true, 1_000)], true),
        ];
        for (customer, said, expected) in cases {
            let id = house.begin(customer).await;
            for (at, (given, ago_ms)) in said.iter().enumerate() {
                let mut incoming = Incoming::event(EventKind::Wake);
                incoming.act = Act::Marketing { given: *given };
                incoming.provider_ms = house.now_ms() - ago_ms;
                incoming.proof = "user_preferences".into();
                house
                    .receive(vec![house.arrival(customer, &format!("p{customer}{at}"), incoming)])
                    .await
                    .expect("kept");
            }
            assert_eq!(marketing(&house, id).await, Some(expected), "{customer}");
        }
    });
}

async fn free(house: &House, id: ConversationId) -> FreeEntry {
    let mut tx = house.host.store.begin(house.shop).await.expect("a transaction");
    tx.conversations(&[(house.shop, id)]).await.expect("the rows").remove(0).expect("the conversation").free
}

#[test]
fn a_free_entry_point_opens_with_the_first_answer_that_is_taken_and_the_provider_knows_better() {
    on_every_store(async |store: Store| {
        let house = House::new(store).await;
        let from_ad = |customer: &str, id: &str, ago_ms: i64| {
            let mut incoming = Incoming::event(EventKind::Inbound(Inbound::Text("hi".into())));
            incoming.ad_ms = house.now_ms() - ago_ms;
            incoming.provider_ms = house.now_ms() - 1_000;
            incoming.number = "n1".into();
            house.arrival(customer, id, incoming)
        };
        house.receive(vec![from_ad("1", "m1", 2_000), from_ad("2", "m2", 25 * HOUR_MS)]).await.expect("kept");
        let (soon, late) = (house.conversation("1").await, house.conversation("2").await);
        let other = house.begin("3").await;
        let came_ms = house.now_ms() - 2_000;
        assert_eq!(free(&house, soon).await, FreeEntry::Came(came_ms), "nothing was answered");
        for customer in ["1", "2", "3"] {
            house.chat(customer, &format!("b{customer}"), "a0").await;
        }
        let until_ms = house.now_ms() + 72 * HOUR_MS;
        assert_eq!(free(&house, soon).await, FreeEntry::Until(until_ms));
        assert_eq!(free(&house, late).await.until_ms(), 0, "answered after a day");
        assert_eq!(free(&house, other).await, FreeEntry::None, "from no advertisement");
        // A later answer does not make it longer, and neither does another advertisement.
        house.wait(HOUR_MS).await;
        house.receive(vec![from_ad("1", "m3", 1_000)]).await.expect("kept");
        house.chat("1", "m4", "a4").await;
        assert_eq!(free(&house, soon).await, FreeEntry::Until(until_ms));
        let send = house.rows(soon).await.remove(0);
        for (told_ms, expected_ms) in [(until_ms + 9, until_ms + 9), (until_ms, until_ms + 9)] {
            let status = StatusUpdate {
                shop: house.shop,
                send: Some(send.send.id),
                provider_id: send.facts.provider_id.clone(),
                status: Delivery::Sent,
                at_ms: house.now_ms(),
                error: 0,
                category: "referral_conversion".into(),
                pricing: "free_entry_point".into(),
                market: 0,
                free_until_ms: told_ms,
            };
            let what = Arrived::Status(status);
            let arrival = Arrival { shop: house.shop, key: None, received_ms: house.now_ms(), what };
            house.receive(vec![arrival]).await.expect("kept");
            assert_eq!(free(&house, soon).await, FreeEntry::Until(expected_ms));
        }
        // A turn keeps it.
        house.chat("1", "m5", "a5").await;
        assert_eq!(free(&house, soon).await, FreeEntry::Until(until_ms + 9));
    });
}
