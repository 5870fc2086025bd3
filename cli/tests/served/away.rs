//! What the server stands on is gone: a disk that refuses, a database that is not there yet. Seen from outside.

use std::str::FromStr;

use serde_json::json;
use sqlx::ConnectOptions;
use sqlx::postgres::PgConnectOptions;

use crate::database::database;
use crate::http;
use crate::stage::{Stage, until};
use crate::support::copy;

const PHONE: &str = "254700000021";

fn writes(stage: &Stage, text: &str) {
    let path = format!("/control/customer/{PHONE}");
    let said = json!({ "text": text, "as": { "name": "Amina" } });
    http::json("POST", &stage.control, &path, &[], &said);
}

fn is_ready(stage: &Stage) -> bool {
    http::ask("GET", &stage.address, "/readyz", &[], "").is_some_and(|(status, _)| status == 200)
}

#[test]
fn a_disk_that_refuses_a_commit_ends_the_process_and_the_next_one_goes_on() {
    let mut stage = Stage::begin(|shop| copy("examples/boutique", shop), "", None, "");
    // Four mebibytes: the start fits into them, and a few hundred messages do not.
    stage.blocks = Some(8_192);
    stage.start();
    let long = "a word of many ".repeat(250);
    until("the disk refuses", || {
        for _ in 0..20 {
            writes(&stage, &long);
        }
        stage.ended().is_some()
    });
    assert_eq!(stage.ended(), Some(1));
    assert!(stage.log().contains("the disk has refused a commit"), "the operator is told why");
    stage.start();
    writes(&stage, "hi");
    stage.rest();
    assert_eq!(stage.ended(), None, "it goes on");
}

#[test]
fn a_database_that_is_not_there_yet_is_waited_for() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let url = PgConnectOptions::from_str(&runtime.block_on(database())).expect("an address");
    // A server that is reached over a network can not be hidden here.
    let Some(socket) = url.get_socket().map(|socket| socket.to_path_buf()) else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let way = folder.path().join("postgres");
    std::os::unix::fs::symlink(&socket, &way).expect("a link");
    let url = url.socket(&way).to_url_lossy().to_string();
    let mut stage = Stage::begin(|shop| copy("examples/boutique", shop), "", Some(&url), "");
    std::fs::remove_file(&way).expect("the link is there");
    stage.spawn();
    until("the server waits", || stage.log().matches("the database is tried again").count() >= 2);
    assert!(stage.ended().is_none() && !is_ready(&stage));
    std::os::unix::fs::symlink(&socket, &way).expect("a link");
    until("the server is ready", || is_ready(&stage));
}
