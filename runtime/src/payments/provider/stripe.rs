//! Stripe Checkout Sessions (payments.md 4 and 5). Keeps no card and asks for none.

use secrecy::SecretString;
use serde_json::Value as Json;
use url::Url;
use url::form_urlencoded::Serializer;

use super::{
    Bill, Heard, Post, Provider, Settings, Told, Trouble, Unproved, Wanted, ask, bearer, currency, done, get,
    is_hmac_sha256, segment, text, unreadable, whole,
};
use crate::adapter::rest::exact;
use crate::egress::{Answer, Method, Request};
use crate::payments::facts::{Facts, STRIPE};
use crate::payments::money::NotPayable;
use crate::payments::standing::{Said, Standing};

/// How old a callback may be, in seconds.
const MOST_APART_S: i64 = 300;

/// What its names of payments by a Pix code begin with; sessions are named otherwise.
const CODES: &str = "pi_";

/// The version of the interface that is asked and listened to.
const VERSION: &str = "2024-06-20";

/// Languages of its page; others follow the browser.
const LANGUAGES: [&str; 4] = ["en", "es", "fr", "pt"];

#[derive(Debug)]
pub struct Stripe {
    base: Url,
    secret_key: SecretString,
    webhook: Vec<SecretString>,
}

impl Stripe {
    pub fn new(base: Url, settings: &Settings) -> Stripe {
        let webhook = settings.secrets(["webhook_secret", "old_webhook_secret"]);
        Stripe { base, secret_key: settings.secret("secret_key"), webhook }
    }

    fn code(&self, bill: &Bill<'_>) -> Result<Vec<u8>, NotPayable> {
        let amount = STRIPE.scale.whole(bill.amount)?.to_string();
        let name = format!("{} {}", bill.shop, bill.order);
        let mut form = Serializer::new(String::new());
        form.append_pair("amount", &amount)
            .append_pair("currency", &bill.amount.currency.code().to_ascii_lowercase())
            .append_pair("confirm", "true")
            .append_pair("description", &name)
            .append_pair("metadata[payment]", bill.ours)
            .append_pair("payment_method_types[0]", "pix")
            .append_pair("payment_method_data[type]", "pix")
            .append_pair("payment_method_options[pix][expires_at]", &(bill.expires_ms / 1_000).to_string());
        Ok(form.finish().into_bytes())
    }

    fn begin(&self, bill: &Bill<'_>) -> Result<Vec<u8>, NotPayable> {
        let amount = STRIPE.scale.whole(bill.amount)?.to_string();
        let least_ms = bill.begun_ms.saturating_add(STRIPE.least_life_ms + 60_000);
        let expires_s = (bill.expires_ms.max(least_ms) / 1_000).to_string();
        let language = LANGUAGES.iter().find(|known| bill.language.starts_with(*known)).copied().unwrap_or("auto");
        let name = format!("{} {}", bill.shop, bill.order);
        let mut form = Serializer::new(String::new());
        form.append_pair("mode", "payment")
            .append_pair("line_items[0][price_data][currency]", &bill.amount.currency.code().to_ascii_lowercase())
            .append_pair("line_items[0][price_data][unit_amount]", &amount)
            .append_pair("line_items[0][price_data][product_data][name]", &name)
            .append_pair("line_items[0][quantity]", "1")
            .append_pair("client_reference_id", bill.ours)
            .append_pair("payment_intent_data[metadata][payment]", bill.ours)
            .append_pair("success_url", bill.back)
            .append_pair("cancel_url", bill.back)
            .append_pair("expires_at", &expires_s)
            .append_pair("locale", language);
        Ok(form.finish().into_bytes())
    }
}

impl Provider for Stripe {
    fn facts(&self) -> &'static Facts {
        &STRIPE
    }

    fn request(&self, wanted: Wanted, bill: &Bill<'_>, _: &str) -> Result<Option<Request>, NotPayable> {
        let headers = [bearer(&self.secret_key), ("stripe-version", VERSION.to_string())];
        let session = format!("checkout/sessions/{}", segment(bill.reference));
        let intent = format!("payment_intents/{}", segment(bill.reference));
        let is_code = bill.reference.starts_with(CODES);
        Ok(match wanted {
            Wanted::Begin | Wanted::Code => {
                // A name holds for one kind of thing only.
                let (place, name, body) = if wanted == Wanted::Code {
                    ("payment_intents", format!("{}-code", bill.ours), self.code(bill)?)
                } else {
                    ("checkout/sessions", bill.ours.to_string(), self.begin(bill)?)
                };
                let [key, version] = headers;
                let form = ("content-type", "application/x-www-form-urlencoded".to_string());
                let headers = [key, version, form, ("idempotency-key", name)];
                ask(Method::Post, &self.base, place, &headers, Some(body))
            }
            Wanted::Look if is_code => get(&self.base, &format!("{intent}?expand[]=latest_charge"), &headers),
            Wanted::Look => get(&self.base, &format!("{session}?expand[]=payment_intent.latest_charge"), &headers),
            Wanted::Close if is_code => {
                ask(Method::Post, &self.base, &format!("{intent}/cancel"), &headers, Some(Vec::new()))
            }
            Wanted::Close => ask(Method::Post, &self.base, &format!("{session}/expire"), &headers, Some(Vec::new())),
            Wanted::GiveBack => match bill.back_money {
                Some((money, key)) => {
                    let amount = STRIPE.scale.whole(money)?.to_string();
                    let mut form = Serializer::new(String::new());
                    form.append_pair("payment_intent", bill.reference).append_pair("amount", &amount);
                    let [bearer, version] = headers;
                    let kind = ("content-type", "application/x-www-form-urlencoded".to_string());
                    let headers = [bearer, version, kind, ("idempotency-key", key.to_string())];
                    ask(Method::Post, &self.base, "refunds", &headers, Some(form.finish().into_bytes()))
                }
                None => None,
            },
            Wanted::Find | Wanted::Refunds => None,
        })
    }

    fn read(&self, wanted: Wanted, _: &Bill<'_>, answer: &Answer) -> Result<Heard, Trouble> {
        let json = done(answer)?;
        match wanted {
            Wanted::Begin => {
                let (reference, page) = (text(&json, &["id"]).to_string(), text(&json, &["url"]).to_string());
                if reference.is_empty() || page.is_empty() {
                    return Err(Trouble::Unknown("a session without an id or address".to_string()));
                }
                Ok(Heard::Begun { reference, page })
            }
            Wanted::Code => {
                let of = |path: &[&str]| text(&json, path).to_string();
                let code = of(&["next_action", "pix_display_qr_code", "data"]);
                let page = of(&["next_action", "pix_display_qr_code", "hosted_instructions_url"]);
                let reference = of(&["id"]);
                if reference.is_empty() || code.is_empty() {
                    return Err(Trouble::NotNow("no Pix code, which nobody can pay".to_string()));
                }
                Ok(Heard::Coded { reference, code, page })
            }
            Wanted::Close => Ok(Heard::Closed),
            Wanted::GiveBack => Ok(Heard::GivesBack(text(&json, &["id"]).to_string())),
            Wanted::Look if text(&json, &["object"]) == "payment_intent" => Ok(Heard::Stands {
                standing: intent(&json),
                ours: Some(text(&json, &["metadata", "payment"]).to_string()),
                money: Some(text(&json, &["id"]).to_string()),
                page: None,
                reference: None,
            }),
            Wanted::Find | Wanted::Look | Wanted::Refunds => Ok(Heard::Stands {
                standing: session(&json),
                ours: Some(text(&json, &["client_reference_id"]).to_string()),
                money: Some(text(&json, &["payment_intent", "id"]).to_string()).filter(|name| !name.is_empty()),
                page: None,
                reference: None,
            }),
        }
    }

    fn hear(&self, post: &Post<'_>) -> Result<Vec<Told>, Unproved> {
        let header = post.text("stripe-signature").ok_or(Unproved)?;
        let mut parts = header.split(',').filter_map(|part| part.trim().split_once('='));
        let (_, seconds) = parts.clone().find(|(name, _)| *name == "t").ok_or(Unproved)?;
        let told_s: i64 = seconds.parse().map_err(|_| Unproved)?;
        let signed = [seconds.as_bytes(), b".", post.body];
        let is_signed = parts.any(|(name, mark)| name == "v1" && is_hmac_sha256(&self.webhook, &signed, mark));
        if !is_signed || post.now_ms.div_euclid(1_000).saturating_sub(told_s).saturating_abs() > MOST_APART_S {
            return Err(Unproved);
        }
        let json = exact::parse(post.body).ok_or(Unproved)?;
        let Some(object) = json.get("data").and_then(|data| data.get("object")) else { return Ok(Vec::new()) };
        let (ours, reference, standing) = match text(&json, &["type"]) {
            "checkout.session.completed" | "checkout.session.async_payment_succeeded" | "checkout.session.expired" => {
                (text(object, &["client_reference_id"]), text(object, &["id"]), session(object))
            }
            "checkout.session.async_payment_failed" => {
                let failed = Standing { said: Said::Failed, ..session(object) };
                (text(object, &["client_reference_id"]), text(object, &["id"]), failed)
            }
            // Of a Pix code; of a session its own news come as well.
            "payment_intent.succeeded" | "payment_intent.canceled" => {
                (text(object, &["metadata", "payment"]), "", intent(object))
            }
            "payment_intent.payment_failed" => {
                let amount = Some(money(object, "amount"));
                (text(object, &["metadata", "payment"]), "", Standing { said: Said::Failed, amount, refunded_minor: 0 })
            }
            "charge.refunded" => {
                let refunded_minor = refunded(object);
                let amount = Some(money(object, "amount"));
                (text(object, &["metadata", "payment"]), "", Standing { said: Said::Paid, amount, refunded_minor })
            }
            // A dispute has no metadata of the payment's, only the name of its money.
            "charge.dispute.created" => (
                text(object, &["metadata", "payment"]),
                text(object, &["payment_intent"]),
                Standing { said: Said::Disputed, amount: None, refunded_minor: 0 },
            ),
            _ => return Ok(Vec::new()),
        };
        let (event, ours, reference) = (text(&json, &["id"]).to_string(), ours.to_string(), reference.to_string());
        Ok(vec![Told { event, ours, reference, refund: String::new(), money: String::new(), standing }])
    }
}

fn money(json: &Json, name: &str) -> duka_engine::value::Money {
    let code = currency(text(json, &["currency"]));
    let amount = whole(json, &[name]);
    code.zip(amount).and_then(|(code, amount)| STRIPE.scale.of_whole(amount, code)).unwrap_or_else(unreadable)
}

fn refunded(charge: &Json) -> i64 {
    if whole(charge, &["amount_refunded"]).unwrap_or(0) > 0 { money(charge, "amount_refunded").minor.max(0) } else { 0 }
}

fn intent(json: &Json) -> Standing {
    let (said, amount) = match text(json, &["status"]) {
        "succeeded" => (Said::Paid, "amount_received"),
        "canceled" => (Said::Expired, "amount"),
        // A code whose time is over.
        "requires_payment_method" => (Said::Failed, "amount"),
        _ => (Said::Open, "amount"),
    };
    let charge = json.get("latest_charge");
    Standing { said, amount: Some(money(json, amount)), refunded_minor: charge.map_or(0, refunded) }
}

fn session(json: &Json) -> Standing {
    let said = match (text(json, &["payment_status"]), text(json, &["status"])) {
        ("paid", _) => Said::Paid,
        (_, "expired") => Said::Expired,
        (_, _) => Said::Open,
    };
    let charge = json.get("payment_intent").and_then(|intent| intent.get("latest_charge"));
    Standing { said, amount: Some(money(json, "amount_total")), refunded_minor: charge.map_or(0, refunded) }
}
