//! Wakes those who wait for work when a commit has added some.

use std::sync::Arc;

use tokio::sync::watch;

use super::rows::Work;

const KINDS: usize = 5;

#[derive(Clone)]
pub(super) struct Signals(Arc<[watch::Sender<u64>; KINDS]>);

/// Which kinds of work a transaction adds.
#[derive(Clone, Copy, Default)]
pub(super) struct Added([bool; KINDS]);

impl Default for Signals {
    fn default() -> Self {
        Signals(Arc::new(std::array::from_fn(|_| watch::Sender::new(0))))
    }
}

impl Signals {
    pub fn subscribe(&self, work: Work) -> watch::Receiver<u64> {
        self.0[place(work)].subscribe()
    }

    pub fn raise(&self, added: Added) {
        for (sender, _) in self.0.iter().zip(added.0).filter(|(_, is_added)| *is_added) {
            sender.send_modify(|count| *count = count.wrapping_add(1));
        }
    }
}

impl Added {
    pub fn add(&mut self, work: Work) {
        self.0[place(work)] = true;
    }
}

fn place(work: Work) -> usize {
    work as usize - 1
}
