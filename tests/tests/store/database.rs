//! A new PostgreSQL database for each test, on the server that the test command starts.

use std::str::FromStr;
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Executor};

static LAST: AtomicU32 = AtomicU32::new(0);

/// The address of a new, empty database.
pub async fn database() -> String {
    let server = std::env::var("DATABASE_URL").unwrap_or_default();
    assert!(
        !server.is_empty(),
        "these tests need PostgreSQL: run `.ci/postgres cargo test`, which starts a throw-away server (Debian: \
         `apt-get install postgresql`), or set DATABASE_URL to a server on which databases may be created"
    );
    let options = PgConnectOptions::from_str(&server).expect("DATABASE_URL is an address");
    let name = format!("duka_test_{}_{}", std::process::id(), LAST.fetch_add(1, Ordering::Relaxed));
    let mut connection = options.connect().await.expect("the server of DATABASE_URL answers");
    let create = AssertSqlSafe(format!("CREATE DATABASE {name} TEMPLATE template0"));
    connection.execute(create).await.expect("databases may be created");
    options.database(&name).to_url_lossy().to_string()
}
