//! The levers beside the phone: what else may happen to a shop. Each pulls at a stand-in or at the server as the world would,
//! never at a conversation itself, and says what it did.

mod orders;

use std::sync::{Arc, PoisonError};

use axum::Json;
use axum::extract::{Path, State};
use duka_engine::contract::{parse_money, write_money};
use duka_engine::locale::money_in_english;
use duka_engine::value::{Currency, Money};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use smol_str::SmolStr;

use super::answers::{Body, Refused, Why};
use super::customers::served;
use super::house::House;
use super::products::{self, Product};
use crate::api::openapi::schema;
use crate::dev_graph::Statuses;
use crate::host::calls::{Ails, Edit};

/// The longest that the demo may be made to take.
const MOST_DELAY_MS: u64 = 120_000;

/// What was done.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Said {
    pub said: String,
}

/// The shop's system and templates, as they are made to be.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Backend {
    pub delay_ms: u64,
    pub down: bool,
    /// Customers' phones tell what was read.
    pub reads: bool,
    pub products: Vec<Product>,
    pub templates: Vec<TemplateView>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct TemplateView {
    pub name: String,
    pub language: String,
    pub status: String,
    pub category: String,
}

#[derive(Deserialize, JsonSchema)]
struct Slow {
    delay_ms: Option<u64>,
    down: Option<bool>,
}

#[derive(Deserialize, JsonSchema)]
struct Change {
    sku: String,
    /// `KES 2,500`; a number is an amount in the shop's currency.
    price: Option<Value>,
    /// A whole number, 0 or more.
    stock: Option<Value>,
}

#[derive(Deserialize, JsonSchema)]
struct Template {
    name: String,
    status: String,
}

#[derive(Deserialize, JsonSchema)]
struct Marks {
    read: Option<bool>,
}

/// What each lever takes, by its name.
pub fn bodies() -> Vec<(&'static str, Value)> {
    let nothing = || json!({ "type": "object" });
    vec![
        ("restart", nothing()),
        ("duplicate", nothing()),
        ("swap", nothing()),
        ("backend", schema::<Slow>()),
        ("product", schema::<Change>()),
        ("order", schema::<orders::Wanted>()),
        ("template", schema::<Template>()),
        ("statuses", schema::<Marks>()),
    ]
}

/// Pulls one.
pub async fn pull(
    State(house): State<Arc<House>>,
    Path((shop, name)): Path<(String, String)>,
    Body(body): Body<Value>,
) -> Result<Json<Said>, Refused> {
    house.view(&shop).ok_or_else(|| Refused::absent("shop"))?;
    let said = match name.as_str() {
        "restart" => restart(&house).await?,
        "duplicate" => again(&house, &shop, 1)?,
        "swap" => again(&house, &shop, 2)?,
        "backend" => slow(&house, &shop, &given(body)?)?,
        "product" => change(&house, &shop, given(body)?)?,
        "order" => orders::moves(&house, &shop, &given(body)?).await?,
        "template" => template(&house, &shop, &given(body)?)?,
        "statuses" => statuses(&house, &given(body)?),
        _ => return Err(Refused::absent("lever")),
    };
    tell(&house);
    house.changed.notify_one();
    Ok(Json(Said { said }))
}

/// One after the other, so that what is told last is how it is.
fn tell(house: &House) {
    let _one = house.telling.lock().unwrap_or_else(PoisonError::into_inner);
    for slug in house.slugs() {
        if let Ok(backend) = of(house, &slug) {
            house.stream.tell(&slug, "backend", &backend);
        }
    }
}

fn given<T: DeserializeOwned>(body: Value) -> Result<T, Refused> {
    serde_json::from_value(body)
        .map_err(|error| Refused::wrong(Why::Wrong, format!("This lever needs something else: {error}.")))
}

pub async fn backend(State(house): State<Arc<House>>, Path(shop): Path<String>) -> Result<Json<Backend>, Refused> {
    Ok(Json(of(&house, &shop)?))
}

fn of(house: &House, shop: &str) -> Result<Backend, Refused> {
    let (server, served) = served(house, shop)?;
    let Ails { delay_ms, down } = house.around.demo.ails(served.scope);
    let account = served.account.clone().unwrap_or_default();
    let view = |known: &crate::dev_graph::Template| TemplateView {
        name: known.name.to_string(),
        language: known.language.to_string(),
        status: known.status.to_string(),
        category: known.category.to_string(),
    };
    let (templates, reads) =
        house.graph.with(|graph| (graph.templates(&account).map(view).collect(), graph.statuses().read > 0.0));
    Ok(Backend { delay_ms, down, reads, products: products::products(house, &server, shop), templates })
}

/// Ends the server as a power cut does, and begins it again on what the disk has.
async fn restart(house: &Arc<House>) -> Result<String, Refused> {
    let _one = house.reloading.lock().await;
    house.stream.tell("", "running", &json!({"running": false}));
    house.inner.kill().await;
    let started = house.start().await;
    house.stream.tell("", "running", &json!({"running": started.is_ok()}));
    started.map_err(|error| Refused::failed(&error))?;
    Ok("The server was ended in the middle of everything, and has begun again on the same database.".to_string())
}

/// Brings the last webhooks of customers once more, in the other order where they are two.
fn again(house: &House, shop: &str, count: usize) -> Result<String, Refused> {
    let brought = house.brought(shop);
    if brought.len() < count {
        return Err(Refused::wrong(Why::NothingToRepeat, "Write something first: there is nothing to bring again."));
    }
    let now_ms = house.now_ms();
    for webhook in brought.into_iter().rev().take(count) {
        house.graph.with(|graph| graph.post(now_ms, webhook));
    }
    Ok(match count {
        1 => "The last webhook was brought once more. It acts once.".to_string(),
        _ => "The last two webhooks were brought once more, the newer one first. Each acts once.".to_string(),
    })
}

fn slow(house: &House, shop: &str, wanted: &Slow) -> Result<String, Refused> {
    let (_, served) = served(house, shop)?;
    let known = house.around.demo.ails(served.scope);
    let delay_ms = wanted.delay_ms.unwrap_or(known.delay_ms).min(MOST_DELAY_MS);
    let down = wanted.down.unwrap_or(known.down);
    house.around.demo.set_ails(served.scope, Ails { delay_ms, down });
    Ok(match (down, delay_ms) {
        (true, _) => "The shop's system does not answer.".to_string(),
        (false, 0) => "The shop's system answers at once.".to_string(),
        (false, delay_ms) => format!("The shop's system takes {delay_ms} ms for each answer."),
    })
}

fn change(house: &House, shop: &str, wanted: Change) -> Result<String, Refused> {
    let (server, served) = served(house, shop)?;
    let known = products::products(house, &server, shop);
    let product = known.iter().find(|product| product.sku == wanted.sku).ok_or_else(|| Refused::absent("product"))?;
    let currency = server.registry.shops.shop(served.scope).ok_or_else(Refused::down)?.program.shop.profile.currency;
    let price = wanted.price.as_ref().map(|price| price_of(price, product, currency)).transpose()?;
    let stock = wanted.stock.as_ref().map(stock_of).transpose()?;
    let mut done = Vec::new();
    let edit = |field: &'static str, value: Value| {
        let (sku, field) = (SmolStr::new(&wanted.sku), SmolStr::new_static(field));
        house.around.demo.edit(served.scope, Edit { sku, field, value });
    };
    if let Some(money) = price {
        done.push(format!("costs {}", money_in_english(money)));
        edit("price", write_money(money).into());
    }
    if let Some(stock) = stock {
        done.push(format!("{stock} in stock"));
        edit("stock", stock.into());
    }
    Ok(format!("{}: {}.", product.name, done.join(", ")))
}

/// An amount as somebody writes it: more than nothing, in the shop's currency.
fn price_of(written: &Value, product: &Product, currency: Currency) -> Result<Money, Refused> {
    let text = written.as_str().map_or_else(|| written.to_string(), |text| text.trim().to_string());
    let code = currency.code();
    let whole = if text.contains(' ') { text } else { format!("{code} {text}") };
    let is_right = |money: &Money| money.minor > 0 && money.currency == currency;
    parse_money(&whole).filter(is_right).ok_or_else(|| {
        let own = parse_money(&product.price).filter(is_right);
        let like = own.map_or_else(|| format!("{code} 2,500"), money_in_english);
        let message = format!("A price is more than nothing, and in {code}: write one such as `{like}`.");
        Refused::wrong(Why::Price, message).with("like", like)
    })
}

fn stock_of(written: &Value) -> Result<u32, Refused> {
    let text = written.as_str().map_or_else(|| written.to_string(), |text| text.trim().to_string());
    text.parse().map_err(|_| Refused::wrong(Why::Stock, "What is in stock is a whole number, 0 or more."))
}

fn template(house: &House, shop: &str, wanted: &Template) -> Result<String, Refused> {
    let (_, served) = served(house, shop)?;
    let number = served.numbers.first().cloned().unwrap_or_default();
    let account = served.account.clone().unwrap_or_default();
    let status = wanted.status.to_ascii_uppercase();
    if !matches!(status.as_str(), "APPROVED" | "PAUSED" | "DISABLED" | "PENDING" | "REJECTED") {
        return Err(Refused::wrong(Why::Wrong, "A template is APPROVED, PAUSED, DISABLED, PENDING or REJECTED."));
    }
    let now_ms = house.now_ms();
    let changed = house.graph.with(|graph| {
        let of_name = graph.templates(&account).filter(|known| known.name == wanted.name.as_str());
        let languages: Vec<SmolStr> = of_name.map(|known| known.language.clone()).collect();
        for language in &languages {
            if let Some(webhook) = graph.set_template(now_ms, &number, (&wanted.name, language), &status) {
                graph.post(now_ms, webhook);
            }
        }
        !languages.is_empty()
    });
    if !changed {
        return Err(Refused::absent("template"));
    }
    Ok(format!("WhatsApp says that `{}` is {}.", wanted.name, status.to_lowercase()))
}

fn statuses(house: &House, wanted: &Marks) -> String {
    let read = wanted.read.unwrap_or(true);
    let statuses = Statuses { read: if read { 1.0 } else { 0.0 }, ..Statuses::default() };
    house.graph.with(|graph| graph.set_statuses(statuses));
    let said = if read {
        "From now on customers' phones tell what was read."
    } else {
        "From now on customers' phones do not tell what was read."
    };
    said.to_string()
}
