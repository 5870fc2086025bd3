//! Files of customers, by shop and conversation, named by their hash: what customers call their files is never a name
//! here. A folder, memory for trials, or a bucket. Knows no message and decides nothing about how long a file is kept.

mod client;
mod folder;
mod memory;
mod quota;

use std::path::Path;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use smol_str::SmolStr;

use self::client::Bucket;
use self::folder::Folder;
use self::memory::Memory;
use self::quota::Quota;
use crate::config;
use crate::id::{ConversationId, ShopScope};

/// In front of a kept file's place, where a flow's value holds it.
pub const SCHEME: &str = "media:";

/// Where a file lies.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub shop: ShopScope,
    pub conversation: ConversationId,
    /// 64 hex digits of its SHA-256, a dot, and the ending of its type.
    name: SmolStr,
}

impl Place {
    /// Where these bytes of a customer belong. `ending` is one of ours: small letters and digits.
    pub fn of(shop: ShopScope, conversation: ConversationId, bytes: &[u8], ending: &str) -> Place {
        let name = format!("{}.{ending}", hex::encode(Sha256::digest(bytes))).into();
        Place { shop, conversation, name }
    }

    /// The place that a value names, if it is of this conversation: nobody reaches another customer's file by its name.
    pub fn named(source: &str, shop: ShopScope, conversation: ConversationId) -> Option<Place> {
        let (folder, name) = source.strip_prefix(SCHEME)?.split_once('/')?;
        let place = Place { shop, conversation, name: name.into() };
        (folder == place.folder() && is_name(name)).then_some(place)
    }

    /// As a flow's value holds it.
    pub fn source(&self) -> SmolStr {
        format!("{SCHEME}{}/{}", self.folder(), self.name).into()
    }

    /// The ending of its type: `jpg`, `pdf`.
    pub fn ending(&self) -> &str {
        self.name.split_once('.').map_or("", |(_, ending)| ending)
    }

    fn folder(&self) -> String {
        format!("{:016x}", self.conversation.0)
    }

    fn read(shop: ShopScope, folder: &str, name: &str) -> Option<Place> {
        let conversation = ConversationId(u64::from_str_radix(folder, 16).ok()?);
        let place = Place { shop, conversation, name: name.into() };
        (place.folder() == folder && is_name(name)).then_some(place)
    }
}

/// Nothing else becomes a path.
fn is_name(name: &str) -> bool {
    let small = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase());
    name.split_once('.').is_some_and(|(hash, ending)| {
        hash.len() == 64 && (1..=5).contains(&ending.len()) && small(ending) && hex::decode(hash).is_ok() && small(hash)
    })
}

/// A file that lies there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub place: Place,
    /// When it was put there, ms since 1970.
    pub at_ms: i64,
    pub bytes: u64,
}

/// The disk or the bucket did not do it.
#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    #[error("files of customers: {0}")]
    Disk(#[from] std::io::Error),
    #[error("files of customers: the bucket {0}")]
    Bucket(String),
}

/// Where files are kept. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Files(Kind, Arc<Quota>);

#[derive(Clone, Debug)]
enum Kind {
    Memory(Memory),
    Folder(Folder),
    Bucket(Bucket),
}

macro_rules! each {
    ($self:ident, $operation:ident($($argument:expr),*)) => {
        match &$self.0 {
            Kind::Memory(kept) => kept.$operation($($argument),*),
            Kind::Folder(folder) => folder.$operation($($argument),*).await,
            Kind::Bucket(bucket) => bucket.$operation($($argument),*).await,
        }
    };
}

impl Files {
    /// Gone with the process.
    pub fn memory() -> Files {
        Files(Kind::Memory(Memory::default()), Arc::default())
    }

    /// In this folder, which is made when the first file comes.
    pub fn folder(folder: &Path) -> Files {
        Files(Kind::Folder(Folder::new(folder)), Arc::default())
    }

    /// In a bucket of a store that speaks as S3 does.
    ///
    /// # Errors
    /// Its address is none, or the machine has no TLS.
    pub fn bucket(place: &config::Bucket) -> Result<Files, FilesError> {
        Ok(Files(Kind::Bucket(Bucket::new(place)?), Arc::default()))
    }

    /// The same with room for so many bytes of each shop; 0: without end. When it is used up the oldest files go.
    pub fn with_room(self, bytes: u64) -> Files {
        Files(self.0, Arc::new(Quota::of(bytes)))
    }

    /// Puts a little file, reads it back and takes it away with the folders that were made for it: whether the place can be
    /// used. Who looks may be another user than the server, which could not write into folders of theirs.
    pub async fn examine(&self) -> Result<(), FilesError> {
        let place = Place::of(ShopScope::NONE, ConversationId(0), b"duka doctor", "txt");
        let made = match &self.0 {
            Kind::Folder(folder) => folder.not_there(place.shop),
            Kind::Memory(_) | Kind::Bucket(_) => Vec::new(),
        };
        let found = self.put_and_take(&place).await;
        for folder in made {
            // Stays if somebody has put something else there by now.
            let _ = std::fs::remove_dir(folder);
        }
        match found?.as_deref() {
            Some(b"duka doctor") => Ok(()),
            Some(_) | None => Err(std::io::Error::other("what was put there is not what lies there").into()),
        }
    }

    async fn put_and_take(&self, place: &Place) -> Result<Option<Vec<u8>>, FilesError> {
        self.put(place, b"duka doctor".to_vec()).await?;
        let found = self.get(place).await?;
        self.remove(place).await?;
        Ok(found)
    }

    /// Keeps a file, whole or not at all. When the shop's room is used up, its oldest files go until a tenth is free.
    pub async fn put(&self, place: &Place, bytes: Vec<u8>) -> Result<(), FilesError> {
        let more = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        each!(self, put(place, bytes))?;
        if self.1.is_used_up(place.shop, more) {
            let (gone, left) = self.1.gone(self.list(place.shop).await?, place);
            for place in &gone {
                self.remove(place).await?;
            }
            self.1.has(place.shop, left);
            metrics::counter!("duka_files_purged_total").increment(gone.len() as u64);
        }
        Ok(())
    }

    /// `None`: there is none.
    pub async fn get(&self, place: &Place) -> Result<Option<Vec<u8>>, FilesError> {
        each!(self, get(place))
    }

    /// Takes a file away; it need not be there.
    pub async fn remove(&self, place: &Place) -> Result<(), FilesError> {
        each!(self, remove(place))
    }

    /// Takes all files of a customer away.
    pub async fn remove_of(&self, shop: ShopScope, conversation: ConversationId) -> Result<(), FilesError> {
        let all = match &self.0 {
            Kind::Memory(_) | Kind::Folder(_) => self.list(shop).await?,
            Kind::Bucket(bucket) => bucket.list_of(shop, conversation).await?,
        };
        for found in all.into_iter().filter(|found| found.place.conversation == conversation) {
            self.remove(&found.place).await?;
        }
        Ok(())
    }

    /// All files of a shop.
    pub async fn list(&self, shop: ShopScope) -> Result<Vec<Found>, FilesError> {
        each!(self, list(shop))
    }
}
