//! The customers that are played: who they are, what their phones show, and what they do.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use duka_engine::session::Session;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use smol_str::SmolStr;

use super::answers::{Body, Refused, Why};
use super::house::House;
use super::phones::{Item, Phone, Way};
use super::place::{self, Place};
use super::products;
use super::say::{File, Say, Speaker};
use crate::server::Server;
use crate::shops::Served;

/// How long free words may be sent after the customer's last message.
pub const WINDOW_MS: i64 = 24 * 3_600_000;
/// Letters of a name, and of what is shown of the last message.
const MOST_LETTERS: usize = 60;
/// Customers of one shop.
const MOST_CUSTOMERS: usize = 100;

/// One of them.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Customer {
    #[schemars(with = "String")]
    pub id: SmolStr,
    pub name: String,
    #[schemars(with = "String")]
    pub shop: SmolStr,
    pub channel: &'static str,
    /// The shop's number that they write to, as digits.
    pub number: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// When the 24 hours after the last message are over.
    pub window_until: Option<i64>,
    pub handed_over: bool,
    pub unread: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<String>,
}

/// All customers of a shop.
pub async fn all(house: &House, shop: &str) -> Vec<Customer> {
    let phones: Vec<Phone> = house.phones().list.iter().filter(|phone| phone.shop == shop).cloned().collect();
    let mut customers = Vec::with_capacity(phones.len());
    for phone in &phones {
        customers.push(customer(house, phone).await);
    }
    customers
}

async fn customer(house: &House, phone: &Phone) -> Customer {
    let server = house.inner.server();
    let served = server.as_ref().and_then(|server| server.registry.now().named(&phone.shop).cloned());
    let row = match (&server, &served) {
        (Some(server), Some(served)) => place::conversation(server, served.scope, &phone.id).await.ok().flatten(),
        _ => None,
    };
    let language = row.as_ref().and_then(|row| Session::decode(&row.session).ok()).map(|session| session.language);
    let heard_ms = row.as_ref().map_or(0, |row| row.last_inbound_ms);
    let unread = phone.items.iter().rev().take_while(|item| item.way == Way::Out);
    Customer {
        id: phone.id.clone(),
        name: phone.name.clone(),
        shop: phone.shop.clone(),
        channel: "whatsapp",
        number: house.display(&phone.shop, &phone.id),
        language: language.filter(|language| !language.is_empty()).map(|language| language.to_string()),
        window_until: (heard_ms > 0).then_some(heard_ms + WINDOW_MS),
        handed_over: row.as_ref().is_some_and(|row| row.handed_over),
        unread: unread.filter(|item| item.status.as_deref() != Some("read")).count(),
        last: phone.items.last().and_then(words),
    }
}

/// The beginning of what a message says.
fn words(item: &Item) -> Option<String> {
    let text = |pointer: &str| item.body.pointer(pointer).and_then(Value::as_str);
    let template = item.template.as_ref().and_then(|template| template.get("body")?.as_str());
    let said = template
        .or_else(|| text("/text/body"))
        .or_else(|| text("/interactive/body/text"))
        .or_else(|| text("/interactive/button_reply/title"))
        .or_else(|| text("/interactive/list_reply/title"))
        .or_else(|| text("/button/text"))
        .or_else(|| text("/image/caption"))
        .or_else(|| text("/video/caption"))
        .or_else(|| text("/document/filename"));
    let said = said.map_or_else(|| format!("[{}]", text("/type").unwrap_or("message")), str::to_string);
    Some(said.lines().next().unwrap_or_default().chars().take(MOST_LETTERS).collect())
}

pub async fn list(State(house): State<Arc<House>>, Path(shop): Path<String>) -> Result<Json<Vec<Customer>>, Refused> {
    house.view(&shop).ok_or_else(|| Refused::absent("shop"))?;
    Ok(Json(all(&house, &shop).await))
}

/// A customer that is wanted.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    pub name: Option<String>,
    pub channel: Option<String>,
    /// One of the shop's numbers, as digits. Otherwise its first.
    pub number: Option<String>,
}

pub async fn add(
    State(house): State<Arc<House>>,
    Path(shop): Path<String>,
    Body(wanted): Body<Wanted>,
) -> Result<Json<Customer>, Refused> {
    house.view(&shop).ok_or_else(|| Refused::absent("shop"))?;
    if wanted.channel.as_deref().is_some_and(|channel| channel != "whatsapp") {
        return Err(Refused::wrong(
            Why::Channel,
            "Customers write on WhatsApp here; other channels can not be tried out yet.",
        ));
    }
    if house.phones().list.iter().filter(|phone| phone.shop == shop).count() >= MOST_CUSTOMERS {
        return Err(Refused::wrong(Why::ManyCustomers, "There are a hundred customers already."));
    }
    let name = wanted.name.map(|name| name.chars().take(MOST_LETTERS).collect::<String>());
    let number = match &wanted.number {
        Some(digits) => {
            let own = house.numbers(&shop).into_iter().find(|(_, known)| known == digits);
            own.ok_or_else(|| Refused::absent("number of this shop"))?.0
        }
        None => SmolStr::default(),
    };
    let phone = house.add_customer(&shop, name.as_deref().filter(|name| !name.trim().is_empty()), number);
    house.stream.tell(&shop, "customers", &all(&house, &shop).await);
    Ok(Json(customer(&house, &phone).await))
}

pub async fn thread(
    State(house): State<Arc<House>>,
    Path((shop, id)): Path<(String, String)>,
) -> Result<Json<Vec<Item>>, Refused> {
    let phones = house.phones();
    let phone = phones.phone(&shop, &id).ok_or_else(|| Refused::absent("customer"))?;
    Ok(Json(phone.items.clone()))
}

/// The server and the shop as it serves it.
pub fn served(house: &House, shop: &str) -> Result<(Arc<Server>, Arc<Served>), Refused> {
    let server = house.inner.server().ok_or_else(Refused::down)?;
    let served = server.registry.now().named(shop).cloned().ok_or_else(|| Refused::absent("shop"))?;
    Ok((server, served))
}

pub async fn stands(
    State(house): State<Arc<House>>,
    Path((shop, id)): Path<(String, String)>,
) -> Result<Json<Place>, Refused> {
    let (server, served) = served(&house, &shop)?;
    house.phones().phone(&shop, &id).ok_or_else(|| Refused::absent("customer"))?;
    Ok(Json(place::of(&house, &server, &served, &id).await.map_err(|error| Refused::failed(&error))?))
}

pub async fn say(
    State(house): State<Arc<House>>,
    Path((shop, id)): Path<(String, String)>,
    Body(say): Body<Say>,
) -> Result<StatusCode, Refused> {
    brings(&house, &shop, &id, |speaker| speaker.message(say))
}

/// The customer sends a file: its bytes are the whole body.
pub async fn file(
    State(house): State<Arc<House>>,
    Path((shop, id)): Path<(String, String)>,
    Query(file): Query<File>,
    bytes: Bytes,
) -> Result<StatusCode, Refused> {
    brings(&house, &shop, &id, |speaker| speaker.file(file, bytes))
}

fn brings(
    house: &House,
    shop: &str,
    id: &str,
    said: impl FnOnce(&mut Speaker<'_>) -> Result<Value, Refused>,
) -> Result<StatusCode, Refused> {
    let phones = house.phones().clone();
    let phone = phones.phone(shop, id).ok_or_else(|| Refused::absent("customer"))?;
    let server = house.inner.server();
    let known = server.as_ref().map(|server| products::products(house, server, shop)).unwrap_or_default();
    let mut speaker = Speaker {
        customer: id,
        name: &phone.name,
        display: &house.display(shop, id),
        phones: &phones,
        price: &|sku| products::price(&known, sku),
        keep: &mut |mime, bytes| {
            let (id, sha256) = house.graph.with(|graph| graph.customer_file(mime, bytes, None));
            (id.to_string(), sha256)
        },
    };
    let message = said(&mut speaker)?;
    house.brings(shop, id, message)?;
    Ok(StatusCode::ACCEPTED)
}
