//! A copy of the file while it is in use, and its way back.

use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

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
        let verdict = sound(&self.0.path, &self.0.path);
        if let Err(Error::Damaged { .. }) = &verdict {
            let _ = File::create(beside(&self.0.path, DAMAGED));
            self.0.broken.cancel();
        }
        verdict
    }
}

/// The ending of a copy that is being written.
const PART: &str = "part";

/// Beside a file that was found damaged.
const DAMAGED: &str = ".damaged";

/// Before a file is opened: reads it through if it is small, or was found damaged. A damaged one is refused.
pub(super) fn check_first(path: &Path) -> Result<()> {
    let note = beside(path, DAMAGED);
    let Ok(file) = std::fs::metadata(path) else { return Ok(()) };
    if file.len() <= AT_ONCE_BYTES || note.exists() {
        sound(path, path)?;
        let _ = std::fs::remove_file(note);
    }
    Ok(())
}

/// `called`: what is named when it is not.
fn sound(path: &Path, called: &Path) -> Result<()> {
    match read_through(path) {
        Ok(verdict) if verdict == "ok" => Ok(()),
        Ok(why) => Err(Error::Unreadable(why).of_file(called)),
        Err(error) => Err(error.of_file(called)),
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
        let message = format!("there is no database {}", from.display());
        return Err(Error::Closed {
            message,
            help: "Name the file of `database` in duka.toml; without it, `duka.db`.",
        });
    }
    if to.exists() {
        let message = format!("{} is there already: a backup replaces nothing", to.display());
        return Err(Error::Closed { message, help: "Name another file for the copy." });
    }
    let connection = connect(from, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(|error| error.of_file(from))?;
    is_a_store(&connection, from)?;
    by_part(to, |part| {
        let done = connection.execute("VACUUM INTO ?", [part.to_string_lossy()]);
        done.map(drop).map_err(|error| Error::from(error).of_file(from))
    })
}

/// Writes `to` under another name first. What an earlier try has left there goes, and so does what this one leaves.
fn by_part(to: &Path, write: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    if let Some(folder) = to.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(|error| cannot_open(folder, &error))?;
    }
    let part = beside(to, &format!(".{PART}"));
    match std::fs::remove_file(&part) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            let message = format!("`{}` is in the way and cannot be removed: {error}", part.display());
            return Err(Error::Closed { message, help: "Move it away, or give the copy another name." });
        }
        Ok(()) | Err(_) => {}
    }
    write(&part).and_then(|()| settle(&part, to)).inspect_err(|_| {
        let _ = std::fs::remove_file(&part);
    })
}

/// Puts a copy of a backup where a store is to be opened. Refused if a database is there, or if the backup is damaged.
pub(in crate::store) fn copy_back(backup: &Path, to: &Path) -> Result<()> {
    if backup.extension().is_some_and(|ending| ending == PART) {
        let message = format!("`{}` is a backup that was broken off", backup.display());
        return Err(Error::Closed {
            message,
            help: "Restore one that was finished: its name does not end with `.part`.",
        });
    }
    if to.exists() {
        let message = format!("{} is there already: a copy replaces no database", to.display());
        return Err(Error::Closed { message, help: "Move it away first, with its `-wal` and `-shm`." });
    }
    for left in ["-wal", "-shm"].map(|end| beside(to, end)) {
        if left.exists() {
            let message = format!("{} is left of another database", left.display());
            return Err(Error::Closed { message, help: "Move it away first: it would be read as part of the copy." });
        }
    }
    by_part(to, |part| {
        let copied = File::open(backup).map_err(|error| cannot_open(backup, &error));
        copied.and_then(|_| std::fs::copy(backup, part).map_err(|error| cannot_open(part, &error)))?;
        sound(part, backup)?;
        is_a_store(&connect(part, OpenFlags::SQLITE_OPEN_READ_WRITE)?, backup)
    })
}

/// An empty file is a sound database, and as a copy it would bring nothing back.
fn is_a_store(connection: &Connection, called: &Path) -> Result<()> {
    const TABLE: &str = "SELECT count(*) FROM sqlite_schema WHERE name = '_sqlx_migrations'";
    let found = connection.query_row(TABLE, [], |row| row.get::<_, i64>(0));
    match found.map_err(|error| Error::from(error).of_file(called))? {
        0 => Err(Error::Unreadable("there is nothing of Duka in it".to_string()).of_file(called)),
        _ => Ok(()),
    }
}

/// Syncs a file and gives it its name.
fn settle(part: &Path, to: &Path) -> Result<()> {
    let synced = File::open(part).and_then(|file| file.sync_all()).and_then(|()| std::fs::rename(part, to));
    synced.map_err(|error| cannot_open(to, &error))?;
    let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| cannot_open(folder, &error))
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_os_string();
    name.push(end);
    name.into()
}
