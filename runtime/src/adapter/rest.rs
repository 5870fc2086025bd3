//! Asks a merchant's REST interface as its mapping says: bounded in time, queries again after what passes, a command
//! never again unless the backend knows its key. Keeps nothing.

mod ask;
mod convert;
pub(crate) mod exact;
mod give;
mod news;
mod proof;
mod request;
mod token;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use secrecy::{SecretSlice, SecretString};
use smol_str::SmolStr;
use tokio::sync::{Mutex, Semaphore};
use url::Url;

use super::mapping::{Auth, Mapping};
use super::memory::Memory;
use crate::config::{Keyring, Mistake, SecretRef};
use crate::egress::Hosts;

pub use self::ask::{Call, Heard, Rest, spoken};
pub(crate) use self::convert::text;
pub use self::convert::usual;
pub(crate) use self::give::holds;
pub use self::news::{Moved, News, status_of};
pub use self::request::{SHOP, names};

/// Requests of one backend of one shop that are open at once (F77).
const ROOM: usize = 16;

/// A shop's backend, ready to be asked.
#[derive(Clone, Debug)]
pub struct Backend {
    /// The contract it answers, such as `catalog`.
    pub contract: SmolStr,
    pub mapping: Arc<Mapping>,
    /// Its answers that are still fresh.
    pub(super) memory: Arc<Memory>,
    secrets: Arc<Keys>,
    /// Where it is asked, and nowhere else: our keys are for them only.
    hosts: Arc<Hosts>,
    /// What its webhooks are proved with, the newest first.
    proofs: Arc<[SecretSlice<u8>]>,
    room: Arc<Semaphore>,
    /// Of its products, where a search goes by them.
    names: Arc<ask::Kept>,
    /// Marks of ours that several of its orders were found to have.
    twice: Arc<std::sync::Mutex<BTreeSet<String>>>,
}

/// All that we say who we are with.
#[derive(Debug)]
struct Keys {
    own: Secrets,
    named: BTreeMap<String, Secrets>,
}

impl Keys {
    fn of(&self, name: Option<&str>) -> &Secrets {
        name.and_then(|name| self.named.get(name)).unwrap_or(&self.own)
    }

    /// Where tokens are asked for.
    fn addresses(&self) -> impl Iterator<Item = &Url> {
        std::iter::once(&self.own).chain(self.named.values()).filter_map(|secrets| match secrets {
            Secrets::Account(account) => Some(&account.url),
            Secrets::None
            | Secrets::Bearer(_)
            | Secrets::Basic { .. }
            | Secrets::Header { .. }
            | Secrets::Query { .. }
            | Secrets::Body(_) => None,
        })
    }
}

/// Who we are to a backend.
#[derive(Debug)]
enum Secrets {
    None,
    Bearer(SecretString),
    Basic {
        user: SecretString,
        password: SecretString,
    },
    Header {
        name: String,
        value: SecretString,
    },
    Query {
        name: String,
        value: SecretString,
    },
    /// By their path in the body.
    Body(Vec<(String, SecretString)>),
    Account(Box<token::Account>),
}

impl Backend {
    /// Looks up the secrets. `place` is the mapping's file, which files of secrets are relative to.
    ///
    /// # Errors
    /// A secret is missing.
    pub fn open(contract: SmolStr, mapping: Arc<Mapping>, place: &Path, keyring: &Keyring) -> Result<Backend, Mistake> {
        let folder = place.parent().unwrap_or(Path::new(""));
        let secret = |reference: &SecretRef| {
            keyring.find(reference, folder, |wrong| Mistake {
                place: place.display().to_string(),
                line: None,
                message: wrong.message,
                help: Some(wrong.help),
            })
        };
        let of = |auth: &Auth| -> Result<Secrets, Mistake> {
            Ok(match auth {
                Auth::None => Secrets::None,
                Auth::Bearer(token) => Secrets::Bearer(secret(token)?),
                Auth::Basic(basic) => Secrets::Basic {
                    user: secret(&basic.user)?,
                    password: basic.password.as_ref().map_or_else(|| Ok(SecretString::default()), secret)?,
                },
                Auth::Header(named) => Secrets::Header { name: named.name.clone(), value: secret(&named.value)? },
                Auth::Query(named) => Secrets::Query { name: named.name.clone(), value: secret(&named.value)? },
                Auth::Body(fields) => {
                    let field = |(path, reference): (&String, _)| Ok((path.clone(), secret(reference)?));
                    Secrets::Body(fields.iter().map(field).collect::<Result<_, Mistake>>()?)
                }
                Auth::Oauth(oauth) => Secrets::Account(Box::new(token::Account {
                    url: below(&mapping.base.0, &oauth.token),
                    way: token::Way::Client {
                        client: secret(&oauth.client)?,
                        secret: secret(&oauth.secret)?,
                        scope: oauth.scope.clone(),
                    },
                    token: Mutex::default(),
                    rests: std::sync::Mutex::default(),
                })),
                Auth::Login(login) => {
                    let field = |(name, reference): (&String, _)| Ok((name.clone(), secret(reference)?));
                    Secrets::Account(Box::new(token::Account {
                        url: below(&mapping.base.0, &login.path),
                        way: token::Way::Login {
                            body: login.body.iter().map(field).collect::<Result<_, Mistake>>()?,
                            token: login.token.clone(),
                            lasts: Duration::from_millis(login.lasts.ms().unsigned_abs()),
                        },
                        token: Mutex::default(),
                        rests: std::sync::Mutex::default(),
                    }))
                }
            })
        };
        let named = mapping.keys.iter().map(|(name, auth)| Ok((name.clone(), of(auth)?)));
        let secrets = Keys { own: of(&mapping.auth)?, named: named.collect::<Result<_, Mistake>>()? };
        let mut proofs = Vec::new();
        if let Some(proof) = mapping.webhook.as_ref().map(|webhook| &webhook.proof) {
            for reference in proof.secrets() {
                let key = proof::key(proof, &secret(reference)?);
                proofs.push(key.ok_or_else(|| Mistake {
                    place: place.display().to_string(),
                    line: None,
                    message: "the secret of `webhook.proof` is not written in Base64".to_string(),
                    help: Some("Take `key: base64` out, or copy the secret once more.".to_string()),
                })?);
            }
        }
        let (memory, room, names) = (Arc::default(), Arc::new(Semaphore::new(ROOM)), Arc::default());
        let hosts = Arc::new(Hosts::of(std::iter::once(&mapping.base.0).chain(secrets.addresses())));
        let (secrets, proofs, twice) = (Arc::new(secrets), proofs.into(), Arc::default());
        Ok(Backend { contract, mapping, memory, secrets, hosts, proofs, room, names, twice })
    }

    /// The same with what those that were open before it know: the names of its products, which are dear to ask for.
    #[must_use]
    pub fn after(self, before: &[Backend]) -> Backend {
        let written = |backend: &Backend| format!("{:?}", backend.mapping);
        let is_same = |known: &&Backend| known.contract == self.contract && written(known) == written(&self);
        let same = before.iter().find(is_same);
        Backend { names: same.map_or(self.names, |known| Arc::clone(&known.names)), ..self }
    }

    fn note_twice(&self, mark: String) {
        self.twice.lock().unwrap_or_else(PoisonError::into_inner).insert(mark);
    }

    /// Marks of ours that several orders were found to have since this was asked last: each was made for one checkout.
    pub fn take_twice(&self) -> BTreeSet<String> {
        std::mem::take(&mut *self.twice.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A host that its mapping names and that is none of these.
    pub fn beyond(&self, allowed: &Hosts) -> Option<&str> {
        self.hosts.beyond(allowed)
    }

    /// The same, asked at no other hosts than these.
    #[must_use]
    pub fn within(&self, allowed: &Hosts) -> Backend {
        Backend { hosts: Arc::new(self.hosts.within(allowed)), ..self.clone() }
    }
}

/// A path below the base, or an address of its own.
fn below(base: &Url, written: &str) -> Url {
    let path = format!("{}/{}", base.as_str().trim_end_matches('/'), written.trim_start_matches('/'));
    Url::parse(written).or_else(|_| Url::parse(&path)).unwrap_or_else(|_| base.clone())
}
