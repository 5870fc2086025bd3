//! What a Flow asks while it is filled in, and the answers that it takes. The vendor's own questions, whether we are alive
//! and whether we heard of an error, are answered here; what a screen shows is the caller's.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::crypto::{Envelope, FlowsKey, Sealed, open};
use crate::channel::whatsapp::keys::ShopKeys;
use crate::channel::whatsapp::reply_id::{self, FormToken};
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
    /// What the token was made for.
    pub form: FormToken,
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
pub const WRONG_SIGNATURE: u16 = 432;

/// Who asks and with what: the header `X-Hub-Signature-256` and the raw body.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    pub signature: Option<&'a [u8]>,
    pub body: &'a [u8],
}

/// What a request came to.
#[derive(Debug)]
pub enum Asked {
    /// It is answered already.
    Answered(Response),
    Open(Box<Question>),
}

/// A request that the caller has to answer.
#[derive(Debug)]
pub struct Question {
    pub exchange: Exchange,
    envelope: Envelope,
    token: String,
}

/// Opens a request to the endpoint of a shop.
pub fn ask(request: Request<'_>, secrets: &AppSecrets, flows_keys: &[FlowsKey], shop_keys: &ShopKeys) -> Asked {
    let refused = |status| Asked::Answered(Response { status, body: String::new() });
    if secrets.signer(request.signature, request.body).is_none() {
        return refused(WRONG_SIGNATURE);
    }
    let Ok((plain, envelope)) = open(request.body, flows_keys) else { return refused(CANNOT_OPEN) };
    let Ok(payload) = serde_json::from_slice::<Payload>(&plain) else { return refused(CANNOT_OPEN) };
    let action = match payload.action.as_str() {
        "ping" => return Asked::Answered(sealed(&envelope, 200, &json!({ "data": { "status": "active" } }))),
        _ if payload.data.contains_key("error") => {
            return Asked::Answered(sealed(&envelope, 200, &json!({ "data": { "acknowledged": true } })));
        }
        "INIT" => Action::Begin,
        "BACK" => Action::Back,
        _ => Action::Submit,
    };
    let Some(form) = reply_id::form_of(&payload.flow_token, shop_keys) else {
        return Asked::Answered(over(&envelope, "This form is no longer open."));
    };
    let exchange = Exchange { action, form, screen: payload.screen, data: payload.data };
    Asked::Open(Box::new(Question { exchange, envelope, token: payload.flow_token }))
}

impl Question {
    pub fn answer(self, next: Next) -> Response {
        let answer = match next {
            Next::Screen { screen, mut data, error } => {
                if let Some(error) = error {
                    data.insert("error_message".into(), error.into());
                }
                json!({ "screen": screen, "data": data })
            }
            Next::Done { mut answers } => {
                answers.insert("flow_token".into(), self.token.into());
                json!({ "screen": "SUCCESS", "data": { "extension_message_response": { "params": answers } } })
            }
            Next::Over { why } => return over(&self.envelope, &why),
        };
        sealed(&self.envelope, 200, &answer)
    }
}

fn over(envelope: &Envelope, why: &str) -> Response {
    sealed(envelope, TOKEN_OVER, &json!({ "error_msg": why }))
}

fn sealed(envelope: &Envelope, status: u16, answer: &Value) -> Response {
    match envelope.seal(answer.to_string().as_bytes()) {
        Ok(body) => Response { status, body },
        Err(Sealed) => Response { status: CANNOT_OPEN, body: String::new() },
    }
}
