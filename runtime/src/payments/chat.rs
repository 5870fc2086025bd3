//! Money that is taken inside the chat by a gateway of the business (whatsapp-cloud-api 17.1): WhatsApp's word is why it is asked,
//! and what it answers of the very amount counts, as with any provider.

use std::sync::Arc;
use std::time::Duration;

use duka_engine::value::{Currency, Money};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value as Json, json};
use smol_str::{SmolStr, format_smolstr};
use url::Url;

use super::cashier::{Cashier, Seen};
use super::provider::{Trouble, done};
use super::standing::{Heard, Payment, Said, Standing, State};
use crate::adapter::rest::exact;
use crate::config::Config;
use crate::egress::{Answer, Method, Request};
use crate::id::ShopScope;
use crate::store::{self, PaymentRow};

const WITHIN: Duration = Duration::from_secs(10);

/// What the name of such a payment begins with, among the provider's names: then the number's id, and the bill's name.
const MARK: &str = "chat ";

/// Who takes the money.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Chat {
    /// A gateway in India, by the name of its configuration in WhatsApp Manager. WhatsApp tells of its payments.
    Gateway { gateway: SmolStr, configuration: SmolStr },
    /// The shop's provider, by a Pix code that the customer's bank takes: it tells of its payments itself, and WhatsApp of none
    /// (whatsapp-cloud-api 17.3).
    Pix { key: SmolStr, kind: SmolStr, name: SmolStr },
}

/// Where it is asked how such payments stand.
#[derive(Debug)]
pub struct Books {
    base: Url,
    configuration: SmolStr,
    token: SecretString,
}

impl Books {
    pub(super) fn new(config: &Config, chat: &Chat, token: SecretString) -> Option<Books> {
        let Chat::Gateway { configuration, .. } = chat else { return None };
        let base =
            format!("{}/{}/", config.graph.url.as_str().trim_end_matches('/'), config.graph.version).parse().ok()?;
        Some(Books { base, configuration: configuration.clone(), token })
    }

    fn request(&self, number: &str, bill: &str) -> Option<Request> {
        let url = self.base.join(&format!("{number}/payments/{}/{bill}", self.configuration)).ok()?;
        Some(Request { method: Method::Get, url, headers: vec![self.key()], body: None, within: WITHIN })
    }

    /// That money goes back by the gateway that took it. WhatsApp takes no name of ours with it, so it is sent once: what
    /// became of it is looked up in the books.
    fn back(&self, number: &str, bill: &str, money: Money) -> Option<Request> {
        let url = self.base.join(&format!("{number}/payments_refund")).ok()?;
        let amount = json!({ "currency": money.currency.code(), "value": money.minor.to_string(), "offset": "100" });
        let body = json!({
            "reference_id": bill, "speed": "normal", "payment_config_id": self.configuration.as_str(), "amount": amount,
        });
        let headers = vec![self.key(), ("content-type".to_string(), "application/json".to_string())];
        Some(Request { method: Method::Post, url, headers, body: Some(body.to_string().into_bytes()), within: WITHIN })
    }

    fn key(&self) -> (String, String) {
        ("authorization".to_string(), format!("Bearer {}", self.token.expose_secret()))
    }
}

/// What the store keeps the order of a bill under.
pub fn billed(bill: &str) -> String {
    format!("billed {bill}")
}

/// The number and the bill that such a payment's name is made of.
fn bill_of(name: &str) -> Option<(&str, &str)> {
    name.strip_prefix(MARK)?.split_once(' ')
}

/// What the books name of refunds that have not failed, with the hundredths of each.
fn backs(own: &Json) -> impl Iterator<Item = (SmolStr, i64)> {
    let all = own.get("refunds").and_then(Json::as_array).into_iter().flatten();
    all.filter_map(|refund| {
        let word = |name: &str| refund.get(name).and_then(Json::as_str).unwrap_or("");
        let is = !matches!((word("id"), word("status")), ("", _) | (_, "failed"));
        is.then(|| back_minor(refund).map(|minor| (word("id").into(), minor))).flatten()
    })
}

fn back_minor(refund: &Json) -> Option<i64> {
    refund.get("amount")?.get("value")?.as_i64().filter(|minor| *minor > 0)
}

/// What is read of a bill in the gateway's books.
fn standing(own: &Json) -> Standing {
    let word = |name: &str| own.get(name).and_then(Json::as_str).unwrap_or("");
    let said = match word("status") {
        "captured" => Said::Paid,
        "failed" => Said::Failed,
        _ => Said::Open,
    };
    let of = |name: &str| own.get("total_amount").and_then(|amount| amount.get(name)).and_then(Json::as_i64);
    // Hundredths, whatever the currency.
    let amount = match (Currency::from_code(word("currency")), of("value"), of("offset")) {
        (Some(currency), Some(minor), Some(100)) if currency.exponent() == 2 => Money { minor, currency },
        (_, _, _) => Money { minor: -1, currency: Currency(*b"XXX") },
    };
    let back = own.get("refunds").and_then(Json::as_array).into_iter().flatten();
    let back = back.filter(|refund| refund.get("status").and_then(Json::as_str) == Some("success"));
    let refunded_minor = back.filter_map(back_minor).fold(0_i64, i64::saturating_add);
    Standing { said, amount: Some(amount), refunded_minor }
}

/// Whether money may have come inside the chat.
pub(super) fn is_by(payment: &Payment) -> bool {
    payment.references.iter().any(|name| is_name(name))
}

/// Whether this is the name of a payment inside the chat.
pub(super) fn is_name(name: &str) -> bool {
    name.starts_with(MARK)
}

impl Cashier {
    /// Writes down what WhatsApp says of a bill, and asks. `false`: nobody has such a bill.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn told_in_chat(
        self: &Arc<Cashier>,
        shop: ShopScope,
        number: &str,
        bill: &str,
        status: &str,
    ) -> store::Result<bool> {
        let mut tx = self.host.store.read(shop).await?;
        let order = tx.meta_get(shop, &billed(bill)).await?.and_then(|order| String::from_utf8(order).ok());
        let Some(order) = order else { return Ok(false) };
        let rows = tx.payments_of(shop, &order).await?;
        tx.rollback().await?;
        let payable = |row: &&PaymentRow| Payment::decode(&row.body).is_some_and(|payment| payment.state.is_payable());
        let Some(row) = rows.iter().find(payable).or(rows.last()) else { return Ok(false) };
        let (place, now_ms) = ((row.shop, row.id), self.host.clock.now_ms());
        let name = format_smolstr!("{MARK}{number} {bill}");
        let said = match status {
            "captured" => Said::Paid,
            "failed" => Said::Failed,
            _ => Said::Open,
        };
        self.change(place, |_, payment, paid_otherwise| {
            if !payment.references.contains(&name) {
                payment.references.push(name.clone());
            }
            if payment.state == State::Sent {
                (payment.state, payment.begun_ms) = (State::Open, now_ms);
            }
            let attempt = payment.references.iter().position(|known| *known == name).map_or(0, |at| at + 1);
            if said == Said::Paid {
                payment.claim_again(attempt);
            }
            payment.hear(&Heard::Claim(Standing { said, amount: None, refunded_minor: 0 }), paid_otherwise)
        })
        .await?;
        let cashier = Arc::clone(self);
        // The vendor need not wait for what we ask it.
        tokio::spawn(async move { cashier.one(place).await });
        Ok(true)
    }

    /// How a payment inside the chat stands. `None`: the name is the provider's.
    pub(super) async fn in_the_chat(&self, seen: &Seen, name: &str) -> Option<Result<Standing, Trouble>> {
        let (number, bill) = bill_of(name)?;
        let own = self.in_the_books(seen, number, bill).await;
        Some(own.map(|own| standing(&own)))
    }

    /// The gateway's name for a refund of ours whose answer was lost: one of that amount that was not in the books when ours was sent, and
    /// that no other command of ours has. `None`: it has none.
    pub(super) async fn back_in_the_books(
        &self,
        seen: &Seen,
        name: &str,
        money: Money,
    ) -> Result<Option<SmolStr>, Trouble> {
        let known = |id: &SmolStr| {
            seen.payment.booked.contains(id) || seen.payment.refunds.iter().any(|refund| refund.name == *id)
        };
        let mut backs = self.booked(seen, name).await?.into_iter();
        Ok(backs.find(|(id, minor)| *minor == money.minor && !known(id)).map(|(id, _)| id))
    }

    /// What the gateway's books name of refunds of a bill that have not failed; nothing where money came otherwise.
    pub(super) async fn booked(&self, seen: &Seen, name: &str) -> Result<Vec<(SmolStr, i64)>, Trouble> {
        let Some((number, bill)) = bill_of(name) else { return Ok(Vec::new()) };
        Ok(backs(&self.in_the_books(seen, number, bill).await?).collect())
    }

    /// What the gateway's books say of a bill.
    async fn in_the_books(&self, seen: &Seen, number: &str, bill: &str) -> Result<Json, Trouble> {
        let request = seen.till.books.as_ref().and_then(|books| books.request(number, bill));
        let request = request.ok_or_else(|| Trouble::Refused("the shop takes no money inside the chat".to_string()))?;
        let json = match self.egress.send(request).await {
            Ok(answer) if answer.status == 200 => exact::parse(&answer.body),
            Ok(answer) => return Err(Trouble::NotNow(format!("status {}", answer.status))),
            Err(error) => return Err(Trouble::NotNow(error.to_string())),
        };
        let payments = json.as_ref().and_then(|json| json.get("payments")?.as_array());
        let is_own = |one: &&Json| one.get("reference_id").and_then(Json::as_str) == Some(bill);
        let own = payments.and_then(|all| all.iter().find(is_own)).cloned();
        own.ok_or_else(|| Trouble::NotNow("another answer than was asked for".to_string()))
    }

    /// Has money go back that came inside the chat. Returns the vendor's name for that; `None`: it came otherwise.
    pub(super) async fn back_in_chat(&self, seen: &Seen, name: &str, money: Money) -> Option<Result<String, Trouble>> {
        let (number, bill) = bill_of(name)?;
        let request = seen.till.books.as_ref().and_then(|books| books.back(number, bill, money));
        let Some(request) = request else {
            return Some(Err(Trouble::Refused("the shop takes no money inside the chat".to_string())));
        };
        Some(match self.egress.send(request).await {
            Ok(answer) => given_back(&answer),
            Err(error) if error.is_unsent() => Err(Trouble::NotNow(error.to_string())),
            Err(error) => Err(Trouble::Unknown(error.to_string())),
        })
    }
}

fn given_back(answer: &Answer) -> Result<String, Trouble> {
    let json = done(answer)?;
    let word = |name: &str| json.get(name).and_then(Json::as_str).unwrap_or("");
    match (word("id"), word("status")) {
        (_, "failed") => Err(Trouble::Refused("the gateway gives nothing back".to_string())),
        ("", _) => Err(Trouble::Unknown("another answer than was asked for".to_string())),
        (id, _) => Ok(id.to_string()),
    }
}
