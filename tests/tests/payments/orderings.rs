//! T17: all orders in which a payment can be begun, told of, asked about, ended and given back, with liars among them. What
//! must hold is said of the whole, whatever came first.

use duka_engine::value::{Currency, Money};
use duka_runtime::payments::standing::{Alarm, Heard, News, Payment, Said, Standing, State};

const QUOTED: Money = Money { minor: 250_000, currency: Currency(*b"KES") };

/// What can happen, as a word for the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    /// The customer taps on Pay, and the provider has begun.
    Begin,
    /// A proved callback says paid; twice in most cases.
    SaysPaid,
    SaysFailed,
    /// A proved callback names another amount.
    SaysLess,
    /// The provider is asked. What it says depends on what has come to it before.
    Ask,
    /// The link's time is up.
    End,
    /// Another link for the same order.
    Replace,
    /// The money reaches the provider: from now on it answers paid.
    Pay,
    /// The provider takes less than was quoted, and answers so.
    PayLess,
    /// The shop gives all of it back.
    GiveBack,
    /// Another payment of the order is paid.
    OtherIsPaid,
}

use Act::*;

/// The provider's books and ours.
struct World {
    payment: Payment,
    paid: Option<Money>,
    given_back: bool,
    begun: bool,
    other_is_paid: bool,
    said: Vec<&'static str>,
    alarms: Vec<Alarm>,
}

impl World {
    fn new() -> World {
        World {
            payment: Payment::new("demo".into(), QUOTED, State::Sent, 1_000_000, "token".to_string()),
            paid: None,
            given_back: false,
            begun: false,
            other_is_paid: false,
            said: Vec::new(),
            alarms: Vec::new(),
        }
    }

    fn standing(&self) -> Standing {
        match self.paid {
            None => Standing { said: Said::Open, amount: Some(QUOTED), refunded_minor: 0 },
            Some(amount) => {
                let refunded_minor = if self.given_back { amount.minor } else { 0 };
                Standing { said: Said::Paid, amount: Some(amount), refunded_minor }
            }
        }
    }

    fn hear(&mut self, heard: Heard) {
        for news in self.payment.hear(&heard, self.other_is_paid) {
            match news {
                News::Event(status) => self.said.push(status),
                News::Alarm(alarm) => self.alarms.push(alarm),
            }
        }
    }

    fn act(&mut self, act: Act) {
        let claim = |said, amount| Heard::Claim(Standing { said, amount: Some(amount), refunded_minor: 0 });
        match act {
            // Whoever begins does it through the row: nothing is begun of what is over.
            Begin if self.payment.state == State::Sent => {
                self.payment.state = State::Open;
                self.payment.references.push("demo-1".into());
                self.begun = true;
            }
            Begin => {}
            SaysPaid => self.hear(claim(Said::Paid, QUOTED)),
            SaysFailed => self.hear(claim(Said::Failed, QUOTED)),
            SaysLess => self.hear(claim(Said::Paid, Money { minor: 100, ..QUOTED })),
            Ask => self.hear(Heard::Found(self.standing())),
            End => self.hear(Heard::TimeIsUp),
            Replace => self.hear(Heard::Replaced),
            Pay => self.paid = self.paid.or(Some(QUOTED)),
            PayLess => self.paid = self.paid.or(Some(Money { minor: 100, ..QUOTED })),
            GiveBack => self.given_back = self.paid == Some(QUOTED),
            OtherIsPaid => self.other_is_paid = true,
        }
    }

    /// What must hold after each act.
    fn holds(&self, acts: &[Act]) {
        let count = |word: &str| self.said.iter().filter(|said| **said == word).count();
        let context = || format!("{acts:?}: {:?} {:?} {:?}", self.said, self.alarms, self.payment.state);
        assert!(count("paid") <= 1, "paid is told once: {}", context());
        assert!(count("refunded") <= 1 && count("expired") <= 1, "{}", context());
        if self.payment.state.is_money() || count("paid") > 0 {
            // I15: no money without the provider's own word for the very amount, whatever callbacks said.
            assert_eq!(self.paid, Some(QUOTED), "{}", context());
            assert!(acts.contains(&Ask), "{}", context());
        }
        if let Some(at) = self.said.iter().position(|said| *said == "paid") {
            let after = &self.said[at + 1..];
            assert!(after.iter().all(|said| *said == "refunded"), "nothing but a refund follows money: {}", context());
        }
    }
}

/// Calls `each` with every order of the acts.
fn orders(acts: &mut Vec<Act>, from: usize, each: &mut impl FnMut(&[Act])) {
    if from == acts.len() {
        each(acts);
        return;
    }
    for at in from..acts.len() {
        // The same act at the same place makes the same order.
        if acts[from..at].contains(&acts[at]) {
            continue;
        }
        acts.swap(from, at);
        orders(acts, from + 1, each);
        acts.swap(from, at);
    }
}

#[test]
fn in_every_order_money_is_what_the_provider_says_it_is() {
    let cases: &[&[Act]] = &[
        // The honest: created, told, told again, asked, ended.
        &[Begin, Pay, SaysPaid, SaysPaid, Ask, End],
        &[Begin, Pay, SaysPaid, Ask, Ask, Replace, End],
        &[Begin, Pay, SaysFailed, SaysPaid, Ask, Ask, End],
        // Given back, told late or early.
        &[Begin, Pay, GiveBack, SaysPaid, Ask, Ask, End],
        // Two payments for one order.
        &[Begin, Pay, OtherIsPaid, SaysPaid, Ask, Replace],
        // Liars: a callback without money, with another amount, and money that is not enough.
        &[Begin, SaysPaid, SaysPaid, Ask, Ask, Ask, End],
        &[Begin, SaysLess, Pay, SaysPaid, Ask, End],
        &[Begin, PayLess, SaysPaid, Ask, Ask, End],
        &[Begin, PayLess, SaysLess, Ask, End, Replace],
    ];
    let (mut tried, mut acted) = (0, 0);
    for case in cases {
        orders(&mut case.to_vec(), 0, &mut |acts| {
            let mut world = World::new();
            for (at, act) in acts.iter().enumerate() {
                world.act(*act);
                world.holds(&acts[..=at]);
                acted += 1;
            }
            // Whatever the order was, a last question settles it.
            world.act(Ask);
            let all: Vec<Act> = acts.iter().copied().chain([Ask]).collect();
            world.holds(&all);
            let state = world.payment.state;
            match world.paid {
                Some(QUOTED) if world.given_back => assert_eq!(state, State::Refunded, "{acts:?}"),
                Some(QUOTED) => {
                    assert!(matches!(state, State::Paid | State::Twice), "money is never lost: {acts:?}: {state:?}");
                    assert_eq!(state == State::Twice, world.alarms.contains(&Alarm::Twice), "{acts:?}");
                }
                Some(_) => {
                    assert!(!state.is_money(), "{acts:?}");
                    assert!(world.alarms.contains(&Alarm::Amount), "{acts:?}: {:?}", world.alarms);
                }
                None => assert!(!state.is_money(), "{acts:?}"),
            }
            tried += 1;
        });
    }
    println!("orderings tried and held: {tried}, after {acted} acts");
    assert!(tried >= 500, "{tried}");
}

#[test]
fn a_claim_that_the_provider_does_not_bear_out_is_told_to_people_once() {
    let mut world = World::new();
    world.act(Begin);
    world.act(SaysPaid);
    for _ in 0..6 {
        world.act(Ask);
    }
    assert_eq!(world.alarms, [Alarm::Disagrees]);
    assert_eq!(world.payment.state, State::Open, "not paid, and not failed either");
    world.act(Pay);
    world.act(Ask);
    assert_eq!(world.said, ["paid"], "money that comes after all still counts");
}

#[test]
fn a_part_that_is_given_back_and_a_dispute_are_told_to_people() {
    let mut world = World::new();
    for act in [Begin, Pay, Ask] {
        world.act(act);
    }
    let part = Standing { said: Said::Paid, amount: Some(QUOTED), refunded_minor: 100 };
    world.hear(Heard::Claim(part.clone()));
    world.hear(Heard::Found(part));
    world.hear(Heard::Claim(Standing { said: Said::Disputed, amount: None, refunded_minor: 0 }));
    assert_eq!(world.alarms, [Alarm::PartRefund, Alarm::Disputed]);
    // The same once more, another part, and other disputes: each is told once.
    for refunded_minor in [100, 300, 300] {
        world.hear(Heard::Found(Standing { said: Said::Paid, amount: Some(QUOTED), refunded_minor }));
    }
    let mut news = Vec::new();
    for dispute in ["evt_1", "evt_2", "evt_1"] {
        world.payment.dispute(dispute, &mut news);
    }
    assert_eq!(world.alarms, [Alarm::PartRefund, Alarm::Disputed, Alarm::PartRefund]);
    assert_eq!(news, [News::Alarm(Alarm::Disputed); 2]);
    assert_eq!((world.said.as_slice(), world.payment.state), (["paid"].as_slice(), State::Paid));
}

#[test]
fn a_payment_is_asked_about_until_its_end_and_once_after() {
    let mut payment = Payment::new("demo".into(), QUOTED, State::Sent, 1_800_000, "token".to_string());
    assert_eq!(payment.due_ms(0), Some(1_800_000), "nobody has begun it: nothing is to be asked");
    (payment.state, payment.begun_ms) = (State::Open, 10_000);
    payment.references.push("demo-1".into());
    let mut asked = Vec::new();
    let mut now_ms = 10_000;
    while let Some(due_ms) = payment.due_ms(now_ms) {
        asked.push(due_ms);
        now_ms = due_ms;
    }
    assert_eq!(asked, [40_000, 130_000, 610_000, 1_800_000, 5_400_000]);
    assert_eq!(Payment::decode(&payment.encode()), Some(payment.clone()));
    // As the versions before wrote it.
    for (version, missing) in [(5, 1), (4, 3)] {
        let mut before = payment.encode();
        before.truncate(before.len() - missing);
        before[0] = version;
        assert_eq!(Payment::decode(&before), Some(payment.clone()), "{version}");
    }
    assert_eq!(Payment::decode(&[0, 1, 2]), None);
}
