//! What a backend tells by itself: proved, read and converted as its mapping says. Keeps nothing, and forgets what has changed.

use duka_engine::hir::Shop;
use duka_engine::program::Program;
use duka_engine::step::order_number;
use duka_engine::types::Type;
use duka_engine::value::Value;
use serde_json::Value as Json;
use sha2::{Digest, Sha256};
use smol_str::SmolStr;

use super::Backend;
use super::ask::spoken;
use super::convert::text;
use super::exact;
use super::give::{Records, holds, shown};
use super::proof;
use crate::adapter::mapping::{Seen, Webhook};
use crate::adapter::memory::products;
use crate::adapter::parcels::{self, Parcel};

/// What a body tells.
#[derive(Clone, Debug, PartialEq)]
pub enum News {
    Order(Moved),
    /// The order with this number moved, and its system is to be asked; to this status, if it says so.
    Asked(SmolStr, Option<SmolStr>),
    Parcel(Parcel),
    /// The parcel with this number moved, if its carrier says so too; it may be one of this order.
    Track(SmolStr, Option<SmolStr>),
}

/// An order that moved.
#[derive(Clone, Debug, PartialEq)]
pub struct Moved {
    pub number: SmolStr,
    pub status: SmolStr,
    /// Typed by the contract.
    pub order: Value,
    /// When the carrier of its parcel saw that, ms since 1970; `None`: nobody tells.
    pub seen_ms: Option<i64>,
}

impl Backend {
    /// Whether a body is shown to be the backend's. `header` finds a header of the request by its name.
    pub fn is_proved<'h>(&self, header: impl Fn(&str) -> Option<&'h [u8]>, body: &'h [u8], now_ms: i64) -> bool {
        let webhook = self.mapping.webhook.as_ref();
        webhook.is_some_and(|webhook| proof::is_proved(&webhook.proof, &self.proofs, header, body, now_ms))
    }

    /// Whether a body only asks if somebody is there.
    pub fn is_ping(&self, body: &[u8]) -> bool {
        let ping = self.mapping.webhook.as_ref().and_then(|webhook| webhook.ping.as_ref());
        let rest = ping.and_then(|ping| body.strip_prefix(ping.as_bytes()));
        rest.is_some_and(|rest| rest.len() <= 20 && rest.iter().all(u8::is_ascii_digit))
    }

    /// Reads a body. `None`: it is of no interest.
    ///
    /// # Errors
    /// It is not what the mapping says: place, what was expected, what was met.
    pub fn read(&self, program: &Program, body: &[u8]) -> Result<Option<News>, String> {
        let webhook = self.mapping.webhook.as_ref().ok_or("the mapping has no `webhook`")?;
        let json = exact::parse(body).ok_or("the body is not JSON")?;
        self.news(webhook, program, &json)
    }

    fn news(&self, webhook: &Webhook, program: &Program, json: &Json) -> Result<Option<News>, String> {
        let fits = |when: &crate::adapter::mapping::Predicate| holds(when, Some(json), "");
        if let Some(seen) = webhook.parcels.iter().find(|seen| seen.when.as_ref().is_none_or(fits)) {
            return if seen.ignore { Ok(None) } else { self.parcel(seen, program, json).map(Some) };
        }
        let Some(told) = webhook.orders.iter().find(|told| told.when.as_ref().is_none_or(fits)) else {
            return Ok(None);
        };
        let record = program.shop.known_records.order.ok_or("the shop's contracts have no `order`")?;
        let named = told.number.as_ref().and_then(|path| text(path.first(json)?).ok()).map(SmolStr::from);
        let Some(path) = &told.order else {
            let number = named.ok_or("webhook.orders.number: nothing is there")?;
            return Ok(Some(News::Asked(number, told.status.clone().map(SmolStr::from))));
        };
        let met = path.first(json).ok_or("webhook.orders.order: nothing is there")?;
        let order = Records::of(&program.shop, &self.mapping, spoken(&program.shop, "")).give(record, met)?;
        let number = named.or_else(|| order_number(program, &order)).ok_or("order: it has no number")?;
        let status = told.status.clone().map(SmolStr::from).or_else(|| status_of(program, &order));
        let status = status.ok_or_else(|| format!("order: it has no status, in {}", shown(met)))?;
        Ok(Some(News::Order(Moved { number, status, order, seen_ms: None })))
    }

    fn parcel(&self, seen: &Seen, program: &Program, json: &Json) -> Result<News, String> {
        if let Some(track) = &seen.track {
            let met = track.first(json).ok_or("webhook.parcels.track: nothing is there")?;
            let number = text(met).map_err(|_| format!("webhook.parcels.track: no number, but {}", shown(met)))?;
            let order = seen.order.as_ref().and_then(|path| text(path.first(json)?).ok());
            return Ok(News::Track(number.into(), order.map(SmolStr::from)));
        }
        let record = parcels::record(&program.shop).ok_or("the shop's contracts have no `parcel`")?;
        let met = seen.parcel.as_ref().and_then(|path| path.first(json));
        let met = met.ok_or("webhook.parcels.parcel: nothing is there")?;
        let value = Records::of(&program.shop, &self.mapping, spoken(&program.shop, "")).give(record, met)?;
        let parcel = Parcel::read(&program.shop, &value).ok_or("the shop's `parcel` is not the standard one")?;
        Ok(News::Parcel(parcel))
    }

    /// Forgets what a body says has changed, besides what it tells of orders.
    pub fn hears_of_changes(&self, of: &[Backend], body: &[u8]) {
        let Some((webhook, json)) = self.mapping.webhook.as_ref().zip(exact::parse(body)) else { return };
        let fits = |when: &crate::adapter::mapping::Predicate| holds(when, Some(&json), "");
        for changed in webhook.changes.iter().filter(|changed| changed.when.as_ref().is_none_or(fits)) {
            let named = changed.products.as_ref().map_or_else(Vec::new, |path| path.all(&json));
            let products: Vec<SmolStr> =
                named.into_iter().filter_map(|sku| text(sku).ok()).map(SmolStr::from).collect();
            for backend in of {
                if products.is_empty() { backend.memory.forget_all() } else { backend.memory.forget(&products) }
            }
        }
    }

    /// Forgets what was told of orders, and of the products in this one.
    pub fn hears_of_order(&self, of: &[Backend], shop: &Shop, order: &Value) {
        let mut moved = Vec::new();
        if let Some(record) = shop.known_records.order {
            products(shop, &Type::Record(record), order, &mut moved);
        }
        for backend in of {
            if backend.contract == self.contract { backend.memory.forget_all() } else { backend.memory.forget(&moved) }
        }
    }

    /// Equal for repetitions of one body, of this backend alone.
    pub fn repetition(&self, body: &[u8]) -> [u8; 16] {
        let id = self.mapping.webhook.as_ref().and_then(|webhook| webhook.id.as_ref());
        let id = id.and_then(|path| text(path.first(&exact::parse(body)?)?).ok());
        let hash = Sha256::new().chain_update(b"backend ").chain_update(self.contract.as_bytes()).chain_update([0]);
        let hash = match &id {
            Some(id) => hash.chain_update(b"id ").chain_update(id),
            None => hash.chain_update(b"body ").chain_update(body),
        };
        let mut key = [0; 16];
        key.iter_mut().zip(hash.finalize()).for_each(|(to, from)| *to = from);
        key
    }
}

/// An order's own status, by the contract's field.
pub fn status_of(program: &Program, order: &Value) -> Option<SmolStr> {
    let record = program.shop.records.get(usize::from(program.shop.known_records.order?.0))?;
    let (at, _) = record.field("status")?;
    match order {
        Value::Record(fields) => match fields.get(usize::from(at))? {
            Value::Text(status) => Some(status.clone()),
            _ => None,
        },
        _ => None,
    }
}
