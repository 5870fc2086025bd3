//! Erasure (F103, F104, I28): a customer by what they are known by, or a whole shop. Rows first, then files, then what the
//! database's file still holds of both. Nothing of it can be taken back.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::{Extension, Json};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::access::Caller;
use super::answer::Refusal;
use super::keys::Key;
use crate::channel::whatsapp::CHANNEL;
use crate::id::{ConversationId, ShopScope};
use crate::server::{Server, keep};
use crate::store::{self, Identity, IdentityKind, Tx};

/// Less than a caller waits: what is left then is written over at the next look for old rows.
const PATIENCE: Duration = Duration::from_secs(20);

/// By what the customer is known: one of both.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Customer {
    /// With the country's code; spaces, dashes and `+` do not matter.
    #[serde(default)]
    phone: String,
    /// The vendor's id of the person for this business, as a webhook names it.
    #[serde(default)]
    user: String,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Erased {
    /// Conversations that were erased, with all that was said, sent, agreed to and kept.
    pub conversations: u64,
    /// Entries of the quarantine that named the customer.
    pub entries: u64,
    /// What was erased is written over in the database's file as well. `false`: soon, somebody was reading just now.
    pub scrubbed: bool,
}

impl Customer {
    fn identity(&self, shop: ShopScope) -> Result<Identity, Refusal> {
        let digits: String = self.phone.chars().filter(|letter| !" -+()./".contains(*letter)).collect();
        let user = self.user.trim();
        let (kind, value) = match (digits.is_empty(), user.is_empty()) {
            (false, true) => (IdentityKind::Phone, digits.as_str()),
            (true, false) => (IdentityKind::User, user),
            (_, _) => return Err(Refusal::Wrong("say either `phone` or `user`")),
        };
        let is_number = (5..=20).contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_digit());
        if kind == IdentityKind::Phone && !is_number {
            return Err(Refusal::Wrong("a phone number is written in digits, with its country's code"));
        }
        Ok(Identity { shop, channel: SmolStr::new_static(CHANNEL), kind, value: value.into() })
    }
}

/// What was erased of a customer.
struct Gone {
    ids: Vec<ConversationId>,
    /// All that they were known by.
    names: Vec<SmolStr>,
    conversations: u64,
    entries: u64,
}

async fn rows(mut tx: Tx, shop: ShopScope, asked: &Identity) -> store::Result<(Tx, Gone)> {
    let other = Identity { kind: IdentityKind::ParentUser, ..asked.clone() };
    let mut ids: Vec<ConversationId> =
        tx.find_conversations(&[asked.clone(), other]).await?.into_iter().flatten().collect();
    ids.sort_unstable();
    ids.dedup();
    let mut names = vec![asked.value.clone()];
    let mut conversations = 0;
    for id in &ids {
        names.extend(tx.identities_of(shop, *id).await?.into_iter().map(|it| it.value));
        keep::forget(&mut tx, shop, *id).await?;
        conversations += u64::from(tx.erase_conversation(shop, *id).await?);
    }
    let entries = tx.erase_quarantined(shop, &names).await?;
    Ok((tx, Gone { ids, names, conversations, entries }))
}

pub(super) async fn customer(
    State(server): State<Arc<Server>>,
    Caller(shop): Caller,
    Json(customer): Json<Customer>,
) -> Result<Json<Erased>, Refusal> {
    let asked = customer.identity(shop.scope)?;
    let store = &server.host.store;
    let Gone { ids, names, conversations, mut entries } =
        store.transact(shop.scope, |tx| rows(tx, shop.scope, &asked)).await?;
    let elsewhere = |mut tx: Tx| {
        let names = &names;
        async move {
            let entries = tx.erase_quarantined(ShopScope::NONE, names).await?;
            Ok((tx, entries))
        }
    };
    entries += store.transact(ShopScope::NONE, elsewhere).await?;
    for id in ids {
        drop(server.host.recall.take(shop.scope, id));
        server.files.remove_of(shop.scope, id).await?;
    }
    Ok(Json(Erased { conversations, entries, scrubbed: scrub(&server).await }))
}

pub(super) async fn shop(
    State(server): State<Arc<Server>>,
    Extension(key): Extension<Arc<Key>>,
    Path(path): Path<BTreeMap<String, String>>,
) -> Result<Json<Erased>, Refusal> {
    let slug = path.get("shop").map_or("", String::as_str);
    let own = key.shop.as_ref().is_none_or(|own| own == slug);
    let known = server.host.store.shops().await?;
    let (scope, _) = known.into_iter().find(|(_, known)| own && known == slug).ok_or(Refusal::Absent)?;
    if server.registry.now().of(scope).is_some() {
        return Err(Refusal::Wrong(
            "this shop is served, and would begin again: take its folder away, reload, then erase",
        ));
    }
    let erased = |mut tx: Tx| async move {
        let counts = tx.counts(scope).await?;
        tx.erase_shop(scope).await?;
        Ok((tx, (counts.conversations, counts.quarantine)))
    };
    let (conversations, entries) = server.host.store.transact(scope, erased).await?;
    server.host.recall.forget_shop(scope);
    for file in server.files.list(scope).await? {
        server.files.remove(&file.place).await?;
    }
    Ok(Json(Erased { conversations, entries, scrubbed: scrub(&server).await }))
}

/// Whether nothing of it is left in the database's file.
pub(super) async fn scrub(server: &Server) -> bool {
    match tokio::time::timeout(PATIENCE, server.host.store.scrub()).await {
        Ok(Ok(())) => true,
        Ok(Err(error)) => {
            tracing::warn!(%error, "what was erased could not be written over yet");
            false
        }
        Err(_) => false,
    }
}
