//! From flow files to a checked program, and from an event to the next state of a conversation.
//!
//! ```text
//! ShopSource ── lower ──> hir::Shop ── check, lints, analyses ──> Diagnostics
//!                             │
//!                             └──> Program ── step(program, session, event, limits) ──> Step { session, effects, trace }
//! ```
//!
//! Pure: no IO, clock, randomness, threads or logging. Time is part of the event.

pub mod analysis;
pub mod approval;
pub mod assignment;
pub mod card;
pub mod changes;
pub mod compile;
pub mod contract;
pub mod effect;
pub mod event;
pub mod expression;
pub mod facts;
pub mod forms;
pub mod graph;
pub mod hir;
pub mod limits;
pub mod lints;
pub mod locale;
mod lower;
mod matching;
pub mod outbound;
pub mod program;
pub mod ranking;
mod render;
pub mod rounding;
pub mod rules;
pub mod session;
pub mod shown;
pub mod simulate;
pub mod source;
pub mod step;
pub mod trace;
pub mod types;
pub mod value;
pub mod walk;

pub use matching::fold;
