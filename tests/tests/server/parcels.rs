//! Parcels on the road: what a tracking service and a courier tell reaches the customer as news of the order, once, forward,
//! and only when it is true of all of its parcels. The carriers are played by their documentation.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use duka_tests::tree::root;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value as Json, json};
use sha2::Sha256;

use crate::api::{ask, key};
use crate::backend::{API_KEY, Merchant};
use crate::merchant::{CART, boutique_in, plays, secret};
use crate::stage::Stage;
use duka_runtime::api::Scope;

const SECRET: &str = "what the tracking service signs with";
const TOKEN: &str = "what the courier sends along";

/// Which parcels an order has, by the merchant's own system.
const PARCELS: &str = "base: PLACE
auth: { bearer: \"env:ZURI_API_KEY\" }
records:
  parcel:
    carrier: $.carrier
    number: $.awb
    status: { path: $.status, as: enum, map: { \"1\": label_created, \"6\": picked_up, \"17\": out_for_delivery, \"7\": delivered } }
operations:
  parcels.of_order: { request: { path: \"/orders/{text}/parcels\" } }
";

pub fn carrier(name: &str) -> String {
    std::fs::read_to_string(root().join(format!("examples/carriers/{name}.rest.yaml"))).expect("a mapping")
}

/// A tracking service that signs.
fn aftership() -> [(&'static str, &'static str, String); 2] {
    let mapping = carrier("aftership").replace("env:AFTERSHIP_WEBHOOK_SECRET", "file:aftership.secret");
    let secret = ("# a secret", "aftership.secret", SECRET.to_string());
    [("aftership: carrier", "aftership.rest.yaml", mapping), secret]
}

/// The merchant's own list of parcels.
fn listed() -> (&'static str, &'static str, String) {
    ("parcels: rest", "parcels.rest.yaml", PARCELS.to_string())
}

async fn posts(stage: &Stage, carrier: &str, header: (&str, String), body: &Json) -> u16 {
    let request = stage.http.post(format!("{}/webhooks/boutique/{carrier}", stage.base)).body(body.to_string());
    request.header(header.0, header.1).send().await.expect("an answer").status().as_u16()
}

/// AfterShip's body, as its documentation shows it.
fn tracking(event: &str, number: &str, tag: &str, order: &str) -> Json {
    json!({
        "event": "tracking_update", "event_id": event, "is_tracking_first_tag": true, "ts": 1_795_000_000,
        "msg": {
            "id": "6f1", "tracking_number": number, "slug": "aramex", "tag": tag, "subtag": format!("{tag}_001"),
            "order_id": order, "checkpoints": [{ "location": "Nairobi", "tag": tag }],
        },
    })
}

async fn aftership_tells(stage: &Stage, secret: &str, body: &Json) -> u16 {
    let mac: Hmac<Sha256> = Hmac::new_from_slice(secret.as_bytes()).expect("any key");
    let mark = STANDARD.encode(mac.chain_update(body.to_string()).finalize().into_bytes());
    posts(stage, "aftership", ("aftership-hmac-sha256", mark), body).await
}

/// The same, signed as it should be, and taken.
async fn aftership_is_heard(stage: &Stage, body: &Json) {
    assert_eq!(aftership_tells(stage, SECRET, body).await, 200, "{body}");
}

/// A courier who is asked, and the merchant's own list of parcels.
fn courier() -> [(&'static str, &'static str, String); 3] {
    let mapping = carrier("shiprocket")
        .replace("env:SHIPROCKET_EMAIL", "env:ZURI_API_KEY")
        .replace("env:SHIPROCKET_PASSWORD", "env:ZURI_API_KEY")
        .replace("env:SHIPROCKET_WEBHOOK_TOKEN", "file:courier.secret");
    [("courier: carrier", "courier.rest.yaml", mapping), listed(), ("# a secret", "courier.secret", TOKEN.to_string())]
}

async fn courier_tells(stage: &Stage, token: &str, body: &Json) -> u16 {
    posts(stage, "courier", ("x-api-key", token.to_string()), body).await
}

pub async fn kept(stage: &Stage) -> Vec<String> {
    let scope = stage.scope();
    let store = &stage.running.server.host.store;
    let rows = store.read(scope).await.expect("a store").list_quarantine(scope, 0, 50).await.expect("a list");
    rows.iter().map(|(_, row)| format!("{}: {}", row.reason, row.detail)).collect()
}

/// The boutique's flow, which says on which day an order comes: an adapter's line, file and text.
pub fn with_the_day() -> (&'static str, &'static str, String) {
    let flow = std::fs::read_to_string(root().join("examples/boutique/boutique.duka")).expect("a flow");
    let flow = flow.replacen(
        "  on order.delivered\n",
        "  on order.out_for_delivery\n    send order_near\n  on order.delivered\n",
        1,
    );
    let template = "template order_near utility\n  body: Order {order.number} will be with you today.\n  \
                    sample order.number = Z-1042\n  button track: Track my order <-> std.tracking\n";
    ("# says the day", "boutique.duka", format!("{flow}\n{template}"))
}

/// Both clocks so far ahead that it is this hour in Nairobi, of this day or the next ones; the customer writes.
pub async fn at_hour(stage: &mut Stage, hour: i64) -> i64 {
    let now_ms = i64::try_from(std::time::UNIX_EPOCH.elapsed().expect("after 1970").as_millis()).expect("a time");
    let since_midnight_ms = (now_ms + 3 * 3_600_000).rem_euclid(86_400_000);
    let ahead_ms = (hour * 3_600_000 - since_midnight_ms).rem_euclid(86_400_000);
    stage.is_ahead(ahead_ms).await;
    stage.writes("hi").await;
    // Besides the answer, whatever time has brought by then.
    stage.sees().await;
    while !stage.sees_nothing().await {
        stage.sees().await;
    }
    ahead_ms
}

/// Whatever else comes as time passes, nothing that says this.
pub async fn never(stage: &mut Stage, words: &str) {
    while !stage.sees_nothing().await {
        let shown = stage.sees().await;
        assert!(!shown.to_string().contains(words), "{shown}");
    }
}

/// A customer who has ordered, and the merchant.
pub async fn ordered(adapters: &[(&str, &str, String)]) -> (Stage, Arc<Merchant>) {
    ordered_in(adapters, |settings| settings).await
}

/// The same on a server with other settings.
pub async fn ordered_in(
    adapters: &[(&str, &str, String)],
    settle: impl Fn(String) -> String,
) -> (Stage, Arc<Merchant>) {
    let merchant = Arc::new(Merchant::default());
    let place = merchant.start().await;
    let mut files: Vec<(&str, &str, String)> = adapters.to_vec();
    for (_, _, text) in &mut files {
        *text = text.replace("PLACE", &place).replace("https://apiv2.shiprocket.in/v1/external", &place);
    }
    let mut stage = boutique_in(&place, CART, &files, settle).await;
    plays(&mut stage).await;
    stage.taps("Pay").await;
    stage.sees().await;
    (stage, merchant)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tracking_service_that_signs_is_believed() {
    let (mut stage, merchant) = ordered(&aftership()).await;

    assert_eq!(aftership_tells(&stage, "a guess", &tracking("e1", "AWB7", "InTransit", "Z-1042")).await, 401);
    aftership_is_heard(&stage, &tracking("e2", "AWB7", "InfoReceived", "Z-1042")).await;
    assert!(stage.sees_nothing().await, "a label is no news");
    aftership_is_heard(&stage, &tracking("e3", "AWB7", "InTransit", "Z-1042")).await;
    assert!(stage.sees().await.to_string().contains("Z-1042 is on its way. Its tracking code is AWB7."));
    // More scans, the same again, and one that is late.
    aftership_is_heard(&stage, &tracking("e4", "AWB7", "InTransit", "Z-1042")).await;
    aftership_is_heard(&stage, &tracking("e3", "AWB7", "InTransit", "Z-1042")).await;
    aftership_is_heard(&stage, &tracking("e5", "AWB7", "Delivered", "Z-1042")).await;
    assert!(stage.sees().await.to_string().contains("Z-1042 has been delivered"));
    aftership_is_heard(&stage, &tracking("e6", "AWB7", "OutForDelivery", "Z-1042")).await;
    assert!(stage.sees_nothing().await, "an order only goes forward");

    // A word that is not known, an order that is not there, one that is over, one that nobody names.
    aftership_is_heard(&stage, &tracking("e7", "AWB7", "Exception", "Z-1042")).await;
    aftership_is_heard(&stage, &tracking("e8", "AWB8", "InTransit", "Z-9")).await;
    *merchant.state.lock().expect("nobody panicked") = "cancelled";
    aftership_is_heard(&stage, &tracking("e9", "AWB7", "Delivered", "Z-1042")).await;
    aftership_is_heard(&stage, &tracking("e10", "AWB7", "Delivered", "")).await;
    assert!(stage.sees_nothing().await);
    let kept = kept(&stage).await;
    assert!(kept[0].starts_with("unread order: aftership: status: expected"), "{kept:?}");
    assert_eq!(
        kept[1..],
        [
            "parcel: aftership: the shop's system has no order Z-9",
            "parcel: aftership: Z-1042 is over, and aramex AWB7 is on the road",
            "parcel: aftership: aramex AWB7 is delivered, and names no order",
        ]
    );

    // Nobody can be asked: it is to be told again.
    merchant.hangs.store(true, Ordering::Relaxed);
    assert_eq!(aftership_tells(&stage, SECRET, &tracking("e11", "AWB9", "InTransit", "Z-1042")).await, 503);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_courier_that_only_sends_a_token_is_asked_and_an_order_is_there_when_all_its_parcels_are() {
    let (mut stage, merchant) = ordered(&courier()).await;
    // The merchant's own list does not follow the courier.
    *merchant.listed.lock().expect("nobody panicked") = Some(6);
    let says = |status: [u32; 2]| {
        *merchant.parcels.lock().expect("nobody panicked") = vec![("A1", status[0]), ("A2", status[1])]
    };
    let scan = |awb: &str, order: &str| json!({ "awb": awb, "order_id": order, "current_status_id": 7, "current_status": "Delivered" });

    says([6, 6]);
    assert_eq!(courier_tells(&stage, API_KEY, &scan("A1", "Z-1042")).await, 401);
    // It says delivered; the courier, who is asked, says that it has just been picked up.
    assert_eq!(courier_tells(&stage, TOKEN, &scan("A1", "Z-1042")).await, 200);
    assert!(stage.sees().await.to_string().contains("Z-1042 is on its way"));
    // Its token is not good any more: another is asked for.
    merchant.logins.store(1, Ordering::Relaxed);
    says([7, 6]);
    assert_eq!(
        courier_tells(&stage, TOKEN, &json!({ "awb": "A1", "order_id": "Z-1042", "is_return": 0, "n": 2 })).await,
        200
    );
    assert!(stage.sees_nothing().await, "one of two is not all");
    says([7, 17]);
    assert_eq!(courier_tells(&stage, TOKEN, &json!({ "awb": "A2", "order_id": "Z-1042", "n": 3 })).await, 200);
    assert!(stage.sees_nothing().await, "this shop has nothing to say of it");
    says([7, 7]);
    assert_eq!(courier_tells(&stage, TOKEN, &json!({ "awb": "A2", "order_id": "Z-1042", "n": 4 })).await, 200);
    assert!(stage.sees().await.to_string().contains("Z-1042 has been delivered"));

    // Another's order, a parcel that nobody knows, and a return.
    assert_eq!(courier_tells(&stage, TOKEN, &scan("A1", "Z-77")).await, 200);
    assert_eq!(courier_tells(&stage, TOKEN, &scan("A9", "Z-1042")).await, 200);
    assert_eq!(courier_tells(&stage, TOKEN, &json!({ "awb": "A1", "order_id": "Z-1042", "is_return": 1 })).await, 200);
    assert!(stage.sees_nothing().await);
    assert_eq!(
        kept(&stage).await,
        [
            "parcel: courier: shiprocket A1 is not known as a parcel of Z-77",
            "parcel: courier: the carrier does not know A9",
        ]
    );
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_courier_is_asked_for_the_other_parcels_of_an_order_whose_own_system_stays_behind() {
    let (mut stage, merchant) = ordered(&courier()).await;
    *merchant.listed.lock().expect("nobody panicked") = Some(6);
    let says = |status: [u32; 3]| {
        *merchant.parcels.lock().expect("nobody panicked") =
            vec![("A1", status[0]), ("A2", status[1]), ("A3", status[2])]
    };
    says([7, 6, 7]);
    assert_eq!(courier_tells(&stage, TOKEN, &json!({ "awb": "A1", "order_id": "Z-1042", "n": 1 })).await, 200);
    stage.hears_all(&["Z-1042 is on its way"]).await;
    // Of the third nobody ever tells anything.
    says([7, 7, 7]);
    assert_eq!(courier_tells(&stage, TOKEN, &json!({ "awb": "A2", "order_id": "Z-1042", "n": 2 })).await, 200);
    stage.hears_all(&["Z-1042 has been delivered"]).await;
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_carrier_that_is_not_asked_told_of_the_other_parcels_outlasts_a_restart() {
    let (mut stage, merchant) = ordered(&[&aftership()[..], &[listed()]].concat()).await;
    *merchant.listed.lock().expect("nobody panicked") = Some(6);
    *merchant.parcels.lock().expect("nobody panicked") = vec![("A1", 6), ("A2", 6)];
    aftership_is_heard(&stage, &tracking("e1", "A1", "Delivered", "Z-1042")).await;
    stage.hears_all(&["Z-1042 is on its way"]).await;
    aftership_is_heard(&stage, &tracking("e2", "A2", "InTransit", "Z-1042")).await;
    never(&mut stage, "Z-1042").await;
    let mut stage = stage.again(secret()).await;
    let key = key(&stage, "operator", Scope::Operate, None, i64::MAX).await;
    let of = "/shops/boutique/conversations";
    let (_, list) = ask(&stage, "GET", of, &key).await;
    let id = list["conversations"][0]["id"].as_str().expect("a conversation");
    let (_, exported) = ask(&stage, "GET", &format!("{of}/{id}/recording"), &key).await;
    let told = &exported["parcels"]["Z-1042"];
    let of_each = [(&told[0]["number"], &told[0]["status"]), (&told[1]["number"], &told[1]["status"])];
    assert_eq!(of_each, [(&json!("A1"), &json!("delivered")), (&json!("A2"), &json!("in_transit"))], "{exported}");
    aftership_is_heard(&stage, &tracking("e3", "A2", "Delivered", "Z-1042")).await;
    stage.hears_all(&["Z-1042 has been delivered"]).await;
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parcel_that_is_lost_is_for_people_at_once_and_holds_no_order_after_it_is_found() {
    let mut service = aftership();
    service[0].2 = service[0].2.replace("Expired: unknown", "Expired: lost");
    let (mut stage, merchant) = ordered(&[&service[..], &[listed()]].concat()).await;
    *merchant.listed.lock().expect("nobody panicked") = Some(1);
    *merchant.parcels.lock().expect("nobody panicked") = vec![("A1", 1), ("A2", 1)];
    // Only what moves an order needs the order.
    merchant.orders_are_out.store(true, Ordering::Relaxed);
    aftership_is_heard(&stage, &tracking("e1", "A1", "InfoReceived", "Z-1042")).await;
    assert_eq!(aftership_tells(&stage, SECRET, &tracking("e2", "A2", "InTransit", "Z-1042")).await, 503);
    aftership_is_heard(&stage, &tracking("e3", "A1", "Expired", "Z-1042")).await;
    let lost = "parcel: aftership: Z-1042: a parcel is lost or damaged: aramex A1 is lost";
    assert_eq!(kept(&stage).await, [lost]);
    merchant.orders_are_out.store(false, Ordering::Relaxed);
    stage.is_ahead(1_000).await;
    aftership_is_heard(&stage, &tracking("e4", "A1", "Delivered", "Z-1042")).await;
    stage.hears_all(&["Z-1042 is on its way"]).await;
    aftership_is_heard(&stage, &tracking("e5", "A2", "Delivered", "Z-1042")).await;
    stage.hears_all(&["Z-1042 has been delivered"]).await;
    assert_eq!(kept(&stage).await, [lost]);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parcel_that_is_listed_twice_is_not_held_by_a_carrier_that_the_list_does_not_name() {
    let (mut stage, merchant) = ordered(&[&aftership()[..], &[listed()]].concat()).await;
    *merchant.parcels.lock().expect("nobody panicked") = vec![("A1", 6), ("A1", 6)];
    aftership_is_heard(&stage, &tracking("e1", "A1", "InTransit", "Z-1042")).await;
    stage.hears_all(&["Z-1042 is on its way"]).await;
    *merchant.listed.lock().expect("nobody panicked") = Some(7);
    let mut there = tracking("e2", "A1", "Delivered", "Z-1042");
    there["msg"]["slug"] = json!("smsa");
    aftership_is_heard(&stage, &there).await;
    stage.hears_all(&["Z-1042 has been delivered"]).await;
    stage.end().await;
}

const TODAY: &str = "Z-1042 will be with you today";

#[tokio::test(flavor = "multi_thread")]
async fn a_courier_who_comes_again_is_told_again_once_a_day() {
    let (mut stage, _) = ordered(&[&aftership()[..], &[with_the_day()]].concat()).await;
    let evening_ms = at_hour(&mut stage, 20).await;
    let out = |event: &str| tracking(event, "AWB7", "OutForDelivery", "Z-1042");
    aftership_is_heard(&stage, &out("e1")).await;
    stage.hears_all(&[TODAY]).await;
    // Twice and late on the same day; not found; and the first once more on the next, as it was told before.
    for told in [out("e1"), out("e2"), tracking("e3", "AWB7", "AttemptFail", "Z-1042"), out("e4")] {
        aftership_is_heard(&stage, &told).await;
    }
    never(&mut stage, TODAY).await;
    stage.is_ahead(evening_ms + 3 * 3_600_000).await;
    aftership_is_heard(&stage, &out("e1")).await;
    aftership_is_heard(&stage, &out("e5")).await;
    never(&mut stage, TODAY).await;
    stage.is_ahead(evening_ms + 5 * 3_600_000).await;
    aftership_is_heard(&stage, &out("e1")).await;
    never(&mut stage, TODAY).await;
    for event in ["e6", "e7"] {
        aftership_is_heard(&stage, &out(event)).await;
    }
    stage.hears_all(&[TODAY]).await;
    never(&mut stage, TODAY).await;
    // What is there is there.
    aftership_is_heard(&stage, &tracking("e8", "AWB7", "Delivered", "Z-1042")).await;
    stage.hears_all(&["Z-1042 has been delivered"]).await;
    stage.is_ahead(evening_ms + 20 * 3_600_000).await;
    aftership_is_heard(&stage, &out("e9")).await;
    never(&mut stage, TODAY).await;
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_carrier_by_another_name_brings_the_same_parcel_and_says_who_was_not_found_and_what_waits_to_be_fetched() {
    let (mut stage, merchant) = ordered(&[&aftership()[..], &[listed()]].concat()).await;
    at_hour(&mut stage, 10).await;
    // To the shop it is one of `shiprocket`, which has just been picked up, and to AfterShip one of `aramex`.
    *merchant.parcels.lock().expect("nobody panicked") = vec![("AWB7", 6)];
    let news = [
        ("InTransit", Some("Z-1042 is on its way. Its tracking code is AWB7.")),
        ("OutForDelivery", None),
        ("AttemptFail", Some("The courier came with order Z-1042 and did not find you.")),
        ("AttemptFail", None),
        ("AvailableForPickup", Some("Z-1042 is waiting for you at a pick-up point.")),
        ("AvailableForPickup", None),
        ("Delivered", Some("Z-1042 has been delivered")),
        ("AttemptFail", None),
    ];
    for (event, (tag, said)) in news.into_iter().enumerate() {
        aftership_is_heard(&stage, &tracking(&format!("e{event}"), "AWB7", tag, "Z-1042")).await;
        match said {
            Some(said) => stage.hears_all(&[said]).await,
            None => never(&mut stage, "Z-1042").await,
        }
    }
    stage.end().await;
}
