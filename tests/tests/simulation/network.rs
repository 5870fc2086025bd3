//! The network of a run: what customers and the provider post reaches the server late, twice, together, out of order,
//! forged, or not at all; and is posted again until it is answered 200.

use duka_runtime::dev_graph::{Say, Telling, Webhook};
use duka_runtime::host::clock::Clock;
use serde_json::Value;

use crate::bugs::Bug;
use crate::wire::{BOUTIQUE, NUMBERS, SECRET, arrivals};
use crate::world::{Flight, Heard, Said, World};

impl World {
    /// A customer writes.
    pub async fn speak(&mut self) {
        if let Some(phone) = self.shopper()
            && self.chance.permille(450)
        {
            if let Some(webhook) = self.go_on(&phone).await {
                let at_ms = self.now_ms() + self.chance.ms(0, 300);
                self.fly(at_ms, webhook);
            }
            return;
        }
        let counting = self.customers.iter().filter(|(_, number)| *number != BOUTIQUE).count();
        let place = self.chance.place(counting);
        let (phone, number) = self.customers[place].clone();
        self.words += 1;
        let token = format!("t{}", self.words);
        let is_count = self.chance.permille(850);
        let words = if is_count { format!("count {token}") } else { "what do you sell?".to_string() };
        let telling = Telling { number: NUMBERS[number].0.into(), ..Telling::default() };
        let (webhook, now_ms) = {
            let mut sky = self.sky.lock();
            let now_ms = sky.now_ms;
            sky.heard.insert(format!("{phone} {number}"), now_ms);
            (sky.graph.customer(now_ms, &phone, &Say::Text(words), &telling).expect("a customer can write"), now_ms)
        };
        let id = message_ids(&webhook.body).pop().unwrap_or_default();
        if is_count {
            self.said.insert(id, Said { customer: place, token: token.clone(), received: None, acknowledged: None });
        }
        self.trace.line(|| format!("speak {place} {token}"));
        let delay = self.chance.ms(0, 300);
        self.fly(now_ms + delay, webhook.clone());
        if self.chance.permille(150) {
            self.tally.count("fault: a webhook comes twice");
            let delay = self.chance.ms(0, 40_000);
            self.fly(now_ms + delay, webhook);
        }
    }

    pub fn fly(&mut self, at_ms: i64, webhook: Webhook) {
        self.flights.push(Flight { at_ms, webhook, forged: false });
    }

    /// Statuses that are due set out.
    pub fn gather(&mut self) {
        let (now_ms, due) = {
            let mut sky = self.sky.lock();
            let now_ms = sky.now_ms;
            (now_ms, sky.graph.due(now_ms))
        };
        for webhook in due {
            let delay = self.chance.ms(0, 200);
            self.fly(now_ms + delay, webhook);
        }
    }

    /// One webhook that is due reaches the server, or does not.
    pub async fn deliver(&mut self) {
        self.tell().await;
        let now_ms = self.now_ms();
        let due: Vec<usize> = (0..self.flights.len()).filter(|at| self.flights[*at].at_ms <= now_ms).collect();
        let Some(at) = (!due.is_empty()).then(|| due[self.chance.place(due.len())]) else { return };
        let mut flight = self.flights.swap_remove(at);
        if due.first().is_some_and(|first| *first != at) {
            self.tally.count("fault: webhooks change places");
        }
        if self.chance.permille(120) {
            self.join(&mut flight, now_ms);
        }
        let up: Vec<usize> = (0..self.processes.len()).filter(|place| self.is_up(*place, now_ms)).collect();
        self.deliveries += 1;
        let http = match up.is_empty() {
            true => 503,
            false => {
                let place = up[self.chance.place(up.len())];
                self.receive(place, &flight.webhook).await
            }
        };
        let lost_answer = http == 200 && self.chance.permille(20);
        if lost_answer {
            self.tally.count("fault: our 200 is lost");
        } else if http == 200 {
            self.acknowledge(&flight.webhook);
        }
        // Whoever forges gives up; the vendor does not.
        if http != 401 && (http != 200 || lost_answer) {
            let pause = [0, 400, 5_000, 60_000][usize::try_from(flight.webhook.tries.min(3)).unwrap_or(3)];
            let webhook = Webhook { tries: flight.webhook.tries + 1, ..flight.webhook };
            self.flights.push(Flight { at_ms: now_ms + pause, webhook, ..flight });
        }
        self.trace.line(|| format!("deliver {http}"));
    }

    /// Another webhook that is due travels in the same body.
    fn join(&mut self, flight: &mut Flight, now_ms: i64) {
        let found = self.flights.iter().position(|other| other.at_ms <= now_ms && !other.forged);
        let Some(at) = found.filter(|_| !flight.forged) else { return };
        let other = self.flights.swap_remove(at);
        let read = |body: &[u8]| serde_json::from_slice::<Value>(body).unwrap_or_default();
        let (mut one, two) = (read(&flight.webhook.body), read(&other.webhook.body));
        let more = two.get("entry").and_then(Value::as_array).cloned().unwrap_or_default();
        if let Some(entries) = one.get_mut("entry").and_then(Value::as_array_mut) {
            entries.extend(more);
        }
        flight.webhook = sign(one.to_string().into_bytes(), flight.webhook.tries);
        self.tally.count("fault: webhooks travel together");
    }

    pub async fn receive(&mut self, place: usize, webhook: &Webhook) -> u16 {
        for (at, id) in message_ids(&webhook.body).into_iter().enumerate() {
            let delivery = self.deliveries;
            if let Some(said) = self.said.get_mut(&id) {
                said.received.get_or_insert((delivery, at));
            }
        }
        let received_ms = self.clock.now_ms();
        let Some(arrivals) = arrivals(&webhook.body, &webhook.signature, received_ms, self.bug) else { return 401 };
        if self.bug == Bug::AcknowledgeFirst && !self.calm && self.chance.permille(100) {
            self.die(place, "between acknowledgement and commit");
            return 200;
        }
        let together = (!self.calm && self.chance.permille(300)).then(|| self.chance.permille(500));
        if together.is_some() {
            self.tally.count("arrivals and the inbox in one commit");
        }
        let Some(process) = &self.processes[place] else { return 503 };
        let took = match together {
            Some(inbox_first) => process.receive_with_inbox(arrivals, inbox_first).await,
            None => process.receive(arrivals).await,
        };
        match self.outcome(place, "receive", took) {
            Some(_) => 200,
            None if self.bug == Bug::AcknowledgeFailure => 200,
            None => 500,
        }
    }

    fn acknowledge(&mut self, webhook: &Webhook) {
        let delivery = self.deliveries;
        for (at, id) in message_ids(&webhook.body).into_iter().enumerate() {
            if let Some(said) = self.said.get_mut(&id) {
                said.acknowledged.get_or_insert((delivery, at));
            }
        }
        let body: Value = serde_json::from_slice(&webhook.body).unwrap_or_default();
        let word = |status: &Value, key: &str| status.get(key).and_then(Value::as_str).unwrap_or("").to_string();
        for status in elements(&body, "statuses") {
            let (opaque, wamid) = (word(status, "biz_opaque_callback_data"), word(status, "id"));
            self.statuses.push(Heard { opaque, wamid, word: word(status, "status") });
        }
    }

    /// Something arrives that should not.
    pub fn molest(&mut self) {
        let number = NUMBERS[self.chance.place(2)].0;
        let message = |number: &str, element: &str| {
            format!(
                r#"{{"object":"whatsapp_business_account","entry":[{{"id":"1","changes":[{{"field":"messages","value":{{"messaging_product":"whatsapp","metadata":{{"display_phone_number":"1","phone_number_id":"{number}"}},{element}}}}}]}}]}}"#
            )
        };
        let forged = r#""messages":[{"from":"254700000000","id":"wamid.forged","timestamp":"1795251600","type":"text","text":{"body":"count forged"}}]"#;
        let (what, mut webhook) = match self.chance.below(5) {
            0 => {
                let mut webhook = sign(message(number, forged).into_bytes(), 0);
                webhook.signature = webhook.signature.replace(|letter: char| letter.is_ascii_digit(), "7");
                ("a forged webhook", webhook)
            }
            1 => ("an unknown number", sign(message("999", forged).into_bytes(), 0)),
            2 => {
                let odd = r#""messages":[{"id":7,"type":{}},"what",null,{"from":"1","id":"x","type":"poll"}]"#;
                ("unreadable elements", sign(message(number, odd).into_bytes(), 0))
            }
            3 => {
                let status = r#""statuses":[{"id":"wamid.nobody","status":"delivered","timestamp":"1795251600","recipient_id":"254700000000","biz_opaque_callback_data":"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}]"#;
                ("a status of an unknown message", sign(message(number, status).into_bytes(), 0))
            }
            _ => {
                let phone = self.customers[self.chance.place(self.customers.len())].0.clone();
                let error = format!(
                    r#""messages":[{{"from":"{phone}","id":"wamid.u{}","timestamp":"1795251600","type":"unsupported","errors":[{{"code":131051}}]}}]"#,
                    self.chance.below(9)
                );
                ("an unsupported message", sign(message(number, &error).into_bytes(), 0))
            }
        };
        self.tally.count(format!("fault: {what}"));
        // It is not sent again and again.
        webhook.tries = 3;
        let (at_ms, forged) = (self.now_ms(), what == "a forged webhook");
        self.flights.push(Flight { at_ms, webhook, forged });
    }
}

pub fn sign(body: Vec<u8>, tries: u32) -> Webhook {
    let signature = duka_runtime::dev_graph::signature(SECRET, &body);
    Webhook { number: NUMBERS[0].0.into(), body, signature, tries }
}

/// The elements of one kind, in the order of the body.
pub fn elements<'a>(body: &'a Value, kind: &str) -> Vec<&'a Value> {
    let entries = body.get("entry").and_then(Value::as_array).into_iter().flatten();
    let changes = entries.filter_map(|entry| entry.get("changes")).filter_map(Value::as_array).flatten();
    let lists = changes.filter_map(|change| change.get("value")?.get(kind)?.as_array());
    lists.flatten().collect()
}

fn message_ids(body: &[u8]) -> Vec<String> {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let ids = elements(&body, "messages").into_iter().filter_map(|message| message.get("id")?.as_str());
    ids.map(str::to_string).collect()
}
