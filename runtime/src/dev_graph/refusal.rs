//! The errors of the Graph API: which HTTP status and words belong to a code, and the body they come in.

use serde_json::{Value, json};

/// Why a call is refused, with what the vendor would answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    pub code: u32,
    pub details: String,
    /// Seconds of a `Retry-After` header.
    pub retry_after_s: Option<u32>,
    /// The HTTP status, where it is not the code's usual one.
    pub http: Option<u16>,
}

/// Code, HTTP status and title, as the reference of error codes lists them (checked 2026-08-01,
/// <https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes>).
const KNOWN: [(u32, u16, &str); 42] = [
    (0, 401, "Authentication error"),
    (1, 400, "An unknown error occurred"),
    (2, 503, "Service temporarily unavailable"),
    (3, 500, "Capability or permissions issue"),
    (4, 400, "Application request limit reached"),
    (10, 403, "Permission is either not granted or has been removed"),
    (33, 400, "Parameter value is not valid"),
    (100, 400, "Invalid parameter"),
    (190, 401, "Error validating access token: Session has expired."),
    (200, 403, "Permission is either not granted or has been removed"),
    (368, 403, "Temporarily blocked for policies violations"),
    (2635, 400, "You are calling a deprecated version of the API"),
    (80007, 400, "Rate limit issues"),
    (130429, 400, "Rate limit hit"),
    (130472, 400, "User's number is part of an experiment"),
    (130497, 403, "Business account is restricted from messaging users in this country"),
    (131000, 500, "Something went wrong"),
    (131005, 403, "Access denied"),
    (131008, 400, "Required parameter is missing"),
    (131009, 400, "Parameter value is not valid"),
    (131016, 500, "Service unavailable"),
    (131021, 400, "Recipient cannot be sender"),
    (131026, 400, "Message undeliverable"),
    (131030, 400, "Recipient phone number not in allowed list"),
    (131031, 403, "Account has been locked"),
    (131042, 400, "Business eligibility payment issue"),
    (131047, 400, "Re-engagement message"),
    (131048, 400, "Spam rate limit hit"),
    (131049, 400, "Not delivered to keep ecosystem engagement healthy"),
    (131050, 400, "User has stopped marketing messages"),
    (131051, 400, "Unsupported message type"),
    (131053, 400, "Media upload error"),
    (131056, 400, "(Business Account, Consumer Account) pair rate limit hit"),
    (131057, 500, "Account in maintenance mode"),
    (131062, 400, "Business-scoped user ids are not supported here"),
    (132000, 400, "Number of parameters does not match the expected number of params"),
    (132001, 404, "Template name does not exist in the translation"),
    (132005, 400, "Translated text too long"),
    (132012, 400, "Parameter format does not match format in the created template"),
    (132015, 400, "Template is paused"),
    (132016, 400, "Template is disabled"),
    (134100, 400, "Only marketing messages are supported"),
];

/// HTTP status and title of a code; an unlisted one is a 400 of no words.
fn known(code: u32) -> (u16, &'static str) {
    KNOWN.iter().find(|(known, _, _)| *known == code).map_or((400, "Unknown error"), |(_, http, title)| (*http, title))
}

impl Refusal {
    pub fn new(code: u32, details: impl Into<String>) -> Refusal {
        Refusal { code, details: details.into(), retry_after_s: None, http: None }
    }

    /// A required parameter is not there.
    pub(super) fn missing(name: &str) -> Refusal {
        Refusal::new(131008, format!("The parameter {name} is required."))
    }

    /// A value that is not as documented.
    pub(super) fn invalid(details: impl Into<String>) -> Refusal {
        Refusal::new(131009, details)
    }

    pub fn http(&self) -> u16 {
        self.http.unwrap_or(known(self.code).0)
    }

    /// The body of an answer; `trace` is what the vendor's support would ask for.
    pub fn body(&self, trace: u64) -> Value {
        let (_, title) = known(self.code);
        let trace = format!("A{trace:022x}");
        if self.code == 190 {
            return json!({"error": {"message": title, "type": "OAuthException", "code": 190, "error_subcode": 463,
                "fbtrace_id": trace}});
        }
        json!({"error": {
            "message": format!("(#{}) {title}", self.code),
            "type": "OAuthException",
            "code": self.code,
            "error_data": {"messaging_product": "whatsapp", "details": self.details},
            "fbtrace_id": trace,
        }})
    }

    /// The same as an element of `errors[]` in a status webhook.
    pub fn in_status(&self) -> Value {
        let (_, title) = known(self.code);
        json!({"code": self.code, "title": title, "message": title, "error_data": {"details": self.details},
            "href": "/documentation/business-messaging/whatsapp/support/error-codes"})
    }
}
