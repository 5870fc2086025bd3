//! Money that is taken inside the chat by a gateway, in India: the bill that a line of a flow shows, WhatsApp's word of its payment,
//! and what it answers when it is asked. The word alone pays nothing.

use duka_runtime::payments::standing::{Alarm, State};
use serde_json::{Value as Json, json};

use crate::providers::until;
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
    let change = |shop: &std::path::Path| {
        let live = live(NUMBER, ", catalogue: \"194836000000001\", pay_in_chat: true");
        let profile = format!(
            "name: Corner\ncountry: IN\ncurrency: INR\nlanguages: [en]\ntimezone: Asia/Kolkata\n{live}\n\
             payments: {{ provider: demo{chat} }}\n"
        );
        corner_of(shop, &profile, FLOW, "tests/tests/server/sends/fixtures/INR.yaml");
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
async fn told(stage: &Stage, name: &str, status: &str) -> u16 {
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
async fn stands(stage: &Stage, name: &str, status: &str, paise: i64) {
    let books = json!({ "status": status, "currency": "INR", "total_amount": { "value": paise, "offset": 100 } });
    let put = stage.http.put(format!("{}/payments/{name}", stage.control)).json(&books).send().await;
    assert!(put.expect("an answer").status().is_success());
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
