//! The heart: what arrives is taken once and in order, what a turn wants is done, and results come back as events.
//!
//! Everything is a single step with its clock, ids and transport passed in. Opens no socket and reads no configuration.

pub mod clock;
pub mod incoming;
pub mod mint;
pub mod points;
pub mod shops;
pub mod turn;
