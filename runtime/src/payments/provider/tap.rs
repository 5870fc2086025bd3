//! Tap charges (payments.md 4 and 5). The callback goes to the payment's own address and signs some fields of the charge.

use secrecy::SecretString;
use serde_json::{Value as Json, json};
use url::Url;

use super::{
    Bill, Heard, Post, Provider, Settings, Told, Trouble, Unproved, Wanted, bearer, currency, digits, done, get,
    is_hmac_sha256, post_json, segment, text, unreadable,
};
use crate::adapter::rest::exact;
use crate::egress::{Answer, Request};
use crate::payments::facts::{Facts, TAP};
use crate::payments::money::{self, NotPayable, Scale};
use crate::payments::standing::{Said, Standing};

#[derive(Debug)]
pub struct Tap {
    base: Url,
    secret_key: SecretString,
    signing: Vec<SecretString>,
    /// Which methods its page offers.
    source: String,
}

impl Tap {
    pub fn new(base: Url, settings: &Settings) -> Tap {
        let source = Some(settings.word("source")).filter(|source| !source.is_empty());
        Tap {
            base,
            secret_key: settings.secret("secret_key"),
            signing: settings.secrets(["secret_key", "old_secret_key"]),
            source: source.unwrap_or_else(|| "src_all".to_string()),
        }
    }

    fn begin(&self, bill: &Bill<'_>) -> Result<Json, NotPayable> {
        let amount = TAP.scale.decimal(bill.amount)?;
        // The digits as they are: a JSON number that no float has touched.
        let amount: Json = serde_json::from_str(&amount).unwrap_or_default();
        let name = if bill.payer.name.is_empty() { "Customer" } else { &bill.payer.name };
        let phone = phonenumber::parse(None, format!("+{}", bill.payer.phone)).ok();
        let mut customer = json!({ "first_name": name });
        match phone {
            Some(phone) => {
                let (code, number) = (phone.code().value().to_string(), phone.national().value().to_string());
                customer["phone"] = json!({ "country_code": code, "number": number });
            }
            None => customer["email"] = json!(format!("{}@customers.invalid", bill.payer.alias)),
        }
        Ok(json!({
            "amount": amount,
            "currency": bill.amount.currency.code(),
            "threeDSecure": true,
            "customer": customer,
            "source": { "id": self.source },
            "reference": { "transaction": bill.ours, "order": bill.order, "idempotent": bill.ours },
            "post": { "url": bill.hook },
            "redirect": { "url": bill.back },
        }))
    }
}

impl Provider for Tap {
    fn facts(&self) -> &'static Facts {
        &TAP
    }

    fn request(&self, wanted: Wanted, bill: &Bill<'_>, _: &str) -> Result<Option<Request>, NotPayable> {
        let key = [bearer(&self.secret_key)];
        Ok(match wanted {
            Wanted::Begin => post_json(&self.base, "charges", &key, &self.begin(bill)?),
            Wanted::Look => get(&self.base, &format!("charges/{}", segment(bill.reference)), &key),
            Wanted::Refunds => get(&self.base, &format!("refunds/{}", segment(bill.reference)), &key),
            Wanted::GiveBack => match bill.back_money {
                Some((money, ours)) => {
                    let amount: Json = serde_json::from_str(&TAP.scale.decimal(money)?).unwrap_or_default();
                    let body = json!({
                        "charge_id": bill.reference, "amount": amount, "currency": money.currency.code(),
                        "reason": "requested_by_customer", "reference": { "merchant": ours },
                        "post": { "url": bill.hook },
                    });
                    post_json(&self.base, "refunds", &key, &body)
                }
                None => None,
            },
            Wanted::Code | Wanted::Find | Wanted::Close => None,
        })
    }

    fn read(&self, wanted: Wanted, _: &Bill<'_>, answer: &Answer) -> Result<Heard, Trouble> {
        let json = done(answer)?;
        match wanted {
            Wanted::Begin => {
                let reference = text(&json, &["id"]).to_string();
                let page = text(&json, &["transaction", "url"]).to_string();
                if reference.is_empty() || page.is_empty() {
                    return Err(Trouble::Unknown("a charge without an id or address".to_string()));
                }
                Ok(Heard::Begun { reference, page })
            }
            Wanted::Refunds => Ok(Heard::Refunded(given_back(&json))),
            Wanted::GiveBack => Ok(Heard::GivesBack(text(&json, &["id"]).to_string())),
            Wanted::Code | Wanted::Find | Wanted::Look | Wanted::Close => Ok(Heard::Stands {
                standing: standing(&json),
                ours: Some(text(&json, &["reference", "transaction"]).to_string()),
                money: Some(text(&json, &["id"]).to_string()),
                page: None,
                reference: None,
            }),
        }
    }

    fn hear(&self, post: &Post<'_>) -> Result<Vec<Told>, Unproved> {
        let named = post.named.ok_or(Unproved)?;
        let mark = post.text("hashstring").ok_or(Unproved)?;
        let json = exact::parse(post.body).ok_or(Unproved)?;
        if !is_hmac_sha256(&self.signing, &[signed(&json).as_bytes()], mark) {
            return Err(Unproved);
        }
        let (id, status) = (text(&json, &["id"]), text(&json, &["status"]));
        if !text(&json, &["charge_id"]).is_empty() {
            // Of a refund; the address that was called says of which payment.
            let standing = Standing { said: Said::Paid, amount: None, refunded_minor: given_back(&json) };
            let (event, ours) = (format!("{id} {status}"), named.to_string());
            return Ok(vec![Told {
                event,
                ours,
                reference: String::new(),
                refund: id.to_string(),
                money: String::new(),
                standing,
            }]);
        }
        let ours = text(&json, &["reference", "transaction"]);
        if !ours.starts_with(named) {
            return Err(Unproved);
        }
        Ok(vec![Told {
            event: format!("{id} {status}"),
            ours: ours.to_string(),
            reference: id.to_string(),
            refund: String::new(),
            money: String::new(),
            standing: standing(&json),
        }])
    }
}

/// What a callback signs, with the amount in all the currency's digits.
fn signed(json: &Json) -> String {
    let code = text(json, &["currency"]);
    let written = digits(json, &["amount"]);
    let amount = currency(code).and_then(|code| Scale::of_decimal(&written, code)).map(money::digits);
    format!(
        "x_id{}x_amount{}x_currency{code}x_gateway_reference{}x_payment_reference{}x_status{}x_created{}",
        text(json, &["id"]),
        amount.unwrap_or(written),
        digits(json, &["reference", "gateway"]),
        digits(json, &["reference", "payment"]),
        text(json, &["status"]),
        digits(json, &["transaction", "created"]),
    )
}

/// How much a refund has given back.
fn given_back(json: &Json) -> i64 {
    let is_done = text(json, &["status"]) == "REFUNDED";
    let code = currency(text(json, &["currency"])).filter(|_| is_done);
    code.and_then(|code| Scale::of_decimal(&digits(json, &["amount"]), code)).map_or(0, |money| money.minor)
}

fn standing(json: &Json) -> Standing {
    let said = match text(json, &["status"]) {
        "CAPTURED" => Said::Paid,
        // The charge is over; the link is not, and another charge may be asked for.
        "FAILED" | "DECLINED" | "RESTRICTED" | "VOID" | "ABANDONED" | "TIMEDOUT" | "CANCELLED" => Said::Failed,
        _ => Said::Open,
    };
    let code = currency(text(json, &["currency"]));
    let amount = code.and_then(|code| Scale::of_decimal(&digits(json, &["amount"]), code)).unwrap_or_else(unreadable);
    Standing { said, amount: Some(amount), refunded_minor: 0 }
}
