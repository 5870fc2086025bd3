//! What delivered messages cost: by the vendor's own count, and by rates that whoever runs the server takes from the vendor's
//! rate card, since rates differ by country and change each quarter. Knows no rate itself.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use smol_str::SmolStr;

use crate::store::{CostRow, Identity, IdentityKind};

/// Calling codes of one digit, and of two; all others have three (ITU-T E.164, list of 2025).
const SHORT: [u16; 47] = [
    1, 7, 20, 27, 30, 31, 32, 33, 34, 36, 39, 40, 41, 43, 44, 45, 46, 47, 48, 49, 51, 52, 53, 54, 55, 56, 57, 58, 60,
    61, 62, 63, 64, 65, 66, 81, 82, 84, 86, 90, 91, 92, 93, 94, 95, 98, 0,
];

/// The calling code that the vendor charges a recipient by; 0: not known. Of a user id, which begins with the country.
pub fn market(who: &[Identity]) -> u16 {
    let phone = who.iter().find(|it| it.kind == IdentityKind::Phone).and_then(|it| calling_code(&it.value));
    let country = || {
        let user = who.iter().find(|it| it.kind != IdentityKind::Phone)?;
        let country = user.value.split('.').next()?;
        Some(phonenumber::metadata::DATABASE.by_id(country)?.country_code())
    };
    phone.or_else(country).unwrap_or(0)
}

fn calling_code(phone: &str) -> Option<u16> {
    let code = |digits: usize| phone.get(..digits)?.parse::<u16>().ok();
    let short = [1, 2].into_iter().filter_map(code).find(|code| *code > 0 && SHORT.contains(code));
    short.or_else(|| code(3))
}

/// Year and month in UTC, as `202611`.
pub fn month(at_ms: i64) -> u32 {
    let at = Timestamp::from_millisecond(at_ms).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(TimeZone::UTC);
    u32::try_from(i32::from(at.year()) * 100 + i32::from(at.month())).unwrap_or(0)
}

/// What one message costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rate {
    pub currency: SmolStr,
    pub each: Decimal,
}

/// A rate card: rates by month from which they hold, market and category.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rates {
    /// By market (0: every other one) and category.
    rates: BTreeMap<(u16, SmolStr), BTreeMap<u32, Rate>>,
}

/// What is wrong with a rate card, and in which line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct WrongRates {
    pub line: usize,
    pub message: String,
}

const HEAD: [&str; 3] = ["from", "market", "currency"];

impl Rates {
    /// Reads a table of commas: `from,market,currency` and then a column for each of the vendor's categories.
    ///
    /// # Errors
    /// The first line that can not be read.
    pub fn read(text: &str) -> Result<Rates, WrongRates> {
        let mut lines = (1..).zip(text.lines().map(str::trim)).filter(|(_, line)| !line.is_empty());
        let wrong = |line, message: String| WrongRates { line, message };
        let (line, head) = lines.next().ok_or_else(|| wrong(1, "the rate card is empty".into()))?;
        let head: Vec<&str> = head.split(',').map(str::trim).collect();
        let Some(categories) = head.strip_prefix(&HEAD) else {
            let message = "the first line should begin with `from,market,currency`, and then name categories such as \
                           `marketing,utility,authentication,service`";
            return Err(wrong(line, message.into()));
        };
        let mut rates = Rates::default();
        for (line, row) in lines {
            let cells: Vec<&str> = row.split(',').map(str::trim).collect();
            let [from, market, currency, each @ ..] = cells.as_slice() else {
                return Err(wrong(line, "a line has a date, a market, a currency and rates".into()));
            };
            let from = from_month(from)
                .ok_or_else(|| wrong(line, format!("`{from}` should be the first of a month, such as `2026-10-01`")))?;
            let market = match *market {
                "*" => 0,
                code => code.trim_start_matches('+').parse().map_err(|_| {
                    wrong(line, format!("`{market}` should be a calling code such as `254`, or `*` for all others"))
                })?,
            };
            for (category, rate) in categories.iter().zip(each).filter(|(_, rate)| !rate.is_empty()) {
                let each: Decimal = rate
                    .parse()
                    .map_err(|_| wrong(line, format!("`{rate}` should be a rate such as `0.0225`, for {category}")))?;
                let rate = Rate { currency: SmolStr::new(currency), each };
                rates.rates.entry((market, SmolStr::new(category))).or_default().insert(from, rate);
            }
        }
        Ok(rates)
    }

    /// What a message counted so costs: nothing where the vendor says that it is free. `None`: no rate is known.
    pub fn of(&self, row: &CostRow) -> Option<Rate> {
        let dated = |market| self.rates.get(&(market, row.category.clone()));
        let rate = |of: &BTreeMap<u32, Rate>| of.range(..=row.month).next_back().map(|(_, rate)| rate.clone());
        let found = dated(row.market).and_then(rate).or_else(|| dated(0).and_then(rate));
        if is_free(row) {
            let currency = found.map(|rate| rate.currency).unwrap_or_default();
            return Some(Rate { currency, each: Decimal::ZERO });
        }
        found
    }
}

/// Whether the vendor says that it charges nothing (whatsapp-cloud-api 12.5).
fn is_free(row: &CostRow) -> bool {
    row.pricing.starts_with("free") || row.category == "referral_conversion"
}

fn from_month(text: &str) -> Option<u32> {
    let mut parts = text.splitn(3, '-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let (year, month): (u32, u32) = (year.parse().ok()?, month.parse().ok()?);
    (day == "01" && (2_000..10_000).contains(&year) && (1..=12).contains(&month)).then_some(year * 100 + month)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::ShopScope;

    fn row(month: u32, market: u16, category: &str, pricing: &str) -> CostRow {
        let (category, pricing) = (category.into(), pricing.into());
        CostRow { shop: ShopScope::numbered(1), month, market, category, pricing, messages: 1 }
    }

    #[test]
    fn the_rate_of_the_month_and_market_holds() {
        let card = "from,market,currency,marketing,utility\n2026-07-01,254,USD,0.02,0.004\n2026-10-01,254,USD,0.03,\n\
                    2026-07-01,*,USD,0.06,0.01\n";
        let rates = Rates::read(card).expect("a sound card");
        let each = |row: CostRow| rates.of(&row).map(|rate| rate.each.to_string());
        let known = [
            (row(202_609, 254, "marketing", "regular"), Some("0.02")),
            (row(202_611, 254, "marketing", "regular"), Some("0.03")),
            (row(202_611, 254, "utility", "regular"), Some("0.004")),
            (row(202_611, 254, "utility", "free_customer_service"), Some("0")),
            (row(202_611, 91, "utility", "regular"), Some("0.01")),
            (row(202_606, 91, "utility", "regular"), None),
            (row(202_611, 91, "authentication", "regular"), None),
        ];
        for (row, expected) in known {
            assert_eq!(each(row.clone()).as_deref(), expected, "{row:?}");
        }
        let wrong = [
            "",
            "market,from\n",
            "from,market,currency,utility\n2026-10-02,254,USD,1\n",
            "from,market,currency,utility\n2026-10-01,KE,USD,1\n",
        ];
        for text in wrong {
            assert!(Rates::read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn markets_are_calling_codes() {
        let who = |kind, value: &str| Identity {
            shop: ShopScope::numbered(1),
            channel: "whatsapp".into(),
            kind,
            value: value.into(),
        };
        let phone = |value| market(&[who(IdentityKind::Phone, value)]);
        assert_eq!(
            ["254700000001", "12025550101", "447911123456", "971501234567", "79161234567"].map(phone),
            [254, 1, 44, 971, 7]
        );
        assert_eq!(market(&[who(IdentityKind::User, "KE.1077")]), 254);
        assert_eq!(market(&[who(IdentityKind::User, "strange")]), 0);
        assert_eq!(market(&[]), 0);
    }

    #[test]
    fn months_are_of_the_calendar() {
        assert_eq!([0, 1_795_251_600_000].map(month), [197_001, 202_611]);
    }
}
