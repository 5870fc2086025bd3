//! What becomes of a send when an attempt ends or a provider tells of it: the same for every store. Pure.

use smol_str::SmolStr;

use super::rows::{AttemptEnd, Delivery, Lane, Repeat, SendState, StatusUpdate};

/// What a provider told of one message: a join of all its statuses (I26).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Told {
    pub delivery: Delivery,
    /// When the provider says that `delivery` came about; of several times the earliest.
    pub at_ms: i64,
    /// The provider's code of a failure; 0: none told.
    pub error: i32,
    pub category: SmolStr,
    pub pricing: SmolStr,
}

impl Told {
    pub fn of(update: &StatusUpdate) -> Told {
        let StatusUpdate { status, at_ms, error, category, pricing, .. } = update;
        Told { delivery: *status, at_ms: *at_ms, error: *error, category: category.clone(), pricing: pricing.clone() }
    }

    /// What it counts as, once it was delivered and that is known.
    pub fn counted(&self) -> Option<(SmolStr, SmolStr)> {
        let known = self.delivery >= Delivery::Delivered && !self.category.is_empty();
        known.then(|| (self.category.clone(), self.pricing.clone()))
    }

    /// The same, unless it was known before.
    pub fn newly_counted(&self, before: &Told) -> Option<(SmolStr, SmolStr)> {
        if before.counted().is_some() { None } else { self.counted() }
    }

    /// The least that says both. Commutative, associative, idempotent.
    pub fn join(&mut self, other: &Told) {
        if other.delivery > self.delivery || (other.delivery == self.delivery && other.at_ms < self.at_ms) {
            self.delivery = other.delivery;
            self.at_ms = other.at_ms;
        }
        self.error = self.error.max(other.error);
        for (mine, theirs) in [(&mut self.category, &other.category), (&mut self.pricing, &other.pricing)] {
            if *theirs > *mine {
                *mine = theirs.clone();
            }
        }
    }
}

/// The part of a send that changes after its turn.
#[derive(Clone, Debug, PartialEq)]
pub struct SendFacts {
    pub state: SendState,
    pub attempt: u32,
    pub after_unknown: bool,
    pub not_before_ms: i64,
    pub provider_id: SmolStr,
    /// A second message id that the provider gave to the same send: a visible duplicate. Empty: none.
    pub other_id: SmolStr,
    /// The code with which the last attempt ended; 0: none.
    pub error: i32,
    pub told: Told,
}

/// What a status changed in a send.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    pub settled: bool,
    pub failed: bool,
    pub duplicate: bool,
}

impl SendState {
    /// Nothing more is attempted. A status may still turn it into `Accepted`.
    pub fn is_final(self) -> bool {
        match self {
            SendState::Waiting | SendState::Ready | SendState::Sending | SendState::Unknown => false,
            SendState::Accepted | SendState::Failed | SendState::Expired | SendState::Parked | SendState::Cancelled => {
                true
            }
        }
    }
}

/// [`SendFacts::rests`] and [`SendFacts::can_be_passed`] as the databases ask them of a row of `outbox`, whose columns have
/// this prefix.
macro_rules! in_sql {
    (rests $row:literal) => {
        concat!($row, "lane = 3 AND ", $row, "state = 2 AND ", $row, "attempt > 0")
    };
    (can_be_passed $row:literal) => {
        concat!($row, "lane = 3 AND ", $row, "state < 3")
    };
}

pub(super) use in_sql;

impl SendFacts {
    pub fn new(state: SendState, not_before_ms: i64) -> SendFacts {
        SendFacts {
            state,
            attempt: 0,
            after_unknown: false,
            not_before_ms,
            provider_id: SmolStr::default(),
            other_id: SmolStr::default(),
            error: 0,
            told: Told::default(),
        }
    }

    /// Whether it waits for better times (quiet hours, quality, a warning, a pause), so that all but marketing of its
    /// conversation goes past it. In SQL: `rests`.
    pub fn rests(&self, lane: Lane) -> bool {
        lane == Lane::Marketing && self.state == SendState::Ready && self.attempt > 0
    }

    /// Whether nothing of it is in the air, and it is nothing that the customer waits for. In SQL: `can_be_passed`.
    pub fn can_be_passed(&self, lane: Lane) -> bool {
        lane == Lane::Marketing && self.state <= SendState::Ready
    }

    /// Takes what statuses said before it was known whose they were. Whether it failed by that.
    pub fn adopt(&mut self, told: &Told) -> bool {
        let known = self.told.delivery >= Delivery::Failed;
        self.told.join(told);
        !known && self.told.delivery == Delivery::Failed
    }

    /// Takes the end of an attempt. `false`: another attempt has begun since, or a status was faster (I25).
    pub fn settle(&mut self, attempt: u32, end: &AttemptEnd) -> bool {
        let open = matches!(self.state, SendState::Sending | SendState::Unknown);
        let accepted = matches!(end, AttemptEnd::Accepted { .. });
        if self.attempt != attempt || !(open || accepted) {
            return false;
        }
        match end {
            AttemptEnd::Accepted { provider_id } => {
                self.state = SendState::Accepted;
                self.known_as(provider_id);
            }
            AttemptEnd::Again { not_before_ms, error } => {
                self.state = SendState::Ready;
                self.not_before_ms = *not_before_ms;
                self.error = *error;
            }
            AttemptEnd::Unknown { hold_until_ms } => {
                self.state = SendState::Unknown;
                self.not_before_ms = *hold_until_ms;
            }
            AttemptEnd::Failed { error } => {
                self.state = SendState::Failed;
                self.error = *error;
            }
            AttemptEnd::Expired => self.state = SendState::Expired,
            AttemptEnd::Parked => self.state = SendState::Parked,
            AttemptEnd::Cancelled => self.state = SendState::Cancelled,
        }
        true
    }

    /// Takes what a provider says of a message of this send. A status proves acceptance, whatever we held before.
    pub fn hear(&mut self, provider_id: &SmolStr, told: &Told) -> Heard {
        let had_failed = self.told.delivery >= Delivery::Failed;
        let settled = self.state != SendState::Accepted;
        self.state = SendState::Accepted;
        let duplicate = self.known_as(provider_id);
        self.told.join(told);
        let failed = !had_failed && self.told.delivery == Delivery::Failed;
        Heard { settled, failed, duplicate }
    }

    /// The hold of an unknown send is over. `true`: it is parked for good.
    pub fn release(&mut self, repeat: Repeat) -> bool {
        let again = repeat == Repeat::Once && !self.after_unknown;
        self.state = if again { SendState::Ready } else { SendState::Parked };
        self.after_unknown = true;
        !again
    }

    /// Keeps the least and the greatest id, so that the order of statuses does not matter. `true`: a new second id.
    fn known_as(&mut self, id: &SmolStr) -> bool {
        if id.is_empty() || *id == self.provider_id || *id == self.other_id {
            return false;
        }
        if self.provider_id.is_empty() {
            self.provider_id = id.clone();
            return false;
        }
        let greatest = self.provider_id.clone().max(self.other_id.clone()).max(id.clone());
        self.provider_id = self.provider_id.clone().min(id.clone());
        self.other_id = greatest;
        true
    }
}
