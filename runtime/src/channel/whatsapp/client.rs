//! The one that speaks to the Graph API. It tells exactly what it knows of an attempt: accepted, refused, not sent, or
//! unknown (reliability.md 4.3). It never repeats a send; that is the outbox's to decide.

mod answer;
mod call;
mod media;
mod send;

use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{HeaderValue, InvalidHeaderValue};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;
use url::Url;

pub use answer::read;
pub use call::{CallError, NumberInfo, TemplateInfo};
pub use media::{Download, MediaError};

/// Where the Graph API is, and how long it may take.
#[derive(Clone, Debug)]
pub struct Config {
    /// `https://graph.facebook.com`
    pub base: Url,
    /// `v25.0`
    pub version: String,
    /// From the request to the last byte of its answer.
    pub deadline: Duration,
    /// Until a connection stands.
    pub connect: Duration,
    /// Connections kept open while nobody needs them.
    pub idle: usize,
    /// Hosts besides the base's that files come from, with the token. Ends of names: `fbsbx.com`.
    pub media_hosts: Vec<String>,
}

impl Config {
    /// The vendor's own places and times that suit it.
    pub fn new(base: Url, version: &str) -> Config {
        Config {
            base,
            version: version.to_string(),
            deadline: Duration::from_secs(20),
            connect: Duration::from_secs(5),
            idle: 64,
            media_hosts: ["fbsbx.com", "facebook.com", "whatsapp.net", "fbcdn.net"].map(String::from).to_vec(),
        }
    }
}

#[derive(Debug, Error)]
pub enum ClientError {
    #[error("the machine's certificates could not be read")]
    Certificates(#[source] std::io::Error),
    #[error("the client for files could not be made")]
    Files(#[source] reqwest::Error),
    #[error("an access token holds letters that no header may have")]
    Token(#[source] InvalidHeaderValue),
}

/// A shop's access token, ready to be sent. Is not shown.
#[derive(Clone)]
pub struct Access(HeaderValue);

impl std::fmt::Debug for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Access")
    }
}

impl Access {
    pub fn new(token: &SecretString) -> Result<Access, ClientError> {
        let mut header =
            HeaderValue::from_str(&format!("Bearer {}", token.expose_secret().trim())).map_err(ClientError::Token)?;
        header.set_sensitive(true);
        Ok(Access(header))
    }
}

/// The Graph API. Cheap to clone; all clones share their connections.
#[derive(Clone, Debug)]
pub struct Graph {
    config: Arc<Config>,
    /// Sends: many, small, always to one host.
    sends: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    /// Everything else. Follows no redirect by itself.
    calls: reqwest::Client,
}

impl Graph {
    /// # Errors
    /// When the machine has no certificates to trust.
    pub fn new(config: Config) -> Result<Graph, ClientError> {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(config.connect));
        let provider = rustls::crypto::aws_lc_rs::default_provider();
        let https = hyper_rustls::HttpsConnectorBuilder::new()
            .with_provider_and_platform_verifier(provider)
            .map_err(ClientError::Certificates)?
            .https_or_http()
            .enable_http1()
            .wrap_connector(tcp);
        let sends = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(Duration::from_secs(30))
            .pool_max_idle_per_host(config.idle)
            .build(https);
        let calls = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(config.connect)
            .user_agent(concat!("duka/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(ClientError::Files)?;
        Ok(Graph { config: Arc::new(config), sends, calls })
    }

    /// `https://graph.facebook.com/v25.0/path`
    fn address(&self, path: &str) -> String {
        format!("{}/{}/{path}", self.config.base.as_str().trim_end_matches('/'), self.config.version)
    }
}
