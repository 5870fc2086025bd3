//! Answers of a shop's system that are still fresh, by question. Holds none longer than its contract says and nothing of
//! one customer, and forgets at once what is said to have changed (I14). Lives in one process, and is gone with it.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use duka_engine::hir::{Operation as Promise, Shop};
use duka_engine::types::Type;
use duka_engine::value::Value;
use postcard::experimental::serialized_size;
use smol_str::SmolStr;

/// Answers of one backend that are held, and their bytes; beyond, the older half goes.
const MOST: usize = 1_000;
const MOST_BYTES: usize = 8 << 20;

/// What was asked: the operation, and everything that its answer depends on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Question {
    pub path: String,
    /// The program's revision, the language where the answer is by it, and the arguments, as bytes.
    pub with: Vec<u8>,
}

/// When a question is asked, and how long its answer is fresh: what is forgotten from here on is not kept from its answer.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    at_ms: i64,
    fresh_for_ms: i64,
    forgotten: u64,
}

#[derive(Debug, Default)]
pub struct Memory {
    // Looked up and written, never held across a wait.
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    forgotten: u64,
    answers: HashMap<Question, Answer>,
    /// Of all of them.
    bytes: usize,
}

#[derive(Debug)]
struct Answer {
    given: Value,
    asked_ms: i64,
    until_ms: i64,
    bytes: usize,
    /// The products in question and answer, by number.
    about: Vec<SmolStr>,
}

impl Memory {
    /// An answer that is not older than `fresh_for_ms`.
    pub fn recall(&self, question: &Question, now_ms: i64, fresh_for_ms: i64) -> Option<Value> {
        let kept = self.kept();
        let age_ms = |answer: &Answer| now_ms.saturating_sub(answer.asked_ms);
        // A clock that was set back makes no answer younger.
        let fresh = kept.answers.get(question).filter(|answer| (0..=fresh_for_ms).contains(&age_ms(answer)));
        fresh.map(|answer| answer.given.clone())
    }

    pub fn asks(&self, now_ms: i64, fresh_for_ms: i64) -> Asked {
        Asked { at_ms: now_ms, fresh_for_ms, forgotten: self.kept().forgotten }
    }

    /// Keeps an answer, unless something was forgotten since it was asked for: it may be from before the change.
    pub fn keep(&self, question: Question, asked: Asked, given: Value, mut about: Vec<SmolStr>) {
        let named: usize = about.iter().map(SmolStr::len).sum();
        let Ok(size) = serialized_size(&given) else { return };
        let bytes = size + question.with.len() + named;
        let mut kept = self.kept();
        if kept.forgotten != asked.forgotten || bytes > MOST_BYTES {
            return;
        }
        let Asked { at_ms, fresh_for_ms, .. } = asked;
        kept.only(|known, answer| *known != question && answer.until_ms >= at_ms);
        while kept.answers.len() >= MOST || kept.bytes + bytes > MOST_BYTES {
            let mut ages: Vec<i64> = kept.answers.values().map(|answer| answer.asked_ms).collect();
            ages.sort_unstable();
            let middle = ages.get(ages.len() / 2).copied().unwrap_or(i64::MAX);
            kept.only(|_, answer| answer.asked_ms > middle);
        }
        about.sort_unstable();
        kept.bytes += bytes;
        let until_ms = at_ms.saturating_add(fresh_for_ms);
        kept.answers.insert(question, Answer { given, asked_ms: at_ms, until_ms, bytes, about });
    }

    /// Forgets what is about these products.
    pub fn forget(&self, products: &[SmolStr]) {
        if products.is_empty() {
            return;
        }
        let mut kept = self.kept();
        kept.forgotten += 1;
        kept.only(|_, answer| !products.iter().any(|sku| answer.about.binary_search(sku).is_ok()));
    }

    pub fn forget_all(&self) {
        let mut kept = self.kept();
        kept.forgotten += 1;
        kept.only(|_, _| false);
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    /// Forgets all others.
    fn only(&mut self, stays: impl Fn(&Question, &Answer) -> bool) {
        self.answers.retain(|question, answer| stays(question, answer));
        self.bytes = self.answers.values().map(|answer| answer.bytes).sum();
    }
}

/// The numbers of the products that a value speaks of.
pub fn products(shop: &Shop, ty: &Type, value: &Value, found: &mut Vec<SmolStr>) {
    match (ty, value) {
        (Type::List(item), Value::List(items)) => items.iter().for_each(|value| products(shop, item, value, found)),
        (Type::Record(id), Value::Record(values)) => {
            let Some(record) = shop.records.get(usize::from(id.0)) else { return };
            for (field, value) in record.fields.iter().zip(values.iter()) {
                match value {
                    Value::Text(sku) if field.name == "sku" => found.push(sku.clone()),
                    value => products(shop, &field.ty, value, found),
                }
            }
        }
        (_, _) => {}
    }
}

/// The same of a call's arguments.
pub fn products_of(shop: &Shop, promise: &Promise, arguments: &[Value]) -> Vec<SmolStr> {
    let mut found = Vec::new();
    for (parameter, argument) in promise.takes.iter().zip(arguments) {
        // A text may be a number: `catalog.product(sku)`.
        match argument {
            Value::Text(text) => found.push(text.clone()),
            argument => products(shop, &parameter.ty, argument, &mut found),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(text: &str) -> Question {
        Question { path: "catalog.product".to_string(), with: text.as_bytes().to_vec() }
    }

    #[test]
    fn an_answer_is_kept_while_it_is_fresh_and_nothing_was_forgotten() {
        let memory = Memory::default();
        let given = || Value::Text("a".into());
        memory.keep(question("a"), memory.asks(1_000, 60_000), given(), vec!["b".into(), "a".into()]);
        assert_eq!(memory.recall(&question("a"), 61_000, 60_000), Some(given()));
        assert_eq!(memory.recall(&question("a"), 61_001, 60_000), None);
        assert_eq!(memory.recall(&question("a"), 999, 60_000), None, "the clock was set back");
        assert_eq!(memory.recall(&question("b"), 1_000, 60_000), None);
        memory.forget(&["c".into()]);
        assert!(memory.recall(&question("a"), 1_000, 60_000).is_some());
        let asked = memory.asks(2_000, 60_000);
        memory.forget(&["a".into()]);
        assert_eq!(memory.recall(&question("a"), 1_000, 60_000), None);
        memory.keep(question("a"), asked, given(), Vec::new());
        assert_eq!(memory.recall(&question("a"), 2_000, 60_000), None, "the answer may be from before");
    }

    #[test]
    fn no_more_is_held_than_there_is_room_for() {
        let memory = Memory::default();
        for at in 0..3 * MOST {
            let now_ms = i64::try_from(at).unwrap_or(0);
            memory.keep(question(&at.to_string()), memory.asks(now_ms, 60_000), Value::None, Vec::new());
        }
        assert!(memory.kept().answers.len() <= MOST);
        assert!(memory.recall(&question(&(3 * MOST - 1).to_string()), 3_000, 60_000).is_some());
    }

    #[test]
    fn what_is_no_longer_fresh_goes_and_large_answers_are_few() {
        let memory = Memory::default();
        let keep = |name: &str, at_ms: i64, given: Value| {
            memory.keep(question(name), memory.asks(at_ms, 1_000), given, Vec::new());
        };
        keep("a", 0, Value::None);
        keep("b", 1_000, Value::None);
        assert_eq!(memory.kept().answers.len(), 2, "both are fresh");
        keep("c", 1_001, Value::None);
        assert_eq!(memory.kept().answers.len(), 2, "the first is not");
        let large = || Value::Text("x".repeat(MOST_BYTES / 4).into());
        for at in 0..20 {
            keep(&at.to_string(), 1_002 + at, large());
            assert!(memory.kept().bytes <= MOST_BYTES);
        }
        assert!(memory.recall(&question("19"), 1_021, 1_000).is_some());
        keep("20", 1_022, Value::Text("x".repeat(MOST_BYTES).into()));
        assert_eq!(memory.recall(&question("20"), 1_022, 1_000), None);
        memory.forget_all();
        assert_eq!(memory.kept().bytes, 0);
    }
}
