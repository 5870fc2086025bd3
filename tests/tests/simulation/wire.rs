//! The two ways between the server and the stand-in, as the real ones but without sockets: a webhook's bytes into
//! arrivals, and a send into an answer. Time passes on the way.

use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use crate::bugs::Bug;
use crate::chance::{Chance, Tally};
use duka_engine::event::{EventKind, Inbound};
use duka_engine::outbound::Outbound;
use duka_runtime::channel::whatsapp::decode::{AccountEvent, Meaning, Reader, TemplateChange};
use duka_runtime::channel::whatsapp::keys::ShopKeys;
use duka_runtime::channel::whatsapp::render::{self, Letter, Receiver, RenderError, Setting};
use duka_runtime::channel::whatsapp::verify::AppSecrets;
use duka_runtime::channel::whatsapp::{CHANNEL, client, opaque, split};
use duka_runtime::dev_graph::{Graph, Manner};
use duka_runtime::host::clock::ManualClock;
use duka_runtime::host::codes;
use duka_runtime::host::incoming::{Act, Arrival, Arrived, Incoming};
use duka_runtime::host::transport::{Advice, Form, SendAnswer, SendRequest, Transport};
use duka_runtime::id::{ElementKey, SendId, ShopScope};
use duka_runtime::server::told;
use duka_runtime::store::{IdentityKind, Lane, QuarantineEntry, TemplateNews};
use secrecy::{SecretSlice, SecretString};

pub const SECRET: &str = "the app secret of a simulation";

/// Shops, each with a number and a token: two that count, and the boutique.
pub const NUMBERS: [(&str, &str); 3] =
    [("106540000000001", "token-1"), ("106540000000002", "token-2"), ("106540000000003", "token-3")];

/// The place of the boutique among them.
pub const BOUTIQUE: usize = 2;

/// One attempt as it was made.
#[derive(Clone, Debug)]
pub struct Tried {
    pub send: SendId,
    /// From 1.
    pub attempt: u32,
    /// The process that made it.
    pub process: u64,
    /// True time, and the time that the process believed.
    pub at_ms: i64,
    pub believed_ms: i64,
    /// The journal's number of it; 0: it never reached the provider.
    pub n: u64,
    pub free_words: bool,
    pub answer: &'static str,
    /// The last time that the customer wrote, as the provider knows it.
    pub heard_ms: i64,
    pub customer: String,
    /// The name of a template, or the words.
    pub what: String,
}

/// The world outside of the server.
#[derive(Debug)]
pub struct Sky {
    pub now_ms: i64,
    pub clock: Arc<ManualClock>,
    pub graph: Graph,
    pub chance: Chance,
    pub tally: Tally,
    pub tried: Vec<Tried>,
    /// The latest provider time of a message of each customer.
    pub heard: std::collections::BTreeMap<String, i64>,
    pub bug: Bug,
    pub answer_ms: i64,
    /// Connections fail before a byte leaves, in so many of a thousand cases.
    pub no_connection: u64,
    /// What the way out could not do.
    pub wrongs: Vec<String>,
    /// The shops' systems answer at once and rightly.
    pub calm: bool,
}

impl Sky {
    /// Time passes, for everybody.
    pub fn pass(&mut self, ms: i64) {
        self.now_ms += ms;
        self.clock.advance(ms);
    }
}

#[derive(Clone, Debug)]
pub struct Shared(pub Arc<Mutex<Sky>>);

impl Shared {
    pub fn lock(&self) -> MutexGuard<'_, Sky> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The keys of the shops; to derive them is dear in a debug build.
static KEYS: LazyLock<[ShopKeys; 3]> =
    LazyLock::new(|| [1, 2, 3].map(|shop| ShopKeys::new(&SecretSlice::from(vec![shop; 32])).expect("long enough")));

static SECRETS: LazyLock<AppSecrets> =
    LazyLock::new(|| AppSecrets::new(&[SecretString::from(SECRET)]).expect("a secret"));

pub fn keys(shop: ShopScope) -> &'static ShopKeys {
    &KEYS[place_of(shop)]
}

/// The shop's place among [`NUMBERS`].
pub fn place_of(shop: ShopScope) -> usize {
    usize::try_from(shop.number()).unwrap_or(1).saturating_sub(1).min(NUMBERS.len() - 1)
}

fn shop_of(number: Option<&str>) -> Option<ShopScope> {
    let place = NUMBERS.iter().position(|(id, _)| Some(*id) == number)?;
    Some(ShopScope::numbered(u32::try_from(place).unwrap_or(0) + 1))
}

/// What a webhook means; `None`: it is not answered 200.
pub fn arrivals(body: &[u8], signature: &str, received_ms: i64, bug: Bug) -> Option<Vec<Arrival>> {
    if bug != Bug::NoSignature {
        SECRETS.signer(Some(signature.as_bytes()), body)?;
    }
    let text = split::text(body);
    let elements = split::split(&text).ok()?;
    let mut arrivals: Vec<Arrival> = elements.iter().map(|element| arrival(element, received_ms, bug)).collect();
    if bug == Bug::LastFirst {
        arrivals.reverse();
    }
    if bug == Bug::FirstOnly {
        arrivals.truncate(1);
    }
    Some(arrivals)
}

fn arrival(element: &split::Element<'_>, received_ms: i64, bug: Bug) -> Arrival {
    let set_aside = |shop: Option<ShopScope>, reason: &str| {
        let body = element.raw.get().as_bytes().to_vec();
        let entry = QuarantineEntry { shop, at_ms: received_ms, reason: reason.into(), detail: String::new(), body };
        Arrived::Quarantine(entry)
    };
    // What is told of an account names no number; here an account is called as its only number.
    let Some(shop) = shop_of(element.number.as_deref().or(Some(&element.account))) else {
        let what = set_aside(None, "unknown number");
        return Arrival { shop: ShopScope::NONE, key: None, received_ms, what };
    };
    let decoded = Reader { shop, keys: keys(shop) }.decode(element);
    let key = match bug {
        Bug::NoKeys => None,
        Bug::OneKeyForAll => Some(ElementKey([7; 16])),
        _ => Some(decoded.key),
    };
    let (key, what) = match decoded.meaning {
        Meaning::Act(act) if bug == Bug::StopUnheard && act.inbound == Inbound::Text("stop".into()) => {
            (key, Arrived::Identities(Vec::new()))
        }
        Meaning::Account(AccountEvent::Template { .. }) if bug == Bug::TemplatesUnheard => {
            (None, Arrived::Identities(Vec::new()))
        }
        Meaning::Account(AccountEvent::Template {
            vendor_id,
            name,
            language,
            change: TemplateChange::Status { status, category, .. },
            ..
        }) => {
            let news = TemplateNews::of(shop, name, language, received_ms);
            let category = Some(category);
            (None, Arrived::Template(TemplateNews { status, category, vendor_id, ..news }))
        }
        Meaning::Act(act) => {
            let mut incoming = Incoming::event(EventKind::Inbound(act.inbound));
            incoming.provider_ms = act.at_ms;
            incoming.number = element.number.as_deref().unwrap_or("").into();
            incoming.proof = act.id;
            incoming.name = act.name;
            (key, Arrived::Customer { channel: CHANNEL.into(), identities: act.who, incoming })
        }
        Meaning::Status(_) if bug == Bug::DeafToStatuses => (None, Arrived::Identities(Vec::new())),
        Meaning::Status(report) => (None, Arrived::Status(report.update)),
        Meaning::Preference { who, marketing, at_ms } => {
            let act = Act::Marketing { given: marketing };
            let incoming = Incoming { act, provider_ms: at_ms, ..Incoming::event(EventKind::Wake) };
            (key, Arrived::Customer { channel: CHANNEL.into(), identities: who, incoming })
        }
        Meaning::Unreadable { why } => (key, set_aside(Some(shop), why)),
        Meaning::OwnerReplied { .. }
        | Meaning::Moved { .. }
        | Meaning::Payment { .. }
        | Meaning::Account(_)
        | Meaning::Trouble { .. }
        | Meaning::Kept { .. }
        | Meaning::Unknown { .. } => (key, set_aside(Some(shop), "not played here")),
    };
    Arrival { shop, key, received_ms, what }
}

/// The way to the provider.
#[derive(Clone, Debug)]
pub struct Way {
    pub sky: Shared,
    pub process: u64,
}

impl Transport for Way {
    async fn send(&self, request: SendRequest) -> SendAnswer {
        let mut sky = self.sky.lock();
        let latency = sky.chance.ms(1, 80);
        sky.pass(latency);
        let customer = request.identities.iter().find(|it| it.kind == IdentityKind::Phone).map(|it| it.value.clone());
        let Some(customer) = customer else { return SendAnswer::Unsendable { error: -4 } };
        let mut tried = Tried {
            send: request.send,
            attempt: request.attempt,
            process: self.process,
            at_ms: sky.now_ms,
            believed_ms: duka_runtime::host::clock::Clock::now_ms(&*sky.clock),
            n: 0,
            free_words: matches!(request.form, Form::Message(_)),
            answer: "no connection",
            heard_ms: sky.heard.get(&format!("{customer} {}", request.shop.number() - 1)).copied().unwrap_or(0),
            customer: customer.to_string(),
            what: match &request.form {
                Form::Message(message) => message.text.clone(),
                Form::Template(template, _) => template.name.to_string(),
            },
        };
        let share = sky.no_connection;
        if sky.chance.permille(share) {
            sky.tally.count("fault: no connection");
            sky.tried.push(tried);
            return SendAnswer::NotSent;
        }
        let body = match body_of(&request, sky.bug) {
            Ok(body) => body,
            Err(error) => {
                let line = format!("a message can not be written for WhatsApp: {error}");
                sky.wrongs.push(line);
                return SendAnswer::Unsendable { error: codes::UNRENDERABLE };
            }
        };
        let own = NUMBERS.iter().find(|(id, _)| *id == request.number.as_str());
        let foreign = NUMBERS.iter().find(|(id, _)| *id != request.number.as_str());
        let token = if sky.bug == Bug::ForeignToken { foreign } else { own }.map_or("", |(_, token)| *token);
        let now_ms = sky.now_ms;
        let answer = sky.graph.send(now_ms, &request.number, token, &body);
        tried.n = sky.graph.counts().attempts;
        let answer_ms = sky.answer_ms;
        let read = match answer.manner {
            Manner::Whole => read(answer.http, &answer.body, answer.retry_after_s, (request.lane, sky.bug)),
            Manner::Reset | Manner::Short => SendAnswer::Unknown,
            Manner::Hang | Manner::Trickle { .. } => {
                sky.pass(answer_ms);
                SendAnswer::Unknown
            }
            Manner::Late { after_ms } => {
                sky.pass(i64::try_from(after_ms).unwrap_or(0));
                read(answer.http, &answer.body, None, (request.lane, sky.bug))
            }
        };
        let read = match (read, sky.bug) {
            (SendAnswer::Unknown, Bug::UnknownIsNotSent) => SendAnswer::NotSent,
            (SendAnswer::Unknown, Bug::UnknownIsAccepted) => SendAnswer::Accepted { provider_id: "wamid.guess".into() },
            (SendAnswer::Unknown, Bug::UnknownIsRefused) => SendAnswer::Refused { error: 131000, advice: Advice::Fail },
            (read, _) => read,
        };
        tried.answer = match &read {
            SendAnswer::Accepted { .. } | SendAnswer::Held { .. } => "accepted",
            SendAnswer::Refused { .. } => "refused",
            SendAnswer::NotSent => "not sent",
            SendAnswer::Unknown => "unknown",
            SendAnswer::Unsendable { .. } => "unsendable",
        };
        sky.tried.push(tried);
        read
    }
}

/// As the real way out writes it.
fn body_of(request: &SendRequest, bug: Bug) -> Result<Vec<u8>, RenderError> {
    let to = Receiver::of(&request.identities).ok_or(RenderError::Unfit("nobody"))?;
    let opaque = match bug {
        Bug::NoOpaqueId => String::new(),
        _ => opaque::encode(request.send, keys(request.shop)).to_string(),
    };
    let outbound = match &request.form {
        Form::Message(message) => Outbound::Message(message.clone()),
        Form::Template(template, _) => Outbound::Template(template.clone()),
    };
    let setting = Setting {
        keys: keys(request.shop),
        forms: &[],
        conversation: request.conversation,
        catalogue: None,
        bill: None,
        chat: None,
        template: None,
        code: None,
        now_ms: 0,
    };
    render::body(&outbound, Letter { to: &to, opaque: &opaque }, setting)
}

/// What an answer says, by the table of codes.
fn read(http: u16, body: &[u8], retry_after_s: Option<u32>, (lane, bug): (Lane, Bug)) -> SendAnswer {
    let retry_after_ms = retry_after_s.map(|seconds| i64::from(seconds) * 1_000);
    let answer = told(client::read(http, retry_after_ms, body), lane);
    match (answer, bug) {
        (SendAnswer::Refused { .. }, Bug::ErrorIsAccepted) if http >= 500 => {
            SendAnswer::Accepted { provider_id: "wamid.guess".into() }
        }
        (SendAnswer::Refused { error: error @ (4 | 80_007 | 130_429 | 131_056), .. }, Bug::RateIsRefused) => {
            SendAnswer::Refused { error, advice: Advice::Fail }
        }
        (answer, _) => answer,
    }
}
