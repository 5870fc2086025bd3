//! M-Pesa's prompt on the customer's phone, by Daraja (payments.md 4 and 5). Its callback is not signed: it goes to the
//! payment's own address, which nobody can guess, and counts for nothing before the query has said the same.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use duka_engine::value::Money;
use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value as Json, json};
use url::Url;

use super::{
    Bill, Heard, Post, Provider, Settings, Told, Trouble, Unproved, Wanted, at, basic, digits, done, get, post_json,
    text, unreadable,
};
use crate::adapter::rest::exact;
use crate::egress::{Answer, Request};
use crate::payments::facts::{Facts, MPESA};
use crate::payments::money::{NotPayable, Scale};
use crate::payments::standing::{Said, Standing};

/// Letters of what the customer sees on the prompt.
const REFERENCE_LETTERS: usize = 12;
const DESCRIPTION_LETTERS: usize = 13;

/// What it says while the customer has not answered: an error that is none.
const IN_PROGRESS: &str = "500.001.1001";

#[derive(Debug)]
pub struct Mpesa {
    base: Url,
    consumer_key: SecretString,
    consumer_secret: SecretString,
    passkey: SecretString,
    shortcode: String,
    /// Of a till: its number, which is paid instead.
    till: String,
    /// Who may give money back, and how Safaricom has encrypted the password; empty: nobody.
    initiator: String,
    credential: SecretString,
}

impl Mpesa {
    pub fn new(base: Url, settings: &Settings) -> Mpesa {
        Mpesa {
            base,
            consumer_key: settings.secret("consumer_key"),
            consumer_secret: settings.secret("consumer_secret"),
            passkey: settings.secret("passkey"),
            shortcode: settings.word("shortcode"),
            till: settings.word("till"),
            initiator: settings.word("initiator"),
            credential: settings.secret("initiator_credential"),
        }
    }

    /// Time in Nairobi as it writes it, and the password made of it.
    fn password(&self, now_ms: i64) -> (String, String) {
        let utc = Timestamp::from_millisecond(now_ms).unwrap_or(Timestamp::UNIX_EPOCH);
        let nairobi = utc.to_zoned(TimeZone::fixed(Offset::constant(3)));
        let stamp = nairobi.strftime("%Y%m%d%H%M%S").to_string();
        let password = STANDARD.encode(format!("{}{}{stamp}", self.shortcode, self.passkey.expose_secret()));
        (stamp, password)
    }

    fn begin(&self, bill: &Bill<'_>) -> Result<Json, NotPayable> {
        let (stamp, password) = self.password(bill.now_ms);
        let (kind, to) = if self.till.is_empty() {
            ("CustomerPayBillOnline", &self.shortcode)
        } else {
            ("CustomerBuyGoodsOnline", &self.till)
        };
        let phone = kenyan(&bill.payer.phone).unwrap_or_else(|| bill.payer.phone.clone());
        Ok(json!({
            "BusinessShortCode": self.shortcode,
            "Password": password,
            "Timestamp": stamp,
            "TransactionType": kind,
            "Amount": MPESA.scale.whole(bill.amount)?,
            "PartyA": phone,
            "PartyB": to,
            "PhoneNumber": phone,
            "CallBackURL": bill.hook,
            "AccountReference": bill.order.chars().take(REFERENCE_LETTERS).collect::<String>(),
            "TransactionDesc": bill.shop.chars().take(DESCRIPTION_LETTERS).collect::<String>(),
        }))
    }

    /// A reversal (payments.md 5): of the whole, by the receipt. What came of it is called back.
    fn reverse(&self, bill: &Bill<'_>, money: Money) -> Result<Json, NotPayable> {
        if money != bill.amount {
            let why = "M-Pesa reverses whole payments only";
            return Err(NotPayable { amount: duka_engine::contract::write_money(money), why });
        }
        Ok(json!({
            "Initiator": self.initiator,
            "SecurityCredential": self.credential.expose_secret(),
            "CommandID": "TransactionReversal",
            "TransactionID": bill.reference,
            "Amount": MPESA.scale.whole(money)?,
            "ReceiverParty": self.shortcode,
            // As Daraja spells it; 11: an organisation's shortcode.
            "RecieverIdentifierType": "11",
            "ResultURL": bill.hook,
            "QueueTimeOutURL": bill.hook,
            "Remarks": bill.order.chars().take(DESCRIPTION_LETTERS).collect::<String>(),
            "Occasion": "",
        }))
    }
}

impl Provider for Mpesa {
    fn facts(&self) -> &'static Facts {
        &MPESA
    }

    fn request(&self, wanted: Wanted, bill: &Bill<'_>, login: &str) -> Result<Option<Request>, NotPayable> {
        let key = [("authorization", format!("Bearer {login}"))];
        Ok(match wanted {
            Wanted::Begin => post_json(&self.base, "mpesa/stkpush/v1/processrequest", &key, &self.begin(bill)?),
            Wanted::Look => {
                let (stamp, password) = self.password(bill.now_ms);
                let body = json!({
                    "BusinessShortCode": self.shortcode, "Password": password, "Timestamp": stamp,
                    "CheckoutRequestID": bill.reference,
                });
                post_json(&self.base, "mpesa/stkpushquery/v1/query", &key, &body)
            }
            Wanted::GiveBack if self.initiator.is_empty() || self.credential.expose_secret().is_empty() => None,
            Wanted::GiveBack => match bill.back_money {
                Some((money, _)) => {
                    post_json(&self.base, "mpesa/reversal/v1/request", &key, &self.reverse(bill, money)?)
                }
                None => None,
            },
            Wanted::Code | Wanted::Find | Wanted::Refunds | Wanted::Close => None,
        })
    }

    fn read(&self, wanted: Wanted, _: &Bill<'_>, answer: &Answer) -> Result<Heard, Trouble> {
        let open = exact::parse(&answer.body).filter(|json| text(json, &["errorCode"]) == IN_PROGRESS);
        if matches!(wanted, Wanted::Look) && open.is_some() {
            return Ok(stands(Said::Open));
        }
        let json = done(answer)?;
        match wanted {
            Wanted::Begin if digits(&json, &["ResponseCode"]) == "0" => {
                let reference = text(&json, &["CheckoutRequestID"]).to_string();
                Ok(Heard::Begun { reference, page: String::new() })
            }
            Wanted::Begin => Err(Trouble::Refused(format!("code {}", digits(&json, &["ResponseCode"])))),
            Wanted::GiveBack if digits(&json, &["ResponseCode"]) == "0" => {
                Ok(Heard::GivesBack(text(&json, &["ConversationID"]).to_string()))
            }
            Wanted::GiveBack => Err(Trouble::Refused(format!("code {}", digits(&json, &["ResponseCode"])))),
            Wanted::Code | Wanted::Find | Wanted::Look | Wanted::Refunds | Wanted::Close => {
                Ok(stands(said(&digits(&json, &["ResultCode"]))))
            }
        }
    }

    fn hear(&self, post: &Post<'_>) -> Result<Vec<Told>, Unproved> {
        post.named.ok_or(Unproved)?;
        let json = exact::parse(post.body).ok_or(Unproved)?;
        if let Some(result) = at(&json, &["Result"]) {
            return reversed(result);
        }
        let Some(callback) = at(&json, &["Body", "stkCallback"]) else { return Err(Unproved) };
        let said = said(&digits(callback, &["ResultCode"]));
        let items = at(callback, &["CallbackMetadata", "Item"]).and_then(Json::as_array);
        let named = |name: &str| items.into_iter().flatten().find(|item| text(item, &["Name"]) == name);
        let paid = named("Amount");
        let money = named("MpesaReceiptNumber").map(|item| text(item, &["Value"]).to_string()).unwrap_or_default();
        let kes = duka_engine::value::Currency(*b"KES");
        let amount = paid.map(|item| Scale::of_decimal(&digits(item, &["Value"]), kes).unwrap_or_else(unreadable));
        let reference = text(callback, &["CheckoutRequestID"]).to_string();
        let event = format!("{reference} {}", digits(callback, &["ResultCode"]));
        let standing = Standing { said, amount, refunded_minor: 0 };
        Ok(vec![Told { event, ours: String::new(), reference, refund: String::new(), money, standing }])
    }

    fn phone(&self, typed: &str) -> Option<String> {
        if typed.trim().is_empty() { Some(String::new()) } else { kenyan(typed) }
    }

    fn login(&self) -> Option<Request> {
        let key = [basic(&self.consumer_key, &self.consumer_secret)];
        get(&self.base, "oauth/v1/generate?grant_type=client_credentials", &key)
    }

    fn logged_in(&self, answer: &Answer) -> Option<(SecretString, i64)> {
        let json = done(answer).ok()?;
        let token = Some(text(&json, &["access_token"])).filter(|token| !token.is_empty())?;
        let life_s = digits(&json, &["expires_in"]).parse().unwrap_or(600);
        Some((SecretString::from(token), life_s))
    }
}

/// A number of a mobile phone in Kenya, with its country, as somebody writes it there or elsewhere. `None`: it is none; a card's number
/// is too long for one, and goes nowhere.
fn kenyan(written: &str) -> Option<String> {
    let written: String = written.chars().filter(|letter| letter.is_alphanumeric()).collect();
    let digits = written.strip_prefix("00").unwrap_or(&written);
    let national = digits.strip_prefix("254").unwrap_or(digits);
    let own = national.strip_prefix('0').unwrap_or(national);
    let is_mobile = own.len() == 9 && own.starts_with(['1', '7']) && own.chars().all(|letter| letter.is_ascii_digit());
    is_mobile.then(|| format!("254{own}"))
}

/// The result of a reversal: of a command of ours, which has its name, or of somebody else's. The query knows nothing of it.
fn reversed(result: &Json) -> Result<Vec<Told>, Unproved> {
    let is_done = digits(result, &["ResultCode"]) == "0";
    let refund = text(result, &["ConversationID"]).to_string();
    let event = format!("reversal {refund} {}", digits(result, &["TransactionID"]));
    let said = if is_done { Said::Reversed } else { Said::NotReversed };
    let standing = Standing { said, amount: None, refunded_minor: 0 };
    let (ours, reference, money) = (String::new(), String::new(), String::new());
    Ok(vec![Told { event, ours, reference, refund, money, standing }])
}

/// What a `ResultCode` means (payments.md 3).
fn said(code: &str) -> Said {
    match code {
        "0" => Said::Paid,
        // The prompt is over; the link is not, and another prompt may be asked for.
        "1" | "17" | "26" | "1001" | "1019" | "1025" | "1032" | "1037" | "2001" | "2006" | "2028" | "8006" | "9999" => {
            Said::Failed
        }
        // A prompt that is still looked at may be paid: a second one beside it might be paid as well.
        _ => Said::Open,
    }
}

/// Its answers name no amount: it is what the prompt was made with.
fn stands(said: Said) -> Heard {
    let standing = Standing { said, amount: None, refunded_minor: 0 };
    Heard::Stands { standing, ours: None, money: None, page: None, reference: None }
}

#[cfg(test)]
mod tests {
    use super::kenyan;

    #[test]
    fn only_a_number_of_a_phone_in_kenya_can_be_prompted() {
        let plain =
            ["0712 345 678", "712345678", "+254 712-345-678", "254712345678", "0110 345 678", "00254 712 345 678"];
        // As contacts and web pages hold it: with marks that nobody sees, and with the zero that is only dialled at home.
        let copied =
            ["0712\u{a0}345\u{a0}678", "\u{202a}+254\u{a0}712 345 678\u{202c}", "0712/345678", "+254 (0) 712 345678"];
        for written in plain.into_iter().chain(copied) {
            assert!(kenyan(written).is_some_and(|phone| phone.len() == 12 && phone.starts_with("254")), "{written}");
        }
        for written in [
            "",
            "12345",
            "071234567",
            "4111 1111 1111 1111",
            "2547123456789",
            "255712345678",
            "07l2345678",
            "0712345678 x2",
        ] {
            assert_eq!(kenyan(written), None, "{written}");
        }
    }
}
