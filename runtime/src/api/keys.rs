//! Keys of the API: 192 random bits, kept as a hash, with a scope, an end, and one shop or all. Shown once, when made.

use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use smol_str::SmolStr;

use crate::host::mint::NoRandomness;
use crate::id::ShopScope;
use crate::store::{self, Store};

/// Where they lie.
const PLACE: &str = "api_keys";
/// What every key begins with, so that it is recognised where it should not be.
const PREFIX: &str = "duka_";

/// What a key may do; each may do what those before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// See conversations, figures and settings.
    Read,
    /// Answer customers.
    Reply,
    /// Erase, replay, drop.
    Operate,
}

/// A key as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Key {
    /// For people: `duka keys list`.
    pub name: String,
    /// SHA-256 of the whole key, in hex.
    pub hash: String,
    pub scope: Scope,
    /// `None`: every shop.
    pub shop: Option<SmolStr>,
    pub made_ms: i64,
    pub ends_ms: i64,
}

#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    #[error("there is a key `{0}` already")]
    Known(String),
}

/// All keys, the ended ones too.
///
/// # Errors
/// The store.
pub async fn list(store: &Store) -> Result<Vec<Key>, store::Error> {
    let bytes = store.read(ShopScope::NONE).await?.meta_get(ShopScope::NONE, PLACE).await?;
    Ok(bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default())
}

/// Makes a key, and returns it: it can not be shown again.
///
/// # Errors
/// The name is taken, or the store.
pub async fn make(store: &Store, key: Key) -> Result<String, KeyError> {
    let mut random = [0; 24];
    SystemRandom::new().fill(&mut random).map_err(|_| NoRandomness)?;
    let secret = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(random));
    let mut keys = list(store).await?;
    if keys.iter().any(|known| known.name == key.name) {
        return Err(KeyError::Known(key.name));
    }
    keys.push(Key { hash: hash(&secret), ..key });
    write(store, &keys).await?;
    Ok(secret)
}

/// Ends a key at once. `false`: there is none of that name.
///
/// # Errors
/// The store.
pub async fn end(store: &Store, name: &str) -> Result<bool, store::Error> {
    let mut keys = list(store).await?;
    let before = keys.len();
    keys.retain(|key| key.name != name);
    write(store, &keys).await?;
    Ok(keys.len() < before)
}

/// The key that a secret belongs to, if it still holds. Only hashes are compared: time tells nothing of the secret.
pub(super) async fn find(store: &Store, secret: &str, now_ms: i64) -> Result<Option<Key>, store::Error> {
    if !secret.starts_with(PREFIX) {
        return Ok(None);
    }
    let hash = hash(secret);
    Ok(list(store).await?.into_iter().find(|key| key.hash == hash && now_ms < key.ends_ms))
}

async fn write(store: &Store, keys: &[Key]) -> Result<(), store::Error> {
    let mut tx = store.begin(ShopScope::NONE).await?;
    tx.meta_set(ShopScope::NONE, PLACE, &serde_json::to_vec(keys).unwrap_or_default()).await?;
    tx.commit().await
}

fn hash(secret: &str) -> String {
    hex::encode(Sha256::digest(secret))
}
