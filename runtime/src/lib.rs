//! The server: takes webhooks, steps each customer's conversation exactly once, and sends the replies.

pub mod adapter;
pub mod api;
pub mod channel;
pub mod config;
pub mod costs;
pub mod dev;
pub mod dev_graph;
pub mod egress;
pub mod files;
mod from_here;
pub mod handoff;
pub mod host;
pub mod id;
pub mod ops;
pub mod payments;
pub mod server;
pub mod shops;
pub mod store;
