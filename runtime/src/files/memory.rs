//! Files in memory, for trials and tests.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use super::{FilesError, Found, Place};
use crate::id::ShopScope;

#[derive(Clone, Debug, Default)]
pub(super) struct Memory(Arc<Mutex<Kept>>);

/// With the time at which each was put there.
type Kept = BTreeMap<Place, (i64, Vec<u8>)>;

impl Memory {
    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn put(&self, place: &Place, bytes: Vec<u8>) -> Result<(), FilesError> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let at_ms = i64::try_from(now.as_millis()).unwrap_or(i64::MAX);
        self.lock().entry(place.clone()).or_insert((at_ms, bytes));
        Ok(())
    }

    pub fn get(&self, place: &Place) -> Result<Option<Vec<u8>>, FilesError> {
        Ok(self.lock().get(place).map(|(_, bytes)| bytes.clone()))
    }

    pub fn remove(&self, place: &Place) -> Result<(), FilesError> {
        self.lock().remove(place);
        Ok(())
    }

    pub fn list(&self, shop: ShopScope) -> Result<Vec<Found>, FilesError> {
        let kept = self.lock();
        let own = kept.iter().filter(|(place, _)| place.shop == shop);
        let found = |(place, (at_ms, bytes)): (&Place, &(i64, Vec<u8>))| Found {
            place: place.clone(),
            at_ms: *at_ms,
            bytes: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
        };
        Ok(own.map(found).collect())
    }
}
