//! Money that could be lost, taken twice or given back twice (reliability.md F80, F82, F85-F87, F89; I13, I16): orders that are
//! over, answers that never come, and attempts of one payment beside each other, through the real server.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use duka_runtime::payments::standing::{Alarm, Payment, State};
use serde_json::json;

use crate::api::{ask, key};
use crate::backend::Merchant;
use crate::merchant::{WEBHOOK_SECRET, boutique, news, plays, secret, tells};
use crate::pay::{browser, link_of, shown};
use crate::provider::{Item, StandIn};
use crate::providers::{CASES, calls, rows, until};
use crate::refunds::corner_with;
use crate::stage::Stage;

const FLOW: &str = "\
duka 1
flow corner
  start begin

rules
  a_part = KES 500

remember
  order: order
  payment: payment

words
  another: another
  annul: annul
  loosen: loosen
  part: part

anywhere
  hears another -> begin
  hears annul -> annulled
  hears loosen -> loosened
  hears part -> part
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
  call payment = payments.link(order) else -> sorry
  say: Here.
  link pay: Pay -> {payment.url}
  on payment.failed -> sorry
  on payment.expired -> sorry

state annulled
  call order = orders.one(\"A-1042\")
  call order = orders.cancel(order) else -> sorry
  ask: CANCELLED
  button done: Done -> end

state loosened
  call order = orders.one(\"A-1042\")
  do orders.release(order)
  ask: LET GO
  button done: Done -> end

state part
  call order = orders.one(\"A-1042\")
  call payment = payments.refund(order, a_part) else -> refused
  ask: GOES BACK {payment.amount}
  button done: Done -> end

state refused
  ask: REFUSED
  button done: Done -> end

state paid
  ask: PAID
  button done: Done -> end

state returned
  ask: ALL IS BACK
  button done: Done -> end

state sorry
  ask: SORRY
  button done: Done -> end
";

const ORDER: &str = "A-1042";
const MINUTE_MS: i64 = 60_000;

/// The corner shop, paid as `payments` says, and the link that its customer has got.
async fn linked(payments: &str) -> (Stage, String) {
    let mut stage = corner_with(payments, FLOW).await;
    stage.writes("hi").await;
    let link = link_of(&stage.sees().await);
    (stage, link)
}

/// The same at a stand-in for that provider.
async fn linked_at(kind: &str) -> (Stage, String, Arc<StandIn>) {
    let case = CASES.iter().find(|case| case.kind == kind).expect("a provider");
    let (provider, place) = StandIn::start(case.kind).await;
    let (stage, link) = linked(&format!("provider: {kind}, url: \"{place}\", {}", case.settings)).await;
    (stage, link, provider)
}

async fn settled(stage: &Stage, is: impl Fn(&Payment) -> bool) -> Payment {
    until(stage, ORDER, is).await
}

async fn taps(link: &str) -> u16 {
    shown(browser().post(link)).await.status
}

/// The clocks go ahead, and what is due by then is done.
async fn goes_on(stage: &mut Stage, ms: i64) {
    stage.is_ahead(ms).await;
    stage.running.server.cashier.round().await.expect("a store");
}

async fn at_demo(stage: &Stage, session: &str, status: &str) {
    stage.demo(&format!("sessions/{session}"), &json!({ "status": status })).await;
}

async fn is_at_demo(stage: &Stage, at: usize, status: &str) {
    for _ in 0..400 {
        if stage.demo_sessions().await[at]["status"] == status {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("it is not {status} at the provider: {:?}", stage.demo_sessions().await);
}

/// TM30: whoever reads the rows, and not the key, has no link.
#[tokio::test(flavor = "multi_thread")]
async fn a_row_holds_no_link() {
    let (stage, link) = linked("provider: demo").await;
    let (row, payment) = rows(&stage, ORDER).await.remove(0);
    let token = link.rsplit('/').next().expect("a token");
    assert!(!String::from_utf8_lossy(&row.body).contains(token));
    let kept = format!("{}/pay/{}", stage.base, payment.token);
    assert_eq!(shown(browser().get(kept)).await.status, 404);
    assert_eq!(stage.running.server.cashier.url(&payment), link);
    stage.end().await;
}

/// F86, the order's half: its link dies with it, and money that comes all the same confirms nothing and is told to people.
#[tokio::test(flavor = "multi_thread")]
async fn f86_money_for_an_order_that_was_cancelled_is_for_people() {
    let (mut stage, link) = linked("provider: demo").await;
    assert_eq!(taps(&link).await, 303);
    stage.writes("annul").await;
    stage.hears("CANCELLED").await;
    settled(&stage, |payment| payment.state == State::Cancelled).await;
    is_at_demo(&stage, 0, "closed").await;
    assert!(shown(browser().get(&link)).await.html.contains("This link has ended"));
    assert_eq!(shown(browser().post(&link)).await.place, link, "and begins nothing");
    at_demo(&stage, "demo-1", "paid").await;
    settled(&stage, |payment| payment.alarms == [Alarm::Cancelled]).await;
    assert!(stage.sees_nothing().await, "nobody hears that a cancelled order is paid");
    assert_eq!(rows(&stage, ORDER).await[0].1.state, State::Unwanted);
    let page = shown(browser().get(&link)).await.html;
    assert!(page.contains("This order was cancelled") && !page.contains("receipt"), "{page}");
    stage.end().await;
}

/// The same where the shop wants such money to go back by itself.
#[tokio::test(flavor = "multi_thread")]
async fn f86_money_for_a_cancelled_order_goes_back_where_the_shop_says_so() {
    let (mut stage, link) = linked("provider: demo, unwanted: give_back").await;
    assert_eq!(taps(&link).await, 303);
    stage.writes("annul").await;
    stage.hears("CANCELLED").await;
    settled(&stage, |payment| payment.state == State::Cancelled).await;
    at_demo(&stage, "demo-1", "paid").await;
    stage.hears("ALL IS BACK").await;
    let payment = settled(&stage, |payment| payment.state == State::Refunded).await;
    assert_eq!((payment.alarms.as_slice(), payment.refunds.len()), ([Alarm::Cancelled].as_slice(), 1));
    assert_eq!(stage.demo_sessions().await[0]["refunded"], "KES 2100.00");
    stage.end().await;
}

/// F80, F86: goods that were let go have no link; money that comes late is honoured, and people hear of it.
#[tokio::test(flavor = "multi_thread")]
async fn f80_the_link_of_goods_that_were_let_go_is_dead_and_late_money_is_not_lost() {
    let (mut stage, link) = linked("provider: demo").await;
    assert_eq!(taps(&link).await, 303);
    stage.writes("loosen").await;
    stage.hears("LET GO").await;
    settled(&stage, |payment| payment.state == State::Replaced).await;
    is_at_demo(&stage, 0, "closed").await;
    at_demo(&stage, "demo-1", "paid").await;
    stage.hears("PAID").await;
    assert_eq!(settled(&stage, |payment| payment.state == State::Paid).await.alarms, [Alarm::Late]);
    stage.end().await;
}

/// F80 between confirm and pay: the shop's own system says that the order is off, for the goods are gone.
#[tokio::test(flavor = "multi_thread")]
async fn f80_an_order_that_the_shops_system_cancels_is_told_and_its_link_is_dead() {
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
    assert_eq!(taps(&link).await, 303);
    assert_eq!(tells(&stage, WEBHOOK_SECRET, &news("e1", "order.changed", "Z-1042", "cancelled")).await, 200);
    stage.hears_all(&["Z-1042 was cancelled", "Z-1042 is cancelled. Your bag is saved."]).await;
    until(&stage, "Z-1042", |payment| payment.state == State::Cancelled).await;
    assert!(shown(browser().get(&link)).await.html.contains("This link has ended"));
    at_demo(&stage, "demo-1", "paid").await;
    until(&stage, "Z-1042", |payment| payment.state == State::Unwanted).await;
    assert!(stage.sees_nothing().await, "a cancelled order stays cancelled");
    stage.end().await;
}

/// I13: one key, one body. The second tap comes minutes after the first, whose answer was lost.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_begun_once_more_is_asked_for_with_the_same_words() {
    let (mut stage, link, provider) = linked_at("stripe").await;
    provider.lost.store(1, Ordering::Relaxed);
    assert_eq!(taps(&link).await, 503);
    stage.is_ahead(2 * MINUTE_MS).await;
    let second = shown(browser().post(&link)).await;
    assert_eq!((second.status, second.place.as_str()), (303, "http://127.0.0.1:1/stripe"));
    assert_eq!(provider.items().len(), 1, "one session");
    stage.end().await;

    // With other words after all, it is refused; nobody has the first page, so another name is safe.
    let (stage, link, provider) = linked_at("stripe").await;
    provider.lost.store(1, Ordering::Relaxed);
    assert_eq!(taps(&link).await, 503);
    let profile = stage.folder.path().join("boutique/shop.yaml");
    let text = std::fs::read_to_string(&profile).expect("a profile");
    std::fs::write(&profile, text.replace("name: Corner", "name: Corner and Sons")).expect("a writable folder");
    stage.reload(|settings| settings).await;
    assert_eq!(taps(&link).await, 503);
    assert_eq!(taps(&link).await, 303);
    let names: Vec<String> = provider.items().into_iter().map(|item| item.ours).collect();
    assert_eq!((names.len(), names[1].clone()), (2, format!("{}-2", names[0])));
    stage.end().await;
}

/// F26, F82: a refund whose answer was lost stays noted while nobody can be asked, and is not asked for under another name.
#[tokio::test(flavor = "multi_thread")]
async fn a_refund_of_unknown_fate_is_not_forgotten() {
    let (mut stage, link, provider) = linked_at("stripe").await;
    assert_eq!(taps(&link).await, 303);
    let paid = provider.moves("paid");
    assert_eq!(calls(&stage, &provider, &paid, false).await, 200);
    stage.hears("PAID").await;
    let parts = |provider: &StandIn| provider.items()[0].back.iter().map(|(_, part)| *part).collect::<Vec<_>>();

    provider.lost.store(1, Ordering::Relaxed);
    stage.writes("part").await;
    settled(&stage, |payment| !payment.sent.is_empty()).await;
    provider.silent.store(100_000, Ordering::Relaxed);
    while provider.silent.load(Ordering::Relaxed) == 100_000 {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    stage.is_ahead(MINUTE_MS).await;
    stage.hears("SORRY").await;
    let noted = settled(&stage, |_| true).await;
    assert_eq!((noted.refunds.len(), noted.left_minor()), (1, 160_000), "it stays noted");
    stage.writes("part").await;
    stage.hears("SORRY").await;
    assert_eq!(parts(&provider), [50_000], "nothing more before it is known");
    goes_on(&mut stage, 20 * MINUTE_MS).await;
    settled(&stage, |payment| payment.alarms == [Alarm::RefundUnknown]).await;

    provider.silent.store(0, Ordering::Relaxed);
    goes_on(&mut stage, 60 * MINUTE_MS).await;
    let known = settled(&stage, |payment| payment.refunded_minor == 50_000).await;
    assert!(!known.refunds.iter().any(|refund| known.is_unknown(refund)), "{known:?}");
    stage.writes("part").await;
    stage.hears("GOES BACK KES 500").await;
    assert_eq!(parts(&provider), [50_000, 50_000]);
    stage.end().await;
}

/// F87, I16 within one link: the page of the first try is still open when the second is paid, and is paid as well.
#[tokio::test(flavor = "multi_thread")]
async fn f87_two_tries_of_one_link_that_are_both_paid_are_told_to_people() {
    let (mut stage, link, provider) = linked_at("paystack").await;
    assert_eq!(taps(&link).await, 303);
    provider.moves_nth(0, "failed");
    shown(browser().get(&link)).await;
    stage.hears("SORRY").await;
    assert_eq!(taps(&link).await, 303);
    assert_eq!(provider.items().len(), 2);
    let second = provider.moves_nth(1, "paid");
    assert_eq!(calls(&stage, &provider, &second, false).await, 200);
    stage.hears("PAID").await;
    let first = provider.moves_nth(0, "paid");
    for _ in 0..2 {
        assert_eq!(calls(&stage, &provider, &first, false).await, 200);
    }
    let payment = settled(&stage, |payment| !payment.alarms.is_empty() && payment.claimed.is_none()).await;
    assert_eq!(
        (payment.state, payment.paid_by, payment.alarms.as_slice()),
        (State::Paid, 2, [Alarm::Twice].as_slice())
    );
    assert!(stage.sees_nothing().await, "the order is paid once");
    stage.end().await;
}

/// F87: the second money of an order goes back by itself where the shop says so.
#[tokio::test(flavor = "multi_thread")]
async fn f87_the_second_money_goes_back_where_the_shop_says_so() {
    let (mut stage, first) = linked("provider: demo, unwanted: give_back").await;
    assert_eq!(taps(&first).await, 303);
    stage.writes("another").await;
    let second = link_of(&stage.sees().await);
    assert_eq!(taps(&second).await, 303);
    at_demo(&stage, "demo-2", "paid").await;
    stage.hears("PAID").await;
    at_demo(&stage, "demo-1", "paid").await;
    is_at_demo(&stage, 0, "refunded").await;
    let back = settled(&stage, |payment| payment.state == State::Refunded).await;
    assert_eq!(back.alarms, [Alarm::Twice]);
    settled(&stage, |payment| payment.state == State::Paid && payment.refunds.is_empty()).await;
    assert!(stage.sees_nothing().await, "the order keeps its money");
    stage.end().await;
}

/// Whoever leaves Tap's page has not lost the link, nor the goods.
#[tokio::test(flavor = "multi_thread")]
async fn a_charge_that_was_left_ends_and_its_link_does_not() {
    let (mut stage, link, provider) = linked_at("tap").await;
    assert_eq!(taps(&link).await, 303);
    provider.moves("closed");
    let page = shown(browser().get(&link)).await.html;
    assert!(page.contains("You can try once more"), "{page}");
    stage.hears("SORRY").await;
    assert_eq!(settled(&stage, |payment| payment.claimed.is_none()).await.state, State::Failed);
    assert_eq!(taps(&link).await, 303);
    assert_eq!(provider.items().len(), 2);
    let paid = provider.moves("paid");
    assert_eq!(calls(&stage, &provider, &paid, false).await, 200);
    stage.hears("PAID").await;
    stage.end().await;
}

/// F85: a try that never reached the provider does not keep the next one from ending.
#[tokio::test(flavor = "multi_thread")]
async fn f85_a_try_that_never_arrived_keeps_nobody_from_hearing_of_the_end() {
    let (mut stage, link, provider) = linked_at("paystack").await;
    provider.dropped.store(1, Ordering::Relaxed);
    assert_eq!(taps(&link).await, 503);
    assert_eq!(taps(&link).await, 303);
    assert_eq!(provider.items().len(), 1);
    goes_on(&mut stage, 31 * MINUTE_MS).await;
    stage.hears("SORRY").await;
    settled(&stage, |payment| payment.state == State::Expired).await;
    stage.end().await;
}

/// F83, F85: the answer to the first prompt was lost, a second one was sent, and the first is paid.
#[tokio::test(flavor = "multi_thread")]
async fn f83_money_of_a_prompt_whose_answer_was_lost_counts_beside_another() {
    let (mut stage, link, provider) = linked_at("mpesa").await;
    provider.lost.store(1, Ordering::Relaxed);
    assert_eq!(taps(&link).await, 503);
    stage.is_ahead(3 * MINUTE_MS).await;
    assert_eq!(taps(&link).await, 303);
    assert_eq!(provider.items().len(), 2);
    let first = provider.moves_nth(0, "paid");
    assert_eq!(calls(&stage, &provider, &first, false).await, 200);
    stage.hears("PAID").await;
    let payment = settled(&stage, |payment| payment.state == State::Paid).await;
    assert_eq!((payment.paid_by, payment.references.as_slice()), (1, ["mpesa_1".into(), "mpesa_2".into()].as_slice()));
    stage.end().await;

    // Declined instead: the customer hears of it, though nobody can be asked about the first.
    let (mut stage, link, provider) = linked_at("mpesa").await;
    provider.dropped.store(1, Ordering::Relaxed);
    assert_eq!(taps(&link).await, 503);
    stage.is_ahead(3 * MINUTE_MS).await;
    assert_eq!(taps(&link).await, 303);
    let declined = provider.moves("failed");
    assert_eq!(calls(&stage, &provider, &declined, false).await, 200);
    stage.hears("SORRY").await;
    stage.end().await;
}

/// F85: a provider that never answers: people are told after a day, and so is the conversation.
#[tokio::test(flavor = "multi_thread")]
async fn f85_a_payment_that_nobody_answers_about_ends_for_the_customer_too() {
    let (mut stage, link) = linked("provider: demo").await;
    assert_eq!(taps(&link).await, 303);
    stage.demo("faults", &json!({ "look": 503 })).await;
    goes_on(&mut stage, 31 * MINUTE_MS).await;
    let waiting = settled(&stage, |payment| payment.unanswered > 0).await;
    assert_eq!((waiting.state, waiting.alarms.len()), (State::Open, 0));
    goes_on(&mut stage, 25 * 60 * MINUTE_MS).await;
    let over = settled(&stage, |payment| payment.alarms.contains(&Alarm::Unanswered)).await;
    assert_eq!(over.state, State::Expired, "its goods are let go");
    stage.end().await;
}

/// F85: the shop has changed its provider, and nobody can ask the one that has the payment.
#[tokio::test(flavor = "multi_thread")]
async fn f85_a_payment_at_a_provider_that_the_shop_has_no_more_is_for_people() {
    let (mut stage, link) = linked("provider: demo").await;
    assert_eq!(taps(&link).await, 303);
    let profile = stage.folder.path().join("boutique/shop.yaml");
    let text = std::fs::read_to_string(&profile).expect("a profile");
    let other = "provider: tap, secret_key: file:secret_key";
    std::fs::write(&profile, text.replace("provider: demo", other)).expect("a writable folder");
    stage.reload(|settings| settings).await;
    goes_on(&mut stage, MINUTE_MS).await;
    settled(&stage, |payment| payment.alarms == [Alarm::Unanswered]).await;
    goes_on(&mut stage, 31 * MINUTE_MS).await;
    stage.hears("SORRY").await;
    settled(&stage, |payment| payment.state == State::Expired).await;
    stage.end().await;
}

/// F89: the bank takes the money back, and names nothing but the money.
#[tokio::test(flavor = "multi_thread")]
async fn f89_a_dispute_reaches_its_payment_by_the_name_of_the_money() {
    let (mut stage, link, provider) = linked_at("stripe").await;
    assert_eq!(taps(&link).await, 303);
    let paid = provider.moves("paid");
    assert_eq!(calls(&stage, &provider, &paid, false).await, 200);
    stage.hears("PAID").await;
    assert_eq!(calls(&stage, &provider, &Item { status: "disputed", ..paid }, false).await, 200);
    let payment = settled(&stage, |payment| !payment.alarms.is_empty()).await;
    assert_eq!((payment.state, payment.alarms.as_slice()), (State::Paid, [Alarm::Disputed].as_slice()));
    stage.end().await;
}

/// F85: a shop that names its old provider loses nothing that was begun there.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_begun_with_an_old_provider_ends_there() {
    let (mut stage, link, provider) = linked_at("stripe").await;
    assert_eq!(taps(&link).await, 303);
    let profile = stage.folder.path().join("boutique/shop.yaml");
    let text = std::fs::read_to_string(&profile).expect("a profile");
    let from = text.find("payments: {").expect("it is paid");
    let own = text[from..].trim_end().trim_start_matches("payments: {").trim_end_matches('}');
    let both = format!("payments: {{ provider: tap, secret_key: file:secret_key, old: {{{own}}} }}\n");
    std::fs::write(&profile, text[..from].to_string() + &both).expect("a writable folder");
    stage.reload(|settings| settings).await;
    assert_eq!(taps(&link).await, 303, "it is still paid there");
    assert_eq!(provider.items().len(), 1);
    let paid = provider.moves("paid");
    assert_eq!(calls(&stage, &provider, &paid, true).await, 401);
    assert_eq!(calls(&stage, &provider, &paid, false).await, 200);
    stage.hears("PAID").await;
    stage.writes("part").await;
    stage.hears("GOES BACK KES 500").await;
    assert_eq!(provider.items()[0].back.len(), 1);
    // Nobody names it any more.
    std::fs::write(&profile, text[..from].to_string() + "payments: { provider: tap, secret_key: file:secret_key }\n")
        .expect("a writable folder");
    stage.reload(|settings| settings).await;
    assert_eq!(calls(&stage, &provider, &paid, false).await, 401);
    stage.end().await;
}

/// F89: the bank's word came before anybody knew its payment; taken again, it is not lost.
#[tokio::test(flavor = "multi_thread")]
async fn a_dispute_that_came_before_its_payment_is_known_is_brought_by_a_replay() {
    let (mut stage, link, provider) = linked_at("stripe").await;
    assert_eq!(taps(&link).await, 303);
    let paid = provider.moves("paid");
    assert_eq!(calls(&stage, &provider, &Item { status: "disputed", ..paid.clone() }, false).await, 200);
    let scope = stage.scope();
    let store = stage.running.server.host.store.clone();
    let list = store.read(scope).await.expect("a store").list_quarantine(scope, 0, 9).await.expect("a list");
    assert_eq!(list.len(), 1, "{list:?}");
    let operator = key(&stage, "operator", duka_runtime::api::Scope::Operate, None, i64::MAX).await;
    let replay = format!("/shops/boutique/quarantine/{}/replay", list[0].0);
    assert_eq!(ask(&stage, "POST", &replay, &operator).await.0, 409, "nobody knows it yet");
    assert_eq!(calls(&stage, &provider, &paid, false).await, 200);
    stage.hears("PAID").await;
    settled(&stage, |payment| payment.state == State::Paid && payment.claimed.is_none()).await;
    assert_eq!(ask(&stage, "POST", &replay, &operator).await.0, 200);
    assert_eq!(settled(&stage, |payment| !payment.alarms.is_empty()).await.alarms, [Alarm::Disputed]);
    stage.end().await;
}

/// A newer link comes while the provider is still asked to begin the older one.
#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_is_replaced_while_it_is_begun_leads_nowhere_and_its_money_counts() {
    let (mut stage, first, provider) = linked_at("stripe").await;
    // Begun there, and nobody here knows of it yet.
    provider.lost.store(1, Ordering::Relaxed);
    assert_eq!(taps(&first).await, 503);
    settled(&stage, |payment| payment.state == State::Beginning).await;
    stage.writes("another").await;
    let second = link_of(&stage.sees().await);
    settled(&stage, |payment| payment.state == State::Replaced).await;
    assert_eq!(shown(browser().post(&first)).await.place, first, "back to its own page");
    assert!(shown(browser().get(&first)).await.html.contains("This link has ended"));
    assert_eq!(taps(&second).await, 303);
    assert_eq!(provider.items().len(), 2);
    let late = provider.moves_nth(0, "paid");
    assert_eq!(calls(&stage, &provider, &late, false).await, 200);
    stage.hears("PAID").await;
    let paid = settled(&stage, |payment| payment.state == State::Paid).await;
    assert_eq!(paid.alarms, [Alarm::Late]);
    // Nobody pays twice.
    stage.writes("another").await;
    stage.hears("SORRY").await;
    stage.end().await;
}

/// F80: an order that is off can be paid by none of its tries.
#[tokio::test(flavor = "multi_thread")]
async fn every_try_of_an_order_that_is_off_is_closed_at_the_provider() {
    let (mut stage, link, provider) = linked_at("stripe").await;
    // Of the first try nobody knows; asked for with other words it is refused, and another is begun.
    provider.lost.store(1, Ordering::Relaxed);
    assert_eq!(taps(&link).await, 503);
    let profile = stage.folder.path().join("boutique/shop.yaml");
    let text = std::fs::read_to_string(&profile).expect("a profile");
    std::fs::write(&profile, text.replace("name: Corner", "name: Corner and Sons")).expect("a writable folder");
    stage.reload(|settings| settings).await;
    assert_eq!(taps(&link).await, 503);
    assert_eq!(taps(&link).await, 303);
    // A callback names it: nothing is paid.
    let first = provider.items()[0].clone();
    assert_eq!(calls(&stage, &provider, &first, false).await, 200);
    settled(&stage, |payment| payment.references.len() == 2 && payment.references.iter().all(|it| !it.is_empty()))
        .await;
    stage.writes("annul").await;
    stage.hears("CANCELLED").await;
    for _ in 0..400 {
        if provider.items().iter().all(|item| item.status == "closed") {
            return stage.end().await;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("not all are closed: {:?}", provider.items());
}
