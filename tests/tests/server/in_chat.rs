//! Money that is taken inside the chat by a gateway, in India: the bill that a line of a flow shows, WhatsApp's word of its payment,
//! and what it answers when it is asked. The word alone pays nothing.

use duka_runtime::payments::standing::{Alarm, State};
use serde_json::{Value as Json, json};

use crate::pay::{browser, link_of, shown as page};
use crate::provider::{SECRETS, StandIn};
use crate::providers::{calls, until};
use crate::stage::{CUSTOMER, NUMBER, Stage, corner_of, live};

const FLOW: &str = "\
duka 1
flow corner
  start begin
  languages en
  currency INR

remember
  order: order
  payment: payment

anywhere
  on payment.paid -> paid
  on payment.failed -> sorry
  on payment.expired -> sorry
  failed -> sorry
  lost -> begin
  quiet 23 hours -> end
  else: Please tap one of the choices. -> again

state begin
  call order = orders.one(\"991\")
  call payment = payments.link(order)
  say: Your order 991
  show order
  link pay: Pay now -> {payment.url}
  on payment.failed -> sorry
  on payment.expired -> sorry

state paid
  ask: PAID
  button done: Done -> end

state sorry
  ask: SORRY
  button done: Done -> end
";

async fn corner(chat: &str) -> Stage {
    corner_in(("IN", "INR", "Asia/Kolkata"), &format!("provider: demo{chat}"), FLOW).await
}

/// A corner shop of that country, currency and time zone.
async fn corner_in((country, currency, zone): (&str, &str, &str), payments: &str, flow: &str) -> Stage {
    let change = |shop: &std::path::Path| {
        let live = live(NUMBER, ", catalogue: \"194836000000001\", pay_in_chat: true");
        let profile = format!(
            "name: Corner\ncountry: {country}\ncurrency: {currency}\nlanguages: [en]\ntimezone: {zone}\n{live}\n\
             payments: {{ {payments} }}\n"
        );
        let fixture = "tests/tests/server/sends/fixtures/INR.yaml";
        corner_of(shop, &profile, flow, fixture);
        for (name, secret) in SECRETS {
            std::fs::write(shop.join(name), secret).expect("a writable folder");
        }
        if currency == "BRL" {
            let fixture = std::fs::read_to_string(shop.join("fixtures/zuri.yaml")).expect("a fixture");
            let fixture = fixture.replace("INR", currency).replace("status: shipped", "status: paid");
            std::fs::write(shop.join("fixtures/zuri.yaml"), fixture).expect("a writable folder");
        }
    };
    Stage::with_folder(change, |settings| settings).await
}

/// What the bill on the phone says of who takes the money.
async fn bill(stage: &mut Stage) -> Json {
    stage.writes("hi").await;
    let shown = stage.sees().await;
    assert_eq!(shown["type"], "order_details", "{shown}");
    shown["content"]["action"]["parameters"].clone()
}

/// WhatsApp tells of a bill's payment.
pub async fn told(stage: &Stage, name: &str, status: &str) -> u16 {
    let status = json!({
        "id": format!("wamid.{name}.{status}"), "recipient_id": CUSTOMER, "type": "payment", "status": status,
        "timestamp": (stage.running.server.host.clock.now_ms() / 1_000).to_string(),
        "payment": {
            "reference_id": name, "amount": { "value": 21_000, "offset": 100 }, "currency": "INR",
            "transaction": { "id": "order_X", "pg_transaction_id": "pay_Y", "type": "razorpay", "status": "success" },
        },
    });
    let value = json!({
        "messaging_product": "whatsapp", "metadata": { "display_phone_number": "15550001111", "phone_number_id": NUMBER },
        "statuses": [status],
    });
    let body = json!({ "object": "whatsapp_business_account", "entry": [{
        "id": "7", "changes": [{ "field": "messages", "value": value }],
    }] });
    stage.brings(&body.to_string()).await
}

/// The gateway's books: a bill stands so.
pub async fn stands(stage: &Stage, name: &str, status: &str, paise: i64) {
    let books = json!({ "status": status, "currency": "INR", "total_amount": { "value": paise, "offset": 100 } });
    let put = stage.http.put(format!("{}/payments/{name}", stage.control)).json(&books).send().await;
    assert!(put.expect("an answer").status().is_success());
}

/// What the gateway's books name of a bill's refunds.
async fn refunds(stage: &Stage, name: &str) -> Vec<String> {
    let graph = stage.control.trim_end_matches("/control");
    let asked = stage.http.get(format!("{graph}/v23.0/{NUMBER}/payments/razorpay-prod/{name}")).bearer_auth("a token");
    let told: Json = asked.send().await.expect("an answer").json().await.expect("JSON");
    let all = told["payments"][0]["refunds"].as_array().expect("a list");
    all.iter().map(|refund| refund["id"].as_str().expect("an id").to_string()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bill_is_paid_inside_the_chat_when_whatsapp_answers_so() {
    let mut stage = corner(", chat: razorpay, chat_configuration: razorpay-prod").await;
    let shown = bill(&mut stage).await;
    assert_eq!(shown["reference_id"], "991-1");
    assert_eq!(
        shown["payment_settings"],
        json!([{ "type": "payment_gateway", "payment_gateway": {
            "type": "razorpay", "configuration_name": "razorpay-prod",
            "razorpay": { "receipt": "991-1", "notes": { "order": "991" } },
        } }])
    );
    // True or not, the word alone pays nothing (F88).
    stands(&stage, "991-1", "pending", 21_000).await;
    assert_eq!(told(&stage, "991-1", "captured").await, 200);
    until(&stage, "991", |payment| payment.claimed.is_some() && payment.unanswered > 0).await;
    stands(&stage, "991-1", "captured", 2_100).await;
    assert_eq!(told(&stage, "991-1", "captured").await, 200);
    until(&stage, "991", |payment| payment.alarms.contains(&Alarm::Amount)).await;
    assert!(stage.sees_nothing().await, "a tenth is not what was quoted");
    stands(&stage, "991-1", "captured", 21_000).await;
    for _ in 0..2 {
        assert_eq!(told(&stage, "991-1", "captured").await, 200);
    }
    stage.hears("PAID").await;
    until(&stage, "991", |payment| payment.state == State::Paid).await;
    assert!(stage.sees_nothing().await, "told once");
    // Of a bill that nobody has: kept for a person.
    assert_eq!(told(&stage, "992-1", "captured").await, 200);
    let scope = stage.scope();
    let store = &stage.running.server.host.store;
    let kept = store.read(scope).await.expect("a store").list_quarantine(scope, 0, 9).await.expect("a list");
    assert_eq!(kept.iter().map(|(_, row)| row.reason.as_str()).collect::<Vec<_>>(), ["payment"]);
    stage.end().await;
}

/// What has failed inside the chat can still be paid by the link: there was no page yet, so one is begun.
#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_failed_inside_the_chat_goes_on_by_its_link() {
    let mut stage = corner(", chat: razorpay, chat_configuration: razorpay-prod").await;
    bill(&mut stage).await;
    stands(&stage, "991-1", "failed", 21_000).await;
    assert_eq!(told(&stage, "991-1", "failed").await, 200);
    stage.hears("SORRY").await;
    let failed = until(&stage, "991", |payment| payment.state == State::Failed).await;
    let link = stage.running.server.cashier.url(&failed);
    let begun = page(browser().post(&link)).await;
    assert_eq!(begun.status, 303, "{}", begun.html);
    assert!(begun.place.contains("/demo-pay/pay/"), "somewhere to pay: {:?}", begun.place);
    page(browser().post(&begun.place).body("do=pay")).await;
    stage.hears("PAID").await;
    let paid = until(&stage, "991", |payment| payment.state == State::Paid).await;
    assert_eq!((paid.paid_by, paid.references.len()), (2, 2));
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn other_gateways_are_named_as_whatsapp_wants_and_without_one_the_link_leads_out() {
    for (chat, expected) in [
        (
            ", chat: payu, chat_configuration: payu-prod",
            json!([{ "type": "payment_gateway", "payment_gateway": {
                "type": "payu", "configuration_name": "payu-prod", "payu": { "udf1": "991" },
            } }]),
        ),
        (", chat: upi, chat_configuration: upi-prod", Json::Null),
    ] {
        let mut stage = corner(chat).await;
        let shown = bill(&mut stage).await;
        assert_eq!(shown["payment_settings"], expected);
        if expected.is_null() {
            assert_eq!((&shown["payment_type"], &shown["payment_configuration"]), (&json!("upi"), &json!("upi-prod")));
        }
        stage.end().await;
    }
    let mut stage = corner("").await;
    let shown = bill(&mut stage).await;
    assert_eq!(shown["payment_settings"][0]["type"], "payment_link");
    stage.end().await;
}

/// The same in Brazil: what is paid is shown on the order's page, which the vendor is told of by us alone.
fn brazil() -> String {
    let flow = FLOW.replace("currency INR", "currency BRL");
    flow.replace(
        "state paid\n  ask: PAID\n",
        "state paid\n  call order = orders.one(\"991\")\n  say: PAID\n  show order\n  ask: ALL\n",
    )
}

pub const BRAZIL: (&str, &str, &str) = ("BR", "BRL", "America/Sao_Paulo");

pub fn pix(place: &str) -> String {
    format!(
        "provider: stripe, url: \"{place}\", secret_key: file:secret_key, webhook_secret: file:webhook_secret, chat: pix, \
         pix_account: \"39580525000189\", pix_account_type: CNPJ, pix_name: Corner Ltda"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bill_in_brazil_is_paid_by_a_pix_code_when_the_provider_answers_so() {
    let (provider, place) = StandIn::start("stripe").await;
    let mut stage = corner_in(BRAZIL, &pix(&place), &brazil()).await;
    let shown = bill(&mut stage).await;
    assert_eq!((&shown["payment_type"], &shown["currency"]), (&json!("br"), &json!("BRL")));
    assert_eq!(
        shown["payment_settings"],
        json!([{ "type": "pix_dynamic_code", "pix_dynamic_code": {
            "code": "00020101021226stripe_16304ABCD", "merchant_name": "Corner Ltda", "key": "39580525000189", "key_type": "CNPJ",
        } }])
    );
    assert_eq!(provider.items().len(), 1, "one code");
    // WhatsApp's word of it is nobody's word here, a forged callback none, and one that is true only when the provider says so.
    let open = provider.items().remove(0);
    assert_eq!(calls(&stage, &provider, &open, true).await, 401);
    let early = crate::provider::Item { status: "paid", ..open };
    assert_eq!(calls(&stage, &provider, &early, false).await, 200);
    until(&stage, "991", |payment| payment.claimed.is_some() && payment.unanswered > 0).await;
    assert!(stage.sees_nothing().await);
    let paid = provider.moves("paid");
    for _ in 0..2 {
        assert_eq!(calls(&stage, &provider, &paid, false).await, 200);
    }
    let told = stage.sees().await;
    assert!(told.to_string().contains("PAID"), "{told}");
    let told = &told["content"]["action"]["parameters"];
    assert_eq!((&told["reference_id"], &told["payment"]["status"]), (&json!("991-1"), &json!("captured")), "{told}");
    until(&stage, "991", |payment| payment.state == State::Paid).await;
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pix_code_that_is_not_made_leaves_the_link_and_one_that_is_over_is_followed_by_a_page() {
    let (provider, place) = StandIn::start("stripe").await;
    provider.lost.store(1, std::sync::atomic::Ordering::Relaxed);
    let mut stage = corner_in(BRAZIL, &pix(&place), &brazil()).await;
    let shown = bill(&mut stage).await;
    assert_eq!(shown["payment_settings"][0]["type"], "payment_link", "{shown}");
    assert_eq!(page(browser().post(link_of(&shown))).await.status, 303);
    stage.end().await;

    let (provider, place) = StandIn::start("stripe").await;
    let mut stage = corner_in(BRAZIL, &pix(&place), &brazil()).await;
    let shown = bill(&mut stage).await;
    assert_eq!(shown["payment_settings"][0]["type"], "pix_dynamic_code", "{shown}");
    let failed = provider.moves("failed");
    assert_eq!(calls(&stage, &provider, &failed, false).await, 200);
    stage.running.server.cashier.round().await.expect("a store");
    assert_eq!(provider.items().len(), 1);
    stage.end().await;

    let mut stage =
        corner_in(BRAZIL, "provider: demo, chat: pix, pix_account: a, pix_account_type: EVP", &brazil()).await;
    let shown = bill(&mut stage).await;
    assert_eq!(shown["payment_settings"][0]["type"], "payment_link", "the demo makes no codes: {shown}");
    stage.end().await;
}

/// A shop whose customers can ask for their money.
async fn giving_back() -> Stage {
    let words = FLOW.replace(
        "anywhere\n",
        "words\n  rest: rest\n\nanywhere\n  hears rest -> rest\n  on payment.refunded -> returned\n",
    );
    let states = "\nstate rest\n  call order = orders.one(\"991\")\n  call payment = payments.refund(order) else -> sorry\n  \
                  ask: GOES BACK {payment.amount}\n  button done: Done -> end\n\n\
                  state returned\n  ask: ALL IS BACK\n  button done: Done -> end\n";
    let payments = "provider: demo, chat: razorpay, chat_configuration: razorpay-prod";
    corner_in(("IN", "INR", "Asia/Kolkata"), payments, &format!("{words}{states}")).await
}

/// The same, and a customer has paid.
async fn to_give_back() -> Stage {
    let mut stage = giving_back().await;
    bill(&mut stage).await;
    stands(&stage, "991-1", "captured", 21_000).await;
    assert_eq!(told(&stage, "991-1", "captured").await, 200);
    stage.hears("PAID").await;
    stage
}

/// WhatsApp takes no key of ours: a refund whose answer was lost is looked for in the gateway's books, and never sent a second time.
#[tokio::test(flavor = "multi_thread")]
async fn a_refund_inside_the_chat_whose_answer_was_lost_is_found_and_sent_once() {
    let mut stage = to_give_back().await;
    let books = json!({
        "status": "captured", "currency": "INR", "total_amount": { "value": 21_000, "offset": 100 },
        "refunds": [], "loses_answers": true,
    });
    let put = stage.http.put(format!("{}/payments/991-1", stage.control)).json(&books).send().await;
    assert!(put.expect("an answer").status().is_success());
    stage.writes("rest").await;
    stage.hears("GOES BACK INR 210").await;
    let payment = until(&stage, "991", |payment| payment.refunds.iter().any(|it| !it.name.is_empty())).await;
    let names: Vec<&str> = payment.refunds.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["refund-1"], "it is found");
    assert_eq!(refunds(&stage, "991-1").await, ["refund-1"], "it was sent once");
    assert_eq!((payment.state, payment.refunded_minor), (State::Paid, 0), "on its way");
    stage.end().await;
}

/// What the merchant has given back in the gateway's dashboard is none of ours, though it is as much.
#[tokio::test(flavor = "multi_thread")]
async fn a_refund_inside_the_chat_that_never_arrived_is_not_taken_for_somebody_elses() {
    let mut stage = to_give_back().await;
    let books = json!({
        "status": "captured", "currency": "INR", "total_amount": { "value": 21_000, "offset": 100 },
        "refunds": [{ "id": "by-hand", "status": "success", "amount": { "value": 10_500, "offset": 100 } }],
        "loses_requests": true,
    });
    let put = stage.http.put(format!("{}/payments/991-1", stage.control)).json(&books).send().await;
    assert!(put.expect("an answer").status().is_success());
    assert_eq!(told(&stage, "991-1", "captured").await, 200);
    until(&stage, "991", |payment| payment.by_hand_minor == 10_500).await;
    stage.writes("rest").await;
    until(&stage, "991", |payment| !payment.sent.is_empty()).await;
    stage.is_ahead(60_000).await;
    stage.hears("SORRY").await;
    let payment = until(&stage, "991", |payment| !payment.sent.is_empty()).await;
    assert!(payment.refunds.iter().any(|it| payment.is_unknown(it)), "{payment:?}");
    assert_eq!(refunds(&stage, "991-1").await, ["by-hand"]);
    stage.end().await;
}

/// What was paid by the gateway inside the chat is given back by it, once for a command, and is back when WhatsApp answers so.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_paid_inside_the_chat_goes_back_by_the_gateway() {
    let mut stage = to_give_back().await;
    stage.writes("rest").await;
    stage.hears("GOES BACK INR 210").await;
    let payment = until(&stage, "991", |payment| payment.refunds.iter().any(|it| it.name == "refund-1")).await;
    assert_eq!((payment.state, payment.refunded_minor), (State::Paid, 0), "on its way");
    let back = |status: &str| {
        json!({
            "status": "captured", "currency": "INR", "total_amount": { "value": 21_000, "offset": 100 },
            "refunds": [{ "id": "refund-1", "status": status, "amount": { "value": 21_000, "offset": 100 } }],
        })
    };
    for (status, all) in [("pending", false), ("success", true)] {
        let put = stage.http.put(format!("{}/payments/991-1", stage.control)).json(&back(status)).send().await;
        assert!(put.expect("an answer").status().is_success());
        assert_eq!(told(&stage, "991-1", "captured").await, 200);
        if all {
            stage.hears("ALL IS BACK").await;
        } else {
            assert!(stage.sees_nothing().await);
        }
    }
    until(&stage, "991", |payment| payment.state == State::Refunded).await;
    stage.writes("rest").await;
    stage.hears("SORRY").await;
    stage.end().await;
}
