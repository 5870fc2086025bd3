//! Stand-ins for the interfaces of payment providers, over loopback: requests and answers have the shapes that the providers
//! document (payments.md 4 and 5), not recorded from them. Each keeps books, knows its idempotency rule, and can lose an answer.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

#[path = "standin/paystack.rs"]
mod paystack;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value as Json, json};
use sha2::{Sha256, Sha512};

use self::paystack::{of_paystack, paystack};

/// One of each provider's secrets, by the name of its setting.
pub const SECRETS: &[(&str, &str)] = &[
    ("secret_key", "sk_test_of_the_stand_in"),
    ("webhook_secret", "whsec_of_the_stand_in"),
    ("key_id", "rzp_test_key"),
    ("consumer_key", "consumer"),
    ("consumer_secret", "consumer secret"),
    ("passkey", "bfb279f9aa9bdbcf"),
    ("initiator_credential", "what Safaricom has encrypted"),
];

fn secret(name: &str) -> &'static str {
    SECRETS.iter().find(|(known, _)| *known == name).expect("a secret").1
}

/// A payment in the provider's books.
#[derive(Clone, Debug)]
pub struct Item {
    pub id: String,
    pub ours: String,
    /// As it was written on the wire.
    pub amount: String,
    pub currency: String,
    /// `open`, `paid`, `failed`, `closed`, `refunded`
    pub status: &'static str,
    pub hook: String,
    /// The whole of what was asked.
    pub asked: Json,
    /// What was given back by command, in hundredths, with the name that we gave it.
    pub back: Vec<(String, i64)>,
}

pub struct StandIn {
    kind: &'static str,
    books: Mutex<Vec<Item>>,
    /// The answers to so many beginnings are lost after they were done.
    pub lost: AtomicU32,
    /// So many beginnings never arrive.
    pub dropped: AtomicU32,
    /// So many questions are not answered.
    pub silent: AtomicU32,
    /// How many refunds of each payment are done, where that takes days.
    settled: AtomicUsize,
    events: AtomicU32,
}

impl StandIn {
    /// Starts; returns it and where it listens.
    pub async fn start(kind: &'static str) -> (Arc<StandIn>, String) {
        let [lost, dropped, silent, events] = [0; 4].map(AtomicU32::new);
        let (books, settled) = (Mutex::default(), AtomicUsize::new(0));
        let stand_in = Arc::new(StandIn { kind, books, lost, dropped, silent, settled, events });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let place = format!("http://{}", listener.local_addr().expect("it listens"));
        let routes = Router::new().fallback(answer).with_state(Arc::clone(&stand_in));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        (stand_in, place)
    }

    pub fn items(&self) -> Vec<Item> {
        self.books.lock().expect("nobody panicked").clone()
    }

    /// Moves the latest payment.
    pub fn moves(&self, status: &'static str) -> Item {
        let mut books = self.books.lock().expect("nobody panicked");
        let item = books.last_mut().expect("something was begun");
        item.status = status;
        item.clone()
    }

    /// Moves one of them, by its place.
    pub fn moves_nth(&self, at: usize, status: &'static str) -> Item {
        let mut books = self.books.lock().expect("nobody panicked");
        books[at].status = status;
        books[at].clone()
    }

    fn begin(&self, ours: &str, amount: String, currency: String, hook: String, asked: Json) -> Item {
        let mut books = self.books.lock().expect("nobody panicked");
        let id = format!("{}_{}", self.kind, books.len() + 1);
        let back = Vec::new();
        let item = Item { id, ours: ours.to_string(), amount, currency, status: "open", hook, asked, back };
        books.push(item.clone());
        item
    }

    fn find(&self, fits: impl Fn(&Item) -> bool) -> Option<Item> {
        self.books.lock().expect("nobody panicked").iter().find(|item| fits(item)).cloned()
    }

    fn close(&self, id: &str) {
        let mut books = self.books.lock().expect("nobody panicked");
        if let Some(item) = books.iter_mut().find(|item| item.id == id && item.status == "open") {
            item.status = "closed";
        }
    }

    /// Gives back, once for a name. Returns how many times that payment was given back from.
    fn give_back(&self, fits: impl Fn(&Item) -> bool, key: &str, hundredths: i64) -> Option<(String, usize)> {
        let mut books = self.books.lock().expect("nobody panicked");
        let item = books.iter_mut().find(|item| fits(item) && item.status == "paid")?;
        // Paystack keeps our name for it, and makes another one of the same name all the same.
        if self.kind == "paystack" || !item.back.iter().any(|(known, _)| known == key) {
            item.back.push((key.to_string(), hundredths));
        }
        Some((item.id.clone(), item.back.len()))
    }

    fn is_known(&self, headers: &HeaderMap) -> bool {
        use base64::Engine as _;
        let given = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or("");
        let basic = |user: &str, password: &str| {
            format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}")))
        };
        match self.kind {
            "razorpay" => given == basic(secret("key_id"), secret("secret_key")),
            "mpesa" => given == "Bearer a login" || given == basic(secret("consumer_key"), secret("consumer_secret")),
            _ => given == format!("Bearer {}", secret("secret_key")),
        }
    }

    /// A callback about a payment: header, its value and the body, as the provider signs it.
    pub fn callback(&self, item: &Item, now_s: i64) -> (&'static str, String, String) {
        let event = self.events.fetch_add(1, Ordering::Relaxed);
        let sha256 = |key: &str, text: &str| {
            let mac: Hmac<Sha256> = Hmac::new_from_slice(key.as_bytes()).expect("any key");
            hex::encode(mac.chain_update(text).finalize().into_bytes())
        };
        match self.kind {
            "stripe" => {
                let (kind, object) = match item.status {
                    "refunded" | "back" => ("charge.refunded", stripe_charge(item)),
                    "disputed" => ("charge.dispute.created", stripe_dispute(item)),
                    _ if item.asked.get("payment_method_data[type]").is_some() => {
                        ("payment_intent.succeeded", stripe_intent(item))
                    }
                    _ => ("checkout.session.completed", stripe(item)),
                };
                let body = json!({"id": format!("evt_{event}"), "type": kind, "data": {"object": object}}).to_string();
                let mark = sha256(secret("webhook_secret"), &format!("{now_s}.{body}"));
                ("stripe-signature", format!("t={now_s},v1={mark}"), body)
            }
            "tap" => {
                let body = if item.status == "back" { tap_refund(item, item.back.len()) } else { tap(item) };
                let of = |path: &str| body.pointer(path).and_then(Json::as_str).unwrap_or("").to_string();
                let signed = format!(
                    "x_id{}x_amount{}x_currency{}x_gateway_reference{}x_payment_reference{}x_status{}x_created{}",
                    of("/id"),
                    if item.status == "back" { decimal(&item.back) } else { item.amount.clone() },
                    item.currency,
                    of("/reference/gateway"),
                    of("/reference/payment"),
                    of("/status"),
                    of("/transaction/created"),
                );
                ("hashstring", sha256(secret("secret_key"), &signed), body.to_string())
            }
            "razorpay" => {
                let body = match item.status {
                    "refunded" | "back" => json!({
                        "event": "refund.processed",
                        "payload": { "payment": { "entity": razorpay_payment(item) } },
                    }),
                    _ => json!({
                        "event": "payment_link.paid", "created_at": now_s,
                        "payload": { "payment_link": { "entity": razorpay(item) } },
                    }),
                };
                let body = body.to_string();
                ("x-razorpay-signature", sha256(secret("webhook_secret"), &body), body)
            }
            "paystack" => {
                let body = match item.status {
                    "refunded" => json!({
                        "event": "refund.processed",
                        "data": {"id": event, "transaction_reference": item.ours, "amount": whole(item), "currency": item.currency},
                    }),
                    "back" => {
                        self.settled.store(item.back.len(), Ordering::Relaxed);
                        json!({
                            "event": "refund.processed",
                            "data": {
                                "id": item.back.len(), "transaction_reference": item.ours,
                                "amount": item.back.last().map(|(_, part)| *part), "currency": item.currency,
                            },
                        })
                    }
                    _ => json!({ "event": "charge.success", "data": paystack(item) }),
                };
                let body = body.to_string();
                let mac: Hmac<Sha512> = Hmac::new_from_slice(secret("secret_key").as_bytes()).expect("any key");
                let mark = hex::encode(mac.chain_update(&body).finalize().into_bytes());
                ("x-paystack-signature", mark, body)
            }
            _ => {
                let failed = json!({ "Body": { "stkCallback": {
                    "MerchantRequestID": "29115-1", "CheckoutRequestID": item.id, "ResultCode": 1032,
                    "ResultDesc": "Request cancelled by user",
                } } });
                if item.status == "failed" {
                    return ("content-type", "application/json".to_string(), failed.to_string());
                }
                let body = json!({ "Body": { "stkCallback": {
                    "MerchantRequestID": "29115-1", "CheckoutRequestID": item.id, "ResultCode": 0,
                    "ResultDesc": "The service request is processed successfully.",
                    "CallbackMetadata": { "Item": [
                        { "Name": "Amount", "Value": whole(item) }, { "Name": "MpesaReceiptNumber", "Value": "NLJ7RT61SV" },
                    ] },
                } } });
                ("content-type", "application/json".to_string(), body.to_string())
            }
        }
    }
}

fn whole(item: &Item) -> i64 {
    item.amount.parse().unwrap_or(0)
}

async fn answer(State(stand_in): State<Arc<StandIn>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.expect("a body");
    if !stand_in.is_known(&head.headers) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let path = head.uri.path().trim_start_matches('/');
    let parts: Vec<&str> = path.split('/').collect();
    let form: BTreeMap<String, String> = url::form_urlencoded::parse(&body).into_owned().collect();
    let json: Json = serde_json::from_slice(&body).unwrap_or_default();
    let query = head.uri.query().unwrap_or("");
    let begins = head.method == "POST"
        && matches!(
            parts.as_slice(),
            ["checkout", "sessions"]
                | ["payment_intents"]
                | ["charges"]
                | ["payment_links"]
                | ["transaction", "initialize"]
                | ["refunds"]
                | ["refund"]
                | ["payments", _, "refund"]
        )
        || path.ends_with("processrequest");
    let takes = |count: &AtomicU32| {
        count.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |count| count.checked_sub(1)).is_ok()
    };
    if (begins && takes(&stand_in.dropped)) || (head.method == "GET" && takes(&stand_in.silent)) {
        return StatusCode::BAD_GATEWAY.into_response();
    }
    let (status, told) = match stand_in.kind {
        "stripe" => of_stripe(&stand_in, &parts, &form, &head.headers),
        "tap" => of_tap(&stand_in, &parts, &json),
        "razorpay" => of_razorpay(&stand_in, &parts, &json, query, &head.headers),
        "paystack" => of_paystack(&stand_in, &parts, &json, query),
        _ => of_mpesa(&stand_in, &parts, &json),
    };
    let status = if begins && takes(&stand_in.lost) { 502 } else { status };
    (StatusCode::from_u16(status).expect("a status"), axum::Json(told)).into_response()
}

fn text(json: &Json, pointer: &str) -> String {
    match json.pointer(pointer) {
        Some(Json::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    }
}

type Told = (u16, Json);

fn of_stripe(stand_in: &StandIn, parts: &[&str], form: &BTreeMap<String, String>, headers: &HeaderMap) -> Told {
    let of = |name: &str| form.get(name).cloned().unwrap_or_default();
    match parts {
        ["checkout", "sessions"] => {
            let key = headers.get("idempotency-key").and_then(|key| key.to_str().ok()).unwrap_or("").to_string();
            assert_eq!(key, of("client_reference_id"));
            let is_session = |item: &Item| item.asked.get("mode").is_some();
            let item = stand_in.find(|item| item.ours == key && is_session(item)).unwrap_or_else(|| {
                let amount = of("line_items[0][price_data][unit_amount]");
                let currency = of("line_items[0][price_data][currency]");
                stand_in.begin(&key, amount, currency, String::new(), json!(form))
            });
            if item.asked == json!(form) { (200, stripe(&item)) } else { (400, other_words()) }
        }
        ["checkout", "sessions", id] => {
            stand_in.find(|item| item.id == *id).map_or((404, json!({})), |item| (200, stripe(&item)))
        }
        ["checkout", "sessions", id, "expire"] => {
            stand_in.close(id);
            (200, json!({}))
        }
        ["payment_intents"] => {
            let key = headers.get("idempotency-key").and_then(|key| key.to_str().ok()).unwrap_or("").to_string();
            let ours = of("metadata[payment]");
            assert_eq!((key, of("payment_method_types[0]")), (format!("{ours}-code"), "pix".to_string()));
            let item = stand_in
                .find(|item| item.ours == ours && item.asked.get("mode").is_none())
                .unwrap_or_else(|| stand_in.begin(&ours, of("amount"), of("currency"), String::new(), json!(form)));
            if item.asked == json!(form) { (200, stripe_intent(&item)) } else { (400, other_words()) }
        }
        ["payment_intents", id] => {
            let found = stand_in.find(|item| format!("pi_{}", item.id) == *id);
            found.map_or((404, json!({})), |item| (200, stripe_intent(&item)))
        }
        ["payment_intents", id, "cancel"] => {
            stand_in.close(id.strip_prefix("pi_").unwrap_or(id));
            (200, json!({}))
        }
        ["refunds"] => {
            let key = headers.get("idempotency-key").and_then(|key| key.to_str().ok()).unwrap_or("").to_string();
            let wanted = of("payment_intent");
            let part = of("amount").parse().expect("an amount");
            let back = stand_in.give_back(|item| format!("pi_{}", item.id) == wanted, &key, part);
            back.map_or((404, json!({})), |(id, count)| (200, json!({ "id": format!("re_{id}_{count}") })))
        }
        _ => (404, json!({})),
    }
}

/// A key that comes again with other words.
fn other_words() -> Json {
    json!({ "error": { "type": "idempotency_error", "message": "Keys for idempotent requests can only be used with the same parameters they were first used with." } })
}

/// All that was given back, in hundredths.
fn given_back(item: &Item) -> i64 {
    if item.status == "refunded" { whole(item) } else { item.back.iter().map(|(_, part)| part).sum() }
}

fn decimal(back: &[(String, i64)]) -> String {
    back.last().map(|(_, part)| format!("{}.{:02}", part / 100, part % 100)).unwrap_or_default()
}

fn stripe(item: &Item) -> Json {
    let paid = matches!(item.status, "paid" | "refunded");
    let intent = json!({ "id": format!("pi_{}", item.id), "latest_charge": stripe_charge(item) });
    let status = match item.status {
        "closed" => "expired",
        _ if paid => "complete",
        _ => "open",
    };
    json!({
        "id": item.id, "object": "checkout.session", "client_reference_id": item.ours, "amount_total": whole(item),
        "currency": item.currency, "status": status, "payment_status": if paid { "paid" } else { "unpaid" },
        "url": "http://127.0.0.1:1/stripe", "payment_intent": if paid { intent } else { Json::Null },
    })
}

/// A payment by a Pix code.
fn stripe_intent(item: &Item) -> Json {
    let paid = matches!(item.status, "paid" | "refunded");
    let status = match item.status {
        "closed" => "canceled",
        "failed" => "requires_payment_method",
        _ if paid => "succeeded",
        _ => "requires_action",
    };
    let shows = json!({ "type": "pix_display_qr_code", "pix_display_qr_code": {
        "data": format!("00020101021226{}6304ABCD", item.id), "expires_at": 1_795_284_000,
        "hosted_instructions_url": format!("http://127.0.0.1:1/pix/{}", item.id),
    } });
    json!({
        "id": format!("pi_{}", item.id), "object": "payment_intent", "status": status, "amount": whole(item),
        "amount_received": if paid { whole(item) } else { 0 }, "currency": item.currency,
        "metadata": { "payment": item.ours }, "next_action": if status == "requires_action" { shows } else { Json::Null },
        "latest_charge": if paid { stripe_charge(item) } else { Json::Null },
    })
}

fn stripe_charge(item: &Item) -> Json {
    json!({
        "object": "charge", "amount": whole(item), "amount_refunded": given_back(item), "currency": item.currency,
        "metadata": { "payment": item.ours },
    })
}

/// It has metadata of its own, which nobody has set.
fn stripe_dispute(item: &Item) -> Json {
    json!({
        "id": "dp_1", "object": "dispute", "amount": whole(item), "currency": item.currency, "charge": "ch_1",
        "payment_intent": format!("pi_{}", item.id), "metadata": {}, "reason": "fraudulent",
    })
}

fn of_tap(stand_in: &StandIn, parts: &[&str], json: &Json) -> Told {
    match parts {
        ["charges"] => {
            let ours = text(json, "/reference/idempotent");
            let item = stand_in.find(|item| item.ours == ours).unwrap_or_else(|| {
                // As a decimal with the currency's digits, whatever a JSON number shows.
                let amount = format!("{:.2}", json["amount"].as_f64().unwrap_or(0.0));
                stand_in.begin(&ours, amount, text(json, "/currency"), text(json, "/post/url"), json.clone())
            });
            (200, tap(&item))
        }
        ["charges", id] => stand_in.find(|item| item.id == *id).map_or((404, json!({})), |item| (200, tap(&item))),
        ["refunds"] => {
            let (charge, key) = (text(json, "/charge_id"), text(json, "/reference/merchant"));
            assert!(text(json, "/post/url").contains("/payments/"), "{json}");
            let part = format!("{:.0}", json["amount"].as_f64().unwrap_or(0.0) * 100.0).parse().expect("an amount");
            let back = stand_in.give_back(|item| item.id == charge, &key, part);
            let found = stand_in.find(|item| item.id == charge).zip(back);
            found.map_or((404, json!({})), |(item, (_, count))| (200, tap_refund(&item, count)))
        }
        ["refunds", id] => {
            let (_, charge, count) = id.split('-').fold((0, "", 0), |(at, charge, count), part| match at {
                1 => (2, part, count),
                2 => (3, charge, part.parse().unwrap_or(0)),
                at => (at + 1, charge, count),
            });
            let found = stand_in.find(|item| item.id == charge && item.back.len() >= count);
            found.map_or((404, json!({})), |item| (200, tap_refund(&item, count)))
        }
        _ => (404, json!({})),
    }
}

/// One of the refunds of a charge.
fn tap_refund(item: &Item, count: usize) -> Json {
    let part = item.back.get(count - 1).map_or(0, |(_, part)| *part);
    let amount: Json = serde_json::from_str(&format!("{}.{:02}", part / 100, part % 100)).expect("a number");
    json!({
        "id": format!("re-{}-{count}", item.id), "object": "refund", "charge_id": item.id, "status": "REFUNDED",
        "amount": amount, "currency": item.currency, "reference": { "gateway": "gw", "payment": "pay" },
        "transaction": { "created": "1795280400000" },
    })
}

fn tap(item: &Item) -> Json {
    let status = match item.status {
        "paid" => "CAPTURED",
        "failed" => "DECLINED",
        "closed" => "ABANDONED",
        _ => "INITIATED",
    };
    let amount: f64 = item.amount.parse().unwrap_or(0.0);
    json!({
        "id": item.id, "status": status, "amount": amount, "currency": item.currency,
        "reference": { "transaction": item.ours, "order": "1", "gateway": "gw", "payment": "pay" },
        "transaction": { "created": "1795280400000", "url": "http://127.0.0.1:1/tap" },
    })
}

fn of_razorpay(stand_in: &StandIn, parts: &[&str], json: &Json, query: &str, headers: &HeaderMap) -> Told {
    match parts {
        ["payments", id, "refund"] => {
            let key = headers.get("x-refund-idempotency").and_then(|key| key.to_str().ok()).unwrap_or("").to_string();
            let part = json["amount"].as_i64().expect("an amount");
            let back = stand_in.give_back(|item| format!("pay_{}", item.id) == *id, &key, part);
            back.map_or((404, json!({})), |(id, count)| (200, json!({ "id": format!("rfnd_{id}_{count}") })))
        }
        ["payment_links"] if query.is_empty() => {
            let ours = text(json, "/reference_id");
            if stand_in.find(|item| item.ours == ours).is_some() {
                return (
                    400,
                    json!({ "error": { "code": "BAD_REQUEST_ERROR", "description": "reference_id is taken" } }),
                );
            }
            let (amount, currency) = (text(json, "/amount"), text(json, "/currency"));
            (200, razorpay(&stand_in.begin(&ours, amount, currency, String::new(), json.clone())))
        }
        ["payment_links"] => {
            let wanted = query.split_once('=').map_or("", |(_, wanted)| wanted);
            let links: Vec<Json> = stand_in.find(|item| item.ours == wanted).iter().map(razorpay).collect();
            (200, json!({ "payment_links": links }))
        }
        ["payment_links", id] => {
            stand_in.find(|item| item.id == *id).map_or((404, json!({})), |item| (200, razorpay(&item)))
        }
        ["payment_links", id, "cancel"] => {
            stand_in.close(id);
            (200, json!({}))
        }
        ["payments", id] => {
            let found = stand_in.find(|item| format!("pay_{}", item.id) == *id);
            found.map_or((404, json!({})), |item| (200, razorpay_payment(&item)))
        }
        _ => (404, json!({})),
    }
}

fn razorpay(item: &Item) -> Json {
    let paid = matches!(item.status, "paid" | "refunded");
    let status = match item.status {
        "closed" => "cancelled",
        _ if paid => "paid",
        _ => "created",
    };
    let payments =
        if paid { json!([{ "payment_id": format!("pay_{}", item.id), "status": "captured" }]) } else { Json::Null };
    json!({
        "id": item.id, "reference_id": item.ours, "amount": whole(item), "amount_paid": if paid { whole(item) } else { 0 },
        "currency": item.currency, "status": status, "short_url": "http://127.0.0.1:1/razorpay", "payments": payments,
    })
}

fn razorpay_payment(item: &Item) -> Json {
    json!({
        "id": format!("pay_{}", item.id), "amount": whole(item), "amount_refunded": given_back(item), "currency": item.currency,
        "notes": { "payment": item.ours },
    })
}

fn of_mpesa(stand_in: &StandIn, parts: &[&str], json: &Json) -> Told {
    match parts {
        ["oauth", "v1", "generate"] => (200, json!({ "access_token": "a login", "expires_in": "3599" })),
        ["mpesa", "stkpush", "v1", "processrequest"] => {
            let (amount, hook) = (text(json, "/Amount"), text(json, "/CallBackURL"));
            let item = stand_in.begin("", amount, "KES".to_string(), hook, json.clone());
            let told = json!({ "MerchantRequestID": "29115-1", "CheckoutRequestID": item.id, "ResponseCode": "0" });
            (200, told)
        }
        ["mpesa", "reversal", "v1", "request"] => {
            assert_eq!(text(json, "/SecurityCredential"), secret("initiator_credential"));
            assert_eq!(text(json, "/TransactionID"), "NLJ7RT61SV");
            assert!(text(json, "/ResultURL").contains("/payments/"), "{json}");
            let shillings: i64 = text(json, "/Amount").parse().expect("whole shillings");
            let count = stand_in.items().iter().map(|item| item.back.len()).sum::<usize>() + 1;
            let back = stand_in.give_back(|_| true, &count.to_string(), shillings * 100);
            let id = format!("AG_{count}");
            back.map_or((404, json!({})), |_| (200, json!({ "ConversationID": id, "ResponseCode": "0" })))
        }
        ["mpesa", "stkpushquery", "v1", "query"] => {
            let id = text(json, "/CheckoutRequestID");
            match stand_in.find(|item| item.id == id).map(|item| item.status) {
                Some("paid") => (200, json!({ "ResponseCode": "0", "ResultCode": "0" })),
                Some("failed") => (200, json!({ "ResponseCode": "0", "ResultCode": "1032" })),
                Some(_) => {
                    (500, json!({ "errorCode": "500.001.1001", "errorMessage": "The transaction is being processed" }))
                }
                None => (400, json!({ "errorCode": "400.002.02" })),
            }
        }
        _ => (404, json!({})),
    }
}
