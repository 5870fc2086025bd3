//! Razorpay Payment Links (payments.md 4 and 5). Switches the provider's own messages off: the customer has a chat.

use secrecy::SecretString;
use serde_json::{Value as Json, json};
use url::Url;

use super::{
    Bill, Heard, Post, Provider, Settings, Told, Trouble, Unproved, Wanted, at, basic, currency, done, get,
    is_hmac_sha256, post_json, segment, text, unreadable, whole,
};
use crate::adapter::rest::exact;
use crate::egress::{Answer, Request};
use crate::payments::facts::{Facts, RAZORPAY};
use crate::payments::money::NotPayable;
use crate::payments::standing::{Said, Standing};

#[derive(Debug)]
pub struct Razorpay {
    base: Url,
    key_id: SecretString,
    secret_key: SecretString,
    webhook: Vec<SecretString>,
}

impl Razorpay {
    pub fn new(base: Url, settings: &Settings) -> Razorpay {
        let webhook = settings.secrets(["webhook_secret", "old_webhook_secret"]);
        Razorpay { base, key_id: settings.secret("key_id"), secret_key: settings.secret("secret_key"), webhook }
    }

    fn begin(&self, bill: &Bill<'_>) -> Result<Json, NotPayable> {
        let least_ms = bill.begun_ms.saturating_add(RAZORPAY.least_life_ms);
        let mut body = json!({
            "amount": RAZORPAY.scale.whole(bill.amount)?,
            "currency": bill.amount.currency.code(),
            "accept_partial": false,
            "expire_by": bill.expires_ms.max(least_ms) / 1_000,
            "reference_id": bill.ours,
            "description": format!("{} {}", bill.shop, bill.order),
            "notify": { "sms": false, "email": false },
            "reminder_enable": false,
            "callback_url": bill.back,
            "callback_method": "get",
            "notes": { "payment": bill.ours },
        });
        if !bill.payer.phone.is_empty() {
            body["customer"] = json!({ "contact": format!("+{}", bill.payer.phone) });
        }
        Ok(body)
    }
}

impl Provider for Razorpay {
    fn facts(&self) -> &'static Facts {
        &RAZORPAY
    }

    fn request(&self, wanted: Wanted, bill: &Bill<'_>, _: &str) -> Result<Option<Request>, NotPayable> {
        let key = [basic(&self.key_id, &self.secret_key)];
        let name = segment(bill.reference);
        Ok(match wanted {
            Wanted::Begin => post_json(&self.base, "payment_links", &key, &self.begin(bill)?),
            Wanted::Code => None,
            Wanted::Find => get(&self.base, &format!("payment_links?reference_id={}", segment(bill.ours)), &key),
            Wanted::Look => get(&self.base, &format!("payment_links/{name}"), &key),
            Wanted::Refunds => get(&self.base, &format!("payments/{name}"), &key),
            Wanted::Close => post_json(&self.base, &format!("payment_links/{name}/cancel"), &key, &json!({})),
            Wanted::GiveBack => match bill.back_money {
                Some((money, ours)) => {
                    let [key] = key;
                    let headers = [key, ("x-refund-idempotency", ours.to_string())];
                    let body = json!({ "amount": RAZORPAY.scale.whole(money)?, "receipt": ours });
                    post_json(&self.base, &format!("payments/{name}/refund"), &headers, &body)
                }
                None => None,
            },
        })
    }

    fn read(&self, wanted: Wanted, bill: &Bill<'_>, answer: &Answer) -> Result<Heard, Trouble> {
        let json = done(answer)?;
        Ok(match wanted {
            Wanted::Begin => {
                let (reference, page) = (text(&json, &["id"]).to_string(), text(&json, &["short_url"]).to_string());
                if reference.is_empty() || page.is_empty() {
                    return Err(Trouble::Unknown("a link without an id or address".to_string()));
                }
                Heard::Begun { reference, page }
            }
            Wanted::Find => {
                let links = json.get("payment_links").and_then(Json::as_array);
                let ours = |link: &&Json| text(link, &["reference_id"]) == bill.ours;
                links.into_iter().flatten().find(ours).map_or(Heard::Nothing, stands)
            }
            Wanted::Code | Wanted::Look => stands(&json),
            Wanted::Refunds => Heard::Refunded(amount(&json, "amount_refunded").minor.max(0)),
            Wanted::Close => Heard::Closed,
            Wanted::GiveBack => Heard::GivesBack(text(&json, &["id"]).to_string()),
        })
    }

    fn hear(&self, post: &Post<'_>) -> Result<Vec<Told>, Unproved> {
        let mark = post.text("x-razorpay-signature").ok_or(Unproved)?;
        if !is_hmac_sha256(&self.webhook, &[post.body], mark) {
            return Err(Unproved);
        }
        let json = exact::parse(post.body).ok_or(Unproved)?;
        let kind = text(&json, &["event"]);
        let link = at(&json, &["payload", "payment_link", "entity"]);
        let paid = at(&json, &["payload", "payment", "entity"]);
        let (ours, reference, standing) = match (kind.split_once('.'), link, paid) {
            (Some(("payment_link", _)), Some(link), _) => {
                (text(link, &["reference_id"]), text(link, &["id"]), of_link(link))
            }
            (Some((_, what)), _, Some(paid)) => {
                let ours = text(paid, &["notes", "payment"]);
                // One without our note is known by the name of its money.
                (ours, if ours.is_empty() { text(paid, &["id"]) } else { "" }, of_payment(paid, kind, what))
            }
            (_, _, _) => return Ok(Vec::new()),
        };
        let event = post.text("x-razorpay-event-id").map_or_else(
            || format!("{kind} {ours} {reference} {}", whole(&json, &["created_at"]).unwrap_or(0)),
            str::to_string,
        );
        Ok(vec![Told {
            event,
            ours: ours.to_string(),
            reference: reference.to_string(),
            refund: String::new(),
            money: String::new(),
            standing,
        }])
    }
}

fn amount(json: &Json, name: &str) -> duka_engine::value::Money {
    let code = currency(text(json, &["currency"]));
    let amount = whole(json, &[name]);
    code.zip(amount).and_then(|(code, amount)| RAZORPAY.scale.of_whole(amount, code)).unwrap_or_else(unreadable)
}

fn of_link(link: &Json) -> Standing {
    let said = match text(link, &["status"]) {
        "paid" | "partially_paid" => Said::Paid,
        "expired" | "cancelled" => Said::Expired,
        _ => Said::Open,
    };
    // Of what is paid in part, the part: it is not what was asked for.
    let name = if said == Said::Paid { "amount_paid" } else { "amount" };
    Standing { said, amount: Some(amount(link, name)), refunded_minor: 0 }
}

fn of_payment(paid: &Json, kind: &str, what: &str) -> Standing {
    let said = match (kind, what) {
        ("payment.failed", _) => Said::Failed,
        (_, "captured" | "processed") => Said::Paid,
        ("payment.dispute.created", _) => Said::Disputed,
        (_, _) => Said::Open,
    };
    let refunded_minor =
        if whole(paid, &["amount_refunded"]).unwrap_or(0) > 0 { amount(paid, "amount_refunded").minor } else { 0 };
    Standing { said, amount: Some(amount(paid, "amount")), refunded_minor }
}

fn stands(link: &Json) -> Heard {
    let payment = at(link, &["payments", "0", "payment_id"]).and_then(Json::as_str);
    Heard::Stands {
        standing: of_link(link),
        ours: Some(text(link, &["reference_id"]).to_string()),
        money: payment.map(str::to_string),
        page: Some(text(link, &["short_url"]).to_string()),
        reference: Some(text(link, &["id"]).to_string()),
    }
}
