//! `duka.toml` as it is written, and the variables that stand for its lines. Resolves nothing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use duka_dsl::diagnostic::nearest;
use schemars::JsonSchema;
use serde::Deserialize;

use super::mistake::Mistake;
use super::secret::SecretRef;
use super::types::{Address, Database, GraphVersion, HttpUrl, Length, Reads};
use crate::egress::Hosts;

/// Everything may be missing.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// Address and port of the server [default: 127.0.0.1:8080]
    pub listen: Option<Address>,
    /// Path of the embedded database, or a `postgres://` address [default: duka.db]
    pub database: Option<Database>,
    /// The folder that holds a folder for each shop, or the folder of one shop [default: shops]
    pub shops: Option<PathBuf>,
    /// Allow loopback addresses and plain HTTP towards stand-ins [default: false]
    pub development: Option<bool>,
    /// How far the server's clock runs ahead, so that days pass in a moment; only towards a stand-in on this machine
    /// [default: 0 ms]
    pub clock_ahead: Option<Length>,
    pub graph: Option<GraphSection>,
    pub whatsapp: Option<WhatsAppSection>,
    pub sending: Option<SendingSection>,
    pub limits: Option<LimitsSection>,
    pub handoff: Option<HandoffSection>,
    pub adapters: Option<AdaptersSection>,
    pub files: Option<FilesSection>,
    pub payments: Option<PaymentsSection>,
    pub costs: Option<CostsSection>,
    pub traces: Option<TracesSection>,
}

/// The Graph API of Meta.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GraphSection {
    /// Its address, or a stand-in's [default: <https://graph.facebook.com>]
    pub url: Option<HttpUrl>,
    /// Its version; when each ends is among the vendor facts [default: v25.0]
    pub version: Option<GraphVersion>,
}

/// The app at Meta that serves all shops without one of their own.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WhatsAppSection {
    /// Signs the webhooks
    pub app_secret: Option<SecretRef>,
    /// The one before, while it is being changed
    pub old_app_secret: Option<SecretRef>,
    /// What Meta sends when the webhook's address is set
    pub verify_token: Option<SecretRef>,
    /// Access token of shops without one of their own
    pub token: Option<SecretRef>,
    /// Opens what forms ask while they are filled in: a private RSA key (PEM), which `duka keys flows` makes [default: none,
    /// forms ask nothing]
    pub flows_key: Option<SecretRef>,
    /// The one before, while it is being changed
    pub old_flows_key: Option<SecretRef>,
}

/// How messages leave.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SendingSection {
    /// How long the Graph API may take to answer; a process that has ended keeps its sends for half as long again [default: 20 seconds]
    pub answer: Option<Length>,
    /// How long a send whose fate is unknown waits for a status, at least; as long as statuses of its number take, at most 10
    /// minutes [default: 30 seconds]
    pub hold: Option<Length>,
    /// Messages a second of one number, whatever WhatsApp allows it [default: as its level says, 80 or 1,000]
    pub per_number: Option<u32>,
    /// Messages to one customer at once, after which one leaves every 6 seconds, as WhatsApp asks; 0: no limit [default: 45]
    pub per_customer: Option<u32>,
    /// How long before its end the service window counts as closed [default: 5 minutes]
    pub window_margin: Option<Length>,
}

/// Bounds of the door.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LimitsSection {
    /// The largest webhook in bytes [default: 4194304]
    pub body_bytes: Option<usize>,
    /// Open connections [default: 2048]
    pub connections: Option<usize>,
    /// Time for the head of a request [default: 10 seconds]
    pub header: Option<Length>,
    /// Time for its body and answer [default: 20 seconds]
    pub body: Option<Length>,
    /// Time to finish what is under way after SIGTERM [default: 8 seconds]
    pub drain: Option<Length>,
    /// Messages and statuses a second that are taken of one shop, ten times as many at once [default: 0, no limit]
    pub per_shop: Option<u32>,
    /// Messages a minute that are taken of one customer; what is more is kept, answered once, and not acted on; 0: no limit
    /// [default: 120]
    pub per_customer: Option<u32>,
    /// Bytes that are to stay free on the disk of an embedded database: with less, webhooks are refused and Meta brings them
    /// again; 0: none [default: 268435456]
    pub disk_reserve: Option<u64>,
}

/// Where people answer customers.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HandoffSection {
    /// Is told of handed-over conversations and their messages; of Chatwoot, its address
    pub url: Option<HttpUrl>,
    /// Signs what is told and what comes back
    pub secret: Option<SecretRef>,
    /// Of Chatwoot: the number of the account; without it, `url` is a plain webhook
    pub account: Option<u64>,
    /// Of Chatwoot: the identifier of the inbox, which is of the kind API
    pub inbox: Option<SecretRef>,
    /// Of Chatwoot: the access token of the inbox's bot
    pub token: Option<SecretRef>,
    /// Shops with people of their own, by the names of their folders
    pub shops: Option<BTreeMap<String, HandoffSection>>,
}

/// The shops' own systems.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AdaptersSection {
    /// Where they may be: hosts such as `api.zuri.example`, or `*.myshopify.com` for all below it; no other is connected to
    /// [default: none, any public host that a shop's files name]
    pub hosts: Option<Hosts>,
    /// Shops with a list of their own in its place, by the names of their folders
    pub shops: Option<BTreeMap<String, AdaptersSection>>,
}

/// Files that customers send.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FilesSection {
    /// Where they are kept [default: `files`, beside the database]
    pub folder: Option<PathBuf>,
    /// The largest that is kept, in bytes [default: 16777216]
    pub largest: Option<u64>,
    /// Bytes that the files of one shop may take: beyond it its oldest go [default: 0, no limit]
    pub per_shop: Option<u64>,
    /// A bucket instead of a folder, of a store that speaks as S3 does
    pub bucket: Option<String>,
    /// The store's address, without the bucket: `https://s3.eu-west-1.amazonaws.com`
    pub endpoint: Option<HttpUrl>,
    /// The store's region, as requests are signed for it [default: us-east-1]
    pub region: Option<String>,
    /// Of the account that may read, write, list and delete there
    pub key: Option<SecretRef>,
    /// Signs the requests
    pub secret: Option<SecretRef>,
}

/// Pay links.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PaymentsSection {
    /// How customers reach this server, such as `https://pay.zuri.example` [default: the server's own address, under
    /// development]
    pub url: Option<HttpUrl>,
    /// What pay links are sealed with: at least 32 letters, such as `openssl rand -hex 32` makes
    pub key: Option<SecretRef>,
    /// The one before, while links that it sealed are still open
    pub old_key: Option<SecretRef>,
}

/// What messages cost.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CostsSection {
    /// A table of rates, from the vendor's rate card [default: none, messages are only counted]
    pub rates: Option<PathBuf>,
}

/// Traces of what the server does.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TracesSection {
    /// A collector of OpenTelemetry that takes OTLP over HTTP, such as `http://127.0.0.1:4318`; only in builds with the
    /// feature `otel` [default: none]
    pub otlp: Option<HttpUrl>,
    /// The share of traces that is brought there, from 0 to 1: `0.1` is one in ten [default: 1]
    pub sample: Option<f64>,
}

type Put = fn(&mut File, &str) -> Result<(), String>;

macro_rules! settings {
    ($($variable:literal => $($section:ident).+ : $reads:expr),* $(,)?) => {
        /// Every setting's variable, and where it goes.
        pub const SETTINGS: &[(&str, Put)] = &[$((
            $variable,
            |file: &mut File, text: &str| { put!(file, $($section).+) = Some($reads(text)?); Ok(()) },
        )),*];
    };
}

macro_rules! put {
    ($file:ident, $field:ident) => {
        $file.$field
    };
    ($file:ident, $section:ident . $field:ident) => {
        $file.$section.get_or_insert_default().$field
    };
}

settings! {
    "DUKA_LISTEN" => listen: Address::reads,
    "DUKA_DATABASE" => database: Database::reads,
    "DUKA_SHOPS" => shops: path,
    "DUKA_DEVELOPMENT" => development: yes_no,
    "DUKA_CLOCK_AHEAD" => clock_ahead: Length::reads,
    "DUKA_GRAPH_URL" => graph.url: HttpUrl::reads,
    "DUKA_GRAPH_VERSION" => graph.version: GraphVersion::reads,
    "DUKA_WHATSAPP_APP_SECRET" => whatsapp.app_secret: own("DUKA_WHATSAPP_APP_SECRET"),
    "DUKA_WHATSAPP_OLD_APP_SECRET" => whatsapp.old_app_secret: own("DUKA_WHATSAPP_OLD_APP_SECRET"),
    "DUKA_WHATSAPP_VERIFY_TOKEN" => whatsapp.verify_token: own("DUKA_WHATSAPP_VERIFY_TOKEN"),
    "DUKA_WHATSAPP_TOKEN" => whatsapp.token: own("DUKA_WHATSAPP_TOKEN"),
    "DUKA_WHATSAPP_FLOWS_KEY" => whatsapp.flows_key: own("DUKA_WHATSAPP_FLOWS_KEY"),
    "DUKA_WHATSAPP_OLD_FLOWS_KEY" => whatsapp.old_flows_key: own("DUKA_WHATSAPP_OLD_FLOWS_KEY"),
    "DUKA_SENDING_ANSWER" => sending.answer: Length::reads,
    "DUKA_SENDING_HOLD" => sending.hold: Length::reads,
    "DUKA_SENDING_PER_NUMBER" => sending.per_number: number,
    "DUKA_SENDING_PER_CUSTOMER" => sending.per_customer: number,
    "DUKA_SENDING_WINDOW_MARGIN" => sending.window_margin: Length::reads,
    "DUKA_LIMITS_BODY_BYTES" => limits.body_bytes: number,
    "DUKA_LIMITS_CONNECTIONS" => limits.connections: number,
    "DUKA_LIMITS_HEADER" => limits.header: Length::reads,
    "DUKA_LIMITS_BODY" => limits.body: Length::reads,
    "DUKA_LIMITS_DRAIN" => limits.drain: Length::reads,
    "DUKA_LIMITS_PER_SHOP" => limits.per_shop: number,
    "DUKA_LIMITS_PER_CUSTOMER" => limits.per_customer: number,
    "DUKA_LIMITS_DISK_RESERVE" => limits.disk_reserve: number,
    "DUKA_ADAPTERS_HOSTS" => adapters.hosts: hosts,
    "DUKA_FILES_FOLDER" => files.folder: path,
    "DUKA_FILES_LARGEST" => files.largest: number,
    "DUKA_FILES_PER_SHOP" => files.per_shop: number,
    "DUKA_FILES_BUCKET" => files.bucket: words,
    "DUKA_FILES_ENDPOINT" => files.endpoint: HttpUrl::reads,
    "DUKA_FILES_REGION" => files.region: words,
    "DUKA_FILES_KEY" => files.key: own("DUKA_FILES_KEY"),
    "DUKA_FILES_SECRET" => files.secret: own("DUKA_FILES_SECRET"),
    "DUKA_PAYMENTS_URL" => payments.url: HttpUrl::reads,
    "DUKA_PAYMENTS_KEY" => payments.key: own("DUKA_PAYMENTS_KEY"),
    "DUKA_PAYMENTS_OLD_KEY" => payments.old_key: own("DUKA_PAYMENTS_OLD_KEY"),
    "DUKA_COSTS_RATES" => costs.rates: path,
    "DUKA_TRACES_OTLP" => traces.otlp: HttpUrl::reads,
    "DUKA_TRACES_SAMPLE" => traces.sample: number,
    "DUKA_HANDOFF_URL" => handoff.url: HttpUrl::reads,
    "DUKA_HANDOFF_SECRET" => handoff.secret: own("DUKA_HANDOFF_SECRET"),
    "DUKA_HANDOFF_ACCOUNT" => handoff.account: number,
    "DUKA_HANDOFF_INBOX" => handoff.inbox: own("DUKA_HANDOFF_INBOX"),
    "DUKA_HANDOFF_TOKEN" => handoff.token: own("DUKA_HANDOFF_TOKEN"),
}

#[expect(clippy::unnecessary_wraps, reason = "one shape for all settings")]
fn path(text: &str) -> Result<PathBuf, String> {
    Ok(PathBuf::from(text))
}

#[expect(clippy::unnecessary_wraps, reason = "one shape for all settings")]
fn words(text: &str) -> Result<String, String> {
    Ok(text.to_string())
}

fn hosts(text: &str) -> Result<Hosts, String> {
    Hosts::read(text.split(','))
}

fn yes_no(text: &str) -> Result<bool, String> {
    match text {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        other => Err(format!("should be `true` or `false`, not `{other}`")),
    }
}

fn number<T: std::str::FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("should be a number, not `{text}`"))
}

/// A secret's own variable may hold the secret itself: the environment is where secrets belong.
fn own(variable: &'static str) -> impl Fn(&str) -> Result<SecretRef, String> {
    move |text| Ok(text.parse().unwrap_or_else(|_| SecretRef::Environment(variable.to_string())))
}

/// Reads the text of `duka.toml`.
pub(super) fn parse(path: &Path, text: &str) -> Result<File, Mistake> {
    toml::from_str(text).map_err(|error| {
        let (message, help) = in_plain_words(error.message());
        let line = error.span().map(|span| text.get(..span.start).map_or(0, |before| before.matches('\n').count()) + 1);
        Mistake { place: path.display().to_string(), line, message, help }
    })
}

/// What the TOML reader says, as people say it.
fn in_plain_words(message: &str) -> (String, Option<String>) {
    let mut quoted = message.split('`').skip(1).step_by(2);
    if message.starts_with("unknown field") {
        let wrong = quoted.next().unwrap_or("");
        let known: Vec<&str> = quoted.collect();
        let help = match nearest(wrong, known.iter().copied()) {
            Some(near) => format!("Did you mean `{near}`?"),
            None => format!("There are: {}.", known.join(", ")),
        };
        return (format!("there is no setting `{wrong}`"), Some(help));
    }
    match message.split_once(": ") {
        Some((what, help)) if what.starts_with("a secret") || what.contains("a secret is written out") => {
            (what.to_string(), Some(format!("{}.", help.replacen("write", "Write", 1))))
        }
        Some(_) | None => (message.to_string(), None),
    }
}

/// Lays the variables over the file. A variable that is nearly one of ours is a slip of the pen.
pub(super) fn overlay(file: &mut File, variables: &[(String, String)]) -> Result<(), Mistake> {
    for (name, value) in variables.iter().filter(|(name, _)| name.starts_with("DUKA_")) {
        let wrong = |message: String, help: Option<String>| Mistake {
            place: "the environment".into(),
            line: None,
            message,
            help,
        };
        match SETTINGS.iter().find(|(known, _)| known == name) {
            Some((_, put)) => put(file, value).map_err(|expected| wrong(format!("`{name}` {expected}"), None))?,
            None => {
                if let Some(near) = nearest(name, SETTINGS.iter().map(|(known, _)| *known)) {
                    let help = format!("Did you mean `{near}`? Secrets of shops may have any other name.");
                    return Err(wrong(format!("there is no setting `{name}`"), Some(help)));
                }
            }
        }
    }
    Ok(())
}
