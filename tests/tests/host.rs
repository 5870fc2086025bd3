//! The host: exactly once, in order, through crashes at every named point, on every store.

#[path = "host/corner.rs"]
mod corner;
#[path = "host/house.rs"]
mod house;
#[path = "host/turn.rs"]
mod turn;
#[path = "host/writer.rs"]
mod writer;
