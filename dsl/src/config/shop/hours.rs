//! When a shop is open: hours of days, and days on which it is closed. What is no time and no day is told and left out.

use super::{DAYS, Date, Hours, Opening};
use crate::config::fields::Findings;
use crate::diagnostic::Diagnostic;
use crate::span::Spanned;
use crate::yaml::tree::Node;

/// `21:00 to 08:00`
pub(super) fn hours(node: &Node, what: &str, findings: &mut Findings) -> Option<Spanned<Hours>> {
    let parsed = node
        .text()
        .and_then(|text| text.split_once(" to "))
        .and_then(|(from, to)| Some(Hours { from_minute: minute(from.trim())?, to_minute: minute(to.trim())? }));
    if parsed.is_none() {
        let message = format!("`{what}` should be two times.");
        let help = "Write them on the clock of 24 hours, with `to` between them: `\"09:00 to 18:00\"`.";
        findings.push(Diagnostic::new(25, node.span, message).help(help));
    }
    parsed.map(|hours| Spanned::new(hours, node.span))
}

/// Minutes since midnight of `08:30`; `24:00` is the end of the day.
fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let plain = |part: &str| part.len() <= 2 && part.bytes().all(|byte| byte.is_ascii_digit());
    if !plain(hour) || !plain(minute) {
        return None;
    }
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    (hour < 24 && minute < 60 || hour == 24 && minute == 0).then_some(hour * 60 + minute)
}

/// `2026-12-25`
pub(super) fn date(node: &Node, findings: &mut Findings) -> Option<Spanned<Date>> {
    let date = node.text().and_then(day_of);
    if date.is_none() {
        let message = "A day in `closed` should be a date that there is.";
        let help = "Write year, month and day: `closed: [2026-12-25, 2027-01-01]`.";
        findings.push(Diagnostic::new(25, node.span, message).help(help));
    }
    date.map(|date| Spanned::new(date, node.span))
}

fn day_of(text: &str) -> Option<Date> {
    let mut parts = text.splitn(3, '-');
    let mut part = |digits: usize| {
        let part = parts.next().filter(|part| part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit()));
        part?.parse::<i16>().ok()
    };
    let (year, month, day) = (part(4)?, part(2)?, part(2)?);
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        4 | 6 | 9 | 11 => 30,
        2 => 28 + i16::from(is_leap),
        _ => 31,
    };
    if !(1..=12).contains(&month) || !(1..=last).contains(&day) {
        return None;
    }
    Some(Date { year, month: i8::try_from(month).ok()?, day: i8::try_from(day).ok()? })
}

/// The hours of each day that is named.
pub(super) fn opening_hours(node: &Node, findings: &mut Findings) -> Vec<Opening> {
    let names: Vec<&str> = DAYS.iter().map(|(name, _)| *name).collect();
    let entries = findings.fields(node, "`hours`", &names);
    let openings = entries.into_iter().filter_map(|entry| {
        let (name, day) = DAYS.iter().find(|(name, _)| *name == entry.key.value)?;
        let closed = entry.value.text() == Some("closed");
        let spans = if closed { &[] } else { findings.items(&entry.value, name) };
        let mut hours: Vec<_> = spans.iter().filter_map(|item| hours(item, name, findings)).collect();
        apart(&mut hours, name, findings);
        Some(Opening { day: Spanned::new(*day, entry.key.span), hours })
    });
    openings.collect()
}

/// Takes out hours that end when they begin, and those that lie within others of their day.
fn apart(hours: &mut Vec<Spanned<Hours>>, day: &str, findings: &mut Findings) {
    let end = |hours: &Hours| {
        let past_midnight = if hours.to_minute < hours.from_minute { 24 * 60 } else { 0 };
        hours.to_minute + past_midnight
    };
    let mut kept: Vec<Spanned<Hours>> = Vec::with_capacity(hours.len());
    for span in hours.drain(..) {
        let (message, help) = if span.value.from_minute == span.value.to_minute {
            let message = format!("On `{day}` the shop would close when it opens.");
            (message, "For all day write `00:00 to 24:00`; for a day without hours, `closed`.")
        } else if kept
            .iter()
            .any(|other| span.value.from_minute < end(&other.value) && other.value.from_minute < end(&span.value))
        {
            (
                format!("These hours of `{day}` lie within others of that day."),
                "Write them as one: `\"09:00 to 18:00\"`.",
            )
        } else {
            kept.push(span);
            continue;
        };
        findings.push(Diagnostic::new(25, span.span, message).help(help));
    }
    *hours = kept;
}
