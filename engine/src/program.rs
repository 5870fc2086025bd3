//! A compiled shop: the resolved flows plus what a step looks up. Immutable; shared by `Arc`.

use crate::hir::Shop;
use crate::session::Revision;

/// What [`crate::step`] runs. Made by [`crate::compile`] when a shop has no errors.
#[derive(Debug)]
pub struct Program {
    pub shop: Shop,
    /// A hash over the canonical source: equal for both written forms, and whatever the indentation and comments.
    pub revision: Revision,
}
