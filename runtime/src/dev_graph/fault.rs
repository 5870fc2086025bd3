//! What can be made to go wrong, for whom and how often. Decides only whether a send is hit; what a hit does is `graph`'s.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::refusal::Refusal;

/// What a kind does to the send that it hits.
enum Does {
    /// The message is taken all the same, and statuses follow (but for `no_status`).
    Taken,
    /// It is not taken, and no answer of the Graph's says so.
    Lost,
    /// It is not taken: the usual code, and what is said beside it.
    Refused(u32, &'static str),
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident: $does:ident $(($code:expr, $details:expr))?,)*) => {
        /// The ways in which a provider fails (F51-F65, F67, F69).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum FaultKind {
            $($(#[$doc])* $kind,)*
        }

        impl FaultKind {
            pub const ALL: &[FaultKind] = &[$(FaultKind::$kind,)*];

            fn does(self) -> Does {
                match self {
                    $(FaultKind::$kind => kinds!(@ $does $(($code, $details))?),)*
                }
            }
        }
    };
    (@ taken) => { Does::Taken };
    (@ lost) => { Does::Lost };
    (@ refused($code:expr, $details:expr)) => { Does::Refused($code, $details) };
}

kinds! {
    /// 500 with code 131000: not taken.
    Http500: refused(131000, "Something went wrong."),
    /// 503 with code 2: not taken.
    Http503: refused(2, "Service temporarily unavailable."),
    /// 502 with a page of a proxy and no Graph error: not taken, but who knows.
    Http502Html: lost,
    /// 429 with code 130429 and `Retry-After`: not taken.
    Rate429: refused(130429, "Cloud API message throughput has been reached."),
    /// 400 with code 4: the whole app is too fast.
    AppRate: refused(4, "Application request limit reached."),
    /// 400 with code 131056: too many to one customer.
    Pair429: refused(131056, "Too many messages sent to the same recipient in a short time."),
    /// The connection is reset, nothing was taken.
    ResetBefore: lost,
    /// No answer comes, nothing was taken.
    HangBefore: lost,
    /// Taken, then the connection is reset.
    AcceptReset: taken,
    /// Taken, and no answer comes.
    AcceptHang: taken,
    /// Taken; 200 with something that is no JSON.
    Malformed200: taken,
    /// Taken; 200 that ends in the middle.
    Truncated200: taken,
    /// Taken; 200 with an empty body.
    Empty200: taken,
    /// Taken; 200 with JSON that names no message.
    NoId200: taken,
    /// Taken; 200, a byte at a time.
    Slowloris200: taken,
    /// Taken; 200, late.
    Slow200: taken,
    /// 401 with code 190: the token is not valid any more.
    Token401: refused(190, ""),
    /// 400 with code 131047: the window is closed, whatever we believed.
    Window400: refused(131047, super::account::WINDOW_CLOSED),
    /// 400 with code 132015: the template is paused.
    Template400: refused(132015, "Template is paused due to low quality"),
    /// 400 with code 2635: the version is gone.
    Version400: refused(2635, "Please update to the latest version."),
    /// Refused with `code`.
    Refuse: refused(131000, "Refused as planned."),
    /// Taken; the only status is `failed` with `code`.
    FailedStatus: taken,
    /// Taken; `sent`, then `failed` with `code`.
    SentThenFailed: taken,
    /// Taken and held back: a template's answer says `held_for_quality_assessment`, and its statuses are late by `after_ms`; with
    /// `code` (132015) the only one is `failed`, as late.
    Held: taken,
    /// Taken; a template's answer says that it is paused from now on.
    Paused: taken,
    /// Taken; no status ever.
    NoStatus: taken,
    /// Taken; all statuses late by `after_ms`.
    LateStatus: taken,
    /// Taken; the statuses lack our opaque data.
    NoOpaque: taken,
}

impl FaultKind {
    /// As plans write it: `accept_reset`.
    pub fn name(self) -> String {
        serde_json::to_value(self).ok().and_then(|name| name.as_str().map(str::to_string)).unwrap_or_default()
    }

    /// The message is taken all the same.
    pub fn is_taken(self) -> bool {
        matches!(self.does(), Does::Taken)
    }
}

/// One line of a plan: what goes wrong, and for which sends. Without `rate`, `first` and `at`, for every one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    pub kind: FaultKind,
    /// The share of matching sends that are hit, 0 to 1, chosen by the seed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<f64>,
    /// Only the first so many matching sends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<u64>,
    /// Exactly these matching sends, counted from 1.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub at: Vec<u64>,
    /// Only this business number's sends.
    #[serde(default, skip_serializing_if = "SmolStr::is_empty")]
    pub number: SmolStr,
    /// Only sends to this customer: digits of a phone, or a user id.
    #[serde(default, skip_serializing_if = "SmolStr::is_empty")]
    pub customer: SmolStr,
    /// Only this kind: `text`, `interactive`, `template`, `read`, … Without it, all but `read`.
    #[serde(default, rename = "type", skip_serializing_if = "SmolStr::is_empty")]
    pub message: SmolStr,
    /// The code of a refusal or a failure; each kind has a usual one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<u32>,
    /// Milliseconds: how late, or the pause between two bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after_ms: Option<u64>,
    /// Seconds of `Retry-After`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_s: Option<u32>,
}

/// What a send is known by when faults are chosen.
pub(super) struct Target<'a> {
    pub number: &'a str,
    pub customer: &'a str,
    pub message: &'a str,
}

/// The faults of a plan with how often each was asked and hit.
#[derive(Debug, Default)]
pub(super) struct Faults {
    lines: Vec<(Fault, u64, u64)>,
}

impl Faults {
    pub fn new(faults: Vec<Fault>) -> Faults {
        Faults { lines: faults.into_iter().map(|fault| (fault, 0, 0)).collect() }
    }

    pub fn add(&mut self, fault: Fault) {
        self.lines.push((fault, 0, 0));
    }

    /// The faults with how often each has hit.
    pub fn hits(&self) -> impl Iterator<Item = (&Fault, u64)> {
        self.lines.iter().map(|(fault, _, hits)| (fault, *hits))
    }

    /// The first fault that hits this send. Every line that matches counts it, hit or not.
    pub fn pick(&mut self, target: &Target<'_>, chance: &mut fastrand::Rng) -> Option<Fault> {
        let mut chosen = None;
        for (fault, asked, hits) in &mut self.lines {
            if !fault.matches(target) {
                continue;
            }
            *asked += 1;
            let drawn = fault.rate.is_none_or(|rate| chance.f64() < rate);
            let counted = fault.first.is_none_or(|first| *asked <= first);
            let listed = fault.at.is_empty() || fault.at.contains(asked);
            if chosen.is_none() && drawn && counted && listed {
                *hits += 1;
                chosen = Some(fault.clone());
            }
        }
        chosen
    }
}

impl Fault {
    /// Every matching send is hit.
    pub fn always(kind: FaultKind) -> Fault {
        Fault {
            kind,
            rate: None,
            first: None,
            at: Vec::new(),
            number: SmolStr::default(),
            customer: SmolStr::default(),
            message: SmolStr::default(),
            code: None,
            after_ms: None,
            retry_after_s: None,
        }
    }

    /// A share of the sends is hit.
    pub fn of_rate(kind: FaultKind, rate: f64) -> Fault {
        Fault { rate: Some(rate), ..Fault::always(kind) }
    }

    fn matches(&self, target: &Target<'_>) -> bool {
        let kind = if self.message.is_empty() { target.message != "read" } else { self.message == target.message };
        kind && (self.number.is_empty() || self.number == target.number)
            && (self.customer.is_empty() || self.customer.trim_start_matches('+') == target.customer)
    }

    /// What the caller is told by a fault that takes nothing; `None` for those without an HTTP answer of the Graph's.
    pub(super) fn refusal(&self) -> Option<Refusal> {
        let Does::Refused(usual, details) = self.kind.does() else { return None };
        let retry_after_s = self.retry_after_s.or((self.kind == FaultKind::Rate429).then_some(1));
        let http = if self.kind == FaultKind::Rate429 { Some(429) } else { None };
        Some(Refusal { retry_after_s, http, ..Refusal::new(self.code.unwrap_or(usual), details) })
    }
}
