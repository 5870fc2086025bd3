//! What a line shows beside its words: cards, a product, the catalogue, an order as its page in the chat or as a bill.
//! `None` where the vendor would refuse it; the caller then says it in words or as a list.

use std::borrow::Cow;

use duka_engine::limits::{WHATSAPP, whatsapp};
use duka_engine::outbound::{Choice, OrderLine, OrderView};
use duka_engine::value::Money;
use serde_json::{Map, Value, json};

use super::choices::id;
use super::fit::{cut, title, units};
use super::{Setting, is_link};
use crate::channel::whatsapp::wire::send::{Action, CarouselCard, File, Header, Parameters, Words};
use crate::payments::chat::Chat;

/// `payment_settings` and the order's own currency are known for these; amounts are told in hundredths.
const CURRENCIES: [&str; 2] = ["INR", "BRL"];
const HUNDREDTHS: i64 = 100;

/// Marks a message of the customer and all before it as read, and shows that an answer is being written.
pub fn read_mark(message: &str, typing: bool) -> Vec<u8> {
    let mut body = json!({ "messaging_product": "whatsapp", "status": "read", "message_id": message });
    if let (true, Some(body)) = (typing, body.as_object_mut()) {
        body.insert("typing_indicator".into(), json!({ "type": "text" }));
    }
    body.to_string().into_bytes()
}

/// Cards with a picture and a button each, or products of the catalogue, which have their own.
pub(super) fn cards<'a>(
    label: &'a str,
    rows: &'a [Choice],
    pictures: &'a [smol_str::SmolStr],
    from_catalogue: bool,
    setting: Setting<'a>,
) -> Option<Action<'a>> {
    if !(whatsapp::CARDS_MIN..=whatsapp::CARDS).contains(&rows.len()) || pictures.len() != rows.len() {
        return None;
    }
    let places = rows.iter().zip(pictures).enumerate();
    let card = |(card_index, (row, picture)): (usize, (&'a Choice, &'a smol_str::SmolStr))| {
        if let (true, Some(catalog_id)) = (from_catalogue, setting.catalogue) {
            let action = Action::Product { catalog_id, product_retailer_id: row.id.item.as_deref()? };
            return Some(CarouselCard { card_index, kind: "product", header: None, body: None, action });
        }
        if !is_link(picture) {
            return None;
        }
        let file = File { link: Some(picture), ..File::default() };
        let reply = json!({ "id": id(row, card_index, setting), "title": title(label, WHATSAPP.button_title) });
        let buttons = json!({ "buttons": [{ "type": "quick_reply", "quick_reply": reply }] });
        Some(CarouselCard {
            card_index,
            kind: "cta_url",
            header: Some(Header::Media { kind: "image", file }),
            body: Some(Words { text: card_words(row) }),
            action: Action::Other(buttons),
        })
    };
    let cards: Option<Vec<_>> = places.map(card).collect();
    Some(Action::Cards { cards: cards? })
}

/// Title and note; each on its line, so that there is one break of the two that are allowed.
fn card_words(row: &Choice) -> Cow<'_, str> {
    let name = title(&row.title, whatsapp::CARD_BODY);
    if row.note.trim().is_empty() {
        return name;
    }
    let whole = format!("{name}\n{}", title(&row.note, whatsapp::CARD_BODY));
    Cow::Owned(cut(&whole, whatsapp::CARD_BODY).into_owned())
}

/// Where an order stands, on its page in the chat. Its bill must have been sent there before.
pub(super) fn status<'a>(order: &'a OrderView, setting: Setting<'a>) -> Option<Action<'a>> {
    let reference = setting.bill?;
    let mut told = json!({ "status": vendors(&order.status)? });
    if let (false, Some(told)) = (order.status_text.trim().is_empty(), told.as_object_mut()) {
        told.insert("description".into(), cut(&order.status_text, whatsapp::ORDER_STATUS).into());
    }
    let mut parameters = json!({ "reference_id": reference, "order": told });
    // In Brazil the vendor hears from the business alone that it is paid.
    if (order.total.currency.code(), order.status.as_str()) == ("BRL", "paid") {
        parameters["payment"] = json!({ "status": "captured", "timestamp": setting.now_ms.div_euclid(1_000) });
    }
    let parameters = Parameters::Other(parameters);
    Some(Action::Named { name: "review_order", parameters: Some(parameters) })
}

/// A status of an order as the vendor calls it.
fn vendors(status: &str) -> Option<&'static str> {
    Some(match status {
        "placed" => "pending",
        "paid" | "packed" => "processing",
        "shipped" | "out_for_delivery" => "shipped",
        "delivered" => "completed",
        "cancelled" => "canceled",
        _ => return None,
    })
}

/// An order to be paid inside the chat by a link. The vendor refuses sums that do not agree, so they are agreed upon here.
pub(super) fn bill<'a>(order: &'a OrderView, url: &str, setting: Setting<'a>) -> Option<Action<'a>> {
    let (reference, catalogue) = (setting.bill?, setting.catalogue?);
    let currency = order.total.currency;
    let fits = CURRENCIES.contains(&currency.code()) && !order.lines.is_empty() && is_reference(reference);
    let of_currency = |money: &Money| money.currency == currency && money.minor >= 0;
    let all = order.lines.iter().map(|line| &line.price).chain(&order.delivery_fee);
    if !fits || !of_currency(&order.total) || !all.into_iter().all(of_currency) {
        return None;
    }
    let line_sum = |line: &OrderLine| line.price.minor.checked_mul(i64::from(line.quantity));
    let subtotal = order.lines.iter().try_fold(0_i64, |sum, line| sum.checked_add(line_sum(line)?))?;
    let shipping = order.delivery_fee.map_or(0, |fee| fee.minor);
    // What the shop takes off; more than the parts is nothing that we could name.
    let discount = subtotal.checked_add(shipping)?.checked_sub(order.total.minor).filter(|left| *left >= 0)?;
    let mut inner = Map::new();
    inner.insert("status".into(), "pending".into());
    inner.insert("catalog_id".into(), catalogue.into());
    inner.insert("items".into(), order.lines.iter().map(item).collect::<Vec<Value>>().into());
    inner.insert("subtotal".into(), amount(subtotal));
    inner.insert("tax".into(), amount(0));
    for (name, minor) in [("shipping", shipping), ("discount", discount)] {
        if minor != 0 {
            inner.insert(name.into(), amount(minor));
        }
    }
    let mut parameters = json!({
        "reference_id": reference,
        "type": "physical-goods",
        "currency": currency.code(),
        "total_amount": amount(order.total.minor),
        "order": inner,
    });
    let by_code = setting.chat.zip(setting.code).filter(|_| currency.code() == "BRL");
    let by_code = by_code.and_then(|(chat, code)| by_code_of(chat, code));
    let by_gateway = setting.chat.filter(|_| currency.code() == "INR");
    match by_code {
        Some(settings) => parameters["payment_settings"] = settings,
        None => {
            for (name, value) in paid_by(by_gateway, &order.number, reference, url) {
                parameters[name] = value;
            }
        }
    }
    if let (true, Some(parameters)) = (currency.code() == "BRL", parameters.as_object_mut()) {
        parameters.insert("payment_type".into(), "br".into());
    }
    Some(Action::Named { name: "review_and_pay", parameters: Some(Parameters::Other(parameters)) })
}

/// A Pix code, with whose it is.
fn by_code_of(chat: &Chat, code: &str) -> Option<Value> {
    let Chat::Pix { key, kind, name } = chat else { return None };
    let pix = json!({ "code": code, "merchant_name": name.as_str(), "key": key.as_str(), "key_type": kind.as_str() });
    Some(json!([{ "type": "pix_dynamic_code", "pix_dynamic_code": pix }]))
}

/// Who takes the money: a gateway inside the chat, or whoever the link leads to. A gateway gives our names back.
fn paid_by(chat: Option<&Chat>, number: &str, bill: &str, url: &str) -> Vec<(&'static str, Value)> {
    let link = json!([{ "type": "payment_link", "payment_link": { "uri": url } }]);
    let Some(Chat::Gateway { gateway, configuration }) = chat else { return vec![("payment_settings", link)] };
    let own = match gateway.as_str() {
        "razorpay" => json!({ "receipt": bill, "notes": { "order": number } }),
        "payu" => json!({ "udf1": number }),
        "billdesk" => json!({ "additional_info1": number }),
        "zaakpay" => json!({ "extra1": number }),
        "upi" => return vec![("payment_type", "upi".into()), ("payment_configuration", configuration.as_str().into())],
        _ => return vec![("payment_settings", link)],
    };
    let mut taken = json!({ "type": gateway.as_str(), "configuration_name": configuration.as_str() });
    taken[gateway.as_str()] = own;
    vec![("payment_settings", json!([{ "type": "payment_gateway", "payment_gateway": taken }]))]
}

/// `991-1`: the number of an order as the vendor takes it, and which of its bills it is. Unlike that of any other message.
pub fn bill_reference(number: &str, count: u32) -> String {
    let allowed = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-') { c } else { '_' };
    let end = format!("-{count}");
    let mut reference: String = number.chars().map(allowed).take(whatsapp::ORDER_REFERENCE - end.len()).collect();
    reference.push_str(&end);
    reference
}

fn is_reference(reference: &str) -> bool {
    (1..=whatsapp::ORDER_REFERENCE).contains(&units(reference))
}

fn amount(minor: i64) -> Value {
    json!({ "value": minor, "offset": HUNDREDTHS })
}

fn item(line: &OrderLine) -> Value {
    let name = title(&line.name, whatsapp::ORDER_ITEM_NAME);
    json!({ "retailer_id": line.sku, "name": name, "amount": amount(line.price.minor), "quantity": line.quantity })
}
