//! Enumerations as the databases hold them: small numbers, that never change their meaning.

use sha2::{Digest, Sha256};

use super::error::{Error, Result};
use super::free::FreeEntry;
use super::health::Warning;
use super::rows::{Delivery, IdentityKind, InboxBody, Lane, Repeat, SendState};

fn unknown<T>(what: &str, code: i64) -> Result<T> {
    Err(Error::Unreadable(format!("{what} {code}")))
}

pub(super) fn identity_kind(code: i64) -> Result<IdentityKind> {
    match code {
        1 => Ok(IdentityKind::User),
        2 => Ok(IdentityKind::ParentUser),
        3 => Ok(IdentityKind::Phone),
        4 => Ok(IdentityKind::Order),
        other => unknown("kind of identity", other),
    }
}

/// One column: until when, or below zero when the customer came.
pub(super) fn free_entry(column: i64) -> FreeEntry {
    match column {
        0 => FreeEntry::None,
        until_ms if until_ms > 0 => FreeEntry::Until(until_ms),
        came_ms => FreeEntry::Came(came_ms.saturating_neg()),
    }
}

pub(super) fn of_free_entry(free: FreeEntry) -> i64 {
    match free {
        FreeEntry::None => 0,
        FreeEntry::Came(came_ms) => came_ms.max(0).saturating_neg(),
        FreeEntry::Until(until_ms) => until_ms.max(0),
    }
}

pub(super) fn lane(code: i64) -> Result<Lane> {
    match code {
        1 => Ok(Lane::Service),
        2 => Ok(Lane::Utility),
        3 => Ok(Lane::Marketing),
        other => unknown("lane", other),
    }
}

pub(super) fn repeat(code: i64) -> Result<Repeat> {
    match code {
        1 => Ok(Repeat::Once),
        2 => Ok(Repeat::Never),
        other => unknown("rule of repetition", other),
    }
}

pub(super) fn send_state(code: i64) -> Result<SendState> {
    match code {
        1 => Ok(SendState::Waiting),
        2 => Ok(SendState::Ready),
        3 => Ok(SendState::Sending),
        4 => Ok(SendState::Unknown),
        5 => Ok(SendState::Accepted),
        6 => Ok(SendState::Failed),
        7 => Ok(SendState::Expired),
        8 => Ok(SendState::Parked),
        9 => Ok(SendState::Cancelled),
        other => unknown("state of a send", other),
    }
}

pub(super) fn delivery(code: i64) -> Result<Delivery> {
    match code {
        0 => Ok(Delivery::None),
        1 => Ok(Delivery::Sent),
        2 => Ok(Delivery::Failed),
        3 => Ok(Delivery::Delivered),
        4 => Ok(Delivery::Read),
        5 => Ok(Delivery::Played),
        other => unknown("delivery", other),
    }
}

pub(super) fn inbox_body(kind: i64, bytes: Vec<u8>) -> Result<InboxBody> {
    match kind {
        1 => Ok(InboxBody::Element(bytes)),
        2 => Ok(InboxBody::Event(bytes)),
        3 => Ok(InboxBody::File(bytes)),
        other => unknown("kind of event", other),
    }
}

pub(super) fn inbox_parts(body: &InboxBody) -> (i64, &[u8]) {
    match body {
        InboxBody::Element(bytes) => (1, bytes),
        InboxBody::Event(bytes) => (2, bytes),
        InboxBody::File(bytes) => (3, bytes),
    }
}

/// A number by which a provider's long message id is found; 0 for none.
pub(super) fn provider_hash(id: &str) -> i64 {
    if id.is_empty() {
        return 0;
    }
    let digest = Sha256::digest(id.as_bytes());
    let mut first = [0; 8];
    first.copy_from_slice(&digest[..8]);
    // Never 0, which stands for none.
    i64::from_le_bytes(first) | 1
}

pub(super) fn bytes16(bytes: &[u8]) -> Result<[u8; 16]> {
    bytes.try_into().map_err(|_| Error::Unreadable(format!("a key of {} bytes", bytes.len())))
}

/// Warnings of a number as one column holds them. What can not be read holds nothing.
pub(super) fn warnings(column: &str) -> Vec<Warning> {
    serde_json::from_str(column).unwrap_or_default()
}

pub(super) fn written_warnings(warnings: &[Warning]) -> String {
    // Writing into memory fails only for a type that can not be written.
    serde_json::to_string(warnings).unwrap_or_default()
}
