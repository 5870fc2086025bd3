//! The names of a backend's products: asked for beside the turns that need them, once for all of them, and again when they
//! are no longer fresh. Old ones rank until the new are there. Says nothing of price and stock.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use duka_engine::hir::{Operation as Promise, Shop};
use duka_engine::program::Program;
use duka_engine::ranking::Names;
use smol_str::SmolStr;
use tokio::time::{Instant, timeout_at};

use super::search::{id, ranked};
use super::{Call, Rest, Trouble, Turn};
use crate::adapter::mapping::{Index, Mapping, Search};
use crate::adapter::rest::Backend;

/// How long all pages of names may take.
const ALL_PAGES: Duration = Duration::from_secs(120);

/// Names that are older are only used where newer ones do not come soon.
const OLD: Duration = Duration::from_secs(600);

/// The names of one backend: one set for all, or one for each language that they are asked for in.
#[derive(Debug, Default)]
pub(in crate::adapter::rest) struct Kept {
    // Looked at and added to, never held across a wait.
    spoken: Mutex<BTreeMap<SmolStr, Arc<Spoken>>>,
}

impl Kept {
    fn of(&self, call: &Call<'_>, mapping: &Mapping, index: &Index) -> Arc<Spoken> {
        let language = if mapping.has_names_by_language(index) { call.language() } else { "" };
        let mut spoken = self.spoken.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(spoken.entry(language.into()).or_default())
    }
}

#[derive(Debug, Default)]
struct Spoken {
    // Looked at and replaced, never held across a wait.
    state: Mutex<State>,
    /// Held by whoever asks for them.
    asking: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Debug, Default)]
struct State {
    /// When they were asked for last, whatever came of it.
    asked: Option<Instant>,
    /// As of then.
    names: Option<(Instant, Arc<Names>)>,
}

impl Spoken {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn known(&self) -> Option<(Instant, Arc<Names>)> {
        self.state().names.clone()
    }

    fn was_asked_within(&self, time: Duration) -> bool {
        self.state().asked.is_some_and(|asked| asked.elapsed() <= time)
    }
}

fn fresh_for(promise: &Promise) -> Duration {
    Duration::from_millis(u64::try_from(promise.fresh_for_ms).unwrap_or(0))
}

impl Rest {
    /// Has the names that a search of this operation goes by asked for, unless they are fresh, or somebody asks already.
    /// Nobody waits for it.
    pub fn keep_names(&self, backend: &Backend, program: &Arc<Program>, promise: &Promise, language: &str) {
        let operation = backend.mapping.operations.get(&promise.path());
        let Some(index) = operation.and_then(|it| it.search.as_ref()).and_then(|search| search.index.as_ref()) else {
            return;
        };
        let kept = backend.names.of(&beside(&program.shop, promise, language), &backend.mapping, index);
        if kept.was_asked_within(fresh_for(promise)) {
            return;
        }
        let Ok(asking) = Arc::clone(&kept.asking).try_lock_owned() else { return };
        let (rest, backend, program, promise) = (self.clone(), backend.clone(), Arc::clone(program), promise.clone());
        let language = SmolStr::from(language);
        tokio::spawn(async move {
            let _asking = asking;
            let Some(operation) = backend.mapping.operations.get(&promise.path()) else { return };
            let Some((search, index)) = operation.search.as_ref().and_then(|it| Some((it, it.index.as_ref()?))) else {
                return;
            };
            let call = beside(&program.shop, &promise, &language);
            if let Err(trouble) = Turn::new(&rest, &backend, operation, call).pull(search, index).await {
                let (shop, reason) = (program.shop.profile.name.as_str(), trouble.told());
                tracing::warn!(shop, operation = %promise.path(), %reason, "the names of products did not come");
            }
        });
    }
}

/// A call for names that belongs to no turn.
fn beside<'a>(shop: &'a Shop, promise: &'a Promise, language: &'a str) -> Call<'a> {
    Call { shop, promise, arguments: &[], key: "", conversation: "", language, left: ALL_PAGES }
}

impl Turn<'_> {
    /// The names. `None`: they are not there yet, and something else can be asked meanwhile.
    pub(super) async fn names(&mut self, search: &Search, index: &Index) -> Result<Option<Arc<Names>>, Trouble> {
        let kept = self.kept_names(index);
        let now = Instant::now();
        let until = match kept.known() {
            Some((at, names)) if at.elapsed() <= OLD => return Ok(Some(names)),
            Some(_) => now + self.ends.saturating_duration_since(now) / 2,
            None if index.meanwhile.is_some() => now,
            None => self.ends,
        };
        let nobody_asks = timeout_at(until, kept.asking.lock()).await;
        if let Some((_, names)) = kept.known() {
            return Ok(Some(names));
        }
        if nobody_asks.is_ok() && !kept.was_asked_within(fresh_for(self.call.promise)) {
            return self.pull(search, index).await.map(Some);
        }
        if index.meanwhile.is_some() {
            return Ok(None);
        }
        let reason = "the names of the products are not there".to_string();
        Err(Trouble::Passing { done: false, timed_out: nobody_asks.is_err(), after: None, reason })
    }

    async fn pull(&mut self, search: &Search, index: &Index) -> Result<Arc<Names>, Trouble> {
        let (asked, kept) = (Instant::now(), self.kept_names(index));
        kept.state().asked = Some(asked);
        let items = self.pages(&index.request, index.page.as_ref(), index.select.as_ref()).await?;
        let names = Arc::new(ranked(search, items.iter().filter_map(|item| Some((id(search, item)?, item)))));
        kept.state().names = Some((asked, Arc::clone(&names)));
        Ok(names)
    }

    fn kept_names(&self, index: &Index) -> Arc<Spoken> {
        self.backend.names.of(&self.call, &self.backend.mapping, index)
    }
}
