//! The phones of the customers that are played: every message either way, in WhatsApp's own JSON, and how far each came.
//! Written from what the stand-in for the Graph API saw, and from nothing else; read again from its file after a restart.

use std::collections::{BTreeMap, HashMap};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use smol_str::{SmolStr, format_smolstr};

use super::map::Line;
use super::products::Product;
use crate::dev_graph::Seen;

/// One message, as the page draws it.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, JsonSchema)]
pub struct Item {
    /// From 1, of this customer.
    pub seq: u64,
    /// The vendor's id.
    #[schemars(with = "String")]
    pub id: SmolStr,
    /// ms since 1970, on the shop's clock.
    pub at: i64,
    pub way: Way,
    /// WhatsApp's own JSON: of the send, or the element of a webhook's `messages`.
    pub body: Value,
    /// `accepted`, `sent`, `delivered`, `read`, `failed`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub status: Option<SmolStr>,
    /// `code`, `title`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Value>,
    /// The filled-in text of a template: `header`, `body`, `footer`, `buttons`, `category`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<Value>,
    #[serde(flatten)]
    pub shown: Shown,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<Why>,
}

/// What the body of a message names and does not show.
#[derive(Clone, Debug, Default, Serialize, Deserialize, PartialEq, JsonSchema)]
#[serde(default)]
pub struct Shown {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media: Option<Media>,
    /// The product, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product: Option<Product>,
    /// Of every product that is named, by its number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub products: Option<BTreeMap<String, Product>>,
    /// The form as it is published: Flow JSON with its `screens`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub form: Option<Value>,
}

/// A file, at this address.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, JsonSchema)]
pub struct Media {
    pub url: String,
    pub mime: String,
    /// Its size, where the file is here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
}

/// Why a message was sent.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, JsonSchema)]
pub struct Why {
    /// A person of the shop wrote it, and no line of a flow.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub person: bool,
    pub flow: String,
    /// Empty: lines beside the conversation sent it.
    pub state: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follow: Option<Followed>,
    /// Where its words are written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<Line>,
    /// The conditions that were asked in its turn.
    pub guards: Vec<Asked>,
    /// How old what it tells of the shop's systems was, in ms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_age_ms: Option<i64>,
    /// `inside`, `outside`, `template`
    pub window: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    /// As WhatsApp says it: `free_customer_service`, `free_entry_point`, `regular`
    pub cost: Option<String>,
}

/// The lines beside the conversation that sent a message.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, JsonSchema)]
pub struct Followed {
    /// `follow order`
    pub name: String,
    /// The news that they answer, as it is written: `on order.shipped`.
    pub on: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<Line>,
}

/// A condition as it is written, and `yes` or `no`.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, JsonSchema)]
pub struct Asked {
    pub text: String,
    pub value: String,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    Out,
    In,
}

/// A customer and their phone.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Phone {
    pub shop: SmolStr,
    /// Digits.
    pub id: SmolStr,
    pub name: String,
    /// The vendor's id of the shop's number that they write to; empty: its first.
    #[serde(default)]
    pub number: SmolStr,
    pub items: Vec<Item>,
}

/// All of them, in the order in which they came.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Phones {
    pub list: Vec<Phone>,
    /// The phone and the place in it of every message, by the vendor's id.
    #[serde(skip)]
    index: HashMap<SmolStr, (usize, usize)>,
    /// Shops by business number.
    #[serde(skip)]
    pub numbers: BTreeMap<SmolStr, SmolStr>,
}

/// What changed on a phone.
pub enum Change {
    Item { shop: SmolStr, customer: SmolStr, item: Box<Item> },
    Typing { shop: SmolStr, customer: SmolStr, on: bool },
}

impl Phones {
    /// What an earlier process has written.
    pub fn read(text: &str) -> Phones {
        let mut phones: Phones = serde_json::from_str(text).unwrap_or_default();
        let places = phones.list.iter().enumerate().flat_map(|(at, phone)| {
            phone.items.iter().enumerate().map(move |(place, item)| (item.id.clone(), (at, place)))
        });
        phones.index = places.collect();
        phones
    }

    pub fn phone(&self, shop: &str, id: &str) -> Option<&Phone> {
        self.list.iter().find(|phone| phone.shop == shop && phone.id == id)
    }

    /// A new customer of a shop; `prefix` is the calling code of its country.
    pub fn add(&mut self, shop: &str, (prefix, number): (u16, SmolStr), name: Option<&str>) -> Phone {
        const NAMES: [&str; 8] = ["Amina", "Brian", "Chipo", "Daniel", "Esther", "Farid", "Grace", "Hassan"];
        let count = self.list.iter().filter(|phone| phone.shop == shop).count();
        let free = (1..).map(|n: u64| format_smolstr!("{prefix}7{n:08}")).find(|id| self.phone(shop, id).is_none());
        let name = name.map(str::to_string).or_else(|| NAMES.get(count % NAMES.len()).map(|name| (*name).to_string()));
        let phone = Phone {
            shop: shop.into(),
            id: free.unwrap_or_default(),
            name: name.unwrap_or_default(),
            number,
            items: Vec::new(),
        };
        self.list.push(phone.clone());
        phone
    }

    /// The numbers of a shop.
    pub fn numbers_of(&self, shop: &str) -> impl Iterator<Item = &SmolStr> {
        self.numbers.iter().filter(move |(_, slug)| *slug == shop).map(|(number, _)| number)
    }

    /// The number of the shop that a customer writes to. `None`: the shop was never served.
    pub fn written_to(&self, shop: &str, customer: &str) -> Option<SmolStr> {
        let chosen = self.phone(shop, customer).map(|phone| &phone.number);
        let mut numbers = self.numbers_of(shop);
        let first = self.numbers_of(shop).next();
        numbers.find(|number| Some(*number) == chosen).or(first).cloned()
    }

    /// The message of this id.
    pub fn item(&self, id: &str) -> Option<&Item> {
        let (phone, place) = self.index.get(id)?;
        self.list.get(*phone)?.items.get(*place)
    }

    /// Takes in what was seen. `dress` adds to a message what its body only names.
    pub fn saw(&mut self, seen: Seen, dress: impl Fn(&str, &Value) -> Shown) -> Vec<Change> {
        match seen {
            Seen::Came { number, customer, id, at_ms, body, template } => {
                let Some(shop) = self.numbers.get(&number).cloned() else { return Vec::new() };
                let (shown, status) = (dress(&shop, &body), Some(SmolStr::new_static("accepted")));
                let item = Item {
                    seq: 0,
                    id,
                    at: at_ms,
                    way: Way::Out,
                    body,
                    status,
                    error: None,
                    template,
                    shown,
                    why: None,
                };
                let off = Change::Typing { shop: shop.clone(), customer: customer.clone(), on: false };
                self.keep(shop, customer, item).into_iter().chain([off]).collect()
            }
            Seen::Said { number, customer, id, at_ms, message } => {
                let Some(shop) = self.numbers.get(&number).cloned() else { return Vec::new() };
                let (shown, status) = (dress(&shop, &message), Some(SmolStr::new_static("sent")));
                let (way, body) = (Way::In, message);
                let item =
                    Item { seq: 0, id, at: at_ms, way, body, status, error: None, template: None, shown, why: None };
                self.keep(shop, customer, item)
            }
            Seen::Told { id, word, code, .. } => {
                let error = (code != 0).then(|| serde_json::json!({"code": code, "title": "Message undeliverable"}));
                self.change(&id, |item| {
                    if rank(item.status.as_deref()) < rank(Some(word)) {
                        item.status = Some(word.into());
                        item.error = error;
                    }
                })
            }
            Seen::Read { message, typing } => {
                let mut changes = self.change(&message, |item| item.status = Some(SmolStr::new_static("read")));
                let place = self.index.get(&message).and_then(|(at, place)| Some((self.list.get(*at)?, *place)));
                if typing && let Some((phone, place)) = place {
                    let (shop, customer) = (phone.shop.clone(), phone.id.clone());
                    // The mark is on a way of its own: the answer may have been faster.
                    let on = !phone.items.iter().skip(place).any(|item| item.way == Way::Out);
                    changes.push(Change::Typing { shop, customer, on });
                }
                changes
            }
        }
    }

    fn keep(&mut self, shop: SmolStr, customer: SmolStr, item: Item) -> Vec<Change> {
        let known = self.list.iter().position(|phone| phone.shop == shop && phone.id == customer);
        let at = known.unwrap_or_else(|| {
            let (shop, id, name) = (shop.clone(), customer.clone(), customer.to_string());
            self.list.push(Phone { shop, id, name, number: SmolStr::default(), items: Vec::new() });
            self.list.len() - 1
        });
        let Some(phone) = self.list.get_mut(at) else { return Vec::new() };
        let item = Item { seq: phone.items.len() as u64 + 1, ..item };
        self.index.insert(item.id.clone(), (at, phone.items.len()));
        phone.items.push(item.clone());
        vec![Change::Item { shop, customer, item: Box::new(item) }]
    }

    /// Changes the message of this id; nothing, if that changes nothing.
    pub fn change(&mut self, id: &str, change: impl FnOnce(&mut Item)) -> Vec<Change> {
        let Some((at, place)) = self.index.get(id).copied() else { return Vec::new() };
        let Some(phone) = self.list.get_mut(at) else { return Vec::new() };
        let Some(item) = phone.items.get_mut(place) else { return Vec::new() };
        let before = item.clone();
        change(item);
        if *item == before {
            return Vec::new();
        }
        vec![Change::Item { shop: phone.shop.clone(), customer: phone.id.clone(), item: Box::new(item.clone()) }]
    }
}

/// Statuses come in any order; a later one is not taken back.
fn rank(status: Option<&str>) -> u8 {
    match status {
        Some("sent") => 1,
        Some("failed") => 2,
        Some("delivered") => 3,
        Some("read") => 4,
        Some(_) | None => 0,
    }
}
