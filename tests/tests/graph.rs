//! The stand-in for the Graph API over real sockets: what it takes, what it refuses and with which words, what it posts,
//! and each way in which it breaks.

#[path = "graph/customers.rs"]
mod customers;
#[path = "graph/faults.rs"]
mod faults;
#[path = "graph/management.rs"]
mod management;
#[path = "graph/refusals.rs"]
mod refusals;
#[path = "graph/statuses.rs"]
mod statuses;
#[path = "graph/support.rs"]
mod support;
