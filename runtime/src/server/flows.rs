//! What a form asks while a customer fills it in: what was filled in is tried on the conversation as it stands, without a trace,
//! and closes the form if it is understood. Its answers count when they come as a message. Changes nothing.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header::{CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::http::{Request, StatusCode};
use axum::response::{IntoResponse, Response};
use duka_engine::effect::EffectKind;
use duka_engine::event::{Event, EventKind, Inbound};
use duka_engine::locale::{Standard, standard};
use duka_engine::outbound::{Choices, Message, Outbound};
use duka_engine::session::Session;
use duka_engine::step::{Limits, Step, step};
use metrics::counter;
use serde_json::{Map, Value};

use super::Server;
use super::webhooks::{refused, signature, whole};
use crate::channel::whatsapp::decode::filled;
use crate::channel::whatsapp::flows::crypto::FlowsKey;
use crate::channel::whatsapp::flows::endpoint::{self, Action, Asked, Exchange, Next};
use crate::channel::whatsapp::flows::json::{self, SCREEN};
use crate::config::{Config, Mistake};
use crate::shops::Served;
use crate::store;

/// Sends of a conversation that are looked through for the form's own message.
const MOST_SENDS: u32 = 200;

/// A Flow that is published no more, or for a conversation that is gone.
const OVER: &str = "This form is no longer open.";

/// The keys that Flows are opened with, the newest first.
///
/// # Errors
/// One of them is no key.
pub(super) fn keys(config: &Config) -> Result<Vec<FlowsKey>, Mistake> {
    let read = |key| {
        FlowsKey::from_pem(key).map_err(|wrong| Mistake {
            place: config.path.display().to_string(),
            line: None,
            message: format!("`whatsapp.flows_key`: {wrong}"),
            help: Some("`duka keys flows --out flows.pem` makes one.".into()),
        })
    };
    config.whatsapp.flows_keys.iter().map(read).collect()
}

/// Takes a request of a Flow.
pub(super) async fn asked(
    State(server): State<Arc<Server>>,
    Path(slug): Path<String>,
    request: Request<Body>,
) -> Response {
    let answer = answer(&server, &slug, request).await;
    let status = answer.as_ref().map_or_else(|status| *status, |answer| code(answer.status));
    counter!("duka_form_requests_total", "status" => status.as_str().to_string()).increment(1);
    match answer {
        Ok(answer) => {
            let headers = [(CONTENT_TYPE, "text/plain; charset=utf-8"), (X_CONTENT_TYPE_OPTIONS, "nosniff")];
            (status, headers, answer.body).into_response()
        }
        Err(status) => refused(status),
    }
}

fn code(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

async fn answer(server: &Server, slug: &str, request: Request<Body>) -> Result<endpoint::Response, StatusCode> {
    let (head, body) = whole(server, request).await?;
    let routes = server.registry.now();
    // Whoever guesses names learns nothing from the answer.
    let unknown = endpoint::Response { status: endpoint::WRONG_SIGNATURE, body: String::new() };
    let Some(shop) = routes.named(slug) else { return Ok(unknown) };
    let Some(secrets) = routes.apps.get(shop.app).and_then(Option::as_ref) else { return Ok(unknown) };
    let request = endpoint::Request { signature: signature(&head.headers), body: &body };
    match endpoint::ask(request, secrets, &server.flows_keys, &shop.keys) {
        Asked::Answered(answer) => Ok(answer),
        Asked::Open(question) => match next(server, shop, &question.exchange).await {
            Ok(next) => Ok(question.answer(next)),
            Err(error) => {
                tracing::error!(shop = %shop.slug, %error, "a form could not be looked at");
                Err(StatusCode::SERVICE_UNAVAILABLE)
            }
        },
    }
}

/// What the form shall do next.
async fn next(server: &Server, shop: &Served, exchange: &Exchange) -> Result<Next, store::Error> {
    let over = || Next::Over { why: OVER.to_string() };
    let (scope, form) = (shop.scope, &exchange.form);
    let mut tx = server.host.store.read(scope).await?;
    let row = tx.conversations(&[(scope, form.conversation)]).await?.into_iter().flatten().next();
    let Some(row) = row else { return Ok(over()) };
    let from = row.turn.saturating_sub(u64::from(MOST_SENDS));
    let sends = tx.sends_of(scope, form.conversation, from, MOST_SENDS).await?;
    tx.rollback().await?;
    let is_it = |message: &Message| matches!(&message.choices, Choices::Form { id, .. } if *id == form.id);
    let message = sends.iter().rev().find_map(|row| match postcard::from_bytes(&row.send.body) {
        Ok(Outbound::Message(message)) if is_it(&message) => Some(message),
        Ok(Outbound::Message(_) | Outbound::Template(_)) | Err(_) => None,
    });
    let (Some(message), Ok(session)) = (message, Session::decode(&row.session)) else { return Ok(over()) };
    let Some(data) = words(shop, &message) else { return Ok(over()) };
    if session.epoch != form.id.epoch {
        return Ok(over());
    }
    let screen = |error| Next::Screen { screen: SCREEN.to_string(), data: data.clone(), error };
    Ok(match exchange.action {
        Action::Begin | Action::Back => screen(None),
        Action::Submit => match tried(server, shop, session, exchange) {
            None => over(),
            Some(Tried::Understood) => Next::Done { answers: exchange.data.clone() },
            Some(Tried::Wrong(why)) => screen(Some(why)),
            Some(Tried::Over(why)) => Next::Over { why },
        },
    })
}

/// The words of the form as its message brought them. `None`: no Flow shows it any more.
fn words(shop: &Served, message: &Message) -> Option<Map<String, Value>> {
    let Choices::Form { form, title, submit, fields, .. } = &message.choices else { return None };
    let published = shop.forms.iter().find(|known| known.shape.shows(form, fields))?;
    match json::data(&published.shape, (title, submit), fields, &message.language) {
        Value::Object(data) => Some(data),
        _ => None,
    }
}

enum Tried {
    Understood,
    /// A field was not: what the customer would read in the chat.
    Wrong(String),
    /// The question was answered meanwhile.
    Over(String),
}

/// Takes the answers on a copy of the session. `None`: nothing is left of what it runs.
fn tried(server: &Server, shop: &Served, session: Session, exchange: &Exchange) -> Option<Tried> {
    let hosted = server.host.shops.shop(shop.scope)?;
    let program = hosted.revision(session.revision)?;
    let inbound = Inbound::Form {
        form: exchange.form.id.choice.clone(),
        fields: filled(&exchange.data),
        id: Some(exchange.form.id.clone()),
    };
    let event = Event { at_ms: server.host.clock.now_ms(), kind: EventKind::Inbound(inbound) };
    let limits = Limits { forms: hosted.forms(session.revision), ..Limits::default() };
    let done = step(program, session, &event, &limits);
    let said = first_words(&done);
    let is_earlier =
        |said: &str| program.shop.languages.iter().any(|language| standard(language, Standard::EarlierMessage) == said);
    Some(if done.session.form.is_some() {
        Tried::Wrong(said.unwrap_or_default())
    } else if said.as_deref().is_some_and(is_earlier) {
        Tried::Over(said.unwrap_or_default())
    } else {
        Tried::Understood
    })
}

fn first_words(done: &Step) -> Option<String> {
    done.effects.iter().find_map(|effect| match &effect.kind {
        EffectKind::Send(Outbound::Message(message)) => Some(message.text.clone()),
        EffectKind::Send(Outbound::Template(_))
        | EffectKind::Query(_)
        | EffectKind::Command(_)
        | EffectKind::Timer { .. }
        | EffectKind::Consent { .. }
        | EffectKind::Handoff { .. }
        | EffectKind::Alert { .. }
        | EffectKind::Record { .. } => None,
    })
}
