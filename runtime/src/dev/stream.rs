//! What the page is told as it happens: numbered, and remembered for a while, so that a page that was away a moment goes
//! on where it was. Keeps nobody waiting: who reads too slowly is told to read all anew.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream::{Stream as Futures, unfold};
use serde::Serialize;
use smol_str::SmolStr;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

/// Events that are remembered.
const MOST: usize = 2_000;
const ALIVE: Duration = Duration::from_secs(15);

/// One event.
#[derive(Debug)]
struct Told {
    id: u64,
    /// Empty: for all shops.
    shop: SmolStr,
    name: &'static str,
    data: String,
}

pub struct Stream {
    /// Milliseconds since 1970.
    pub began_ms: u64,
    // Held to add one event.
    ring: Mutex<Ring>,
    sender: broadcast::Sender<Arc<Told>>,
}

struct Ring {
    next: u64,
    told: VecDeque<Arc<Told>>,
}

impl Stream {
    pub fn new() -> Stream {
        // Grows from one process to the next as well.
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let began_ms = u64::try_from(since.as_millis()).unwrap_or(0);
        let next = began_ms.saturating_mul(1_000);
        let (sender, _) = broadcast::channel(MOST);
        Stream { began_ms, ring: Mutex::new(Ring { next, told: VecDeque::new() }), sender }
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells everybody who looks at this shop; an empty name: everybody.
    pub fn tell(&self, shop: &str, name: &'static str, data: &impl Serialize) {
        let data = serde_json::to_string(data).unwrap_or_default();
        let mut ring = self.ring();
        ring.next += 1;
        let told = Arc::new(Told { id: ring.next, shop: shop.into(), name, data });
        if ring.told.len() == MOST {
            ring.told.pop_front();
        }
        ring.told.push_back(Arc::clone(&told));
        // Nobody may be looking.
        let _ = self.sender.send(told);
    }

    /// What has been told since that number, and what will be. `None`: too much has happened since.
    fn since(&self, last: Option<u64>) -> (Option<VecDeque<Arc<Told>>>, broadcast::Receiver<Arc<Told>>) {
        let ring = self.ring();
        let coming = self.sender.subscribe();
        let Some(last) = last else { return (Some(VecDeque::new()), coming) };
        let first = ring.told.front().map_or(ring.next + 1, |told| told.id);
        let known = (first.saturating_sub(1)..=ring.next).contains(&last);
        let missed = known.then(|| ring.told.iter().filter(|told| told.id > last).cloned().collect());
        (missed, coming)
    }

    /// The events of one shop as Server-Sent Events.
    pub fn events(
        &self,
        shop: SmolStr,
        last: Option<u64>,
        stop: CancellationToken,
    ) -> Sse<impl Futures<Item = Result<Event, Infallible>> + use<>> {
        let (missed, coming) = self.since(last);
        let mut ready = VecDeque::new();
        match missed {
            Some(missed) => ready.extend(missed.iter().filter(|told| is_for(told, &shop)).map(|told| event(told))),
            None => ready.push_back(reset()),
        }
        let events = unfold((ready, coming, shop, stop), async |(mut ready, mut coming, shop, stop)| {
            loop {
                if let Some(event) = ready.pop_front() {
                    return Some((Ok(event), (ready, coming, shop, stop)));
                }
                let told = tokio::select! {
                    told = coming.recv() => told,
                    () = stop.cancelled() => return None,
                };
                match told {
                    Ok(told) if is_for(&told, &shop) => ready.push_back(event(&told)),
                    Ok(_) => {}
                    Err(broadcast::error::RecvError::Lagged(_)) => ready.push_back(reset()),
                    Err(broadcast::error::RecvError::Closed) => return None,
                }
            }
        });
        Sse::new(events).keep_alive(KeepAlive::new().interval(ALIVE))
    }
}

fn is_for(told: &Told, shop: &str) -> bool {
    told.shop.is_empty() || shop.is_empty() || told.shop == shop
}

fn event(told: &Told) -> Event {
    Event::default().id(told.id.to_string()).event(told.name).data(&told.data)
}

/// More has happened than is remembered.
fn reset() -> Event {
    Event::default().event("reset").data("{}")
}
