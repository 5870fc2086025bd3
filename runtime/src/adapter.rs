//! The shops' own systems: by a mapping to their REST interface through one guarded way out, or the demo made of a
//! fixture. What a conversation wants of them is the host's business.

pub mod mapping;
pub mod rest;
mod systems;

pub use self::systems::Systems;
