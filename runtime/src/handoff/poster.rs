//! Brings what people are to be told, each conversation in order, until it is taken or not worth telling any more. Repeats
//! what failed with growing pauses; the receiver knows a repetition by its id.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use metrics::counter;
use tokio_util::sync::CancellationToken;

use super::chatwoot::{Attached, Brought, Inbox, Place, key_of_conversation, key_of_place};
use super::sign::{SIGNATURE_HEADER, signature};
use super::{ANSWER, Letter, Telling, Told};
use crate::config::People;
use crate::egress::{Egress, Request};
use crate::files::{self, Files};
use crate::host::Host;
use crate::host::files::mime_of;
use crate::id::{ConversationId, ShopScope};
use crate::server::rounds::Apart;
use crate::shops::{Registry, Served};
use crate::store::{Claim, ClaimedPost, Due, IdentityKind, Result, Tx, Work};

const POLL: Duration = Duration::from_millis(500);
const LEASE_MS: i64 = 90_000;
/// Claimed and brought at once, of one shop: all of them have their end before the lease has.
const AT_ONCE: u32 = 8;
/// The longest pause between two attempts.
const MOST_PAUSE_MS: i64 = 5 * 60_000;
/// What is older is not told any more: a day of a person's silence is an incident by then.
const LIFE_MS: i64 = 24 * 3_600_000;

pub struct Poster {
    host: Arc<Host>,
    registry: Arc<Registry>,
    egress: Egress,
    files: Files,
}

impl Poster {
    pub fn new(host: Arc<Host>, registry: Arc<Registry>, egress: Egress, files: Files) -> Poster {
        Poster { host, registry, egress, files }
    }

    /// Brings until `stop`, each shop's beside the others': nobody waits for a webhook that hangs but its own shop. What is on its
    /// way then comes to its end.
    pub async fn run(self, stop: CancellationToken) {
        let poster = Arc::new(self);
        let mut news = poster.host.store.subscribe(Work::Posts);
        let mut rounds = Apart::default();
        while !stop.is_cancelled() {
            news.borrow_and_update();
            match poster.host.store.due(Work::Posts, poster.host.clock.now_ms()).await {
                Ok(due) => {
                    for Due { shop, .. } in due {
                        let (poster, stop) = (Arc::clone(&poster), stop.clone());
                        rounds.begin(shop, async move { poster.all_of(shop, &stop).await });
                    }
                }
                Err(error) => tracing::warn!(%error, "what people are to be told can not be read"),
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(POLL) => {}
                _ = news.changed() => {}
            }
        }
        rounds.end().await;
    }

    async fn all_of(&self, shop: ShopScope, stop: &CancellationToken) {
        while !stop.is_cancelled() {
            match self.some_of(shop).await {
                Ok(0) => return,
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(%error, "what people are to be told can not be read or written down");
                    return;
                }
            }
        }
    }

    /// Brings some of what is due of a shop. Returns how many that were.
    async fn some_of(&self, scope: ShopScope) -> Result<usize> {
        let routes = self.registry.now();
        let Some(shop) = routes.of(scope) else { return Ok(0) };
        let now_ms = self.host.clock.now_ms();
        let claim = Claim { owner: self.host.owner, now_ms, lease_ms: LEASE_MS, limit: AT_ONCE };
        let claimed = |mut tx: Tx| async move {
            let posts = tx.claim_posts(scope, claim).await?;
            Ok((tx, posts))
        };
        let posts = self.host.store.transact(scope, claimed).await?;
        let count = posts.len();
        for end in join_all(posts.into_iter().map(|post| self.one(shop, post))).await {
            end?;
        }
        Ok(count)
    }

    async fn one(&self, shop: &Served, post: ClaimedPost) -> Result<()> {
        let now_ms = self.host.clock.now_ms();
        let telling: Option<Telling> = postcard::from_bytes(&post.body).ok();
        let brought = match (telling, &shop.people) {
            (Some(telling), Some(people)) if telling.at_ms.saturating_add(LIFE_MS) > now_ms => {
                let letter = self.letter(shop, &post, telling).await?;
                match &people.chatwoot {
                    Some(chatwoot) => {
                        let inbox = Inbox { egress: &self.egress, people, chatwoot };
                        self.to_chatwoot(shop, inbox, post.conversation, &letter).await?
                    }
                    None => self.to_webhook(people, &letter).await,
                }
            }
            (_, _) => Brought::Never,
        };
        let end = match &brought {
            Brought::Done => "done",
            Brought::NotNow => "not_now",
            Brought::Never => "given_up",
        };
        counter!("duka_handoff_posts_total", "end" => end).increment(1);
        let again_ms = match brought {
            Brought::Done => None,
            Brought::Never => {
                tracing::error!(shop = %shop.slug, "people could not be told of a conversation; it is given up");
                None
            }
            Brought::NotNow => {
                let pause_ms = 500_i64.saturating_mul(1 << post.attempt.min(12)).min(MOST_PAUSE_MS);
                Some(now_ms + pause_ms / 2 + self.host.mint.jitter(pause_ms / 2 + 1))
            }
        };
        let (scope, seq, attempt) = (post.shop, post.seq, post.attempt);
        let ended = |mut tx: Tx| async move {
            match again_ms {
                None => tx.end_post(scope, seq, attempt).await?,
                Some(not_before_ms) => tx.postpone_post(scope, seq, attempt, not_before_ms).await?,
            };
            Ok((tx, ()))
        };
        self.host.store.transact(scope, ended).await
    }

    async fn letter(&self, shop: &Served, post: &ClaimedPost, telling: Telling) -> Result<Letter> {
        let mut tx = self.host.store.read(post.shop).await?;
        let known = tx.identities_of(post.shop, post.conversation).await?;
        tx.rollback().await?;
        let phone = known.into_iter().find(|it| it.kind == IdentityKind::Phone).map(|it| it.value);
        let conversation = format!("{:016x}", post.conversation.0);
        let id = format!("{conversation}-{}-{}{}", telling.turn, telling.index, self.host.since_restore());
        Ok(Letter { telling, id, shop: shop.slug.clone(), conversation, phone: phone.unwrap_or_default() })
    }

    async fn to_webhook(&self, people: &People, letter: &Letter) -> Brought {
        let body = letter.json().to_string().into_bytes();
        let mark = signature(&people.secret, self.host.clock.now_ms(), &body);
        let headers = [(SIGNATURE_HEADER, mark.as_str()), ("duka-event-id", letter.id.as_str())];
        match self.egress.send(Request::json(people.url.clone(), &headers, body, ANSWER)).await {
            Ok(answer) if answer.is_success() => Brought::Done,
            Ok(answer) => {
                tracing::warn!(shop = %letter.shop, status = answer.status, "people were not told: their webhook refuses");
                Brought::NotNow
            }
            Err(error) => {
                tracing::warn!(shop = %letter.shop, %error, "people were not told: their webhook does not answer");
                Brought::NotNow
            }
        }
    }

    async fn to_chatwoot(
        &self,
        shop: &Served,
        inbox: Inbox<'_>,
        id: ConversationId,
        letter: &Letter,
    ) -> Result<Brought> {
        let key = key_of_place(&letter.conversation);
        let mut tx = self.host.store.read(shop.scope).await?;
        let kept = tx.meta_get(shop.scope, &key).await?;
        tx.rollback().await?;
        let place = match kept.as_deref().and_then(Place::decode) {
            Some(place) => place,
            None => {
                let name = match &letter.telling.told {
                    Told::Opened { name, .. } | Told::Message { name, .. } | Told::File { name, .. } => name.as_str(),
                    Told::NotDelivered { .. } | Told::Closed { .. } | Told::Alert { .. } => "",
                };
                let place = match inbox.begin(letter, name).await {
                    Ok(place) => place,
                    Err(brought) => return Ok(brought),
                };
                if !self.keep(shop.scope, id, &place, letter).await? {
                    return Ok(Brought::Never);
                }
                place
            }
        };
        let file = self.file(shop, id, letter).await;
        Ok(inbox.bring(&place, letter, file).await)
    }

    /// Keeps where a conversation is in Chatwoot. `false`: the customer was erased meanwhile, and nothing of them is kept.
    async fn keep(&self, shop: ShopScope, id: ConversationId, place: &Place, letter: &Letter) -> Result<bool> {
        let kept = |mut tx: Tx| async move {
            let is_there = tx.conversations(&[(shop, id)]).await?.iter().any(Option::is_some);
            if is_there {
                tx.meta_set(shop, &key_of_place(&letter.conversation), &place.encode()).await?;
                let back = key_of_conversation(place.conversation);
                tx.meta_set(shop, &back, letter.conversation.as_bytes()).await?;
            }
            Ok((tx, is_there))
        };
        self.host.store.transact(shop, kept).await
    }

    /// The file that the customer sent, unless it is not kept any more.
    async fn file(&self, shop: &Served, id: ConversationId, letter: &Letter) -> Option<Attached> {
        let Told::File { source, .. } = &letter.telling.told else { return None };
        let place = files::Place::named(source, shop.scope, id)?;
        let mime = mime_of(place.ending())?;
        let bytes =
            self.files.get(&place).await.inspect_err(|error| tracing::warn!(%error, "a file is not told")).ok()??;
        Some(Attached { name: format!("file.{}", place.ending()), mime, bytes })
    }
}
