//! From the outbox to WhatsApp: renders an attempt with what its shop needs, makes it, and says what its end asks for.
//! One attempt, no repetition.

pub(super) mod bills;
mod uploads;

use std::sync::Arc;

use duka_engine::outbound::{Message, Outbound, TemplateMessage};
use duka_engine::value::Media;
use metrics::counter;
use secrecy::{ExposeSecret, SecretString};

use super::forms::{self, Standing};
use crate::channel::whatsapp::classify::{self, Answer, Learned, Refused, Then};
use crate::channel::whatsapp::client::{Access, Graph};
use crate::channel::whatsapp::flows::published::Published;
use crate::channel::whatsapp::opaque;
use crate::channel::whatsapp::render::{self, Letter, Receiver, Setting};
use crate::files::Files;
use crate::host::Host;
use crate::host::clock::Clock;
use crate::host::codes;
use crate::host::transport::{Advice, Form, SendAnswer, SendRequest, Transport, Whom};
use crate::payments::Cashier;
use crate::shops::{Registry, Served};
use crate::store::{Lane, Store, TemplateNews};

/// A file's id is not known, or its file could not be used (whatsapp-cloud-api 13).
const FILE_CODES: &[i32] = &[100, 131_009, 131_053];

/// A parameter of the message is wrong: of a form's, most likely the Flow is not there any more.
const FORM_CODES: &[i32] = &[100, 131_008, 131_009];

/// The way out to the Graph API.
pub struct Outward {
    registry: Arc<Registry>,
    store: Store,
    graph: Graph,
    clock: Arc<dyn Clock>,
    files: Files,
    cashier: Arc<Cashier>,
}

impl Outward {
    pub fn new(registry: Arc<Registry>, host: &Host, graph: Graph, files: Files, cashier: Arc<Cashier>) -> Outward {
        let (store, clock) = (host.store.clone(), Arc::clone(&host.clock));
        Outward { registry, store, graph, clock, files, cashier }
    }

    fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }

    async fn attempt(&self, request: SendRequest) -> SendAnswer {
        let routes = self.registry.now();
        // The number's own shop, and no other's token (TM27).
        let shop = routes.of(request.shop).filter(|shop| shop.numbers.contains(&request.number));
        let token = shop.and_then(|shop| Some((shop, access(shop.token.as_ref()?)?)));
        let Some((shop, access)) = token else {
            return SendAnswer::Refused { error: codes::NO_TOKEN, advice: Advice::Stop { whom: Whom::Number } };
        };
        match self.one(shop, &request, &access, false).await {
            // The upload is gone sooner than it was promised: once more with a new one. Nothing was taken.
            SendAnswer::Refused { error, .. } if FILE_CODES.contains(&error) && has_upload(&request) => {
                self.one(shop, &request, &access, true).await
            }
            answer => answer,
        }
    }

    async fn one(&self, shop: &Served, request: &SendRequest, access: &Access, anew: bool) -> SendAnswer {
        let mut outbound = match &request.form {
            Form::Message(message) => Outbound::Message(message.clone()),
            Form::Template(template, _) => Outbound::Template(template.clone()),
        };
        if let Some(media) = header(&mut outbound) {
            match self.uploaded(shop, request, access, media, anew).await {
                Ok(None) => {}
                Ok(Some(uploaded)) => *media = Arc::new(uploaded),
                Err(answer) => return answer,
            }
        }
        match self.body(shop, request, &outbound).await {
            Ok(body) => {
                let answer = self.graph.send(&request.number, access, body).await;
                if let (Answer::Accepted(accepted), Form::Template(template, _)) = (&answer, &request.form)
                    && accepted.status == "paused"
                {
                    self.template_paused(shop, template).await;
                }
                let answer = told(answer, request.lane);
                if let SendAnswer::Refused { error, advice: Advice::Fail } = answer
                    && let Form::Message(message) = &request.form
                    && is_form(message)
                {
                    return self.form_refused(shop, message, error).await;
                }
                answer
            }
            Err(error) => SendAnswer::Unsendable { error },
        }
    }

    async fn body(&self, shop: &Served, request: &SendRequest, outbound: &Outbound) -> Result<Vec<u8>, i32> {
        let to = Receiver::of(&request.identities).ok_or(codes::NO_ADDRESS)?;
        let opaque = opaque::encode(request.send, &shop.keys);
        let letter = Letter { to: &to, opaque: &opaque };
        let published = match outbound {
            Outbound::Message(message) if is_form(message) => self.forms(shop, message).await?,
            Outbound::Message(_) | Outbound::Template(_) => Vec::new(),
        };
        let template = match &request.form {
            Form::Message(_) => None,
            Form::Template(_, known) => known.as_deref(),
        };
        let bill = self.bill(shop, request, outbound).await;
        let chat = self.takes_money(shop, outbound).await;
        let code = match chat {
            Some(_) => self.code(shop, outbound).await.filter(|_| bill.is_some()),
            None => None,
        };
        let setting = Setting {
            keys: &shop.keys,
            forms: &published,
            conversation: request.conversation,
            catalogue: shop.catalogue.as_deref(),
            bill: bill.as_deref(),
            chat,
            code: code.as_deref(),
            now_ms: self.now_ms(),
            template,
        };
        render::body(outbound, letter, setting).map_err(|error| {
            tracing::error!(shop = %shop.slug, %error, "a message can not be written for WhatsApp");
            codes::UNRENDERABLE
        })
    }
}

impl Outward {
    /// The vendor took a message and says that its template is paused: the next is not sent as it (F60).
    async fn template_paused(&self, shop: &Served, template: &TemplateMessage) {
        tracing::warn!(shop = %shop.slug, template = %template.name, "the vendor says that a template is paused");
        counter!("duka_account_alarms_total").increment(1);
        let language = template.language.replace('-', "_").into();
        let news = TemplateNews::of(shop.scope, template.name.clone(), language, self.now_ms());
        let kept = async {
            let mut tx = self.store.begin(shop.scope).await?;
            tx.hear_templates(&[TemplateNews { status: Some("PAUSED".into()), ..news }]).await?;
            tx.commit().await
        };
        if let Err(error) = kept.await {
            tracing::warn!(shop = %shop.slug, %error, "that a template is paused is not kept; the account is asked every hour");
        }
    }
}

/// Forms.
impl Outward {
    /// Those that can be sent now; this one among them.
    async fn forms(&self, shop: &Served, message: &Message) -> Result<Vec<Published>, i32> {
        // Where the store does not answer, nothing is known to be bad.
        let usable = forms::usable(&self.store, shop, self.now_ms()).await.unwrap_or_else(|_| shop.forms.to_vec());
        let Some((form, _, fields)) = message.choices.form() else { return Ok(usable) };
        if usable.iter().any(|known| known.shape.shows(form, fields)) { Ok(usable) } else { Err(codes::NO_FORM) }
    }

    /// A refusal that may be the form's own: it is not sent for an hour, and asked field by field.
    async fn form_refused(&self, shop: &Served, message: &Message, error: i32) -> SendAnswer {
        let is_of_form = codes::FORM_STOPPED.contains(&error) || FORM_CODES.contains(&error);
        let Some((form, _, fields)) = message.choices.form().filter(|_| is_of_form) else {
            return SendAnswer::Refused { error, advice: Advice::Fail };
        };
        let of_form = shop.forms.iter().filter(|known| known.shape.shows(form, fields));
        let told: Vec<_> = of_form.map(|known| (known.id.clone(), Standing::refused(self.now_ms()))).collect();
        if let Err(error) = forms::keep(&self.store, shop.scope, &told).await {
            tracing::warn!(shop = %shop.slug, %error, "a refused form is tried again at its next question");
        }
        SendAnswer::Refused { error, advice: Advice::FormRefused { form: form.clone() } }
    }
}

fn is_form(message: &Message) -> bool {
    message.choices.form().is_some()
}

impl Transport for Outward {
    async fn send(&self, request: SendRequest) -> SendAnswer {
        let answer = self.attempt(request).await;
        let end = match &answer {
            SendAnswer::Accepted { .. } => "accepted",
            SendAnswer::Held { .. } => "held",
            SendAnswer::Refused { .. } => "refused",
            SendAnswer::NotSent => "not_sent",
            SendAnswer::Unknown => "unknown",
            SendAnswer::Unsendable { .. } => "unsendable",
        };
        counter!("duka_attempts_total", "end" => end).increment(1);
        answer
    }
}

fn header(outbound: &mut Outbound) -> Option<&mut Arc<Media>> {
    match outbound {
        Outbound::Message(message) => message.header.as_mut(),
        Outbound::Template(template) => template.session.header.as_mut(),
    }
}

fn has_upload(request: &SendRequest) -> bool {
    let media = match &request.form {
        Form::Message(message) => message.header.as_ref(),
        Form::Template(template, _) => template.session.header.as_ref(),
    };
    media.is_some_and(|media| !media.source.starts_with("http"))
}

fn access(token: &SecretString) -> Option<Access> {
    debug_assert!(!token.expose_secret().is_empty(), "empty secrets are refused when they are read");
    Access::new(token).ok()
}

/// What an answer of the Graph API means for the outbox, to a message of this lane.
pub fn told(answer: Answer, lane: Lane) -> SendAnswer {
    match answer {
        Answer::Accepted(accepted) if accepted.status == "held_for_quality_assessment" => {
            SendAnswer::Held { provider_id: accepted.id }
        }
        Answer::Accepted(accepted) => SendAnswer::Accepted { provider_id: accepted.id },
        Answer::NotSent { .. } => SendAnswer::NotSent,
        Answer::Unknown { .. } => SendAnswer::Unknown,
        Answer::Refused(refused) => SendAnswer::Refused { error: refused.code, advice: advice(&refused, lane) },
    }
}

/// Where the vendor asks us to wait for no time at all.
const LEAST_WAIT_MS: i64 = 1_000;

/// The vendor's table, as the outbox acts on it.
fn advice(refused: &Refused, lane: Lane) -> Advice {
    let rule = classify::of_refusal(refused);
    match rule.learned {
        Learned::WindowClosed => return Advice::WindowClosed,
        Learned::MarketingStopped => return Advice::PauseMarketing,
        Learned::Template(status) => return Advice::TemplateRefused { disabled: status == "DISABLED" },
        // The flow hears of them, and the writer keeps them.
        Learned::Nothing
        | Learned::OptedOut
        | Learned::MarketingCapped
        | Learned::Unreachable
        | Learned::FormBlocked
        | Learned::IdentityChanged
        | Learned::CountryClosed => {}
    }
    let told_ms = refused.retry_after_ms.unwrap_or_default();
    match rule.then {
        Then::Again { .. } if !rule.is_known() && lane == Lane::Marketing => Advice::Fail,
        Then::Again { most } => {
            let own_ms = if rule.is_known() { 0 } else { classify::NOT_KNOWN_MS };
            Advice::Retry { most, at_least_ms: told_ms.max(own_ms) }
        }
        // What the vendor says itself is better than what we take it to mean.
        Then::Wait { whom, ms } => {
            let ms = refused.retry_after_ms.map_or(ms, |told_ms| told_ms.max(LEAST_WAIT_MS));
            Advice::Wait { whom, ms, at_least_ms: told_ms, alert: rule.alert }
        }
        Then::FallBack | Then::Fail => Advice::Fail,
        Then::Stop { whom } => Advice::Stop { whom },
    }
}
