//! The boutique with the merchant's own system behind it: what customers see comes from there by HTTP, and a system that
//! hangs leaves nobody waiting.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use duka_engine::session::Session;
use duka_runtime::api::Scope;
use duka_runtime::config;
use duka_runtime::id::ConversationId;
use duka_runtime::server::reconcile::{self, Gap, Gaps};
use duka_runtime::store::{Conversation, QuarantineEntry};
use duka_tests::tree::root;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value as Json, json};
use sha2::Sha256;

use crate::api::{ask, key};
use crate::backend::{API_KEY, Merchant, order};
use crate::stage::{Stage, environment};

/// What the customer does, and words that the next message has. The demo's fixture holds none of these things.
const PLAY: &[(&str, &str, &str)] = &[
    ("writes", "hi", "Welcome to *Zuri Boutique*"),
    ("taps", "Shop", "What are you looking for?"),
    ("taps", "Dresses", "Dresses: this is what we have right now."),
    ("taps", "Kikoy beach dress", "KES 3,175"),
    ("taps", "Add to bag", "How many would you like?"),
    ("writes", "2", "Total *KES 6,350*"),
    ("taps", "Check out", "How would you like to get it?"),
    ("taps", "Pick up in shop", "Total KES 6,350"),
];

pub const CART: &str = "  cart: { kind: rest, mapping: shop.rest.yaml }\n";

pub const WEBHOOK_SECRET: &str = "what the merchant signs with";

/// The boutique, asking the merchant at `place`.
pub async fn boutique(place: &str) -> Stage {
    boutique_with(place, &[]).await
}

/// The same with further adapters, each a line of `shop.yaml` and the mapping's file and text.
pub async fn boutique_with(place: &str, adapters: &[(&str, &str, String)]) -> Stage {
    boutique_of(place, CART, adapters).await
}

/// The same with another line for the bag, or none.
pub async fn boutique_of(place: &str, cart: &str, adapters: &[(&str, &str, String)]) -> Stage {
    boutique_in(place, cart, adapters, |settings| settings).await
}

/// The example of the documentation that begins so.
fn documented(beginning: &str) -> String {
    let page = std::fs::read_to_string(root().join("docs/adapters.md")).expect("a page");
    let block = page.split("```yaml\n").find(|block| block.starts_with(beginning)).expect("an example");
    block.split_once("```").expect("its end").0.to_string()
}

fn catalog_at(place: &str) -> String {
    documented("base:").replace("https://api.zuri.example/v1", place)
}

/// Orders and bag, without what the merchant tells by itself.
fn orders_at(place: &str) -> String {
    let rest = std::fs::read_to_string(root().join("tests/tests/adapter/shop.rest.yaml")).expect("a mapping");
    rest.replace("http://127.0.0.1:1/v1", &format!("{place}\nauth: {{ bearer: \"env:ZURI_API_KEY\" }}"))
}

/// The same on a server with other settings.
pub async fn boutique_in(
    place: &str,
    cart: &str,
    adapters: &[(&str, &str, String)],
    settle: impl Fn(String) -> String,
) -> Stage {
    let lines: String = adapters.iter().map(|(line, ..)| format!("  {line}\n")).collect();
    let told = documented("webhook:").replace("env:ZURI_WEBHOOK_SECRET", "file:webhook.secret");
    let catalog = catalog_at(place);
    let rest = orders_at(place) + "\n" + &told + &documented("  changes:");
    let dress = |shop: &std::path::Path| {
        std::fs::write(shop.join("catalog.rest.yaml"), &catalog).expect("a writable folder");
        std::fs::write(shop.join("shop.rest.yaml"), &rest).expect("a writable folder");
        std::fs::write(shop.join("webhook.secret"), WEBHOOK_SECRET).expect("a writable folder");
        for (_, file, text) in adapters {
            std::fs::write(shop.join(file), text).expect("a writable folder");
        }
        let profile = std::fs::read_to_string(shop.join("shop.yaml")).expect("a profile");
        let own = format!("{cart}  orders: {{ kind: rest, mapping: shop.rest.yaml }}\n");
        let profile = profile
            .replace("  catalog: demo\n", "  catalog: rest\n")
            .replace("  orders: demo\n", &format!("{own}{lines}"));
        std::fs::write(shop.join("shop.yaml"), profile).expect("a writable folder");
        Some(secret())
    };
    Stage::dressed(settle, dress).await
}

/// What the mappings need.
pub fn secret() -> (String, String) {
    ("ZURI_API_KEY".to_string(), API_KEY.to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn catalogue_bag_and_quote_come_from_the_merchants_own_system() {
    let merchant = Arc::new(Merchant::default());
    let place = merchant.start().await;
    let mut stage = boutique(&place).await;
    plays(&mut stage).await;
    assert!(merchant.asked.load(Ordering::Relaxed) >= 6, "the merchant was asked");
    stage.end().await;
}

pub async fn plays(stage: &mut Stage) {
    for (act, what, expected) in PLAY {
        if *act == "taps" {
            stage.taps(what).await
        } else {
            stage.writes(what).await
        }
        let shown = stage.sees().await;
        let text = shown["text"].as_str().unwrap_or("");
        assert!(text.contains(expected), "after `{what}`: {text}");
    }
}

/// A customer orders and is given the link.
async fn pays(stage: &mut Stage) {
    plays(stage).await;
    stage.taps("Pay").await;
    stage.sees().await;
}

/// A customer who has ordered and was given the link, and the merchant.
async fn to_pay() -> (Stage, Arc<Merchant>) {
    let merchant = Arc::new(Merchant::default());
    let place = merchant.start().await;
    let mut stage = boutique(&place).await;
    pays(&mut stage).await;
    (stage, merchant)
}

/// The merchant's system posts news of an order. Returns the status of the answer.
pub async fn tells(stage: &Stage, secret: &str, news: &Json) -> u16 {
    let body = news.to_string();
    let mac: Hmac<Sha256> = Hmac::new_from_slice(secret.as_bytes()).expect("any key");
    let mark = hex::encode(mac.chain_update(&body).finalize().into_bytes());
    let request = stage.http.post(format!("{}/webhooks/boutique/orders", stage.base)).body(body);
    let answer = request.header("x-zuri-signature", format!("sha256={mark}")).send().await;
    answer.expect("an answer").status().as_u16()
}

pub fn news(event: &str, kind: &str, number: &str, state: &str) -> Json {
    let wanted = json!({ "lines": [{ "sku": "K/7 %", "quantity": 2 }] });
    json!({ "event": event, "type": kind, "order": order(number, state, &wanted) })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_system_at_a_host_that_the_operator_does_not_name_is_not_asked() {
    let merchant = Arc::new(Merchant::default());
    let place = merchant.start().await;
    let only = |host: &str| format!("[adapters.shops.boutique]\nhosts = [\"{host}\"]\n");
    let kept = |settings: String| settings.replace("database = \"memory\"", "database = \"zuri.db\"");
    let mut stage = boutique_in(&place, CART, &[], |settings| kept(settings) + &only("127.0.0.1")).await;
    stage.writes("hi").await;
    stage.sees().await;

    // The operator takes the host away: the shop is told of, and its system is left alone from then on.
    let path = stage.folder.path().join("duka.toml");
    let settings = std::fs::read_to_string(&path).expect("settings");
    let narrowed = settings.replace(&only("127.0.0.1"), &only("api.zuri.example"));
    std::fs::write(&path, narrowed).expect("a writable folder");
    let mut environment = environment();
    environment.push(secret());
    let config = config::load(Some(&path), &environment).expect("sound settings");
    let reloaded = stage.running.reload(&config, &environment).await.expect("read again");
    let told: Vec<String> = reloaded.troubles.iter().map(ToString::to_string).collect();
    assert!(told.len() == 1 && told[0].contains("answered by `127.0.0.1`, which is none of the hosts"), "{told:?}");
    let asked = merchant.asked.load(Ordering::Relaxed);
    stage.taps("Shop").await;
    let shown = stage.sees().await;
    let text = shown["text"].as_str().unwrap_or("");
    assert!(!text.contains("What are you looking for?") && !text.is_empty(), "{text}");
    assert_eq!(merchant.asked.load(Ordering::Relaxed), asked);

    // Nor by the next process, which serves what was published.
    let (mut stage, told) = stage.again_told(secret()).await;
    assert!(told.len() == 1 && told[0].contains("none of the hosts that this server may ask"), "{told:?}");
    stage.writes("hi").await;
    stage.sees().await;
    stage.taps("Shop").await;
    let text = stage.sees().await.to_string();
    assert!(!text.contains("What are you looking for?"), "{text}");
    assert_eq!(merchant.asked.load(Ordering::Relaxed), asked);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_moves_at_the_merchants_moves_in_the_chat_once_and_forward() {
    let merchant = Arc::new(Merchant::default());
    let place = merchant.start().await;
    let mut stage = boutique(&place).await;
    plays(&mut stage).await;
    stage.taps("Pay").await;
    let paying = stage.sees().await;
    assert!(paying["text"].as_str().is_some_and(|text| text.contains("KES 6,350")), "{paying}");

    let shipped = news("e1", "parcel.sent", "Z-1042", "held");
    assert_eq!(tells(&stage, "a guess", &shipped).await, 401);
    assert!(stage.sees_nothing().await, "a forged body moves nothing");
    assert_eq!(tells(&stage, WEBHOOK_SECRET, &shipped).await, 200);
    let seen = stage.sees().await;
    assert!(seen.to_string().contains("Z-1042 is on its way"), "{seen}");

    // The same again; one that nobody cares for; the same with another id; and one that is late.
    assert_eq!(tells(&stage, WEBHOOK_SECRET, &shipped).await, 200);
    assert_eq!(tells(&stage, WEBHOOK_SECRET, &news("e2", "order.seen", "Z-1042", "held")).await, 200);
    assert_eq!(tells(&stage, WEBHOOK_SECRET, &news("e3", "parcel.sent", "Z-1042", "held")).await, 200);
    assert_eq!(tells(&stage, WEBHOOK_SECRET, &news("e4", "order.changed", "Z-1042", "held")).await, 200);
    assert!(stage.sees_nothing().await, "an order only goes forward");

    // Of an order that nobody has, and not as the mapping says: kept for a person.
    assert_eq!(tells(&stage, WEBHOOK_SECRET, &news("e5", "parcel.sent", "Z-9", "held")).await, 200);
    assert_eq!(
        tells(&stage, WEBHOOK_SECRET, &json!({ "type": "parcel.sent", "order": { "reference": 7 } })).await,
        200
    );
    assert!(stage.sees_nothing().await);
    let scope = stage.scope();
    let store = &stage.running.server.host.store;
    let kept = store.read(scope).await.expect("a store").list_quarantine(scope, 0, 10).await.expect("a list");
    let reasons: Vec<String> = kept.iter().map(|(_, row)| format!("{}: {}", row.reason, row.detail)).collect();
    assert_eq!(reasons[0], "unknown order: orders: Z-9 shipped");
    assert!(reasons[1].starts_with("unread order: orders: "), "{reasons:?}");
    assert_eq!(reasons.len(), 2);

    assert_eq!(tells(&stage, WEBHOOK_SECRET, &news("e6", "order.changed", "Z-1042", "cancelled")).await, 200);
    let seen = stage.sees().await;
    assert!(seen.to_string().contains("Z-1042 was cancelled"), "{seen}");
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn news_that_comes_before_its_order_is_known_finds_it_by_itself() {
    let merchant = Arc::new(Merchant::default());
    let place = merchant.start().await;
    let mut stage = boutique(&place).await;
    plays(&mut stage).await;
    // Much else waits for a person, some of it for long.
    let (store, scope) = (&stage.running.server.host.store, stage.scope());
    let now_ms = duka_runtime::host::clock::Clock::now_ms(&*stage.running.server.host.clock);
    let pile = (0..600).map(|n| QuarantineEntry {
        shop: Some(scope),
        at_ms: now_ms - 3_600_000,
        reason: if n % 2 == 0 { "unknown order" } else { "unknown" }.into(),
        detail: format!("orders: Z-{n} shipped"),
        body: news("e0", "parcel.sent", "Z-7", "held").to_string().into_bytes(),
    });
    let mut tx = store.begin(scope).await.expect("a store");
    tx.add_quarantine(&pile.collect::<Vec<_>>()).await.expect("kept");
    tx.commit().await.expect("kept");
    // The merchant is faster than our own commit.
    assert_eq!(tells(&stage, WEBHOOK_SECRET, &news("e1", "parcel.sent", "Z-1042", "held")).await, 200);
    assert!(stage.sees_nothing().await, "nobody has this order yet");
    stage.taps("Pay").await;
    let paying = stage.sees().await;
    assert!(paying["text"].as_str().is_some_and(|text| text.contains("KES 6,350")), "{paying}");
    let seen = stage.sees().await;
    assert!(seen.to_string().contains("Z-1042 is on its way"), "{seen}");
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn news_that_never_came_is_asked_for_once() {
    let (mut stage, merchant) = to_pay().await;
    let server = Arc::clone(&stage.running.server);
    let shop = server.registry.shops.shop(stage.scope()).expect("a shop");
    let look = || async { reconcile::once(&server, &shop).await.expect("a store") };
    let reader = key(&stage, "reader", Scope::Read, Some("boutique"), i64::MAX).await;
    let (status, listed) = ask(&stage, "GET", "/shops/boutique/orders", &reader).await;
    let first = &listed["orders"][0];
    assert_eq!((status, &first["order"], &first["ended"]), (200, &json!("Z-1042"), &json!(false)), "{listed}");
    assert_eq!(look().await, Gaps { asked: 1, ..Gaps::default() }, "there is no gap");
    // The webhook is lost.
    *merchant.state.lock().expect("nobody panicked") = "cancelled";
    let gap = Gap { order: "Z-1042".to_string(), status: "cancelled".to_string() };
    assert_eq!(look().await, Gaps { asked: 1, gaps: vec![gap], ..Gaps::default() });
    let seen = stage.sees().await;
    assert!(seen.to_string().contains("Z-1042 was cancelled"), "{seen}");
    assert_eq!(look().await, Gaps::default(), "an order that has ended is not asked for");
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_that_was_broken_off_is_followed_by_a_whole_one() {
    let (mut stage, merchant) = to_pay().await;
    let server = Arc::clone(&stage.running.server);
    let shop = server.registry.shops.shop(stage.scope()).expect("a shop");
    // The webhook is lost, and the system hangs when it is asked.
    *merchant.state.lock().expect("nobody panicked") = "cancelled";
    merchant.hangs.store(true, Ordering::Relaxed);
    let asked = merchant.asked.load(Ordering::Relaxed);
    let look = tokio::spawn({
        let (server, shop) = (Arc::clone(&server), Arc::clone(&shop));
        async move { reconcile::once(&server, &shop).await }
    });
    while merchant.asked.load(Ordering::Relaxed) == asked {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    look.abort();
    assert!(look.await.is_err_and(|end| end.is_cancelled()));
    merchant.hangs.store(false, Ordering::Relaxed);
    let found = reconcile::once(&server, &shop).await.expect("a store");
    assert_eq!((found.asked, found.gaps.len()), (1, 1));
    stage.hears("Z-1042 was cancelled").await;
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_system_that_is_down_is_not_asked_for_every_order_and_the_next_look_goes_on_from_there() {
    let (stage, merchant) = to_pay().await;
    let server = Arc::clone(&stage.running.server);
    let (scope, store) = (stage.scope(), &server.host.store);
    let shop = server.registry.shops.shop(scope).expect("a shop");
    // Seven more customers have such an order.
    let row =
        store.read(scope).await.expect("a read").list_conversations(scope, None, 9).await.expect("a list").remove(0);
    let another = |n: u64| {
        let mut session = Session::decode(&row.session).expect("a session");
        session.followers[0].key = format!("Z-{n}").into();
        (Conversation { id: ConversationId(n), session: session.encode(), wake_at_ms: None, ..row.clone() }, Vec::new())
    };
    let mut tx = store.begin(scope).await.expect("a store");
    tx.create_conversations(&(1..=7).map(another).collect::<Vec<_>>()).await.expect("kept");
    tx.commit().await.expect("kept");
    let look = async || {
        let Gaps { asked, unanswered, .. } = reconcile::once(&server, &shop).await.expect("a store");
        (asked, unanswered)
    };
    merchant.is_down.store(true, Ordering::Relaxed);
    assert_eq!(look().await, (6, 6), "five in a row and one of elsewhere: it is down");
    merchant.is_down.store(false, Ordering::Relaxed);
    // One of the orders is there: nobody knows of the others.
    let rest = look().await;
    assert_eq!(rest.0, 3, "those that were not asked for");
    assert_eq!(look().await, (8, 7), "all, once more");
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_of_one_customer_that_get_no_answer_hold_up_no_look_at_the_others() {
    let (mut stage, merchant) = to_pay().await;
    let server = Arc::clone(&stage.running.server);
    let (scope, store) = (stage.scope(), &server.host.store);
    let shop = server.registry.shops.shop(scope).expect("a shop");
    let row =
        store.read(scope).await.expect("a read").list_conversations(scope, None, 9).await.expect("a list").remove(0);
    // Before the customer of the play stands one with seven orders, after them one with two: `last` is the very last.
    let another = |id: u64, numbers: &[String]| {
        let mut session = Session::decode(&row.session).expect("a session");
        let follower = session.followers[0].clone();
        let of = |number: &String| {
            let mut follower = follower.clone();
            follower.key = number.as_str().into();
            follower
        };
        session.followers = numbers.iter().map(of).collect();
        Conversation { id: ConversationId(id), session: session.encode(), wake_at_ms: None, ..row.clone() }
    };
    let old: Vec<String> = (1..=7).map(|n| format!("OLD-{n}")).collect();
    let mut tx = store.begin(scope).await.expect("a store");
    let last = another(i64::MAX as u64, &["Z-2".to_string(), "Z-3".to_string()]);
    tx.create_conversations(&[(another(1, &old), Vec::new()), (last, Vec::new())]).await.expect("kept");
    tx.commit().await.expect("kept");
    let look = async || reconcile::once(&server, &shop).await.expect("a store");
    *merchant.state.lock().expect("nobody panicked") = "cancelled";
    let found = look().await;
    assert_eq!((found.asked, found.gaps.len()), (10, 1), "one of elsewhere is answered: it is not down");
    stage.hears("Z-1042 was cancelled").await;

    // It is down in the middle of a conversation: the next look goes on behind it.
    merchant.is_down.store(true, Ordering::Relaxed);
    assert_eq!(look().await.asked, 6);
    merchant.is_down.store(false, Ordering::Relaxed);
    assert_eq!(look().await.asked, 2, "what lies behind");
    assert_eq!(look().await.asked, 9, "all, once more");
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_system_that_hangs_takes_the_error_branch_in_time() {
    let merchant = Arc::new(Merchant::default());
    let place = merchant.start().await;
    let mut stage = boutique(&place).await;
    stage.writes("hi").await;
    stage.sees().await;
    merchant.hangs.store(true, Ordering::Relaxed);
    let begun = Instant::now();
    stage.taps("Shop").await;
    let shown = stage.sees().await;
    let text = shown["text"].as_str().unwrap_or("");
    assert!(!text.contains("What are you looking for?") && !text.is_empty(), "{text}");
    // The contract says 5 seconds; the rest is the machine's.
    assert!(begun.elapsed() < Duration::from_secs(15), "it took {:?}", begun.elapsed());
    stage.end().await;
}

/// The catalogue only says whether there are any: the word of the mapping is how many can be bought at once, and no message says it.
#[tokio::test(flavor = "multi_thread")]
async fn of_what_nobody_counts_so_many_are_bought_at_once_as_the_mapping_says() {
    let merchant = Arc::new(Merchant::default());
    let place = merchant.start().await;
    let (counted, flag) = (
        "stock: { path: $.stock, when: { path: $.counted, is: true }, default: 1000 }",
        "stock: { path: $.counted, as: enum, map: { \"true\": \"5\" }, else: \"0\" }",
    );
    let catalog = catalog_at(&place);
    assert!(catalog.contains(counted));
    let only = ("# its catalogue counts nothing", "catalog.rest.yaml", catalog.replace(counted, flag));
    let mut stage = boutique_with(&place, &[only]).await;
    for (act, what, expected) in PLAY {
        if *what == "2" {
            for wrong in ["0", "6"] {
                stage.writes(wrong).await;
                stage.hears("Please send a number, not more than we have.").await;
                stage.hears("How many would you like?").await;
            }
        }
        if *act == "taps" {
            stage.taps(what).await
        } else {
            stage.writes(what).await
        }
        stage.hears(expected).await;
    }
    stage.end().await;
}

/// A system that posts nothing is asked for the open orders more often than one whose news may be lost.
#[tokio::test(flavor = "multi_thread")]
async fn a_system_that_tells_nothing_is_asked_for_each_open_order() {
    let merchant = Arc::new(Merchant::default());
    let place = merchant.start().await;
    let silent = ("# it posts nothing", "shop.rest.yaml", orders_at(&place));
    let mut stage = boutique_with(&place, &[silent]).await;
    pays(&mut stage).await;
    let server = Arc::clone(&stage.running.server);
    let shop = server.registry.shops.shop(stage.scope()).expect("a shop");
    let look = async || reconcile::polled(&server, &shop).await.expect("a store");
    assert_eq!(look().await, Gaps { asked: 1, ..Gaps::default() });
    *merchant.state.lock().expect("nobody panicked") = "cancelled";
    assert_eq!(look().await.gaps.len(), 1);
    stage.hears("Z-1042 was cancelled").await;
    assert_eq!(look().await, Gaps::default(), "an order that has ended is not asked for");
    stage.end().await;

    let mut stage = boutique(&place).await;
    *merchant.state.lock().expect("nobody panicked") = "held";
    pays(&mut stage).await;
    let server = Arc::clone(&stage.running.server);
    let shop = server.registry.shops.shop(stage.scope()).expect("a shop");
    assert_eq!(reconcile::polled(&server, &shop).await.expect("a store"), Gaps::default(), "this one tells");
    stage.end().await;
}

/// What is delivered changes seldom: it is not polled, and the long round still asks for it.
#[tokio::test(flavor = "multi_thread")]
async fn a_delivered_order_is_not_polled_any_more_and_still_reconciled() {
    let merchant = Arc::new(Merchant::default());
    let place = merchant.start().await;
    let orders = orders_at(&place);
    assert!(orders.contains("paid: paid, "));
    let silent =
        ("# it posts nothing", "shop.rest.yaml", orders.replace("paid: paid, ", "paid: paid, done: delivered, "));
    let mut stage = boutique_with(&place, &[silent]).await;
    pays(&mut stage).await;
    let server = Arc::clone(&stage.running.server);
    let shop = server.registry.shops.shop(stage.scope()).expect("a shop");
    let look = async || reconcile::polled(&server, &shop).await.expect("a store");
    *merchant.state.lock().expect("nobody panicked") = "done";
    assert_eq!(look().await.gaps.len(), 1);
    stage.hears("Z-1042 has been delivered").await;
    *merchant.state.lock().expect("nobody panicked") = "cancelled";
    assert_eq!(look().await, Gaps::default());
    let found = reconcile::once(&server, &shop).await.expect("a store");
    assert_eq!((found.asked, found.gaps.len()), (1, 1));
    stage.end().await;
}
