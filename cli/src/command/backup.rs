//! `duka backup` and `duka restore`: a copy of the server's database, and its way back. Sends nothing.

use std::io::Write;

use duka_runtime::store::{Parked, Store};

use crate::arguments::{Backup, Restore};
use crate::failure::{Failure, Outcome};
use crate::report;

pub fn run(arguments: &Backup) -> Result<Outcome, Failure> {
    Store::backup_sqlite(&arguments.database, &arguments.copy)?;
    let (copy, database) = (arguments.copy.display(), arguments.database.display());
    writeln!(std::io::stdout(), "{copy} is a whole copy of {database}.")?;
    Ok(Outcome::Fine)
}

pub fn restore(arguments: &Restore) -> Result<Outcome, Failure> {
    let threads = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let parked = threads.block_on(bring_back(arguments))?;
    let Parked { sends, events, wakes, calls } = parked;
    let count = |number: u64, one: &str| report::count(usize::try_from(number).unwrap_or(usize::MAX), one);
    let (sends, events) = (count(sends, "message"), count(events, "event"));
    let (wakes, calls) = (count(wakes, "reminder"), count(calls, "call"));
    let mut out = std::io::stdout();
    writeln!(out, "Restored. Not sent, and parked: {sends}; in quarantine: {events};")?;
    writeln!(out, "past their time, and dropped: {wakes}; not asked of shops' systems again: {calls}.")?;
    Ok(Outcome::Fine)
}

async fn bring_back(arguments: &Restore) -> Result<Parked, Failure> {
    let now_ms = super::now_ms();
    match (&arguments.postgres, &arguments.copy, &arguments.database) {
        (Some(address), _, _) => {
            // Opened, it would get its tables, and `pg_restore` could not make them any more.
            if !Store::look_at_postgres(address).await?.is_filled {
                return Err(Failure::usage_with_help(
                    "there is nothing of Duka in this database yet",
                    "Fill it first: `pg_restore --dbname=duka backup.dump`.",
                ));
            }
            let store = Store::postgres(address).await?;
            Ok(store.begin_anew(now_ms).await?)
        }
        (None, Some(copy), Some(database)) => {
            let (_, parked) = Store::restore_sqlite(copy, database, now_ms).await?;
            Ok(parked)
        }
        (None, _, _) => Err(Failure::usage("say which copy goes where: `duka restore COPY DATABASE`")),
    }
}
