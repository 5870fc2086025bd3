//! Tells when a file of a shop has changed, once for many changes that come together. Reads nothing.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use duka_engine::source::FileKind;
use notify::event::EventKind;
use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

use super::{load, source};

/// Editors write a file in several steps.
const QUIET: Duration = Duration::from_millis(300);
/// The least that holds the steps of one save together.
const HARDLY: Duration = Duration::from_millis(30);
/// Somebody who writes all the time is not waited for longer than so many times as long.
const PATIENCE: u32 = 10;
/// How often somebody who waits looks for what the system did not tell; and where it tells nothing at all.
const LOOK: Duration = Duration::from_millis(500);
const LOOK_ALONE: Duration = Duration::from_millis(100);

/// Lives as long as changes are to be told.
#[derive(Debug)]
pub struct Watch {
    /// `None`: the system watches no more folders.
    _watcher: Option<RecommendedWatcher>,
    changes: mpsc::Receiver<()>,
    quiet: Duration,
    looks: Option<Looks>,
}

impl Watch {
    /// Watches a folder and all below it.
    ///
    /// # Errors
    /// The system watches no more folders.
    pub fn of(folder: &Path) -> notify::Result<Watch> {
        let (sender, changes) = mpsc::channel(1);
        Ok(Watch { _watcher: Some(watcher(folder, sender)?), changes, quiet: QUIET, looks: None })
    }

    /// The same for somebody who waits for it: after a change that is hardly over, and where the system tells of none.
    pub fn soon(folder: &Path) -> Watch {
        let (sender, changes) = mpsc::channel(1);
        let watcher = watcher(folder, sender)
            .map_err(|error| tracing::warn!(%error, "saved files are looked for: the system does not tell of them"))
            .ok();
        let every = if watcher.is_some() { LOOK } else { LOOK_ALONE };
        let looks = Looks { folder: folder.to_path_buf(), every, known: stamps(folder) };
        Watch { _watcher: watcher, changes, quiet: HARDLY, looks: Some(looks) }
    }

    /// Ends when files have changed and stayed as they are for a moment. What changes from then on ends the next one.
    pub async fn changed(&mut self) {
        let Watch { changes, quiet, looks, .. } = self;
        tokio::select! {
            () = told(changes) => {}
            () = seen(looks) => {}
        }
        let until = Instant::now() + *quiet * PATIENCE;
        loop {
            let next = until.min(Instant::now() + *quiet);
            let more = timeout_at(next, changes.recv()).await;
            if !more.is_ok_and(|more| more.is_some()) || Instant::now() >= until {
                break;
            }
        }
        if let Some(looks) = looks {
            looks.has_new().await;
        }
    }
}

async fn told(changes: &mut mpsc::Receiver<()>) {
    if changes.recv().await.is_none() {
        std::future::pending().await
    }
}

async fn seen(looks: &mut Option<Looks>) {
    let Some(looks) = looks else { return std::future::pending().await };
    loop {
        tokio::time::sleep(looks.every).await;
        if looks.has_new().await {
            return;
        }
    }
}

/// What the system does not tell: events were too many, the folder was put in the place of another, its disk is elsewhere.
#[derive(Debug)]
struct Looks {
    folder: PathBuf,
    every: Duration,
    known: Vec<Stamp>,
}

/// A file, by what changes whenever it is written.
type Stamp = (PathBuf, Option<SystemTime>, u64, u64);

impl Looks {
    /// Whether files are others than at the last look.
    async fn has_new(&mut self) -> bool {
        let folder = self.folder.clone();
        // A network's disk may keep its caller waiting.
        let Ok(now) = tokio::task::spawn_blocking(move || stamps(&folder)).await else { return false };
        let is_new = now != self.known;
        self.known = now;
        is_new
    }
}

fn stamps(folder: &Path) -> Vec<Stamp> {
    let shops = source::find(folder).unwrap_or_default();
    let paths = shops.iter().flat_map(|(_, shop)| load::paths(shop).unwrap_or_default());
    let stamp = |path: PathBuf| {
        let file = std::fs::metadata(&path).ok()?;
        Some((path, file.modified().ok(), file.len(), file.ino()))
    };
    paths.filter_map(stamp).collect()
}

fn watcher(folder: &Path, sender: mpsc::Sender<()>) -> notify::Result<RecommendedWatcher> {
    let told = move |event: notify::Result<Event>| {
        // What has gone wrong may have been a change.
        if event.map_or(true, |event| is_ours(&event)) {
            // Full: one is told already.
            let _ = sender.try_send(());
        }
    };
    let mut watcher = notify::recommended_watcher(told)?;
    watcher.watch(folder, RecursiveMode::Recursive)?;
    Ok(watcher)
}

fn is_ours(event: &Event) -> bool {
    let changes = match event.kind {
        EventKind::Create(_) | EventKind::Modify(_) | EventKind::Remove(_) => true,
        EventKind::Access(_) | EventKind::Any | EventKind::Other => false,
    };
    // A folder that is moved here brings its files with it.
    let matters = |path: &PathBuf| path.is_dir() || FileKind::of(&path.to_string_lossy(), "").is_some();
    event.need_rescan() || (changes && event.paths.iter().any(matters))
}
