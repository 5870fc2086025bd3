//! The WhatsApp Cloud API.
//!
//! ```text
//! body ── verify ── split ──> Element ── decode ──> Decoded { key, meaning }
//! Outbound ── render ──> JSON ── client ──> answer ── classify ──> what to do next
//! ```
//!
//! Everything but `client` is pure. Facts of the vendor (limits, codes, versions) are dated where they stand.

pub mod classify;
pub mod clean;
pub mod client;
pub mod decode;
pub mod flows;
pub mod keys;
pub mod opaque;
pub mod render;
pub mod reply_id;
pub mod split;
pub mod verify;
pub mod versions;
pub mod warnings;
pub mod wire;

/// As sessions, identities and `shop.yaml` name this channel.
pub const CHANNEL: &str = "whatsapp";
