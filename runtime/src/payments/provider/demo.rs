//! A provider that exists only for trying out: the pay page of `duka serve` under development. Takes no money.

use duka_engine::contract::write_money;
use secrecy::SecretString;
use serde_json::{Value as Json, json};
use url::Url;

use super::{
    Bill, Heard, Post, Provider, Told, Trouble, Unproved, Wanted, done, get, is_hmac_sha256, post_json, segment, text,
    unreadable,
};
use crate::adapter::rest::exact;
use crate::egress::{Answer, Request};
use crate::payments::facts::{DEMO, Facts};
use crate::payments::money::NotPayable;
use crate::payments::standing::{Said, Standing};

/// Nothing is kept from anybody by it: the demo is open under development only.
const SECRET: &str = "the demo provider's secret, which is none";

#[derive(Debug)]
pub struct Demo {
    base: Url,
}

impl Demo {
    pub fn new(base: Url) -> Demo {
        Demo { base }
    }
}

/// What the demo signs its callbacks with.
pub fn signature(body: &[u8]) -> String {
    use hmac::{Hmac, KeyInit, Mac};
    let mac: Option<Hmac<sha2::Sha256>> = Hmac::new_from_slice(SECRET.as_bytes()).ok();
    mac.map(|mac| hex::encode(mac.chain_update(body).finalize().into_bytes())).unwrap_or_default()
}

impl Provider for Demo {
    fn facts(&self) -> &'static Facts {
        &DEMO
    }

    fn request(&self, wanted: Wanted, bill: &Bill<'_>, _: &str) -> Result<Option<Request>, NotPayable> {
        DEMO.scale.whole(bill.amount)?;
        let session = format!("sessions/{}", segment(bill.reference));
        Ok(match wanted {
            Wanted::Begin => {
                let body = json!({
                    "reference": bill.ours, "order": bill.order, "shop": bill.shop, "amount": write_money(bill.amount),
                    "back": bill.back, "hook": bill.hook,
                });
                post_json(&self.base, "sessions", &[], &body)
            }
            Wanted::Look => get(&self.base, &session, &[]),
            Wanted::Close => post_json(&self.base, &format!("{session}/close"), &[], &json!({})),
            Wanted::GiveBack => bill.back_money.and_then(|(money, key)| {
                let body = json!({ "amount": write_money(money), "key": key });
                post_json(&self.base, &format!("{session}/refunds"), &[], &body)
            }),
            Wanted::Code | Wanted::Find | Wanted::Refunds => None,
        })
    }

    fn read(&self, wanted: Wanted, _: &Bill<'_>, answer: &Answer) -> Result<Heard, Trouble> {
        let json = done(answer)?;
        Ok(match wanted {
            Wanted::Begin => {
                Heard::Begun { reference: text(&json, &["id"]).to_string(), page: text(&json, &["page"]).to_string() }
            }
            Wanted::Close => Heard::Closed,
            Wanted::GiveBack => Heard::GivesBack(text(&json, &["refund"]).to_string()),
            Wanted::Code | Wanted::Find | Wanted::Look | Wanted::Refunds => Heard::Stands {
                standing: standing(&json),
                ours: Some(text(&json, &["reference"]).to_string()),
                money: Some(text(&json, &["id"]).to_string()),
                page: None,
                reference: None,
            },
        })
    }

    fn hear(&self, post: &Post<'_>) -> Result<Vec<Told>, Unproved> {
        let mark = post.text("demo-signature").ok_or(Unproved)?;
        if !is_hmac_sha256(&[SecretString::from(SECRET)], &[post.body], mark) {
            return Err(Unproved);
        }
        let json = exact::parse(post.body).ok_or(Unproved)?;
        let of = |name: &str| text(&json, &[name]).to_string();
        Ok(vec![Told {
            event: of("event"),
            ours: of("reference"),
            reference: of("id"),
            refund: String::new(),
            money: String::new(),
            standing: standing(&json),
        }])
    }
}

fn standing(json: &Json) -> Standing {
    let said = match text(json, &["status"]) {
        "paid" | "refunded" => Said::Paid,
        "failed" => Said::Failed,
        "closed" => Said::Expired,
        "disputed" => Said::Disputed,
        _ => Said::Open,
    };
    let of = |name: &str| duka_engine::contract::parse_money(text(json, &[name]));
    let refunded_minor = of("refunded").map_or(0, |money| money.minor);
    Standing { said, amount: Some(of("amount").unwrap_or_else(unreadable)), refunded_minor }
}
