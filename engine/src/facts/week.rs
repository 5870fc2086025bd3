//! When a shop is open: the week of `shop.yaml`, by day and minute of the shop's own clock. Knows no time zone and no words.

use std::collections::BTreeSet;

use duka_dsl::config::shop::{Date, Hours, Opening};

/// Days of a week; Monday is the first.
const DAYS: usize = 7;
/// How far ahead an opening is looked for: holidays are over by then.
const FAR_DAYS: u8 = 60;

/// The hours of each day. A span that ends before it begins goes past midnight.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Week {
    days: [Vec<Hours>; DAYS],
    /// Days since 1970 on which it is closed all the same.
    closed: BTreeSet<i32>,
}

/// Monday is 0. The first day of 1970 was a Thursday.
pub(super) fn weekday(days: i32) -> usize {
    usize::try_from((i64::from(days) + 3).rem_euclid(7)).unwrap_or(0)
}

impl Week {
    /// `None`: nothing is said of any day.
    pub fn of<'a>(openings: &[Opening], closed: impl Iterator<Item = &'a Date>) -> Option<Week> {
        let day = |date: &Date| {
            let date = jiff::civil::Date::new(date.year, date.month, date.day).ok()?;
            jiff::civil::date(1970, 1, 1).until(date).ok().map(|span| span.get_days())
        };
        let mut week = Week { closed: closed.filter_map(day).collect(), ..Week::default() };
        for opening in openings {
            if let Some(day) = week.days.get_mut(opening.day.value as usize) {
                day.extend(opening.hours.iter().map(|hours| hours.value));
                day.sort_by_key(|hours| hours.from_minute);
            }
        }
        (!openings.is_empty()).then_some(week)
    }

    pub(crate) fn days(&self) -> &[Vec<Hours>; DAYS] {
        &self.days
    }

    fn day(&self, days: i32) -> &[Hours] {
        if self.closed.contains(&days) {
            return &[];
        }
        self.days.get(weekday(days)).map_or(&[], Vec::as_slice)
    }

    /// `local`: days since 1970 and minutes since midnight.
    pub fn is_open(&self, (days, minute): (i32, u16)) -> bool {
        let today = self.day(days).iter().any(|hours| {
            minute >= hours.from_minute && (minute < hours.to_minute || hours.to_minute < hours.from_minute)
        });
        let since_yesterday =
            || self.day(days - 1).iter().any(|hours| hours.to_minute < hours.from_minute && minute < hours.to_minute);
        today || since_yesterday()
    }

    /// In how many days, and at which minute, the shop opens after this moment; `None`: never.
    pub fn next_opening(&self, (days, minute): (i32, u16)) -> Option<(u8, u16)> {
        (0..=FAR_DAYS).find_map(|ahead| {
            let mut hours = self.day(days + i32::from(ahead)).iter();
            let next = hours.find(|hours| ahead > 0 || hours.from_minute > minute)?;
            Some((ahead, next.from_minute))
        })
    }
}

#[cfg(test)]
mod tests {
    use duka_dsl::config::shop;
    use duka_dsl::span::FileId;

    use super::*;

    /// Friday, 25 December 2026.
    const CHRISTMAS: i32 = 20_812;

    #[test]
    fn a_holiday_is_closed_and_the_next_opening_comes_after_it() {
        let text = "name: Zuri\ncurrency: KES\nlanguages: [en]\nhours: { thursday: \"20:00 to 02:00\", friday: \
                    \"09:00 to 18:00\" }\nclosed: [2026-12-25, 2027-01-01]\n";
        let (shop, findings) = shop::read(FileId(0), text);
        assert_eq!(findings, []);
        let week = Week::of(&shop.hours, shop.closed.iter().map(|day| &day.value)).expect("there are hours");
        let noon = 12 * 60;
        assert!(week.is_open((CHRISTMAS - 7, noon)) && week.is_open((CHRISTMAS + 14, noon)));
        assert!(!week.is_open((CHRISTMAS, noon)) && !week.is_open((CHRISTMAS + 7, noon)));
        assert!(week.is_open((CHRISTMAS, 60)), "the night before goes on");
        assert_eq!(week.next_opening((CHRISTMAS, 120)), Some((6, 20 * 60)));
        assert_eq!(week.next_opening((CHRISTMAS - 7, 19 * 60)), Some((6, 20 * 60)));
        let closed: Vec<i32> = (0..61).collect();
        let always = Week { closed: closed.into_iter().map(|ahead| CHRISTMAS + ahead).collect(), ..week };
        assert_eq!(always.next_opening((CHRISTMAS, noon)), None);
    }
}
