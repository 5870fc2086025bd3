//! T23: from the start of the process until it is ready, with an empty store and with a gigabyte in it, after a clean end and
//! after a kill.

use std::io;
use std::time::Duration;

use duka_load::bars::{self, Bar};
use duka_load::generator::{self, Kind};
use duka_load::postgres;
use duka_load::process::{self, Setup};

use crate::{On, Place, checked, target};

const STARTS: usize = 10;
const BYTES: u64 = 1 << 30;

/// # Errors
/// A process that does not start, or refuses.
pub async fn ready(on: &On<'_>) -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    let graph = process::graph(&on.arguments.duka, folder.path(), &["--fast"]).await?;
    let setup = on.setup(folder.path(), &format!("http://{}", graph.address), 1).await?;
    // The first start makes the tables.
    let first = setup.start().await?;
    let made = first.ready_in;
    first.stop().await?;
    show(on, "first start", &[made], &bars::T23_EMPTY);
    let mut empty = Vec::new();
    for _ in 0..STARTS {
        let process = setup.start().await?;
        empty.push(process.ready_in);
        process.stop().await?;
    }
    show(on, "empty", &empty, &bars::T23_EMPTY);
    let process = setup.start().await?;
    while bytes(on, &setup).await? < BYTES {
        let aim = target(&process.address, 100_000, 1, Kind::Text);
        checked(generator::closed(&aim, on.arguments.connections, Duration::from_secs(5)).await)?;
    }
    process.stop().await?;
    let (mut stopped, mut killed) = (Vec::new(), Vec::new());
    for _ in 0..STARTS {
        let mut process = setup.start().await?;
        stopped.push(process.ready_in);
        let aim = target(&process.address, 100_000, 1, Kind::Text);
        checked(generator::closed(&aim, on.arguments.connections, Duration::from_secs(1)).await)?;
        process.kill_now().await?;
        let process = setup.start().await?;
        killed.push(process.ready_in);
        process.stop().await?;
    }
    show(on, "1 GiB, after a stop", &stopped, &bars::T23_FULL);
    show(on, "1 GiB, after a kill", &killed, &bars::T23_FULL);
    graph.kill().await
}

fn show(on: &On<'_>, what: &str, starts: &[Duration], bar: &'static Bar) {
    let slowest = starts.iter().max().map_or(0, Duration::as_millis);
    println!("| T23 ready, ms, {}, {what} | | {slowest} | | slowest of {} |", on.place, starts.len());
    on.judge.see(bar, format!("{}, {what}", on.place), slowest as f64);
}

async fn bytes(on: &On<'_>, setup: &Setup<'_>) -> io::Result<u64> {
    match &on.place {
        Place::Sqlite => Ok(std::fs::metadata(&setup.database)?.len()),
        Place::Postgres(_) => {
            let size = postgres::ask::<i64>(&setup.database, "SELECT pg_database_size(current_database())").await?;
            Ok(size.unwrap_or(0) as u64)
        }
    }
}
