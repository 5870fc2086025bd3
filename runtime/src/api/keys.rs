//! Keys of the API: 192 random bits, kept as a hash, with a scope, an end, and one shop or all. Shown once, when made.

use std::sync::Arc;

use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use axum::extract::{Path, State};
use axum::{Extension, Json};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use smol_str::SmolStr;

use super::answer::{Done, Refusal};
use crate::host::mint::NoRandomness;
use crate::id::ShopScope;
use crate::server::Server;
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
/// The store, or what it holds of keys can not be read.
pub async fn list(store: &Store) -> Result<Vec<Key>, store::Error> {
    let bytes = store.read(ShopScope::NONE).await?.meta_get(ShopScope::NONE, PLACE).await?;
    bytes.map_or_else(|| Ok(Vec::new()), |bytes| read(&bytes))
}

/// Makes a key, and returns it: it can not be shown again.
///
/// # Errors
/// The name is taken, or the store.
pub async fn make(store: &Store, key: Key) -> Result<String, KeyError> {
    let mut random = [0; 24];
    SystemRandom::new().fill(&mut random).map_err(|_| NoRandomness)?;
    let secret = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(random));
    let name = key.name.clone();
    let key = Key { hash: hash(&secret), ..key };
    let is_new = change(store, |keys| {
        let is_new = keys.iter().all(|known| known.name != key.name);
        keys.extend(is_new.then(|| key.clone()));
        is_new
    });
    if is_new.await? { Ok(secret) } else { Err(KeyError::Known(name)) }
}

/// Ends a key at once. `false`: there is none of that name.
///
/// # Errors
/// The store.
pub async fn end(store: &Store, name: &str) -> Result<bool, store::Error> {
    change(store, |keys| {
        let before = keys.len();
        keys.retain(|key| key.name != name);
        keys.len() < before
    })
    .await
}

/// Changes the keys, of which nobody else changes any meanwhile. `false`: there is nothing to change.
async fn change(store: &Store, change: impl Fn(&mut Vec<Key>) -> bool) -> Result<bool, store::Error> {
    let mut tx = store.begin(ShopScope::NONE).await?;
    let mut keys = read(&tx.meta_keep(ShopScope::NONE, PLACE, b"[]").await?)?;
    let is_changed = change(&mut keys);
    if is_changed {
        let bytes = serde_json::to_vec(&keys).map_err(unreadable)?;
        tx.meta_set(ShopScope::NONE, PLACE, &bytes).await?;
        tx.commit().await?;
    }
    Ok(is_changed)
}

fn read(bytes: &[u8]) -> Result<Vec<Key>, store::Error> {
    serde_json::from_slice(bytes).map_err(unreadable)
}

fn unreadable(error: serde_json::Error) -> store::Error {
    store::Error::Unreadable(format!("the keys of the API: {error}"))
}

/// Ends a key by the API. One that is for a single shop ends keys of that shop only.
pub(super) async fn remove(
    State(server): State<Arc<Server>>,
    Extension(own): Extension<Arc<Key>>,
    Path(name): Path<String>,
) -> Result<Json<Done>, Refusal> {
    let store = &server.host.store;
    let may_end = |key: &Key| key.name == name && (own.shop.is_none() || own.shop == key.shop);
    if !list(store).await?.iter().any(may_end) || !end(store, &name).await? {
        return Err(Refusal::Absent);
    }
    Ok(Done::yes())
}

/// The key that a secret belongs to, if it still holds. Only hashes are compared: time tells nothing of the secret.
pub(super) async fn find(store: &Store, secret: &str, now_ms: i64) -> Result<Option<Key>, store::Error> {
    if !secret.starts_with(PREFIX) {
        return Ok(None);
    }
    let hash = hash(secret);
    Ok(list(store).await?.into_iter().find(|key| key.hash == hash && now_ms < key.ends_ms))
}

fn hash(secret: &str) -> String {
    hex::encode(Sha256::digest(secret))
}
