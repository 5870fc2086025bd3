//! The shop's clock in the developer's hand: days pass in a moment, for the server and the stand-ins alike.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::answers::{Body, Refused, Why};
use super::house::House;

/// A step may be as long as this: a year.
const MOST_MS: i64 = 366 * 86_400_000;

/// What time it is for the shop.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct Clock {
    pub now: i64,
    /// How far it is ahead of the machine's.
    pub shifted_by: i64,
    /// When the next conversation is woken.
    pub next_timer: Option<i64>,
}

/// How it is moved.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Move {
    Advance {
        advance: i64,
    },
    To {
        to: Target,
    },
    Reset {
        #[serde(rename = "reset")]
        _reset: bool,
    },
}

#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    NextTimer,
}

/// As it is now.
pub async fn clock(house: &House) -> Clock {
    let now = house.now_ms();
    Clock { now, shifted_by: house.config().clock_ahead_ms, next_timer: next_timer(house).await }
}

async fn next_timer(house: &House) -> Option<i64> {
    let server = house.inner.server()?;
    let mut next: Option<i64> = None;
    for served in &server.registry.now().shops {
        let Ok(mut tx) = server.host.store.read(served.scope).await else { continue };
        let rows = tx.list_conversations(served.scope, None, 200).await.unwrap_or_default();
        let wakes = rows.iter().filter_map(|row| row.wake_at_ms);
        next = next.into_iter().chain(wakes).min();
    }
    next
}

pub async fn set(State(house): State<Arc<House>>, Body(how): Body<Move>) -> Result<Json<Clock>, Refused> {
    let ahead = house.config().clock_ahead_ms;
    let ahead = match how {
        Move::Advance { advance } if (0..=MOST_MS).contains(&advance) => ahead.saturating_add(advance),
        Move::Advance { .. } => {
            return Err(Refused::wrong(Why::ClockRange, "The clock goes on by a year at most, and not back."));
        }
        Move::To { to: Target::NextTimer } => {
            let none = || Refused::wrong(Why::NoTimer, "No conversation waits for a time.");
            let next = next_timer(&house).await.ok_or_else(none)?;
            ahead.max(next.saturating_sub(machine_ms()))
        }
        Move::Reset { .. } => 0,
    };
    house.set_ahead(ahead);
    house.changed.notify_one();
    let clock = clock(&house).await;
    house.stream.tell("", "clock", &clock);
    Ok(Json(clock))
}

fn machine_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
