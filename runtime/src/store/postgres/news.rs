//! Tells the other processes on the database of new work, and hears of theirs. Beside the commits, never in them: a lost
//! notice costs the time until the next poll.

use std::collections::BTreeSet;

use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use sqlx::{ConnectOptions, PgConnection};
use tokio::sync::mpsc;
use tokio::time::{Duration, sleep};

use crate::store::signals::{Added, Signals};

const CHANNEL: &str = "duka_work";
/// Notices that wait to be sent; a full queue has said enough.
const WAITING: usize = 64;
const BEFORE_NEXT_TRY: Duration = Duration::from_secs(1);

#[derive(Clone)]
pub(super) struct News(mpsc::Sender<Added>);

impl News {
    /// Runs until the last handle of the store is gone.
    pub fn start(options: PgConnectOptions, signals: Signals) -> News {
        let (sender, receiver) = mpsc::channel(WAITING);
        let listening = tokio::spawn(listen(options.clone(), signals));
        tokio::spawn(async move {
            speak(options, receiver).await;
            listening.abort();
        });
        News(sender)
    }

    pub fn tell(&self, added: Added) {
        if !added.is_empty() {
            let _ = self.0.try_send(added);
        }
    }
}

async fn speak(options: PgConnectOptions, mut waiting: mpsc::Receiver<Added>) {
    let mut connection: Option<PgConnection> = None;
    while let Some(first) = waiting.recv().await {
        let mut words: BTreeSet<&'static str> = first.words().collect();
        while let Ok(more) = waiting.try_recv() {
            words.extend(more.words());
        }
        if connection.is_none() {
            connection = options.connect().await.ok();
        }
        let Some(open) = &mut connection else {
            sleep(BEFORE_NEXT_TRY).await;
            continue;
        };
        for word in words {
            let notice = sqlx::query("SELECT pg_notify($1, $2)").bind(CHANNEL).bind(word);
            if notice.execute(&mut *open).await.is_err() {
                connection = None;
                break;
            }
        }
    }
}

async fn listen(options: PgConnectOptions, signals: Signals) {
    loop {
        let pool = PgPoolOptions::new().max_connections(1).connect_lazy_with(options.clone());
        if let Ok(mut listener) = PgListener::connect_with(&pool).await
            && listener.listen(CHANNEL).await.is_ok()
        {
            // What was said while nobody listened.
            signals.raise(Added::all());
            while let Ok(Some(notice)) = listener.try_recv().await {
                signals.raise(Added::word(notice.payload()));
            }
        }
        sleep(BEFORE_NEXT_TRY).await;
    }
}
