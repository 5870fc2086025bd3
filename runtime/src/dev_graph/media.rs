//! Files that were uploaded, or that customers have sent: ids, addresses that expire, deletion. Kept in a folder for the next
//! process, where there is one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use base64::Engine;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use smol_str::SmolStr;

use super::check::Checked;
use super::refusal::Refusal;

/// How long an address of a file is good.
const ADDRESS_MS: i64 = 5 * 60 * 1000;
/// All files together; the oldest go.
const MOST_BYTES: usize = 256 * 1024 * 1024;

#[derive(Clone, Debug)]
pub(super) struct File {
    pub mime_type: String,
    pub bytes: axum::body::Bytes,
    /// As the vendor says it, right or wrong.
    pub sha256: String,
}

/// What can be wrong with a file that a customer sends (F68).
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaFault {
    /// Its address answers 404.
    Gone,
    /// The hash that is told is another one.
    WrongHash,
    /// Its address has expired when it is asked.
    Expired,
    /// A byte each second.
    Slow,
}

#[derive(Debug, Default)]
pub(super) struct Media {
    files: BTreeMap<SmolStr, (File, Option<MediaFault>)>,
    addresses: BTreeMap<SmolStr, (SmolStr, i64)>,
    bytes: usize,
    made: u64,
    folder: Option<PathBuf>,
}

/// What ids of files begin with.
const IDS: &str = "14795";

impl Media {
    pub fn add(&mut self, mime_type: &str, bytes: axum::body::Bytes, fault: Option<MediaFault>) -> (SmolStr, File) {
        self.made += 1;
        let id = SmolStr::from(format!("{IDS}{:011}", self.made));
        self.write(&id, mime_type, &bytes);
        let told = if fault == Some(MediaFault::WrongHash) { vec![0; 32] } else { Sha256::digest(&bytes).to_vec() };
        let sha256 = base64::engine::general_purpose::STANDARD.encode(told);
        let file = File { mime_type: mime_type.to_string(), bytes, sha256 };
        self.put(id.clone(), file.clone(), fault);
        (id, file)
    }

    fn put(&mut self, id: SmolStr, file: File, fault: Option<MediaFault>) {
        self.bytes += file.bytes.len();
        self.files.insert(id, (file, fault));
        while self.bytes > MOST_BYTES && self.files.len() > 1 {
            let Some(oldest) = self.files.keys().next().cloned() else { break };
            self.remove(&oldest);
        }
    }

    /// From now on files are kept in this folder, too. The ids of those that an earlier process has kept there: they are
    /// known again.
    ///
    /// # Errors
    /// The folder can not be made or read.
    pub fn keep_in(&mut self, folder: &Path) -> std::io::Result<Vec<SmolStr>> {
        std::fs::create_dir_all(folder)?;
        let mut kept: Vec<SmolStr> = Vec::new();
        for entry in std::fs::read_dir(folder)? {
            kept.extend(entry?.file_name().to_str().filter(|name| number_of(name).is_some()).map(SmolStr::from));
        }
        kept.sort();
        self.folder = Some(folder.to_path_buf());
        for id in &kept {
            let bytes = axum::body::Bytes::from(std::fs::read(folder.join(id))?);
            let Some(end) = bytes.iter().position(|byte| *byte == b'\n') else { continue };
            let mime_type = String::from_utf8_lossy(&bytes.slice(..end)).into_owned();
            let bytes = bytes.slice(end + 1..);
            let sha256 = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(&bytes));
            self.made = self.made.max(number_of(id).unwrap_or(0));
            self.put(id.clone(), File { mime_type, bytes, sha256 }, None);
        }
        Ok(kept)
    }

    /// The type in a line of its own, then the file.
    fn write(&self, id: &str, mime_type: &str, bytes: &[u8]) {
        let Some(folder) = &self.folder else { return };
        let whole = [mime_type.as_bytes(), b"\n", bytes].concat();
        if let Err(error) = std::fs::write(folder.join(id), whole) {
            tracing::warn!(%error, "a file that was sent could not be kept");
        }
    }

    pub fn knows(&self, id: &str) -> bool {
        self.files.contains_key(id)
    }

    pub fn file(&self, id: &str) -> Option<&File> {
        self.files.get(id).map(|(file, _)| file)
    }

    pub fn remove(&mut self, id: &str) -> bool {
        self.files.remove(id).is_some_and(|(file, _)| {
            self.bytes -= file.bytes.len();
            if let Some(folder) = &self.folder {
                // One that can not be taken away is only not forgotten.
                let _ = std::fs::remove_file(folder.join(id));
            }
            true
        })
    }

    /// What is told of a file, with a new address below `base`.
    pub fn describe(&mut self, now_ms: i64, id: &str, base: &str) -> Checked<Value> {
        let Some((file, fault)) = self.files.get(id) else {
            return Err(Refusal::new(100, format!("Unsupported get request. Object with ID '{id}' does not exist")));
        };
        self.made += 1;
        let key = SmolStr::from(format!("{:x}", self.made));
        let until = if *fault == Some(MediaFault::Expired) { now_ms } else { now_ms + ADDRESS_MS };
        let answer = json!({"messaging_product": "whatsapp", "url": format!("{base}/download/{key}"),
            "mime_type": file.mime_type, "sha256": hex_of(&file.sha256), "file_size": file.bytes.len().to_string(), "id": id});
        self.addresses.retain(|_, (_, until)| *until > now_ms);
        self.addresses.insert(key, (id.into(), until));
        Ok(answer)
    }

    /// The file behind an address, and whether it comes slowly; `None`: expired or gone.
    pub fn fetch(&self, now_ms: i64, key: &str) -> Option<(&File, bool)> {
        let (id, until) = self.addresses.get(key)?;
        let (file, fault) = self.files.get(id)?;
        (*until > now_ms && *fault != Some(MediaFault::Gone)).then_some((file, *fault == Some(MediaFault::Slow)))
    }
}

/// Which file an id names, from 1.
fn number_of(id: &str) -> Option<u64> {
    id.strip_prefix(IDS)?.parse().ok()
}

/// Base64 in webhooks, hexadecimal in answers.
fn hex_of(base64: &str) -> String {
    base64::engine::general_purpose::STANDARD.decode(base64).map(hex::encode).unwrap_or_default()
}
