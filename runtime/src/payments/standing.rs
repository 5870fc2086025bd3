//! Where a payment stands, and what moves it. A callback alone moves nothing: it is why the provider is asked, and only what
//! the provider then says of the very amount counts (I15). Pure: no store, clock or socket.

use duka_engine::value::Money;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

/// A payment of an order, as its row keeps it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Payment {
    pub provider: SmolStr,
    /// What was quoted, and nothing else is taken for it.
    pub amount: Money,
    pub state: State,
    /// Until when it may be paid, ms since 1970.
    pub expires_ms: i64,
    /// The provider's names for it, one for each time that it was begun there; empty where it is not known.
    pub references: Vec<SmolStr>,
    /// When the latest of these was asked for first, ms since 1970.
    pub begun_ms: i64,
    /// Where the provider takes the money; empty: not known.
    pub page: String,
    /// What its link ends with, sealed once more.
    pub token: String,
    /// Questions in a row that the provider did not answer.
    pub unanswered: u32,
    /// What a proved callback said and the provider has not said yet when it was asked.
    pub claimed: Option<Claimed>,
    pub refunded_minor: i64,
    /// What people were told of.
    pub alarms: Vec<Alarm>,
    /// What is given back, each once.
    pub refunds: Vec<Refund>,
    /// The provider's name for the money that has come, where only its callback tells it; empty: not known.
    pub money: SmolStr,
    /// The names of refunds that a callback says are done, where the provider can not be asked.
    pub done: Vec<SmolStr>,
    /// Since when whoever asks the provider to begin waits for its answer, ms since 1970.
    pub held_ms: i64,
    /// How often the latest attempt was asked for: what is asked once more is the same to the letter.
    pub tries: u32,
    /// In which language it was asked for.
    pub language: SmolStr,
    /// The attempt that has brought the money, from 1; 0: none, or it is not known.
    pub paid_by: usize,
    /// The keys of refunds that the provider may have been asked for.
    pub sent: Vec<SmolStr>,
    /// What somebody has given back at the provider, as far as anybody can tell: no command of ours has.
    pub by_hand_minor: i64,
    /// The disputes that people were told of, as their callbacks name them.
    pub disputes: Vec<SmolStr>,
    /// What the books inside the chat named of refunds when the latest of ours was sent: none of them is that one.
    pub booked: Vec<SmolStr>,
}

/// A part of the money, or all of it, on its way back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refund {
    /// The command's; empty: somebody gave it back at the provider.
    pub key: SmolStr,
    pub minor: i64,
    /// The provider's name for it; empty: not known.
    pub name: SmolStr,
    /// When it was commanded, ms since 1970.
    pub at_ms: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    /// The customer has the link.
    Sent,
    /// The provider is asked to begin; whether it has is not known yet.
    Beginning,
    /// The customer can pay at the provider.
    Open,
    /// The last try has failed; another may succeed.
    Failed,
    Expired,
    /// A newer link for the same order took its place.
    Replaced,
    Paid,
    Refunded,
    /// Paid, though another payment of the same order was (F87): to be given back.
    Twice,
    /// To be paid when the order is brought.
    Cash,
    /// The order was cancelled: nobody is to pay for it any more.
    Cancelled,
    /// Paid, though the order was cancelled by then (F86): to be given back.
    Unwanted,
}

impl State {
    /// Money has come.
    pub fn is_money(self) -> bool {
        match self {
            State::Paid | State::Refunded | State::Twice | State::Unwanted => true,
            State::Sent
            | State::Beginning
            | State::Open
            | State::Failed
            | State::Expired
            | State::Replaced
            | State::Cash
            | State::Cancelled => false,
        }
    }

    /// Money that nobody is to keep: the order has other money, or was cancelled.
    pub fn is_unwanted(self) -> bool {
        matches!(self, State::Twice | State::Unwanted)
    }

    /// Nobody is to pay it any more, and nobody has.
    pub fn is_dead(self) -> bool {
        matches!(self, State::Expired | State::Replaced | State::Cancelled)
    }

    /// The customer may still pay with this link.
    pub fn is_payable(self) -> bool {
        matches!(self, State::Sent | State::Beginning | State::Open | State::Failed)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Claimed {
    Paid,
    /// So much was given back, in minor units.
    Refunded(i64),
    /// Paid by this attempt, where another one has brought the money already.
    Again(usize),
}

/// What people must look at; money hangs on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Alarm {
    /// Paid after the link had expired or was replaced (F86): fulfil or refund.
    Late,
    /// Another amount or currency than was quoted (F84).
    Amount,
    /// The order is paid twice (F87).
    Twice,
    /// A proved callback says paid, and the provider says that it is not (F88).
    Disagrees,
    /// The provider has not said for a day how it stands (F85).
    Unanswered,
    /// A part was given back (F89).
    PartRefund,
    /// The provider names another payment than was asked for (F84).
    Foreign,
    /// The customer's bank takes the money back (F89).
    Disputed,
    /// News that nobody signs says that it was given back, and the provider can not be asked (F89).
    Reversed,
    /// What a command was to give back was not given back.
    NotReversed,
    /// Paid after the order was cancelled, or had become another one (F86).
    Cancelled,
    /// Whether what a command was to give back goes back is not known (F82).
    RefundUnknown,
}

impl Alarm {
    pub fn name(self) -> &'static str {
        match self {
            Alarm::Late => "late",
            Alarm::Amount => "amount",
            Alarm::Twice => "twice",
            Alarm::Disagrees => "disagrees",
            Alarm::Unanswered => "unanswered",
            Alarm::PartRefund => "part_refund",
            Alarm::Foreign => "foreign",
            Alarm::Disputed => "disputed",
            Alarm::Reversed => "reversed",
            Alarm::NotReversed => "not_reversed",
            Alarm::Cancelled => "cancelled",
            Alarm::RefundUnknown => "refund_unknown",
        }
    }
}

/// What a provider says of a payment, in our words (payments.md 3).
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    pub said: Said,
    /// What was or is to be paid; `None` where the provider does not tell, and it is what it was begun with.
    pub amount: Option<Money>,
    pub refunded_minor: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// Not paid yet; may come in hours.
    Open,
    Failed,
    /// Can not be paid any more.
    Expired,
    Paid,
    Disputed,
    /// Given back, as far as anybody can tell.
    Reversed,
    /// What was to be given back was not.
    NotReversed,
}

/// What happened to a payment.
#[derive(Clone, Debug, PartialEq)]
pub enum Heard {
    /// A proved callback.
    Claim(Standing),
    /// The provider's own answer to our question.
    Found(Standing),
    /// Nothing was paid when it was asked for the last time, after the end.
    TimeIsUp,
    /// The order has a newer link, or its goods were let go.
    Replaced,
    /// The order was cancelled.
    Cancelled,
    /// The order is another one than was quoted, or gone: it is asked again.
    Changed,
}

/// What others are to hear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// `paid`, `failed`, `expired` or `refunded`, for the conversation.
    Event(&'static str),
    Alarm(Alarm),
}

/// When the provider is asked of a payment that is begun, ms after its beginning (payments.md 4).
const QUESTIONS_MS: [i64; 3] = [30_000, 120_000, 600_000];
/// After the end, for money that was under way (F85).
const LAST_QUESTION_MS: i64 = 3_600_000;
/// Between two questions that are not answered, at first and at most.
const PAUSE_MS: i64 = 5_000;
const MOST_PAUSE_MS: i64 = 600_000;
/// Between two questions about a refund, at most, and for how long it is asked about.
const REFUND_PAUSE_MS: i64 = 6 * 3_600_000;
const MOST_REFUND_MS: i64 = 14 * 86_400_000;
/// How long after its end a payment is asked about that the provider says nothing of; then people are told.
pub const MOST_PATIENCE_MS: i64 = 86_400_000;
/// How often a claim may be contradicted before people are told: a callback may be faster than the provider's own books.
const PATIENCE: u32 = 3;

impl Payment {
    /// A payment that nobody has begun.
    pub fn new(provider: SmolStr, amount: Money, state: State, expires_ms: i64, token: String) -> Payment {
        Payment {
            provider,
            amount,
            state,
            expires_ms,
            references: Vec::new(),
            begun_ms: 0,
            page: String::new(),
            token,
            unanswered: 0,
            claimed: None,
            refunded_minor: 0,
            alarms: Vec::new(),
            refunds: Vec::new(),
            money: SmolStr::default(),
            done: Vec::new(),
            held_ms: 0,
            tries: 0,
            language: SmolStr::default(),
            paid_by: 0,
            sent: Vec::new(),
            by_hand_minor: 0,
            disputes: Vec::new(),
            booked: Vec::new(),
        }
    }

    /// Takes what happened. `paid_otherwise`: another payment of the same order is paid.
    pub fn hear(&mut self, heard: &Heard, paid_otherwise: bool) -> Vec<News> {
        let mut news = Vec::new();
        match heard {
            Heard::Claim(standing) => self.claim(standing, &mut news),
            Heard::Found(standing) => self.found(standing, paid_otherwise, &mut news),
            Heard::TimeIsUp if self.state.is_payable() => {
                self.state = State::Expired;
                news.push(News::Event("expired"));
            }
            Heard::Replaced if self.state.is_payable() => self.state = State::Replaced,
            Heard::Cancelled if self.state.is_payable() || self.state.is_dead() => self.state = State::Cancelled,
            Heard::Changed if self.state.is_payable() => {
                self.state = State::Replaced;
                news.push(News::Event("expired"));
            }
            Heard::TimeIsUp | Heard::Replaced | Heard::Cancelled | Heard::Changed => {}
        }
        news
    }

    fn claim(&mut self, standing: &Standing, news: &mut Vec<News>) {
        if standing.amount.is_some_and(|amount| amount != self.amount) {
            self.alarm(Alarm::Amount, news);
            return;
        }
        self.unanswered = 0;
        if standing.refunded_minor > self.refunded_minor {
            self.claimed = Some(Claimed::Refunded(standing.refunded_minor));
            return;
        }
        match standing.said {
            Said::Paid if !self.state.is_money() => self.claimed = Some(Claimed::Paid),
            Said::Disputed => self.alarm(Alarm::Disputed, news),
            Said::Reversed => self.alarm(Alarm::Reversed, news),
            Said::Paid | Said::Open | Said::Failed | Said::Expired | Said::NotReversed => {}
        }
    }

    fn found(&mut self, standing: &Standing, paid_otherwise: bool, news: &mut Vec<News>) {
        self.unanswered = if self.claimed.is_some() { self.unanswered.saturating_add(1) } else { 0 };
        let is_money = standing.said == Said::Paid || standing.refunded_minor > 0;
        if is_money && standing.amount.is_some_and(|amount| amount != self.amount) {
            self.alarm(Alarm::Amount, news);
        } else if is_money {
            self.paid(paid_otherwise, news);
            self.refunded(standing.refunded_minor, news);
        } else if self.claimed.is_none() {
            self.unpaid(standing.said, news);
        }
        let is_borne_out = match self.claimed {
            None => true,
            Some(Claimed::Paid) => self.state.is_money(),
            Some(Claimed::Refunded(minor)) => self.refunded_minor >= minor,
            Some(Claimed::Again(attempt)) => self.paid_by == attempt || self.alarms.contains(&Alarm::Twice),
        };
        if is_borne_out {
            (self.claimed, self.unanswered) = (None, 0);
        } else if self.unanswered >= PATIENCE {
            (self.claimed, self.unanswered) = (None, 0);
            self.alarm(Alarm::Disagrees, news);
        }
    }

    fn unpaid(&mut self, said: Said, news: &mut Vec<News>) {
        match said {
            Said::Failed if matches!(self.state, State::Beginning | State::Open) => {
                self.state = State::Failed;
                news.push(News::Event("failed"));
            }
            Said::Expired if self.state.is_payable() => {
                self.state = State::Expired;
                news.push(News::Event("expired"));
            }
            Said::Disputed => self.alarm(Alarm::Disputed, news),
            Said::Reversed => self.alarm(Alarm::Reversed, news),
            Said::Open | Said::Failed | Said::Expired | Said::Paid | Said::NotReversed => {}
        }
    }

    fn paid(&mut self, otherwise: bool, news: &mut Vec<News>) {
        if self.state.is_money() {
            return;
        }
        if otherwise {
            self.state = State::Twice;
            self.alarm(Alarm::Twice, news);
            return;
        }
        if self.state == State::Cancelled {
            // Nobody hears that it is paid: whoever confirms the order then would bring it back to life.
            self.state = State::Unwanted;
            self.alarm(Alarm::Cancelled, news);
            return;
        }
        if matches!(self.state, State::Expired | State::Replaced) {
            self.alarm(Alarm::Late, news);
        }
        self.state = State::Paid;
        news.push(News::Event("paid"));
    }

    fn refunded(&mut self, minor: i64, news: &mut Vec<News>) {
        if minor <= self.refunded_minor {
            return;
        }
        self.refunded_minor = minor;
        if minor < self.amount.minor {
            self.part_by_hand(minor.saturating_sub(self.commanded_minor()), news);
        } else if self.state == State::Twice {
            // The order keeps the other payment.
            self.state = State::Refunded;
        } else if self.state != State::Refunded {
            self.state = State::Refunded;
            news.push(News::Event("refunded"));
        }
    }

    pub(super) fn alarm(&mut self, alarm: Alarm, news: &mut Vec<News>) {
        if !self.alarms.contains(&alarm) {
            self.alarm_anew(alarm, news);
        }
    }

    /// Of what happens more than once, and was not told of yet.
    pub(super) fn alarm_anew(&mut self, alarm: Alarm, news: &mut Vec<News>) {
        if !self.alarms.contains(&alarm) {
            self.alarms.push(alarm);
        }
        news.push(News::Alarm(alarm));
    }

    /// When something is to be done about it next, ms since 1970. `None`: nothing, unless a callback comes.
    pub fn due_ms(&self, now_ms: i64) -> Option<i64> {
        let pause_ms = PAUSE_MS.saturating_mul(1 << self.unanswered.min(10)).min(MOST_PAUSE_MS);
        let asked_again_ms = now_ms.saturating_add(pause_ms);
        match self.state {
            State::Sent => Some(self.expires_ms),
            State::Beginning => Some(asked_again_ms),
            _ if self.claimed.is_some() => Some(asked_again_ms),
            _ if self.state.is_money() && self.refunded_minor < self.gone_minor() => {
                let since_ms = self.refunds.iter().map(|refund| refund.at_ms).max().unwrap_or(now_ms);
                // Soon at first, then now and then, as long as banks take.
                let pause_ms = now_ms.saturating_sub(since_ms).clamp(PAUSE_MS, REFUND_PAUSE_MS);
                Some(now_ms.saturating_add(pause_ms)).filter(|at_ms| *at_ms < since_ms.saturating_add(MOST_REFUND_MS))
            }
            _ if self.state.is_money() || self.state == State::Cash => None,
            // Nothing of it is at the provider, or nothing that it could be asked for.
            state if state.is_dead() && self.references.iter().all(SmolStr::is_empty) => None,
            _ if self.unanswered > 0 => {
                Some(asked_again_ms).filter(|_| now_ms < self.expires_ms.saturating_add(MOST_PATIENCE_MS))
            }
            _ => {
                let questions = QUESTIONS_MS.iter().map(|after_ms| self.begun_ms.saturating_add(*after_ms));
                let questions = questions.filter(|at_ms| *at_ms < self.expires_ms);
                let ends = [self.expires_ms, self.expires_ms.saturating_add(LAST_QUESTION_MS)];
                questions.chain(ends).find(|at_ms| *at_ms > now_ms)
            }
        }
    }

    /// As the row keeps it.
    pub fn encode(&self) -> Vec<u8> {
        // Writing into memory fails only for a type that can not be written, and this one can.
        postcard::to_extend(self, vec![VERSION]).unwrap_or_default()
    }

    /// What [`Payment::encode`] wrote, or an earlier version of it.
    pub fn decode(bytes: &[u8]) -> Option<Payment> {
        match bytes.split_first()? {
            (&VERSION, rest) => postcard::from_bytes(rest).ok(),
            // What is at its end by now it had not: each, empty, is a single 0.
            (&WITHOUT_BOOKS, rest) => postcard::from_bytes(&[rest, &[0; 1]].concat()).ok(),
            (&WITHOUT_HANDS, rest) => postcard::from_bytes(&[rest, &[0; 3]].concat()).ok(),
            (&WITHOUT_ATTEMPTS, rest) => postcard::from_bytes(&[rest, &[0; 8]].concat()).ok(),
            (&WITHOUT_MONEY, rest) => postcard::from_bytes(&[rest, &[0; 10]].concat()).ok(),
            (&WITHOUT_REFUNDS, rest) => postcard::from_bytes(&[rest, &[0; 11]].concat()).ok(),
            (_, _) => None,
        }
    }
}

/// The first byte of an encoded payment.
const VERSION: u8 = 6;
const WITHOUT_BOOKS: u8 = 5;
const WITHOUT_HANDS: u8 = 4;
const WITHOUT_ATTEMPTS: u8 = 3;
const WITHOUT_MONEY: u8 = 2;
const WITHOUT_REFUNDS: u8 = 1;
