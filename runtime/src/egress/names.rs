//! From names to addresses, by the machine's own resolver. Judges none of them.

use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;

/// What a look-up gives.
pub type Lookup = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// Resolves names.
pub trait Names: Send + Sync + 'static {
    /// All addresses of a host.
    fn lookup(&self, host: &str) -> Lookup;
}

/// The machine's resolver.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemNames;

impl Names for SystemNames {
    fn lookup(&self, host: &str) -> Lookup {
        let host = host.to_string();
        Box::pin(async move {
            let found = tokio::net::lookup_host((host.as_str(), 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }
}
