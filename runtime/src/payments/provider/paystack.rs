//! Paystack transactions (payments.md 4 and 5). It wants an e-mail address: one is made up that names the customer to nobody.

use hmac::digest::KeyInit;
use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value as Json, json};
use sha2::Sha512;
use url::Url;

use super::{
    Bill, Heard, Post, Provider, Settings, Told, Trouble, Unproved, Wanted, bearer, currency, digits, done, get,
    post_json, segment, text, unreadable, whole,
};
use crate::adapter::rest::exact;
use crate::egress::{Answer, Request};
use crate::payments::facts::{Facts, PAYSTACK};
use crate::payments::money::NotPayable;
use crate::payments::standing::{Said, Standing};

#[derive(Debug)]
pub struct Paystack {
    base: Url,
    secret_key: SecretString,
    signing: Vec<SecretString>,
    /// A domain of the shop's.
    email_domain: String,
}

impl Paystack {
    pub fn new(base: Url, settings: &Settings) -> Paystack {
        Paystack {
            base,
            secret_key: settings.secret("secret_key"),
            signing: settings.secrets(["secret_key", "old_secret_key"]),
            email_domain: settings.word("email_domain"),
        }
    }
}

impl Provider for Paystack {
    fn facts(&self) -> &'static Facts {
        &PAYSTACK
    }

    fn request(&self, wanted: Wanted, bill: &Bill<'_>, _: &str) -> Result<Option<Request>, NotPayable> {
        let key = [bearer(&self.secret_key)];
        Ok(match wanted {
            Wanted::Begin => {
                let body = json!({
                    "email": format!("{}@{}", bill.payer.alias, self.email_domain),
                    "amount": PAYSTACK.scale.whole(bill.amount)?,
                    "currency": bill.amount.currency.code(),
                    "reference": bill.ours,
                    "callback_url": bill.back,
                    "metadata": { "order": bill.order },
                });
                post_json(&self.base, "transaction/initialize", &key, &body)
            }
            Wanted::Look | Wanted::Find => get(&self.base, &format!("transaction/verify/{}", segment(bill.ours)), &key),
            Wanted::Refunds => get(&self.base, &format!("refund?transaction={}", segment(bill.reference)), &key),
            Wanted::GiveBack => match bill.back_money {
                Some((money, ours)) => {
                    let body = json!({
                        "transaction": bill.reference, "amount": PAYSTACK.scale.whole(money)?,
                        "currency": money.currency.code(), "merchant_note": ours,
                    });
                    post_json(&self.base, "refund", &key, &body)
                }
                None => None,
            },
            Wanted::Code | Wanted::Close => None,
        })
    }

    fn read(&self, wanted: Wanted, bill: &Bill<'_>, answer: &Answer) -> Result<Heard, Trouble> {
        if matches!(wanted, Wanted::Find) && matches!(answer.status, 400 | 404) {
            return Ok(Heard::Nothing);
        }
        let json = done(answer)?;
        if json.get("status") != Some(&Json::Bool(true)) {
            return Err(Trouble::Refused("its answer says that it is not done".to_string()));
        }
        let data = json.get("data").cloned().unwrap_or_default();
        match wanted {
            Wanted::Begin => {
                let reference = text(&data, &["reference"]).to_string();
                let page = text(&data, &["authorization_url"]).to_string();
                if reference.is_empty() || page.is_empty() {
                    return Err(Trouble::Unknown("a transaction without a name or address".to_string()));
                }
                Ok(Heard::Begun { reference, page })
            }
            Wanted::Refunds => {
                let all = || data.as_array().into_iter().flatten();
                // One of ours that is under way, whose answer was lost.
                let is_ours = |it: &&Json| {
                    bill.back_money.is_some_and(|(_, ours)| text(it, &["merchant_note"]) == ours)
                        && text(it, &["status"]) != "failed"
                };
                if let Some(known) = all().find(is_ours) {
                    return Ok(Heard::GivesBack(digits(known, &["id"])));
                }
                let done = |it: &&Json| text(it, &["status"]) == "processed";
                Ok(Heard::Refunded(all().filter(done).map(|it| money(it).minor.max(0)).sum()))
            }
            Wanted::GiveBack => Ok(Heard::GivesBack(digits(&data, &["id"]))),
            Wanted::Code | Wanted::Find | Wanted::Look | Wanted::Close => Ok(Heard::Stands {
                standing: standing(&data),
                ours: Some(text(&data, &["reference"]).to_string()),
                money: Some(digits(&data, &["id"])).filter(|name| !name.is_empty()),
                page: None,
                reference: None,
            }),
        }
    }

    fn hear(&self, post: &Post<'_>) -> Result<Vec<Told>, Unproved> {
        let mark = post.text("x-paystack-signature").and_then(|mark| hex::decode(mark).ok()).ok_or(Unproved)?;
        let is_signed = self.signing.iter().any(|secret| {
            let mac: Option<Hmac<Sha512>> = Hmac::new_from_slice(secret.expose_secret().as_bytes()).ok();
            mac.is_some_and(|mac| mac.chain_update(post.body).verify_slice(&mark).is_ok())
        });
        if !is_signed {
            return Err(Unproved);
        }
        let json = exact::parse(post.body).ok_or(Unproved)?;
        let Some(data) = json.get("data") else { return Ok(Vec::new()) };
        let kind = text(&json, &["event"]);
        let (ours, standing) = match kind {
            "charge.success" => (text(data, &["reference"]), Standing { said: Said::Paid, ..standing(data) }),
            "refund.processed" => {
                let refunded_minor = money(data).minor.max(0);
                // It tells what was given back, not what was paid.
                let standing = Standing { said: Said::Paid, amount: None, refunded_minor };
                (text(data, &["transaction_reference"]), standing)
            }
            "charge.dispute.create" => {
                let standing = Standing { said: Said::Disputed, amount: None, refunded_minor: 0 };
                (text(data, &["transaction", "reference"]), standing)
            }
            _ => return Ok(Vec::new()),
        };
        let id = digits(data, &["id"]);
        let event = format!("{kind} {ours} {id}");
        let refund = if kind == "refund.processed" { id } else { String::new() };
        Ok(vec![Told {
            event,
            ours: ours.to_string(),
            // It knows an attempt by our name.
            reference: ours.to_string(),
            refund,
            money: String::new(),
            standing,
        }])
    }
}

fn money(data: &Json) -> duka_engine::value::Money {
    let (code, amount) = (currency(text(data, &["currency"])), whole(data, &["amount"]));
    code.zip(amount).and_then(|(code, amount)| PAYSTACK.scale.of_whole(amount, code)).unwrap_or_else(unreadable)
}

fn standing(data: &Json) -> Standing {
    let amount = money(data);
    let said = match text(data, &["status"]) {
        "success" | "reversed" => Said::Paid,
        "failed" => Said::Failed,
        // Its page can still be paid when the customer has left it: our own link says when it is over.
        _ => Said::Open,
    };
    let refunded_minor = if text(data, &["status"]) == "reversed" { amount.minor } else { 0 };
    Standing { said, amount: Some(amount), refunded_minor }
}
