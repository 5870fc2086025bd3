//! Files that customers send: fetched at once, outside of any turn, while the conversation waits behind them; kept; and
//! then taken as an event that names where they lie. What can not be had is an event too (F68). Knows no vendor.

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use duka_engine::event::{EventKind, Inbound};
use duka_engine::value::{Media, MediaType};
use smol_str::SmolStr;
use tokio::time::{sleep, timeout};

use super::Host;
use super::desk::{Desk, DeskError};
use super::incoming::{Act, Incoming, Wanted};
use super::writer::{Job, Took};
use crate::files::{Files, FilesError, Place};
use crate::id::ShopScope;
use crate::store::{self, InboxBody, InboxRow};

/// What the flow gets in place of a file, as [`Inbound::Other`]: it is gone, is not the one that was sent, or could not be had.
pub const FAILED: &str = "media_failed";
/// The same: of a kind that is not kept.
pub const WRONG_TYPE: &str = "media_type";
/// The same.
pub const TOO_LARGE: &str = "media_too_large";

/// How long a conversation waits for a file, from its arrival; a first try is always made.
const PATIENCE_MS: i64 = 20_000;
const ONE_TRY: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(400);

/// The types that are kept, with the ending of their names (whatsapp-cloud-api 10; checked 2026-11-21).
const TYPES: &[(MediaType, &str, &str)] = &[
    (MediaType::Image, "image/jpeg", "jpg"),
    (MediaType::Image, "image/png", "png"),
    (MediaType::Image, "image/webp", "webp"),
    (MediaType::Video, "video/mp4", "mp4"),
    (MediaType::Video, "video/3gpp", "3gp"),
    (MediaType::Audio, "audio/ogg", "ogg"),
    (MediaType::Audio, "audio/aac", "aac"),
    (MediaType::Audio, "audio/amr", "amr"),
    (MediaType::Audio, "audio/mpeg", "mp3"),
    (MediaType::Audio, "audio/mp4", "m4a"),
    (MediaType::Document, "application/pdf", "pdf"),
    (MediaType::Document, "text/plain", "txt"),
    (MediaType::Document, "application/msword", "doc"),
    (MediaType::Document, "application/vnd.ms-excel", "xls"),
    (MediaType::Document, "application/vnd.ms-powerpoint", "ppt"),
    (MediaType::Document, "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"),
    (MediaType::Document, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
    (MediaType::Document, "application/vnd.openxmlformats-officedocument.presentationml.presentation", "pptx"),
    (MediaType::Document, "image/jpeg", "jpg"),
    (MediaType::Document, "image/png", "png"),
];

/// The ending of a type's names; `None`: it is not kept. Parameters (`; codecs=opus`) do not count.
pub fn ending(kind: MediaType, mime: &str) -> Option<&'static str> {
    let bare = mime.split(';').next().unwrap_or_default().trim();
    TYPES.iter().find(|(of, known, _)| *of == kind && known.eq_ignore_ascii_case(bare)).map(|(_, _, ending)| *ending)
}

/// The type of a kept file, by its ending.
pub fn mime_of(ending: &str) -> Option<&'static str> {
    TYPES.iter().find(|(_, _, known)| *known == ending).map(|(_, mime, _)| *mime)
}

/// What is fetched, and with whose token.
#[derive(Clone, Debug)]
pub struct FileRequest {
    pub shop: ShopScope,
    /// The business number that it was sent to.
    pub number: SmolStr,
    pub wanted: Wanted,
    /// The most bytes that are taken.
    pub most: u64,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Fetched {
    /// Its hash is the one that was told.
    Whole(Vec<u8>),
    /// It can never be had: gone, or not what was told.
    Never,
    TooLarge,
    /// It may be had later.
    NotNow,
}

/// Fetches files from the vendor. Ends within a deadline of its own.
pub trait Fetch: Send + Sync {
    fn fetch(&self, request: FileRequest) -> impl Future<Output = Fetched> + Send;
}

/// For hosts whose customers send no files.
#[derive(Clone, Copy, Debug)]
pub struct NoFiles;

impl Fetch for NoFiles {
    async fn fetch(&self, _: FileRequest) -> Fetched {
        Fetched::Never
    }
}

#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    #[error(transparent)]
    Desk(#[from] DeskError),
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Files(#[from] FilesError),
}

pub struct Fetcher<F> {
    host: Arc<Host>,
    desk: Desk,
    fetch: F,
    files: Files,
    // Looked up and written, never held across a wait: a claim that ran out is given to us again.
    open: Mutex<BTreeSet<(ShopScope, i64)>>,
}

impl<F: Fetch> Fetcher<F> {
    pub fn new(host: Arc<Host>, desk: Desk, fetch: F, files: Files) -> Fetcher<F> {
        Fetcher { host, desk, fetch, files, open: Mutex::default() }
    }

    /// Fetches the file of a claimed event, and has the event taken.
    ///
    /// # Errors
    /// The event could not be committed: its claim runs out, and it comes again.
    pub async fn bring(&self, row: InboxRow) -> Result<(), FetchError> {
        let place = (row.shop, row.seq);
        if !self.open.lock().unwrap_or_else(PoisonError::into_inner).insert(place) {
            return Ok(());
        }
        let done = self.bring_one(row).await;
        self.open.lock().unwrap_or_else(PoisonError::into_inner).remove(&place);
        done
    }

    async fn bring_one(&self, row: InboxRow) -> Result<(), FetchError> {
        let (shop, conversation) = (row.shop, row.conversation);
        let Some(mut incoming) = Incoming::read(&row.body) else {
            // Its turn can not be taken, which sets it aside.
            self.desk.commit(Job::Inbox(vec![row])).await?;
            return Ok(());
        };
        let kept = self.fetched(&row, &mut incoming).await;
        let row = InboxRow { body: InboxBody::Event(incoming.encode()), ..row };
        let took = self.desk.commit(Job::Inbox(vec![row])).await?;
        if kept && took.contains(&Took::Dropped) {
            self.forget_the_erased(shop, conversation).await?;
        }
        Ok(())
    }

    /// The customer was erased while the file was on its way.
    async fn forget_the_erased(&self, shop: ShopScope, id: crate::id::ConversationId) -> Result<(), FetchError> {
        let there = self.host.store.read(shop).await?.conversations(&[(shop, id)]).await?;
        if there.iter().all(Option::is_none) {
            self.files.remove_of(shop, id).await?;
        }
        Ok(())
    }

    /// Puts the kept file, or what went wrong, in the event's place. `true`: it is kept.
    async fn fetched(&self, row: &InboxRow, incoming: &mut Incoming) -> bool {
        let Some(wanted) = incoming.file.take() else { return false };
        let Act::Event(event) = &mut incoming.act else { return false };
        let EventKind::Inbound(Inbound::Media(media)) = &event.kind else { return false };
        let request =
            FileRequest { shop: row.shop, number: incoming.number.clone(), wanted, most: self.host.limits.file_bytes };
        match self.one(row, media, request).await {
            Ok(source) => {
                let media = Media { source, ..Media::clone(media) };
                event.kind = EventKind::Inbound(Inbound::Media(Arc::new(media)));
                true
            }
            Err(why) => {
                metrics::counter!("duka_files_total", "end" => why).increment(1);
                event.kind = EventKind::Inbound(Inbound::Other { kind: why.into() });
                false
            }
        }
    }

    /// Where the file is kept, or why it is not.
    async fn one(&self, row: &InboxRow, media: &Media, request: FileRequest) -> Result<SmolStr, &'static str> {
        let ending = ending(media.kind, &media.mime).ok_or(WRONG_TYPE)?;
        loop {
            match timeout(ONE_TRY, self.fetch.fetch(request.clone())).await.unwrap_or(Fetched::NotNow) {
                Fetched::Whole(bytes) => {
                    let place = Place::of(row.shop, row.conversation, &bytes, ending);
                    match self.files.put(&place, bytes).await {
                        Ok(()) => {
                            metrics::counter!("duka_files_total", "end" => "kept").increment(1);
                            return Ok(place.source());
                        }
                        Err(error) => tracing::error!(%error, "a customer's file could not be kept"),
                    }
                }
                Fetched::Never => return Err(FAILED),
                Fetched::TooLarge => return Err(TOO_LARGE),
                Fetched::NotNow => {}
            }
            if self.host.clock.now_ms().saturating_sub(row.received_ms) > PATIENCE_MS {
                return Err(FAILED);
            }
            sleep(PAUSE).await;
        }
    }
}
