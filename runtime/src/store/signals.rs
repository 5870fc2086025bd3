//! Wakes those who wait for work when a commit has added some.

use std::sync::Arc;

use tokio::sync::watch;

use super::rows::Work;

const KINDS: [(Work, &str); 7] = [
    (Work::Inbox, "inbox"),
    (Work::Wakes, "wakes"),
    (Work::Sends, "sends"),
    (Work::Calls, "calls"),
    (Work::Holds, "holds"),
    (Work::Posts, "posts"),
    (Work::Payments, "payments"),
];

#[derive(Clone)]
pub(super) struct Signals(Arc<[watch::Sender<u64>; KINDS.len()]>);

/// Which kinds of work a transaction adds.
#[derive(Clone, Copy, Default)]
pub(super) struct Added([bool; KINDS.len()]);

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
    pub fn all() -> Added {
        Added([true; KINDS.len()])
    }

    pub fn add(&mut self, work: Work) {
        self.0[place(work)] = true;
    }

    pub fn is_empty(&self) -> bool {
        !self.0.contains(&true)
    }

    /// The kinds, as other processes are told of them.
    pub fn words(self) -> impl Iterator<Item = &'static str> {
        KINDS.into_iter().zip(self.0).filter(|(_, is_added)| *is_added).map(|((_, word), _)| word)
    }

    /// What another process has told; nothing for a word of a later version.
    pub fn word(told: &str) -> Added {
        Added(KINDS.map(|(_, word)| word == told))
    }
}

fn place(work: Work) -> usize {
    work as usize - 1
}
