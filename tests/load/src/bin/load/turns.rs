//! P7 and P11: durable turns without their sends, beside a bare loop that group-commits the same rows.

use std::io;
use std::path::Path;
use std::time::Duration;

use duka_load::bare::{self, Sizes};
use duka_load::generator::{self, Kind};
use duka_load::postgres;
use duka_load::process::{Process, Setup};

use crate::{Arguments, NOBODY, On, Place, checked, median, target};

async fn server(arguments: &Arguments, folder: &Path) -> io::Result<Process> {
    On { arguments, place: Place::Sqlite }.server(folder, NOBODY, 1).await
}

/// What the server's rows measure, read from the database it left.
fn sizes(database: &Path) -> rusqlite::Result<Sizes> {
    let connection = rusqlite::Connection::open(database)?;
    let average = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, f64>(0)).map(|bytes| bytes as usize);
    Ok(Sizes {
        session: average("SELECT avg(length(session)) FROM conversation")?,
        event: average("SELECT avg(length(event)) FROM turn")?,
        trace: average("SELECT avg(length(trace) + length(notes)) FROM turn")?,
        send: average("SELECT avg(length(body)) FROM outbox")?,
    })
}

/// P7: durable turns without their sends, against the fused bare loop.
pub async fn sqlite(arguments: &Arguments) -> io::Result<Sizes> {
    let period = Duration::from_secs(arguments.seconds);
    let first = tempfile::tempdir()?;
    let warm = server(arguments, first.path()).await?;
    checked(generator::closed(&target(&warm.address, 1_000, 1, Kind::Text), 16, Duration::from_secs(1)).await)?;
    warm.stop().await?;
    let sizes = sizes(&first.path().join("duka.db")).map_err(io::Error::other)?;
    let (mut bare, mut served) = (Vec::new(), Vec::new());
    for _ in 0..arguments.rounds {
        let folder = tempfile::tempdir()?;
        let writer = bare::Sqlite::open(&folder.path().join("bare.db"), sizes).map_err(io::Error::other)?;
        let address = bare::serve(writer).await?;
        let target_of = |address: &str| target(address, 10_000, 1, Kind::Text);
        bare.push(checked(generator::closed(&target_of(&address), arguments.connections, period).await)?.per_second());
        let process = server(arguments, folder.path()).await?;
        served.push(
            checked(generator::closed(&target_of(&process.address), arguments.connections, period).await)?.per_second(),
        );
        process.stop().await?;
    }
    let (bare, served) = (median(bare), median(served));
    println!("| P7 durable turns/s, SQLite | {bare:.0} | {served:.0} | {:.2} | {sizes:?} |", served / bare);
    Ok(sizes)
}

/// P11: the same on PostgreSQL, each round in databases of its own.
pub async fn postgres(arguments: &Arguments, url: &str, sizes: Sizes) -> io::Result<()> {
    let period = Duration::from_secs(arguments.seconds);
    let (mut bare, mut served) = (Vec::new(), Vec::new());
    for _ in 0..arguments.rounds {
        let target_of = |address: &str| target(address, 10_000, 1, Kind::Text);
        let own = postgres::database(url, "duka_load_bare").await?;
        let writer = tokio::task::spawn_blocking(move || postgres::Postgres::open(&own, sizes))
            .await
            .map_err(io::Error::other)??;
        let address = bare::serve(writer).await?;
        bare.push(checked(generator::closed(&target_of(&address), arguments.connections, period).await)?.per_second());
        let folder = tempfile::tempdir()?;
        let database = postgres::database(url, "duka_load_server").await?;
        let mut setup = Setup::new(&arguments.duka, folder.path(), database, NOBODY.into(), 1)?;
        setup.per_number = 1;
        let process = setup.start().await?;
        served.push(
            checked(generator::closed(&target_of(&process.address), arguments.connections, period).await)?.per_second(),
        );
        process.stop().await?;
    }
    let (bare, served) = (median(bare), median(served));
    println!("| P11 durable turns/s, PostgreSQL | {bare:.0} | {served:.0} | {:.2} | |", served / bare);
    Ok(())
}
