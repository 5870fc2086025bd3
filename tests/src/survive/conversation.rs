//! Any conversation whatever with the boutique: what is sent stays within bounds, and a session survives its encoding.

use std::sync::{Arc, OnceLock};

use duka_dsl::{FileId, tests_file};
use duka_engine::compile::compile;
use duka_engine::event::{EventKind, Inbound};
use duka_engine::program::Program;
use duka_engine::session::Session;
use duka_engine::simulate::{Input, LogKind, Simulator, test};

use crate::shops;

/// The most messages that one thing from outside may lead to, timers of a long wait included.
const MOST_MESSAGES: usize = 60;

/// What customers type, and what nobody types.
const WORDS: [&str; 24] = [
    "hi",
    "menu",
    "2",
    "٣",
    "0",
    "99999999999999999999",
    "Shop",
    "bag",
    "where is my order",
    "agent",
    "stop",
    "lugha",
    "Kilimani",
    "",
    " ",
    "-1",
    "1.5",
    "{item.price}",
    "\u{202e}hi",
    "😀",
    "*",
    "Amina",
    "blue dress",
    "Kitenge wrap dress",
];
/// Lines of a conversation test, for all that is not typed.
const LINES: [&str; 18] = [
    "wait 1 minute",
    "wait 31 minutes",
    "wait 26 hours",
    "wait 9 days",
    "event payment.paid",
    "event payment.failed",
    "event payment.expired",
    "event order.shipped",
    "event order.delivered",
    "event order.cancelled",
    "event handoff.closed",
    "event message.failed",
    "redeliver",
    "swap",
    "customer sends photo",
    "customer sends location -1.29, 36.8",
    "customer sends cart D-101 x 2, D-999",
    "fill name = Amina; street = Biashara Street 4; town = Kilimani",
];

fn boutique() -> &'static (Arc<Program>, test::Fixtures) {
    static BOUTIQUE: OnceLock<(Arc<Program>, test::Fixtures)> = OnceLock::new();
    BOUTIQUE.get_or_init(|| {
        let source = shops::example("boutique");
        (compile(&source).program.expect("the boutique has no errors"), test::fixtures(&source))
    })
}

/// Each byte is one thing that a customer, the clock or a backend does.
pub fn conversation(bytes: &[u8]) {
    let (program, fixtures) = boutique();
    let fixture = fixtures.values().next().cloned().unwrap_or_default();
    let mut simulator = Simulator::new(Arc::clone(program), &fixture);
    for byte in bytes.iter().take(200) {
        let before = simulator.log.len();
        act(&mut simulator, *byte);
        let sent = simulator.log.iter().skip(before).filter(|entry| matches!(entry.kind, LogKind::Sent(_))).count();
        assert!(sent <= MOST_MESSAGES, "{sent} messages after one input");
        let encoded = simulator.session.encode();
        let decoded = Session::decode(&encoded).expect("what was encoded can be decoded");
        assert_eq!(decoded, simulator.session);
    }
}

fn act(simulator: &mut Simulator, byte: u8) {
    let number = usize::from(byte);
    let choices = simulator.choices();
    match byte {
        0..100 if !choices.is_empty() => {
            let (id, _) = choices[number % choices.len()].clone();
            simulator.put("tap", Input::Customer(Inbound::Tap(id)));
        }
        0..150 => {
            let words = WORDS[number % WORDS.len()];
            simulator.put("customer", Input::Customer(Inbound::Text(words.into())));
        }
        150..160 => simulator.put("wake", Input::World(EventKind::Wake)),
        160..165 => {
            let _ = simulator.undo();
        }
        _ => {
            let text = format!("tests for boutique\ntest fuzz\n  {}\n", LINES[number % LINES.len()]);
            let (file, _) = tests_file::read(FileId(0), &text);
            for line in file.tests.iter().flat_map(|test| &test.lines) {
                // A line that does not fit here, such as a form that nobody sent, changes nothing.
                let _ = test::run_line(simulator, line);
            }
        }
    }
}

/// Any bytes as a stored session: refused, or a session that the engine can go on with.
pub fn session(bytes: &[u8]) {
    let (program, fixtures) = boutique();
    let Ok(session) = Session::decode(bytes) else { return };
    let fixture = fixtures.values().next().cloned().unwrap_or_default();
    let mut simulator = Simulator::new(Arc::clone(program), &fixture);
    simulator.session = session;
    act(&mut simulator, 101);
    act(&mut simulator, 0);
}
