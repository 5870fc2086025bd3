//! Requests to addresses that people wrote down. Connects only to addresses that were looked at for this very connection,
//! reads no proxy from the environment, and keeps no cookies.

use std::error::Error;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{CONTENT_LENGTH, LOCATION, RETRY_AFTER};
use reqwest::redirect;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use url::Url;

use super::hosts::Hosts;
use super::names::{Names, SystemNames};
use super::{Answer, EgressError, MOST_BYTES, MOST_OPEN, MOST_REDIRECTS, Method, Policy, Request};

/// The one client for all shops.
#[derive(Clone, Debug)]
pub struct Egress {
    http: reqwest::Client,
    policy: Policy,
    room: Arc<Semaphore>,
    /// Where it leads to; `None`: to any host.
    hosts: Option<Arc<Hosts>>,
}

/// Looks at every address of a name before it may be connected to.
struct Guard {
    policy: Policy,
    names: Arc<dyn Names>,
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let (policy, found) = (self.policy, self.names.lookup(name.as_str()));
        Box::pin(async move {
            let addresses: Vec<IpAddr> = found.await?;
            // One that is not public says enough about the name.
            addresses.iter().try_for_each(|address| policy.admit_address(*address))?;
            let checked: Addrs = Box::new(addresses.into_iter().map(|address| SocketAddr::new(address, 0)));
            Ok(checked)
        })
    }
}

impl Egress {
    /// # Errors
    /// The machine has no TLS.
    pub fn new(policy: Policy) -> Result<Egress, EgressError> {
        Egress::with_names(policy, Arc::new(SystemNames))
    }

    /// The same with other names, for tests.
    ///
    /// # Errors
    /// The machine has no TLS.
    pub fn with_names(policy: Policy, names: Arc<dyn Names>) -> Result<Egress, EgressError> {
        let http = reqwest::Client::builder()
            .dns_resolver(Arc::new(Guard { policy, names }))
            .redirect(redirect::Policy::none())
            .https_only(!policy.development)
            .no_proxy()
            .referer(false)
            .connect_timeout(policy.connect())
            .pool_idle_timeout(Duration::from_secs(30))
            .user_agent(concat!("duka/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| EgressError::Refused(error.to_string()))?;
        Ok(Egress { http, policy, room: Arc::new(Semaphore::new(MOST_OPEN)), hosts: None })
    }

    /// The same way, to these hosts only.
    #[must_use]
    pub fn only(&self, hosts: &Arc<Hosts>) -> Egress {
        Egress { hosts: Some(Arc::clone(hosts)), ..self.clone() }
    }

    /// Sends, follows a GET on its own host, and reads the answer.
    ///
    /// # Errors
    /// There is none; [`EgressError::is_unsent`] says whether the request can have arrived.
    pub async fn send(&self, request: Request) -> Result<Answer, EgressError> {
        let late = || EgressError::NotReached("too much is under way".to_string());
        let _permit = timeout(request.within, self.room.acquire()).await.map_err(|_| late())?.map_err(|_| late())?;
        match timeout(request.within, self.follow(&request)).await {
            Ok(answer) => answer,
            Err(_) => Err(EgressError::TimedOut),
        }
    }

    async fn follow(&self, request: &Request) -> Result<Answer, EgressError> {
        let mut url = request.url.clone();
        for _ in 0..=MOST_REDIRECTS {
            self.policy.admit(&url)?;
            self.hosts.as_ref().map_or(Ok(()), |hosts| hosts.admit(&url))?;
            let response = self.once(request, &url).await?;
            let next = if request.method == Method::Get { redirected(&url, &response) } else { None };
            match next {
                None => return read(response).await,
                Some(next) if next.origin() == url.origin() => url = next,
                Some(next) => return Err(EgressError::Redirected(next.authority().to_string())),
            }
        }
        Err(EgressError::Redirected(url.path().to_string()))
    }

    async fn once(&self, request: &Request, url: &Url) -> Result<reqwest::Response, EgressError> {
        let mut sending = self.http.request(method(request.method), url.clone());
        for (name, value) in &request.headers {
            sending = sending.header(name.as_str(), value.as_str());
        }
        if let Some(body) = &request.body {
            sending = sending.body(body.clone());
        }
        sending.send().await.map_err(|error| told(&error))
    }
}

fn method(method: Method) -> reqwest::Method {
    match method {
        Method::Get => reqwest::Method::GET,
        Method::Post => reqwest::Method::POST,
        Method::Put => reqwest::Method::PUT,
        Method::Patch => reqwest::Method::PATCH,
        Method::Delete => reqwest::Method::DELETE,
    }
}

/// Where an answer sends us on to.
fn redirected(from: &Url, response: &reqwest::Response) -> Option<Url> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    from.join(response.headers().get(LOCATION)?.to_str().ok()?).ok()
}

async fn read(mut response: reqwest::Response) -> Result<Answer, EgressError> {
    let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
    let retry_after = header(RETRY_AFTER).and_then(|text| text.trim().parse().ok()).map(Duration::from_secs);
    let announced: usize = header(CONTENT_LENGTH).and_then(|text| text.parse().ok()).unwrap_or(0);
    if announced > MOST_BYTES {
        return Err(EgressError::TooLarge);
    }
    let status = response.status().as_u16();
    let named =
        response.headers().iter().map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_string())));
    let headers: Vec<(String, String)> = named.flatten().collect();
    let mut body = Vec::with_capacity(announced);
    while let Some(part) = response.chunk().await.map_err(|error| told(&error))? {
        if body.len() + part.len() > MOST_BYTES {
            return Err(EgressError::TooLarge);
        }
        body.extend_from_slice(&part);
    }
    Ok(Answer { status, retry_after, headers, body })
}

/// Says which kind of failure it is. Never shows the address, whose query may hold a key.
fn told(error: &reqwest::Error) -> EgressError {
    let mut cause: Option<&(dyn Error + 'static)> = error.source();
    let mut last = String::new();
    while let Some(inner) = cause {
        if let Some(refused) = inner.downcast_ref::<EgressError>() {
            return refused.clone();
        }
        last = inner.to_string();
        cause = inner.source();
    }
    if error.is_builder() {
        return EgressError::Refused(format!("the request can not be written: {last}"));
    }
    if error.is_connect() {
        return EgressError::NotReached(last);
    }
    if error.is_timeout() { EgressError::TimedOut } else { EgressError::Broken(last) }
}
