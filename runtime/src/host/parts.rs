//! Parts of a process that run until they are told to stop. One that ends before, by a panic or by itself, takes the
//! process with it: without it the others would go on, say that they are ready, and leave its work undone.

use std::future::Future;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

#[derive(Clone, Debug, Default)]
pub struct Parts {
    tasks: TaskTracker,
    stop: CancellationToken,
    lost: CancellationToken,
}

impl Parts {
    /// Begins a part, which is waited for at the end.
    pub fn begin(&self, name: &'static str, part: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(self.watched(name, part));
    }

    /// A part for somebody else to begin, and to wait for.
    pub fn watched(
        &self,
        name: &'static str,
        part: impl Future<Output = ()> + Send + 'static,
    ) -> impl Future<Output = ()> + Send + 'static {
        let (stop, lost) = (self.stop.clone(), self.lost.clone());
        async move {
            let panicked = AssertUnwindSafe(part).catch_unwind().await.is_err();
            if panicked || !stop.is_cancelled() {
                tracing::error!(part = name, panicked, "a part of the server has ended by itself");
                lost.cancel();
            }
        }
    }

    /// What parts stop at.
    pub fn until(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Tells all of them to stop.
    pub fn stop(&self) {
        self.stop.cancel();
    }

    /// Ends when a part has ended that was not told to.
    pub async fn lost(&self) {
        self.lost.cancelled().await;
    }

    pub fn is_lost(&self) -> bool {
        self.lost.is_cancelled()
    }

    /// Waits until all that were begun have ended.
    pub async fn ended(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }
}
