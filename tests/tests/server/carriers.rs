//! Carriers that tell nothing by themselves, or not of whose parcel: asked as `examples/carriers` says, by the clock, for the parcels
//! of open orders. The carriers are played by their documentation.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use duka_runtime::server::polls;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value as Json, json};
use sha2::Sha256;

use crate::backend::{API_KEY, Merchant};
use crate::merchant::secret;
use crate::parcels::{at_hour, carrier, kept, never, ordered, ordered_in, with_the_day};
use crate::stage::Stage;

/// A carrier that says what it is told to, to whoever asks as it wants to be asked.
#[derive(Default)]
struct Carrier {
    says: Mutex<Json>,
    /// What it was asked last: path with query, header `authorization`, body.
    asked: Mutex<Vec<(String, String, Json)>>,
}

impl Carrier {
    async fn start() -> (Arc<Carrier>, String) {
        let carrier = Arc::new(Carrier::default());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let place = format!("http://{}", listener.local_addr().expect("it listens"));
        let routes = Router::new().fallback(answer).with_state(Arc::clone(&carrier));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        (carrier, place)
    }

    fn says(&self, json: Json) {
        *self.says.lock().expect("nobody panicked") = json;
    }

    fn asked(&self) -> (String, String, Json) {
        self.asked.lock().expect("nobody panicked").last().cloned().expect("it was asked")
    }
}

async fn answer(State(carrier): State<Arc<Carrier>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.expect("a body");
    let path = head.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    let header = head.headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or("").to_string();
    let asked = (path, header, serde_json::from_slice(&body).unwrap_or_default());
    carrier.asked.lock().expect("nobody panicked").push(asked);
    let says = carrier.says.lock().expect("nobody panicked").clone();
    if says.is_null() { StatusCode::NOT_FOUND.into_response() } else { axum::Json(says).into_response() }
}

/// A customer who has ordered, whose parcel `A1` this carrier brings.
async fn on_the_road(name: &'static str, base: &str) -> (Stage, Arc<Merchant>, Arc<Carrier>) {
    on_the_road_in(name, base, |settings| settings).await
}

/// The same on a server with other settings, whose shop says on which day an order comes.
async fn on_the_road_in(
    name: &'static str,
    base: &str,
    settle: impl Fn(String) -> String,
) -> (Stage, Arc<Merchant>, Arc<Carrier>) {
    let (at, place) = Carrier::start().await;
    let mapping = carrier(name).replace(base, &place);
    let mapping: String = mapping.split("env:").enumerate().fold(String::new(), |text, (at, part)| {
        if at == 0 {
            return part.to_string();
        }
        let end = part.find(|letter: char| !letter.is_ascii_uppercase() && letter != '_').unwrap_or(part.len());
        format!("{text}env:ZURI_API_KEY{}", &part[end..])
    });
    let own = format!(
        "base: PLACE\nauth: {{ bearer: \"env:ZURI_API_KEY\" }}\nrecords:\n  parcel:\n    carrier: {{ default: {name} }}\n    \
         number: $.awb\n    status: {{ default: unknown }}\noperations:\n  parcels.of_order: {{ request: {{ path: \"/orders/{{text}}/parcels\" }} }}\n"
    );
    let (line, file) = (format!("{name}: carrier"), format!("{name}.rest.yaml"));
    let adapters: [(&str, &str, String); 3] =
        [(line.leak(), file.leak(), mapping), ("parcels: rest", "parcels.rest.yaml", own), with_the_day()];
    let (stage, merchant) = ordered_in(&adapters, settle).await;
    *merchant.parcels.lock().expect("nobody panicked") = vec![("A1", 1)];
    (stage, merchant, at)
}

/// What is due is asked, so many minutes after the last jump of both clocks or the beginning, and not before what goes on has
/// ended: a jump would end it. Returns how many parcels that were.
async fn after(stage: &Stage, minutes: i64) -> usize {
    let (shop, store) = (stage.scope(), &stage.running.server.host.store);
    loop {
        let open = store.read(shop).await.expect("a read").counts(shop).await.expect("counted");
        if open.inbox + open.calls == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    stage.running.clock.set_ahead(stage.ahead_ms + minutes * 60_000);
    asked(stage).await
}

/// How many parcels are asked for now.
async fn asked(stage: &Stage) -> usize {
    polls::once(&stage.running.server).await.expect("a store")
}

/// The last scan of the parcel, made this moment.
fn aramex(stage: &Stage, code: &str) -> Json {
    aramex_at(code, stage.running.server.host.clock.now_ms())
}

/// Its last scan, at this time.
fn aramex_at(code: &str, at_ms: i64) -> Json {
    json!({
        "HasErrors": false, "Notifications": [], "NonExistingWaybills": [],
        "TrackingResults": [{ "Key": "A1", "Value": [{
            "WaybillNumber": "A1", "UpdateCode": code, "UpdateDescription": "Shipment", "UpdateLocation": "Dubai",
            "UpdateDateTime": format!("/Date({at_ms}+0300)/"), "Comments": "", "ProblemCode": "",
        }] }],
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn aramex_is_asked_by_the_clock_with_its_secrets_in_the_body() {
    let (mut stage, _, carrier) = on_the_road("aramex", ARAMEX).await;
    at_hour(&mut stage, 9).await;
    carrier.says(aramex(&stage, "SH014"));
    assert_eq!(after(&stage, 0).await, 1);
    let (path, _, body) = carrier.asked();
    assert_eq!(path, "/Tracking/Service_1_0.svc/json/TrackShipments");
    assert_eq!((&body["ClientInfo"]["Password"], &body["ClientInfo"]["Version"]), (&json!(API_KEY), &json!("v1.0")));
    assert_eq!(body["Shipments"], json!(["A1"]));
    assert!(stage.sees_nothing().await, "a label is no news");

    carrier.says(aramex(&stage, "SH022"));
    assert_eq!(after(&stage, 60).await, 0, "not yet");
    assert_eq!(after(&stage, 121).await, 1);
    stage.hears_all(&["Z-1042 is on its way"]).await;
    // Failures come with 200; a code that nobody knows moves nothing.
    carrier.says(json!({ "HasErrors": true, "Notifications": [{ "Code": "ERR01", "Message": "Invalid" }] }));
    assert_eq!(after(&stage, 242).await, 1);
    carrier.says(aramex(&stage, "SH999"));
    assert_eq!(after(&stage, 248).await, 1, "what was not answered is asked again soon");
    // With the driver: asked more often from then on.
    carrier.says(aramex(&stage, "SH003"));
    assert_eq!(after(&stage, 254).await, 1);
    assert_eq!(after(&stage, 270).await, 0);
    stage.hears_all(&["Z-1042 will be with you today"]).await;
    carrier.says(aramex(&stage, "SH005"));
    assert_eq!(after(&stage, 285).await, 1);
    stage.hears_all(&["Z-1042 has been delivered"]).await;
    assert_eq!(after(&stage, 3_000).await, 0, "what is there is not asked for");
    assert_eq!(kept(&stage).await, [] as [String; 0]);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn parcels_are_asked_for_after_an_outage_and_forgotten_with_their_order() {
    let (mut stage, merchant, carrier) = on_the_road("aramex", ARAMEX).await;
    let known = |stage: &Stage| stage.running.server.polls.known(stage.scope());
    carrier.says(aramex(&stage, "SH014"));
    merchant.parcels_are_out.store(true, Ordering::Relaxed);
    assert_eq!(after(&stage, 0).await, 0);
    merchant.parcels_are_out.store(false, Ordering::Relaxed);
    assert_eq!(after(&stage, 4).await, 0, "not yet");
    assert_eq!(after(&stage, 6).await, 1, "who did not answer is asked again soon");
    carrier.says(aramex(&stage, "SH005"));
    assert_eq!(after(&stage, 127).await, 1);
    stage.hears_all(&["Z-1042 has been delivered"]).await;
    assert_eq!((after(&stage, 250).await, known(&stage)), (0, 1), "its order is open");
    merchant.parcels_are_out.store(true, Ordering::Relaxed);
    assert_eq!((after(&stage, 500).await, known(&stage)), (0, 1), "nobody said that it is gone");
    assert_eq!((after(&stage, 31 * 24 * 60).await, known(&stage)), (0, 0), "nothing more is to be heard of the order");
    stage.end().await;
}

const ARAMEX: &str = "https://ws.aramex.net/ShippingAPI.V2";
const TODAY: &str = "Z-1042 will be with you today";

#[tokio::test(flavor = "multi_thread")]
async fn a_second_try_on_another_day_is_told_when_the_carrier_says_that_it_is_of_that_day() {
    let (mut stage, _, carrier) = on_the_road("aramex", ARAMEX).await;
    let evening_ms = at_hour(&mut stage, 20).await;
    let now_ms = |stage: &Stage| stage.running.server.host.clock.now_ms();
    let out_ms = now_ms(&stage);
    carrier.says(aramex_at("SH003", out_ms));
    assert_eq!(asked(&stage).await, 1);
    stage.hears_all(&[TODAY]).await;
    carrier.says(aramex_at("SH033", out_ms + 1));
    stage.is_ahead(evening_ms + 3_600_000).await;
    assert_eq!(asked(&stage).await, 1);
    // The next day: at first the carrier has nothing newer than yesterday's round.
    carrier.says(aramex_at("SH003", out_ms));
    stage.is_ahead(evening_ms + 5 * 3_600_000).await;
    assert_eq!(asked(&stage).await, 1);
    never(&mut stage, TODAY).await;
    for hours in [8, 11] {
        stage.is_ahead(evening_ms + hours * 3_600_000).await;
        carrier.says(aramex_at("SH003", now_ms(&stage)));
        assert_eq!(asked(&stage).await, 1);
        if hours == 8 {
            stage.hears_all(&[TODAY]).await;
        }
        never(&mut stage, TODAY).await;
    }
    assert_eq!(kept(&stage).await, [] as [String; 0]);
    stage.end().await;
}

/// What a poll has seen is in memory; that nothing is told twice or never is kept with the conversation.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_comes_up_again_tells_nothing_twice_and_misses_nothing() {
    let kept_on_disk = |settings: String| settings.replace("database = \"memory\"", "database = \"duka.db\"");
    let (mut stage, _, carrier) = on_the_road_in("aramex", ARAMEX, kept_on_disk).await;
    let morning_ms = at_hour(&mut stage, 9).await;
    carrier.says(aramex(&stage, "SH022"));
    assert_eq!(asked(&stage).await, 1);
    stage.hears_all(&["Z-1042 is on its way"]).await;
    let mut stage = stage.again(secret()).await;
    assert_eq!(asked(&stage).await, 1, "it is asked anew");
    assert!(stage.sees_nothing().await, "and told nothing twice");
    stage.is_ahead(morning_ms + 121 * 60_000).await;
    carrier.says(aramex(&stage, "SH003"));
    assert_eq!(asked(&stage).await, 1);
    stage.hears_all(&[TODAY]).await;
    let mut stage = stage.again(secret()).await;
    assert_eq!(asked(&stage).await, 1);
    never(&mut stage, "Z-1042").await;
    // What happens while it is down is heard when it is up.
    carrier.says(aramex(&stage, "SH005"));
    let mut stage = stage.again(secret()).await;
    assert_eq!(asked(&stage).await, 1);
    stage.hears_all(&["Z-1042 has been delivered"]).await;
    let mut stage = stage.again(secret()).await;
    asked(&stage).await;
    never(&mut stage, "Z-1042").await;
    assert_eq!(kept(&stage).await, [] as [String; 0]);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parcel_that_takes_too_long_is_not_asked_for_any_more() {
    let (stage, _, carrier) = on_the_road("aramex", ARAMEX).await;
    carrier.says(aramex(&stage, "SH014"));
    assert_eq!(after(&stage, 0).await, 1);
    let count = || carrier.asked.lock().expect("nobody panicked").len();
    let before = count();
    assert_eq!(after(&stage, 31 * 1_440).await, 1);
    assert_eq!(count(), before, "it is given up");
    assert_eq!(after(&stage, 32 * 1_440).await, 0);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parcel_that_delhivery_has_brought_back_is_not_delivered() {
    let (mut stage, _, carrier) = on_the_road("delhivery", "https://track.delhivery.com").await;
    let says = |kind: &str, status: &str| {
        carrier.says(json!({ "ShipmentData": [{ "Shipment": {
            "AWB": "A1", "ReferenceNo": "Z-1042", "Scans": [],
            "Status": { "Status": status, "StatusType": kind, "StatusDateTime": "2026-11-21T10:00:00", "StatusLocation": "Pune" },
        } }] }));
    };
    says("UD", "In Transit");
    assert_eq!(after(&stage, 0).await, 1);
    assert_eq!(carrier.asked().0, "/api/v1/packages/json/?waybill=A1");
    assert_eq!(carrier.asked().1, API_KEY);
    stage.hears_all(&["Z-1042 is on its way"]).await;
    says("RT", "In Transit");
    assert_eq!(after(&stage, 121).await, 1);
    assert_eq!(after(&stage, 242).await, 1);
    assert_eq!(
        kept(&stage).await,
        ["parcel: delhivery: Z-1042: a parcel goes back to the shop: delhivery A1 is returning"]
    );
    says("DL", "RTO");
    assert_eq!(after(&stage, 363).await, 1);
    never(&mut stage, "delivered").await;
    stage.end().await;
}

fn tracker(status: &str) -> Json {
    json!({
        "id": "trk_1", "object": "Tracker", "tracking_code": "A1", "status": status, "carrier": "USPS",
        "public_url": "https://track.easypost.com/djE", "tracking_details": [{ "tracking_location": { "city": "Nairobi" } }],
    })
}

async fn easypost_tells(stage: &Stage, id: &str, status: &str, secret: &str) -> u16 {
    let body = json!({ "id": id, "object": "Event", "description": "tracker.updated", "result": tracker(status) });
    let mac: Hmac<Sha256> = Hmac::new_from_slice(secret.as_bytes()).expect("any key");
    let mark = hex::encode(mac.chain_update(body.to_string()).finalize().into_bytes());
    let request = stage.http.post(format!("{}/webhooks/boutique/easypost", stage.base)).body(body.to_string());
    let answer = request.header("x-hmac-signature", format!("hmac-sha256-hex={mark}")).send().await;
    answer.expect("an answer").status().as_u16()
}

#[tokio::test(flavor = "multi_thread")]
async fn easypost_tells_and_the_shops_own_system_says_of_which_order() {
    let (mut stage, _, carrier) = on_the_road("easypost", "https://api.easypost.com/v2").await;
    assert_eq!(easypost_tells(&stage, "evt_1", "in_transit", "a guess").await, 401);
    assert_eq!(easypost_tells(&stage, "evt_1", "in_transit", API_KEY).await, 200);
    assert_eq!(kept(&stage).await, ["parcel: easypost: easypost A1 is in_transit, and names no order"]);
    carrier.says(json!({ "trackers": [tracker("pre_transit")] }));
    assert_eq!(after(&stage, 0).await, 1);
    assert_eq!(carrier.asked().0, "/trackers?tracking_code=A1");
    assert!(stage.sees_nothing().await);
    assert_eq!(easypost_tells(&stage, "evt_2", "in_transit", API_KEY).await, 200);
    stage.hears_all(&["Z-1042 is on its way"]).await;
    assert_eq!(easypost_tells(&stage, "evt_3", "delivered", API_KEY).await, 200);
    stage.hears_all(&["Z-1042 has been delivered"]).await;
    stage.end().await;
}

/// Where is my order: with the address that its carrier has for it, which the shop's own order does not have.
#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_is_looked_at_says_where_its_parcel_can_be_followed() {
    let own = "base: PLACE\nauth: { bearer: \"env:ZURI_API_KEY\" }\nrecords:\n  parcel:\n    carrier: $.carrier\n    number: $.awb\n    \
               status: { default: in_transit }\n    url: { default: \"https://track.example/A1\" }\noperations:\n  \
               parcels.of_order: { request: { path: \"/orders/{text}/parcels\" } }\n";
    let (mut stage, merchant) = ordered(&[("parcels: rest", "parcels.rest.yaml", own.to_string())]).await;
    *merchant.parcels.lock().expect("nobody panicked") = vec![("A1", 6)];
    stage.writes("where is my order").await;
    stage.hears_all(&["Z-1042"]).await;
    stage.taps("Order Z-1042").await;
    stage.hears_all(&["Follow it on the map"]).await;
    stage.taps("Follow it on the map").await;
    stage.hears_all(&["https://track.example/A1"]).await;
    stage.end().await;
}
