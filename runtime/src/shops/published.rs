//! What was published: every program with its files in the store, so that a restart still has what a session needs.
//! Compiles what it reads; refuses nothing: what does not compile any more is left out.

use std::sync::Arc;

use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use duka_engine::program::Program;
use duka_engine::session::Revision;
use duka_engine::source::{FileKind, ShopSource, SourceFile};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::SecretSlice;
use sha2::{Digest, Sha256};

use super::Trouble;
use super::registry::{Error, Older};
use super::source::{self, Outside, Source};
use crate::channel::whatsapp::keys::{ShopKeys, WeakSecret};
use crate::host::mint::NoRandomness;
use crate::host::shops::{Found, Shop};
use crate::id::ShopScope;
use crate::store::{self, FlowRevision, Store};

/// The most programs that a shop begins with besides its newest; others are looked up when a conversation is on one.
const MOST_OLDER: usize = 8;
/// How long after a newer one came a program is one of those: longer than conversations usually remember.
const KEEP_MS: i64 = 30 * 24 * 3_600_000;
/// Where the key lies that all shops' keys are derived from.
const KEY: &str = "shop_key";

/// Path and text of each file.
type Files = Vec<(String, String)>;

/// One shop's newest program, on its way into the store.
pub(super) struct Publish<'a> {
    pub store: &'a Store,
    pub scope: ShopScope,
    pub source: &'a Source,
    pub now_ms: i64,
}

impl Publish<'_> {
    /// Writes the program down as the newest: one that comes back takes the place of those that came between.
    pub(super) async fn publish(self) -> Result<(), store::Error> {
        let revision = self.source.program.revision.0;
        let latest = self.store.read(self.scope).await?.revisions(self.scope, 1).await?.pop();
        if latest.as_ref().is_some_and(|latest| latest.revision == revision) {
            return Ok(());
        }
        let at_ms = latest.map_or(self.now_ms, |latest| self.now_ms.max(latest.at_ms.saturating_add(1)));
        let standard = standard_files();
        let bytes = encode(&standard);
        let hash = hash(&bytes);
        let place = standard_place(hash);
        let known = self.store.read(ShopScope::NONE).await?.meta_get(ShopScope::NONE, &place).await?;
        if known.is_none() {
            let mut tx = self.store.begin(ShopScope::NONE).await?;
            tx.meta_set(ShopScope::NONE, &place, &bytes).await?;
            tx.commit().await?;
        }
        let files: Files = self.source.files.iter().map(|file| (file.path.clone(), file.text.clone())).collect();
        let row = FlowRevision { shop: self.scope, revision, at_ms, source: encode(&files), standard: hash };
        let mut tx = self.store.begin(self.scope).await?;
        tx.put_revisions(&[row]).await?;
        tx.commit().await
    }
}

/// The programs that conversations may still be on, besides `newest`.
pub(super) async fn older(
    store: &Store,
    scope: ShopScope,
    newest: &Program,
    now_ms: i64,
) -> Result<Older, store::Error> {
    let limit = u32::try_from(MOST_OLDER + 1).unwrap_or(u32::MAX);
    let rows = store.read(scope).await?.revisions(scope, limit).await?;
    let mut older = Vec::new();
    let mut replaced_ms = now_ms;
    for row in rows {
        let (at_ms, is_newest) = (row.at_ms, row.revision == newest.revision.0);
        if !is_newest && now_ms - replaced_ms < KEEP_MS {
            older.extend(compile(store, &row).await?);
        }
        replaced_ms = at_ms;
    }
    older.truncate(MOST_OLDER);
    Ok(older)
}

/// The same when a newer program takes the place of a shop's.
pub(super) fn grown_older(before: &Shop, newest: &Program) -> Older {
    let all = std::iter::once(&before.program).chain(&before.older);
    all.filter(|program| program.revision != newest.revision).take(MOST_OLDER).cloned().collect()
}

/// A program with the files it was compiled from, which its places point into.
#[derive(Clone, Debug)]
pub struct Kept {
    pub program: Arc<Program>,
    pub source: Arc<ShopSource>,
}

/// The program of a revision, from the store. `None`: it is not known, or does not compile any more.
///
/// # Errors
/// The store.
pub async fn kept(store: &Store, scope: ShopScope, revision: [u8; 16]) -> Result<Option<Kept>, store::Error> {
    let row = store.read(scope).await?.revision(scope, revision).await?;
    match row {
        Some(row) => read(store, &row).await,
        None => Ok(None),
    }
}

/// The program of a revision that a conversation is on, judged by when it was published and when the newest here was.
/// What an earlier version of Duka has compiled from the same files goes by the revision that it had then.
///
/// # Errors
/// The store.
pub async fn look_up(
    store: &Store,
    scope: ShopScope,
    revision: Revision,
    newest: Revision,
) -> Result<Found, store::Error> {
    let mut tx = store.read(scope).await?;
    let (row, own) = (tx.revision(scope, revision.0).await?, tx.revision(scope, newest.0).await?);
    tx.rollback().await?;
    let Some(row) = row else { return Ok(Found::Gone(revision)) };
    let is_newer = own.is_some_and(|own| own.at_ms < row.at_ms);
    let Some(mut program) = compile(store, &row).await? else { return Ok(Found::Gone(revision)) };
    if program.revision != revision {
        let Some(own) = Arc::get_mut(&mut program) else { return Ok(Found::Gone(revision)) };
        own.revision = revision;
    }
    Ok(if is_newer { Found::Newer(program) } else { Found::Older(program) })
}

/// What was published last of a shop that can not be served as it lies there. Its settings must be sound: they say who it is.
/// `None`: there is nothing that could be served; the trouble is this shop's alone.
pub(super) async fn latest(
    store: &Store,
    slug: &str,
    trouble: &Trouble,
    outside: Outside<'_>,
) -> Result<Option<Source>, store::Error> {
    let (Trouble::Broken(shop) | Trouble::NotAllowed { shop, .. }) = trouble else { return Ok(None) };
    let scope = store.shop(slug).await?;
    let rows = store.read(scope).await?.revisions(scope, 1).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let Some(program) = compile(store, row).await? else { return Ok(None) };
    let files = decode(&row.source).into_iter().filter_map(file).collect();
    let kept = source::kept(slug, shop, program, files, outside);
    Ok(kept.inspect_err(|why| tracing::warn!(shop = slug, %why, "nor can it be served as it was published")).ok())
}

async fn compile(store: &Store, row: &FlowRevision) -> Result<Option<Arc<Program>>, store::Error> {
    Ok(read(store, row).await?.map(|kept| kept.program))
}

async fn read(store: &Store, row: &FlowRevision) -> Result<Option<Kept>, store::Error> {
    let own: Vec<SourceFile> = decode(&row.source).into_iter().filter_map(file).collect();
    let place = standard_place(row.standard);
    let standard = store.read(ShopScope::NONE).await?.meta_get(ShopScope::NONE, &place).await?;
    let standard = standard.map(|bytes| decode(&bytes)).unwrap_or_default();
    let standard_from = own.len();
    let files = own.into_iter().chain(standard.into_iter().filter_map(file)).collect();
    let source = Arc::new(ShopSource { files, standard_from });
    let compiled = {
        let source = Arc::clone(&source);
        tokio::task::spawn_blocking(move || source::compile_deep(&source)).await
    };
    Ok(compiled.ok().flatten().map(|program| Kept { program, source }))
}

fn file((path, text): (String, String)) -> Option<SourceFile> {
    let kind = FileKind::of(&path, &text)?;
    Some(SourceFile { path, text, kind })
}

fn standard_files() -> Files {
    let all = duka_flows::CONTRACTS.iter().chain(duka_flows::STD);
    all.map(|(path, text)| ((*path).to_string(), (*text).to_string())).collect()
}

fn standard_place(hash: [u8; 16]) -> String {
    format!("standard:{}", hex::encode(hash))
}

fn hash(bytes: &[u8]) -> [u8; 16] {
    let mut short = [0; 16];
    short.iter_mut().zip(Sha256::digest(bytes)).for_each(|(to, from)| *to = from);
    short
}

fn encode(files: &Files) -> Vec<u8> {
    // Writing into memory fails only for a type that can not be written, and texts are none.
    postcard::to_stdvec(files).unwrap_or_default()
}

fn decode(bytes: &[u8]) -> Files {
    postcard::from_bytes(bytes).unwrap_or_default()
}

/// The key that all shops' keys are derived from: drawn once, the same for every process on this store.
pub(super) async fn key(store: &Store) -> Result<Vec<u8>, Error> {
    let mut tx = store.begin(ShopScope::NONE).await?;
    if let Some(key) = tx.meta_get(ShopScope::NONE, KEY).await? {
        return Ok(key);
    }
    let mut key = [0; 32];
    SystemRandom::new().fill(&mut key).map_err(|_| NoRandomness)?;
    // Of processes that start at once one has drawn it for all: with different keys, neither would know the other's ids.
    let key = tx.meta_keep(ShopScope::NONE, KEY, &key).await?;
    tx.commit().await?;
    Ok(key)
}

/// The key that others are derived from where the settings name none.
///
/// # Errors
/// The store does not answer, or the machine has no randomness.
pub async fn root_key(store: &Store) -> Result<SecretSlice<u8>, Error> {
    Ok(SecretSlice::from(key(store).await?))
}

/// One shop's keys.
pub(super) fn keys(key: &[u8], slug: &str) -> Result<ShopKeys, WeakSecret> {
    let mac: Hmac<Sha256> = Hmac::new_from_slice(key).map_err(|_| WeakSecret)?;
    ShopKeys::new(&SecretSlice::from(mac.chain_update(slug.as_bytes()).finalize().into_bytes().to_vec()))
}
