//! Files that go out: a file of the shop's folder `assets`, or one that the same customer has sent, is uploaded once and
//! then goes by the vendor's id, for as long as the vendor keeps it. Addresses go as they are; nothing is fetched from them.

use std::path::{Path, PathBuf};
use std::time::Duration;

use duka_engine::value::Media;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Outward;
use crate::channel::whatsapp::client::{Access, MediaError};
use crate::files::Place;
use crate::host::codes;
use crate::host::files::{ending, mime_of};
use crate::host::transport::{SendAnswer, SendRequest};
use crate::shops::Served;
use crate::store;

/// The vendor keeps an upload for 30 days (whatsapp-cloud-api 10); ours is not used in the last one.
const KEPT_MS: i64 = 29 * 86_400_000;

/// A message whose file takes longer is tried again: nothing of it has left by then.
const ONE_UPLOAD: Duration = Duration::from_secs(12);

/// The folder of a shop whose files its flows may send.
const ASSETS: &str = "assets";

/// An upload that may be used again.
#[derive(Debug, Serialize, Deserialize)]
struct Upload {
    id: String,
    until_ms: i64,
}

/// A file in hand.
struct Sendable {
    bytes: Vec<u8>,
    mime: &'static str,
    /// What the customer sees a document called; empty for a file of the customer's own.
    name: String,
}

impl Outward {
    /// The file as it is named to the vendor: its id there, with its name behind `#`. `None`: it goes by its address.
    /// `anew`: the id that we have does not work any more.
    pub(super) async fn uploaded(
        &self,
        shop: &Served,
        request: &SendRequest,
        access: &Access,
        media: &Media,
        anew: bool,
    ) -> Result<Option<Media>, SendAnswer> {
        if media.source.starts_with("https://") || media.source.starts_with("http://") {
            return Ok(None);
        }
        let Some(file) = self.sendable(shop, request, media).await else {
            tracing::error!(shop = %shop.slug, kind = ?media.kind, "a file that the flow sends is not there, or is of no kind that can be sent");
            return Err(SendAnswer::Unsendable { error: codes::NO_FILE });
        };
        let key = format!("upload {} {}", request.number, hex::encode(Sha256::digest(&file.bytes)));
        let known = if anew { None } else { self.known_upload(shop, &key).await };
        let id = match known {
            Some(id) => id,
            None => self.upload(shop, request, access, &key, file.bytes, file.mime).await?,
        };
        let source = if file.name.is_empty() { id } else { format!("{id}#{}", file.name) };
        Ok(Some(Media { source: source.into(), ..media.clone() }))
    }

    async fn upload(
        &self,
        shop: &Served,
        request: &SendRequest,
        access: &Access,
        key: &str,
        bytes: Vec<u8>,
        mime: &str,
    ) -> Result<String, SendAnswer> {
        let upload = self.graph.upload(&request.number, access, bytes, mime);
        match tokio::time::timeout(ONE_UPLOAD, upload).await {
            Ok(Ok(id)) => {
                metrics::counter!("duka_uploads_total").increment(1);
                if let Err(error) = self.remember(shop, key, &id).await {
                    tracing::warn!(%error, "an upload could not be noted, and will be made again");
                }
                Ok(id)
            }
            Ok(Err(MediaError::Call(crate::channel::whatsapp::client::CallError::Refused(refused)))) => {
                Err(SendAnswer::Refused { error: refused.code, advice: super::advice(&refused, request.lane) })
            }
            // No byte of the message has left.
            Ok(Err(_)) | Err(_) => Err(SendAnswer::NotSent),
        }
    }

    async fn known_upload(&self, shop: &Served, key: &str) -> Option<String> {
        let read = async { self.store.read(shop.scope).await?.meta_get(shop.scope, key).await };
        let bytes = read.await.ok()??;
        let upload: Upload = postcard::from_bytes(&bytes).ok()?;
        (upload.until_ms > self.now_ms()).then_some(upload.id)
    }

    async fn remember(&self, shop: &Served, key: &str, id: &str) -> store::Result<()> {
        let upload = Upload { id: id.to_string(), until_ms: self.now_ms().saturating_add(KEPT_MS) };
        let mut tx = self.store.begin(shop.scope).await?;
        tx.meta_set(shop.scope, key, &postcard::to_stdvec(&upload).unwrap_or_default()).await?;
        tx.commit().await
    }

    async fn sendable(&self, shop: &Served, request: &SendRequest, media: &Media) -> Option<Sendable> {
        if let Some(place) = Place::named(&media.source, request.shop, request.conversation) {
            let mime = mime_of(place.ending())?;
            let bytes = self.files.get(&place).await.ok()??;
            return Some(Sendable { bytes, mime, name: String::new() });
        }
        let path = asset(&shop.folder, &media.source).await?;
        let mime = mime_of(&path.extension()?.to_str()?.to_ascii_lowercase().replace("jpeg", "jpg"))?;
        ending(media.kind, mime)?;
        let name = path.file_name()?.to_str()?.to_string();
        let bytes = tokio::fs::read(&path).await.ok()?;
        Some(Sendable { bytes, mime, name })
    }
}

/// `assets/size-chart.png` in a shop's folder; nothing outside of it, whatever the way there is written like.
async fn asset(folder: &Path, source: &str) -> Option<PathBuf> {
    let folder = tokio::fs::canonicalize(folder.join(ASSETS)).await.ok()?;
    let path = tokio::fs::canonicalize(folder.parent()?.join(source)).await.ok()?;
    path.starts_with(&folder).then_some(path)
}
