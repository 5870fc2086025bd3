//! A shop's backend made of a fixture file: catalogue, bag, delivery, orders and payments that behave like the real
//! ones as far as a conversation can tell. It keeps everything in memory and computes in minor units.

mod bag;
mod orders;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};
use smol_str::SmolStr;

use crate::contract::{parse_money, parse_number, write_date, write_money};
use crate::hir::Shop;
use crate::ranking::Names;
use crate::value::{Currency, Money};

/// The fields that a product of a fixture is found by; `words` is what else it is called, in any language.
const FOUND_BY: [&str; 8] = ["name", "short_name", "size", "sizes", "colour", "colours", "tags", "words"];

/// Products that a search gives.
const MOST_FOUND: usize = 30;

/// The demo backend's whole state; cloned to go back in time, written down to outlive a process.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Demo {
    currency: Currency,
    products: Vec<Json>,
    categories: Vec<Json>,
    zones: Vec<Json>,
    orders: Vec<Json>,
    customer: Json,
    shop: Json,
    /// The fields of `shop` that a test has set.
    shop_set: BTreeSet<String>,
    addresses: Vec<Json>,
    /// SKU and quantity, in the order they were put in.
    bag: Vec<(SmolStr, i64)>,
    /// The bag to begin with in the middle of a flow.
    saved_bag: Vec<(SmolStr, i64)>,
    subscriptions: Vec<SmolStr>,
    /// Answers of operations that are not the demo's own, by `contract.operation`.
    answers: Map<String, Json>,
    next_number: u32,
    /// The numbers of orders that are another customer's.
    #[serde(default)]
    others: BTreeSet<String>,
    /// The date where the shop is.
    #[serde(default)]
    today: String,
}

/// The day on which a simulation begins unless it says otherwise.
const DEFAULT_DAY: i32 = 20_778;

/// One argument of an operation, with the name of its type (`cart`, `order`, `money`, `text`).
#[derive(Clone, Debug)]
pub struct Argument {
    pub ty: String,
    pub json: Json,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    Given(Json),
    Refused(SmolStr),
    /// The operation is not known here, or can not be done with these arguments.
    Failed(String),
}

impl Demo {
    /// Reads a fixture: `products`, `categories`, `zones`, `orders`, `customer`, `shop`, `cart`, `addresses`, `answers`.
    pub fn new(fixture: &Json, currency: Currency) -> Demo {
        let list = |name: &str| fixture.get(name).and_then(Json::as_array).cloned().unwrap_or_default();
        let object = |name: &str| fixture.get(name).cloned().filter(Json::is_object).unwrap_or_else(|| json!({}));
        let mut demo = Demo {
            currency,
            products: list("products"),
            categories: list("categories"),
            zones: list("zones"),
            orders: list("orders").into_iter().filter(Json::is_object).collect(),
            customer: object("customer"),
            shop: object("shop"),
            shop_set: BTreeSet::new(),
            addresses: list("addresses"),
            bag: Vec::new(),
            saved_bag: Vec::new(),
            subscriptions: Vec::new(),
            answers: object("answers").as_object().cloned().unwrap_or_default(),
            next_number: 1042,
            others: BTreeSet::new(),
            today: write_date(DEFAULT_DAY),
        };
        demo.next_number = demo.orders.iter().filter_map(number_of).max().map_or(1042, |last| last + 1);
        demo.save_bag(fixture.get("cart").unwrap_or(&Json::Null));
        demo
    }

    /// What the bag holds when a conversation begins in the middle: `lines`, or the list of them.
    pub fn save_bag(&mut self, cart: &Json) {
        let lines = cart.get("lines").unwrap_or(cart).as_array().into_iter().flatten();
        let line = |line: &Json| {
            let sku = line.get("sku").and_then(Json::as_str)?;
            Some((SmolStr::new(sku), line.get("quantity").and_then(whole).unwrap_or(1)))
        };
        self.saved_bag = lines.filter_map(line).collect();
    }

    /// Does one operation of a shop. `now_ms` is the conversation's time.
    pub fn call(&mut self, shop: &Shop, operation: &str, arguments: &[Argument], now_ms: i64) -> Answer {
        if let Some(answer) = self.answers.get(operation) {
            return Answer::Given(answer.clone());
        }
        let arguments = Arguments(arguments);
        let (contract, name) = operation.split_once('.').unwrap_or((operation, ""));
        match contract {
            "catalog" => self.catalog(name, &arguments),
            "cart" => self.bag_operation(name, &arguments),
            "delivery" => self.delivery(name, &arguments, now_ms),
            "orders" | "payments" => self.order_operation(shop, operation, &arguments, now_ms),
            "customer" => self.customer_operation(name, &arguments),
            "alerts" => self.alerts(name, &arguments),
            "shop" => self.shop_operation(name),
            _ => unknown(operation),
        }
    }

    /// Fills the bag with the fixture's: a fresh chat begins with an empty one.
    pub fn take_saved_bag(&mut self) {
        self.bag.clone_from(&self.saved_bag);
    }

    pub fn customer(&self) -> Json {
        self.customer.clone()
    }

    pub fn shop(&self) -> Json {
        self.shop.clone()
    }

    /// Sets one product's field, for `given` lines and the levers of a simulator.
    pub fn set_product(&mut self, sku: &str, field: &str, value: Json) {
        if let Some(Json::Object(product)) = self.products.iter_mut().find(|product| text(product, "sku") == sku) {
            product.insert(field.to_string(), value);
            product.remove("stock_text");
        }
    }

    /// From now on it is this day where the shop is, in days since 1970.
    pub fn set_day(&mut self, days: i32) {
        self.today = write_date(days);
    }

    /// The customer is not the one of the fixture, whose orders and addresses they have not.
    pub fn become_another(&mut self) {
        self.others = self.orders.iter().map(|order| text(order, "number").to_string()).collect();
        self.addresses.clear();
    }

    /// Another phone is another customer's.
    pub fn set_customer(&mut self, field: &str, value: Json) {
        if field == "phone" && self.customer.get(field) != Some(&value) {
            self.become_another();
        }
        if let Json::Object(customer) = &mut self.customer {
            customer.insert(field.to_string(), value);
        }
    }

    pub fn first_sku(&self) -> Option<String> {
        self.products.first().map(|product| text(product, "sku").to_string())
    }

    /// Fills a field of the `shop` or the `customer` that the fixture leaves out.
    pub fn suppose(&mut self, whose: &str, field: &str, value: Json) {
        let record = if whose == "shop" { &mut self.shop } else { &mut self.customer };
        if let Json::Object(fields) = record {
            fields.entry(field).or_insert(value);
        }
    }

    pub fn set_shop(&mut self, field: &str, value: Json) {
        self.shop_set.insert(field.to_string());
        if let Json::Object(shop) = &mut self.shop {
            shop.insert(field.to_string(), value);
        }
    }

    /// Whether a test has set this field of `shop`.
    pub fn is_shop_set(&self, field: &str) -> bool {
        self.shop_set.contains(field)
    }

    /// A record of this type to start a conversation with, when the fixture names none.
    pub fn example(&self, record: &str) -> Option<Json> {
        match record {
            "product" => self.products.first().map(|product| self.product(product)),
            "category" => self.categories.first().map(|category| self.category(category)),
            "delivery_zone" => self.zones.first().cloned(),
            "cart_line" => self.cart().get("lines").and_then(|lines| lines.get(0)).cloned(),
            "order" => self.orders.first().map(|order| self.order(order)),
            "location" | "address" => self.addresses.first().cloned(),
            "payment" => self.orders.first().map(|order| self.payment(order, 0)),
            _ => None,
        }
    }

    fn catalog(&self, name: &str, arguments: &Arguments<'_>) -> Answer {
        let base = |product: &&Json| text(product, "variant_of").is_empty();
        let matching = |keep: &dyn Fn(&Json) -> bool| {
            let products = self.products.iter().filter(|product| keep(product));
            Answer::Given(Json::Array(products.map(|product| self.product(product)).collect()))
        };
        match name {
            "categories" => {
                Answer::Given(Json::Array(self.categories.iter().map(|category| self.category(category)).collect()))
            }
            "featured" => {
                let any = self.products.iter().any(|product| product.get("featured").is_some());
                matching(&|product| base(&product) && (!any || product.get("featured").is_some_and(truthy)))
            }
            "in_category" => {
                let id = arguments.first().map(key_of).unwrap_or_default();
                matching(&|product| base(&product) && text(product, "category") == id)
            }
            "product" => {
                let sku = arguments.first().map(key_of).unwrap_or_default();
                match self.products.iter().find(|product| text(product, "sku") == sku) {
                    Some(product) => Answer::Given(self.product(product)),
                    None => Answer::Refused("not_found".into()),
                }
            }
            "search" => Answer::Given(Json::Array(self.search(arguments.first().and_then(Json::as_str).unwrap_or("")))),
            // Products of the fixture may name the product, or its category, that they vary, go with or stand in for.
            "variants" | "extras" | "substitutes" => {
                let sku = arguments.first().map(key_of).unwrap_or_default();
                let field = match name {
                    "variants" => "variant_of",
                    "extras" => "extra_of",
                    _ => "substitute_for",
                };
                let whose = self.kin(sku);
                matching(&|product| whose.contains(&text(product, field)))
            }
            _ => unknown(name),
        }
    }

    /// What fits best of what customers can choose from. A size or colour is found by its product.
    fn search(&self, typed: &str) -> Vec<Json> {
        let is_base = |product: &&Json| text(product, "variant_of").is_empty();
        let found_by = |product: &Json| {
            let category = self.categories.iter().find(|category| text(category, "id") == text(product, "category"));
            let variants = self.products.iter().filter(|other| text(other, "variant_of") == text(product, "sku"));
            let own = variants.chain([product]).flat_map(|it| FOUND_BY.iter().filter_map(|field| it.get(*field)));
            own.chain(category.and_then(|category| category.get("name"))).flat_map(texts).collect()
        };
        let named = self.products.iter().filter(is_base);
        let names = Names::of(named.map(|product| (SmolStr::new(text(product, "sku")), found_by(product))));
        let best = names.best(typed, MOST_FOUND).into_iter();
        let product = |sku: &SmolStr| self.products.iter().find(|product| text(product, "sku") == sku);
        best.filter_map(product).map(|product| self.product(product)).collect()
    }

    /// A product's SKU and category, and those of the product it varies.
    fn kin<'a>(&'a self, sku: &'a str) -> Vec<&'a str> {
        let find = |sku: &str| self.products.iter().find(|product| text(product, "sku") == sku);
        let own = find(sku);
        let base = own.map(|product| text(product, "variant_of"));
        let category = |product: Option<&'a Json>| product.map(|product| text(product, "category"));
        let kin = [Some(sku), base, category(own), category(base.and_then(find))];
        kin.into_iter().flatten().filter(|key| !key.is_empty()).collect()
    }

    fn category(&self, category: &Json) -> Json {
        let mut category = category.clone();
        let id = text(&category, "id").to_string();
        if let Json::Object(fields) = &mut category {
            let count = self.products.iter().filter(|product| text(product, "category") == id).count();
            fields.entry("count").or_insert_with(|| Json::from(count));
        }
        category
    }

    fn has_variants(&self, product: &Json) -> bool {
        let sku = text(product, "sku");
        let varied = || self.products.iter().any(|other| text(other, "variant_of") == sku);
        product.get("has_variants").map_or_else(varied, truthy)
    }

    /// A product as the backend shows it now.
    fn product(&self, product: &Json) -> Json {
        let mut product = product.clone();
        let stock = product.get("stock").and_then(whole).unwrap_or(0);
        let name = text(&product, "name").to_string();
        let varied = self.has_variants(&product);
        if let Json::Object(fields) = &mut product {
            fields.entry("stock").or_insert_with(|| Json::from(0));
            fields.entry("short_name").or_insert_with(|| Json::from(name.chars().take(24).collect::<String>()));
            fields.entry("has_variants").or_insert(Json::Bool(varied));
            fields.entry("stock_text").or_insert_with(|| {
                Json::from(match stock {
                    ..=0 => "sold out".to_string(),
                    1..=5 => format!("{stock} left"),
                    6.. => "in stock".to_string(),
                })
            });
        }
        product
    }

    fn delivery(&self, name: &str, arguments: &Arguments<'_>, now_ms: i64) -> Answer {
        match name {
            "zone" => {
                let town = arguments.first().map(|place| place.as_str().unwrap_or_else(|| text(place, "town")));
                let town = town.unwrap_or("").to_lowercase();
                let found = self.zones.iter().find(|zone| {
                    let towns = zone.get("towns").and_then(Json::as_array);
                    let listed = towns.into_iter().flatten().filter_map(Json::as_str);
                    text(zone, "name").to_lowercase() == town
                        || listed.into_iter().any(|name| name.to_lowercase() == town)
                });
                found.map_or_else(|| Answer::Refused("no_delivery".into()), |zone| Answer::Given(zone.clone()))
            }
            "zones" => Answer::Given(Json::Array(self.zones.clone())),
            "slots" => {
                let slot = |hour: i64| {
                    let start_ms = now_ms - now_ms.rem_euclid(3_600_000) + hour * 3_600_000;
                    json!({ "id": format!("slot-{hour}"), "name": format!("in {hour} hours"), "start": start_ms, "free": 3 })
                };
                Answer::Given(json!([slot(2), slot(4), slot(24)]))
            }
            "reserve" => match arguments.first() {
                Some(slot) => Answer::Given(slot.clone()),
                None => Answer::Refused("slot_full".into()),
            },
            _ => unknown(name),
        }
    }

    fn customer_operation(&mut self, name: &str, arguments: &Arguments<'_>) -> Answer {
        match name {
            "addresses" => Answer::Given(Json::Array(self.addresses.clone())),
            "save_address" => {
                let part = |at: usize| arguments.0.get(at).and_then(|argument| argument.json.as_str()).unwrap_or("");
                let address = json!({ "name": part(0), "street": part(1), "town": part(2), "notes": part(3) });
                self.addresses.insert(0, address.clone());
                Answer::Given(address)
            }
            "locate" => match self.addresses.first() {
                Some(address) => Answer::Given(address.clone()),
                None => Answer::Refused("not_found".into()),
            },
            "export" | "forget" => Answer::Given(json!({ "number": "P-1", "id": "P-1" })),
            "current" => Answer::Given(self.customer()),
            _ => unknown(name),
        }
    }

    fn alerts(&mut self, name: &str, arguments: &Arguments<'_>) -> Answer {
        if name == "mine" {
            let mine =
                self.products.iter().filter(|product| self.subscriptions.iter().any(|sku| text(product, "sku") == sku));
            return Answer::Given(Json::Array(mine.map(|product| self.product(product)).collect()));
        }
        let sku = arguments.0.iter().map(|argument| SmolStr::new(key_of(&argument.json))).find(|key| !key.is_empty());
        let sku = sku.unwrap_or_default();
        match name {
            "subscribe" => self.subscriptions.push(sku),
            "unsubscribe" => self.subscriptions.retain(|known| *known != sku),
            _ => return unknown(name),
        }
        Answer::Given(Json::Null)
    }

    fn shop_operation(&self, name: &str) -> Answer {
        match name {
            "hours" | "current" => Answer::Given(self.shop()),
            "languages" => Answer::Given(self.shop.get("languages").cloned().unwrap_or_else(|| json!([]))),
            _ => unknown(name),
        }
    }

    fn money(&self, minor: i64) -> Json {
        Json::String(write_money(Money { minor, currency: self.currency }))
    }
}

struct Arguments<'a>(&'a [Argument]);

impl Arguments<'_> {
    fn first(&self) -> Option<&Json> {
        self.0.first().map(|argument| &argument.json)
    }

    /// The first argument of a type, by the type's name.
    fn of(&self, ty: &str) -> Option<&Json> {
        self.0.iter().find(|argument| argument.ty == ty && !argument.json.is_null()).map(|argument| &argument.json)
    }
}

fn unknown(operation: &str) -> Answer {
    Answer::Failed(format!("the demo backend has no `{operation}`; give its answer under `answers` in the fixture"))
}

/// A text, a number, or each of a list.
fn texts(json: &Json) -> Vec<String> {
    match json {
        Json::String(text) => vec![text.clone()],
        Json::Number(number) => vec![number.to_string()],
        Json::Array(items) => items.iter().flat_map(texts).collect(),
        Json::Null | Json::Bool(_) | Json::Object(_) => Vec::new(),
    }
}

fn text<'a>(json: &'a Json, field: &str) -> &'a str {
    json.get(field).and_then(Json::as_str).unwrap_or("")
}

/// What stands for a record: itself when it is a text, else its `sku`, `id`, `number` or `name`.
fn key_of(json: &Json) -> &str {
    if let Some(key) = json.as_str() {
        return key;
    }
    ["sku", "id", "number", "name"].into_iter().map(|field| text(json, field)).find(|key| !key.is_empty()).unwrap_or("")
}

fn whole(json: &Json) -> Option<i64> {
    json.as_i64().or_else(|| i64::try_from(parse_number(json.as_str()?)?.round()).ok())
}

fn truthy(json: &Json) -> bool {
    json.as_bool().unwrap_or_else(|| matches!(json.as_str(), Some("yes" | "true")))
}

fn minor(json: Option<&Json>) -> i64 {
    json.and_then(Json::as_str).and_then(parse_money).map_or(0, |money| money.minor)
}

/// The digits at the end of an order's number.
fn number_of(order: &Json) -> Option<u32> {
    let number = text(order, "number");
    number.rsplit(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok()
}
