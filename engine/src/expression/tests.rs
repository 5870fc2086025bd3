//! Expressions and hooks of a small shop: what they are read as, what is wrong with them, what they give.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod findings;
mod hostile;
mod random;
mod values;
mod world;
