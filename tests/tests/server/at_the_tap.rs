//! Between the pay link and the tap on Pay an order can become another one (F79, F80): the shop's own system is asked once more,
//! and what is not as it was agreed is asked again before anybody pays. Inside the chat nobody taps: it is asked when the bill is
//! written, and when its money has come.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use duka_runtime::api::{BASE, Scope};
use duka_runtime::id::{ConversationId, PaymentId};
use duka_runtime::payments::standing::{Alarm, Payment, State};
use duka_runtime::store::PaymentRow;
use duka_tests::tree::root;
use serde_json::Value as Json;

use crate::api::key;
use crate::backend::Merchant;
use crate::in_chat::{BRAZIL, pix, stands, told};
use crate::merchant::{WEBHOOK_SECRET, boutique, news, plays, secret, tells};
use crate::pay::{browser, link_of, shown};
use crate::provider::{SECRETS, StandIn};
use crate::providers::{calls, rows, until};
use crate::stage::{CUSTOMER, NUMBER, Stage, corner_of, live};

/// The boutique with the merchant's system and the demo provider, and the link that its customer has got.
async fn linked() -> (Arc<Merchant>, Stage, String) {
    let merchant = Arc::new(Merchant::default());
    let place = merchant.start().await;
    let stage = boutique(&place).await;
    let profile = stage.folder.path().join("boutique/shop.yaml");
    let text = std::fs::read_to_string(&profile).expect("a profile");
    std::fs::write(&profile, text + "\npayments: { provider: demo }\n").expect("a writable folder");
    let mut stage = stage.again(secret()).await;
    plays(&mut stage).await;
    stage.taps("Pay").await;
    let link = link_of(&stage.sees().await);
    (merchant, stage, link)
}

/// The tap on Pay leads back to the link's own page, which says that it is over, and nothing is begun.
async fn ends(stage: &Stage, link: &str) {
    let tapped = shown(browser().post(link)).await;
    assert_eq!((tapped.status, tapped.place.as_str()), (303, link));
    let page = shown(browser().get(link)).await.html;
    assert!(page.contains("This link has ended") && !page.contains("<form"), "{page}");
    assert!(stage.demo_sessions().await.is_empty(), "nothing is begun");
}

#[tokio::test(flavor = "multi_thread")]
async fn f79_a_total_that_changed_before_the_tap_is_shown_and_asked_again() {
    let (merchant, mut stage, link) = linked().await;
    merchant.sells("K/7 %", 330_000, 9);
    ends(&stage, &link).await;
    stage.hears("The pay link has expired").await;
    stage.taps("New pay link").await;
    stage.hears("Total KES 6,600").await;
    stage.taps("Pay").await;
    let link = link_of(&stage.sees().await);
    assert!(shown(browser().get(&link)).await.html.contains("KES 6,600"));
    let page = shown(browser().post(&link)).await.place;
    assert_eq!(stage.demo_sessions().await.len(), 1);
    shown(browser().post(&page).body("do=pay")).await;
    stage.hears_all(&["We are packing order Z-1042"]).await;
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f80_an_order_that_is_off_or_gone_by_the_tap_is_not_paid() {
    let (merchant, mut stage, link) = linked().await;
    // Nobody has told of it.
    *merchant.state.lock().expect("nobody panicked") = "cancelled";
    ends(&stage, &link).await;
    stage.hears("Z-1042 was cancelled").await;
    stage.end().await;

    let (merchant, mut stage, link) = linked().await;
    *merchant.state.lock().expect("nobody panicked") = "gone";
    ends(&stage, &link).await;
    stage.hears("The pay link has expired").await;
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_has_its_money_in_another_way_is_not_paid_again_and_not_let_go() {
    let (merchant, mut stage, link) = linked().await;
    // Its owner has seen the money, and nobody has told of it.
    *merchant.state.lock().expect("nobody panicked") = "paid";
    ends(&stage, &link).await;
    let payment = until(&stage, "Z-1042", |payment| !payment.state.is_payable()).await;
    assert_eq!(payment.state, State::Replaced, "money that is on its way all the same is told of, and not lost");
    // Nobody hears that the link has expired, which would let the order go.
    stage.writes("menu").await;
    stage.hears("in your bag").await;
    assert_eq!(*merchant.released.lock().expect("nobody panicked"), Vec::<String>::new());
    stage.end().await;
}

/// What is weighed is packed first, and paid then.
#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_is_packed_before_it_is_paid_can_be_paid() {
    let (merchant, mut stage, link) = linked().await;
    *merchant.state.lock().expect("nobody panicked") = "packed";
    let packed = news("packed", "order.changed", "Z-1042", "packed");
    assert_eq!(tells(&stage, WEBHOOK_SECRET, &packed).await, 200);
    let page = shown(browser().post(&link)).await.place;
    assert_eq!(stage.demo_sessions().await.len(), 1, "{page}");
    shown(browser().post(&page).body("do=pay")).await;
    stage.hears_all(&["We are packing order Z-1042"]).await;
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_system_that_does_not_answer_at_the_tap_keeps_nobody_from_paying_a_placed_order() {
    let (merchant, stage, link) = linked().await;
    merchant.hangs.store(true, Ordering::Relaxed);
    let tapped = shown(browser().post(&link)).await;
    assert!(tapped.status == 303 && tapped.place != link, "{} {}", tapped.status, tapped.place);
    assert_eq!(stage.demo_sessions().await.len(), 1);
    stage.end().await;
}

const IN_CHAT: &str = "\
duka 1
flow corner
  start begin
  languages en

remember
  order: order
  payment: payment

anywhere
  on payment.paid -> paid
  on payment.failed -> sorry
  on payment.expired -> sorry
  on order.cancelled -> off
  failed -> sorry
  lost -> begin
  quiet 23 hours -> end
  else: Please tap one of the choices. -> again

state begin
  call order = orders.one(\"Z-1042\")
  call order = orders.hold(order) else -> sorry
  call payment = payments.link(order)
  ask: READY
  button bill: Bill -> bill

state bill
  say: Your order
  show order
  link pay: Pay now -> {payment.url}
  on payment.failed -> sorry
  on payment.expired -> sorry

state paid
  ask: PAID
  button done: Done -> end

state off
  ask: IT IS OFF
  button done: Done -> end

state sorry
  ask: SORRY
  button done: Done -> end
";

const INDIA: (&str, &str, &str) = ("IN", "INR", "Asia/Kolkata");
const GATEWAY: &str = "provider: demo, chat: razorpay, chat_configuration: razorpay-prod, unwanted: give_back";

/// A corner shop that is paid inside the chat, for what the merchant's system has; its customer is ready for the bill.
async fn ready((country, currency, zone): (&str, &str, &str), payments: &str) -> (Arc<Merchant>, Stage) {
    let merchant = Arc::new(Merchant::default());
    let place = merchant.start().await;
    let mapping = std::fs::read_to_string(root().join("tests/tests/adapter/shop.rest.yaml")).expect("a mapping");
    let keyed = format!("{place}\nauth: {{ bearer: \"env:ZURI_API_KEY\" }}");
    let mapping = mapping.replace("http://127.0.0.1:1/v1", &keyed);
    let dress = |shop: &std::path::Path| {
        let live = live(NUMBER, ", catalogue: \"194836000000001\", pay_in_chat: true");
        let profile = format!(
            "name: Corner\ncountry: {country}\ncurrency: {currency}\nlanguages: [en]\ntimezone: {zone}\n{live}\n\
             payments: {{ {payments} }}\nadapters:\n  orders: {{ kind: rest, mapping: shop.rest.yaml }}\n"
        );
        corner_of(shop, &profile, IN_CHAT, "tests/tests/server/sends/fixtures/INR.yaml");
        let fixture = std::fs::read_to_string(shop.join("fixtures/zuri.yaml")).expect("a fixture");
        std::fs::write(shop.join("fixtures/zuri.yaml"), fixture.replace("INR", currency)).expect("a writable folder");
        std::fs::write(shop.join("shop.rest.yaml"), &mapping).expect("a writable folder");
        for (name, secret) in SECRETS {
            std::fs::write(shop.join(name), secret).expect("a writable folder");
        }
        Some(secret())
    };
    let mut stage = Stage::dressed(|settings| settings, dress).await;
    stage.writes("hi").await;
    stage.hears("READY").await;
    (merchant, stage)
}

/// What takes the money of the bill that is shown then.
async fn bill(stage: &mut Stage) -> Json {
    stage.taps("Bill").await;
    let shown = stage.sees().await;
    assert_eq!(shown["type"], "order_details", "{shown}");
    shown["content"]["action"]["parameters"]["payment_settings"][0].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn f79_a_bill_of_an_order_that_changed_takes_no_money_inside_the_chat() {
    let (provider, place) = StandIn::start("stripe").await;
    for (country, payments) in [(INDIA, GATEWAY.to_string()), (BRAZIL, pix(&place))] {
        let (merchant, mut stage) = ready(country, &payments).await;
        merchant.sells("K/7 %", 330_000, 9);
        let shown = bill(&mut stage).await;
        assert_eq!(shown["type"], "payment_link", "{shown}");
        stage.hears("SORRY").await;
        let payment = until(&stage, "Z-1042", |payment| payment.state == State::Replaced).await;
        assert!(payment.references.is_empty(), "nothing is begun");
        stage.end().await;
    }
    assert!(provider.items().is_empty(), "no code is made");
}

#[tokio::test(flavor = "multi_thread")]
async fn f79_money_that_comes_inside_the_chat_for_an_order_that_changed_goes_back() {
    let (merchant, mut stage) = ready(INDIA, GATEWAY).await;
    assert_eq!(bill(&mut stage).await["type"], "payment_gateway");
    merchant.sells("K/7 %", 330_000, 9);
    stands(&stage, "Z-1042-1", "captured", 635_000).await;
    assert_eq!(told(&stage, "Z-1042-1", "captured").await, 200);
    stage.hears("SORRY").await;
    let payment = until(&stage, "Z-1042", |payment| payment.refunds.iter().any(|it| !it.name.is_empty())).await;
    assert_eq!((payment.state, payment.alarms.as_slice()), (State::Unwanted, &[Alarm::Cancelled][..]));
    assert!(stage.sees_nothing().await, "nobody hears that it is paid");
    stage.end().await;

    let (provider, place) = StandIn::start("stripe").await;
    let (merchant, mut stage) = ready(BRAZIL, &pix(&place)).await;
    assert_eq!(bill(&mut stage).await["type"], "pix_dynamic_code");
    *merchant.state.lock().expect("nobody panicked") = "gone";
    let paid = provider.moves("paid");
    assert_eq!(calls(&stage, &provider, &paid, false).await, 200);
    stage.hears("SORRY").await;
    until(&stage, "Z-1042", |payment| payment.state == State::Unwanted).await;
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f86_money_that_comes_inside_the_chat_for_an_order_that_is_off_confirms_nothing() {
    let (merchant, mut stage) = ready(INDIA, GATEWAY).await;
    assert_eq!(bill(&mut stage).await["type"], "payment_gateway");
    *merchant.state.lock().expect("nobody panicked") = "cancelled";
    stands(&stage, "Z-1042-1", "captured", 635_000).await;
    assert_eq!(told(&stage, "Z-1042-1", "captured").await, 200);
    stage.hears("IT IS OFF").await;
    until(&stage, "Z-1042", |payment| payment.state == State::Unwanted).await;
    stage.end().await;

    // A system that does not answer takes nobody's money away.
    let (merchant, mut stage) = ready(INDIA, GATEWAY).await;
    bill(&mut stage).await;
    merchant.hangs.store(true, Ordering::Relaxed);
    stands(&stage, "Z-1042-1", "captured", 635_000).await;
    assert_eq!(told(&stage, "Z-1042-1", "captured").await, 200);
    stage.hears("PAID").await;
    stage.end().await;
}

/// A question that is still under way while the server goes down: whether the order is still wanted is for the next one.
#[tokio::test(flavor = "multi_thread")]
async fn money_that_nobody_can_judge_any_more_is_not_taken_while_the_server_goes_down() {
    let (merchant, mut stage) = ready(INDIA, GATEWAY).await;
    assert_eq!(bill(&mut stage).await["type"], "payment_gateway");
    stands(&stage, "Z-1042-1", "pending", 635_000).await;
    assert_eq!(told(&stage, "Z-1042-1", "captured").await, 200);
    let payment = until(&stage, "Z-1042", |payment| payment.claimed.is_some() && payment.unanswered > 0).await;
    let cashier = Arc::clone(&stage.running.server.cashier);
    let (scope, store) = (stage.scope(), stage.running.server.host.store.clone());
    let (clock, link) = (Arc::clone(&stage.running.clock), cashier.url(&payment));
    assert!(cashier.may_bill(&link).await);
    *merchant.state.lock().expect("nobody panicked") = "cancelled";
    stands(&stage, "Z-1042-1", "captured", 635_000).await;
    stage.running.stop().await;

    clock.set_ahead(60_000);
    assert_eq!(cashier.round().await.expect("a store"), 1);
    let rows = store.read(scope).await.expect("a store").payments_of(scope, "Z-1042").await.expect("a payment");
    let payment = Payment::decode(&rows[0].body).expect("a payment");
    assert!(payment.state.is_payable() && payment.claimed.is_some(), "{payment:?}");
    assert!(!cashier.may_bill(&link).await);
}

/// Names of bills go with the payments that they are of.
#[tokio::test(flavor = "multi_thread")]
async fn the_name_of_a_bill_is_forgotten_with_its_payments() {
    let (_merchant, mut stage) = ready(INDIA, GATEWAY).await;
    let profile = stage.folder.path().join("boutique/shop.yaml");
    let text = std::fs::read_to_string(&profile).expect("a profile");
    bill(&mut stage).await;
    std::fs::write(&profile, text + "retention: { orders: 30 days }\n").expect("a writable folder");
    let mut environment = crate::stage::environment();
    environment.push(secret());
    let path = stage.folder.path().join("duka.toml");
    let config = duka_runtime::config::load(Some(&path), &environment).expect("sound settings");
    stage.running.reload(&config, &environment).await.expect("read again");
    let known = async |stage: &Stage| {
        let (scope, store) = (stage.scope(), &stage.running.server.host.store);
        let mut tx = store.read(scope).await.expect("a store");
        let latest = tx.meta_get(scope, "bill Z-1042").await.expect("a value");
        (latest.is_some(), tx.meta_get(scope, "billed Z-1042-1").await.expect("a value").is_some())
    };
    assert_eq!(known(&stage).await, (true, true));
    for (days, is_known) in [(2, true), (40, false)] {
        stage.is_ahead(days * 86_400_000).await;
        stage.running.server.cashier.round().await.expect("a store");
        duka_runtime::server::keep::rows(&stage.running.server).await.expect("a store");
        assert_eq!(known(&stage).await, (is_known, is_known), "after {days} days");
    }
    stage.end().await;

    // And with their customer, unless another one has a payment of the same order.
    for is_shared in [true, false] {
        let (_merchant, mut stage) = ready(INDIA, GATEWAY).await;
        bill(&mut stage).await;
        assert_eq!(known(&stage).await, (true, true));
        if is_shared {
            let (row, _) = rows(&stage, "Z-1042").await.remove(0);
            let conversation = ConversationId(row.conversation.0 ^ 1);
            let other = PaymentRow { id: PaymentId([9; 16]), conversation, ..row };
            let mut tx = stage.running.server.host.store.begin(stage.scope()).await.expect("a store");
            tx.add_payment(&other).await.expect("a store");
            tx.commit().await.expect("a store");
        }
        let operator = key(&stage, "operator", Scope::Operate, None, i64::MAX).await;
        let erase =
            stage.http.post(format!("{}{BASE}/shops/boutique/customers/erase", stage.base)).bearer_auth(operator);
        let erased = erase.json(&serde_json::json!({ "phone": CUSTOMER })).send().await.expect("an answer");
        assert!(erased.status().is_success(), "{}", erased.status());
        assert_eq!(known(&stage).await, (is_shared, is_shared));
        stage.end().await;
    }
}
