//! What is on this side of the wire: secrets, the version that is called, the database and its disk, the server.

use std::path::Path;

use secrecy::{ExposeSecret, SecretString};

use super::super::client::{Error, Server};
use super::super::day;
use super::Line;
use crate::channel::whatsapp::versions::{self, CHECKED, Life};
use crate::config::{Config, Database, FilesPlace};
use crate::server::run::open_files;
use crate::store::Store;

/// What Meta's app secrets have; shorter ones can be tried out.
const SECRET_LETTERS: usize = 16;
/// A version that ends sooner than this should be left.
const SOON_MS: i64 = 120 * 24 * 3_600_000;
/// Free space below which a database should be looked at, and below which it may stop.
const LITTLE_BYTES: u64 = 2 << 30;
const TOO_LITTLE_BYTES: u64 = 256 << 20;

pub(super) fn secrets(config: &Config) -> Vec<Line> {
    const SECRET: &str = "app secret";
    const VERIFY: &str = "verify token";
    let whatsapp = &config.whatsapp;
    let weak = |secret: &SecretString| secret.expose_secret().len() < SECRET_LETTERS;
    let secret = match whatsapp.app_secrets.first() {
        None => Line::warning(
            SECRET,
            "the settings name none",
            "Unless every shop has an app of its own, add `app_secret = \"env:NAME\"` below `[whatsapp]`.",
        ),
        Some(secret) if weak(secret) => Line::warning(
            SECRET,
            format!("it has fewer than {SECRET_LETTERS} letters"),
            "Copy it from the app's basic settings; whoever guesses it can forge messages of customers.",
        ),
        Some(_) if whatsapp.app_secrets.len() > 1 => Line::warning(
            SECRET,
            "the one before is still accepted",
            "Take `old_app_secret` out once the app signs with the new one.",
        ),
        Some(_) => Line::ok(SECRET, "there is one"),
    };
    let verify = match &whatsapp.verify_token {
        None => Line::warning(
            VERIFY,
            "the settings name none",
            "Meta can not set the webhook up: add `verify_token = \"env:NAME\"` below `[whatsapp]`.",
        ),
        Some(token) if weak(token) => Line::warning(
            VERIFY,
            format!("it has fewer than {SECRET_LETTERS} letters"),
            "Take a long random word, as of `openssl rand -hex 16`.",
        ),
        Some(_) => Line::ok(VERIFY, "there is one"),
    };
    vec![secret, verify]
}

pub(super) fn version(config: &Config, now_ms: i64) -> Line {
    const ABOUT: &str = "Graph API version";
    const NEWER: &str = "Set `version` below `[graph]` to a newer one, after trying it out.";
    let version = &config.graph.version;
    let today = day(now_ms);
    match versions::life(version) {
        Life::Open => Line::ok(ABOUT, format!("{version}, whose end was not announced on {CHECKED}")),
        Life::Until(until) if until < today.as_str() => {
            Line::fault(ABOUT, format!("{version} ended on {until}: an older behaviour is served instead"), NEWER)
        }
        Life::Until(until) if until < day(now_ms.saturating_add(SOON_MS)).as_str() => {
            Line::warning(ABOUT, format!("{version} ends on {until}"), NEWER)
        }
        Life::Until(until) => Line::ok(ABOUT, format!("{version}, until {until}")),
        Life::Gone => Line::fault(ABOUT, format!("{version} has ended"), NEWER),
        Life::Unknown => Line::warning(
            ABOUT,
            format!("{version} is not known here"),
            "Is it right? Newer versions of Duka know more.",
        ),
    }
}

pub(super) async fn store(database: &Database) -> Vec<Line> {
    const ABOUT: &str = "database";
    match database {
        Database::Memory => {
            vec![Line::warning(ABOUT, "nothing is kept: `memory`", "Name a file or a `postgres://` address.")]
        }
        Database::Sqlite(path) => vec![file(path), space(path)],
        Database::Postgres(url) => match Store::look_at_postgres(url).await {
            Ok(found) if !found.synced => vec![Line::fault(
                ABOUT,
                format!(
                    "PostgreSQL {} answers, but a commit may be lost: fsync or synchronous_commit is off",
                    found.version
                ),
                "Switch both on: an acknowledged message must be on disk.",
            )],
            Ok(found) => vec![Line::ok(ABOUT, format!("PostgreSQL {} answers, commits are synced", found.version))],
            Err(error) => vec![Line::fault(ABOUT, error.to_string(), "Is PostgreSQL running, and the address right?")],
        },
    }
}

fn file(path: &Path) -> Line {
    const ABOUT: &str = "database";
    if !path.exists() {
        return Line::ok(ABOUT, format!("{} will be made at the first start", path.display()));
    }
    match Store::look_at_sqlite(path) {
        Ok(found) if found.journal != "wal" => Line::warning(
            ABOUT,
            format!("{} is not in WAL mode", path.display()),
            "Start the server once: it sets that.",
        ),
        Ok(found) => {
            Line::ok(ABOUT, format!("{}, SQLite {}, WAL, every commit synced (FULL)", path.display(), found.version))
        }
        Err(error) => Line::fault(ABOUT, error.to_string(), "Restore a copy: `duka restore COPY DATABASE`."),
    }
}

fn space(path: &Path) -> Line {
    const ABOUT: &str = "disk";
    let folder = path.ancestors().skip(1).find(|folder| folder.is_dir()).unwrap_or(Path::new("."));
    let Ok(found) = rustix::fs::statvfs(folder) else {
        return Line::warning(
            ABOUT,
            format!("how much is free below {} can not be told", folder.display()),
            "Look yourself.",
        );
    };
    let free = found.f_bavail.saturating_mul(found.f_frsize);
    let told = format!("{} MiB are free for the database", free >> 20);
    match free {
        free if free < TOO_LITTLE_BYTES => Line::fault(ABOUT, told, "Make space: a full disk refuses webhooks."),
        free if free < LITTLE_BYTES => Line::warning(ABOUT, told, "Make space soon."),
        _ => Line::ok(ABOUT, told),
    }
}

/// Puts a little file where customers' files are kept, and takes it away.
pub(super) async fn files(place: &FilesPlace) -> Line {
    const ABOUT: &str = "files";
    let told = match place {
        FilesPlace::Memory => "customers' files are not kept: `memory`".to_string(),
        FilesPlace::Folder(folder) => format!("customers' files can be kept in {}", folder.display()),
        FilesPlace::Bucket(bucket) => {
            format!("customers' files can be kept in the bucket {} at {}", bucket.name, bucket.endpoint)
        }
    };
    let fix = match place {
        FilesPlace::Memory | FilesPlace::Folder(_) => "The server's user must be able to write there.",
        FilesPlace::Bucket(_) => {
            "Are `bucket`, `endpoint`, `region`, `key` and `secret` below `[files]` right, and may that key read, write, \
             list and delete?"
        }
    };
    let examined = match open_files(place) {
        Ok(files) => files.examine().await,
        Err(error) => Err(error),
    };
    examined.map_or_else(|error| Line::fault(ABOUT, error.to_string(), fix), |()| Line::ok(ABOUT, told))
}

/// Asks the server's webhook as Meta does. From outside, the address must lead here: that is for the browser to see.
pub(super) async fn server(config: &Config) -> Line {
    const ABOUT: &str = "server";
    let address = format!("http://{}", config.listen);
    let Some(token) = &config.whatsapp.verify_token else {
        return Line::warning(ABOUT, "its webhook can not be tried without a verify token", "See above.");
    };
    let asked = async { Server::new(&address, None)?.verifies(token).await };
    match asked.await {
        Ok(true) => Line::ok(ABOUT, format!("{address} answers, and its webhook as Meta expects")),
        Ok(false) => Line::fault(
            ABOUT,
            format!("{address} answers, but not as the webhook of these settings"),
            "Is it another server, or one with older settings? Restart it, or send it SIGHUP.",
        ),
        Err(Error::Silent { .. }) => {
            Line::warning(ABOUT, format!("nothing answers on {address}"), "Start it: `duka serve`.")
        }
        Err(error @ (Error::Refused { .. } | Error::Unreadable | Error::NoClient(_))) => {
            Line::fault(ABOUT, error.to_string(), "Restart it.")
        }
    }
}
