//! The vendor's table of error codes, every row of it, through the outbox: how often a refused message is tried, whom else
//! it keeps waiting, what people hear, and when it is given up.

use duka_runtime::channel::whatsapp::classify::{Answer, Learned, NOT_KNOWN, RULES, Refused, Rule, Then};
use duka_runtime::host::codes;
use duka_runtime::host::incoming::{Arrival, Arrived, Incoming};
use duka_runtime::host::shops::Shop;
use duka_runtime::host::transport::{Form, SendAnswer, SendRequest, Whom};
use duka_runtime::id::ShopScope;
use duka_runtime::server::told;
use duka_runtime::store::{Delivery, Identity, Lane, SendState, StatusUpdate, Store};

use crate::corner;
use crate::house::{House, on_every_store};

const SECOND_MS: i64 = 1_000;
const HOUR_MS: i64 = 3_600_000;

/// The vendor's answer with this code, as the outbox gets it.
fn refusal(code: i32, lane: Lane) -> SendAnswer {
    told(Answer::Refused(Refused { http: 400, code, ..Refused::default() }), lane)
}

/// The vendor refuses every such message of these senders.
fn refuses(house: &House, code: i32, whom: impl Fn(&SendRequest) -> bool + Send + 'static) {
    house.provider.says(move |request| {
        let is_answer = matches!(&request.form, Form::Message(message) if message.text.starts_with("ack "));
        (is_answer && whom(request)).then(|| refusal(code, request.lane))
    });
}

/// The same from another number, or to another shop.
pub fn by_number(arrival: Arrival, shop: ShopScope, number: &str) -> Arrival {
    let what = match arrival.what {
        Arrived::Customer { channel, identities, incoming } => Arrived::Customer {
            channel,
            identities: identities.into_iter().map(|it| Identity { shop, ..it }).collect(),
            incoming: Incoming { number: number.into(), ..incoming },
        },
        other => other,
    };
    Arrival { shop, what, ..arrival }
}

/// What a refused answer led to.
#[derive(Debug, PartialEq)]
struct Led {
    /// How often it was tried within a day.
    tries: usize,
    /// Of a neighbour at the same number, at another number of the shop, and at another shop of the app: who was written
    /// to at once.
    others: [bool; 3],
    /// Kinds of notices, once each.
    heard: Vec<&'static str>,
    end: (SendState, i32),
}

/// Customers of one number, of another, and of another shop of the same app.
struct Street {
    house: House,
    sister: ShopScope,
}

impl Street {
    async fn new(store: Store) -> Street {
        let house = House::new(store).await;
        let sister = house.host.store.shop("sister").await.expect("a scope");
        let other = Shop::new(sister, "sister".into(), corner::program(), Vec::new(), corner::fixture());
        house.host.shops.replace([corner::shop(corner::program(), Vec::new()), other]);
        let street = Street { house, sister };
        for (customer, shop, number) in street.customers() {
            street.says(customer, shop, number, "hi").await;
        }
        street
    }

    fn customers(&self) -> [(&'static str, ShopScope, &'static str); 4] {
        let shop = self.house.shop;
        [("1", shop, "n1"), ("2", shop, "n1"), ("3", shop, "n2"), ("4", self.sister, "n3")]
    }

    async fn says(&self, customer: &str, shop: ShopScope, number: &str, text: &str) {
        let arrival = self.house.text(customer, &format!("{text}-{customer}"), text);
        self.house.receive(vec![by_number(arrival, shop, number)]).await.expect("kept");
        self.house.settle().await;
    }

    fn tries(&self, customer: &str) -> usize {
        let is_it = |request: &&SendRequest| {
            let answers = matches!(&request.form, Form::Message(message) if message.text.starts_with("ack "));
            answers && request.identities.iter().any(|identity| identity.value == customer)
        };
        self.house.provider.requests().iter().filter(is_it).count()
    }
}

async fn led(code: i32, reach: Option<Whom>) -> Led {
    let street = Street::new(Store::memory()).await;
    let house = &street.house;
    let (shop, sister) = (house.shop, street.sister);
    let mut notices = house.host.notices.listen();
    refuses(house, code, move |request| match reach {
        None | Some(Whom::Customer) => request.identities.iter().any(|identity| identity.value == "1"),
        Some(Whom::Number) => request.number == "n1",
        Some(Whom::Shop) => request.shop == shop,
        Some(Whom::App) => request.shop == shop || request.shop == sister,
    });
    for (customer, shop, number) in street.customers() {
        street.says(customer, shop, number, &format!("a{customer}")).await;
    }
    let others = ["2", "3", "4"].map(|customer| street.tries(customer) > 0);
    house.wait(25 * HOUR_MS).await;
    let mut heard = Vec::new();
    while let Ok(told) = notices.try_recv() {
        heard.push(told.notice.name());
    }
    let conversation = house.conversation("1").await;
    let row = house.rows(conversation).await.into_iter().next().expect("an answer");
    Led { tries: street.tries("1"), others, heard, end: (row.facts.state, row.facts.error) }
}

fn reach_of(rule: &Rule) -> Option<Whom> {
    match rule.then {
        Then::Wait { whom, .. } | Then::Stop { whom } => Some(whom),
        Then::Again { .. } | Then::FallBack | Then::Fail => None,
    }
}

#[tokio::test]
async fn every_row_of_the_table_is_what_the_outbox_does() {
    for rule in RULES.iter().chain([&NOT_KNOWN]) {
        let code = if rule.is_known() { rule.first } else { 199_999 };
        let reach = reach_of(rule);
        let led = led(code, reach).await;
        let others = match reach {
            None | Some(Whom::Customer) => [true; 3],
            Some(Whom::Number) => [false, true, true],
            Some(Whom::Shop) => [false, false, true],
            Some(Whom::App) => [false; 3],
        };
        assert_eq!(led.others, others, "{rule:?}");
        let (least, most, end) = match rule.then {
            Then::Again { most } => (most as usize, most as usize, SendState::Failed),
            Then::FallBack | Then::Fail => (1, 1, SendState::Failed),
            Then::Wait { whom: Whom::Customer, .. } => (5, 20, led.end.0),
            Then::Wait { .. } | Then::Stop { .. } => (5, 60, SendState::Expired),
        };
        assert!((least..=most).contains(&led.tries), "{} times: {rule:?}", led.tries);
        assert_eq!(led.end.0, end, "{rule:?}");
        if end == SendState::Failed {
            assert_eq!(led.end.1, code, "{rule:?}");
        }
        let heard: &[&str] = match (rule.then, rule.learned) {
            (Then::Stop { .. }, _) => &["number_stopped"],
            (Then::Wait { .. }, _) if rule.alert => &["number_warned"],
            // Told by the template, or the form, that is refused: the answer was neither.
            (_, Learned::Template(_) | Learned::FormBlocked) => &[],
            (_, _) if rule.alert => &["not_delivered"],
            (_, _) => &[],
        };
        assert_eq!(led.heard, heard, "{rule:?}");
    }
}

#[test]
fn what_stops_a_shop_stops_all_its_numbers_until_one_message_is_taken() {
    on_every_store(async |store: Store| {
        let street = Street::new(store).await;
        let house = &street.house;
        let shop = house.shop;
        refuses(house, 190, move |request| request.shop == shop);
        street.says("1", shop, "n1", "a1").await;
        street.says("3", shop, "n2", "a3").await;
        house.wait(60 * SECOND_MS).await;
        let stopped = async || {
            let mut tx = house.host.store.begin(shop).await.expect("a transaction");
            let rows = tx.health(shop).await.expect("the health");
            rows.into_iter().filter(|row| !row.stopped.is_empty()).map(|row| row.number).collect::<Vec<_>>()
        };
        assert!(stopped().await.contains(&"n1".into()), "{:?}", stopped().await);
        let tries = street.tries("1") + street.tries("3");
        assert!((2..=5).contains(&tries), "one message at a time finds out: {tries}");
        house.provider.says(|_| None);
        house.wait(10 * 60 * SECOND_MS).await;
        assert_eq!(stopped().await, Vec::<smol_str::SmolStr>::new());
        for customer in ["1", "3"] {
            let conversation = house.conversation(customer).await;
            assert_eq!(house.states(conversation).await, [SendState::Accepted], "{customer}");
        }
    });
}

#[test]
fn a_failed_status_stops_all_numbers_of_the_shop_for_every_process() {
    on_every_store(async |store: Store| {
        let street = Street::new(store).await;
        let shop = street.house.shop;
        street.says("1", shop, "n1", "a1").await;
        street.says("3", shop, "n2", "a3").await;
        let before = street.house.provider.requests();
        let sent = before.first().expect("an answer");
        street.house.tell(sent, "wamid.1", Delivery::Failed, 131_042).await;
        let next = street.house.restarted(2).await;
        let other = by_number(next.text("3", "m9", "a9"), shop, "n2");
        next.receive(vec![other]).await.expect("kept");
        next.settle().await;
        assert_eq!(next.provider.requests().len(), before.len(), "its other number waits as well");
        next.wait(6 * 60 * SECOND_MS).await;
        assert!(next.provider.requests().len() > before.len(), "and is tried again");
    });
}

#[test]
fn pauses_are_what_the_vendor_asks_for() {
    on_every_store(async |store: Store| {
        let house = House::new(store).await;
        house.begin("1").await;
        refuses(&house, 131_056, |_| true);
        let begun_ms = house.now_ms();
        house.receive(vec![house.text("1", "m1", "a1")]).await.expect("kept");
        house.settle().await;
        let mut tried_s = Vec::new();
        for _ in 0..100 {
            let before = house.provider.heard().len();
            house.wait(SECOND_MS).await;
            if house.provider.heard().len() > before {
                tried_s.push((house.now_ms() - begun_ms) / SECOND_MS);
            }
        }
        assert_eq!(tried_s, [1, 5, 21, 85], "1, 4, 16, 64 seconds");

        let house = House::new(Store::memory()).await;
        let conversation = house.begin("1").await;
        let busy = Refused { http: 503, code: 2, retry_after_ms: Some(90_000), ..Refused::default() };
        house.provider.answer(told(Answer::Refused(busy), Lane::Service));
        house.chat("1", "m1", "a1").await;
        house.wait(85 * SECOND_MS).await;
        assert_eq!(house.provider.heard().len(), 1, "Retry-After is kept");
        house.wait(10 * SECOND_MS).await;
        assert_eq!(house.states(conversation).await, [SendState::Accepted]);

        let full = Refused { http: 400, code: 4, retry_after_ms: Some(3_000), ..Refused::default() };
        house.provider.answer(told(Answer::Refused(full), Lane::Service));
        house.chat("1", "m2", "a2").await;
        house.wait(2 * SECOND_MS).await;
        assert_eq!(house.provider.heard().len(), 3);
        house.wait(2 * SECOND_MS).await;
        assert_eq!(house.provider.heard().len(), 4, "what is told counts, not the five minutes of the table");
    });
}

#[test]
fn an_unknown_code_is_not_tried_again_with_marketing() {
    on_every_store(async |store: Store| {
        let house = House::new(store).await;
        house.begin("1").await;
        house.chat("1", "m1", "offers").await;
        house.chat("1", "m2", "news").await;
        let mut notices = house.host.notices.listen();
        house.provider.says(|request| (request.lane == Lane::Marketing).then(|| refusal(199_999, request.lane)));
        house.wait(3 * HOUR_MS).await;
        let heard = house.provider.heard();
        assert_eq!(heard.iter().filter(|it| it.contains("cheaper")).count(), 1, "{heard:?}");
        assert_eq!(notices.try_recv().expect("a notice").notice.name(), "not_delivered");
    });
}

/// What the offers of the corner came to: how often they were tried, and what else was sent after the first.
fn offers(house: &House) -> usize {
    house.provider.requests().iter().filter(|request| request.lane == Lane::Marketing).count()
}

/// The customer asks for news, and an hour later there is an offer.
async fn news(house: &House, id: &str) {
    house.chat("1", id, "news").await;
    house.wait(HOUR_MS + 10 * SECOND_MS).await;
}

#[test]
fn a_customer_who_had_enough_marketing_gets_none_for_a_day() {
    for code in [131_049, 130_472] {
        on_every_store(async |store: Store| {
            let house = House::new(store).await;
            let conversation = house.begin("1").await;
            house.chat("1", "m1", "offers").await;
            house.provider.says(move |request| (request.lane == Lane::Marketing).then(|| refusal(code, request.lane)));
            news(&house, "m2").await;
            assert_eq!(offers(&house), 1, "not tried again");
            house.provider.says(|_| None);
            news(&house, "m3").await;
            house.chat("1", "m4", "a4").await;
            assert_eq!(house.provider.heard().last().map(String::as_str), Some("ack a4 n=1"), "answers go past it");
            house.wait(22 * HOUR_MS).await;
            assert_eq!(offers(&house), 1, "the second waits, in every process");
            let next = house.restarted(3).await;
            next.wait(HOUR_MS + HOUR_MS / 2).await;
            assert_eq!(offers(&next), 2, "a day later it goes");
            let failed = next.rows(conversation).await.into_iter().filter(|row| row.facts.state == SendState::Failed);
            assert_eq!(failed.map(|row| row.facts.error).collect::<Vec<_>>(), [code]);
        });
    }
}

#[test]
fn an_offer_that_a_status_says_was_one_too_many_is_the_last_for_a_day() {
    on_every_store(async |store: Store| {
        let house = House::new(store).await;
        let conversation = house.begin("1").await;
        house.chat("1", "m1", "offers").await;
        news(&house, "m2").await;
        let offer = house.provider.requests().pop().expect("an offer");
        house.tell(&offer, "wamid.offer", Delivery::Failed, 131_049).await;
        house.settle().await;
        let mut tx = house.host.store.begin(house.shop).await.expect("a transaction");
        let entries = tx.consents_of(house.shop, conversation).await.expect("the ledger");
        let capped = entries.iter().find(|entry| entry.name == "marketing capped").expect("it is kept");
        assert_eq!((capped.given, capped.proof.as_str()), (false, "131049"));
        drop(tx);
        news(&house, "m4").await;
        assert_eq!(offers(&house), 1, "none for a day");
    });
}

#[test]
fn who_could_not_be_reached_gets_no_marketing_until_they_write() {
    on_every_store(async |store: Store| {
        let house = House::new(store).await;
        let conversation = house.begin("1").await;
        house.chat("1", "m1", "offers").await;
        house.chat("1", "m2", "news").await;
        let sent = house.provider.requests().pop().expect("a word");
        house.wait(60 * SECOND_MS).await;
        house.tell(&sent, "wamid.9", Delivery::Failed, 131_026).await;
        house.wait(2 * HOUR_MS).await;
        assert_eq!(offers(&house), 0);
        let failed = house.rows(conversation).await.into_iter().filter(|row| row.send.lane == Lane::Marketing);
        let codes_of: Vec<i32> = failed.map(|row| row.facts.error).collect();
        assert_eq!(codes_of, [codes::UNREACHABLE]);
        news(&house, "m3").await;
        assert_eq!(offers(&house), 1, "they have written since");
    });
}

#[test]
fn nothing_is_begun_with_who_may_be_somebody_else_or_with_a_closed_country() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        for (code, customer, neighbour, expected) in [
            (137_000, "254700000001", "254700000002", [codes::IDENTITY_CHANGED, 0]),
            (130_497, "254700000001", "254700000002", [codes::COUNTRY_CLOSED, codes::COUNTRY_CLOSED]),
            (130_497, "254700000001", "919900000002", [codes::COUNTRY_CLOSED, 0]),
        ] {
            let house = House::new(Store::memory()).await;
            for customer in [customer, neighbour] {
                house.begin(customer).await;
                house.chat(customer, &format!("nudge-{customer}"), "nudge").await;
            }
            house.wait(25 * HOUR_MS).await;
            let mut notices = house.host.notices.listen();
            let first = house.provider.requests().into_iter().next().expect("a word");
            let update = StatusUpdate {
                shop: house.shop,
                send: Some(first.send),
                provider_id: "wamid.1".into(),
                status: Delivery::Failed,
                at_ms: house.now_ms(),
                error: code,
                category: "".into(),
                pricing: "".into(),
                market: 254,
                free_until_ms: 0,
            };
            let what = Arrived::Status(update);
            let arrival = Arrival { shop: house.shop, key: None, received_ms: house.now_ms(), what };
            house.receive(vec![arrival]).await.expect("kept");
            assert_eq!(notices.try_recv().expect("a notice").notice.name(), "not_delivered", "{code}");
            house.wait(2 * HOUR_MS).await;
            let mut ends = Vec::new();
            for customer in [customer, neighbour] {
                let conversation = house.conversation(customer).await;
                let rows = house.rows(conversation).await;
                let reminder = rows.iter().find(|row| row.send.lane == Lane::Utility).expect("a reminder");
                ends.push(reminder.facts.error);
            }
            assert_eq!(ends, expected, "{code} {neighbour}");
        }
    });
}

#[test]
fn a_refused_country_is_closed_by_the_answer_as_well() {
    on_every_store(async |store: Store| {
        let house = House::new(store).await;
        house.begin("254700000001").await;
        let neighbour = house.begin("254700000002").await;
        house.chat("254700000002", "m1", "nudge").await;
        house.wait(25 * HOUR_MS).await;
        refuses(&house, 130_497, |_| true);
        house.chat("254700000001", "m2", "a1").await;
        house.wait(2 * HOUR_MS).await;
        let reminder = house.rows(neighbour).await.pop().expect("a reminder");
        assert_eq!((reminder.send.lane, reminder.facts.error), (Lane::Utility, codes::COUNTRY_CLOSED));
    });
}
