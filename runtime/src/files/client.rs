//! Files in a bucket of a store that speaks as S3 does: `SHOP/CONVERSATION/HASH.ENDING`, as in a folder. Addresses in path
//! style, signed by Signature Version 4. Tells no address, since a signed one opens the file.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::{CONTENT_TYPE, IF_NONE_MATCH};
use reqwest::{Method, Response, StatusCode};
use rusty_s3::actions::ListObjectsV2;
use rusty_s3::{Credentials, S3Action, UrlStyle};
use secrecy::ExposeSecret;
use url::Url;

use super::{FilesError, Found, Place};
use crate::config;
use crate::id::{ConversationId, ShopScope};

const CONNECT: Duration = Duration::from_secs(5);
/// From the request to the last byte of a file.
const DEADLINE: Duration = Duration::from_secs(60);
/// How long a signature is good for: the request follows at once.
const SIGNED: Duration = Duration::from_secs(300);
/// Pages of a thousand names that one list reads.
const MOST_PAGES: usize = 10_000;
/// The largest list of a thousand names, and the largest file: the vendor's bound for documents.
const MOST_BYTES: u64 = 100 * 1024 * 1024;

#[derive(Clone)]
pub(super) struct Bucket(Arc<Inner>);

struct Inner {
    http: reqwest::Client,
    bucket: rusty_s3::Bucket,
    credentials: Credentials,
}

impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Bucket").field(&self.0.bucket.name()).finish()
    }
}

impl Bucket {
    pub fn new(place: &config::Bucket) -> Result<Bucket, FilesError> {
        let wrong = |error: &dyn fmt::Display| FilesError::Bucket(format!("can not be used: {error}"));
        let bucket =
            rusty_s3::Bucket::new(place.endpoint.clone(), UrlStyle::Path, place.name.clone(), place.region.clone())
                .map_err(|error| wrong(&error))?;
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT)
            .timeout(DEADLINE)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("duka/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| wrong(&error))?;
        let credentials = Credentials::new(place.key.expose_secret(), place.secret.expose_secret());
        Ok(Bucket(Arc::new(Inner { http, bucket, credentials })))
    }

    /// What lies there already stays as it is, with its time.
    pub async fn put(&self, place: &Place, bytes: Vec<u8>) -> Result<(), FilesError> {
        let name = name(place);
        let url = self.0.bucket.put_object(Some(&self.0.credentials), &name).sign(SIGNED);
        let request = self.0.http.put(url).header(IF_NONE_MATCH, "*").header(CONTENT_TYPE, "application/octet-stream");
        let answer = request.body(bytes).send().await.map_err(silent)?;
        if answer.status() == StatusCode::PRECONDITION_FAILED {
            return Ok(());
        }
        taken(answer).await.map(drop)
    }

    pub async fn get(&self, place: &Place) -> Result<Option<Vec<u8>>, FilesError> {
        let name = name(place);
        let url = self.0.bucket.get_object(Some(&self.0.credentials), &name).sign(SIGNED);
        let answer = self.ask(Method::GET, url).await?;
        if answer.status() == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        read(taken(answer).await?).await.map(Some)
    }

    pub async fn remove(&self, place: &Place) -> Result<(), FilesError> {
        let name = name(place);
        let url = self.0.bucket.delete_object(Some(&self.0.credentials), &name).sign(SIGNED);
        let answer = self.ask(Method::DELETE, url).await?;
        if answer.status() == StatusCode::NOT_FOUND {
            return Ok(());
        }
        taken(answer).await.map(drop)
    }

    pub async fn list(&self, shop: ShopScope) -> Result<Vec<Found>, FilesError> {
        self.below(shop, format!("{}/", shop.number())).await
    }

    pub async fn list_of(&self, shop: ShopScope, conversation: ConversationId) -> Result<Vec<Found>, FilesError> {
        self.below(shop, format!("{}/{:016x}/", shop.number(), conversation.0)).await
    }

    async fn below(&self, shop: ShopScope, prefix: String) -> Result<Vec<Found>, FilesError> {
        let (mut all, mut next) = (Vec::new(), None::<String>);
        for _ in 0..MOST_PAGES {
            let mut action = self.0.bucket.list_objects_v2(Some(&self.0.credentials));
            action.with_prefix(prefix.as_str());
            if let Some(token) = next.take() {
                action.with_continuation_token(token);
            }
            let answer = taken(self.ask(Method::GET, action.sign(SIGNED)).await?).await?;
            let text = read(answer).await?;
            let page = ListObjectsV2::parse_response(&String::from_utf8_lossy(&text))
                .map_err(|_| FilesError::Bucket("answered no list of files".to_string()))?;
            for object in page.contents {
                let mut parts = object.key.splitn(3, '/').skip(1);
                let place = parts.next().zip(parts.next()).and_then(|(folder, name)| Place::read(shop, folder, name));
                let at = object.last_modified.and_then(|at| at.parse::<Timestamp>().ok());
                // Without its time it would be too old at once.
                let at_ms = at.map_or(i64::MAX, Timestamp::as_millisecond);
                all.extend(place.map(|place| Found { place, at_ms, bytes: object.size.unwrap_or_default() }));
            }
            next = page.next_continuation_token;
            if next.is_none() {
                return Ok(all);
            }
        }
        Err(FilesError::Bucket("holds more files than one list may have".to_string()))
    }

    async fn ask(&self, method: Method, url: Url) -> Result<Response, FilesError> {
        self.0.http.request(method, url).send().await.map_err(silent)
    }
}

fn name(place: &Place) -> String {
    format!("{}/{}/{}", place.shop.number(), place.folder(), place.name)
}

fn silent(error: reqwest::Error) -> FilesError {
    FilesError::Bucket(format!("does not answer: {}", error.without_url()))
}

/// What a store says when it does not do it: `AccessDenied`, `NoSuchBucket`, … and nothing else of its answer.
async fn taken(answer: Response) -> Result<Response, FilesError> {
    let status = answer.status();
    if status.is_success() {
        return Ok(answer);
    }
    let text = read(answer).await.unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let code = text.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>")).map(|(code, _)| code);
    let code = code.filter(|code| code.len() < 60 && code.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    Err(FilesError::Bucket(format!("refuses: {} {}", status.as_u16(), code.unwrap_or_default())))
}

async fn read(mut answer: Response) -> Result<Vec<u8>, FilesError> {
    let mut bytes = Vec::new();
    while let Some(part) = answer.chunk().await.map_err(silent)? {
        if (bytes.len() + part.len()) as u64 > MOST_BYTES {
            return Err(FilesError::Bucket("answers more than a file has".to_string()));
        }
        bytes.extend_from_slice(&part);
    }
    Ok(bytes)
}
