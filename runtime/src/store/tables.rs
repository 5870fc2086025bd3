//! The tables that hold rows of shops, for what must reach every one of them: erasure, and what makes it last.

use smol_str::{SmolStr, format_smolstr};

use super::rows::Identity;
use crate::id::ConversationId;

/// Each table, and whether its rows are a conversation's, by a column of that name.
const TABLES: [(&str, bool); 20] = [
    ("meta", false),
    ("seen", false),
    ("identity", true),
    ("conversation", false),
    ("inbox", true),
    ("turn", true),
    ("outbox", true),
    ("orphan_status", false),
    ("call", true),
    ("consent", true),
    ("quarantine", false),
    ("template", false),
    ("health", false),
    ("revision", false),
    ("post", true),
    ("recipient", true),
    ("cost", false),
    ("audit", false),
    ("payment", true),
    ("bag", true),
];

pub(super) fn all() -> impl Iterator<Item = &'static str> {
    TABLES.iter().map(|(name, _)| *name)
}

/// Those with the rows of a conversation, but for the conversation's own.
pub(super) fn of_conversations() -> impl Iterator<Item = &'static str> {
    TABLES.iter().filter(|(_, is_conversations)| *is_conversations).map(|(name, _)| *name)
}

/// What quarantined entries of a conversation are found by: some hold what its customer is known by, some name it alone.
pub(super) fn quarantined_names(id: ConversationId, known: Vec<Identity>) -> Vec<SmolStr> {
    known.into_iter().map(|identity| identity.value).chain([format_smolstr!("{:016x}", id.0)]).collect()
}
