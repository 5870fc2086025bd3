//! Channels: what customers write on and what reaches them. Each is pure facts and translations, and one client that
//! speaks to the vendor. A channel knows no store, no conversation and no flow.

pub mod whatsapp;

use duka_engine::outbound::Outbound;

/// What one message is sent as: nearly always itself, else several, each within what the channel takes. Templates go as
/// they were approved.
pub fn parts(channel: &str, outbound: Outbound) -> Vec<Outbound> {
    match outbound {
        Outbound::Message(message) if channel == whatsapp::CHANNEL && !whatsapp::render::is_one(&message) => {
            whatsapp::render::parts(&message).into_iter().map(Outbound::Message).collect()
        }
        Outbound::Message(_) | Outbound::Template(_) => vec![outbound],
    }
}
