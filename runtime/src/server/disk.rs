//! How much room is left where the database and customers' files lie. With less than the reserve no webhook is taken: the
//! vendor brings it again, and what was taken can still be finished. Frees nothing itself.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use metrics::gauge;
use tokio_util::sync::CancellationToken;

use crate::config::{Config, Database, FilesPlace};

const BETWEEN_LOOKS: Duration = Duration::from_secs(2);

/// The disks of a server.
#[derive(Debug)]
pub struct Disk {
    /// What lies there, the folder, and whether nothing may be taken without room there.
    places: Vec<(&'static str, PathBuf, bool)>,
    /// Bytes; 0: none is kept.
    reserve: u64,
    low: AtomicBool,
}

impl Disk {
    pub fn of(config: &Config) -> Disk {
        let mut places = Vec::new();
        match &config.database {
            Database::Sqlite(path) => places.push(("database", folder_of(path), true)),
            Database::Postgres(_) | Database::Memory => {}
        }
        match &config.files.place {
            FilesPlace::Folder(folder) => places.push(("files", folder.clone(), false)),
            FilesPlace::Bucket(_) | FilesPlace::Memory => {}
        }
        Disk { places, reserve: config.limits.disk_reserve, low: AtomicBool::new(false) }
    }

    /// Nothing new is to be taken.
    pub fn is_low(&self) -> bool {
        self.low.load(Ordering::Relaxed)
    }

    /// Looks, and says when it has become low, or has room again: an eighth more than the reserve.
    pub fn look(&self) {
        let free = self.places.iter().filter(|(.., needed)| *needed).filter_map(|(_, folder, _)| free(folder)).min();
        let Some(free) = free else { return };
        let was_low = self.is_low();
        let wanted = if was_low { self.reserve.saturating_add(self.reserve / 8) } else { self.reserve };
        let low = self.reserve > 0 && free < wanted;
        self.low.store(low, Ordering::Relaxed);
        match (was_low, low) {
            (false, true) => {
                tracing::error!(bytes = free, "the disk is nearly full: no webhook is taken until it has room")
            }
            (true, false) => tracing::info!(bytes = free, "the disk has room again"),
            (true, true) | (false, false) => {}
        }
    }

    /// As figures.
    pub(super) fn show(&self) {
        gauge!("duka_disk_reserve_bytes").set(self.reserve as f64);
        for (name, folder, _) in &self.places {
            if let Some(free) = free(folder) {
                gauge!("duka_disk_free_bytes", "place" => *name).set(free as f64);
            }
        }
    }
}

/// Looks until the server goes down.
pub(super) async fn watch(disk: Arc<Disk>, stop: CancellationToken) {
    let mut rounds = tokio::time::interval(BETWEEN_LOOKS);
    while stop.run_until_cancelled(rounds.tick()).await.is_some() {
        let disk = Arc::clone(&disk);
        // A network's disk may keep its caller waiting.
        let _ = tokio::task::spawn_blocking(move || disk.look()).await;
    }
}

fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_path_buf(),
        Some(_) | None => PathBuf::from("."),
    }
}

/// Bytes that the server may still write there, or where the folder will be made. `None`: nobody can tell.
fn free(folder: &Path) -> Option<u64> {
    let there = folder.ancestors().find(|folder| folder.exists()).filter(|folder| !folder.as_os_str().is_empty());
    let room = rustix::fs::statvfs(there.unwrap_or(Path::new("."))).ok()?;
    Some(room.f_bavail.saturating_mul(room.f_frsize))
}
