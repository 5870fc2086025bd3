//! Messages that no line of a flow writes: what operators and payments send. Checked against the vendor's limits instead
//! of being cut where a cut would change what is meant.

use std::borrow::Cow;

use duka_engine::limits::{WHATSAPP, whatsapp};
use serde_json::{Map, Value, json};
use smol_str::SmolStr;

use super::RenderError;
use super::fit::{cut, title, units};
use crate::channel::whatsapp::keys::ShopKeys;
use crate::channel::whatsapp::reply_id;
use crate::channel::whatsapp::wire::send::{
    Action, Card as ContactCard, CardName, CardPhone, CarouselCard, Content, File, Header, Interactive, Location,
    Parameters, ProductItem, Products, Words,
};

#[derive(Clone, Debug, PartialEq)]
pub enum Special {
    /// A sign on one of the customer's messages; an empty one takes it back.
    Reaction {
        message: String,
        emoji: String,
    },
    Location {
        latitude: String,
        longitude: String,
        name: String,
        address: String,
    },
    /// Names and numbers in international form.
    Contacts(Vec<(String, String)>),
    /// Asks for the customer's number, which one with a username need not show.
    ContactRequest {
        text: String,
    },
    Product {
        catalogue: String,
        sku: String,
        text: String,
        footer: String,
    },
    Products {
        catalogue: String,
        header: String,
        text: String,
        footer: String,
        sections: Vec<(String, Vec<String>)>,
    },
    /// Opens the whole catalogue; `thumbnail` is a product of it, or empty.
    Catalogue {
        text: String,
        footer: String,
        thumbnail: String,
    },
    Carousel {
        text: String,
        cards: Vec<Card>,
    },
    /// A bill to be paid inside the chat (India, Brazil).
    Order(Box<Order>),
    OrderStatus(OrderStatus),
}

/// One card of a carousel; all of one message are of one kind.
#[derive(Clone, Debug, PartialEq)]
pub struct Card {
    /// The address of a picture.
    pub image: String,
    pub text: String,
    pub action: CardAction,
}

#[derive(Clone, Debug, PartialEq)]
pub enum CardAction {
    Link { title: String, url: String },
    Choice(Box<duka_engine::outbound::Choice>),
    Product { catalogue: String, sku: String },
}

/// An amount in hundredths, as the vendor takes it for rupees and reais.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amount(pub i64);

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Order {
    /// Unlike that of any other order of the shop, at most 35 of `A-Za-z0-9_.-`.
    pub reference: String,
    pub text: String,
    pub footer: String,
    /// `INR` or `BRL`
    pub currency: String,
    pub is_digital: bool,
    pub items: Vec<OrderItem>,
    pub tax: Amount,
    pub shipping: Amount,
    pub discount: Amount,
    /// Seconds since 1970; 0: none. At least five minutes ahead.
    pub expires: i64,
    /// `payment_settings` of the number, as the vendor documents them for its gateway.
    pub payment_settings: Value,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct OrderItem {
    pub sku: String,
    pub name: String,
    pub price: Amount,
    pub quantity: u32,
}

/// Where an order stands, on its page in the chat.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OrderStatus {
    pub reference: String,
    /// `pending`, `processing`, `partially_shipped`, `shipped`, `completed`, `canceled`
    pub status: SmolStr,
    pub description: String,
    pub text: String,
}

/// Marks a message of the customer and all before it as read, and shows that an answer is being written.
pub fn read_mark(message: &str, typing: bool) -> Vec<u8> {
    let mut body = json!({ "messaging_product": "whatsapp", "status": "read", "message_id": message });
    if let (true, Some(body)) = (typing, body.as_object_mut()) {
        body.insert("typing_indicator".into(), json!({ "type": "text" }));
    }
    body.to_string().into_bytes()
}

pub(super) fn content<'a>(special: &'a Special, keys: &ShopKeys) -> Result<Content<'a>, RenderError> {
    Ok(match special {
        Special::Reaction { message, emoji } => Content::Reaction { message_id: message, emoji },
        Special::Location { latitude, longitude, name, address } => {
            Content::Location(Location { latitude, longitude, name, address })
        }
        Special::Contacts(cards) => {
            within("contacts", cards.len(), 1, whatsapp::CONTACTS)?;
            Content::Contacts(cards.iter().map(|(name, phone)| contact(name, phone)).collect())
        }
        Special::ContactRequest { text } => {
            interactive("request_contact_info", None, text, "", named("request_contact_info", None))
        }
        Special::Product { catalogue, sku, text, footer } => {
            let action = Action::Product { catalog_id: catalogue, product_retailer_id: sku };
            interactive("product", None, text, footer, action)
        }
        Special::Products { catalogue, header, text, footer, sections } => {
            let count = sections.iter().map(|(_, items)| items.len()).sum();
            within("products", count, 1, whatsapp::PRODUCTS)?;
            within("sections", sections.len(), 1, whatsapp::PRODUCT_SECTIONS)?;
            let sections = sections.iter().map(|(words, items)| Products {
                title: title(words, WHATSAPP.section_title),
                product_items: items.iter().map(|sku| ProductItem { product_retailer_id: sku }).collect(),
            });
            let action = Action::Products { catalog_id: catalogue, sections: sections.collect() };
            interactive("product_list", Some(Header::Text(title(header, whatsapp::HEADER))), text, footer, action)
        }
        Special::Catalogue { text, footer, thumbnail } => {
            let parameters = Parameters::Catalogue { thumbnail_product_retailer_id: thumbnail };
            let action = named("catalog_message", Some(parameters).filter(|_| !thumbnail.is_empty()));
            interactive("catalog_message", None, text, footer, action)
        }
        Special::Carousel { text, cards } => carousel(text, cards, keys)?,
        Special::Order(order) => {
            let action = named("review_and_pay", Some(Parameters::Other(order_json(order)?)));
            interactive("order_details", None, &order.text, &order.footer, action)
        }
        Special::OrderStatus(status) => {
            within("reference", units(&status.reference), 1, whatsapp::ORDER_REFERENCE)?;
            let mut order = json!({ "status": status.status });
            if let (false, Some(order)) = (status.description.is_empty(), order.as_object_mut()) {
                order.insert("description".into(), cut(&status.description, whatsapp::ORDER_STATUS).into());
            }
            let parameters = json!({ "reference_id": status.reference, "order": order });
            let action = named("review_order", Some(Parameters::Other(parameters)));
            interactive("order_status", None, &status.text, "", action)
        }
    })
}

fn within(what: &'static str, count: usize, least: usize, most: usize) -> Result<(), RenderError> {
    if (least..=most).contains(&count) { Ok(()) } else { Err(RenderError::Unfit(what)) }
}

fn named<'a>(name: &'static str, parameters: Option<Parameters<'a>>) -> Action<'a> {
    Action::Named { name, parameters }
}

fn interactive<'a>(
    kind: &'static str,
    header: Option<Header<'a>>,
    text: &'a str,
    footer: &'a str,
    action: Action<'a>,
) -> Content<'a> {
    let body = Some(text).filter(|text| !text.trim().is_empty());
    Content::Interactive(Interactive {
        kind,
        header,
        body: body.map(|text| Words { text: cut(text, WHATSAPP.text_with_choices) }),
        footer: Some(footer).filter(|it| !it.is_empty()).map(|it| Words { text: title(it, WHATSAPP.footer) }),
        action,
    })
}

fn contact<'a>(name: &'a str, phone: &'a str) -> ContactCard<'a> {
    let first_name = name.split_whitespace().next().unwrap_or(name);
    ContactCard { name: CardName { formatted_name: name, first_name }, phones: vec![CardPhone { phone }] }
}

fn carousel<'a>(text: &'a str, cards: &'a [Card], keys: &ShopKeys) -> Result<Content<'a>, RenderError> {
    within("cards", cards.len(), whatsapp::CARDS_MIN, whatsapp::CARDS)?;
    let first = cards.first().map(|card| std::mem::discriminant(&card.action));
    if cards.iter().any(|card| Some(std::mem::discriminant(&card.action)) != first) {
        return Err(RenderError::Unfit("cards of several kinds"));
    }
    let shown: Result<Vec<_>, _> = cards.iter().enumerate().map(|(at, card)| carousel_card(at, card, keys)).collect();
    Ok(interactive("carousel", None, text, "", Action::Cards { cards: shown? }))
}

fn carousel_card<'a>(card_index: usize, card: &'a Card, keys: &ShopKeys) -> Result<CarouselCard<'a>, RenderError> {
    let breaks = card.text.matches('\n').count();
    within("a card's line breaks", breaks, 0, whatsapp::CARD_LINE_BREAKS)?;
    let words = (!card.text.trim().is_empty()).then(|| Words { text: cut(&card.text, whatsapp::CARD_BODY) });
    let file = File { link: Some(&card.image), ..File::default() };
    let header = (!card.image.is_empty()).then_some(Header::Media { kind: "image", file });
    Ok(match &card.action {
        CardAction::Link { title: words_of, url } => {
            let display_text = title(words_of, WHATSAPP.link_title);
            let action = named("cta_url", Some(Parameters::Link { display_text, url }));
            CarouselCard { card_index, kind: "cta_url", header, body: words, action }
        }
        CardAction::Choice(choice) => {
            let id = reply_id::encode(&choice.id, keys).unwrap_or_else(|| reply_id::by_title(card_index));
            let reply = json!({ "type": "quick_reply", "quick_reply": { "id": id, "title": title(&choice.title, WHATSAPP.button_title) } });
            let action = Action::Other(json!({ "buttons": [reply] }));
            CarouselCard { card_index, kind: "cta_url", header, body: words, action }
        }
        CardAction::Product { catalogue, sku } => {
            let action = Action::Product { catalog_id: catalogue, product_retailer_id: sku };
            CarouselCard { card_index, kind: "product", header: None, body: None, action }
        }
    })
}

impl Amount {
    fn json(self) -> Value {
        json!({ "value": self.0, "offset": 100 })
    }
}

/// An order whose sums agree: the vendor refuses any other.
fn order_json(order: &Order) -> Result<Value, RenderError> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    within("reference", order.reference.len(), 1, whatsapp::ORDER_REFERENCE)?;
    if !order.reference.chars().all(allowed) || order.items.is_empty() {
        return Err(RenderError::Unfit("an order's reference or items"));
    }
    let overflow = RenderError::Unfit("an order's sum");
    let line = |item: &OrderItem| item.price.0.checked_mul(i64::from(item.quantity));
    let subtotal = order.items.iter().try_fold(0_i64, |sum, item| sum.checked_add(line(item)?)).ok_or(overflow)?;
    let extra = order.tax.0.checked_add(order.shipping.0).and_then(|extra| extra.checked_sub(order.discount.0));
    let total = extra.and_then(|extra| subtotal.checked_add(extra)).ok_or(RenderError::Unfit("an order's sum"))?;
    if total <= 0 || order.items.iter().any(|item| item.quantity == 0 || item.price.0 < 0) {
        return Err(RenderError::Unfit("an order's sum"));
    }
    let items: Vec<Value> = order.items.iter().map(item_json).collect();
    let mut inner = Map::new();
    inner.insert("status".into(), "pending".into());
    if order.expires > 0 {
        let description = "Please pay before";
        inner
            .insert("expiration".into(), json!({ "timestamp": order.expires.to_string(), "description": description }));
    }
    inner.insert("items".into(), items.into());
    inner.insert("subtotal".into(), Amount(subtotal).json());
    inner.insert("tax".into(), order.tax.json());
    for (name, amount) in [("shipping", order.shipping), ("discount", order.discount)] {
        if amount.0 != 0 {
            inner.insert(name.into(), amount.json());
        }
    }
    let mut parameters = Map::new();
    parameters.insert("reference_id".into(), order.reference.as_str().into());
    parameters.insert("type".into(), if order.is_digital { "digital-goods" } else { "physical-goods" }.into());
    if order.currency == "BRL" {
        parameters.insert("payment_type".into(), "br".into());
    }
    parameters.insert("currency".into(), order.currency.as_str().into());
    parameters.insert("total_amount".into(), Amount(total).json());
    parameters.insert("payment_settings".into(), order.payment_settings.clone());
    parameters.insert("order".into(), inner.into());
    Ok(parameters.into())
}

fn item_json(item: &OrderItem) -> Value {
    let name: Cow<'_, str> = title(&item.name, whatsapp::ORDER_ITEM_NAME);
    json!({ "retailer_id": item.sku, "name": name, "amount": item.price.json(), "quantity": item.quantity })
}
