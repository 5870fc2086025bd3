//! Orders whose news was lost: a shop's own system is asked for every order that has not ended, now and then and by an
//! operator's word, and what it says goes the way that news goes. Only forward: what is known already changes nothing.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use duka_engine::event::Outcome;
use duka_engine::hir::{Operation as Promise, Statuses};
use duka_engine::session::Session;
use duka_engine::step::order_number;
use duka_engine::types::Type;
use duka_engine::value::Value;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::{Server, orders};
use crate::adapter::rest::{Backend, Call, Moved, status_of};
use crate::adapter::twice;
use crate::host::shops::Shop;
use crate::id::{ConversationId, ElementKey, ShopScope};
use crate::payments::PAID;
use crate::store;

pub(super) const BETWEEN_LOOKS: Duration = Duration::from_secs(6 * 3_600);

/// The same of a system that tells nothing by itself.
pub(super) const BETWEEN_POLLS: Duration = Duration::from_secs(30 * 60);

/// After it has read a shop's conversations, such a look rests so many times as long: where there are many, it must not keep a
/// core busy.
const REST: u32 = 8;

/// Orders that one look asks for; the rest waits for the next.
const MOST: usize = 1_000;
const PAGE: u32 = 200;

/// An order at its last status that nobody has written of for so long has nothing more to tell.
const SETTLED_MS: i64 = 30 * 86_400_000;

/// A payment's place among those that rise: link_sent, failed, expired, paid, refunded.
pub(crate) const PAYMENT_PAID: u8 = 4;

/// How long one order may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// So many orders in a row that a system gave no answer to, and one far from them: it is down, and is not asked for the rest.
const MOST_SILENT: usize = 5;

/// Who looks: the server by itself, and an operator, whose looks leave the other's place where it is.
const ROUND: &str = "orders";
const OPERATOR: &str = "an operator's word";
const POLL: &str = "a system that tells nothing";

/// Where the next look of a shop goes on, by who looks: those who look at all orders in turn come to each.
#[derive(Debug, Default)]
pub struct Places {
    next: Mutex<BTreeMap<(ShopScope, SmolStr), ConversationId>>,
    /// Until when a shop is not polled.
    rests: Mutex<BTreeMap<ShopScope, Instant>>,
}

impl Places {
    /// `None`: the next look begins anew.
    pub(super) fn of(&self, shop: ShopScope, who: &str) -> Option<ConversationId> {
        self.next.lock().unwrap_or_else(PoisonError::into_inner).get(&(shop, who.into())).copied()
    }

    /// `None`: all were seen; the next look begins anew.
    fn keep(&self, shop: ShopScope, who: &str, at: Option<ConversationId>) {
        let mut places = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        match at {
            Some(at) => places.insert((shop, who.into()), at),
            None => places.remove(&(shop, who.into())),
        };
    }

    /// Whoever polls a shop has read its conversations for so long.
    fn read_for(&self, shop: ShopScope, took: Duration, now: Instant) {
        let until = now.checked_add(took.saturating_mul(REST)).unwrap_or(now);
        self.rests.lock().unwrap_or_else(PoisonError::into_inner).insert(shop, until);
    }

    fn is_resting(&self, shop: ShopScope, now: Instant) -> bool {
        self.rests.lock().unwrap_or_else(PoisonError::into_inner).get(&shop).is_some_and(|until| now < *until)
    }
}

/// What a look has found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Gaps {
    /// Open orders that were asked for.
    pub asked: usize,
    /// Orders that the shop's system has further than was heard here, or whose money has come.
    pub gaps: Vec<Gap>,
    /// Orders that it said nothing of.
    pub unanswered: usize,
    /// Our marks that several of its orders have: each was made for one checkout.
    #[serde(default)]
    pub twice: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Gap {
    pub order: String,
    /// Where it stands in truth.
    pub status: String,
}

/// One look at a shop; troubles are logged.
pub(super) async fn look(server: Arc<Server>, shop: Arc<Shop>) {
    if let Err(error) = once_for(&server, &shop, ROUND).await {
        tracing::warn!(shop = %shop.slug, %error, "orders could not be compared with the shop's system");
    }
}

/// The same look, more often, at a shop whose system is known to tell nothing of its orders by itself; troubles are logged.
pub(super) async fn poll(server: Arc<Server>, shop: Arc<Shop>) {
    if server.places.is_resting(shop.scope, Instant::now()) {
        return;
    }
    if let Err(error) = polled(&server, &shop).await {
        tracing::warn!(shop = %shop.slug, %error, "a shop's system could not be asked for its orders");
    }
}

/// Asks a shop's system for the orders that are on their way, if it tells nothing of them by itself.
///
/// # Errors
/// The store does not answer.
pub async fn polled(server: &Server, shop: &Shop) -> Result<Gaps, store::Error> {
    if asked_by(shop).is_none_or(|(backend, ..)| tells(backend)) {
        return Ok(Gaps::default());
    }
    once_for(server, shop, POLL).await
}

/// Whether a system posts news of its orders.
fn tells(backend: &Backend) -> bool {
    backend.mapping.webhook.as_ref().is_some_and(|webhook| !webhook.orders.is_empty())
}

/// Asks a shop's system for the orders that have not ended, by an operator's word.
///
/// # Errors
/// The store does not answer.
pub async fn once(server: &Server, shop: &Shop) -> Result<Gaps, store::Error> {
    once_for(server, shop, OPERATOR).await
}

/// The same for one who looks at all orders in turn. A look that is broken off, or that a silent system ends, goes on behind what it
/// has asked.
///
/// # Errors
/// The store does not answer.
pub(super) async fn once_for(server: &Server, shop: &Shop, who: &str) -> Result<Gaps, store::Error> {
    let mut found = Gaps::default();
    let Some((backend, promise, statuses)) = asked_by(shop) else { return Ok(found) };
    let (open, end) = some_open(server, shop, who).await?;
    let (mut open, mut silent, mut behind) = (open.into_iter(), 0, None);
    loop {
        // Orders that get no answer may lie together; whether the system is down, one of elsewhere tells.
        let is_elsewhere = silent >= MOST_SILENT;
        let next = if is_elsewhere { open.next_back() } else { open.next() };
        let Some(Open { number, conversation, rank, is_paid }) = next else { break };
        found.asked += 1;
        let name = smol_str::format_smolstr!("{}-{:016x}", shop.scope.number(), conversation.0);
        let answer = ask(server, shop, (backend, promise), &number, &name, PATIENCE).await;
        found.twice.extend(twice::tell(&server.host, shop).await);
        silent = if matches!(answer, Outcome::Given(_) | Outcome::Refused { .. }) { 0 } else { silent + 1 };
        match said_of(shop, &number, answer) {
            Some((status, order)) if is_further(statuses, &status, rank) => {
                found.gaps.push(Gap { order: number.to_string(), status: status.to_string() });
                bring(server, shop, &backend.contract, number, status, order).await;
            }
            Some((status, order)) if !is_paid => {
                let moved = Moved { number, status, order, seen_ms: None };
                if orders::is_said_paid(shop, &backend.contract, &moved) {
                    found.gaps.push(Gap { order: moved.number.to_string(), status: PAID.to_string() });
                    bring_money(server, shop, &backend.contract, moved).await;
                }
            }
            Some(_) => {}
            None => found.unanswered += 1,
        }
        if !is_elsewhere {
            behind = Some(conversation);
        }
        let is_down = silent > MOST_SILENT && open.len() > 0;
        let is_whole = open.as_slice().first().is_some_and(|next| next.conversation != conversation);
        // Also out of the middle of a conversation where nothing answers: it holds up nothing that lies behind it.
        if is_down || (is_whole && !is_elsewhere) {
            server.places.keep(shop.scope, who, behind);
        }
        if is_down {
            tracing::warn!(shop = %shop.slug, "the shop's system answers for no order; the next look goes on from there");
            return Ok(told(shop, found));
        }
    }
    server.places.keep(shop.scope, who, end);
    Ok(told(shop, found))
}

/// An order that has not ended.
pub(super) struct Open {
    pub number: SmolStr,
    pub conversation: ConversationId,
    /// One more than the highest status that was heard; 0: none was.
    pub rank: u8,
    /// Whether it was heard that its money came.
    pub is_paid: bool,
}

/// A shop's orders that have not ended, as its conversations know them; at most so many as one look asks for. The next look of
/// the same goes on behind them.
///
/// # Errors
/// The store does not answer.
pub(super) async fn open_orders(server: &Server, shop: &Shop, who: &str) -> Result<Vec<Open>, store::Error> {
    let (open, end) = some_open(server, shop, who).await?;
    server.places.keep(shop.scope, who, end);
    Ok(open)
}

/// The same, and where they end; `None`: there are no more. What has come to its last status is asked for seldom, so not by
/// [`POLL`].
async fn some_open(
    server: &Server,
    shop: &Shop,
    who: &str,
) -> Result<(Vec<Open>, Option<ConversationId>), store::Error> {
    let (begun, mut after) = (Instant::now(), server.places.of(shop.scope, who));
    let settled_ms = server.host.clock.now_ms().saturating_sub(SETTLED_MS);
    let last = shop.program.shop.statuses.iter().filter_map(last_rank).max().unwrap_or(u8::MAX);
    let mut open = Vec::new();
    loop {
        let mut tx = server.host.store.read(shop.scope).await?;
        let rows = tx.list_conversations(shop.scope, after, PAGE).await?;
        drop(tx);
        for row in &rows {
            after = Some(row.id);
            let Ok(session) = Session::decode(&row.session) else { continue };
            let is_settled = who == POLL || session.last_inbound_ms < settled_ms;
            let followers = session.followers.iter().filter(|it| !(it.ended || is_settled && it.rank > last));
            open.extend(followers.map(|it| Open {
                number: it.key.clone(),
                conversation: row.id,
                rank: it.rank,
                is_paid: it.payment_rank >= PAYMENT_PAID,
            }));
            if open.len() >= MOST {
                break;
            }
        }
        if who == POLL {
            server.places.read_for(shop.scope, begun.elapsed(), Instant::now());
        }
        let is_end = rows.len() < PAGE as usize && open.len() < MOST;
        if is_end || open.len() >= MOST {
            return Ok((open, after.filter(|_| !is_end)));
        }
        // A page of conversations is work; the customers' own goes between.
        tokio::task::yield_now().await;
    }
}

/// The highest status that does not end an order: `delivered`.
fn last_rank(statuses: &Statuses) -> Option<u8> {
    statuses.ranks.iter().filter(|(name, _)| !statuses.terminal.contains(name)).map(|(_, rank)| *rank).max()
}

fn told(shop: &Shop, found: Gaps) -> Gaps {
    if !found.gaps.is_empty() && asked_by(shop).is_some_and(|(backend, ..)| tells(backend)) {
        metrics::counter!("duka_order_gaps_total").increment(found.gaps.len() as u64);
        let (gaps, asked) = (found.gaps.len(), found.asked);
        tracing::warn!(shop = %shop.slug, gaps, asked, "news of orders was lost on its way here; it was asked for");
    }
    found
}

/// The backend that can be asked for one order by its number.
pub(super) fn asked_by(shop: &Shop) -> Option<(&Backend, &Promise, &Statuses)> {
    let program = &shop.program.shop;
    let order = program.known_records.order.map(Type::Record)?;
    shop.backends.iter().find_map(|backend| {
        let statuses = program.statuses.iter().find(|known| known.contract == backend.contract)?;
        let by_number = |it: &&Promise| {
            let takes = it.takes.len() == 1 && it.takes.first().is_some_and(|first| first.ty == Type::Text);
            it.contract == backend.contract && it.name == "one" && takes && it.gives.as_ref() == Some(&order)
        };
        let promise = program.operations.iter().find(by_number)?;
        backend.mapping.operations.contains_key(&promise.path()).then_some((backend, promise, statuses))
    })
}

pub(super) async fn ask(
    server: &Server,
    shop: &Shop,
    (backend, promise): (&Backend, &Promise),
    number: &SmolStr,
    conversation: &str,
    left: Duration,
) -> Outcome {
    let arguments = [Value::Text(number.clone())];
    let shop = &shop.program.shop;
    let call = Call { shop, promise, arguments: &arguments, key: "reconcile", conversation, language: "", left };
    server.rest.ask(backend, call).await.outcome
}

/// Where an order stands, and the order. Whatever was answered is only believed of this very one.
pub(super) fn said_of(shop: &Shop, number: &SmolStr, answer: Outcome) -> Option<(SmolStr, Value)> {
    let (program, Outcome::Given(order)) = (&shop.program, answer) else { return None };
    let same = order_number(program, &order).is_some_and(|given| given == *number);
    Some((status_of(program, &order).filter(|_| same)?, order))
}

/// Whether a status is beyond the highest that was seen (`rank` is one more than that, 0: none). That it is an order at all
/// is no news.
fn is_further(statuses: &Statuses, status: &str, rank: u8) -> bool {
    let ends = statuses.terminal.iter().any(|terminal| terminal == status);
    let of = statuses.ranks.iter().find(|(name, _)| name == status).map(|(_, rank)| rank.saturating_add(1));
    ends || of.is_some_and(|of| of > rank.max(1))
}

pub(super) async fn bring(
    server: &Server,
    shop: &Shop,
    contract: &str,
    number: SmolStr,
    status: SmolStr,
    order: Value,
) {
    let key = format!("{contract} {number} {status}");
    bring_once(server, shop, contract, &key, Moved { number, status, order, seen_ms: None }).await;
}

/// The same of an order whose money has come at a status that is known already, such as one that was packed or sent before.
async fn bring_money(server: &Server, shop: &Shop, contract: &str, moved: Moved) {
    let key = format!("{contract} {} {} paid", moved.number, moved.status);
    bring_once(server, shop, contract, &key, moved).await;
}

async fn bring_once(server: &Server, shop: &Shop, contract: &str, key: &str, moved: Moved) {
    let key = ElementKey::named("reconciled", key);
    if let Err(error) = orders::moves(server, shop, contract, Some(key), Vec::new(), moved).await {
        tracing::warn!(%error, "news of an order could not be committed; the next look asks again");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shop_is_polled_again_after_a_rest_in_proportion_to_the_reading() {
        let (places, shop, now) = (Places::default(), ShopScope::numbered(1), Instant::now());
        assert!(!places.is_resting(shop, now));
        places.read_for(shop, Duration::from_secs(300), now);
        let after = |minutes: u64| now + Duration::from_secs(minutes * 60);
        assert!(places.is_resting(shop, after(30)) && !places.is_resting(shop, after(60)));
        assert!(!places.is_resting(ShopScope::numbered(2), now), "another shop");
    }
}
