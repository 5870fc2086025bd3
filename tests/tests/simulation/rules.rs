//! A world for what may be sent, and to whom (I9 to I12): customers agree to marketing and stop it, windows close, templates
//! are paused, few new customers a day may be written to, and the process dies between two steps. The provider is sound and
//! everything said is taken before anything is sent, so that at every attempt it is certain what had to be known.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use duka_engine::program::Program;
use duka_runtime::dev_graph::{Graph, Limits, Number, Plan, Say, Telling};
use duka_runtime::store::{NumberHealth, TemplateRow};
use serde_json::{Value as Json, json};

use crate::bugs::Bug;
use crate::network::sign;
use crate::process::{Plays, scopes};
use crate::wire::{NUMBERS, SECRET, Tried};
use crate::world::{START_MS, World, settle_all};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
const CUSTOMERS: u64 = 6;
const STEPS: u64 = 90;
/// How many new customers a day the provider allows, and how many the server may take of them: nine in ten.
const TIER: &str = "4";
const MOST: usize = 3;
/// Of the corner shop: its template about offers as words, both templates.
const OFFER: &str = "offer";
const OFFERED: &str = "Today everything is cheaper.";
const REMINDER: &str = "reminder";

/// What is certain, and what was found.
struct Known {
    /// Customers whose last word about marketing was that they want it.
    agreed: BTreeSet<String>,
    paused: BTreeSet<&'static str>,
    /// When whom was written to outside of a window.
    reached: Vec<(i64, String)>,
    judged: usize,
    wrongs: Vec<String>,
}

/// Plays one seed; what was wrong, and what happened is counted in the world's tally.
pub async fn play(seed: u64, bug: Bug, program: &Arc<Program>) -> (Vec<String>, World) {
    let plays = Plays { counter: Arc::clone(program), boutique: Arc::clone(program), fixture: Json::Null };
    let mut world = World::new(seed, bug, &plays).await;
    world.processes = vec![None];
    world.calm = true;
    {
        let mut sky = world.sky.lock();
        sky.graph = Graph::new(plan(seed));
        (sky.calm, sky.no_connection) = (true, 0);
    }
    let mut tx = world.store.begin(scopes()[0]).await.expect("a transaction");
    let health = NumberHealth::unheard(scopes()[0], NUMBERS[0].0.into());
    tx.put_health(&[NumberHealth { tier: TIER.into(), at_ms: START_MS, ..health }]).await.expect("kept");
    tx.put_templates(&[approved(OFFER, "MARKETING"), approved(REMINDER, "UTILITY")]).await.expect("kept");
    tx.commit().await.expect("committed");
    world.start(0).await;
    let (agreed, paused, reached, wrongs) = Default::default();
    let mut known = Known { agreed, paused, reached, judged: 0, wrongs };
    for _ in 0..STEPS {
        step(&mut world, &mut known).await;
        settle(&mut world).await;
        known.judge(&mut world);
    }
    known.wrongs.append(&mut world.wrongs);
    (known.wrongs, world)
}

/// As the vendor lists it.
fn approved(name: &str, category: &str) -> TemplateRow {
    TemplateRow {
        shop: scopes()[0],
        name: name.into(),
        language: "en".into(),
        status: "APPROVED".into(),
        category: category.into(),
        quality: "GREEN".into(),
        vendor_id: 7,
        components: String::new(),
        at_ms: START_MS,
    }
}

fn plan(seed: u64) -> Plan {
    let number = |(id, token): (&str, &str)| Number { id: id.into(), token: token.into(), ..Number::default() };
    Plan {
        seed,
        secret: SECRET.into(),
        limits: Limits { window: true, ..Limits::none() },
        numbers: NUMBERS.map(number).into(),
        ..Plan::default()
    }
}

async fn step(world: &mut World, known: &mut Known) {
    // No two things happen at the same time.
    world.pass(1_000);
    match world.chance.below(100) {
        0..40 => speak(world, known).await,
        40..48 => template(world, known).await,
        48..78 => {
            let hours = [1, 2, 5, 20, 27][world.chance.place(5)];
            // Timers that are due on the way are met on the way.
            for _ in 0..hours {
                world.pass(HOUR_MS);
                settle(world).await;
                known.judge(world);
            }
        }
        _ => {
            world.die(0, "killed");
            let ms = world.chance.ms(1_000, 60_000);
            world.pass(ms);
            world.start(0).await;
        }
    }
}

/// A customer agrees, stops, asks for news, or to be reminded.
async fn speak(world: &mut World, known: &mut Known) {
    let phone = format!("2547000001{:02}", world.chance.below(CUSTOMERS));
    let words = ["offers", "stop", "news", "nudge", "nudge", "nudge"][world.chance.place(6)];
    let telling = Telling { number: NUMBERS[0].0.into(), ..Telling::default() };
    let webhook = {
        let mut sky = world.sky.lock();
        let now_ms = sky.now_ms;
        sky.heard.insert(format!("{phone} 0"), now_ms);
        sky.graph.customer(now_ms, &phone, &Say::Text(words.into()), &telling).expect("a customer can write")
    };
    assert_eq!(world.receive(0, &webhook).await, 200);
    match words {
        "offers" => {
            known.agreed.insert(phone);
        }
        "stop" => {
            world.tally.count("rules: a customer stops marketing");
            known.agreed.remove(&phone);
        }
        _ => {}
    }
}

/// A template is paused, or approved again.
async fn template(world: &mut World, known: &mut Known) {
    let name = [OFFER, REMINDER][world.chance.place(2)];
    let is_paused = known.paused.contains(name);
    if is_paused {
        known.paused.remove(name);
    } else {
        world.tally.count("rules: a template is paused");
        known.paused.insert(name);
    }
    let event = if is_paused { "APPROVED" } else { "PAUSED" };
    let category = if name == OFFER { "MARKETING" } else { "UTILITY" };
    let value = json!({"event": event, "message_template_id": 7, "message_template_name": name,
        "message_template_language": "en", "message_template_category": category, "reason": "NONE"});
    let change = json!({"field": "message_template_status_update", "value": value});
    let time = world.now_ms() / 1_000;
    let body = json!({"object": "whatsapp_business_account",
        "entry": [{"id": NUMBERS[0].0, "time": time, "changes": [change]}]});
    assert_eq!(world.receive(0, &sign(body.to_string().into_bytes(), 0)).await, 200);
}

/// Everything that can be done now is done.
async fn settle(world: &mut World) {
    loop {
        let Some(mut process) = world.processes[0].take() else { return };
        let done = settle_all(&mut process).await;
        process.claimed.clear();
        world.processes[0] = Some(process);
        if world.outcome(0, "all", done).unwrap_or(0) == 0 {
            return;
        }
    }
}

impl Known {
    /// Looks at the attempts since the last time.
    fn judge(&mut self, world: &mut World) {
        let tried: Vec<Tried> = world.sky.lock().tried[self.judged..].to_vec();
        self.judged += tried.len();
        for it in tried {
            self.attempt(&it, world);
        }
    }

    fn attempt(&mut self, it: &Tried, world: &mut World) {
        let Tried { customer, what, .. } = it;
        if it.free_words && it.believed_ms >= it.heard_ms + DAY_MS {
            self.wrongs
                .push(format!("I9: `{what}` {} h after the customer's last", (it.at_ms - it.heard_ms) / HOUR_MS));
        }
        let is_offer = if it.free_words { what == OFFERED } else { what == OFFER };
        if is_offer {
            world.tally.count("rules: marketing is attempted");
            if !self.agreed.contains(customer) {
                self.wrongs.push(format!("I11: `{what}` to {customer}, who does not want it"));
            }
        }
        if it.free_words {
            return;
        }
        world.tally.count("rules: a template is attempted");
        if self.paused.contains(what.as_str()) {
            self.wrongs.push(format!("I10: the template `{what}` was attempted while it was paused"));
        }
        self.reached.push((it.at_ms, customer.clone()));
        let day: BTreeMap<&str, i64> = self
            .reached
            .iter()
            .filter(|(at_ms, _)| *at_ms > it.at_ms - DAY_MS)
            .map(|(at_ms, customer)| (customer.as_str(), *at_ms))
            .collect();
        if day.len() == MOST {
            world.tally.count("rules: as many new customers a day as may be");
        }
        if day.len() > MOST {
            self.wrongs.push(format!("I12: {} customers of {MOST} were written to within a day", day.len()));
        }
    }
}
