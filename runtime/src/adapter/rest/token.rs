//! Tokens of OAuth 2 client credentials, and of a login: asked for once by all who need one at the same time, and again when one has
//! expired or was refused. Keeps them in memory only.

use std::sync::{Mutex as Moment, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value as Json;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout_at};
use url::Url;
use url::form_urlencoded::Serializer;

use super::ask::{QUERY, Trouble};
use super::{Secrets, exact};
use crate::adapter::mapping::Path;
use crate::egress::{Egress, Method, Request};

/// A token that ends sooner than that is asked for anew.
const MARGIN: Duration = Duration::from_secs(30);

/// How long one is kept whose end is not told.
const UNTOLD: Duration = Duration::from_secs(300);

/// After a refusal nobody is asked for so long: systems lock an account at which a wrong password is tried often.
const PAUSE: Duration = Duration::from_secs(60);

/// A backend's account.
#[derive(Debug)]
pub struct Account {
    pub url: Url,
    pub way: Way,
    // Held while one is asked for, so that two never refresh at once (Salla takes both away then).
    pub token: Mutex<Known>,
    /// Until when a token that is refused is put up with. Locked for a moment each.
    pub rests: Moment<Option<Instant>>,
}

/// What was answered when a token was asked for last, and how long that holds.
#[derive(Debug, Default)]
pub enum Known {
    #[default]
    Nothing,
    Token(SecretString, Instant),
    Refused(String, Instant),
}

/// How its token is asked for.
#[derive(Debug)]
pub enum Way {
    Client { client: SecretString, secret: SecretString, scope: Option<String> },
    Login { body: Vec<(String, SecretString)>, token: Path, lasts: Duration },
}

/// Whether another token is to be asked for, since one was refused just now. One that was `fresh` when it was refused is not the
/// fault of its age: for a while the next one would be no better.
pub fn is_worth_another(secrets: &Secrets, fresh: bool) -> bool {
    let Secrets::Account(account) = secrets else { return false };
    let mut rests = account.rests.lock().unwrap_or_else(PoisonError::into_inner);
    let now = Instant::now();
    if fresh {
        *rests = Some(now + PAUSE);
    }
    rests.is_none_or(|until| until <= now)
}

/// The token to go with a request; `None` where none is needed. `refused` is one that was not accepted just now.
///
/// # Errors
/// There is none to be had.
pub async fn of(
    secrets: &Secrets,
    egress: &Egress,
    ends: Instant,
    refused: Option<&Secrets>,
) -> Result<Option<Secrets>, Trouble> {
    let Secrets::Account(account) = secrets else { return Ok(None) };
    let late = |_| Trouble::Wrong("no token came in time".to_string());
    let mut known = timeout_at(ends, account.token.lock()).await.map_err(late)?;
    let is_refused = |token: &SecretString| match refused {
        Some(Secrets::Bearer(refused)) => refused.expose_secret() == token.expose_secret(),
        Some(_) | None => false,
    };
    let now = Instant::now();
    match &*known {
        Known::Token(token, until) if *until > now && !is_refused(token) => {
            return Ok(Some(Secrets::Bearer(token.clone())));
        }
        Known::Refused(why, until) if *until > now => return Err(Trouble::Wrong(why.clone())),
        Known::Nothing | Known::Token(..) | Known::Refused(..) => {}
    }
    let (token, lasts) = match ask(account, egress, ends).await? {
        Ok(given) => given,
        Err(status) => {
            let why = format!("no token was given: answered {status}");
            if !matches!(status, 408 | 425 | 429 | 500..) {
                *known = Known::Refused(why.clone(), Instant::now() + PAUSE);
            }
            return Err(Trouble::Wrong(why));
        }
    };
    *known = Known::Token(token.clone(), Instant::now() + lasts.saturating_sub(MARGIN));
    Ok(Some(Secrets::Bearer(token)))
}

/// A token and how long it lasts, or the status of an answer without one.
async fn ask(
    account: &Account,
    egress: &Egress,
    ends: Instant,
) -> Result<Result<(SecretString, Duration), u16>, Trouble> {
    let mut headers = vec![("accept", "application/json".to_string())];
    let body = match &account.way {
        Way::Client { client, secret, scope } => {
            let both = format!("{}:{}", client.expose_secret(), secret.expose_secret());
            headers.push(("content-type", "application/x-www-form-urlencoded".to_string()));
            headers.push(("authorization", format!("Basic {}", STANDARD.encode(both))));
            form(scope.as_deref()).into_bytes()
        }
        Way::Login { body, .. } => {
            headers.push(("content-type", "application/json".to_string()));
            let fields = body.iter().map(|(name, value)| (name.clone(), Json::from(value.expose_secret())));
            Json::Object(fields.collect()).to_string().into_bytes()
        }
    };
    let request = Request {
        method: Method::Post,
        url: account.url.clone(),
        headers: headers.into_iter().map(|(name, value)| (name.to_string(), value)).collect(),
        body: Some(body),
        within: QUERY.min(ends.saturating_duration_since(Instant::now())),
    };
    // Whatever is wrong with a token, what it was wanted for was not done.
    let answer = egress.send(request).await.map_err(|error| Trouble::from(error).before_it_counts())?;
    let json = exact::parse(&answer.body).filter(|_| answer.is_success());
    let (token, lasts) = match &account.way {
        Way::Client { .. } => {
            let lasts = json.as_ref().and_then(|json| json.get("expires_in")).and_then(Json::as_u64);
            (json.as_ref().and_then(|json| json.get("access_token")), lasts.map_or(UNTOLD, Duration::from_secs))
        }
        Way::Login { token, lasts, .. } => (json.as_ref().and_then(|json| token.first(json)), *lasts),
    };
    let token = token.and_then(Json::as_str).ok_or(answer.status);
    Ok(token.map(|token| (token.to_string().into(), lasts)))
}

fn form(scope: Option<&str>) -> String {
    let mut form = Serializer::new(String::new());
    form.append_pair("grant_type", "client_credentials");
    if let Some(scope) = scope {
        form.append_pair("scope", scope);
    }
    form.finish()
}
