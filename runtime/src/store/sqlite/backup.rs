//! A copy of the file while it is in use, and its way back.

use std::fs::File;
use std::path::{Path, PathBuf};

use rusqlite::OpenFlags;

use super::{Sqlite, cannot_open, connect};
use crate::store::error::{Error, Result};

/// What is read through before it is opened: a fraction of a second.
const AT_ONCE_BYTES: u64 = 48 * 1024 * 1024;

impl Sqlite {
    pub fn wants_check(&self) -> bool {
        std::fs::metadata(&self.0.path).is_ok_and(|file| file.len() > AT_ONCE_BYTES)
    }

    /// Reads every page (F40). What is found damaged is written beside the file, so that the next process looks first.
    pub fn check(&self) -> Result<()> {
        let verdict = sound(&self.0.path);
        if let Err(Error::Unreadable(_)) = &verdict {
            let _ = File::create(beside(&self.0.path, DAMAGED));
            self.0.broken.cancel();
        }
        verdict
    }
}

/// Beside a file that was found damaged.
const DAMAGED: &str = ".damaged";

/// Before a file is opened: reads it through if it is small, or was found damaged. A damaged one is refused.
pub(super) fn check_first(path: &Path) -> Result<()> {
    let note = beside(path, DAMAGED);
    let Ok(file) = std::fs::metadata(path) else { return Ok(()) };
    if file.len() <= AT_ONCE_BYTES || note.exists() {
        sound(path)?;
        let _ = std::fs::remove_file(note);
    }
    Ok(())
}

fn sound(path: &Path) -> Result<()> {
    match read_through(path) {
        Ok(verdict) if verdict == "ok" => Ok(()),
        Ok(why) | Err(Error::Unreadable(why)) => {
            Err(Error::Unreadable(format!("{} is damaged: {why}", path.display())))
        }
        Err(other) => Err(other),
    }
}

fn read_through(path: &Path) -> Result<String> {
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    Ok(connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?)
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
