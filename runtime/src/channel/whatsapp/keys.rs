//! The keys with which a shop signs what it hands out and expects back: ids of choices, tokens of forms, opaque ids of
//! sends. Derived from the shop's one secret, each for its own use.

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretSlice};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use thiserror::Error;

/// Bytes of a signature on the wire: too many to guess, few enough for a button's id.
pub const MAC_BYTES: usize = 8;

const SECRET_MIN: usize = 16;

#[derive(Debug, Error, PartialEq, Eq)]
#[error("the shop's secret has fewer than {SECRET_MIN} bytes")]
pub struct WeakSecret;

/// One shop's keys.
#[derive(Clone)]
pub struct ShopKeys {
    reply: Hmac<Sha256>,
    form: Hmac<Sha256>,
    opaque: Hmac<Sha256>,
}

impl std::fmt::Debug for ShopKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ShopKeys")
    }
}

/// What is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    Reply,
    Form,
    Opaque,
}

impl ShopKeys {
    /// From a secret of at least 16 random bytes.
    pub fn new(secret: &SecretSlice<u8>) -> Result<ShopKeys, WeakSecret> {
        let secret = secret.expose_secret();
        if secret.len() < SECRET_MIN {
            return Err(WeakSecret);
        }
        let derive = |label: &str| {
            let master: Hmac<Sha256> = Hmac::new_from_slice(secret).map_err(|_| WeakSecret)?;
            let key = master.chain_update(label).finalize().into_bytes();
            Hmac::new_from_slice(&key).map_err(|_| WeakSecret)
        };
        Ok(ShopKeys { reply: derive("duka reply 1")?, form: derive("duka form 1")?, opaque: derive("duka opaque 1")? })
    }

    pub fn mac(&self, what: Use, bytes: &[u8]) -> [u8; MAC_BYTES] {
        let key = match what {
            Use::Reply => &self.reply,
            Use::Form => &self.form,
            Use::Opaque => &self.opaque,
        };
        let full = key.clone().chain_update(bytes).finalize().into_bytes();
        let mut short = [0; MAC_BYTES];
        short.iter_mut().zip(full).for_each(|(to, from)| *to = from);
        short
    }

    pub fn is_ours(&self, what: Use, bytes: &[u8], mac: &[u8]) -> bool {
        bool::from(self.mac(what, bytes).ct_eq(mac))
    }
}
