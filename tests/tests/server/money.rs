//! What can go wrong with money (reliability.md F83-F89), each through the real server and the demo provider: early, twice,
//! foreign, never, late, doubly paid, forged and given back.

use duka_runtime::host::notices::Notice;
use duka_runtime::payments::provider::demo_signature;
use duka_runtime::payments::standing::{Alarm, Payment, State};
use serde_json::{Value as Json, json};

use crate::pay::{boutique, browser, link_of, shown, to_the_link};
use crate::providers::{rows, until};
use crate::stage::{Stage, on_sqlite};

const ORDER: &str = "Z-1043";

/// From `hi` to the provider's page.
async fn begun(stage: &mut Stage) -> String {
    let link = to_the_link(stage).await;
    let begun = shown(browser().post(&link)).await;
    assert_eq!(begun.status, 303, "{}", begun.html);
    link
}

async fn state(stage: &Stage, wanted: State) -> Payment {
    until(stage, ORDER, |payment| payment.state == wanted).await
}

/// Waits until people were told of it.
async fn alarm(stage: &Stage, wanted: Alarm) -> Payment {
    until(stage, ORDER, |payment| payment.alarms.contains(&wanted)).await
}

/// The server's clock goes on; timers and questions that are due by then are taken.
async fn goes_on(stage: &Stage, by: &str) {
    let ahead = format!("clock_ahead = \"{by}\"\n");
    stage
        .reload(|text| {
            let rest: String =
                text.lines().filter(|line| !line.starts_with("clock_ahead")).map(|line| format!("{line}\n")).collect();
            ahead.clone() + &rest
        })
        .await;
}

async fn moves(stage: &Stage, session: &str, change: &Json) {
    stage.demo(&format!("sessions/{session}"), change).await;
}

/// F83: told of before the answer that names the payment.
#[tokio::test(flavor = "multi_thread")]
async fn f83_money_that_is_told_of_before_its_beginning_was_answered_counts() {
    let mut stage = boutique(on_sqlite).await;
    let link = to_the_link(&mut stage).await;
    stage.demo("faults", &json!({ "lost": 1 })).await;
    let first = shown(browser().post(&link)).await;
    assert_eq!(first.status, 503, "whether it was begun is not known");
    assert_eq!(rows(&stage, ORDER).await[0].0.reference, "");
    moves(&stage, "demo-1", &json!({ "status": "paid" })).await;
    stage.hears_all(&["We are packing order Z-1043", "is paid: KES 2,500"]).await;
    assert_eq!(rows(&stage, ORDER).await[0].0.reference, "demo-1");
    assert_eq!(shown(browser().post(&link)).await.place, link, "and nothing is begun again");
    assert_eq!(stage.demo_sessions().await.len(), 1);
    stage.end().await;
}

/// F83, too: of a payment that nobody has (yet), kept, and taken again by a person's word.
#[tokio::test(flavor = "multi_thread")]
async fn f83_what_is_told_of_a_payment_that_nobody_has_is_kept_for_a_person() {
    let stage = boutique(|settings| settings).await;
    let told =
        json!({"event": "e1", "id": "demo-9", "reference": "ab".repeat(16), "status": "paid", "amount": "KES 1.00"});
    for _ in 0..2 {
        let body = told.to_string();
        let url = format!("{}/webhooks/boutique/payments", stage.base);
        let request = stage.http.post(url).header("demo-signature", demo_signature(body.as_bytes())).body(body);
        assert_eq!(request.send().await.expect("an answer").status().as_u16(), 200);
    }
    let scope = stage.scope();
    let store = &stage.running.server.host.store;
    let kept = store.read(scope).await.expect("a store").list_quarantine(scope, 0, 9).await.expect("a list");
    assert_eq!(kept.iter().map(|(_, row)| row.reason.as_str()).collect::<Vec<_>>(), ["unknown payment"]);
    stage.end().await;
}

/// F84: twice, after one another in the wrong order, of another amount and currency.
#[tokio::test(flavor = "multi_thread")]
async fn f84_money_counts_once_and_only_as_it_was_quoted() {
    let mut stage = boutique(|settings| settings).await;
    begun(&mut stage).await;
    stage.demo("faults", &json!({ "callback_amount": "USD 2500.00" })).await;
    moves(&stage, "demo-1", &json!({ "status": "open" })).await;
    assert_eq!(alarm(&stage, Alarm::Amount).await.state, State::Open, "another currency is no money");
    // Twice each, and the provider's own books say another amount.
    stage.demo("faults", &json!({ "callbacks": 2, "amount": "KES 2499.00" })).await;
    moves(&stage, "demo-1", &json!({ "status": "paid" })).await;
    assert!(stage.sees_nothing().await, "a shilling less is not what was quoted");
    stage.demo("faults", &json!({ "callbacks": 2 })).await;
    moves(&stage, "demo-1", &json!({ "status": "paid" })).await;
    stage.hears_all(&["We are packing order Z-1043", "is paid: KES 2,500", "May we tell you"]).await;
    moves(&stage, "demo-1", &json!({ "status": "failed" })).await;
    assert!(stage.sees_nothing().await, "what is paid does not fail");
    assert_eq!(state(&stage, State::Paid).await.refunded_minor, 0);
    stage.end().await;
}

/// F85: no callback ever comes: the provider is asked; at the end of the link, for the last time.
#[tokio::test(flavor = "multi_thread")]
async fn f85_money_that_nobody_tells_of_is_asked_for() {
    let mut stage = boutique(on_sqlite).await;
    begun(&mut stage).await;
    stage.demo("faults", &json!({ "callbacks": 0 })).await;
    moves(&stage, "demo-1", &json!({ "status": "paid" })).await;
    assert!(stage.sees_nothing().await);
    goes_on(&stage, "40 seconds").await;
    stage.hears_all(&["We are packing order Z-1043", "is paid: KES 2,500"]).await;
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f85_a_payment_that_never_comes_ends_with_its_link_and_is_closed_at_the_provider() {
    let mut stage = boutique(|settings| settings).await;
    let link = begun(&mut stage).await;
    // While it does not answer, nothing is said of it.
    stage.demo("faults", &json!({ "look": 503 })).await;
    goes_on(&stage, "31 minutes").await;
    stage.hears("The pay link has expired").await;
    let waiting = until(&stage, ORDER, |payment| payment.unanswered > 0).await;
    assert_eq!(waiting.state, State::Open, "what the provider did not say is not known");
    stage.demo("faults", &json!({})).await;
    goes_on(&stage, "33 minutes").await;
    state(&stage, State::Expired).await;
    let page = shown(browser().get(&link)).await;
    assert!(page.html.contains("This link has ended") && !page.html.contains("2,500"), "{}", page.html);
    for _ in 0..100 {
        if stage.demo_sessions().await[0]["status"] == "closed" {
            return stage.end().await;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("it is not closed at the provider");
}

/// F86: paid after all.
#[tokio::test(flavor = "multi_thread")]
async fn f86_money_that_comes_after_the_end_is_told_of_and_not_lost() {
    let mut stage = boutique(|settings| settings).await;
    begun(&mut stage).await;
    goes_on(&stage, "31 minutes").await;
    stage.hears("The pay link has expired").await;
    state(&stage, State::Expired).await;
    moves(&stage, "demo-1", &json!({ "status": "paid" })).await;
    stage.hears_all(&["is paid: KES 2,500"]).await;
    assert_eq!(alarm(&stage, Alarm::Late).await.state, State::Paid);
    stage.end().await;
}

/// F87: two links for one order, and both are paid.
#[tokio::test(flavor = "multi_thread")]
async fn f87_the_second_money_for_an_order_is_told_to_people_and_to_nobody_else() {
    let mut stage = boutique(on_sqlite).await;
    let first = begun(&mut stage).await;
    moves(&stage, "demo-1", &json!({ "status": "failed" })).await;
    stage.hears("The payment did not go through").await;
    stage.taps("Try again").await;
    let second = link_of(&stage.sees().await);
    assert_ne!(first, second);
    let over = shown(browser().get(&first)).await;
    assert!(over.html.contains("This link has ended"), "one link is open at a time: {}", over.html);
    assert_eq!(shown(browser().post(&first)).await.place, first, "and begins nothing");
    let page = shown(browser().post(&second)).await.place;
    shown(browser().post(&page).body("do=pay")).await;
    stage.hears_all(&["We are packing order Z-1043", "May we tell you", "is paid: KES 2,500"]).await;
    moves(&stage, "demo-1", &json!({ "status": "paid" })).await;
    assert_eq!(alarm(&stage, Alarm::Twice).await.state, State::Twice);
    assert!(stage.sees_nothing().await, "the customer has paid once, as far as the order goes");
    moves(&stage, "demo-1", &json!({ "status": "refunded", "refunded": "KES 2500.00" })).await;
    state(&stage, State::Refunded).await;
    state(&stage, State::Paid).await;
    stage.end().await;
}

/// F88: forged, or true and not borne out.
#[tokio::test(flavor = "multi_thread")]
async fn f88_a_callback_alone_pays_nothing() {
    let mut stage = boutique(|settings| settings).await;
    let link = begun(&mut stage).await;
    let session = &stage.demo_sessions().await[0];
    let mut told = session.clone();
    (told["status"], told["event"]) = (json!("paid"), json!("forged"));
    let (body, hook) = (told.to_string(), session["hook"].as_str().expect("an address").to_string());
    let (own, other) = (hook.clone(), format!("{}00", &hook[..hook.len() - 2]));
    for (place, mark, status) in [
        (&own, "00".to_string(), 401),
        (&own, demo_signature(b"something else"), 401),
        (&other, demo_signature(body.as_bytes()), 401),
        (&own.replace("boutique", "elsewhere"), demo_signature(body.as_bytes()), 401),
        // Signed, twice, and the provider's books say that nothing has come.
        (&own, demo_signature(body.as_bytes()), 200),
        (&own, demo_signature(body.as_bytes()), 200),
    ] {
        let request = stage.http.post(place).header("demo-signature", mark).body(body.clone());
        assert_eq!(request.send().await.expect("an answer").status().as_u16(), status, "{place}");
    }
    // The customer comes back from the provider by hand.
    assert!(shown(browser().get(&link)).await.html.contains("Pay your order"));
    assert!(stage.sees_nothing().await);
    assert_eq!(state(&stage, State::Open).await.refunded_minor, 0);
    stage.end().await;
}

/// F89: given back in parts, in whole, and taken back by the bank: people hear of each, the customer once, at the end.
#[tokio::test(flavor = "multi_thread")]
async fn f89_money_that_goes_back_moves_the_payment_and_people_hear_of_what_is_in_between() {
    let mut stage = boutique(|settings| settings).await;
    let link = begun(&mut stage).await;
    moves(&stage, "demo-1", &json!({ "status": "paid" })).await;
    stage.hears_all(&["We are packing order Z-1043", "is paid: KES 2,500"]).await;
    let mut notices = stage.running.server.host.notices.listen();
    for (part, minor) in [("KES 100.00", 10_000), ("KES 300.00", 30_000)] {
        moves(&stage, "demo-1", &json!({ "refunded": part })).await;
        let payment = until(&stage, ORDER, |payment| payment.refunded_minor == minor).await;
        assert_eq!(payment.state, State::Paid);
    }
    for count in 1..=2 {
        stage.demo("faults", &json!({ "callbacks": 2 })).await;
        moves(&stage, "demo-1", &json!({ "status": "disputed", "refunded": "" })).await;
        until(&stage, ORDER, |payment| payment.disputes.len() == count).await;
    }
    // People hear of it a moment after it is written down.
    let mut told = Vec::new();
    while told.len() < 4 {
        if let Notice::Payment { alarm, .. } = notices.recv().await.expect("a notice").notice {
            told.push(alarm);
        }
    }
    assert_eq!(told, ["part_refund", "part_refund", "disputed", "disputed"]);
    stage.demo("faults", &json!({})).await;
    moves(&stage, "demo-1", &json!({ "status": "refunded", "refunded": "KES 2500.00" })).await;
    stage.hears("The money for order Z-1043 is on its way back to you").await;
    state(&stage, State::Refunded).await;
    moves(&stage, "demo-1", &json!({ "status": "refunded" })).await;
    assert!(stage.sees_nothing().await, "told once");
    assert!(shown(browser().get(&link)).await.html.contains("This payment was given back"));
    stage.end().await;
}

/// The table that says who writes is out of reach for as long as this says so.
fn customers_are_known(stage: &Stage, known: bool) {
    let file = rusqlite::Connection::open(stage.folder.path().join("duka.db")).expect("the file opens");
    file.busy_timeout(std::time::Duration::from_secs(10)).expect("it waits");
    let (from, to) = if known { ("away", "identity") } else { ("identity", "away") };
    file.execute_batch(&format!("ALTER TABLE {from} RENAME TO {to}")).expect("it is renamed");
}

/// Nobody is asked for money in the place of a customer whom the store does not name, and nothing is believed to be paid.
#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_does_not_say_who_pays_begins_nothing_and_believes_nothing() {
    let mut stage = boutique(on_sqlite).await;
    let link = to_the_link(&mut stage).await;
    customers_are_known(&stage, false);
    let tapped = shown(browser().post(&link)).await;
    assert_eq!(tapped.status, 503, "{}", tapped.html);
    assert!(stage.demo_sessions().await.is_empty(), "nobody is asked for money");
    assert_eq!(rows(&stage, ORDER).await[0].1.state, State::Sent, "nothing is written down either");

    customers_are_known(&stage, true);
    assert_eq!(shown(browser().post(&link)).await.status, 303, "the very next tap begins it");
    assert_eq!(stage.demo_sessions().await.len(), 1);

    // The provider can not be asked for it just now.
    customers_are_known(&stage, false);
    moves(&stage, "demo-1", &json!({ "status": "paid" })).await;
    until(&stage, ORDER, |payment| payment.claimed.is_some() && payment.unanswered > 0).await;
    assert_eq!(rows(&stage, ORDER).await[0].1.state, State::Open);
    customers_are_known(&stage, true);
    stage.hears_all(&["We are packing order Z-1043", "is paid: KES 2,500"]).await;
    stage.end().await;
}
