//! What the platform knows between two sends, and which sends it therefore refuses: windows, rates, opt-outs, tiers.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use duka_engine::limits::whatsapp;
use serde_json::Value;
use smol_str::SmolStr;

use super::check::{Checked, Outgoing};
use super::customer::Shown;
use super::plan::{Customers, Limits, Number, NumberChange, Plan};
use super::refusal::Refusal;
use super::template::Template;

pub(super) const WINDOW_CLOSED: &str = "More than 24 hours have passed since the customer last replied to this number.";

/// The account of numbers that name none.
pub const ACCOUNT: &str = "102290000000001";

const HOUR_MS: i64 = 60 * 60 * 1000;
const DAY_MS: i64 = 24 * HOUR_MS;
/// A free entry point lasts so long from our answer.
const FREE_MS: i64 = whatsapp::FREE_ENTRY_HOURS as i64 * HOUR_MS;
/// One message to a customer each so many ms, and so many in a burst.
const PAIR_MS: i64 = whatsapp::PAIR_SECONDS as i64 * 1_000;
const PAIR_BURST: i64 = whatsapp::PAIR_BURST as i64;
/// Free service messages of a number and month (since 2026-10-01).
const FREE_SERVICE: u64 = 1_000;
/// Messages that a customer can still tap on.
const SHOWN: usize = 50;

/// One customer of one number.
#[derive(Debug, Default)]
pub(super) struct Contact {
    /// Provider time of the last message from the customer.
    pub last_inbound_ms: Option<i64>,
    /// Came by an ad, and from when a free entry point runs.
    pub by_ad: bool,
    pub free_until_ms: i64,
    /// When the next message would be on time.
    pair_due_ms: i64,
    /// Messages received, newest last.
    pub shown: VecDeque<Shown>,
    pub received: u64,
}

#[derive(Debug, Default)]
struct Traffic {
    /// In microseconds.
    due_us: i64,
    service: u64,
    /// Customers reached by templates outside of windows, and when last.
    reached: BTreeMap<SmolStr, i64>,
}

#[derive(Debug)]
pub(super) struct Account {
    pub limits: Limits,
    pub customers: Customers,
    pub secret: String,
    numbers: BTreeMap<SmolStr, Number>,
    /// Numbers come into being when they are first used.
    is_open: bool,
    /// An app gets the account's webhooks.
    pub is_subscribed: bool,
    templates: Vec<Template>,
    /// The Flows that were published: id, name and status.
    pub flows: Vec<(String, String, &'static str)>,
    contacts: BTreeMap<(SmolStr, SmolStr), Contact>,
    traffic: BTreeMap<SmolStr, Traffic>,
    pub media: BTreeSet<SmolStr>,
}

impl Account {
    pub fn new(plan: &Plan) -> Account {
        let templates = plan.templates.iter().cloned().zip(1_000_000..).map(|(template, id)| template.complete(id));
        Account {
            limits: plan.limits.clone(),
            customers: plan.customers.clone(),
            secret: plan.secret.clone(),
            numbers: plan.numbers.iter().map(|number| (number.id.clone(), complete(number.clone()))).collect(),
            is_open: plan.numbers.is_empty(),
            is_subscribed: true,
            templates: templates.collect(),
            flows: Vec::new(),
            contacts: BTreeMap::new(),
            traffic: BTreeMap::new(),
            media: BTreeSet::new(),
        }
    }

    /// A number that exists; in an open account every number does.
    pub fn number(&mut self, id: &str) -> Option<Number> {
        if let Some(number) = self.numbers.get(id) {
            return Some(number.clone());
        }
        if !self.is_open {
            return None;
        }
        let number = complete(Number { id: id.into(), ..Number::default() });
        self.numbers.insert(id.into(), number.clone());
        Some(number)
    }

    /// From now on the number is one of this account.
    pub fn belongs(&mut self, number: &str, account: &str) {
        self.number(number);
        if let Some(number) = self.numbers.get_mut(number) {
            number.waba = account.into();
        }
    }

    /// A number of which something is other from now on, as it is then.
    pub fn change_number(&mut self, id: &str, change: &NumberChange) -> Option<Number> {
        self.number(id)?;
        let number = self.numbers.get_mut(id)?;
        for (field, told) in [
            (&mut number.quality, &change.quality),
            (&mut number.status, &change.status),
            (&mut number.throughput, &change.throughput),
            (&mut number.tier, &change.tier),
        ] {
            if !told.is_empty() {
                field.clone_from(told);
            }
        }
        Some(number.clone())
    }

    /// Whether a token is one that some number of the account takes.
    pub fn opens(&self, token: &str) -> bool {
        self.numbers.is_empty() || self.numbers.values().any(|it| it.token.is_empty() || it.token == token)
    }

    pub fn numbers(&self) -> impl Iterator<Item = &Number> {
        self.numbers.values()
    }

    pub fn contact(&mut self, number: &str, customer: &str) -> &mut Contact {
        self.contacts.entry((number.into(), customer.into())).or_default()
    }

    /// A message of the customer was seen; the window runs from the provider's time.
    pub fn heard(&mut self, number: &str, customer: &str, at_ms: i64) {
        let contact = self.contact(number, customer);
        contact.last_inbound_ms = contact.last_inbound_ms.max(Some(at_ms));
    }

    pub fn templates(&self) -> &[Template] {
        &self.templates
    }

    /// The template that an account has under this name, in this language.
    pub fn template(&self, account: &str, name: &str, language: &str) -> Option<&Template> {
        self.templates.iter().find(|it| it.is_of(account) && it.name == name && it.language == language)
    }

    pub fn template_mut(&mut self, is_it: impl Fn(&Template) -> bool) -> Option<&mut Template> {
        self.templates.iter_mut().find(|template| is_it(template))
    }

    pub fn add_template(&mut self, template: Template) -> u64 {
        let id = 1_000_000 + self.templates.len() as u64;
        let template = template.complete(id);
        let id = template.id;
        self.templates.push(template);
        id
    }

    pub fn remove_templates(&mut self, is_it: impl Fn(&Template) -> bool) -> usize {
        let before = self.templates.len();
        self.templates.retain(|template| !is_it(template));
        before - self.templates.len()
    }

    /// Whether a well-formed message is taken; if so its category (`service`, `marketing`, …) and how it is priced.
    /// Counts what is taken against the rates.
    pub fn admit(&mut self, now_ms: i64, number: &Number, outgoing: &Outgoing<'_>) -> Checked<(SmolStr, &'static str)> {
        let customer = outgoing.to.key();
        self.known(number, &customer)?;
        let category = self.category(number, outgoing)?;
        if outgoing.to.is_user_id && category == "authentication" {
            return Err(Refusal::new(131062, "Authentication templates need a phone number."));
        }
        if category == "marketing" && self.customers.stopped.contains(&customer) {
            return Err(Refusal::new(131050, "Recipient chose to stop marketing messages"));
        }
        if self.limits.media {
            self.media_exist(outgoing.content)?;
        }
        let limits = self.limits.clone();
        let contact = self.contact(&number.id, &customer);
        let is_open = contact.last_inbound_ms.is_some_and(|at| now_ms < at + DAY_MS);
        if limits.window && !is_open && outgoing.kind != "template" {
            return Err(Refusal::new(131047, WINDOW_CLOSED));
        }
        if limits.pair && contact.pair_due_ms > now_ms + (PAIR_BURST - 1) * PAIR_MS {
            return Err(Refusal::new(131056, "Too many messages sent to the same recipient in a short time."));
        }
        self.traffic_allows(now_ms, number, &customer, is_open)?;
        let contact = self.contact(&number.id, &customer);
        contact.pair_due_ms = contact.pair_due_ms.max(now_ms) + PAIR_MS;
        if contact.by_ad && is_open && contact.free_until_ms == 0 {
            contact.free_until_ms = now_ms + FREE_MS;
        }
        let is_free = contact.free_until_ms > now_ms;
        Ok((category.clone(), self.pricing(number, &category, is_free)))
    }

    /// Somebody who can be written to at all.
    fn known(&self, number: &Number, customer: &str) -> Checked<()> {
        if number.status == "BANNED" {
            return Err(Refusal::new(131031, "The WhatsApp Business Account of this number is disabled."));
        }
        if customer == number.display {
            return Err(Refusal::new(131021, "Recipient cannot be sender."));
        }
        if !self.customers.allowed.is_empty() && !self.customers.allowed.iter().any(|allowed| allowed == customer) {
            return Err(Refusal::new(131030, "Recipient phone number not in allowed list: add it and try again."));
        }
        if self.customers.unreachable.iter().any(|unreachable| unreachable == customer) {
            return Err(Refusal::new(131026, "Message Undeliverable."));
        }
        Ok(())
    }

    /// `service`, or the template's, once it is known that it may be sent so.
    fn category(&self, number: &Number, outgoing: &Outgoing<'_>) -> Checked<SmolStr> {
        if outgoing.kind != "template" {
            return Ok("service".into());
        }
        let name = outgoing.content.get("name").and_then(Value::as_str).unwrap_or("");
        let language = outgoing.content.pointer("/language/code").and_then(Value::as_str).unwrap_or("");
        match self.template(&number.waba, name, language) {
            Some(template) => {
                if self.limits.templates {
                    template.accepts(outgoing.content)?;
                }
                Ok(template.category.to_ascii_lowercase().into())
            }
            None if !self.limits.templates => Ok("utility".into()),
            None => Err(Refusal::new(132001, format!("template name ({name}) does not exist in {language}"))),
        }
    }

    /// Every `id` of a file is one that was uploaded.
    fn media_exist(&self, content: &Value) -> Checked<()> {
        let files = ["image", "video", "audio", "document", "sticker"];
        let mut open = vec![content];
        let direct = content.get("id").filter(|_| content.get("link").is_none()).and_then(Value::as_str);
        let mut ids: Vec<&str> = direct.into_iter().collect();
        while let Some(value) = open.pop() {
            match value {
                Value::Object(fields) => {
                    for (key, inner) in fields {
                        if files.contains(&key.as_str()) {
                            ids.extend(inner.get("id").and_then(Value::as_str));
                        }
                        open.push(inner);
                    }
                }
                Value::Array(list) => open.extend(list),
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
            }
        }
        match ids.into_iter().find(|id| !self.media.contains(*id)) {
            Some(id) => Err(Refusal::new(131053, format!("Media id {id} was not uploaded to this number."))),
            None => Ok(()),
        }
    }

    /// Throughput of the number, and its tier if a window is not open.
    fn traffic_allows(&mut self, now_ms: i64, number: &Number, customer: &str, is_open: bool) -> Checked<()> {
        let is_high = self.limits.throughput > 0 && number.throughput == "HIGH";
        let throughput = if is_high { whatsapp::MESSAGES_PER_SECOND_HIGH } else { self.limits.throughput };
        let (throughput, tier) = (i64::from(throughput), self.limits.tier as usize);
        let traffic = self.traffic.entry(number.id.clone()).or_default();
        if throughput > 0 {
            let now_us = now_ms * 1000;
            if traffic.due_us > now_us + 1_000_000 {
                return Err(Refusal::new(130429, "Cloud API message throughput has been reached."));
            }
        }
        if tier > 0 && !is_open {
            traffic.reached.retain(|_, at| *at > now_ms - DAY_MS);
            if traffic.reached.len() >= tier && !traffic.reached.contains_key(customer) {
                return Err(Refusal::new(131048, "The messaging limit of this portfolio is reached."));
            }
            traffic.reached.insert(customer.into(), now_ms);
        }
        if throughput > 0 {
            traffic.due_us = traffic.due_us.max(now_ms * 1000) + 1_000_000 / throughput;
        }
        Ok(())
    }

    fn pricing(&mut self, number: &Number, category: &str, is_free: bool) -> &'static str {
        if is_free {
            return "free_entry_point";
        }
        if category != "service" {
            return "regular";
        }
        let traffic = self.traffic.entry(number.id.clone()).or_default();
        traffic.service += 1;
        if traffic.service <= FREE_SERVICE { "free_customer_service" } else { "regular" }
    }

    /// The customer's phone now shows this message.
    pub fn show(&mut self, number: &str, customer: &str, shown: Shown) {
        let contact = self.contact(number, customer);
        contact.received += 1;
        if contact.shown.len() == SHOWN {
            contact.shown.pop_front();
        }
        contact.shown.push_back(Shown { n: contact.received, ..shown });
    }
}

/// What a number that is only an id is made of.
fn complete(mut number: Number) -> Number {
    if number.display.is_empty() {
        number.display = format!("1555{:0>7}", number.id.get(number.id.len().saturating_sub(7)..).unwrap_or("")).into();
    }
    if number.waba.is_empty() {
        number.waba = SmolStr::new_static(ACCOUNT);
    }
    number
}

#[cfg(test)]
mod tests {
    use crate::dev_graph::{Graph, Limits, Plan};

    fn send(graph: &mut Graph, now_ms: i64, customer: u32) -> u16 {
        let body = format!(
            r#"{{"messaging_product":"whatsapp","to":"+2547{customer:08}","type":"text","text":{{"body":"x"}}}}"#
        );
        graph.send(now_ms, "1", "any", body.as_bytes()).http
    }

    #[test]
    fn a_customer_takes_a_burst_of_45_and_then_one_in_6_seconds() {
        let plan = Plan { limits: Limits { window: false, throughput: 0, ..Limits::default() }, ..Plan::default() };
        let mut graph = Graph::new(plan);
        let burst = (0..60).filter(|_| send(&mut graph, 0, 1) == 200).count();
        let later = [5_999, 6_000, 6_001, 12_000].map(|now| send(&mut graph, now, 1));
        assert_eq!((burst, later), (45, [400, 200, 400, 200]));
        assert_eq!(send(&mut graph, 12_000, 2), 200, "others are not held up");
    }

    #[test]
    fn a_number_takes_its_throughput() {
        let plan = Plan { limits: Limits { window: false, ..Limits::default() }, ..Plan::default() };
        let mut graph = Graph::new(plan);
        let taken = (0..100_000).filter(|n| send(&mut graph, i64::from(*n) / 10, *n) == 200).count();
        assert!((800..=900).contains(&taken), "10 s at 80 a second, and a burst of one second: {taken}");
    }
}
