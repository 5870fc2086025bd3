//! The names of a backend's products: asked for beside the turns that need them, once for all of them, and again when they
//! are no longer fresh. Old ones rank until the new are there. Says nothing of price and stock.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use duka_engine::hir::Operation as Promise;
use duka_engine::program::Program;
use duka_engine::ranking::Names;
use tokio::time::{Instant, timeout_at};

use super::search::{id, ranked};
use super::{Call, Rest, Trouble, Turn};
use crate::adapter::mapping::{Index, Search};
use crate::adapter::rest::Backend;

/// How long all pages of names may take.
const ALL_PAGES: Duration = Duration::from_secs(120);

/// Names that are older are only used where newer ones do not come soon.
const OLD: Duration = Duration::from_secs(600);

/// The names of one backend.
#[derive(Debug, Default)]
pub(in crate::adapter::rest) struct Kept {
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

impl Kept {
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
    pub fn keep_names(&self, backend: &Backend, program: &Arc<Program>, promise: &Promise) {
        let operation = backend.mapping.operations.get(&promise.path());
        let has_index = operation.and_then(|it| it.search.as_ref()).is_some_and(|search| search.index.is_some());
        if !has_index || backend.names.was_asked_within(fresh_for(promise)) {
            return;
        }
        let Ok(asking) = Arc::clone(&backend.names.asking).try_lock_owned() else { return };
        let (rest, backend, program, promise) = (self.clone(), backend.clone(), Arc::clone(program), promise.clone());
        tokio::spawn(async move {
            let _asking = asking;
            let Some(operation) = backend.mapping.operations.get(&promise.path()) else { return };
            let Some((search, index)) = operation.search.as_ref().and_then(|it| Some((it, it.index.as_ref()?))) else {
                return;
            };
            let shop = &program.shop;
            let call = Call { shop, promise: &promise, arguments: &[], key: "", conversation: "", left: ALL_PAGES };
            if let Err(trouble) = Turn::new(&rest, &backend, operation, call).pull(search, index).await {
                let (shop, reason) = (shop.profile.name.as_str(), trouble.told());
                tracing::warn!(shop, operation = %promise.path(), %reason, "the names of products did not come");
            }
        });
    }
}

impl Turn<'_> {
    /// The names. `None`: they are not there yet, and something else can be asked meanwhile.
    pub(super) async fn names(&mut self, search: &Search, index: &Index) -> Result<Option<Arc<Names>>, Trouble> {
        let kept = Arc::clone(&self.backend.names);
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
        let asked = Instant::now();
        self.backend.names.state().asked = Some(asked);
        let items = self.pages(&index.request, index.page.as_ref(), index.select.as_ref()).await?;
        let names = Arc::new(ranked(search, items.iter().filter_map(|item| Some((id(search, item)?, item)))));
        self.backend.names.state().names = Some((asked, Arc::clone(&names)));
        Ok(names)
    }
}
