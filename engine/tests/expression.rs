//! Expressions and hooks of a small shop: what they are read as, what is wrong with them, what they give.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "expression/findings.rs"]
mod findings;
#[path = "expression/hostile.rs"]
mod hostile;
#[path = "expression/random.rs"]
mod random;
#[path = "expression/values.rs"]
mod values;
#[path = "expression/world.rs"]
mod world;
