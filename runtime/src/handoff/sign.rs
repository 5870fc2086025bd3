//! Signatures of what people are told and of what they say: `t=SECONDS,v1=HEX`, over the time and the bytes. A signature
//! is good for a few minutes; repetitions within them are told by their ids.

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

pub const SIGNATURE_HEADER: &str = "duka-signature";

/// How far the clocks of both sides may be apart, in seconds.
const MOST_APART_S: i64 = 300;

fn mac(secret: &SecretString, seconds: i64, body: &[u8]) -> Option<Hmac<Sha256>> {
    let mac: Hmac<Sha256> = Hmac::new_from_slice(secret.expose_secret().as_bytes()).ok()?;
    Some(mac.chain_update(seconds.to_string()).chain_update(b".").chain_update(body))
}

/// What a body is signed with at a time.
pub fn signature(secret: &SecretString, now_ms: i64, body: &[u8]) -> String {
    let seconds = now_ms.div_euclid(1_000);
    let made = mac(secret, seconds, body).map(|mac| hex::encode(mac.finalize().into_bytes())).unwrap_or_default();
    format!("t={seconds},v1={made}")
}

/// Whether the header signs the body, now.
pub fn is_signed(secret: &SecretString, now_ms: i64, header: Option<&str>, body: &[u8]) -> bool {
    let parts = header.and_then(|header| header.strip_prefix("t=")).and_then(|rest| rest.split_once(",v1="));
    let Some((seconds, claimed)) = parts else { return false };
    let (Ok(seconds), Ok(claimed)) = (seconds.parse::<i64>(), hex::decode(claimed)) else { return false };
    let apart = now_ms.div_euclid(1_000).saturating_sub(seconds).saturating_abs();
    apart <= MOST_APART_S && mac(secret, seconds, body).is_some_and(|mac| mac.verify_slice(&claimed).is_ok())
}

/// What stands for a signature where a program signs nothing: the last part of the address that it is given.
pub fn key_of(secret: &SecretString, slug: &str) -> String {
    let mac: Option<Hmac<Sha256>> = Hmac::new_from_slice(secret.expose_secret().as_bytes()).ok();
    mac.map(|mac| hex::encode(mac.chain_update(b"address ").chain_update(slug).finalize().into_bytes()))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_bytes_at_about_the_same_time_are_signed() {
        let secret = SecretString::from("a secret");
        let made = signature(&secret, 1_000_000, b"{}");
        let is = |now_ms, header: &str, body: &[u8]| is_signed(&secret, now_ms, Some(header), body);
        assert!(is(1_000_000, &made, b"{}") && is(1_299_000, &made, b"{}") && is(700_000, &made, b"{}"));
        assert!(!is(1_302_000, &made, b"{}") && !is(1_000_000, &made, b"{ }") && !is(1_000_000, "", b"{}"));
        assert!(!is(1_000_000, &made.replace("t=1000", "t=1001"), b"{}"));
        assert!(!is_signed(&SecretString::from("another"), 1_000_000, Some(&made), b"{}"));
        assert!(!is_signed(&secret, 1_000_000, None, b"{}"));
    }
}
