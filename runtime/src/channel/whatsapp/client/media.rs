//! Files of customers fetched, and files of the shop uploaded. The token goes to the vendor's hosts
//! only; sizes and hashes are checked before anything is believed (TM23, F68).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{AUTHORIZATION, LOCATION};
use reqwest::{Method, StatusCode};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use thiserror::Error;
use url::Url;

use super::call::{CallError, read};
use super::{Access, Graph};
use crate::channel::whatsapp::decode::FileRef;

/// How often a file may send us elsewhere.
const REDIRECTS: usize = 3;

#[derive(Debug, Error)]
pub enum MediaError {
    #[error("the vendor did not give the file")]
    Call(#[from] CallError),
    #[error("the file could not be fetched")]
    Network(#[source] reqwest::Error),
    #[error("the file's address does not work any more")]
    Gone,
    #[error("the vendor's store of files has trouble of its own")]
    NotNow,
    #[error("the file is not at the vendor's")]
    ForeignHost,
    #[error("the file is larger than {0} bytes")]
    TooLarge(u64),
    #[error("the file is not the one that was sent: its hash differs")]
    WrongHash,
}

/// A file, fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Download {
    pub bytes: Vec<u8>,
    pub mime: String,
    pub sha256: [u8; 32],
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Where {
    url: String,
    mime_type: String,
    sha256: String,
}

impl Graph {
    /// Fetches a customer's file of at most `most` bytes. An address that has expired is asked for anew, once.
    pub async fn download(
        &self,
        file: &FileRef,
        number: &str,
        access: &Access,
        most: u64,
    ) -> Result<Download, MediaError> {
        if !file.url.is_empty() {
            match self.fetch(&file.url, access, most).await {
                Err(MediaError::Gone) => {}
                fetched => return checked(fetched?, &file.sha256, &file.mime),
            }
        }
        let request = self.call(Method::GET, &file.id, access).query(&[("phone_number_id", number)]);
        let found: Where = read(request).await?;
        let expected = if file.sha256.is_empty() { &found.sha256 } else { file.sha256.as_str() };
        let mime = if file.mime.is_empty() { &found.mime_type } else { file.mime.as_str() };
        checked(self.fetch(&found.url, access, most).await?, expected, mime)
    }

    /// Uploads a file and gives its id, which works for 30 days.
    pub async fn upload(
        &self,
        number: &str,
        access: &Access,
        bytes: Vec<u8>,
        mime: &str,
    ) -> Result<String, MediaError> {
        #[derive(Deserialize)]
        struct Uploaded {
            id: String,
        }
        let file =
            reqwest::multipart::Part::bytes(bytes).file_name("file").mime_str(mime).map_err(MediaError::Network)?;
        let form = reqwest::multipart::Form::new()
            .text("messaging_product", "whatsapp")
            .text("type", mime.to_string())
            .part("file", file);
        let request = self.call(Method::POST, &format!("{number}/media"), access).multipart(form);
        Ok(read::<Uploaded>(request).await?.id)
    }

    async fn fetch(&self, address: &str, access: &Access, most: u64) -> Result<Vec<u8>, MediaError> {
        let mut address = Url::parse(address).map_err(|_| MediaError::ForeignHost)?;
        for _ in 0..=REDIRECTS {
            if !self.is_vendors(&address) {
                return Err(MediaError::ForeignHost);
            }
            let request = self.calls.get(address.clone()).timeout(self.config.deadline * 3);
            let request = request.header(AUTHORIZATION, access.0.clone());
            let response = request.send().await.map_err(MediaError::Network)?;
            if response.status().is_redirection() {
                let to = response.headers().get(LOCATION).and_then(|to| to.to_str().ok());
                address = to.and_then(|to| address.join(to).ok()).ok_or(MediaError::ForeignHost)?;
                continue;
            }
            let status = response.status();
            if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
                return Err(MediaError::NotNow);
            }
            if !status.is_success() {
                return Err(MediaError::Gone);
            }
            return capped(response, most).await;
        }
        Err(MediaError::ForeignHost)
    }

    /// Whether the token may go there: the Graph API's own host as it is configured, or one of the vendor's by https.
    fn is_vendors(&self, address: &Url) -> bool {
        let base = &self.config.base;
        let same = address.scheme() == base.scheme()
            && address.host_str() == base.host_str()
            && address.port_or_known_default() == base.port_or_known_default();
        let ends =
            |host: &str, end: &str| host == end || host.strip_suffix(end).is_some_and(|rest| rest.ends_with('.'));
        let known = |host: &str| self.config.media_hosts.iter().any(|end| ends(host, end));
        same || address.scheme() == "https" && address.port().is_none() && address.host_str().is_some_and(known)
    }
}

async fn capped(mut response: reqwest::Response, most: u64) -> Result<Vec<u8>, MediaError> {
    if response.content_length().is_some_and(|length| length > most) {
        return Err(MediaError::TooLarge(most));
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(MediaError::Network)? {
        if (bytes.len() + chunk.len()) as u64 > most {
            return Err(MediaError::TooLarge(most));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// Compares the hash, which is told in base64 by webhooks and in hex by some answers. One that cannot be read is not told.
fn checked(bytes: Vec<u8>, told: &str, mime: &str) -> Result<Download, MediaError> {
    let sha256: [u8; 32] = Sha256::digest(&bytes).into();
    let in_hex = hex::decode(told).ok().filter(|hash| hash.len() == 32);
    let told = in_hex.or_else(|| STANDARD.decode(told).ok().filter(|hash| hash.len() == 32));
    if told.is_some_and(|told| !bool::from(told.ct_eq(&sha256))) {
        return Err(MediaError::WrongHash);
    }
    Ok(Download { bytes, mime: mime.to_string(), sha256 })
}
