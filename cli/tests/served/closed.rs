//! A PostgreSQL that answers and lets nobody in, or nobody who may do what is needed: what the commands say of it, and that
//! nothing is waited for.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::str::FromStr;

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Executor};

use crate::database::database;
use crate::support::{Folder, copy};

/// `.ci/postgres` lets this user in by password only.
const GUARDED: &str = "duka_guarded";
const NO_RIGHTS: &str = "duka_no_rights";
/// In no message.
const PASSWORD: &str = "kept-from-everybody";

fn address(options: &PgConnectOptions) -> String {
    options.to_url_lossy().to_string()
}

/// An empty database, and users who may not use it.
fn guarded() -> PgConnectOptions {
    let threads = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a thread");
    threads.block_on(async {
        let options = PgConnectOptions::from_str(&database().await).expect("it is an address");
        let mut owner = options.connect().await.expect("the database answers");
        for role in [GUARDED, NO_RIGHTS] {
            let make = format!(
                "DO $$ BEGIN CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}';
                 EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
            );
            owner.execute(sqlx::AssertSqlSafe(make)).await.expect("roles may be made");
        }
        options
    })
}

/// What each command says of a database at this address; each ends by itself.
fn told(address: &str, message: &str, help: &str) {
    let folder = Folder::new();
    copy("examples/empty", folder.path());
    folder.write("duka.toml", format!("listen = \"127.0.0.1:0\"\ndatabase = \"{address}\"\nshops = \".\"\n"));
    for command in [&["serve"][..], &["keys", "new", "ann"], &["restore", "--postgres", address]] {
        let run = folder.duka(command);
        assert_eq!((run.code, run.out.as_str()), (Some(2), ""), "{command:?}: {run:?}");
        assert!(run.err.contains(&format!("duka: {message}")), "{command:?}: {}", run.err);
        assert!(run.err.contains(help) && !run.err.contains(PASSWORD), "{command:?}: {}", run.err);
    }
    let examined = folder.duka(&["doctor"]);
    assert_eq!(examined.code, Some(1), "{examined:?}");
    let fault = examined.out.lines().find(|line| line.starts_with("fault    database: "));
    assert!(fault.is_some_and(|line| line.contains(message)) && examined.out.contains(help), "{}", examined.out);
    assert!(!examined.out.contains(PASSWORD) && !examined.err.contains(PASSWORD), "{examined:?}");
}

#[test]
fn a_wrong_password_is_told_as_one() {
    if std::env::var("POSTGRES_RESTART").is_err() {
        eprintln!("NOT TRIED: only the server that `.ci/postgres` makes is known to ask for passwords");
        return;
    }
    let options = guarded().username(GUARDED).password(&format!("{PASSWORD}-wrong"));
    let message = "PostgreSQL lets this user not in: password authentication failed for user \"duka_guarded\"";
    told(&address(&options), message, "Are user and password in `database` right");
}

#[test]
fn a_database_that_is_not_there_is_told_with_how_it_is_made() {
    let options = guarded().database("duka_no_such");
    let message = "PostgreSQL answers, and database \"duka_no_such\" does not exist";
    told(&address(&options), message, "Make it, `CREATE DATABASE duka OWNER duka`, or name another one");
}

#[test]
fn a_user_without_rights_is_told_which_are_needed() {
    let options = guarded().username(NO_RIGHTS).password(PASSWORD);
    let folder = Folder::new();
    copy("examples/empty", folder.path());
    let settings = format!("listen = \"127.0.0.1:0\"\ndatabase = \"{}\"\nshops = \".\"\n", address(&options));
    folder.write("duka.toml", settings);
    for command in [&["serve"][..], &["keys", "new", "ann"]] {
        let run = folder.duka(command);
        assert_eq!((run.code, run.out.as_str()), (Some(2), ""), "{run:?}");
        assert!(run.err.contains("duka: PostgreSQL refuses: permission denied for schema public"), "{}", run.err);
        assert!(run.err.contains("`CREATE ROLE duka LOGIN CREATEROLE`"), "{}", run.err);
    }
}

#[test]
fn a_user_who_may_not_be_the_servers_role_is_told_so_at_once() {
    let options = guarded();
    let folder = Folder::new();
    copy("examples/empty", folder.path());
    let settings = |options: &PgConnectOptions| format!("database = \"{}\"\nshops = \".\"\n", address(options));
    folder.write("duka.toml", settings(&options));
    assert_eq!(folder.duka(&["keys", "new", "ann"]).code, Some(0));
    let threads = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a thread");
    threads.block_on(async {
        let mut owner = options.connect().await.expect("the database answers");
        let may = format!("GRANT ALL ON SCHEMA public TO {NO_RIGHTS}; GRANT ALL ON _sqlx_migrations TO {NO_RIGHTS}");
        owner.execute(sqlx::AssertSqlSafe(may)).await.expect("the owner may");
    });
    folder.write("duka.toml", settings(&options.username(NO_RIGHTS).password(PASSWORD)));
    let run = folder.duka(&["keys", "list"]);
    assert_eq!((run.code, run.out.as_str()), (Some(2), ""), "{run:?}");
    assert!(run.err.contains("duka: PostgreSQL refuses: permission denied to set role \"duka_app\""), "{}", run.err);
}

#[test]
fn a_database_that_pg_restore_has_not_filled_is_not_told_to_be_restored() {
    let folder = Folder::new();
    let address = address(&guarded());
    for _ in 0..2 {
        let run = folder.duka(&["restore", "--postgres", &address]);
        assert_eq!((run.code, run.out.as_str()), (Some(2), ""), "{run:?}");
        assert!(run.err.contains("duka: there is nothing of Duka in this database yet"), "{}", run.err);
        assert!(run.err.contains("Fill it first: `pg_restore"), "{}", run.err);
    }
}

/// Answers like a server of this version, up to where it would be asked something.
fn server_of_version(version: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("it listens").port();
    let parameter = format!("server_version\0{version}\0");
    let mut greeting = b"R\0\0\0\x08\0\0\0\0S".to_vec();
    greeting.extend(u32::try_from(parameter.len() + 4).expect("it is short").to_be_bytes());
    greeting.extend(parameter.as_bytes());
    greeting.extend(b"Z\0\0\0\x05I");
    std::thread::spawn(move || {
        for mut line in listener.incoming().flatten() {
            let mut begin = [0; 1_024];
            if line.read(&mut begin).is_ok_and(|read| read > 0) && line.write_all(&greeting).is_ok() {
                // It stays until the other side has gone.
                let _ = line.read_to_end(&mut Vec::new());
            }
        }
    });
    format!("postgres://duka@127.0.0.1:{port}/duka?sslmode=disable")
}

#[test]
fn a_server_that_is_too_old_is_not_begun_with() {
    let address = server_of_version("14.9 (Debian 14.9-1)");
    told(&address, "PostgreSQL 14 is too old: 15 is the least", "`pg_dump` there, `pg_restore` here");
}
