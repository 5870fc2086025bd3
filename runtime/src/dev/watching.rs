//! The tasks that look on: what the stand-in saw comes onto the phones, and what the server committed into the panes beside.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use smol_str::SmolStr;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio_util::sync::CancellationToken;

use super::house::House;
use super::kept;
use crate::dev_graph::Seen;

/// Between two looks at the store that nothing called for: timers, calls.
const LOOK: Duration = Duration::from_millis(400);
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

/// Tells where conversations stand when that has changed.
pub async fn places(house: Arc<House>, stop: CancellationToken) {
    let mut told: BTreeMap<(SmolStr, SmolStr), String> = BTreeMap::new();
    loop {
        tokio::select! {
            () = house.changed.notified() => tokio::time::sleep(TOGETHER).await,
            () = tokio::time::sleep(LOOK) => {}
            () = stop.cancelled() => return,
        }
        super::place::tell(&house, &mut told).await;
    }
}
