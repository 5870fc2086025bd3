//! What every provider is asked and says, in our words. A provider is two pure halves, what to ask and what the answer
//! means, and a judge of its callbacks; who asks is the cashier, through the guarded way out.

mod demo;
mod mpesa;
mod paystack;
mod razorpay;
mod stripe;
mod tap;

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use duka_engine::value::{Currency, Money};
use hmac::digest::KeyInit;
use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value as Json;
use sha2::Sha256;
use url::Url;

use super::facts::Facts;
use super::money::NotPayable;
use super::standing::Standing;
use crate::adapter::rest::exact;
use crate::egress::{Answer, Method, Request};

pub use self::demo::signature as demo_signature;

/// What a provider is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// A page to pay on, or a prompt on the phone.
    Begin,
    /// A Pix code that the customer's bank takes, for a bill inside the chat; again for the same name, the same.
    Code,
    /// What an earlier [`Wanted::Begin`] of this name has led to.
    Find,
    /// How a payment stands.
    Look,
    /// What was given back of it, by the name of the money or of a refund.
    Refunds,
    /// That a part of the money, or all of it, goes back, by the name of the money.
    GiveBack,
    /// That nobody can pay it any more.
    Close,
}

/// The payment that is asked about.
#[derive(Clone, Debug)]
pub struct Bill<'a> {
    /// Our name for this attempt, which the provider gives back.
    pub ours: &'a str,
    /// The provider's own name; empty: not known.
    pub reference: &'a str,
    pub order: &'a str,
    /// The shop's name.
    pub shop: &'a str,
    pub amount: Money,
    pub language: &'a str,
    pub expires_ms: i64,
    /// When this attempt was asked for first: a repetition is the same to the letter.
    pub begun_ms: i64,
    pub now_ms: i64,
    /// Where the customer comes back to, having paid or not.
    pub back: &'a str,
    /// Where the provider calls, where that is told with each payment.
    pub hook: &'a str,
    pub payer: &'a Payer,
    /// What is to be given back, and our name for that.
    pub back_money: Option<(Money, &'a str)>,
}

/// Who pays. Empty where it is not known.
#[derive(Clone, Debug, Default)]
pub struct Payer {
    pub name: String,
    /// In E.164 without `+`.
    pub phone: String,
    /// Names the customer to nobody but us.
    pub alias: String,
}

/// What a provider answered.
#[derive(Clone, Debug, PartialEq)]
pub enum Heard {
    Begun {
        reference: String,
        /// Empty: the customer's phone is prompted.
        page: String,
    },
    /// A code that can be paid, with a page that shows it.
    Coded {
        reference: String,
        code: String,
        page: String,
    },
    Stands {
        standing: Standing,
        /// Our name, as the provider has it; `None`: it does not tell.
        ours: Option<String>,
        /// The provider's name for the money that has come, by which it is given back; `None`: none has, or it does not tell.
        money: Option<String>,
        page: Option<String>,
        reference: Option<String>,
    },
    /// So much was given back, in minor units.
    Refunded(i64),
    /// It goes back, under this name of the provider's.
    GivesBack(String),
    /// It knows of no such payment.
    Nothing,
    Closed,
}

/// Why there is no such answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// Not done, and not to be repeated as it is.
    #[error("refused: {0}")]
    Refused(String),
    /// Certainly not done; may be repeated.
    #[error("not now: {0}")]
    NotNow(String),
    /// May be done.
    #[error("unknown: {0}")]
    Unknown(String),
}

impl From<NotPayable> for Trouble {
    fn from(error: NotPayable) -> Trouble {
        Trouble::Refused(error.to_string())
    }
}

/// A request to our door that says it is a provider's.
pub struct Post<'a> {
    pub header: &'a dyn Fn(&str) -> Option<&'a [u8]>,
    pub body: &'a [u8],
    pub now_ms: i64,
    /// The payment whose own address was called, which nobody can guess.
    pub named: Option<&'a str>,
}

impl Post<'_> {
    fn text(&self, header: &str) -> Option<&str> {
        std::str::from_utf8((self.header)(header)?).ok()
    }
}

/// What a proved callback says.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// The same for repetitions.
    pub event: String,
    /// Our name for the attempt; empty: not told.
    pub ours: String,
    /// The provider's own name; empty: not told.
    pub reference: String,
    /// The provider's name for a refund that it tells of; empty: of none, or not told.
    pub refund: String,
    /// Its name for the money that has come, where it tells that nowhere else; empty: it does.
    pub money: String,
    pub standing: Standing,
}

/// A callback that does not prove where it comes from, or can not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the callback proves nothing")]
pub struct Unproved;

pub trait Provider: Debug + Send + Sync {
    fn facts(&self) -> &'static Facts;

    /// What to ask. `None`: there is no such question, and nothing is lost by not asking. `login`: what
    /// [`Provider::login`] led to.
    ///
    /// # Errors
    /// It can not be asked for at all.
    fn request(&self, wanted: Wanted, bill: &Bill<'_>, login: &str) -> Result<Option<Request>, NotPayable>;

    /// What an answer to that means.
    ///
    /// # Errors
    /// It is none that was hoped for; whether it is done.
    fn read(&self, wanted: Wanted, bill: &Bill<'_>, answer: &Answer) -> Result<Heard, Trouble>;

    /// What a callback says, if it is proved; nothing for what is of no interest.
    ///
    /// # Errors
    /// It is not proved.
    fn hear(&self, post: &Post<'_>) -> Result<Vec<Told>, Unproved>;

    /// Whom to prompt, of what a customer has typed; empty: who wrote, or nobody is prompted. `None`: that phone can not pay.
    fn phone(&self, _typed: &str) -> Option<String> {
        Some(String::new())
    }

    /// How to log in first, where that is asked.
    fn login(&self) -> Option<Request> {
        None
    }

    /// What the answer to that gives, and for how many seconds.
    fn logged_in(&self, _answer: &Answer) -> Option<(SecretString, i64)> {
        None
    }
}

/// The settings of a provider: its secrets and words by name.
#[derive(Debug, Default)]
pub struct Settings {
    pub base: Option<Url>,
    pub secrets: BTreeMap<&'static str, SecretString>,
    pub words: BTreeMap<&'static str, String>,
}

impl Settings {
    fn secret(&self, name: &str) -> SecretString {
        self.secrets.get(name).cloned().unwrap_or_default()
    }

    /// The secrets that sign callbacks: the newest first.
    fn secrets(&self, names: [&str; 2]) -> Vec<SecretString> {
        names.iter().filter_map(|name| self.secrets.get(name).cloned()).collect()
    }

    fn word(&self, name: &str) -> String {
        self.words.get(name).cloned().unwrap_or_default()
    }

    /// Where the provider is.
    pub fn base(&self, facts: &Facts) -> Option<Url> {
        self.base.clone().or_else(|| facts.base.parse().ok())
    }
}

/// The provider of this name at that address. `None`: there is no such.
pub fn open(facts: &'static Facts, base: Url, settings: &Settings) -> Option<Arc<dyn Provider>> {
    Some(match facts.shop.name {
        "demo" => Arc::new(demo::Demo::new(base)),
        "stripe" => Arc::new(stripe::Stripe::new(base, settings)),
        "tap" => Arc::new(tap::Tap::new(base, settings)),
        "razorpay" => Arc::new(razorpay::Razorpay::new(base, settings)),
        "paystack" => Arc::new(paystack::Paystack::new(base, settings)),
        "mpesa" => Arc::new(mpesa::Mpesa::new(base, settings)),
        _ => return None,
    })
}

/// How long a provider may take to answer.
const WITHIN: Duration = Duration::from_secs(10);

fn get(base: &Url, path: &str, headers: &[(&str, String)]) -> Option<Request> {
    ask(Method::Get, base, path, headers, None)
}

fn post_json(base: &Url, path: &str, headers: &[(&str, String)], body: &Json) -> Option<Request> {
    let mut all = vec![("content-type", "application/json".to_string())];
    all.extend_from_slice(headers);
    ask(Method::Post, base, path, &all, Some(body.to_string().into_bytes()))
}

fn ask(method: Method, base: &Url, path: &str, headers: &[(&str, String)], body: Option<Vec<u8>>) -> Option<Request> {
    let url = base.join(path).ok()?;
    let headers = headers.iter().map(|(name, value)| ((*name).to_string(), value.clone())).collect();
    Some(Request { method, url, headers, body, within: WITHIN })
}

fn bearer(secret: &SecretString) -> (&'static str, String) {
    ("authorization", format!("Bearer {}", secret.expose_secret()))
}

fn basic(user: &SecretString, password: &SecretString) -> (&'static str, String) {
    let both = format!("{}:{}", user.expose_secret(), password.expose_secret());
    ("authorization", format!("Basic {}", STANDARD.encode(both)))
}

/// A part of a path that holds nothing but what was meant.
fn segment(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// The JSON of an answer that says it is done.
pub(super) fn done(answer: &Answer) -> Result<Json, Trouble> {
    let why = || format!("status {}", answer.status);
    match answer.status {
        200..=299 => exact::parse(&answer.body).ok_or_else(|| Trouble::Unknown("no JSON".to_string())),
        408 | 409 | 425 | 429 => Err(Trouble::NotNow(why())),
        400..=499 => Err(Trouble::Refused(why())),
        _ => Err(Trouble::Unknown(why())),
    }
}

fn text<'a>(json: &'a Json, path: &[&str]) -> &'a str {
    at(json, path).and_then(Json::as_str).unwrap_or("")
}

fn at<'a>(json: &'a Json, path: &[&str]) -> Option<&'a Json> {
    path.iter().try_fold(json, |json, name| match name.parse::<usize>() {
        Ok(index) => json.get(index),
        Err(_) => json.get(name),
    })
}

fn whole(json: &Json, path: &[&str]) -> Option<i64> {
    let found = at(json, path)?;
    found.as_i64().or_else(|| found.as_str()?.parse().ok())
}

/// The digits of a number, as they were written.
fn digits(json: &Json, path: &[&str]) -> String {
    match at(json, path) {
        Some(Json::String(text)) => text.clone(),
        Some(Json::Number(number)) => number.to_string(),
        Some(Json::Null | Json::Bool(_) | Json::Array(_) | Json::Object(_)) | None => String::new(),
    }
}

/// A currency in capital or small letters.
fn currency(code: &str) -> Option<Currency> {
    Currency::from_code(&code.to_ascii_uppercase())
}

/// An amount that is none of ours, for one that can not be read: it agrees with nothing.
fn unreadable() -> Money {
    Money { minor: -1, currency: Currency(*b"XXX") }
}

/// Whether hex of an HMAC-SHA256 of `parts` under one of the secrets is what is claimed. Takes the same time for all.
fn is_hmac_sha256(secrets: &[SecretString], parts: &[&[u8]], claimed: &str) -> bool {
    let Ok(claimed) = hex::decode(claimed) else { return false };
    secrets.iter().any(|secret| {
        let mac: Option<Hmac<Sha256>> = Hmac::new_from_slice(secret.expose_secret().as_bytes()).ok();
        mac.is_some_and(|mac| parts.iter().fold(mac, |mac, part| mac.chain_update(part)).verify_slice(&claimed).is_ok())
    })
}
