//! Answers that say no more than their reader may know: what is foreign looks like what is absent (TM15).

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use crate::files::FilesError;
use crate::host::desk::DeskError;
use crate::store;

/// It was done.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct Done {
    pub done: bool,
}

impl Done {
    pub fn yes() -> Json<Done> {
        Json(Done { done: true })
    }
}

/// Why nothing was done.
#[derive(Debug)]
pub enum Refusal {
    NoKey,
    /// A key that there is not, or that holds no more.
    UnknownKey,
    /// The key may not do this.
    NotAllowed,
    /// It is not there, or not the caller's.
    Absent,
    /// What is asked makes no sense now: in plain words.
    Wrong(&'static str),
    /// The store or the writer; told to the log.
    Failed,
}

impl From<store::Error> for Refusal {
    fn from(error: store::Error) -> Refusal {
        tracing::error!(%error, "the API could not read or write");
        Refusal::Failed
    }
}

impl From<FilesError> for Refusal {
    fn from(error: FilesError) -> Refusal {
        tracing::error!(%error, "the API could not take away files");
        Refusal::Failed
    }
}

impl From<DeskError> for Refusal {
    fn from(error: DeskError) -> Refusal {
        tracing::error!(%error, "the API could not commit");
        Refusal::Failed
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, error) = match self {
            Refusal::NoKey => (StatusCode::UNAUTHORIZED, "a key is needed: `Authorization: Bearer …`"),
            Refusal::UnknownKey => (StatusCode::UNAUTHORIZED, "this key is not known, or has ended"),
            Refusal::NotAllowed => (StatusCode::FORBIDDEN, "this key may not do that"),
            Refusal::Absent => (StatusCode::NOT_FOUND, "there is nothing here"),
            Refusal::Wrong(why) => (StatusCode::CONFLICT, why),
            Refusal::Failed => (StatusCode::SERVICE_UNAVAILABLE, "this could not be done now; try again"),
        };
        (status, Json(json!({ "error": error }))).into_response()
    }
}

pub async fn unknown() -> Refusal {
    Refusal::Absent
}
