//! Tells when a file of a shop has changed, once for many changes that come together. Reads nothing.

use std::path::Path;
use std::time::Duration;

use duka_engine::source::FileKind;
use notify::event::EventKind;
use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc;

/// Editors write a file in several steps.
const QUIET: Duration = Duration::from_millis(300);
/// The least that holds the steps of one save together.
const HARDLY: Duration = Duration::from_millis(30);

/// Lives as long as changes are to be told.
#[derive(Debug)]
pub struct Watch {
    _watcher: RecommendedWatcher,
    changes: mpsc::Receiver<()>,
    quiet: Duration,
}

impl Watch {
    /// Watches a folder and all below it.
    ///
    /// # Errors
    /// The system watches no more folders.
    pub fn of(folder: &Path) -> notify::Result<Watch> {
        Watch::that_waits(folder, QUIET)
    }

    /// The same for somebody who waits for it: after a change that is hardly over.
    ///
    /// # Errors
    /// The system watches no more folders.
    pub fn soon(folder: &Path) -> notify::Result<Watch> {
        Watch::that_waits(folder, HARDLY)
    }

    fn that_waits(folder: &Path, quiet: Duration) -> notify::Result<Watch> {
        let (sender, changes) = mpsc::channel(1);
        let told = move |event: notify::Result<Event>| {
            if event.is_ok_and(|event| is_ours(&event)) {
                // Full: one is told already.
                let _ = sender.try_send(());
            }
        };
        let mut watcher = notify::recommended_watcher(told)?;
        watcher.watch(folder, RecursiveMode::Recursive)?;
        Ok(Watch { _watcher: watcher, changes, quiet })
    }

    /// Ends when files have changed and stayed as they are for a moment.
    pub async fn changed(&mut self) {
        if self.changes.recv().await.is_none() {
            return std::future::pending().await;
        }
        while tokio::time::timeout(self.quiet, self.changes.recv()).await.is_ok_and(|more| more.is_some()) {}
    }
}

fn is_ours(event: &Event) -> bool {
    let changes = match event.kind {
        EventKind::Create(_) | EventKind::Modify(_) | EventKind::Remove(_) => true,
        EventKind::Access(_) | EventKind::Any | EventKind::Other => false,
    };
    // A folder that is moved here brings its files with it.
    let matters = |path: &std::path::PathBuf| path.is_dir() || FileKind::of(&path.to_string_lossy(), "").is_some();
    changes && event.paths.iter().any(matters)
}
