//! Messages of customers that were taken, for who shows them as read. Tells only; nobody waits for a mark, and one that
//! nobody has room for is lost.

use smol_str::SmolStr;
use tokio::sync::mpsc;

use crate::id::ShopScope;

/// Marks that may wait; later ones are worth nothing.
const MOST: usize = 512;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    pub shop: ShopScope,
    /// The business number that was written to.
    pub number: SmolStr,
    /// The vendor's id of the customer's message.
    pub message: SmolStr,
    /// The turn asks the shop's systems before it answers.
    pub asks: bool,
}

/// Where marks are told.
#[derive(Clone, Debug, Default)]
pub struct Marks(Option<mpsc::Sender<Mark>>);

impl Marks {
    pub fn open() -> (Marks, mpsc::Receiver<Mark>) {
        let (sender, receiver) = mpsc::channel(MOST);
        (Marks(Some(sender)), receiver)
    }

    pub fn is_heard(&self) -> bool {
        self.0.is_some()
    }

    pub fn tell(&self, mark: Mark) {
        if let Some(sender) = &self.0 {
            // No room: the customer sees the answer instead.
            let _ = sender.try_send(mark);
        }
    }
}
