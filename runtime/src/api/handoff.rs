//! People in a conversation: who waits for one, what they answer, and giving it back. The flow stays silent meanwhile.

use std::borrow::Cow;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use duka_engine::card;
use duka_engine::event::EventKind;
use duka_engine::outbound::{Message, Outbound};
use duka_engine::value::{Media, MediaType};
use metrics::counter;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::access::{Caller, Which};
use super::answer::{Done, Refusal};
use super::conversations::{Page, Paging, find};
use crate::handoff::{BY_PEOPLE, FIRST_INDEX};
use crate::host::incoming::{Arrival, Arrived, Incoming};
use crate::host::writer::Job;
use crate::id::{ConversationId, ElementKey, ShopScope};
use crate::server::Server;
use crate::store::{Lane, NewSend, Repeat, Sighting, Tx};

/// Letters of one answer (whatsapp-cloud-api 7.1).
pub(crate) const MOST_LETTERS: usize = 4_096;
/// Letters under a file (whatsapp-cloud-api 7.1).
const MOST_UNDER_A_FILE: usize = 1_024;
/// How long an answer is worth sending: as long as a window is open.
const LIFE_MS: i64 = 24 * 3_600_000;
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Reply {
    pub text: String,
}

#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Close {
    /// For the flow: `event.note`.
    #[serde(default)]
    pub note: String,
}

pub(super) async fn list(
    State(server): State<Arc<Server>>,
    Caller(shop): Caller,
    Query(paging): Query<Paging>,
) -> Result<Json<Page>, Refusal> {
    let (after, limit) = (paging.after()?, paging.limit());
    let rows = server.host.store.read(shop.scope).await?.list_handed_over(shop.scope, after, limit).await?;
    Ok(Json(Page::of(&rows, limit)))
}

pub(super) async fn reply(
    State(server): State<Arc<Server>>,
    Caller(shop): Caller,
    Which(id): Which,
    Json(reply): Json<Reply>,
) -> Result<Json<Done>, Refusal> {
    refused_with_card(&reply.text)?;
    say(&server, shop.scope, id, &reply.text, None).await?;
    Ok(Done::yes())
}

/// Who asks through the API can write it again without.
fn refused_with_card(text: &str) -> Result<(), Refusal> {
    let refusal = Refusal::Wrong("a card number is in it, which is neither kept nor sent: write it without");
    if card::is_in(text) { Err(refusal) } else { Ok(()) }
}

/// What people typed, without card numbers.
fn safe(text: &str) -> Cow<'_, str> {
    let safe = card::without(text);
    if safe != text {
        counter!("duka_card_numbers_total").increment(1);
    }
    safe
}

/// Puts a person's words into the thread, in order behind what is on its way. Under the same key they are put once.
pub(crate) async fn say(
    server: &Server,
    shop: ShopScope,
    id: ConversationId,
    text: &str,
    key: Option<ElementKey>,
) -> Result<(), Refusal> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > MOST_LETTERS {
        return Err(Refusal::Wrong("an answer has between 1 and 4,096 letters"));
    }
    let message = Message { text: safe(text).into_owned(), key: BY_PEOPLE.into(), ..Message::default() };
    put(server, shop, id, message, key).await
}

/// The same with a file at an address of the web, which the vendor fetches; with words under it.
pub(crate) async fn show(
    server: &Server,
    shop: ShopScope,
    id: ConversationId,
    (kind, source): (MediaType, String),
    text: &str,
    key: Option<ElementKey>,
) -> Result<(), Refusal> {
    let text: String = safe(text.trim()).chars().take(MOST_UNDER_A_FILE).collect();
    let media = Media { kind, source: source.into(), mime: SmolStr::default(), caption: SmolStr::default() };
    let header = Some(Arc::new(media));
    put(server, shop, id, Message { header, text, key: BY_PEOPLE.into(), ..Message::default() }, key).await
}

async fn put(
    server: &Server,
    shop: ShopScope,
    id: ConversationId,
    message: Message,
    key: Option<ElementKey>,
) -> Result<(), Refusal> {
    let row = find(server, shop, id).await?;
    if !row.handed_over {
        return Err(Refusal::Wrong("the flow has this conversation; open a handoff first"));
    }
    let now_ms = server.host.clock.now_ms();
    let send = NewSend {
        shop,
        id: server.host.mint.send(),
        conversation: id,
        number: row.number,
        turn: row.turn,
        index: FIRST_INDEX,
        lane: Lane::Service,
        repeat: Repeat::Once,
        body: postcard::to_stdvec(&Outbound::Message(message)).unwrap_or_default(),
        not_before_ms: now_ms,
        expires_ms: now_ms + LIFE_MS,
    };
    let send = &send;
    let queued = |mut tx: Tx| async move {
        let before = tx.sends_of(shop, id, send.turn, u32::MAX).await?;
        let said = before.iter().filter(|sent| sent.send.index >= FIRST_INDEX && sent.send.turn == send.turn).count();
        let index = u16::try_from(said).ok().and_then(|said| FIRST_INDEX.checked_add(said));
        // Before its key is noted: what is refused may come again.
        let Some(index) = index else { return Ok((tx, false)) };
        if let Some(key) = key
            && tx.admit(&[Sighting { shop, key, received_ms: now_ms }]).await? == [false]
        {
            return Ok((tx, true));
        }
        tx.add_sends(&[NewSend { index, ..send.clone() }]).await?;
        Ok((tx, true))
    };
    match server.host.store.transact(shop, queued).await? {
        true => Ok(()),
        false => Err(Refusal::Wrong("too many answers in one turn; give the conversation back first")),
    }
}

pub(super) async fn open(
    State(server): State<Arc<Server>>,
    Caller(shop): Caller,
    Which(id): Which,
) -> Result<Json<Done>, Refusal> {
    tell(&server, shop.scope, id, EventKind::HandoffOpened, None).await
}

pub(super) async fn close(
    State(server): State<Arc<Server>>,
    Caller(shop): Caller,
    Which(id): Which,
    Json(close): Json<Close>,
) -> Result<Json<Done>, Refusal> {
    refused_with_card(&close.note)?;
    tell(&server, shop.scope, id, EventKind::HandoffClosed { note: close.note.into() }, None).await
}

/// Brings an event to a conversation. Under the same key it is brought once.
pub(crate) async fn tell(
    server: &Server,
    shop: ShopScope,
    id: ConversationId,
    mut kind: EventKind,
    key: Option<ElementKey>,
) -> Result<Json<Done>, Refusal> {
    find(server, shop, id).await?;
    if let EventKind::HandoffClosed { note } = &mut kind {
        *note = safe(note).into();
    }
    let what = Arrived::Conversation { id, incoming: Incoming::event(kind) };
    let received_ms = server.host.clock.now_ms();
    server.desk.commit(Job::Arrivals(vec![Arrival { shop, key, received_ms, what }])).await?;
    Ok(Done::yes())
}
