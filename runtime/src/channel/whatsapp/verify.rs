//! Whether a request comes from the vendor: the signature of a webhook over its raw bytes, and the handshake that turns a
//! webhook on. Never tells what the right signature would have been (TM1, TM2, TM5, TM6).

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use thiserror::Error;

/// The header that carries the signature.
pub const SIGNATURE_HEADER: &str = "x-hub-signature-256";

/// The longest challenge that is sent back.
const CHALLENGE_MAX: usize = 256;

#[derive(Debug, Error, PartialEq, Eq)]
pub enum SecretError {
    #[error("no app secret is given")]
    None,
    #[error("an app secret is empty")]
    Empty,
}

/// The app secrets that sign webhooks now: one, or two while a secret is being changed.
#[derive(Clone)]
pub struct AppSecrets(Vec<Hmac<Sha256>>);

impl std::fmt::Debug for AppSecrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AppSecrets({})", self.0.len())
    }
}

impl AppSecrets {
    /// Prepares the secrets, the newest first. An empty one is refused: anybody could sign with it.
    pub fn new(secrets: &[SecretString]) -> Result<AppSecrets, SecretError> {
        if secrets.is_empty() {
            return Err(SecretError::None);
        }
        let prepare = |secret: &SecretString| match secret.expose_secret().trim() {
            "" => Err(SecretError::Empty),
            _ => Hmac::new_from_slice(secret.expose_secret().as_bytes()).map_err(|_| SecretError::Empty),
        };
        secrets.iter().map(prepare).collect::<Result<_, _>>().map(AppSecrets)
    }

    /// Which secret signed this body, by position; `None`: not signed by any. The header is exactly `sha256=` and 64
    /// lower-case hex digits.
    pub fn signer(&self, header: Option<&[u8]>, body: &[u8]) -> Option<usize> {
        let hex = header?.strip_prefix(b"sha256=")?;
        if hex.len() != 64 || hex.iter().any(u8::is_ascii_uppercase) {
            return None;
        }
        let mut claimed = [0; 32];
        hex::decode_to_slice(hex, &mut claimed).ok()?;
        self.0.iter().position(|secret| {
            let made = secret.clone().chain_update(body).finalize().into_bytes();
            bool::from(made.as_slice().ct_eq(&claimed))
        })
    }
}

/// The query of the handshake that the vendor makes when a callback address is set.
#[derive(Clone, Copy, Debug, Default)]
pub struct Handshake<'a> {
    /// `hub.mode`
    pub mode: Option<&'a str>,
    /// `hub.verify_token`
    pub token: Option<&'a str>,
    /// `hub.challenge`
    pub challenge: Option<&'a str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandshakeAnswer<'a> {
    /// 200 with exactly this text as `text/plain`, not to be sniffed.
    Challenge(&'a str),
    /// 403
    Refused,
    /// 400
    Incomplete,
}

impl<'a> Handshake<'a> {
    /// Compares hashes of the tokens, so that their length does not show either.
    pub fn answer(self, expected: &SecretString) -> HandshakeAnswer<'a> {
        let (Some(mode), Some(token), Some(challenge)) = (self.mode, self.token, self.challenge) else {
            return HandshakeAnswer::Incomplete;
        };
        let expected = expected.expose_secret();
        let same = Sha256::digest(token).ct_eq(&Sha256::digest(expected));
        let sane = mode == "subscribe" && challenge.len() <= CHALLENGE_MAX && !expected.is_empty();
        if bool::from(same) && sane { HandshakeAnswer::Challenge(challenge) } else { HandshakeAnswer::Refused }
    }
}
