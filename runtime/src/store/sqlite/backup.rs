//! A copy of the file while it is in use, and its way back.

use std::fs::File;
use std::path::{Path, PathBuf};

use rusqlite::OpenFlags;

use super::{Sqlite, cannot_open, connect};
use crate::store::error::{Error, Result};

impl Sqlite {
    /// Reads every page. Slow on a large file: for a backup, or after a crash that looks like a broken disk (F40).
    pub fn check(&self) -> Result<()> {
        sound(&self.0.path)
    }
}

fn sound(path: &Path) -> Result<()> {
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let verdict: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if verdict == "ok" { Ok(()) } else { Err(Error::Unreadable(verdict)) }
}

/// Writes a whole copy of what is committed now, while a server has the file open or not. It appears under its name only
/// when it is complete and synced.
pub(in crate::store) fn copy_out(from: &Path, to: &Path) -> Result<()> {
    if !from.exists() {
        return Err(Error::Refused(format!("there is no database {}", from.display()), None));
    }
    if to.exists() {
        return Err(Error::Refused(format!("{} is there already: a backup replaces nothing", to.display()), None));
    }
    if let Some(folder) = to.parent() {
        std::fs::create_dir_all(folder).map_err(|error| cannot_open(folder, error.into()))?;
    }
    let part = beside(to, ".part");
    let _ = std::fs::remove_file(&part);
    let connection = connect(from, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.execute("VACUUM INTO ?", [part.to_string_lossy()])?;
    settle(&part, to)
}

/// Puts a copy of a backup where a store is to be opened. Refused if a database is there, or if the backup is damaged.
pub(in crate::store) fn copy_back(backup: &Path, to: &Path) -> Result<()> {
    if to.exists() {
        let moved = format!("{} is there already: move it away first, with its -wal and -shm", to.display());
        return Err(Error::Refused(moved, None));
    }
    for left in ["-wal", "-shm"].map(|end| beside(to, end)) {
        if left.exists() {
            return Err(Error::Refused(format!("{} is left of another database: move it away", left.display()), None));
        }
    }
    if let Some(folder) = to.parent() {
        std::fs::create_dir_all(folder).map_err(|error| cannot_open(folder, error.into()))?;
    }
    let part = beside(to, ".part");
    std::fs::copy(backup, &part).map_err(|error| cannot_open(backup, error.into()))?;
    sound(&part).inspect_err(|_| {
        let _ = std::fs::remove_file(&part);
    })?;
    settle(&part, to)
}

/// Syncs a file and gives it its name.
fn settle(part: &Path, to: &Path) -> Result<()> {
    let synced = File::open(part).and_then(|file| file.sync_all()).and_then(|()| std::fs::rename(part, to));
    synced.map_err(|error| cannot_open(to, error.into()))?;
    let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| cannot_open(folder, error.into()))
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_os_string();
    name.push(end);
    name.into()
}
