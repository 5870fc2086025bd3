//! From the outbox to WhatsApp: renders an attempt with what its shop needs, makes it, and says what its end asks for.
//! One attempt, no repetition.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use duka_engine::outbound::Outbound;
use metrics::counter;
use secrecy::{ExposeSecret, SecretString};

use crate::channel::whatsapp::classify::{self, Answer, Learned, Refused, Then, Whom};
use crate::channel::whatsapp::client::{Access, Graph};
use crate::channel::whatsapp::opaque;
use crate::channel::whatsapp::render::{self, Letter, Receiver, Setting};
use crate::host::codes;
use crate::host::transport::{Advice, Form, SendAnswer, SendRequest, Transport};
use crate::id::ShopScope;
use crate::shops::{Registry, Served};
use crate::store::{Store, TemplateRow};

/// Templates of a shop are read again after this: a pause must not go unnoticed for long.
const TEMPLATES_FOR: Duration = Duration::from_secs(10);

/// When they were read, and the rows.
type Templates = (Instant, Arc<[TemplateRow]>);

/// The way out to the Graph API.
pub struct Outward {
    registry: Arc<Registry>,
    store: Store,
    graph: Graph,
    // Held to look up or put in, never across a wait.
    templates: Mutex<BTreeMap<ShopScope, Templates>>,
}

impl Outward {
    pub fn new(registry: Arc<Registry>, store: Store, graph: Graph) -> Outward {
        Outward { registry, store, graph, templates: Mutex::default() }
    }

    async fn templates(&self, shop: ShopScope) -> Arc<[TemplateRow]> {
        let known = || self.templates.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((read, rows)) = known().get(&shop)
            && read.elapsed() < TEMPLATES_FOR
        {
            return Arc::clone(rows);
        }
        let read = async { self.store.read(shop).await?.templates(shop).await };
        let rows: Arc<[TemplateRow]> = read.await.unwrap_or_default().into();
        known().insert(shop, (Instant::now(), Arc::clone(&rows)));
        rows
    }

    async fn attempt(&self, request: SendRequest) -> SendAnswer {
        let routes = self.registry.now();
        // The number's own shop, and no other's token (TM27).
        let shop = routes.of(request.shop).filter(|shop| shop.numbers.contains(&request.number));
        let token = shop.and_then(|shop| Some((shop, access(shop.token.as_ref()?)?)));
        let Some((shop, access)) = token else {
            return SendAnswer::Refused { error: codes::NO_TOKEN, advice: Advice::StopNumber };
        };
        let body = match self.body(shop, &request).await {
            Ok(body) => body,
            Err(error) => return SendAnswer::Unsendable { error },
        };
        told(self.graph.send(&request.number, &access, body).await)
    }

    async fn body(&self, shop: &Served, request: &SendRequest) -> Result<Vec<u8>, i32> {
        let to = Receiver::of(&request.identities).ok_or(codes::NO_ADDRESS)?;
        let opaque = opaque::encode(request.send, &shop.keys);
        let letter = Letter { to: &to, opaque: &opaque, answers: "" };
        let (outbound, rows) = match &request.form {
            Form::Message(message) => (Outbound::Message(message.clone()), None),
            Form::Template(template) => (Outbound::Template(template.clone()), Some(self.templates(shop.scope).await)),
        };
        let template = match (&outbound, &rows) {
            (Outbound::Template(wanted), Some(rows)) => render::variant(rows, &wanted.name, &wanted.language),
            (_, _) => None,
        };
        let setting = Setting { keys: &shop.keys, forms: &[], catalogue: None, template };
        render::body(&outbound, letter, setting).map_err(|error| {
            tracing::error!(shop = %shop.slug, %error, "a message can not be written for WhatsApp");
            codes::UNRENDERABLE
        })
    }
}

impl Transport for Outward {
    async fn send(&self, request: SendRequest) -> SendAnswer {
        let answer = self.attempt(request).await;
        let end = match &answer {
            SendAnswer::Accepted { .. } => "accepted",
            SendAnswer::Refused { .. } => "refused",
            SendAnswer::NotSent => "not_sent",
            SendAnswer::Unknown => "unknown",
            SendAnswer::Unsendable { .. } => "unsendable",
        };
        counter!("duka_attempts_total", "end" => end).increment(1);
        answer
    }
}

fn access(token: &SecretString) -> Option<Access> {
    debug_assert!(!token.expose_secret().is_empty(), "empty secrets are refused when they are read");
    Access::new(token).ok()
}

fn told(answer: Answer) -> SendAnswer {
    match answer {
        Answer::Accepted(accepted) => SendAnswer::Accepted { provider_id: accepted.id },
        Answer::NotSent { .. } => SendAnswer::NotSent,
        Answer::Unknown { .. } => SendAnswer::Unknown,
        Answer::Refused(refused) => SendAnswer::Refused { error: refused.code, advice: advice(&refused) },
    }
}

/// The vendor's table, as the outbox acts on it.
fn advice(refused: &Refused) -> Advice {
    let rule = classify::of_refusal(refused);
    match rule.learned {
        Learned::WindowClosed => return Advice::WindowClosed,
        Learned::MarketingStopped => return Advice::PauseMarketing,
        Learned::Template(status) => return Advice::TemplateRefused { disabled: status == "DISABLED" },
        Learned::Nothing
        | Learned::OptedOut
        | Learned::MarketingCapped
        | Learned::Unreachable
        | Learned::FormBlocked
        | Learned::IdentityChanged => {}
    }
    match rule.then {
        Then::Again { .. } => Advice::Retry,
        Then::Wait { whom: Whom::Customer, .. } => Advice::RetryPair,
        Then::Wait { ms, .. } => Advice::PauseNumber { for_ms: refused.retry_after_ms.unwrap_or(ms) },
        Then::FallBack | Then::Fail => Advice::Fail,
        Then::Stop { whom: Whom::Customer } => Advice::Fail,
        Then::Stop { .. } => Advice::StopNumber,
    }
}
