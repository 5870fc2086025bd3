//! The shops' own systems: by a mapping to their REST interface through one guarded way out, or the demo made of a
//! fixture. What a conversation wants of them is the host's business.

mod agreed;
pub mod bag;
pub mod mapping;
mod memory;
pub mod parcels;
pub mod rest;
pub(crate) mod systems;
pub mod twice;

pub(crate) use self::agreed::field;
pub use self::systems::Systems;
