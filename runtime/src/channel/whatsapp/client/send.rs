//! One attempt to send one body. What could not be connected was certainly not sent; whatever fails later may have been.

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use hyper::{Method, Request};

use super::{Access, Graph, answer};
use crate::channel::whatsapp::classify::Answer;

/// Bytes of an answer that are read.
const ANSWER_MAX: usize = 64 * 1024;

impl Graph {
    /// Sends a rendered body from a number (`phone_number_id`), once.
    pub async fn send(&self, number: &str, access: &Access, body: Vec<u8>) -> Answer {
        let uri = self.address(&format!("{number}/messages"));
        let request = Request::builder()
            .method(Method::POST)
            .uri(uri)
            .header(AUTHORIZATION, access.0.clone())
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .header(ACCEPT, HeaderValue::from_static("application/json"))
            .body(Full::new(Bytes::from(body)));
        let Ok(request) = request else { return Answer::NotSent { why: "the address is wrong" } };
        match tokio::time::timeout(self.config.deadline, self.exchange(request)).await {
            Ok(answer) => answer,
            Err(_) => Answer::Unknown { why: "no whole answer in time" },
        }
    }

    async fn exchange(&self, request: Request<Full<Bytes>>) -> Answer {
        let response = match self.sends.request(request).await {
            Ok(response) => response,
            Err(error) if error.is_connect() => return Answer::NotSent { why: "no connection" },
            Err(_) => return Answer::Unknown { why: "the connection broke" },
        };
        let status = response.status().as_u16();
        let retry_after_ms = retry_after(response.headers());
        match Limited::new(response.into_body(), ANSWER_MAX).collect().await {
            Ok(body) => answer::read(status, retry_after_ms, &body.to_bytes()),
            Err(_) => Answer::Unknown { why: "the answer broke off" },
        }
    }
}

/// Seconds of `Retry-After`; its other form, a date, is not used by this vendor.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<i64> {
    let seconds: i64 = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    seconds.checked_mul(1000).filter(|ms| *ms >= 0)
}
