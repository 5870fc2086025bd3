//! Which hosts a way out leads to (TM22, I29). Knows names only: every address of one is looked at besides.

use url::{Host, Url};

use super::EgressError;

/// A list of hosts: `api.zuri.example`, or `*.myshopify.com` for all names below it.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(try_from = "Vec<String>")]
#[schemars(with = "Vec<String>")]
pub struct Hosts(Vec<String>);

impl TryFrom<Vec<String>> for Hosts {
    type Error = String;

    fn try_from(written: Vec<String>) -> Result<Hosts, String> {
        Hosts::read(written.iter().map(String::as_str))
    }
}

impl Hosts {
    /// The hosts of these addresses.
    pub fn of<'a>(addresses: impl IntoIterator<Item = &'a Url>) -> Hosts {
        Hosts(addresses.into_iter().filter_map(|url| url.host_str().map(str::to_string)).collect())
    }

    /// # Errors
    /// What is expected instead, as the end of "should be …".
    pub fn read<'a>(written: impl IntoIterator<Item = &'a str>) -> Result<Hosts, String> {
        let one = |text: &str| {
            let text = text.trim();
            let found = match text.strip_prefix("*.") {
                Some(below) => match Host::parse(below) {
                    Ok(Host::Domain(name)) if name.contains('.') && !name.contains('*') => Some(format!(".{name}")),
                    Ok(_) | Err(_) => None,
                },
                None => Host::parse(text).ok().map(|host| host.to_string()).filter(|host| !host.contains('*')),
            };
            found
                .ok_or_else(|| format!("should be hosts such as `api.zuri.example` or `*.myshopify.com`, not `{text}`"))
        };
        written.into_iter().map(one).collect::<Result<_, _>>().map(Hosts)
    }

    pub fn hold(&self, host: &str) -> bool {
        self.0.iter().any(|known| known == host || (known.starts_with('.') && host.ends_with(known.as_str())))
    }

    /// The first that the others do not hold.
    pub fn beyond(&self, others: &Hosts) -> Option<&str> {
        self.0.iter().map(String::as_str).find(|host| !others.hold(host))
    }

    /// Those that the others hold as well.
    pub fn within(&self, others: &Hosts) -> Hosts {
        Hosts(self.0.iter().filter(|host| others.hold(host)).cloned().collect())
    }

    /// Whether an address may be asked.
    ///
    /// # Errors
    /// It is at another host.
    pub fn admit(&self, url: &Url) -> Result<(), EgressError> {
        let host = url.host_str().unwrap_or("");
        if self.hold(host) {
            return Ok(());
        }
        Err(EgressError::Refused(format!("`{host}` is none of the hosts that may be asked here")))
    }
}
