//! What `shop.yaml` tells customers of the shop: they read it as `shop.phone`, `shop.is_open`, `shop.hours_text`. It fills
//! the record `shop` at the time of the event, in the customer's language. Knows no clock and asks nobody.
//!
//! The snapshot of `shop` in a session holds what others say of the shop. Where `shop.yaml` says it, the snapshot holds
//! nothing: only a conversation test (`given shop.is_open is no`) puts something there, and that counts.

mod week;

use duka_dsl::config::shop::ShopFile;
use smol_str::SmolStr;

pub use self::week::Week;
use crate::hir::Shop;
use crate::locale::{Locale, OpeningWords};
use crate::types::Type;
use crate::value::Value;

/// What is said; everything may be missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    pub hours: Option<Week>,
    pub phone: Option<SmolStr>,
    pub address: Option<SmolStr>,
    pub website: Option<SmolStr>,
    pub privacy: Option<SmolStr>,
}

impl Facts {
    pub fn of(shop: &ShopFile) -> Facts {
        let text = |written: &Option<duka_dsl::span::Spanned<SmolStr>>| written.as_ref().map(|text| text.value.clone());
        Facts {
            hours: Week::of(&shop.hours, shop.closed.iter().map(|day| &day.value)),
            phone: text(&shop.phone),
            address: text(&shop.address),
            website: text(&shop.website),
            privacy: text(&shop.privacy),
        }
    }

    /// Whether the shop says this of itself at every time, so that no flow has to ask whether it is there.
    pub fn says(&self, field: &str) -> bool {
        self.texts().iter().any(|(name, text)| *name == field && text.is_some())
    }

    fn texts(&self) -> [(&'static str, Option<&SmolStr>); 4] {
        [
            ("phone", self.phone.as_ref()),
            ("address", self.address.as_ref()),
            ("website", self.website.as_ref()),
            ("privacy", self.privacy.as_ref()),
        ]
    }
}

/// The facts at their places in a shop's record `shop`, ready to be read.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// By place in the record, what is known beforehand and does not depend on the language.
    fixed: Vec<Value>,
    hours: Option<Hours>,
}

#[derive(Debug)]
struct Hours {
    week: Week,
    is_open: Option<usize>,
    text: Option<usize>,
    next: Option<usize>,
    /// By language, the whole week in words.
    texts: Vec<SmolStr>,
}

impl Told {
    pub fn new(shop: &Shop, locales: &[Locale]) -> Told {
        let facts = &shop.profile.facts;
        let record = shop.known_records.shop.and_then(|id| shop.records.get(usize::from(id.0)));
        let (Some(record), true) = (record, *facts != Facts::default()) else { return Told::default() };
        let place = |name: &str, fits: &[Type]| {
            record.fields.iter().position(|field| field.name == name && fits.contains(&field.ty))
        };
        let mut fixed = vec![Value::None; record.fields.len()];
        for (name, text) in facts.texts() {
            if let (Some(at), Some(text)) = (place(name, &[Type::Text, Type::Phone]), text) {
                fixed[at] = Value::Text(text.clone());
            }
        }
        let hours = facts.hours.as_ref().map(|week| Hours {
            week: week.clone(),
            is_open: place("is_open", &[Type::YesNo]),
            text: place("hours_text", &[Type::Text]),
            next: place("next_opening", &[Type::Text]),
            texts: locales.iter().map(|locale| OpeningWords::of(locale).week(week)).collect(),
        });
        Told { fixed, hours }
    }

    pub fn is_empty(&self) -> bool {
        self.fixed.is_empty()
    }

    /// Whether `shop.yaml` says what stands at this place of the record.
    fn says(&self, at: usize) -> bool {
        let fixed = self.fixed.get(at).is_some_and(|value| *value != Value::None);
        fixed || self.hours.as_ref().is_some_and(|hours| [hours.is_open, hours.text, hours.next].contains(&Some(at)))
    }

    /// Takes out of a record what `shop.yaml` says, so that it is read from there.
    pub fn leave(&self, record: Value, stays: impl Fn(usize) -> bool) -> Value {
        let Value::Record(fields) = record else { return record };
        let left = fields.iter().enumerate().map(
            |(at, value)| {
                if self.says(at) && !stays(at) { Value::None } else { value.clone() }
            },
        );
        Value::Record(left.collect())
    }

    /// The record with what `shop.yaml` says where it says nothing. `local`: days since 1970 and minutes since midnight
    /// where the shop is.
    pub fn over(&self, record: &Value, local: (i32, u16), language: usize, locale: &Locale) -> Value {
        let known = if let Value::Record(fields) = record { &**fields } else { &[] };
        let mut fields = known.to_vec();
        fields.resize(self.fixed.len(), Value::None);
        let mut fill = |at: Option<usize>, value: Value| {
            if let Some(field) = at.and_then(|at| fields.get_mut(at)).filter(|field| **field == Value::None) {
                *field = value;
            }
        };
        for (at, value) in self.fixed.iter().enumerate() {
            fill(Some(at), value.clone());
        }
        if let Some(hours) = &self.hours {
            fill(hours.is_open, Value::YesNo(hours.week.is_open(local)));
            fill(hours.text, hours.texts.get(language).cloned().map_or(Value::None, Value::Text));
            let is_open = hours.is_open.and_then(|at| fields.get(at)) == Some(&Value::YesNo(true));
            let next = hours.week.next_opening(local).filter(|_| !is_open);
            if let (Some((ahead, minute)), Some(field)) = (next, hours.next.and_then(|at| fields.get_mut(at)))
                && *field == Value::None
            {
                let day = local.0 + i32::from(ahead);
                *field = Value::Text(OpeningWords::of(locale).next(ahead, (day, week::weekday(day)), minute).into());
            }
        }
        Value::Record(fields.into())
    }
}
