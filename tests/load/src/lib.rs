//! Signed webhooks, the load they make, and the processes that are measured: shared by `load` and `campaign`.

pub mod balance;
pub mod bare;
pub mod generator;
pub mod overload;
pub mod postgres;
pub mod process;
pub mod webhook;
