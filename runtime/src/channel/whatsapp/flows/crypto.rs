//! The encryption between the vendor's Flows and our endpoint: an AES key wrapped with our RSA key, and payloads under it.
//! Keeps no key, and says nothing of why something could not be opened.

use aes_gcm::aead::consts::U16;
use aes_gcm::aead::{Aead, KeyInit};
use aes_gcm::{AesGcm, aes::Aes128};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa::{KeySize, OAEP_SHA256_MGF1SHA256, OaepPrivateDecryptingKey, PrivateDecryptingKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use thiserror::Error;

/// The vendor's nonces have 16 bytes instead of the usual 12.
type Cipher = AesGcm<Aes128, U16>;

#[derive(Debug, Error, PartialEq, Eq)]
pub enum KeyError {
    #[error("the key is locked with a passphrase; write it without one, or make a new pair with `duka keys flows`")]
    Locked,
    #[error(
        "the key is in the old form `BEGIN RSA PRIVATE KEY`; convert it with `openssl pkcs8 -topk8 -nocrypt`, or make a new pair with `duka keys flows`"
    )]
    OldForm,
    #[error("this is no private RSA key of 2,048 bits or more in PEM form")]
    NoKey,
}

/// It could not be opened: made for another key, or spoiled. The vendor fetches the key again and repeats.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("the payload could not be decrypted")]
pub struct Sealed;

/// A number's private key.
pub struct FlowsKey(OaepPrivateDecryptingKey);

impl std::fmt::Debug for FlowsKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FlowsKey")
    }
}

/// A new pair: the private half for us, the public half for the vendor, both as PEM.
#[derive(Debug)]
pub struct KeyPair {
    pub private: SecretString,
    pub public: String,
}

/// Makes a pair of 2,048 bits.
pub fn generate() -> Result<KeyPair, KeyError> {
    let private = PrivateDecryptingKey::generate(KeySize::Rsa2048).map_err(|_| KeyError::NoKey)?;
    let inner: Pkcs8V1Der<'_> = private.as_der().map_err(|_| KeyError::NoKey)?;
    let outer: PublicKeyX509Der<'_> = private.public_key().as_der().map_err(|_| KeyError::NoKey)?;
    Ok(KeyPair { private: pem("PRIVATE KEY", inner.as_ref()).into(), public: pem("PUBLIC KEY", outer.as_ref()) })
}

/// The public half of a private key, as PEM.
///
/// # Errors
/// It is no key that [`FlowsKey::from_pem`] reads.
pub fn public_half(private: &SecretString) -> Result<String, KeyError> {
    let public: PublicKeyX509Der<'_> = read(private)?.public_key().as_der().map_err(|_| KeyError::NoKey)?;
    Ok(pem("PUBLIC KEY", public.as_ref()))
}

fn pem(label: &str, der: &[u8]) -> String {
    let mut out = format!("-----BEGIN {label}-----\n");
    for line in STANDARD.encode(der).as_bytes().chunks(64) {
        out.push_str(&String::from_utf8_lossy(line));
        out.push('\n');
    }
    out.push_str(&format!("-----END {label}-----\n"));
    out
}

impl FlowsKey {
    /// Reads a private key: unencrypted PKCS#8 in PEM.
    pub fn from_pem(text: &SecretString) -> Result<FlowsKey, KeyError> {
        OaepPrivateDecryptingKey::new(read(text)?).map(FlowsKey).map_err(|_| KeyError::NoKey)
    }

    fn unwrap_key(&self, wrapped: &[u8]) -> Result<[u8; 16], Sealed> {
        let mut room = vec![0; self.0.key_size_bytes()];
        let key = self.0.decrypt(&OAEP_SHA256_MGF1SHA256, wrapped, &mut room, None).map_err(|_| Sealed)?;
        <[u8; 16]>::try_from(&*key).map_err(|_| Sealed)
    }
}

fn read(text: &SecretString) -> Result<PrivateDecryptingKey, KeyError> {
    let text = text.expose_secret();
    if text.contains("ENCRYPTED") {
        return Err(KeyError::Locked);
    }
    if text.contains("BEGIN RSA PRIVATE KEY") {
        return Err(KeyError::OldForm);
    }
    let body: String = text.lines().map(str::trim).filter(|line| !line.starts_with("-----")).collect();
    let der = STANDARD.decode(body).map_err(|_| KeyError::NoKey)?;
    PrivateDecryptingKey::from_pkcs8(&der).map_err(|_| KeyError::NoKey)
}

#[derive(Deserialize)]
struct Wrapped {
    encrypted_flow_data: String,
    encrypted_aes_key: String,
    initial_vector: String,
}

/// What encrypts the answer to one request.
pub struct Envelope {
    key: [u8; 16],
    nonce: [u8; 16],
}

/// Opens a request with whichever key fits; a key stays in the list until the vendor uses the next.
pub fn open(body: &[u8], keys: &[FlowsKey]) -> Result<(Vec<u8>, Envelope), Sealed> {
    let wrapped: Wrapped = serde_json::from_slice(body).map_err(|_| Sealed)?;
    let decode = |text: &str| STANDARD.decode(text).map_err(|_| Sealed);
    let nonce: [u8; 16] = decode(&wrapped.initial_vector)?.try_into().map_err(|_| Sealed)?;
    let (data, key) = (decode(&wrapped.encrypted_flow_data)?, decode(&wrapped.encrypted_aes_key)?);
    let envelopes = keys.iter().filter_map(|ours| ours.unwrap_key(&key).ok()).map(|key| Envelope { key, nonce });
    for envelope in envelopes {
        if let Ok(plain) = envelope.open(&data) {
            return Ok((plain, envelope));
        }
    }
    Err(Sealed)
}

impl std::fmt::Debug for Envelope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Envelope")
    }
}

impl Envelope {
    pub fn new(key: [u8; 16], nonce: [u8; 16]) -> Envelope {
        Envelope { key, nonce }
    }

    /// Decrypts a request; its last 16 bytes are the tag.
    pub fn open(&self, data: &[u8]) -> Result<Vec<u8>, Sealed> {
        Cipher::new(&self.key.into()).decrypt(&self.nonce.into(), data).map_err(|_| Sealed)
    }

    /// Encrypts the answer in base64, under the request's nonce with every bit turned.
    pub fn seal(&self, plain: &[u8]) -> Result<String, Sealed> {
        let nonce = self.nonce.map(|byte| !byte);
        let data = Cipher::new(&self.key.into()).encrypt(&nonce.into(), plain).map_err(|_| Sealed)?;
        Ok(STANDARD.encode(data))
    }
}
