//! A free entry point of a conversation: whether one may open, is open, or is over. Reads no clock.

/// Everything is free for a while after the first answer to a customer who came from an advertisement (whatsapp-cloud-api 12.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FreeEntry {
    #[default]
    None,
    /// The customer came then, by the vendor's clock, and has had no answer yet.
    Came(i64),
    /// It lasts until then: what the vendor told, or what was reckoned from the answer.
    Until(i64),
}

impl FreeEntry {
    /// After the customer came from an advertisement at that time: one that is open stays.
    pub fn came(self, came_ms: i64) -> FreeEntry {
        match self {
            FreeEntry::Until(until_ms) if until_ms > came_ms => self,
            FreeEntry::Came(known_ms) => FreeEntry::Came(known_ms.max(came_ms)),
            FreeEntry::None | FreeEntry::Until(_) => FreeEntry::Came(came_ms),
        }
    }

    /// Until when it lasts; 0: it has not begun.
    pub fn until_ms(self) -> i64 {
        match self {
            FreeEntry::Until(until_ms) => until_ms,
            FreeEntry::None | FreeEntry::Came(_) => 0,
        }
    }
}
