//! Whose user ids statuses have told already, so that only the first of a customer's statuses is looked at for them.
//! Forgetting is harmless.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, PoisonError};

use crate::id::ShopScope;
use crate::store::{Identity, IdentityKind};

/// Hashes that are remembered before all are forgotten.
const MOST: usize = 100_000;

#[derive(Debug, Default)]
pub struct Met {
    hasher: RandomState,
    // Held to look up and put in.
    seen: Mutex<HashSet<u64>>,
}

impl Met {
    /// Whether these name a user id that has not been asked about.
    pub fn is_first(&self, shop: ShopScope, who: &[Identity]) -> bool {
        let Some(user) = who.iter().find(|identity| identity.kind == IdentityKind::User) else { return false };
        let hash = self.hasher.hash_one((shop, user));
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= MOST {
            seen.clear();
        }
        seen.insert(hash)
    }
}
