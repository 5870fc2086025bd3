//! Tells the other processes on the database of new work, and hears of theirs. Beside the commits, never in them: a lost
//! notice costs the time until the next poll.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use sqlx::{ConnectOptions, PgConnection};
use tokio::sync::mpsc;
use tokio::time::{Duration, sleep};

use crate::store::signals::{Added, Signals};

const CHANNEL: &str = "duka_work";
/// Notices that wait to be sent; a full queue has said enough.
const WAITING: usize = 64;
const BEFORE_NEXT_TRY: Duration = Duration::from_secs(1);
/// Commits come by the hundred a second; what they add meanwhile is said once.
const BETWEEN_NOTICES: Duration = Duration::from_millis(5);
/// No process has this number.
const NOBODY: u32 = 0;

#[derive(Clone)]
pub(super) struct News(mpsc::Sender<Added>);

impl News {
    /// Runs until the last handle of the store is gone.
    pub fn start(options: PgConnectOptions, signals: Signals) -> News {
        let (sender, receiver) = mpsc::channel(WAITING);
        let speaker = Arc::new(AtomicU32::new(NOBODY));
        let listening = tokio::spawn(listen(options.clone(), signals, Arc::clone(&speaker)));
        tokio::spawn(async move {
            speak(options, receiver, &speaker).await;
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

/// `speaker` is the process of the connection that speaks: what it says is known here.
async fn speak(options: PgConnectOptions, mut waiting: mpsc::Receiver<Added>, speaker: &AtomicU32) {
    let mut connection: Option<PgConnection> = None;
    while let Some(first) = waiting.recv().await {
        let mut words: BTreeSet<&'static str> = first.words().collect();
        while let Ok(more) = waiting.try_recv() {
            words.extend(more.words());
        }
        if connection.is_none() {
            connection = open(&options, speaker).await;
        }
        let Some(open) = &mut connection else {
            sleep(BEFORE_NEXT_TRY).await;
            continue;
        };
        let words: Vec<&str> = words.into_iter().collect();
        let notice = sqlx::query("SELECT pg_notify($1, word) FROM unnest($2::text[]) AS t (word)");
        if notice.bind(CHANNEL).bind(words).execute(&mut *open).await.is_err() {
            connection = None;
        }
        sleep(BETWEEN_NOTICES).await;
    }
}

/// A notice is worth no sync.
async fn open(options: &PgConnectOptions, speaker: &AtomicU32) -> Option<PgConnection> {
    let mut connection = options.clone().options([("synchronous_commit", "off")]).connect().await.ok()?;
    let own = sqlx::query_scalar::<_, i32>("SELECT pg_backend_pid()").fetch_one(&mut connection).await.ok()?;
    speaker.store(own as u32, Ordering::Relaxed);
    Some(connection)
}

async fn listen(options: PgConnectOptions, signals: Signals, speaker: Arc<AtomicU32>) {
    loop {
        let pool = PgPoolOptions::new().max_connections(1).connect_lazy_with(options.clone());
        if let Ok(mut listener) = PgListener::connect_with(&pool).await
            && listener.listen(CHANNEL).await.is_ok()
        {
            // What was said while nobody listened.
            signals.raise(Added::all());
            while let Ok(Some(notice)) = listener.try_recv().await {
                if notice.process_id() != speaker.load(Ordering::Relaxed) {
                    signals.raise(Added::word(notice.payload()));
                }
            }
        }
        sleep(BEFORE_NEXT_TRY).await;
    }
}
