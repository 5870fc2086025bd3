//! How the page is answered when something can not be done: a code for programs, a sentence for people.

use axum::Json;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use serde_json::json;

/// Why nothing was done.
#[derive(Debug)]
pub struct Refused {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl Refused {
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Refused {
        Refused { status, code, message: message.into() }
    }

    /// There is no such shop, customer, file or lever.
    pub fn absent(what: &str) -> Refused {
        Refused::new(StatusCode::NOT_FOUND, "absent", format!("There is no such {what}."))
    }

    /// What is asked makes no sense now.
    pub fn wrong(message: impl Into<String>) -> Refused {
        Refused::new(StatusCode::UNPROCESSABLE_ENTITY, "wrong", message)
    }

    /// The server is not there at this moment.
    pub fn down() -> Refused {
        Refused::new(StatusCode::SERVICE_UNAVAILABLE, "down", "The server does not run now. Its findings say why.")
    }

    /// Something of ours failed; the log says what.
    pub fn failed(error: &dyn std::fmt::Display) -> Refused {
        tracing::error!(%error, "the page could not be answered");
        Refused::new(StatusCode::INTERNAL_SERVER_ERROR, "failed", "This could not be done; the terminal says why.")
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let Refused { status, code, message } = self;
        (status, Json(json!({"error": {"code": code, "message": message}}))).into_response()
    }
}

/// The JSON of a request; one that can not be read is refused as everything else is.
pub struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Refused;

    async fn from_request(request: Request, state: &S) -> Result<Body<T>, Refused> {
        match Json::<T>::from_request(request, state).await {
            Ok(Json(body)) => Ok(Body(body)),
            Err(error) => Err(Refused::new(error.status(), "unreadable", format!("{}.", error.body_text()))),
        }
    }
}
