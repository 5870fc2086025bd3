//! Payments: every order of what can happen to one, each provider against a stand-in that speaks as it is documented to, and
//! who signs what.

#[path = "payments/judged.rs"]
mod judged;
#[path = "payments/orderings.rs"]
mod orderings;
#[path = "payments/seal.rs"]
mod seal;
#[path = "payments/tables.rs"]
mod tables;
#[path = "payments/vectors.rs"]
mod vectors;
