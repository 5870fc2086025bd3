//! Keeps what is known of templates and numbers current: asks WhatsApp at the start and every hour, beside the webhooks that
//! tell of changes. Submits nothing; what can not be asked stays as it was.

use std::sync::Arc;
use std::time::Duration;

use smol_str::SmolStr;
use tokio_util::sync::CancellationToken;

use crate::channel::whatsapp::client::{Access, CallError, Graph};
use crate::channel::whatsapp::warnings;
use crate::host::clock::{Clock, SystemClock};
use crate::ops::accounts;
use crate::shops::{Registry, Served};
use crate::store::{self, HealthNews, Store};

/// How often. The vendor lets an app ask 200 times an hour about an account that is not active yet.
const EVERY: Duration = Duration::from_secs(3_600);

#[derive(Debug, thiserror::Error)]
enum Error {
    #[error(transparent)]
    Vendor(#[from] CallError),
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// Asks about every live shop.
pub(super) struct Current {
    pub registry: Arc<Registry>,
    pub store: Store,
    pub graph: Graph,
}

impl Current {
    /// Until `stop`.
    pub async fn keep(self, stop: CancellationToken) {
        let mut rounds = tokio::time::interval(EVERY);
        while stop.run_until_cancelled(rounds.tick()).await.is_some() {
            for shop in &self.registry.now().shops {
                match stop.run_until_cancelled(self.shop(shop)).await {
                    Some(Ok(())) => {}
                    Some(Err(error)) => tracing::warn!(shop = %shop.slug, %error, "WhatsApp could not be asked"),
                    None => return,
                }
            }
        }
    }

    async fn shop(&self, shop: &Served) -> Result<(), Error> {
        let Some(access) = shop.token.as_ref().and_then(|token| Access::new(token).ok()) else { return Ok(()) };
        // Before the question: a webhook that comes meanwhile is newer.
        let now_ms = SystemClock::default().now_ms();
        let mut told = Vec::with_capacity(shop.numbers.len());
        for number in &shop.numbers {
            told.push(self.graph.number(number, &access).await?);
        }
        let pulled = match &shop.account {
            Some(account) => Some(accounts::pull(&self.graph, account, &access, now_ms).await?),
            None => None,
        };
        let mut tx = self.store.begin(shop.scope).await?;
        let health = shop.numbers.iter().zip(told).map(|(number, told)| HealthNews {
            quality: told_word(told.quality_rating),
            tier: told.whatsapp_business_manager_messaging_limit.and_then(told_word),
            throughput: told_word(told.throughput.level),
            display: told.display_phone_number.into(),
            changes: told_word(told.status).map(|status| warnings::of_status(&status, now_ms)).into_iter().collect(),
            // Why nothing may be sent is told by events only.
            ..HealthNews::of(shop.scope, number.clone(), now_ms)
        });
        tx.hear_health(&health.collect::<Vec<_>>()).await?;
        if let Some(pulled) = pulled {
            let known = tx.templates(shop.scope).await?;
            tx.put_templates(&accounts::rows(&pulled, shop.scope, &known, now_ms)).await?;
        }
        Ok(tx.commit().await?)
    }
}

/// What a newer version of the API leaves out is not told, and stays as it was (F67).
fn told_word(word: String) -> Option<SmolStr> {
    (!word.is_empty()).then(|| word.into())
}
