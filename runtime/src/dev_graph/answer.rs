//! What goes back to a caller, and how: whole, broken, slowly or not at all.

use serde_json::Value;

use super::refusal::Refusal;

/// An HTTP answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub http: u16,
    pub retry_after_s: Option<u32>,
    pub body: Vec<u8>,
    pub manner: Manner,
}

/// How an answer travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    Whole,
    /// The connection is reset before a byte of the answer.
    Reset,
    /// No byte of an answer ever comes.
    Hang,
    /// The length of all is announced, half is sent, the connection closes.
    Short,
    /// One byte at a time, with a pause after each.
    Trickle {
        pause_ms: u64,
    },
    /// Whole, but late.
    Late {
        after_ms: u64,
    },
}

impl Answer {
    pub(super) fn json(value: &Value) -> Answer {
        Answer::bytes(200, value.to_string().into_bytes())
    }

    pub(super) fn bytes(http: u16, body: Vec<u8>) -> Answer {
        Answer { http, retry_after_s: None, body, manner: Manner::Whole }
    }

    pub(super) fn refused(refusal: &Refusal, trace: u64) -> Answer {
        let body = refusal.body(trace).to_string().into_bytes();
        Answer { http: refusal.http(), retry_after_s: refusal.retry_after_s, body, manner: Manner::Whole }
    }

    pub(super) fn success() -> Answer {
        Answer::bytes(200, br#"{"success":true}"#.to_vec())
    }

    /// `Ok` is answered as JSON, `Err` as the vendor's error.
    pub(super) fn of(result: Result<Value, Refusal>, trace: u64) -> Answer {
        match result {
            Ok(value) => Answer::json(&value),
            Err(refusal) => Answer::refused(&refusal, trace),
        }
    }
}
