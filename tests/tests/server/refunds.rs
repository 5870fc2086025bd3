//! Money that goes back by a command of the shop's flow, at every provider that can: in parts, once for a command however often
//! its answer is lost, never more than was paid, and told to the customer once. What only the provider can say is its to say.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use duka_runtime::payments::standing::{Alarm, Payment, State};
use serde_json::json;

use crate::pay::{browser, link_of, shown};
use crate::provider::{Item, SECRETS, StandIn};
use crate::providers::{CASES, calls, rows, until};
use crate::stage::{Stage, corner_of};

const FLOW: &str = "\
duka 1
flow corner
  start begin

rules
  a_part = KES 500
  too_much = KES 9,000

remember
  order: order
  payment: payment

words
  part: part
  rest: rest
  much: much

anywhere
  hears part -> part
  hears rest -> rest
  hears much -> much
  on payment.paid -> paid
  on payment.refunded -> returned
  on payment.failed -> sorry
  on payment.expired -> sorry
  failed -> sorry
  lost -> begin
  quiet 23 hours -> end
  else: Please tap one of the choices. -> again

state begin
  call order = orders.one(\"A-1042\")
  call payment = payments.link(order)
  say: Here.
  link pay: Pay -> {payment.url}
  on payment.failed -> sorry
  on payment.expired -> sorry

state paid
  ask: PAID
  button done: Done -> end

state part
  call order = orders.one(\"A-1042\")
  call payment = payments.refund(order, a_part) else -> refused
  ask: GOES BACK {payment.amount}
  button done: Done -> end

state rest
  call order = orders.one(\"A-1042\")
  call payment = payments.refund(order) else -> refused
  ask: GOES BACK {payment.amount}
  button done: Done -> end

state much
  call order = orders.one(\"A-1042\")
  call payment = payments.refund(order, too_much) else -> refused
  ask: GOES BACK {payment.amount}
  button done: Done -> end

state refused
  ask: REFUSED
  button done: Done -> end

state returned
  ask: ALL IS BACK
  button done: Done -> end

state sorry
  ask: SORRY
  button done: Done -> end
";

async fn corner(payments: &str) -> Stage {
    corner_with(payments, FLOW).await
}

/// A corner shop with one order and one flow, paid as `payments` of shop.yaml says.
pub async fn corner_with(payments: &str, flow: &str) -> Stage {
    let change = |shop: &std::path::Path| {
        let profile = format!(
            "name: Corner\ncountry: KE\ncurrency: KES\nlanguages: [en]\ntimezone: Africa/Nairobi\n\
             channels: [whatsapp, messenger]\npayments: {{ {payments} }}\n"
        );
        corner_of(shop, &profile, flow, "flows/std/fixtures/standard.yaml");
        for (name, secret) in SECRETS {
            std::fs::write(shop.join(name), secret).expect("a writable folder");
        }
    };
    Stage::with_folder(change, |settings| settings).await
}

/// The same, and its customer with a pay link.
async fn asked_to_pay(payments: &str) -> (Stage, String) {
    let mut stage = corner(payments).await;
    stage.writes("hi").await;
    let link = link_of(&stage.sees().await);
    (stage, link)
}

/// The same at the demo, and paid.
async fn paid_at_the_demo() -> Stage {
    let (mut stage, link) = asked_to_pay("provider: demo").await;
    let page = shown(browser().post(&link)).await.place;
    shown(browser().post(&page).body("do=pay")).await;
    stage.hears("PAID").await;
    stage
}

/// The same at M-Pesa; `more` goes into its settings.
async fn paid_by_mpesa(more: &str) -> (Stage, Arc<StandIn>, Item) {
    let case = CASES.iter().find(|case| case.kind == "mpesa").expect("a provider");
    let (provider, place) = StandIn::start("mpesa").await;
    let payments = format!("provider: mpesa, url: \"{place}\", {}{more}", case.settings);
    let (mut stage, link) = asked_to_pay(&payments).await;
    shown(browser().post(&link)).await;
    let paid = provider.moves("paid");
    assert_eq!(calls(&stage, &provider, &paid, false).await, 200);
    stage.hears("PAID").await;
    (stage, provider, paid)
}

/// What the provider gave back, part by part.
fn parts(provider: &StandIn) -> Vec<i64> {
    provider.items().iter().flat_map(|item| item.back.clone()).map(|(_, part)| part).collect()
}

async fn settled(stage: &Stage, is: impl Fn(&Payment) -> bool) -> Payment {
    until(stage, "A-1042", is).await
}

async fn gives_back(kind: &str) {
    let case = CASES.iter().find(|case| case.kind == kind).expect("a provider");
    let (provider, place) = StandIn::start(case.kind).await;
    let payments = format!("provider: {kind}, url: \"{place}\", {}", case.settings);
    let (mut stage, link) = asked_to_pay(&payments).await;
    stage.writes("part").await;
    stage.hears("REFUSED").await;
    assert!(shown(browser().post(&link)).await.status == 303, "{kind}");
    let paid = provider.moves("paid");
    assert_eq!(calls(&stage, &provider, &paid, false).await, 200);
    stage.hears("PAID").await;

    stage.writes("much").await;
    stage.hears("REFUSED").await;
    // Its answer is lost: it is found out what was done, or left to a person.
    let named = kind == "tap";
    provider.lost.store(u32::from(!named), Ordering::Relaxed);
    stage.writes("part").await;
    stage.hears("GOES BACK KES 500").await;
    assert_eq!(parts(&provider), [50_000], "{kind}: once");
    let told = Item { status: "back", ..provider.moves("paid") };
    for _ in 0..2 {
        assert_eq!(calls(&stage, &provider, &told, false).await, 200, "{kind}");
    }
    let payment = settled(&stage, |payment| payment.refunded_minor == 50_000).await;
    assert_eq!((payment.state, payment.alarms.as_slice()), (State::Paid, [].as_slice()), "{kind}: a part");

    stage.writes("rest").await;
    // Paystack takes days to do it; the others have done it when they answer.
    let soon: &[&str] = if kind == "paystack" { &[] } else { &["ALL IS BACK"] };
    stage.hears_all(&[&["GOES BACK KES 1,600"], soon].concat()).await;
    assert_eq!(parts(&provider), [50_000, 160_000], "{kind}");
    let told = Item { status: "back", ..provider.moves("paid") };
    for _ in 0..2 {
        assert_eq!(calls(&stage, &provider, &told, false).await, 200, "{kind}");
    }
    if soon.is_empty() {
        stage.hears("ALL IS BACK").await;
    }
    settled(&stage, |payment| payment.state == State::Refunded && payment.claimed.is_none()).await;
    assert!(stage.sees_nothing().await, "{kind}: told once");
    stage.writes("rest").await;
    stage.hears("REFUSED").await;
    assert_eq!(parts(&provider).len(), 2, "{kind}");
    assert!(shown(browser().get(&link)).await.html.contains("This payment was given back"), "{kind}");
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stripe_gives_back() {
    gives_back("stripe").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tap_gives_back() {
    gives_back("tap").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn razorpay_gives_back() {
    gives_back("razorpay").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn paystack_gives_back() {
    gives_back("paystack").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_gives_back_and_the_customer_is_told_once() {
    let mut stage = paid_at_the_demo().await;
    stage.writes("part").await;
    stage.hears("GOES BACK KES 500").await;
    stage.writes("rest").await;
    stage.hears_all(&["GOES BACK KES 1,600", "ALL IS BACK"]).await;
    assert!(stage.sees_nothing().await);
    assert_eq!(stage.demo_sessions().await[0]["refunded"], "KES 2100.00");
    let (_, payment) = rows(&stage, "A-1042").await.remove(0);
    assert_eq!((payment.state, payment.refunds.len(), payment.alarms.len()), (State::Refunded, 2, 0));
    stage.end().await;
}

/// What a person has given back at the provider, told of or not, is not what a command gives back.
#[tokio::test(flavor = "multi_thread")]
async fn a_command_gives_back_beside_what_a_person_gave_back_by_hand() {
    for is_told in [true, false] {
        let mut stage = paid_at_the_demo().await;
        stage.demo("faults", &json!({ "callbacks": u32::from(is_told) })).await;
        stage.demo("sessions/demo-1", &json!({ "refunded": "KES 500.00" })).await;
        if is_told {
            settled(&stage, |payment| payment.refunded_minor == 50_000 && payment.claimed.is_none()).await;
        }
        stage.demo("faults", &json!({})).await;
        stage.writes("part").await;
        stage.hears("GOES BACK KES 500").await;
        assert_eq!(stage.demo_sessions().await[0]["refunded"], "KES 1000.00", "told: {is_told}");
        let payment = settled(&stage, |payment| payment.refunded_minor == 100_000).await;
        assert_eq!((payment.alarms.as_slice(), payment.left_minor()), ([Alarm::PartRefund].as_slice(), 110_000));
        stage.writes("rest").await;
        stage.hears_all(&["GOES BACK KES 1,100", "ALL IS BACK"]).await;
        assert_eq!(stage.demo_sessions().await[0]["refunded"], "KES 2100.00", "told: {is_told}");
        let payment = settled(&stage, |payment| payment.state == State::Refunded).await;
        assert_eq!(payment.alarms, [Alarm::PartRefund]);
        stage.end().await;
    }
}

/// The result of a reversal, which nobody signs.
fn reversal(name: &str, code: u32) -> serde_json::Value {
    json!({ "Result": {
        "ResultType": 0, "ResultCode": code, "ResultDesc": "The service request is processed successfully.",
        "OriginatorConversationID": "1236-7134259-1", "ConversationID": name, "TransactionID": "NLJ0000000",
        "ResultParameters": { "ResultParameter": [{ "Key": "Amount", "Value": 2100.00 }] },
    } })
}

/// Reversals can not be asked about: what was commanded is done when the payment's own address is called by the name that M-Pesa
/// gave to the command.
#[tokio::test(flavor = "multi_thread")]
async fn mpesa_gives_the_whole_back_and_says_when_it_is_done() {
    let more = ", initiator: duka, initiator_credential: file:initiator_credential";
    let (mut stage, provider, paid) = paid_by_mpesa(more).await;
    // It gives no parts back, and is not asked.
    provider.silent.store(1_000, Ordering::Relaxed);
    stage.writes("part").await;
    stage.hears("REFUSED").await;
    assert_eq!(provider.silent.swap(0, Ordering::Relaxed), 1_000, "no question to the provider");
    let tells = async |stage: &Stage, hook: &str, body: serde_json::Value| {
        stage.http.post(hook).body(body.to_string()).send().await.expect("an answer").status().as_u16()
    };
    // It is not done: the shop may try again.
    stage.writes("rest").await;
    stage.hears("GOES BACK KES 2,100").await;
    assert_eq!(tells(&stage, &paid.hook, reversal("AG_1", 2_001)).await, 200);
    settled(&stage, |payment| payment.alarms.contains(&Alarm::NotReversed) && payment.refunds.is_empty()).await;
    stage.writes("rest").await;
    stage.hears("GOES BACK KES 2,100").await;
    assert_eq!(parts(&provider), [210_000, 210_000]);
    // At an address that is not this payment's, and by a name that is not this command's.
    let elsewhere = format!("{}/webhooks/boutique/payments/0000", stage.base);
    assert_eq!(tells(&stage, &elsewhere, reversal("AG_2", 0)).await, 401);
    assert_eq!(tells(&stage, &paid.hook, reversal("AG_7", 0)).await, 200);
    settled(&stage, |payment| payment.alarms.contains(&Alarm::Reversed) && payment.refunded_minor == 0).await;
    assert!(stage.sees_nothing().await);
    for _ in 0..2 {
        assert_eq!(tells(&stage, &paid.hook, reversal("AG_2", 0)).await, 200);
    }
    stage.hears("ALL IS BACK").await;
    settled(&stage, |payment| payment.state == State::Refunded && payment.refunded_minor == 210_000).await;
    assert!(stage.sees_nothing().await, "told once");
    stage.writes("rest").await;
    stage.hears("REFUSED").await;
    stage.end().await;
}

/// Without an initiator M-Pesa gives nothing back by a command of ours; a reversal that somebody else has asked for is for a person.
#[tokio::test(flavor = "multi_thread")]
async fn what_mpesa_tells_of_a_reversal_is_for_a_person() {
    let (mut stage, _provider, paid) = paid_by_mpesa("").await;
    stage.writes("rest").await;
    stage.hears("REFUSED").await;
    let told = reversal("AG_1", 0);
    for _ in 0..2 {
        let request = stage.http.post(&paid.hook).body(told.to_string());
        assert_eq!(request.send().await.expect("an answer").status().as_u16(), 200);
    }
    let payment = settled(&stage, |payment| !payment.alarms.is_empty()).await;
    assert_eq!((payment.state, payment.alarms.as_slice()), (State::Paid, [Alarm::Reversed].as_slice()));
    assert!(stage.sees_nothing().await);
    stage.end().await;
}
