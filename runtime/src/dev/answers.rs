//! How the page is answered when something can not be done: a code for programs, what the page says it with in its own
//! language, and a sentence for people.

use std::collections::BTreeMap;
use std::io::ErrorKind;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

/// The codes. Each has its words on the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    Absent,
    Changed,
    Down,
    Failed,
    NotFromHere,
    Unreadable,
    Wrong,
    NothingToSend,
    FileKind,
    FileSize,
    CartEmpty,
    NoProduct,
    NotOpen,
    Channel,
    ManyCustomers,
    NotWritten,
    HasPerson,
    HasFlow,
    WindowClosed,
    AnswerLength,
    ManyAnswers,
    NothingToRepeat,
    Price,
    Stock,
    NoPayLink,
    PaymentOver,
    ProviderSilent,
    ClockRange,
    NoTimer,
    NoName,
    NothingSaid,
    NotRecorded,
    ShopBroken,
    NotSearched,
    TooLarge,
    NotText,
    TextLength,
    Place,
    Method,
    Disk,
    DiskDenied,
    DiskFull,
}

/// What a sentence names: a product, a size.
pub type About = BTreeMap<&'static str, String>;

/// Why nothing was done.
#[derive(Debug)]
pub struct Refused {
    status: StatusCode,
    code: Why,
    message: String,
    about: About,
}

impl Refused {
    pub fn new(status: StatusCode, code: Why, message: impl Into<String>) -> Refused {
        Refused { status, code, message: message.into(), about: About::new() }
    }

    /// There is no such shop, customer, file or lever.
    pub fn absent(what: &str) -> Refused {
        Refused::new(StatusCode::NOT_FOUND, Why::Absent, format!("There is no such {what}."))
    }

    /// What is asked makes no sense now.
    pub fn wrong(code: Why, message: impl Into<String>) -> Refused {
        Refused::new(StatusCode::UNPROCESSABLE_ENTITY, code, message)
    }

    /// The server is not there at this moment.
    pub fn down() -> Refused {
        Refused::new(StatusCode::SERVICE_UNAVAILABLE, Why::Down, "The server does not run now. Its findings say why.")
    }

    /// Something of ours failed; the log says what.
    pub fn failed(error: &dyn std::fmt::Display) -> Refused {
        tracing::error!(%error, "the page could not be answered");
        Refused::new(StatusCode::INTERNAL_SERVER_ERROR, Why::Failed, "This could not be done; the terminal says why.")
    }

    /// A file could not be read or written.
    pub fn disk(error: &std::io::Error) -> Refused {
        let code = match error.kind() {
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Why::DiskDenied,
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Why::DiskFull,
            _ => Why::Disk,
        };
        tracing::error!(%error, "a file of the shop can not be used");
        Refused::wrong(code, format!("The file can not be used: {error}."))
    }

    /// The sentence names this.
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Refused {
        self.about.insert(name, value.to_string());
        self
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let Refused { status, code, message, about } = self;
        (status, Json(json!({"error": {"code": code, "message": message, "about": about}}))).into_response()
    }
}

/// The JSON of a request; one that can not be read is refused as everything else is.
pub struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Refused;

    async fn from_request(request: Request, state: &S) -> Result<Body<T>, Refused> {
        match Json::<T>::from_request(request, state).await {
            Ok(Json(body)) => Ok(Body(body)),
            Err(error) => Err(Refused::new(error.status(), Why::Unreadable, unread(&error))),
        }
    }
}

/// In a sentence, without the names that the reader of JSON has for things of ours.
fn unread(error: &JsonRejection) -> String {
    let what = match error {
        JsonRejection::JsonDataError(_) => "The body is not what is taken here",
        JsonRejection::JsonSyntaxError(_) => "The body is no JSON",
        _ => return format!("{}.", error.body_text()),
    };
    let why = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    format!("{what}: {why}. `/api/v1/openapi.json` describes what is.")
}
