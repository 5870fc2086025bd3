//! The last part of a pay link: PASETO v4.local, which nobody can read, guess or change. It names one payment; the row
//! decides what may be done with it. Accepts no other version or purpose of PASETO.

use hmac::{Hmac, KeyInit, Mac};
use pasetors::Local;
use pasetors::keys::SymmetricKey;
use pasetors::token::UntrustedToken;
use pasetors::version4::{LocalToken, V4};
use secrecy::{ExposeSecret, SecretSlice};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::id::{ConversationId, PaymentId, ShopScope};

/// What a token is kept for: one that is kept opens nothing.
const AT_REST: &[u8] = b"duka pay kept 1";

/// Longer ones are not looked at.
const MOST_LETTERS: usize = 600;

/// Makes and opens pay links; the first key makes, all of them open, so that links outlive a rotation.
pub struct Seal {
    keys: Vec<Key>,
    /// What the links begin with: authenticated, so that a link of one server is none of another's.
    purpose: String,
}

struct Key {
    /// Tells keys apart and nothing else.
    name: String,
    key: SymmetricKey<V4>,
    ids: Hmac<Sha256>,
}

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Seal").field("keys", &self.keys.len()).finish_non_exhaustive()
    }
}

/// What a link says, once it is opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    #[serde(with = "hex_id")]
    pub jti: PaymentId,
    /// The shop's number.
    pub t: u32,
    pub a: i64,
    pub c: String,
    /// Seconds since 1970.
    pub exp: i64,
}

mod hex_id {
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::id::PaymentId;

    pub fn serialize<S: Serializer>(id: &PaymentId, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode(id.0))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PaymentId, D::Error> {
        let text = String::deserialize(deserializer)?;
        let mut id = [0; 16];
        hex::decode_to_slice(text, &mut id).map_err(serde::de::Error::custom)?;
        Ok(PaymentId(id))
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the key for pay links has fewer than {LEAST_BYTES} bytes")]
pub struct WeakKey;

const LEAST_BYTES: usize = 16;

impl Seal {
    /// `keys`: the newest first. `host`: where the links lead.
    ///
    /// # Errors
    /// A key is too short to be a secret.
    pub fn new(keys: &[SecretSlice<u8>], host: &str) -> Result<Seal, WeakKey> {
        let keys = keys.iter().map(|key| Key::new(key.expose_secret())).collect::<Result<_, _>>()?;
        Ok(Seal { keys, purpose: format!("duka pay 1|{host}") })
    }

    /// The name of the payment that a command makes: the same for the same command, and for nobody else to know (I13).
    pub fn payment(&self, shop: ShopScope, command: &str) -> PaymentId {
        self.payments(shop, command).next().unwrap_or(PaymentId([0; 16]))
    }

    /// All names that it may have, the newest first: the command may have been made before the key was changed.
    pub fn payments<'a>(&'a self, shop: ShopScope, command: &'a str) -> impl Iterator<Item = PaymentId> + 'a {
        self.keys.iter().map(move |key| {
            let mut id = [0; 16];
            let mac = key.ids.clone().chain_update(shop.number().to_le_bytes()).chain_update(command);
            id.iter_mut().zip(mac.finalize().into_bytes()).for_each(|(to, from)| *to = from);
            PaymentId(id)
        })
    }

    /// The last part of the address that a provider calls for one payment.
    pub fn hook(&self, shop: ShopScope, id: PaymentId) -> String {
        self.keys
            .first()
            .map(|key| format!("{}{}", hex::encode(id.0), hex::encode(key.hook(shop, id))))
            .unwrap_or_default()
    }

    /// The payment whose own address was called. `None`: nobody was told that address.
    pub fn called(&self, shop: ShopScope, part: &str) -> Option<PaymentId> {
        let (mut id, mut mark) = ([0; 16], [0; 16]);
        hex::decode_to_slice(part.get(..32)?, &mut id).ok()?;
        hex::decode_to_slice(part.get(32..)?, &mut mark).ok()?;
        let id = PaymentId(id);
        self.keys.iter().any(|key| bool::from(key.hook(shop, id).ct_eq(&mark))).then_some(id)
    }

    /// What a customer is called where a provider needs a name and is to learn none.
    pub fn alias(&self, shop: ShopScope, conversation: ConversationId) -> String {
        let mac = self.keys.first().map(|key| key.ids.clone().chain_update(b"alias"));
        let mac =
            mac.map(|mac| mac.chain_update(shop.number().to_le_bytes()).chain_update(conversation.0.to_le_bytes()));
        mac.map(|mac| hex::encode(mac.finalize().into_bytes().get(..8).unwrap_or_default())).unwrap_or_default()
    }

    /// `None`: the machine has no randomness.
    pub fn close(&self, claims: &Claims) -> Option<String> {
        let key = self.keys.first()?;
        let message = serde_json::to_vec(claims).ok()?;
        let (footer, purpose) = (key.name.as_bytes(), self.purpose.as_bytes());
        LocalToken::encrypt(&key.key, &message, Some(footer), Some(purpose)).ok()
    }

    /// A token as a row keeps it: whoever reads the store or a backup, and not the key, opens no link with it (TM30). `None`: as
    /// for [`Seal::close`].
    pub fn keep(&self, token: &str) -> Option<String> {
        let key = self.keys.first()?;
        LocalToken::encrypt(&key.key, token.as_bytes(), Some(key.name.as_bytes()), Some(AT_REST)).ok()
    }

    /// The token of what [`Seal::keep`] has made; what an earlier version has kept is the token itself.
    pub fn kept(&self, kept: &str) -> String {
        let opened = || {
            let untrusted = UntrustedToken::<Local, V4>::try_from(kept).ok()?;
            let key = self.keys.iter().find(|key| key.name.as_bytes() == untrusted.untrusted_footer())?;
            let trusted = LocalToken::decrypt(&key.key, &untrusted, Some(key.name.as_bytes()), Some(AT_REST)).ok()?;
            Some(trusted.payload().to_string())
        };
        opened().unwrap_or_else(|| kept.to_string())
    }

    /// `None`: it is none of ours, however it came about.
    pub fn open(&self, token: &str) -> Option<Claims> {
        if token.len() > MOST_LETTERS {
            return None;
        }
        let untrusted = UntrustedToken::<Local, V4>::try_from(token).ok()?;
        let key = self.keys.iter().find(|key| key.name.as_bytes() == untrusted.untrusted_footer())?;
        let (footer, purpose) = (key.name.as_bytes(), self.purpose.as_bytes());
        let trusted = LocalToken::decrypt(&key.key, &untrusted, Some(footer), Some(purpose)).ok()?;
        serde_json::from_str(trusted.payload()).ok()
    }
}

impl Key {
    fn hook(&self, shop: ShopScope, id: PaymentId) -> [u8; 16] {
        let mac = self.ids.clone().chain_update(b"hook").chain_update(shop.number().to_le_bytes()).chain_update(id.0);
        let mut mark = [0; 16];
        mark.iter_mut().zip(mac.finalize().into_bytes()).for_each(|(to, from)| *to = from);
        mark
    }

    fn new(secret: &[u8]) -> Result<Key, WeakKey> {
        if secret.len() < LEAST_BYTES {
            return Err(WeakKey);
        }
        let derive = |label: &str| -> Result<Vec<u8>, WeakKey> {
            let master: Hmac<Sha256> = Hmac::new_from_slice(secret).map_err(|_| WeakKey)?;
            Ok(master.chain_update(label).finalize().into_bytes().to_vec())
        };
        let name = derive("duka pay name 1")?;
        Ok(Key {
            name: hex::encode(name.get(..4).unwrap_or_default()),
            key: SymmetricKey::from(&derive("duka pay link 1")?).map_err(|_| WeakKey)?,
            ids: Hmac::new_from_slice(&derive("duka pay id 1")?).map_err(|_| WeakKey)?,
        })
    }
}
