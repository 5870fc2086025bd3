//! The customer of the boutique, who goes wherever the shop lets them: taps what is offered, what was not tapped before first,
//! writes what is asked for; and the shop's side, which tells of money, parcels and people. Judges nothing.

use std::collections::{BTreeSet, VecDeque};

use duka_engine::contract::decode;
use duka_engine::event::EventKind;
use duka_engine::types::Type;
use duka_runtime::dev_graph::{Say, Shown, Telling, Webhook};
use duka_runtime::host::calls::Edit;
use duka_runtime::host::incoming::{Arrival, Arrived, Incoming};
use duka_runtime::id::{ConversationId, ElementKey};
use duka_runtime::store::{Identity, IdentityKind};
use serde_json::{Value as Json, json};

use crate::process::scopes;
use crate::wire::{BOUTIQUE, NUMBERS};
use crate::world::{World, settle_all};

/// What is heard in every state.
const WORDS: [&str; 10] =
    ["hi", "bag", "menu", "help", "habari", "lugha", "agent", "where is my order", "stop", "something else"];

/// What may be asked for.
const ANSWERS: [&str; 12] = [
    "1",
    "2",
    "9",
    "0",
    "dress",
    "sandals",
    "spaceship",
    "Amina",
    "Biashara Street 4",
    "Kilimani",
    "Kilimani",
    "Mombasa",
];

const PAYMENTS: [&str; 3] = ["paid", "failed", "expired"];
const PARCELS: [&str; 4] = ["packed", "shipped", "delivered", "cancelled"];

/// How many things are said at most before the storm, and in how many rounds each is answered.
const MOST_BEFORE: u64 = 40;
const MOST_ROUNDS: usize = 12;

/// What of a run is the shopper's.
#[derive(Default)]
pub struct Shopper {
    /// Titles of choices.
    tapped: BTreeSet<String>,
    /// What the shop's side has to tell, until it is taken.
    pub news: VecDeque<Arrival>,
}

impl World {
    pub fn shopper(&self) -> Option<String> {
        self.customers.iter().find(|(_, number)| *number == BOUTIQUE).map(|(phone, _)| phone.clone())
    }

    /// Before the storm the shopper has come as far as chance wants: each word is answered before the next, and the shop's
    /// systems fail in some runs only.
    pub async fn stroll(&mut self) {
        let Some(phone) = self.shopper() else { return };
        let fails = self.chance.permille(300);
        self.sky.lock().calm = !fails;
        for _ in 0..self.chance.below(MOST_BEFORE) {
            self.rest().await;
            if let Some(webhook) = self.go_on(&phone).await {
                self.receive(0, &webhook).await;
            }
            self.tell().await;
            self.pass(1_500);
        }
        self.sky.lock().calm = false;
    }

    /// The first process does all that there is to do.
    async fn rest(&mut self) {
        for _ in 0..MOST_ROUNDS {
            let Some(mut process) = self.processes[0].take() else { return };
            let settled = settle_all(&mut process).await;
            self.note_claims(&mut process);
            self.processes[0] = Some(process);
            if self.outcome(0, "stroll", settled).is_none_or(|done| done == 0) {
                return;
            }
        }
    }

    /// The shopper says something, or something happens to what they have ordered.
    pub async fn go_on(&mut self, phone: &str) -> Option<Webhook> {
        let shown = self.sky.lock().graph.inbox(NUMBERS[BOUTIQUE].0, phone, 0);
        let newest = shown.last();
        let pays = newest.is_some_and(|newest| newest.message == "cta_url");
        if self.chance.permille(if pays { 600 } else { 150 }) {
            self.happen(phone, pays).await;
            return None;
        }
        let wish = self.wish(&shown);
        let telling = Telling { number: NUMBERS[BOUTIQUE].0.into(), name: "Amina".into(), ..Telling::default() };
        let said = {
            let mut sky = self.sky.lock();
            let now_ms = sky.now_ms;
            sky.heard.insert(format!("{phone} {BOUTIQUE}"), now_ms);
            sky.graph.customer(now_ms, phone, &wish, &telling)
        };
        self.trace.line(|| format!("shop {wish:?}"));
        Some(said.expect("a customer can write"))
    }

    fn wish(&mut self, shown: &[Shown]) -> Say {
        let (words, answer) = (WORDS[self.chance.place(WORDS.len())], ANSWERS[self.chance.place(ANSWERS.len())]);
        // Under a question may stand that an answer was not understood.
        let offered = shown.iter().rev().take(3).position(|it| !it.taps.is_empty());
        let asked = offered.and_then(|back| shown.iter().rev().nth(back));
        let titles: Vec<&String> = asked.iter().flat_map(|it| &it.taps).map(|tap| &tap.title).collect();
        let (tap, write) = match offered {
            Some(0) => (700, 830),
            Some(_) => (450, 850),
            None => (0, 850),
        };
        match self.chance.below(1_000) {
            roll if roll < tap => {
                let new: Vec<&String> =
                    titles.iter().copied().filter(|it| !self.shopper.tapped.contains(*it)).collect();
                let from = if new.is_empty() || self.chance.permille(200) { titles } else { new };
                let title = from[self.chance.place(from.len())].clone();
                self.shopper.tapped.insert(title.clone());
                Say::Tap(title)
            }
            roll if roll < write => Say::Text(answer.into()),
            0..870 => Say::Media {
                kind: "image".into(),
                id: "1".into(),
                mime_type: "image/jpeg".into(),
                sha256: String::new(),
                caption: String::new(),
            },
            870..890 => Say::Order(json!({"catalog_id": "1", "product_items": [
                {"product_retailer_id": "D-101", "quantity": 1, "item_price": 1, "currency": "KES"}]})),
            890..940 => {
                let old: Vec<(&Shown, &String)> =
                    shown.iter().flat_map(|it| it.taps.iter().map(move |tap| (it, &tap.title))).collect();
                match old.get(self.chance.place(old.len())) {
                    Some((message, title)) => Say::TapOn { message: message.id.to_string(), choice: (*title).clone() },
                    None => Say::Text(words.into()),
                }
            }
            _ => Say::Text(words.into()),
        }
    }

    /// Money moves, a parcel does, a person gives the conversation back, or the stock changes.
    async fn happen(&mut self, phone: &str, pays: bool) {
        let scope = scopes()[BOUTIQUE];
        let which = if pays { 0 } else { self.chance.below(6) };
        if which == 2 {
            let sku = ["D-101", "T-201", "S-301"][self.chance.place(3)].into();
            let value = json!([0, 1, 9][self.chance.place(3)]);
            return self.backend.demo.edit(scope, Edit { sku, field: "stock".into(), value });
        }
        let identity =
            Identity { shop: scope, channel: "whatsapp".into(), kind: IdentityKind::Phone, value: phone.into() };
        let mut tx = self.store.begin(scope).await.expect("a transaction");
        let found = tx.find_conversations(&[identity]).await.expect("an answer");
        drop(tx);
        let Some(id) = found.first().copied().flatten() else { return };
        let (payment, parcel) = (self.chance.place(PAYMENTS.len()), self.chance.place(PARCELS.len()));
        let news = match which {
            0 => self.moved(id, PAYMENTS[payment]),
            1 => self.moved(id, PARCELS[parcel]),
            _ => Some(EventKind::HandoffClosed { note: "".into() }),
        };
        let Some(kind) = news else { return };
        self.words += 1;
        self.trace.line(|| format!("news {kind:?}"));
        let key = Some(ElementKey::named("news", &self.words.to_string()));
        let what = Arrived::Conversation { id, incoming: Incoming::event(kind) };
        self.shopper.news.push_back(Arrival { shop: scope, key, received_ms: self.now_ms(), what });
    }

    /// The newest order, or its payment, has moved to that status.
    fn moved(&mut self, id: ConversationId, status: &str) -> Option<EventKind> {
        let (scope, now_ms) = (scopes()[BOUTIQUE], self.now_ms());
        let number = self.backend.demo.orders(scope, id).first()?.get("number").and_then(Json::as_str)?.to_string();
        let of_order = match status {
            "failed" | "expired" => "placed",
            other => other,
        };
        let program = &self.plays.boutique;
        let moved = self.backend.demo.moves((scope, id), program, (&number, of_order), now_ms)?;
        let EventKind::Order { key, order, .. } = moved else { return None };
        if !PAYMENTS.contains(&status) {
            return Some(EventKind::Order { status: status.into(), key, order });
        }
        let payment = json!({"url": "https://pay.example", "status": status, "amount": "KES 100"});
        let record = program.shop.known_records.payment?;
        let payment = decode(&program.shop, &Type::Record(record), &payment).expect("it is a payment");
        Some(EventKind::Payment { status: status.into(), key, order, payment })
    }

    /// What the shop's side has to tell is told until it is taken.
    pub async fn tell(&mut self) {
        let (now_ms, Some(arrival)) = (self.now_ms(), self.shopper.news.front().cloned()) else { return };
        let Some(place) = (0..self.processes.len()).find(|place| self.is_up(*place, now_ms)) else { return };
        let Some(process) = &self.processes[place] else { return };
        let took = process.receive(vec![arrival]).await;
        if self.outcome(place, "news", took).is_some() {
            self.shopper.news.pop_front();
        }
    }
}
