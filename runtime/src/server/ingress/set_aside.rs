//! Events that were set aside: after a restore, or because the engine failed with them. Their entry names the conversation,
//! and holds what the inbox held. Brings nothing back by itself.

use crate::host::incoming::{Arrived, Incoming};
use crate::id::ConversationId;
use crate::store::{InboxBody, QuarantineEntry};

/// What the entry's conversation is to hear. `None`: it is no such entry, or nothing was heard.
pub(super) fn read(entry: &QuarantineEntry) -> Option<Arrived> {
    if !matches!(entry.reason.as_str(), "restored" | "poison") {
        return None;
    }
    let mut words = entry.detail.strip_prefix("conversation ")?.split(", ");
    let id = words.next().filter(|id| id.len() == 16)?;
    let id = ConversationId(u64::from_str_radix(id, 16).ok()?);
    let bytes = entry.body.clone();
    let body = if words.any(|word| word == "with a file") { InboxBody::File(bytes) } else { InboxBody::Event(bytes) };
    Some(Arrived::Conversation { id, incoming: Incoming::read(&body)? })
}
