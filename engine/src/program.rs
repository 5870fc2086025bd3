//! A compiled shop: the resolved flows plus what a step looks up. Immutable; shared by `Arc`.

use jiff::tz::{TimeZone, TimeZoneDatabase};

use crate::facts::Told;
use crate::hir::Shop;
use crate::locale::Locale;
use crate::matching::fold;
use crate::session::Revision;
use crate::value::{Currency, Value};

mod index;

pub(crate) use index::Index;

/// What [`crate::step`] runs. Made by [`crate::compile`] when a shop has no errors.
#[derive(Debug)]
pub struct Program {
    pub shop: Shop,
    /// A hash over the canonical source: equal for both written forms, and whatever the indentation and comments.
    pub revision: Revision,
    /// By [`crate::hir::LanguageId`].
    pub(crate) locales: Vec<Locale>,
    pub(crate) index: Index,
    timezone: TimeZone,
    told: Told,
    /// Digits behind the point of the shop's currency, which nearly every amount is in.
    exponent: u32,
}

impl Program {
    /// Prepares a resolved shop: languages, words to listen for, and what each state needs. A shop with errors is not run.
    pub fn new(shop: Shop, revision: Revision) -> Program {
        let locales: Vec<Locale> = shop.languages.iter().map(|tag| Locale::new(tag)).collect();
        let index = Index::new(&shop);
        let timezone = TimeZoneDatabase::bundled().get(&shop.profile.timezone).unwrap_or(TimeZone::UTC);
        let told = Told::new(&shop, &locales);
        let exponent = shop.profile.currency.exponent();
        Program { shop, revision, locales, index, timezone, told, exponent }
    }

    /// Whether a customer's words withdraw every consent, whatever else they mean.
    pub fn is_opt_out(&self, text: &str) -> bool {
        let words = &self.index.opt_out;
        !words.is_empty() && words.binary_search(&fold(text)).is_ok()
    }

    /// What is known of the shop now, to a customer of this language: the snapshot of the session, and `shop.yaml`.
    pub(crate) fn shop_now(&self, snapshot: &Value, now_ms: i64, language: usize) -> Value {
        match self.locales.get(language).filter(|_| !self.told.is_empty()) {
            Some(locale) => self.told.over(snapshot, self.local(now_ms), language, locale),
            None => snapshot.clone(),
        }
    }

    /// What others say of the shop, without what `shop.yaml` says. What stands at a place that `stays` is kept.
    pub(crate) fn said_by_others(&self, record: Value, stays: impl Fn(usize) -> bool) -> Value {
        if self.told.is_empty() { record } else { self.told.leave(record, stays) }
    }

    /// The language that a customer's is taken for, by [`crate::hir::LanguageId`].
    pub(crate) fn language(&self, wanted: &str) -> usize {
        let languages = &self.shop.languages;
        let base = |tag: &str| tag.split('-').next().unwrap_or("").to_string();
        let near = || languages.iter().position(|known| base(known) == base(wanted));
        let found = languages.iter().position(|known| known == wanted);
        found.or_else(|| if wanted.is_empty() { None } else { near() }).unwrap_or(0)
    }

    /// Whether a line quotes or marks what the customer wrote, so that the host has to know which message that was.
    pub fn answers(&self) -> bool {
        self.index.answers
    }

    pub(crate) fn exponent(&self, currency: Currency) -> u32 {
        if currency == self.shop.profile.currency { self.exponent } else { currency.exponent() }
    }

    /// Days since 1970 and minutes since midnight where the shop is.
    pub(crate) fn local(&self, at_ms: i64) -> (i32, u16) {
        let utc = jiff::Timestamp::from_millisecond(at_ms).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        let seconds = at_ms.div_euclid(1_000) + i64::from(self.timezone.to_offset(utc).seconds());
        let minutes = seconds.rem_euclid(86_400) / 60;
        (i32::try_from(seconds.div_euclid(86_400)).unwrap_or(0), u16::try_from(minutes).unwrap_or(0))
    }
}
