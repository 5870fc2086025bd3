//! The tasks that look on: what the stand-in saw comes onto the phones, and what the server committed into the panes beside.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use smol_str::SmolStr;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio_util::sync::CancellationToken;

use super::house::House;
use super::kept;
use super::place::Looked;
use crate::dev_graph::Seen;

/// Between two looks at the store while more may follow from what has happened: calls, messages that are settled.
const LOOK: Duration = Duration::from_millis(400);
/// How long more may follow.
const AFTERMATH: Duration = Duration::from_secs(10);
/// Between two looks that nothing calls for.
const IDLE: Duration = Duration::from_secs(10);
/// What comes together is told together.
const TOGETHER: Duration = Duration::from_millis(20);
/// Between two times that the phones, and what the stand-ins have done, are written down.
const KEEP: Duration = Duration::from_secs(2);

/// Takes in what the stand-in saw.
pub async fn phones(house: Arc<House>, mut seen: UnboundedReceiver<Seen>, stop: CancellationToken) {
    let mut unkept = false;
    loop {
        tokio::select! {
            next = seen.recv() => {
                let Some(next) = next else { return };
                house.saw(next);
                unkept = true;
            }
            () = tokio::time::sleep(KEEP), if unkept => {
                house.keep_phones();
                unkept = false;
            }
            () = stop.cancelled() => return house.keep_phones(),
        }
    }
}

/// Writes down what the stand-ins have done.
pub async fn stand_ins(house: Arc<House>, stop: CancellationToken) {
    let mut written = kept::changes(&house);
    while stop.run_until_cancelled(tokio::time::sleep(KEEP)).await.is_some() {
        let now = kept::changes(&house);
        if now != written {
            kept::write(&house);
            written = now;
        }
    }
}

/// Tells where conversations stand when that has changed. Looks closely for a while after something has happened, and when
/// a timer is due; a shop where nothing happens is left in peace.
pub async fn places(house: Arc<House>, stop: CancellationToken) {
    let mut told: BTreeMap<(SmolStr, SmolStr), String> = BTreeMap::new();
    let mut happened = Instant::now();
    let mut pause = LOOK;
    loop {
        let is_called = tokio::select! {
            () = house.changed.notified() => true,
            () = tokio::time::sleep(pause) => false,
            () = stop.cancelled() => return,
        };
        if is_called {
            tokio::time::sleep(TOGETHER).await;
        }
        let Looked { moved, next_ms } = super::place::tell(&house, &mut told).await;
        if is_called || moved {
            happened = Instant::now();
        }
        let until_next = next_ms.map_or(IDLE, |next_ms| {
            Duration::from_millis(u64::try_from(next_ms - house.now_ms()).unwrap_or(0)).clamp(LOOK, IDLE)
        });
        pause = if happened.elapsed() < AFTERMATH { LOOK } else { until_next };
    }
}
