//! What a Flow asks while it is filled in, and the answers that it takes. The vendor's own questions, whether we are alive
//! and whether we heard of an error, are answered here; what a screen shows is the caller's.

use serde::Deserialize;
use serde_json::{Map, Value, json};
use smol_str::SmolStr;

use super::crypto::{FlowsKey, Sealed, open};
use crate::channel::whatsapp::keys::ShopKeys;
use crate::channel::whatsapp::reply_id;
use crate::channel::whatsapp::verify::AppSecrets;

/// The answer to one request, as HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    pub status: u16,
    /// As `text/plain`.
    pub body: String,
}

/// What a Flow asks.
#[derive(Clone, Debug, PartialEq)]
pub struct Exchange {
    pub action: Action,
    /// The form that the token was made for.
    pub form: SmolStr,
    pub screen: String,
    pub data: Map<String, Value>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// It was opened.
    Begin,
    /// The customer went back.
    Back,
    /// A screen was filled in.
    Submit,
}

/// What a Flow shall do next.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// Show a screen; `error` is shown on it.
    Screen { screen: String, data: Map<String, Value>, error: Option<String> },
    /// Close; the answers arrive as a message.
    Done { answers: Map<String, Value> },
    /// The form is no longer wanted; its button stops working, and the customer reads why.
    Over { why: String },
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Payload {
    action: String,
    screen: String,
    data: Map<String, Value>,
    flow_token: String,
}

/// The vendor's statuses: the payload cannot be opened, the token is no longer valid, the signature is wrong.
const CANNOT_OPEN: u16 = 421;
const TOKEN_OVER: u16 = 427;
const WRONG_SIGNATURE: u16 = 432;

/// Who asks and with what: the header `X-Hub-Signature-256` and the raw body.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    pub signature: Option<&'a [u8]>,
    pub body: &'a [u8],
}

/// Answers a request to the endpoint of a number.
pub fn answer(
    request: Request<'_>,
    secrets: &AppSecrets,
    flows_keys: &[FlowsKey],
    shop_keys: &ShopKeys,
    decide: impl FnOnce(Exchange) -> Next,
) -> Response {
    let refused = |status| Response { status, body: String::new() };
    if secrets.signer(request.signature, request.body).is_none() {
        return refused(WRONG_SIGNATURE);
    }
    let Ok((plain, envelope)) = open(request.body, flows_keys) else { return refused(CANNOT_OPEN) };
    let Ok(payload) = serde_json::from_slice::<Payload>(&plain) else { return refused(CANNOT_OPEN) };
    let (status, answer) = told(payload, shop_keys, decide);
    match envelope.seal(answer.to_string().as_bytes()) {
        Ok(body) => Response { status, body },
        Err(Sealed) => refused(CANNOT_OPEN),
    }
}

fn told(payload: Payload, keys: &ShopKeys, decide: impl FnOnce(Exchange) -> Next) -> (u16, Value) {
    let action = match payload.action.as_str() {
        "ping" => return (200, json!({ "data": { "status": "active" } })),
        _ if payload.data.contains_key("error") => return (200, json!({ "data": { "acknowledged": true } })),
        "INIT" => Action::Begin,
        "BACK" => Action::Back,
        _ => Action::Submit,
    };
    let over = |why: &str| (TOKEN_OVER, json!({ "error_msg": why }));
    let Some(form) = reply_id::form_of(&payload.flow_token, keys) else { return over("This form is no longer open.") };
    match decide(Exchange { action, form, screen: payload.screen, data: payload.data }) {
        Next::Screen { screen, mut data, error } => {
            if let Some(error) = error {
                data.insert("error_message".into(), error.into());
            }
            (200, json!({ "screen": screen, "data": data }))
        }
        Next::Done { mut answers } => {
            answers.insert("flow_token".into(), payload.flow_token.into());
            (200, json!({ "screen": "SUCCESS", "data": { "extension_message_response": { "params": answers } } }))
        }
        Next::Over { why } => over(&why),
    }
}
