//! Shops at Shopify and WooCommerce, from the bag to the receipt through the real server: what is paid there raises `payment.paid`
//! in the chat, and webhooks that the shop has switched off are seen, told of, and their gap closed. The shops are stand-ins, built
//! from the vendors' documentation.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use duka_runtime::host::notices::Notice;
use duka_runtime::id::ElementKey;
use duka_runtime::payments::standing::{Alarm, State};
use duka_runtime::server::reconcile::{self, Gap, Gaps};
use duka_runtime::server::webhooks_off;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value as Json, json};
use sha2::Sha256;

use crate::providers::until;
use crate::stage::{NUMBER, Stage, corner_of, live, noticed};
use crate::vendor::Vendor;
use crate::{shopify, woocommerce};

const SECRET: &str = "what the shop signs with";

const FLOW: &str = "\
duka 1
flow corner
  start begin

remember
  product: product
  order: order
  payment: payment

words
  another: another
  loosen: loosen
  bye: bye

anywhere
  hears bye -> end
  on payment.paid -> paid
  on payment.failed -> sorry
  on payment.expired -> sorry
  failed -> sorry
  lost -> begin
  quiet 23 hours -> end
  else: Please tap one of the choices. -> again

state begin
  call product = catalog.product(\"THING\")
  call cart = cart.add(product, 1)
  call order = orders.quote(cart)
  call order = orders.hold(order)
  call payment = payments.link(order)
  say: Your order {order.number}
  link pay: Pay -> {payment.url}
  hears another -> another
  hears loosen -> loosened
  on payment.failed -> sorry
  on payment.expired -> sorry

state another
  call payment = payments.link(order)
  say: Once more {order.number}
  link pay: Pay -> {payment.url}
  hears another -> another
  on payment.failed -> sorry
  on payment.expired -> sorry

state loosened
  do orders.release(order)
  ask: LET GO
  button done: Done -> end
  on payment.paid -> late

state late
  ask: PAID LATE
  button done: Done -> end
  hears another -> another

state paid
  ask: PAID
  button done: Done -> end

state sorry
  ask: SORRY
  button done: Done -> end

follow order
  on payment.paid
    call order = orders.confirm(order, payment)
    send order_paid
  on order.shipped
    send order_shipped
  failed
    alert: Order {order.number} was not saved.

template order_paid utility
  body: Order {order.number} is paid: {order.total}. Thank you!
  sample order.number = A-1
  sample order.total = KES 25

template order_shipped utility
  body: Order {order.number} is on its way. Thank you!
  sample order.number = A-1
";

/// A corner shop at this vendor, and its customer with a pay link.
async fn at(kind: &str, more: &str, thing: &str, place: &str) -> (Stage, String) {
    let secrets = "storefront: \"file:sf\", admin: \"file:admin\", webhook: \"file:mark\"";
    let secrets =
        if kind == "shopify" { secrets } else { "key: \"file:key\", secret: \"file:secret\", webhook: \"file:mark\"" };
    let change = |shop: &std::path::Path| {
        let live = live(NUMBER, "");
        let profile = format!(
            "name: Corner\ncountry: KE\ncurrency: KES\nlanguages: [en]\ntimezone: Africa/Nairobi\n{live}\n\
             adapters: {{ catalog: {{ kind: {kind}, base: \"{place}\", {secrets} }}, orders: {kind}{more} }}\n"
        );
        corner_of(shop, &profile, &FLOW.replace("THING", thing), "flows/std/fixtures/standard.yaml");
        for (name, secret) in
            [("sf", "sf_test"), ("admin", "shpat_test"), ("mark", SECRET), ("key", "ck_test"), ("secret", "cs_test")]
        {
            std::fs::write(shop.join(name), secret).expect("a writable folder");
        }
    };
    let mut stage = Stage::with_folder(change, |settings| settings).await;
    stage.writes("hi").await;
    let shown = stage.sees().await.to_string();
    let number = shown.split("Your order ").nth(1).unwrap_or_else(|| panic!("no order in {shown}"));
    let end = |letter: char| !letter.is_ascii_alphanumeric() && letter != '-';
    let number = number.split(end).next().expect("a number").to_string();
    (stage, number)
}

async fn tells(stage: &Stage, header: &str, body: &Json, secret: &str) -> u16 {
    let mac: Hmac<Sha256> = Hmac::new_from_slice(secret.as_bytes()).expect("any key");
    let mark = STANDARD.encode(mac.chain_update(body.to_string()).finalize().into_bytes());
    let request = stage.http.post(format!("{}/webhooks/boutique/orders", stage.base)).body(body.to_string());
    request.header(header, mark).send().await.expect("an answer").status().as_u16()
}

const SHOPIFY: &str = "x-shopify-hmac-sha256";

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_is_paid_at_shopify_is_paid_in_the_chat_once() {
    let (vendor, mut stage, number) = at_shopify().await;
    let news = json!({ "id": 7, "note_attributes": [{ "name": "duka_order", "value": number }] });
    // Nobody has paid: its body alone, signed or not, pays nothing.
    assert_eq!(tells(&stage, SHOPIFY, &news, "a guess").await, 401);
    let early = json!({ "id": 6, "note_attributes": news["note_attributes"] });
    assert_eq!(tells(&stage, SHOPIFY, &early, SECRET).await, 200, "an order that is not there is for a person");
    assert!(stage.sees_nothing().await);
    shopify::pays(&vendor, &number);
    // Others have bought more than two pages of things since then.
    let one = vendor.world().orders.values().next().cloned().expect("an order");
    for other in 0..230 {
        let mut theirs = one.clone();
        theirs["customAttributes"] = json!([]);
        vendor.world().orders.insert(format!("gid://shopify/Order/9{other:03}"), theirs);
    }
    for _ in 0..2 {
        assert_eq!(tells(&stage, SHOPIFY, &news, SECRET).await, 200);
    }
    stage.hears_all(&["is paid: KES 25", "PAID"]).await;
    assert!(stage.sees_nothing().await, "told once");
    // It leaves the shop; the same order, further on.
    let id = vendor.world().orders.iter().find(|(_, it)| it["customAttributes"] != json!([])).expect("it").0.clone();
    vendor.world().orders.get_mut(&id).expect("it")["displayFulfillmentStatus"] = json!("FULFILLED");
    let mut news = news;
    news["fulfillment_status"] = json!("fulfilled");
    assert_eq!(tells(&stage, SHOPIFY, &news, SECRET).await, 200);
    stage.hears_all(&["is on its way"]).await;
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_has_one_page_at_shopify_and_less_than_was_agreed_is_for_people() {
    let (vendor, mut stage, number) = at_shopify().await;
    let mut notices = stage.running.server.host.notices.listen();
    let carts = vendor.world().carts.len();
    for _ in 0..2 {
        stage.writes("another").await;
        stage.hears("Once more").await;
    }
    assert_eq!(vendor.world().carts.len(), carts, "the same page");
    // Shopify's page shows today's price, and takes it.
    vendor.sells(11, "20.00", Some(3));
    shopify::pays(&vendor, &number);
    let news = json!({ "id": 7, "note_attributes": [{ "name": "duka_order", "value": number }] });
    assert_eq!(tells(&stage, SHOPIFY, &news, SECRET).await, 200);
    stage.hears_all(&["is paid: KES 20", "PAID"]).await;
    assert_eq!(noticed(&mut notices, "payment").await, [Notice::Payment { alarm: "amount", order: number.into() }]);
    assert_eq!(vendor.world().carts.len(), carts);
    stage.end().await;
}

/// An order whose money Shopify takes on its page.
async fn at_shopify() -> (Vendor, Stage, String) {
    let vendor = Vendor::of("KES");
    let place = vendor.start(shopify::routes()).await;
    let (stage, number) = at("shopify", ", payments: shopify", "gid://shopify/ProductVariant/11", &place).await;
    (vendor, stage, number)
}

/// The news of the one order that the shop has then, which is changed before.
async fn told_of(stage: &Stage, vendor: &Vendor, number: &str, at: u8, change: impl FnOnce(&mut Json)) {
    vendor.world().orders.values_mut().next().map(change).expect("an order");
    let news = json!({ "id": at, "note_attributes": [{ "name": "duka_order", "value": number }] });
    assert_eq!(tells(stage, SHOPIFY, &news, SECRET).await, 200);
}

/// Cash on delivery and transfers, which Shopify's page lets customers choose: what is packed and sent has no money yet.
#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_is_sent_before_it_is_paid_at_shopify_is_not_said_to_be_paid() {
    let (vendor, mut stage, number) = at_shopify().await;
    shopify::pays(&vendor, &number);
    told_of(&stage, &vendor, &number, 7, |order| {
        order["displayFinancialStatus"] = json!("PENDING");
        order["displayFulfillmentStatus"] = json!("PARTIALLY_FULFILLED");
    })
    .await;
    assert!(stage.sees_nothing().await, "packed is not paid");
    told_of(&stage, &vendor, &number, 8, |order| order["displayFulfillmentStatus"] = json!("FULFILLED")).await;
    stage.hears_all(&["is on its way"]).await;
    assert!(stage.sees_nothing().await, "sent is not paid");
    // The courier has brought the money.
    told_of(&stage, &vendor, &number, 9, |order| order["displayFinancialStatus"] = json!("PAID")).await;
    stage.hears_all(&["is paid: KES 25", "PAID"]).await;
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn money_for_an_order_that_was_sent_before_is_found_where_its_webhook_is_lost() {
    let (vendor, mut stage, number) = at_shopify().await;
    shopify::pays(&vendor, &number);
    told_of(&stage, &vendor, &number, 7, |order| {
        order["displayFinancialStatus"] = json!("PENDING");
        order["displayFulfillmentStatus"] = json!("FULFILLED");
    })
    .await;
    stage.hears_all(&["is on its way"]).await;
    let server = Arc::clone(&stage.running.server);
    let shop = server.registry.shops.shop(stage.scope()).expect("a shop");
    let look = async || reconcile::once(&server, &shop).await.expect("a store");
    let nothing = Gaps { asked: 1, ..Gaps::default() };
    assert_eq!(look().await, nothing, "nobody has paid yet");
    vendor.world().orders.values_mut().for_each(|order| order["displayFinancialStatus"] = json!("PAID"));
    let gap = Gap { order: number, status: "paid".to_string() };
    assert_eq!(look().await, Gaps { gaps: vec![gap], ..nothing.clone() });
    stage.hears_all(&["is paid: KES 25", "PAID"]).await;
    assert_eq!(look().await, nothing, "what is known is not brought again");
    assert!(stage.sees_nothing().await, "told once");
    stage.end().await;
}

/// F86 on the shop's own page: an order that was cancelled unpaid is not paid, and one that was is for people.
#[tokio::test(flavor = "multi_thread")]
async fn f86_an_order_that_the_shop_cancelled_unpaid_is_not_paid() {
    let (vendor, stage, number) = at_shopify().await;
    shopify::pays(&vendor, &number);
    told_of(&stage, &vendor, &number, 7, |order| {
        order["cancelledAt"] = json!("2026-11-21T09:00:00Z");
        order["displayFinancialStatus"] = json!("PENDING");
    })
    .await;
    until(&stage, &number, |payment| payment.state == State::Cancelled).await;
    assert!(stage.sees_nothing().await, "nobody hears that it is paid");
    for at in [8, 9] {
        told_of(&stage, &vendor, &number, at, |order| {
            order["cancelledAt"] = Json::Null;
            order["displayFinancialStatus"] = json!("PAID");
        })
        .await;
    }
    let payment = until(&stage, &number, |payment| payment.state == State::Unwanted).await;
    assert_eq!(payment.alarms, [Alarm::Cancelled]);
    assert!(stage.sees_nothing().await, "a cancelled order stays cancelled");
    stage.end().await;
}

/// F86: the page of an order whose goods were let go can still be paid at the shop.
#[tokio::test(flavor = "multi_thread")]
async fn f86_money_on_a_page_of_the_shops_own_that_has_ended_here_is_not_lost() {
    let (vendor, mut stage, number) = at_shopify().await;
    let carts = vendor.world().carts.len();
    stage.writes("loosen").await;
    stage.hears("LET GO").await;
    until(&stage, &number, |payment| payment.state == State::Replaced).await;
    shopify::pays(&vendor, &number);
    told_of(&stage, &vendor, &number, 7, |_| {}).await;
    stage.hears_all(&["is paid: KES 25", "PAID LATE"]).await;
    let payment = until(&stage, &number, |payment| payment.state == State::Paid).await;
    assert_eq!(payment.alarms, [Alarm::Late]);
    stage.writes("another").await;
    stage.hears("SORRY").await;
    assert_eq!(vendor.world().carts.len(), carts, "there is no second page");
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_orders_of_one_checkout_are_told_of_once_and_named_when_orders_are_compared() {
    let (vendor, mut stage, number) = at_shopify().await;
    let mut notices = stage.running.server.host.notices.listen();
    shopify::pays(&vendor, &number);
    let mut twin = vendor.world().orders.values().next().cloned().expect("an order");
    twin["id"] = json!("gid://shopify/Order/2");
    vendor.world().orders.insert("gid://shopify/Order/2".to_string(), twin);
    let news = json!({ "id": 7, "note_attributes": [{ "name": "duka_order", "value": number }] });
    assert_eq!(tells(&stage, SHOPIFY, &news, SECRET).await, 200);
    stage.hears_all(&["is paid: KES 25", "PAID"]).await;
    let server = &stage.running.server;
    let shop = server.registry.shops.shop(stage.scope()).expect("a shop");
    let found = reconcile::once(server, &shop).await.expect("a store");
    assert_eq!(found, Gaps { asked: 1, twice: vec![number.clone()], ..Gaps::default() });
    let told = noticed(&mut notices, "several_orders").await;
    assert_eq!(told, [Notice::SeveralOrders { order: number.as_str().into() }], "once");
    let scope = stage.scope();
    let kept =
        server.host.store.read(scope).await.expect("a store").list_quarantine(scope, 0, 9).await.expect("a list");
    let kept: Vec<String> = kept.into_iter().map(|(_, row)| format!("{}: {}", row.reason, row.detail)).collect();
    assert_eq!(kept, [format!("several orders: orders: {number}")]);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn webhooks_that_a_shop_has_switched_off_are_an_alarm_and_their_gap_is_closed() {
    let vendor = Vendor::of("KES");
    let place = vendor.start(woocommerce::routes()).await;
    let (mut stage, number) = at("woocommerce", ", payments: demo", "11", &place).await;
    let mut notices = stage.running.server.host.notices.listen();
    let hooks = |status: &str| {
        let own = |topic: &str, status: &str| json!({ "id": 1, "status": status, "topic": topic, "delivery_url": "https://chat.example/webhooks/boutique/orders/" });
        let another = json!({ "id": 3, "status": "disabled", "topic": "order.updated", "delivery_url": "https://erp.example/in" });
        vendor.world().webhooks = vec![own("order.updated", status), own("product.updated", "active"), another];
    };
    let look = async |stage: &Stage| webhooks_off::once(&stage.running.server).await.expect("a store");
    hooks("active");
    assert_eq!(look(&stage).await, 0);
    assert!(stage.sees_nothing().await);

    // After five failures it calls nobody any more; then the order leaves.
    hooks("disabled");
    vendor.world().orders.get_mut(&number).expect("the order")["status"] = json!("completed");
    for _ in 0..2 {
        assert_eq!(look(&stage).await, 1);
    }
    stage.hears("is on its way").await;
    assert!(stage.sees_nothing().await, "told once");
    let told = noticed(&mut notices, "webhooks_off").await;
    assert_eq!(told, [Notice::WebhooksOff { contract: "orders".into(), topics: "order.updated".into() }], "once");
    // Mended; then taken away.
    hooks("active");
    assert_eq!(look(&stage).await, 0);
    vendor.world().webhooks.remove(0);
    assert_eq!(look(&stage).await, 1);
    assert_eq!(noticed(&mut notices, "webhooks_off").await.len(), 1);
    // On purpose, it seems.
    stage.is_ahead(8 * 86_400_000).await;
    assert_eq!(look(&stage).await, 0);
    // A shop's system that does not say is no alarm.
    vendor.fails(crate::vendor::Fault::Answers("GET /webhooks", 500, "{}"));
    assert_eq!(look(&stage).await, 0);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_moves_and_its_payment_are_one_commit() {
    let (vendor, mut stage, number) = at_shopify().await;
    shopify::pays(&vendor, &number);
    let key = hex::encode_upper(ElementKey::named("paid", &format!("orders {number}")).0);
    let on_sqlite = format!(
        "CREATE TRIGGER refuses BEFORE INSERT ON seen WHEN hex(NEW.key) = '{key}'
         BEGIN SELECT RAISE(ABORT, 'refused, as told'); END"
    );
    let on_postgres = format!(
        "CREATE FUNCTION refuses() RETURNS trigger LANGUAGE plpgsql AS
             $$ BEGIN RAISE EXCEPTION 'refused, as told'; END $$;
         CREATE TRIGGER refuses BEFORE INSERT ON seen FOR EACH ROW
             WHEN (upper(encode(NEW.key, 'hex')) = '{key}') EXECUTE FUNCTION refuses()"
    );
    stage.is_done_to_the_database(&on_sqlite, &on_postgres).await;
    let news = json!({ "id": 7, "note_attributes": [{ "name": "duka_order", "value": number }] });
    assert_eq!(tells(&stage, SHOPIFY, &news, SECRET).await, 503, "to be told again");
    assert!(stage.sees_nothing().await, "the order has not moved without its payment");
    stage.is_done_to_the_database("DROP TRIGGER refuses", "DROP TRIGGER refuses ON seen").await;
    assert_eq!(tells(&stage, SHOPIFY, &news, SECRET).await, 200);
    stage.hears_all(&["is paid: KES 25", "PAID"]).await;
    assert!(stage.sees_nothing().await, "told once");
    stage.end().await;
}
