//! Signed webhooks, the load they make, the processes that are measured, and what they are held against: shared by `load`,
//! `campaign` and `targets`.

pub mod balance;
pub mod bare;
pub mod bars;
pub mod gate;
pub mod generator;
pub mod judge;
pub mod postgres;
pub mod process;
pub mod replies;
pub mod webhook;
