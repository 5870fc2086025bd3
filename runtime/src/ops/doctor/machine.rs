//! What is on this side of the wire: secrets, the version that is called, the database and its disk, the server.

use std::path::Path;

use rustix::fs::Access;
use secrecy::{ExposeSecret, SecretString};

use super::super::client::{Error, Server};
use super::super::day;
use super::Line;
use crate::channel::whatsapp::versions::{self, CHECKED, Life};
use crate::config::{Config, Database, FilesPlace};
use crate::server::run::open_files;
use crate::store::{self, Store};

/// What Meta's app secrets have; shorter ones can be tried out.
const SECRET_LETTERS: usize = 16;
/// A version that ends sooner than this should be left.
const SOON_MS: i64 = 120 * 24 * 3_600_000;
/// Free space below which a database should be looked at.
const LITTLE_BYTES: u64 = 2 << 30;

/// Empty: it is missing, which was told of.
fn is_missing(secret: &SecretString) -> bool {
    secret.expose_secret().is_empty()
}

/// Of those that are there.
pub(super) fn secrets(config: &Config) -> Vec<Line> {
    let (secrets, token) = (&config.whatsapp.app_secrets, config.whatsapp.verify_token.as_ref());
    let mut lines = Vec::new();
    if !secrets.first().is_some_and(is_missing) {
        lines.push(app_secret(secrets));
    }
    if !token.is_some_and(is_missing) {
        lines.push(verify_token(token));
    }
    lines
}

fn is_weak(secret: &SecretString) -> bool {
    secret.expose_secret().len() < SECRET_LETTERS
}

fn app_secret(secrets: &[SecretString]) -> Line {
    const ABOUT: &str = "app secret";
    match secrets {
        [] => Line::warning(
            ABOUT,
            "the settings name none",
            "Unless every shop has an app of its own, add `app_secret = \"env:NAME\"` below `[whatsapp]`.",
        ),
        [secret, ..] if is_weak(secret) => Line::warning(
            ABOUT,
            format!("it has fewer than {SECRET_LETTERS} letters"),
            "Copy it from the app's basic settings; whoever guesses it can forge messages of customers.",
        ),
        [_, _, ..] => Line::warning(
            ABOUT,
            "the one before is still accepted",
            "Take `old_app_secret` out once the app signs with the new one.",
        ),
        [_] => Line::ok(ABOUT, "there is one"),
    }
}

fn verify_token(token: Option<&SecretString>) -> Line {
    const ABOUT: &str = "verify token";
    match token {
        None => Line::warning(
            ABOUT,
            "the settings name none",
            "Meta can not set the webhook up: add `verify_token = \"env:NAME\"` below `[whatsapp]`.",
        ),
        Some(token) if is_weak(token) => Line::warning(
            ABOUT,
            format!("it has fewer than {SECRET_LETTERS} letters"),
            "Take a long random word, as of `openssl rand -hex 16`.",
        ),
        Some(_) => Line::ok(ABOUT, "there is one"),
    }
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

pub(super) async fn store(config: &Config) -> Vec<Line> {
    const ABOUT: &str = "database";
    match &config.database {
        Database::Memory => {
            vec![Line::warning(ABOUT, "nothing is kept: `memory`", "Name a file or a `postgres://` address.")]
        }
        Database::Sqlite(path) => vec![file(path), space(path, config.limits.disk_reserve)],
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
            Err(error) => vec![damage(&error)],
        },
    }
}

fn file(path: &Path) -> Line {
    const ABOUT: &str = "database";
    let folder = nearest(path);
    if !folder.is_dir() || rustix::fs::access(folder, Access::WRITE_OK | Access::EXEC_OK).is_err() {
        return Line::fault(
            ABOUT,
            format!("`{}` is no folder that this user may write in", folder.display()),
            "The server keeps files beside the database: examine as its user, and let that one own the folder.",
        );
    }
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
        Err(error) => damage(&error),
    }
}

/// Where the folders to a file begin that are still to be made.
fn nearest(path: &Path) -> &Path {
    path.ancestors().skip(1).find(|folder| folder.exists()).unwrap_or(Path::new("."))
}

fn damage(error: &store::Error) -> Line {
    Line::fault("database", error.to_string(), error.help().unwrap_or("Try again; the server's log says more."))
}

fn space(path: &Path, reserve: u64) -> Line {
    const ABOUT: &str = "disk";
    let folder = nearest(path);
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
        free if free < reserve => Line::fault(ABOUT, told, "Make space: a full disk refuses webhooks."),
        free if free < LITTLE_BYTES => Line::warning(ABOUT, told, "Make space soon."),
        _ => Line::ok(ABOUT, told),
    }
}

/// Puts a little file where customers' files are kept, and takes it away. `None`: what opens the place is missing.
pub(super) async fn files(place: &FilesPlace) -> Option<Line> {
    const ABOUT: &str = "files";
    if let FilesPlace::Bucket(bucket) = place
        && (is_missing(&bucket.key) || is_missing(&bucket.secret))
    {
        return None;
    }
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
    Some(examined.map_or_else(|error| Line::fault(ABOUT, error.to_string(), fix), |()| Line::ok(ABOUT, told)))
}

/// Asks the server's webhook as Meta does. From outside, the address must lead here: that is for the browser to see.
pub(super) async fn server(config: &Config) -> Line {
    const ABOUT: &str = "server";
    let address = format!("http://{}", config.listen);
    let Some(token) = config.whatsapp.verify_token.as_ref().filter(|token| !is_missing(token)) else {
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
        Err(error @ (Error::Refused { .. } | Error::Unreadable | Error::NoClient(_) | Error::NoAddress(_))) => {
            Line::fault(ABOUT, error.to_string(), "Restart it.")
        }
    }
}
