//! The guarded way out to addresses that people wrote down, for the shops' systems and for their people: TLS only, every
//! address looked at when it is connected to, no hosts but those that were named, no redirects to elsewhere, and bounds on time
//! and size (TM22-TM24, I29). Knows nothing of what is asked there.

pub mod address;
mod client;
mod hosts;
mod names;

use std::time::Duration;

use url::{Host, Url};

pub use self::client::Egress;
pub use self::hosts::Hosts;
pub use self::names::{Lookup, Names, SystemNames};

/// The largest answer that is read.
pub const MOST_BYTES: usize = 1024 * 1024;

/// How long a connection to a shop's system may take to come about.
pub const CONNECT: Duration = Duration::from_secs(2);

/// How long one to an address of the settings may take: nobody waits for it.
const CONNECT_UNHURRIED: Duration = Duration::from_secs(5);

/// Redirects on the same host that a GET follows.
pub const MOST_REDIRECTS: u32 = 3;

/// Requests of the whole process that are open at once.
pub const MOST_OPEN: usize = 256;

/// Where TLS is served. Others are for development.
const PORTS: [u16; 2] = [443, 8443];

/// What may be reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// Lets loopback, plain HTTP and any port through, for stand-ins.
    pub development: bool,
    /// Addresses are of the server's own settings: any port, and with a name and password in them.
    pub operators: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

/// One request. Headers that can not be written are refused when it is sent.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: Method,
    pub url: Url,
    pub headers: Vec<(String, String)>,
    pub body: Option<Vec<u8>>,
    /// From the first byte to the last, the connection included.
    pub within: Duration,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    /// How long the server wants to be left alone, where it says so in seconds.
    pub retry_after: Option<Duration>,
    /// Names in small letters; those that are text.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// Why there is no answer. All but a refusal are what the one who was asked does or did.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EgressError {
    /// Nothing was sent: it must not be.
    #[error("{0}")]
    Refused(String),
    /// Nothing was sent: nobody could be reached.
    #[error("can not be reached: {0}")]
    NotReached(String),
    /// It may have arrived.
    #[error("did not answer in time")]
    TimedOut,
    /// It may have arrived.
    #[error("broke the connection: {0}")]
    Broken(String),
    /// It has arrived.
    #[error("answered more than {} KiB", MOST_BYTES / 1024)]
    TooLarge,
    /// It was answered with the address of another place, which is not asked.
    #[error("sends us on to `{0}`, where we do not follow")]
    Redirected(String),
}

impl EgressError {
    /// Certainly nothing was done.
    pub fn is_unsent(&self) -> bool {
        match self {
            EgressError::Refused(_) | EgressError::NotReached(_) => true,
            EgressError::TimedOut | EgressError::Broken(_) | EgressError::TooLarge | EgressError::Redirected(_) => {
                false
            }
        }
    }
}

impl Answer {
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

impl Request {
    /// A POST of JSON.
    pub fn json(url: Url, headers: &[(&str, &str)], body: Vec<u8>, within: Duration) -> Request {
        let own = [("content-type", "application/json")];
        let headers = own.iter().chain(headers).map(|(name, value)| ((*name).to_string(), (*value).to_string()));
        Request { method: Method::Post, url, headers: headers.collect(), body: Some(body), within }
    }
}

impl Policy {
    fn connect(self) -> Duration {
        if self.operators { CONNECT_UNHURRIED } else { CONNECT }
    }

    /// Whether an address may be asked at all; names are looked at again when they are resolved.
    ///
    /// # Errors
    /// Why not.
    pub fn admit(self, url: &Url) -> Result<(), EgressError> {
        let refused = |why: String| Err(EgressError::Refused(why));
        match url.scheme() {
            "https" => {}
            "http" if self.development => {}
            "http" => {
                return refused(format!("`{}` is not encrypted: an address begins with `https://`", url.authority()));
            }
            other => return refused(format!("`{other}:` is not the beginning of a web address")),
        }
        if !self.operators && (!url.username().is_empty() || url.password().is_some()) {
            return refused("the address holds a name or password".to_string());
        }
        let port = url.port_or_known_default().unwrap_or(0);
        if !self.development && !self.operators && !PORTS.contains(&port) {
            return refused(format!("port {port} is none of 443 and 8443"));
        }
        match url.host() {
            Some(Host::Domain(_)) => Ok(()),
            Some(Host::Ipv4(address)) => self.admit_address(address.into()),
            Some(Host::Ipv6(address)) => self.admit_address(address.into()),
            None => refused("the address names no host".to_string()),
        }
    }

    /// Whether an address may be connected to.
    ///
    /// # Errors
    /// It belongs to a special range.
    pub fn admit_address(self, address: std::net::IpAddr) -> Result<(), EgressError> {
        if address::is_public(address) || (self.development && address.is_loopback()) {
            return Ok(());
        }
        Err(EgressError::Refused(format!("{address} is not an address of the public internet")))
    }
}
