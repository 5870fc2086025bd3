//! A turn alone: a conversation and an event in, what is to be committed out.

use std::sync::Arc;

use duka_engine::effect::{CallRequest, EffectId, EffectKind};
use duka_engine::event::{CartItem, EventKind, Inbound, Outcome};
use duka_engine::outbound::Outbound;
use duka_engine::value::Value;
use duka_runtime::host::incoming::{Act, Incoming};
use duka_runtime::host::mint::Mint;
use duka_runtime::host::notices::Notice;
use duka_runtime::host::shops::{Found, Shop};
use duka_runtime::host::turn::{Automated, Before, Context, Taken, TurnError, TurnLimits, take};
use duka_runtime::id::{ConversationId, ShopScope};
use duka_runtime::store::{Conversation, FreeEntry, Lane};

use crate::corner;

const NOW_MS: i64 = 1_795_251_600_000;
const HOUR_MS: i64 = 3_600_000;

struct Chat {
    shop: Shop,
    mint: Mint,
    limits: TurnLimits,
    row: Conversation,
    automated: Automated,
    now_ms: i64,
}

impl Chat {
    fn new() -> Chat {
        let row = Conversation {
            shop: ShopScope::numbered(corner::SHOP),
            id: ConversationId(7),
            channel: "whatsapp".into(),
            number: "n1".into(),
            session: Vec::new(),
            turn: 0,
            last_inbound_ms: 0,
            free: FreeEntry::None,
            wake_at_ms: None,
            handed_over: false,
            pending: 0,
        };
        Chat {
            shop: corner::shop(corner::program(), Vec::new()),
            mint: Mint::seeded(1),
            limits: TurnLimits::default(),
            row,
            automated: Automated::default(),
            now_ms: NOW_MS,
        }
    }

    /// After the customer's first word.
    fn begun() -> Chat {
        let mut chat = Chat::new();
        chat.says("hi");
        chat
    }

    fn take(&mut self, mut incoming: Incoming) -> Taken {
        let cx = Context { shop: &self.shop, now_ms: self.now_ms, mint: &self.mint, limits: &self.limits };
        let before = Before { row: &self.row, session: None, automated: self.automated };
        let taken = take(&cx, before, &mut incoming).expect("the turn is taken");
        self.row = taken.row.clone();
        self.automated = taken.automated;
        taken
    }

    fn says(&mut self, text: &str) -> Taken {
        let mut incoming = Incoming::event(EventKind::Inbound(Inbound::Text(text.into())));
        incoming.provider_ms = self.now_ms - 2_000;
        self.take(incoming)
    }

    fn wakes(&mut self) -> Taken {
        self.now_ms = self.row.wake_at_ms.expect("a wake-up was asked for");
        self.take(Incoming::event(EventKind::Wake))
    }

    fn answered(&mut self, asked: &Taken, outcome: Outcome) -> Taken {
        let call = &asked.calls[0];
        let call = EffectId { turn: call.turn, index: call.index };
        self.take(Incoming::event(EventKind::Result { call, outcome }))
    }
}

fn texts(taken: &Taken) -> Vec<String> {
    let text = |body: &[u8]| match postcard::from_bytes(body).expect("an encoded message") {
        Outbound::Message(message) => message.text,
        Outbound::Template(template) => format!("template {}", template.name),
    };
    taken.sends.iter().map(|send| text(&send.body)).collect()
}

#[test]
fn a_turn_gives_the_row_the_sends_and_the_record() {
    let mut chat = Chat::new();
    assert_eq!(texts(&chat.says("hi")), Vec::<String>::new(), "a first word begins the conversation");
    let taken = chat.says("a1");
    assert_eq!(texts(&taken), ["ack a1 n=1"]);
    assert_eq!((taken.row.turn, taken.record.turn, taken.sends[0].turn), (2, 1, 1));
    assert_eq!(taken.row.last_inbound_ms, NOW_MS - 2_000);
    assert_eq!(taken.row.wake_at_ms, Some(NOW_MS + 20 * HOUR_MS));
    assert_eq!(taken.sends[0].lane, Lane::Service);
    assert_eq!(taken.record.revision, chat.shop.program.revision.0);
    assert_eq!(texts(&chat.says("a2")), ["ack a2 n=2"]);
}

#[test]
fn a_message_longer_than_the_channel_takes_is_several_sends_of_one_effect() {
    let mut chat = Chat::begun();
    let long = "word ".repeat(1_000);
    let taken = chat.says(&long);
    let said = texts(&taken);
    assert_eq!(said.len(), 2);
    assert!(said.iter().all(|text| text.len() <= 4_096) && said[0].starts_with("ack word") && said[1].ends_with("n=1"));
    assert_eq!((taken.sends[0].turn, taken.sends[0].index), (taken.sends[1].turn, taken.sends[1].index));
    assert_ne!(taken.sends[0].id, taken.sends[1].id);
}

#[test]
fn the_same_turn_twice_gives_the_same_bytes() {
    let turn = || {
        let taken = Chat::new().says("a1");
        (taken.row, taken.sends, taken.record)
    };
    assert_eq!(turn(), turn());
}

#[test]
fn a_remembered_session_and_the_stored_one_give_the_same() {
    let mut chat = Chat::new();
    let session = chat.says("a1").session;
    let row = chat.row.clone();
    let from_bytes = chat.says("a2");
    let cx = Context { shop: &chat.shop, now_ms: NOW_MS, mint: &chat.mint, limits: &chat.limits };
    let mut incoming = Incoming::event(EventKind::Inbound(Inbound::Text("a2".into())));
    incoming.provider_ms = NOW_MS - 2_000;
    let before = Before { row: &row, session: Some(session), automated: Automated::default() };
    let from_memory = take(&cx, before, &mut incoming).expect("the turn is taken");
    assert_eq!(from_memory.row, from_bytes.row);
    assert_eq!(from_memory.record, from_bytes.record);
}

#[test]
fn a_call_is_asked_for_and_its_result_goes_on() {
    let mut chat = Chat::begun();
    let asked = chat.says("bag");
    assert_eq!(texts(&asked), Vec::<String>::new());
    let request: CallRequest = postcard::from_bytes(&asked.calls[0].body).expect("an encoded request");
    assert_eq!((request.name.as_str(), asked.calls[0].query), ("catalog.product", true));
    assert_eq!(chat.says("z").sends.len(), 0, "a word while the call is under way waits");
    let refused = chat.answered(&asked, Outcome::Refused { code: "not_found".into() });
    assert_eq!(texts(&refused), ["That did not work.", "ack z n=1"]);
}

#[test]
fn the_word_stop_withdraws_consent_also_while_a_person_has_the_conversation() {
    let mut chat = Chat::begun();
    chat.says("offers");
    let handed = chat.take(Incoming::event(EventKind::HandoffOpened));
    assert!(handed.row.handed_over);
    let stopped = chat.says("STOP");
    assert_eq!(texts(&stopped), Vec::<String>::new(), "a person has the conversation");
    let kept: Vec<_> = stopped.consents.iter().map(|it| (it.name.as_str(), it.given, it.proof.as_str())).collect();
    assert_eq!(kept, [("offers", false, "stop word"), ("marketing", false, "stop word")]);
}

#[test]
fn the_vendors_own_switch_withdraws_every_consent() {
    let mut chat = Chat::begun();
    chat.says("offers");
    let mut incoming = Incoming::event(EventKind::Wake);
    incoming.act = Act::Marketing { given: false };
    incoming.proof = "user_preferences".into();
    let taken = chat.take(incoming);
    let names: Vec<_> = taken.consents.iter().map(|it| (it.name.as_str(), it.given)).collect();
    assert_eq!(names, [("marketing", false), ("offers", false)]);
    assert!(taken.session.consents.iter().all(|it| it.asked && !it.given));
    assert_eq!(taken.row.turn, 3);
}

#[test]
fn what_a_customer_writes_under_a_cart_is_kept_for_people() {
    let mut chat = Chat::begun();
    let items = vec![CartItem { sku: "A".into(), quantity: 2 }];
    let mut incoming = Incoming::event(EventKind::Inbound(Inbound::Cart { items }));
    incoming.note = "Please gift-wrap".into();
    let kept = incoming.encode();
    assert_eq!(Incoming::decode(&kept), Some(incoming.clone()));
    let before = Incoming::event(EventKind::Wake).encode();
    let (_, older) = before.split_last().expect("the note is written last");
    assert_eq!(Incoming::decode(older), Some(Incoming::event(EventKind::Wake)), "what an older version has kept");
    let taken = chat.take(incoming);
    let notes: Vec<EffectKind> = postcard::from_bytes(&taken.record.notes).expect("notes");
    let note = EffectKind::Record { what: "customer_note".into(), detail: "Please gift-wrap".into() };
    assert!(notes.contains(&note), "{notes:?}");
}

#[test]
fn the_vendors_switch_opens_no_window_and_is_kept_under_its_own_time() {
    let mut chat = Chat::begun();
    let window_ms = chat.row.last_inbound_ms;
    for (given, said_ms, kept_ms) in
        [(false, 5_000, NOW_MS - 5_000), (true, -5_000, NOW_MS), (true, 500_000, NOW_MS - 500_000)]
    {
        chat.now_ms = NOW_MS;
        let mut incoming = Incoming::event(EventKind::Wake);
        incoming.act = Act::Marketing { given };
        incoming.provider_ms = NOW_MS - said_ms;
        let taken = chat.take(incoming);
        let of_all = taken.consents.iter().find(|it| it.name == "marketing").expect("an entry");
        assert_eq!((of_all.given, of_all.at_ms), (given, kept_ms));
        assert_eq!(taken.row.last_inbound_ms, window_ms);
        let named = taken.consents.iter().filter(|it| it.name != "marketing");
        assert!(named.into_iter().all(|it| !it.given && it.at_ms == NOW_MS), "taken back now");
    }
}

#[test]
fn a_conversation_that_talks_to_itself_is_stopped() {
    let mut chat = Chat::begun();
    chat.limits.automated_sends = 5;
    chat.says("chatter");
    let mut sent = 0;
    let mut turns = (0..20).map(|_| {
        let taken = chat.wakes();
        sent += taken.sends.len();
        taken
    });
    let stopped = turns.find(|taken| taken.notices.contains(&Notice::Runaway)).expect("it is stopped");
    assert_eq!(sent, 5);
    assert!(stopped.row.handed_over && stopped.row.wake_at_ms.is_none());
}

#[test]
fn a_customer_that_is_a_machine_is_answered_for_a_while_and_then_given_to_a_person() {
    // One that says the same to everything, slowly or faster than a person could.
    for (pause_ms, expected) in [(60_000, 12), (2_001, 12), (2_000, 6), (500, 6)] {
        let mut chat = Chat::begun();
        chat.limits.same_texts = 12;
        let mut answered = 0;
        let stopped = (0..200).find_map(|_| {
            chat.now_ms += pause_ms;
            let taken = chat.says("We will call you back");
            if taken.notices.contains(&Notice::Runaway) {
                return Some(taken);
            }
            answered += 1;
            None
        });
        let stopped = stopped.expect("it is stopped");
        assert!(stopped.row.handed_over && stopped.sends.is_empty());
        assert_eq!(answered, expected);
    }
    let mut chat = Chat::begun();
    for at in 0..100 {
        chat.now_ms += 500;
        assert!(!chat.says(&format!("a{at}")).row.handed_over, "a person who writes a lot");
    }
}

#[test]
fn an_unreadable_session_is_an_error_and_not_a_panic() {
    let mut chat = Chat::new();
    chat.row.session = vec![1, 2, 3];
    let cx = Context { shop: &chat.shop, now_ms: NOW_MS, mint: &chat.mint, limits: &chat.limits };
    let before = Before { row: &chat.row, session: None, automated: Automated::default() };
    let mut incoming = Incoming::event(EventKind::Wake);
    assert!(take(&cx, before, &mut incoming).is_err());
}

#[test]
fn a_changed_flow_moves_conversations_and_the_pinned_stay() {
    let mut chat = Chat::new();
    chat.says("hi");
    chat.says("a1");
    let old = Arc::clone(&chat.shop.program);
    let new = corner::changed(|text| text.replace("ack {token}", "got {token}"));
    chat.shop = corner::shop(Arc::clone(&new), vec![Arc::clone(&old)]);
    let moved = chat.says("a2");
    assert_eq!((texts(&moved), moved.record.revision), (vec!["got a2 n=2".to_string()], new.revision.0));

    let mut chat = Chat::begun();
    let asked = chat.says("bag");
    chat.shop = corner::shop(Arc::clone(&new), vec![Arc::clone(&old)]);
    let result = chat.answered(&asked, Outcome::Given(Value::None));
    assert_eq!(result.record.revision, old.revision.0, "a call was under way");

    let mut chat = Chat::new();
    chat.says("a1");
    chat.shop = corner::shop(new, Vec::new());
    let cx = Context { shop: &chat.shop, now_ms: NOW_MS, mint: &chat.mint, limits: &chat.limits };
    let before = Before { row: &chat.row, session: None, automated: Automated::default() };
    let unmet = take(&cx, before, &mut Incoming::event(EventKind::Wake)).expect_err("nobody has looked it up");
    assert_eq!(unmet, TurnError::Unmet(old.revision));
    chat.shop = chat.shop.with(Found::Gone(old.revision));
    let lost = chat.says("a2");
    assert_eq!(lost.row.turn, 2);
    assert!(!lost.sends.is_empty(), "the customer is told that the place is gone");
}

#[test]
fn incoming_survives_its_bytes() {
    let mut incoming = Incoming::event(EventKind::Inbound(Inbound::Text("hi".into())));
    incoming.proof = "wamid.1".into();
    incoming.provider_ms = NOW_MS;
    assert_eq!(Incoming::decode(&incoming.encode()), Some(incoming));
    assert_eq!(Incoming::decode(&[1, 2, 3]), None);
}
