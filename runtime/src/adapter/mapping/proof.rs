//! How a body shows that it is the backend's, as a mapping says it: a signature of what was sent, or a secret that is sent along.

use schemars::JsonSchema;
use serde::de::Error;
use serde::{Deserialize, Deserializer};

use crate::config::{Length, SecretRef};

/// How a body shows that it is the backend's.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// HMAC-SHA256 of the body
    HmacSha256(Box<Signature>),
    /// HMAC-SHA512 of the body
    HmacSha512(Box<Signature>),
    /// A header that holds the secret itself
    Header(Token),
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    pub header: String,
    pub secret: SecretRef,
    /// The one before, while it is being changed
    #[serde(default, deserialize_with = "given")]
    pub old_secret: Option<SecretRef>,
    /// How the secret is written: as `base64`, `whsec_` may stand before it [default: as it is]
    #[serde(default)]
    pub key: Key,
    /// [default: hex]
    #[serde(default, rename = "as")]
    pub encoding: Encoding,
    /// What stands before it, such as `sha256=`
    #[serde(default)]
    pub prefix: String,
    /// What stands between several parts of the header, such as `,`: those that begin with `prefix` are signatures, of which one
    /// has to be right [default: the header is one signature]
    pub between: Option<String>,
    /// What is signed, such as `{id}.{time}.{body}` [default: the body]
    #[serde(default)]
    pub signed: Signed,
    /// The header of `{time}`, in seconds or milliseconds since 1970; as `t=`, the part of the signature's header that begins so
    pub time: Option<String>,
    /// The header of `{id}`
    pub id: Option<String>,
    /// How far `{time}` may be from now [default: 5 minutes]
    pub within: Option<Length>,
}

/// A header and the secret in it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Token {
    pub name: String,
    pub value: SecretRef,
    /// The one before, while it is being changed
    #[serde(default, deserialize_with = "given")]
    pub old_value: Option<SecretRef>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    #[default]
    Hex,
    Base64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Key {
    #[default]
    Text,
    Base64,
}

/// What a signature is over, piece by piece.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String")]
pub struct Signed(pub Vec<Over>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Over {
    Text(String),
    Id,
    Time,
    Body,
}

impl Proof {
    pub fn signature(&self) -> Option<&Signature> {
        match self {
            Proof::HmacSha256(signature) | Proof::HmacSha512(signature) => Some(signature),
            Proof::Header(_) => None,
        }
    }

    /// Where the secrets are, the newest first.
    pub fn secrets(&self) -> impl Iterator<Item = &SecretRef> {
        let (newest, before) = match self {
            Proof::HmacSha256(signature) | Proof::HmacSha512(signature) => (&signature.secret, &signature.old_secret),
            Proof::Header(token) => (&token.value, &token.old_value),
        };
        std::iter::once(newest).chain(before)
    }
}

impl Default for Signed {
    fn default() -> Signed {
        Signed(vec![Over::Body])
    }
}

impl TryFrom<String> for Signed {
    type Error = String;

    fn try_from(text: String) -> Result<Signed, String> {
        let wrong = || {
            format!("`{text}` is not what is signed: write one like `{{time}}.{{body}}`, of `id`, `time` and `body`")
        };
        let mut pieces = Vec::new();
        let mut rest = text.as_str();
        while let Some((before, after)) = rest.split_once('{') {
            let (place, after) = after.split_once('}').ok_or_else(wrong)?;
            if !before.is_empty() {
                pieces.push(Over::Text(before.to_string()));
            }
            pieces.push(match place {
                "id" => Over::Id,
                "time" => Over::Time,
                "body" => Over::Body,
                _ => return Err(wrong()),
            });
            rest = after;
        }
        if !rest.is_empty() {
            pieces.push(Over::Text(rest.to_string()));
        }
        if pieces.contains(&Over::Body) { Ok(Signed(pieces)) } else { Err(wrong()) }
    }
}

/// An empty text is no secret: a setting that nobody has written.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SecretRef>, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.is_empty() { Ok(None) } else { text.parse().map(Some).map_err(D::Error::custom) }
}
