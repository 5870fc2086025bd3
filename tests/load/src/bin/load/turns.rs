//! P7, P8 and P11: durable turns without their sends, beside a bare loop that group-commits the same rows, and beside one that
//! stores nothing.

use std::io;
use std::path::Path;
use std::time::Duration;

use duka_load::bare::{self, Sizes};
use duka_load::bars;
use duka_load::generator::{self, Kind};
use duka_load::postgres;

use crate::{NOBODY, On, checked, median, target};

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

/// P7: durable turns without their sends, against the fused bare loop; P8: against a loop that stores nothing.
///
/// # Errors
/// A process that does not start, or refuses.
pub async fn sqlite(on: &On<'_>) -> io::Result<Sizes> {
    let arguments = on.arguments;
    let period = Duration::from_secs(arguments.seconds);
    let sizes = measured(on).await?;
    let (mut nothing, mut bare, mut served) = (Vec::new(), Vec::new(), Vec::new());
    let target_of = |address: &str| target(address, 10_000, 1, Kind::Text);
    for _ in 0..arguments.rounds {
        let folder = tempfile::tempdir()?;
        let address = bare::serve_nothing().await?;
        let outcome = generator::closed(&target_of(&address), arguments.connections, period).await;
        nothing.push(checked(outcome)?.per_second());
        let writer = bare::Sqlite::open(&folder.path().join("bare.db"), sizes).map_err(io::Error::other)?;
        let address = bare::serve(writer).await?;
        bare.push(checked(generator::closed(&target_of(&address), arguments.connections, period).await)?.per_second());
        let process = on.server(folder.path(), NOBODY, 1).await?;
        served.push(
            checked(generator::closed(&target_of(&process.address), arguments.connections, period).await)?.per_second(),
        );
        process.stop().await?;
    }
    let (nothing, bare, served) = (median(nothing), median(bare), median(served));
    println!("| P7 durable turns/s, SQLite | {bare:.0} | {served:.0} | {:.2} | {sizes:?} |", served / bare);
    println!(
        "| P8 durable turns/s, SQLite | {nothing:.0} (stores nothing) | {served:.0} | {:.2} | |",
        served / nothing
    );
    on.judge.see(&bars::P7, &on.place, served / bare);
    on.judge.see(&bars::P8, &on.place, served / nothing);
    Ok(sizes)
}

/// What the server's rows measure, of a few turns.
async fn measured(on: &On<'_>) -> io::Result<Sizes> {
    let folder = tempfile::tempdir()?;
    let warm = on.server(folder.path(), NOBODY, 1).await?;
    checked(generator::closed(&target(&warm.address, 1_000, 1, Kind::Text), 16, Duration::from_secs(1)).await)?;
    warm.stop().await?;
    sizes(&folder.path().join("duka.db")).map_err(io::Error::other)
}

/// P11: the same on PostgreSQL, each round in databases of its own.
///
/// # Errors
/// A process that does not start, or refuses.
pub async fn postgres(on: &On<'_>, url: &str, sizes: Sizes) -> io::Result<()> {
    let arguments = on.arguments;
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
        let process = on.server(folder.path(), NOBODY, 1).await?;
        served.push(
            checked(generator::closed(&target_of(&process.address), arguments.connections, period).await)?.per_second(),
        );
        process.stop().await?;
    }
    let (bare, served) = (median(bare), median(served));
    println!("| P11 durable turns/s, PostgreSQL | {bare:.0} | {served:.0} | {:.2} | |", served / bare);
    on.judge.see(&bars::P11, &on.place, served / bare);
    Ok(())
}
