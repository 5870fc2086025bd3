//! Sends: in order, once, judged at the attempt; what is unknown is held, settled by a status, repeated or parked.

use duka_engine::event::EventKind;
use duka_runtime::host::codes;
use duka_runtime::host::incoming::{Arrival, Arrived, Incoming};
use duka_runtime::host::notices::Notice;
use duka_runtime::host::shops::{Portfolio, Shop};
use duka_runtime::host::transport::{Advice, Form, SendAnswer, Whom};
use duka_runtime::id::ShopScope;
use duka_runtime::store::{Delivery, Identity, IdentityKind, NumberHealth, SendState, Store, TemplateRow};

use crate::corner;
use crate::house::{House, on_every_store};

const SECOND_MS: i64 = 1_000;
const HOUR_MS: i64 = 3_600_000;

#[test]
fn messages_of_a_conversation_go_one_after_the_other() {
    on_every_store(async |store: Store| {
        let house = House::new(store).await;
        let conversation = house.begin("1").await;
        house.receive(vec![house.text("1", "m1", "more")]).await.expect("kept");
        assert_eq!(house.outbox.run_once().await.expect("sent"), 1, "the second waits for the first");
        assert_eq!(house.provider.heard(), ["One"]);
        house.settle().await;
        assert_eq!(house.provider.heard(), ["One", "Two", "Three"]);
        assert_eq!(house.states(conversation).await, [SendState::Accepted; 3]);
    });
}

#[test]
fn an_unknown_send_is_held_and_settled_by_its_status() {
    on_every_store(async |store: Store| {
        let house = House::new(store).await;
        let conversation = house.begin("1").await;
        house.provider.answer(SendAnswer::Unknown);
        house.chat("1", "m1", "more").await;
        house.wait(20 * SECOND_MS).await;
        let states = [SendState::Unknown, SendState::Waiting, SendState::Waiting];
        assert_eq!(house.states(conversation).await, states);
        let request = house.provider.requests()[0].clone();
        house.tell(&request, "wamid.x", Delivery::Delivered, 0).await;
        house.settle().await;
        assert_eq!(house.provider.heard(), ["One", "Two", "Three"]);
        assert_eq!(house.states(conversation).await, [SendState::Accepted; 3]);
    });
}

#[test]
fn an_unknown_reply_is_sent_once_more_and_a_late_status_shows_the_duplicate() {
    on_every_store(async |store: Store| {
        let house = House::new(store).await;
        let conversation = house.begin("1").await;
        house.provider.answer(SendAnswer::Unknown);
        house.chat("1", "m1", "a1").await;
        house.wait(40 * SECOND_MS).await;
        assert_eq!(house.provider.heard(), ["ack a1 n=1", "ack a1 n=1"]);
        assert_eq!(house.provider.requests()[1].attempt, 2);
        assert_eq!(house.states(conversation).await, [SendState::Accepted]);
        let mut notices = house.host.notices.listen();
        let first = house.provider.requests()[0].clone();
        house.tell(&first, "wamid.first", Delivery::Sent, 0).await;
        let told = notices.try_recv().expect("a notice");
        assert_eq!(told.notice, Notice::Duplicate { send: first.send });
    });
}

#[test]
fn a_status_that_comes_while_a_repeat_is_prepared_stops_it() {
    on_every_store(async |store: Store| {
        let house = House::new(store).await;
        let conversation = house.begin("1").await;
        house.provider.answer(SendAnswer::Unknown);
        house.chat("1", "m1", "a1").await;
        house.clock.advance(31 * SECOND_MS);
        house.holds.run_once().await.expect("the hold is over");
        let round = house.outbox.claim(10).await.expect("claimed");
        assert_eq!(round.attempts.len(), 1);
        let first = house.provider.requests()[0].clone();
        house.tell(&first, "wamid.first", Delivery::Sent, 0).await;
        for attempt in round.attempts {
            let ended = house.outbox.attempt(attempt).await.expect("not made");
            house.outbox.settle(vec![ended]).await.expect("nothing to settle");
        }
        house.wait(60 * SECOND_MS).await;
        assert_eq!(house.provider.heard(), ["ack a1 n=1"], "once");
        assert_eq!(house.states(conversation).await, [SendState::Accepted]);
    });
}

#[test]
fn a_link_of_unknown_fate_is_parked_and_the_next_message_goes() {
    on_every_store(async |store: Store| {
        let house = House::new(store).await;
        let conversation = house.begin("1").await;
        let mut notices = house.host.notices.listen();
        house.provider.answer(SendAnswer::Unknown);
        house.chat("1", "m1", "page").await;
        house.chat("1", "m2", "a2").await;
        assert_eq!(house.provider.heard().len(), 1, "the reply waits behind the held one");
        house.wait(40 * SECOND_MS).await;
        assert_eq!(house.states(conversation).await, [SendState::Parked, SendState::Accepted]);
        assert_eq!(house.provider.heard()[1], "ack a2 n=1");
        assert!(matches!(notices.try_recv().expect("a notice").notice, Notice::Parked { .. }));
    });
}

#[test]
fn what_was_certainly_not_sent_is_tried_again_with_pauses() {
    on_every_store(async |store: Store| {
        let house = House::new(store).await;
        let conversation = house.begin("1").await;
        house.provider.answer(SendAnswer::NotSent);
        house
            .provider
            .answer(SendAnswer::Refused { error: 131_000, advice: Advice::Retry { most: 3, at_least_ms: 0 } });
        let pair = Advice::Wait { whom: Whom::Customer, ms: 1_000, at_least_ms: 0, alert: false };
        house.provider.answer(SendAnswer::Refused { error: 131_056, advice: pair });
        house.chat("1", "m1", "a1").await;
        assert_eq!(house.provider.heard().len(), 1, "not at once");
        house.wait(60 * SECOND_MS).await;
        assert_eq!(house.provider.heard().len(), 4);
        assert_eq!(house.states(conversation).await, [SendState::Accepted]);
    });
}

#[test]
fn a_reply_whose_window_has_closed_is_not_sent_and_the_flow_hears_of_it() {
    on_every_store(async |store: Store| {
        let house = House::new(store).await;
        let conversation = house.begin("1").await;
        house.receive(vec![house.text("1", "m1", "a1")]).await.expect("kept");
        // Nothing could be sent until five minutes before the window ends.
        house.clock.advance(24 * HOUR_MS - 5 * 60 * SECOND_MS);
        house.outbox.run_once().await.expect("judged");
        assert_eq!(house.provider.heard(), Vec::<String>::new());
        let rows = house.rows(conversation).await;
        assert_eq!((rows[0].facts.state, rows[0].facts.error), (SendState::Failed, codes::WINDOW_CLOSED));
        let mut tx = house.host.store.begin(house.shop).await.expect("a transaction");
        let turns = tx.turns_of(house.shop, conversation, 0, 100).await.expect("the turns");
        assert_eq!(turns.last().map(|turn| turn.turn), Some(2), "a turn was taken for the failure");
    });
}

#[test]
fn a_reply_that_nobody_could_send_for_a_day_expires() {
    on_every_store(async |store: Store| {
        let house = House::new(store).await;
        let conversation = house.begin("1").await;
        house.receive(vec![house.text("1", "m1", "a1")]).await.expect("kept");
        house.clock.advance(24 * HOUR_MS);
        house.settle().await;
        assert_eq!(house.states(conversation).await, [SendState::Expired]);
    });
}

#[test]
fn a_reminder_after_the_window_goes_as_a_template_and_inside_it_as_a_message() {
    on_every_store(async |store: Store| {
        let house = House::new(store).await;
        house.begin("1").await;
        house.chat("1", "m1", "nudge").await;
        house.wait(26 * HOUR_MS).await;
        let last = house.provider.requests().pop().expect("a reminder");
        assert!(matches!(&last.form, Form::Template(template, _) if template.name == "reminder"));

        house.begin("2").await;
        house.chat("2", "n1", "offers").await;
        house.chat("2", "n2", "news").await;
        house.wait(HOUR_MS).await;
        let last = house.provider.requests().pop().expect("an offer");
        assert!(matches!(&last.form, Form::Message(message) if message.text == "Today everything is cheaper."));
    });
}

fn approved(shop: ShopScope) -> TemplateRow {
    TemplateRow {
        shop,
        name: "reminder".into(),
        language: "en".into(),
        status: "APPROVED".into(),
        category: "UTILITY".into(),
        quality: "GREEN".into(),
        vendor_id: 1,
        components: String::new(),
        at_ms: 1,
    }
}

#[test]
fn a_template_that_the_vendor_paused_is_not_asked_for_again() {
    on_every_store(async |store: Store| {
        let house = House::new(store).await;
        house.begin("1").await;
        house.begin("2").await;
        let mut tx = house.host.store.begin(house.shop).await.expect("a transaction");
        tx.put_templates(&[approved(house.shop)]).await.expect("put");
        tx.commit().await.expect("committed");
        house.chat("1", "m1", "nudge").await;
        house.wait(2 * HOUR_MS).await;
        house.chat("2", "n1", "nudge").await;
        let paused = SendAnswer::Refused { error: 132_015, advice: Advice::TemplateRefused { disabled: false } };
        house.provider.answer(paused);
        house.wait(26 * HOUR_MS).await;
        let templates = house.provider.heard().iter().filter(|it| *it == "template reminder").count();
        assert_eq!(templates, 1, "the second was not asked for");
        let is_known = |form: &Form| matches!(form, Form::Template(_, Some(row)) if row.vendor_id == 1);
        assert!(
            house.provider.requests().iter().any(|it| is_known(&it.form)),
            "the first went with what is known of it"
        );
        let second = house.conversation("2").await;
        let last = house.rows(second).await.pop().expect("a send");
        assert_eq!((last.facts.state, last.facts.error), (SendState::Failed, codes::TEMPLATE_UNUSABLE));
    });
}

#[test]
fn a_window_that_only_we_thought_open_is_closed_and_the_template_goes() {
    on_every_store(async |store: Store| {
        let house = House::new(store).await;
        house.begin("1").await;
        house.chat("1", "m1", "offers").await;
        house.chat("1", "m2", "news").await;
        house.provider.answer(SendAnswer::Refused { error: 131_047, advice: Advice::WindowClosed });
        house.wait(HOUR_MS + 10 * SECOND_MS).await;
        let heard = house.provider.heard();
        assert_eq!(heard[heard.len() - 2..], ["Today everything is cheaper.", "template offer"]);
    });
}

#[test]
fn a_window_that_a_status_finds_closed_lets_the_template_go_instead() {
    on_every_store(async |store: Store| {
        let house = House::new(store).await;
        house.begin("1").await;
        house.chat("1", "m1", "offers").await;
        house.chat("1", "m2", "news").await;
        house.wait(HOUR_MS + 10 * SECOND_MS).await;
        let offer = house.provider.requests().pop().expect("an offer");
        assert!(matches!(&offer.form, Form::Message(_)), "inside the window");
        for _ in 0..2 {
            house.tell(&offer, "wamid.offer", Delivery::Failed, 131_047).await;
            house.settle().await;
        }
        let heard = house.provider.heard();
        assert_eq!(heard[heard.len() - 2..], ["Today everything is cheaper.", "template offer"]);
        // Not twice, and what the customer writes opens the window again.
        house.chat("1", "m3", "a1").await;
        assert_eq!(house.provider.heard()[heard.len()..], ["ack a1 n=1"]);
    });
}

#[test]
fn a_message_that_crosses_the_vendors_no_opens_the_window_again() {
    on_every_store(async |store: Store| {
        let house = House::new(store).await;
        let conversation = house.begin("1").await;
        house.receive(vec![house.text("1", "m1", "a1")]).await.expect("kept");
        house.provider.answer(SendAnswer::Refused { error: 131_047, advice: Advice::WindowClosed });
        let round = house.outbox.claim(10).await.expect("claimed");
        house.clock.advance(2 * SECOND_MS);
        house.receive(vec![house.text("1", "m2", "a2")]).await.expect("kept");
        for attempt in round.attempts {
            let ended = house.outbox.attempt(attempt).await.expect("refused");
            house.outbox.settle(vec![ended]).await.expect("settled");
        }
        house.settle().await;
        assert_eq!(house.states(conversation).await, [SendState::Failed, SendState::Accepted]);
        // Without one, everything that is said fails until there is: nothing is tried in vain.
        house.provider.answer(SendAnswer::Refused { error: 131_047, advice: Advice::WindowClosed });
        house.chat("1", "m3", "more").await;
        let rows = house.rows(conversation).await;
        let ends: Vec<_> = rows.iter().skip(2).map(|row| (row.facts.state, row.facts.error)).collect();
        let (failed, closed) = (SendState::Failed, codes::WINDOW_CLOSED);
        assert_eq!(ends, [(failed, 131_047), (failed, closed), (failed, closed)]);
    });
}

#[test]
fn a_user_id_that_a_status_tells_first_finds_the_conversation() {
    on_every_store(async |store: Store| {
        let house = House::new(store).await;
        let conversation = house.begin("1").await;
        house.chat("1", "m1", "a1").await;
        let send = house.provider.requests()[0].send;
        let user = |value: &str| Identity {
            shop: house.shop,
            channel: "whatsapp".into(),
            kind: IdentityKind::User,
            value: value.into(),
        };
        let told = |value: &str| Arrival {
            shop: house.shop,
            key: None,
            received_ms: house.now_ms(),
            what: Arrived::Recipient { send: Some(send), identities: vec![user(value)] },
        };
        house.receive(vec![told("KE.1")]).await.expect("kept");
        let found = async |value: &str| {
            let mut tx = house.host.store.begin(house.shop).await.expect("a transaction");
            tx.find_conversations(&[user(value)]).await.expect("an answer")[0]
        };
        assert_eq!(found("KE.1").await, Some(conversation));
        house.receive(vec![told("KE.2")]).await.expect("kept");
        assert_eq!(found("KE.2").await, None, "somebody else's number by now");
    });
}

#[test]
fn what_a_number_must_wait_and_whom_it_wrote_to_outlive_the_process() {
    on_every_store(async |store: Store| {
        let house = House::new(store).await;
        for customer in ["1", "2", "3"] {
            house.begin(customer).await;
        }
        let mut tx = house.host.store.begin(house.shop).await.expect("a transaction");
        // Two customers a day, of which nine tenths are used: one.
        let health = NumberHealth {
            quality: "GREEN".into(),
            tier: "TIER_2".into(),
            at_ms: house.now_ms(),
            ..NumberHealth::unheard(house.shop, "n1".into())
        };
        tx.put_health(&[health]).await.expect("put");
        tx.commit().await.expect("committed");
        house.chat("1", "m1", "nudge").await;
        house.wait(26 * HOUR_MS).await;
        assert_eq!(house.provider.heard().last().map(String::as_str), Some("template reminder"));
        house.chat("2", "m2", "a2").await;
        let pause = Advice::Wait { whom: Whom::Number, ms: 60_000, at_least_ms: 0, alert: false };
        house.provider.answer(SendAnswer::Refused { error: 130_429, advice: pause });
        house.chat("2", "m3", "a3").await;
        let before = house.provider.heard().len();
        let next = house.restarted(7).await;
        next.wait(50 * SECOND_MS).await;
        assert_eq!(next.provider.heard().len(), before, "the number waits");
        next.wait(20 * SECOND_MS).await;
        assert_eq!(next.provider.heard().len(), before + 1);
        next.chat("3", "m4", "nudge").await;
        next.wait(20 * HOUR_MS).await;
        let templates = next.provider.heard().iter().filter(|it| *it == "template reminder").count();
        assert_eq!(templates, 1, "the day's customers are used up");
    });
}

#[test]
fn shops_of_one_portfolio_share_its_new_customers_of_a_day() {
    on_every_store(async |store: Store| {
        let house = House::new(store).await;
        let sister = house.host.store.shop("sister").await.expect("a scope");
        let both = || {
            let other = Shop::new(sister, "sister".into(), corner::program(), Vec::new(), corner::fixture());
            [corner::shop(corner::program(), Vec::new()), other].map(|mut shop| {
                shop.portfolio = Portfolio::Shared("77".into());
                shop
            })
        };
        house.host.shops.replace(both());
        let mut tx = house.host.store.begin(house.shop).await.expect("a transaction");
        // Two customers a day, of which nine tenths are used: one. Nothing is known of the sister's number.
        let tier = NumberHealth {
            quality: "GREEN".into(),
            tier: "TIER_2".into(),
            at_ms: house.now_ms(),
            ..NumberHealth::unheard(house.shop, "n1".into())
        };
        tx.put_health(&[tier]).await.expect("put");
        tx.commit().await.expect("committed");
        let of_sister = |arrival: Arrival| {
            let what = match arrival.what {
                Arrived::Customer { channel, identities, incoming } => Arrived::Customer {
                    channel,
                    identities: identities.into_iter().map(|it| Identity { shop: sister, ..it }).collect(),
                    incoming: Incoming { number: "n2".into(), ..incoming },
                },
                other => other,
            };
            Arrival { shop: sister, what, ..arrival }
        };
        house.begin("1").await;
        house.chat("1", "m1", "nudge").await;
        house.wait(10 * HOUR_MS).await;
        for (id, text) in [("m2", "hi"), ("m3", "nudge")] {
            house.receive(vec![of_sister(house.text("9", id, text))]).await.expect("kept");
            house.settle().await;
        }
        house.wait(16 * HOUR_MS).await;
        house.wait(12 * HOUR_MS).await;
        let templates = |house: &House| {
            let requests = house.provider.requests();
            let templates = requests.iter().filter(|it| matches!(&it.form, Form::Template(..)));
            templates.map(|it| it.shop == sister).collect::<Vec<_>>()
        };
        assert_eq!(templates(&house), [false], "the portfolio's customers of the day are used up");
        let next = house.restarted(7).await;
        next.host.shops.replace(both());
        next.wait(10 * HOUR_MS).await;
        assert_eq!(templates(&next), [false], "a restart forgets nobody");
        next.wait(4 * HOUR_MS).await;
        assert_eq!(templates(&next), [false, true], "a day later there is room");
    });
}

#[test]
fn a_consent_withdrawn_while_an_offer_is_queued_stops_it() {
    on_every_store(async |store: Store| {
        let house = House::new(store).await;
        let conversation = house.begin("1").await;
        house.chat("1", "m1", "offers").await;
        house.chat("1", "m2", "news").await;
        house.clock.advance(HOUR_MS);
        house.worker.run_once().await.expect("woken");
        assert_eq!(house.said(conversation).await.last().map(String::as_str), Some("template offer"));
        house.receive(vec![house.text("1", "m3", "stop")]).await.expect("kept");
        house.settle().await;
        assert!(!house.provider.heard().iter().any(|it| it.contains("cheaper")), "{:?}", house.provider.heard());
        let offer = house.rows(conversation).await.into_iter().find(|row| row.facts.error == codes::NO_CONSENT);
        assert!(offer.is_some_and(|row| row.facts.state == SendState::Failed));
    });
}

#[test]
fn marketing_waits_for_the_end_of_the_quiet_hours() {
    on_every_store(async |store: Store| {
        let house = House::new(store).await;
        house.begin("1").await;
        // 12:00 in Nairobi; the offer is due at 21:30.
        house.clock.advance(8 * HOUR_MS + HOUR_MS / 2);
        house.chat("1", "m1", "offers").await;
        house.chat("1", "m2", "news").await;
        house.wait(2 * HOUR_MS).await;
        assert!(!house.provider.heard().iter().any(|it| it.contains("cheaper")));
        house.chat("1", "m3", "a1").await;
        assert_eq!(house.provider.heard().last().map(String::as_str), Some("ack a1 n=1"), "answers go past it");
        house.wait(9 * HOUR_MS).await;
        assert!(!house.provider.heard().iter().any(|it| it.contains("cheaper")), "it is 7:30 there");
        house.wait(HOUR_MS).await;
        assert!(house.provider.heard().iter().any(|it| it.contains("cheaper")));
    });
}

#[test]
fn marketing_waits_while_the_number_is_of_low_quality_and_replies_do_not() {
    on_every_store(async |store: Store| {
        let house = House::new(store).await;
        house.begin("1").await;
        let quality = async |quality: &str| {
            let mut tx = house.host.store.begin(house.shop).await.expect("a transaction");
            let row = NumberHealth {
                quality: quality.into(),
                at_ms: house.now_ms(),
                ..NumberHealth::unheard(house.shop, "n1".into())
            };
            tx.put_health(&[row]).await.expect("put");
            tx.commit().await.expect("committed");
        };
        quality("RED").await;
        house.chat("1", "m1", "offers").await;
        house.chat("1", "m2", "news").await;
        house.wait(2 * HOUR_MS).await;
        assert!(!house.provider.heard().iter().any(|it| it.contains("cheaper")));
        house.begin("2").await;
        house.chat("2", "n1", "a1").await;
        assert_eq!(house.provider.heard().last().map(String::as_str), Some("ack a1 n=1"));
        quality("GREEN").await;
        house.wait(HOUR_MS / 2).await;
        assert!(house.provider.heard().iter().any(|it| it.contains("cheaper")));
    });
}

#[test]
fn a_refused_token_stops_the_number_keeps_the_messages_and_is_tried_again() {
    on_every_store(async |store: Store| {
        let house = House::new(store).await;
        let conversation = house.begin("1").await;
        house.begin("2").await;
        let mut notices = house.host.notices.listen();
        for _ in 0..2 {
            house.provider.answer(SendAnswer::Refused { error: 190, advice: Advice::Stop { whom: Whom::Number } });
        }
        house.chat("1", "m1", "a1").await;
        house.chat("2", "n1", "b1").await;
        assert_eq!(house.provider.heard().len(), 1, "nothing more from this number");
        let stopped = Notice::NumberStopped { number: "n1".into(), error: 190 };
        assert_eq!(notices.try_recv().expect("a notice").notice, stopped);
        let health = async || {
            let mut tx = house.host.store.begin(house.shop).await.expect("a transaction");
            tx.health(house.shop).await.expect("the health")[0].stopped.clone()
        };
        assert_eq!(health().await, "190");
        house.wait(60 * SECOND_MS).await;
        assert_eq!(health().await, "");
        assert_eq!(house.states(conversation).await, [SendState::Accepted]);
        assert!(notices.try_recv().is_err(), "told once");
    });
}

#[test]
fn a_failed_status_stops_a_number_for_every_process_and_the_first_message_that_is_taken_clears_it() {
    on_every_store(async |store: Store| {
        let house = House::new(store).await;
        house.begin("1").await;
        house.begin("2").await;
        house.chat("1", "m1", "a1").await;
        let mut notices = house.host.notices.listen();
        let sent = house.provider.requests().pop().expect("an answer was sent");
        house.tell(&sent, "wamid.1", Delivery::Failed, 131_042).await;
        let stopped = Notice::NumberStopped { number: "n1".into(), error: 131_042 };
        assert_eq!(notices.try_recv().expect("a notice").notice, stopped);
        let stopped = async || {
            let mut tx = house.host.store.begin(house.shop).await.expect("a transaction");
            tx.health(house.shop).await.expect("the health")[0].stopped.clone()
        };
        assert_eq!(stopped().await, "131042");
        let next = house.restarted(2).await;
        next.chat("2", "n1", "b1").await;
        assert_eq!(next.provider.heard().len(), 1, "nothing more from this number");
        next.wait(6 * 60 * SECOND_MS).await;
        assert!(next.provider.heard().len() > 1, "it is tried again");
        assert_eq!(stopped().await, "", "by a process that had not stopped it");
    });
}

#[test]
fn a_failed_status_of_a_template_marks_the_template() {
    on_every_store(async |store: Store| {
        let house = House::new(store).await;
        house.begin("1").await;
        house.chat("1", "m1", "nudge").await;
        house.wait(27 * HOUR_MS).await;
        let requests = house.provider.requests();
        let at = requests.iter().position(|request| matches!(request.form, Form::Template(..))).expect("a reminder");
        let mut notices = house.host.notices.listen();
        house.tell(&requests[at], &format!("wamid.{}", at + 1), Delivery::Failed, 132_015).await;
        let refused = Notice::TemplateRefused { name: "reminder".into(), error: 132_015 };
        assert_eq!(notices.try_recv().expect("a notice").notice, refused);
        let mut tx = house.host.store.begin(house.shop).await.expect("a transaction");
        let templates = tx.templates(house.shop).await.expect("the templates");
        assert_eq!(templates.iter().map(|row| row.status.as_str()).collect::<Vec<_>>(), ["PAUSED"]);
    });
}

#[test]
fn a_number_sends_no_faster_than_it_may() {
    on_every_store(async |store: Store| {
        let house = House::new(store).await;
        for n in 0..100 {
            house.begin(&format!("c{n}")).await;
            house.receive(vec![house.text(&format!("c{n}"), &format!("m{n}"), "hello")]).await.expect("kept");
        }
        for _ in 0..10 {
            house.outbox.run_once().await.expect("sent");
        }
        assert!(house.provider.heard().len() <= 25, "{}", house.provider.heard().len());
        for _ in 0..10 {
            house.clock.advance(SECOND_MS / 10);
            house.settle().await;
        }
        let heard = house.provider.heard().len();
        assert!((80..=105).contains(&heard), "{heard}");
    });
}

#[test]
fn a_status_that_tells_of_a_failure_is_an_event_of_the_flow() {
    on_every_store(async |store: Store| {
        let house = House::new(store).await;
        let conversation = house.begin("1").await;
        house.chat("1", "m1", "a1").await;
        let request = house.provider.requests()[0].clone();
        house.tell(&request, "wamid.1", Delivery::Failed, 131_026).await;
        house.tell(&request, "wamid.1", Delivery::Failed, 131_026).await;
        let mut tx = house.host.store.begin(house.shop).await.expect("a transaction");
        let turns = tx.turns_of(house.shop, conversation, 0, 100).await.expect("the turns");
        assert_eq!(turns.len(), 3, "the greeting, one for the word, one for the failure, none for its copy");
    });
}

#[test]
fn a_conversation_with_a_person_is_silent() {
    on_every_store(async |store: Store| {
        let house = House::new(store).await;
        let conversation = house.begin("1").await;
        let opened = house.arrival("1", "echo-1", Incoming::event(EventKind::HandoffOpened));
        house.receive(vec![opened]).await.expect("kept");
        house.chat("1", "m1", "a1").await;
        assert_eq!(house.said(conversation).await, Vec::<String>::new());
        let closed = house.arrival("1", "closed-1", Incoming::event(EventKind::HandoffClosed { note: "".into() }));
        house.receive(vec![closed]).await.expect("kept");
        house.chat("1", "m2", "a2").await;
        assert_eq!(house.provider.heard(), ["ack a2 n=1"]);
    });
}
