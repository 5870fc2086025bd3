//! One suite for every provider, through the real server, against a stand-in that speaks as the provider documents: from the
//! customer's tap to the receipt, with answers that are lost, callbacks that are forged or too early, and money given back.

use std::sync::atomic::Ordering;

use duka_runtime::payments::standing::{Payment, State};
use duka_runtime::store::PaymentRow;

use crate::pay::{browser, shown, to_the_link};
use crate::provider::{Item, SECRETS, StandIn};
use crate::stage::{Stage, environment};

/// A provider, its settings, what 2,500 shillings are on its wire, and how many beginnings a lost answer leads to.
pub struct Case {
    pub kind: &'static str,
    pub settings: &'static str,
    wire: &'static str,
    begun: usize,
    gives_back: bool,
}

pub const CASES: [Case; 5] = [
    Case {
        kind: "stripe",
        settings: "secret_key: file:secret_key, webhook_secret: file:webhook_secret",
        wire: "250000",
        begun: 1,
        gives_back: true,
    },
    Case { kind: "tap", settings: "secret_key: file:secret_key", wire: "2500.00", begun: 1, gives_back: false },
    Case {
        kind: "razorpay",
        settings: "key_id: file:key_id, secret_key: file:secret_key, webhook_secret: file:webhook_secret",
        wire: "250000",
        begun: 1,
        gives_back: true,
    },
    // Its page is told once: what was lost is left, and another is begun under another name.
    Case {
        kind: "paystack",
        settings: "secret_key: file:secret_key, email_domain: zuri.example",
        wire: "250000",
        begun: 2,
        gives_back: true,
    },
    Case {
        kind: "mpesa",
        settings: "consumer_key: file:consumer_key, consumer_secret: file:consumer_secret, passkey: file:passkey, \
                   shortcode: \"174379\"",
        wire: "2500",
        begun: 1,
        gives_back: false,
    },
];

async fn boutique(case: &Case, place: &str) -> Stage {
    let paid = format!("\npayments: {{ provider: {}, url: \"{place}\", {} }}\n", case.kind, case.settings);
    let change = |shop: &std::path::Path| {
        let profile = std::fs::read_to_string(shop.join("shop.yaml")).expect("a profile");
        std::fs::write(shop.join("shop.yaml"), profile + &paid).expect("a writable folder");
        for (name, secret) in SECRETS {
            std::fs::write(shop.join(name), secret).expect("a writable folder");
        }
    };
    Stage::with_folder(change, |settings| settings).await
}

/// Brings a callback to where the provider was told to, and says how it was answered.
pub async fn calls(stage: &Stage, provider: &StandIn, item: &Item, forged: bool) -> u16 {
    let now_s = stage.running.server.host.clock.now_ms() / 1_000;
    let (header, mark, body) = provider.callback(item, now_s);
    let own = format!("{}/webhooks/boutique/payments", stage.base);
    let mut place = if item.hook.is_empty() { own } else { item.hook.clone() };
    let mut mark = mark;
    if forged && header == "content-type" {
        // What has no signature has an address that nobody can guess.
        place = place.replace(|letter: char| letter.is_ascii_digit() && letter != '1', "7");
        place = format!("{}/webhooks/boutique/payments/{}", stage.base, place.rsplit('/').next().expect("a part"));
    } else if forged {
        mark = mark.replace(['a', '3'], "b");
    }
    stage.http.post(place).header(header, mark).body(body).send().await.expect("an answer").status().as_u16()
}

pub async fn rows(stage: &Stage, order: &str) -> Vec<(PaymentRow, Payment)> {
    let scope = stage.scope();
    let mut tx = stage.running.server.host.store.begin(scope).await.expect("a store");
    let rows = tx.payments_of(scope, order).await.expect("rows");
    rows.into_iter().map(|row| (row.clone(), Payment::decode(&row.body).expect("a payment"))).collect()
}

/// Waits until the order's latest payment is there.
pub async fn until(stage: &Stage, order: &str, is: impl Fn(&Payment) -> bool) -> Payment {
    for _ in 0..400 {
        if let Some((_, payment)) = rows(stage, order).await.into_iter().find(|(_, payment)| is(payment)) {
            return payment;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("it does not come to that: {:?}", rows(stage, order).await);
}

async fn conforms(case: &Case) {
    let (provider, place) = StandIn::start(case.kind).await;
    let mut stage = boutique(case, &place).await;
    let link = to_the_link(&mut stage).await;
    let (browser, prompts) = (browser(), case.kind == "mpesa");

    // The answer to the first tap is lost, after it was done.
    provider.lost.store(1, Ordering::Relaxed);
    let first = shown(browser.post(&link)).await;
    assert_eq!(first.status, 503, "{}: {}", case.kind, first.html);
    assert_eq!(provider.items().len(), 1);
    let second = shown(browser.post(&link)).await;
    if prompts {
        assert_eq!(second.status, 503, "no second prompt while the first may be open");
    } else {
        assert_eq!((second.status, second.place), (303, format!("http://127.0.0.1:1/{}", case.kind)));
    }
    let items = provider.items();
    assert_eq!(items.len(), case.begun, "{}: {items:?}", case.kind);
    let item = items.last().expect("one was begun");
    assert_eq!(item.amount, case.wire, "{}", case.kind);
    let asked = item.asked.to_string();
    let tells_phone = matches!(case.kind, "mpesa" | "razorpay" | "tap");
    assert_eq!(asked.contains("700000001"), tells_phone, "{}: {asked}", case.kind);

    // Forged: refused. Signed, but nothing was paid: heard, asked about, and not believed (F88).
    assert_eq!(calls(&stage, &provider, &Item { status: "paid", ..item.clone() }, true).await, 401, "{}", case.kind);
    assert_eq!(calls(&stage, &provider, &Item { status: "paid", ..item.clone() }, false).await, 200, "{}", case.kind);
    until(&stage, "Z-1043", |payment| payment.claimed.is_some() && payment.unanswered > 0).await;

    // Another amount than was quoted: an alarm (F84).
    let less =
        Item { status: "paid", amount: if case.kind == "tap" { "1.00" } else { "1" }.to_string(), ..item.clone() };
    assert_eq!(calls(&stage, &provider, &less, false).await, 200);
    until(&stage, "Z-1043", |payment| !payment.alarms.is_empty()).await;
    assert!(stage.sees_nothing().await, "{}: nothing was paid", case.kind);

    // Paid, told twice.
    let paid = provider.moves("paid");
    assert_eq!(calls(&stage, &provider, &paid, false).await, 200);
    assert_eq!(calls(&stage, &provider, &paid, false).await, 200);
    stage.hears_all(&["We are packing order Z-1043", "May we tell you", "Z-1043 is paid: KES 2,500"]).await;
    assert_eq!(until(&stage, "Z-1043", |payment| payment.state.is_money()).await.state, State::Paid);
    assert!(shown(browser.get(&link)).await.html.contains("This order is paid"));

    // Of a payment that nobody knows: kept for a person, and moves nothing.
    if !prompts {
        let stranger = Item { ours: "ab".repeat(16), id: "unknown".to_string(), ..paid.clone() };
        let expected = if case.kind == "tap" { 401 } else { 200 };
        assert_eq!(calls(&stage, &provider, &stranger, false).await, expected, "{}", case.kind);
    }
    if case.gives_back {
        let back = provider.moves("refunded");
        assert_eq!(calls(&stage, &provider, &back, false).await, 200);
        stage.hears("The money for order Z-1043 is on its way back to you").await;
        until(&stage, "Z-1043", |payment| payment.state == State::Refunded).await;
    }
    assert!(stage.sees_nothing().await, "{}", case.kind);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stripe_conforms() {
    conforms(&CASES[0]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tap_conforms() {
    conforms(&CASES[1]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn razorpay_conforms() {
    conforms(&CASES[2]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn paystack_conforms() {
    conforms(&CASES[3]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mpesa_conforms() {
    conforms(&CASES[4]).await;
}

/// A prompt is on the phone that the customer names, can be declined, and another be asked for.
#[tokio::test(flavor = "multi_thread")]
async fn a_prompt_that_was_declined_is_followed_by_another() {
    let (provider, place) = StandIn::start("mpesa").await;
    let mut stage = boutique(&CASES[4], &place).await;
    let link = to_the_link(&mut stage).await;
    let browser = browser();
    // A card's number goes nowhere.
    let card = shown(browser.post(&link).body("phone=4111+1111+1111+1111")).await;
    assert!(card.status == 422 && card.html.contains("This phone can not pay"), "{}: {}", card.status, card.html);
    assert!(card.html.contains("<label for=\"phone\">") && !card.html.contains("4111"), "{}", card.html);
    assert!(provider.items().is_empty());
    let prompted = shown(browser.post(&link).body("phone=0711+222+333")).await;
    assert_eq!((prompted.status, prompted.place.as_str()), (303, link.as_str()));
    let page = shown(browser.get(&link)).await.html;
    assert!(page.contains("Look at your phone") && !page.contains("<form"), "{page}");
    assert_eq!(provider.items()[0].asked["PhoneNumber"], "254711222333");
    assert_eq!(provider.items()[0].asked["PartyB"], "174379");
    let item = provider.moves("failed");
    assert_eq!(calls(&stage, &provider, &item, false).await, 200);
    stage.hears("The payment did not go through").await;
    let page = shown(browser.get(&link)).await.html;
    assert!(page.contains("You can try once more") && page.contains("<label for=\"phone\">"), "{page}");
    assert_eq!(shown(browser.post(&link)).await.status, 303);
    let items = provider.items();
    assert_eq!((items.len(), &items[1].asked["PhoneNumber"]), (2, &serde_json::json!("254700000001")));
    let item = provider.moves("paid");
    assert_eq!(calls(&stage, &provider, &item, false).await, 200);
    stage.hears_all(&["We are packing order Z-1043", "is paid: KES 2,500"]).await;
    stage.end().await;
}

/// A provider at an address of the shop's own is asked where the operator wants it to be, and nowhere else.
#[tokio::test(flavor = "multi_thread")]
async fn a_provider_where_the_operator_does_not_want_it_to_be_is_not_asked() {
    let (provider, place) = StandIn::start("stripe").await;
    let mut stage = boutique(&CASES[0], &place).await;
    let link = to_the_link(&mut stage).await;
    let path = stage.folder.path().join("duka.toml");
    let settings = std::fs::read_to_string(&path).expect("settings");
    let reload = async |host: &str| {
        std::fs::write(&path, format!("{settings}\n[adapters]\nhosts = [\"{host}\"]\n")).expect("a writable folder");
        let environment = environment();
        let config = duka_runtime::config::load(Some(&path), &environment).expect("sound settings");
        stage.running.reload(&config, &environment).await.expect("read again")
    };
    let troubles = reload("api.elsewhere.example").await.troubles;
    assert!(troubles[0].to_string().contains("`payments` is answered by `127.0.0.1`"), "{troubles:?}");
    assert_eq!(shown(browser().post(&link)).await.status, 503);
    assert!(provider.items().is_empty());
    assert!(reload("127.0.0.1").await.troubles.is_empty());
    assert_eq!(shown(browser().post(&link)).await.status, 303);
    assert_eq!(provider.items().len(), 1);
    stage.end().await;
}

/// What a shop can not be opened with is said with its line and what to write.
#[test]
fn settings_of_providers_are_judged_by_name() {
    use duka_dsl::span::FileId;
    use duka_runtime::config::Keyring;
    use duka_runtime::payments::till::Said;
    let judged = |payments: &str| {
        let text = format!("name: Zuri\ncurrency: KES\nlanguages: [en]\npayments: {payments}\n");
        let (shop, _) = duka_dsl::config::shop::read(FileId(0), &text);
        let path = std::path::Path::new("shop.yaml");
        Said::of(&shop, path, &text, &Keyring::strict(&vec![("KEY".to_string(), "k".to_string())]))
            .map(|said| said.is_some())
            .map_err(|wrong| format!("{:?}: {}", wrong.line.unwrap_or(0), wrong.message))
    };
    assert_eq!(judged("{ methods: [cash] }"), Ok(false));
    assert_eq!(judged("{ provider: demo }"), Ok(true));
    assert_eq!(judged("{ provider: strip }"), Err("4: there is no payment provider `strip`".to_string()));
    assert_eq!(judged("{ provider: tap }"), Err("4: `tap` needs `secret_key`".to_string()));
    assert_eq!(
        judged("{ provider: paystack, secret_key: env:KEY }"),
        Err("4: `paystack` needs `email_domain`".to_string())
    );
    assert_eq!(judged("{ provider: tap, secret_key: env:KEY }"), Ok(true));
    assert_eq!(judged("{ provider: tap, secret_key: env:KE }"), Err("4: the environment has no `KE`".to_string()));
    assert_eq!(judged("{ provider: demo, keys: 1 }"), Err("4: `demo` has no setting `keys`".to_string()));
    assert_eq!(judged("{ provider: demo, unwanted: keep }"), Err("4: `unwanted` is not known".to_string()));
    let old = |old: &str| judged(&format!("{{ provider: tap, secret_key: env:KEY, old: {{ {old} }} }}"));
    assert_eq!(old("provider: paystack, secret_key: env:KEY, email_domain: a.example"), Ok(true));
    assert_eq!(old("provider: stripe, secret_key: env:KEY"), Err("4: `stripe` needs `webhook_secret`".to_string()));
    assert_eq!(old("provider: strip"), Err("4: there is no payment provider `strip`".to_string()));
    assert_eq!(
        old("provider: tap, secret_key: env:KEY"),
        Err("4: `old` names the same provider once more".to_string())
    );
}
