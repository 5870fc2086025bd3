//! Values as a running flow holds them: typed by the program, so records and enums carry no names. No JSON, no money arithmetic.

use std::sync::Arc;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

/// One value. What a `Record`'s positions mean is known from the static type ([`crate::types::Record`]).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Value {
    #[default]
    None,
    YesNo(bool),
    Number(#[serde(with = "decimal_bytes")] Decimal),
    Money(Money),
    /// Texts, names of enum members, languages, phone numbers, e-mail addresses, towns.
    Text(SmolStr),
    /// Days since 1970-01-01.
    Date(i32),
    /// Minutes since midnight, in the shop's time zone.
    Time(u16),
    /// Milliseconds since 1970-01-01T00:00:00Z.
    Moment(i64),
    /// Milliseconds.
    Duration(i64),
    Media(Arc<Media>),
    List(Arc<[Value]>),
    /// Fields in the order of the record's declaration.
    Record(Arc<[Value]>),
}

/// An amount in minor units of an ISO 4217 currency: `KES 5,000` is 500,000 with exponent 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Money {
    pub minor: i64,
    pub currency: Currency,
}

/// Three upper-case letters of ISO 4217.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Currency(pub [u8; 3]);

impl Currency {
    /// Reads `KES`; `None` for a code that ISO 4217 does not list.
    pub fn from_code(code: &str) -> Option<Currency> {
        iso_currency::Currency::from_code(code)?;
        code.as_bytes().try_into().ok().map(Currency)
    }

    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("???")
    }

    /// Digits behind the decimal point in ISO 4217: KES 2, KWD 3, XOF 0.
    pub fn exponent(&self) -> u32 {
        iso_currency::Currency::from_code(self.code()).and_then(|known| known.exponent()).map_or(2, u32::from)
    }
}

/// A picture, video, sound or document, by the channel's id or by address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Media {
    pub kind: MediaType,
    /// `https://…`, or the channel's media id.
    pub source: SmolStr,
    pub mime: SmolStr,
    pub caption: SmolStr,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaType {
    Image,
    Video,
    /// A sound file or a voice note.
    Audio,
    Document,
    Sticker,
}

mod decimal_bytes {
    //! Sixteen bytes instead of text: an encoded session is read and written on every turn.

    use rust_decimal::Decimal;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<S: Serializer>(number: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
        (number.mantissa(), number.scale()).serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
        let (mantissa, scale) = <(i128, u32)>::deserialize(deserializer)?;
        Decimal::try_from_i128_with_scale(mantissa, scale).map_err(serde::de::Error::custom)
    }
}
