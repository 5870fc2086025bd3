//! A customer's bag that Duka keeps, because the shop's own system has none: which things, how many, and a note. Holds no
//! price, no name and no stock; those are always the catalogue's.

use duka_dsl::config::shop::{self as profile, Rounding};
use duka_engine::contract::{decode, write_money};
use duka_engine::hir::{Operation as Promise, Shop};
use duka_engine::rounding::whole;
use duka_engine::source::{FileKind, ShopSource};
use duka_engine::types::{RecordId, Type};
use duka_engine::value::{Money, Value};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use smol_str::SmolStr;

use super::agreed::field;

/// The contract, and the word in `shop.yaml` for it.
pub const CONTRACT: &str = "cart";
pub const KIND: &str = "duka";
/// What is asked of the catalogue.
pub const PRODUCT: &str = "catalog.product";

/// What it can do, and what it gives: the fields of a bag and of its lines.
const OPERATIONS: [&str; 7] = ["current", "reprice", "add", "change", "remove", "empty", "take"];
const FIELDS: [&str; 9] = ["lines", "total", "count", "sku", "name", "quantity", "price", "total", "note"];

/// Lines of one bag (TM25): as many as an order's steps go through.
const MOST_LINES: usize = 50;
/// Commands that are known again.
const MOST_KEYS: usize = 8;

/// Whether the shop's bags are kept here: it says so, or has a catalogue of its own and says nothing of a bag.
pub fn is_kept(source: &ShopSource) -> bool {
    let files = source.files.iter().enumerate();
    let mut files = files.filter_map(|(at, file)| Some((u16::try_from(at).ok()?, file)));
    let Some((at, file)) = files.find(|(_, file)| file.kind == FileKind::Shop) else { return false };
    let (profile, _) = profile::read(duka_dsl::FileId(at), &file.text);
    let kind = |name: &str| {
        let adapter = profile.adapters.iter().find(|adapter| adapter.name.value == name);
        adapter.map(|adapter| adapter.kind.as_ref().map_or("demo", |kind| kind.as_str()).to_string())
    };
    match kind(CONTRACT) {
        Some(named) => named == KIND,
        None => kind("catalog").is_some_and(|catalog| catalog != "demo"),
    }
}

/// What of an operation can not be done here, in words.
pub fn lacks(shop: &Shop, promise: &Promise) -> Option<String> {
    if !OPERATIONS.contains(&promise.name.as_str()) {
        return Some(format!("`{}`", promise.path()));
    }
    let mut records = Vec::new();
    let mut next = promise.gives.clone();
    while let Some(ty) = next.take() {
        match ty {
            Type::List(item) => next = Some(*item),
            Type::Record(id) => {
                let record = shop.records.get(usize::from(id.0))?;
                records.push(record);
                next = record.field("lines").map(|(_, lines)| lines.ty.clone());
            }
            _ => {}
        }
    }
    let strange = |name: &str| !FIELDS.contains(&name);
    let mut fields = records.iter().flat_map(|record| record.fields.iter().map(move |field| (*record, field)));
    let (record, field) = fields.find(|(_, field)| !field.optional && strange(&field.name))?;
    Some(format!("a {}'s `{}`", record.name, field.name))
}

/// What a bag's row holds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Bag {
    lines: Vec<Line>,
    /// The keys of the last commands that were done.
    done: Vec<SmolStr>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Line {
    sku: SmolStr,
    quantity: Decimal,
    note: Option<SmolStr>,
}

/// A thing as the catalogue has it now.
#[derive(Clone, Debug, PartialEq)]
pub struct Thing {
    pub sku: SmolStr,
    name: SmolStr,
    price: Money,
    stock: Decimal,
}

/// What a call wants of a bag.
#[derive(Clone, Debug, PartialEq)]
pub enum Wish {
    Look,
    Add(SmolStr, Decimal, Option<SmolStr>),
    /// Sets the quantity of a line; 0 takes it out.
    Change(SmolStr, Decimal, Option<SmolStr>),
    Empty,
    /// Only these, as far as they are there.
    Take(Vec<(SmolStr, Decimal)>),
}

/// Why it is not done: the contract's code.
pub const SHORT: &str = "short_stock";
pub const GONE: &str = "not_found";

impl Wish {
    /// What a call says. `None`: it is none of the operations, or its arguments are others.
    pub fn of(shop: &Shop, promise: &Promise, arguments: &[Value]) -> Option<Wish> {
        let part = |at: usize, name: &str| {
            let value = field(shop, &promise.takes.get(at)?.ty, arguments.get(at)?, name)?;
            Some(value.clone())
        };
        let sku = || text(&part(0, "sku")?);
        let number = |at: usize| match arguments.get(at)? {
            Value::Number(number) => Some(*number),
            _ => None,
        };
        let note = || text(&part(0, "note")?);
        Some(match promise.name.as_str() {
            "current" | "reprice" => Wish::Look,
            "add" => Wish::Add(sku()?, number(1)?, arguments.get(2).and_then(text)),
            "change" => Wish::Change(sku()?, number(1)?, note()),
            "remove" => Wish::Change(sku()?, Decimal::ZERO, note()),
            "empty" => Wish::Empty,
            "take" => Wish::Take(items(shop, &promise.takes.first()?.ty, arguments.first()?)),
            _ => return None,
        })
    }
}

fn items(shop: &Shop, ty: &Type, value: &Value) -> Vec<(SmolStr, Decimal)> {
    let (Type::List(item), Value::List(items)) = (ty, value) else { return Vec::new() };
    let of = |value: &Value| {
        let sku = field(shop, item, value, "sku").and_then(text)?;
        match field(shop, item, value, "quantity")? {
            Value::Number(quantity) => Some((sku, *quantity)),
            _ => None,
        }
    };
    items.iter().filter_map(of).collect()
}

fn text(value: &Value) -> Option<SmolStr> {
    match value {
        Value::Text(text) if !text.is_empty() => Some(text.clone()),
        _ => None,
    }
}

impl Bag {
    /// # Errors
    /// It is not what a version before wrote.
    pub fn decode(body: &[u8]) -> Result<Bag, String> {
        serde_json::from_slice(body).map_err(|error| format!("a bag can not be read: {error}"))
    }

    pub fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    pub fn is_done(&self, key: &str) -> bool {
        self.done.iter().any(|known| known == key)
    }

    /// The things that a wish and the bag after it are about.
    pub fn things(&self, wish: &Wish) -> Vec<SmolStr> {
        let own = self.lines.iter().map(|line| line.sku.clone());
        let mut things: Vec<SmolStr> = match wish {
            Wish::Look => own.collect(),
            Wish::Add(sku, ..) | Wish::Change(sku, ..) => own.chain([sku.clone()]).collect(),
            Wish::Empty => Vec::new(),
            Wish::Take(items) => items.iter().map(|(sku, _)| sku.clone()).take(MOST_LINES).collect(),
        };
        things.sort();
        things.dedup();
        things
    }

    /// Does what is wished, once for each key; the bag is as it was when it is refused.
    ///
    /// # Errors
    /// The contract's code.
    pub fn does(&mut self, wish: &Wish, key: &str, things: &[Thing]) -> Result<(), &'static str> {
        if self.is_done(key) {
            return Ok(());
        }
        let mut next = self.clone();
        match wish {
            Wish::Look => return Ok(()),
            Wish::Add(sku, quantity, note) => {
                let already = next.of(sku, note).map_or(Decimal::ZERO, |line| line.quantity);
                next.put(sku, already.checked_add(*quantity).ok_or(SHORT)?, note, things)?;
            }
            Wish::Change(sku, quantity, note) => next.put(sku, *quantity, note, things)?,
            Wish::Empty => next.lines.clear(),
            Wish::Take(items) => {
                next.lines.clear();
                for (sku, quantity) in items {
                    let there = things.iter().find(|thing| thing.sku == *sku).map_or(Decimal::ZERO, |it| it.stock);
                    let already = next.of(sku, &None).map_or(Decimal::ZERO, |line| line.quantity);
                    let all = already.saturating_add(*quantity).min(there);
                    // What is not there is left out.
                    let _ = next.put(sku, all, &None, things);
                }
            }
        }
        next.done.push(key.into());
        let over = next.done.len().saturating_sub(MOST_KEYS);
        next.done.drain(..over);
        *self = next;
        Ok(())
    }

    fn of(&mut self, sku: &str, note: &Option<SmolStr>) -> Option<&mut Line> {
        self.lines.iter_mut().find(|line| line.sku == sku && line.note == *note)
    }

    fn put(
        &mut self,
        sku: &SmolStr,
        quantity: Decimal,
        note: &Option<SmolStr>,
        things: &[Thing],
    ) -> Result<(), &'static str> {
        if quantity <= Decimal::ZERO {
            self.lines.retain(|line| line.sku != *sku || line.note != *note);
            return Ok(());
        }
        let thing = things.iter().find(|thing| thing.sku == *sku).ok_or(GONE)?;
        let others = self.lines.iter().filter(|line| line.sku == *sku && line.note != *note);
        let all = others.fold(quantity, |sum, line| sum.saturating_add(line.quantity));
        if all > thing.stock {
            return Err(SHORT);
        }
        let is_full = self.lines.len() >= MOST_LINES;
        match self.of(sku, note) {
            Some(line) => line.quantity = quantity,
            None if is_full => return Err(SHORT),
            None => self.lines.push(Line { sku: sku.clone(), quantity, note: note.clone() }),
        }
        Ok(())
    }

    /// The bag as its customer sees it: at the prices of now, without what is gone, and no more of anything than there is.
    ///
    /// # Errors
    /// The contract's `cart` is not the one that is given here.
    pub fn given(&self, shop: &Shop, ty: &Type, things: &[Thing]) -> Result<Value, String> {
        let (mut lines, mut count) = (Vec::new(), Decimal::ZERO);
        let mut total = Money { minor: 0, currency: shop.profile.currency };
        let mut left: Vec<(&Thing, Decimal)> = things.iter().map(|thing| (thing, thing.stock)).collect();
        for line in &self.lines {
            let Some((thing, left)) = left.iter_mut().find(|(thing, _)| thing.sku == line.sku) else { continue };
            let quantity = line.quantity.min(*left);
            if quantity <= Decimal::ZERO {
                continue;
            }
            *left -= quantity;
            let sum = times(thing.price, quantity, shop.profile.rounding).ok_or("an amount is too large")?;
            total.minor = total.minor.checked_add(sum.minor).ok_or("an amount is too large")?;
            count += quantity;
            lines.push(json!({
                "sku": line.sku, "name": thing.name, "quantity": number(quantity), "price": write_money(thing.price),
                "total": write_money(sum), "note": line.note,
            }));
        }
        let cart = json!({ "lines": lines, "total": write_money(total), "count": number(count) });
        decode(shop, ty, &cart).map_err(|error| format!("cart: {error}"))
    }
}

fn number(number: Decimal) -> Json {
    let number = number.normalize();
    number.to_i64().filter(|_| number.fract().is_zero()).map_or_else(|| json!(number.to_string()), |whole| json!(whole))
}

fn times(price: Money, quantity: Decimal, rounding: Rounding) -> Option<Money> {
    let minor = Decimal::from(price.minor).checked_mul(quantity)?;
    Some(Money { minor: whole(minor, rounding)?, ..price })
}

/// Whether a `product` of the shop's contracts is only bought in one of its sizes.
pub fn has_variants(shop: &Shop, id: RecordId, product: &Value) -> bool {
    field(shop, &Type::Record(id), product, "has_variants") == Some(&Value::YesNo(true))
}

impl Thing {
    /// A `product` of the shop's contracts. `None`: it has not what a bag needs.
    pub fn of(shop: &Shop, id: RecordId, sku: &SmolStr, product: &Value) -> Option<Thing> {
        let of = |name: &str| field(shop, &Type::Record(id), product, name);
        let Value::Money(price) = of("price")? else { return None };
        let Value::Number(stock) = of("stock")? else { return None };
        Some(Thing { sku: sku.clone(), name: text(of("name")?)?, price: *price, stock: *stock })
    }
}
