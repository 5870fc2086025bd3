//! `duka.toml` and the environment: where the server listens, keeps and sends. Reads secrets by reference only, and
//! refuses a mistake with its file, its line and what to write instead. Starts nothing.

mod file;
mod mistake;
mod secret;
mod types;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use duka_engine::limits::whatsapp;
use secrecy::{SecretSlice, SecretString};

use crate::costs::Rates;
use crate::egress::Hosts;

pub use file::{File, SETTINGS};
pub use mistake::Mistake;
pub use secret::{Keyring, SecretRef};
pub use types::{Address, Database, GraphVersion, HttpUrl, Length, Reads};

/// Everything that the server is told from outside, checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where it was read from; empty: nowhere, all by default and environment.
    pub path: PathBuf,
    pub listen: SocketAddr,
    pub database: Database,
    /// Holds one folder for each shop, or is the folder of one.
    pub shops: PathBuf,
    /// Allows loopback and plain HTTP towards stand-ins.
    pub development: bool,
    /// Numbers, forms, systems and payments of shops are stood in for, and none of their secrets is read. Only `duka dev`
    /// asks for it.
    pub stood_in: bool,
    /// How far the wall clock runs ahead of the machine's. 0 unless messages go to a stand-in on this machine.
    pub clock_ahead_ms: i64,
    pub graph: Graph,
    pub whatsapp: WhatsApp,
    pub sending: Sending,
    pub limits: Limits,
    pub handoff: Handoff,
    pub adapters: Adapters,
    pub files: Files,
    pub payments: Payments,
    /// What messages cost, where that is known.
    pub rates: Arc<Rates>,
    /// Takes traces of turns and sends, by OTLP over HTTP.
    pub traces: Option<Traces>,
}

/// Where traces go.
#[derive(Clone, Debug)]
pub struct Traces {
    pub otlp: url::Url,
    /// The share of them that is brought, from 0 to 1.
    pub sample: f64,
}

/// Files that customers send.
#[derive(Clone, Debug)]
pub struct Files {
    pub place: FilesPlace,
    /// The largest that is kept, in bytes.
    pub largest: u64,
    /// Bytes that the files of one shop may take; 0: no limit.
    pub per_shop: u64,
}

/// Where they are kept.
#[derive(Clone, Debug)]
pub enum FilesPlace {
    Folder(PathBuf),
    Bucket(Bucket),
    /// Nothing is kept: for trying out.
    Memory,
}

/// A bucket of a store that speaks as S3 does.
#[derive(Clone, Debug)]
pub struct Bucket {
    pub name: String,
    /// The store's own address, without the bucket.
    pub endpoint: url::Url,
    pub region: String,
    pub key: SecretString,
    pub secret: SecretString,
}

/// The Graph API, or a stand-in for it.
#[derive(Clone, Debug)]
pub struct Graph {
    pub url: url::Url,
    /// `v25.0`
    pub version: String,
}

/// What all shops share that do not say otherwise: one app of Meta.
#[derive(Clone, Debug)]
pub struct WhatsApp {
    /// Signs the webhooks; two during a rotation. Never empty texts.
    pub app_secrets: Vec<SecretString>,
    /// What Meta says when it asks whether the webhook is ours. Without one, it is refused.
    pub verify_token: Option<SecretString>,
    /// The access token of shops without one of their own.
    pub token: Option<SecretString>,
    /// Private keys (PEM) that open what forms ask, the newest first; none: no form asks anything.
    pub flows_keys: Vec<SecretString>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sending {
    /// How long the Graph API may take to answer. A claim of a send lasts half as long again.
    pub answer_ms: i64,
    /// How long a send whose fate is unknown waits for a status (reliability.md 4.3).
    pub hold_ms: i64,
    /// Messages a second of one business number; `None`: as many as the vendor's level of the number allows.
    pub per_number: Option<NonZeroU32>,
    /// Messages to one customer at once, before they are paced; 0: no limit.
    pub per_customer: u32,
    /// How long before its end the service window counts as closed.
    pub window_margin_ms: i64,
}

/// The bounds of the door and of the queues.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub body_bytes: usize,
    pub connections: usize,
    pub header_ms: u64,
    pub body_ms: u64,
    /// How long open requests and turns may go on after SIGTERM.
    pub drain_ms: u64,
    /// Elements of webhooks a second that are taken of one shop; 0: no limit.
    pub per_shop: u32,
    /// Messages a minute that are taken of one customer; 0: no limit.
    pub per_customer: u32,
    /// Bytes that are to stay free on the database's disk; 0: none.
    pub disk_reserve: u64,
}

/// Pay links.
#[derive(Clone, Debug, Default)]
pub struct Payments {
    /// How customers reach this server.
    pub url: Option<url::Url>,
    /// What links are sealed with: the newest first.
    pub keys: Vec<SecretSlice<u8>>,
}

/// Where people answer customers.
#[derive(Clone, Debug, Default)]
pub struct Handoff {
    /// Of every shop that has no people of its own.
    pub all: Option<Arc<People>>,
    pub shops: BTreeMap<String, Arc<People>>,
}

/// Where shops' own systems may be.
#[derive(Clone, Debug, Default)]
pub struct Adapters {
    /// Of every shop that has no list of its own; `None`: at any host.
    pub all: Option<Arc<Hosts>>,
    pub shops: BTreeMap<String, Arc<Hosts>>,
}

impl Adapters {
    /// The hosts of this shop's systems; `None`: any.
    pub fn of(&self, slug: &str) -> Option<Arc<Hosts>> {
        self.shops.get(slug).or(self.all.as_ref()).cloned()
    }
}

/// The people of a shop, as a program speaks to them.
#[derive(Clone, Debug)]
pub struct People {
    /// Told of every handed-over conversation and its messages.
    pub url: url::Url,
    /// Signs what is told, and what comes back.
    pub secret: SecretString,
    pub chatwoot: Option<Chatwoot>,
}

/// An inbox of Chatwoot with a bot.
#[derive(Clone, Debug)]
pub struct Chatwoot {
    pub account: u64,
    /// Its identifier, by which messages are put into it.
    pub inbox: SecretString,
    /// The bot's access token.
    pub token: SecretString,
}

impl Handoff {
    /// The people of this shop.
    pub fn of(&self, slug: &str) -> Option<Arc<People>> {
        self.shops.get(slug).or(self.all.as_ref()).cloned()
    }
}

/// The largest body that a webhook may have: Meta's own bound is 3 MB (whatsapp-cloud-api 2.4).
pub const BODY_BYTES: usize = 4 * 1024 * 1024;

/// The shortest key that pay links are sealed with.
const LEAST_KEY_BYTES: usize = 32;

/// The largest file of a customer that is kept, if nothing else is said: the vendor's bound for sounds and videos.
pub const FILE_BYTES: u64 = 16 * 1024 * 1024;

/// Messages a minute of one customer, if nothing else is said: more than people write, even with photos.
pub const PER_CUSTOMER: u32 = 120;

/// What is to stay free on the database's disk, if nothing else is said: a log (WAL) at its longest, and a day's turns.
pub const DISK_RESERVE: u64 = 256 * 1024 * 1024;

/// Where settings come from, so that tests bring their own.
pub trait Environment {
    fn variables(&self) -> Vec<(String, String)>;
}

/// The process's environment.
#[derive(Clone, Copy, Debug)]
pub struct Process;

impl Environment for Process {
    fn variables(&self) -> Vec<(String, String)> {
        std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect()
    }
}

impl Environment for Vec<(String, String)> {
    fn variables(&self) -> Vec<(String, String)> {
        self.clone()
    }
}

/// Reads `path` (none: only the environment), lays `DUKA_*` over it, and resolves the secrets.
///
/// # Errors
/// The first mistake, with its place and what to write.
pub fn load(path: Option<&Path>, environment: &impl Environment) -> Result<Config, Mistake> {
    read(path, &Keyring::strict(environment))
}

/// The same with secrets of this keyring: one that notes what is missing leaves those empty.
///
/// # Errors
/// The first mistake, with its place and what to write.
pub fn read(path: Option<&Path>, keyring: &Keyring) -> Result<Config, Mistake> {
    let mut file = match path {
        Some(path) => {
            let text = std::fs::read_to_string(path).map_err(|error| Mistake::unreadable(path, &error))?;
            file::parse(path, &text)?
        }
        None => File::default(),
    };
    file::overlay(&mut file, keyring.variables())?;
    let place = path.unwrap_or(Path::new("")).to_path_buf();
    let base = place.parent().unwrap_or(Path::new("")).to_path_buf();
    Resolve { place, base, keyring }.config(file)
}

struct Resolve<'a> {
    place: PathBuf,
    base: PathBuf,
    keyring: &'a Keyring,
}

impl Resolve<'_> {
    fn config(self, file: File) -> Result<Config, Mistake> {
        let development = file.development.unwrap_or(false);
        let graph = file.graph.unwrap_or_default();
        let url = graph.url.map_or_else(meta, |url| url.0);
        if url.scheme() != "https" && !development {
            let message =
                format!("the Graph API is called over plain HTTP at `{url}`, which would show the token to everybody");
            return Err(
                self.mistake(&message, "Write an `https://` address, or set `development = true` for a stand-in.")
            );
        }
        let clock_ahead_ms = file.clock_ahead.map_or(0, |length| length.ms());
        if clock_ahead_ms != 0 && !(development && is_loopback(&url)) {
            let message = format!("`clock_ahead` would let timers fire and windows end too early, at `{url}`");
            let help = "Leave it out. It is for trying out, with `development = true` and a stand-in on this machine.";
            return Err(self.mistake(&message, help));
        }
        let whatsapp = self.whatsapp(file.whatsapp.unwrap_or_default())?;
        let sending = file.sending.unwrap_or_default();
        let limits = file.limits.unwrap_or_default();
        let handoff = file.handoff.unwrap_or_default();
        let database = file.database.unwrap_or_default().below(&self.base);
        let files = self.files(file.files.unwrap_or_default(), &database, development)?;
        let listen = file.listen.unwrap_or_default().0;
        Ok(Config {
            payments: self.payments(file.payments.unwrap_or_default(), listen, development)?,
            listen,
            database,
            files,
            rates: Arc::new(self.rates(file.costs.unwrap_or_default())?),
            traces: self.traces(file.traces.unwrap_or_default())?,
            shops: self.base.join(file.shops.unwrap_or_else(|| "shops".into())),
            development,
            stood_in: false,
            clock_ahead_ms,
            graph: Graph { url, version: graph.version.unwrap_or_default().0 },
            sending: Sending {
                answer_ms: sending.answer.map_or(20_000, |length| length.ms()).clamp(500, 120_000),
                hold_ms: sending.hold.map_or(30_000, |length| length.ms()),
                per_number: sending.per_number.map(|most| NonZeroU32::new(most).unwrap_or(NonZeroU32::MIN)),
                per_customer: sending.per_customer.unwrap_or(whatsapp::PAIR_BURST),
                window_margin_ms: sending.window_margin.map_or(300_000, |length| length.ms()),
            },
            limits: Limits {
                body_bytes: limits.body_bytes.unwrap_or(BODY_BYTES),
                connections: limits.connections.unwrap_or(2_048).max(1),
                header_ms: limits.header.map_or(10_000, |length| length.ms().unsigned_abs()),
                body_ms: limits.body.map_or(20_000, |length| length.ms().unsigned_abs()),
                drain_ms: limits.drain.map_or(8_000, |length| length.ms().unsigned_abs()),
                per_shop: limits.per_shop.unwrap_or(0),
                per_customer: limits.per_customer.unwrap_or(PER_CUSTOMER),
                disk_reserve: limits.disk_reserve.unwrap_or(DISK_RESERVE),
            },
            handoff: self.handoff(handoff, development)?,
            adapters: self.adapters(file.adapters.unwrap_or_default())?,
            whatsapp,
            path: self.place,
        })
    }

    fn payments(
        &self,
        section: file::PaymentsSection,
        listen: SocketAddr,
        development: bool,
    ) -> Result<Payments, Mistake> {
        let file::PaymentsSection { url, key, old_key } = section;
        let here = || format!("http://{listen}/").parse().ok().filter(|_| development);
        let url = url.map(|url| url.0).or_else(here);
        if let Some(url) = url.as_ref().filter(|url| url.scheme() != "https" && !development) {
            let message = format!("`payments.url` is plain HTTP at `{url}`, which would show pay links to everybody");
            return Err(self.mistake(&message, "Write an `https://` address."));
        }
        let mut keys = Vec::new();
        for reference in key.iter().chain(&old_key) {
            let key = self.secret(reference, "payments.key")?;
            let key = secrecy::ExposeSecret::expose_secret(&key).as_bytes().to_vec();
            // An empty one is missing, which was noted.
            if (1..LEAST_KEY_BYTES).contains(&key.len()) {
                let help = "Make one with `openssl rand -hex 32`.";
                return Err(self.mistake("`payments.key` is too short to keep pay links from being guessed", help));
            }
            keys.push(SecretSlice::from(key));
        }
        Ok(Payments { url, keys })
    }

    /// Beside the database, if nothing else is said.
    fn files(&self, section: file::FilesSection, database: &Database, development: bool) -> Result<Files, Mistake> {
        let largest = section.largest.unwrap_or(FILE_BYTES);
        let per_shop = section.per_shop.unwrap_or(0);
        if let Some(bucket) = self.bucket(&section, development)? {
            return Ok(Files { place: FilesPlace::Bucket(bucket), largest, per_shop });
        }
        let place = match (section.folder, database) {
            (Some(folder), _) => FilesPlace::Folder(self.base.join(folder)),
            (None, Database::Memory) => FilesPlace::Memory,
            (None, Database::Sqlite(path)) => FilesPlace::Folder(path.with_file_name("files")),
            (None, Database::Postgres(_)) => FilesPlace::Folder(self.base.join("files")),
        };
        Ok(Files { place, largest, per_shop })
    }

    fn bucket(&self, section: &file::FilesSection, development: bool) -> Result<Option<Bucket>, Mistake> {
        let file::FilesSection { folder, largest: _, per_shop: _, bucket, endpoint, region, key, secret } = section;
        let (name, endpoint, key, secret) = match (bucket, endpoint, key, secret) {
            (None, None, None, None) if region.is_none() => return Ok(None),
            (Some(bucket), Some(endpoint), Some(key), Some(secret)) => (bucket, &endpoint.0, key, secret),
            _ => {
                let help = "Write `bucket`, `endpoint`, `key` and `secret`, or none of them for a folder.";
                return Err(self.mistake("`files` names a bucket in part", help));
            }
        };
        if folder.is_some() {
            return Err(self.mistake("`files` names a folder and a bucket", "Take one of them out."));
        }
        if endpoint.scheme() != "https" && !development {
            let message = format!("`files.endpoint` is plain HTTP at `{endpoint}`, which would show customers' files");
            return Err(self.mistake(&message, "Write an `https://` address."));
        }
        Ok(Some(Bucket {
            name: name.clone(),
            endpoint: endpoint.clone(),
            region: region.clone().unwrap_or_else(|| "us-east-1".to_string()),
            key: self.secret(key, "files.key")?,
            secret: self.secret(secret, "files.secret")?,
        }))
    }

    fn traces(&self, section: file::TracesSection) -> Result<Option<Traces>, Mistake> {
        let sample = section.sample.unwrap_or(1.0);
        if !(0.0..=1.0).contains(&sample) {
            let message = format!("`traces.sample` is {sample}, and a share is from 0 to 1");
            return Err(self.mistake(&message, "Write `sample = 0.1` for one in ten."));
        }
        Ok(section.otlp.map(|otlp| Traces { otlp: otlp.0, sample }))
    }

    fn rates(&self, section: file::CostsSection) -> Result<Rates, Mistake> {
        let Some(path) = section.rates else { return Ok(Rates::default()) };
        let path = self.base.join(path);
        let text = std::fs::read_to_string(&path).map_err(|error| Mistake::unreadable(&path, &error))?;
        Rates::read(&text).map_err(|wrong| Mistake {
            place: path.display().to_string(),
            line: Some(wrong.line),
            message: wrong.message,
            help: Some("docs/operations.md shows a rate card.".into()),
        })
    }

    fn whatsapp(&self, section: file::WhatsAppSection) -> Result<WhatsApp, Mistake> {
        let mut app_secrets = Vec::new();
        for reference in section.app_secret.iter().chain(&section.old_app_secret) {
            app_secrets.push(self.secret(reference, "whatsapp.app_secret")?);
        }
        let mut flows_keys = Vec::new();
        for reference in section.flows_key.iter().chain(&section.old_flows_key) {
            flows_keys.push(self.secret(reference, "whatsapp.flows_key")?);
        }
        Ok(WhatsApp {
            app_secrets,
            flows_keys,
            verify_token: section.verify_token.map(|token| self.secret(&token, "whatsapp.verify_token")).transpose()?,
            token: section.token.map(|token| self.secret(&token, "whatsapp.token")).transpose()?,
        })
    }

    fn handoff(&self, mut section: file::HandoffSection, development: bool) -> Result<Handoff, Mistake> {
        let mut handoff = Handoff::default();
        for (slug, own) in section.shops.take().unwrap_or_default() {
            let place = format!("handoff.shops.{slug}");
            handoff.shops.extend(self.people(own, &place, development)?.map(|people| (slug, people)));
        }
        handoff.all = self.people(section, "handoff", development)?;
        Ok(handoff)
    }

    fn adapters(&self, section: file::AdaptersSection) -> Result<Adapters, Mistake> {
        let mut adapters = Adapters { all: section.hosts.map(Arc::new), ..Adapters::default() };
        for (slug, own) in section.shops.unwrap_or_default() {
            if own.shops.is_some() {
                let message = format!("`adapters.shops.{slug}` has shops of its own");
                return Err(self.mistake(&message, "Write them below `[adapters.shops]`."));
            }
            adapters.shops.extend(own.hosts.map(|hosts| (slug, Arc::new(hosts))));
        }
        Ok(adapters)
    }

    fn people(
        &self,
        section: file::HandoffSection,
        place: &str,
        development: bool,
    ) -> Result<Option<Arc<People>>, Mistake> {
        let file::HandoffSection { url, secret, account, inbox, token, shops } = section;
        if shops.is_some() {
            return Err(self.mistake(&format!("`{place}` has shops of its own"), "Write them below `[handoff.shops]`."));
        }
        let (url, secret) = match (url, secret) {
            (None, None) => return Ok(None),
            (Some(url), Some(secret)) => (url.0, secret),
            (Some(_), None) => {
                let message = format!("`{place}` has an address and no secret, so that anybody could answer customers");
                return Err(self.mistake(&message, "Add `secret = \"env:NAME\"`."));
            }
            (None, Some(_)) => {
                let message = format!("`{place}` has a secret and no address");
                return Err(self.mistake(&message, "Add `url = \"https://…\"`: who is told when a person is needed."));
            }
        };
        if url.scheme() != "https" && !development {
            let message = format!("`{place}.url` is plain HTTP, which would show what customers write to everybody");
            return Err(self.mistake(&message, "Write an `https://` address."));
        }
        let chatwoot = match (account, inbox, token) {
            (None, None, None) => None,
            (Some(account), Some(inbox), Some(token)) => Some(Chatwoot {
                account,
                inbox: self.secret(&inbox, &format!("{place}.inbox"))?,
                token: self.secret(&token, &format!("{place}.token"))?,
            }),
            _ => {
                let message = format!("`{place}` is Chatwoot's in part: it needs `account`, `inbox` and `token`");
                return Err(self.mistake(&message, "Write all three, or none for a plain webhook."));
            }
        };
        let secret = self.secret(&secret, &format!("{place}.secret"))?;
        Ok(Some(Arc::new(People { url, secret, chatwoot })))
    }

    fn secret(&self, reference: &SecretRef, setting: &str) -> Result<SecretString, Mistake> {
        self.keyring.find(reference, &self.base, |wrong| Mistake {
            place: self.place.display().to_string(),
            line: None,
            message: format!("`{setting}`: {}", wrong.message),
            help: Some(wrong.help),
        })
    }

    fn mistake(&self, message: &str, help: &str) -> Mistake {
        Mistake {
            place: self.place.display().to_string(),
            line: None,
            message: message.to_string(),
            help: Some(help.to_string()),
        }
    }
}

fn is_loopback(url: &url::Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

fn meta() -> url::Url {
    url::Url::parse("https://graph.facebook.com").expect("a constant that is an address")
}

/// The JSON Schema of `duka.toml`.
pub fn schema() -> serde_json::Value {
    let mut schema = schemars::schema_for!(File).to_value();
    schema["title"] = "The settings of the server: duka.toml".into();
    schema
}

#[cfg(test)]
#[path = "config/tests.rs"]
mod tests;
