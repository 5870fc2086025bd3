//! What a store is, looked at beside the server that may have it open: changes nothing, and brings nothing up to date.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};
use sqlx::postgres::PgConnection;
use sqlx::{ConnectOptions, Connection as _, Row};

use super::error::Result;
use super::postgres::{at, is_new_enough};

/// An embedded file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqliteLook {
    /// Of the library.
    pub version: &'static str,
    /// `wal`, once a server has opened it.
    pub journal: String,
}

/// A PostgreSQL database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostgresLook {
    pub version: String,
    /// A commit is on disk when it is told to have been done.
    pub synced: bool,
    /// It has the tables of a store.
    pub is_filled: bool,
}

pub(super) fn sqlite(path: &Path) -> Result<SqliteLook> {
    read(path).map_err(|error| error.of_file(path))
}

fn read(path: &Path) -> Result<SqliteLook> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let journal = connection.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
    // A file that is none shows itself when its first page is read.
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0))?;
    Ok(SqliteLook { version: rusqlite::version(), journal })
}

pub(super) async fn postgres(url: &str) -> Result<PostgresLook> {
    let mut connection: PgConnection = at(url)?.connect().await?;
    is_new_enough(&connection)?;
    let asked = "SELECT current_setting('server_version'), current_setting('fsync'),
        current_setting('synchronous_commit'), to_regclass('_sqlx_migrations') IS NOT NULL";
    let row = sqlx::query(asked).fetch_one(&mut connection).await?;
    let look = PostgresLook {
        version: row.try_get(0)?,
        synced: row.try_get::<String, _>(1)? == "on" && row.try_get::<String, _>(2)? != "off",
        is_filled: row.try_get(3)?,
    };
    connection.close().await?;
    Ok(look)
}
