//! Requests to addresses that people wrote down: only to the public internet, every resolved address looked at, no
//! redirects, no proxies, bounded in time and size (TM22, TM24). In development also to this machine.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use futures_util::StreamExt;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use super::address::is_public;

const CONNECT: Duration = Duration::from_secs(5);
/// From the request to the last byte of its answer.
const DEADLINE: Duration = Duration::from_secs(15);
/// The most of an answer that is read.
const MOST_BYTES: usize = 256 * 1024;

/// Why there is no answer. Says nothing that was sent.
#[derive(Debug, thiserror::Error)]
pub enum EgressError {
    #[error("the address is not on the public internet")]
    NotPublic,
    #[error("the address is not `https`")]
    NotSecret,
    #[error("the answer is too long")]
    TooLong,
    #[error("no answer")]
    Network(#[source] reqwest::Error),
}

/// The way out.
#[derive(Clone, Debug)]
pub struct Egress {
    http: reqwest::Client,
    /// This machine may be spoken to, without secrecy.
    development: bool,
}

impl Egress {
    /// # Errors
    /// The machine has no certificates to trust.
    pub fn new(development: bool) -> Result<Egress, EgressError> {
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT)
            .timeout(DEADLINE)
            .dns_resolver(std::sync::Arc::new(Guard { development }))
            .user_agent(concat!("duka/", env!("CARGO_PKG_VERSION")))
            .build();
        Ok(Egress { http: http.map_err(EgressError::Network)?, development })
    }

    /// Brings a body of JSON to an address. Returns the status and the answer.
    ///
    /// # Errors
    /// The address is none to speak to, or nobody answers in time.
    pub async fn post(
        &self,
        url: &Url,
        headers: &[(&'static str, &str)],
        body: Vec<u8>,
    ) -> Result<(u16, Vec<u8>), EgressError> {
        self.may(url)?;
        let mut request = self.http.post(url.clone()).header("content-type", "application/json").body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.send().await.map_err(|error| EgressError::Network(error.without_url()))?;
        let status = answer.status().as_u16();
        let mut read = Vec::new();
        let mut stream = answer.bytes_stream();
        while let Some(chunk) = stream.next().await {
            let chunk = chunk.map_err(|error| EgressError::Network(error.without_url()))?;
            if read.len() + chunk.len() > MOST_BYTES {
                return Err(EgressError::TooLong);
            }
            read.extend_from_slice(&chunk);
        }
        Ok((status, read))
    }

    /// What the address itself says; names are looked up by [`Guard`].
    fn may(&self, url: &Url) -> Result<(), EgressError> {
        let address = match url.host() {
            Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
            Some(Host::Domain(_)) => None,
            None => return Err(EgressError::NotPublic),
        };
        if address.is_some_and(|address| !allowed(address, self.development)) {
            return Err(EgressError::NotPublic);
        }
        if url.scheme() != "https" && !self.development {
            return Err(EgressError::NotSecret);
        }
        Ok(())
    }
}

fn allowed(address: IpAddr, development: bool) -> bool {
    is_public(address) || (development && address.is_loopback())
}

/// Looks names up, and refuses a name with an address that is not public: what was looked at is connected to.
struct Guard {
    development: bool,
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let development = self.development;
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            if found.iter().any(|address| !allowed(address.ip(), development)) {
                return Err(EgressError::NotPublic.into());
            }
            let addresses: Addrs = Box::new(found.into_iter());
            Ok(addresses)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn nothing_leaves_for_this_machine_or_its_network() {
        let egress = Egress::new(false).expect("a client");
        for (address, expected) in [
            ("https://127.0.0.1/", "public"),
            ("https://2130706433/", "public"),
            ("https://0x7f.1/", "public"),
            ("https://[::1]/", "public"),
            ("https://169.254.169.254/latest", "public"),
            ("http://example.com/", "https"),
            ("https://localhost/", "no answer"),
        ] {
            let url = Url::parse(address).expect("an address");
            let refused = egress.post(&url, &[], Vec::new()).await.expect_err(address).to_string();
            assert!(refused.contains(expected), "{address}: {refused}");
        }
    }
}
