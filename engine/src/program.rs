//! A compiled shop: the resolved flows plus what a step looks up. Immutable; shared by `Arc`.

use jiff::tz::{TimeZone, TimeZoneDatabase};

use crate::hir::Shop;
use crate::locale::Locale;
use crate::matching::fold;
use crate::session::Revision;
use crate::value::Currency;

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
    /// Digits behind the point of the shop's currency, which nearly every amount is in.
    exponent: u32,
}

impl Program {
    /// Prepares a resolved shop: languages, words to listen for, and what each state needs. A shop with errors is not run.
    pub fn new(shop: Shop, revision: Revision) -> Program {
        let locales = shop.languages.iter().map(|tag| Locale::new(tag)).collect();
        let index = Index::new(&shop);
        let timezone = TimeZoneDatabase::bundled().get(&shop.profile.timezone).unwrap_or(TimeZone::UTC);
        let exponent = shop.profile.currency.exponent();
        Program { shop, revision, locales, index, timezone, exponent }
    }

    /// Whether a customer's words withdraw every consent, whatever else they mean.
    pub fn is_opt_out(&self, text: &str) -> bool {
        let words = &self.index.opt_out;
        !words.is_empty() && words.binary_search(&fold(text)).is_ok()
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
