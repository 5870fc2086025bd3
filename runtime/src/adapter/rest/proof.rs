//! Whether a body is the backend's: signed under one of its secrets not long ago, or sent with one of them. Never tells what
//! would have been right.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use sha2::{Sha256, Sha512};
use subtle::ConstantTimeEq;

use crate::adapter::mapping::{Encoding, Key, Over, Proof, Signature};

/// How far a signature's time may be from now, if nothing else is said.
const WITHIN_MS: i64 = 5 * 60_000;

/// Times above are in milliseconds.
const MOST_SECONDS: i64 = 100_000_000_000;

/// What a signature header claims.
struct Claimed<'a> {
    marks: Vec<Vec<u8>>,
    /// What each of them is said to be over, piece by piece.
    over: Vec<&'a [u8]>,
}

/// The bytes of a secret, as the proof has it written. `None`: it is not written so.
pub(super) fn key(proof: &Proof, secret: &SecretString) -> Option<SecretSlice<u8>> {
    let text = secret.expose_secret();
    let bytes = match proof.signature().map_or(Key::Text, |signature| signature.key) {
        Key::Text => Some(text.as_bytes().to_vec()),
        Key::Base64 => STANDARD.decode(text.strip_prefix("whsec_").unwrap_or(text)).ok(),
    };
    bytes.filter(|bytes| !bytes.is_empty()).map(SecretSlice::from)
}

/// `header` finds a header of the request by its name.
pub(super) fn is_proved<'h>(
    proof: &Proof,
    keys: &[SecretSlice<u8>],
    header: impl Fn(&str) -> Option<&'h [u8]>,
    body: &'h [u8],
    now_ms: i64,
) -> bool {
    let is_made: fn(&Claimed<'_>, &[u8]) -> bool = match proof {
        Proof::HmacSha256(_) => is_made::<Hmac<Sha256>>,
        Proof::HmacSha512(_) => is_made::<Hmac<Sha512>>,
        Proof::Header(token) => {
            let given = header(&token.name);
            return given.is_some_and(|given| keys.iter().any(|key| bool::from(given.ct_eq(key.expose_secret()))));
        }
    };
    let Some(signature) = proof.signature() else { return false };
    let claimed = claimed(signature, header, body, now_ms);
    claimed.is_some_and(|claimed| keys.iter().any(|key| is_made(&claimed, key.expose_secret())))
}

/// The signatures that are claimed, and what they are over. `None`: something is missing, or it was signed too long ago.
fn claimed<'a, 'h: 'a>(
    signature: &'a Signature,
    header: impl Fn(&str) -> Option<&'h [u8]>,
    body: &'h [u8],
    now_ms: i64,
) -> Option<Claimed<'a>> {
    let whole = std::str::from_utf8(header(&signature.header)?).ok()?;
    let own: Vec<&str> = match &signature.between {
        Some(between) => whole.split(between.as_str()).map(str::trim).collect(),
        None => vec![whole],
    };
    let id = signature.id.as_ref().map(|name| header(name));
    let time = signature.time.as_ref().map(|name| match name.strip_suffix('=') {
        Some(_) => own.iter().find_map(|part| part.strip_prefix(name.as_str())).map(str::as_bytes),
        None => header(name),
    });
    if let Some(time) = time {
        let told: i64 = std::str::from_utf8(time?).ok()?.parse().ok()?;
        let told_ms = if told.saturating_abs() > MOST_SECONDS { told } else { told.saturating_mul(1_000) };
        let within_ms = signature.within.map_or(WITHIN_MS, |within| within.ms());
        if now_ms.saturating_sub(told_ms).saturating_abs() > within_ms {
            return None;
        }
    }
    let over = signature.signed.0.iter().map(|piece| match piece {
        Over::Text(text) => Some(text.as_bytes()),
        Over::Id => id.flatten(),
        Over::Time => time.flatten(),
        Over::Body => Some(body),
    });
    let over = over.collect::<Option<Vec<_>>>()?;
    let marks = own.iter().filter_map(|part| part.strip_prefix(signature.prefix.as_str()));
    let marks = marks.filter_map(|mark| match signature.encoding {
        Encoding::Hex => hex::decode(mark).ok(),
        Encoding::Base64 => STANDARD.decode(mark).ok(),
    });
    Some(Claimed { marks: marks.collect(), over })
}

/// Whether one of the marks is made with this key.
fn is_made<M: Mac + KeyInit>(claimed: &Claimed<'_>, key: &[u8]) -> bool {
    claimed.marks.iter().any(|mark| {
        let mac = <M as KeyInit>::new_from_slice(key);
        mac.is_ok_and(|mac| {
            claimed.over.iter().fold(mac, |mac, part| mac.chain_update(part)).verify_slice(mark).is_ok()
        })
    })
}
