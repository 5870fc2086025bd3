//! The kinds of values that settings have, each read from one text. What is read is right.

use std::net::{Ipv4Addr, SocketAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// A value read from a text of `duka.toml` or of the environment.
pub trait Reads: Sized {
    /// # Errors
    /// What is expected instead, as the end of "should be …".
    fn reads(text: &str) -> Result<Self, String>;
}

macro_rules! read_from_text {
    ($($name:ident),*) => { $(
        impl TryFrom<String> for $name {
            type Error = String;
            fn try_from(text: String) -> Result<$name, String> { $name::reads(&text) }
        }
    )* };
}

read_from_text!(Address, Database, HttpUrl, GraphVersion, Length);

/// Where the server listens: `127.0.0.1:8080`, `[::]:8080`.
#[derive(Clone, Copy, Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String")]
pub struct Address(pub SocketAddr);

impl Default for Address {
    fn default() -> Address {
        Address(SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)))
    }
}

impl Reads for Address {
    fn reads(text: &str) -> Result<Address, String> {
        let found = SocketAddr::from_str(text).ok().or_else(|| text.to_socket_addrs().ok()?.next());
        found
            .map(Address)
            .ok_or_else(|| format!("should be an address with a port, such as `127.0.0.1:8080`, not `{text}`"))
    }
}

/// Where everything is kept.
#[derive(Clone, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String")]
pub enum Database {
    Sqlite(PathBuf),
    /// A `postgres://` URL; it may hold a password, so it is not shown.
    Postgres(String),
    /// Nothing is kept: for trying out.
    Memory,
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Database::Sqlite(path) => write!(f, "sqlite {}", path.display()),
            Database::Postgres(_) => f.write_str("postgres"),
            Database::Memory => f.write_str("memory"),
        }
    }
}

impl Default for Database {
    fn default() -> Database {
        Database::Sqlite(PathBuf::from("duka.db"))
    }
}

impl Database {
    pub(super) fn below(self, base: &Path) -> Database {
        match self {
            Database::Sqlite(path) => Database::Sqlite(base.join(path)),
            Database::Postgres(url) => Database::Postgres(url),
            Database::Memory => Database::Memory,
        }
    }
}

impl Reads for Database {
    fn reads(text: &str) -> Result<Database, String> {
        let scheme = text.split_once("://").map(|(scheme, _)| scheme);
        match scheme {
            Some("postgres" | "postgresql") => Ok(Database::Postgres(text.to_string())),
            Some("sqlite") => Ok(Database::Sqlite(PathBuf::from(text.trim_start_matches("sqlite://")))),
            Some(_) => Err("should be the path of a file, or a `postgres://` address".to_string()),
            None if text == "memory" => Ok(Database::Memory),
            None if text.trim().is_empty() => {
                Err("should be the path of a file, or a `postgres://` address; it is empty".to_string())
            }
            None => Ok(Database::Sqlite(PathBuf::from(text.trim_start_matches("sqlite:")))),
        }
    }
}

/// An address of somebody else's server.
#[derive(Clone, Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String")]
pub struct HttpUrl(pub url::Url);

impl Reads for HttpUrl {
    fn reads(text: &str) -> Result<HttpUrl, String> {
        let url = url::Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        url.map(HttpUrl)
            .ok_or_else(|| format!("should be an address such as `https://graph.facebook.com`, not `{text}`"))
    }
}

/// `v25.0`; chosen for its end, 2028-07-29 (whatsapp-cloud-api 1).
#[derive(Clone, Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String", extend("pattern" = "^v[0-9]+\\.[0-9]+$"))]
pub struct GraphVersion(pub String);

impl Default for GraphVersion {
    fn default() -> GraphVersion {
        GraphVersion("v25.0".to_string())
    }
}

impl Reads for GraphVersion {
    fn reads(text: &str) -> Result<GraphVersion, String> {
        let digits = |part: &str| !part.is_empty() && part.len() <= 3 && part.bytes().all(|byte| byte.is_ascii_digit());
        let is_version =
            text.strip_prefix('v').and_then(|rest| rest.split_once('.')).is_some_and(|(a, b)| digits(a) && digits(b));
        if is_version {
            Ok(GraphVersion(text.to_string()))
        } else {
            Err(format!("should be a version such as `v25.0`, not `{text}`"))
        }
    }
}

/// `10 minutes`, `500 ms`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String", extend("pattern" = "^[0-9]+ ?(ms|seconds?|minutes?|hours?|days?)$"))]
pub struct Length(i64);

impl Length {
    pub fn ms(self) -> i64 {
        self.0
    }
}

impl Reads for Length {
    fn reads(text: &str) -> Result<Length, String> {
        let wrong = || format!("should be a length of time, such as `10 minutes` or `500 ms`, not `{text}`");
        let digits = text.find(|letter: char| !letter.is_ascii_digit()).ok_or_else(wrong)?;
        let (amount, unit) = text.split_at(digits);
        let unit_ms = match unit.trim() {
            "ms" => 1,
            "second" | "seconds" => 1_000,
            "minute" | "minutes" => 60_000,
            "hour" | "hours" => 3_600_000,
            "day" | "days" => 86_400_000,
            _ => return Err(wrong()),
        };
        let amount: i64 = amount.parse().ok().filter(|amount| (0..=1_000_000).contains(amount)).ok_or_else(wrong)?;
        Ok(Length(amount * unit_ms))
    }
}
