//! F44: the PostgreSQL that the server works on ends, and one that has copied all of it takes over behind the same address.
//! What was acknowledged is there, once and in order. Two throw-away servers of its own; where PostgreSQL's programs are not
//! installed, there is nothing to try.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value as Json, json};
use tempfile::TempDir;

use crate::bridge::{Bridge, Far};
use crate::http;
use crate::stage::{Stage, until};
use crate::support::copy;

const PHONE: &str = "254700000031";
const MESSAGES: u32 = 24;

/// Begins the first, then the second as its copy; the first waits with each commit until the second has it.
const BEGIN: &str = r#"
as initdb -D "$1/one" -U postgres -E UTF8 --locale=C -A trust -N >/dev/null
as pg_ctl -D "$1/one" -l "$1/one.log" -w start -o "-c listen_addresses='' -c unix_socket_directories='$1' -c port=5431 -c fsync=off" >/dev/null
as pg_basebackup -h "$1" -p 5431 -U postgres -D "$1/two" -X stream -R -c fast
as pg_ctl -D "$1/two" -l "$1/two.log" -w start -o "-c listen_addresses='' -c unix_socket_directories='$1' -c port=5432 -c fsync=off" >/dev/null
as psql -h "$1" -p 5431 -U postgres -qc "ALTER SYSTEM SET synchronous_standby_names = '*'" -c "SELECT pg_reload_conf()" >/dev/null
"#;

const FAIL: &str = r#"
as pg_ctl -D "$1/one" -m immediate -w stop >/dev/null
as pg_ctl -D "$1/two" -w promote >/dev/null
"#;

const END: &str = r#"
as pg_ctl -D "$1/one" -m immediate -w stop >/dev/null 2>&1 || true
as pg_ctl -D "$1/two" -m immediate -w stop >/dev/null 2>&1 || true
"#;

/// PostgreSQL refuses to run as root.
const AS_OWNER: &str = r#"
cd "$1"
PATH="$PATH:$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)"
as() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$(command -v "$1")" "${@:2}"; else "$@"; fi; }
set -e
"#;

struct Pair(TempDir);

impl Pair {
    /// `None`: PostgreSQL's programs are not here.
    fn begin() -> Option<Pair> {
        let folder = tempfile::tempdir().expect("a folder");
        let there = "for it in initdb pg_ctl pg_basebackup psql; do command -v $it >/dev/null || exit 9; done";
        if run(folder.path(), there) == Some(9) {
            return None;
        }
        let own = "if [ \"$(id -u)\" = 0 ]; then chown postgres \"$1\"; fi";
        assert_eq!(run(folder.path(), own), Some(0));
        let pair = Pair(folder);
        assert_eq!(run(pair.0.path(), BEGIN), Some(0), "two servers of PostgreSQL begin");
        Some(pair)
    }

    fn socket(&self, port: u16) -> PathBuf {
        self.0.path().join(format!(".s.PGSQL.{port}"))
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        run(self.0.path(), END);
    }
}

fn run(folder: &Path, script: &str) -> Option<i32> {
    let script = format!("{AS_OWNER}{script}");
    Command::new("bash").args(["-c", &script, "bash"]).arg(folder).status().expect("there is bash").code()
}

#[test]
fn another_postgresql_that_takes_over_has_all_that_was_acknowledged() {
    let Some(pair) = Pair::begin() else { return };
    let bridge = Bridge::to(Far::Socket(pair.socket(5431)));
    let url = format!("postgres://postgres@{}/postgres?sslmode=disable", bridge.address);
    let settings = "[sending]\nanswer = \"2 seconds\"\nhold = \"4 seconds\"\n";
    let mut stage = Stage::begin(|shop| copy("tests/shops/counter", shop), "", Some(&url), settings);
    stage.start();
    for n in 1..=MESSAGES {
        if n == MESSAGES / 2 {
            assert_eq!(run(pair.0.path(), FAIL), Some(0), "the second takes over");
            bridge.leads_to(Far::Socket(pair.socket(5432)));
        }
        let said = json!({ "text": format!("count {n}"), "as": { "id": format!("wamid.count.{n}") } });
        let path = format!("/control/customer/{PHONE}");
        until("it is taken", || http::json("POST", &stage.control, &path, &[], &said).1["http"] == 200);
    }
    stage.rest();
    let (_, shown) = http::json("GET", &stage.control, &format!("/control/customer/{PHONE}"), &[], &json!({}));
    let shown: Vec<&str> =
        shown.as_array().expect("messages").iter().filter_map(|it: &Json| it["text"].as_str()).collect();
    let expected: Vec<String> = (1..=MESSAGES).map(|n| format!("ack {n} n={n}")).collect();
    assert_eq!(shown, expected);
    assert_eq!(stage.ended(), None, "it goes on");
}
