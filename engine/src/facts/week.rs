//! When a shop is open: the week of `shop.yaml`, by day and minute of the shop's own clock. Knows no time zone and no words.

use duka_dsl::config::shop::{Hours, Opening};

/// Days of a week; Monday is the first.
const DAYS: usize = 7;

/// The hours of each day. A span that ends before it begins goes past midnight.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Week {
    days: [Vec<Hours>; DAYS],
}

/// Monday is 0. The first day of 1970 was a Thursday.
pub(super) fn weekday(days: i32) -> usize {
    usize::try_from((i64::from(days) + 3).rem_euclid(7)).unwrap_or(0)
}

impl Week {
    /// `None`: nothing is said of any day.
    pub fn of(openings: &[Opening]) -> Option<Week> {
        let mut week = Week::default();
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
        (0..=7).find_map(|ahead| {
            let mut hours = self.day(days + i32::from(ahead)).iter();
            let next = hours.find(|hours| ahead > 0 || hours.from_minute > minute)?;
            Some((ahead, next.from_minute))
        })
    }
}
