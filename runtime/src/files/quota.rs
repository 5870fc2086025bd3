//! How much room the files of a shop have, and which of them go when it is used up: the oldest. Counts what this process has
//! put there since it last looked; touches no file.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::{Found, Place};
use crate::id::ShopScope;

#[derive(Debug, Default)]
pub(super) struct Quota {
    /// Bytes of each shop; 0: without end.
    most: u64,
    // Held for arithmetic only, never across a wait.
    used: Mutex<BTreeMap<ShopScope, u64>>,
}

impl Quota {
    pub fn of(most: u64) -> Quota {
        Quota { most, used: Mutex::default() }
    }

    /// Counts what was put there. `true`: it is time to look. So it is at a shop's first file, when nobody has looked yet.
    pub fn is_used_up(&self, shop: ShopScope, more: u64) -> bool {
        if self.most == 0 {
            return false;
        }
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        match used.get_mut(&shop) {
            Some(used) => {
                *used = used.saturating_add(more);
                *used > self.most
            }
            None => true,
        }
    }

    /// So much lies there.
    pub fn has(&self, shop: ShopScope, bytes: u64) {
        self.used.lock().unwrap_or_else(PoisonError::into_inner).insert(shop, bytes);
    }

    /// What is to go of all that lies there, the oldest first, and how much stays. Never what was put there just now.
    pub fn gone(&self, mut all: Vec<Found>, put: &Place) -> (Vec<Place>, u64) {
        let mut left = all.iter().map(|found| found.bytes).sum::<u64>();
        let mut gone = Vec::new();
        if left > self.most {
            all.sort_by(|a, b| (a.at_ms, &a.place).cmp(&(b.at_ms, &b.place)));
            for found in all.into_iter().filter(|found| found.place != *put) {
                if left <= self.most - self.most / 10 {
                    break;
                }
                left = left.saturating_sub(found.bytes);
                gone.push(found.place);
            }
        }
        (gone, left)
    }
}
