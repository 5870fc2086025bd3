//! T17 through the server: what can happen to the payment of one order, in every order that is possible, brought through the
//! real door, page, conversation and store, with the demo provider's books beside it. The clock goes ahead by itself, so
//! that half an hour takes no time. The pure machine is tried in more orders (`payments/orderings.rs`).

use duka_runtime::payments::provider::demo_signature;
use duka_runtime::payments::standing::State;
use duka_runtime::payments::{Cashier, Seen};
use serde_json::{Value as Json, json};

use crate::pay::{browser, link_of, shown};
use crate::stage::{Stage, corner_of};

const FLOW: &str = "\
duka 1
flow corner
  start begin

remember
  order: order
  payment: payment

words
  another: another

anywhere
  hears another -> begin
  on payment.paid -> paid
  on payment.failed -> open
  on payment.expired -> open
  failed -> open
  lost -> begin
  quiet 23 hours -> end
  else: Please tap one of the choices. -> again

state begin
  call order = orders.one(\"A-1042\")
  -> link

state link
  call payment = payments.link(order) else -> open
  say: Here.
  link pay: Pay -> {payment.url}
  on payment.failed -> open
  on payment.expired -> open

state paid
  ask: MONEY
  button done: Done -> end

state open
  ask: NOT PAID
  button done: Done -> end
";

/// What can happen. The number says to which link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    /// The customer taps on Pay.
    Tap(usize),
    /// The money reaches the provider, which says nothing by itself.
    Pay(usize),
    /// A signed callback says paid, true or not.
    Says(usize),
    /// One says so of less money.
    SaysLess(usize),
    SaysFailed(usize),
    /// The provider gives the money back, and says so.
    GivesBack(usize),
    SaysBack(usize),
    /// The provider is asked.
    Ask(usize),
    /// Half an hour and a minute pass.
    Time,
    /// The customer wants another link.
    Second,
}

use Act::{Ask, GivesBack, Pay, Says, SaysBack, SaysFailed, SaysLess, Second, Tap, Time};

/// Acts, and which of them can only come after which others.
type Case = (&'static [Act], &'static [(Act, Act)]);

const CASES: &[Case] = &[
    // Told of twice, asked about, ended.
    (&[Tap(0), Pay(0), Says(0), Says(0), Ask(0), Time], &[(Tap(0), Pay(0)), (Tap(0), Says(0))]),
    // Lies before and after.
    (
        &[Tap(0), Pay(0), SaysLess(0), Says(0), SaysFailed(0), Time],
        &[(Tap(0), Pay(0)), (Tap(0), Says(0)), (Tap(0), SaysFailed(0))],
    ),
    // Two links, both paid.
    (
        &[Tap(0), Pay(0), Says(0), Second, Tap(1), Pay(1), Says(1)],
        &[(Tap(0), Pay(0)), (Tap(0), Says(0)), (Second, Tap(1)), (Tap(1), Pay(1)), (Tap(1), Says(1))],
    ),
    // Another link, and money that comes late for the first.
    (&[Tap(0), Pay(0), Says(0), Time, Second, Ask(0)], &[(Tap(0), Pay(0)), (Tap(0), Says(0))]),
    // Given back, told of early, late and twice.
    (
        &[Tap(0), Pay(0), Says(0), GivesBack(0), SaysBack(0), SaysBack(0), Ask(0)],
        &[(Tap(0), Pay(0)), (Tap(0), Says(0)), (Pay(0), GivesBack(0)), (GivesBack(0), SaysBack(0))],
    ),
];

/// Calls `each` with every order of the acts that is possible.
fn orders(acts: &mut Vec<Act>, from: usize, after: &[(Act, Act)], each: &mut impl FnMut(&[Act])) {
    if from == acts.len() {
        each(acts);
        return;
    }
    for at in from..acts.len() {
        let is_early = after.iter().any(|(first, then)| *then == acts[at] && acts[from..].contains(first));
        if is_early || acts[from..at].contains(&acts[at]) {
            continue;
        }
        acts.swap(from, at);
        orders(acts, from + 1, after, each);
        acts.swap(from, at);
    }
}

/// One customer, the links they were given, and the provider's books.
struct World<'a> {
    stage: &'a Stage,
    browser: &'a reqwest::Client,
    phone: String,
    links: Vec<String>,
    paid: [bool; 2],
    given_back: bool,
    acts: Vec<Act>,
}

impl World<'_> {
    fn cashier(&self) -> &Cashier {
        &self.stage.running.server.cashier
    }

    async fn writes(&self, text: &str) {
        self.stage.customer_does(&self.phone, &json!({ "text": text })).await;
    }

    /// All that the customer's phone shows, when it shows more than so many messages.
    async fn phone(&self, more_than: usize) -> Vec<Json> {
        let url = format!("{}/customer/{}?after={more_than}&wait_ms=20000", self.stage.control, self.phone);
        self.stage.http.get(url).send().await.expect("an answer").json().await.expect("JSON")
    }

    async fn seen(&self, link: usize) -> Option<Seen> {
        let token = self.links.get(link)?.rsplit('/').next()?;
        self.cashier().seen(token).await.expect("a store")
    }

    /// The provider's name for what was begun by that link.
    async fn session(&self, link: usize) -> Option<String> {
        let seen = self.seen(link).await?;
        seen.payment.references.last().filter(|name| !name.is_empty()).map(ToString::to_string)
    }

    async fn act(&mut self, act: Act) {
        self.acts.push(act);
        match act {
            Tap(link) => {
                if let Some(link) = self.links.get(link) {
                    shown(self.browser.post(link)).await;
                }
            }
            Pay(link) => {
                if let Some(session) = self.session(link).await {
                    self.stage.demo(&format!("sessions/{session}"), &json!({ "status": "paid" })).await;
                    self.paid[link] = true;
                }
            }
            GivesBack(link) => {
                if let Some(session) = self.session(link).await {
                    let back = json!({ "status": "refunded", "refunded": "KES 2100.00" });
                    self.stage.demo(&format!("sessions/{session}"), &back).await;
                    self.given_back = true;
                }
            }
            Says(link) => self.tells(link, &json!({ "status": "paid", "amount": "KES 2100.00" })).await,
            SaysLess(link) => self.tells(link, &json!({ "status": "paid", "amount": "KES 1.00" })).await,
            SaysFailed(link) => self.tells(link, &json!({ "status": "failed", "amount": "KES 2100.00" })).await,
            SaysBack(link) => {
                let back = json!({ "status": "refunded", "amount": "KES 2100.00", "refunded": "KES 2100.00" });
                self.tells(link, &back).await;
            }
            Ask(link) => self.ask(link).await,
            Time => {
                let clock = &self.stage.running.clock;
                let ahead_ms = self.stage.running.server.host.clock.now_ms() + 31 * 60_000 - wall_ms();
                clock.set_ahead(ahead_ms);
                // WhatsApp's clock goes with ours, or its messages would look old.
                let passed = json!({ "advance_ms": 31 * 60_000 });
                let url = format!("{}/clock", self.stage.control);
                let told = self.stage.http.post(url).json(&passed).send().await.expect("an answer");
                assert!(told.status().is_success());
                self.cashier().round().await.expect("a store");
            }
            Second => {
                let before = self.phone(0).await.len();
                self.writes("another").await;
                let shown = self.phone(before).await;
                self.links.extend(shown.iter().filter(|it| it.to_string().contains("/pay/")).map(link_of));
            }
        }
        self.holds().await;
    }

    async fn ask(&self, link: usize) {
        if let Some(seen) = self.seen(link).await {
            let named = format!("payments: {} ", hex::encode(seen.row.id.0));
            assert!(self.stage.running.server.cashier.again(seen.row.shop, &named).await.expect("a store"));
        }
    }

    /// A callback, and what the server then asks.
    async fn tells(&self, link: usize, told: &Json) {
        let Some(seen) = self.seen(link).await else { return };
        let mut told = told.clone();
        told["event"] = json!(format!("{} {}", self.phone, self.acts.len()));
        told["id"] = json!(self.session(link).await.unwrap_or_default());
        told["reference"] = json!(hex::encode(seen.row.id.0));
        let body = told.to_string();
        let url = format!("{}/webhooks/boutique/payments", self.stage.base);
        let request = self.stage.http.post(url).header("demo-signature", demo_signature(body.as_bytes())).body(body);
        assert_eq!(request.send().await.expect("an answer").status().as_u16(), 200, "{:?}", self.acts);
        for _ in 0..200 {
            let payment = self.seen(link).await.expect("it stays").payment;
            if payment.claimed.is_none() || payment.unanswered > 0 || payment.references.is_empty() {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    }

    /// What must hold after each act.
    async fn holds(&self) {
        let mut paid = 0;
        for link in 0..self.links.len() {
            let payment = self.seen(link).await.expect("it stays").payment;
            paid += usize::from(payment.state == State::Paid);
            assert!(!payment.state.is_money() || self.paid[link], "I15: {:?}: {payment:?}", self.acts);
        }
        assert!(paid <= 1, "I16: {:?}: {paid} payments of one order", self.acts);
    }

    /// Whatever the order was, a last question settles it.
    async fn settles(&mut self) {
        let mut states = Vec::new();
        // Who asks while an earlier callback is asked about is not heard.
        for _ in 0..200 {
            states.clear();
            for link in 0..self.links.len() {
                self.ask(link).await;
                states.push(self.seen(link).await.expect("it stays").payment.state);
            }
            if states.iter().zip(self.paid).all(|(state, paid)| state.is_money() == paid) {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        self.holds().await;
        let acts = &self.acts;
        for (link, state) in states.iter().enumerate() {
            assert_eq!(state.is_money(), self.paid[link], "money is never lost: {acts:?}: {states:?}");
        }
        let kept = if self.given_back { State::Refunded } else { State::Paid };
        let count = states.iter().filter(|state| **state == kept).count();
        assert_eq!(count, usize::from(self.paid.contains(&true)), "{acts:?}: {states:?}");
        let both = self.paid == [true, true];
        assert_eq!(states.contains(&State::Twice), both, "{acts:?}: {states:?}");
    }
}

fn wall_ms() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    i64::try_from(since.as_millis()).expect("a small number")
}

/// A corner shop with one order, paid at the demo provider.
async fn corner() -> Stage {
    let change = |shop: &std::path::Path| {
        let profile = "name: Corner\ncountry: KE\ncurrency: KES\nlanguages: [en]\ntimezone: Africa/Nairobi\n\
                       channels: [whatsapp, messenger]\npayments: { provider: demo }\n";
        corner_of(shop, profile, FLOW, "flows/std/fixtures/standard.yaml");
    };
    Stage::with_folder(change, |settings| settings).await
}

#[tokio::test(flavor = "multi_thread")]
async fn in_every_order_one_payment_of_an_order_counts() {
    let stage = corner().await;
    // The provider says nothing by itself: what is told, and when, is said here.
    stage.demo("faults", &json!({ "callbacks": 0 })).await;
    let browser = browser();
    let mut all = Vec::new();
    for (acts, after) in CASES {
        orders(&mut acts.to_vec(), 0, after, &mut |acts| all.push(acts.to_vec()));
    }
    let (mut told, mut acted, mut twice) = (0, 0, 0);
    for (at, acts) in all.iter().enumerate() {
        let phone = format!("2547{at:08}");
        let mut world = World {
            stage: &stage,
            browser: &browser,
            phone,
            links: Vec::new(),
            paid: [false; 2],
            given_back: false,
            acts: Vec::new(),
        };
        world.writes("hi").await;
        world.links.extend(world.phone(0).await.iter().map(link_of));
        for act in acts {
            world.act(*act).await;
        }
        world.settles().await;
        acted += world.acts.len();
        twice += usize::from(world.paid == [true, true]);
        told += usize::from(world.paid.contains(&true));
    }
    println!(
        "orderings tried through the server and held: {}, {acted} acts; paid {told}, by both links {twice}",
        all.len()
    );
    assert!(all.len() >= 500 && twice > 0, "{} {twice}", all.len());
    stage.end().await;
}
