//! What a backend tells of a thing at several places: asked for all things at once, and put into them.

use futures_util::future::join_all;
use serde_json::Value as Json;

use super::{Trouble, Turn};
use crate::adapter::mapping::ITEM;

/// Things of one answer that are asked about (TM25), and how many at once; further ones are left out, and told of.
const MOST_THINGS: usize = 300;
const AT_ONCE: usize = 30;

impl Turn<'_> {
    /// The things with all that the operation's `join` says. One of a list that is gone meanwhile is left out.
    pub(super) async fn joined(&self, things: Vec<Json>) -> Result<Vec<Json>, Trouble> {
        if self.operation.join.is_empty() {
            return Ok(things);
        }
        let is_one = things.len() == 1;
        if things.len() > MOST_THINGS {
            let operation = self.call.promise.path();
            tracing::warn!(
                operation,
                there = things.len(),
                MOST_THINGS,
                "an answer has more things than are asked about"
            );
        }
        let mut things = things.into_iter().take(MOST_THINGS);
        let mut whole = Vec::new();
        loop {
            let some: Vec<Json> = things.by_ref().take(AT_ONCE).collect();
            if some.is_empty() {
                break;
            }
            whole.extend(join_all(some.into_iter().map(|thing| self.whole(thing))).await);
        }
        let here = |found: &Result<Json, Trouble>| {
            is_one || !matches!(found, Err(Trouble::Refused(code)) if code == "not_found")
        };
        whole.into_iter().filter(here).collect()
    }

    async fn whole(&self, mut thing: Json) -> Result<Json, Trouble> {
        for join in &self.operation.join {
            let mut turn = Turn::new(self.rest, self.backend, self.operation, self.call);
            turn.values.clone_from(&self.values);
            (turn.ends, turn.decides) = (self.ends, false);
            turn.put(ITEM, thing.clone());
            let answer = turn.attempt(&join.request, &[], &[]).await?;
            let found = join.select.as_ref().map_or(Some(&answer), |select| select.first(&answer));
            if let Json::Object(fields) = &mut thing {
                fields.insert(join.name.clone(), found.cloned().unwrap_or(Json::Null));
            }
        }
        Ok(thing)
    }
}
