//! Opening hours in words: `Monday to Friday 09:00 to 18:00, Saturday 09:00 to 16:00`, and `tomorrow at 09:00`. In English
//! where a language has no words here.

use duka_dsl::config::shop::Hours;
use smol_str::SmolStr;

use super::Locale;
use crate::facts::Week;

/// The words of one language; `{a}` and `{b}` stand for days or times.
struct Words {
    /// Monday first.
    days: [&'static str; 7],
    /// A day among others.
    day: &'static str,
    days_on_end: &'static str,
    every_day: &'static str,
    times: &'static str,
    and: &'static str,
    list: &'static str,
    never: &'static str,
    today: &'static str,
    tomorrow: &'static str,
    on_day: &'static str,
}

const ALL: [(&str, Words); 5] = [
    (
        "en",
        Words {
            days: ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
            day: "{a}",
            days_on_end: "{a} to {b}",
            every_day: "every day",
            times: "{a} to {b}",
            and: " and ",
            list: ", ",
            never: "closed",
            today: "today at {b}",
            tomorrow: "tomorrow at {b}",
            on_day: "on {a} at {b}",
        },
    ),
    (
        "sw",
        Words {
            days: ["Jumatatu", "Jumanne", "Jumatano", "Alhamisi", "Ijumaa", "Jumamosi", "Jumapili"],
            day: "{a}",
            days_on_end: "{a} hadi {b}",
            every_day: "kila siku",
            times: "{a} hadi {b}",
            and: " na ",
            list: ", ",
            never: "tumefunga",
            today: "leo, {b}",
            tomorrow: "kesho, {b}",
            on_day: "{a}, {b}",
        },
    ),
    (
        "ar",
        Words {
            days: ["الاثنين", "الثلاثاء", "الأربعاء", "الخميس", "الجمعة", "السبت", "الأحد"],
            day: "{a}",
            days_on_end: "من {a} إلى {b}",
            every_day: "كل يوم",
            times: "من {a} إلى {b}",
            and: " و",
            list: "، ",
            never: "مغلق",
            today: "اليوم الساعة {b}",
            tomorrow: "غدًا الساعة {b}",
            on_day: "يوم {a} الساعة {b}",
        },
    ),
    (
        "hi",
        Words {
            days: ["सोमवार", "मंगलवार", "बुधवार", "गुरुवार", "शुक्रवार", "शनिवार", "रविवार"],
            day: "{a}",
            days_on_end: "{a} से {b}",
            every_day: "हर दिन",
            times: "{a} से {b} बजे",
            and: " और ",
            list: ", ",
            never: "बंद",
            today: "आज {b} बजे",
            tomorrow: "कल {b} बजे",
            on_day: "{a} को {b} बजे",
        },
    ),
    (
        "fr",
        Words {
            days: ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"],
            day: "le {a}",
            days_on_end: "du {a} au {b}",
            every_day: "tous les jours",
            times: "de {a} à {b}",
            and: " et ",
            list: ", ",
            never: "fermé",
            today: "aujourd'hui à {b}",
            tomorrow: "demain à {b}",
            on_day: "{a} à {b}",
        },
    ),
];

/// Writes hours in one language.
pub(crate) struct OpeningWords<'a> {
    words: &'static Words,
    locale: &'a Locale,
}

impl OpeningWords<'_> {
    pub fn of(locale: &Locale) -> OpeningWords<'_> {
        let found = ALL.iter().find(|(known, _)| *known == locale.language()).unwrap_or(&ALL[0]);
        OpeningWords { words: &found.1, locale }
    }

    /// The whole week. Days on end that have the same hours are one part; closed days are not named.
    pub fn week(&self, week: &Week) -> SmolStr {
        let days = week.days();
        let mut parts: Vec<String> = Vec::new();
        let mut first = 0;
        while first < days.len() {
            let same = days[first..].iter().take_while(|day| **day == days[first]).count();
            let last = first + same - 1;
            if !days[first].is_empty() {
                parts.push(format!("{} {}", self.days(first, last), self.spans(&days[first])));
            }
            first = last + 1;
        }
        if parts.is_empty() { SmolStr::new_static(self.words.never) } else { SmolStr::new(parts.join(self.words.list)) }
    }

    /// When the shop opens next: in so many days, on that day since 1970 and of the week (Monday is 0). What is further away
    /// than a week has its date.
    pub fn next(&self, ahead: u8, (day, weekday): (i32, usize), minute: u16) -> String {
        let pattern = match ahead {
            0 => self.words.today,
            1 => self.words.tomorrow,
            _ => self.words.on_day,
        };
        let mut date = String::new();
        if ahead > 7 {
            self.locale.date(day, &mut date);
        } else {
            date.push_str(self.name(weekday));
        }
        put(pattern, &date, &self.time(minute))
    }

    fn days(&self, first: usize, last: usize) -> String {
        match last - first {
            6 => self.words.every_day.to_string(),
            0 => put(self.words.day, self.name(first), ""),
            // Two days are named one by one.
            1 => [first, last].map(|day| put(self.words.day, self.name(day), "")).join(self.words.and),
            _ => put(self.words.days_on_end, self.name(first), self.name(last)),
        }
    }

    fn spans(&self, spans: &[Hours]) -> String {
        let span = |hours: &Hours| put(self.words.times, &self.time(hours.from_minute), &self.time(hours.to_minute));
        spans.iter().map(span).collect::<Vec<_>>().join(self.words.and)
    }

    fn name(&self, day: usize) -> &'static str {
        self.words.days.get(day).copied().unwrap_or("")
    }

    fn time(&self, minute: u16) -> String {
        let mut time = String::with_capacity(8);
        self.locale.time(minute, &mut time);
        time
    }
}

fn put(pattern: &str, a: &str, b: &str) -> String {
    pattern.replace("{a}", a).replace("{b}", b)
}
