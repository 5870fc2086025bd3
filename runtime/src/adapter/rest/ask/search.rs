//! What customers type, where a backend's own search takes words literally: found among the names of its products, or
//! among what it gives for pieces of the words, and ranked. Price and stock are of the answer that is given, never of a name.

use std::collections::HashSet;

use duka_engine::ranking::{Names, typed_words};
use duka_engine::value::Value;
use serde_json::{Value as Json, json};
use smol_str::SmolStr;

use super::{Trouble, Turn};
use crate::adapter::mapping::{Index, Request, Search};
use crate::adapter::rest::convert::text;

/// Names of one backend that are held.
const MOST_NAMES: usize = 50_000;

/// Things that a search for pieces chooses from.
const MOST_MET: usize = 5_000;

/// Requests for pieces of what was typed, besides the one for all of it.
const MOST_PIECES: usize = 4;

impl Turn<'_> {
    /// What fits best of what the backend has.
    pub(super) async fn search(&mut self, search: &Search) -> Result<Value, Trouble> {
        let typed = self.typed();
        let found = match &search.index {
            Some(index) => self.by_name(search, index, &typed).await?,
            None => self.by_pieces(search, &self.operation.request, &typed).await?,
        };
        let found = self.joined(found).await?;
        self.reading().give(&found).map_err(Trouble::Unread)
    }

    /// The text that was asked with, whatever piece of it was asked for last.
    fn typed(&self) -> String {
        match self.call.arguments.first() {
            Some(Value::Text(typed)) => typed.to_string(),
            _ => String::new(),
        }
    }

    async fn by_name(&mut self, search: &Search, index: &Index, typed: &str) -> Result<Vec<Json>, Trouble> {
        let Some(names) = self.names(search, index).await? else {
            let own = index.meanwhile.as_ref().unwrap_or(&self.operation.request);
            return self.by_pieces(search, own, typed).await;
        };
        let best: Vec<SmolStr> = names.best(typed, search.most()).into_iter().cloned().collect();
        if best.is_empty() {
            return Ok(Vec::new());
        }
        self.put("found", json!(best.join(",")));
        let operation = self.operation;
        let found = self.pages(&operation.request, operation.page.as_ref(), operation.select.as_ref()).await?;
        let found = self.spread(operation.spread.as_ref(), None, found)?;
        let found = found.into_iter().filter_map(|item| Some((id(search, &item)?, item)));
        let mut placed: Vec<(usize, Json)> =
            found.filter_map(|(id, item)| Some((best.iter().position(|known| *known == id)?, item))).collect();
        placed.sort_by_key(|(at, _)| *at);
        Ok(placed.into_iter().map(|(_, item)| item).collect())
    }

    /// Asks for all of what was typed, then for its words and for halves of them, until enough is there to choose from.
    async fn by_pieces(&mut self, search: &Search, request: &Request, typed: &str) -> Result<Vec<Json>, Trouble> {
        let operation = self.operation;
        let mut met: Vec<(SmolStr, Json)> = Vec::new();
        let mut known = HashSet::new();
        for (at, piece) in pieces(typed).into_iter().enumerate() {
            self.put("text", json!(piece));
            self.put("1", json!(piece));
            let items = match self.pages(request, operation.page.as_ref(), operation.select.as_ref()).await {
                Ok(items) => self.spread(operation.spread.as_ref(), None, items)?,
                // A piece may be too short for the backend.
                Err(Trouble::Refused(_)) if at > 0 => continue,
                Err(trouble) => return Err(trouble),
            };
            let named = items.into_iter().filter_map(|item| Some((id(search, &item)?, item)));
            let new: Vec<(SmolStr, Json)> = named.filter(|(id, _)| known.insert(id.clone())).collect();
            met.extend(new.into_iter().take(MOST_MET.saturating_sub(met.len())));
            let best = best(search, &met, typed);
            if !best.is_empty() {
                return Ok(best);
            }
        }
        Ok(Vec::new())
    }
}

pub(super) fn id(search: &Search, item: &Json) -> Option<SmolStr> {
    text(search.id.first(item)?).ok().map(SmolStr::from)
}

pub(super) fn ranked<'a>(search: &Search, items: impl Iterator<Item = (SmolStr, &'a Json)>) -> Names {
    let texts =
        |item: &Json| search.words.iter().flat_map(|path| path.all(item)).filter_map(|word| text(word).ok()).collect();
    Names::of(items.take(MOST_NAMES).map(|(id, item)| (id, texts(item))))
}

fn best(search: &Search, met: &[(SmolStr, Json)], typed: &str) -> Vec<Json> {
    let names = ranked(search, met.iter().map(|(id, item)| (id.clone(), item)));
    let best = names.best(typed, search.most());
    let item = |wanted: &&SmolStr| met.iter().find(|(id, _)| id == *wanted).map(|(_, item)| item.clone());
    best.iter().filter_map(item).collect()
}

/// All of it, its longest words, and the halves of these, where a letter may be wrong in the other half.
fn pieces(typed: &str) -> Vec<String> {
    let mut words = typed_words(typed);
    words.sort_by_key(|word| std::cmp::Reverse(word.chars().count()));
    words.truncate(2);
    let mut pieces = vec![typed.trim().to_string()];
    let halves = words.iter().flat_map(|word| {
        let letters: Vec<char> = word.chars().collect();
        let middle = letters.len().div_ceil(2);
        let (front, back) = letters.split_at(middle);
        [front, back].into_iter().filter(|half| half.len() >= 2).map(String::from_iter).collect::<Vec<String>>()
    });
    let all: Vec<String> = words.iter().cloned().chain(halves).collect();
    for piece in all {
        if !pieces.contains(&piece) {
            pieces.push(piece);
        }
    }
    pieces.truncate(MOST_PIECES + 1);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_few_and_go_from_the_whole_to_halves() {
        assert_eq!(pieces("Sendals"), ["Sendals", "sendals", "send", "als"]);
        assert_eq!(pieces("blue  dress"), ["blue  dress", "dress", "blue", "dre", "ss"]);
        assert_eq!(pieces("size 12 dress"), ["size 12 dress", "dress", "12", "dre", "ss"]);
        assert_eq!(pieces("12"), ["12"]);
    }
}
