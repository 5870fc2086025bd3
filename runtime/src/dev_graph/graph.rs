//! The stand-in as a value: takes calls, plans what follows, hands out webhooks when they are due. The time is the
//! caller's, chance is the seed's.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use smol_str::SmolStr;
use tokio::sync::mpsc::UnboundedSender;

use super::account::Account;
use super::answer::{Answer, Manner};
use super::check::{self, Outgoing, Request};
use super::customer::{Say, Shown, Speaker, Telling};
use super::fault::{Fault, FaultKind, Faults, Target};
use super::journal::{Attempt, Counts, Journal};
use super::media::Media;
use super::onlooker::Seen;
use super::plan::{Number, Plan, Statuses};
use super::refusal::Refusal;
use super::status::{self, Accepted, Due, Queue};
use super::template::Template;
use super::webhook::{self, Webhook};

/// The pause between two bytes of a slow answer, unless a fault says otherwise.
const TRICKLE_MS: u64 = 1_000;
const SLOW_MS: u64 = 2_000;
/// Bytes of a call; the platform's own limit for JSON is not documented.
pub(super) const MOST_BYTES: usize = 1024 * 1024;
/// Webhooks that wait to be tried again; the newest are given up.
const RETRIES: usize = 100_000;

/// The Graph API, stood in for.
#[derive(Debug)]
pub struct Graph {
    pub(super) account: Account,
    pub(super) media: Media,
    pub(super) journal: Journal,
    pub(super) statuses: Statuses,
    pub(super) faults: Faults,
    chance: fastrand::Rng,
    /// Makes ids of different seeds different.
    seed: u64,
    queue: Queue,
    again: Vec<(i64, Webhook)>,
    /// New templates, and when their review ends.
    pub(super) reviews: Vec<(i64, SmolStr, SmolStr)>,
    made: u64,
    /// Of bills that were taken: each is used once (whatsapp-cloud-api 17.1).
    references: BTreeSet<String>,
    /// What was paid inside chats, by the name of the bill.
    pub(super) payments: BTreeMap<String, Value>,
    pub(super) onlooker: Option<UnboundedSender<Seen>>,
    /// Fields that are left out of everything that is said (F67).
    vanished: Vec<String>,
}

impl Graph {
    pub fn new(plan: Plan) -> Graph {
        Graph {
            account: Account::new(&plan),
            media: Media::default(),
            journal: Journal::new(plan.journal),
            statuses: plan.statuses,
            payments: BTreeMap::new(),
            faults: Faults::new(plan.faults),
            chance: fastrand::Rng::with_seed(plan.seed),
            seed: plan.seed,
            queue: Queue::default(),
            again: Vec::new(),
            reviews: Vec::new(),
            made: 0,
            references: BTreeSet::new(),
            onlooker: None,
            vanished: plan.vanished,
        }
    }

    /// `POST /{version}/{number}/messages`. `token` is what stands after `Bearer`.
    pub fn send(&mut self, now_ms: i64, number: &str, token: &str, bytes: &[u8]) -> Answer {
        let n = self.journal.counts.attempts + 1;
        let mut attempt = Attempt {
            n,
            at_ms: now_ms,
            number: number.into(),
            authorized: true,
            customer: SmolStr::default(),
            message: SmolStr::default(),
            opaque: SmolStr::default(),
            accepted: SmolStr::default(),
            http: 0,
            code: 0,
            fault: None,
            body: None,
        };
        let answer = match self.take(now_ms, number, token, bytes, &mut attempt) {
            Ok(answer) => answer,
            Err(refusal) => {
                attempt.code = refusal.code;
                Answer::refused(&refusal, n)
            }
        };
        attempt.http = if matches!(answer.manner, Manner::Reset | Manner::Hang) { 0 } else { answer.http };
        self.journal.add(attempt);
        answer
    }

    fn take(
        &mut self,
        now_ms: i64,
        id: &str,
        token: &str,
        bytes: &[u8],
        attempt: &mut Attempt,
    ) -> Result<Answer, Refusal> {
        let number = self.number(id)?;
        attempt.authorized = number.token.is_empty() || number.token == token;
        let body: Value =
            serde_json::from_slice(bytes).map_err(|_| Refusal::new(100, "(#100) The body is not valid JSON."))?;
        if self.journal.keeps_all() {
            attempt.body =
                std::str::from_utf8(bytes).ok().and_then(|text| RawValue::from_string(text.to_string()).ok());
        }
        let request = check::request(&body);
        describe(&request, &body, attempt);
        if !attempt.authorized || token.is_empty() {
            return Err(Refusal::new(190, ""));
        }
        let target = Target { number: id, customer: &attempt.customer, message: &attempt.message };
        let fault = self.faults.pick(&target, &mut self.chance);
        attempt.fault = fault.as_ref().map(|fault| fault.kind);
        if let Some(fault) = fault.as_ref().filter(|fault| !fault.kind.is_taken()) {
            return refuse(fault);
        }
        let outgoing = match request? {
            Request::Read { message_id } => {
                let typing = body.get("typing_indicator").is_some();
                self.tell(|| Seen::Read { message: message_id.into(), typing });
                return Ok(Answer::success());
            }
            Request::Message(outgoing) => outgoing,
        };
        let reference = bill(&outgoing);
        if reference.is_some_and(|reference| self.references.contains(reference)) {
            return Err(Refusal::invalid("reference_id was used before."));
        }
        let (category, pricing) = self.account.admit(now_ms, &number, &outgoing)?;
        self.references.extend(reference.map(str::to_string));
        let wamid = self.accept(now_ms, &number, &outgoing, category, pricing, fault.as_ref());
        attempt.accepted.clone_from(&wamid);
        Ok(self.without_vanished(accepted(&outgoing, &wamid, fault.as_ref())))
    }

    /// The number, if the account has it.
    pub(super) fn number(&mut self, id: &str) -> Result<Number, Refusal> {
        self.account
            .number(id)
            .ok_or_else(|| Refusal::new(33, format!("Unsupported post request. Object with ID '{id}' does not exist.")))
    }

    /// Keeps what was taken, and plans its statuses.
    fn accept(
        &mut self,
        now_ms: i64,
        number: &Number,
        outgoing: &Outgoing<'_>,
        category: SmolStr,
        pricing: &'static str,
        fault: Option<&Fault>,
    ) -> SmolStr {
        self.made += 1;
        let customer = outgoing.to.key();
        let wamid = message_id("HBg", &customer, self.seed, self.made);
        if self.journal.keeps_all() {
            let shown = self.shown(now_ms, number, &wamid, outgoing);
            self.account.show(&number.id, &customer, shown);
        }
        self.came(now_ms, number, &wamid, outgoing);
        let accepted = Accepted {
            number: number.id.clone(),
            wamid: wamid.clone(),
            customer,
            is_user_id: outgoing.to.is_user_id,
            opaque: outgoing.opaque.into(),
            category,
            pricing,
        };
        for (at_ms, due) in status::follow(accepted, now_ms, fault, &self.statuses, &mut self.chance) {
            if !self.queue.add(at_ms, due) {
                self.journal.counts.dropped += 1;
            }
        }
        wamid
    }

    fn shown(&self, now_ms: i64, number: &Number, wamid: &str, outgoing: &Outgoing<'_>) -> Shown {
        let template = self.template_of(number, outgoing);
        let parts = template.map_or(&[][..], |template| template.components.as_slice());
        Shown::of(wamid, now_ms, outgoing.kind, outgoing.content, parts)
    }

    /// When something is due next, if anything is.
    pub fn next_ms(&self) -> Option<i64> {
        let again = self.again.iter().map(|(at, _)| *at).min();
        let review = self.reviews.iter().map(|(at, _, _)| *at).min();
        let status = self.queue.next_ms().map(|at| at + i64::from(self.statuses.batch_ms));
        [again, review, status].into_iter().flatten().min()
    }

    /// Statuses and webhooks that wait for their time.
    pub fn waiting(&self) -> usize {
        self.queue.len() + self.again.len()
    }

    /// The webhooks that are due: new statuses in batches, and those that are tried again.
    pub fn due(&mut self, now_ms: i64) -> Vec<Webhook> {
        let mut webhooks = Vec::new();
        let (due, later) = std::mem::take(&mut self.again).into_iter().partition(|(at, _)| *at <= now_ms);
        self.again = later;
        let due: Vec<(i64, Webhook)> = due;
        webhooks.extend(due.into_iter().map(|(_, webhook)| webhook));
        let (ended, open) = std::mem::take(&mut self.reviews).into_iter().partition(|(at, _, _)| *at <= now_ms);
        self.reviews = open;
        let ended: Vec<(i64, SmolStr, SmolStr)> = ended;
        for (_, name, language) in ended {
            webhooks.extend(self.set_template(now_ms, "", (&name, &language), "APPROVED"));
        }
        let oldest = self.queue.next_ms().unwrap_or(i64::MAX);
        if now_ms < oldest.saturating_add(i64::from(self.statuses.batch_ms)) {
            return webhooks;
        }
        let batch = self.statuses.batch.clamp(1, 1_000);
        let mut open: Vec<(SmolStr, Vec<(i64, Due)>)> = Vec::new();
        for (at_ms, due) in self.queue.take(now_ms, 10_000) {
            let fitting = open.iter_mut().rev().find(|(number, list)| *number == due.of.number && list.len() < batch);
            match fitting {
                Some((_, list)) => list.push((at_ms, due)),
                None => open.push((due.of.number.clone(), vec![(at_ms, due)])),
            }
        }
        for (number, list) in open {
            self.journal.counts.statuses += list.len() as u64;
            webhooks.extend(self.status_webhook(&number, &list));
        }
        webhooks
    }

    fn status_webhook(&mut self, number: &str, list: &[(i64, Due)]) -> Option<Webhook> {
        let number = self.account.number(number)?;
        let (mut contacts, mut statuses) = (Vec::new(), Vec::new());
        for (at_ms, due) in list {
            let (status, contact) = status::wire(*at_ms, due);
            let (word, code) = due.word.told();
            self.tell(|| Seen::Told { id: due.of.wamid.clone(), word, code, at_ms: *at_ms });
            statuses.push(status);
            contacts.extend(contact.filter(|contact| !contacts.contains(contact)));
        }
        let envelope = webhook::messages(&number, vec![("contacts", contacts), ("statuses", statuses)]);
        Some(self.signed(&number, envelope))
    }

    /// The callback's answer to a webhook. Anything but 200 is tried again: at once, then ever more slowly.
    pub fn delivered(&mut self, now_ms: i64, webhook: Webhook, http: u16) {
        self.journal.counts.webhooks += 1;
        if http == 200 {
            return;
        }
        self.journal.counts.undelivered += 1;
        if self.again.len() >= RETRIES {
            self.journal.counts.dropped += 1;
            return;
        }
        let wait_ms = if webhook.tries == 0 { 0 } else { 500_i64 << webhook.tries.min(12) };
        self.again.push((now_ms + wait_ms, Webhook { tries: webhook.tries + 1, ..webhook }));
    }

    /// A customer does something: the webhook of it, signed. `Err` says what can not be done.
    pub fn customer(&mut self, now_ms: i64, customer: &str, say: &Say, telling: &Telling) -> Result<Webhook, String> {
        let customer = customer.trim_start_matches('+');
        let number = match telling.number.as_str() {
            "" => self.account.numbers().next().map_or_else(|| "106540000000001".into(), |number| number.id.clone()),
            named => SmolStr::from(named),
        };
        let number = self.number(&number).map_err(|refusal| refusal.details)?;
        let at_ms = now_ms - telling.ago_ms;
        self.made += 1;
        let id = if telling.id.is_empty() {
            message_id("HBgM", customer, self.seed ^ 0x5555, self.made)
        } else {
            telling.id.clone()
        };
        let contact = self.account.contact(&number.id, customer);
        let shown: Vec<Shown> = contact.shown.iter().cloned().collect();
        let shown: Vec<&Shown> = shown.iter().collect();
        let speaker = Speaker { number: &number, customer, telling, at_ms, id: &id };
        let envelope = speaker.envelope(say, &shown)?;
        if let Say::Marketing { stop } = say {
            self.account.customers.stopped.retain(|stopped| stopped != customer);
            if *stop {
                self.account.customers.stopped.push(customer.into());
            }
        } else {
            self.account.heard(&number.id, customer, at_ms);
            if let Say::Contact(phone) = say {
                // The same person under the number that they share.
                self.account.heard(&number.id, phone.trim_start_matches('+'), at_ms);
            }
            self.account.contact(&number.id, customer).by_ad |= telling.by_ad;
            self.tell(|| {
                let message = envelope.pointer("/entry/0/changes/0/value/messages/0").cloned().unwrap_or_default();
                let said = message.get("id").and_then(Value::as_str).map_or_else(|| id.clone(), SmolStr::from);
                let (number, customer) = (number.id.clone(), customer.into());
                Seen::Said { number, customer, id: said, at_ms, message }
            });
        }
        Ok(self.signed(&number, envelope))
    }

    /// A webhook as this version of the API writes it.
    pub(super) fn signed(&self, number: &Number, mut envelope: Value) -> Webhook {
        vanish(&mut envelope, &self.vanished);
        Webhook::signed(number, &self.account.secret, &envelope)
    }

    /// An answer likewise.
    pub(super) fn without_vanished(&self, answer: Answer) -> Answer {
        if self.vanished.is_empty() {
            return answer;
        }
        let Ok(mut body) = serde_json::from_slice::<Value>(&answer.body) else { return answer };
        vanish(&mut body, &self.vanished);
        Answer { body: body.to_string().into_bytes(), ..answer }
    }

    /// From now on these fields are left out of everything that is said, wherever they stand.
    pub fn set_vanished(&mut self, fields: Vec<String>) {
        self.vanished = fields;
    }

    /// Has this number from now on, and its account these templates, approved where they are new or other than before.
    pub fn know(&mut self, number: &str, account: &str, templates: Vec<Template>) {
        self.account.belongs(number, account);
        for template in templates {
            let known = self.account.template(account, &template.name, &template.language);
            if known.is_none_or(|known| known.components != template.components) {
                self.put_template(Template { account: account.into(), ..template });
            }
        }
    }

    /// The digits of a number's phone.
    pub fn display(&mut self, number: &str) -> Option<String> {
        self.account.number(number).map(|number| number.display.to_string())
    }

    /// Every template of an account.
    pub fn templates(&self, account: &str) -> impl Iterator<Item = &Template> {
        self.account.templates().iter().filter(move |template| template.is_of(account))
    }

    /// Posts a webhook as soon as may be, and again until it is taken.
    pub fn post(&mut self, now_ms: i64, webhook: Webhook) {
        self.again.push((now_ms, webhook));
    }

    /// From now on files are kept in this folder, and those that lie there are known.
    ///
    /// # Errors
    /// The folder can not be made or read.
    pub fn keep_files(&mut self, folder: &std::path::Path) -> std::io::Result<()> {
        let known = self.media.keep_in(folder)?;
        self.account.media.extend(known);
        Ok(())
    }

    /// A file that was uploaded, or that a customer has sent: its type and bytes.
    pub fn file(&self, id: &str) -> Option<(String, axum::body::Bytes)> {
        self.media.file(id).map(|file| (file.mime_type.clone(), file.bytes.clone()))
    }

    /// The customer wrote, by a webhook that came from somewhere else: opens the window.
    pub fn heard(&mut self, number: &str, customer: &str, at_ms: i64) {
        self.account.heard(number, customer.trim_start_matches('+'), at_ms);
    }

    /// Any webhook, signed for a number; the customers of its messages count as heard.
    pub fn webhook(&mut self, number: &str, envelope: &Value) -> Result<Webhook, String> {
        let number = self.number(number).map_err(|refusal| refusal.details)?;
        for entry in envelope.get("entry").and_then(Value::as_array).into_iter().flatten() {
            for change in entry.get("changes").and_then(Value::as_array).into_iter().flatten() {
                let messages = change.pointer("/value/messages").and_then(Value::as_array);
                for message in messages.into_iter().flatten() {
                    let from = message.get("from").or_else(|| message.get("from_user_id")).and_then(Value::as_str);
                    let at = message.get("timestamp").and_then(Value::as_str).and_then(|at| at.parse::<i64>().ok());
                    if let (Some(from), Some(at)) = (from, at) {
                        self.account.heard(&number.id, from, at.saturating_mul(1000));
                    }
                }
            }
        }
        Ok(Webhook::signed(&number, &self.account.secret, envelope))
    }

    /// What the customer's phone shows after message number `after`.
    pub fn inbox(&mut self, number: &str, customer: &str, after: u64) -> Vec<Shown> {
        let contact = self.account.contact(number, customer.trim_start_matches('+'));
        contact.shown.iter().filter(|shown| shown.n > after).cloned().collect()
    }

    /// From now on this goes wrong as well.
    pub fn add_fault(&mut self, fault: Fault) {
        self.faults.add(fault);
    }

    /// Nothing goes wrong any more.
    pub fn clear_faults(&mut self) {
        self.faults = Faults::default();
    }

    /// How statuses come back.
    pub fn statuses(&self) -> &Statuses {
        &self.statuses
    }

    /// How statuses come back from now on.
    pub fn set_statuses(&mut self, statuses: Statuses) {
        self.statuses = statuses;
    }

    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    pub fn counts(&self) -> &Counts {
        &self.journal.counts
    }

    /// The default business number's id: the first that is known.
    pub(super) fn first_number(&self) -> Option<SmolStr> {
        self.account.numbers().next().map(|number| number.id.clone())
    }
}

fn vanish(value: &mut Value, fields: &[String]) {
    match value {
        Value::Object(known) => {
            known.retain(|name, _| !fields.contains(name));
            known.values_mut().for_each(|inner| vanish(inner, fields));
        }
        Value::Array(list) => list.iter_mut().for_each(|inner| vanish(inner, fields)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The name of a bill.
fn bill<'v>(outgoing: &Outgoing<'v>) -> Option<&'v str> {
    let is_bill = outgoing.content.get("type").and_then(Value::as_str) == Some("order_details");
    outgoing.content.pointer("/action/parameters/reference_id").filter(|_| is_bill)?.as_str()
}

/// What a journal line says of a body, well formed or not.
fn describe(request: &Result<Request<'_>, Refusal>, body: &Value, attempt: &mut Attempt) {
    match request {
        Ok(Request::Read { .. }) => attempt.message = "read".into(),
        Ok(Request::Message(outgoing)) => {
            attempt.customer = outgoing.to.key();
            attempt.message = outgoing.kind.into();
            attempt.opaque = outgoing.opaque.into();
        }
        Err(_) => {
            let text = |key: &str| body.get(key).and_then(Value::as_str).unwrap_or("");
            attempt.customer = text("to").chars().filter(char::is_ascii_digit).collect();
            attempt.message = text("type").chars().take(32).collect();
            attempt.opaque = text("biz_opaque_callback_data").chars().take(512).collect();
        }
    }
}

/// A fault that takes nothing.
fn refuse(fault: &Fault) -> Result<Answer, Refusal> {
    let silent = |manner| Ok(Answer { manner, ..Answer::bytes(200, Vec::new()) });
    if fault.kind == FaultKind::ResetBefore {
        return silent(Manner::Reset);
    }
    if fault.kind == FaultKind::HangBefore {
        return silent(Manner::Hang);
    }
    match fault.refusal() {
        Some(refusal) => Err(refusal),
        None => Ok(Answer::bytes(502, b"<html><h1>502 Bad Gateway</h1></html>".to_vec())),
    }
}

/// The answer to a message that was taken, as well as the fault lets it through.
fn accepted(outgoing: &Outgoing<'_>, wamid: &str, fault: Option<&Fault>) -> Answer {
    let input = outgoing.to.input;
    let key = outgoing.to.key();
    let contact = if outgoing.to.is_user_id {
        json!({"input": input, "user_id": key.as_str()})
    } else {
        json!({"input": input, "wa_id": key.as_str()})
    };
    let mut message = json!({"id": wamid});
    if let Some(fields) = message.as_object_mut().filter(|_| outgoing.kind == "template") {
        let is = |kind| fault.is_some_and(|fault| fault.kind == kind);
        let held = if is(FaultKind::Held) { "held_for_quality_assessment" } else { "accepted" };
        let status = if is(FaultKind::Paused) { "paused" } else { held };
        fields.insert("message_status".to_string(), status.into());
    }
    let whole = Answer::json(&json!({"messaging_product": "whatsapp", "contacts": [contact], "messages": [message]}));
    let Some(fault) = fault else { return whole };
    match fault.kind {
        FaultKind::AcceptReset => Answer { manner: Manner::Reset, ..whole },
        FaultKind::AcceptHang => Answer { manner: Manner::Hang, ..whole },
        FaultKind::Malformed200 => Answer::bytes(200, b"<!doctype html><title>Welcome</title>".to_vec()),
        FaultKind::Truncated200 => Answer { manner: Manner::Short, ..whole },
        FaultKind::Empty200 => Answer::bytes(200, Vec::new()),
        FaultKind::NoId200 => {
            Answer::bytes(200, br#"{"messaging_product":"whatsapp","contacts":[],"messages":[]}"#.to_vec())
        }
        FaultKind::Slowloris200 => {
            Answer { manner: Manner::Trickle { pause_ms: fault.after_ms.unwrap_or(TRICKLE_MS) }, ..whole }
        }
        FaultKind::Slow200 => Answer { manner: Manner::Late { after_ms: fault.after_ms.unwrap_or(SLOW_MS) }, ..whole },
        FaultKind::FailedStatus
        | FaultKind::SentThenFailed
        | FaultKind::Held
        | FaultKind::Paused
        | FaultKind::NoStatus
        | FaultKind::LateStatus
        | FaultKind::NoOpaque => whole,
        FaultKind::Http500
        | FaultKind::Http503
        | FaultKind::Http502Html
        | FaultKind::Rate429
        | FaultKind::AppRate
        | FaultKind::Pair429
        | FaultKind::ResetBefore
        | FaultKind::HangBefore
        | FaultKind::Token401
        | FaultKind::Window400
        | FaultKind::Template400
        | FaultKind::Version400
        | FaultKind::Refuse => whole,
    }
}

/// `wamid.` and base64, as the vendor's look; different for each seed, customer and message.
fn message_id(prefix: &str, customer: &str, seed: u64, n: u64) -> SmolStr {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&(seed ^ 0x9e37_79b9_7f4a_7c15).to_be_bytes());
    bytes[8..].copy_from_slice(&n.to_be_bytes());
    let encode = |bytes: &[u8]| base64::engine::general_purpose::STANDARD_NO_PAD.encode(bytes);
    format!("wamid.{prefix}{}{}", encode(customer.as_bytes()), encode(&bytes)).into()
}
