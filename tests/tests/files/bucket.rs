//! A stand-in for a store that speaks as S3 does: one bucket in path style. Checks the signature of every request by itself,
//! and gives lists in pages of two.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use duka_runtime::config::Bucket;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::SecretString;
use sha2::{Digest, Sha256};

pub const KEY: &str = "AKIDEXAMPLE";
pub const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const REGION: &str = "eu-west-1";
const NAME: &str = "media";

#[derive(Default)]
struct Kept {
    objects: Mutex<BTreeMap<String, Vec<u8>>>,
    pages: AtomicUsize,
}

pub struct StandIn {
    port: u16,
    kept: Arc<Kept>,
}

impl StandIn {
    pub async fn start() -> StandIn {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("it listens").port();
        let kept = Arc::new(Kept::default());
        let routes = Router::new().fallback(answer).with_state(Arc::clone(&kept));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        StandIn { port, kept }
    }

    pub fn place(&self) -> Bucket {
        Bucket {
            name: NAME.to_string(),
            endpoint: format!("http://127.0.0.1:{}", self.port).parse().expect("an address"),
            region: REGION.to_string(),
            key: SecretString::from(KEY),
            secret: SecretString::from(SECRET),
        }
    }

    pub fn pages(&self) -> usize {
        self.kept.pages.load(Ordering::Relaxed)
    }

    /// The names of all that lies there.
    pub fn names(&self) -> Vec<String> {
        self.kept.objects.lock().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect()
    }
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    let mac: Hmac<Sha256> = Hmac::new_from_slice(key).expect("any key");
    mac.chain_update(text).finalize().into_bytes().to_vec()
}

/// Whether the query signs the request (AWS, Signature Version 4 by query parameters).
fn is_signed(method: &Method, uri: &Uri, headers: &HeaderMap) -> bool {
    let mut parameters: Vec<&str> = uri.query().unwrap_or_default().split('&').collect();
    let Some(at) = parameters.iter().position(|it| it.starts_with("X-Amz-Signature=")) else { return false };
    let claimed = parameters.remove(at).trim_start_matches("X-Amz-Signature=");
    parameters.sort_unstable();
    let value = |name: &str| parameters.iter().find_map(|it| it.strip_prefix(name)?.strip_prefix('=')).unwrap_or("");
    let time = value("X-Amz-Date");
    let Some(day) = time.get(..8) else { return false };
    let scope = format!("{day}/{REGION}/s3/aws4_request");
    if value("X-Amz-Credential").replace("%2F", "/") != format!("{KEY}/{scope}") {
        return false;
    }
    let host = headers.get("host").and_then(|host| host.to_str().ok()).unwrap_or("");
    let query = parameters.join("&");
    let request = format!("{method}\n{}\n{query}\nhost:{host}\n\nhost\nUNSIGNED-PAYLOAD", uri.path());
    let digest = hex::encode(Sha256::digest(request));
    let to_sign = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{digest}");
    let key = [day, REGION, "s3", "aws4_request"]
        .iter()
        .fold(format!("AWS4{SECRET}").into_bytes(), |key, part| mac(&key, part));
    hex::encode(mac(&key, &to_sign)) == claimed
}

fn refused(status: StatusCode, code: &str) -> Response {
    (status, format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>no</Message></Error>")).into_response()
}

async fn answer(State(kept): State<Arc<Kept>>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    if !is_signed(&method, &uri, &headers) {
        return refused(StatusCode::FORBIDDEN, "SignatureDoesNotMatch");
    }
    let Some(name) = uri.path().strip_prefix(&format!("/{NAME}/")) else {
        return refused(StatusCode::NOT_FOUND, "NoSuchBucket");
    };
    let mut objects = kept.objects.lock().unwrap_or_else(PoisonError::into_inner);
    match (method.as_str(), name) {
        ("GET", "") => {
            kept.pages.fetch_add(1, Ordering::Relaxed);
            list(&objects, uri.query().unwrap_or_default())
        }
        ("GET", name) => match objects.get(name) {
            Some(bytes) => bytes.clone().into_response(),
            None => refused(StatusCode::NOT_FOUND, "NoSuchKey"),
        },
        ("PUT", name) if headers.contains_key("if-none-match") && objects.contains_key(name) => {
            refused(StatusCode::PRECONDITION_FAILED, "PreconditionFailed")
        }
        ("PUT", name) => {
            objects.insert(name.to_string(), body.to_vec());
            StatusCode::OK.into_response()
        }
        ("DELETE", name) => {
            objects.remove(name);
            StatusCode::NO_CONTENT.into_response()
        }
        (_, _) => refused(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed"),
    }
}

/// The next two names behind the token.
fn list(objects: &BTreeMap<String, Vec<u8>>, query: &str) -> Response {
    let parameters: BTreeMap<String, String> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let prefix = parameters.get("prefix").cloned().unwrap_or_default();
    let after = parameters.get("continuation-token").cloned().unwrap_or_default();
    let mut below = objects.iter().filter(|(name, _)| name.starts_with(&prefix) && **name > after);
    let page: Vec<(&String, &Vec<u8>)> = below.by_ref().take(2).collect();
    let more = below.next().is_some();
    let now = moment_now();
    let contents: String = page
        .iter()
        .map(|(name, bytes)| {
            let name = name.replace('/', "%2F");
            let size = bytes.len();
            format!(
                "<Contents><Key>{name}</Key><LastModified>{now}</LastModified><ETag>&quot;0&quot;</ETag>\
                 <Size>{size}</Size><StorageClass>STANDARD</StorageClass></Contents>"
            )
        })
        .collect();
    let token =
        page.last().filter(|_| more).map(|(name, _)| format!("<NextContinuationToken>{name}</NextContinuationToken>"));
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
         <Name>{NAME}</Name><Prefix>{prefix}</Prefix><KeyCount>{}</KeyCount><MaxKeys>1000</MaxKeys>\
         <EncodingType>url</EncodingType><IsTruncated>{more}</IsTruncated>{contents}{}</ListBucketResult>",
        page.len(),
        token.unwrap_or_default(),
    );
    ([("content-type", "application/xml")], text).into_response()
}

/// Now, as the store writes it.
fn moment_now() -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    duka_runtime::ops::moment(i64::try_from(now.as_millis()).expect("a time")).replace(' ', "T") + ".000Z"
}
