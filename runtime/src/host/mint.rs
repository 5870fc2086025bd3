//! Ids that nobody can guess: SHA-256 over a key and a counter. A key drawn at start serves a process; a given one makes
//! a simulation repeat itself.

use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use sha2::{Digest, Sha256};

use crate::id::{ConversationId, Owner, SendId};

#[derive(Debug)]
pub struct Mint {
    key: [u8; 32],
    counter: AtomicU64,
}

/// The machine gave no random bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no random bytes from the operating system")]
pub struct NoRandomness;

impl Mint {
    /// With a key from the operating system.
    ///
    /// # Errors
    /// The operating system has no randomness to give.
    pub fn random() -> Result<Mint, NoRandomness> {
        let mut key = [0; 32];
        SystemRandom::new().fill(&mut key).map_err(|_| NoRandomness)?;
        Ok(Mint { key, counter: AtomicU64::new(0) })
    }

    /// The same ids for the same seed.
    pub fn seeded(seed: u64) -> Mint {
        Mint { key: Sha256::digest(seed.to_le_bytes()).into(), counter: AtomicU64::new(0) }
    }

    fn next(&self) -> [u8; 16] {
        let counter = self.counter.fetch_add(1, Ordering::Relaxed);
        let digest = Sha256::new().chain_update(self.key).chain_update(counter.to_le_bytes()).finalize();
        let mut id = [0; 16];
        id.copy_from_slice(&digest[..16]);
        id
    }

    fn number(&self) -> u64 {
        let id = self.next();
        id.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
    }

    pub fn send(&self) -> SendId {
        SendId(self.next())
    }

    /// At most 63 bits, and never 0.
    pub fn conversation(&self) -> ConversationId {
        ConversationId((self.number() >> 1).max(1))
    }

    pub fn owner(&self) -> Owner {
        Owner((self.number() >> 1).max(1))
    }

    /// Evenly from 0 to `below`, to spread what would else happen at once.
    pub fn jitter(&self, below: i64) -> i64 {
        let below = u64::try_from(below).unwrap_or(0).max(1);
        i64::try_from(self.number() % below).unwrap_or(0)
    }
}
