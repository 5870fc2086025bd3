//! The names of things: shops, conversations, sends. All are opaque, none is guessable where outsiders see it.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Proof of which shop is spoken for. Made only by the registry of shops, from a routed number or a credential, never
/// from a request's own claims (TM13, TM14). Every row and every statement names one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ShopScope(u32);

impl ShopScope {
    /// For what belongs to no shop: the process's own values, and what could be routed to nobody.
    pub const NONE: ShopScope = ShopScope(0);

    /// For the store, which numbers the shops it is told of, and for tests of it.
    pub fn numbered(id: u32) -> ShopScope {
        ShopScope(id)
    }

    /// The shop's number in the database.
    pub fn number(self) -> u32 {
        self.0
    }
}

/// One customer's conversation with one shop on one channel. Random, at most 63 bits, so that it fits a database integer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ConversationId(pub u64);

/// A logical send: minted with the turn that wants it, never changed by retries (reliability.md 4.3).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SendId(pub [u8; 16]);

impl fmt::Debug for SendId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// A payment of an order, as its links and its provider know it. Nobody can guess it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PaymentId(pub [u8; 16]);

impl fmt::Debug for PaymentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// The key under which a webhook element is known: a hash over channel, number, kind and vendor id, and for a status
/// its word and recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ElementKey(pub [u8; 16]);

impl ElementKey {
    /// Of what is no vendor's element: `kind` keeps such names apart from each other.
    pub fn named(kind: &str, name: &str) -> ElementKey {
        let hash = Sha256::new().chain_update(kind).chain_update([0]).chain_update(name).finalize();
        let mut key = [0; 16];
        key.iter_mut().zip(hash).for_each(|(byte, hashed)| *byte = hashed);
        ElementKey(key)
    }
}

/// Which process holds a claim: random at its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Owner(pub u64);
