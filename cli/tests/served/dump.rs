//! A PostgreSQL database that is dumped, and goes back from the dump: the commands that the operators' page shows.

use std::path::Path;
use std::process::Command;

use crate::cards::{for_pg_dump, of_postgres};
use crate::database::database;
use crate::support::{Folder, copy};

fn fine(program: &str, folder: &Path, arguments: &[&str]) {
    let run = Command::new(of_postgres(program)).args(arguments).current_dir(folder).output().expect("it is installed");
    assert!(run.status.success(), "{program}: {}", String::from_utf8_lossy(&run.stderr));
}

#[test]
fn a_dump_goes_back_and_holds_what_was_there() {
    let threads = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a thread");
    let (one, two) = threads.block_on(async { (database().await, database().await) });
    let folder = Folder::new();
    copy("examples/empty", folder.path());
    for (file, address) in [("one.toml", &one), ("two.toml", &two)] {
        folder.write(file, format!("database = \"{address}\"\nshops = \".\"\n"));
    }
    assert_eq!(folder.duka(&["keys", "new", "ann", "--config", "one.toml"]).code, Some(0));
    let dump = ["--format=custom", "--file=backup.dump", "--dbname", &for_pg_dump(&one)];
    fine("pg_dump", folder.path(), &dump);
    fine("pg_restore", folder.path(), &["--dbname", &for_pg_dump(&two), "backup.dump"]);
    let restored = folder.duka(&["restore", "--postgres", &two]);
    assert!(restored.code == Some(0) && restored.out.starts_with("Restored. Not sent, and parked: 0"), "{restored:?}");
    let keys = folder.duka(&["keys", "list", "--config", "two.toml"]);
    assert_eq!(keys.out, "ann  read  every shop  89 days left\n", "{keys:?}");
}
