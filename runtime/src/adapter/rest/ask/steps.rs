//! What is asked before the request that decides. Each step may be repeated, so what goes wrong in one leaves nothing done.

use duka_engine::rounding::to_places;
use rust_decimal::Decimal;
use serde_json::Value as Json;

use super::{Trouble, Turn};
use crate::adapter::mapping::{Already, As, Check, Only, Path, Step, parts, value_at};
use crate::adapter::rest::convert::text;
use crate::adapter::rest::give::holds;

/// Items that a step goes through (TM25).
const MOST_ITEMS: usize = 50;

/// Bytes, as [`weight`] counts them, of all parts of an answer, each with the whole that it knows (TM25).
const MOST_SPREAD: usize = 16 << 20;

/// Where a part has its whole.
const WHOLE: &str = "parent";

impl Turn<'_> {
    /// All steps, one after the other. What is handed back is the result already.
    pub(super) async fn prepare(&mut self, steps: &[Step]) -> Result<Option<Json>, Trouble> {
        for step in steps {
            let met = match &step.each {
                None => self.one(step).await.map_err(Trouble::before_it_counts)?,
                Some(list) => self.each(step, list).await?,
            };
            if step.ends.as_ref().is_some_and(|ends| holds(ends, Some(&met), "")) {
                return Ok(Some(met));
            }
            if let Some(name) = &step.name {
                self.put(name, met);
            }
        }
        Ok(None)
    }

    async fn each(&mut self, step: &Step, list: &str) -> Result<Json, Trouble> {
        let items = value_at(&self.values, &parts(list)).as_array().cloned().unwrap_or_default();
        if items.len() > MOST_ITEMS {
            return Err(Trouble::Wrong(format!("{list}: more than {MOST_ITEMS} items")));
        }
        let mut all = Vec::new();
        for item in items {
            self.put("it", item);
            all.push(self.one(step).await.map_err(Trouble::before_it_counts)?);
        }
        Ok(Json::Array(all))
    }

    async fn one(&mut self, step: &Step) -> Result<Json, Trouble> {
        if let (Some(only), Some(page)) = (&step.only, &step.page) {
            let most = only.most.unwrap_or(if step.all { usize::MAX } else { 1 });
            let met = self.pages_to(&step.request, Some(page), step.select.as_ref(), Some((only, most))).await?;
            self.marked(only, met.items.len())?;
            return one_of(step, met.items);
        }
        let answer = self.attempt(&step.request, &[], &step.fine).await?;
        for check in &step.checks {
            self.check(check, &answer)?;
        }
        if let Some(name) = &step.header {
            let header = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
            return Ok(header.map_or(Json::Null, |(_, value)| Json::String(value.clone())));
        }
        if step.only.is_some() || step.all {
            let all = step.select.as_ref().map_or_else(|| vec![&answer], |select| select.all(&answer));
            let kept = self.only(step.only.as_ref(), all.into_iter().cloned().collect())?;
            if let Some(only) = &step.only {
                self.marked(only, kept.len())?;
            }
            return one_of(step, kept);
        }
        let found = step.select.as_ref().map_or(Some(&answer), |select| select.first(&answer));
        Ok(found.cloned().unwrap_or(Json::Null))
    }

    fn check(&self, check: &Check, answer: &Json) -> Result<(), Trouble> {
        if check.when.as_ref().is_some_and(|when| !holds(when, Some(answer), "")) {
            return Ok(());
        }
        let refused = || Trouble::Refused(check.code.as_str().into());
        let Some(path) = &check.path else { return Err(refused()) };
        let met = path.first(answer).unwrap_or(&Json::Null);
        let number = |json: &Json| text(json).ok().and_then(|written| written.parse::<Decimal>().ok());
        let same = match &check.same_as {
            Some(place) => {
                let wanted = number(value_at(&self.values, &parts(&format!("{place}.minor"))).as_ref());
                let scale = match check.to {
                    Some(As::MoneyMinor) => Decimal::ONE,
                    _ => Decimal::from(10_i64.pow(self.call.shop.profile.currency.exponent().min(4))),
                };
                let rounds = check.to == Some(As::MoneyRounded);
                let minor = number(met).and_then(|amount| amount.checked_mul(scale));
                wanted.is_some()
                    && minor
                        .map(|minor| if rounds { to_places(minor, 0, self.call.shop.profile.rounding) } else { minor })
                        == wanted
            }
            None => true,
        };
        // What is not counted is enough.
        let reaches = |wanted: Option<Decimal>| {
            met.is_null() || number(met).zip(wanted).is_some_and(|(there, wanted)| there >= wanted)
        };
        let of_call = |place: &String| reaches(number(value_at(&self.values, &parts(place)).as_ref()));
        let enough = check.at_least.as_ref().is_none_or(of_call)
            && check.minimum.is_none_or(|minimum| reaches(Some(minimum.into())));
        if same && enough { Ok(()) } else { Err(refused()) }
    }

    /// Whether what is to be done was done before.
    pub(super) fn is_done(&self, already: &Already) -> bool {
        let place = value_at(&self.values, &parts(&already.unless.place));
        place.as_str().is_some_and(|word| word != already.unless.is)
    }

    /// One for each part of each item, which knows the rest of the whole by `parent`; with `only`, those that have it.
    ///
    /// # Errors
    /// They are more than can be held.
    pub(super) fn spread(
        &self,
        path: Option<&Path>,
        only: Option<&Only>,
        items: Vec<Json>,
    ) -> Result<Vec<Json>, Trouble> {
        let Some(path) = path else { return Ok(items) };
        let wanted = only.map(|only| self.wanted(only).map(|wanted| (only, wanted))).transpose()?;
        let (mut spread, mut held) = (Vec::new(), 0);
        for mut whole in items {
            let parts = path.take(&mut whole);
            for mut part in parts.into_iter().filter(Json::is_object) {
                // Lent to each part, and copied only for one that stays.
                part[WHOLE] = whole.take();
                if wanted.as_ref().is_some_and(|(only, wanted)| !has(only, wanted.as_deref(), &part)) {
                    whole = part[WHOLE].take();
                    continue;
                }
                held += weight(&part);
                if held > MOST_SPREAD {
                    let reason = "the parts of an answer, each with what is around it, are more than can be held";
                    return Err(Trouble::Unread(reason.to_string()));
                }
                whole = part[WHOLE].clone();
                spread.push(part);
            }
        }
        Ok(spread)
    }

    /// Those that have the value that is wanted.
    ///
    /// # Errors
    /// The value can not be written.
    pub(super) fn only(&self, only: Option<&Only>, items: Vec<Json>) -> Result<Vec<Json>, Trouble> {
        let Some(only) = only else { return Ok(items) };
        let wanted = self.wanted(only)?;
        let kept = items.into_iter().filter(|item| has(only, wanted.as_deref(), item));
        Ok(kept.take(only.most.unwrap_or(usize::MAX)).collect())
    }

    fn wanted(&self, only: &Only) -> Result<Option<String>, Trouble> {
        only.is.fill(&self.values).map_err(Trouble::Wrong)
    }
}

fn has(only: &Only, wanted: Option<&str>, item: &Json) -> bool {
    let met = only.path.first(item).and_then(|met| text(met).ok());
    met.is_some() && met.as_deref() == wanted
}

/// About what a value takes of the memory, in bytes.
fn weight(json: &Json) -> usize {
    const VALUE: usize = size_of::<Json>();
    match json {
        Json::Null | Json::Bool(_) | Json::Number(_) => VALUE,
        Json::String(text) => VALUE + text.len(),
        Json::Array(items) => VALUE + items.iter().map(weight).sum::<usize>(),
        Json::Object(fields) => {
            VALUE + fields.iter().map(|(name, value)| VALUE + name.len() + weight(value)).sum::<usize>()
        }
    }
}

impl Turn<'_> {
    /// Notes a mark of ours that several orders have.
    pub(super) fn marked(&self, only: &Only, found: usize) -> Result<(), Trouble> {
        if only.mark && found > 1 {
            self.backend.note_twice(self.wanted(only)?.unwrap_or_default());
        }
        Ok(())
    }
}

/// What a step is called for: all that it found, or the first.
fn one_of(step: &Step, found: Vec<Json>) -> Result<Json, Trouble> {
    if step.all {
        return Ok(Json::Array(found));
    }
    found.into_iter().next().ok_or_else(|| Trouble::Refused("not_found".into()))
}
